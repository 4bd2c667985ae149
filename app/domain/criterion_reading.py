"""Reading criteria and concepts from data as YAML gives it, with everything that is wrong in it and where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.criterion import (
    COMPARISONS,
    GRADE,
    UNITS,
    AgeTest,
    CodeTest,
    Concept,
    CountTest,
    Criterion,
    DurationTest,
    FindingTest,
    FrequencyTest,
    Group,
    JudgementTest,
    Leaf,
    NumberTest,
    Period,
    Test,
    expanded,
)

Path = tuple[str | int, ...]
"""Where in the data of a policy something stands: keys and places, from the top."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with the data of a policy: where, and what, as the rest of a sentence."""

    path: Path
    text: str


_TESTS = {
    "code": {"of", "in", "closed"},
    "age": {"least", "most"},
    "number": {"of", "is", "limit", "unit", "units", "bare", "limit_of", "given", "unless", "within", "which",
               "lowest", "highest"},
    "duration": {"of", "least", "most", "given", "current"},
    "frequency": {"of", "least", "per", "for", "given"},
    "count_of": {"of", "least", "most", "among", "within"},
    "finding": {"any_of", "given", "unless", "within", "before", "done", "line", "closed", "planned"},
    "judgement": {"any_of"},
}  # fmt: skip
"""Every kind of test with the keys it knows."""

_LONGEST_TERM = 600
_NESTED = re.compile(r"\([^()]*[+*}][^()]*\)(?:[+*]|\{\d+,\})")
"""A repeated group that repeats something itself: such an expression can take for ever on an ordinary page."""


def term_problem(term: str) -> str:
    """What is wrong with a term or expression of a concept, "" when nothing is."""
    if not term.strip():
        return "an empty term"
    if len(term) > _LONGEST_TERM:
        return f"a term of more than {_LONGEST_TERM} characters"
    if not term.startswith("/"):
        return ""
    if len(term) < 3 or not term.endswith("/"):
        return f"“{term}”, an expression that does not end with a slash"
    try:
        expression = re.compile(expanded(term[1:-1]), re.IGNORECASE)
    except re.error as error:
        return f"“{term}”, a broken expression ({error})"
    if expression.search(""):
        return f"“{term}”, an expression that matches nothing at all"
    if _NESTED.search(term):
        return f"“{term}”, an expression with a repetition inside a repetition"
    return ""


class CriterionReader:
    """Reads criteria and concepts from data, and notes everything that is wrong rather than stopping at the first.

    What is wrong is replaced by something harmless: nothing read may be used while there are `problems`. `places`
    tell by identity where in the data a criterion stands.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places: dict[int, Path] = {}

    def criterion(self, data: Any, where: Path) -> Criterion:
        kinds = [k for k in ("all", "any", "at_least", "not") if isinstance(data, Mapping) and k in data]
        if not kinds:
            return self.leaf(data, where)
        kind = kinds[0]
        self.only(data, {"id", "text", "clause", "otherwise", "count", kind}, where, "a group")
        name = self.word(data, "id", where)
        entries = [data["not"]] if kind == "not" else data[kind]
        if not isinstance(entries, list | tuple) or not entries:
            self.wrong((*where, kind), f"“{name}” has no parts")
            entries = ()
        parts = tuple(
            self.criterion(part, (*where, "not") if kind == "not" else (*where, kind, i))
            for i, part in enumerate(entries)
        )
        count = self._whole(data, "count", where) or 0
        if kind == "at_least" and not 1 <= count <= len(parts):
            self.wrong((*where, "count"), f"“{name}” asks for {count} of {len(parts)}")
        if kind != "at_least" and "count" in data:
            self.wrong((*where, "count"), f"“{name}” is no “at_least”: it takes no count")
        made = Group(
            name, self.word(data, "text", where), kind, parts, count,
            str(data.get("clause", "")), str(data.get("otherwise", "")),
        )  # fmt: skip
        self.places[id(made)] = where
        return made

    def leaf(self, data: Any, where: Path) -> Leaf:
        if not isinstance(data, Mapping):
            self.wrong(where, "a criterion is a map of keys and values")
            data = {}
        found = [k for k in _TESTS if k in data]
        self.only(data, {"id", "text", "clause", "ask", *found}, where, "a criterion")
        name = self.word(data, "id", where)
        test: Test = JudgementTest(())
        if len(found) != 1:
            what = f"“{name}”" if name else "a criterion"
            self.wrong(where, f"{what} needs one test of {', '.join(_TESTS)}")
        elif not isinstance(data[found[0]], Mapping):
            self.wrong((*where, found[0]), f"the test of “{name}” is not a map")
        else:
            test = self._test(found[0], data[found[0]], name, (*where, found[0]))
        clause, ask = str(data.get("clause", "")), str(data.get("ask", ""))
        made = Leaf(name, self.word(data, "text", where), clause, test, ask)
        self.places[id(made)] = where
        return made

    def _test(self, kind: str, data: Mapping[str, Any], name: str, where: Path) -> Test:
        what = f"the test of “{name}”"
        self.only(data, _TESTS[kind], where, what)

        def names(key: str) -> tuple[str, ...]:
            return self.strings(data, key, where)

        def period(key: str) -> Period | None:
            return self._period(data.get(key), (*where, key), what)

        def flag(key: str, default: bool = False) -> bool:
            return self._flag(data, key, where, default)

        if kind == "code":
            of = str(data.get("of", ""))
            if of not in ("service", "diagnosis"):
                self.wrong((*where, "of"), f"{what} is of a service or a diagnosis")
            if not names("in"):
                self.wrong(where, f"{what} lists no codes")
            return CodeTest(of, names("in"), flag("closed", default=True))
        if kind == "age":
            age = AgeTest(self._whole(data, "least", where), self._whole(data, "most", where))
            self._bounded(age.least, age.most, where, what)
            return age
        if kind == "number":
            return self._number_test(data, where, what)
        if kind == "duration":
            lasting = DurationTest(
                self.word(data, "of", where), period("least"), period("most"), names("given"),
                flag("current", default=True),
            )  # fmt: skip
            least_days = lasting.least.days if lasting.least else None
            most_days = lasting.most.days if lasting.most else None
            self._bounded(least_days, most_days, where, what)
            return lasting
        if kind == "frequency":
            per = str(data.get("per", ""))
            if per not in UNITS:
                self.wrong((*where, "per"), f"{what} counts per one of {', '.join(UNITS)}")
            least = self._number(data, "least", where, required=True) or 0.0
            return FrequencyTest(self.word(data, "of", where), least, per, period("for"), names("given"))
        if kind == "count_of":
            counted = CountTest(
                self.word(data, "of", where), self._whole(data, "least", where),
                self._whole(data, "most", where), names("among"), period("within"),
            )  # fmt: skip
            self._bounded(counted.least, counted.most, where, what)
            return counted
        any_of = names("any_of")
        if not any_of:
            self.wrong(where, f"{what} names no concept")
        if kind == "judgement":
            return JudgementTest(any_of)
        only = data.get("line") == "only"
        return FindingTest(
            any_of, names("given"), names("unless"), period("within"), period("before"),
            flag("done"), only or flag("line", default=True), flag("closed"), only, flag("planned"),
        )  # fmt: skip

    def _number_test(self, data: Mapping[str, Any], where: Path, what: str) -> NumberTest:
        if data.get("is") not in COMPARISONS:
            self.wrong((*where, "is"), f"{what} compares with one of {' '.join(COMPARISONS)}")
        if data.get("which", "latest") not in ("latest", "any", "all"):
            self.wrong((*where, "which"), f"{what} takes the latest, any or all")
        if data.get("limit_of", "") not in ("", "lower", "upper"):
            self.wrong((*where, "limit_of"), f"{what} has a limit of the lower or upper end of the range")
        units = self.map(data, "units", where)
        factors = tuple((str(u), self._number(units, u, (*where, "units")) or 0.0) for u in units)
        if any(factor <= 0 for _, factor in factors):
            self.wrong((*where, "units"), f"{what} needs a factor above zero for every unit")
        unit = str(data.get("unit", ""))
        return NumberTest(
            self.word(data, "of", where), str(data.get("is", "")),
            self._number(data, "limit", where, required=True) or 0.0, unit, factors,
            self._flag(data, "bare", where, default=unit == GRADE), str(data.get("limit_of", "")),
            self.strings(data, "given", where), self.strings(data, "unless", where),
            self._period(data.get("within"), (*where, "within"), what), str(data.get("which", "latest")),
            self._number(data, "lowest", where), self._number(data, "highest", where),
        )  # fmt: skip

    def concept(self, name: str, data: Any, where: Path) -> Concept:
        if isinstance(data, list):
            data = {"terms": data}
        if not isinstance(data, Mapping):
            self.wrong(where, f"the concept “{name}” is a list of terms, or a map")
            return Concept(name, ())
        what = f"the concept “{name}”"
        self.only(data, {"terms", "but_not", "codes"}, where, what)
        made = Concept(name, *(self.strings(data, key, where) for key in ("terms", "but_not", "codes")))
        if not made.terms and not made.codes:
            self.wrong(where, f"{what} has neither terms nor codes")
        for term in (*made.terms, *made.but_not):
            wrong = term_problem(term)
            if wrong:
                self.wrong(where, f"{what} has {wrong}")
        return made

    # Values

    def wrong(self, where: Path, what: str) -> None:
        self.problems.append(Problem(where, what))

    def _bounded(self, least: float | None, most: float | None, where: Path, what: str) -> None:
        if least is None and most is None:
            self.wrong(where, f"{what} says neither “least” nor “most”")
        elif least is not None and most is not None and least > most:
            self.wrong(where, f"{what} has a “least” above its “most”")

    def _period(self, data: Any, where: Path, what: str) -> Period | None:
        """`6 months`, `40 days`."""
        if data is None:
            return None
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(day|week|month|year)s?\s*", str(data))
        if not found:
            self.wrong(where, f"{what} has “{data}”, which is no period such as “6 months”")
            return None
        return Period(float(found.group(1)), found.group(2))

    def date(self, data: Any, where: Path) -> date | None:
        if data is None or data == "":
            return None
        if isinstance(data, date) and not isinstance(data, datetime):
            return data
        try:
            return date.fromisoformat(str(data))
        except ValueError:
            self.wrong(where, f"“{data}” is no date such as 2026-01-31")
            return None

    def _number(
        self, data: Mapping[str, Any], name: str, where: Path, *, required: bool = False
    ) -> float | None:
        value = data.get(name)
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(
                (*where, name), f"“{name}” is a number" if value is not None else f"“{name}” is missing"
            )
            return None
        return float(value)

    def _whole(self, data: Mapping[str, Any], name: str, where: Path) -> int | None:
        value = data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.wrong((*where, name), f"“{name}” is a whole number")
            return None
        return value

    def _flag(self, data: Mapping[str, Any], name: str, where: Path, default: bool) -> bool:
        value = data.get(name, default)
        if not isinstance(value, bool):
            self.wrong((*where, name), f"“{name}” is true or false")
            return default
        return value

    def strings(self, data: Mapping[str, Any], name: str, where: Path) -> tuple[str, ...]:
        value = data.get(name, ())
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple):
            self.wrong((*where, name), f"“{name}” is a list")
            return ()
        for i, entry in enumerate(value):
            if isinstance(entry, bool) or not isinstance(entry, str | int | float):
                # YAML reads a bare yes, no, on or off as true or false
                self.wrong((*where, name, i), f"“{name}” is a list of words: put “{entry}” in quotes")
        return tuple(str(v) for v in value)

    def word(self, data: Mapping[str, Any], name: str, where: Path) -> str:
        value = data.get(name)
        if value is None or not str(value).strip():
            self.wrong(where, f"“{name}” is missing")
            return ""
        return str(value)

    def map(self, data: Mapping[str, Any], name: str, where: Path) -> Mapping[str, Any]:
        value = data.get(name, {})
        if not isinstance(value, Mapping):
            self.wrong((*where, name), f"“{name}” is a map")
            return {}
        return value

    def only(self, data: Mapping[str, Any], names: set[str], where: Path, what: str) -> None:
        for unknown in sorted(set(map(str, data)) - names):
            self.wrong((*where, unknown), f"{what} has “{unknown}”, which is not known")
