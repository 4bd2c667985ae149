"""What the case of an arrival is like, and why an arrival waits or cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.case import IntakeStatus, Json, from_time
from app.domain.errors import Actionable, Offline, Rejected, Unreadable
from app.services.case_reading import form_entry
from app.services.ingestion_service.arrival_id import uri_of
from app.services.ingestion_service.event import Arrival

_MENDED = (
    "_permission", "_missing", "_not_deployed", "_location", "_disabled", "_bucket", "_pays", "_region",
    "project_unusable", "project_use", "organisation_rule",
)  # fmt: skip
"""How the codes of refusals end that say nothing of a file: an administrator mends what is behind them."""


class TryLater(Offline):
    """The same event will succeed later: it is answered so that it comes again."""


def hopeless(error: Rejected) -> bool:
    """Whether a refusal will be the same for ever: by what the case is, not by who writes it."""
    return error.code.endswith(("_too_large", "_not_understood"))


def to_be_mended(error: Actionable) -> bool:
    """Whether a refusal says nothing of the file: an administrator mends it, and the event comes again."""
    return error.code.endswith(_MENDED)


def document_of(document: Json, arrival: Arrival) -> str | None:
    """Which document of a desk's case an upload is."""
    documents = document.get("documents", {})
    named = arrival.metadata.get("document_id", "")
    if named in documents:
        return named
    sha256 = arrival.metadata.get("sha256", "")
    for document_id, entry in documents.items():
        if entry.get("uri") == uri_of(arrival) or (sha256 and entry.get("sha256") == sha256):
            return str(document_id)
    return form_entry(document)[0] if documents and not named and not sha256 else None


def unread(document: Json) -> bool:
    """Whether a case waits to be read: received, or being read."""
    status = document.get("intake_status")
    if status == IntakeStatus.READING:
        return True
    return status == IntakeStatus.RECEIVED and document.get("reason") is None


def read_by_desk(document: Json) -> bool:
    """Whether the case is being read at a desk, which will say what it found."""
    reader = document.get("reader") or {}
    return document.get("intake_status") == IntakeStatus.READING and "instance" not in reader


def status(document: Json) -> str:
    return str(document.get("intake_status", ""))


def since(reader: Mapping[str, Any]) -> datetime:
    return from_time(str(reader.get("since", "1970-01-01T00:00:00Z")))


def elsewhere() -> TryLater:
    return TryLater("This arrival is being dealt with already.", "It is tried again.", code="elsewhere")


def took_too_long() -> Unreadable:
    return Unreadable(
        "Reading this file took longer than it may.",
        "Split it, or take it in at a desk.",
        code="reading_too_long",
    )


def gave_up() -> Unreadable:
    return Unreadable(
        "Reading this file ended without an answer every time it was tried.",
        "Look at it yourself, or ask the sender for another copy.",
        code="reading_gave_up",
    )
