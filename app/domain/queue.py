"""The queue of intake: one row a case, and how it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.case import Case, IntakeStatus


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What the queue shows of a case. `pages_read` of `page_count` pages are read while it is being read."""

    case_id: str
    receipt: str
    patient: str
    form_type: str
    file_name: str
    status: IntakeStatus
    urgency: str
    received_at: datetime
    due_at: datetime
    confidence: float
    lowest: float
    needs_look: int
    fields: int
    page_count: int
    assigned_to: str
    reason: str = ""


class QueueSort(StrEnum):
    DUE = "due_at"
    RECEIPT = "receipt"
    RECEIVED = "received_at"
    PATIENT = "patient"
    FORM_TYPE = "form_type"
    CONFIDENCE = "confidence"
    NEEDS_LOOK = "needs_look"
    URGENCY = "urgency"
    STATUS = "status"
    ASSIGNED = "assigned_to"


OPEN = (IntakeStatus.RECEIVED, IntakeStatus.READING, IntakeStatus.NEEDS_REVIEW, IntakeStatus.UNREADABLE)
"""What is still to be done in intake."""


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Which cases, in which order. `text` is matched against the beginnings of words of patient, receipt,
    form type, file name, codes and names in the case; all words must be found. No statuses means all.
    """

    text: str = ""
    statuses: tuple[IntakeStatus, ...] = OPEN
    sort: QueueSort = QueueSort.DUE
    descending: bool = False


def row_of(case: Case) -> QueueRow:
    """The queue's row of a case."""
    document = case.form_document
    return QueueRow(
        case_id=case.case_id,
        receipt=case.receipt,
        patient=case.patient,
        form_type=case.form_type,
        file_name=document.name if document else "",
        status=case.intake_status,
        urgency=case.urgency,
        received_at=case.received_at,
        due_at=case.due_at,
        confidence=case.confidence.mean,
        lowest=case.confidence.lowest,
        needs_look=case.confidence.needs_look,
        fields=case.confidence.fields,
        page_count=document.page_count if document else 0,
        assigned_to=case.assigned_to,
        reason=case.reason.text if case.reason else "",
    )


def search_text(case: Case) -> str:
    """What a case can be found by in the queue: who, what it is called, and every value of names, ids and codes."""
    found = [case.receipt, case.patient, case.form_type.replace("_", " ")]
    found += [d.name for d in case.documents]
    found += [
        str(f.current)
        for f in case.fields
        if f.kind in ("name", "member_id", "npi", "icd10", "procedure_code", "phone", "date") and f.current
    ]
    if case.asked_words:
        found.append(case.asked_words)
    return " ".join(dict.fromkeys(found))
