"""A gRPC proxy between the real client and the Firestore emulator, on which things go wrong by a script.

It passes bytes on and does what the emulator does not: it asks for a token, knows one database only, refuses a query
that has no index in installer/cloud/firestore.indexes.json, loses answers, delays, resets, falls silent, applies late
and goes away altogether. What goes through it is counted as Google would bill it.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.cloud.firestore_v1.types import (
    BatchGetDocumentsRequest,
    BatchGetDocumentsResponse,
    CommitRequest,
    ListenRequest,
    ListenResponse,
    RunQueryRequest,
    RunQueryResponse,
    StructuredQuery,
    TargetChange,
)

INDEXES = Path(__file__).resolve().parents[1] / "installer" / "cloud" / "firestore.indexes.json"
SERVICE = "google.firestore.v1.Firestore"
_UNARY_STREAM = frozenset({"BatchGetDocuments", "RunQuery", "RunAggregationQuery"})
_STREAM_STREAM = frozenset({"Listen", "Write"})
_OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))


class Kind(StrEnum):
    LOST = "lost"
    """Passed on; the answer, whatever it is, is lost."""
    REFUSE = "refuse"
    """Not passed on: answered with `code`."""
    DELAY = "delay"
    """Passed on after `seconds`."""
    SILENT = "silent"
    """Half-open: not passed on, and never answered."""
    DEAF = "deaf"
    """Applied, and never answered."""
    LATE = "late"
    """Answered as unavailable at once, and applied when `release` is called."""
    CUT = "cut"
    """A stream of answers breaks off after `messages` of them."""


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, for the next `times` calls of a method (any when ""), after `after` good ones."""

    kind: Kind
    method: str = "Commit"
    after: int = 0
    times: int = 1
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    seconds: float = 0.0
    messages: int = 1


@dataclass(slots=True)
class Count:
    """What went over the wire for one kind of call: documents as they are billed, bytes of the messages."""

    calls: int = 0
    reads: int = 0
    writes: int = 0
    deletes: int = 0
    sent: int = 0
    received: int = 0


@dataclass
class FaultyProxy:
    """The proxy. `token` is what a call has to bear; "" lets everybody in. `database` is the only one it knows."""

    upstream: str
    token: str = ""
    database: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    counts: dict[str, Count] = field(default_factory=dict)
    held: list[Callable[[], grpc.StatusCode]] = field(default_factory=list)
    lost: list[Callable[[], grpc.StatusCode]] = field(default_factory=list)
    """The calls whose answers were lost: each sends it once more, and says what the answer would have been."""
    opened: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[threading.Event] = set()
        self._indexes = [
            tuple((f["fieldPath"], f["order"]) for f in index["fields"])
            for index in json.loads(INDEXES.read_text("utf-8"))["indexes"]
        ]
        self._channel = grpc.insecure_channel(self.upstream, options=_OPTIONS)
        self._server: Any = None
        self._threads: ThreadPoolExecutor | None = None
        self.heal()

    # What a test does

    def add(self, kind: Kind, method: str = "Commit", **more: Any) -> None:
        with self._lock:
            self.faults.append(Fault(kind, method, **more))

    def partition(self) -> None:
        """Nobody is there any more: connections break, and new ones are refused."""
        server, threads = self._server, self._threads
        self._server = self._threads = None
        with self._lock:
            waiting = set(self._waiting)
        for each in waiting:
            each.set()
        if server is not None:
            server.stop(0).wait()
        if threads is not None:
            threads.shutdown(wait=True)

    def heal(self) -> None:
        """It is there again, at the same address."""
        if self._server is not None:
            return
        self._threads = ThreadPoolExecutor(32, thread_name_prefix="proxy")
        server = grpc.server(self._threads, options=(*_OPTIONS, ("grpc.so_reuseport", 0)))
        server.add_generic_rpc_handlers((_Handlers(self),))
        port = server.add_insecure_port(self.address or "127.0.0.1:0")
        assert port, f"the port of {self.address} was taken by another program"
        self.address = f"127.0.0.1:{port}"
        server.start()
        self._server = server

    def release(self) -> None:
        """Apply what was held back, the last first."""
        with self._lock:
            held, self.held = self.held, []
        for apply in reversed(held):
            apply()

    def total(self) -> Count:
        """Everything that was counted, in one."""
        with self._lock:
            every = list(self.counts.values())
        return Count(*(sum(getattr(c, name) for c in every) for name in Count.__slots__))

    def forget(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self.counts.clear()

    def close(self) -> None:
        self.partition()
        self._channel.close()

    # What a call goes through

    def fault(self, method: str) -> Fault | None:
        with self._lock:
            for each in self.faults:
                if each.method not in ("", method):
                    continue
                if each.after > 0:
                    each.after -= 1
                    continue
                each.times -= 1
                if each.times <= 0:
                    self.faults.remove(each)
                return each
        return None

    def tally(self, method: str, **more: int) -> None:
        with self._lock:
            count = self.counts.setdefault(method, Count())
            for name, number in more.items():
                setattr(count, name, getattr(count, name) + number)

    def wait(self, context: Any, seconds: float | None = None) -> None:
        """Until the caller gives up, the proxy goes away, or the time is over."""
        over = threading.Event()
        with self._lock:
            self._waiting.add(over)
        if context.add_callback(over.set):
            over.wait(seconds)
        with self._lock:
            self._waiting.discard(over)

    def refusal(self, context: Any, method: str, request: bytes) -> tuple[grpc.StatusCode, str] | None:
        """What the real service would refuse at once."""
        metadata = dict(context.invocation_metadata())
        if self.token and metadata.get("authorization") != f"Bearer {self.token}":
            return grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials."
        if self.database:
            named = [metadata.get("google-cloud-resource-prefix", ""), *_databases(method, request)]
            if any(name != self.database for name in named):
                return grpc.StatusCode.NOT_FOUND, "The database does not exist for this project"
        query = _query(method, request)
        if query is not None and not self.is_indexed(query):
            return grpc.StatusCode.FAILED_PRECONDITION, "The query requires an index."
        return None

    def is_indexed(self, query: StructuredQuery) -> bool:
        """Whether Firestore could answer it: by the index of one field, or by one of the composite ones."""
        equal, unequal = _filtered(query)
        orders = [
            (order.field.field_path, order.direction.name)
            for order in query.order_by
            if order.field.field_path != "__name__"
        ]
        if unequal - {path for path, _ in orders}:
            orders += [(path, "ASCENDING") for path in sorted(unequal - {path for path, _ in orders})]
        if len(equal) + len(orders) <= 1 or not orders:
            return True
        return any(
            {path for path, _ in index[: len(equal)]} == equal and list(index[len(equal) :]) == orders
            for index in self._indexes
        )

    def passed_on(self, context: Any) -> list[tuple[str, str]]:
        kept = [
            (key, value)
            for key, value in context.invocation_metadata()
            if key not in ("authorization", "user-agent")
        ]
        return [*kept, ("authorization", "Bearer owner")]  # what the emulator asks for

    def call(self, kind: str, method: str) -> Any:
        return getattr(self._channel, kind)(f"/{SERVICE}/{method}")


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Takes every method of Firestore, as bytes."""

    def __init__(self, proxy: FaultyProxy) -> None:
        self._proxy = proxy

    def service(self, details: Any) -> Any:
        method = details.method.rpartition("/")[2]
        if not details.method.startswith(f"/{SERVICE}/"):
            return None
        if method in _STREAM_STREAM:
            return grpc.stream_stream_rpc_method_handler(
                lambda requests, context: _listened(self._proxy, method, requests, context)
            )
        if method in _UNARY_STREAM:
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: _streamed(self._proxy, method, request, context)
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: _answered(self._proxy, method, request, context)
        )


def _before(proxy: FaultyProxy, method: str, request: bytes, context: Any) -> Fault | None:
    """What happens to a call before it is passed on; ends it where it is not."""
    proxy.tally(method, calls=1, sent=len(request))
    refusal = proxy.refusal(context, method, request)
    if refusal is not None:
        context.abort(*refusal)
    fault = proxy.fault(method)
    if fault is None:
        return None
    if fault.kind is Kind.REFUSE:
        context.abort(fault.code, "refused by the script")
    if fault.kind is Kind.SILENT:
        proxy.wait(context)
        context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
    if fault.kind is Kind.DELAY:
        proxy.wait(context, fault.seconds)
    return fault


def _answered(proxy: FaultyProxy, method: str, request: bytes, context: Any) -> bytes:
    fault = _before(proxy, method, request, context)
    call, metadata = proxy.call("unary_unary", method), proxy.passed_on(context)
    if fault is not None and fault.kind is Kind.LATE:
        proxy.held.append(lambda: _sent_again(call, request, metadata))
        context.abort(grpc.StatusCode.UNAVAILABLE, "it is on its way")
    if fault is not None and fault.kind is Kind.LOST:
        proxy.lost.append(lambda: _sent_again(call, request, metadata))
    try:
        answer: bytes = call(request, timeout=30, metadata=metadata)
    except grpc.RpcError as error:
        if fault is not None and fault.kind is Kind.LOST:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
        context.abort(error.code(), error.details())
        raise AssertionError from None
    if method == "Commit":
        written = CommitRequest.deserialize(request).writes
        deletes = sum("delete" in write for write in written)
        proxy.tally(method, writes=len(written) - deletes, deletes=deletes)
    proxy.tally(method, received=len(answer))
    if fault is not None and fault.kind is Kind.LOST:
        context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
    if fault is not None and fault.kind is Kind.DEAF:
        proxy.wait(context)
    return answer


def _sent_again(call: Any, request: bytes, metadata: Any) -> grpc.StatusCode:
    try:
        call(request, timeout=30, metadata=metadata)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def _streamed(proxy: FaultyProxy, method: str, request: bytes, context: Any) -> Iterator[bytes]:
    fault = _before(proxy, method, request, context)
    stream = proxy.call("unary_stream", method)(request, timeout=30, metadata=proxy.passed_on(context))
    number = documents = 0
    try:
        for number, answer in enumerate(stream, 1):
            if fault is not None and fault.kind is Kind.CUT and number > fault.messages:
                stream.cancel()
                context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
            read = _documents(method, answer)
            documents += read
            proxy.tally(method, received=len(answer), reads=read)
            yield answer
    except grpc.RpcError as error:
        context.abort(error.code(), error.details())
    if documents == 0:
        proxy.tally(method, reads=1)  # a query that finds nothing costs one
    if fault is not None and fault.kind is Kind.LOST:
        context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")


def _listened(proxy: FaultyProxy, method: str, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
    first = next(requests, None)
    if first is None:
        return
    fault = _before(proxy, method, first, context)
    proxy.opened += 1

    def passed() -> Iterator[bytes]:
        yield first
        with suppress(grpc.RpcError):  # the client has let go
            yield from requests

    stream = proxy.call("stream_stream", method)(passed(), metadata=proxy.passed_on(context))
    context.add_callback(stream.cancel)
    number, initial = 0, 0
    told: set[Any] = set()
    try:
        for number, answer in enumerate(stream, 1):
            if fault is not None and fault.kind is Kind.CUT and number > fault.messages:
                stream.cancel()
                context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
            response = ListenResponse.deserialize(answer)
            read = 0
            if "document_change" in response:
                found = response.document_change.document
                version = (found.name, found.update_time)
                # the emulator resets a stream with every change and tells of all again: Google bills what is new
                read = int(version not in told)
                told.add(version)
            initial += read
            kind = response.target_change.target_change_type
            if "target_change" in response and kind == TargetChange.TargetChangeType.CURRENT and not initial:
                read = 1  # a query that finds nothing costs one
            proxy.tally(method, received=len(answer), reads=read)
            yield answer
    except grpc.RpcError as error:
        context.abort(error.code(), error.details())


def _documents(method: str, answer: bytes) -> int:
    if method == "BatchGetDocuments":
        response = BatchGetDocumentsResponse.deserialize(answer)
        return int("found" in response or "missing" in response)
    if method == "RunQuery":
        return int("document" in RunQueryResponse.deserialize(answer))
    return 0


def _databases(method: str, request: bytes) -> list[str]:
    """The databases that a request names in itself."""
    if method == "Commit":
        return [CommitRequest.deserialize(request).database]
    if method == "BatchGetDocuments":
        return [BatchGetDocumentsRequest.deserialize(request).database]
    if method == "RunQuery":
        return [RunQueryRequest.deserialize(request).parent.partition("/documents")[0]]
    if method == "Listen":
        return [ListenRequest.deserialize(request).database]
    return []


def _query(method: str, request: bytes) -> StructuredQuery | None:
    if method == "RunQuery":
        asked: StructuredQuery = RunQueryRequest.deserialize(request).structured_query
        return asked
    if method == "Listen":
        listened: StructuredQuery = ListenRequest.deserialize(request).add_target.query.structured_query
        return listened
    return None


def _filtered(query: StructuredQuery) -> tuple[set[str], set[str]]:
    """The fields that a query asks to be equal to something, and those it compares."""
    equal: set[str] = set()
    unequal: set[str] = set()
    operators = StructuredQuery.FieldFilter.Operator

    def look(where: Any) -> None:
        if "composite_filter" in where:
            for each in where.composite_filter.filters:
                look(each)
        elif "field_filter" in where:
            path = where.field_filter.field.field_path
            same = where.field_filter.op in (operators.EQUAL, operators.IN, operators.ARRAY_CONTAINS)
            (equal if same else unequal).add(path)

    look(query.where)
    return equal, unequal - {"__name__"}


@contextmanager
def proxied(upstream: str, token: str = "", database: str = "") -> Iterator[FaultyProxy]:
    """A proxy before an emulator, while it is needed."""
    proxy = FaultyProxy(upstream, token, database)
    try:
        yield proxy
    finally:
        proxy.close()
