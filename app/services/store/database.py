"""The encrypted database file: opening it safely, transactions, and its schema over time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlcipher3

from app.domain.case import to_time
from app.domain.errors import Locked, Rejected, StorageFailed
from app.services.store.disk import make_folder, sync_file, sync_folder
from app.services.store.failure import Damaged, damaged, told_in_words

_PLAIN_HEADER = b"SQLite format 3\x00"
_CIPHER = 4
_BUSY = 10_000
"""Milliseconds a write waits for another process; a commit takes well under one."""
_LOG = 4_000
"""Pages of the log before it is written back: one commit in some hundreds waits for that, 10 ms or so."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. Statements run in one transaction and are never changed once released."""

    version: int
    name: str
    statements: tuple[str, ...]


class Database:
    """One connection to an encrypted database file. Used from the thread that made it.

    Every failure of the environment raises an `Actionable` in words; anything else is a bug.
    """

    synchronous = "FULL"
    """`NORMAL` would lose acknowledged rows in a power cut (docs/adr/0002-local-store.md)."""

    one_thread = True
    """Whether another thread is refused; one that takes turns by itself says no."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the file, making it when it is not there. Raises `Locked` when the key does not fit."""
        self.path = path
        self.found_damage = False
        """Whether something that was read was damaged; then the file has to be checked before its next use."""
        self._key = key
        self._refuse_plain()
        with told_in_words(path.parent):
            self._connection = sqlcipher3.connect(
                str(path), timeout=_BUSY / 1000, isolation_level=None, check_same_thread=self.one_thread
            )
        try:
            with told_in_words(path.parent):
                self._set_up()
        except BaseException:
            self._connection.close()
            raise

    def _refuse_plain(self) -> None:
        with told_in_words(self.path.parent):
            # Made here, when it is new, so that only its owner can read it; to SQLite, empty is new.
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                header = os.read(handle, len(_PLAIN_HEADER))
            finally:
                os.close(handle)
        if header == _PLAIN_HEADER:
            raise Locked(
                "The store of this workspace is not encrypted.",
                "It was not made by Countersign. Move store.db out of the workspace folder.",
                code="store_not_encrypted",
            )

    def _set_up(self) -> None:
        run = self._connection.execute
        run("PRAGMA cipher_log_level = NONE")  # what it finds is raised; it would also be printed to stderr
        run(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        version = run("PRAGMA cipher_version").fetchone()
        if not version or int(str(version[0]).split(".")[0]) < _CIPHER:
            raise StorageFailed(
                "This installation cannot encrypt the store.", "Install Countersign again.", code="no_cipher"
            )
        run(f"PRAGMA busy_timeout = {_BUSY}")
        run("SELECT count(*) FROM sqlite_master").fetchone()  # the first read: the key fits or it does not
        mode = run("PRAGMA journal_mode = WAL").fetchone()[0]
        run(f"PRAGMA synchronous = {self.synchronous}")
        run("PRAGMA fullfsync = ON")  # macOS: reach the disk, not the drive's cache
        run("PRAGMA checkpoint_fullfsync = ON")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA temp_store = MEMORY")  # temporary files would not be encrypted
        run("PRAGMA trusted_schema = OFF")
        run("PRAGMA cell_size_check = ON")
        run("PRAGMA cache_size = -32000")
        run(f"PRAGMA wal_autocheckpoint = {_LOG}")
        run(f"PRAGMA journal_size_limit = {_LOG * 4096}")
        if mode != "wal" or run("PRAGMA foreign_keys").fetchone()[0] != 1:
            raise StorageFailed(
                "The workspace folder is on a disk that cannot keep a store safely.",
                "Choose a folder on a disk of this computer.",
                code="unsafe_disk",
            )

    def close(self) -> None:
        """Close the file; the last one out writes the log back into it."""
        with told_in_words(self.path.parent):
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Translate failures; the key was right at the start, so that what does not decrypt now is damaged."""
        try:
            with told_in_words(self.path.parent):
                yield
        except Locked as error:
            self.found_damage = True
            raise damaged() from error
        except Damaged:
            self.found_damage = True
            raise

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows one by one, as far as they can be read."""
        with self._told():
            yield from self._connection.execute(sql, parameters)

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._told():
            rows: list[tuple[Any, ...]] = self._connection.execute(sql, parameters).fetchall()
            return rows

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        with self._told():
            row: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement and return the number of the row it inserted last."""
        with self._told():
            return int(self._connection.execute(sql, parameters).lastrowid or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable when the block has ended. One writer at a time, over all processes."""
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.sound()
            with self._told():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # some failures end it by themselves
                with self._told():
                    self._connection.execute("ROLLBACK")
            raise

    def sound(self) -> None:
        """Raises `Damaged` when a page that was read did not hold; full-text search says nothing of it."""
        if self.one("PRAGMA cipher_status") != ("1",):
            self.found_damage = True
            raise damaged()

    def write_back(self) -> bool:
        """Write the whole log back into the file; False when another process is in the way."""
        row = self.one("PRAGMA wal_checkpoint(TRUNCATE)")
        return row is not None and row[0] == 0

    def check(self) -> None:
        """Read every page in use and see that they fit together. Raises `Damaged`. 0.8 s for 200 MB."""
        if self.all("PRAGMA quick_check(1)") != [("ok",)]:
            self.found_damage = True
            raise damaged()

    @property
    def version(self) -> int:
        row = self.one("PRAGMA user_version")
        return int(row[0]) if row else 0

    def back_up(self, to: Path) -> None:
        """Write a copy of the database under the same key, and open and check it before calling it one.

        Raises `Rejected` when something is there already.
        """
        if to.exists():
            raise Rejected(
                "There is a file of that name already.", "Choose another name.", code="backup_exists"
            )
        unfinished = to.with_name(f".new-{to.name}")
        with told_in_words(to.parent):
            make_folder(to.parent)
            unfinished.unlink(missing_ok=True)
        try:
            with told_in_words(to.parent):
                self._connection.execute("VACUUM INTO ?", (str(unfinished),))
            copy = Database(unfinished, self._key)
            try:
                copy.check()
                if copy.version != self.version:
                    raise damaged()
            finally:
                copy.close()
            with told_in_words(to.parent):
                sync_file(unfinished)
                unfinished.replace(to)
                sync_folder(to.parent)
        finally:
            with told_in_words(to.parent):
                for rest in ("", "-wal", "-shm"):
                    Path(f"{unfinished}{rest}").unlink(missing_ok=True)

    def migrate(self, migrations: Sequence[Migration], *, alone: bool, backups: Path) -> None:
        """Bring the schema up to date: step by step, each in one transaction and recorded, backed up first.

        Raises `StorageFailed` for a schema newer than this program, and when another process has the
        store open, which would go on with the older one.
        """
        latest = migrations[-1].version
        found = self.version
        if found > latest:
            raise StorageFailed(
                "This workspace was written by a newer Countersign.",
                "Install the newer version on this computer; nothing was changed.",
                code="store_newer",
            )
        if found == latest:
            return
        if found and not alone:
            raise StorageFailed(
                "An older Countersign has this workspace open.",
                "Close it, then open the workspace again.",
                code="older_open",
            )
        if found:
            self.back_up(backups / f"store-{found}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db")
        for step in migrations:
            if step.version <= found:
                continue
            with self.transaction():
                self.run(
                    "CREATE TABLE IF NOT EXISTS migrations"
                    " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL)"
                )
                for statement in step.statements:
                    self.run(statement)
                self.run(
                    "INSERT INTO migrations (version, name, at) VALUES (?, ?, ?)",
                    (step.version, step.name, to_time(datetime.now(UTC))),
                )
                self.run(f"PRAGMA user_version = {step.version:d}")
