"""Cases in review read again with the versions in force, one after the other; what people did to them stays."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable, Cancelled
from app.domain.extraction import Document, Extraction
from app.services.intake import ReadAgain
from app.services.ports import Progress
from app.views.background import Background
from app.workstation import Workstation


class AgainModel(QObject):
    """Works through a list of cases. One that cannot be read again stays as it was and is counted."""

    progress_changed = Signal(object)
    """(cases done, cases) or None when it is over"""
    cases_changed = Signal(object)
    """tuple of case ids"""
    finished = Signal(int, int)
    """how many were read again, how many stay as they were"""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._waiting: list[str] = []
        self._total = self._read = self._kept = 0
        self._stopped = threading.Event()
        self._under_way = False

    @property
    def busy(self) -> bool:
        return self._under_way

    def read_again(self, case_ids: Iterable[str]) -> None:
        """Read these cases again, after those that wait already."""
        fresh = [c for c in case_ids if c not in self._waiting]
        self._waiting += fresh
        self._total += len(fresh)
        if not self._under_way and self._waiting:
            self._stopped = threading.Event()
            self._under_way = True
            self._next()

    def stop(self) -> None:
        """Read no more of them."""
        self._stopped.set()
        self._total -= len(self._waiting)
        self._waiting.clear()

    def _next(self) -> None:
        if not self._waiting:
            read, kept = self._read, self._kept
            self._total = self._read = self._kept = 0
            self._under_way = False
            self.progress_changed.emit(None)
            self.finished.emit(read, kept)
            return
        case_id = self._waiting.pop(0)
        self.progress_changed.emit((self._read + self._kept, self._total))
        self._background.run(
            self,
            "store",
            self._workstation.intake.begin_reading_again,
            case_id,
            done=lambda document: self._process(case_id, document),
            failed=self._stays,
        )

    def _process(self, case_id: str, document: Document) -> None:
        stopped = self._stopped

        def watch(_progress: Progress) -> None:  # runs in the reading lane
            if stopped.is_set():
                raise Cancelled("Reading again was stopped.", code="stopped")

        self._background.run(
            self,
            "reading",
            self._workstation.backends.processor.process,
            document,
            watch,
            done=lambda extraction: self._finish(case_id, extraction),
            failed=self._stays,
        )

    def _finish(self, case_id: str, extraction: Extraction) -> None:
        def settled(again: ReadAgain) -> None:
            self._read += 1
            self.cases_changed.emit((again.case.case_id,))
            self._next()

        self._background.run(
            self,
            "store",
            self._workstation.intake.finish_reading_again,
            case_id,
            extraction,
            self._workstation.person,
            done=settled,
            failed=self._stays,
        )

    def _stays(self, _error: Actionable) -> None:
        self._kept += 1
        self._next()
