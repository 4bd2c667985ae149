"""Bringing cases that other desks changed into the store, with what waits here laid over them again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.case import SCHEMA, Case, Json, case_from, from_time, to_time
from app.domain.change import MISSING
from app.domain.conflict import ConflictKind, Version
from app.domain.merge import Clash, Pending, document_after, rebase
from app.domain.merge_unit import by_machine
from app.domain.remote_document import decisions_follow, newest, understood, went_back
from app.services.store.aside_shelf import AsideShelf
from app.services.store.chain import Chain
from app.services.store.conflict_shelf import WHOLE_CASE, ConflictShelf
from app.services.store.database import Database
from app.services.store.packing import pack, pack_writes, unpack
from app.services.store.queue_index import QueueIndex
from app.services.store.sync_row import (
    Incoming,
    RemoteRow,
    Waiting,
    outbox_of,
    put_remote,
    remote_row,
)

Project = Callable[[Json, str, str], tuple[Json, Case]]
"""Works out what follows from a merged document: (document, revision, time) to the document and its case."""
SAME_FILE = "documents"
"""The unit of the question whether two cases with one file are one request."""
_NOT_UNDERSTOOD = (KeyError, ValueError, TypeError, AttributeError)


class Adoption:
    """Takes in one case after another, each within the transaction of whoever calls."""

    def __init__(self, database: Database, chain: Chain, index: QueueIndex, conflicts: ConflictShelf) -> None:
        self._database = database
        self._chain = chain
        self._index = index
        self._conflicts = conflicts
        self.aside = AsideShelf(database)
        self.project: Project | None = None

    def take_in(self, incoming: Incoming, now: datetime, *, merge: bool) -> str:
        """Take in a case as the server has it. Says what became of it: known, changed, doubtful (changes wait here and
        `merge` does not say that they were asked about), or unreadable.
        """
        remote = incoming.case
        # Most of what a poll brings is known: it is told by two columns, and nothing is opened.
        told = self._database.one(
            "SELECT r.update_time, r.state FROM cases c JOIN remote_cases r ON r.case_number = c.number"
            " WHERE c.case_id = ?",
            (remote.case_id,),
        )
        if told is not None and (
            told[1] == "local" or (told[0] == remote.update_time and told[1] != "reread")
        ):
            return "known"
        row = self._database.one("SELECT number, document FROM cases WHERE case_id = ?", (remote.case_id,))
        known = remote_row(self._database, row[0]) if row else None
        try:
            read = understood(remote.case_id, remote.document)
            newer = int(remote.document["_meta"].get("schema", SCHEMA)) > SCHEMA
        except (ValueError, TypeError, OverflowError):
            # written by something else, or by somebody who means harm: one such case must not stop the others
            self.aside.put(remote, now)
            return "unreadable"
        if newer:
            return self._keep_newer(incoming, row, known)
        waiting = outbox_of(self._database, row[0], state="waiting") if row else ()
        if waiting and not merge:
            return "doubtful"
        self._database.run("SAVEPOINT taken_in")
        try:
            judged = self._judged(incoming, now)
            if row is None:
                what = self._keep_new(judged, read, now)
            else:
                what = self._keep_known(judged, read, int(row[0]), unpack(row[1]), known, waiting, now)
            self.aside.drop(remote.case_id)
        except (
            _NOT_UNDERSTOOD
        ):  # deeper in it stands what nothing can be worked out from: all of it or nothing
            self._database.run("ROLLBACK TO taken_in")
            self.aside.put(remote, now)
            what = "unreadable"
        self._database.run("RELEASE taken_in")
        return what

    def _judged(self, incoming: Incoming, now: datetime) -> Incoming:
        """The same case with the lines on which an older determination was put back refused as well. What was decided
        last is remembered: a signature holds for ever, and whoever may write cases may copy one.
        """
        case_id = incoming.case.case_id
        made = incoming.case.document.get("determinations") or {}
        seen = self.aside.decided(case_id)
        if not made and not seen:
            return incoming
        back = went_back(seen, made)
        gone = sorted(seen.keys() - made.keys())
        if back or gone:
            self._chain.append(
                "determination_moved", "program", now, case_id, {"put_back": sorted(back), "gone": gone}
            )
        refused = frozenset(incoming.refused) | back
        latest = newest(seen, made, frozenset(made) - refused)
        if latest != seen:
            self.aside.keep_decided(case_id, latest)
        return replace(incoming, refused=tuple(sorted(refused)))

    def _keep_new(self, incoming: Incoming, read: Case, now: datetime) -> str:
        document, case = self._as_adopted(incoming, read)
        number = self._database.run(
            "INSERT INTO cases (case_id, revision, document) VALUES (?, ?, ?)",
            (case.case_id, case.revision, pack(document)),
        )
        self._known(number, incoming, None)
        self._index.put(number, case)
        self._look_for_twins(number, document, now)
        return "changed"

    def _keep_known(
        self,
        incoming: Incoming,
        read: Case,
        number: int,
        document: Json,
        known: RemoteRow | None,
        waiting: tuple[Waiting, ...],
        now: datetime,
    ) -> str:
        theirs = incoming.case.document
        if waiting and _deleted(theirs) and not _deleted(document) and not self._only_read(waiting):
            self.deleted(number, theirs, incoming.case.update_time, known, waiting, now)
            return "changed"
        if not waiting:
            adopted, case = self._as_adopted(incoming, read)
        else:
            adopted, case = self.merged(number, incoming, known.base if known else None, waiting, now)
        self._supersede(number, WHOLE_CASE)
        self._known(number, incoming, known)
        self.put_case(number, adopted, case)
        self._look_for_twins(number, adopted, now)
        return "changed"

    def merged(
        self,
        number: int,
        incoming: Incoming,
        base: Mapping[str, Any] | None,
        waiting: tuple[Waiting, ...],
        now: datetime,
    ) -> tuple[Json, Case]:
        """The case with what waits laid over the server's version; what is left of each change is kept, and what a
        person has to settle.
        """
        theirs = self._marked(incoming)
        made = rebase(base, theirs, [one.pending for one in waiting])
        for one in waiting:
            left = made.writes[one.change.change_id]
            state = "held" if one.change.change_id in made.held else "waiting"
            self._database.run(
                "UPDATE outbox SET writes = ?, state = ? WHERE change_number = ?",
                (pack_writes(left), state, one.number),
            )
        for clash in made.clashes:
            name = _digest(incoming.case.case_id, clash.unit, incoming.case.update_time, *clash.changes)
            self._conflicts.put(name, number, clash, now)
        case_id = incoming.case.case_id
        detail: Json = {
            "revision": theirs["_meta"]["rev"],
            "changes": [one.change.change_id for one in waiting],
            "conflicts": [[str(clash.kind), clash.unit] for clash in made.clashes],
            "notes": [[note.kept, note.unit] for note in made.notes],
        }
        self._chain.append("merged", "program", now, case_id, detail)
        revision = _digest(theirs["_meta"]["rev"], *(one.change.change_id for one in waiting))
        if all(not left for left in made.writes.values()) and "unconfirmed" not in theirs:
            document = {**theirs, "_meta": {**theirs["_meta"], "rev": revision}}
            return document, case_from(document)
        return self.worked_out(made.document, revision, theirs["_meta"]["updated_at"], number)

    def deleted(
        self,
        number: int,
        theirs: Mapping[str, Any] | None,
        update_time: str,
        known: RemoteRow | None,
        waiting: tuple[Waiting, ...],
        now: datetime,
    ) -> None:
        """A case that was changed here is deleted elsewhere, or gone: both stay until a person settles it."""
        self._supersede(number, WHOLE_CASE)
        last = waiting[-1].change
        changes = tuple(one.change.change_id for one in waiting)
        base = Version(known.base if known and known.base is not None else MISSING)
        gone = Version(dict(theirs) if theirs is not None else MISSING)
        clash = Clash(
            ConflictKind.DELETED, WHOLE_CASE, base, Version(MISSING, last.by, last.at), gone, changes
        )
        self._conflicts.put(_digest(last.case_id, "deleted", update_time, *changes), number, clash, now)
        state = "deleted" if theirs is not None else "gone"
        put_remote(
            self._database,
            number,
            replace(known or RemoteRow(), update_time=update_time, state=state, tries=0, retry_at=None),
        )

    def worked_out(self, document: Json, revision: str, at: str, number: int) -> tuple[Json, Case]:
        """The document with everything derived, and where its files are."""
        for entry in document.get("documents", {}).values():
            row = self._database.one(
                "SELECT uri FROM uploads WHERE case_number = ? AND sha256 = ? AND uri <> ''",
                (number, entry["sha256"]),
            )
            if row is not None and not entry.get("uri"):
                entry["uri"] = row[0]
        if self.project is None:
            document["_meta"] = {**document.get("_meta", {}), "rev": revision, "updated_at": at}
            document["_meta"].setdefault("schema", SCHEMA)
            document["_meta"].setdefault("deleted_at", None)
            return document, case_from(document)
        return self.project(document, revision, at)

    def after(self, number: int, base: Mapping[str, Any] | None, changes: Iterable[Pending]) -> Json | None:
        """The case as some of its changes make it of the base; None when they do not make one: neither a base nor
        the change that began the case is known, as after a rescue.
        """
        changes = tuple(changes)
        last = changes[-1].change
        made = document_after(base, changes)
        try:
            return self.worked_out(made, last.change_id, to_time(last.at), number)[0]
        except _NOT_UNDERSTOOD:
            if base is not None:
                raise
            return None

    def put_case(self, number: int, document: Json, case: Case) -> None:
        self._database.run(
            "UPDATE cases SET revision = ?, document = ? WHERE number = ?",
            (case.revision, pack(document), number),
        )
        self._index.put(number, case)

    def same_revision(self, number: int, revision: str) -> None:
        """The case here is what the server has: it bears the same revision."""
        row = self._database.one("SELECT revision, document FROM cases WHERE number = ?", (number,))
        if row is not None and row[0] != revision:
            document = unpack(row[1])
            document["_meta"]["rev"] = revision
            self.put_case(number, document, case_from(document))

    def _keep_newer(self, incoming: Incoming, row: tuple[Any, ...] | None, known: RemoteRow | None) -> str:
        """A case written by a newer program is kept as it is, and not changed here."""
        remote = incoming.case
        reason: Json = {"schema": int(remote.document["_meta"]["schema"])}
        number = row[0] if row else None
        has_changes = number is not None and bool(outbox_of(self._database, number, 1))
        case = case_from(remote.document)
        if has_changes and number is not None:
            put_remote(self._database, number, replace(known or RemoteRow(), state="newer", reason=reason))
            return "changed"
        if number is None:
            number = self._database.run(
                "INSERT INTO cases (case_id, revision, document) VALUES (?, ?, ?)",
                (remote.case_id, case.revision, pack(remote.document)),
            )
            self._index.put(number, case)
        else:
            self.put_case(number, remote.document, case)
        made = RemoteRow(remote.update_time, remote.document, "newer", reason=reason)
        put_remote(self._database, number, replace(made, reviews_sent=known.reviews_sent if known else 0))
        return "changed"

    def _marked(self, incoming: Incoming) -> Json:
        """The server's document, with the determinations named that are not believed."""
        document = {name: value for name, value in incoming.case.document.items() if name != "unconfirmed"}
        made = document.get("determinations") or {}
        refused = {line: str(made[line].get("id", "")) for line in incoming.refused if line in made}
        if refused:
            document["unconfirmed"] = refused
        return document

    def _as_adopted(self, incoming: Incoming, read: Case) -> tuple[Json, Case]:
        document = self._marked(incoming)
        follows = "unconfirmed" not in document and decisions_follow(document)
        if follows or self.project is None:
            return document, read
        meta = document["_meta"]
        return self.project(unpack(pack(document)), meta["rev"], meta["updated_at"])

    def _known(self, number: int, incoming: Incoming, known: RemoteRow | None) -> None:
        base = {name: value for name, value in incoming.case.document.items() if name != "unconfirmed"}
        parked = known is not None and known.state == "parked"
        put_remote(
            self._database,
            number,
            RemoteRow(
                incoming.case.update_time,
                base,
                "parked" if parked else "known",
                reason=known.reason if known and parked else None,
                reviews_sent=known.reviews_sent if known else 0,
            ),
        )

    def _only_read(self, waiting: Iterable[Waiting]) -> bool:
        return by_machine(one.change for one in waiting)

    def _supersede(self, number: int, unit: str) -> None:
        rows = self._database.all(
            "SELECT conflict_id FROM conflicts WHERE case_number = ? AND unit = ? AND state = 'open'",
            (number, unit),
        )
        self._conflicts.close((row[0] for row in rows), "superseded")

    # The same bytes from two desks

    def _look_for_twins(self, number: int, document: Json, now: datetime) -> None:
        """Ask once whether two cases that hold the same form are one; a question that is answered elsewhere goes."""
        for asked in self._conflicts.of_file(number):
            pair = [self._document(case_id) for case_id in (asked.case_id, asked.other_case_id)]
            if any(map(_deleted, pair)) or _told_apart(*pair):
                self._conflicts.close((asked.conflict_id,), "superseded")
        if _deleted(document):
            return
        case_id = document["case_id"]
        for document_id, entry in document.get("documents", {}).items():
            if entry.get("kind", "form") != "form":
                continue
            for other_id in self._index.cases_with_content(entry["sha256"]):
                if other_id == case_id:
                    continue
                other = self._document(other_id)
                if not _twins(document_id, entry["sha256"], other) or _told_apart(document, other):
                    continue
                self._ask(document, other, now)

    def _ask(self, one: Json, other: Json, now: datetime) -> None:
        first, later = sorted((one, other), key=lambda d: (from_time(d["received_at"]), d["case_id"]))
        numbers = [
            self._database.one("SELECT number FROM cases WHERE case_id = ?", (d["case_id"],))
            for d in (first, later)
        ]
        if numbers[0] is None or numbers[1] is None:
            return
        clash = Clash(
            ConflictKind.SAME_CONTENT,
            SAME_FILE,
            Version(MISSING),
            Version(later["receipt"], "", from_time(later["received_at"])),
            Version(first["receipt"], "", from_time(first["received_at"])),
            (),
        )
        name = _digest("same", first["case_id"], later["case_id"])
        self._conflicts.put(name, int(numbers[1][0]), clash, now, other=int(numbers[0][0]))

    def _document(self, case_id: str) -> Json:
        row = self._database.one("SELECT document FROM cases WHERE case_id = ?", (case_id,))
        found: Json = unpack(row[0]) if row else {}
        return found


def _twins(document_id: str, sha256: str, other: Json) -> bool:
    """Whether another case holds the file as the same form of its package, from another arrival. A package with
    several forms becomes several cases of one arrival, each with its number behind the id of the file.
    """
    root, _, place = document_id.partition("-")
    for other_id, entry in other.get("documents", {}).items():
        other_root, _, other_place = other_id.partition("-")
        same = entry.get("sha256") == sha256 and entry.get("kind", "form") == "form"
        if same and root != other_root and place == other_place:
            return True
    return False


def _told_apart(one: Json, other: Json) -> bool:
    """Whether a person said that they are two requests."""
    return other.get("case_id") in one.get("different_from", {}) or one.get("case_id") in other.get(
        "different_from", {}
    )


def _deleted(document: Mapping[str, Any]) -> bool:
    return bool(document.get("_meta", {}).get("deleted_at"))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
