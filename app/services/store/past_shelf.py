"""What other desks did to cases, as it was fetched beside them: receipts of changes, and reviews.

It stands beside what was done here and never in its place: nothing of it is undone, sent, or part of this desk's
audit trail but for the entry that says what came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import IntakeStatus, Json, ReviewStatus, from_time, to_time
from app.domain.change import Change
from app.domain.queue import OPEN
from app.domain.review_queue import OPEN_REVIEWS
from app.domain.sync import Receipt
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.packing import pack, plain, unpack, unpack_change

MOST_CASES = 200
"""Of so many cases of one person the history is fetched beforehand."""
_REFUSED = (KeyError, ValueError, TypeError, AttributeError)
_IN_INTAKE = sum(1 << order for order, status in enumerate(IntakeStatus) if status in OPEN)
_IN_REVIEW = sum(1 << order for order, status in enumerate(ReviewStatus) if status in OPEN_REVIEWS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be asked of a case: everything written since a time of the server's, None for all there is.
    `update_time` and `written_at` are of the version that is here.
    """

    case_id: str
    update_time: str
    written_at: datetime
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Came:
    """How many changes and reviews of other desks were new, and how many entries nothing could be made of."""

    changes: int = 0
    reviews: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A change with the code of the desk that made it, "" for this one."""

    change: Change
    desk: str = ""


class PastShelf:
    """The history that other desks made. Belongs to the thread of the store; what returns is durable."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    # What is to be asked

    def wanted(self, case_id: str) -> Wanted | None:
        """What to ask the server of a case; None when everything is here, and for a case it has not got."""
        row = self._database.one(
            "SELECT r.update_time, r.base, h.update_time, h.written_at FROM cases c"
            " JOIN remote_cases r ON r.case_number = c.number"
            " LEFT JOIN histories h ON h.case_number = c.number WHERE c.case_id = ?",
            (case_id,),
        )
        if row is None or not row[0] or row[1] is None or row[0] == row[2]:
            return None
        try:
            written = from_time(unpack(row[1])["_meta"]["updated_at"])
        except _REFUSED:
            return None
        return Wanted(case_id, str(row[0]), written, from_time(row[3]) if row[3] else None)

    def behind(self, person: str) -> tuple[str, ...]:
        """The open cases assigned to somebody of which something is not here yet, those that are due first first."""
        rows = self._database.all(
            "SELECT q.case_id FROM queue q JOIN remote_cases r ON r.case_number = q.number"
            " LEFT JOIN histories h ON h.case_number = q.number"
            " WHERE q.assigned_to = ? AND q.assigned_to <> '' AND r.update_time <> '' AND r.base IS NOT NULL"
            " AND h.update_time IS NOT r.update_time"
            " AND ((1 << q.status_order) & ? OR (q.review_order > 0 AND (1 << q.review_order) & ?))"
            " ORDER BY q.due_at, q.number LIMIT ?",
            (plain(person), _IN_INTAKE, _IN_REVIEW, MOST_CASES),
        )
        return tuple(str(row[0]) for row in rows)

    def missing_since(self, case_id: str) -> tuple[bool, datetime | None]:
        """Whether what other desks did is missing in part, and since when by the server's clock; None for all of it."""
        wanted = self.wanted(case_id)
        return (False, None) if wanted is None else (True, wanted.since)

    # What came

    def keep(
        self,
        wanted: Wanted,
        receipts: Iterable[Receipt],
        reviews: Mapping[str, Json],
        refused: int,
        at: datetime,
    ) -> Came:
        """Keep what the server told, each entry once; what was done here is left out. The trail says what came."""
        digest = hashlib.sha256()
        changes = asked = 0
        with self._database.transaction():
            row = self._database.one("SELECT number FROM cases WHERE case_id = ?", (wanted.case_id,))
            if row is None:
                return Came()
            number = int(row[0])
            for receipt in receipts:
                body = pack(_receipt_document(receipt))
                if self._is_here("changes", "change_id", receipt.mutation_id):
                    continue
                if self._put(
                    "past_changes", "change_id", receipt.mutation_id, number, to_time(receipt.at), body
                ):
                    digest.update(receipt.mutation_id.encode() + body)
                    changes += 1
            for review_id, review in reviews.items():
                body = pack(review)
                if self._is_here("reviews", "review_id", review_id):
                    continue
                told = str(review.get("at", ""))
                if self._put("past_reviews", "review_id", review_id, number, told, body):
                    digest.update(review_id.encode() + body)
                    asked += 1
            self._database.run(
                "INSERT INTO histories (case_number, update_time, written_at) VALUES (?, ?, ?)"
                " ON CONFLICT (case_number) DO UPDATE SET"
                " update_time = excluded.update_time, written_at = excluded.written_at",
                (number, wanted.update_time, to_time(wanted.written_at)),
            )
            if changes or asked or refused:
                detail: Json = {
                    "changes": changes, "reviews": asked, "refused": refused, "digest": digest.hexdigest(),
                }  # fmt: skip
                self._chain.append("history_fetched", "program", at, wanted.case_id, detail)
        return Came(changes, asked, refused)

    def _is_here(self, table: str, column: str, name: str) -> bool:
        found = self._database.one(f"SELECT 1 FROM {table} WHERE {column} = ?", (name,))  # noqa: S608
        return found is not None

    def _put(self, table: str, column: str, name: str, number: int, at: str, body: bytes) -> bool:
        # the names of tables and columns are this module's own
        if self._is_here(table, column, name):
            return False
        self._database.run(
            f"INSERT INTO {table} ({column}, case_number, at, body) VALUES (?, ?, ?, ?)",  # noqa: S608
            (name, number, at, body),
        )
        return True

    # What is told

    def receipts(self, case_id: str) -> tuple[Receipt, ...]:
        """What other desks did to a case, in the order of its time."""
        rows = self._database.all(
            "SELECT p.body FROM past_changes p JOIN cases c ON c.number = p.case_number WHERE c.case_id = ?"
            " ORDER BY p.at, p.number",
            (case_id,),
        )
        return tuple(_receipt_from(unpack(row[0])) for row in rows)

    def with_others(self, case_id: str, own: tuple[Change, ...]) -> tuple[Done, ...]:
        """Everything that was done to a case as far as it is known here: by time, and what was done at one desk in the
        order in which it was done there.
        """
        here = {change.change_id for change in own}
        others = [
            Done(change_of(receipt), receipt.desk)
            for receipt in self.receipts(case_id)
            if receipt.mutation_id not in here
        ]
        made: list[Done] = []
        place = 0
        for change in own:
            while place < len(others) and others[place].change.at < change.at:
                made.append(others[place])
                place += 1
            made.append(Done(change))
        return (*made, *others[place:])

    def review_ids(self, case_id: str) -> tuple[tuple[str, str], ...]:
        """The (time, id) of the reviews of a case that were made on other desks, newest first."""
        rows = self._database.all(
            "SELECT p.at, p.review_id FROM past_reviews p JOIN cases c ON c.number = p.case_number"
            " WHERE c.case_id = ? ORDER BY p.at DESC, p.number DESC",
            (case_id,),
        )
        return tuple((str(at), str(review_id)) for at, review_id in rows)

    def review(self, review_id: str) -> Json | None:
        row = self._database.one("SELECT body FROM past_reviews WHERE review_id = ?", (review_id,))
        found: Json | None = unpack(row[0]) if row else None
        return found


def change_of(receipt: Receipt) -> Change:
    """The change a receipt is of. Raises `ValueError`, or what reading it raises, for one that is none."""
    change = unpack_change(pack(receipt.body))
    if (change.change_id, change.case_id) != (receipt.mutation_id, receipt.case_id):
        raise ValueError("the receipt of another change")
    if (str(change.action), change.by) != (receipt.action, receipt.by):
        raise ValueError("a receipt that says other than its change")
    return change


def _receipt_document(receipt: Receipt) -> Json:
    return {
        "mutation_id": receipt.mutation_id,
        "case_id": receipt.case_id,
        "action": receipt.action,
        "by": receipt.by,
        "at": to_time(receipt.at),
        "desk": receipt.desk,
        "sequence": receipt.sequence,
        "previous": receipt.previous,
        "hash": receipt.hash,
        "body": receipt.body,
    }


def _receipt_from(data: Json) -> Receipt:
    return Receipt(**{**data, "at": from_time(data["at"])})
