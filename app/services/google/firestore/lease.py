"""Leases in `pa_form_leases/{case_id}`: who has a case open, by the server's clock alone.

A lease runs for `LEASE` from the server's own time of its last write, and is judged by the server's time of the read:
a desk whose clock is wrong neither loses one nor keeps it. Opening a case that nobody has open and renewing cost one
write and no read.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.domain.sync import Lease
from app.services.google.firestore.document import plain

if TYPE_CHECKING:
    from app.services.google.firestore.remote import Deadline

COLLECTION = "pa_form_leases"
LEASE = timedelta(minutes=10)
_SWEPT = timedelta(days=1)
"""After this Firestore may delete what was left behind (a TTL policy on `delete_after`)."""


class Leases:
    """Takes and tells leases. Remembers the version of one's own, so that renewing needs no read. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine: dict[tuple[str, str, str], Any] = {}

    def held(self, client: Any, case_id: str, deadline: Deadline) -> Lease | None:
        """Who has the case open, None when nobody does."""
        found, valid, _ = self._read(client, case_id, deadline)
        return found if valid else None

    def take(self, client: Any, lease: Lease, deadline: Deadline, *, over: bool) -> Lease:
        """The lease that holds when this is over: this one, or another's where it was not to be taken over."""
        from google.api_core.exceptions import AlreadyExists, FailedPrecondition, NotFound

        known = self._known(lease)
        if known is None and not over:
            try:
                return self._write(client, lease, None, deadline)  # mostly nobody has it open
            except AlreadyExists:
                pass
        while True:  # ends with the ten seconds of the call at the latest
            if known is None:
                found, valid, stamp = self._read(client, lease.case_id, deadline)
                mine = found is not None and (found.by, found.desk) == (lease.by, lease.desk)
                if found is not None and valid and not mine and not over:
                    return found
                known = stamp
            try:
                return self._write(client, lease, known, deadline)
            except (AlreadyExists, FailedPrecondition, NotFound):  # somebody else was there in between
                self._forget(lease)
                known = None

    def drop(self, client: Any, case_id: str, by: str, desk: str, deadline: Deadline) -> None:
        """Let go of one's own lease; another's is left alone."""
        from google.api_core.exceptions import FailedPrecondition, NotFound

        key = (case_id, by, desk)
        with self._lock:
            stamp = self._mine.pop(key, None)
        if stamp is None:
            found, _, stamp = self._read(client, case_id, deadline)
            if found is None or (found.by, found.desk) != (by, desk):
                return
        batch = client.batch()
        option = client.write_option(last_update_time=stamp)
        # given back by a change: a desk has no right to delete anything
        batch.update(_place(client, case_id), {"given_back": True}, option=option)
        try:
            batch.commit(retry=None, timeout=deadline.left)
        except (FailedPrecondition, NotFound):
            return  # it is another's by now, or gone

    def _write(self, client: Any, lease: Lease, known: Any, deadline: Deadline) -> Lease:
        from google.cloud.firestore import SERVER_TIMESTAMP

        data = {
            "by": lease.by,
            "title": lease.title,
            "desk": lease.desk,
            "taken_at": SERVER_TIMESTAMP,
            "given_back": False,
            "delete_after": datetime.now(UTC) + _SWEPT,
        }
        batch = client.batch()
        place = _place(client, lease.case_id)
        if known is None:
            batch.create(place, data)
        else:
            batch.update(place, data, option=client.write_option(last_update_time=known))
        written = batch.commit(retry=None, timeout=deadline.left)[0].update_time
        with self._lock:
            self._mine[lease.case_id, lease.by, lease.desk] = written.timestamp_pb()
        return Lease(lease.case_id, lease.by, lease.title, lease.desk, plain(written) + LEASE)

    def _read(self, client: Any, case_id: str, deadline: Deadline) -> tuple[Lease | None, bool, Any]:
        """The lease as it stands, whether it still runs, and its version for a precondition."""
        found = _place(client, case_id).get(retry=None, timeout=deadline.left)
        if not found.exists:
            return None, False, None
        data = found.to_dict() or {}
        until = plain(found.update_time) + LEASE
        lease = Lease(
            case_id, str(data.get("by", "")), str(data.get("title", "")), str(data.get("desk", "")), until
        )
        valid = until > plain(found.read_time) and data.get("given_back") is not True
        return lease, valid, found.update_time.timestamp_pb()

    def _known(self, lease: Lease) -> Any:
        with self._lock:
            return self._mine.get((lease.case_id, lease.by, lease.desk))

    def _forget(self, lease: Lease) -> None:
        with self._lock:
            self._mine.pop((lease.case_id, lease.by, lease.desk), None)


def _place(client: Any, case_id: str) -> Any:
    return client.collection(COLLECTION).document(case_id)
