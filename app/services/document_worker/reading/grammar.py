"""The shapes of the kinds of answer as grammars for `decoding.shaped`.

Costs are logarithms of how seldom a thing happens on a broken page: that a fax leaves of a stroke a dot or
nothing, that a speck is read as a full stop.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from app.domain.form import FieldKind
from app.services.document_worker.reading.decoding import Node

DIGITS = string.digits
CAPITALS = string.ascii_uppercase
LOST = -2.5
"""What it costs to believe that a stroke was there of which nothing came through."""
REMAINS = -1.0
"""What it costs to believe that a dot or a short stroke is what came through of a longer one."""
_SPECK = -1.2
_SPECKS = " .,:;'`|_-~"

Grammar = tuple[Node, ...]


def _one(characters: str, skip: float | None = None, extra: Sequence[tuple[str, str, float]] = ()) -> Node:
    return Node((*((c, c, 0.0) for c in characters), *extra), skip)


def _stroke(spelled: str, remains: str, lost: float = LOST) -> Node:
    """A separator that may have come through as one of its remains, or not at all."""
    seen = ((c, spelled, REMAINS if c != "-" else REMAINS / 2) for c in remains if c != spelled)
    return Node(((spelled, spelled, 0.0), *seen), lost, spelled)


_DIGIT = _one(DIGITS)
_MAYBE_DIGIT = _one(DIGITS, 0.0)
_SOME_SPECKS = (Node(tuple((c, "", _SPECK) for c in _SPECKS), 0.0),) * 3


def _framed(*nodes: Node) -> Grammar:
    return (*_SOME_SPECKS, *nodes, *_SOME_SPECKS)


def date(separator: str) -> Grammar:
    """Month, day, year with so many digits as are there."""
    stroke = _stroke(separator, "/:.-,; '|lI!")
    first, second = _one("01", 0.0), _one("0123", 0.0)
    year = (_one("12", 0.0), _one("09", 0.0))
    # Between two digits that belong together a dot is a speck.
    speck = Node(((".", "", _SPECK), (",", "", _SPECK), ("'", "", _SPECK)), 0.0)
    return _framed(first, speck, _DIGIT, stroke, second, speck, _DIGIT, stroke, *year, _DIGIT, speck, _DIGIT)


def digits(least: int, most: int) -> Grammar:
    return _framed(*(_DIGIT,) * least, *(_MAYBE_DIGIT,) * (most - least))


def phone() -> Grammar:
    """Ten or eleven digits with whatever stands between them."""
    opening = _one("(-. +", 0.0)
    between = (_one(")-./ ", 0.0), _one(" -", 0.0))
    plus = _one("+", 0.0, (("*", "+", REMAINS),))
    three = (_DIGIT,) * 3
    return (
        *_SOME_SPECKS, plus, _one("1", 0.0), opening, opening, *three, *between, *three, between[0], *three, _DIGIT,
        *_SOME_SPECKS,
    )  # fmt: skip


def icd10() -> Grammar:
    """A letter, a digit, a digit or letter, and after a point up to four more."""
    point = _stroke(".", ",:-;'", -1.5)
    tail = _one(DIGITS + CAPITALS, 0.0)
    short = (_one(CAPITALS.replace("U", "")), _DIGIT, _one(DIGITS + "AB"))
    return _framed(*short, point, _one(DIGITS + CAPITALS), tail, tail, tail)


def icd10_heading() -> Grammar:
    return _framed(_one(CAPITALS.replace("U", "")), _DIGIT, _one(DIGITS + "AB"))


def procedure_code() -> Grammar:
    """Five places of CPT or HCPCS, and a modifier."""
    modifier = Node((("-", "-", 0.0),), 0.0)
    return _framed(
        _one(DIGITS + "ABCDEGHJKLMPQRSTV"), _DIGIT, _DIGIT, _DIGIT, _one(DIGITS + "FTUM"),
        modifier, _one(DIGITS + CAPITALS, 0.0), _one(DIGITS + CAPITALS, 0.0),
    )  # fmt: skip


def zip_code() -> Grammar:
    return _framed(_DIGIT, _DIGIT, _DIGIT, _DIGIT, _DIGIT, _one("-", 0.0), *(_MAYBE_DIGIT,) * 4)


def number() -> Grammar:
    point = Node(((".", ".", 0.0), (",", ",", 0.0)), 0.0)
    return _framed(_DIGIT, *(_MAYBE_DIGIT,) * 5, point, _MAYBE_DIGIT, _MAYBE_DIGIT)


def member_id() -> Grammar:
    """Digits and capitals, mostly digits."""
    sign = _one(DIGITS + CAPITALS + "-", 0.0)
    return _framed(sign, sign, sign, sign, *(_one(DIGITS + CAPITALS),) * 2, *(sign,) * 12)


SEPARATORS = "/-."

GRAMMARS: Mapping[FieldKind, tuple[Grammar, ...]] = {
    FieldKind.NPI: (digits(8, 11),),
    FieldKind.ZIP: (zip_code(),),
    FieldKind.ICD10: (icd10(), icd10_heading()),
    FieldKind.PROCEDURE_CODE: (procedure_code(),),
    FieldKind.DATE: tuple(date(s) for s in SEPARATORS),
    FieldKind.PHONE: (phone(),),
    FieldKind.NUMBER: (number(),),
    FieldKind.MEMBER_ID: (member_id(),),
}
"""What is tried for a kind; for dates one grammar a separator, in the order of `SEPARATORS`."""
