"""The client of Document AI over a channel of our own: signed call by call, ended with the program.

Loaded with the first call.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
from google.api_core.gapic_v1 import routing_header
from google.cloud.documentai_v1 import DocumentProcessorServiceClient, ProcessRequest, ProcessResponse
from google.cloud.documentai_v1.services.document_processor_service.transports import (
    DocumentProcessorServiceGrpcTransport,
)

from app.services.ports import Progress, Watch

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SECONDS = 30.0
"""How long a call may take that reads no document."""
TICK = 0.25
"""How often the person is asked whether to go on."""
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.primary_user_agent", "countersign"),
)


class _Signing(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Puts the person's token on every call, in the thread that asks: an expired sign-in is told as one."""

    def __init__(self, host: str, credentials: Credentials) -> None:
        self._host, self._credentials = host, credentials
        self._lock = threading.Lock()

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        from google.auth.transport.requests import Request

        headers: dict[str, str] = {}
        with self._lock:
            asking = functools.partial(Request(), timeout=SECONDS)
            self._credentials.before_request(asking, "POST", f"https://{self._host}/", headers)  # type: ignore[no-untyped-call]
        metadata = [*(details.metadata or ()), *((name.lower(), value) for name, value in headers.items())]
        return continuation(details._replace(metadata=metadata), request)


class Wire:
    """A client of one location (`us`, `eu`, a region). `address` is host:port of a server on this computer."""

    def __init__(self, location: str, credentials: Credentials, address: str = "") -> None:
        host = f"{location}-documentai.googleapis.com"
        self._channel = (
            grpc.insecure_channel(address, options=_OPTIONS)
            if address
            else grpc.secure_channel(f"{host}:443", grpc.ssl_channel_credentials(), options=_OPTIONS)
        )
        signed = grpc.intercept_channel(self._channel, _Signing(host, credentials))
        self.client = DocumentProcessorServiceClient(
            transport=DocumentProcessorServiceGrpcTransport(channel=signed)
        )

    def process(
        self, request: ProcessRequest, seconds: float, watch: Watch | None, progress: Progress
    ) -> ProcessResponse:
        """One document, read at once. The watch is asked while the service works; when it stops, so does the call."""
        asked: Any = self.client.transport.process_document  # a call of grpc: its future can be cancelled
        call = asked.future(
            request,
            timeout=seconds,
            metadata=(routing_header.to_grpc_metadata((("name", request.name),)),),  # type: ignore[no-untyped-call]
        )
        try:
            while True:
                try:
                    answer: ProcessResponse = call.result(timeout=TICK)
                    return answer
                except grpc.FutureTimeoutError:
                    if watch is not None:
                        watch(progress)
        finally:
            call.cancel()

    def close(self) -> None:
        self._channel.close()


class Wires:
    """The clients of all locations, each made when it is first asked for. Thread-safe."""

    def __init__(self, credentials: Credentials, address: str = "") -> None:
        self._credentials, self._address = credentials, address
        self._lock = threading.Lock()
        self._made: dict[str, Wire] = {}

    def of(self, name: str) -> Wire:
        """The client for a resource `projects/…/locations/LOCATION/…`."""
        location = location_of(name)
        with self._lock:
            if location not in self._made:
                self._made[location] = Wire(location, self._credentials, self._address)
            return self._made[location]

    def close(self) -> None:
        """Let go of the connections; a later call makes them anew."""
        with self._lock:
            made, self._made = self._made, {}
        for wire in made.values():
            wire.close()


def location_of(name: str) -> str:
    """Where a resource lies."""
    parts = name.split("/")
    return parts[3] if len(parts) > 3 and parts[2] == "locations" else ""
