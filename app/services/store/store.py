"""The store of a workspace: what is in it is saved, and what is called saved is in it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from app.domain.case import Case, IntakeStatus, Json, ReviewStatus, case_from
from app.domain.change import Action, Change
from app.domain.draft import Draft
from app.domain.errors import Conflict, Locked, NoSuchCase, Rejected, StorageFailed
from app.domain.extraction import PageText
from app.domain.queue import QueueQuery, QueueRow
from app.domain.receipt import ALPHABET, normalized, receipt_number
from app.domain.review_queue import ReviewQuery, ReviewRow
from app.services.store import log
from app.services.store.cache_shelf import CacheShelf
from app.services.store.chain import AuditEntry, AuditReport, Chain, digest
from app.services.store.database import Database
from app.services.store.desk_shelf import DeskShelf
from app.services.store.disk import make_folder, sync_folder, write_durably
from app.services.store.failure import Damaged, damaged, told_in_words, wrong_key
from app.services.store.head import HEAD, Head
from app.services.store.key import derived
from app.services.store.moving_shelf import MovingShelf
from app.services.store.packing import (
    pack,
    pack_change,
    pack_draft,
    pack_words,
    plain,
    to_text,
    unpack,
    unpack_change,
    unpack_draft,
)
from app.services.store.past_shelf import Done, PastShelf
from app.services.store.policy_shelf import PolicyShelf
from app.services.store.presence import Presence, turn
from app.services.store.queue_index import QueueIndex
from app.services.store.review_shelf import LookShelf, ReviewShelf
from app.services.store.schema import MIGRATIONS
from app.services.store.shelf import Shelf
from app.services.store.text_shelf import TextShelf
from app.services.store.user_shelf import UserShelf
from app.services.store.waiting_shelf import WaitingShelf

if TYPE_CHECKING:
    from app.services.store import rescue
    from app.services.store.sync_shelf import SyncShelf

_FILE = "store.db"
_CHECK = "store.check"
"""Says which key the store takes, so that a damaged file is not mistaken for a wrong key."""
_DESK = 4
_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")
_SKIPPED = 64
"""Receipt numbers left out when the last write was cut off: one may have been given."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the store that the person has to be told at the start, in words with a next step."""

    text: str
    next_step: str
    code: str
    params: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A change that no server has acknowledged yet, and the revision of the case it was made on."""

    change: Change
    base_revision: str | None


class Store:
    """The cases of one workspace, and everything done to them.

    Belongs to the thread that opened it. Several processes may have the same workspace open: writes
    take turns, and `commit` refuses what was made on a case that has moved on. What returns is durable.
    Any call may raise `StorageFailed`: nothing of that call was kept then, and the store goes on.
    """

    def __init__(self, folder: Path, key: bytes, database: Database, presence: Presence) -> None:
        self._folder = folder
        self._database = database
        self._presence = presence
        self._chain = Chain(database, derived(key, "audit"))
        self._index = QueueIndex(database)
        self.shelf = Shelf(database, self._chain)
        """The form types of the workspace."""
        self.users = UserShelf(database, self._chain)
        """Who may work in the workspace."""
        self.policies = PolicyShelf(database, self._chain)
        """The policies of the workspace."""
        self.past = PastShelf(database, self._chain)
        """What other desks did to cases, as far as it was fetched."""
        self.reviews = ReviewShelf(database, self._chain, self.past)
        """What models were asked about cases, and what came back."""
        self.looks = LookShelf(database)
        """What people had on screen while a case was open."""
        self.texts = TextShelf(database)
        """What stands on the pages of documents."""
        self.moving = MovingShelf(database, self._chain)
        """Where the workspace is connected to, and what there is to move there."""
        self.cached = CacheShelf(database)
        """Which files are kept for work without a network."""
        self.waiting_documents = WaitingShelf(database)
        """Documents without a case."""
        self._sync: SyncShelf | None = None
        self._making = threading.Lock()
        self._closed = False
        self._reviews_noted = False
        self._data_version = self._version_seen()
        self.notices: tuple[Notice, ...] = ()
        """What has to be told at the start: that a damaged store was set aside, and what was rescued."""
        self.desks = DeskShelf(database, self._chain)
        """Which codes the desk has and had, and what it claims them with."""
        self.desk: str = self._desk()
        """The desk's code in its receipts: four characters, the same until another desk turns out to have it."""

    @classmethod
    def open(cls, folder: Path, key: bytes) -> Self:
        """Open the store of a workspace folder, making it when it is new.

        Checks it before use when a process died with it open. A damaged store is set aside, what can be
        read is brought over into a new one, unsent changes first, and `notices` says so. Raises `Locked`
        for a wrong key or a file that is not encrypted, `StorageFailed` when it cannot be used.
        """
        if len(key) != 32:
            raise ValueError("the key of a workspace is 32 bytes")
        with told_in_words(folder):
            make_folder(folder)
            with turn(folder):
                presence = Presence(folder)
                try:
                    return cls._entered(folder, key, presence)
                except BaseException:
                    # Whatever was wrong before still is: the next to open looks as closely.
                    presence.leave(clean=not presence.unclean)
                    raise

    @classmethod
    def _entered(cls, folder: Path, key: bytes, presence: Presence) -> Self:
        path = folder / _FILE
        if not path.exists():  # new, or a replacement was cut off
            from app.services.store import rescue

            rescue.finish(path)
        _refuse_gone(folder)
        try:
            torn = _examine(path, presence)
            store = cls._made(folder, key, presence, check=presence.unclean, torn=torn)
        except Damaged:
            if presence.others:
                raise
            if not _fits(folder, key):  # nothing is touched with a key that may be another's
                raise wrong_key() from None
            from app.services.store import rescue

            rescued = rescue.set_aside(path, derived(key, "store"), derived(key, "audit"))
            store = cls._made(folder, key, presence, check=False, torn=False)
            store.notices = (_rescued_notice(rescued),)
        else:
            if torn:
                store.notices = (_torn_notice(),)
        _keep_check(folder, key)
        return store

    @classmethod
    def _made(cls, folder: Path, key: bytes, presence: Presence, *, check: bool, torn: bool) -> Self:
        database = _opened(folder, key)
        try:
            if check:
                database.check()
            database.migrate(MIGRATIONS, alone=presence.others == 0, backups=folder / "backups")
            if presence.others == 0:
                _keep_head(folder, key, database)
            if torn:
                with database.transaction():
                    database.run("UPDATE counters SET value = value + ? WHERE name = 'receipt'", (_SKIPPED,))
            return cls(folder, key, database, presence)
        except BaseException:
            database.close()
            raise

    @property
    def sync(self) -> SyncShelf:
        """How each case stands with the queue that desks share; loaded when it is first asked for."""
        with self._making:
            if self._sync is None:
                from app.services.store.sync_shelf import SyncShelf

                self._sync = SyncShelf(self._database, self._chain, self._index, lambda: self.desk)
            return self._sync

    def close(self) -> None:
        """Close the store. May be called twice; in the thread that opened it."""
        if self._closed:
            return
        self._closed = True
        clean = False
        try:
            self._database.close()
            clean = not self._database.found_damage
        finally:
            with told_in_words(self._folder), turn(self._folder):
                self._presence.leave(clean=clean)

    def check(self) -> None:
        """Read every page of the store; raises `StorageFailed` when it is damaged. For quiet moments."""
        self._database.check()

    def _desk(self) -> str:
        code = _fact(self._database, "desk")
        if code is None:
            code = "".join(secrets.choice(ALPHABET) for _ in range(_DESK))
            with self._database.transaction():
                self._database.run("INSERT INTO facts (name, value) VALUES ('desk', ?)", (code,))
                self._database.run("INSERT INTO counters (name, value) VALUES ('receipt', 0)")
        return code

    # Receipts

    def take_receipt(self, at: datetime) -> str:
        """The next receipt number of this desk; never given twice, whatever happens after."""
        with self._database.transaction():
            row = self._database.one(
                "UPDATE counters SET value = value + 1 WHERE name = 'receipt' RETURNING value"
            )
            self.desk = self.desks.code()  # another program may have taken a new one
        if row is None:
            raise damaged()
        return receipt_number(at, self.desk, row[0])

    def take_new_desk(self, reason: str, at: datetime) -> str:
        """Take a new code for all receipts from now on; returns it. The trail says why."""
        self.desk = self.desks.change(reason, at)
        return self.desk

    # Cases

    def commit(
        self,
        change: Change,
        document: Json,
        drop_drafts: Iterable[str] = (),
        *,
        base_revision: str | None,
        case: Case | None = None,
        also: Callable[[int], None] | None = None,
        sent: bool = True,
    ) -> None:
        """Keep a change and the case that follows from it, in one transaction; the drafts it settles go.

        `base_revision` is the revision the change was made on, None for a new case. The same change
        twice is kept once. Raises `Conflict` when the case has moved on, or (code `same_content`) when a
        new arrival holds a file that another case already holds; `NoSuchCase` when there is no such case.
        `case` is the document's own, when it has been made already. `also` is done in the same transaction, with the
        number of the case; `sent` says whether the change goes to the queue that desks share.
        """
        case = case or case_from(document)
        if (case.revision, case.case_id) != (change.change_id, change.case_id):
            raise ValueError("the document is not the one this change leads to")
        if not _ID.fullmatch(case.case_id):
            raise ValueError("the id of a case is letters, digits, - and _")
        packed, body = pack(document), pack_change(change)
        with self._database.transaction():
            if self._known(change):
                return
            number = self._put_case(case, packed, change, base_revision)
            change_number = self._database.run(
                "INSERT INTO changes (change_id, case_number, body) VALUES (?, ?, ?)",
                (change.change_id, number, body),
            )
            if sent:
                self._put_out(change, change_number, number, case, base_revision)
            detail: Json = {"digest": digest(body), "fields": list(change.fields)}
            self._chain.append(
                str(change.action), change.by, change.at, case.case_id, detail, change.change_id
            )
            self._index.put(number, case)
            for path in drop_drafts:
                self._database.run("DELETE FROM drafts WHERE case_number = ? AND path = ?", (number, path))
            if also is not None:
                also(number)

    def _put_out(
        self, change: Change, change_number: int, number: int, case: Case, base_revision: str | None
    ) -> None:
        """Put a change, and the files it brings, on their way; not for a case that stays on this computer."""
        self._database.run(
            "INSERT INTO outbox (change_number, base_revision, case_number) SELECT ?, ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM remote_cases WHERE case_number = ? AND state = 'local')",
            (change_number, base_revision, number, number),
        )
        if any(write.path.partition(".")[0] == "documents" for write in change.writes):
            for document in case.documents:
                if not document.uri:
                    self._database.run(
                        "INSERT OR IGNORE INTO uploads (sha256, case_number) VALUES (?, ?)",
                        (document.sha256, number),
                    )

    def _known(self, change: Change) -> bool:
        row = self._database.one(
            "SELECT cases.case_id FROM changes JOIN cases ON cases.number = changes.case_number WHERE change_id = ?",
            (change.change_id,),
        )
        if row is not None and row[0] != change.case_id:
            raise ValueError("two changes with one id")
        return row is not None

    def _put_case(self, case: Case, packed: bytes, change: Change, base_revision: str | None) -> int:
        """Keep the document of a case whose revision is still the one given; returns the case's number."""
        row = self._database.one("SELECT number, revision FROM cases WHERE case_id = ?", (case.case_id,))
        if row is None and base_revision is not None:
            raise _no_such_case()
        if row is not None and row[1] != base_revision:
            raise Conflict(
                "This case was changed by another program meanwhile.",
                "Look at it again and repeat your change.",
                code="case_moved",
                case_id=case.case_id,
            )
        if row is not None:
            self._database.run(
                "UPDATE cases SET revision = ?, document = ? WHERE number = ?",
                (case.revision, packed, row[0]),
            )
            return int(row[0])
        if change.action is Action.RECEIVED:
            for document in case.documents:
                held = self.cases_with_content(document.sha256)
                if held:
                    raise Conflict(
                        "This file is in the workspace already.",
                        "Open the case it belongs to.",
                        code="same_content",
                        case_id=held[0],
                    )
        return self._database.run(
            "INSERT INTO cases (case_id, revision, document) VALUES (?, ?, ?)",
            (case.case_id, case.revision, packed),
        )

    def case_document(self, case_id: str) -> Json:
        """The case as it stands. Raises `NoSuchCase`."""
        row = self._database.one("SELECT document FROM cases WHERE case_id = ?", (case_id,))
        if row is None:
            raise _no_such_case()
        document: Json = unpack(row[0])
        return document

    def find(self, text: str) -> str:
        """The id of the case that a person means by its id or its receipt, as typed. Raises `NoSuchCase`, and
        `Rejected` for a receipt that two cases bear: both are named.
        """
        typed = plain(text.strip())
        row = self._database.one("SELECT case_id FROM cases WHERE case_id IN (?, ?)", (typed, typed.lower()))
        if row is not None:
            return str(row[0])
        found = self._index.cases_of_receipt(typed, _receipt_meant(typed))
        if not found:
            raise _no_such_case()
        if len(found) > 1:
            raise Rejected(
                f"{len(found)} cases bear this receipt: it was given on two desks that had the same code.",
                f"Name the case by its id: {' or '.join(found)}.",
                code="receipt_twice",
                count=len(found),
            )
        return found[0]

    def history(self, case_id: str) -> tuple[Change, ...]:
        """Everything that was done to the case at this desk, in order. Raises `NoSuchCase`."""
        rows = self._database.all(
            "SELECT body FROM changes WHERE case_number = ? ORDER BY number", (self._number(case_id),)
        )
        return tuple(unpack_change(row[0]) for row in rows)

    def whole_history(self, case_id: str) -> tuple[Change, ...]:
        """Everything that was done to the case on any desk, as far as it is here, in the order of its time. Raises
        `NoSuchCase`.
        """
        return tuple(done.change for done in self.done(case_id))

    def done(self, case_id: str) -> tuple[Done, ...]:
        """The same, with the desks. Raises `NoSuchCase`."""
        return self.past.with_others(case_id, self.history(case_id))

    def cases_with_content(self, sha256: str) -> tuple[str, ...]:
        """The cases that hold a file of this content, oldest first."""
        return self._index.cases_with_content(sha256)

    def _number(self, case_id: str) -> int:
        row = self._database.one("SELECT number FROM cases WHERE case_id = ?", (case_id,))
        if row is None:
            raise _no_such_case()
        return int(row[0])

    # The queue

    def queue(self, query: QueueQuery) -> tuple[str, ...]:
        """The ids of the cases that are asked for, in the order that is asked for."""
        return self._index.ids(query)

    def rows(self, ids: Iterable[str]) -> tuple[QueueRow, ...]:
        """The queue's rows of these cases, in their order; an id that is not there is left out."""
        return self._index.rows(ids)

    def counts(self) -> Mapping[IntakeStatus, int]:
        """How many cases there are of each status."""
        return self._index.counts()

    def read_with(self) -> Mapping[tuple[str, str], int]:
        """How many cases were read with each (form type, version)."""
        self._note_versions()
        return self._index.read_with()

    def read_otherwise(self, form_type: str, version: str) -> tuple[str, ...]:
        """The cases in review read with another version of a form type, or as no form type that is known."""
        self._note_versions()
        return self._index.read_otherwise(form_type, version, IntakeStatus.NEEDS_REVIEW)

    def _note_versions(self) -> None:
        """Write into the queue what cases stored by an earlier program were read with; done once."""
        self._put_again(self._index.without_version())

    def _put_again(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            with self._database.transaction():
                row = self._database.one("SELECT document FROM cases WHERE number = ?", (number,))
                if row is not None:
                    self._index.put(number, case_from(unpack(row[0])))

    def review_queue(self, query: ReviewQuery) -> tuple[str, ...]:
        """The ids of the requests in review that are asked for, those that have to be begun first first."""
        self._note_reviews()
        return self._index.review_ids(query)

    def review_rows(self, ids: Iterable[str]) -> tuple[ReviewRow, ...]:
        """The review's rows of these cases, in their order; an id that is not there is left out."""
        return self._index.review_rows(ids)

    def review_counts(self) -> Mapping[ReviewStatus, int]:
        """How many requests there are of each status of the review."""
        self._note_reviews()
        return self._index.review_counts()

    def _note_reviews(self) -> None:
        """Write into the queue what is in review of the cases that an earlier program stored; asked once."""
        if not self._reviews_noted:
            self._put_again(self._index.without_review())
            self._reviews_noted = True

    # What is being typed, and how things are looked at

    def keep_draft(self, case_id: str, path: str, draft: Draft) -> None:
        """Keep what is in an editor. Durable when it returns. Raises `NoSuchCase`."""
        with self._database.transaction():
            self._database.run(
                "INSERT INTO drafts (case_number, path, body) VALUES (?, ?, ?)"
                " ON CONFLICT (case_number, path) DO UPDATE SET body = excluded.body",
                (self._number(case_id), path, pack_draft(draft)),
            )

    def drop_draft(self, case_id: str, path: str) -> None:
        """Forget a draft; one that is not there is forgotten already."""
        with self._database.transaction():
            self._database.run(
                "DELETE FROM drafts WHERE case_number = ? AND path = ?", (self._number(case_id), path)
            )

    def drafts(self, case_id: str) -> dict[str, Draft]:
        """The drafts of a case by the path of their field. Raises `NoSuchCase`."""
        rows = self._database.all(
            "SELECT path, body FROM drafts WHERE case_number = ?", (self._number(case_id),)
        )
        return {path: unpack_draft(body) for path, body in rows}

    def remember(self, key: str, value: Json) -> None:
        """Keep how something is looked at. Durable when it returns."""
        with self._database.transaction():
            self._database.run(
                "INSERT INTO remembered (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, to_text(value)),
            )

    def recall(self, key: str) -> Json | None:
        """What was remembered under this key, or None."""
        row = self._database.one("SELECT value FROM remembered WHERE key = ?", (key,))
        return json.loads(row[0]) if row else None

    # The words of documents

    def keep_words(self, sha256: str, texts: tuple[PageText, ...]) -> None:
        """Keep what stands on the pages of a file: places to 1/100,000 of a page, confidences to 1/10,000."""
        packed = pack_words(texts)
        with self._database.transaction():
            self._database.run(
                "INSERT INTO words (sha256, body) VALUES (?, ?)"
                " ON CONFLICT (sha256) DO UPDATE SET body = excluded.body",
                (sha256, packed),
            )

    def words(self, sha256: str) -> tuple[PageText, ...]:
        """What stands on the pages of a file, as far as they were read; nothing when it was not."""
        return self.texts.kept(sha256).texts()

    # The trail, and what waits for the network

    def note(self, action: str, by: str, at: datetime, case_id: str | None, detail: Json) -> None:
        """Write an entry into the audit trail for what is no change: a case that was opened, an export."""
        with self._database.transaction():
            self._chain.append(action, by, at, case_id, detail)

    def audit_verify(self) -> AuditReport:
        """Whether the audit trail holds, and where it breaks."""
        return self._chain.verify()

    def audit_entries(self, case_id: str | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """The latest entries of the trail, of one case or of all, oldest first."""
        rows = self._database.all(
            "SELECT body FROM (SELECT sequence, body FROM audit WHERE ? IS NULL OR case_id = ?"
            " ORDER BY sequence DESC LIMIT ?) ORDER BY sequence",
            (case_id, case_id, limit),
        )
        return tuple(
            AuditEntry(e["sequence"], e["action"], e["by"], e["at"], e["case_id"], e["detail"])
            for e in (json.loads(row[0]) for row in rows)
        )

    def outbox(self, limit: int) -> tuple[Outgoing, ...]:
        """The changes that no server has acknowledged, oldest first."""
        rows = self._database.all(
            "SELECT body, base_revision FROM outbox JOIN changes ON number = change_number ORDER BY number LIMIT ?",
            (limit,),
        )
        return tuple(Outgoing(unpack_change(body), base) for body, base in rows)

    def waiting(self) -> int:
        """How many changes no server has acknowledged."""
        row = self._database.one("SELECT count(*) FROM outbox")
        return int(row[0]) if row else 0

    def moved(self) -> bool:
        """Whether another program wrote to the workspace since this was last asked."""
        before, self._data_version = self._data_version, self._version_seen()
        return before != self._data_version

    def _version_seen(self) -> int:
        row = self._database.one("PRAGMA data_version")
        return int(row[0]) if row else 0

    def backup(self, to: Path) -> None:
        """Write a copy of the store under the same key, opened and checked before it is called one.

        Raises `Rejected` when there is a file already. The documents in `blobs` are not part of it.
        """
        self._database.back_up(to)


def _receipt_meant(typed: str) -> str:
    """The receipt a person typed, with its dashes whether they typed them or not."""
    characters = re.sub(r"[^0-9A-Z]", "", normalized(typed))
    if not characters.startswith("R") or len(characters) < 14:
        return normalized(typed)
    return f"R-{characters[1:5]}-{characters[5:9]}-{characters[9:-1]}-{characters[-1]}"


def _no_such_case() -> NoSuchCase:
    return NoSuchCase(
        "There is no such case in this workspace.",
        "Check the receipt number, or look for it in the queue.",
        code="no_such_case",
    )


def _rescued_notice(rescued: rescue.Rescued) -> Notice:
    rest = ", but not everything could be read." if rescued.lost else "."
    return Notice(
        f"The store was damaged. {rescued.cases} cases with {rescued.changes} changes were rescued{rest}",
        "Check the cases you worked on last. The damaged file is kept in the folder damaged of the workspace.",
        "store_rescued_in_part" if rescued.lost else "store_rescued",
        {"cases": rescued.cases, "changes": rescued.changes, "folder": str(rescued.folder)},
    )


def _torn_notice() -> Notice:
    return Notice(
        "The computer stopped while something was being saved.",
        "What had been called saved is there. Check the last thing you entered before it stopped.",
        "last_write_torn",
        {},
    )


def _fingerprint(key: bytes) -> bytes:
    return hmac.digest(derived(key, "store check"), b"store", hashlib.sha256).hex().encode()


def _refuse_gone(folder: Path) -> None:
    """Raises `StorageFailed` when there was a store and its file is gone: a new one would hide that."""
    if (folder / _CHECK).exists() and not (folder / _FILE).exists():
        raise StorageFailed(
            "The store of this workspace is gone: the file store.db is missing.",
            "Restore it from a backup, or choose another workspace.",
            code="store_gone",
        )


def _fits(folder: Path, key: bytes) -> bool:
    """Whether the fingerprint beside the store says that this is its key."""
    try:
        return hmac.compare_digest((folder / _CHECK).read_bytes(), _fingerprint(key))
    except FileNotFoundError:
        return False


def _keep_check(folder: Path, key: bytes) -> None:
    path = folder / _CHECK
    if not _fits(folder, key):
        sync_folder(folder)
        write_durably(path, _fingerprint(key))


def _examine(path: Path, presence: Presence) -> bool:
    """Look at the files before the database does. Raises `Damaged`; True when the last write was cut off."""
    known = path.with_name(_CHECK).exists()
    if known and path.stat().st_size == 0:
        raise damaged()  # to the database, an empty file is a new one
    if presence.others:
        return False  # the log is in use, and they have looked
    return log.examine(Path(f"{path}-wal"))


def _opened(folder: Path, key: bytes) -> Database:
    """The database. What does not decrypt is damaged when the key is known to be right."""
    try:
        return Database(folder / _FILE, derived(key, "store"))
    except Locked as error:
        if error.code == "wrong_key" and _fits(folder, key):
            raise damaged() from error
        raise


def _keep_head(folder: Path, key: bytes, database: Database) -> None:
    """Keep the pages of the schema a second time, when they are new."""
    path = folder / HEAD
    version = str(database.version)
    if path.exists() and _fact(database, "head") == version:
        return
    path.unlink(missing_ok=True)
    head = Head.of(folder / _FILE, derived(key, "store")) if database.write_back() else None
    if head is not None:
        head.keep(path)
        with database.transaction():
            database.run(
                "INSERT INTO facts (name, value) VALUES ('head', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (version,),
            )


def _fact(database: Database, name: str) -> str | None:
    row = database.one("SELECT value FROM facts WHERE name = ?", (name,))
    return str(row[0]) if row else None
