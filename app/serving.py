"""The composition of the ingestion service: its settings, its backends, and what is put together of them.

Beside `app.workstation` the only place that names a backend; it has no workspace, no store and no window.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from app.domain.connection import BUCKETS, Connection, connection_from
from app.domain.errors import Rejected
from app.resource import resource
from app.services.change_log import utc_now
from app.services.processor_library import Use, unchanged
from app.services.processors import load_calibration, load_definitions

if TYPE_CHECKING:
    from app.domain.case import Json
    from app.domain.processor import FormDefinition
    from app.services.google.cloud_storage import CloudBuckets
    from app.services.ingestion_service.determining import Keys
    from app.services.ingestion_service.people import PeopleRegister
    from app.services.ingestion_service.port import Ledger, Library, Register, Tokens
    from app.services.ingestion_service.server import Server
    from app.services.ports import BucketRemote, CaseRemote, FormProcessor

INGEST, ENDPOINT = "ingest", "endpoint"
PARTS = (INGEST, ENDPOINT)
TRUST = "countersign-trust"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What a service is told. `only` is one of `PARTS`, "" for both; `signing_key` the private key, "" where nothing is
    signed; `former_keys` public keys that were in use before. `events_account` is who has to bring events, and
    `events_audience` whom their tokens have to be made out for, "" where Cloud Run or nobody else can reach the
    service. `domains` are the organizations whose accounts may sign in. `patience` are the seconds after which another
    instance goes on with an arrival that one began to read.
    """

    connection: Connection
    trust_database: str = TRUST
    only: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 16
    signing_key: str = ""
    former_keys: str = ""
    events_account: str = ""
    events_audience: str = ""
    domains: tuple[str, ...] = ()
    patience: int = 180

    def does(self, part: str) -> bool:
        return self.only in ("", part)


@dataclass(frozen=True, slots=True)
class ServeBackends:
    """What stands behind the service's ports. `close` leaves no process and no connection behind."""

    cases: CaseRemote
    buckets: BucketRemote
    ledger: Ledger
    register: Register
    tokens: Tokens
    processor: FormProcessor
    definitions: tuple[FormDefinition, ...]
    close: Callable[[], None]
    events_tokens: Tokens | None = None
    library: Library | None = None
    use: Use = unchanged
    """Tells the form processor which definitions are in force from now on."""


def serve_settings(
    environment: Mapping[str, str] | None = None, connection_file: Path | None = None, only: str = ""
) -> ServeSettings:
    """The settings of a service by its environment (docs/admin/serve.md), with the connection of a file where one is
    given. Raises `Rejected` naming what is missing or wrong.
    """
    told = os.environ if environment is None else environment
    key_file = told.get("COUNTERSIGN_SIGNING_KEY_FILE", "")
    only = only or told.get("COUNTERSIGN_ONLY", "")
    if only not in ("", *PARTS):
        raise _wrong("COUNTERSIGN_ONLY")
    connection = _connection_file(connection_file) if connection_file else _connection(told)
    return ServeSettings(
        connection,
        told.get("COUNTERSIGN_TRUST_DATABASE") or TRUST,
        only,
        told.get("COUNTERSIGN_HOST") or "127.0.0.1",
        _number(told, "PORT", 8080),
        _number(told, "COUNTERSIGN_THREADS", 16),
        _read(Path(key_file)) if key_file else told.get("COUNTERSIGN_SIGNING_KEY", "").strip(),
        told.get("COUNTERSIGN_FORMER_KEYS", ""),
        told.get("COUNTERSIGN_EVENTS_ACCOUNT", ""),
        told.get("COUNTERSIGN_EVENTS_AUDIENCE", ""),
        tuple(filter(None, told.get("COUNTERSIGN_DOMAINS", "").replace(",", " ").split())),
        _number(told, "COUNTERSIGN_PATIENCE", 180),
    )


def serving(
    settings: ServeSettings, backends: ServeBackends | None = None, out: TextIO | None = None
) -> Server:
    """Put a service together; tests bring their own backends. It listens; `Server.serve` answers.

    Raises `Rejected` for settings with which it could not do its work.
    """
    import logging

    from app.services.code_list import icd10
    from app.services.ingestion_service.arrival_id import ARRIVALS
    from app.services.ingestion_service.case_writing import CaseWriting
    from app.services.ingestion_service.ingesting import Ingesting
    from app.services.ingestion_service.log import Log, Others
    from app.services.ingestion_service.metric import Metrics
    from app.services.ingestion_service.numbering import ReceiptNumbers, service_code
    from app.services.ingestion_service.receiving import Receiving
    from app.services.ingestion_service.served_form import FreshProcessor, ServedForms
    from app.services.ingestion_service.server import Server
    from app.services.ingestion_service.web import EndpointParts, State, web

    keys = _keys(settings)
    connection = settings.connection
    behind = backends or google_backends(settings)
    log = Log(out or sys.stdout, utc_now, connection.project)
    if backends is None:
        logging.getLogger().addHandler(Others(log))
    metrics = Metrics()
    receiving = endpoint = None
    if settings.does(INGEST):
        numbers = ReceiptNumbers(
            service_code(connection.project, connection.database), behind.ledger.take_numbers
        )
        processor = behind.processor
        definition = _built_in(behind)
        if behind.library is not None:
            forms = ServedForms(
                behind.library, behind.definitions, load_calibration(resource("processors")), behind.use
            )
            processor, definition = FreshProcessor(processor, forms), forms.definition
        writing = CaseWriting(behind.cases, numbers.code, definition, utc_now, icd10)
        ingesting = Ingesting(
            writing, behind.buckets, processor, behind.ledger, numbers,
            bucket=connection.bucket(ARRIVALS), patience=timedelta(seconds=settings.patience),
        )  # fmt: skip
        receiving = Receiving(ingesting, log, metrics, utc_now, behind.events_tokens)
    if keys is not None:
        from app.services.ingestion_service.determining import Determining
        from app.services.ingestion_service.library import SharedLibrary

        public = replace(connection, public_key=keys.public)

        def registered(name: str) -> bool:
            return "@" in name and behind.register.person(name) is not None

        determining = Determining(behind.cases, keys, utc_now, registered)
        library = SharedLibrary(_library(behind), utc_now)
        endpoint = EndpointParts(_people(settings, behind), determining, library, public)
    state = State(ready=lambda: True)
    app = web(log, metrics, state, receiving, endpoint)
    server = Server(
        app, state, metrics.under_way, behind.close,
        host=settings.host, port=settings.port, threads=settings.threads,
    )  # fmt: skip
    log.info("listening", port=server.port, part=settings.only, code_version=_version())
    return server


def first_administrator(settings: ServeSettings, email: str, backends: ServeBackends | None = None) -> str:
    """Make the first administrator of a payer, with the rights of whoever runs this; their email."""
    behind = backends or google_backends(settings)
    try:
        return _people(settings, behind).first_administrator(email).name
    finally:
        if backends is None:
            behind.close()


def new_signing_key() -> tuple[str, str]:
    """A new pair of keys for determinations (private, public)."""
    from app.services.signing import new_key

    return new_key()


def google_backends(
    settings: ServeSettings, emulator: str = "", storage: str = "", credentials: Any = None
) -> ServeBackends:
    """The backends of a Google Cloud project, as the service's own account unless others are given. `emulator` and
    `storage` are servers on this computer that stand for Firestore (host:port) and Cloud Storage (address).
    """
    from app.services.google.cloud_storage import CloudBuckets
    from app.services.google.database import Database
    from app.services.google.firestore.remote import FirestoreCaseRemote
    from app.services.google.register import FirestoreRegister
    from app.services.google.service_account import service_credentials
    from app.services.google.service_ledger import FirestoreLedger
    from app.services.google.shared_library import FirestoreLibrary
    from app.services.google.token import GoogleTokens

    connection = settings.connection
    credentials = credentials or service_credentials()
    who = None if emulator else credentials
    beside = emulator or None
    cases = FirestoreCaseRemote(connection.project, connection.database, who, emulator=beside)
    ledger = FirestoreLedger(Database(connection.project, connection.database, who, beside))
    trust = Database(connection.project, settings.trust_database, who, beside)
    register, library = FirestoreRegister(trust), FirestoreLibrary(trust)
    buckets = CloudBuckets(connection, credentials, api_endpoint=storage or None)
    events = None
    if settings.events_account:
        events = GoogleTokens((settings.events_audience,), accounts=(settings.events_account.lower(),))
    processor, definitions, close_processor, use = form_processor(settings, credentials, buckets)

    def close() -> None:
        close_processor()
        for each in (cases, ledger, register, buckets):
            each.close()

    return ServeBackends(
        cases, buckets, ledger, register, GoogleTokens((connection.client_id,), domains=settings.domains),
        processor, definitions, close, events, library, use,
    )  # fmt: skip


def form_processor(
    settings: ServeSettings, credentials: Any, buckets: CloudBuckets, document_ai: str = ""
) -> tuple[FormProcessor, tuple[FormDefinition, ...], Callable[[], None], Use]:
    """What reads forms, the definitions it begins with, what ends it, and what tells it of others: form types that have
    a processor of Document AI are read by that, all others by the program's own OCR.
    """
    from app.composition.cloud_reading import cut_by
    from app.composition.local import embedded
    from app.services.code_list import icd10

    definitions = load_definitions(resource("processors"))
    behind = embedded(definitions, load_calibration(resource("processors")), icd10)
    if not settings.does(INGEST) or not settings.connection.processors:
        return behind.processor, definitions, behind.close, behind.use
    from app.services.google.document_ai.processor import DocumentAIFormProcessor

    identify: Any = behind.processor
    known = {definition.form_type: definition for definition in definitions}

    def use(in_force: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
        behind.use(in_force, calibrations)
        known.update({definition.form_type: definition for definition in in_force})

    cloud = DocumentAIFormProcessor(
        settings.connection.processors,
        known.get,
        identify.read_except,
        cut_by(behind.opener),
        credentials,
        address=document_ai,
        buckets=lambda: buckets,
        codes=icd10,
    )

    def close() -> None:
        cloud.close()
        behind.close()

    return cloud, definitions, close, use


def _people(settings: ServeSettings, behind: ServeBackends) -> PeopleRegister:
    from app.services.ingestion_service.people import PeopleRegister

    return PeopleRegister(behind.register, behind.tokens, settings.signing_key, utc_now)


def _built_in(behind: ServeBackends) -> Callable[[str, str], FormDefinition | None]:
    known = {definition.form_type: definition for definition in behind.definitions}

    def definition(form_type: str, _version: str) -> FormDefinition | None:
        return known.get(form_type)

    return definition


def _library(behind: ServeBackends) -> Library:
    if behind.library is None:
        raise ValueError("the endpoint keeps the shared library, and was given none")
    return behind.library


def _keys(settings: ServeSettings) -> Keys | None:
    """The keys of the endpoint; None where it is not served. Raises `Rejected` where it would sign nothing."""
    if not settings.does(ENDPOINT):
        return None
    from app.services.ingestion_service.determining import Keys
    from app.services.signing import public_key

    try:
        own = public_key(settings.signing_key)
    except ValueError:
        raise Rejected(
            "The endpoint has no key to sign determinations with.",
            "Make one with “countersign serve --new-signing-key”, and name its file in COUNTERSIGN_SIGNING_KEY_FILE.",
            code="no_signing_key",
        ) from None
    return Keys(settings.signing_key, " ".join(filter(None, (own, settings.former_keys.strip()))))


def _connection(told: Mapping[str, str]) -> Connection:
    project, client = told.get("COUNTERSIGN_PROJECT", ""), told.get("COUNTERSIGN_CLIENT_ID", "")
    data: dict[str, Any] = {
        "project": project or told.get("GOOGLE_CLOUD_PROJECT", ""),
        "location": told.get("COUNTERSIGN_LOCATION", ""),
        "client_id": client,
        "client_secret": told.get("COUNTERSIGN_CLIENT_SECRET", ""),
        "service_url": told.get("COUNTERSIGN_SERVICE_URL", "") or "the address it was asked at",
        "database": told.get("COUNTERSIGN_DATABASE") or "(default)",
        "document_location": told.get("COUNTERSIGN_DOCUMENT_LOCATION") or "us",
        "buckets": _map(told, "COUNTERSIGN_BUCKETS"),
        "processors": _map(told, "COUNTERSIGN_PROCESSORS"),
        "search": told.get("COUNTERSIGN_SEARCH", ""),
        "prompt_model": told.get("COUNTERSIGN_PROMPT_MODEL", ""),
        "ur_model": told.get("COUNTERSIGN_UR_MODEL", ""),
    }
    made = connection_from(data)
    if set(made.buckets) - set(BUCKETS):
        raise _wrong("COUNTERSIGN_BUCKETS")
    return replace(made, service_url=told.get("COUNTERSIGN_SERVICE_URL", ""))


def _connection_file(path: Path) -> Connection:
    try:
        data = json.loads(_read(path))
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Rejected(
            "The connection file is none.", "Write it with “terraform output -raw connection”.",
            code="connection_file",
        )  # fmt: skip
    return connection_from(data)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Rejected(
            "A file that the service was told of cannot be read.",
            "Check the mount of its secret and the rights of its account.",
            code="serve_file",
        ) from None


def _map(told: Mapping[str, str], name: str) -> dict[str, str]:
    try:
        found = json.loads(told.get(name) or "{}")
    except ValueError:
        raise _wrong(name) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _wrong(name)
    return found


def _number(told: Mapping[str, str], name: str, usual: int) -> int:
    text = told.get(name) or str(usual)
    if not text.isdigit():
        raise _wrong(name)
    return int(text)


def _wrong(name: str) -> Rejected:
    return Rejected(f"{name} is not what it has to be.", "See docs/admin/serve.md.", code="serve_setting")


def _version() -> str:
    from app import __version__

    return __version__
