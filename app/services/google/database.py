"""Small documents of the ingestion service in Firestore: read, created, and changed on the version that was read.

Every call is one try of ten seconds; nothing is tried again by the client.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.case import Json
from app.services.google.firestore.document import from_firestore, to_firestore
from app.services.google.firestore.failure import translated

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from app.services.google.firestore.channel import Wire

_SECONDS = 10.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """A document and the server's time of the version that was read."""

    data: Json
    update_time: str


@dataclass(frozen=True, slots=True)
class Put:
    """One document of a batch. `state` is the update time it has to have; None for one that must not be there, ""
    for either.
    """

    collection: str
    name: str
    data: Json
    state: str | None = None


class Database:
    """One Firestore database. Thread-safe; connects with the first call. `emulator` is host:port on this computer."""

    def __init__(
        self, project: str, database: str, credentials: Credentials | None, emulator: str | None = None
    ) -> None:
        self._place = (project, database, credentials, emulator)
        self._lock = threading.Lock()
        self._wire: Wire | None = None

    def get(self, collection: str, name: str) -> Found | None:
        with translated("datastore.entities.get"):
            found = self._document(collection, name).get(retry=_never(), timeout=_SECONDS)
            if not found.exists:
                return None
            return Found(from_firestore(found.to_dict()), found.update_time.rfc3339())

    def all(self, collection: str) -> tuple[Json, ...]:
        """Every document of a small collection."""
        with translated("datastore.entities.list"):
            query = self._client().collection(collection).limit(_MOST)
            return tuple(
                from_firestore(each.to_dict()) for each in query.stream(retry=_never(), timeout=_SECONDS)
            )

    def where(self, collection: str, field: str, value: str, limit: int) -> tuple[Json, ...]:
        """The documents whose field has this value."""
        from google.cloud.firestore_v1.base_query import FieldFilter

        with translated("datastore.entities.list"):
            query = self._client().collection(collection)
            found = query.where(filter=FieldFilter(field, "==", value)).limit(limit)
            return tuple(
                from_firestore(each.to_dict()) for each in found.stream(retry=_never(), timeout=_SECONDS)
            )

    def above(self, collection: str, field: str, number: int) -> tuple[Json, ...]:
        """The documents whose field is above a number, the lowest first."""
        from google.cloud.firestore_v1.base_query import FieldFilter

        with translated("datastore.entities.list"):
            query = self._client().collection(collection).where(filter=FieldFilter(field, ">", number))
            found = query.order_by(field).limit(_MOST)
            return tuple(
                from_firestore(each.to_dict()) for each in found.stream(retry=_never(), timeout=_SECONDS)
            )

    def put(self, collection: str, name: str, data: Json, state: str | None) -> bool:
        """Create a document, or change it on the version that was read; False when it is another by now."""
        return self.put_all((Put(collection, name, data, state),))

    def replace(self, collection: str, name: str, data: Json) -> None:
        """Write a document, whatever stood there."""
        self.put_all((Put(collection, name, data, ""),))

    def put_all(self, puts: Iterable[Put]) -> bool:
        """Write documents as a whole or not at all; False when one of them is another by now."""
        from google.api_core.exceptions import AlreadyExists, FailedPrecondition, NotFound

        with translated("datastore.entities.update"):
            client = self._client()
            batch = client.batch()
            for each in puts:
                document = self._document(each.collection, each.name)
                data = to_firestore(each.data)
                if each.state is None:
                    batch.create(document, data)
                elif each.state:
                    option = client.write_option(last_update_time=_stamp(each.state))
                    batch.update(document, data, option=option)
                else:
                    batch.set(document, data)
            try:
                batch.commit(retry=None, timeout=_SECONDS)
            except (AlreadyExists, FailedPrecondition, NotFound):
                return False
            return True

    def close(self) -> None:
        with self._lock:
            wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def _document(self, collection: str, name: str) -> Any:
        return self._client().collection(collection).document(name)

    def _client(self) -> Any:
        with self._lock:
            if self._wire is None:
                from app.services.google.firestore.channel import Wire

                self._wire = Wire(*self._place)
            return self._wire.client


def _never() -> Any:
    from app.services.google.firestore.channel import NEVER

    return NEVER


def _stamp(update_time: str) -> Any:
    from google.api_core.datetime_helpers import DatetimeWithNanoseconds

    return DatetimeWithNanoseconds.from_rfc3339(update_time).timestamp_pb()  # type: ignore[no-untyped-call]
