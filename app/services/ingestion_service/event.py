"""CloudEvents 1.0 as Eventarc sends them for Cloud Storage, in either of the two HTTP modes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.errors import Rejected

FINALIZED = "google.cloud.storage.object.v1.finalized"
STRUCTURED = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that was stored, at one generation. `bucket` is as the project calls it. `md5` is base64, "" for an
    object that was put together of parts. Its name may hold a patient's: it never reaches a log.
    """

    event_id: str
    bucket: str
    name: str = field(repr=False)
    generation: int
    size: int
    media_type: str = ""
    md5: str = ""
    created: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


def arrival_from(headers: Mapping[str, str], body: bytes) -> Arrival | None:
    """The arrival an event tells of; None for an event of another type. `headers` by their names in small letters.

    Raises `Rejected` for what is no event.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == STRUCTURED:
        event = _map(_json(body))
        about, data = event, event.get("data")
    elif "ce-specversion" in headers:
        about = {name: headers.get(f"ce-{name}", "") for name in ("id", "source", "specversion", "type")}
        data = _json(body)
    else:
        raise _no_event()
    if about.get("specversion") != "1.0" or not all(
        isinstance(about.get(name), str) and about[name] for name in ("id", "source", "type")
    ):
        raise _no_event()
    if about["type"] != FINALIZED:
        return None
    return _arrival(str(about["id"]), _map(data))


def _arrival(event_id: str, data: Mapping[str, Any]) -> Arrival:
    bucket, name = data.get("bucket"), data.get("name")
    if not (isinstance(bucket, str) and bucket and isinstance(name, str) and name):
        raise _no_event()
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise _no_event()
    return Arrival(
        event_id,
        bucket,
        name,
        _number(data.get("generation")),
        _number(data.get("size", 0)),
        str(data.get("contentType") or ""),
        str(data.get("md5Hash") or ""),
        _time(data.get("timeCreated")),
        {str(key): str(value) for key, value in metadata.items()},
    )


def _number(value: object) -> int:
    """64-bit numbers are text in this JSON."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _no_event()
    try:
        number = int(value)
    except ValueError:
        raise _no_event() from None
    if number < 0:
        raise _no_event()
    return number


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _json(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise _no_event() from None
    return found


def _map(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise _no_event()
    return found


def _no_event() -> Rejected:
    return Rejected(
        "This is no event of Cloud Storage.",
        "Send CloudEvents 1.0 of the type google.cloud.storage.object.v1.finalized.",
        code="no_event",
    )
