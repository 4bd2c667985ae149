"""The parent's side of a worker: started, asked with a time limit, and killed when it does not answer."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.services.document_worker import wire

_POSIX = os.name == "posix"
_TICK = 0.2
_MOST_LEFT_OUT = 5
"""Pages of one file that may cost two workers each before the file is given up."""
_KEPT = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "WINDIR", "LD_LIBRARY_PATH",
    "COVERAGE_PROCESS_START",
)  # fmt: skip
"""The variables a worker inherits: no key, no token, no path of a passphrase."""


class WorkerGone(Exception):
    """The worker died, hung or spoke nonsense; it is not running any more. `why` is `died`, `late` or `wrong`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the document worker is gone: {why}")
        self.why = why


class LostPages:
    """Which pages of a file cost a worker. A page is read once more; one that costs a second worker is
    left out, so that the other pages of the file survive.

    What a worker reports names the page it is at: with k pages done it reads page k + 1.
    """

    def __init__(self) -> None:
        self.left_out: list[int] = []
        self._losses: dict[int, int] = {}
        self._at = (0, 0)

    def following(self, progress: Callable[[int, int], None] | None) -> Callable[[int, int], None]:
        """`progress`, listened to."""
        self._at = (0, 0)

        def told(done: int, total: int) -> None:
            self._at = (done, total)
            if progress is not None:
                progress(done, total)

        return told

    def again(self) -> bool:
        """Whether the file is worth another worker after one was lost over it."""
        done, total = self._at
        page = done + 1 if done < total else 0  # 0: over the file as a whole
        self._losses[page] = self._losses.get(page, 0) + 1
        if self._losses[page] < 2:
            return True
        if page == 0 or len(self.left_out) >= _MOST_LEFT_OUT:
            return False
        self.left_out.append(page)
        return len(self.left_out) < total


class WorkerProcess:
    """One worker and the pipes to it. Calls from several threads are answered in turn.

    `role` is `pages` or `reader`. The process starts with the object; its imports go on while the
    caller does other things.
    """

    def __init__(self, role: str) -> None:
        self._lock = threading.RLock()
        lifeline, self._held = os.pipe() if _POSIX else (-1, -1)
        extra = ["--lifeline", str(lifeline)] if _POSIX else []
        try:
            self._process = subprocess.Popen(
                [*_command(role), *extra],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("COUNTERSIGN_WORKER_STDERR") else subprocess.DEVNULL,
                env=_environment(),
                bufsize=0,
                pass_fds=(lifeline,) if _POSIX else (),
                # Ctrl+C in a terminal is for the program; it ends its workers itself.
                start_new_session=_POSIX,
                creationflags=0 if _POSIX else getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            if _POSIX:
                os.close(self._held)
            raise
        finally:
            if _POSIX:
                os.close(lifeline)
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerGone("died")
        self._in, self._out = self._process.stdin, self._process.stdout
        if _POSIX:
            os.set_blocking(self._in.fileno(), False)
            os.set_blocking(self._out.fileno(), False)
        self._count = 0
        self._closed = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return not self._closed and self._process.poll() is None

    def call(
        self,
        call: str,
        arguments: Mapping[str, Any] | None = None,
        payload: bytes = b"",
        *,
        seconds: float,
        progress: Callable[[int, int], None] | None = None,
    ) -> wire.Frame:
        """Ask and wait for the answer: at most `seconds`, counted anew from each sign of progress.

        `progress` is called with (done, total) at each report and every fifth of a second in between;
        an exception of it ends the worker and goes on to the caller. Raises `Unreadable` with the
        worker's own words, `WorkerGone` when there is no worker any more.
        """
        with self._lock:
            if not self.running:
                self.kill()
                raise WorkerGone("died")
            self._count += 1
            seen = [(0, 0)]
            tick = (lambda: progress(*seen[-1])) if progress else None
            deadline = _Deadline(seconds, self._process)
            try:
                self._write(
                    wire.encoded({"id": self._count, "call": call, **(arguments or {})}, payload), deadline
                )
                while True:
                    frame = self._read(deadline, tick)
                    if frame.header.get("id") != self._count:
                        raise wire.BadFrame("an answer to something else")
                    if "progress" not in frame.header:
                        break
                    seen[0] = _pair(frame.header["progress"])
                    deadline.again()
                    if tick:
                        tick()
            except (wire.BadFrame, OSError) as error:
                late = deadline.passed
                self.kill()
                raise WorkerGone(
                    "late" if late else "wrong" if isinstance(error, wire.BadFrame) else "died"
                ) from error
            except BaseException:
                # A cancelled call leaves an answer on its way: this worker cannot be asked again.
                self.kill()
                raise
            finally:
                deadline.over()
            error_words = frame.header.get("error")
            if error_words is not None:
                raise _unreadable(error_words)
            return frame

    def kill(self) -> None:
        """End the process now; nothing of it is left when this returns."""
        with contextlib.suppress(OSError):
            self._process.kill()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for pipe in (self._in, self._out):
                with contextlib.suppress(OSError):
                    pipe.close()
            if _POSIX:
                with contextlib.suppress(OSError):
                    os.close(self._held)
            self._process.wait()

    def _write(self, pieces: tuple[bytes, ...], deadline: _Deadline) -> None:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                if _POSIX:
                    _wait(self._in.fileno(), deadline, writing=True)
                try:
                    sent = os.write(self._in.fileno(), rest[: 1 << 20])
                except BlockingIOError:
                    continue
                rest = rest[sent:]

    def _read(self, deadline: _Deadline, tick: Callable[[], None] | None) -> wire.Frame:
        header, payload = wire.lengths(self._exactly(wire.HEAD_SIZE, deadline, tick))
        return wire.decoded(self._exactly(header, deadline, tick), self._exactly(payload, deadline, tick))

    def _exactly(self, size: int, deadline: _Deadline, tick: Callable[[], None] | None) -> bytes:
        received = bytearray()
        while len(received) < size:
            if _POSIX:
                _wait(self._out.fileno(), deadline, writing=False, tick=tick)
            try:
                piece = os.read(self._out.fileno(), min(1 << 20, size - len(received)))
            except BlockingIOError:
                continue
            if not piece:
                raise BrokenPipeError("the worker closed its pipe")
            received += piece
        return bytes(received)


class _Deadline:
    """The moment a call is given up. Where pipes cannot be polled (Windows) a timer kills the worker then."""

    def __init__(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self._seconds = seconds
        self._process = process
        self._timer: threading.Timer | None = None
        self._fired = False
        self._at = 0.0
        self.again()

    def again(self) -> None:
        self._at = time.monotonic() + self._seconds
        if not _POSIX:
            self.over()
            self._timer = threading.Timer(self._seconds, self._fire)
            self._timer.daemon = True
            self._timer.start()

    @property
    def left(self) -> float:
        return self._at - time.monotonic()

    @property
    def passed(self) -> bool:
        return self._fired or self.left <= 0

    def over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._fired = True
        self._process.kill()


def _wait(
    descriptor: int, deadline: _Deadline, *, writing: bool, tick: Callable[[], None] | None = None
) -> None:
    import select  # its poll is POSIX only

    poll = select.poll()
    poll.register(descriptor, select.POLLOUT if writing else select.POLLIN)
    while True:
        left = deadline.left
        if left <= 0:
            raise TimeoutError("the worker did not answer in time")
        if poll.poll(1000 * min(left, _TICK if tick else left)):
            return
        if tick:
            tick()


def _command(role: str) -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "--document-worker", role]
    # -P: nothing is imported from wherever the program was started.
    return [sys.executable, "-P", "-m", "app.services.document_worker", "--role", role]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    root = str(Path(__file__).resolve().parents[3])
    return kept | {
        "PYTHONPATH": root,
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "ignore",
        # Threads are counted once, by onnxruntime; a second pool beside it only gets in the way.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _pair(value: object) -> tuple[int, int]:
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 1_000_000 for n in value)
    ):
        return value[0], value[1]
    raise wire.BadFrame("progress is two small numbers")


def _unreadable(words: object) -> Unreadable:
    """The worker's reason, held to short texts: what it says is shown to people."""
    if not isinstance(words, dict):
        return Unreadable(
            "The document could not be opened.", "Ask the sender to send it again.", code="broken"
        )
    reason = str(words.get("reason", ""))[:300] or "The document could not be opened."
    params = words.get("params")
    kept = {
        str(k)[:40]: (v if isinstance(v, int) else str(v)[:80])
        for k, v in (params.items() if isinstance(params, dict) else ())
        if str(k).isidentifier() and k not in ("reason", "next_step", "code", "self")
    }
    return Unreadable(
        reason, str(words.get("next_step", ""))[:300], code=str(words.get("code", ""))[:60], **kept
    )
