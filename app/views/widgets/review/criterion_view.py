"""What one row of the criteria shows: the answer, and what people have said and pinned since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from app.domain.evidence import Evidence
from app.domain.material import Mark, Status
from app.domain.policy import Group, Policy
from app.domain.recommendation import CriterionResult, Recommendation, missing_of, outcome_of, results_of

SYMBOLS = {Status.MET: "check", Status.NOT_MET: "circle-x", Status.INSUFFICIENT: "circle-question-mark"}
ROLES = {Status.MET: "sure", Status.NOT_MET: "wrong", Status.INSUFFICIENT: "look"}


def status_words(status: Status) -> str:
    tr = QCoreApplication.translate
    return {
        Status.MET: tr("Criterion", "met"),
        Status.NOT_MET: tr("Criterion", "not met"),
        Status.INSUFFICIENT: tr("Criterion", "not enough is known"),
    }[status]


@dataclass(frozen=True, slots=True)
class CriterionView:
    """A row: `wanted` is how many parts of a group have to be met, `met` how many are, `parts` how many there are.

    `pins` is evidence people dropped on it, `reason` what its marker said, `deciding` that the outcome turns on it.
    `last` is the index of the last row that stands under it.
    """

    result: CriterionResult
    wanted: int = 0
    met: int = 0
    parts: int = 0
    pins: tuple[Evidence, ...] = ()
    reason: str = ""
    deciding: bool = False
    last: int = 0

    @property
    def group(self) -> bool:
        return self.result.kind != "leaf"

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What it rests on, and what was pinned to it since, each once."""
        return tuple(dict.fromkeys((*self.result.evidence, *self.pins)))

    @property
    def folds(self) -> bool:
        """Whether it begins folded: a group that is met needs no look."""
        return self.group and self.result.status is Status.MET and self.result.depth > 0

    def group_words(self) -> str:
        """What a group asks for and how far it is: "at least 1 of these 5 · 2 met"."""
        tr = QCoreApplication.translate
        kind, count = self.result.kind, self.parts
        if kind == "not":
            return tr("Criterion", "must not apply")
        if kind == "any":
            words = tr("Criterion", "any one of {parts}")
        elif kind == "at_least" and self.wanted:
            words = tr("Criterion", "at least {wanted} of {parts}")
        elif kind == "at_least":
            words = tr("Criterion", "some of {parts}")
        else:
            words = tr("Criterion", "all of {parts}")
        return tr("Criterion", "{words} · {met} met").format(
            words=words.format(parts=count, wanted=self.wanted), met=self.met
        )


def with_marks(found: Recommendation, policy: Policy | None, marks: Sequence[Mark]) -> Recommendation:
    """A recommendation as it stands after what people marked since; the answer itself stays as it was given.

    A mark counts for its line and its policy. One that was taken back leaves its criterion insufficient until
    the question is asked again.
    """
    mine = {
        m.criterion_id: m
        for m in marks
        if m.line_id == found.line_id and m.policy_id in ("", found.policy_id, _key(found))
    }
    judged: dict[str, CriterionResult] = {}
    changed = False
    for row in found.criteria:
        if row.kind != "leaf":
            continue
        mark = mine.get(row.criterion_id)
        new = row
        if mark is not None and (row.status, row.marked_by) != (mark.status, mark.by):
            evidence = tuple(dict.fromkeys((*row.evidence, *mark.evidence)))
            new = replace(row, status=mark.status, marked_by=mark.by, evidence=evidence)
        elif mark is None and row.marked_by:
            why = QCoreApplication.translate("Criterion", "The mark was taken back: ask again.")
            new = replace(row, status=Status.INSUFFICIENT, marked_by="", why=why)
        changed = changed or new is not row
        judged[row.criterion_id] = new
    if not changed:
        return found
    if policy is None:
        return replace(found, criteria=tuple(judged.get(r.criterion_id, r) for r in found.criteria))
    outcome, blocking = outcome_of(policy, {name: r.status for name, r in judged.items()})
    leaves = {name: r.status for name, r in judged.items()}
    missing = tuple(dict.fromkeys(leaf.ask or leaf.text for leaf in missing_of(policy.root, leaves)))
    return replace(
        found,
        outcome=outcome,
        blocking=blocking,
        missing=missing,
        criteria=results_of(policy, judged),
    )


def _key(found: Recommendation) -> str:
    return f"policy:{found.policy_id}@{found.policy_version}"


def views_of(
    found: Recommendation,
    policy: Policy | None,
    pins: Sequence[tuple[str, Evidence]] = (),
    marks: Sequence[Mark] = (),
) -> tuple[CriterionView, ...]:
    """The rows of a recommendation in their order."""
    rows = found.criteria
    said = {m.criterion_id: m.reason for m in marks if m.line_id == found.line_id}
    views = []
    for place, row in enumerate(rows):
        last = place
        parts: list[CriterionResult] = []
        while last + 1 < len(rows) and rows[last + 1].depth > row.depth:
            last += 1
            if rows[last].depth == row.depth + 1:
                parts.append(rows[last])
        group = policy.criterion(row.criterion_id) if policy is not None and row.kind != "leaf" else None
        views.append(
            CriterionView(
                row,
                wanted=group.count if isinstance(group, Group) else 0,
                met=sum(p.status is Status.MET for p in parts),
                parts=len(parts),
                pins=tuple(e for name, e in pins if name == row.criterion_id),
                reason=said.get(row.criterion_id, "") if row.marked_by else "",
                deciding=row.criterion_id == found.blocking,
                last=last,
            )
        )
    return tuple(views)
