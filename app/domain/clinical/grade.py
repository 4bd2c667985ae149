"""Grades: the class, grade or stage that stands behind the name of a scale, in digits or Roman numerals."""

from __future__ import annotations

import re

from app.domain.clinical.quantity import Part, Quantity

_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
_GRADE = r"(?:VI|IV|V|I{1,3}|[0-6])"
_BEHIND = re.compile(
    r"(?:[\s:=(\-]|\([A-Za-z ]{1,20}\)|\b(?i:functional|heart failure|hf|symptoms?|ulcers?|wounds?|classification|"
    r"class|grade|stage|score|scale|"
    r"currently|now|is|was|are|of|at|as|a|an|at least)\b)*"
    rf"(?<![A-Za-z0-9])(?P<first>{_GRADE})[abc]?(?:\s*(?:-|–|/|to|or|and|"
    rf"through)\s*(?P<last>{_GRADE})[abc]?)?(?![\w.]*\w)"
)
_AT_LEAST = re.compile(r"\bat least\b", re.IGNORECASE)


def grade_behind(text: str, start: int) -> Quantity | None:
    """The grade that stands right behind text[:start] ("NYHA" "class II-III"), as a number or a range of them."""
    found = _BEHIND.match(text, start)
    if found is None:
        return None
    low = _value(found.group("first"))
    high = _value(found.group("last")) if found.group("last") else low
    if high < low:
        return None
    least = bool(_AT_LEAST.search(found.group()))
    return Quantity(
        found.start("first"), found.end(), float(low), None if least else float(high), False, False, "",
        Part.VALUE, False, False,
    )  # fmt: skip


def _value(text: str) -> int:
    return int(text) if text.isdigit() else _ROMAN[text]
