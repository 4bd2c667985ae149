"""Which files are kept for work without a network, where they can be had again, and which are wanted next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import IntakeStatus, Json, ReviewStatus, to_time
from app.domain.queue import OPEN
from app.domain.review_queue import OPEN_REVIEWS
from app.services.store.database import Database
from app.services.store.packing import plain, to_text, unpack

MOST_CASES = 200
"""Of so many cases of one person the files are kept at hand."""
_LIMIT = "cache_limit"


def _bits(known: tuple[Any, ...], wanted: tuple[Any, ...]) -> int:
    return sum(1 << order for order, status in enumerate(known) if status in wanted)


_IN_INTAKE = _bits(tuple(IntakeStatus), OPEN)
_IN_REVIEW = _bits(tuple(ReviewStatus), OPEN_REVIEWS)


@dataclass(frozen=True, slots=True)
class Cached:
    """A file kept at hand."""

    sha256: str
    size: int
    wanted_at: str


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of a case, and the addresses it can be had from."""

    sha256: str
    uris: tuple[str, ...]
    mine: bool
    """Of a case that is assigned to the person, not only next in their queue."""


class CacheShelf:
    """The files of one workspace that may be had again from a bucket. Belongs to the thread of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, wanted: Mapping[str, tuple[int, datetime]]) -> None:
        """When files were last wanted, with their sizes, by SHA-256. Files of no case are not noted: those that only
        this computer has never go.
        """
        with self._database.transaction():
            for sha256, (size, at) in wanted.items():
                self._database.run(
                    "INSERT INTO cached (sha256, size, wanted_at)"
                    " SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM contents WHERE sha256 = ?)"
                    " ON CONFLICT (sha256) DO UPDATE SET size = excluded.size, wanted_at = excluded.wanted_at",
                    (sha256, size, to_time(at), sha256),
                )

    def forget(self, sha256: str) -> None:
        with self._database.transaction():
            self._database.run("DELETE FROM cached WHERE sha256 = ?", (sha256,))

    def total(self) -> tuple[int, int]:
        """How many files are kept, and their size in bytes."""
        row = self._database.one("SELECT count(*), coalesce(sum(size), 0) FROM cached")
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def holds(self, sha256: str) -> bool:
        return self._database.one("SELECT 1 FROM cached WHERE sha256 = ?", (sha256,)) is not None

    def oldest(self, before: datetime) -> tuple[Cached, ...]:
        """What was not wanted since, the least recently wanted first."""
        rows = self._database.all(
            "SELECT sha256, size, wanted_at FROM cached WHERE wanted_at < ? ORDER BY wanted_at, number",
            (to_time(before),),
        )
        return tuple(Cached(str(r[0]), int(r[1]), str(r[2])) for r in rows)

    def cases(self, sha256: str) -> tuple[str, ...]:
        """The cases that hold a file."""
        rows = self._database.all(
            "SELECT case_id FROM contents JOIN cases ON cases.number = case_number WHERE sha256 = ?"
            " ORDER BY cases.number",
            (sha256,),
        )
        return tuple(str(row[0]) for row in rows)

    def places(self, sha256: str) -> tuple[str, ...]:
        """The addresses a file can be had from, as its cases name them."""
        found: dict[str, None] = {}
        for document in self._documents(sha256):
            for entry in _entries(document):
                if entry.get("sha256") == sha256 and entry.get("uri"):
                    found[str(entry["uri"])] = None
        return tuple(found)

    def may_go(self, sha256: str, person: str) -> bool:
        """Whether a file can be let go of here: every case that holds it says where it lies in a bucket, no upload of
        it waits, and none of the cases is assigned to the person.
        """
        waiting = self._database.one(
            "SELECT 1 FROM uploads WHERE sha256 = ? AND state = 'waiting'", (sha256,)
        )
        assigned = self._database.one(
            "SELECT 1 FROM contents JOIN queue ON queue.number = contents.case_number"
            " WHERE sha256 = ? AND assigned_to = ? AND assigned_to <> ''",
            (sha256, plain(person)),
        )
        if waiting is not None or assigned is not None:
            return False
        documents = tuple(self._documents(sha256))
        held = [e for d in documents for e in _entries(d) if e.get("sha256") == sha256]
        return bool(held) and all(entry.get("uri") for entry in held)

    def wanted(self, person: str, coming: int) -> tuple[WantedFile, ...]:
        """The files of what is assigned to the person, then of the next cases nobody has, in the order of the work.

        `coming` is how many cases ahead. Each file once; those without an address are left out.
        """
        mine: list[str] = []
        if person:
            mine += self._ids(
                "SELECT case_id FROM queue WHERE review_order > 0 AND (1 << review_order) & ? AND assigned_to = ?"
                " ORDER BY begin_by, number LIMIT ?",
                (_IN_REVIEW, plain(person), MOST_CASES),
            )
            mine += self._ids(
                "SELECT case_id FROM queue WHERE (1 << status_order) & ? AND assigned_to = ?"
                " ORDER BY due_at, number LIMIT ?",
                (_IN_INTAKE, plain(person), MOST_CASES),
            )
        ahead = self._ids(
            "SELECT case_id FROM queue INDEXED BY queue_in_review WHERE review_order > 0"
            " AND (1 << review_order) & ? AND assigned_to = '' ORDER BY begin_by, number LIMIT ?",
            (_IN_REVIEW, coming),
        ) + self._ids(
            "SELECT case_id FROM queue INDEXED BY queue_by_due_at WHERE (1 << status_order) & ?"
            " AND assigned_to = '' ORDER BY due_at, number LIMIT ?",
            (_IN_INTAKE, coming),
        )
        found: dict[str, WantedFile] = {}
        own = set(mine)
        for case_id in dict.fromkeys(mine + ahead):
            row = self._database.one("SELECT document FROM cases WHERE case_id = ?", (case_id,))
            for entry in _entries(unpack(row[0])) if row else ():
                sha256, uri = str(entry.get("sha256", "")), str(entry.get("uri", ""))
                if sha256 and uri and sha256 not in found:
                    found[sha256] = WantedFile(sha256, (uri,), case_id in own)
        return tuple(found.values())

    def limit(self) -> int | None:
        """How many bytes may be kept, as somebody set it; None when nobody did."""
        row = self._database.one("SELECT value FROM remembered WHERE key = ?", (_LIMIT,))
        return int(json.loads(row[0])["bytes"]) if row else None

    def keep_limit(self, limit: int) -> None:
        with self._database.transaction():
            self._database.run(
                "INSERT INTO remembered (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (_LIMIT, to_text({"bytes": limit})),
            )

    def _documents(self, sha256: str) -> Iterator[Json]:
        rows = self._database.all(
            "SELECT document FROM contents JOIN cases ON cases.number = case_number WHERE sha256 = ?"
            " ORDER BY cases.number",
            (sha256,),
        )
        for row in rows:
            yield unpack(row[0])

    def _ids(self, statement: str, parameters: tuple[Any, ...]) -> list[str]:
        return [str(row[0]) for row in self._database.all(statement, parameters)]


def _entries(document: Json) -> tuple[Mapping[str, Any], ...]:
    return tuple((document.get("documents") or {}).values())
