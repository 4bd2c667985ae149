"""What a desk remembers of cases of the shared queue that it does not take as they are.

Those that are set aside because they are not understood, and what was decided last, so that nothing older is believed
in its place.
"""

from __future__ import annotations

import json
from datetime import datetime

from app.domain.case import Json, from_time, to_time
from app.domain.sync import RemoteCase, WaitingFor, WaitingItem
from app.services.store.database import Database
from app.services.store.packing import to_text

ASIDE = "set_aside:"
DECIDED = "decided:"
NOT_UNDERSTOOD = (
    "This case of the shared queue is not understood: it was not written by this program, or altered."
)
ASK = "Tell your administrator its number. The other cases go on."
MOST = 1000
"""How many cases are remembered as set aside: a list that somebody has to read."""
_LONGEST = 128


class AsideShelf:
    """Remembers by case. Belongs to the store's thread; writes within the transaction of whoever calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, remote: RemoteCase, now: datetime) -> None:
        """Set a case aside in the version it has. Its id is the server's, and may be anything."""
        case_id = remote.case_id[:_LONGEST]
        known = self._recall(ASIDE + case_id)
        if known is not None and known["update_time"] == remote.update_time:
            return
        row = self._database.one("SELECT count(*) FROM remembered WHERE key LIKE ?", (f"{ASIDE}%",))
        if known is None and row is not None and row[0] >= MOST:
            return
        self._keep(ASIDE + case_id, {"at": to_time(now), "update_time": remote.update_time})

    def drop(self, case_id: str) -> None:
        """A case is understood again."""
        if self._recall(ASIDE + case_id[:_LONGEST]) is not None:
            self._database.run("DELETE FROM remembered WHERE key = ?", (ASIDE + case_id[:_LONGEST],))

    def all(self) -> tuple[tuple[str, datetime], ...]:
        """The ids of the cases that are set aside, and since when."""
        rows = self._database.all(
            "SELECT key, value FROM remembered WHERE key LIKE ? ORDER BY key", (f"{ASIDE}%",)
        )
        return tuple((row[0].removeprefix(ASIDE), from_time(json.loads(row[1])["at"])) for row in rows)

    def decided(self, case_id: str) -> Json:
        """By line the determination that was confirmed last (`remote_document.newest`)."""
        return self._recall(DECIDED + case_id) or {}

    def keep_decided(self, case_id: str, latest: Json) -> None:
        self._keep(DECIDED + case_id, latest)

    def _recall(self, key: str) -> Json | None:
        row = self._database.one("SELECT value FROM remembered WHERE key = ?", (key,))
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def _keep(self, key: str, value: Json) -> None:
        self._database.run(
            "INSERT INTO remembered (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, to_text(value)),
        )


def aside_items(shelf: AsideShelf) -> tuple[WaitingItem, ...]:
    """The cases that are set aside, for the list of what stands still: each with the words of why."""
    return tuple(
        WaitingItem(
            "", case_id, case_id, "", "set_aside", "", at, WaitingFor.ASIDE,
            reason=NOT_UNDERSTOOD, next_step=ASK,
        )
        for case_id, at in shelf.all()
    )  # fmt: skip
