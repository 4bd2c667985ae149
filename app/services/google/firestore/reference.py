"""The collections of the reference implementation: read page by page, and written to in three places only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.domain.case import Json
from app.services.google.firestore.document import from_firestore
from app.services.google.firestore.failure import translated
from app.services.reference_import import ReferenceDocument, WorkedOn

if TYPE_CHECKING:
    from app.services.google.firestore.channel import Wire


class FirestoreReference:
    """`ReferenceRemote` over a database. Thread-safe; every call is one try."""

    def __init__(self, connected: Callable[[], Wire]) -> None:
        self._connected = connected

    def page(self, collection: str, after: str, limit: int) -> tuple[ReferenceDocument, ...]:
        with translated("datastore.entities.list"):
            from app.services.google.firestore.channel import NEVER, SECONDS

            documents = self._connected().client.collection(collection)
            query = documents.order_by("__name__").limit(limit)
            if after:
                query = query.start_after([documents.document(after)])
            return tuple(
                ReferenceDocument(
                    found.id, from_firestore(found.to_dict() or {}), found.update_time.rfc3339()
                )
                for found in query.stream(retry=NEVER, timeout=SECONDS)
            )

    def put_back(self, collection: str, document: ReferenceDocument, worked: WorkedOn) -> bool:
        """As the port says. The rest of each list is written as it was read: a list has no parts to write."""
        with translated("datastore.entities.update"):
            from google.api_core.exceptions import FailedPrecondition, NotFound

            from app.services.google.firestore.channel import SECONDS

            client = self._connected().client
            place = client.collection(collection).document(document.document_id)
            found = place.get(retry=None, timeout=SECONDS)
            if not found.exists or found.update_time.rfc3339() != document.update_time:
                return False
            updates = _updates(found.to_dict() or {}, worked)
            batch = client.batch()
            option = client.write_option(last_update_time=found.update_time.timestamp_pb())
            batch.update(place, updates, option=option)
            try:
                batch.commit(retry=None, timeout=SECONDS)
            except (FailedPrecondition, NotFound):
                return False
            return True


def _updates(data: Json, worked: WorkedOn) -> Json:
    updates: Json = {}
    if worked.corrected:
        entities = [dict(entity) for entity in data["entities"]]
        for number, value in worked.corrected.items():
            entities[number]["corrected_value"] = value
        updates["entities"] = entities
    for name, entry in (("hitl_status", worked.hitl_status), ("system_status", worked.system_status)):
        if entry is not None:
            updates[name] = _appended(data.get(name), entry)
    return updates


def _appended(kept: Any, entry: Json) -> Any:
    """A list of statuses with one more; a plain status where it was kept as one."""
    return entry["status"] if isinstance(kept, str) else [*(kept or []), entry]
