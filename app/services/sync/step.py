"""What the sync engine works with: the server, the store as it sees it, and what a step says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.case import Json
from app.domain.sync import Link as LinkState
from app.domain.sync import Scope
from app.services.ports import BucketRemote, CaseRemote
from app.services.store.sync_row import Adopted, Due, Incoming, Link

EVERYTHING = Scope("")


def _believed(_case_id: str, _line: str, _entry: Json) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Remote:
    """The server, as a desk knows it. `confirmed` says whether a determination (case id, line, entry) bears the
    service's signature; `scope` is what the desk hears of. `content` hands out a file by its SHA-256; without it, or
    without buckets, no file is brought up.
    """

    cases: CaseRemote
    buckets: BucketRemote | None = None
    confirmed: Callable[[str, str, Json], bool] = _believed
    scope: Scope = EVERYTHING
    content: Callable[[str], bytes] | None = None


class SyncStore(Protocol):
    """The store as the engine sees it: every call is one transaction. `SyncShelf` is one, in the store's thread."""

    def link(self, scope: Scope) -> Link: ...

    def keep_link(self, scope: Scope, link: Link) -> None: ...

    def reconnected(self) -> None: ...

    def due(self, now: datetime, *, uploads: bool) -> Due | None: ...

    def wake(self, now: datetime) -> datetime | None: ...

    def waits(self, case_id: str) -> tuple[str, ...]: ...

    def acknowledge(self, due: Due, update_time: str, *, reread: bool = False) -> None: ...

    def acknowledge_found(self, case_id: str, ids: Iterable[str]) -> None: ...

    def adopt(self, incoming: Iterable[Incoming], now: datetime, *, merge: bool = False) -> Adopted: ...

    def gone(self, case_id: str, now: datetime) -> None: ...

    def uploaded(self, case_id: str, sha256: str, uri: str) -> None: ...

    def failed(self, case_id: str, retry_at: datetime) -> None: ...

    def park(self, case_id: str, reason: str, next_step: str, code: str) -> None: ...

    def hold(self, case_id: str, by: str) -> None: ...

    def arrived(self, person: str) -> None: ...

    def reread(self, case_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did, and when to come back. `did` is one of polled, pushed, uploaded, reread, refused, failed,
    waiting, idle. `changed` are the cases that another desk's work changed here.
    """

    did: str
    again_at: datetime
    state: LinkState
    case_id: str = ""
    changed: tuple[str, ...] = ()
    conflicts: int = 0
    reason: str = ""
    next_step: str = ""
    code: str = ""
