"""The worker's side of the pipe: takes calls, sends answers, lets nothing else out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from app.domain.errors import Unreadable
from app.services.document_worker import wire
from app.services.document_worker.opening import telling_what_is_broken

Answer = tuple[Mapping[str, Any], bytes]
Tell = Callable[[int, int], None]
"""Reports progress: done, total."""
Serve = Callable[[Mapping[str, Any], bytes, Tell], Answer]


class Pipes:
    """The two ends of the conversation, taken away from everything that prints or reads by habit."""

    def __init__(self) -> None:
        # Libraries print to file descriptor 1, from C too: it must not reach the conversation.
        self._in: BinaryIO = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
        self._out: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)
        sys.stdout = sys.stderr

    def receive(self) -> wire.Frame | None:
        """The next call, or None when the parent closed the pipe."""
        head = self._exactly(wire.HEAD_SIZE)
        if head is None:
            return None
        header, payload = wire.lengths(head)
        first = self._exactly(header)
        second = self._exactly(payload) if payload else b""
        if first is None or second is None:
            return None
        return wire.decoded(first, second)

    def send(self, header: Mapping[str, Any], payload: bytes = b"") -> None:
        for piece in wire.encoded(header, payload):
            rest = memoryview(piece)
            while rest:
                rest = rest[self._out.write(rest) or 0 :]

    def _exactly(self, size: int) -> bytes | None:
        received = self._in.read(size)
        return received if len(received) == size else None


def serve(pipes: Pipes, calls: Mapping[str, Serve]) -> None:
    """Answer calls until the parent closes the pipe."""
    while (frame := pipes.receive()) is not None:
        number = frame.header.get("id")

        def tell(done: int, total: int, number: object = number) -> None:
            pipes.send({"id": number, "progress": [done, total]})

        try:
            call = calls[str(frame.header.get("call"))]
            with telling_what_is_broken():
                header, payload = call(frame.header, frame.payload, tell)
        except Unreadable as error:
            words = {
                "reason": error.reason, "next_step": error.next_step, "code": error.code, "params": error.params,
            }  # fmt: skip
            pipes.send({"id": number, "error": words})
            if os.environ.get("COUNTERSIGN_WORKER_STDERR"):
                import traceback

                traceback.print_exc()
            continue
        pipes.send({"id": number, **header}, payload)
