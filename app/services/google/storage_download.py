"""What comes down from a bucket: taken in piece by piece, told of, and unpacked where somebody stored it compressed."""

from __future__ import annotations

import io
import zlib
from typing import Any

from app.services.bucket import altered
from app.services.ports import Progress, Watch

STEP = 1024 * 1024
"""After how many bytes the watch is told again."""
LARGEST = 1024 * 1024 * 1024
"""What was stored compressed is unpacked as far as this: more is no document."""


class Sink(io.BytesIO):
    """Takes a download in, and tells how far it is; the watch stops it by raising."""

    def __init__(self, total: int, watch: Watch) -> None:
        super().__init__()
        self._total, self._watch, self._told_at = total, watch, 0

    def write(self, piece: Any) -> int:
        written = super().write(piece)
        at = self.tell()
        if at - self._told_at >= STEP or at == self._total:
            self._told_at = at
            self._watch(Progress(at, max(self._total, at)))
        return written


def unpacked(stored: bytes) -> bytes:
    """What others stored compressed, as it was before."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        content = unpacking.decompress(stored, LARGEST)
    except zlib.error as error:
        raise altered() from error
    if not unpacking.eof:
        raise altered()
    return content
