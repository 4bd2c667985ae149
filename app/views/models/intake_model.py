"""Arrivals and their reading: files come in, get a receipt, are read one after the other in the background."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.case import Case
from app.domain.errors import Actionable, Cancelled, Conflict
from app.domain.extraction import Document, Extraction
from app.services.intake import Arrival
from app.services.ports import Progress
from app.views.background import Background
from app.workstation import Workstation

LOOK_EVERY_MS = 2000
READER = "reader"


class Reading:
    """The reading under way: which case, and whether the person stopped it."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.stopped = threading.Event()


class IntakeModel(QObject):
    """Takes files in and has them read. Facts are told in the past tense."""

    arrived = Signal(object)
    """`Arrival`"""
    refused = Signal(object)
    """`Actionable`: a file could not be taken in."""
    progress_changed = Signal(str, object)
    """case id, (page, pages) or None when it is no longer being read"""
    cases_changed = Signal(object)
    """tuple of case ids that are new or were read"""
    was_read = Signal(object)
    """`Case`: its form was read and it can be looked at"""
    others_wrote = Signal()
    """Another program wrote to the workspace."""
    idle = Signal()

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._queue: deque[str] = deque()
        self._reading: Reading | None = None
        self._arriving = 0
        self._watch = QTimer(self, interval=LOOK_EVERY_MS)
        self._watch.timeout.connect(self._look)
        self._watch.timeout.connect(self._look_at_others)

    @property
    def busy(self) -> bool:
        return bool(self._queue or self._reading or self._arriving)

    def start(self) -> None:
        """Go on with what was left unread, and watch the folder."""
        self._background.run(self, "store", self._workstation.intake.waiting, done=self._read_all)
        self._background.run(self, "store", self._workstation.texts.catch_up)
        self._watch.start()

    def stop(self) -> None:
        """Stop watching and reading; what is unread is read at the next start."""
        self._watch.stop()
        self._queue.clear()
        if self._reading:
            self._reading.stopped.set()

    def add_files(self, paths: Iterable[str | Path]) -> None:
        """Take in files; folders are taken with the files directly in them."""
        for given in map(Path, paths):
            files = sorted(p for p in given.iterdir() if p.is_file()) if given.is_dir() else [given]
            for path in files:
                self._take_in(path, watched=False)

    def read_again(self, case_id: str) -> None:
        """Read an unreadable or stopped case once more."""
        self._background.run(
            self,
            "store",
            self._workstation.intake.ask_again,
            case_id,
            self._workstation.person,
            done=self._asked_again,
        )

    def _asked_again(self, case: Case) -> None:
        self.cases_changed.emit((case.case_id,))
        self._read_all((case.case_id,))

    def cancel(self, case_id: str) -> None:
        """Stop reading a case, or take it off the list of those to be read."""
        if self._reading and self._reading.case_id == case_id:
            self._reading.stopped.set()
        elif case_id in self._queue:
            self._queue.remove(case_id)
            self._fail(case_id, _stopped())

    def _take_in(self, path: Path, *, watched: bool) -> None:
        self._arriving += 1
        self._background.run(
            self,
            "network",
            file_content,
            path,
            done=lambda content: self._arrive(path, content, watched=watched),
            failed=self._refuse,
        )

    def _arrive(self, path: Path, content: bytes, *, watched: bool) -> None:
        def taken(arrival: Arrival) -> None:
            self._arriving -= 1
            if watched:
                self._background.run(self, "network", self._workstation.watched.settle, path)
            self.arrived.emit(arrival)
            self.cases_changed.emit((arrival.case.case_id,))
            if not arrival.known and arrival.case.intake_status == "received":
                self._read_all((arrival.case.case_id,))

        self._background.run(
            self,
            "store",
            self._workstation.intake.arrive,
            content,
            path.name,
            READER if watched else self._workstation.person,  # what lay in the folder nobody handed in
            done=taken,
            failed=self._refuse,
        )

    def _refuse(self, error: Actionable) -> None:
        self._arriving -= 1
        self.refused.emit(error)

    def _look(self) -> None:
        def found(paths: tuple[Path, ...]) -> None:
            for path in paths:
                self._take_in(path, watched=True)

        if not self._arriving:
            self._background.run(self, "network", self._workstation.watched.look, done=found)

    def _look_at_others(self) -> None:
        """Another program (the command line, say) may have taken files in, or edited a case."""

        def found(moved: bool) -> None:
            if moved:
                self.others_wrote.emit()

        self._background.run(self, "store", self._workstation.store.moved, done=found)

    def _read_all(self, case_ids: Iterable[str]) -> None:
        for case_id in case_ids:
            if case_id not in self._queue and not (self._reading and self._reading.case_id == case_id):
                self._queue.append(case_id)
        self._next()

    def _next(self) -> None:
        if self._reading is not None:
            return
        if not self._queue:
            self.idle.emit()
            return
        case_id = self._queue.popleft()
        self._reading = Reading(case_id)
        self.progress_changed.emit(case_id, (0, 0))
        self._background.run(
            self,
            "store",
            self._workstation.intake.begin_reading,
            case_id,
            READER,
            done=self._process,
            failed=lambda error: self._failed(case_id, error),
        )

    def _process(self, document: Document) -> None:
        reading = self._reading
        if reading is None:
            return
        case_id = reading.case_id
        self.cases_changed.emit((case_id,))

        def watch(progress: Progress) -> None:  # runs in the reading lane
            if reading.stopped.is_set():
                raise _stopped()
            self._background.post(
                lambda: self.progress_changed.emit(case_id, (progress.done, progress.total))
            )

        self._background.run(
            self,
            "reading",
            self._workstation.backends.processor.process,
            document,
            watch,
            done=lambda extraction: self._finish(case_id, extraction),
            failed=lambda error: self._failed(case_id, error),
        )

    def _finish(self, case_id: str, extraction: Extraction) -> None:
        self._background.run(
            self,
            "store",
            self._workstation.intake.finish_reading,
            case_id,
            extraction,
            READER,
            done=self._finished,
            failed=lambda error: self._failed(case_id, error),
        )

    def _finished(self, cases: tuple[Case, ...]) -> None:
        self._done_with(cases[0].case_id, tuple(c.case_id for c in cases))
        for case in cases:
            self.was_read.emit(case)

    def _failed(self, case_id: str, error: Actionable) -> None:
        if isinstance(error, Conflict):  # somebody else reads it or has read it
            self._done_with(case_id, (case_id,))
        else:
            self._fail(case_id, error)

    def _fail(self, case_id: str, error: Actionable) -> None:
        self._background.run(
            self,
            "store",
            self._workstation.intake.fail_reading,
            case_id,
            error,
            READER,
            done=lambda _case: self._done_with(case_id, (case_id,)),
        )

    def _done_with(self, case_id: str, changed: tuple[str, ...]) -> None:
        if self._reading and self._reading.case_id == case_id:
            self._reading = None
        self.progress_changed.emit(case_id, None)
        self.cases_changed.emit(changed)
        self._next()


def _stopped() -> Cancelled:
    return Cancelled("Reading was stopped.", "Choose “Read again” to go on.", code="stopped")


def file_content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Actionable(f"“{path.name}” is not there any more.", "Add it again.", code="file_gone") from None
    except OSError as error:
        raise Actionable(
            f"“{path.name}” cannot be read: {error.strerror}.",
            "Check the file and add it again.",
            code="file_refused",
        ) from None
