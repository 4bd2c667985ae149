"""Who goes first where one worker reads for several: forms before anything that can wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.services.ports import Progress, Watch

_QUIET = 1.0
"""Seconds after a form before anything else begins: the next form is often on its way from the queue."""
_TICK = 0.2


class Precedence:
    """Counts who is first in line; others wait until nobody is. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._first = 0
        self._ended = float("-inf")

    @contextmanager
    def first(self) -> Iterator[None]:
        """For the length of what goes first, from before it waits for its turn."""
        with self._changed:
            self._first += 1
        try:
            yield
        finally:
            with self._changed:
                self._first -= 1
                self._ended = time.monotonic()
                self._changed.notify_all()

    def last(self, watch: Watch | None) -> None:
        """Wait until nobody is first any more. The watch is asked meanwhile and may end the wait by raising."""
        while True:
            if watch is not None:
                watch(Progress(0, 0))
            with self._changed:
                left = self._ended + _QUIET - time.monotonic()
                if self._first == 0 and left <= 0:
                    return
                self._changed.wait(_TICK if self._first else min(_TICK, max(left, 0.001)))
