"""The only threads: named lanes that work goes through."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LANES = {
    "store": 1,
    "pages": 2,
    "reading": 1,
    "network": 2,
    "sync": 1,
    "filing": 1,
    "review": 2,
    "search": 1,
    "indexing": 1,
    "texts": 1,
    "fetching": 1,
}
"""How many threads each lane has. `store` has one: the store belongs to its thread, and edits keep their order."""


SWITCH_SECONDS = 0.0005
"""How long a thread that computes keeps the interpreter from another. Python's own 5 ms would be waited for
after every statement of a commit while the window paints."""


class Lanes:
    """Runs work in named lanes; a lane's threads start with its first work.

    Work of a one-thread lane runs in the order it was handed in. What has not begun can be cancelled
    through its future; what has begun ends by itself, so long work must watch for being told to stop.
    """

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._lock = threading.Lock()
        self._executors: dict[str, ThreadPoolExecutor] = {}
        self._closed = False

    def submit(self, lane: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand work to a lane. Raises `KeyError` for a lane that is not there, `RuntimeError` after `close`."""
        workers = LANES[lane]
        with self._lock:
            if self._closed:
                raise RuntimeError("the lanes are closed")
            if lane not in self._executors:
                self._executors[lane] = ThreadPoolExecutor(workers, thread_name_prefix=lane)
            return self._executors[lane].submit(function, *args, **kwargs)

    def within(self, lane: str) -> bool:
        """Whether this is called by a thread of the lane: who waits there for the lane waits for itself."""
        return threading.current_thread().name.startswith(f"{lane}_")

    def close(self) -> None:
        """Take no more work, end what waits, and return when no thread is left.

        Work in the lanes `store` and `filing` is done to the end, in its order: it is edits, and what follows
        from them. In the other lanes what has not begun is cancelled. May be called twice; not from within a lane.
        """
        with self._lock:
            self._closed = True
            executors = dict(self._executors)
        kept = [executors.pop(name) for name in ("store", "filing") if name in executors]
        for executor in executors.values():
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in executors.values():
            executor.shutdown(wait=True)
        for executor in kept:
            executor.shutdown(wait=True)
