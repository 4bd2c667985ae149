"""What people decide about what was deleted elsewhere, refused, or changed twice, as the store carries it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.domain.case import Json, case_from, to_time
from app.domain.change import Missing
from app.domain.sync import RemoteCase
from app.services.store.chain import Chain
from app.services.store.conflict_shelf import WHOLE_CASE, ConflictShelf
from app.services.store.database import Database
from app.services.store.packing import pack_writes, unpack
from app.services.store.sync_adoption import Adoption
from app.services.store.sync_row import (
    Incoming,
    RemoteRow,
    Waiting,
    case_id_of,
    drop,
    number_of,
    outbox_of,
    put_remote,
    remote_row,
)


class DecisionShelf:
    """Carries out decisions about cases that stand still. Belongs to the thread of the store."""

    def __init__(
        self, database: Database, chain: Chain, adoption: Adoption, conflicts: ConflictShelf
    ) -> None:
        self._database = database
        self._chain = chain
        self._adoption = adoption
        self._conflicts = conflicts

    def retry(self, case_id: str, by: str, now: datetime) -> None:
        """Try what was refused again."""
        with self._database.transaction():
            number = number_of(self._database, case_id)
            known = remote_row(self._database, number) or RemoteRow()
            if known.state in ("parked", "absent"):
                known = replace(known, state="known", reason=None)
            put_remote(self._database, number, replace(known, tries=0, retry_at=None))
            self._chain.append("sync_retried", by, now, case_id, {})

    def release(self, number: int) -> None:
        """Changes that no open conflict holds any more go along with what settled it; nothing of them is left."""
        held = {
            change_id
            for kept in self._conflicts.open(case_id_of(self._database, number))
            for change_id in kept.changes
        }
        for one in outbox_of(self._database, number, state="held"):
            if one.change.change_id not in held:
                self._database.run(
                    "UPDATE outbox SET state = 'waiting' WHERE change_number = ?", (one.number,)
                )

    def revived(self, case_id: str, now: datetime) -> None:
        """A case deleted elsewhere goes on: what waits is laid over the server's version of it."""
        with self._database.transaction():
            number = number_of(self._database, case_id)
            known = remote_row(self._database, number) or RemoteRow()
            kept = next((k for k in self._conflicts.open(case_id) if k.unit == WHOLE_CASE), None)
            if known.state not in ("deleted", "gone") or kept is None:
                return
            theirs = kept.theirs.value
            if known.state == "gone" or isinstance(theirs, Missing):
                put_remote(self._database, number, RemoteRow(reviews_sent=0))
                return
            alive = {name: value for name, value in theirs.items() if name != "duplicate_of"}
            alive["_meta"] = {**theirs["_meta"], "deleted_at": None}
            waiting = outbox_of(self._database, number, state="waiting")
            incoming = Incoming(RemoteCase(case_id, alive, known.update_time, now))
            document, case = self._adoption.merged(number, incoming, known.base, waiting, now)
            self._adoption.put_case(number, document, case)
            put_remote(
                self._database, number, RemoteRow(known.update_time, theirs, reviews_sent=known.reviews_sent)
            )

    def let_go(self, case_id: str, now: datetime) -> None:
        """A case deleted elsewhere is deleted here too; what waited has no effect any more."""
        with self._database.transaction():
            number = number_of(self._database, case_id)
            known = remote_row(self._database, number) or RemoteRow()
            kept = next((k for k in self._conflicts.open(case_id) if k.unit == WHOLE_CASE), None)
            if known.state not in ("deleted", "gone") or kept is None:
                return
            theirs = kept.theirs.value
            self._database.run(
                "UPDATE outbox SET state = 'waiting', writes = ? WHERE case_number = ?",
                (pack_writes(()), number),
            )
            if known.state == "gone" or isinstance(theirs, Missing):
                row = self._database.one("SELECT document FROM cases WHERE number = ?", (number,))
                document = unpack(row[0]) if row else {}
                document["_meta"]["deleted_at"] = to_time(now)
                self._database.run("DELETE FROM outbox WHERE case_number = ?", (number,))
                put_remote(self._database, number, replace(known, state="local"))
            else:
                document = theirs
                put_remote(
                    self._database,
                    number,
                    RemoteRow(known.update_time, theirs, reviews_sent=known.reviews_sent),
                )
            self._adoption.put_case(number, document, case_from(document))

    def without(self, change_id: str) -> tuple[str, Json, Json] | None:
        """The id of the case of a refused change, the case as it stands, and as it is without that change. None for a
        change that was not refused; both are the same for the one that begins a case.
        """
        row = self._database.one(
            "SELECT o.case_number FROM outbox o JOIN changes c ON c.number = o.change_number"
            " JOIN remote_cases r ON r.case_number = o.case_number WHERE c.change_id = ? AND r.state = 'parked'",
            (change_id,),
        )
        if row is None:
            return None
        number = int(row[0])
        kept = self._database.one("SELECT document FROM cases WHERE number = ?", (number,))
        document: Json = unpack(kept[0]) if kept else {}
        known = remote_row(self._database, number) or RemoteRow()
        waiting = outbox_of(self._database, number, state="waiting")
        rest = [one.pending for one in waiting if one.change.change_id != change_id]
        if self._begins(known, waiting, change_id):
            return document["case_id"], document, document
        after = self._adoption.after(number, known.base, rest) if rest else known.base
        return document["case_id"], document, after or document

    def given_up(self, number: int, change_id: str) -> None:
        """A refused change leaves the outbox by a person's decision; to be called within the transaction of what
        takes back its effect. A case that the server never had stays on this computer.
        """
        known = remote_row(self._database, number) or RemoteRow()
        if self._begins(known, outbox_of(self._database, number, 1, "waiting"), change_id):
            self._database.run("DELETE FROM outbox WHERE case_number = ?", (number,))
            put_remote(self._database, number, replace(known, state="local"))
            return
        drop(self._database, (change_id,))
        put_remote(self._database, number, replace(known, state="known", reason=None, tries=0))
        if known.base is not None and not outbox_of(self._database, number, 1, "waiting"):
            self._adoption.same_revision(number, str(known.base["_meta"]["rev"]))

    def _begins(self, known: RemoteRow, waiting: tuple[Waiting, ...], change_id: str) -> bool:
        """Whether a change is the one that begins a case which the server has never had."""
        return known.base is None and (not waiting or waiting[0].change.change_id == change_id)

    def case_of(self, change_id: str) -> str | None:
        """The case of a change that waits."""
        row = self._database.one(
            "SELECT o.case_number FROM outbox o JOIN changes c ON c.number = o.change_number WHERE c.change_id = ?",
            (change_id,),
        )
        return case_id_of(self._database, row[0]) if row else None

    def note(self, action: str, by: str, now: datetime, case_id: str, detail: Json) -> None:
        """Write into the audit trail, within the transaction of what is noted."""
        self._chain.append(action, by, now, case_id, detail)
