"""The end of a sign-in: a port of 127.0.0.1 to which the browser brings the answer, once."""

from __future__ import annotations

import html
import selectors
import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from app.domain.errors import SignInRequired

_PATIENCE = 2.0
"""Seconds a connection has for its request: browsers open some beforehand and say nothing on them."""
_LONGEST = 16_384
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Countersign</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:18vh auto;padding:0 1em;color:#1c2733;
background:#f7f8fa}}@media(prefers-color-scheme:dark){{body{{color:#e6ebf0;background:#14191f}}}}</style>
<h1>{title}</h1><p>{words}</p></html>"""


class Answer:
    """What the browser brought; `tell` is the page it shows then. Told once."""

    def __init__(self, query: Mapping[str, str], connection: socket.socket) -> None:
        self.query = query
        self._connection = connection

    def tell(self, title: str, words: str) -> None:
        _say(self._connection, "200 OK", _PAGE.format(title=html.escape(title), words=html.escape(words)))


class Redirect:
    """A redirect address on a free port of this computer, for the length of one sign-in.

    `answer` blocks; `stop` ends it from any thread.
    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=8)
        self._waker, self._woken = socket.socketpair()
        self._port: int = self._server.getsockname()[1]

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._server, self._waker, self._woken):
            end.close()

    def stop(self) -> None:
        """End the waiting, wherever it is; nothing happens when it is over."""
        try:
            self._waker.send(b".")
        except OSError:  # closed: it is over
            return

    def answer(self, seconds: float) -> Answer:
        """The one answer that is taken. Requests for anything else (an icon, another name of this computer) are turned
        away and do not end it. Raises `SignInRequired` when none comes in time, or when it was stopped.
        """
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(self._server, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                found = [key.fileobj for key, _ in ready.select(left)]
                if self._woken in found:
                    raise SignInRequired("The sign-in was stopped.", "Sign in.", code="sign_in_stopped")
                if self._server in found:
                    answer = self._taken()
                    if answer is not None:
                        return answer
        raise SignInRequired("Nobody signed in within the time.", "Sign in again.", code="sign_in_timeout")

    def _taken(self) -> Answer | None:
        connection, _ = self._server.accept()
        connection.settimeout(_PATIENCE)
        target = _target(connection, f"127.0.0.1:{self._port}")
        if target is None:
            _say(connection, "404 Not Found", "")
            return None
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path != "/" or not {"state", "code", "error"} & set(query):
            _say(connection, "404 Not Found", "")
            return None
        return Answer(query, connection)


def _target(connection: socket.socket, host: str) -> str | None:
    """What a request asks for; None unless it is a whole GET that means this very address."""
    said = b""
    deadline = time.monotonic() + _PATIENCE
    try:
        while b"\r\n\r\n" not in said and len(said) < _LONGEST and time.monotonic() < deadline:
            piece = connection.recv(4096)
            if not piece:
                return None
            said += piece
    except OSError:
        return None
    head, end, _ = said.partition(b"\r\n\r\n")
    first, *headers = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    hosts = [h.partition(":")[2].strip() for h in headers if h.casefold().startswith("host:")]
    if not end or len(words) != 3 or words[0] != "GET" or hosts != [host]:
        return None
    return words[1]


def _say(connection: socket.socket, status: str, page: str) -> None:
    body = page.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n"
    )
    with connection:
        try:
            connection.sendall(head.encode() + body)
        except OSError:  # the browser was closed: the page is a courtesy
            return
