"""Documents for work without a network: what is not here is fetched, what is coming is fetched beforehand.

Everything lies encrypted in the workspace's own blob folder. A file is let go of only when it can be had again.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from app.domain.errors import Actionable, Cancelled, Offline, StorageFailed, Unreadable
from app.services.change_log import utc_now
from app.services.ports import BucketRemote, Progress, Watch

if TYPE_CHECKING:
    from app.services.store.blob import BlobFolder
    from app.services.store.cache_shelf import CacheShelf

T = TypeVar("T")
LIMIT = 5 * 1024**3
"""How many bytes are kept unless somebody says otherwise."""
COMING = 20
"""Of so many cases ahead in each queue the files are fetched beforehand."""
RATE = 2_000_000
"""Bytes a second at which files are fetched beforehand: others use the line too."""
RECENT = timedelta(minutes=15)
"""What was wanted within this time stays, whatever the limit."""

_NOTED = 64
_LONGEST_REST = 20.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CacheState:
    """How much is kept at hand. `missing` of `wanted` files are not here yet; `reason` says why, in words."""

    files: int
    size: int
    limit: int
    wanted: int = 0
    missing: int = 0
    reason: str = ""


class DocumentCache:
    """Files by what is in them, wherever they are (`ports.BlobStore`). Thread-safe.

    `in_store` runs a call in the store's lane and waits for it. In the store's lane itself nothing is fetched: what is
    not here raises `Offline` at once, and is handed to `later` (a lane of its own), so that no edit waits for a
    network. `open_cases` tells what is on screen: its files stay. `rest` waits between two files that are fetched
    beforehand and says whether to go on.
    """

    def __init__(
        self,
        blobs: BlobFolder,
        shelf: CacheShelf,
        in_store: Callable[..., T],
        buckets: Callable[[], BucketRemote],
        *,
        limit: int = LIMIT,
        now: Callable[[], datetime] = utc_now,
        later: Callable[[Callable[[], object]], object] | None = None,
        rest: Callable[[float], bool] | None = None,
        coming: int = COMING,
        open_cases: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._blobs, self._shelf, self._buckets = blobs, shelf, buckets
        self._in_store: Callable[..., T] = in_store
        self._limit, self._now, self._later, self._coming = limit, now, later, coming
        self._open_cases = open_cases
        self._closed = threading.Event()
        self._rest = rest or (lambda seconds: not self._closed.wait(seconds))
        self._lock = threading.Lock()
        self._tending = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}
        self._wanted: dict[str, tuple[int, datetime]] = {}
        self._open: Counter[str] = Counter()
        self._told: CacheState | None = None

    # What a `BlobStore` promises

    def put(self, content: bytes) -> str:
        """Keep the content durably and return its name. It stays until a bucket has it too."""
        sha256 = self._blobs.put(content)
        self._want(sha256, len(content))
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content, fetched where it is not here. Raises `Offline` when that cannot be done now, `Unreadable` when
        another file came back, `StorageFailed` when no case says where the file is.
        """
        return self.fetch(sha256)

    def fetch(self, sha256: str, watch: Watch | None = None) -> bytes:
        """As `get`; the watch follows a file that comes over the network, and stops it."""
        try:
            content = self._blobs.get(sha256)
        except StorageFailed as gone:
            if gone.code not in ("blob_gone", "blob_damaged"):
                raise
            if in_store_lane():
                if self._later is not None:
                    self._later(lambda: self._beforehand(sha256))
                raise _not_here() from gone
            return self._brought(sha256, gone, watch)
        self._want(sha256, len(content))
        return content

    # What is open stays

    def opened(self, case_id: str) -> None:
        """A case is on screen: its files stay until `closed` is called as often."""
        with self._lock:
            self._open[case_id] += 1

    def closed(self, case_id: str) -> None:
        with self._lock:
            self._open[case_id] -= 1
            if self._open[case_id] <= 0:
                del self._open[case_id]

    # Beforehand, in a lane of its own

    def tend(self, person: str, watch: Watch | None = None) -> CacheState:
        """Fetch what is assigned to the person and what comes next, and let go of what is over the limit. Quiet when
        there is no network: the state says so. One at a time: a second call returns what is known. Not in the store's
        lane.
        """
        if not self._tending.acquire(blocking=False):
            return self.state()
        try:
            self._note()
            return self._tended(person, watch)
        finally:
            self._tending.release()

    def state(self) -> CacheState:
        """How much is kept, as far as it was looked at last. Not in the store's lane for the first time."""
        with self._lock:
            told = self._told
        if told is None:
            files, size = self._ask(self._shelf.total)
            told = CacheState(files, size, self.limit)
        return told

    @property
    def limit(self) -> int:
        found = self._ask(self._shelf.limit)
        return self._limit if found is None else found

    def keep_within(self, limit: int) -> None:
        """Set the limit in bytes, for this workspace on this computer. Raises `ValueError` below zero."""
        if limit < 0:
            raise ValueError("a limit is not negative")
        self._ask(self._shelf.keep_limit, limit)

    def close(self) -> None:
        """Stop what is being fetched and note what was wanted. Before the store is closed; not in its lane."""
        self._closed.set()
        self._note()

    # How it is done

    def _tended(self, person: str, watch: Watch | None) -> CacheState:
        wanted = self._ask(self._shelf.wanted, person, self._coming)
        limit, reason = self.limit, ""
        missing = [file for file in wanted if not self._blobs.holds(file.sha256)]
        fetched = 0
        for place, file in enumerate(wanted):
            if file not in missing:
                continue
            if watch is not None:
                watch(Progress(fetched, len(missing)))
            if self._closed.is_set():
                break
            before = {f.sha256 for f in wanted[:place]}
            if not self._room(limit, person, before):
                reason = "The space for documents is used up by what you work on."
                break
            try:
                content = self._brought(file.sha256, None, self._watched(watch, fetched, len(missing)))
            except (Offline, Cancelled) as error:
                reason = error.reason
                break
            except Actionable as error:
                _LOG.warning("a document could not be fetched beforehand: %s", error.code)
                reason = error.reason
                continue
            fetched += 1
            if not self._rest(min(len(content) / RATE, _LONGEST_REST)):
                break
        self._room(limit, person, {f.sha256 for f in wanted}, below=limit)
        files, size = self._ask(self._shelf.total)
        state = CacheState(files, size, limit, len(wanted), len(missing) - fetched, reason)
        with self._lock:
            self._told = state
        return state

    def _room(self, limit: int, person: str, kept: set[str], below: int | None = None) -> bool:
        """Let go of files until there is room; whether there is. `below` is what the size may come to, one less than
        the limit when a file is to be fetched.
        """
        most = limit - 1 if below is None else below
        _, size = self._ask(self._shelf.total)
        if size <= most:
            return True
        for cached in self._ask(self._shelf.oldest, self._now() - RECENT):
            if cached.sha256 in kept or cached.sha256 in self._wanted:
                continue
            if self._let_go(cached.sha256, cached.size, person):
                size -= cached.size
                if size <= most:
                    return True
        return False

    def _let_go(self, sha256: str, size: int, person: str) -> bool:
        """Remove a file from here, where its bucket says that it has it."""
        with self._lock:
            opened = set(self._open)
        opened.update(self._open_cases())
        if opened.intersection(self._ask(self._shelf.cases, sha256)):
            return False
        if not self._ask(self._shelf.may_go, sha256, person):
            return False
        try:
            stored = [self._buckets().stat(uri) for uri in self._ask(self._shelf.places, sha256)]
        except Actionable:  # cannot be asked now: it stays
            return False
        if not any(found is not None and found.size == size for found in stored):
            return False
        with self._alone(sha256):
            self._ask(self._shelf.forget, sha256)
            self._blobs.drop(sha256)
        return True

    def _brought(self, sha256: str, gone: StorageFailed | None, watch: Watch | None) -> bytes:
        """The content from a bucket, kept here from now on."""
        with self._alone(sha256):
            if self._blobs.holds(sha256) and (gone is None or gone.code == "blob_gone"):
                content = self._blobs.get(sha256)  # somebody fetched it while this waited
            else:
                content = self._from_bucket(sha256, gone, watch)
                self._blobs.put(content)
        self._want(sha256, len(content))
        self._note()
        return content

    def _from_bucket(self, sha256: str, gone: StorageFailed | None, watch: Watch | None) -> bytes:
        places = self._ask(self._shelf.places, sha256)
        if not places:
            raise gone or _not_here()
        refused: Actionable | None = None
        for uri in places:
            try:
                content = self._buckets().get(uri, watch)
            except Cancelled:
                raise
            except Offline as error:
                raise _not_here() from error
            except Actionable as error:
                refused = error
                continue
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
            _LOG.warning("a bucket returned another file than the case names")
            refused = Unreadable(
                "The document that came back is not the one that was received.",
                "Nothing of it was kept. Ask your administrator to restore it in its bucket.",
                code="other_document",
            )
        raise refused or _not_here()

    def _beforehand(self, sha256: str) -> None:
        try:
            self._brought(sha256, None, self._watched(None, 0, 1))
        except Actionable as error:
            _LOG.info("a document that was asked for is not here yet: %s", error.code)

    def _watched(self, watch: Watch | None, done: int, total: int) -> Watch:
        def follow(_progress: Progress) -> None:
            if self._closed.is_set():
                raise Cancelled("Fetching was stopped.", code="stopped")
            if watch is not None:
                watch(Progress(done, total))

        return follow

    @contextmanager
    def _alone(self, sha256: str) -> Iterator[None]:
        """One at a time for each file; who waited finds what the first one fetched."""
        with self._lock:
            lock = self._fetching.setdefault(sha256, threading.Lock())
        with lock:
            yield
        with self._lock:
            if not lock.locked():
                self._fetching.pop(sha256, None)

    def _want(self, sha256: str, size: int) -> None:
        """Remember that a file was wanted now; written to the store from time to time and not at each look."""
        with self._lock:
            self._wanted[sha256] = (size, self._now())
            full = len(self._wanted) >= _NOTED
        if full and not in_store_lane():
            self._note()

    def _note(self) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, {}
        if wanted:
            self._ask(self._shelf.note, wanted)

    def _ask(self, function: Callable[..., T], *arguments: object) -> T:
        return self._in_store(function, *arguments)  # type: ignore[return-value]


def in_store_lane() -> bool:
    """Whether this is the thread of the store: `Lanes` names its threads after their lane."""
    return threading.current_thread().name.startswith("store")


def _not_here() -> Offline:
    return Offline(
        "This document is not on this computer yet, and it cannot be fetched now.",
        "It is fetched by itself once there is a network; open it again then.",
        code="document_not_here",
    )
