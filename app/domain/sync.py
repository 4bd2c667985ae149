"""What desks and the shared queue tell each other: pushes, answers, remote cases, cursors, leases, states.

Documents in here are case documents as the store keeps them (times as ISO 8601 text); how a backend writes them
is its own business. An update time is the server's: text, opaque but for equality.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.case import Json

SHARDS = 64
"""Into how many parts the shared queue is cut, so that a desk need not hear of every case of a large payer."""


def shard_of(case_id: str) -> int:
    """Which part of the shared queue a case belongs to, 0 to 63: the same on every desk (CRC-32 of its id)."""
    return zlib.crc32(case_id.encode()) % SHARDS


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of one change beside its case, under the change's own id: it proves that it was applied, says who
    did what and when, and carries its place in the desk's audit chain. `body` is the change as it is packed.
    """

    mutation_id: str
    case_id: str
    action: str
    by: str
    at: datetime
    desk: str
    sequence: int
    previous: str
    hash: str
    body: Json


@dataclass(frozen=True, slots=True)
class Push:
    """One batch: receipts of one or more changes of a case, oldest first, and the case they lead to. All or nothing.

    A new case has `base` None and its whole document in `document`. Otherwise `base` is the update time of the version
    the updates are made on, and `updates` are the values by their path, each path a tuple of names, `MISSING` for what
    goes; no path lies under another. `_meta.updated_at` is the server's to write. `reviews` are new entries of
    `reviews/` by id: an entry that is there already stays. `determines` says that a person decides in it: desks do not
    write that themselves.
    """

    case_id: str
    receipts: tuple[Receipt, ...]
    base: str | None
    document: Json | None = None
    updates: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    reviews: Mapping[str, Json] = field(default_factory=dict)
    determines: bool = False


class Answer(StrEnum):
    """What a server answered to a push, where it answered. Where it did not, `Offline` is raised: it may have been
    applied or not.
    """

    APPLIED = "applied"
    RECEIPT_THERE = "receipt_there"
    """A receipt of the batch was there: an earlier try of some of it was applied. Nothing of this one was."""
    BASE_MOVED = "base_moved"
    """The case is not the version the push was made on. Nothing was applied; it may be our own earlier try."""
    GONE = "gone"
    """There is no such case. Nothing was applied."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """`update_time` is that of the case as it was written; "" unless applied."""

    answer: Answer
    update_time: str = ""


@dataclass(frozen=True, slots=True)
class RemoteCase:
    """A case as the server has it. A tombstone has `_meta.deleted_at`. `updated_at` orders the poll."""

    case_id: str
    document: Json
    update_time: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a poll goes on: everything written at or after `updated_at` is asked for again, in the order of
    (`_meta.updated_at`, id). The server's time is the request's and not the order of commits: whoever polls goes back
    by an overlap and knows versions by their update time.
    """

    updated_at: datetime
    case_id: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases a desk hears of: those assigned to `person`, and of the queue the shards given (all when empty)."""

    person: str
    shards: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a case open, until when by the server's clock. Nobody is locked out by it: it is told, and can be taken
    over.
    """

    case_id: str
    by: str
    title: str
    desk: str
    until: datetime


class Link(StrEnum):
    """How a desk stands with the shared queue."""

    LOCAL = "local"
    """Not connected: everything is kept on this computer."""
    SYNCED = "synced"
    """Nothing waits; the last poll went through."""
    SENDING = "sending"
    OFFLINE = "offline"
    SIGN_IN = "sign_in"
    """Waits for somebody to sign in; editing goes on."""
    STOPPED = "stopped"
    """Something broke that trying again will not mend; the sentence says what."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """How a desk stands with the shared queue, for the screen: always one sentence can be made of it."""

    link: Link
    waiting: int = 0
    parked: int = 0
    conflicts: int = 0
    uploads: int = 0
    synced_at: datetime | None = None
    """When a poll last went through."""
    retry_at: datetime | None = None
    reason: str = ""
    next_step: str = ""
    code: str = ""


class WaitingFor(StrEnum):
    """Why something has not reached the server."""

    TURN = "turn"
    NETWORK = "network"
    SIGN_IN = "sign_in"
    UPLOAD = "upload"
    """A file of the case goes first."""
    PERSON = "person"
    """A conflict has to be settled."""
    REFUSED = "refused"
    """The server refused it: parked until somebody says what becomes of it."""
    ASIDE = "aside"
    """A case of the shared queue that is not understood: nothing of it is shown, and nothing here waits for it."""


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One change or upload that has not reached the server, or a case that was set aside. `reason` and `next_step` are
    words for what is refused or set aside, and for what waits for somebody to sign in.
    """

    change_id: str
    case_id: str
    receipt: str
    patient: str
    action: str
    by: str
    at: datetime
    waiting_for: WaitingFor
    tries: int = 0
    retry_at: datetime | None = None
    reason: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file as a bucket keeps it. `crc32c` is the server's checksum as unsigned number."""

    uri: str
    size: int
    generation: int
    crc32c: int
    media_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
