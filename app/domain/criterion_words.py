"""Tests of criteria in words: what exactly is looked for, as a person would put it."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.criterion import (
    AgeTest,
    CodeTest,
    Concept,
    CountTest,
    DurationTest,
    FindingTest,
    FrequencyTest,
    Group,
    NumberTest,
    Period,
    Test,
)

_COMPARED = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "exactly"}
_SHOWN = 3
"""Terms of a concept that are shown; the rest is counted."""


def group_words(group: Group) -> str:
    return {
        "all": "all of",
        "any": "at least one of",
        "at_least": f"at least {group.count} of",
        "not": "not",
    }[group.kind]


def test_words(test: Test, concepts: Mapping[str, Concept]) -> str:
    """One test as the rest of a sentence: "a number for HbA1c, A1c above 7 %, the latest".

    A concept is named by its first terms; one that is not there by its own name.
    """

    def name(concept: str) -> str:
        return _named(concept, concepts)

    def given(names: tuple[str, ...], lead: str) -> str:
        return "".join(f", {lead} {name(n)}" for n in names)

    match test:
        case CodeTest():
            closed = "" if test.closed else " (other codes say nothing)"
            return f"a {test.of} code among {', '.join(test.codes)}{closed}"
        case AgeTest():
            return f"an age of {_range(test.least, test.most)} years at the request"
        case NumberTest():
            return _number(test, name(test.of)) + given(test.given, "with") + given(test.unless, "not with")
        case DurationTest():
            still = "" if test.current else ", whether or not it still goes on"
            return f"{name(test.of)} for {_period(test.least, test.most)}{given(test.given, 'with')}{still}"
        case FrequencyTest():
            kept = f", kept up for {test.duration}" if test.duration else ""
            return (
                f"{name(test.of)} at least {test.least:g} times a {test.per}{kept}{given(test.given, 'with')}"
            )
        case CountTest():
            within = f" within {test.within}" if test.within else ""
            among = f", counted among {'; '.join(name(n) for n in test.among)}" if test.among else ""
            return f"{_range(test.least, test.most)} of {name(test.of)}{within}{among}"
        case FindingTest():
            return _finding(test, " or ".join(name(n) for n in test.any_of)) + (
                given(test.given, "with") + given(test.unless, "not with")
            )
        case _:
            return f"a person's judgement, shown what is said of {' or '.join(name(n) for n in test.any_of)}"


def _number(test: NumberTest, what: str) -> str:
    unit = f" {test.unit}" if test.unit else ""
    if test.limit_of:
        unit = f" % of the {test.limit_of} limit of the laboratory's reference range"
    within = f" within {test.within}" if test.within else ""
    which = {"latest": "the latest", "any": "any", "all": "every one"}[test.which]
    return f"a number for {what} {_COMPARED[test.comparison]} {test.limit:g}{unit}{within} ({which})"


def _finding(test: FindingTest, what: str) -> str:
    parts = [what]
    if test.done:
        parts.append("done, not ordered or planned")
    if test.planned:
        parts.append("a plan is enough")
    if test.within:
        parts.append(f"within {test.within}")
    if test.before:
        parts.append(f"at least {test.before} ago")
    if test.line_only:
        parts.append("said by the request's own line")
    if test.closed:
        parts.append("no other diagnosis")
    return f"a finding of {', '.join(parts)}"


def _range(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}"


def _period(least: Period | None, most: Period | None) -> str:
    parts = [f"at least {least}"] if least else []
    return " and ".join([*parts, *([f"at most {most}"] if most else [])])


def _named(name: str, concepts: Mapping[str, Concept]) -> str:
    concept = concepts.get(name)
    words = [t for t in concept.terms if not t.startswith("/")] if concept else []
    if not concept or not (words or concept.codes):
        return f"“{name.replace('_', ' ')}”"
    shown = words[:_SHOWN] or list(concept.codes[:_SHOWN])
    rest = len(concept.terms) + len(concept.codes) - len(shown)
    return f"“{' / '.join(shown)}”" + (f" (and {rest} more ways to say it)" if rest else "")
