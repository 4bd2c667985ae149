"""What tests of the ingestion service stand on: a service on loopback, tokens of a test's own issuer, and a ledger and
a register in memory that keep to the same contract as those in Firestore (tests/contract/test_serve_port.py).
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx

from app.domain.case import Json
from app.domain.connection import Connection
from app.domain.library_wire import InForce, Kind, SharedVersion
from app.domain.role import Person, Role
from app.domain.sync import Push, StoredObject
from app.domain.sync_wire import KeptCheckpoint
from app.resource import resource
from app.services.google.endpoint import Endpoint
from app.services.google.token import GoogleTokens
from app.services.ingestion_service.event import FINALIZED
from app.services.ingestion_service.port import LibraryMoved, LibraryPut, People, PeopleMoved
from app.services.processor_library import unchanged
from app.services.processors import load_definitions
from app.services.signing import new_key
from app.serving import ServeBackends, ServeSettings, serving
from tests.faults.sync_server import BucketModel, ServerModel

CLIENT = "desk-client.apps.googleusercontent.example"
PROJECT = "payer-test"
NURSE, DOCTOR, ADMIN, CLERK = (
    "nurse@payer.example",
    "doctor@payer.example",
    "admin@payer.example",
    "clerk@payer.example",
)
http = SimpleNamespace(
    **{name: partial(getattr(httpx, name), verify=False) for name in ("get", "post", "request")}
)
"""As httpx, without a certificate store that plain HTTP has no use for: it takes longer than the request."""
PEOPLE = {
    NURSE: Person(NURSE, "Nora Nurse", (Role.UR_SPECIALIST,)),
    DOCTOR: Person(DOCTOR, "Dr. Doe", (Role.PHYSICIAN,)),
    ADMIN: Person(ADMIN, "Ada Admin", (Role.ADMINISTRATOR,)),
    CLERK: Person(CLERK, "Carl Clerk", (Role.CASE_MANAGER,)),
}


class Queue(ServerModel):
    """The model of the shared queue without an endpoint of its own: the service is that here."""

    __slots__ = ()

    def _guard(self, push: Push, before: Json, after: Json) -> None:
        return


class MemoryLedger:
    """A `Ledger` that forgets at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self.content: dict[str, dict[str, str]] = {}
        self.aside: dict[str, Json] = {}

    def take_numbers(self, count: int) -> int:
        with self._lock:
            first, self._next = self._next, self._next + count
            return first

    def note_content(self, sha256: str, case_id: str, receipt: str) -> None:
        with self._lock:
            self.content.setdefault(sha256, {}).setdefault(case_id, receipt)

    def with_content(self, sha256: str) -> Mapping[str, str]:
        with self._lock:
            return dict(self.content.get(sha256, {}))

    def set_aside(self, arrival_id: str, entry: Json) -> None:
        self.aside[arrival_id] = entry


class MemoryRegister:
    """A `Register` that forgets at the end."""

    def __init__(self, people: Mapping[str, Person] = PEOPLE) -> None:
        self._lock = threading.Lock()
        self._people = dict(people)
        self._state = 0
        self.audit: list[Json] = []
        self._checkpoints: dict[tuple[str, int], KeptCheckpoint] = {}

    def person(self, email: str) -> Person | None:
        return self._people.get(email)

    def people(self) -> People:
        with self._lock:
            return People(dict(self._people), str(self._state or ""))

    def put_person(self, person: Person, state: str, audit: Json) -> None:
        with self._lock:
            if state != str(self._state or ""):
                raise PeopleMoved
            self._state += 1
            self._people[person.name] = person
            self.audit.append(audit)

    def checkpoint(self, desk: str, sequence: int) -> KeptCheckpoint | None:
        return self._checkpoints.get((desk, sequence))

    def latest_checkpoint(self, desk: str) -> KeptCheckpoint | None:
        found = [kept for (of, _), kept in self._checkpoints.items() if of == desk]
        return found[-1] if found else None

    def keep_checkpoint(self, kept: KeptCheckpoint) -> bool:
        place = (kept.checkpoint.desk, kept.checkpoint.sequence)
        with self._lock:
            there = place in self._checkpoints
            self._checkpoints.setdefault(place, kept)
        return not there

    def note(self, entry: Json) -> None:
        self.audit.append(entry)


class MemoryLibrary:
    """A `Library` that forgets at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 0
        self._versions: dict[tuple[str, str, str], SharedVersion] = {}
        self.bodies: dict[tuple[str, str, str], bytes] = {}
        self._in_force: dict[tuple[str, str], InForce] = {}
        self.audit: list[Json] = []

    def revision(self) -> tuple[int, str]:
        return self._revision, str(self._revision or "")

    def since(self, revision: int) -> tuple[tuple[SharedVersion, ...], tuple[InForce, ...]]:
        with self._lock:
            versions = sorted(self._versions.values(), key=lambda each: each.revision)
            in_force = sorted(self._in_force.values(), key=lambda each: each.revision)
        return (
            tuple(each for each in versions if each.revision > revision),
            tuple(each for each in in_force if each.revision > revision),
        )

    def version(self, kind: Kind, name: str, version: str) -> SharedVersion | None:
        return self._versions.get((kind, name, version))

    def body(self, kind: Kind, name: str, version: str) -> bytes | None:
        return self.bodies.get((kind, name, version))

    def in_force(self, kind: Kind, name: str) -> InForce | None:
        return self._in_force.get((kind, name))

    def put(self, put: LibraryPut) -> None:
        with self._lock:
            made = put.version
            place = (made.kind, made.name, made.version) if made is not None else None
            if put.state != str(self._revision or "") or (place is not None and place in self._versions):
                raise LibraryMoved
            self._revision = put.revision
            if made is not None and place is not None and put.body is not None:
                self._versions[place], self.bodies[place] = made, put.body
            if put.in_force is not None:
                self._in_force[put.in_force.kind, put.in_force.name] = put.in_force
            self.audit.append(put.audit)


@cache
def _issuer_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(65537, 2048)


class Issuer:
    """Makes ID tokens as Google does, and serves its certificates on loopback."""

    def __init__(self) -> None:
        self._key = _issuer_key()
        self.kid = "k1"
        self.certs: dict[str, str] = {self.kid: _certificate(self._key)}
        self.asked = 0
        self.away = False
        self.max_age = 3600

    def token(self, email: Any = NURSE, **claims: object) -> str:
        now = int(time.time())
        content: dict[str, object] = {
            "iss": "https://accounts.google.com", "aud": CLIENT, "sub": "1", "email": email,
            "email_verified": True, "iat": now - 5, "exp": now + 3600, **claims,
        }  # fmt: skip
        return self.signed({k: v for k, v in content.items() if v is not None})

    def signed(self, content: Mapping[str, object], algorithm: str = "RS256", kid: str | None = None) -> str:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        head = {"alg": algorithm, "typ": "JWT", "kid": self.kid if kid is None else kid}
        text = f"{_part(head)}.{_part(content)}"
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_encoded(signature)}"

    @contextmanager
    def served(self) -> Iterator[str]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = json.dumps(issuer.certs).encode()
                self.send_response(503 if issuer.away else 200)
                self.send_header("Cache-Control", f"public, max-age={issuer.max_age}, must-revalidate")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
            yield f"http://127.0.0.1:{port}/certs"


@contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[int]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(key: Any) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _part(content: Mapping[str, object]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class SignedIn:
    """An `Identity` whose token is given."""

    def __init__(self, token: str, email: str = "") -> None:
        self._token, self._email = token, email

    def sign_in(self, opened: Callable[[str], None]) -> str:
        return self._email

    def sign_out(self) -> None:
        self._token = ""

    @property
    def email(self) -> str:
        return self._email

    def access_token(self) -> str:
        return self._token

    def id_token(self) -> str:
        return self._token


@dataclass
class Service:
    """A service on loopback and everything behind it."""

    cases: Any
    buckets: BucketModel
    ledger: Any
    register: Any
    issuer: Issuer
    processor: Any
    settings: ServeSettings
    public_key: str
    url: str = ""
    out: io.StringIO = field(default_factory=io.StringIO)
    server: Any = None
    closing: list[Callable[[], None]] = field(default_factory=list)
    library: Any = field(default_factory=MemoryLibrary)

    def endpoint(self, email: Any = NURSE, **claims: object) -> Endpoint:
        """The endpoint as a desk reaches it at which this person is signed in; closed at the end."""
        made = Endpoint(self.url, SignedIn(self.issuer.token(email, **claims)))
        self.closing.append(made.close)
        return made

    def lines(self) -> list[Json]:
        """What stands in the log."""
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines()]

    def identity(self, email: str = NURSE) -> SignedIn:
        return SignedIn(self.issuer.token(email), email)


def settings_of_test(private: str, **more: Any) -> ServeSettings:
    connection = Connection(PROJECT, "us-central1", CLIENT, "", client_secret="")
    return ServeSettings(connection, port=0, threads=8, signing_key=private, **more)


@contextmanager
def service(
    processor: Any,
    *,
    cases: Any = None,
    buckets: Any = None,
    ledger: Any = None,
    register: Any = None,
    library: Any = None,
    use: Any = unchanged,
    issuer: Issuer | None = None,
    events: bool = False,
    **more: Any,
) -> Iterator[Service]:
    """A service that runs on loopback until the end; what is not given is in memory."""
    private, public = new_key()
    issuer = issuer or Issuer()
    made = Service(
        cases if cases is not None else Queue(lambda: datetime.now(UTC)),
        buckets if buckets is not None else BucketModel(),
        ledger if ledger is not None else MemoryLedger(),
        register if register is not None else MemoryRegister(),
        issuer, processor, settings_of_test(private, **more), public,
    )  # fmt: skip
    if library is not None:
        made.library = library
    with issuer.served() as certs:
        tokens = GoogleTokens((CLIENT,), certs=certs)
        from_eventarc = GoogleTokens(
            ("https://ingestion.example",), accounts=("eventarc@p.example",), certs=certs
        )
        behind = ServeBackends(
            made.cases, made.buckets, made.ledger, made.register, tokens, processor,
            load_definitions(resource("processors")), lambda: None, from_eventarc if events else None,
            made.library, use,
        )  # fmt: skip
        made.server = serving(made.settings, behind, made.out)
        made.url = f"http://127.0.0.1:{made.server.port}"
        thread = threading.Thread(target=made.server.serve)
        thread.start()
        try:
            yield made
        finally:
            for close in made.closing:
                close()
            made.server.end()
            thread.join()


def event_of(
    stored: StoredObject, *, created: datetime | None = None, bucket: str = ""
) -> tuple[dict[str, str], bytes]:
    """The headers and body with which Eventarc tells of an object (binary mode)."""
    known, _, name = stored.uri.removeprefix("gs://").partition("/")
    called = bucket or f"{PROJECT}-{known.replace('_', '-')}"
    data = {
        "kind": "storage#object", "bucket": called, "name": name, "generation": str(stored.generation),
        "size": str(stored.size), "contentType": stored.media_type or "application/octet-stream",
        "timeCreated": (created or datetime.now(UTC)).isoformat().replace("+00:00", "Z"),
        "metadata": dict(stored.metadata),
    }  # fmt: skip
    headers = {
        "ce-id": f"event-{stored.generation}",
        "ce-specversion": "1.0",
        "ce-type": FINALIZED,
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{called}",
        "ce-subject": "objects/" + quote(name),
        "Content-Type": "application/json",
    }
    return headers, json.dumps(data).encode()
