"""The prompt of a review: a sentence with slots, each of which knows where its words come from.

`Review a PA request for {service} for our member, {patient_name}, who is {age} old, {gender} with {condition}. The
patient is on {treatment}, has {symptoms}, and has been diagnosed with {diagnosis}.`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.case import Json
from app.domain.evidence import Evidence, evidence_document, evidence_from


class Slot(StrEnum):
    SERVICE = "service"
    PATIENT = "patient_name"
    AGE = "age"
    GENDER = "gender"
    CONDITION = "condition"
    TREATMENT = "treatment"
    SYMPTOMS = "symptoms"
    DIAGNOSIS = "diagnosis"


class Origin(StrEnum):
    FIELD = "field"
    """From a form field or a part of the request."""
    SPAN = "span"
    """From words a reviewer clicked in a document."""
    STATED = "stated"
    """Typed by a reviewer: a fact without evidence."""
    ABSENT = "absent"
    """Nobody says: shown loudly, never invented."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a slot. `field` is the path of the form field or of the request's part it came from.

    `doubtful` when that field needs a look or carries a warning. `by` is who stated it.
    """

    slot: Slot
    text: str
    origin: Origin
    field: str = ""
    evidence: Evidence | None = None
    doubtful: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """Where a slot stands in the text of a prompt, as offsets of its characters."""

    start: int
    end: int
    filled: Filled


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it is shown. `generated` is what the template made of the same slots: the reset and the diff."""

    text: str
    slots: tuple[SlotPlace, ...]
    generated: str

    def slot(self, slot: Slot) -> Filled | None:
        return next((p.filled for p in self.slots if p.filled.slot is slot), None)


def slots_document(slots: tuple[SlotPlace, ...]) -> Json:
    """The slots as the store keeps them."""
    return {
        str(place.filled.slot): {
            "start": place.start,
            "end": place.end,
            "text": place.filled.text,
            "origin": str(place.filled.origin),
            "field": place.filled.field,
            "doubtful": place.filled.doubtful,
            "by": place.filled.by,
            "evidence": evidence_document(place.filled.evidence) if place.filled.evidence else None,
        }
        for place in slots
    }


def slots_from(data: Mapping[str, Any]) -> tuple[SlotPlace, ...]:
    return tuple(
        SlotPlace(
            int(entry["start"]),
            int(entry["end"]),
            Filled(
                Slot(name),
                str(entry["text"]),
                Origin(entry["origin"]),
                str(entry.get("field", "")),
                evidence_from(entry["evidence"]) if entry.get("evidence") else None,
                bool(entry.get("doubtful", False)),
                str(entry.get("by", "")),
            ),
        )
        for name, entry in data.items()
    )
