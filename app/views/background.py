"""Brings results of the lanes back to the UI thread: nothing to a destroyed or cancelled owner, exceptions always."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from app.domain.errors import Actionable
from app.services.lanes import Lanes

log = logging.getLogger(__name__)


class Task:
    """One piece of work under way. After `cancel` its result is dropped; its failure is not."""

    def __init__(
        self,
        owner: QObject,
        lane: str,
        done: Callable[[Any], None] | None,
        failed: Callable[[Actionable], None] | None,
    ) -> None:
        self.owner = owner
        self.lane = lane
        self.done = done
        self.failed = failed
        self.cancelled = False
        self.future: Future[Any] | None = None

    def cancel(self) -> None:
        """Drop the result; work that has not begun is not begun."""
        self.cancelled = True
        if self.future is not None:
            self.future.cancel()


class Background(QObject):
    """Runs functions in named lanes and calls back on the UI thread."""

    failed = Signal(object)
    """An `Actionable` that nobody asked to handle."""
    crashed = Signal(object)
    """Any other exception: a bug."""
    _call = Signal(object)

    def __init__(self, lanes: Lanes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._waiting: set[Task] = set()
        self._closed = False
        self._call.connect(self._run_call, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        owner: QObject,
        lane: str,
        function: Callable[..., Any],
        *arguments: object,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Actionable], None] | None = None,
    ) -> Task:
        """Call `function` in a lane with frozen arguments; `done` or `failed` is called on the UI thread."""
        task = Task(owner, lane, done, failed)
        if self._closed:  # the program is ending: a timer or an event came late
            task.cancelled = True
            return task
        self._waiting.add(task)
        future = self._lanes.submit(lane, function, *arguments)
        task.future = future
        future.add_done_callback(lambda finished: self.post(lambda: self._deliver(task, finished)))
        return task

    def post(self, function: Callable[[], None]) -> None:
        """Call a function on the UI thread, from any thread, in the order of the calls."""
        if isValid(self) and not self._closed:
            self._call.emit(function)

    @property
    def busy(self) -> bool:
        """Whether any work has not been delivered yet."""
        return bool(self._waiting)

    def busy_besides(self, lane: str) -> bool:
        """Whether work of any other lane has not been delivered yet."""
        return any(task.lane != lane for task in self._waiting)

    def close(self) -> None:
        """Deliver nothing any more: the program is ending, and what asked for it is going."""
        self._closed = True
        self._waiting.clear()

    def _run_call(self, function: Callable[[], None]) -> None:
        if not self._closed:
            function()

    def _deliver(self, task: Task, future: Future[Any]) -> None:
        self._waiting.discard(task)
        try:
            result = future.result()
        except CancelledError:
            return
        except Actionable as error:
            if task.failed is not None and isValid(task.owner):
                task.failed(error)
            else:
                self.failed.emit(error)
            return
        except Exception as error:  # a bug in the work: it must reach the log and the person, never vanish
            log.exception("work in the background failed")
            self.crashed.emit(error)
            if task.failed is not None and isValid(task.owner):
                task.failed(
                    Actionable(
                        "The program made a mistake here.",
                        "Your work is saved. Try again; the log has the details.",
                        code="bug",
                    )
                )
            return
        if task.done is not None and not task.cancelled and isValid(task.owner):
            task.done(result)
