"""Where the store keeps what models were asked about cases, and what came back: for ever, as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from app.domain.case import Json, to_time
from app.domain.errors import NoSuchCase
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.packing import pack, plain, unpack
from app.services.store.past_shelf import PastShelf


class ReviewShelf:
    """The reviews of one workspace. Belongs to the thread of the store. Nothing is changed or removed: the database
    refuses it, and the audit trail holds a digest of each. What returns is durable.
    """

    def __init__(self, database: Database, chain: Chain, past: PastShelf) -> None:
        self._database = database
        self._chain = chain
        self._past = past

    def keep(self, case_id: str, body: Json, by: str, at: datetime) -> None:
        """Keep a review with its entry in the audit trail. The same id twice is kept once. Raises `NoSuchCase`."""
        packed = pack(body)
        detail: Json = {
            "review": body["review_id"],
            "digest": hashlib.sha256(packed).hexdigest(),
            "model": body["model"]["name"],
            "answered": not body["problem"],
        }
        with self._database.transaction():
            case = self._database.one("SELECT number FROM cases WHERE case_id = ?", (case_id,))
            if case is None:
                raise NoSuchCase(
                    "There is no such case in this workspace.",
                    "Check the receipt number, or look for it in the queue.",
                    code="no_such_case",
                )
            known = self._database.one("SELECT 1 FROM reviews WHERE review_id = ?", (str(body["review_id"]),))
            if known is not None:
                return
            self._database.run(
                "INSERT INTO reviews (review_id, case_number, body) VALUES (?, ?, ?)",
                (str(body["review_id"]), int(case[0]), packed),
            )
            self._chain.append("asked_model", by, at, case_id, detail)

    def ids(self, case_id: str) -> tuple[str, ...]:
        """The reviews of a case by their ids, newest first, those of other desks too as far as they are here; none for
        a case that is not there.
        """
        rows = self._database.all(
            "SELECT review_id FROM reviews JOIN cases ON cases.number = case_number WHERE case_id = ?"
            " ORDER BY reviews.number DESC",
            (case_id,),
        )
        own = [str(row[0]) for row in rows]
        others = list(self._past.review_ids(case_id))
        if not others:
            return tuple(own)
        made: list[str] = []
        for review_id in own:  # in the order they were kept here, whatever a clock said
            body = self.one(review_id)
            while others and body is not None and others[0][0] > str(body["at"]):
                made.append(others.pop(0)[1])
            made.append(review_id)
        return (*made, *(review_id for _, review_id in others))

    def one(self, review_id: str) -> Json | None:
        row = self._database.one("SELECT body FROM reviews WHERE review_id = ?", (review_id,))
        if row is None:
            return self._past.review(review_id)
        found: Json = unpack(row[0])
        return found


class LookShelf:
    """What people had on screen while a case was open, added up by person and page. Belongs to the store's thread.

    Written every few seconds; what counts in the end is copied into the receipt of a determination.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, case_id: str, person: str, looks: Iterable[tuple[str, int, float]], at: datetime) -> None:
        """Add (document, page, seconds) to what somebody has seen of a case. Nothing for a case that is not there."""
        moment = to_time(at)
        with self._database.transaction():
            row = self._database.one("SELECT number FROM cases WHERE case_id = ?", (case_id,))
            if row is None:
                return
            for document, page, seconds in looks:
                self._database.run(
                    "INSERT INTO looks (case_number, person, document, page, seconds, first_at, last_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_number, person, document, page) DO UPDATE"
                    " SET seconds = seconds + excluded.seconds, last_at = excluded.last_at",
                    (int(row[0]), plain(person), plain(document), page, seconds, moment, moment),
                )

    def of_case(self, case_id: str, person: str) -> tuple[tuple[str, int, float, str, str], ...]:
        """(document, page, seconds, first, last) of what somebody saw, in the order they first did."""
        rows = self._database.all(
            "SELECT looks.document, page, seconds, first_at, last_at FROM looks"
            " JOIN cases ON cases.number = case_number WHERE case_id = ? AND person = ?"
            " ORDER BY first_at, looks.number",
            (case_id, plain(person)),
        )
        return tuple((str(d), int(p), float(s), str(f), str(last)) for d, p, s, f, last in rows)
