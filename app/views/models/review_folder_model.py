"""The watched folder of clinical documents: what is put there is taken in while the window is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import Actionable
from app.services.clinical_folder import Taken
from app.views.background import Background

LOOK_MS = 3000
READER = "reader"
"""Whose act it is: what lay in the folder nobody handed in."""


class Folder(Protocol):
    """What this model asks of the folder; `look` in any lane, the others in the lane `texts`."""

    def look(self) -> tuple[Path, ...]: ...

    def take_in_file(self, path: Path, by: str) -> Taken: ...

    def resume(self) -> tuple[Taken, ...]: ...


class ReviewFolderModel(QObject):
    """Looks into the folder now and then, and takes in one file after the other."""

    came = Signal(object)
    """`Taken`"""
    refused = Signal(object)
    """`Actionable`: a file stays where it is; it is told once"""

    def __init__(self, folder: Folder, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._background = background
        self._waiting: list[Path] = []
        self._refused: set[Path] = set()
        self._busy = False
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Go on with what was cut off, and look from now on."""
        self._run(self._folder.resume, lambda _taken: None)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self._waiting.clear()

    def look(self) -> None:
        """See what is complete in the folder by now."""
        if not self._busy:
            self._background.run(self, "network", self._folder.look, done=self._found)

    def _found(self, paths: tuple[Path, ...]) -> None:
        self._refused &= set(paths)
        self._waiting += [p for p in paths if p not in self._refused and p not in self._waiting]
        self._next()

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        path = self._waiting.pop(0)

        def failed(error: Actionable) -> None:
            self._refused.add(path)
            self.refused.emit(error)

        self._run(lambda: self._folder.take_in_file(path, READER), self.came.emit, failed)

    def _run(
        self,
        work: Callable[[], object],
        done: Callable[[object], object],
        failed: Callable[[Actionable], None] | None = None,
    ) -> None:
        self._busy = True

        def ended(result: object) -> None:
            self._busy = False
            done(result)
            self._next()

        def refused(error: Actionable) -> None:
            self._busy = False
            (failed or self.refused.emit)(error)
            self._next()

        self._background.run(self, "texts", work, done=ended, failed=refused)
