"""A text made plain without moving a character: offsets stay those of the page it came from."""

from __future__ import annotations

import re

_ONE_FOR_ONE = str.maketrans(
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\t": " ", "×": "x", "·": "•", "●": "•", "▪": "•",
        "◦": "•", "\uf0b7": "•", "⁄": "/", "：": ":", "µ": "u", "μ": "u", "\r": " ",
    }
)  # fmt: skip
_BROKEN_WORD = re.compile(r"(?<=[A-Za-z])-\n([a-z]+)")


def plain(text: str) -> str:
    """The text with typographic characters as plain ones and words that a line end broke put together.

    As long as the text it came from: the rest of a broken word moves up by two, and two blanks follow it.
    """
    text = text.translate(_ONE_FOR_ONE)
    # "auto-\nantibody": the line break is kept as a blank behind the word, so that nothing after it moves.
    return _BROKEN_WORD.sub(lambda found: found.group(1) + "  ", text)
