"""Document AI: forms read, processors trained and measured."""
