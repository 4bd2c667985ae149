"""Leases: who has a case open. They are told, they block nobody, and without a network nothing is said.

The server's clock says when a lease ends; this desk only counts how long ago it was told, so a wrong clock here does
no harm. Everything that asks the server goes through a lane, one thing after the other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.errors import Actionable
from app.domain.sync import Lease
from app.services.ports import CaseRemote

LASTS = timedelta(minutes=10)
RENEWED_BEFORE = timedelta(minutes=2)
"""How long before its end one's own lease is renewed."""
LOOKED_AFTER = timedelta(minutes=2)
"""How old what is known of another's lease may be before it is asked for again."""

Submit = Callable[..., "Future[Any]"]


@dataclass(frozen=True, slots=True)
class _Known:
    """A lease as it was last told, and when that was by the monotonic clock."""

    lease: Lease | None
    at: float


class Leasing:
    """The leases of the cases that are open on this desk. Thread-safe; nothing in here waits for a network.

    `submit` is `Lanes.submit`; `told` is called, from the lane, with the id of a case whose lease became another's or
    nobody's. `renew` has to be called every half minute or so.
    """

    def __init__(
        self,
        remote: CaseRemote,
        submit: Submit,
        desk: str,
        now: Callable[[], datetime],
        told: Callable[[str], None] = lambda _case_id: None,
        monotonic: Callable[[], float] = time.monotonic,
        lane: str = "network",
    ) -> None:
        self._remote = remote
        self._submit = submit
        self._desk = desk
        self._now = now
        self._told = told
        self._monotonic = monotonic
        self._lane = lane
        self._lock = threading.Lock()
        self._open: dict[str, tuple[str, str]] = {}  # by case: the person and their title
        self._known: dict[str, _Known] = {}
        self._jobs: deque[tuple[str, str, Callable[[], None]]] = deque()
        self._busy = False
        self._asking = ""  # the case that the server is being asked about

    def open(self, case_id: str, by: str, title: str) -> None:
        """The case is on screen: take its lease, unless another has it. The same again changes nothing."""
        with self._lock:
            if self._open.get(case_id) == (by, title):
                return
            self._open[case_id] = (by, title)
        self._ask("take", case_id, lambda: self._take(case_id, over=False))

    def open_cases(self) -> frozenset[str]:
        """The cases that are on screen here."""
        with self._lock:
            return frozenset(self._open)

    def take_over(self, case_id: str) -> None:
        """Take the lease of a case that is open here, whoever has it. Their work still merges."""
        self._ask("take over", case_id, lambda: self._take(case_id, over=True))

    def drop(self, case_id: str) -> None:
        """The case is on screen no more."""
        with self._lock:
            known = self._known.pop(case_id, None)
            others = known is not None and known.lease is not None and not self._is_mine(known.lease)
            person = self._open.pop(case_id, None)
            taking = [job for job in self._jobs if job[1] == case_id and job[0] != "drop"]
            for job in taking:
                self._jobs.remove(job)
            # Nothing is let go of where nothing was taken: to leave another's lease alone costs the server a read.
            never = bool(taking) and known is None
            nothing = (never or others) and self._asking != case_id
        if person is not None and not nothing:
            by = person[0]
            self._ask("drop", case_id, lambda: self._remote.drop_lease(case_id, by, self._desk))

    def close(self) -> None:
        """Let go of every lease. To be called before the lanes are closed."""
        with self._lock:
            every = tuple(self._open)
        for case_id in every:
            self.drop(case_id)

    def renew(self) -> None:
        """Renew what ends within two minutes, and look again at what others have."""
        now = self._monotonic()
        with self._lock:
            due = [case_id for case_id in self._open if self._is_due(case_id, now)]
        for case_id in due:
            self._ask("take", case_id, lambda case_id=case_id: self._take(case_id, over=False))  # type: ignore[misc]

    def held(self, case_id: str) -> Lease | None:
        """The lease that another has of a case that is open here, as far as it is known; answered at once."""
        with self._lock:
            known = self._known.get(case_id)
            if known is None or self._is_mine(known.lease):
                return None
        old = self._monotonic() - known.at > LASTS.total_seconds()
        return (
            None if old else known.lease
        )  # nobody was asked for ten minutes: it has run out, or we are offline

    def _is_due(self, case_id: str, now: float) -> bool:
        known = self._known.get(case_id)
        if known is None:
            return False  # it is being asked for
        after = LASTS - RENEWED_BEFORE if self._is_mine(known.lease) else LOOKED_AFTER
        return now - known.at >= after.total_seconds()

    def _is_mine(self, lease: Lease | None) -> bool:
        return (
            lease is not None
            and lease.desk == self._desk
            and lease.by == self._open.get(lease.case_id, ("", ""))[0]
        )

    def _ask(self, what: str, case_id: str, job: Callable[[], None]) -> None:
        with self._lock:
            if any((what, case_id) == waiting[:2] for waiting in self._jobs):
                return
            self._jobs.append((what, case_id, job))
            if self._busy:
                return
            self._busy = True
        try:
            future = self._submit(self._lane, self._work)
        except RuntimeError:  # the lanes are closed: the program is ending
            return
        future.add_done_callback(_raised)

    def _work(self) -> None:
        """In the lane: everything that is to be asked, in order."""
        while True:
            with self._lock:
                self._asking = ""
                if not self._jobs:
                    self._busy = False
                    return
                _, case_id, job = self._jobs.popleft()
                self._asking = case_id
            done = False
            try:
                job()
                done = True
            except Actionable:
                self._put(
                    case_id, None
                )  # offline, signed out, refused: nothing is known, and nothing is said
                done = True
            finally:
                if not done:  # a bug: it ends this piece of work, and not all that come after
                    with self._lock:
                        self._busy, self._asking = False, ""

    def _take(self, case_id: str, *, over: bool) -> None:
        with self._lock:
            person = self._open.get(case_id)
        if person is None:
            return  # it was closed in the meantime
        wanted = Lease(case_id, *person, self._desk, self._now() + LASTS)
        self._put(case_id, self._remote.take_lease(wanted, over=over))

    def _put(self, case_id: str, lease: Lease | None) -> None:
        with self._lock:
            if case_id not in self._open:
                return
            before = self._known.get(case_id)
            self._known[case_id] = _Known(lease, self._monotonic())
            was = None if before is None or self._is_mine(before.lease) else before.lease
            now = None if self._is_mine(lease) else lease
        if (was and (was.by, was.desk)) != (now and (now.by, now.desk)):
            self._told(case_id)


def _raised(future: Future[Any]) -> None:
    """A bug in the lane reaches the log."""
    if not future.cancelled():
        future.result()
