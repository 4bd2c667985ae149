"""Evidence under way between widgets: what a page or a search lets go of and a criterion takes."""

from __future__ import annotations

import json

from PySide6.QtCore import QMimeData

from app.domain.evidence import Evidence, evidence_document, evidence_from

EVIDENCE_MIME = "application/x-countersign-evidence"
LARGEST = 100_000
"""Bytes of one piece of evidence; what is longer was not let go of by this program."""


def to_mime(evidence: Evidence) -> QMimeData:
    """Evidence as it is dragged: its own form, and its words for any other program."""
    data = QMimeData()
    data.setData(EVIDENCE_MIME, json.dumps(evidence_document(evidence)).encode())
    data.setText(evidence.quote)
    return data


def from_mime(data: QMimeData) -> Evidence | None:
    """The evidence that is dragged, or None when there is none in it."""
    if not data.hasFormat(EVIDENCE_MIME):
        return None
    raw = bytes(data.data(EVIDENCE_MIME).data())
    if len(raw) > LARGEST:
        return None
    try:
        found = json.loads(raw)
        return evidence_from(found) if isinstance(found, dict) else None
    except (ValueError, TypeError):  # not written by this program
        return None
