"""The audit trail: a chain in which every entry is signed together with the one before it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json, to_time
from app.services.store.database import Database
from app.services.store.packing import to_text

_START = b"\x00" * 32
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Whether the trail holds; `broken_at` is the first entry (from 1) that does not, `reason` says why."""

    holds: bool
    entries: int
    broken_at: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing somebody did. `detail` holds ids and digests, never a patient's data."""

    sequence: int
    action: str
    by: str
    at: str
    case_id: str | None
    detail: Json


class Chain:
    """The audit trail of one store. Entries are written within the transaction of what they record."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key

    def append(
        self,
        action: str,
        by: str,
        at: datetime,
        case_id: str | None,
        detail: Json,
        change_id: str | None = None,
    ) -> None:
        """Sign and write one entry; to be called within a transaction."""
        last = self._database.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        sequence, before = (last[0] + 1, last[1]) if last else (1, _START)
        body = to_text(
            {
                "sequence": sequence,
                "action": action,
                "by": by,
                "at": to_time(at),
                "case_id": case_id,
                "change_id": change_id,
                "detail": detail,
            }
        )
        self._database.run(
            "INSERT INTO audit (sequence, case_id, change_id, body, hash) VALUES (?, ?, ?, ?, ?)",
            (sequence, case_id, change_id, body, self._sign(before, body)),
        )

    def _sign(self, before: bytes, body: str) -> bytes:
        return hmac.digest(self._key, before + body.encode("ascii", "backslashreplace"), hashlib.sha256)

    def verify(self) -> AuditReport:
        """Whether every entry is as it was written, none is gone, and every change is the one that was recorded."""
        counted = self._database.one("SELECT count(*) FROM audit")
        entries = counted[0] if counted else 0
        before, expected = _START, 1
        while rows := self._database.all(
            "SELECT a.sequence, a.case_id, a.change_id, a.body, a.hash, c.body FROM audit a"
            " LEFT JOIN changes c ON c.change_id = a.change_id WHERE a.sequence >= ? ORDER BY a.sequence LIMIT ?",
            (expected, _AT_ONCE),
        ):
            for sequence, case_id, change_id, body, signed, change in rows:
                if sequence != expected:
                    return AuditReport(False, entries, expected, "An entry is missing.")
                if not hmac.compare_digest(signed, self._sign(before, body)):
                    return AuditReport(False, entries, sequence, "An entry was altered.")
                if f'"case_id":{to_text(case_id)},"change_id":{to_text(change_id)},' not in body:
                    return AuditReport(False, entries, sequence, "An entry was altered.")
                if change_id is not None and (change is None or f'"digest":"{digest(change)}"' not in body):
                    return AuditReport(False, entries, sequence, "A change is not the one that was recorded.")
                before, expected = signed, sequence + 1
        unrecorded = self._database.one(
            "SELECT 1 FROM changes WHERE change_id NOT IN (SELECT change_id FROM audit WHERE change_id IS NOT NULL)"
        )
        if unrecorded:
            return AuditReport(False, entries, expected, "A change is not in the trail.")
        return AuditReport(True, entries)


def digest(change: bytes) -> str:
    """What the trail says of a change: enough to see that it was altered, nothing of what is in it."""
    return hashlib.sha256(change).hexdigest()
