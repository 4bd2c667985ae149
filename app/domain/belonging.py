"""Whose document is this: what it says of a patient and a request, and which open case agrees with that.

Names alone never suffice: people share them. Glyphs that recognition takes for each other count as alike, and that
is said: only what agrees to the letter is sure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.domain.extraction import PageText
from app.domain.passage import page_string
from app.domain.receipt import is_receipt, normalized
from app.domain.request import codes_in, parsed_date, request_from


class Sign(StrEnum):
    """One thing that a document and a case agree on, or do not."""

    RECEIPT = "receipt"
    MEMBER_ID = "member_id"
    MEMBER_ID_NEARLY = "member_id_nearly"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    PROVIDER = "provider"
    SERVICE = "service"
    OTHER_BIRTH_DATE = "other_birth_date"
    """The document says another date of birth than the case: it speaks against it."""


WORDS = {
    Sign.RECEIPT: "the receipt number is printed on it",
    Sign.MEMBER_ID: "same member id",
    Sign.MEMBER_ID_NEARLY: "nearly the same member id",
    Sign.NAME: "same name",
    Sign.BIRTH_DATE: "same date of birth",
    Sign.PROVIDER: "same provider",
    Sign.SERVICE: "same service code",
    Sign.OTHER_BIRTH_DATE: "another date of birth",
}
_WEIGHTS = {
    Sign.RECEIPT: 0.9,
    Sign.MEMBER_ID: 0.55,
    Sign.MEMBER_ID_NEARLY: 0.3,
    Sign.NAME: 0.25,
    Sign.BIRTH_DATE: 0.25,
    Sign.PROVIDER: 0.08,
    Sign.SERVICE: 0.05,
    Sign.OTHER_BIRTH_DATE: -0.35,
}
LEAST = 0.5
"""A case is proposed from here: a member id, or a name with a date of birth, or a receipt number."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open case that a document may belong to. `score` is 0..1, of no unit.

    `sure`: an exact receipt number, or member id, name and date of birth all to the letter, and nothing against it.
    """

    case_id: str
    receipt: str
    score: float
    why: tuple[Sign, ...]
    sure: bool

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(WORDS[sign] for sign in self.why)


@dataclass(frozen=True, slots=True)
class Known:
    """What a case knows of its patient and request."""

    case_id: str
    receipt: str
    name: tuple[str, ...] = ()
    member_id: str = ""
    birth_date: date | None = None
    provider: tuple[str, ...] = ()
    npi: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """What a document says that can tell whose it is. `ids` are runs with digits, without their separators;
    `births` the dates it calls dates of birth, `dates` all of them.
    """

    words: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    dates: frozenset[date] = frozenset()
    births: frozenset[date] = frozenset()
    names: tuple[str, ...] = ()
    """What stands behind “Patient” or “Name”, in lower case: where to look for the case first."""


_ALIKE = str.maketrans("OQDILSBZG", "000115826")
_LETTERS = str.maketrans("015", "ols")
# Texts, not patterns: they are compiled when the first document comes, and not on the way to the window.
_ID = r"(?=[A-Z0-9\-]*\d)[A-Z0-9](?:[A-Z0-9]|-(?=[A-Z0-9])){4,24}"
_RECEIPT = r"(?i)\bR\s?[-–—]\s?[0-9OIL]{4}\s?[-–—]\s?\w{4}\s?[-–—]\s?\w{4,8}\s?[-–—]\s?\w\b"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIGIT = "[0-9OolI]"
_NUMERIC = (
    rf"(?<![\w/])(?:{_DIGIT}{{1,2}}\s?[/.\-]\s?{_DIGIT}{{1,2}}\s?[/.\-]\s?(?:{_DIGIT}{{4}}|{_DIGIT}{{2}})"
    rf"|{_DIGIT}{{4}}-{_DIGIT}{{2}}-{_DIGIT}{{2}})(?![\w/])"
)
_NAMED = (
    rf"(?i)\b(?P<m1>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>\d{{4}})"
    rf"|\b(?P<d2>\d{{1,2}})[\s\-](?P<m2>{'|'.join(_MONTHS)})[a-z]*\.?[\s\-,]+(?P<y2>\d{{4}})"
)
_BIRTH = r"(?i)(d\.?\s?[o0]\.?\s?b\b|birth|born)\W*(date|day)?\W{0,6}$"
_PATIENT = r"(?i)\b(?:patient|member|name|re|regarding)\b[^\w\n]{0,4}(?:name)?[^\w\n]{0,4}([^\n]{3,60})"
_NO_NAMES = frozenset(
    ["mr", "mrs", "ms", "dr", "md", "do", "jr", "sr", "ii", "iii", "iv", "np", "pa", "rn", "name", "dob"]
)


def said_on(texts: Iterable[PageText]) -> Printed:
    """What a document says of whose it is."""
    whole = "\n".join(page_string(page).text for page in texts)
    dates, births = _dates(whole)
    upper = whole.upper()
    return Printed(
        tuple(_name_words(whole)),
        tuple(dict.fromkeys(r for r in map(_receipt, re.findall(_RECEIPT, whole)) if is_receipt(r))),
        tuple(dict.fromkeys(m.group().replace("-", "") for m in re.finditer(_ID, upper))),
        dates,
        births,
        tuple(dict.fromkeys(" ".join(_name_words(m.group(1))[:3]) for m in re.finditer(_PATIENT, whole))),
    )


def known_of(document: Mapping[str, Any]) -> Known:
    """What a case document knows, from its request, else from the fields of its form by their kind."""
    request = request_from(document)
    name, member_id, born = request.patient_name, request.patient_id, request.birth_date
    for field in document.get("fields", {}).values():
        label = f"{field.get('section', '')} {field.get('label', '')}".lower()
        value = field.get("corrected_value") or field.get("value")
        if not isinstance(value, str) or not value:
            continue
        kind = field.get("kind")
        if kind == "member_id":
            member_id = member_id or value
        elif kind == "name" and re.search(r"patient|member", label):
            name = name or value
        elif kind == "date" and re.search(r"birth|\bdob\b", label):
            born = born or value
    return Known(
        document["case_id"],
        document["receipt"],
        names_of(name),
        _bare(member_id),
        parsed_date(born),
        names_of(request.provider_name),
        re.sub(r"\D", "", request.provider_id),
        tuple(dict.fromkeys(code for line in request.lines for code in codes_in(line.code))),
    )


def judged(known: Known, printed: Printed) -> Proposal | None:
    """How well a document fits a case; None when it says too little that agrees."""
    signs, exact = _signs(known, printed)
    score = min(1.0, max(0.0, sum(_WEIGHTS[sign] for sign in signs)))
    if score < LEAST or not ({Sign.RECEIPT, Sign.MEMBER_ID, Sign.BIRTH_DATE} & set(signs)):
        return None
    agree = {Sign.MEMBER_ID, Sign.NAME, Sign.BIRTH_DATE}
    sure = Sign.OTHER_BIRTH_DATE not in signs and (Sign.RECEIPT in signs or agree <= exact)
    return Proposal(known.case_id, known.receipt, round(score, 3), signs, sure)


def of_another(known: Known, texts: Iterable[str]) -> bool:
    """Whether a document calls another day a date of birth than the case's, and nowhere says that one."""
    if known.birth_date is None:
        return False
    dates, births = _dates("\n".join(texts))
    return bool(births) and known.birth_date not in dates


def _signs(known: Known, printed: Printed) -> tuple[tuple[Sign, ...], frozenset[Sign]]:
    """What agrees or does not, and which of it to the letter."""
    signs: list[Sign] = []
    exact: set[Sign] = set()
    if known.receipt in printed.receipts:
        signs.append(Sign.RECEIPT)
        exact.add(Sign.RECEIPT)
    member = _member_sign(known.member_id, printed)
    if member is not None:
        signs.append(member)
        if known.member_id in printed.ids:
            exact.add(member)
    if (how := named_in(known.name, printed.words)) is not None:
        signs.append(Sign.NAME)
        if how:
            exact.add(Sign.NAME)
    if known.birth_date is not None and known.birth_date in printed.dates:
        signs.append(Sign.BIRTH_DATE)
        if known.birth_date in printed.births:
            exact.add(Sign.BIRTH_DATE)
    elif known.birth_date is not None and printed.births:
        signs.append(Sign.OTHER_BIRTH_DATE)
    if (known.npi and known.npi in printed.ids) or named_in(known.provider, printed.words) is not None:
        signs.append(Sign.PROVIDER)
    if any(code.replace(".", "") in printed.ids for code in known.codes):
        signs.append(Sign.SERVICE)
    return tuple(signs), frozenset(exact)


def _member_sign(member_id: str, printed: Printed) -> Sign | None:
    if len(member_id) < 5 or not any(c.isdigit() for c in member_id):
        return None
    folded = member_id.translate(_ALIKE)
    found = [each.translate(_ALIKE) for each in printed.ids]
    if folded in found:
        return Sign.MEMBER_ID
    if len(folded) >= 8 and any(len(f) == len(folded) and _differing(f, folded) == 1 for f in found):
        return Sign.MEMBER_ID_NEARLY
    return None


def _differing(first: str, second: str) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


def named_in(name: Sequence[str], words: Sequence[str]) -> bool | None:
    """Whether first and last name stand close together: True to the letter, False nearly so, None not at all."""
    if len(name) < 2:
        return None
    first, last = name[0], name[-1]
    best: bool | None = None
    for at, word in enumerate(words):
        how = _alike(last, word)
        if how is None:
            continue
        for near in (*words[max(0, at - 3) : at], *words[at + 1 : at + 4]):
            other = _alike(first, near)
            if other is None:
                continue
            if how and other:
                return True
            best = False
    return best


@dataclass(frozen=True, slots=True)
class Spelled:
    """Words of a document as names are looked for among them: to the letter, misread, or one letter off."""

    near: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> Spelled:
        return cls(frozenset(near for word in frozenset(words) for near in _nearly(word)))

    def __contains__(self, name: str) -> bool:
        return any(near in self.near for near in _nearly(name))


def _nearly(word: str) -> Iterator[str]:
    """The word with misread glyphs made alike, and in long ones without any one of its letters: words that are one
    letter apart have one of these in common.
    """
    folded = word.translate(_LETTERS)
    yield folded
    if len(folded) >= 5:
        for at in range(len(folded)):
            yield folded[:at] + folded[at + 1 :]


def _alike(name: str, word: str) -> bool | None:
    if name == word:
        return True
    if name.translate(_LETTERS) == word.translate(_LETTERS):
        return False
    if min(len(name), len(word)) >= 5 and _one_edit(name, word):
        return False
    return None


def _one_edit(first: str, second: str) -> bool:
    """Whether one letter changed, lost or added makes the one the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    if len(first) == len(second):
        return _differing(first, second) == 1
    short, long = sorted((first, second), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[at:] == long[at + 1 :]


def names_of(name: str) -> tuple[str, ...]:
    """A person's names, first name first, without titles and initials."""
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    return tuple(word for word in _name_words(name) if word not in _NO_NAMES and len(word) > 1)


def _name_words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _bare(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _receipt(text: str) -> str:
    return normalized(re.sub(r"\s*[-–—]\s*", "-", text))


def _dates(text: str) -> tuple[frozenset[date], frozenset[date]]:
    """All dates of a text, and those it calls dates of birth."""
    dates: set[date] = set()
    births: set[date] = set()
    for found in re.finditer(_NUMERIC, text):
        plain = re.sub(r"\s", "", found.group()).translate(str.maketrans("OolI", "0011"))
        _put(parsed_date(plain), text[max(0, found.start() - 40) : found.start()], dates, births)
    for found in re.finditer(_NAMED, text):
        month = (found["m1"] or found["m2"]).lower()
        try:
            day = date(
                int(found["y1"] or found["y2"]), _MONTHS.index(month) + 1, int(found["d1"] or found["d2"])
            )
        except ValueError:
            continue
        _put(day, text[max(0, found.start() - 40) : found.start()], dates, births)
    return frozenset(dates), frozenset(births)


def _put(day: date | None, before: str, dates: set[date], births: set[date]) -> None:
    if day is None:
        return
    dates.add(day)
    if re.search(_BIRTH, before):
        births.add(day)
