"""What ICD-10-CM codes are called, from the tabular list that comes with the package of codes.

Source: CDC/NCHS and CMS, ICD-10-CM tabular list, a work of the US Government.
"""

from __future__ import annotations

import html
import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PACKAGE = "simple_icd_10_cm"
_ENTRY = re.compile(r"<name>([A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)</name>\s*<desc>([^<]*)</desc>")


@cache
def descriptions() -> Mapping[str, str]:
    """By code without its dot what it is called; empty when the list is not there. Read once, in about a tenth of a
    second. Codes that the list makes by a seventh character are not in it: `described` asks for what they extend.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return {}
    files = sorted(Path(next(iter(found.submodule_search_locations))).glob("data/*tabular*.xml"))
    if not files:
        return {}
    text = files[-1].read_text("utf-8")
    return {code.replace(".", ""): html.unescape(name).strip() for code, name in _ENTRY.findall(text)}


def described(code: str) -> str:
    """What a code is called ("Type 2 diabetes mellitus with other diabetic arthropathy"); "" when nobody knows it."""
    known, bare = descriptions(), code.upper().replace(".", "").replace(" ", "")
    while len(bare) >= 3:
        if bare in known:
            return known[bare]
        if len(bare) < 6:
            return ""
        bare = bare[:-1].rstrip("X") if len(bare) == 7 else bare[:-1]
    return ""


_SHAPE = re.compile(
    r"\w+(?:tion|sion|ing|ment|osis|itis|emia|opathy|scopy|plasty|gram|graphy|therapy|ectomy|otomy|ology|burns?|ness|ases?)"
)
"""Endings of ordinary and of medical words that no name of a product has."""
_COMMON = frozenset(
    {"walk", "diet", "standard", "hyperbaric", "encounter", "occasional", "insulin", "oxygen", "daily", "weekly",
     "rest", "physical", "conservative", "none", "patient", "tablet", "tablets", "wheelchair", "walker", "cane",
     "home", "portable", "culture"}
)  # fmt: skip


@cache
def _written_small() -> frozenset[str]:
    return frozenset(word for name in descriptions().values() for word in re.findall(r"\b[a-z]{3,}\b", name))


def is_ordinary(word: str) -> bool:
    """Whether a word is no name of a person, a place or a product: it may lose its capital inside a sentence."""
    small = word.lower()
    return small in _COMMON or small in _written_small() or _SHAPE.fullmatch(small) is not None
