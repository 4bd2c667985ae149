"""One desk, one code: what keeps two desks from giving the same receipt number.

The code is claimed once at the shared queue, and every opening after it in its order, each under a random name. Whoever
finds the next opening taken is not the only one: the workspace was copied, or restored from a backup. It takes a new
code and goes on; both sides do, if both are used. A workspace that lies elsewhere than before does so at once, without
a network. A new code costs nothing, a number given twice would; so where it is not sure, a new one is taken.
"""

from __future__ import annotations

import hashlib
import logging
import platform
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from app.domain.errors import StorageFailed
from app.services.connected_access import InStore
from app.services.store.desk_shelf import Claim
from app.services.store.store import Notice, Store

LOG = logging.getLogger(__name__)
EVERY = timedelta(hours=6)
"""How often a desk that stays open claims anew: so long a copy of it may go unseen."""
_TRIES = 20


class Claims(Protocol):
    """Keeps codes for good (`ports.CaseRemote`)."""

    def claim_desk(self, code: str, workspace: str) -> bool: ...


class DeskClaim:
    """Claims the code of one workspace. `told` hears, from the lane, what a person has to know."""

    def __init__(
        self,
        store: Store,
        in_store: InStore,
        claims: Claims,
        now: Callable[[], datetime],
        told: Callable[[Notice], None] = lambda _notice: None,
    ) -> None:
        self._store, self._in_store, self._claims = store, in_store, claims
        self._now, self._told = now, told
        self._claimed_at: datetime | None = None

    def look(self, folder: Path) -> None:
        """Take a new code where the workspace lies elsewhere than before. Asks nobody."""
        place = hashlib.sha256(f"{platform.node()}\n{folder.resolve()}".encode()).hexdigest()
        before = self._in_store(lambda: self._store.desks.place)
        if before == place:
            return
        if before:
            self._change("moved")
        self._in_store(self._store.desks.keep_place, place)

    def claim(self) -> bool:
        """Claim the code and this opening, at the start and every few hours; whether anything was asked. A code that is
        another's gives way to a new one. Raises what `CaseRemote` raises.
        """
        now = self._now()
        if self._claimed_at is not None and self._claimed_at <= now < self._claimed_at + EVERY:
            return False
        for _ in range(_TRIES):
            claim: Claim = self._in_store(self._store.desks.claim)
            if not claim.held and not self._claims.claim_desk(claim.code, claim.workspace):
                self._change("taken")
                continue
            if not self._claims.claim_desk(f"{claim.code}-{claim.opening}", claim.token):
                self._change("copied")
                continue
            self._in_store(self._store.desks.keep_claim, claim)
            self._claimed_at = now
            return True
        raise StorageFailed(
            "No code for this desk was free.",
            "Tell your administrator: pa_desks in the shared queue cannot be right.",
            code="desk_codes",
        )

    def _change(self, reason: str) -> None:
        before = self._store.desk
        code = self._in_store(self._store.take_new_desk, reason, self._now())
        LOG.info("the desk takes a new code: %s", reason)
        self._told(_notice(reason, before, code))


def _notice(reason: str, before: str, code: str) -> Notice:
    why = {
        "taken": f"Another desk has the code {before} already.",
        "copied": "This workspace is used in two places, or was restored from a backup.",
        "moved": "This workspace lies in another place than before: it was moved, copied or restored.",
    }[reason]
    step = {
        "taken": "Receipts given before stay as they are; nothing is to be done.",
        "copied": "Receipts given before stay as they are. If there is a second copy, use only one of them.",
        "moved": "Receipts given before stay as they are. If there is a second copy, use only one of them.",
    }[reason]
    return Notice(f"{why} Its receipts bear {code} from now on.", step, f"desk_{reason}", {"code": code})
