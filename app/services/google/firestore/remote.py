"""The shared queue in Firestore, as the port `CaseRemote` promises it (docs/adr/0015).

Every call is one try within ten seconds. Google's library is loaded with the first of them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain.case import Json, to_time
from app.domain.change import Missing
from app.domain.errors import Rejected
from app.domain.news_page import NewsPage
from app.domain.sync import (
    Answer,
    Cursor,
    Lease,
    Push,
    Pushed,
    Receipt,
    RemoteCase,
    Scope,
    shard_of,
)
from app.services.google.firestore import document, past
from app.services.google.firestore.failure import silent, translated
from app.services.google.firestore.lease import Leases
from app.services.google.firestore.listener import Listening, Seen
from app.services.google.firestore.poll import Poll
from app.services.google.firestore.reference import FirestoreReference

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from app.services.google.firestore.channel import Wire

COLLECTION = "pa_form_collection"
SECONDS = 10.0
_TIME = ("_meta", "updated_at")
_SHARD = ("_meta", "shard")


class Deadline:
    """How much of one call's ten seconds is left."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Raises `Offline` when there is nothing left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise silent()
        return left


class FirestoreCaseRemote:
    """A `CaseRemote` over one database of one project. Thread-safe; `close` lets go of the network.

    `credentials` are the person's own (Google's kind), None for an emulator; `emulator` is the host:port of a server on
    this computer that is asked in plain text. Determinations are the endpoint's to write: a desk puts a
    `GuardedCaseRemote` before this, the ingestion service uses it as it is.
    """

    def __init__(
        self,
        project: str,
        database: str,
        credentials: Credentials | None,
        *,
        collection: str = COLLECTION,
        emulator: str | None = None,
    ) -> None:
        """Raises `Rejected` where the environment would turn the client to another server in plain text."""
        if emulator is None and os.environ.get("FIRESTORE_EMULATOR_HOST"):
            raise Rejected(
                "FIRESTORE_EMULATOR_HOST is set: patients' data would go over the network in plain text.",
                "Unset it and start again.",
                code="emulator_variable",
            )
        self._place = (project, database, credentials, emulator)
        self._collection = collection
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._closed = False
        self._listening: set[Listening] = set()
        self._poll = Poll(collection)
        self._seen = Seen()
        self._leases = Leases()
        self.reference = FirestoreReference(self._connected)
        """The collections of the reference implementation, in the same database."""

    def close(self) -> None:
        """End listeners and the connection; calls under way fail as if the network were away. May be called twice."""
        with self._lock:
            self._closed = True
            wire, listening = self._wire, set(self._listening)
        for each in listening:
            each.stop()
        if wire is not None:
            wire.close()  # what a listener waits for ends with it
        for each in listening:
            each()

    # Writing

    def push(self, push: Push) -> Pushed:
        from google.api_core.exceptions import AlreadyExists, FailedPrecondition, NotFound

        deadline = Deadline()
        with translated("datastore.entities.update"):
            made = self._written(push)
            try:
                return self._commit(push, made, frozenset(), deadline)
            except AlreadyExists:
                if push.base is not None and not push.reviews:
                    return Pushed(Answer.RECEIPT_THERE)  # nothing else of it was to be created
                answer, there = self._there(push, deadline)
                if answer is not None:
                    return Pushed(answer)
            except (FailedPrecondition, NotFound):
                return Pushed(Answer.BASE_MOVED if self._is_there(push.case_id, deadline) else Answer.GONE)
            # Nothing of that was applied, and what stood in its way are reviews that are there already.
            try:
                return self._commit(push, made, there, deadline)
            except AlreadyExists:
                return Pushed(Answer.RECEIPT_THERE)
            except (FailedPrecondition, NotFound):
                return Pushed(Answer.BASE_MOVED)

    def _written(self, push: Push) -> Json:
        """What the batch writes to the case: its whole document, or its updates by field path."""
        from google.cloud.firestore import DELETE_FIELD, SERVER_TIMESTAMP, Client

        if not push.receipts:
            raise ValueError("a push without a receipt")
        if push.base is None:
            if push.document is None:
                raise ValueError("a new case without its document")
            made = document.case_to(push.case_id, push.document)
            made["_meta"] |= {"updated_at": SERVER_TIMESTAMP, "shard": shard_of(push.case_id)}
            return made
        updates: Json = {}
        for path, value in push.updates.items():
            if path == ("_meta",):
                raise ValueError("the parts of _meta are written one by one")
            if path not in (_TIME, _SHARD):
                written = (
                    DELETE_FIELD
                    if isinstance(value, Missing)
                    else document.to_firestore(value, path[-1], len(path))
                )
                updates[Client.field_path(*(document.name_to(name) for name in path))] = written
        document.check_size(updates.values(), push.case_id)
        return updates | {"_meta.updated_at": SERVER_TIMESTAMP, "_meta.shard": shard_of(push.case_id)}

    def _commit(self, push: Push, made: Json, without: frozenset[str], deadline: Deadline) -> Pushed:
        """One try to apply the batch, without the reviews named."""
        from google.cloud.firestore import SERVER_TIMESTAMP

        wire = self._connected()
        batch = wire.client.batch()
        for receipt in push.receipts:
            batch.create(
                self._case(push.case_id).collection("mutations").document(receipt.mutation_id),
                past.receipt_to(receipt),
            )
        for review_id, body in push.reviews.items():
            if review_id not in without:
                written = {"review": document.to_firestore(body, "review", 1), "written_at": SERVER_TIMESTAMP}
                document.check_size((written["review"],), review_id)
                batch.create(self._case(push.case_id).collection("reviews").document(review_id), written)
        if push.base is None:
            batch.create(self._case(push.case_id), made)
        else:
            option = wire.client.write_option(last_update_time=_stamp(push.base))
            batch.update(self._case(push.case_id), made, option=option)
        results = batch.commit(retry=None, timeout=deadline.left)
        update_time = str(results[-1].update_time.timestamp_pb().ToJsonString())
        self._seen.note(push.case_id, update_time)
        return Pushed(Answer.APPLIED, update_time)

    def _there(self, push: Push, deadline: Deadline) -> tuple[Answer | None, frozenset[str]]:
        """What stood in a batch's way: an answer, or None and the reviews that are there already."""
        case = self._case(push.case_id)
        references = [
            *(case.collection("mutations").document(receipt.mutation_id) for receipt in push.receipts),
            *(case.collection("reviews").document(review_id) for review_id in push.reviews),
            *([case] if push.base is None else []),
        ]
        found = self._existing(references, deadline)
        if any("/mutations/" in path for path in found):
            return Answer.RECEIPT_THERE, frozenset()
        if push.base is None and case.path in found:
            return Answer.BASE_MOVED, frozenset()
        return None, frozenset(path.rpartition("/")[2] for path in found if "/reviews/" in path)

    def _is_there(self, case_id: str, deadline: Deadline) -> bool:
        return bool(self._existing([self._case(case_id)], deadline))

    def _existing(self, references: Iterable[Any], deadline: Deadline) -> frozenset[str]:
        """The paths of those that are there. Only a part that every document of them lacks is sent back."""
        wanted = list(references)
        if not wanted:
            return frozenset()
        found = self._connected().client.get_all(
            wanted, field_paths=["mutation_id"], retry=None, timeout=deadline.left
        )
        return frozenset(each.reference.path for each in found if each.exists)

    # Reading

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        deadline = Deadline()
        with translated("datastore.entities.get"):
            mutations = self._case(case_id).collection("mutations")
            found = self._existing((mutations.document(each) for each in mutation_ids), deadline)
        return frozenset(path.rpartition("/")[2] for path in found)

    def case(self, case_id: str) -> RemoteCase | None:
        with translated("datastore.entities.get"):
            found = self._connected().got(self._case(case_id).path, SECONDS)
            return None if found is None else self._told(found)

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> NewsPage:
        deadline = Deadline()
        looked: list[datetime] = []
        with translated("datastore.entities.list"):
            wire = self._connected()
            found: dict[str, RemoteCase] = {}
            asked = self._poll.queries(wire.client, scope, since, limit, lambda: wire.now(deadline.left))
            for query in asked:
                for message in wire.found(query, deadline.left, looked.append):
                    case_id = message.name.rpartition("/")[2]
                    if case_id not in found:
                        found[case_id] = self._told(message)
        in_order = sorted(found.values(), key=lambda case: (case.updated_at, case.case_id))
        return NewsPage.told(tuple(in_order[:limit]), min(looked, default=None))

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        with translated("datastore.entities.list"):
            return past.receipts_of(self._case(case_id), since, Deadline())

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        with translated("datastore.entities.list"):
            return past.reviews_of(self._case(case_id), since, Deadline())

    def claim_desk(self, code: str, workspace: str) -> bool:
        with translated("datastore.entities.create"):
            return past.claimed(self._connected().client, code, workspace, Deadline())

    # Listening and leases

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        """As the port says, but for versions that came from here or were given out here already. Restarts itself with
        a back-off of its own until it is ended or the person is signed out; what it returns has `alive`, and may be
        called from `poke`.
        """
        listening = Listening(
            self._connected, self._poll, scope, poke, self._listening.discard, self._seen, self._told
        )
        with self._lock:
            if not self._closed:
                self._listening.add(listening)
                listening.start()
        return listening

    def lease(self, case_id: str) -> Lease | None:
        with translated("datastore.entities.get"):
            return self._leases.held(self._connected().client, case_id, Deadline())

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        """As the port says. It lasts ten minutes by the server's clock, whatever `until` was asked for."""
        with translated("datastore.entities.update"):
            return self._leases.take(self._connected().client, lease, Deadline(), over=over)

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        with translated("datastore.entities.update"):
            self._leases.drop(self._connected().client, case_id, by, desk, Deadline())

    def _told(self, message: Any) -> RemoteCase:
        made = remote_case(message)
        self._seen.note(made.case_id, made.update_time)
        return made

    def _case(self, case_id: str) -> Any:
        return self._connected().client.collection(self._collection).document(case_id)

    def _connected(self) -> Wire:
        with self._lock:
            if self._closed:
                raise silent()
            if self._wire is None:
                from app.services.google.firestore.channel import Wire

                self._wire = Wire(*self._place)
            return self._wire


def remote_case(message: Any) -> RemoteCase:
    """A case as the server has it, from its protobuf message."""
    # each by itself: what the whole would look like to be a list is a map here, whoever wrote it
    found = {document.name_from(name): document.from_message(value) for name, value in message.fields.items()}
    meta = found.get("_meta")
    if not isinstance(meta, dict):
        meta = found["_meta"] = {}
    meta.pop("shard", None)
    kept = message.fields["_meta"].map_value.fields if "_meta" in message.fields else {}
    stamp = kept["updated_at"].timestamp_value if "updated_at" in kept else None
    # a case that another program wrote without its time is as old as its last write
    at = document.time_of(stamp if stamp is not None and stamp.seconds else message.update_time)
    meta["updated_at"] = to_time(at)
    return RemoteCase(message.name.rpartition("/")[2], found, message.update_time.ToJsonString(), at)


def _stamp(update_time: str) -> Any:
    """The protobuf time of an update time as it was told. Raises `Rejected` for what is none."""
    from google.protobuf.timestamp_pb2 import Timestamp  # type: ignore[import-untyped]

    made = Timestamp()
    try:
        made.FromJsonString(update_time)
        return made
    except ValueError:
        raise Rejected(
            "This version of the case does not come from the shared queue.",
            "Fetch the case again.",
            code="remote_not_understood",
        ) from None
