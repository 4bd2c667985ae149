"""What other desks did to a case, fetched in the background beside it: opening a case never waits for it.

A version of a case is asked about once, and only for what was written since the last time. What was done here is
known here. An entry that nothing can be made of is left out, counted in the audit trail, and stops no other.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.case import Json
from app.domain.determination import determinations_made
from app.domain.errors import Actionable
from app.domain.review_record import review_from
from app.domain.sync import Receipt
from app.services.connected_access import InStore
from app.services.ports import CaseRemote
from app.services.store.past_shelf import Came, Wanted, change_of
from app.services.store.store import Store
from app.services.sync.engine import OVERLAP

LOG = logging.getLogger(__name__)
_REFUSED = (KeyError, ValueError, TypeError, AttributeError)


class Submit(Protocol):
    def __call__(self, lane: str, function: Callable[[], object], /) -> object: ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What other desks did is not all here: what they did since a time, or None for anything they did."""

    since: datetime | None

    def __str__(self) -> str:
        if self.since is None:
            return "What other desks did is not here yet: it is fetched when there is a network."
        return (
            f"What other desks did since {self.since:%Y-%m-%d %H:%M} UTC is not here yet: "
            "it is fetched when there is a network."
        )


class Pasts:
    """Fetches the histories of cases, in the lane `network`. Thread-safe.

    `keep_text` keeps a file by what is in it; `told` is called, from the lane, with a case whose history is whole now.
    """

    lane = "network"

    def __init__(
        self,
        store: Store,
        in_store: InStore,
        cases: CaseRemote,
        submit: Submit,
        now: Callable[[], datetime],
        keep_text: Callable[[bytes], object],
        told: Callable[[str], None] = lambda _case_id: None,
    ) -> None:
        self._store, self._in_store, self._cases = store, in_store, cases
        self._submit, self._now, self._keep_text, self._told = submit, now, keep_text, told
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._closed = False

    def want(self, case_id: str) -> None:
        """Have the history of a case fetched as soon as it can be. Returns at once; the same again is asked once."""
        with self._lock:
            if case_id in self._asked or self._closed:
                return
            self._asked.add(case_id)
        try:
            self._submit(self.lane, lambda: self._quietly(case_id))
        except RuntimeError:  # the lanes take no more work: the program ends
            self._forget(case_id)

    def tend(self, person: str) -> int:
        """Fetch what is missing of the open cases assigned to somebody; how many were asked about. Ends with the first
        call that is not answered: the next time goes on from there. Not in the store's lane.
        """
        done = 0
        for case_id in self._in_store(self._store.past.behind, person):
            if self._closed:
                break
            try:
                self.fetch(case_id)
            except Actionable as error:
                LOG.info("the history of a case was not fetched beforehand: %s", error.code)
                break
            done += 1
        return done

    def fetch(self, case_id: str) -> Came:
        """Fetch what is not here of a case's history. Raises what `CaseRemote` raises; not in the store's lane."""
        wanted: Wanted | None = self._in_store(self._store.past.wanted, case_id)
        if wanted is None:
            return Came()
        since = wanted.since - OVERLAP if wanted.since is not None else None
        receipts = self._cases.history(case_id, since)
        reviews = self._cases.reviews(case_id, since)
        changes = tuple(one for one in receipts if _is_change(one, case_id))
        asked = {name: body for name, body in reviews.items() if _is_review(name, body, case_id)}
        kept = {name for name, body in reviews.items() if self._is_receipt(name, body)}
        refused = len(receipts) - len(changes) + len(reviews) - len(asked) - len(kept)
        came: Came = self._in_store(self._store.past.keep, wanted, changes, asked, refused, self._now())
        self._told(case_id)  # also when nothing was new: nothing is missing any more
        return came

    def missing(self, case_id: str) -> Missing | None:
        """What is not here of a case's history, None for nothing. In the store's lane or out of it."""
        missing, since = self._in_store(self._store.past.missing_since, case_id)
        return Missing(since) if missing else None

    def close(self) -> None:
        """Begin nothing more."""
        with self._lock:
            self._closed = True

    def _quietly(self, case_id: str) -> None:
        self._forget(case_id)
        if self._closed:
            return
        try:
            self.fetch(case_id)
        except (
            Actionable
        ) as error:  # said where the history is shown; asked again when the case is opened again
            LOG.info("the history of a case was not fetched: %s", error.code)

    def _forget(self, case_id: str) -> None:
        with self._lock:
            self._asked.discard(case_id)

    def _is_receipt(self, name: str, body: object) -> bool:
        """Whether this is the text of a review receipt, which is kept under its SHA-256 as our own are."""
        from app.services.ingestion_service.determining import RECEIPT

        text = body.get("text") if isinstance(body, Mapping) else None
        if not name.startswith(RECEIPT) or not isinstance(text, str):
            return False
        content = text.encode("utf-8", "surrogatepass")
        if hashlib.sha256(content).hexdigest() != name.removeprefix(RECEIPT):
            return False
        self._keep_text(content)
        return True


def _is_change(receipt: Receipt, case_id: str) -> bool:
    try:
        change = change_of(receipt)
        determinations_made((change,))
    except _REFUSED:  # written by something else, or by somebody who means harm
        return False
    return receipt.case_id == case_id


def _is_review(name: str, body: Json, case_id: str) -> bool:
    try:
        review = review_from(body)
    except _REFUSED:
        return False
    return (review.review_id, review.case_id) == (name, case_id)
