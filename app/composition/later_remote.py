"""The shared queue and the buckets, made with their first call: the window is there before their libraries are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from app.domain.case import Json
from app.domain.sync import Cursor, Lease, Push, Pushed, Receipt, RemoteCase, Scope, StoredObject
from app.services.ports import BucketRemote, CaseRemote, Watch


class LaterCases:
    """A `CaseRemote` that is made by whoever asks it first, on their thread."""

    def __init__(self, make: Callable[[], CaseRemote]) -> None:
        self._remote = make

    def push(self, push: Push) -> Pushed:
        return self._remote().push(push)

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        return self._remote().receipts(case_id, mutation_ids)

    def case(self, case_id: str) -> RemoteCase | None:
        return self._remote().case(case_id)

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        return self._remote().changed(scope, since, limit)

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        return self._remote().history(case_id, since)

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        return self._remote().reviews(case_id, since)

    def claim_desk(self, code: str, workspace: str) -> bool:
        return self._remote().claim_desk(code, workspace)

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        return self._remote().listen(scope, poke)

    def lease(self, case_id: str) -> Lease | None:
        return self._remote().lease(case_id)

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        return self._remote().take_lease(lease, over=over)

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        self._remote().drop_lease(case_id, by, desk)


class LaterBuckets:
    """A `BucketRemote` that is made by whoever asks it first."""

    def __init__(self, make: Callable[[], BucketRemote]) -> None:
        self._remote = make

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        return self._remote().put(bucket, name, content, media_type, metadata, watch)

    def get(self, uri: str, watch: Watch | None = None) -> bytes:
        return self._remote().get(uri, watch)

    def stat(self, uri: str) -> StoredObject | None:
        return self._remote().stat(uri)

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]:
        return self._remote().list(bucket, prefix)
