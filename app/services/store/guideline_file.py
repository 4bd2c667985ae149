"""The encrypted file of the guideline search: passages, their full-text index, and the words that stand in them.

A file of its own: indexing never holds up an edit of a case, and it can be made again from what it indexes
(docs/adr/0012-guideline-search.md). A damaged file, or one of another layout, is therefore thrown away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.errors import Locked
from app.services.store.database import Database
from app.services.store.disk import make_folder
from app.services.store.failure import Damaged, told_in_words
from app.services.store.key import derived
from app.services.store.presence import turn

NAME = "guidelines.db"
LAYOUT = 4
"""Counted up whenever tables, tokens or stems change: the file is then made again."""

_STATEMENTS = (
    """CREATE TABLE sources (
        number INTEGER PRIMARY KEY, source_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL,
        name TEXT NOT NULL, digest TEXT NOT NULL, case_id TEXT NOT NULL, sha256 TEXT NOT NULL,
        media_type TEXT NOT NULL, pages INTEGER NOT NULL, in_force INTEGER NOT NULL,
        also TEXT NOT NULL
    )""",
    """CREATE TABLE passages (
        number INTEGER PRIMARY KEY, source INTEGER NOT NULL, page INTEGER NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, heading TEXT NOT NULL, box TEXT NOT NULL, text TEXT NOT NULL,
        stems TEXT NOT NULL
    )""",
    # how often something was put or removed, and how many passages there are
    "CREATE TABLE state (changes INTEGER NOT NULL, passages INTEGER NOT NULL)",
    "INSERT INTO state VALUES (0, 0)",
    "CREATE INDEX passages_of_source ON passages (source)",
    # Only stems are indexed, as the search makes them; the words as they stand are in `passages`. Documents of cases
    # have an index of their own: whoever does not search them does not pay for them.
    *(
        statement.format(name=name)
        for name in ("shared_stems", "clinical_stems")
        for statement in (
            """CREATE VIRTUAL TABLE {name} USING fts5(
                title, heading, body, tag, content = '', contentless_delete = 1,
                tokenize = "unicode61 remove_diacritics 0 tokenchars '.'"
            )""",
            "INSERT INTO {name} ({name}, rank) VALUES ('rank', 'bm25(2.0, 3.0, 1.0, 0.0)')",
        )
    ),
    # `shared` counts the passages of policies and guidelines that hold a word, `clinical` those of cases.
    """CREATE TABLE words (
        number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, stem TEXT NOT NULL,
        shared INTEGER NOT NULL, clinical INTEGER NOT NULL
    )""",
    "CREATE INDEX words_by_stem ON words (stem, shared, clinical)",
    "CREATE TABLE short_forms (source INTEGER NOT NULL, short TEXT NOT NULL, long TEXT NOT NULL)",
    "CREATE INDEX short_forms_by_short ON short_forms (short, long)",
    "CREATE INDEX short_forms_by_long ON short_forms (long, short)",
    "CREATE INDEX short_forms_of_source ON short_forms (source)",
)


class GuidelineConnection(Database):
    """One connection, used by one thread at a time."""

    one_thread = False

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row."""
        with self._told():
            self._connection.executemany(sql, rows)


class GuidelineFile:
    """The file of one workspace, for any number of threads and programs. Writes take turns.

    `made_again` says that what was there was damaged or of another layout and is gone: everything has to be
    indexed anew. Raises `StorageFailed` when the disk refuses.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self.path = folder / NAME
        self.made_again = False
        self._key = derived(key, "guidelines")
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._idle: list[GuidelineConnection] = []
        self._life = 0
        self._closed = False
        with told_in_words(folder):
            make_folder(folder)
        self._idle.append(self._entered())

    def close(self) -> None:
        """End every connection that is not at work; the others end with their work."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[GuidelineConnection]:
        """A connection to read with. What was damaged is made again, empty, before the error is raised."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
            life = self._life
        connection = connection or self._opened()
        try:
            yield connection
            connection.sound()
        except (Damaged, Locked):
            connection.close()
            self._begin_again(life)
            raise
        except BaseException:
            self._give_back(connection, life)
            raise
        self._give_back(connection, life)

    @contextmanager
    def writing(self) -> Iterator[GuidelineConnection]:
        """A transaction: all or nothing, durable when the block has ended."""
        with self._writing, self.reading() as connection, connection.transaction():
            yield connection

    def _give_back(self, connection: GuidelineConnection, life: int) -> None:
        with self._lock:
            if not self._closed and life == self._life:
                self._idle.append(connection)
                return
        connection.close()

    def _opened(self) -> GuidelineConnection:
        try:
            return GuidelineConnection(self.path, self._key)
        except (Damaged, Locked):  # the key is made from the workspace's: what it does not open is damaged
            return self._entered()

    def _entered(self) -> GuidelineConnection:
        """A connection to a file that is whole and of this layout, made when it is not."""
        with turn(self.path.parent):
            connection: GuidelineConnection | None = None
            try:
                connection = GuidelineConnection(self.path, self._key)
                found = connection.version
                if found == LAYOUT:
                    return connection
                empty = found == 0 and connection.one("SELECT 1 FROM sqlite_master LIMIT 1") is None
            except (Damaged, Locked):
                empty = False
            if not empty:
                if connection is not None:
                    connection.close()
                self._remove()
                self.made_again = True
                connection = None
            return self._laid_out(connection or GuidelineConnection(self.path, self._key))

    def _laid_out(self, connection: GuidelineConnection) -> GuidelineConnection:
        with connection.transaction():
            for statement in _STATEMENTS:
                connection.run(statement)
            connection.run(f"PRAGMA user_version = {LAYOUT:d}")
        return connection

    def _begin_again(self, life: int) -> None:
        """Throw away what is damaged, unless another thread or program has done so already."""
        with self._lock:
            if life != self._life or self._closed:
                return
            self._life += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        with turn(self.path.parent):
            try:
                fresh = GuidelineConnection(self.path, self._key)
            except (Damaged, Locked):
                self._remove()
            else:
                try:
                    fresh.check()
                    whole = fresh.version == LAYOUT
                except (Damaged, Locked):
                    whole = False
                fresh.close()
                if whole:
                    return
                self._remove()
        self.made_again = True
        self._give_back(self._entered(), self._life)

    def _remove(self) -> None:
        with told_in_words(self.path.parent):
            for rest in ("", "-wal", "-shm"):
                Path(f"{self.path}{rest}").unlink(missing_ok=True)
