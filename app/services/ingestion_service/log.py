"""The service's log: a line of JSON for each thing that happened, as Cloud Logging reads it.

Only ids, codes, numbers and times. What others put into log messages and exceptions is not written, because nobody
knows what stands in it: of those the place in the code is told, and of what kind they are.
"""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from app.domain.case import to_time

Value = str | int | float | bool | None
_FRAMES = 12


class Log:
    """Writes lines of JSON to a stream. Thread-safe. `trace` is what Cloud Logging joins the lines of a request by."""

    def __init__(self, stream: TextIO, now: Callable[[], datetime], project: str = "") -> None:
        self._stream = stream
        self._now = now
        self._project = project
        self._lock = threading.Lock()

    def info(self, event: str, trace: str = "", **values: Value) -> None:
        self._write("INFO", event, trace, values)

    def warning(self, event: str, trace: str = "", **values: Value) -> None:
        self._write("WARNING", event, trace, values)

    def error(self, event: str, trace: str = "", **values: Value) -> None:
        self._write("ERROR", event, trace, values)

    def bug(self, event: str, error: BaseException, trace: str = "", **values: Value) -> None:
        """Something that should not have been raised: its kind and the places it came through, never its words."""
        self._write("ERROR", event, trace, {**values, "raised": kind_of(error), "stack": places_of(error)})

    def _write(self, severity: str, event: str, trace: str, values: dict[str, Value]) -> None:
        line: dict[str, Value] = {
            "severity": severity,
            "time": to_time(self._now()),
            "event": event,
            "message": event,
            **values,
        }
        if trace and self._project:
            line["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        text = json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n"
        with self._lock:
            self._stream.write(text)
            self._stream.flush()


class Others(logging.Handler):
    """Brings warnings of libraries into the log, without their words."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        raised = record.exc_info[1] if record.exc_info else None
        place = f"{record.module}:{record.lineno}"
        if raised is not None:
            self._log.bug("library", raised, logger=record.name, place=place)
        elif record.levelno >= logging.ERROR:
            self._log.error("library", logger=record.name, place=place)
        else:
            self._log.warning("library", logger=record.name, place=place)


def kind_of(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def places_of(error: BaseException) -> str:
    """Where an error came through: file, line and function, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(
        f"{frame.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
        for frame in reversed(frames)
    )
