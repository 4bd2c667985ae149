"""A model of the shared queue that answers as Firestore does, in this process, by a clock that it is given.

`ServerModel` is a `CaseRemote` without faults: batches that are applied as a whole or not at all, receipts that are
created once, preconditions on the update time, `_meta.updated_at` in the order of requests and not of commits,
documents of 1 MiB at most, no list in a list. Determinations are written by `determine` alone, the road of the
endpoint, which checks and signs them. `BucketModel` is a `BucketRemote` beside it. Faults: `sync_line.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.domain.case import Json, to_time
from app.domain.change import MISSING, Missing
from app.domain.determination import RIGHT_FOR, check_ground, check_superseding, determination_from
from app.domain.errors import Conflict, Offline, Rejected
from app.domain.role import Person, someone
from app.domain.sync import (
    Answer,
    Cursor,
    Lease,
    Push,
    Pushed,
    Receipt,
    RemoteCase,
    Scope,
    StoredObject,
    shard_of,
)
from app.services.ports import Watch

LARGEST = 1_048_576
"""Bytes of a document, as Firestore counts them about."""
MOST_WRITES = 500
_KEY = b"the endpoint of the model"


@dataclass(slots=True)
class Kept:
    """A case as the server keeps it."""

    text: str
    update_time: str
    updated_at: datetime
    assigned_to: str


@dataclass(frozen=True, slots=True)
class Applied:
    """One batch that the server applied: what the checker of histories reads."""

    number: int
    case_id: str
    receipts: tuple[Receipt, ...]
    before: str | None
    after: str
    determines: bool
    tag: str


@dataclass(slots=True)
class ServerModel:
    """The shared queue. `now` is the server's own time. Thread-safe; every call is atomic.

    `person` says who somebody is where determinations are checked. `receipts_first` says whether a batch in which
    both a receipt is there and the base moved is answered as the one or the other: a real server may say either.
    """

    now: Callable[[], datetime]
    person: Callable[[str], Person] = someone
    receipts_first: Callable[[], bool] = lambda: True
    cases: dict[str, Kept] = field(default_factory=dict)
    mutations: dict[str, dict[str, Receipt]] = field(default_factory=dict)
    kept_reviews: dict[str, dict[str, Json]] = field(default_factory=dict)
    written: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """When a receipt or a review was written, by (case, id)."""
    desks: dict[str, str] = field(default_factory=dict)
    """The workspace that has a desk's code."""
    leases: dict[str, Lease] = field(default_factory=dict)
    log: list[Applied] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    _listeners: dict[int, tuple[Scope, Callable[[], None]]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # Writing

    def request_time(self) -> datetime:
        """What a request that arrives now is stamped with: milliseconds, as SERVER_TIMESTAMP is."""
        now = self.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def push(self, push: Push) -> Pushed:
        """Apply a batch, the one that determines on the endpoint's road."""
        return self.commit(push, self.request_time())

    def commit(self, push: Push, requested: datetime, tag: str = "") -> Pushed:
        """Apply a batch that was asked for at a time: for one that takes long, the past."""
        with self._lock:
            self._count("push")
            _refuse_malformed(push)
            answer = self._refused(push)
            if answer is not None:
                return Pushed(answer)
            kept = self.cases.get(push.case_id)
            before = json.loads(kept.text) if kept else None
            document = (
                _copied(push.document)
                if push.document is not None
                else _updated(json.loads(kept.text) if kept else {}, push)
            )
            self._guard(push, before or {}, document)
            document.setdefault("_meta", {})["updated_at"] = to_time(requested)
            text = _stored_text(document)
            self.commits += 1
            update_time = f"u{self.commits:08d}"
            assigned = str(document.get("assigned_to") or "")
            self.cases[push.case_id] = Kept(text, update_time, requested, assigned)
            self.mutations.setdefault(push.case_id, {}).update({r.mutation_id: r for r in push.receipts})
            for review_id, body in push.reviews.items():
                self.kept_reviews.setdefault(push.case_id, {}).setdefault(review_id, _copied(body))
            for name in (*(r.mutation_id for r in push.receipts), *push.reviews):
                self.written.setdefault((push.case_id, name), requested)
            self.log.append(
                Applied(
                    self.commits, push.case_id, push.receipts, kept.text if kept else None, text,
                    push.determines, tag,
                )
            )  # fmt: skip
            told = [poke for scope, poke in self._listeners.values() if _hears(scope, push.case_id, assigned)]
        for poke in told:
            poke()
        return Pushed(Answer.APPLIED, update_time)

    def _refused(self, push: Push) -> Answer | None:
        kept = self.cases.get(push.case_id)
        known = self.mutations.get(push.case_id, {})
        there = any(r.mutation_id in known for r in push.receipts)
        if push.base is None:
            if there:
                return Answer.RECEIPT_THERE
            return Answer.BASE_MOVED if kept is not None else None
        if kept is None:
            return Answer.GONE
        moved = kept.update_time != push.base
        if there and (not moved or self.receipts_first()):
            return Answer.RECEIPT_THERE
        return Answer.BASE_MOVED if moved else None

    def _guard(self, push: Push, before: Json, after: Json) -> None:
        """Determinations are the endpoint's to write: it checks who asks, and signs."""
        old, new = before.get("determinations") or {}, after.get("determinations") or {}
        made = {line: entry for line, entry in new.items() if entry != old.get(line)}
        if not push.determines:
            if made or old.keys() - new.keys():
                raise Rejected(
                    "A desk does not write determinations.",
                    "Send it to the endpoint of the service.",
                    code="not_allowed_determination",
                )
            return
        if old.keys() - new.keys():
            raise Rejected("A determination is not taken back.", "Make a new one.", code="determined_stays")
        authors = {r.by for r in push.receipts}
        for line, entry in made.items():
            self._check_determination(line, entry, old.get(line), authors)
            entry["signature"] = signature(push.case_id, line, entry)

    def _check_determination(self, line: str, entry: Json, old: Json | None, authors: set[str]) -> None:
        try:
            made = determination_from(entry)
        except (KeyError, ValueError, TypeError, AttributeError):
            raise Rejected("This is no determination.", code="no_determination") from None
        person = self.person(made.by)
        if made.line_id != line or made.by not in authors or made.role not in person.roles:
            raise Rejected("A determination bears the name of its author.", code="not_you")
        if not person.may(RIGHT_FOR[made.outcome]):
            raise Rejected("This person may not decide so.", "Refer it.", code="not_allowed")
        check_ground(made.outcome, made.ground)
        before = determination_from(old) if old else None
        if before is not None and before.final:
            check_superseding(person, before, made.outcome, self.now(), letter_out=False)

    # Reading

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        with self._lock:
            self._count("receipts")
            return frozenset(self.mutations.get(case_id, {}).keys() & set(mutation_ids))

    def case(self, case_id: str) -> RemoteCase | None:
        with self._lock:
            self._count("case")
            kept = self.cases.get(case_id)
            return _remote(case_id, kept) if kept else None

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        with self._lock:
            self._count("changed")
            found = sorted(
                (kept.updated_at, case_id)
                for case_id, kept in self.cases.items()
                if (since is None or (kept.updated_at, case_id) >= (since.updated_at, since.case_id))
                and _hears(scope, case_id, kept.assigned_to)
            )
            return tuple(_remote(case_id, self.cases[case_id]) for _, case_id in found[:limit])

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        with self._lock:
            self._count("history")
            found = [
                r
                for r in self.mutations.get(case_id, {}).values()
                if self._since(case_id, r.mutation_id, since)
            ]
            return tuple(sorted(found, key=lambda r: (r.at, r.mutation_id)))

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        with self._lock:
            self._count("reviews")
            kept = self.kept_reviews.get(case_id, {})
            return {name: _copied(body) for name, body in kept.items() if self._since(case_id, name, since)}

    def _since(self, case_id: str, name: str, since: datetime | None) -> bool:
        return since is None or self.written[(case_id, name)] >= since

    def claim_desk(self, code: str, workspace: str) -> bool:
        with self._lock:
            self._count("claim_desk")
            return self.desks.setdefault(code, workspace) == workspace

    # Listening and leases

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        with self._lock:
            number = max(self._listeners, default=0) + 1
            self._listeners[number] = (scope, poke)

        def end() -> None:
            with self._lock:
                self._listeners.pop(number, None)

        return end

    def lease(self, case_id: str) -> Lease | None:
        with self._lock:
            found = self.leases.get(case_id)
            return found if found is not None and found.until > self.now() else None

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        with self._lock:
            held = self.lease(lease.case_id)
            if held is not None and (held.by, held.desk) != (lease.by, lease.desk) and not over:
                return held
            self.leases[lease.case_id] = lease
            return lease

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        with self._lock:
            held = self.leases.get(case_id)
            if held is not None and (held.by, held.desk) == (by, desk):
                del self.leases[case_id]

    # What only a test does

    def confirmed(self, case_id: str, line: str, entry: Json) -> bool:
        """Whether the endpoint signed this determination of this line of this case."""
        return hmac.compare_digest(str(entry.get("signature", "")), signature(case_id, line, entry))

    def delete(self, case_id: str, mutation_id: str, by: str) -> None:
        """Leave a tombstone in a case's place, as an administrator elsewhere would."""
        kept = self.cases[case_id]
        now = self.request_time()
        document = json.loads(kept.text)
        receipt = Receipt(mutation_id, case_id, "deleted", by, self.now(), "ADMN", 0, "", "", {})
        document["_meta"] = {**document["_meta"], "rev": mutation_id, "deleted_at": to_time(now)}
        updates: dict[tuple[str, ...], Any] = {
            ("_meta", name): document["_meta"][name] for name in ("rev", "deleted_at")
        }
        self.commit(Push(case_id, (receipt,), kept.update_time, None, updates), now, "tombstone")

    def document(self, case_id: str) -> Json | None:
        """The case as it stands, uncounted."""
        kept = self.cases.get(case_id)
        return json.loads(kept.text) if kept else None

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


@dataclass(slots=True)
class BucketModel:
    """Buckets in memory: a name is stored once, and found again when it holds the same bytes."""

    objects: dict[str, tuple[StoredObject, bytes]] = field(default_factory=dict)
    puts: int = 0
    arrived: Callable[[StoredObject, bytes], None] | None = None
    """Told of every new object, as Eventarc tells the ingestion service."""

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        uri = f"gs://{bucket}/{name}"
        self.puts += 1
        held = self.objects.get(uri)
        if held is not None:
            if held[1] != content:
                raise Conflict("Another file is stored under this name.", code="object_taken")
            return held[0]
        made = StoredObject(
            uri, len(content), self.puts, _checksum(content), media_type, dict(metadata or {})
        )
        self.objects[uri] = (made, content)
        if self.arrived is not None:
            self.arrived(made, content)
        return made

    def get(self, uri: str, watch: Watch | None = None) -> bytes:
        held = self.objects.get(uri)
        if held is None:
            raise Rejected("There is no such file.", code="no_object")
        return held[1]

    def stat(self, uri: str) -> StoredObject | None:
        held = self.objects.get(uri)
        return held[0] if held else None

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]:
        start = f"gs://{bucket}/{prefix}"
        return tuple(self.objects[uri][0] for uri in sorted(self.objects) if uri.startswith(start))


def signature(case_id: str, line: str, entry: Json) -> str:
    bare = {name: value for name, value in entry.items() if name != "signature"}
    text = json.dumps([case_id, line, bare], sort_keys=True, separators=(",", ":"))
    return hmac.digest(_KEY, text.encode(), hashlib.sha256).hex()


def offline() -> Offline:
    return Offline("The shared queue was not reached.", "Work goes on; it is tried again.", code="offline")


def _remote(case_id: str, kept: Kept) -> RemoteCase:
    return RemoteCase(case_id, json.loads(kept.text), kept.update_time, kept.updated_at)


def _hears(scope: Scope, case_id: str, assigned_to: str) -> bool:
    return assigned_to == scope.person or not scope.shards or shard_of(case_id) in scope.shards


def _checksum(content: bytes) -> int:
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big")


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def _updated(before: Json, push: Push) -> Json:
    for path, value in push.updates.items():
        *above, last = path
        place = before
        for part in above:
            inner = place.get(part)
            if not isinstance(inner, dict):
                if isinstance(value, Missing):
                    place = {}  # there is nothing to remove, and nothing is made for it
                    break
                inner = place[part] = {}  # as Firestore does: what stands in the way of a path gives way
            place = inner
        if isinstance(value, Missing):
            place.pop(last, None)
        else:
            place[last] = _copied(value)
    return before


def _stored_text(document: Json) -> str:
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    if len(text) > LARGEST:
        raise Rejected(
            "The case is larger than the shared queue takes.", "Attach files instead.", code="case_too_large"
        )
    return text


def _refuse_malformed(push: Push) -> None:
    """Raises `Rejected` for what a real server answers with INVALID_ARGUMENT."""
    wrong = next(_wrongs(push), "")
    if wrong:
        raise Rejected(f"The shared queue did not understand the change: {wrong}.", code="invalid_argument")


def _wrongs(push: Push) -> Iterator[str]:
    ids = [r.mutation_id for r in push.receipts]
    if not ids:
        yield "no receipt"
    if len(set(ids)) != len(ids):
        yield "a receipt twice in one batch"
    if any(r.case_id != push.case_id for r in push.receipts):
        yield "a receipt of another case"
    if len(ids) + len(push.reviews) + 1 > MOST_WRITES:
        yield "too many writes"
    if any(not name or "/" in name for name in (*ids, push.case_id, *push.reviews)):
        yield "a document without a name"
    if push.base is None:
        if push.document is None or push.updates:
            yield "a new case without its document"
    elif push.document is not None:
        yield "a document for a case that is there"
    if push.document is not None and push.document.get("case_id", push.case_id) != push.case_id:
        yield "the document of another case"
    if ("_meta", "updated_at") in push.updates or ("_meta",) in push.updates:
        yield "a time that is the server's to write"
    paths = sorted(push.updates)
    if any(not path or not all(path) for path in paths):
        yield "an empty path"
    if any(two[: len(one)] == one for one, two in pairwise(paths)):
        yield "a path under another"
    for value in (
        push.document,
        *push.updates.values(),
        *(r.body for r in push.receipts),
        *push.reviews.values(),
    ):
        if value is not MISSING and _nested(value):
            yield "a list in a list"


def _nested(value: Any, *, inside: bool = False) -> bool:
    if isinstance(value, list | tuple):
        return inside or any(_nested(inner, inside=True) for inner in value)
    if isinstance(value, dict):
        if any(not isinstance(name, str) or not name for name in value):
            return True
        return any(_nested(inner) for inner in value.values())
    return value is not None and not isinstance(value, str | int | float | bool)
