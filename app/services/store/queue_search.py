"""From what a person typed into the queue's filter to a full-text query. Any text is safe."""

from __future__ import annotations

import re
import unicodedata

from app.domain.receipt import normalized
from app.services.store.packing import plain

_WORDS = 24
_LENGTH = 80
_RECEIPT = re.compile(r"r-?[0-9a-z]", re.IGNORECASE)


def match_of(text: str) -> str | None:
    """The query that finds the beginnings of all the words, or None when nothing was typed that could be found."""
    words = [word[:_LENGTH] for word in plain(text).replace("\x00", " ").split() if _findable(word[:_LENGTH])]
    return " AND ".join(_term(word) for word in words[:_WORDS]) or None


def _findable(word: str) -> bool:
    """Whether the tokenizer finds anything to look for: a letter, a number, or private use."""
    return any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Co" for c in word)


def _term(word: str) -> str:
    quoted = _quoted(word)
    if _RECEIPT.match(word) and "-" in word:
        meant = normalized(word)  # O for 0 and the like, as in any other place a receipt is typed
        if meant.lower() != word.lower():
            return f"({quoted} OR {_quoted(meant)})"
    return quoted


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '" *'
