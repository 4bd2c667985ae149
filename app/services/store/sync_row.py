"""What the store says to the sync engine, and the rows that it is made of."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import SCHEMA, Json, from_time, to_time
from app.domain.change import Change, Write
from app.domain.errors import NoSuchCase
from app.domain.merge import Pending
from app.domain.merge_unit import LOCAL, Path, difference
from app.domain.sync import Cursor, Push, Receipt, RemoteCase
from app.services.store.database import Database
from app.services.store.packing import pack, unpack, unpack_change, unpack_writes

RECEIPTS = 400
"""How many receipts go in one batch; a batch takes 500 writes."""
REVIEWS = 90
BYTES = 8_000_000
_START = "00" * 32


@dataclass(frozen=True, slots=True)
class Link:
    """How the desk stands with the server: failures in a row and when to try again, and how far the poll has come.

    `page` is where a poll that is under way goes on, `glance` says that it is a short one. `high` is the latest version
    that the last whole poll has seen, or when it began by the server's clock (`began`, while it is under way); `near`
    the latest version that any poll has seen.
    """

    tries: int = 0
    retry_at: datetime | None = None
    sign_in: bool = False
    polled_at: datetime | None = None
    synced_at: datetime | None = None
    high: Cursor | None = None
    page: Cursor | None = None
    near: Cursor | None = None
    glance: bool = False
    reason: str = ""
    next_step: str = ""
    code: str = ""
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a case that goes to a bucket before the case does."""

    document_id: str
    sha256: str
    kind: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done next for a case: read the server's version again, bring a file up, or push.

    `base` is the case as the server will have it when the push was applied; `reviews` the last review that goes along.
    """

    case_id: str
    tries: int
    desk: str = ""
    reread: bool = False
    upload: Upload | None = None
    push: Push | None = None
    base: Json | None = None
    reviews: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """A case as the server has it, and the lines whose determination does not bear the service's signature."""

    case: RemoteCase
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of cases that came in: those that changed here, and those that have to be asked about first."""

    changed: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    """Changes of theirs wait here: which of them the server has already must be known before it is merged."""
    conflicts: int = 0
    aside: tuple[str, ...] = ()
    """Those that are not understood: nothing of them was taken in."""


@dataclass(frozen=True, slots=True)
class Counts:
    waiting: int = 0
    parked: int = 0
    conflicts: int = 0
    uploads: int = 0


@dataclass(frozen=True, slots=True)
class RemoteRow:
    """What is known of a case at the server. `base` None: nothing yet."""

    update_time: str = ""
    base: Json | None = None
    state: str = "known"
    tries: int = 0
    retry_at: str | None = None
    reason: Json | None = None
    reviews_sent: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change in the outbox, as it is kept."""

    number: int
    pending: Pending
    state: str
    body: bytes

    @property
    def change(self) -> Change:
        return self.pending.change


def remote_row(database: Database, number: int) -> RemoteRow | None:
    row = database.one(
        "SELECT update_time, base, state, tries, retry_at, reason, reviews_sent FROM remote_cases"
        " WHERE case_number = ?",
        (number,),
    )
    if row is None:
        return None
    base, reason = (unpack(packed) if packed is not None else None for packed in (row[1], row[5]))
    return RemoteRow(row[0], base, row[2], row[3], row[4], reason, row[6])


def put_remote(database: Database, number: int, row: RemoteRow) -> None:
    database.run(
        "INSERT INTO remote_cases (case_number, update_time, base, state, tries, retry_at, reason, reviews_sent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_number) DO UPDATE SET"
        " update_time = excluded.update_time, base = excluded.base, state = excluded.state, tries = excluded.tries,"
        " retry_at = excluded.retry_at, reason = excluded.reason, reviews_sent = excluded.reviews_sent",
        (
            number,
            row.update_time,
            pack(row.base) if row.base is not None else None,
            row.state,
            row.tries,
            row.retry_at,
            pack(row.reason) if row.reason is not None else None,
            row.reviews_sent,
        ),
    )


def outbox_of(database: Database, number: int, limit: int = -1, state: str = "") -> tuple[Waiting, ...]:
    """The changes of a case that wait, in order."""
    rows = database.all(
        "SELECT c.number, c.body, o.writes, o.state FROM outbox o JOIN changes c ON c.number = o.change_number"
        " WHERE o.case_number = ? AND (? = '' OR o.state = ?) ORDER BY o.change_number LIMIT ?",
        (number, state, state, limit),
    )
    found = []
    for change_number, body, writes, waits in rows:
        change = unpack_change(body)
        left = unpack_writes(writes) if writes is not None else change.writes
        found.append(Waiting(change_number, Pending(change, left), waits, body))
    return tuple(found)


def drop(database: Database, ids: Iterable[str]) -> None:
    """Take changes out of the outbox."""
    for change_id in ids:
        database.run(
            "DELETE FROM outbox WHERE change_number = (SELECT number FROM changes WHERE change_id = ?)",
            (change_id,),
        )


def case_id_of(database: Database, number: int) -> str:
    row = database.one("SELECT case_id FROM cases WHERE number = ?", (number,))
    return str(row[0]) if row else ""


def number_of(database: Database, case_id: str) -> int:
    row = database.one("SELECT number FROM cases WHERE case_id = ?", (case_id,))
    if row is None:
        raise NoSuchCase("There is no such case in this workspace.", "Look for it in the queue.")
    return int(row[0])


def batch_of(waiting: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """The first of these changes that go in one push. A determination goes alone: it takes another road, and what is
    refused with it should be nothing else.
    """
    batch: list[Waiting] = []
    size = 0
    for one in waiting:
        alone = determines(one.pending.writes)
        size += len(zlib.decompress(one.body)) + 500
        if batch and (alone or size > BYTES or len(batch) >= RECEIPTS):
            break
        batch.append(one)
        if alone:
            break
    return tuple(batch)


def determines(writes: Iterable[Write]) -> bool:
    return any(write.path.partition(".")[0] == "determinations" and write.value for write in writes)


def receipt_of(database: Database, one: Waiting, desk: str) -> Receipt:
    change = one.change
    row = database.one(
        "SELECT a.sequence, a.hash, b.hash FROM audit a LEFT JOIN audit b ON b.sequence = a.sequence - 1"
        " WHERE a.change_id = ?",
        (change.change_id,),
    )
    sequence, signed, before = row or (0, b"", None)
    return Receipt(
        change.change_id,
        change.case_id,
        str(change.action),
        change.by,
        change.at,
        desk,
        sequence,
        before.hex() if before else _START,
        signed.hex(),
        unpack(one.body),
    )


def shared(document: Mapping[str, Any]) -> Json:
    """The parts of a case that are the same on every desk."""
    return {name: value for name, value in document.items() if name not in LOCAL}


def push_of(
    case_id: str,
    row: RemoteRow | None,
    document: Json,
    receipts: tuple[Receipt, ...],
    reviews: Mapping[str, Json],
    determined: bool,
) -> tuple[Push, Json]:
    """The batch that brings the server's case to a document, and the case as the server has it then."""
    revision = receipts[-1].mutation_id
    meta = document.get("_meta", {})
    if row is None or row.base is None:
        made = {
            "rev": revision,
            "updated_at": meta["updated_at"],
            "schema": SCHEMA,
            "deleted_at": meta["deleted_at"],
        }
        new = {**shared(document), "_meta": made}
        return Push(case_id, receipts, None, new, {}, reviews, determined), new
    base = row.base
    before = base.get("_meta", {})
    made = {**before, "rev": revision, "schema": SCHEMA, "deleted_at": meta.get("deleted_at")}
    updates: dict[Path, Any] = difference(shared(base), shared(document))
    updates |= {
        ("_meta", name): made[name]
        for name in ("rev", "schema", "deleted_at")
        if name == "rev" or made[name] != before.get(name)
    }
    new = {**shared(document), "_meta": made}
    return Push(case_id, receipts, row.update_time, None, updates, reviews, determined), new


def link_document(link: Link) -> Json:
    return {
        "tries": link.tries,
        "retry_at": _text(link.retry_at),
        "sign_in": link.sign_in,
        "polled_at": _text(link.polled_at),
        "synced_at": _text(link.synced_at),
        "high": _cursor(link.high),
        "page": _cursor(link.page),
        "near": _cursor(link.near),
        "glance": link.glance,
        "reason": link.reason,
        "next_step": link.next_step,
        "code": link.code,
        "began": _text(link.began),
    }


def link_from(data: Json) -> Link:
    return Link(
        data["tries"],
        _time(data["retry_at"]),
        data["sign_in"],
        _time(data["polled_at"]),
        _time(data["synced_at"]),
        _cursor_from(data["high"]),
        _cursor_from(data["page"]),
        _cursor_from(data["near"]),
        data["glance"],
        data["reason"],
        data["next_step"],
        data["code"],
        _time(data.get("began")),
    )


def _text(at: datetime | None) -> str | None:
    return to_time(at) if at else None


def _time(text: str | None) -> datetime | None:
    return from_time(text) if text else None


def _cursor(cursor: Cursor | None) -> list[str] | None:
    return [to_time(cursor.updated_at), cursor.case_id] if cursor else None


def _cursor_from(data: list[str] | None) -> Cursor | None:
    return Cursor(from_time(data[0]), data[1]) if data else None
