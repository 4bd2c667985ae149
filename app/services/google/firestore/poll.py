"""Which queries ask for the cases of a desk.

What is assigned to a person, and the shards of the queue that the desk hears of, each in the order of
(`_meta.updated_at`, name). A desk that starts from nothing asks of the time before `RECENT` only for cases that are
still open: it would read years of closed ones otherwise. From then on it hears of everything, so that it learns when
a case is closed. The composite indexes stand in installer/cloud/firestore.indexes.json.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from app.domain.sync import SHARDS, Cursor, Scope

OPEN = ("", "in_queue", "in_progress")
"""Statuses of the review that a case is open with."""
RECENT = timedelta(days=30)
_BRANCHES = 30
"""How many alternatives Firestore takes in one query."""
_BY_TIME = "_meta.updated_at"


class Poll:
    """Makes the queries of one collection. Remembers which desks are starting from nothing. Thread-safe."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._starting: set[Scope] = set()
        self._lock = threading.Lock()

    def queries(
        self, client: Any, scope: Scope, since: Cursor | None, limit: int, now: Callable[[], datetime]
    ) -> Iterator[Any]:
        """The queries whose results, laid together, hold the next `limit` cases at or after the cursor. `now` asks for
        the server's time, which costs a read: only a desk that starts from nothing needs it.
        """
        with self._lock:
            if since is None:
                self._starting.add(scope)
            starting = scope in self._starting
        border = now() - RECENT if starting else None
        if border is not None and since is not None and since.updated_at >= border:
            with self._lock:
                self._starting.discard(scope)
            border = None
        if border is None:
            yield from (self._from(client, each, since, limit) for each in self._parts(client, scope, 1))
            return
        # the old ones that are open, and the recent ones whatever they are
        from google.cloud.firestore_v1.base_query import FieldFilter

        for each in self._parts(client, scope, len(OPEN)):
            opened = each.where(filter=FieldFilter("status", "in", list(OPEN)))
            opened = opened.where(filter=FieldFilter(_BY_TIME, "<", border))
            yield self._from(client, opened, since, limit)
        for each in self._parts(client, scope, 1):
            yield self._from(client, each, Cursor(border), limit)

    def pokes(self, client: Any, scope: Scope, after: datetime) -> Iterator[Any]:
        """The queries whose results grow with every write to the scope after a time: what a listener watches."""
        from google.cloud.firestore_v1.base_query import FieldFilter

        for each in self._parts(client, scope, 1):
            yield each.where(filter=FieldFilter(_BY_TIME, ">=", after)).order_by(_BY_TIME)

    def newest(self, client: Any, scope: Scope) -> Iterator[Any]:
        """The queries for the last written case of each part of the scope."""
        for each in self._parts(client, scope, 1):
            yield each.order_by(_BY_TIME, direction="DESCENDING").limit(1)

    def _parts(self, client: Any, scope: Scope, branches: int) -> Iterator[Any]:
        """The scope as queries without an order: the person's cases, and the shards in as few parts as may be."""
        from google.cloud.firestore_v1.base_query import FieldFilter

        cases = client.collection(self._collection)
        if not scope.shards or len(set(scope.shards)) >= SHARDS:
            yield cases  # it holds what is assigned to the person too
            return
        if scope.person:
            yield cases.where(filter=FieldFilter("assigned_to", "==", scope.person))
        shards, most = sorted(set(scope.shards)), _BRANCHES // branches
        for at in range(0, len(shards), most):
            yield cases.where(filter=FieldFilter("_meta.shard", "in", shards[at : at + most]))

    def _from(self, client: Any, query: Any, since: Cursor | None, limit: int) -> Any:
        ordered = query.order_by(_BY_TIME).order_by("__name__").limit(limit)
        if since is None:
            return ordered
        values: list[Any] = [since.updated_at]
        if since.case_id:
            values.append(client.collection(self._collection).document(since.case_id))
        return ordered.start_at(values)
