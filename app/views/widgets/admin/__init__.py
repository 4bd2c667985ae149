"""The parts of the settings that belong to an administrator: people and models."""
