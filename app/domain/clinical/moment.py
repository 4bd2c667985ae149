"""Dates and stretches of time as notes tell them, relative to the day the note was written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.criterion import Period
from app.domain.request import parsed_date

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name} | {
    name.lower(): n for n, name in enumerate(calendar.month_abbr) if name
} | {"sept": 9}  # fmt: skip
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)  # fmt: skip
WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18,
    "twenty": 20,
    "twenty-four": 24, "thirty": 30, "forty": 40, "sixty": 60, "ninety": 90, "a": 1, "an": 1, "half a": 0.5,
}  # fmt: skip
_COUNT = r"(?:\d+(?:\.\d+)?|" + "|".join(sorted((w for w in WORDS), key=len, reverse=True)) + r")"
_UNIT = r"(?:days?|d|weeks?|wks?|wk|months?|mos?|mths?|years?|yrs?|y)"
UNIT_NAMES = {"d": "day", "w": "week", "m": "month", "y": "year"}


_ANY = re.compile(
    rf"\d|\b(?:today|yesterday|tomorrow|this|last|past|previous|next|ago|prior|earlier|back|{_MONTH})",
    re.IGNORECASE,
)
"""Without one of these a text holds no date."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day as told: it lies between `first` and `last`. `start` and `end` are where the words stand."""

    start: int
    end: int
    first: date
    last: date
    relative: bool = False
    """Counted from the day of the note ("3 weeks ago")."""


_FULL = re.compile(
    r"(?<![\d/.\-])(?:(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<us>\d{1,2}[/\-]\d{1,2}[/\-](?:\d{4}|\d{2})|"
    r"\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})))(?![\d/\-])"
    rf"|\b(?P<mdy>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})\b|\b(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?[ \-]{_MONTH}[ \-,]+\d{{4}})\b",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(
    rf"\b(?P<name>{_MONTH})(?:\s+of)?,?\s*(?P<year>\d{{4}}|'\d{{2}})\b|(?<![\d/])(?P<num>\d{{1,2}})/(?P<nyear>(?:19|20)\d{{2}})(?![\d/])",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?:\b(?:in|since|from|until|till|to|circa|around|about|of|early|late|mid|year|by|dx'?d?|summer|fall|spring|"
    r"winter)\s*-?\s*~?|[(,~@]\s*)(?P<year>(?:19|20)\d{2})\b(?!\s*(?:mg|ml|units|cal|steps|kcal))",
    re.IGNORECASE,
)
_BARE_YEAR = re.compile(
    r"(?<=[A-Za-z)] )(?P<year>(?:19[5-9]\d|20[0-3]\d))(?=\s*(?:[,.;)]|$|-\s|and\b|with\b))(?![.,]\d)"
)
_NO_YEAR = re.compile(
    rf"\b(?:on|since|from|dated?|collected|drawn|through|until|of)\s+(?:(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})(?![\d/%])|(?P<name>{_MONTH})\s+(?P<nd>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,?\s*\d{{4}}))",
    re.IGNORECASE,
)
_MONTH_ONLY = re.compile(
    rf"\b(?:in|since|from|until|through|last|this past|early|late|mid)-?\s+(?P<name>{_MONTH})\b(?!\s*,?\s*\d)",
    re.IGNORECASE,
)
_AGO = re.compile(
    rf"\b(?P<n>{_COUNT})[\s\-]*(?P<unit>{_UNIT})\.?\s+(?:ago|prior|earlier|back|before)\b(?! to)",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"\b(?:last|the past|previous)\s+(?P<unit>week|month|year)\b(?!s)|\b(?P<day>today|yesterday|this morning|"
    r"this week|this month|this year|earlier this (?P<this>week|month|year)|tomorrow|next (?P<next>week|month|year))\b",
    re.IGNORECASE,
)


def moments(text: str, written: date | None) -> tuple[Moment, ...]:
    """The dates of a text in their order. Without the day it was written, those counted from it are left out."""
    found: list[Moment] = []
    if not _ANY.search(text):
        return ()

    def add(start: int, end: int, first: date | None, last: date | None, relative: bool = False) -> None:
        if first and last and not any(m.start < end and start < m.end for m in found):
            found.append(Moment(start, end, first, last, relative))

    for m in _FULL.finditer(text):
        day = _day_of(m)
        add(m.start(), m.end(), day, day)
    for m in _MONTH_YEAR.finditer(text):
        if m.group("name"):
            month, year = MONTHS[m.group("name").lower().rstrip(".")], _year(m.group("year"))
        else:
            month, year = int(m.group("num")), int(m.group("nyear"))
        if 1 <= month <= 12:
            add(m.start(), m.end(), *_month(year, month))
    if written is not None:
        _add_relative(text, written, add)
    for m in (*_YEAR.finditer(text), *_BARE_YEAR.finditer(text)):
        year = int(m.group("year"))
        if 1920 <= year <= 2100:
            add(m.start("year"), m.end("year"), date(year, 1, 1), date(year, 12, 31))
    return tuple(sorted(found, key=lambda m: m.start))


def _add_relative(text: str, written: date, add: Callable[..., None]) -> None:
    for m in _NO_YEAR.finditer(text):
        month = int(m.group("m")) if m.group("m") else MONTHS[m.group("name").lower().rstrip(".")]
        day = _latest(written, month, int(m.group("d") or m.group("nd")))
        add(m.start(), m.end(), day, day)
    for m in _AGO.finditer(text):
        day = _back(written, counted(m.group("n")), m.group("unit"))
        add(m.start(), m.end(), day, day, True)
    for m in _LAST.finditer(text):
        add(m.start(), m.end(), *_named(m, written), True)
    for m in _MONTH_ONLY.finditer(text):
        month = MONTHS[m.group("name").lower().rstrip(".")]
        year = written.year if month <= written.month else written.year - 1
        first, last = _month(year, month)
        add(m.start(), m.end(), first, min(last, written) if last else None)


def _day_of(m: re.Match[str]) -> date | None:
    if m.group("iso") or m.group("us"):
        return parsed_date(m.group())
    words = re.findall(
        r"[A-Za-z]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", m.group(), flags=re.IGNORECASE)
    )
    name = next(w for w in words if w.isalpha())
    numbers = [int(w) for w in words if w.isdigit()]
    return _made(numbers[1], MONTHS[name.lower()], numbers[0])


def _named(m: re.Match[str], written: date) -> tuple[date, date]:
    said = m.group().lower()
    if m.group("unit"):
        unit = m.group("unit").lower()
        if said.startswith("the past"):
            return _back(written, 1, unit), written
        if unit == "week":
            return written - timedelta(days=13), written - timedelta(days=1)
        if unit == "month":
            first = date(written.year, written.month, 1) - timedelta(days=1)
            return date(first.year, first.month, 1), first
        return date(written.year - 1, 1, 1), date(written.year - 1, 12, 31)
    if m.group("next") or said == "tomorrow":
        return written + timedelta(days=1), written + timedelta(days=400)
    if said == "yesterday":
        return written - timedelta(days=1), written - timedelta(days=1)
    if said == "this week" or m.group("this") == "week":
        return written - timedelta(days=7), written
    if said == "this year":
        return date(written.year, 1, 1), written
    if said == "this month" or m.group("this") == "month":
        return date(written.year, written.month, 1), written
    if m.group("this"):
        return date(written.year, 1, 1), written
    return written, written


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _latest(written: date, month: int, day: int) -> date | None:
    """The last such day that is not after the note."""
    for year in (written.year, written.year - 1):
        made = _made(year, month, day)
        if made and made <= written:
            return made
    return None


def _year(text: str) -> int:
    return 2000 + int(text[1:]) if text.startswith("'") and int(text[1:]) < 60 else int(text.lstrip("'")) + (
        1900 if text.startswith("'") else 0
    )  # fmt: skip


def _month(year: int, month: int) -> tuple[date | None, date | None]:
    if not 1900 <= year <= 2100:
        return None, None
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def counted(word: str) -> float:
    word = word.lower()
    return float(WORDS[word]) if word in WORDS else float(word)


def _back(day: date, count: float, unit: str) -> date:
    return before(day, Period(count, UNIT_NAMES[unit[0].lower()]))


def before(day: date, period: Period) -> date:
    """The day a period earlier, by the calendar: six months before 1 August is 1 February."""
    whole = int(period.count)
    if period.unit in ("month", "year") and whole == period.count:
        months = whole * (12 if period.unit == "year" else 1)
        year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
        if year < 1:
            return date.min
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    days = int(period.days)
    return day - timedelta(days=days) if days < day.toordinal() else date.min


_SPELL = re.compile(
    rf"\b(?:in|within|over|during|for|x)\s+(?:the |his |her |their )?(?:last|past|previous|prior|preceding)\s+"
    rf"(?:(?P<n>{_COUNT})[\s-]+)?(?P<unit>{_UNIT})\b|\b(?:in|within|over|during)\s+(?P<n2>{_COUNT})[\s-]+"
    rf"(?P<unit2>{_UNIT})\b",
    re.IGNORECASE,
)


def spell(before: str, after: str) -> Period | None:
    """The time up to the note that words around a mention limit it to: "no MI in the last 40 days"."""
    behind = _SPELL.search(after)
    ahead = list(_SPELL.finditer(before))
    found = behind or (ahead[-1] if ahead else None)
    if found is None:
        return None
    unit = found.group("unit") or found.group("unit2")
    return Period(counted(found.group("n") or found.group("n2") or "one"), UNIT_NAMES[unit[0].lower()])


# How long


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long something lasts as told. `least` and `most` are what it can be ("more than a year" has no most);
    a stretch told by its begin has `since` instead, and `until` when its end is told. `rough` when it is about so much.
    """

    start: int
    end: int
    least: Period | None = None
    most: Period | None = None
    since: Moment | None = None
    until: Moment | None = None
    rough: bool = False


_STRETCH = re.compile(
    rf"(?P<cmp>(?:at least|more than|greater than|longer than|over(?! the)|>=?|≥|a minimum of|minimum|"
    rf"no less than|less than|fewer than|under|<=?|≤|up to|at most|nearly|almost|about|approximately|approx\.?|"
    rf"around|roughly|~)\s*)?"
    rf"(?:\bx\s*|\b)?(?<![\d./])(?P<n>{_COUNT})(?P<plus>\s*\+|\s+or more|\s+plus)?(?:\s*(?:-|"
    rf"to)\s*(?P<n2>{_COUNT}))?[\s\-]*(?P<tail>(?:consecutive|full|continuous|"
    rf"additional)\s+)?(?P<unit>{_UNIT})\b\.?(?P<half>\s+and a half)?",
    re.IGNORECASE,
)
_PAST_UNIT = re.compile(
    r"\b(?:for|over|during|in|throughout)?\s*the (?:past|last|prior|previous|preceding)\s+(?P<unit>day|week|month|"
    r"year)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|starting(?: in| on)?|started(?: in| on)?|began(?: in| on)?|begun(?: in| on)?|initiated(?: in|"
    r" on)?|diagnosed(?: with \w+)?(?: in| on)?|dx'?d?(?: in| on)?|onset(?: in| on| of| was)?|beginning(?: in|"
    r" on)?|dating (?:back )?to|from|effective|start date:?|placed on|as of|has been .{0,60}? since|"
    r"since(?:\s+[a-z]+){1,6})\s*:?\s*$",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|through|thru|to|till|ending(?: in| on)?|stopped(?: in| on)?|discontinued(?: in| on)?|ended(?: in|"
    r" on)?|d/c'?d?(?: in| on)?|resolved(?: in| on)?|quit(?: in| on)?|-)\s*$",
    re.IGNORECASE,
)
_NOT_LASTING = re.compile(
    r"\b(?:in|within|every|q|per|next|each|after|return|f/u|follow[- ]?up|aged?|at|another|coming|other|expir\w*|"
    r"supply|refill\w*|the age of|turned)\s*(?:the\s+|for\s+)?(?:next\s+)?$",
    re.IGNORECASE,
)
_NOT_LASTING_AFTER = re.compile(
    r"\s*-?\s*(?:old\b|o\b|/o|y/?o\b|supply|ago\b|prior\b|earlier\b|from now|follow|of age|later|hence|check|"
    r"visit|post)",
    re.IGNORECASE,
)


def stretches(text: str, written: date | None) -> tuple[Stretch, ...]:
    """How long things last, as a text tells it: "for 8 months", "since March 2025", "8-month history"."""
    found: list[Stretch] = []
    days = moments(text, written)
    for m in _STRETCH.finditer(text):
        made = _stretch(text, m, days)
        if made:
            found.append(made)
    for m in _PAST_UNIT.finditer(text):
        one = Period(1, m.group("unit").lower())
        found.append(Stretch(m.start(), m.end(), one, one))
    for n, day in enumerate(days):
        lead = text[: day.start]
        words = text[day.start : day.end]
        told = _SINCE.search(lead) or re.match(r"(?:since|from)\b", words, re.IGNORECASE)
        following = days[n + 1] if n + 1 < len(days) else None
        until = following if following and _UNTIL.search(text[day.end : following.start]) else None
        if told or until or (day.relative and words.lower().endswith("ago") and _begins(lead)):
            found.append(Stretch(day.start, (until or day).end, since=day, until=until))
    return tuple(sorted(found, key=lambda s: s.start))


def _begins(lead: str) -> bool:
    return bool(
        re.search(
            r"\b(?:diagnosed|started|began|onset|initiated|since|placed on|dx'?d?|begun|developed)\b[^.;]*$",
            lead,
            re.IGNORECASE,
        )
    )


def _stretch(text: str, m: re.Match[str], days: tuple[Moment, ...]) -> Stretch | None:
    if any(d.start < m.end() and m.start("n") < d.end for d in days):
        return None
    if _NOT_LASTING.search(text[: m.start()]) or _NOT_LASTING_AFTER.match(text[m.end() :]):
        return None
    if m.group("unit").lower() in ("d", "y", "m") and m.group("n").lower() in WORDS:
        return None
    if m.group("n").lower() in ("a", "an") and not re.search(
        r"\b(?:for|over|than|least|about|nearly|almost|past)\s*$", text[: m.start("n")], re.IGNORECASE
    ):
        return None
    unit = UNIT_NAMES[m.group("unit")[0].lower()]
    count = counted(m.group("n")) + (0.5 if m.group("half") else 0)
    more = counted(m.group("n2")) if m.group("n2") else count
    said = (m.group("cmp") or "").strip().lower().rstrip(".")
    least: Period | None = Period(min(count, more), unit)
    most: Period | None = Period(max(count, more), unit)
    rough = said in ("nearly", "almost", "about", "approximately", "approx", "around", "roughly", "~")
    if said in ("nearly", "almost"):
        least = Period(count * 0.8, unit)
    if m.group("plus") or said in ("at least", "more than", "greater than", "longer than", "over", ">", ">=", "≥",
                                   "a minimum of", "minimum", "no less than"):  # fmt: skip
        most = None
    elif said in ("less than", "fewer than", "under", "<", "<=", "≤", "up to", "at most"):
        least = None
    return Stretch(m.start(), m.end(), least, most, rough=rough)
