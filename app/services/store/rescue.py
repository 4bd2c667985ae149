"""A damaged store: set aside as it is, and everything that can be read brought over into a new one.

Nothing is thrown away. The damaged files are copied into `damaged/` first; the new store is built beside
the old one and takes its place only when it is whole, so that a rescue that is cut off starts again.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlcipher3

from app.domain.case import Json, case_from
from app.domain.change import Change, apply
from app.domain.errors import Actionable
from app.domain.merge import Pending, document_after
from app.domain.projection import refreshed
from app.services.store import log
from app.services.store.chain import Chain, digest
from app.services.store.database import Database
from app.services.store.disk import make_folder, sync_file, sync_folder
from app.services.store.failure import told_in_words
from app.services.store.head import HEAD, Head
from app.services.store.packing import pack, unpack, unpack_change, unpack_writes
from app.services.store.queue_index import QueueIndex
from app.services.store.schema import MIGRATIONS

_PARTS = ("", "-wal", "-shm")
_ROWS = 1 << 40
_ATTEMPTS = 2_000
"""How often a table is tried again past a place that cannot be read; each costs half a millisecond."""

_SYNCED = (
    (
        "remote_cases",
        "case_number",
        "update_time, base, state, tries, retry_at, reason, reviews_sent",
    ),
    ("conflicts", "number", "case_number, conflict_id, other_number, unit, state, body"),
    ("uploads", "number", "case_number, sha256, uri, state"),
)
"""The tables of sync, with the number of the case first where it is not their own."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """What came over. `folder` keeps the damaged files; `lost` names the tables not all of which could be read."""

    folder: Path
    cases: int
    changes: int
    waiting: int
    lost: tuple[str, ...]


def finish(path: Path) -> None:
    """End a replacement that was cut off between taking the damaged store away and putting the new one there."""
    rebuilt = _rebuilt(path)
    if path.exists() or not rebuilt.exists():
        return
    with told_in_words(path.parent):
        for part in _PARTS[1:]:
            Path(f"{path}{part}").unlink(missing_ok=True)
        rebuilt.replace(path)
        sync_folder(path.parent)


def set_aside(path: Path, key: bytes, audit_key: bytes) -> Rescued:
    """Replace a damaged store by a new one that holds all that can be read of it.

    Only while no other process has it open. Raises `StorageFailed` when there is no room for it.
    """
    with told_in_words(path.parent):
        folder = _copied(path)
        rebuilt = _rebuilt(path)
        _remove(rebuilt)
    new = Database(rebuilt, key)
    try:
        new.migrate(MIGRATIONS, alone=True, backups=path.parent)
        with _readable_copy(path, folder, key) as (copy, lost):
            source = _Source(copy, key, lost)
            try:
                rescued = _Rescue(source, new, Chain(new, audit_key)).run(folder)
            finally:
                source.close()
        new.check()
    finally:
        new.close()
    with told_in_words(path.parent):
        sync_file(rebuilt)
        sync_folder(path.parent)
        path.unlink()
        sync_folder(path.parent)
    finish(path)
    return rescued


def _rebuilt(path: Path) -> Path:
    return path.with_name("store.rebuilt.db")


def _copied(path: Path) -> Path:
    folder = path.parent / "damaged" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    make_folder(folder)
    for part in _PARTS[:2]:
        source = Path(f"{path}{part}")
        if source.exists():
            shutil.copy2(source, folder / source.name)
            sync_file(folder / source.name)
    sync_folder(folder)
    return folder


@contextmanager
def _readable_copy(path: Path, damaged: Path, key: bytes) -> Iterator[tuple[Path, list[str]]]:
    """A copy of the damaged store to read from, mended as far as can be; gone afterwards.

    With it the names of what is known to be lost already.
    """
    copy = path.with_name("store.reading.db")
    lost: list[str] = []
    with told_in_words(path.parent):
        _remove(copy)
        shutil.copyfile(damaged / path.name, copy)
        head = Head.read(path.with_name(HEAD), key)
        if head is not None:
            head.mend(copy)
        written = damaged / f"{path.name}-wal"
        if written.exists():
            mended, left_out = log.mended(written.read_bytes(), head.seal if head else None)
            Path(f"{copy}-wal").write_bytes(mended)
            lost += ["log"] * left_out
    try:
        yield copy, lost
    finally:
        with told_in_words(path.parent):
            _remove(copy)


def _remove(path: Path) -> None:
    for part in _PARTS:
        Path(f"{path}{part}").unlink(missing_ok=True)


class _Source:
    """Reads what can be read of a damaged database."""

    def __init__(self, path: Path, key: bytes, lost: list[str]) -> None:
        self._path = path
        self._key = key
        self._database: Database | None = None
        self.lost = lost

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def table(self, name: str, key: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """The readable rows of a table, `key` (its row number) first, in no promised order.

        A table that an earlier program had not made yet has none, and nothing of it is lost.
        """
        if self._never_made(name):
            return
        gaps = [(0, _ROWS)]
        attempts = 0
        while gaps and attempts < _ATTEMPTS and self._readable(name):
            low, high = gaps.pop()
            for descending in (False, True):
                attempts += 1
                try:
                    for row in self._rows(name, key, columns, low, high, descending=descending):
                        yield row
                        low, high = (low, row[0] - 1) if descending else (row[0] + 1, high)
                except (Actionable, sqlcipher3.Error):  # what comes behind the last row cannot be read
                    self.close()  # after such a page the connection reads nothing any more
                else:
                    break
            else:
                self._lose(name)
                if low < high:  # there may be readable rows between the two that cannot be read
                    middle = (low + high) // 2
                    gaps += [(middle + 1, high), (low, middle)]
        if gaps:
            self._lose(name)

    def _never_made(self, name: str) -> bool:
        """Whether the schema can be read and does not have the table."""
        try:
            known = {
                row[0] for row in self._open().all("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
        except (Actionable, sqlcipher3.Error):
            self.close()
            return False
        return bool(known) and name not in known

    def has(self, table: str, column: str) -> bool:
        """Whether a table has a column; an earlier program's may not."""
        try:
            rows = self._open().all("SELECT name FROM pragma_table_info(?)", (table,))
        except (Actionable, sqlcipher3.Error):
            self.close()
            return False
        return any(row[0] == column for row in rows)

    def _readable(self, name: str) -> bool:
        """Whether the database opens at all: without its first page nothing in it is found."""
        try:
            self._open()
        except Actionable:
            self._lose(name)
            return False
        return True

    def _lose(self, name: str) -> None:
        if name not in self.lost:
            self.lost.append(name)

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self._path, self._key)
        return self._database

    def _rows(
        self, name: str, key: str, columns: str, low: int, high: int, *, descending: bool
    ) -> Iterator[tuple[Any, ...]]:
        order = "DESC" if descending else "ASC"
        # Names come from this module alone.
        yield from self._open().each(
            f"SELECT {key}, {columns} FROM {name} NOT INDEXED"  # noqa: S608
            f" WHERE {key} BETWEEN ? AND ? ORDER BY {key} {order}",
            (low, high),
        )


class _Rescue:
    """Brings a damaged store's rows over in one transaction. Rows are passed on as they are read: there may be many."""

    def __init__(self, source: _Source, new: Database, chain: Chain) -> None:
        self._source = source
        self._new = new
        self._chain = chain

    def run(self, folder: Path) -> Rescued:
        with self._new.transaction():
            outbox = self._outbox()
            done = self._changes_by_case()
            cases = self._put_cases(done, outbox)
            kept = self._put_changes(cases, done, outbox)
            self._put_rest(cases)
            self._put_sync(cases)
            rescued = Rescued(folder, len(cases), *kept, tuple(self._source.lost))
            detail: Json = {"set_aside": folder.name, "lost": self._source.lost, "cases": rescued.cases}
            self._chain.append("store_rescued", "system", datetime.now(UTC), None, detail)
        return rescued

    def _outbox(self) -> dict[int, tuple[str | None, str, bytes | None]]:
        """What waits, by the number of its change: the revision it was made on, its state, and what is left of it."""
        if self._source.has("outbox", "writes"):
            rows = self._source.table("outbox", "change_number", "base_revision, state, writes")
            return {row[0]: (row[1], row[2], row[3]) for row in rows}
        rows = self._source.table("outbox", "change_number", "base_revision")
        return {row[0]: (row[1], "waiting", None) for row in rows}

    def _changes(self) -> Iterator[tuple[int, int, bytes]]:
        """Every readable change: its number, the number of its case, and the change as it is kept."""
        yield from self._source.table("changes", "number", "case_number, body")

    def _changes_by_case(self) -> dict[int, list[tuple[int, str]]]:
        """Number and id of the readable changes of each case, in order."""
        found: dict[int, list[tuple[int, str]]] = {}
        for number, case_number, body in self._changes():
            found.setdefault(case_number, []).append((number, unpack_change(body).change_id))
        return {case_number: sorted(changes) for case_number, changes in found.items()}

    def _put_cases(
        self,
        done: dict[int, list[tuple[int, str]]],
        outbox: Mapping[int, tuple[str | None, str, bytes | None]],
    ) -> set[int]:
        """Put the cases; what is gone, or older than its changes, is made again from them, or from the version that
        the server is known to have and what waits for it.
        """
        revisions: dict[int, str] = {}
        for row in self._source.table("cases", "number", "case_id, revision, document"):
            self._new.run(
                "INSERT OR IGNORE INTO cases (number, case_id, revision, document) VALUES (?, ?, ?, ?)", row
            )
            revisions[row[0]] = row[2]
        revisions |= self._put_from_bases(revisions.keys(), outbox)
        behind = {number for number, changes in done.items() if revisions.get(number) != changes[-1][1]}
        if behind:
            self._put_replayed(behind)
        index = QueueIndex(self._new)
        cases: set[int] = set()
        while rows := self._new.all(
            "SELECT number, document FROM cases WHERE number > ? ORDER BY number LIMIT 500",
            (max(cases, default=-1),),
        ):
            for number, document in rows:
                index.put(number, case_from(unpack(document)))
                cases.add(number)
        return cases

    def _put_from_bases(
        self, there: Collection[int], outbox: Mapping[int, tuple[str | None, str, bytes | None]]
    ) -> dict[int, str]:
        """Make cases that cannot be read of the server's version of them; their revisions by their numbers."""
        bases = {
            number: unpack(base)
            for number, base in self._source.table("remote_cases", "case_number", "base")
            if base is not None and number not in there
        }
        waiting: dict[int, list[tuple[int, Change]]] = {}
        for number, case_number, body in self._changes() if bases else ():
            if case_number in bases and number in outbox:
                waiting.setdefault(case_number, []).append((number, unpack_change(body)))
        made: dict[int, str] = {}
        for number, base in bases.items():
            changes = sorted(waiting.get(number, ()), key=lambda item: item[0])
            left = [outbox[at][2] for at, _ in changes]
            document = document_after(
                base,
                [
                    Pending(change, unpack_writes(writes) if writes is not None else change.writes)
                    for (_, change), writes in zip(changes, left, strict=True)
                ],
            )
            if changes:
                document = refreshed(document, changes[-1][1], None)
            revision = str(document["_meta"]["rev"])
            self._new.run(
                "INSERT INTO cases (number, case_id, revision, document) VALUES (?, ?, ?, ?)",
                (number, document["case_id"], revision, pack(document)),
            )
            made[number] = revision
        return made

    def _put_replayed(self, behind: set[int]) -> None:
        history: dict[int, list[tuple[int, Change]]] = {}
        for number, case_number, body in self._changes():
            if case_number in behind:
                history.setdefault(case_number, []).append((number, unpack_change(body)))
        patients = dict(self._source.table("queue", "number", "patient"))
        for number, changes in history.items():
            row = self._new.one("SELECT document FROM cases WHERE number = ?", (number,))
            in_order = [change for _, change in sorted(changes, key=lambda item: item[0])]
            made = _replayed(unpack(row[0]) if row else {}, in_order, patients.get(number, ""))
            if made is not None:
                self._new.run(
                    "INSERT INTO cases (number, case_id, revision, document) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (number) DO UPDATE SET revision = excluded.revision, document = excluded.document",
                    (number, made["case_id"], made["_meta"]["rev"], pack(made)),
                )

    def _put_changes(
        self,
        cases: set[int],
        done: dict[int, list[tuple[int, str]]],
        outbox: Mapping[int, tuple[str | None, str, bytes | None]],
    ) -> tuple[int, int]:
        """Put the changes, each with its entry in the new trail; returns how many, and how many wait to be sent.

        When the outbox cannot be read whole, all of them wait: a server knows by its id what it has already.
        """
        kept = waiting = 0
        known: set[str] = set()
        for number, case_number, body in self._changes():
            change = unpack_change(body)
            if case_number not in cases or change.change_id in known:
                continue
            known.add(change.change_id)
            self._new.run(
                "INSERT INTO changes (number, change_id, case_number, body) VALUES (?, ?, ?, ?)",
                (number, change.change_id, case_number, body),
            )
            if number in outbox or {"outbox", "log"} & set(self._source.lost):
                waits = outbox.get(number) or (_before(done[case_number], number), "waiting", None)
                self._new.run(
                    "INSERT INTO outbox (change_number, base_revision, state, writes, case_number)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (number, *waits, case_number),
                )
                waiting += 1
            detail: Json = {"digest": digest(body), "fields": list(change.fields), "rescued": True}
            self._chain.append(
                str(change.action), change.by, change.at, change.case_id, detail, change.change_id
            )
            kept += 1
        return kept, waiting

    def _put_sync(self, cases: set[int]) -> None:
        """How the cases stand with the server: what merges start from, what a person has to settle, files on their
        way. What is lost of it is asked of the server again.
        """
        for table, key, names in _SYNCED:
            for row in self._source.table(table, key, names):
                if row[0] in cases or (table != "remote_cases" and row[1] in cases):
                    marks = ", ".join("?" * len(row))
                    self._new.run(f"INSERT OR IGNORE INTO {table} ({key}, {names}) VALUES ({marks})", row)  # noqa: S608
        if {"outbox", "log"} & set(self._source.lost):
            # All changes wait again: what they were made on is not known, and the server says what it has of them.
            self._new.run(
                "UPDATE remote_cases SET state = 'reread', update_time = '', base = NULL WHERE state <> 'local'"
            )
            self._new.run("DELETE FROM outbox WHERE case_number IN (SELECT case_number FROM remote_cases"
                          " WHERE state = 'local')")  # fmt: skip
        for row in self._source.table("cached", "number", "sha256, size, wanted_at"):
            self._new.run(
                "INSERT OR IGNORE INTO cached (number, sha256, size, wanted_at) VALUES (?, ?, ?, ?)", row
            )

    def _put_rest(self, cases: set[int]) -> None:
        for row in self._source.table("drafts", "number", "case_number, path, body"):
            if row[1] in cases:
                self._new.run(
                    "INSERT OR IGNORE INTO drafts (number, case_number, path, body) VALUES (?, ?, ?, ?)", row
                )
        for row in self._source.table("remembered", "number", "key, value"):
            self._new.run("INSERT OR IGNORE INTO remembered (number, key, value) VALUES (?, ?, ?)", row)
        names = "form_type, version, title, origin, state, definition, detail"
        for row in self._source.table("form_versions", "number", names):
            self._new.run(
                f"INSERT OR IGNORE INTO form_versions (number, {names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                row,
            )
        for row in self._source.table("form_drafts", "number", "draft_id, body"):
            self._new.run("INSERT OR IGNORE INTO form_drafts (number, draft_id, body) VALUES (?, ?, ?)", row)
        for row in self._source.table("users", "number", "name, body"):
            self._new.run("INSERT OR IGNORE INTO users (number, name, body) VALUES (?, ?, ?)", row)
        for row in self._source.table("reviews", "number", "review_id, case_number, body"):
            if row[2] in cases:
                self._new.run(
                    "INSERT OR IGNORE INTO reviews (number, review_id, case_number, body) VALUES (?, ?, ?, ?)",
                    row,
                )
        names = "policy_id, version, state, body, detail"
        for row in self._source.table("policy_versions", "number", names):
            self._new.run(
                f"INSERT OR IGNORE INTO policy_versions (number, {names}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
                row,
            )
        for row in self._source.table("words", "number", "sha256, body"):
            self._new.run("INSERT OR IGNORE INTO words (number, sha256, body) VALUES (?, ?, ?)", row)
        for row in self._source.table("page_texts", "number", "sha256, page, state, body"):
            self._new.run(
                "INSERT OR IGNORE INTO page_texts (number, sha256, page, state, body) VALUES (?, ?, ?, ?, ?)",
                row,
            )
        for row in self._source.table("waiting_documents", "number", "document_id, sha256, body"):
            self._new.run(
                "INSERT OR IGNORE INTO waiting_documents (number, document_id, sha256, body) VALUES (?, ?, ?, ?)",
                row,
            )


def _before(changes: list[tuple[int, str]], number: int) -> str | None:
    """The id of the change before this one of the same case."""
    earlier = [change_id for at, change_id in changes if at < number]
    return earlier[-1] if earlier else None


def _replayed(document: Json, changes: Sequence[Change], patient: str) -> Json | None:
    """The document with the changes made since its revision, or None when it is at the last of them.

    One that is gone is made again from its changes; None when they are not whole. What follows from the
    form's definition is worked out again with the next change.
    """
    done = [change.change_id for change in changes]
    revision = document["_meta"]["rev"] if document else None
    if revision is not None and (revision not in done or revision == done[-1]):
        return None
    since = changes[done.index(revision) + 1 :] if revision is not None else changes
    try:
        for change in since:
            document = apply(document, change)
        document = refreshed(document, changes[-1], None)
        document["patient"] = document["patient"] or patient
        case_from(document)
    except (Actionable, KeyError, ValueError, TypeError):  # not whole: what is missing shows in many ways
        return None
    return document
