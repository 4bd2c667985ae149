"""The parts of the policies' room."""
