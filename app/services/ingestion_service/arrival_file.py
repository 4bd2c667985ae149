"""The file of an arrival: its bytes at the generation the event tells of, or why they cannot be had."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from app.domain.errors import Rejected, Unreadable
from app.services import media
from app.services.ingestion_service.arrival_id import uri_of
from app.services.ingestion_service.event import Arrival
from app.services.ports import BucketRemote

LARGEST = 256 * 1024 * 1024
"""Bytes of a file that are read: a fax of a thousand pages has a tenth of it."""


@dataclass(frozen=True, slots=True)
class ArrivalFile:
    """The bytes of an arrival and what they are; where there is a `reason`, they cannot be read."""

    content: bytes = field(repr=False)
    media_type: str
    reason: Unreadable | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest() if self.content else ""


def fetched(buckets: BucketRemote, arrival: Arrival) -> ArrivalFile:
    """The file of an arrival. Raises what buckets raise, except for a file that is not there or not it."""
    if arrival.size > LARGEST:
        reason = Unreadable(
            "The file is larger than what is read here.",
            "Ask the sender for a smaller one, or split it.",
            code="file_too_large",
        )
        return ArrivalFile(b"", "", reason)
    uri = uri_of(arrival)
    stored = buckets.stat(uri)
    if stored is None or stored.generation != arrival.generation:
        return ArrivalFile(b"", "", _replaced())
    try:
        content = buckets.get(uri)
    except Unreadable as error:
        return ArrivalFile(b"", "", error)
    except Rejected:
        if buckets.stat(uri) is None:
            return ArrivalFile(b"", "", _replaced())
        raise
    if not _is_it(arrival, content):
        return ArrivalFile(b"", "", _replaced())
    try:
        return ArrivalFile(content, media.sniff(content))
    except Unreadable as error:
        return ArrivalFile(content, "", error)


def _is_it(arrival: Arrival, content: bytes) -> bool:
    if len(content) != arrival.size:
        return False
    if not arrival.md5:
        return True
    digest = hashlib.md5(
        content, usedforsecurity=False
    ).digest()  # as Cloud Storage tells it, against accidents
    return base64.b64encode(digest).decode() == arrival.md5


def _replaced() -> Unreadable:
    return Unreadable(
        "The file was replaced or removed before it could be read.",
        "Ask the sender to send it again; what replaced it has a case of its own.",
        code="object_replaced",
    )
