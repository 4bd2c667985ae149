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

from app.domain.criterion import (
    COMPARISONS,
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
    concepts_of,
    leaves_of,
    nodes_of,
)
from app.domain.criterion_reading import CriterionReader, Path, Problem
from app.domain.errors import Rejected

__all__ = [
    "COMPARISONS",
    "UNITS",
    "AgeTest",
    "Applies",
    "CodeTest",
    "Concept",
    "CountTest",
    "Criterion",
    "DurationTest",
    "FindingTest",
    "FrequencyTest",
    "Group",
    "JudgementTest",
    "Leaf",
    "NumberTest",
    "Period",
    "Policy",
    "Problem",
    "Test",
    "check",
    "code_matches",
    "concepts_of",
    "flattened",
    "leaves_of",
    "nodes_of",
    "policy_and_problems",
    "policy_from",
    "problems_in",
    "refused",
    "unused_concepts",
]


_POLICY_KEYS = {"policy", "title", "version", "effective", "source", "text", "applies", "concepts", "criteria",
                "unless", "notes"}  # fmt: skip
_POLICY_ID = re.compile(r"[a-z0-9_]{1,64}")


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
    policy, problems = policy_and_problems(data, text)
    if problems or policy is None:
        rest = len(problems) - 1
        more = f" (and {rest} more problem{'s' if rest > 1 else ''})" if rest > 0 else ""
        raise refused(problems[0].text + more)
    return policy


def problems_in(data: Mapping[str, Any], text: str) -> tuple[Problem, ...]:
    """Everything that is wrong with the data of a policy, in the order of the file; empty when it can be used."""
    return policy_and_problems(data, text)[1]


def check(policy: Policy) -> None:
    """Raises `Rejected` unless every id is its own, every concept is there, and every clause is in the text."""
    found = _contradictions(policy, {})
    if found:
        raise refused(found[0].text)


def unused_concepts(policy: Policy) -> tuple[str, ...]:
    """The concepts no criterion names: harmless, and most often a misspelt name."""
    used = {name for leaf in policy.leaves() for name in concepts_of(leaf.test)}
    return tuple(name for name in policy.concepts if name not in used)


def flattened(text: str) -> str:
    """A text with every run of blanks as one, for finding clauses over line breaks."""
    return " ".join(text.split())


def _contradictions(policy: Policy, places: Mapping[int, Path]) -> list[Problem]:
    """What does not fit together. `places` tell by identity where a criterion stands in the data."""
    found: list[Problem] = []
    seen: set[str] = set()
    flat = flattened(policy.text)
    for criterion in policy.every():
        name, where = criterion.criterion_id, places.get(id(criterion), ())
        if name in seen:
            found.append(Problem((*where, "id"), f"two criteria are called “{name}”"))
        seen.add(name)
        clauses = {"clause": criterion.clause}
        if isinstance(criterion, Leaf):
            if not criterion.clause:
                found.append(Problem(where, f"“{name}” quotes no clause"))
            found += [
                Problem(where, f"“{name}” names the concept “{concept}”, which is not there")
                for concept in dict.fromkeys(concepts_of(criterion.test))
                if concept not in policy.concepts
            ]
        else:
            clauses["otherwise"] = criterion.otherwise
        found += [
            Problem((*where, key), f"the {key} of “{name}” is not in the source text")
            if key == "otherwise"
            else Problem((*where, key), f"the clause of “{name}” is not in the source text")
            for key, clause in clauses.items()
            if clause and flattened(clause) not in flat
        ]
    return found


def policy_and_problems(data: Mapping[str, Any], text: str) -> tuple[Policy | None, tuple[Problem, ...]]:
    """The policy that data describes, and everything that is wrong with it: with problems it must not be used."""
    reader = CriterionReader()
    policy = _policy(reader, data, text)
    problems = reader.problems
    if policy is not None:
        problems = problems + _contradictions(policy, reader.places)
    return policy, tuple(problems)


def _policy(reader: CriterionReader, data: Any, text: str) -> Policy | None:
    if not isinstance(data, Mapping):
        reader.wrong((), "a policy is a map of keys and values")
        return None
    reader.only(data, _POLICY_KEYS, (), "the policy")
    concepts = {
        str(name): reader.concept(str(name), entry, ("concepts", name))
        for name, entry in reader.map(data, "concepts", ()).items()
    }
    criteria = reader.map(data, "criteria", ())
    if not criteria and "criteria" not in data:
        reader.wrong((), "“criteria” is missing")
    exclusions = data.get("unless", ())
    if not isinstance(exclusions, list | tuple):
        reader.wrong(("unless",), "“unless” is a list")
        exclusions = ()
    policy_id = reader.word(data, "policy", ())
    if policy_id and not _POLICY_ID.fullmatch(policy_id):
        reader.wrong(("policy",), f"“{policy_id}” is no id: lower-case letters, digits and underscores")
    if not text.strip():
        reader.wrong(("text",), "the source text is empty")
    if isinstance(data.get("version"), float):
        reader.wrong(("version",), "the version needs quotes: without, 1.10 is the number 1.1")
    return Policy(
        policy_id=policy_id,
        title=reader.word(data, "title", ()),
        version=reader.word(data, "version", ()),
        effective=reader.date(data.get("effective"), ("effective",)),
        source=reader.word(data, "source", ()),
        applies=_applies(reader, reader.map(data, "applies", ())),
        concepts=concepts,
        root=reader.criterion(criteria, ("criteria",)),
        text=text,
        unless=tuple(reader.leaf(entry, ("unless", i)) for i, entry in enumerate(exclusions)),
        notes=str(data.get("notes", "")),
        raw=data,
    )


def _applies(reader: CriterionReader, data: Mapping[str, Any]) -> Applies:
    where: Path = ("applies",)
    reader.only(data, {"codes", "terms", "but_not", "source"}, where, "applies")
    made = Applies(
        reader.strings(data, "codes", where), reader.strings(data, "terms", where),
        reader.strings(data, "but_not", where), str(data.get("source", "")),
    )  # fmt: skip
    if not made.codes and not made.terms:
        reader.wrong(where, "“applies” names neither codes nor terms: the policy would never be used")
    return made
