"""The minimum necessary: identifiers that no model needs are taken out of what is sent to one.

45 CFR 164.502(b) asks for no more than the purpose needs. The request's own identifiers are known; others are told by
their shape and by the label in front of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.form import FieldKind
from app.domain.material import Material

_LEAST = 4
"""A shorter value is no identifier by itself: it would take half of a page with it."""
_NAMED = (
    "id",
    "number",
    "phone",
    "fax",
    "address",
    "npi",
    "email",
    "birth_date",
    "street",
    "zip",
    "city",
    "ssn",
    "mrn",
)
_KINDS = frozenset({FieldKind.PHONE, FieldKind.MEMBER_ID, FieldKind.NPI, FieldKind.ZIP})

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")),
    ("ssn", re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)")),
    (
        "phone",
        re.compile(
            r"(?<![\d.])(?:\+?1[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]?\d{4}(?!\d)(?:\s*(?:x|ext\.?)\s*\d+)?"
        ),
    ),
    (
        "number",
        re.compile(
            r"(?P<label>\b(?:member|subscriber|patient|medicaid|medicare|policy|group|account|acct|chart|case|claim|mrn|mbi|hicn|npi"
            r"|dea|tin|license|medical record)\b\s*(?:id|no|num|number|#)?\.?\s*(?:id|no|number|#)?\s*[:#=]?\s*)"
            r"(?P<value>(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{4,})",
            re.IGNORECASE,
        ),
    ),
    (
        "birth date",
        re.compile(
            r"(?P<label>\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|born)\b\s*[:#]?\s*(?:on\s+)?)"
            r"(?P<value>\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}|[A-Z][a-z]+ \d{1,2},? \d{4})",
            re.IGNORECASE,
        ),
    ),
    (
        "address",
        re.compile(
            r"\b\d{1,6}\s+(?:[NSEW]\.?\s+)?(?:[A-Z][\w'.-]*\s+){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct"
            r"|Place|Pl|Way|Parkway|Pkwy|Highway|Hwy|Circle|Terrace|Trail|Suite|Plaza)\b\.?"
            r"(?:,?\s*(?:Suite|Ste|Apt|Unit|#|Floor|Fl)\.?\s*[\w-]+)?(?:,?\s+[A-Z][a-zA-Z]+(?:\s[A-Z][a-z]+)?,?\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?)?",
        ),
    ),
    ("address", re.compile(r"\b[A-Z][a-zA-Z]+(?:\s[A-Z][a-z]+)?,\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?\b")),
)  # fmt: skip


def identifiers(material: Material) -> dict[str, str]:
    """The identifiers the case itself knows, each with what to call it: from the request and from the form's fields."""
    found: dict[str, str] = {}
    raw = material.request.raw
    for who in ("patient", "provider", "servicing_provider"):
        part = raw.get(who, {})
        if isinstance(part, Mapping):
            for name, value in part.items():
                if any(word in str(name).lower().split("_") or word == str(name).lower() for word in _NAMED):
                    _add(found, value, _called(str(name)))
    for field in material.fields:
        if field.kind in _KINDS or re.search(
            r"\baddress\b|\bstreet\b|\bphone\b|\bfax\b|\bemail\b", field.label.lower()
        ):
            _add(found, field.current, _called(str(field.kind)))
    return found


def _add(found: dict[str, str], value: Any, called: str) -> None:
    text = " ".join(str(value).split()) if isinstance(value, str) else ""
    if len(text) >= _LEAST and any(c.isdigit() for c in text):
        found.setdefault(text, called)


def _called(name: str) -> str:
    for words in ("phone", "fax", "address", "email"):
        if words in name:
            return words
    return "birth date" if "birth" in name else "zip" if "zip" in name else "number"


def without_identifiers(text: str, known: Mapping[str, str], keep: Iterable[str] = ()) -> str:
    """A text with identifiers replaced by what they are, in brackets. `keep` are values that stay (a reviewer put them
    into the prompt).
    """
    kept = {" ".join(k.split()).casefold() for k in keep}
    for value in sorted(known, key=len, reverse=True):
        if value.casefold() not in kept:
            text = _loose(value).sub(f"[{known[value]}]", text)
    for called, shape in _SHAPES:
        text = shape.sub(lambda match, called=called: _taken_out(match, called, kept), text)  # type: ignore[misc]
    return text


def _taken_out(match: re.Match[str], called: str, kept: set[str]) -> str:
    groups = match.groupdict()
    value = groups.get("value", match.group())
    if value.casefold() in kept:
        return match.group()
    return f"{groups.get('label', '')}[{called}]"


def _loose(value: str) -> re.Pattern[str]:
    """A value as other documents write it: other blanks and signs between its parts."""
    parts = [re.escape(part) for part in re.findall(r"[A-Za-z]+|\d+", value)]
    digits = re.fullmatch(r"[\d\s().-]+", value) is not None
    if (
        digits and sum(c.isdigit() for c in value) >= 10
    ):  # a phone or a long number: any grouping of its digits
        parts = [re.escape(c) for c in value if c.isdigit()]
    joined = r"[\s().,#/-]{0,3}".join(parts)
    return re.compile(rf"(?<![A-Za-z0-9]){joined}(?![A-Za-z0-9])", re.IGNORECASE)
