"""The server around the application: waitress, its limits, and an end that loses nothing.

When it is told to end, no new request is taken and those under way are given the time there is. What is not done by
then is left: its event comes again, and goes on with the same ids.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from app.services.ingestion_service.web import LARGEST_BODY, State

GRACE = 8.0
"""Seconds for what is under way when the service is told to end: Cloud Run gives ten."""
THREADS = 16
_WAKE = 0.25


class Server:
    """A service that listens on `port`. `serve` answers until `end` is called, from a signal or another thread."""

    def __init__(
        self,
        app: Flask,
        state: State,
        working: Callable[[], float],
        close: Callable[[], None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        threads: int = THREADS,
        grace: float = GRACE,
    ) -> None:
        """`working` says how many requests are under way; `close` is called when the last is answered or given up."""
        self._state, self._working, self._close, self._grace = state, working, close, grace
        self._map: dict[int, Any] = {}
        self._waking = threading.RLock()
        self._over = False
        self._server: Any = create_server(
            app,
            map=self._map,
            host=host,
            port=port,
            threads=threads,
            max_request_body_size=LARGEST_BODY,
            max_request_header_size=64 * 1024,
            # waitress writes what is larger than these to disk; nothing of a patient's goes there
            inbuf_overflow=2 * LARGEST_BODY,
            outbuf_overflow=2 * LARGEST_BODY,
            channel_timeout=60,
            connection_limit=500,
            expose_tracebacks=False,
            ident=None,
        )
        self.port = int(self._server.effective_port)
        # It warns of every request that waits a moment for a thread; how many are under way is among the metrics.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    def serve(self) -> None:
        """Answer requests until the end has come and what was under way is done, or its time is over."""
        until = 0.0
        try:
            while not self._state.ending or self._busy():
                if self._state.ending:
                    until = until or time.monotonic() + self._grace
                    if time.monotonic() > until:
                        break
                wasyncore.loop(timeout=_WAKE, map=self._map, count=1)
        finally:
            # The threads first: each wakes the loop once more when its answer is out.
            self._server.task_dispatcher.shutdown(timeout=0.5)
            with self._waking:
                self._over = True
                wasyncore.close_all(self._map, ignore_all=True)
            self._close()

    def end(self) -> None:
        """Take no more requests, give those under way their time, and stop. Returns at once."""
        self._state.ending = True
        with self._waking:
            if not self._over:  # what wakes the loop is closed with it, and its number another file's
                self._server.pull_trigger()

    def end_on(self, signals: Iterable[int] = (signal.SIGTERM, signal.SIGINT)) -> None:
        """End when one of these signals comes; from the main thread."""

        def told(_number: int, _frame: FrameType | None) -> None:
            self.end()

        for number in signals:
            signal.signal(number, told)

    def _busy(self) -> bool:
        """Whether a request is under way, or its answer has not left."""
        channels = list(self._server.active_channels.values())
        return self._working() > 0 or any(c.total_outbufs_len or c.requests for c in channels)
