"""Case documents of the shared queue, looked at before a desk takes them in.

Whoever may write cases may have written them, with any client and by hand: what is not understood is told apart here,
in one place, so that it stops neither the desk nor the other cases. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from app.domain.case import Case, Json, case_from, field_entries, from_time
from app.domain.projection import decisions_follow

__all__ = ["decisions_follow", "newest", "understood", "went_back"]

_TEXTS = (
    "receipt",
    "form_type",
    "processor_version",
    "line_of_business",
    "urgency",
    "assigned_to",
    "patient",
)
_MAPS_OF_MAPS = (
    "fields", "tables", "documents", "determinations", "milestones", "letters", "notes", "reopened",
)  # fmt: skip
_MAPS = ("confidence", "request", "imported_request", "review", "different_from")
_OF_FIELD = ("label", "section", "kind", "source", "document", "state", "group", "supplied")
_OF_FILE = ("name", "uri", "media_type", "kind")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VALUE = (str, bool)
_WRONG = (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)


def understood(case_id: str, document: Mapping[str, Any]) -> Case:
    """The case that a document of the shared queue describes. Raises `ValueError`, without a word of what stands in
    it, for one that this program did not write so.
    """
    try:
        _check(case_id, document)
        case = case_from(document)
    except _WRONG:
        raise ValueError("no case document") from None
    times = (case.received_at, case.due_at, case.updated_at, case.assigned_at, case.payer_received_at)
    aware = (*times, case.deleted_at, *(m.at for m in case.milestones), *(f.at for f in case.fields))
    numbers = (case.confidence.mean, case.confidence.lowest, *(f.confidence for f in case.fields))
    if any(at is not None and at.tzinfo is None for at in aware) or not all(map(isfinite, numbers)):
        raise ValueError("no case document")
    return case


def _check(case_id: str, document: Mapping[str, Any]) -> None:
    meta = document["_meta"]
    kept = (meta["rev"], meta["updated_at"], document["case_id"])
    _must(isinstance(meta, dict) and all(isinstance(text, str) for text in kept))
    _must(document["case_id"] == case_id and bool(case_id))
    _must(all(isinstance(document.get(name, ""), str) for name in _TEXTS))
    for name in _MAPS:
        _must(isinstance(document.get(name) or {}, dict))
    for name in _MAPS_OF_MAPS:
        found = document.get(name) or {}
        _must(isinstance(found, dict) and all(isinstance(entry, dict) for entry in found.values()))
    lines = (document.get("request") or {}).get("lines", {})
    _must(isinstance(lines, dict) and all(isinstance(line, dict) for line in lines.values()))
    for entry in (document.get("documents") or {}).values():
        # the SHA-256 is the name of a file on this computer
        _must(_SHA256.fullmatch(entry["sha256"]) is not None)
        _must(all(isinstance(entry.get(name, ""), str) for name in _OF_FILE))
        _must(_aware(entry["received_at"]))
    for _, entry in field_entries(document):
        _must(all(isinstance(entry.get(name, ""), str) for name in _OF_FIELD))
        _must(isinstance(entry.get("value", ""), _VALUE))
        _must(isinstance(entry.get("corrected_value", ""), (*_VALUE, type(None))))
        _must(isinstance(entry.get("by"), str | None))
        _must(isinstance(entry.get("page"), int | None))
    made = document.get("determinations") or {}
    if made:
        from app.domain.determination import determination_from  # only where something is decided

        for entry in made.values():
            _must(determination_from(entry).at.tzinfo is not None)


def _aware(text: str) -> bool:
    return from_time(text).tzinfo is not None


def _must(holds: bool) -> None:
    if not holds:
        raise ValueError


def newest(seen: Mapping[str, Any], made: Mapping[str, Any], believed: frozenset[str]) -> Json:
    """By line the id and the time of the determination that was confirmed last, as a desk remembers it. `made` are a
    case's determinations, `believed` the lines whose determination bears the service's signature.
    """
    found = dict(seen)
    for line in believed:
        if line in made and not _older(seen.get(line), made[line]):
            found[line] = {"id": str(made[line].get("id", "")), "at": str(made[line]["at"])}
    return found


def went_back(seen: Mapping[str, Any], made: Mapping[str, Any]) -> frozenset[str]:
    """The lines on which a determination stands again that another had taken the place of. Its signature is as good
    as ever; that it stands there is nobody's decision.
    """
    return frozenset(line for line, entry in made.items() if _older(seen.get(line), entry))


def _older(known: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> bool:
    """Whether a determination is from before the one that is known, and does not say that it takes its place: the
    clocks of two desks may differ.
    """
    if known is None or str(entry.get("id", "")) == known["id"] or entry.get("supersedes") == known["id"]:
        return False
    return _time(entry["at"]) < _time(known["at"])


def _time(text: str) -> datetime:
    return from_time(text)
