"""What was before somebody's eyes, second by second, told in batches for the receipt of the review."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

TICK_MS = 1000
BATCH = 10
"""Seconds of looking that are told together."""

InSight = Callable[[], tuple[tuple[str, int], ...]]


class Looking(QObject):
    """Asks every second which pages are in sight, and adds them up."""

    told = Signal(tuple)
    """tuple of (document id, page from 1, seconds)"""

    def __init__(self, in_sight: InSight, parent: QObject) -> None:
        super().__init__(parent)
        self._in_sight = in_sight
        self._seconds: dict[tuple[str, int], float] = {}
        self._ticks = 0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        """Nothing is in sight any more: tell what was."""
        self._timer.stop()
        self.flush()

    def tick(self) -> None:
        """A second has passed."""
        for place in self._in_sight():
            self._seconds[place] = self._seconds.get(place, 0.0) + TICK_MS / 1000
        self._ticks += 1
        if self._ticks >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Tell what was added up so far."""
        self._ticks = 0
        if self._seconds:
            told = tuple((name, page, seconds) for (name, page), seconds in self._seconds.items())
            self._seconds = {}
            self.told.emit(told)
