"""What people noted on a case under review, as the case document keeps it under `review`.

`review.slots.{slot}`: words put into a slot of the prompt. `review.marks.{line}.{criterion}`: a person's word on a
criterion. `review.pins.{pin_id}`: a pinned passage, field or page region. Maps with stable ids: two desks may write.
A dot in the name of a criterion is written as `%2E`, since paths are dotted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.evidence import Evidence, evidence_document, evidence_from
from app.domain.material import Mark, Material, StatedFact, Status
from app.domain.passage import quoted


@dataclass(frozen=True, slots=True)
class Pin:
    """A passage, field or region that somebody pinned; `criterion` is the one it was dropped on ("" for none)."""

    pin_id: str
    criterion: str
    evidence: Evidence
    by: str
    at: datetime


def key_of(name: str) -> str:
    """The name of a criterion or line as a part of a path."""
    return name.replace("%", "%25").replace(".", "%2E")


def name_of(key: str) -> str:
    return key.replace("%2E", ".").replace("%25", "%")


def slot_path(slot: str) -> str:
    return f"review.slots.{key_of(slot)}"


def mark_path(line: str, criterion: str) -> str:
    return f"review.marks.{key_of(line)}.{key_of(criterion)}"


def pin_path(pin_id: str) -> str:
    return f"review.pins.{key_of(pin_id)}"


def stated_from(document: Mapping[str, Any]) -> tuple[StatedFact, ...]:
    entries = document.get("review", {}).get("slots", {})
    return tuple(
        StatedFact(name_of(slot), str(e["text"]), evidence_from(e["evidence"]) if e.get("evidence") else None)
        for slot, e in sorted(entries.items())
        if e.get("text")
    )


def stated_document(fact: StatedFact, by: str, at: str) -> Json:
    evidence = evidence_document(fact.evidence) if fact.evidence else None
    return {"text": fact.text, "evidence": evidence, "by": by, "at": at}


def marks_from(document: Mapping[str, Any]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            name_of(criterion),
            name_of(line),
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
    return tuple((pin.criterion, pin.evidence) for pin in pins_of(document))


def pins_of(document: Mapping[str, Any]) -> tuple[Pin, ...]:
    """The pins with their ids, in the order they were made."""
    entries = document.get("review", {}).get("pins", {})
    ordered = sorted(entries.items(), key=lambda item: (str(item[1].get("at", "")), item[0]))
    return tuple(
        Pin(
            name_of(pin_id),
            str(e.get("criterion", "")),
            evidence_from(e["evidence"]),
            str(e["by"]),
            from_time(e["at"]),
        )
        for pin_id, e in ordered
    )


def pin_document(criterion: str, evidence: Evidence, by: str, at: str) -> Json:
    return {"criterion": criterion, "evidence": evidence_document(evidence), "by": by, "at": at}


def stands(evidence: Evidence, material: Material) -> bool:
    """Whether evidence a person points at is there: the words of a span, a field's value, or a region of a page.

    The words of a policy say what is asked for, not what is: they stand nowhere in the case.
    """
    if evidence.field:
        return evidence.field.startswith("request") or any(f.path == evidence.field for f in material.fields)
    source = material.document(evidence.document)
    if source is None:
        return False
    span = evidence.span
    if span is not None:
        return bool(evidence.quote.strip()) and quoted(source, span) == " ".join(evidence.quote.split())
    return evidence.page is not None and evidence.box is not None
