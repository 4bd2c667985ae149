"""What the ingestion service keeps beside the cases, in their Firestore database (`ingestion_service.port.Ledger`).

- `pa_form_service/receipts`: the next running number of receipts, taken in blocks by compare-and-set.
- `pa_form_content/{sha256}-{case_id}`: which case holds which bytes, create-only.
- `pa_form_set_aside/{arrival_id}`: arrivals of which no case was made, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.case import Json
from app.domain.errors import Offline
from app.services.google.database import Database

_COUNTER = ("pa_form_service", "receipts")
_CONTENT = "pa_form_content"
_SET_ASIDE = "pa_form_set_aside"
_MOVES = 8
_MOST = 20
"""Cases with the same bytes that are named: more need no list but a look at the sender."""


class FirestoreLedger:
    """Thread-safe; the connection is made with the first call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_numbers(self, count: int) -> int:
        for _ in range(_MOVES):
            found = self._database.get(*_COUNTER)
            first = int(found.data.get("next", 1)) if found is not None else 1
            state = found.update_time if found is not None else None
            if self._database.put(*_COUNTER, {"next": first + count}, state):
                return first
        raise Offline(
            "Receipt numbers are being taken by many at once.", "It is tried again.", code="numbers_busy"
        )

    def note_content(self, sha256: str, case_id: str, receipt: str) -> None:
        entry: Json = {"sha256": sha256, "case_id": case_id, "receipt": receipt}
        self._database.put(_CONTENT, f"{sha256}-{case_id}", entry, None)

    def with_content(self, sha256: str) -> Mapping[str, str]:
        found = self._database.where(_CONTENT, "sha256", sha256, _MOST)
        return {str(each["case_id"]): str(each["receipt"]) for each in found}

    def set_aside(self, arrival_id: str, entry: Json) -> None:
        self._database.replace(_SET_ASIDE, arrival_id, entry)

    def close(self) -> None:
        self._database.close()
