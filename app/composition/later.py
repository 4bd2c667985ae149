"""Parts that are made when they are first asked for, once, whoever asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from app.services.lanes import Lanes

T = TypeVar("T")


class Later(Generic[T]):
    """A part that needs no lane to be made. Thread-safe: others wait for the first to ask."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._parts: list[T] = []

    def __call__(self) -> T:
        with self._lock:
            if not self._parts:
                self._parts.append(self._make())
            return self._parts[0]

    @property
    def made(self) -> T | None:
        """The part if somebody has asked for it."""
        return self._parts[0] if self._parts else None


class LaterInStore(Generic[T]):
    """A part that is made in the store's lane, from whichever thread it is asked for, that lane's own too."""

    def __init__(self, lanes: Lanes, make: Callable[[], T]) -> None:
        self._lanes, self._make = lanes, make
        self._parts: list[T] = []

    def __call__(self) -> T:
        if self._parts:
            return self._parts[0]
        if self._lanes.within("store"):
            return self._made()
        return self._lanes.submit("store", self._made).result()

    def _made(self) -> T:
        if not self._parts:  # one thread alone comes here: it needs no lock, and nobody can wait in a circle
            self._parts.append(self._make())
        return self._parts[0]
