"""Syncing: the desk and the queue that desks share, kept alike in the background, and what a screen is told of it."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from app.domain.case import Case
from app.domain.conflict import OpenConflict, Settlement
from app.domain.errors import Actionable
from app.domain.sync import Link as LinkState
from app.domain.sync import RemoteCase, Scope, SyncState, WaitingItem
from app.services.change_log import ChangeLog, Stored, utc_now
from app.services.lanes import Lanes
from app.services.store.sync_row import Counts, Link
from app.services.sync import settling
from app.services.sync.engine import POLL, Heard, sync_once
from app.services.sync.lane_store import LaneStore, in_store
from app.services.sync.step import Remote, Step

T = TypeVar("T")
LOG = logging.getLogger(__name__)
_LISTENED = timedelta(minutes=30)
"""After so long a listener is started anew: one that has fallen silent says nothing of it."""
_LATER = timedelta(minutes=1)
_GATHERED = 0.25
"""Seconds that news are gathered for before they are asked for: one change may be told many times."""
PACE = 1.0
"""Seconds between what is done here one after the other and its sending: what comes sooner goes together. A server
takes one write a second of a document, and every desk that hears of a case pays for each.
"""


@dataclass(slots=True)
class _Ear:
    """The listener that is open, and since when."""

    end: Callable[[], None]
    since: datetime
    scope: Scope

    def heard(self) -> tuple[RemoteCase, ...] | None:
        """What it brought; None where it says only that there is something."""
        heard: Heard | None = getattr(self.end, "heard", None)
        return None if heard is None else heard()

    def well(self, now: datetime, scope: Scope) -> bool:
        fresh = self.since <= now < self.since + _LISTENED
        return fresh and scope == self.scope and bool(getattr(self.end, "alive", True))


class Syncing:
    """Keeps this desk and the shared queue alike, in the lane `sync`. Thread-safe.

    `stored` is to be called with every change that was stored (`ChangeLog.told`). Nothing in a window waits for it
    but `waiting`, `conflicts`, `settle`, `retry` and `give_up`, which wait for the store, never for the server.
    """

    def __init__(
        self,
        changes: ChangeLog,
        lanes: Lanes,
        remote: Remote,
        *,
        now: Callable[[], datetime] = utc_now,
        chance: random.Random | None = None,
    ) -> None:
        self._changes = changes
        self._lanes = lanes
        self._remote = remote
        self._now = now
        self._chance = chance or random.Random()  # noqa: S311 - spreads desks, hides nothing
        self._store = LaneStore(changes.store, lanes)
        self._turn = threading.Condition()
        self._woken = False
        self._poked = False
        self._asked = False  # somebody wants to know, and no listener alone
        self._paced = 0.0  # when what was done here was last sent off, by the monotonic clock
        self._edits = 0  # changes stored here, counted in the store's lane
        self._ended = False
        self._paused = False
        self._running: Future[None] | None = None
        self._ear: _Ear | None = None
        self._state = SyncState(LinkState.OFFLINE)
        self._on_state: list[Callable[[SyncState], None]] = []
        self._on_cases: list[Callable[[tuple[str, ...]], None]] = []
        changes.store.sync.adoption.project = changes.projected

    # The life of it

    def start(self) -> None:
        """Begin; once. Returns at once."""
        with self._turn:
            if self._running is None and not self._ended:
                self._running = self._lanes.submit("sync", self._run)

    def close(self) -> None:
        """End, and return when nothing is under way any more: at most what one call of the server takes. Not from
        the store's lane. May be called twice.
        """
        with self._turn:
            self._ended = True
            running = self._running
            self._turn.notify_all()
        if running is not None and not running.cancel():
            running.result()
        self._listen(wanted=False)

    def stored(self, _stored: Stored | None = None) -> None:
        """A change was stored: it goes as soon as it can. From here on nothing says any more that all was sent."""
        self._edits += 1
        state = self._state
        if state.link is LinkState.SYNCED:
            self._tell(replace(state, link=LinkState.SENDING, waiting=state.waiting + 1))
        self._wake()

    def poke(self) -> None:
        """Something may have changed at the server. From any thread, as often as it likes."""
        self._wake(poked=True, asked=True)

    def sync_now(self) -> None:
        """Send and fetch now, whatever waits for another try."""
        with self._turn:
            self._paused = False
        self._wake(poked=True, asked=True)

    def hear_of(self, scope: Scope) -> None:
        """Hear of other cases from now on: somebody else is signed in. The same scope changes nothing."""
        with self._turn:
            if scope == self._remote.scope:
                return
            self._remote = replace(self._remote, scope=scope)
        self._wake(poked=True, asked=True)

    def pause(self) -> None:
        """Send and fetch nothing until `resume`: somebody is signing in or out."""
        with self._turn:
            self._paused = True

    def resume(self) -> None:
        self.sync_now()

    def _wake(self, *, poked: bool = False, asked: bool = False) -> None:
        with self._turn:
            self._woken = True
            self._poked = self._poked or poked
            self._asked = self._asked or asked
            self._turn.notify_all()

    def _rung(self) -> None:
        """The listener has something."""
        self._wake(poked=True)

    def _run(self) -> None:
        """The driver: one step after another, asleep until the next is due or something happens."""
        poked, heard, begun = False, None, False
        while not self._ended:
            try:
                if not begun:
                    begun = True
                    self._tell(self._refreshed(None))
                if not self._awake():
                    return
                step = sync_once(self._store, self._remote, self._now, self._chance, poked=poked, heard=heard)
                self._told(step)
            except Exception:  # a bug must not end syncing for good: it is logged, told, and tried again
                if self._ended or self._closing():
                    return
                LOG.exception("a step of syncing failed")
                step = Step(
                    "failed", self._now() + _LATER, LinkState.STOPPED, reason=_BROKEN, next_step=_AGAIN
                )
                self._tell(
                    replace(self._state, link=step.state, reason=step.reason, next_step=step.next_step)
                )
            poked, heard = self._sleep(step)

    def _closing(self) -> bool:
        """Whether the lanes take no more work: the program ends."""
        try:
            self._lanes.submit("store", int).result()
        except (CancelledError, RuntimeError):
            return True
        return False

    def _awake(self) -> bool:
        """Wait while it is paused; False when it has ended."""
        with self._turn:
            self._turn.wait_for(lambda: self._ended or not self._paused)
            return not self._ended

    def _sleep(self, step: Step) -> tuple[bool, Heard | None]:
        """Sleep until the step asked to be followed. Whether something may have changed at the server, and who has it
        at hand when nobody but the listener says so.
        """
        seconds = min((step.again_at - self._now()).total_seconds(), POLL.total_seconds())
        with self._turn:
            if seconds > 0:
                self._turn.wait_for(lambda: self._woken or self._ended, seconds)
                if self._poked and not self._ended:
                    self._turn.wait_for(lambda: self._ended, _GATHERED)
                elif self._woken:
                    left = self._paced + PACE - time.monotonic()
                    self._turn.wait_for(lambda: self._ended or self._asked, max(0.0, left))
                    self._paced = time.monotonic()
            heard = self._ear.heard if self._ear is not None and not self._asked else None
            poked, self._woken, self._poked, self._asked = self._poked, False, False, False
        return poked, heard

    # What is told

    def state(self) -> SyncState:
        """How the desk stands with the queue; from memory, at once."""
        return self._state

    def on_state(self, callback: Callable[[SyncState], None]) -> Callable[[], None]:
        """Have every new state told, from the sync lane; returns what ends it."""
        self._on_state.append(callback)
        return lambda: _forget(self._on_state, callback)

    def on_cases(self, callback: Callable[[tuple[str, ...]], None]) -> Callable[[], None]:
        """Have the ids of cases told that other desks changed, once they are here; returns what ends it."""
        self._on_cases.append(callback)
        return lambda: _forget(self._on_cases, callback)

    def tell(self, case_ids: tuple[str, ...]) -> None:
        """More is known of these cases than before: whoever shows them looks again. From any thread."""
        for callback in tuple(self._on_cases):
            callback(case_ids)

    def _told(self, step: Step) -> None:
        self._listen(wanted=step.state in (LinkState.SYNCED, LinkState.SENDING))
        self._tell(self._refreshed(step))
        if step.changed:
            self.tell(step.changed)

    def _refreshed(self, step: Step | None) -> SyncState:
        sync = self._changes.store.sync

        def read() -> tuple[Counts, Link, int]:
            return sync.counts(), sync.link(self._remote.scope), self._edits

        counts, link, edits = in_store(self._lanes, read)
        state = LinkState.SENDING if step is None else step.state
        since = self._edits - edits  # stored while this was counted
        if state is LinkState.SYNCED and step is not None and (since or step.did != "idle"):
            state = LinkState.SENDING
        return SyncState(
            state,
            counts.waiting + since,
            counts.parked,
            counts.conflicts,
            counts.uploads,
            link.synced_at,
            link.retry_at,
            (step.reason if step else "") or link.reason,
            (step.next_step if step else "") or link.next_step,
            (step.code if step else "") or link.code,
        )

    def _tell(self, state: SyncState) -> None:
        if state != self._state:
            self._state = state
            for callback in tuple(self._on_state):
                callback(state)

    def _listen(self, *, wanted: bool) -> None:
        """Have one listener while the server answers; one that has ended or may have fallen silent is started anew."""
        now, scope = self._now(), self._remote.scope
        wanted = wanted and not self._ended
        if self._ear is not None and not (wanted and self._ear.well(now, scope)):
            ended, self._ear = self._ear, None
            ended.end()
        if wanted and self._ear is None:
            try:
                self._ear = _Ear(self._remote.cases.listen(scope, self._rung), now, scope)
            except Actionable:  # the poll finds what it would have told
                self._ear = None

    def waiting(self) -> tuple[WaitingItem, ...]:
        """What has not reached the server, oldest first, and why."""
        sync = self._changes.store.sync
        return in_store(self._lanes, lambda: sync.waiting(sync.link(self._remote.scope)))

    def conflicts(self, case_id: str = "") -> tuple[OpenConflict, ...]:
        """What a person has to settle, of one case or of all, oldest first."""
        return in_store(self._lanes, settling.open_conflicts, self._changes, case_id)

    # What people say

    def settle(self, conflict_id: str, settlement: Settlement, by: str) -> Case:
        """Settle a conflict. Durable when it returns. Raises `Rejected` when it cannot be settled so."""
        case = in_store(self._lanes, settling.settle, self._changes, conflict_id, settlement, by)
        self._decided((case.case_id,))
        return case

    def retry(self, change_id: str, by: str = "") -> None:
        """Try what was refused again, with the other changes of its case."""
        in_store(self._lanes, settling.retry, self._changes, change_id, by)
        self._decided(())

    def give_up(self, change_id: str, by: str) -> Case:
        """Give up what was refused: its effect is taken back on this desk, and it stays in the history."""
        case = in_store(self._lanes, settling.give_up, self._changes, change_id, by)
        self._decided((case.case_id,))
        return case

    def _decided(self, case_ids: tuple[str, ...]) -> None:
        self._wake()
        if case_ids:
            self.tell(case_ids)


_BROKEN = "Sending and fetching has stopped: something unexpected happened."
_AGAIN = "What is entered is kept on this computer. Start the program again."


def _forget(callbacks: list[Callable[[T], None]], callback: Callable[[T], None]) -> None:
    if callback in callbacks:
        callbacks.remove(callback)
