"""Where the store keeps how each case stands with the shared queue: bases, what waits, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.case import SCHEMA, Json, case_from, from_time, to_time
from app.domain.merge_unit import at
from app.domain.sync import Scope, WaitingFor, WaitingItem
from app.services.store.aside_shelf import aside_items
from app.services.store.chain import Chain
from app.services.store.conflict_shelf import ConflictShelf
from app.services.store.database import Database
from app.services.store.decision_shelf import DecisionShelf
from app.services.store.packing import to_text, unpack
from app.services.store.queue_index import QueueIndex
from app.services.store.sync_adoption import Adoption
from app.services.store.sync_row import (
    REVIEWS,
    Adopted,
    Counts,
    Due,
    Incoming,
    Link,
    RemoteRow,
    Upload,
    batch_of,
    case_id_of,
    determines,
    drop,
    link_document,
    link_from,
    number_of,
    outbox_of,
    push_of,
    put_remote,
    receipt_of,
    remote_row,
)

FAR = timedelta(minutes=2)
"""A time to try again that lies further ahead comes from a clock that was set back: it does not count."""


class SyncShelf:
    """What the sync engine keeps. Belongs to the thread of the store; each method is one transaction, and what
    returns is durable. `adoption.project` has to be set before anything is merged: it works out what follows from a
    document (`ChangeLog.projected`).
    """

    def __init__(self, database: Database, chain: Chain, index: QueueIndex, desk: Callable[[], str]) -> None:
        self._database = database
        self._chain = chain
        self._desk = desk
        self.conflicts = ConflictShelf(database)
        self.adoption = Adoption(database, chain, index, self.conflicts)
        self.decisions = DecisionShelf(database, chain, self.adoption, self.conflicts)

    # How the desk stands with the server

    def link(self, scope: Scope) -> Link:
        row = self._database.one("SELECT value FROM facts WHERE name = ?", (_fact(scope),))
        return link_from(json.loads(row[0])) if row else Link()

    def keep_link(self, scope: Scope, link: Link) -> None:
        with self._database.transaction():
            self._database.run(
                "INSERT INTO facts (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (_fact(scope), to_text(link_document(link))),
            )

    def reconnected(self) -> None:
        """The server answers again: what waits for another try goes now."""
        if self._database.one("SELECT 1 FROM remote_cases WHERE retry_at IS NOT NULL LIMIT 1") is None:
            return
        with self._database.transaction():
            self._database.run("UPDATE remote_cases SET retry_at = NULL WHERE retry_at IS NOT NULL")

    # What is next

    def due(self, now: datetime, *, uploads: bool) -> Due | None:
        """What is to be done next, oldest first; a case that waits or is refused holds no other. None for nothing."""
        moments = (to_time(now), to_time(now + FAR))
        row = self._database.one(
            "SELECT case_number FROM remote_cases r WHERE state = 'reread'"
            " AND (retry_at IS NULL OR retry_at <= ? OR retry_at > ?) LIMIT 1",
            moments,
        )
        number = row[0] if row else self._understood_by_now()
        if number is not None:
            known = remote_row(self._database, number) or RemoteRow()
            return Due(case_id_of(self._database, number), known.tries, self._desk(), reread=True)
        row = self._database.one(
            "SELECT o.case_number FROM outbox o LEFT JOIN remote_cases r ON r.case_number = o.case_number"
            " WHERE o.state = 'waiting' AND (r.state IS NULL OR r.state = 'known')"
            " AND (r.retry_at IS NULL OR r.retry_at <= ? OR r.retry_at > ?) ORDER BY o.change_number LIMIT 1",
            moments,
        )
        return self._due(int(row[0]), uploads=uploads) if row else None

    def _understood_by_now(self) -> int | None:
        """A case that a newer program wrote and that this one, which has been updated since, can read."""
        rows = self._database.all(
            "SELECT case_number, reason FROM remote_cases WHERE state = 'newer' LIMIT 100"
        )
        return next((row[0] for row in rows if unpack(row[1])["schema"] <= SCHEMA), None)

    def _due(self, number: int, *, uploads: bool) -> Due:
        row = self._database.one("SELECT case_id, document FROM cases WHERE number = ?", (number,))
        case_id, document = (str(row[0]), unpack(row[1])) if row else ("", {})
        known = remote_row(self._database, number)
        tries = known.tries if known else 0
        upload = self._upload(number, document) if uploads else None
        if upload is not None:
            return Due(case_id, tries, self._desk(), upload=upload)
        waiting = outbox_of(self._database, number, 500, "waiting")
        batch = batch_of(waiting)
        if len(batch) < len(waiting):
            pending = [one.pending for one in batch]
            document = self.adoption.after(number, known.base if known else None, pending) or document
        receipts = tuple(receipt_of(self._database, one, self._desk()) for one in batch)
        rows = self._database.all(
            "SELECT number, review_id, body FROM reviews WHERE case_number = ? AND number > ?"
            " ORDER BY number LIMIT ?",
            (number, known.reviews_sent if known else 0, REVIEWS),
        )
        reviews = {str(row[1]): unpack(row[2]) for row in rows}
        determined = any(determines(one.pending.writes) for one in batch)
        push, base = push_of(case_id, known, document, receipts, reviews, determined)
        return Due(
            case_id, tries, self._desk(), push=push, base=base, reviews=int(rows[-1][0]) if rows else 0
        )

    def _upload(self, number: int, document: Json) -> Upload | None:
        waiting = {
            row[0]
            for row in self._database.all(
                "SELECT sha256 FROM uploads WHERE case_number = ? AND state = 'waiting'", (number,)
            )
        }
        for document_id, entry in document.get("documents", {}).items():
            if entry["sha256"] in waiting and not entry.get("uri"):
                return Upload(
                    document_id, entry["sha256"], entry.get("kind", "form"), entry.get("media_type", "")
                )
        return None

    def wake(self, now: datetime) -> datetime | None:
        """When something that waits for another try is to be tried, if anything is."""
        row = self._database.one(
            "SELECT min(r.retry_at) FROM remote_cases r WHERE r.retry_at > ? AND (r.state = 'reread' OR"
            " (r.state = 'known' AND EXISTS (SELECT 1 FROM outbox o WHERE o.case_number = r.case_number)))",
            (to_time(now),),
        )
        return from_time(row[0]) if row and row[0] else None

    # What the server said

    def waits(self, case_id: str) -> tuple[str, ...]:
        """The ids of the changes of a case that wait to be sent, in order."""
        rows = self._database.all(
            "SELECT c.change_id FROM outbox o JOIN changes c ON c.number = o.change_number"
            " WHERE o.case_number = (SELECT number FROM cases WHERE case_id = ?) AND o.state = 'waiting'"
            " ORDER BY o.change_number",
            (case_id,),
        )
        return tuple(row[0] for row in rows)

    def acknowledge(self, due: Due, update_time: str, *, reread: bool = False) -> None:
        """A push was applied: its changes leave the outbox, and what it wrote is the new base. `reread` says that the
        server wrote more than was sent.
        """
        if due.push is None:
            raise ValueError("nothing was pushed")
        ids = tuple(receipt.mutation_id for receipt in due.push.receipts)
        with self._database.transaction():
            number = number_of(self._database, due.case_id)
            drop(self._database, ids)
            known = remote_row(self._database, number) or RemoteRow()
            made = RemoteRow(
                "" if reread else update_time,
                due.base,
                "reread" if reread else "known",
                reviews_sent=max(known.reviews_sent, due.reviews),
            )
            put_remote(self._database, number, made)
            self._history_goes_on(number, due.push.base, update_time)
            if not outbox_of(self._database, number, 1, "waiting"):
                self.adoption.same_revision(number, ids[-1])

    def _history_goes_on(self, number: int, base: str | None, update_time: str) -> None:
        """A push is applied to the very version it was made on: nobody else did anything in between, and a history
        that was whole still is. One begun here is.
        """
        if base is None:
            self._database.run(
                "INSERT OR IGNORE INTO histories (case_number, update_time) VALUES (?, ?)",
                (number, update_time),
            )
        else:
            self._database.run(
                "UPDATE histories SET update_time = ? WHERE case_number = ? AND update_time = ?",
                (update_time, number, base),
            )

    def acknowledge_found(self, case_id: str, ids: Iterable[str]) -> None:
        """Changes of an earlier try are there: what they did is part of the base, and the case is to be read again."""
        found = set(ids)
        with self._database.transaction():
            number = number_of(self._database, case_id)
            known = remote_row(self._database, number) or RemoteRow()
            applied = [
                one.pending for one in outbox_of(self._database, number) if one.change.change_id in found
            ]
            if not applied:
                return
            base = self.adoption.after(number, known.base, applied)
            if base is not None:
                before: Json = known.base or base
                base["_meta"] = {**before["_meta"], "rev": applied[-1].change.change_id}
            drop(self._database, found)
            put_remote(
                self._database,
                number,
                replace(known, update_time="", base=base, state="reread", retry_at=None),
            )

    def adopt(self, incoming: Iterable[Incoming], now: datetime, *, merge: bool = False) -> Adopted:
        """Take in cases as the server has them. `merge` says that what waits here has been asked about."""
        changed: list[str] = []
        doubtful: list[str] = []
        aside: list[str] = []
        with self._database.transaction():
            before = self.conflicts.count()
            for one in incoming:
                what = self.adoption.take_in(one, now, merge=merge)
                if what == "changed":
                    changed.append(one.case.case_id)
                elif what == "doubtful":
                    doubtful.append(one.case.case_id)
                elif what == "unreadable":
                    aside.append(one.case.case_id)
            asked = self.conflicts.count() - before
            return Adopted(tuple(changed), tuple(doubtful), asked, tuple(aside))

    def gone(self, case_id: str, now: datetime) -> None:
        """The server has no such case any more: what waits for it is in conflict with that."""
        with self._database.transaction():
            number = number_of(self._database, case_id)
            waiting = outbox_of(self._database, number, state="waiting")
            if waiting:
                known = remote_row(self._database, number)
                self.adoption.deleted(number, None, "", known, waiting, now)

    def uploaded(self, case_id: str, sha256: str, uri: str) -> None:
        """A file is in its bucket: the case says where."""
        with self._database.transaction():
            number = number_of(self._database, case_id)
            self._database.run(
                "UPDATE uploads SET state = 'there', uri = ? WHERE case_number = ? AND sha256 = ?",
                (uri, number, sha256),
            )
            row = self._database.one("SELECT document FROM cases WHERE number = ?", (number,))
            if row is None:
                return
            document = unpack(row[0])
            for entry in document.get("documents", {}).values():
                if entry["sha256"] == sha256 and not entry.get("uri"):
                    entry["uri"] = uri
            self.adoption.put_case(number, document, case_from(document))

    def failed(self, case_id: str, retry_at: datetime) -> None:
        """Nothing was answered: it may have been applied or not, and is tried again with the same ids."""
        self._put_state(
            case_id, lambda known: replace(known, tries=known.tries + 1, retry_at=to_time(retry_at))
        )

    def park(self, case_id: str, reason: str, next_step: str, code: str) -> None:
        """The server refused: what waits of this case stays until a person says what becomes of it."""
        said: Json = {"reason": reason, "next_step": next_step, "code": code}
        self._put_state(case_id, lambda known: replace(known, state="parked", reason=said, retry_at=None))

    def hold(self, case_id: str, by: str) -> None:
        """What waits of this case is its author's to send: it stays until they sign in at this desk."""
        said: Json = {"by": by}
        self._put_state(case_id, lambda known: replace(known, state="absent", reason=said, retry_at=None))

    def arrived(self, person: str) -> None:
        """Somebody is signed in: what waited for them goes."""
        rows = self._database.all("SELECT case_number, reason FROM remote_cases WHERE state = 'absent'")
        found = [row[0] for row in rows if unpack(row[1])["by"].casefold() == person.casefold()]
        if found:
            with self._database.transaction():
                for number in found:
                    known = remote_row(self._database, number) or RemoteRow()
                    put_remote(self._database, number, replace(known, state="known", reason=None))

    def reread(self, case_id: str) -> None:
        """The server's version is to be read again before anything else is done to the case."""
        self._put_state(case_id, lambda known: replace(known, state="reread", update_time=""))

    def _put_state(self, case_id: str, change: Callable[[RemoteRow], RemoteRow]) -> None:
        with self._database.transaction():
            number = number_of(self._database, case_id)
            put_remote(self._database, number, change(remote_row(self._database, number) or RemoteRow()))

    def retry(self, case_id: str, by: str, now: datetime) -> None:
        """Try what was refused again."""
        self.decisions.retry(case_id, by, now)

    # What is told

    def made_here(self, case_id: str) -> bool:
        """Whether anything was done to a case at this desk: what came from another is that desk's to read."""
        row = self._database.one(
            "SELECT 1 FROM changes WHERE case_number = (SELECT number FROM cases WHERE case_id = ?) LIMIT 1",
            (case_id,),
        )
        return row is not None

    def counts(self) -> Counts:
        def one(sql: str) -> int:
            row = self._database.one(sql)
            return int(row[0]) if row else 0

        return Counts(
            one("SELECT count(*) FROM outbox"),
            one(
                "SELECT count(*) FROM remote_cases r JOIN outbox o ON o.case_number = r.case_number"
                " WHERE r.state = 'parked'"
            ),
            self.conflicts.count(),
            one(
                "SELECT count(*) FROM uploads u WHERE u.state = 'waiting'"
                " AND EXISTS (SELECT 1 FROM outbox o WHERE o.case_number = u.case_number)"
            ),
        )

    def waiting(self, link: Link, limit: int = 1000) -> tuple[WaitingItem, ...]:
        """What has not reached the server, oldest first, and why."""
        rows = self._database.all(
            "SELECT o.case_number, o.state, c.body, q.receipt, q.patient FROM outbox o"
            " JOIN changes c ON c.number = o.change_number LEFT JOIN queue q ON q.number = o.case_number"
            " ORDER BY o.change_number LIMIT ?",
            (limit,),
        )
        cases: dict[int, tuple[RemoteRow, bool]] = {}
        found = []
        for number, state, body, receipt, patient in rows:
            if number not in cases:
                uploading = self._database.one(
                    "SELECT 1 FROM uploads WHERE case_number = ? AND state = 'waiting'", (number,)
                )
                cases[number] = (remote_row(self._database, number) or RemoteRow(), uploading is not None)
            known, uploading_first = cases[number]
            found.append(
                _item(unpack(body), state, known, uploading_first, link, receipt or "", patient or "")
            )
        return (*found, *aside_items(self.adoption.aside))

    def value_at(self, case_id: str, unit: str) -> Any:
        """What stands at a unit of a case by now, `MISSING` for nothing."""
        row = self._database.one("SELECT document FROM cases WHERE case_id = ?", (case_id,))
        return at(unpack(row[0]) if row else {}, tuple(unit.split(".")))


def _item(
    change: Json, state: str, known: RemoteRow, uploading: bool, link: Link, receipt: str, patient: str
) -> WaitingItem:
    if state == "held" or known.state in ("deleted", "gone"):
        why = WaitingFor.PERSON
    elif known.state in ("parked", "newer"):
        why = WaitingFor.REFUSED
    elif link.sign_in or known.state == "absent":
        why = WaitingFor.SIGN_IN
    elif link.tries or known.retry_at:
        why = WaitingFor.NETWORK
    elif uploading:
        why = WaitingFor.UPLOAD
    else:
        why = WaitingFor.TURN
    return WaitingItem(
        change["change_id"],
        change["case_id"],
        receipt,
        patient,
        change["action"],
        change["by"],
        from_time(change["at"]),
        why,
        known.tries,
        from_time(known.retry_at) if known.retry_at else None,
        *_words(known),
    )


def _words(known: RemoteRow) -> tuple[str, str]:
    """Why something stands still and what to do about it; empty where it goes by itself."""
    reason = known.reason or {}
    if known.state == "newer":
        return "A newer Countersign has changed this case.", "Install the newer version on this computer."
    if known.state == "absent":
        return f"It waits for {reason['by']} to sign in: a determination is its author's to send.", ""
    if known.state == "parked":
        return str(reason.get("reason", "")), str(reason.get("next_step", ""))
    return "", ""


def _fact(scope: Scope) -> str:
    return f"sync:{scope.person}:{','.join(map(str, scope.shards))}"
