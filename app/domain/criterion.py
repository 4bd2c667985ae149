"""What a policy asks: concepts with the ways notes write them, typed tests, and criteria as a tree of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

UNITS = ("day", "week", "month", "year")
COMPARISONS = ("<", "<=", ">", ">=", "=")
GRADE = "grade"
"""The unit of a class, grade or stage ("NYHA class II-III"): said in digits or Roman numerals behind the concept."""


_BETWEEN = (
    r"(?:(?!\b(?:no|not|never|nor|neither|without|den(?:y|ies|ied))\b|n't\b)"
    r"(?:[^.;]|\.(?!\s)|(?<=\b[DM]r)\.|(?<=\bM[sD])\.)){0,80}?"
)


def expanded(expression: str) -> str:
    """A regular expression as `re` takes it: what a term between slashes holds, with its `…` written out."""
    return expression.replace("…", _BETWEEN)


@dataclass(frozen=True, slots=True)
class Concept:
    """Something notes speak of, with the ways they write it.

    `terms` are phrases matched as whole words, in any case, over line breaks, tolerant of plurals and hyphens; one in
    slashes (`/ba?hA1c/`) is a regular expression, in which `…` stands for a few words of the same clause that deny
    nothing. `but_not` are longer phrases that contain a term and mean
    something else ("gestational diabetes"). `codes` are ICD-10, CPT or HCPCS codes that say the same; a star ends
    a prefix (`E11*`).
    """

    name: str
    terms: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    count: float
    unit: str

    @property
    def days(self) -> float:
        return self.count * {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}[self.unit]

    def __str__(self) -> str:
        return f"{self.count:g} {self.unit}{'s' if self.count != 1 else ''}"


@dataclass(frozen=True, slots=True)
class CodeTest:
    """The codes of the line (`of`: service or diagnosis) are in a list. `closed` says that the list is all there is:
    another valid code is then not met, and no valid code at all is insufficient.
    """

    of: str
    codes: tuple[str, ...]
    closed: bool = True


@dataclass(frozen=True, slots=True)
class AgeTest:
    """The patient's age on the day of the request, in full years, both bounds included."""

    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A measured number of the patient compared with a limit, in a unit.

    `of` names the concept that is measured. `unit` is the unit of `limit` ("%", "mg/dL", "kg/m2", "" for a
    bare number); `units` maps other accepted units to their factor onto `unit`. A number without a unit counts only if
    `bare` says so. `limit_of` is "" or "lower" / "upper": then `limit` is a percentage of that end of the laboratory's
    own reference range, which must be in evidence beside the number. `given` are concepts that must stand with the
    number ("fasting", "at rest"), `unless` ones that must not. `within` is how old the measurement may be at the
    request. `which` is "latest" (the newest dated counts), "any", or "all".
    """

    of: str
    comparison: str
    limit: float
    unit: str = ""
    units: tuple[tuple[str, float], ...] = ()
    bare: bool = False
    limit_of: str = ""
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    within: Period | None = None
    which: str = "latest"
    lowest: float | None = None
    highest: float | None = None
    """What can be a value at all, in `unit`: a number beyond is another number."""


@dataclass(frozen=True, slots=True)
class DurationTest:
    """The patient has (had) `of` for at least, or at most, this long at the day of the request."""

    of: str
    least: Period | None = None
    most: Period | None = None
    given: tuple[str, ...] = ()
    current: bool = True
    """Whether it must still go on at the request."""


@dataclass(frozen=True, slots=True)
class FrequencyTest:
    """`of` happens at least `least` times per `per`; kept up for `duration` before the request, when one is asked."""

    of: str
    least: float
    per: str
    duration: Period | None = None
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountTest:
    """At least (at most) so many different things of a kind: failed treatments, episodes, visits.

    Counted by a number that stands with `of` ("four failed trials"), or by the distinct members of `among` found.
    """

    of: str
    least: int | None = None
    most: int | None = None
    among: tuple[str, ...] = ()
    within: Period | None = None


@dataclass(frozen=True, slots=True)
class FindingTest:
    """One of the concepts is a fact about the patient: said, not denied, not planned, not of somebody else.

    `within` is how old it may be; `before` how old it must at least be. `given` must stand with it. `done` asks that it
    has happened (a test ordered or pending does not count). `line` also lets the line's own diagnosis or service say
    it. `closed` says that the list is all there is, and that a stated diagnosis outside of it is not met.
    """

    any_of: tuple[str, ...]
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    within: Period | None = None
    before: Period | None = None
    done: bool = False
    line: bool = True
    closed: bool = False
    line_only: bool = False
    """Only the line's own diagnosis or service may say it (`line: only`): what is asked for, not what once was."""
    planned: bool = False
    """A plan is enough: it is about how the service that is asked for will be given."""


@dataclass(frozen=True, slots=True)
class JudgementTest:
    """Needs a person: passages that speak of the concepts are listed; it stays insufficient until somebody marks it."""

    any_of: tuple[str, ...]


Test = (
    CodeTest | AgeTest | NumberTest | DurationTest | FrequencyTest | CountTest | FindingTest | JudgementTest
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. `text` is how people read it, `clause` the exact words of the policy it comes from.

    `ask` is what is asked for when it is insufficient ("the fasting C-peptide result with its reference range").
    """

    criterion_id: str
    text: str
    clause: str
    test: Test
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """`kind` is all, any, at_least or not (which has one part). `count` belongs to at_least."""

    criterion_id: str
    text: str
    kind: str
    parts: tuple[Criterion, ...]
    count: int = 0
    clause: str = ""
    otherwise: str = ""
    """The clause that says it is not covered when this is not met, where the policy has one."""


Criterion = Leaf | Group


def nodes_of(criterion: Criterion) -> Iterator[Criterion]:
    yield criterion
    if isinstance(criterion, Group):
        for part in criterion.parts:
            yield from nodes_of(part)


def leaves_of(criterion: Criterion) -> tuple[Leaf, ...]:
    return tuple(c for c in nodes_of(criterion) if isinstance(c, Leaf))


def concepts_of(test: Test) -> tuple[str, ...]:
    """Every concept a test names."""
    match test:
        case CodeTest() | AgeTest():
            return ()
        case NumberTest():
            return (test.of, *test.given, *test.unless)
        case DurationTest() | FrequencyTest():
            return (test.of, *test.given)
        case CountTest():
            return (test.of, *test.among)
        case FindingTest():
            return (*test.any_of, *test.given, *test.unless)
        case JudgementTest():
            return test.any_of
