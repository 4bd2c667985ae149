"""Following an answer that streams in from somewhere else, so that it can be stopped at any moment.

Whoever waits never blocks in a read: the reading happens in the lane `network`, and the text so far is passed on as it
grows. Stopping closes what is read from.
"""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol

from app.domain.errors import Actionable, Cancelled, Offline, Rejected
from app.services.ports import Hear

TICK_SECONDS = 0.1
"""How long after a person stops it the answer is stopped."""
TRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 20.0
LONGEST_ANSWER = 400_000
"""Characters: a server that goes on after this answers something else."""

Submit = Callable[..., "Future[Any]"]


class Pieces(Protocol):
    """An answer being read: its pieces of text in order, and a way to stop reading from outside."""

    def __iter__(self) -> Iterator[str]: ...

    def close(self) -> None: ...


class Busy(Rejected):
    """The service answers, but not now: another try may be answered. `wait` is how long it asks for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason, "Wait a little and ask again, or use the criteria engine.", code="busy")
        self.wait = wait


def follow(pieces: Pieces, submit: Submit, hear: Hear | None, quiet_seconds: float) -> str:
    """The whole answer, told piece by piece. Raises what reading raised, `Cancelled` when `hear` did, and `Offline`
    when nothing came for `quiet_seconds`.
    """
    read: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    reading = submit(_read, pieces, read)
    text, last = "", time.monotonic()
    try:
        while True:
            try:
                found = read.get(timeout=TICK_SECONDS)
            except queue.Empty:
                if hear is not None:
                    hear(text)
                if time.monotonic() - last > quiet_seconds:
                    raise Offline(
                        "The model has stopped answering.",
                        "Ask again, or use the criteria engine.",
                        code="model_silent",
                    ) from None
                continue
            if found is None:
                return text
            if isinstance(found, BaseException):
                raise found
            text, last = text + found, time.monotonic()
            if len(text) > LONGEST_ANSWER:
                raise Rejected(
                    "The model goes on without end.",
                    "Ask again, or choose another model.",
                    code="model_endless",
                )
            if hear is not None:
                hear(text)
    finally:
        reading.cancel()
        with suppress(OSError, RuntimeError):  # it may have ended or been closed meanwhile
            pieces.close()


def _read(pieces: Pieces, read: queue.SimpleQueue[str | BaseException | None]) -> None:
    try:
        for piece in pieces:
            read.put(piece)
    except BaseException as error:  # noqa: BLE001 - whatever it was is raised again where it is waited for
        read.put(error)
    else:
        read.put(None)


def persistent(
    ask: Callable[[], str],
    hear: Hear | None,
    wait: Callable[[float], None] | None = None,
    chance: Callable[[], float] = random.random,
) -> str:
    """An answer in spite of a service that is busy or out of reach for a moment: full-jitter back-off, a few tries.

    Only what failed before its first word is asked again: half an answer is told of, never pieced together.
    """
    for attempt in range(TRIES):
        try:
            return ask()
        except Cancelled:
            raise
        except Actionable as error:
            again = isinstance(error, Busy) or (
                isinstance(error, Offline) and error.code == "model_unreachable"
            )
            if not again or attempt == TRIES - 1:
                raise
            asked = error.wait if isinstance(error, Busy) and error.wait is not None else None
            bound = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
            seconds = min(asked, LONGEST_WAIT) if asked is not None else bound * chance()
            (wait or (lambda length: _wait(length, hear)))(seconds)
    raise AssertionError  # the last try returns or raises


def _wait(seconds: float, hear: Hear | None) -> None:
    """Wait, while a person can stop it."""
    nothing: queue.SimpleQueue[None] = queue.SimpleQueue()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with suppress(queue.Empty):
            nothing.get(timeout=min(TICK_SECONDS, left))
        if hear is not None:
            hear("")
