"""The ingestion service: arrivals become cases, and what desks may not write themselves is checked and signed."""
