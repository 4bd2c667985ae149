"""Commas of which a fax leaves a dot: told by what kind of text they stand in.

A name goes on behind a full stop only after a title or an initial; a town is parted from its state by a comma; a
sentence begins with a capital.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.domain.form import FieldKind
from app.services.document_worker.reading.decoding import Line

_SHORTENED = re.compile(
    r"dr|mrs?|ms|st|rev|hon|prof|col|gen|lt|[js]r|ft|mt|inc|ltd|co|corp|dept|ste|apt|ave|blvd|rd|hwy|approx|no|vs|etc|"
    r"mins?|hrs?|wks?|mos?|yrs?|tabs?|caps?|inj|appt|ext|temp|est|[dhrt]x|pts?|fl|flr|bldg|rm",
    re.IGNORECASE,
)
"""Words that are written with a full stop."""
_CREDENTIAL = re.compile(r"([A-Z]{2,4}|[A-Z][a-z]?[A-Z])\b[.,]?( |$)")
_STATE = re.compile(r"[A-Z]{2},? \d{5}")
_POSSIBLE = 0.05
_POSSIBLE_IN_NAME = 0.01
"""The chance of a comma from which on it is read where a full stop cannot stand; in front of a credential the network
hardly needs to see it."""


def with_commas(line: Line, kind: FieldKind, broken: bool) -> Line:
    """The line with commas where only they can stand: on a broken page for any dot, else where the network holds a
    comma possible.
    """
    glyphs, text = list(line.glyphs), line.text
    for i, glyph in enumerate(glyphs[:-2]):
        if glyph.text != "." or glyphs[i + 1].text != " ":
            continue
        chance = dict(glyph.alternatives).get(",", 0.0)
        if (broken or chance >= (_POSSIBLE_IN_NAME if kind is FieldKind.NAME else _POSSIBLE)) and _parts(
            text[:i], text[i + 2 :], kind
        ):
            others = ((".", glyph.score), *(a for a in glyph.alternatives if a[0] != ","))
            glyphs[i] = replace(
                glyph, text=",", score=chance, alternatives=others, supplied=chance < _POSSIBLE
            )
    return Line(tuple(glyphs))


def _parts(before: str, after: str, kind: FieldKind) -> bool:
    """Whether what stands between two texts parts them, rather than ends a word."""
    found = re.search(r"[A-Za-z]+$", before)
    word = found.group() if found else ""
    if len(word) < 3 or _SHORTENED.fullmatch(word):
        return False
    if kind is FieldKind.NAME:
        return len(word) >= 4 or _CREDENTIAL.match(after) is not None
    if _STATE.match(after):
        return True
    return len(word) >= 4 and after[0].islower()
