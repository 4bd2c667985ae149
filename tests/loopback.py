"""Servers on loopback that speak as a chat endpoint and as Vertex AI do, and refuse what those refuse.

What they answer is decided by a script: a list of behaviours, one a request, the last one for all that follow.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Says:
    """Streams a text in pieces; `text` may be made from the question. `stop` says how the answer ended."""

    text: str | Callable[[str], str] = ""
    piece: int = 7
    stop: str = "stop"
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Fails:
    """Answers with a status and a message."""

    status: int
    message: str = "no"
    headers: tuple[tuple[str, str], ...] = ()
    details: tuple[dict[str, Any], ...] = ()
    """What stands beside it, as `google.rpc` says it in JSON."""


@dataclass(frozen=True, slots=True)
class Drops:
    """Streams some text, then the connection is reset."""

    text: str = '{"outcome": "appro'


@dataclass(frozen=True, slots=True)
class Hangs:
    """Streams some text and then nothing, until the test is over."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Garbles:
    """Sends an event that is no JSON."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Does not take the question (Vertex AI): no candidate, and why."""

    reason: str = "SAFETY"


@dataclass(frozen=True, slots=True)
class Sends:
    """Sends these very chunks (Vertex AI), and no more."""

    chunks: tuple[dict[str, Any], ...]


Behaviour = Says | Fails | Drops | Hangs | Garbles | Blocks | Sends

_CHAT_FIELDS = {"model", "messages", "temperature", "stream", "max_tokens", "response_format"}
_VERTEX_FIELDS = {"contents", "systemInstruction", "generationConfig"}
_GENERATION_FIELDS = {"temperature", "responseMimeType", "responseJsonSchema", "responseSchema"}
_SCHEMAS = {"responseJsonSchema", "responseSchema"}
_VERTEX_PATH = re.compile(
    r"/v1(?:beta1)?/projects/(?P<project>[\w-]+)/locations/(?P<location>[\w-]+)"
    r"/(?:publishers/google/models/(?P<model>[\w.-]+)|endpoints/(?P<endpoint>\d+)):streamGenerateContent(?:\?alt=sse)?"
)


@dataclass
class Loopback:
    """A server while a test runs. `asked` holds every question it took, `refused` why it took others not."""

    script: list[Behaviour]
    kind: str = "chat"
    key: str = ""
    location: str = "europe-west4"
    project: str = "a-project"
    strict_schema: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def next(self) -> Behaviour:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def question(self, number: int = -1) -> str:
        """What the user's message of a question said."""
        body = self.asked[number]
        if self.kind == "chat":
            return str(body["messages"][1]["content"])
        return str(body["contents"][0]["parts"][0]["text"])


@contextmanager
def serving(
    *script: Behaviour, kind: str = "chat", key: str = "", strict_schema: bool = True
) -> Iterator[Loopback]:
    """A server that behaves as the script says, on a free port."""
    loopback = Loopback(list(script), kind, key, strict_schema=strict_schema)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Say nothing on the terminal."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length))
            wrong = _wrong(loopback, self.path, self.headers.get("Authorization", ""), body)
            if wrong is not None:
                loopback.refused.append(wrong[1])
                self._fail(Fails(*wrong))
                return
            loopback.asked.append(body)
            behaviour = loopback.next()
            try:
                self._behave(behaviour)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _behave(self, behaviour: Behaviour) -> None:
            if isinstance(behaviour, Fails):
                self._fail(behaviour)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            if isinstance(behaviour, Blocks):
                self._event({"promptFeedback": {"blockReason": behaviour.reason}})
                return
            if isinstance(behaviour, Sends):
                for chunk in behaviour.chunks:
                    self._event(chunk)
                return
            if isinstance(behaviour, Garbles):
                self.wfile.write(b"data: {not json\n\n")
                return
            text = behaviour.text(loopback.question()) if callable(behaviour.text) else behaviour.text
            size = behaviour.piece if isinstance(behaviour, Says) else max(len(text), 1)
            for at in range(0, len(text), size):
                self._event(_piece(loopback.kind, text[at : at + size]))
            if isinstance(behaviour, Hangs):
                loopback.over.wait(60)
            elif isinstance(behaviour, Drops):
                self.wfile.flush()
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            elif behaviour.ends:
                self._event(_end(loopback.kind, behaviour.stop))
                if loopback.kind == "chat":
                    self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, data: dict[str, Any]) -> None:
            self.wfile.write(f"data: {json.dumps(data)}\r\n\r\n".encode())
            self.wfile.flush()

        def _fail(self, behaviour: Fails) -> None:
            error = {"code": behaviour.status, "message": behaviour.message, "status": "X"}
            if behaviour.details:
                error["details"] = behaviour.details
            content = json.dumps({"error": error}).encode()
            self.send_response(behaviour.status)
            for name, value in behaviour.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield loopback
    finally:
        loopback.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _wrong(loopback: Loopback, path: str, authorization: str, body: dict[str, Any]) -> tuple[int, str] | None:
    """What the real service would refuse, as (status, message)."""
    if loopback.key and authorization != f"Bearer {loopback.key}":
        return 401, "no such key"
    if loopback.kind == "chat":
        if path != "/v1/chat/completions":
            return 404, f"no such path {path}"
        if set(body) - _CHAT_FIELDS:
            return 400, f"unknown fields {sorted(set(body) - _CHAT_FIELDS)}"
        if not loopback.strict_schema and body.get("response_format", {}).get("type") == "json_schema":
            return 400, "response_format json_schema is not supported"
        if body.get("temperature") != 0 or [m["role"] for m in body["messages"]] != ["system", "user"]:
            return 422, "not what is asked here"
        return None
    found = _VERTEX_PATH.fullmatch(path)
    if found is None:
        return 404, f"no such path {path}"
    if not authorization.startswith("Bearer "):
        return 401, "not signed in"
    if found["location"] != loopback.location:
        return 404, f"Publisher Model or Endpoint was not found in {found['location']}"
    if found["project"] != loopback.project:
        return 403, "Permission 'aiplatform.endpoints.predict' denied"
    unknown = set(body.get("generationConfig", {})) - _GENERATION_FIELDS
    if unknown:
        return 400, f'Invalid JSON payload received. Unknown name "{min(unknown)}" at generation_config'
    if not loopback.strict_schema and set(body.get("generationConfig", {})) & _SCHEMAS:
        return 400, "The specified schema produces a constraint that has too many states for serving."
    if not all(turn.get("role") in ("user", "model") for turn in body.get("contents", ())):
        return 400, "Please use a valid role: user, model."
    if not body.get("systemInstruction", {}).get("parts"):
        return 400, "system_instruction must have parts"
    if set(body) - _VERTEX_FIELDS:
        return 400, f"unknown fields {sorted(set(body) - _VERTEX_FIELDS)}"
    if body["generationConfig"].get("temperature") != 0:
        return 400, "not what is asked here"
    return None


def _piece(kind: str, text: str) -> dict[str, Any]:
    if kind == "chat":
        return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]}


def _end(kind: str, stop: str) -> dict[str, Any]:
    if kind == "chat":
        return {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]}
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": stop.upper()}]
    }
