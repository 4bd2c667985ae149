"""Reviews as the store keeps them, and what differs between two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.evidence import evidence_from
from app.domain.material import Status
from app.domain.recommendation import (
    CriterionResult,
    Flag,
    ModelInfo,
    Proposed,
    Recommendation,
    Review,
    flag_json,
    recommendation_json,
)


def review_document(review: Review) -> Json:
    """A review as it is kept for ever."""
    model = review.model
    return {
        "review_id": review.review_id,
        "case_id": review.case_id,
        "revision": review.revision,
        "by": review.by,
        "at": to_time(review.at),
        "prompt": review.prompt,
        "slots": review.slots,
        "model": {
            "name": model.name,
            "version": model.version,
            "where": model.where,
            "leaves_computer": model.leaves_computer,
        },
        "sent": review.sent,
        "answer": review.answer,
        "recommendations": [recommendation_json(r) for r in review.recommendations],
        "flags": [flag_json(f) for f in review.flags],
        "seconds": round(review.seconds, 3),
        "problem": review.problem,
        "seen": list(review.seen),
    }


def review_from(data: Mapping[str, Any]) -> Review:
    model = data["model"]
    return Review(
        str(data["review_id"]),
        str(data["case_id"]),
        str(data["revision"]),
        str(data["by"]),
        from_time(data["at"]),
        str(data["prompt"]),
        dict(data["slots"]),
        ModelInfo(
            str(model["name"]), str(model["version"]), str(model["where"]), bool(model["leaves_computer"])
        ),
        str(data["sent"]),
        str(data["answer"]),
        tuple(recommendation_from(r) for r in data["recommendations"]),
        tuple(flag_from(f) for f in data["flags"]),
        float(data["seconds"]),
        str(data["problem"]),
        tuple(data.get("seen", ())),
    )


def recommendation_from(data: Mapping[str, Any]) -> Recommendation:
    policy_id, _, version = str(data["policy"]).rpartition("@")
    said = data.get("said")
    return Recommendation(
        line_id=str(data["line"]),
        outcome=Proposed(data["outcome"]),
        policy_id=policy_id,
        policy_version=version,
        policy_title=str(data.get("policy_title", "")),
        rationale=str(data["rationale"]),
        blocking=str(data["blocking"]),
        criteria=tuple(_result_from(c) for c in data["criteria"]),
        missing=tuple(data.get("missing", ())),
        passages=tuple(evidence_from(e) for e in data.get("passages", ())),
        said=Proposed(said) if said else None,
    )


def _result_from(data: Mapping[str, Any]) -> CriterionResult:
    said = data.get("said")
    return CriterionResult(
        str(data["id"]),
        str(data["text"]),
        Status(data["status"]),
        tuple(evidence_from(e) for e in data["evidence"]),
        str(data.get("why", "")),
        str(data.get("ask", "")),
        str(data.get("clause", "")),
        str(data.get("kind", "leaf")),
        int(data.get("depth", 0)),
        Status(said) if said else None,
        str(data.get("marked_by", "")),
    )


def flag_from(data: Mapping[str, Any]) -> Flag:
    evidence = data.get("evidence")
    return Flag(
        str(data["kind"]),
        str(data["text"]),
        evidence_from(evidence) if evidence else None,
        str(data.get("next_step", "")),
    )


def prompt_digest(prompt: str) -> str:
    """A short name of a prompt's exact words: two prompts have the same one only when they are the same."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:12]


# What differs


@dataclass(frozen=True, slots=True)
class Turned:
    """A criterion that two reviews judge differently; None where one of them does not have it."""

    line_id: str
    criterion_id: str
    text: str
    before: Status | None
    after: Status | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one review to the next, and what may have brought it about.

    `outcomes` are (line, before, after) where they differ, None where a line was not answered. `causes` are any of
    `prompt`, `documents`, `policy`, `model`, `marks`, in this order, with `words` saying each in a sentence.
    """

    outcomes: tuple[tuple[str, Proposed | None, Proposed | None], ...]
    turned: tuple[Turned, ...]
    causes: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.outcomes and not self.turned


def difference(before: Review, after: Review) -> Difference:
    """What is otherwise in the second review, for comparing with the previous one."""
    first = {r.line_id: r for r in before.recommendations}
    second = {r.line_id: r for r in after.recommendations}
    lines = list(dict.fromkeys((*first, *second)))
    outcomes, turned = [], []
    for line in lines:
        one, other = first.get(line), second.get(line)
        was, now = one.outcome if one else None, other.outcome if other else None
        if was is not now:
            outcomes.append((line, was, now))
        turned += _turned(line, one, other)
    causes = _causes(before, after, first, second)
    return Difference(tuple(outcomes), tuple(turned), tuple(causes), tuple(causes.values()))


def _turned(line: str, one: Recommendation | None, other: Recommendation | None) -> list[Turned]:
    rows_before = {c.criterion_id: c for c in one.criteria} if one else {}
    rows_after = {c.criterion_id: c for c in other.criteria} if other else {}
    found = []
    for name in dict.fromkeys((*rows_before, *rows_after)):
        was, now = rows_before.get(name), rows_after.get(name)
        row = now or was
        if row is not None and (was.status if was else None) is not (now.status if now else None):
            found.append(
                Turned(line, name, row.text, was.status if was else None, now.status if now else None)
            )
    return found


def _causes(
    before: Review, after: Review, first: Mapping[str, Recommendation], second: Mapping[str, Recommendation]
) -> dict[str, str]:
    causes: dict[str, str] = {}
    if before.prompt != after.prompt:
        slots = [name for name in after.slots if _said(after, name) != _said(before, name)]
        named = f": {', '.join(slots)}" if slots else ""
        causes["prompt"] = f"The prompt was edited{named}."
    came, gone = (
        [d for d in after.seen if d not in before.seen],
        [d for d in before.seen if d not in after.seen],
    )
    if came or gone:
        parts = [f"{len(came)} added"] * bool(came) + [f"{len(gone)} taken out"] * bool(gone)
        causes["documents"] = f"Other documents were there: {', '.join(parts)}."
    policies = {
        line: (first[line].policy_id, first[line].policy_version)
        for line in first
        if line in second
        and (first[line].policy_id, first[line].policy_version)
        != (second[line].policy_id, second[line].policy_version)
    }
    if policies:
        causes["policy"] = "Another policy or another version of it was used."
    if (before.model.name, before.model.version) != (after.model.name, after.model.version):
        causes["model"] = f"Another model answered: {after.model.name} after {before.model.name}."
    if _marks(first) != _marks(second):
        causes["marks"] = "People marked criteria in between."
    return causes


def _said(review: Review, slot: str) -> tuple[str, str]:
    entry = review.slots.get(slot) or {}
    return str(entry.get("text", "")), str(entry.get("origin", ""))


def _marks(recommendations: Mapping[str, Recommendation]) -> set[tuple[str, str, str, str]]:
    return {
        (line, c.criterion_id, c.marked_by, str(c.status))
        for line, r in recommendations.items()
        for c in r.criteria
        if c.marked_by
    }
