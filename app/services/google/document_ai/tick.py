"""Whether a box is ticked, however an answer says so: by a boolean, a sign, a word, or the label of what is ticked."""

from __future__ import annotations

import re

from app.services.google.document_ai.entity import Found

_ON = "☑☒✓✔✅✗✘✕✖■▣◼⬛●◉⦿⊠⊗√🗹🗷🗸"
_OFF = "☐□▢◻⬜○◯⭘❏❑"
_YES = frozenset(
    {
        "true", "yes", "y", "x", "v", "1", "on", "checked", "selected", "filled", "ticked", "marked",
        "filled_checkbox",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "false", "no", "n", "o", "0", "off", "none", "unchecked", "unselected", "unfilled", "unticked", "unmarked",
        "not_checked", "not_selected", "unfilled_checkbox",
    }
)  # fmt: skip
_PART = re.compile(f"([{_ON}{_OFF}])([^{_ON}{_OFF}]*)")


def is_ticked(found: Found, label: str = "") -> bool:
    """What the service has normalized counts more than what it read. A box of which only its label is told is one that
    was found ticked: of one that is not, nothing is told.
    """
    if found.truth is not None:
        return found.truth
    for text in (found.normal_text, found.text):
        said = _said(text)
        if said is not None:
            return said
    return bool(_plain(label)) and _plain(found.text) == _plain(label)


def ticked_texts(text: str) -> tuple[str, ...]:
    """What stands behind the ticked boxes of a line (`☐ Routine ☑ Urgent`)."""
    return tuple(rest.strip() for sign, rest in _PART.findall(text) if sign in _ON and rest.strip())


def _said(text: str) -> bool | None:
    signs = {sign for sign, _ in _PART.findall(text)}
    if signs:
        return any(sign in _ON for sign in signs) and not any(sign in _OFF for sign in signs)
    word = _plain(text)
    if word in _YES:
        return True
    if word in _NO or not word:
        return False if word else None
    return None


def _plain(text: str) -> str:
    """Small letters and digits, everything else one low line; brackets around a sign fall away (`[X]`)."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
