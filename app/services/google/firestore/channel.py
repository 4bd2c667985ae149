"""The client of Google's Firestore library over a channel of our own: signed, watched by keep-alive, closed at the end.

Loaded with the first call. The person's token is put on every call here, in the thread that asks: grpc's own way
would report an expired sign-in as a network that is away.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import (
    BatchGetDocumentsResponse,
    ListenRequest,
    ListenResponse,
    RunQueryResponse,
)

from app.services.google.firestore.document import time_of
from app.services.google.firestore.failure import silent

if TYPE_CHECKING:
    from datetime import datetime

    from google.auth.credentials import Credentials

HOST = "firestore.googleapis.com"
SECONDS = 10.0
"""How long a call may take."""
NEVER = Retry(predicate=lambda _error: False)
"""No try again: a query of the client does not take None for it."""
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # a connection that died without a word is found out within 30 seconds
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # and one that is back is noticed within five: grpc's own back-off goes to two minutes
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.min_reconnect_backoff_ms", 10_000),  # how long one attempt to connect may take
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.primary_user_agent", "countersign"),
)


class _Signing(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """Puts the person's token on every call."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def _signed(self, details: Any) -> Any:
        metadata = [*(details.metadata or ()), *self._headers()]
        return details._replace(metadata=metadata)

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._signed(details), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._signed(details), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._signed(details), requests)


class Headers:
    """What says who asks. Renews the sign-in when it has run out, one thread at a time."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()

    def __call__(self) -> list[tuple[str, str]]:
        """The headers of one call. Raises what Google's sign-in raises."""
        if self._credentials is None or isinstance(self._credentials, AnonymousCredentials):
            return [("authorization", "Bearer owner")]  # what an emulator asks for
        from google.auth.transport.requests import Request

        headers: dict[str, str] = {}
        with self._lock:
            request = functools.partial(Request(), timeout=SECONDS)
            self._credentials.before_request(request, "POST", f"https://{HOST}/", headers)  # type: ignore[no-untyped-call]
        return [(name.lower(), value) for name, value in headers.items()]


class Wire:
    """A client of one database. `emulator` is host:port of a server on this computer, asked in plain text."""

    def __init__(
        self, project: str, database: str, credentials: Credentials | None, emulator: str | None = None
    ) -> None:
        self.headers = Headers(credentials)
        if emulator:
            plain = grpc.insecure_channel(emulator, options=_OPTIONS)
        else:
            plain = grpc.secure_channel(f"{HOST}:443", grpc.ssl_channel_credentials(), options=_OPTIONS)
        self.database = f"projects/{project}/databases/{database}"
        self._prefix = (("google-cloud-resource-prefix", self.database),)
        self._channel = plain
        signed = grpc.intercept_channel(plain, _Signing(self.headers))
        self._listen = signed.stream_stream(
            "/google.firestore.v1.Firestore/Listen",
            request_serializer=ListenRequest.serialize,
            response_deserializer=ListenResponse.deserialize,
        )
        self.api = FirestoreClient(transport=FirestoreGrpcTransport(channel=signed))
        # its own credentials are never asked: the channel signs
        self.client = Client(project=project, database=database, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        self.client._firestore_api_internal = self.api  # noqa: SLF001 - the client takes no channel otherwise

    def found(
        self, query: Any, seconds: float, looked: Callable[[datetime], None] = lambda _at: None
    ) -> Iterator[Any]:
        """The documents of a query as protobuf messages. `looked` is told the server's time of every answer."""
        asked = {
            "parent": f"{self.database}/documents",
            "structured_query": query._to_protobuf(),  # noqa: SLF001 - as the client's own stream does
        }
        for answer in self.api.run_query(request=asked, retry=None, timeout=seconds, metadata=self._prefix):
            message = RunQueryResponse.pb(answer)
            if message.HasField("read_time"):
                looked(time_of(message.read_time))
            if message.HasField("document"):
                yield message.document

    def got(self, path: str, seconds: float) -> Any:
        """A document by its path as a protobuf message; None when there is none."""
        answer = self._looked_up(path, seconds)
        return answer.found if answer is not None and answer.HasField("found") else None

    def now(self, seconds: float) -> datetime:
        """The server's time, from the answer to a look for what is not there. Costs a read."""
        answer = self._looked_up("pa_form_leases/nobody", seconds)
        if answer is None:
            raise silent()
        return time_of(answer.read_time)

    def _looked_up(self, path: str, seconds: float) -> Any:
        asked = {"database": self.database, "documents": [f"{self.database}/documents/{path}"]}
        answers = self.api.batch_get_documents(
            request=asked, retry=None, timeout=seconds, metadata=self._prefix
        )
        found = [
            BatchGetDocumentsResponse.pb(answer) for answer in answers
        ]  # to its end: nothing is left open
        return found[0] if found else None

    def listen(self, requests: Iterator[ListenRequest], seconds: float) -> Iterable[ListenResponse]:
        """A stream of what the server tells of the targets asked for; `cancel` of it ends it. Returns at once: the
        client's own call waits for the first answer, and could not be ended meanwhile.
        """
        stream: Iterable[ListenResponse] = self._listen(requests, timeout=seconds, metadata=self._prefix)
        return stream

    def close(self) -> None:
        self._channel.close()
