"""The guideline search of this computer: full text with synonyms, abbreviations and mended spelling."""
