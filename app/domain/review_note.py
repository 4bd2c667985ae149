"""What people noted on a case under review, as the case document keeps it under `review`.

`review.slots.{slot}`: words put into a slot of the prompt. `review.marks.{line}.{criterion}`: a person's word on a
criterion. `review.pins.{pin_id}`: a pinned passage, field or page region. Maps with stable ids: two desks may write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.evidence import Evidence, evidence_document, evidence_from
from app.domain.material import Mark, StatedFact, Status


def stated_from(document: Mapping[str, Any]) -> tuple[StatedFact, ...]:
    entries = document.get("review", {}).get("slots", {})
    return tuple(
        StatedFact(slot, str(e["text"]), evidence_from(e["evidence"]) if e.get("evidence") else None)
        for slot, e in sorted(entries.items())
        if e.get("text")
    )


def stated_document(fact: StatedFact, by: str, at: str) -> Json:
    evidence = evidence_document(fact.evidence) if fact.evidence else None
    return {"text": fact.text, "evidence": evidence, "by": by, "at": at}


def marks_from(document: Mapping[str, Any]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            criterion,
            line,
            str(e.get("policy", "")),
            Status(e["status"]),
            tuple(evidence_from(found) for found in e.get("evidence", ())),
            str(e.get("reason", "")),
            str(e["by"]),
            from_time(e["at"]),
        )
        for line, criteria in sorted(document.get("review", {}).get("marks", {}).items())
        for criterion, e in sorted(criteria.items())
    )


def mark_document(mark: Mark) -> Json:
    return {
        "policy": mark.policy_id,
        "status": str(mark.status),
        "evidence": [evidence_document(e) for e in mark.evidence],
        "reason": mark.reason,
        "by": mark.by,
        "at": to_time(mark.at),
    }


def pins_from(document: Mapping[str, Any]) -> tuple[tuple[str, Evidence], ...]:
    """The pins in the order they were made, each with the criterion it was dropped on ("" for none)."""
    entries = document.get("review", {}).get("pins", {})
    ordered = sorted(entries.items(), key=lambda item: (str(item[1].get("at", "")), item[0]))
    return tuple((str(e.get("criterion", "")), evidence_from(e["evidence"])) for _, e in ordered)


def pin_document(criterion: str, evidence: Evidence, by: str, at: str) -> Json:
    return {"criterion": criterion, "evidence": evidence_document(evidence), "by": by, "at": at}
