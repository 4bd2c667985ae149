"""Names made of what a form prints: short, in snake_case, and never the same twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LONGEST = 48
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_NOT_TELLING = frozenset({"a", "an", "the", "of", "if", "please", "print", "and", "or", "for", "to", "s"})


def is_name(text: str) -> bool:
    """Whether a text can be the name of a field, a table or a form type."""
    return _NAME.fullmatch(text) is not None


def slug(text: str) -> str:
    """A name made of a label: `Member's plan ID no.:` becomes `member_plan_id_no`; "" when nothing is left.

    Words that tell nothing are left out while others remain; long labels are cut between words.
    """
    plain = text.replace("’", "'").replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"(?<=[a-z])'s?\b", "", plain)
    plain = plain.replace("#", " no ").replace("&", " and ").replace("%", " percent ")
    words = re.findall(r"[a-z0-9]+", re.sub(r"\([^)]*\)", " ", plain)) or re.findall(r"[a-z0-9]+", plain)
    telling = [w for w in words if w not in _NOT_TELLING] or words
    found = ""
    for word in telling:
        longer = f"{found}_{word}" if found else word[:LONGEST]
        if len(longer) > LONGEST:
            break
        found = longer
    return f"n{found}" if found[:1].isdigit() else found


def free_name(label: str, taken: Collection[str], section: str = "", fallback: str = "field") -> str:
    """A name for this label that is not taken: told apart by the section first, then by a number."""
    own = slug(label) or fallback
    wider = own if not section or own.startswith(section) else f"{section}_{own}"
    for name in (own, wider):
        if name not in taken:
            return name
    number = 2
    while f"{wider}_{number}" in taken:
        number += 1
    return f"{wider}_{number}"
