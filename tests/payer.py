"""A payer's project on loopback: the Firestore emulator behind the faulty line, a Cloud Storage, the ingestion service,
and desks that are connected to it. Use with `pytest_plugins = ("tests.emulator",)`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.connection import BUCKETS, Connection
from app.services.google.cloud_storage import CloudBuckets
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.workstation import Backends, CloudPlaces, Settings, Workstation, build
from tests.emulator import Place
from tests.faulty_proxy import FaultyProxy, proxied
from tests.scripted import ScriptedProcessor, scripted_backends
from tests.serve_parts import CLIENT, NURSE, Service, service
from tests.storage_server import REGION, TOKEN, StorageServer, storage_server

PATIENCE = 40.0  # seconds in which something that is on its way has to arrive


@dataclass
class Payer:
    """A project with its queue, its buckets and its service."""

    place: Place
    line: FaultyProxy
    """What desks reach the queue by; `partition` and `heal` take the network away and give it back."""
    storage: StorageServer
    service: Service
    keys: dict[Path, bytes] = field(default_factory=dict)
    processors: dict[str, str] = field(default_factory=dict)
    document_ai: str = ""
    """Where processors of Document AI are, `host:port`."""

    @property
    def connection(self) -> Connection:
        return Connection(
            self.place.project, REGION, CLIENT, self.service.url, self.place.database,
            processors=self.processors, public_key=self.service.public_key,
        )  # fmt: skip

    def places(self, email: str = NURSE) -> CloudPlaces:
        """Where a desk of this person reaches everything."""
        identity = self.service.identity(email)
        self.storage.tokens.add(identity.access_token())
        return CloudPlaces(
            firestore=self.line.address, storage=self.storage.url, service=self.service.url,
            document_ai=self.document_ai, identity=identity,
        )  # fmt: skip

    @contextmanager
    def local(
        self, folder: Path, email: str = NURSE, backends: Backends | None = None
    ) -> Iterator[Workstation]:
        """A workspace as it is by now, connected or not."""
        key = self.keys.setdefault(folder, os.urandom(32))
        behind = backends or scripted_backends(ScriptedProcessor())
        station = build(Settings(folder, "somebody"), key, behind, self.places(email))
        try:
            yield station
        finally:
            station.close()

    @contextmanager
    def desk(
        self, folder: Path, email: str = NURSE, backends: Backends | None = None, *, online: bool = True
    ) -> Iterator[Workstation]:
        """A desk that is connected to the project, by its first start where it is new."""
        with self.local(folder, email, backends) as station:
            if station.cloud is None:
                station.connecting.connect(self.connection, station.person)
        with self.local(folder, email, backends) as station:
            if online:
                station.start_cloud()
            yield station

    def offline(self) -> None:
        """The network of every desk goes away."""
        self.line.partition()

    def online(self) -> None:
        self.line.heal()


@contextmanager
def payer(place: Place, processor: Any = None) -> Iterator[Payer]:
    """A project on an emulator, until the end."""
    with ExitStack() as stack:
        line = stack.enter_context(proxied(place.address))
        names = Connection(place.project, REGION, CLIENT, "https://127.0.0.1")
        storage = stack.enter_context(storage_server({names.bucket(name): REGION for name in BUCKETS}))
        storage.project = place.project
        cases = FirestoreCaseRemote(place.project, place.database, None, emulator=place.address)
        stack.callback(cases.close)
        buckets = CloudBuckets(names, storage.credentials(TOKEN), api_endpoint=storage.url)
        stack.callback(buckets.close)
        running = stack.enter_context(service(processor or ScriptedProcessor(), cases=cases, buckets=buckets))
        yield Payer(place, line, storage, running)


def until(station: Workstation, holds: Callable[[], object], what: str = "") -> None:
    """Wait until something holds of a desk, looking whenever the desk has news."""
    assert station.cloud is not None
    syncing = station.cloud.syncing
    news = threading.Event()
    ends = (syncing.on_state(lambda _state: news.set()), syncing.on_cases(lambda _cases: news.set()))
    deadline = time.monotonic() + PATIENCE
    try:
        while not holds():
            assert time.monotonic() < deadline, f"{what or 'it'} did not come: {syncing.state()}"
            news.wait(0.1)
            news.clear()
    finally:
        for end in ends:
            end()
