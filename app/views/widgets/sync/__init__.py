"""What waits for the shared queue, and who else has a case open, in words."""
