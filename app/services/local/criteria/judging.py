"""Judging one leaf: its test, the marks of people, pins, and what reviewers stated."""

from __future__ import annotations

from dataclasses import replace

from app.domain.clinical.context import Said
from app.domain.code import CodeLists
from app.domain.criterion import (
    AgeTest,
    CodeTest,
    CountTest,
    DurationTest,
    FindingTest,
    FrequencyTest,
    Leaf,
    NumberTest,
    concepts_of,
)
from app.domain.evidence import Evidence
from app.domain.material import Mark, Material, Status
from app.domain.recommendation import CriterionResult
from app.domain.request import Line
from app.services.local.criteria.code import judge_age, judge_code
from app.services.local.criteria.count import judge_count
from app.services.local.criteria.duration import judge_duration
from app.services.local.criteria.finding import judge_finding, judge_judgement
from app.services.local.criteria.frequency import judge_frequency
from app.services.local.criteria.number import judge_number
from app.services.local.criteria.reading import Found, Mention, Reading


class Judge:
    """Judges the leaves of one policy for one line of a case."""

    def __init__(
        self, reading: Reading, stated: Reading, material: Material, line: Line | None, codes: CodeLists
    ) -> None:
        self.reading = reading
        self.stated = stated
        self.material = material
        self.line = line
        self.codes = codes

    def result(self, leaf: Leaf) -> CriterionResult:
        """The leaf with its status, evidence and reason; a person's mark decides, the engine's own evidence stays."""
        found = self._with_statements(leaf, self.found(leaf))
        evidence = (*found.evidence, *self._pinned(leaf))
        mark = self._mark(leaf)
        made = CriterionResult(
            leaf.criterion_id, leaf.text, found.status, _once(evidence), found.why, leaf.ask, leaf.clause
        )
        if mark is None:
            return made
        why = f"{mark.by} marked it {_WORDS[mark.status]}"
        why += f": {mark.reason}." if mark.reason else "."
        said = f" {found.why}" if found.why else ""
        return replace(
            made,
            status=mark.status,
            evidence=_once((*mark.evidence, *evidence)),
            why=f"{why}{said}",
            marked_by=mark.by,
        )

    def found(self, leaf: Leaf) -> Found:
        """What the engine itself finds, without marks."""
        match leaf.test:
            case CodeTest() as test:
                return judge_code(test, self.material, self.line, self.codes)
            case AgeTest() as test:
                return judge_age(test, self.material, self.reading)
            case NumberTest() as test:
                return judge_number(self.reading, test)
            case DurationTest() as test:
                return judge_duration(self.reading, test)
            case FrequencyTest() as test:
                return judge_frequency(self.reading, test)
            case CountTest() as test:
                return judge_count(self.reading, test)
            case FindingTest() as test:
                return judge_finding(self.reading, test, self.material, self.line, self.codes)
            case test:
                return judge_judgement(self.reading, test)

    def _mark(self, leaf: Leaf) -> Mark | None:
        line_id = self.line.line_id if self.line else ""
        fitting = [
            m for m in self.material.marks
            if m.criterion_id == leaf.criterion_id and m.line_id == line_id
            and m.policy_id.split("@")[0].removeprefix("policy:") == self.reading.policy.policy_id
        ]  # fmt: skip
        return max(fitting, key=lambda m: m.at, default=None)

    def _pinned(self, leaf: Leaf) -> tuple[Evidence, ...]:
        return tuple(
            replace(e, note=e.note or "pinned by a reviewer")
            for name, e in self.material.pins
            if name == leaf.criterion_id
        )

    def _with_statements(self, leaf: Leaf, found: Found) -> Found:
        """What reviewers stated without a document never carries a leaf; it is shown, and it can open a closed list."""
        told = [m for name in concepts_of(leaf.test) for m in self.stated.mentions(name)]
        if not told:
            return found
        speaking = [m for m in told if m.said in (Said.AFFIRMED, Said.DENIED, Said.ENDED)]
        if not speaking:
            return found
        evidence = tuple(dict.fromkeys(_stated(m) for m in speaking))[:2]
        quote = evidence[0].quote
        if found.status is Status.INSUFFICIENT:
            why = f"{found.why} The reviewer states “{quote}”, which no document shows yet."
            return Found(Status.INSUFFICIENT, (*found.evidence, *evidence), why)
        affirmed = any(m.said is Said.AFFIRMED for m in speaking)
        closed = isinstance(leaf.test, FindingTest) and leaf.test.closed
        if found.status is Status.NOT_MET and affirmed and closed:
            why = f"The reviewer states “{quote}”, which no document shows yet. {found.why}"
            return Found(Status.INSUFFICIENT, (*evidence, *found.evidence), why)
        against = (
            affirmed if found.status is Status.NOT_MET else any(m.said is not Said.AFFIRMED for m in speaking)
        )
        if against and isinstance(leaf.test, FindingTest):
            why = f"{found.why} The reviewer states otherwise: “{quote}”, without a document."
            return Found(found.status, (*found.evidence, *evidence), why)
        return found


_WORDS = {Status.MET: "met", Status.NOT_MET: "not met", Status.INSUFFICIENT: "insufficient"}


def _stated(mention: Mention) -> Evidence:
    return replace(mention.evidence("stated by the reviewer"), supported=False)


def _once(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    kept: dict[tuple[object, ...], Evidence] = {}
    for e in evidence:
        kept.setdefault((e.document, e.page, e.start, e.end, e.field, e.quote), e)
    return tuple(kept.values())
