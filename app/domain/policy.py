"""A policy as a tree of criteria: nested all / any / at-least-n / not, each leaf one typed test.

A policy is data (`resources/policies/*.yaml`, or what an administrator adds). Its whole source text is kept with
it, and every criterion quotes the clause it comes from: `check` refuses one whose clause is not in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.errors import Rejected

UNITS = ("day", "week", "month", "year")
COMPARISONS = ("<", "<=", ">", ">=", "=")


@dataclass(frozen=True, slots=True)
class Concept:
    """Something notes speak of, with the ways they write it.

    `terms` are phrases matched as whole words, in any case, over line breaks, tolerant of plurals and hyphens; one in
    slashes (`/ba?hA1c/`) is a regular expression. `but_not` are longer phrases that contain a term and mean
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


@dataclass(frozen=True, slots=True)
class Applies:
    """When a policy is the one for a line: by a service code, or by words of its description."""

    codes: tuple[str, ...]
    terms: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    source: str = ""
    """Where the codes come from."""


@dataclass(frozen=True)
class Policy:
    policy_id: str
    title: str
    version: str
    effective: date | None
    source: str
    applies: Applies
    concepts: Mapping[str, Concept]
    root: Criterion
    text: str
    """The whole source text."""
    unless: tuple[Leaf, ...] = ()
    """What the policy excludes by name: one that is met decides, whatever else is met."""
    notes: str = ""
    raw: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        return f"policy:{self.policy_id}@{self.version}"

    def leaves(self) -> tuple[Leaf, ...]:
        return (*leaves_of(self.root), *self.unless)

    def criterion(self, criterion_id: str) -> Criterion | None:
        return next((c for c in self.every() if c.criterion_id == criterion_id), None)

    def every(self) -> Iterator[Criterion]:
        yield from nodes_of(self.root)
        yield from self.unless


def nodes_of(criterion: Criterion) -> Iterator[Criterion]:
    yield criterion
    if isinstance(criterion, Group):
        for part in criterion.parts:
            yield from nodes_of(part)


def leaves_of(criterion: Criterion) -> tuple[Leaf, ...]:
    return tuple(c for c in nodes_of(criterion) if isinstance(c, Leaf))


def code_matches(code: str, patterns: tuple[str, ...]) -> bool:
    """Whether a code is one of the patterns, dots and case aside; a star ends a prefix, `A-B` is a range."""
    plain = code.upper().replace(".", "").replace(" ", "")
    for pattern in patterns:
        wanted = pattern.upper().replace(".", "").replace(" ", "")
        first, dash, last = wanted.partition("-")
        if dash:
            if first <= plain[: len(first)] and plain[: len(last)] <= last and len(plain) >= len(first):
                return True
        elif wanted.endswith("*"):
            if plain.startswith(wanted[:-1]):
                return True
        elif plain == wanted:
            return True
    return False


# Reading a policy from data


def refused(what: str) -> Rejected:
    return Rejected(
        f"The policy is not well formed: {what}.", "Mend the file and check it again.", code="policy"
    )


def policy_from(data: Mapping[str, Any], text: str) -> Policy:
    """The policy that a file describes, with its source text. Raises `Rejected` saying what is wrong with it."""
    known = {"policy", "title", "version", "effective", "source", "text", "applies", "concepts", "criteria",
             "unless", "notes"}  # fmt: skip
    _only(data, known, "the policy")
    concepts = {name: _concept(name, entry) for name, entry in _map(data, "concepts").items()}
    applies = _map(data, "applies")
    _only(applies, {"codes", "terms", "but_not", "source"}, "applies")
    effective = data.get("effective")
    if isinstance(effective, str):
        try:
            effective = date.fromisoformat(effective)
        except ValueError:
            raise refused(f"“{effective}” is no date") from None
    policy = Policy(
        policy_id=_word(data, "policy"),
        title=_word(data, "title"),
        version=str(_word(data, "version")),
        effective=effective,
        source=_word(data, "source"),
        applies=Applies(
            _strings(applies, "codes"), _strings(applies, "terms"), _strings(applies, "but_not"),
            str(applies.get("source", "")),
        ),
        concepts=concepts,
        root=_criterion(_map(data, "criteria"), "criteria"),
        text=text,
        unless=tuple(_leaf(entry, f"unless {i}") for i, entry in enumerate(data.get("unless", ()))),
        notes=str(data.get("notes", "")),
        raw=data,
    )  # fmt: skip
    check(policy)
    return policy


def check(policy: Policy) -> None:
    """Raises `Rejected` unless every id is its own, every concept is there, and every clause is in the text."""
    seen: set[str] = set()
    flat = flattened(policy.text)
    for criterion in policy.every():
        if criterion.criterion_id in seen:
            raise refused(f"two criteria are called “{criterion.criterion_id}”")
        seen.add(criterion.criterion_id)
        if isinstance(criterion, Leaf):
            if not criterion.clause:
                raise refused(f"“{criterion.criterion_id}” quotes no clause")
            for name in concepts_of(criterion.test):
                if name not in policy.concepts:
                    raise refused(
                        f"“{criterion.criterion_id}” names the concept “{name}”, which is not there"
                    )
        for clause in (criterion.clause, criterion.otherwise if isinstance(criterion, Group) else ""):
            if clause and flattened(clause) not in flat:
                raise refused(f"the clause of “{criterion.criterion_id}” is not in the source text")


def flattened(text: str) -> str:
    """A text with every run of blanks as one, for finding clauses over line breaks."""
    return " ".join(text.split())


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


def _criterion(data: Any, where: str) -> Criterion:
    if not isinstance(data, Mapping):
        raise refused(f"{where} is no criterion")
    kinds = [k for k in ("all", "any", "at_least", "not") if k in data]
    if not kinds:
        return _leaf(data, where)
    kind = kinds[0]
    _only(data, {"id", "text", "clause", "otherwise", "count", kind}, where)
    name = _word(data, "id")
    parts = [data["not"]] if kind == "not" else data[kind]
    if not isinstance(parts, list) or not parts:
        raise refused(f"“{name}” has no parts")
    count = int(data.get("count", 0))
    if kind == "at_least" and not 1 <= count <= len(parts):
        raise refused(f"“{name}” asks for {count} of {len(parts)}")
    return Group(
        name, _word(data, "text"), kind,
        tuple(_criterion(part, f"a part of “{name}”") for part in parts), count,
        str(data.get("clause", "")), str(data.get("otherwise", "")),
    )  # fmt: skip


_TESTS = ("code", "age", "number", "duration", "frequency", "count_of", "finding", "judgement")


def _leaf(data: Any, where: str) -> Leaf:
    if not isinstance(data, Mapping):
        raise refused(f"{where} is no criterion")
    found = [k for k in _TESTS if k in data]
    if len(found) != 1:
        raise refused(f"{where} needs one test of {', '.join(_TESTS)}")
    _only(data, {"id", "text", "clause", "ask", found[0]}, where)
    name = _word(data, "id")
    entry = data[found[0]]
    if not isinstance(entry, Mapping):
        raise refused(f"the test of “{name}” is not a map")
    return Leaf(name, _word(data, "text"), str(data.get("clause", "")), _test(found[0], entry, name),
                str(data.get("ask", "")))  # fmt: skip


def _test(kind: str, data: Mapping[str, Any], name: str) -> Test:
    where = f"the test of “{name}”"
    if kind == "code":
        _only(data, {"of", "in", "closed"}, where)
        if data.get("of") not in ("service", "diagnosis"):
            raise refused(f"{where} is of a service or a diagnosis")
        return CodeTest(str(data["of"]), _strings(data, "in"), bool(data.get("closed", True)))
    if kind == "age":
        _only(data, {"least", "most"}, where)
        return AgeTest(data.get("least"), data.get("most"))
    if kind == "number":
        _only(data, {"of", "is", "limit", "unit", "units", "bare", "limit_of", "given", "unless", "within", "which",
                     "lowest", "highest"}, where)  # fmt: skip
        if data.get("is") not in COMPARISONS:
            raise refused(f"{where} compares with one of {' '.join(COMPARISONS)}")
        if data.get("which", "latest") not in ("latest", "any", "all"):
            raise refused(f"{where} takes the latest, any or all")
        units = data.get("units", {})
        return NumberTest(
            _word(data, "of"), str(data["is"]), float(data["limit"]), str(data.get("unit", "")),
            tuple((str(u), float(f)) for u, f in units.items()), bool(data.get("bare", False)),
            str(data.get("limit_of", "")), _strings(data, "given"), _strings(data, "unless"),
            _period(data.get("within"), where), str(data.get("which", "latest")),
            data.get("lowest"), data.get("highest"),
        )  # fmt: skip
    if kind == "duration":
        _only(data, {"of", "least", "most", "given", "current"}, where)
        return DurationTest(_word(data, "of"), _period(data.get("least"), where), _period(data.get("most"), where),
                            _strings(data, "given"), bool(data.get("current", True)))  # fmt: skip
    if kind == "frequency":
        _only(data, {"of", "least", "per", "for", "given"}, where)
        if data.get("per") not in UNITS:
            raise refused(f"{where} counts per one of {', '.join(UNITS)}")
        return FrequencyTest(_word(data, "of"), float(data["least"]), str(data["per"]),
                             _period(data.get("for"), where), _strings(data, "given"))  # fmt: skip
    if kind == "count_of":
        _only(data, {"of", "least", "most", "among", "within"}, where)
        return CountTest(_word(data, "of"), data.get("least"), data.get("most"), _strings(data, "among"),
                         _period(data.get("within"), where))  # fmt: skip
    if kind == "finding":
        _only(data, {"any_of", "given", "unless", "within", "before", "done", "line", "closed"}, where)
        return FindingTest(
            _strings(data, "any_of"), _strings(data, "given"), _strings(data, "unless"),
            _period(data.get("within"), where), _period(data.get("before"), where),
            bool(data.get("done", False)), bool(data.get("line", True)), bool(data.get("closed", False)),
        )  # fmt: skip
    _only(data, {"any_of"}, where)
    return JudgementTest(_strings(data, "any_of"))


def _concept(name: str, data: Any) -> Concept:
    if isinstance(data, list):
        return Concept(name, tuple(str(term) for term in data))
    if not isinstance(data, Mapping):
        raise refused(f"the concept “{name}” is a list of terms, or a map")
    _only(data, {"terms", "but_not", "codes"}, f"the concept “{name}”")
    made = Concept(name, _strings(data, "terms"), _strings(data, "but_not"), _strings(data, "codes"))
    for term in (*made.terms, *made.but_not):
        if term.startswith("/"):
            try:
                re.compile(term.strip("/"))
            except re.error:
                raise refused(f"the concept “{name}” has a broken expression") from None
    return made


def _period(data: Any, where: str) -> Period | None:
    """`6 months`, `40 days`."""
    if data is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(day|week|month|year)s?\s*", str(data))
    if not found:
        raise refused(f"{where} has “{data}”, which is no period such as “6 months”")
    return Period(float(found.group(1)), found.group(2))


def _strings(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = data.get(name, ())
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise refused(f"“{name}” is a list")
    return tuple(str(v) for v in value)


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None or not str(value).strip():
        raise refused(f"“{name}” is missing")
    return str(value)


def _map(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, Mapping):
        raise refused(f"“{name}” is a map")
    return value


def _only(data: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(map(str, data)) - names)
    if unknown:
        raise refused(f"{where} has “{unknown[0]}”, which is not known")
