"""How this desk stands with the shared queue, and what waits: told by the service behind it, shown by the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.conflict import OpenConflict, Settlement
from app.domain.errors import Actionable
from app.domain.sync import Link, SyncState, WaitingItem
from app.views.background import Background
from app.views.widgets.sync.sync_words import StateWords, state_words

GATHER_MS = 120
"""States come as fast as pushes go: the list is asked for again once they pause."""
LANE = "filing"
"""What waits for the store and never for a server: not behind a sign-in or a call that nobody answers."""
LOCAL = SyncState(Link.LOCAL)


class Syncs(Protocol):
    """What the screens need of the service that keeps this desk and the shared queue alike.

    `state` answers at once. `on_state` and `on_cases` take what is called, from any thread, with a `SyncState` and
    with the ids of cases that came from elsewhere; they return what ends it. The others may wait for the store: from
    any lane but the store's.
    """

    def state(self) -> SyncState: ...

    def on_state(self, told: Callable[[SyncState], None]) -> Callable[[], None]: ...

    def on_cases(self, told: Callable[[tuple[str, ...]], None]) -> Callable[[], None]: ...

    def waiting(self) -> tuple[WaitingItem, ...]: ...

    def conflicts(self) -> tuple[OpenConflict, ...]: ...

    def settle(self, conflict_id: str, settlement: Settlement, by: str) -> object: ...

    def retry(self, change_id: str, by: str) -> object: ...

    def give_up(self, change_id: str, by: str) -> object: ...

    def sync_now(self) -> object: ...


class SyncModel(QObject):
    """Holds the state and, while somebody looks, what waits. Without a service it is a local workspace."""

    state_changed = Signal(object, object)
    """`SyncState`, `StateWords`"""
    waiting_changed = Signal(object)
    """tuple of `WaitingItem`"""
    cases_came = Signal(object)
    """tuple of case ids that changed elsewhere and are here now"""
    conflicts_moved = Signal()
    """there are more or fewer conflicts than before"""
    refused = Signal(object)
    """`Actionable`"""

    def __init__(
        self,
        syncing: Syncs | None,
        person: Callable[[], str],
        background: Background,
        parent: QObject | None = None,
        called: Callable[[str], str] = str,
    ) -> None:
        """`called` says what a person is called."""
        super().__init__(parent)
        self.syncing = syncing
        self._called = called
        self._person = person
        self._background = background
        self._state = LOCAL
        self._most = 0
        self._watched = False
        self._under_way = False
        self._again = False
        self._endings: list[Callable[[], None]] = []
        self._gather = QTimer(self, interval=GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self._ask_waiting)

    @property
    def state(self) -> SyncState:
        return self._state

    @property
    def words(self) -> StateWords:
        """The state in words, with how far sending is since it began."""
        left = self._state.waiting + self._state.uploads
        return state_words(self._state, self._most - left, self._most)

    def start(self) -> None:
        """Listen to the service from now on."""
        syncing = self.syncing
        if syncing is None:
            self._take(LOCAL)
            return
        post = self._background.post
        self._endings = [
            syncing.on_state(lambda state: post(lambda: self._take(state))),
            syncing.on_cases(lambda ids: post(lambda: self.cases_came.emit(tuple(ids)))),
        ]
        self._take(syncing.state())

    def stop(self) -> None:
        """The window closes."""
        self._gather.stop()
        for end in self._endings:
            end()
        self._endings = []

    def watch(self, watched: bool) -> None:
        """Whether somebody looks at what waits: only then it is asked for."""
        self._watched = watched
        if watched:
            self._ask_waiting()

    def try_now(self) -> None:
        """Exchange with the shared queue at once; what was put off is tried again."""
        if self.syncing is not None:
            self._run(self.syncing.sync_now)

    def retry(self, change_id: str) -> None:
        """Send a refused change once more."""
        if self.syncing is not None:
            self._run(self.syncing.retry, change_id, self._person())

    def give_up(self, change_id: str) -> None:
        """Do not send a refused change; noted with who said so."""
        if self.syncing is not None:
            self._run(self.syncing.give_up, change_id, self._person())

    def _run(self, function: Callable[..., object], *arguments: object) -> None:
        self._background.run(
            self, LANE, function, *arguments, done=lambda _: self._gather.start(),
            failed=self.refused.emit,
        )  # fmt: skip

    def _take(self, state: SyncState) -> None:
        before, self._state = self._state, state
        left = state.waiting + state.uploads
        self._most = max(self._most, left) if left else 0
        self.state_changed.emit(state, self.words)
        if state.conflicts != before.conflicts:
            self.conflicts_moved.emit()
        if self._watched:
            self._gather.start()

    def _ask_waiting(self) -> None:
        if self.syncing is None:
            self.waiting_changed.emit(())
            return
        if self._under_way:
            self._again = True
            return
        self._under_way = True
        self._background.run(self, LANE, self.syncing.waiting, done=self._show_waiting, failed=self._failed)

    def _show_waiting(self, items: tuple[WaitingItem, ...]) -> None:
        self._under_way = False
        self.waiting_changed.emit(tuple(replace(item, by=self._called(item.by)) for item in items))
        if self._again:
            self._again = False
            self._gather.start()

    def _failed(self, error: Actionable) -> None:
        self._under_way = self._again = False
        self.refused.emit(error)
