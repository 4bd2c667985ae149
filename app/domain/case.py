"""The case: one prior-authorization request with everything received for it.

A case is kept as one JSON document, in the shape of `pa_form_collection/{case_id}`: maps with stable
ids where two desks may write, times as ISO 8601 in UTC. `case_from` makes the frozen value that the
rest of the program works with; `app.domain.change` is the only way to a new document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.domain.box import Box
from app.domain.confidence import DocumentConfidence
from app.domain.form import Doubt, FieldKind, FieldState, FieldWarning, FormField, Source
from app.domain.milestone import Milestone, milestones_from

SCHEMA = 1

Json = dict[str, Any]
"""A JSON object as the store keeps it."""


class IntakeStatus(StrEnum):
    RECEIVED = "received"
    READING = "reading"
    NEEDS_REVIEW = "needs_review"
    VERIFIED = "verified"
    UNREADABLE = "unreadable"


class ReviewStatus(StrEnum):
    NONE = ""
    IN_QUEUE = "in_queue"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """A file received for the case. `pages` are the 1-based pages that belong to it, empty while unread.

    `turns` says how many clockwise quarter turns make a page stand upright, by page.
    """

    document_id: str
    name: str
    uri: str
    sha256: str
    media_type: str
    kind: str
    page_count: int
    pages: tuple[int, ...]
    received_at: datetime
    turns: tuple[tuple[int, int], ...] = ()

    def turn(self, page: int) -> int:
        return dict(self.turns).get(page, 0)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is, in words, with a next step; `code` lets a view translate it."""

    text: str
    next_step: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    case_id: str
    receipt: str
    form_type: str
    processor_version: str
    line_of_business: str
    urgency: str
    received_at: datetime
    due_at: datetime
    intake_status: IntakeStatus
    status: ReviewStatus
    assigned_to: str
    patient: str
    reason: Reason | None
    documents: tuple[CaseDocument, ...]
    fields: tuple[FormField, ...]
    confidence: DocumentConfidence
    revision: str
    updated_at: datetime
    waiting_for: str = ""
    """Whom a review under way waits for: "information" or "physician"."""
    assigned_at: datetime | None = None
    payer_received_at: datetime | None = None
    """When the payer received the request, by a fax header or the sender, where that is known: the clock starts
    then.
    """
    milestones: tuple[Milestone, ...] = ()
    asked: tuple[str, ...] = ()
    """What is asked for, a line each: the code and the words as written."""
    flags: int = 0
    """How many traps the rules found in the request when it came into review."""
    asked_words: str = ""
    """What else a request can be found by: ids, codes and names that no field has."""
    deleted_at: datetime | None = None
    """Since when it is a tombstone: kept, and in no queue."""
    duplicate_of: str = ""
    """The id of the case that holds the same file and goes on in its place."""

    @property
    def clock_starts(self) -> datetime:
        return self.payer_received_at or self.received_at

    def field(self, path: str) -> FormField | None:
        return next((f for f in self.fields if f.path == path), None)

    @property
    def form_document(self) -> CaseDocument | None:
        """The document the form was read from: the first of kind `form`, else the first of all."""
        forms = [d for d in self.documents if d.kind == "form"]
        return (forms or list(self.documents) or [None])[0]  # type: ignore[list-item]


def document_path(path: str) -> str:
    """Where a field stands in the case document: `fields.name`, or `tables.t.rows.r.column` for a cell."""
    parts = path.split(".")
    if len(parts) == 3:
        table, row, column = parts
        return f"tables.{table}.rows.{row}.{column}"
    return f"fields.{path}"


def to_time(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def field_document(field: FormField) -> Json:
    """A field as the case document keeps it."""
    document: Json = {
        "label": field.label,
        "section": field.section,
        "kind": str(field.kind),
        "value": field.value,
        "confidence": round(field.confidence, 4),
        "placement_confidence": round(field.placement_confidence, 4),
        "source": str(field.source),
        "document": field.document_id,
        "page": field.page,
        "box": list(field.box.rounded()) if field.box else None,
        "required": field.required,
        "order": field.order,
        "corrected_value": field.corrected_value,
        "state": str(field.state),
        "by": field.by,
        "at": to_time(field.at) if field.at else None,
        "warnings": [warning_document(w) for w in field.warnings],
    }
    if field.group:
        document["group"] = field.group
    if field.doubts:
        document["doubts"] = [
            {"index": d.index, "alternatives": list(d.alternatives), "confidence": round(d.confidence, 4)}
            for d in field.doubts
        ]
    if field.suggestions:
        document["suggestions"] = list(field.suggestions)
    if field.supplied:
        document["supplied"] = field.supplied
    return document


def warning_document(warning: FieldWarning) -> Json:
    return {
        "rule": warning.rule,
        "kind": warning.kind,
        "params": dict(warning.params),
        "suggestion": warning.suggestion,
    }


def field_from(path: str, data: Mapping[str, Any], row_order: int = 0) -> FormField:
    box = data.get("box")
    at = data.get("at")
    return FormField(
        path=path,
        label=data.get("label", path),
        section=data.get("section", ""),
        kind=FieldKind(data.get("kind", "text")),
        value=data.get("value", ""),
        confidence=float(data.get("confidence", 0.0)),
        placement_confidence=float(data.get("placement_confidence", 0.0)),
        source=Source(data.get("source", "absent")),
        document_id=data.get("document", ""),
        page=data.get("page"),
        box=Box(*box) if box else None,
        required=bool(data.get("required", False)),
        order=int(data.get("order", row_order)),
        group=data.get("group", ""),
        doubts=tuple(
            Doubt(d["index"], tuple(d["alternatives"]), float(d["confidence"]))
            for d in data.get("doubts", ())
        ),
        suggestions=tuple(data.get("suggestions", ())),
        supplied=str(data.get("supplied", "")),
        state=FieldState(data.get("state", "unseen")),
        corrected_value=data.get("corrected_value"),
        by=data.get("by"),
        at=from_time(at) if at else None,
        warnings=tuple(
            FieldWarning(w["rule"], w["kind"], tuple(w.get("params", {}).items()), w.get("suggestion"))
            for w in data.get("warnings", ())
        ),
    )


def field_entries(document: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Every field of a case document as (path, entry), table cells included, in no order."""
    yield from document.get("fields", {}).items()
    for table, content in document.get("tables", {}).items():
        for row, cells in content.get("rows", {}).items():
            for column, entry in cells.items():
                if isinstance(entry, dict):
                    yield f"{table}.{row}.{column}", entry


def fields_from(document: Mapping[str, Any]) -> tuple[FormField, ...]:
    """Every field of a case document in the order of the form: fields by their order, cells row by row."""
    fields = [field_from(path, entry) for path, entry in field_entries(document)]
    return tuple(sorted(fields, key=lambda f: (f.order, f.path)))


def case_from(document: Mapping[str, Any], fields: tuple[FormField, ...] | None = None) -> Case:
    """The frozen case that a document describes; `fields` when they have been made from it already."""
    summary = document.get("confidence", {})
    fields = fields_from(document) if fields is None else fields
    reason = document.get("reason")
    return Case(
        case_id=document["case_id"],
        receipt=document["receipt"],
        form_type=document.get("form_type", ""),
        processor_version=document.get("processor_version", ""),
        line_of_business=document.get("line_of_business", ""),
        urgency=document.get("urgency", "standard"),
        received_at=from_time(document["received_at"]),
        due_at=from_time(document["due_at"]),
        intake_status=IntakeStatus(document["intake_status"]),
        status=ReviewStatus(document.get("status", "")),
        assigned_to=document.get("assigned_to", ""),
        patient=document.get("patient", ""),
        reason=Reason(reason["text"], reason.get("next_step", ""), reason.get("code", ""))
        if reason
        else None,
        documents=tuple(
            _document_from(document_id, entry)
            for document_id, entry in sorted(
                document.get("documents", {}).items(), key=lambda item: (item[1]["received_at"], item[0])
            )
        ),
        fields=fields,
        confidence=DocumentConfidence(
            float(summary.get("mean", 0.0)),
            float(summary.get("min", 0.0)),
            int(summary.get("needs_review", 0)),
            tuple(summary.get("missing", ())),
            len(fields),
        ),
        revision=document["_meta"]["rev"],
        updated_at=from_time(document["_meta"]["updated_at"]),
        waiting_for=document.get("waiting_for") or "",
        assigned_at=_time(document.get("assigned_at")),
        payer_received_at=_time(document.get("payer_received_at")),
        milestones=milestones_from(document),
        asked=_asked(document.get("request", {})),
        flags=int(document.get("flags", 0)),
        asked_words=_asked_words(document.get("request", {})) if document.get("imported_request") else "",
        deleted_at=_time(document["_meta"].get("deleted_at")),
        duplicate_of=str(document.get("duplicate_of") or ""),
    )


def _time(text: str | None) -> datetime | None:
    return from_time(text) if text else None


def _asked(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The services of a request in their order, each as its code and its words."""
    lines = sorted(request.get("lines", {}).items(), key=lambda item: (item[1].get("order", 0), item[0]))
    services = [line.get("service", {}) for _, line in lines]
    return tuple(" ".join(f"{s.get('code') or ''} {s.get('description') or ''}".split()) for s in services)


def _asked_words(request: Mapping[str, Any]) -> str:
    patient, provider = request.get("patient", {}), request.get("provider", {})
    diagnoses = [line.get("diagnosis", {}) for line in request.get("lines", {}).values()]
    found = [
        *_asked(request),
        *(str(d.get(part) or "") for d in diagnoses for part in ("code", "description")),
        *(str(patient.get(part) or "") for part in ("patient_id",)),
        *(str(provider.get(part) or "") for part in ("provider_name", "name", "npi", "id")),
    ]
    return " ".join(word for word in found if word)


def _document_from(document_id: str, entry: Mapping[str, Any]) -> CaseDocument:
    return CaseDocument(
        document_id=document_id,
        name=entry.get("name", ""),
        uri=entry.get("uri", ""),
        sha256=entry["sha256"],
        media_type=entry.get("media_type", ""),
        kind=entry.get("kind", "form"),
        page_count=int(entry.get("page_count", 0)),
        pages=tuple(entry.get("pages", ())),
        received_at=from_time(entry["received_at"]),
        turns=tuple((int(page), int(turn)) for page, turn in entry.get("turns", {}).items()),
    )
