"""How far a desk's audit trail has come, put down where nobody at the desk can change it.

The service keeps each checkpoint once and signs it. A trail that was cut off or written anew does not lead to the hash
that was kept; one that was set back meets, at its next checkpoint, another hash under the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.case import from_time
from app.domain.errors import Conflict
from app.domain.sync_wire import Checkpoint, KeptCheckpoint, kept_checkpoint_document, kept_checkpoint_from
from app.services.connected_access import InStore
from app.services.signing import confirmed_checkpoint
from app.services.store.store import Store

KEPT = "checkpoint"
"""Under this key the store remembers the last checkpoint as the service signed it."""
EVERY = timedelta(hours=1)


class Keeper(Protocol):
    """Keeps checkpoints (`services.google.endpoint.Endpoint`)."""

    def checkpoint(self, checkpoint: Checkpoint) -> KeptCheckpoint: ...

    def latest_checkpoint(self, desk: str) -> KeptCheckpoint | None: ...


class Checkpointing:
    """Brings checkpoints of the audit trail to the service, an hour apart. In a lane of the network."""

    def __init__(
        self, store: Store, in_store: InStore, keeper: Callable[[], Keeper], now: Callable[[], datetime]
    ) -> None:
        self._store, self._in_store, self._keeper, self._now = store, in_store, keeper, now

    def bring(self, *, at_once: bool = False) -> bool:
        """Put down how far the trail has come, where it is time to; whether it was. Raises what the endpoint raises.

        That the service keeps another hash under the same number, or kept one last that this trail does not lead to (a
        store that was set back), is noted in the trail, and raised as `Conflict`.
        """
        kept = self._in_store(self._store.recall, KEPT)
        if kept and not at_once and self._now() - from_time(kept["kept_at"]) < EVERY:
            return False
        latest = self._keeper().latest_checkpoint(self._store.desk)
        head = self._in_store(
            self._store.moving.audit_head
        )  # after it: another process may have written meanwhile
        if head is None or (kept and int(kept["sequence"]) == head[0]):
            return False
        checkpoint = Checkpoint(self._store.desk, head[0], head[1], self._now())
        if latest is not None:
            sequence = latest.checkpoint.sequence
            here = self._in_store(self._store.moving.audit_hash, sequence)
            if here != latest.checkpoint.hash:  # the service refuses it, and tells its administrators
                checkpoint = Checkpoint(self._store.desk, sequence, here or "0" * 64, self._now())
        try:
            found = self._keeper().checkpoint(checkpoint)
        except Conflict:
            detail = {"sequence": checkpoint.sequence}
            self._in_store(self._store.note, "checkpoint_refused", "program", self._now(), None, detail)
            raise
        self._in_store(self._store.remember, KEPT, kept_checkpoint_document(found))
        return True


def altered_since(store: Store, public_keys: str) -> int | None:
    """The number of the entry that is not what the service kept of it, None when the trail still leads there (or
    nothing was kept). In the store's lane.
    """
    kept = store.recall(KEPT)
    if not kept:
        return None
    checkpoint = kept_checkpoint_from(kept).checkpoint
    whole = confirmed_checkpoint(public_keys, kept) and checkpoint.desk in store.desks.codes()
    holds = store.moving.audit_hash(checkpoint.sequence) == checkpoint.hash
    return None if whole and holds else checkpoint.sequence
