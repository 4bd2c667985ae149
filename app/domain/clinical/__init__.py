"""How clinical notes are read: sentences, sections, what is said of a word, numbers, dates. Pure text, no files."""
