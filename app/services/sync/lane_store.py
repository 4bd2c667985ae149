"""The store as the sync lane sees it: every call hops into the store's lane, where one call is one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ParamSpec, TypeVar

from app.domain.sync import Scope
from app.services.lanes import Lanes
from app.services.store.store import Store
from app.services.store.sync_row import Adopted, Due, Incoming, Link
from app.services.store.sync_shelf import SyncShelf

P = ParamSpec("P")
T = TypeVar("T")


def in_store(lanes: Lanes, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a call in the store's lane, from whatever thread."""
    if threading.current_thread().name.startswith("store_"):
        return function(*args, **kwargs)
    return lanes.submit("store", function, *args, **kwargs).result()


class LaneStore:
    """A `SyncStore` for the lane that talks to the server. Remote calls never happen in the store's lane."""

    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._sync: SyncShelf = store.sync
        self._lanes = lanes

    def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return in_store(self._lanes, function, *args, **kwargs)

    def link(self, scope: Scope) -> Link:
        return self._call(self._sync.link, scope)

    def keep_link(self, scope: Scope, link: Link) -> None:
        self._call(self._sync.keep_link, scope, link)

    def reconnected(self) -> None:
        self._call(self._sync.reconnected)

    def due(self, now: datetime, *, uploads: bool) -> Due | None:
        return self._call(self._sync.due, now, uploads=uploads)

    def wake(self, now: datetime) -> datetime | None:
        return self._call(self._sync.wake, now)

    def waits(self, case_id: str) -> tuple[str, ...]:
        return self._call(self._sync.waits, case_id)

    def acknowledge(self, due: Due, update_time: str, *, reread: bool = False) -> None:
        self._call(self._sync.acknowledge, due, update_time, reread=reread)

    def acknowledge_found(self, case_id: str, ids: Iterable[str]) -> None:
        self._call(self._sync.acknowledge_found, case_id, ids)

    def adopt(self, incoming: Iterable[Incoming], now: datetime, *, merge: bool = False) -> Adopted:
        return self._call(self._sync.adopt, incoming, now, merge=merge)

    def gone(self, case_id: str, now: datetime) -> None:
        self._call(self._sync.gone, case_id, now)

    def uploaded(self, case_id: str, sha256: str, uri: str) -> None:
        self._call(self._sync.uploaded, case_id, sha256, uri)

    def failed(self, case_id: str, retry_at: datetime) -> None:
        self._call(self._sync.failed, case_id, retry_at)

    def park(self, case_id: str, reason: str, next_step: str, code: str) -> None:
        self._call(self._sync.park, case_id, reason, next_step, code)

    def hold(self, case_id: str, by: str) -> None:
        self._call(self._sync.hold, case_id, by)

    def arrived(self, person: str) -> None:
        self._call(self._sync.arrived, person)

    def reread(self, case_id: str) -> None:
        self._call(self._sync.reread, case_id)
