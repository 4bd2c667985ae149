"""The processes that open documents; they know no key, no store and no network."""
