"""The language between the program and its document workers: frames over pipes, never pickled objects.

A frame is twelve bytes (a mark, the length of the header, the length of the payload), a JSON object
as header, and raw bytes as payload. A worker that was taken over by a hostile file can send wrong
numbers and wrong texts, and nothing else: lengths are checked before memory is taken for them, and
`Answer` checks the shape of what it hands out.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MARK = b"CsW1"
_HEAD = struct.Struct(">4sII")
HEAD_SIZE = _HEAD.size
MAX_HEADER = 64 * 1024 * 1024
MAX_PAYLOAD = 1024 * 1024 * 1024


class BadFrame(Exception):
    """What came through the pipe is no frame: the other side is broken or hostile."""


@dataclass(frozen=True, slots=True)
class Frame:
    header: Mapping[str, Any]
    payload: bytes = b""


def encoded(header: Mapping[str, Any], payload: bytes = b"") -> tuple[bytes, bytes]:
    """A frame as the two pieces to write one after the other (the payload is not copied)."""
    body = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    if len(body) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
        raise BadFrame("too large to send")
    return _HEAD.pack(MARK, len(body), len(payload)) + body, payload


def lengths(head: bytes) -> tuple[int, int]:
    """The lengths of header and payload that the first twelve bytes announce. Raises `BadFrame`."""
    mark, header, payload = _HEAD.unpack(head)
    if mark != MARK or header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise BadFrame("not a frame, or too large")
    return header, payload


def decoded(header: bytes, payload: bytes) -> Frame:
    """A frame of its parts. Raises `BadFrame` when the header is not a JSON object."""
    try:
        content = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise BadFrame("the header is not JSON") from error
    if not isinstance(content, dict):
        raise BadFrame("the header is not an object")
    return Frame(content, payload)
