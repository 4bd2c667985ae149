"""How often something happens, as notes tell it: "4x/day", "QID", "every 6 hours", "248 readings over 62 days"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.clinical.moment import WORDS, counted

DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times a day, from `least` to `most` (None: no end known). `sure` is false for what had to be guessed."""

    start: int
    end: int
    least: float
    most: float | None
    sure: bool = True
    days: float = 1.0
    """The period it was told in, in days: what is told per month says little of a day."""


_N = (
    r"(?:\d+(?:\.\d+)?|"
    + "|".join(w for w in WORDS if w not in ("a", "an", "half a"))
    + r"|once|twice|thrice)"
)
_EACH = (
    r"(?:(?:a|per|each|every|/)\s*|/)\s*(?P<per>day|d\b|week|wk|month|mo\b|year|yr|hour|hr|h\b|24\s?h(?:ou)?rs?|"
    r"night)|(?P<ly>daily|weekly|monthly|nightly|hourly)"
)  # fmt: skip
_TIMES = re.compile(
    rf"(?P<cmp>(?:at least|at minimum|a minimum of|minimum of|minimum|more than|greater than|over|>=?|≥|less than|"
    rf"fewer than|under|below|<=?|≤|up to|at most|no more than|only|about|approximately|approx\.?|~|around|"
    rf"roughly|an average of|averag\w+|avg\.?|mean(?: of)?)\s*)*"
    rf"(?<![\w./])(?P<n>{_N})(?P<plus>\s*\+)?(?:\s*(?:-|to|or)\s*(?P<n2>{_N}))?(?P<more>\s+or more)?\s*(?P<x>x|"
    rf"times?|injections?|inj\.?|shots?|doses?|checks?|tests?|readings?|fingersticks?|finger sticks?|fs|episodes?|"
    rf"events?|sessions?|visits?|measurements?|glucose checks?|bg checks?|boluses|seizures?|treatments?|attacks?|"
    rf"hours?|hrs?|nights?|days?|(?:\w+ ){{1,3}}?(?=(?:per|a|each|every|daily|/)))?\s*(?:of \w+ )?(?:{_EACH})",
    re.IGNORECASE,
)
_LATIN = (
    (re.compile(r"\bq\.?i\.?d\b\.?", re.IGNORECASE), 4.0),
    (re.compile(r"\bt\.?i\.?d\b\.?", re.IGNORECASE), 3.0),
    (re.compile(r"\bb\.?i\.?d\b\.?", re.IGNORECASE), 2.0),
    (
        re.compile(
            r"\b(?:q\.?d\b|q ?day|once daily|once a day|every day|each day|nightly|qhs|q ?am|q ?pm)\b\.?",
            re.IGNORECASE,
        ),
        1.0,
    ),
    (re.compile(r"\b(?:qod|every other day)\b", re.IGNORECASE), 0.5),
    (re.compile(r"\b(?:q ?week(?:ly)?|once (?:a|per) week|every week|once weekly)\b", re.IGNORECASE), 1 / 7),
)
_EVERY = re.compile(
    rf"\b(?:q|every)\s?(?P<n>{_N})(?:\s*-\s*(?P<n2>\d+))?\s?(?P<unit>h(?:ou)?r?s?|hours?|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
_LOG = re.compile(
    r"(?<![\d.,/\-])\b(?P<n>\d[\d,]*)\s+(?:\w+\s+){0,3}?(?:readings?|checks?|tests?|measurements?|values|results|"
    r"fingersticks?|"
    r"entries|data ?points?)\b(?!\s*(?:/|per\b|a\b|each\b|every\b|daily))[^.;]{0,40}?\b(?:over|in|during|across|"
    r"for|within)\s+(?:the\s+)?(?:past\s+|last\s+|a\s+)?(?P<days>\d+)[\s-]*(?P<unit>days?|weeks?)\b",
    re.IGNORECASE,
)
_MEALS = re.compile(
    r"\bbefore\s+(?:breakfast|bkfst),?\s+(?:before\s+)?lunch,?\s+(?:and\s+)?(?:before\s+)?(?:dinner|"
    r"supper),?(?P<bed>,?\s*(?:and\s+)?(?:at\s+|before\s+)?(?:bed(?:time)?|hs))?"
    r"|\b(?P<ac>(?:before|with|at|prior to)\s+(?:all\s+|each\s+|every\s+)?(?P<three>(?:3|three)\s+)?meals?|qac|"
    r"ac)\b(?P<hs>\s*(?:and|&|,|\+|/|plus)\s*(?:at\s+|before\s+|q)?(?:bed(?:time)?|hs)\b)?|\bachs\b",
    re.IGNORECASE,
)  # fmt: skip


_COUNTED = re.compile(rf"\b{_N}\s+(?:[a-z]+\s+){{0,3}}$", re.IGNORECASE)


def rates(text: str) -> tuple[Rate, ...]:
    """The rates of a text in their order, per day."""
    found: list[Rate] = []

    def add(rate: Rate) -> None:
        if not any(r.start < rate.end and rate.start < r.end for r in found):
            found.append(rate)

    for m in _LOG.finditer(text):
        days = float(m.group("days")) * (7 if m.group("unit").lower().startswith("w") else 1)
        if days:
            each = float(m.group("n").replace(",", "")) / days
            add(Rate(m.start(), m.end(), each, each))
    for m in _MEALS.finditer(text):
        if m.group("ac"):
            meals = 3.0 + bool(m.group("hs"))
            add(Rate(m.start(), m.end(), meals, meals, sure=bool(m.group("three"))))
        elif m.group().lower() == "achs":
            add(Rate(m.start(), m.end(), 4.0, 4.0, sure=False))
        else:
            meals = 3.0 + bool(m.group("bed"))
            add(Rate(m.start(), m.end(), meals, meals))
    for m in _TIMES.finditer(text):
        made = _times(m)
        if made:
            add(made)
    for m in _EVERY.finditer(text):
        hours = {"h": 1.0, "d": 24.0, "w": 168.0, "m": 730.5}[m.group("unit")[0].lower()]
        first = 24 / (counted(m.group("n")) * hours) if counted(m.group("n")) else 0.0
        second = 24 / (float(m.group("n2")) * hours) if m.group("n2") and float(m.group("n2")) else first
        add(Rate(m.start(), m.end(), min(first, second), max(first, second)))
    for pattern, each in _LATIN:
        for m in pattern.finditer(text):
            if _COUNTED.search(text[: m.start()]):
                continue  # "four injections every day": the number says more
            add(Rate(m.start(), m.end(), each, each))
    return tuple(sorted(found, key=lambda r: r.start))


def _times(m: re.Match[str]) -> Rate | None:
    special = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
    first = special.get(m.group("n").lower()) or counted_or(m.group("n"))
    if first is None:
        return None
    second = counted_or(m.group("n2")) if m.group("n2") else first
    what = (m.group("x") or "").strip().lower()
    per = (m.group("per") or m.group("ly") or "").lower()
    if not what and m.group("per") is None and per not in ("daily", "weekly", "monthly"):
        return None
    if per.startswith(("hour", "hr")) or per == "h":
        days = 1 / 24
    else:
        days = {"d": 1.0, "n": 1.0, "2": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}.get(per[:1], 1.0)
    low, high = sorted((first / days, (second or first) / days))
    said = m.group()[: m.start("n") - m.start()].lower()
    most: float | None = high
    if (
        m.group("plus")
        or m.group("more")
        or (re.search(r"least|more than|greater|over|>|≥|minimum", said) and "no more" not in said)
    ):
        most = None
    elif re.search(r"less|fewer|under|below|<|≤|up to|most|no more", said):
        low = 0.0
    sure = not re.search(r"about|approx|~|around|roughly", said)
    return Rate(m.start(), m.end(), low, most, sure, days)


def counted_or(word: str) -> float | None:
    special = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
    word = word.lower()
    try:
        return special[word] if word in special else counted(word)
    except (KeyError, ValueError):
        return None
