"""Receipt numbers of the service: many instances, none of which may give a number that another gave."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime

from app.domain.receipt import encode, receipt_number

AT_ONCE = 20
"""Numbers an instance takes for itself at a time: one write for twenty arrivals. What it does not use is left out."""
_CODE = 4


def service_code(project: str, database: str) -> str:
    """The code of a payer's service in its receipts: `S` and four characters that follow from the project.

    It has five characters. A desk's has four, so that no desk can have this one.
    """
    digest = hashlib.sha256(f"{project}/{database}".encode()).digest()
    return "S" + encode(int.from_bytes(digest[:8], "big") % 32**_CODE, _CODE)


class ReceiptNumbers:
    """Gives receipt numbers out of blocks that this instance alone has. Thread-safe."""

    def __init__(self, code: str, take: Callable[[int], int], at_once: int = AT_ONCE) -> None:
        self.code = code
        self._take = take
        self._at_once = at_once
        self._next = self._end = 0
        self._lock = threading.Lock()

    def next(self, at: datetime) -> str:
        """A number nobody else gets. Raises what the ledger raises."""
        with self._lock:
            if self._next == self._end:
                self._next = self._take(self._at_once)
                self._end = self._next + self._at_once
            number, self._next = self._next, self._next + 1
        return receipt_number(at, self.code, number)
