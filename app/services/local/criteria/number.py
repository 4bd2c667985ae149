"""Measured numbers against a limit: the latest, any, or all of them."""

from __future__ import annotations

import re

from app.domain.criterion import NumberTest
from app.domain.material import Status
from app.services.local.criteria.code import day_words
from app.services.local.criteria.measured import Value, values_of
from app.services.local.criteria.reading import Found, Reading, quoted_once, shown


def judge_number(reading: Reading, test: NumberTest) -> Found:
    """Met by a measurement of the patient, in a unit that is known, that satisfies the limit; the latest, or any."""
    what = reading.words(test.of)
    mentions = list(reading.mentions(test.of))
    values: list[Value] = []
    passed: list[Value] = []
    for mention in mentions:
        for value in values_of(reading, test, mention):
            (passed if value.problem else values).append(value)
    values = _once(values)
    if not values:
        if passed:
            best = passed[0]
            return Found(
                Status.INSUFFICIENT,
                quoted_once(passed),
                f"{_cap(what)} is given, but {best.problem}; {_asked(test)} is asked for.",
            )
        if mentions:
            return Found(
                Status.INSUFFICIENT,
                shown(mentions),
                f"{_cap(what)} is mentioned, but no measured value stands with it; {_asked(test)} is asked for.",
            )
        return Found(Status.INSUFFICIENT, (), f"No document gives {what}; {_asked(test)} is asked for.")
    if test.which == "any":
        return _any(test, values, passed, what)
    if test.which == "all":
        return _all(test, values, what)
    return _latest(test, values, passed, what)


def _latest(test: NumberTest, values: list[Value], passed: list[Value], what: str) -> Found:
    current = [v for v in values if not v.prior]
    if not current and any(v.dated for v in values):
        current = [v for v in values if v.dated]
    if not current:
        why = f"Only an earlier {what} is told ({_told(values[0])}); {_asked(test)} is asked for, of the present."
        return Found(Status.INSUFFICIENT, quoted_once(values), why)
    dated = [v for v in current if v.day is not None]
    newest = max((v.day for v in dated if v.day), default=None)
    deciding = [v for v in dated if v.day == newest]
    undated = [v for v in current if v.day is None]
    later = [p for p in passed if p.day and newest and p.day > newest and not p.mention.statement.barred]
    if later:
        return Found(
            Status.INSUFFICIENT,
            quoted_once([later[0], *deciding]),
            f"A later {what} is given, but {later[0].problem}.",
        )
    everything = deciding + undated
    verdicts = {v.verdict for v in everything}
    if len(verdicts) > 1:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(everything),
            f"The documents give different values of {what} and do not say which is later.",
        )
    return _verdict(test, everything, next(iter(verdicts)), what)


def _any(test: NumberTest, values: list[Value], passed: list[Value], what: str) -> Found:
    met = [v for v in values if v.verdict]
    if met:
        return _verdict(test, met, True, what)
    open_ = [v for v in values if v.verdict is None]
    open_ += [p for p in passed if p.verdict is not False and not p.mention.statement.barred]
    if open_:
        return Found(
            Status.INSUFFICIENT, quoted_once(open_), f"No value of {what} surely satisfies {_asked(test)}."
        )
    return _verdict(test, values, False, what)


def _all(test: NumberTest, values: list[Value], what: str) -> Found:
    failing = [v for v in values if v.verdict is False]
    if failing:
        return _verdict(test, failing, False, what)
    unsure = [v for v in values if v.verdict is None]
    return _verdict(test, unsure or values, None if unsure else True, what)


def _verdict(test: NumberTest, values: list[Value], verdict: bool | None, what: str) -> Found:
    told = _told(values[0])
    if verdict is None:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(values),
            f"{_cap(what)} is given as {told}, which does not say surely whether it is {_asked(test)}.",
        )
    status = Status.MET if verdict else Status.NOT_MET
    return Found(status, quoted_once(values), f"{_cap(what)} is {told}; {_asked(test)} is asked for.")


def _told(value: Value) -> str:
    text = value.mention.statement.text[value.quantity.start : value.quantity.end].strip()
    if ")" in text and "(" not in text:
        text = text.rstrip(")")  # the number alone stands in the brackets
    text = re.sub(r"\s+(?:[HL*]{1,2}|\((?:H|L)\))\s+", " ", text)
    return f"{text} ({day_words(value.day)})" if value.day else text


_COMPARED = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "=": "exactly"}


def _asked(test: NumberTest) -> str:
    """The limit in words ("at most 110 % of the lower limit of normal")."""
    if test.limit_of:
        return f"{_COMPARED[test.comparison]} {test.limit:g} % of the {test.limit_of} limit of normal"
    return f"{_COMPARED[test.comparison]} {test.limit:g}{' ' + test.unit if test.unit else ''}"


def _once(values: list[Value]) -> list[Value]:
    """Each number once, though two terms name it."""
    found: dict[tuple[int, int], Value] = {}
    for v in values:
        found.setdefault((v.mention.statement.place, v.quantity.start), v)
    return list(found.values())


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
