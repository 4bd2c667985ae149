"""Recommendations: what a model or the criteria engine proposes. Never a determination.

The outcome is not what a model says: it is worked out here from the statuses of the criteria, and a criterion is met
only by evidence that was found in its source or by a person's mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.case import Json
from app.domain.evidence import Evidence, evidence_document
from app.domain.material import Status
from app.domain.policy import Criterion, Group, Leaf, Policy

_HALF = 0.5


class Proposed(StrEnum):
    APPROVE = "approve"
    PEND = "pend"
    REFER = "refer"
    NEEDS_PERSON = "needs_person"


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion as it was judged. `why` says in a sentence what carries it or what is missing.

    `said` is what the model claimed where that differs from what its evidence carries. `marked_by` names the person
    whose mark decides it. `depth` is how deep it stands in the tree; groups have `kind` all, any, at_least or not.
    """

    criterion_id: str
    text: str
    status: Status
    evidence: tuple[Evidence, ...] = ()
    why: str = ""
    ask: str = ""
    clause: str = ""
    kind: str = "leaf"
    depth: int = 0
    said: Status | None = None
    marked_by: str = ""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What is proposed for one line of a request.

    `blocking` is the id of the deciding criterion, "" where everything is met or there is no policy. `criteria` hold
    every criterion of the tree in its order, groups before their parts. `missing` says what would have to come in.
    `passages` are what was found where no policy is on file, or what speaks for a criterion nobody can judge but a
    person. `said` is the outcome the model itself named, where it named another.
    """

    line_id: str
    outcome: Proposed
    policy_id: str = ""
    policy_version: str = ""
    policy_title: str = ""
    rationale: str = ""
    blocking: str = ""
    criteria: tuple[CriterionResult, ...] = ()
    missing: tuple[str, ...] = ()
    passages: tuple[Evidence, ...] = ()
    said: Proposed | None = None

    def result(self, criterion_id: str) -> CriterionResult | None:
        return next((c for c in self.criteria if c.criterion_id == criterion_id), None)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something the reviewer must know: `kind` is `injection`, `other_patient`, `trap`, `unsupported_quote`,
    `unused_prose`, `unread`, `no_policy` or `model`. `text` is a sentence; `evidence` shows the place.
    """

    kind: str
    text: str
    evidence: Evidence | None = None
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Who answers: `name` as settings call it, `version` as the model says, `where` in words ("this computer",
    "http://llm.payer.example, the payer's own server", "Gemini on Vertex AI, europe-west4").
    """

    name: str
    version: str
    where: str
    leaves_computer: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One question with its answer, kept with the case for ever: what was asked, by whom, of which model and version,
    what came back. `sent` is exactly what left (for the criteria engine: the prompt as shown); `answer` what came.
    `problem` says in words why there is no recommendation, when there is none. `seen` names the documents that were
    there to be quoted (`id` or `id@digest`).
    """

    review_id: str
    case_id: str
    revision: str
    by: str
    at: datetime
    prompt: str
    slots: Json
    model: ModelInfo
    sent: str
    answer: str
    recommendations: tuple[Recommendation, ...]
    flags: tuple[Flag, ...]
    seconds: float = 0.0
    problem: str = ""
    seen: tuple[str, ...] = ()

    def line(self, line_id: str) -> Recommendation | None:
        return next((r for r in self.recommendations if r.line_id == line_id), None)


# Three values, and what they make of a tree


def group_status(group: Group, statuses: tuple[Status, ...]) -> Status:
    """Strong Kleene logic: what is not known stays so, unless what is known decides."""
    met = sum(s is Status.MET for s in statuses)
    open_ = sum(s is Status.INSUFFICIENT for s in statuses)
    if group.kind == "not":
        return {Status.MET: Status.NOT_MET, Status.NOT_MET: Status.MET}.get(statuses[0], Status.INSUFFICIENT)
    wanted = {"all": len(statuses), "any": 1, "at_least": group.count}[group.kind]
    if met >= wanted:
        return Status.MET
    return Status.INSUFFICIENT if met + open_ >= wanted else Status.NOT_MET


def status_of(criterion: Criterion, leaves: Mapping[str, Status]) -> Status:
    """The status of a criterion from those of its leaves; a leaf nobody judged is insufficient."""
    if isinstance(criterion, Leaf):
        return leaves.get(criterion.criterion_id, Status.INSUFFICIENT)
    return group_status(criterion, tuple(status_of(part, leaves) for part in criterion.parts))


def deciding(criterion: Criterion, leaves: Mapping[str, Status]) -> Criterion | None:
    """The criterion that keeps the tree from being met: the first that suffices, as deep as one alone decides."""
    status = status_of(criterion, leaves)
    if status is Status.MET:
        return None
    if isinstance(criterion, Leaf) or criterion.kind == "not":
        return criterion
    failing = [p for p in criterion.parts if status_of(p, leaves) is status]
    if criterion.kind == "all":
        return deciding(failing[0], leaves) or failing[0]
    near = failing[0] if len(failing) == 1 else nearest(criterion, leaves)
    return deciding(near, leaves) or near if near is not None and near in failing else criterion


def nearest(group: Group, leaves: Mapping[str, Status]) -> Criterion | None:
    """Of alternatives the one that is half met already, where no other is: what is left of it is what matters."""
    if group.kind != "any":
        return None
    halves = [p for p in group.parts if isinstance(p, Group) and _share_met(p, leaves) >= _HALF]
    return halves[0] if len(halves) == 1 else None


def _share_met(criterion: Criterion, leaves: Mapping[str, Status]) -> float:
    """How much of a criterion is met, from 0 to 1: of all parts their mean, of alternatives the best."""
    if status_of(criterion, leaves) is Status.MET:
        return 1.0
    if isinstance(criterion, Leaf) or criterion.kind == "not":
        return 0.0
    shares = sorted((_share_met(part, leaves) for part in criterion.parts), reverse=True)
    counted = shares if criterion.kind == "all" else shares[: max(criterion.count, 1)]
    return sum(counted) / len(counted)


def missing_of(criterion: Criterion, leaves: Mapping[str, Status]) -> tuple[Leaf, ...]:
    """The insufficient leaves whose answers would matter: not those of a group that is decided without them."""
    if status_of(criterion, leaves) is not Status.INSUFFICIENT:
        return ()
    if isinstance(criterion, Leaf):
        return (criterion,)
    found: list[Leaf] = []
    near = nearest(criterion, leaves)
    for part in criterion.parts if near is None or not missing_of(near, leaves) else (near,):
        found += missing_of(part, leaves)
    return tuple(dict.fromkeys(found))


def open_of(criterion: Criterion, leaves: Mapping[str, Status]) -> tuple[Criterion, ...]:
    """What has to be overridden, one by one, to approve all the same: the failing parts of what needs all of its
    parts; a group that needs some of them stands for itself.
    """
    if status_of(criterion, leaves) is Status.MET:
        return ()
    if isinstance(criterion, Leaf) or criterion.kind != "all":
        return (criterion,)
    found: list[Criterion] = []
    for part in criterion.parts:
        found += open_of(part, leaves)
    return tuple(dict.fromkeys(found))


def outcome_of(policy: Policy, leaves: Mapping[str, Status]) -> tuple[Proposed, str]:
    """What the statuses propose, and the id of the deciding criterion. Refer is the most software may say against."""
    for leaf in policy.unless:
        if leaves.get(leaf.criterion_id) is Status.MET:
            return Proposed.REFER, leaf.criterion_id
    status = status_of(policy.root, leaves)
    decided = deciding(policy.root, leaves)
    blocking = decided.criterion_id if decided else ""
    return {
        Status.MET: Proposed.APPROVE, Status.NOT_MET: Proposed.REFER, Status.INSUFFICIENT: Proposed.PEND,
    }[status], blocking  # fmt: skip


def results_of(policy: Policy, judged: Mapping[str, CriterionResult]) -> tuple[CriterionResult, ...]:
    """The rows of a recommendation: every criterion in the order of the tree, exclusions first where they are met."""
    leaves = {name: result.status for name, result in judged.items()}
    rows: list[CriterionResult] = [
        judged[leaf.criterion_id]
        for leaf in policy.unless
        if leaf.criterion_id in judged and judged[leaf.criterion_id].status is Status.MET
    ]

    def walk(criterion: Criterion, depth: int) -> None:
        if isinstance(criterion, Leaf):
            found = judged.get(criterion.criterion_id)
            row = found or CriterionResult(
                criterion.criterion_id, criterion.text, Status.INSUFFICIENT, ask=criterion.ask,
                clause=criterion.clause,
            )  # fmt: skip
            rows.append(replace(row, depth=depth))
            return
        rows.append(
            CriterionResult(
                criterion.criterion_id,
                criterion.text,
                status_of(criterion, leaves),
                kind=criterion.kind,
                clause=criterion.otherwise or criterion.clause,
                depth=depth,
            )
        )
        for part in criterion.parts:
            walk(part, depth + 1)

    walk(policy.root, 0)
    return tuple(rows)


# How programs see it


def recommendation_json(found: Recommendation) -> Json:
    """A recommendation as `review --json` prints it and the store keeps it."""
    return {
        "line": found.line_id,
        "outcome": str(found.outcome),
        "policy": f"{found.policy_id}@{found.policy_version}" if found.policy_id else "",
        "policy_title": found.policy_title,
        "rationale": found.rationale,
        "blocking": found.blocking,
        "criteria": [
            {
                "id": c.criterion_id,
                "text": c.text,
                "status": str(c.status),
                "evidence": [evidence_document(e) for e in c.evidence],
                "why": c.why,
                "ask": c.ask,
                "clause": c.clause,
                "kind": c.kind,
                "depth": c.depth,
                "said": str(c.said) if c.said else None,
                "marked_by": c.marked_by,
            }
            for c in found.criteria
        ],
        "missing": list(found.missing),
        "passages": [evidence_document(e) for e in found.passages],
        "said": str(found.said) if found.said else None,
    }


def flag_json(flag: Flag) -> Json:
    return {
        "kind": flag.kind,
        "text": flag.text,
        "next_step": flag.next_step,
        "evidence": evidence_document(flag.evidence) if flag.evidence else None,
    }
