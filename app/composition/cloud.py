"""What a connected workspace has beside a local one: the backends of its Google Cloud project.

Nothing in here is loaded for a workspace that is not connected. Each part is made when it is first asked for, and
making it calls nobody: no cloud is waited for on the way to the first window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from app.composition.cloud_reading import Closing, CloudReading, Weights, cut_by
from app.composition.later_remote import LaterBuckets, LaterCases
from app.composition.place import CloudPlaces, Settings
from app.domain.code import CodeLists, no_lists
from app.domain.connection import Connection
from app.domain.errors import Actionable, StorageFailed
from app.domain.sync import Link, Scope
from app.services.change_log import utc_now
from app.services.connected_access import ConnectedAccess
from app.services.desk_claim import DeskClaim
from app.services.google.identity import GoogleIdentity
from app.services.google.sign_in import Accounts, Client, refuse_environment
from app.services.token_vault import SIGNED_IN, TokenVault

if TYPE_CHECKING:
    from app.composition.local import Backends
    from app.domain.processor import FormDefinition
    from app.domain.sync import SyncState
    from app.services.change_log import ChangeLog, Stored
    from app.services.checkpointing import Checkpointing
    from app.services.document_cache import DocumentCache
    from app.services.google.cloud_storage import CloudBuckets
    from app.services.google.desk_credentials import DeskCredentials
    from app.services.google.endpoint import Endpoint, GuardedCaseRemote
    from app.services.google.firestore.remote import FirestoreCaseRemote
    from app.services.google.vertex_search.search import VertexGuidelineSearch
    from app.services.lanes import Lanes
    from app.services.leasing import Leasing
    from app.services.library_sharing import LibrarySharing
    from app.services.policy_library import PolicyLibrary
    from app.services.ports import BlobStore, Identity
    from app.services.processor_library import ProcessorLibrary
    from app.services.store.blob import BlobFolder
    from app.services.store.store import Notice, Store
    from app.services.sync.past import Pasts
    from app.services.sync.syncing import Syncing

T = TypeVar("T")
UPLOADS = "upload_sessions"
"""Under which name the store remembers uploads that were cut off."""
LOOKED_AFTER = timedelta(minutes=5)
"""How often roles are asked for and documents fetched beforehand, while the queue answers."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part of a cloud stands on: the workspace with its key, its lanes and its store."""

    place: Settings
    key: bytes
    lanes: Lanes
    store: Store

    def in_store(self, function: Callable[..., T], /, *arguments: object) -> T:
        """Run in the store's lane and wait."""
        if self.lanes.within("store"):
            return function(*arguments)
        return self.lanes.submit("store", function, *arguments).result()


class Cloud:
    """The parts of one connection. Thread-safe.

    `start` begins to exchange with the shared queue, `stop` ends that, `close` lets go of the network.
    """

    def __init__(self, connection: Connection, places: CloudPlaces, ground: Ground) -> None:
        """Raises `Rejected` for an environment that leads a desk elsewhere."""
        refuse_environment(development=places != CloudPlaces())
        self.connection, self.places, self.ground = connection, places, ground
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self._closing: list[Callable[[], None]] = []
        self._hears: list[Callable[[str], None]] = []
        self._told_of: list[Callable[[Notice], None]] = []
        self._changes: ChangeLog | None = None
        self._library: ProcessorLibrary | None = None
        self._policies: Callable[[], PolicyLibrary] | None = None
        self._wanted = self._started = False
        self._looked_after = datetime.min.replace(tzinfo=UTC)
        record = ground.in_store(ground.store.recall, SIGNED_IN) or {}
        self.identity: Identity = places.identity or google_identity(
            connection, places, ground, str(record.get("email", ""))
        )
        """Who is signed in; a `GoogleIdentity` unless a test brought its own."""
        self.access: ConnectedAccess = ground.in_store(
            ConnectedAccess, ground.store, ground.place.person, utc_now,
            lambda: self.identity.email, lambda: self.endpoint, ground.in_store,
        )  # fmt: skip
        self.desking.look(ground.place.folder)

    def _once(self, name: str, make: Callable[[], T], close: Callable[[T], None] | None = None) -> T:
        with self._lock:
            if name not in self._made:
                made = make()
                self._made[name] = made
                if close is not None:
                    self._closing.append(lambda: close(made))
            return cast("T", self._made[name])

    # What they reach

    @property
    def custody(self) -> str:
        """Where the token of who is signed in is: `keyring`, `store`, or "" for none."""
        ground = self.ground
        return TokenVault(ground.store, ground.key, ground.in_store).custody()

    @property
    def credentials(self) -> DeskCredentials:
        """The person for Google's client libraries."""

        def make() -> DeskCredentials:
            from app.services.google.desk_credentials import DeskCredentials

            return DeskCredentials(self.identity)

        return self._once("credentials", make)

    @property
    def endpoint(self) -> Endpoint:
        """The desk's side of the ingestion service."""

        def make() -> Endpoint:
            from app.services.google.endpoint import Endpoint

            return Endpoint(self.places.service or self.connection.service_url, self.identity)

        return self._once("endpoint", make, lambda made: made.close())

    @property
    def firestore(self) -> FirestoreCaseRemote:
        """The shared queue as it is, for what only it does."""

        def make() -> FirestoreCaseRemote:
            from app.services.google.firestore.remote import FirestoreCaseRemote

            emulator = self.places.firestore
            who = None if emulator else self.credentials
            connection = self.connection
            return FirestoreCaseRemote(
                connection.project, connection.database, who, emulator=emulator or None
            )

        return self._once("firestore", make, lambda made: made.close())

    @property
    def cases(self) -> GuardedCaseRemote:
        """The shared queue as a desk uses it: what determines goes through the endpoint."""

        def make() -> GuardedCaseRemote:
            from app.services.google.endpoint import GuardedCaseRemote

            return GuardedCaseRemote(self.firestore, self.endpoint, self._receipt)

        return self._once("cases", make)

    def _receipt(self, sha256: str) -> str | None:
        """The very text of a review receipt that is on this computer."""
        try:
            return self._folder().get(sha256).decode()
        except (StorageFailed, UnicodeDecodeError):
            return None

    @property
    def buckets(self) -> CloudBuckets:
        """The project's buckets."""

        def make() -> CloudBuckets:
            from app.services.bucket import SessionMemory
            from app.services.google.cloud_storage import CloudBuckets

            ground = self.ground
            sessions = SessionMemory(
                lambda: ground.in_store(ground.store.recall, UPLOADS),
                lambda known: ground.in_store(ground.store.remember, UPLOADS, known),
            )
            return CloudBuckets(
                self.connection, self.credentials, api_endpoint=self.places.storage or None, sessions=sessions
            )

        return self._once("buckets", make, lambda made: made.close())

    @property
    def search(self) -> VertexGuidelineSearch | None:
        """The payer's search app; None where the connection names none."""
        if not self.connection.search:
            return None

        def make() -> VertexGuidelineSearch:
            from app.services.google.vertex_search.search import VertexGuidelineSearch

            return VertexGuidelineSearch(
                self.connection.search, lambda: self.credentials, buckets=lambda: self.buckets,
                content=self._folder().get, bucket_name=self.connection.bucket,
                endpoint=self.places.search, roots=self.places.search_roots,
            )  # fmt: skip

        return self._once("search", make, lambda made: made.close())

    def _folder(self) -> BlobStore:
        return cast("BlobStore", self._made["folder"])

    @property
    def cache(self) -> DocumentCache:
        """Documents that are here, and those that are fetched when they are wanted."""
        return cast("DocumentCache", self._made["cache"])

    def try_processor(self, form_type: str, page: bytes) -> str:
        """Have the processor of a form type read one page. Raises `Offline`, `SignInRequired`, `Rejected`."""
        from app.services.google.probe import try_processor

        name = self.connection.processors[form_type]
        return try_processor(name, page, cast("Any", self.credentials), self.places.document_ai)

    @property
    def checkpointing(self) -> Checkpointing:
        """What puts down how far the audit trail has come."""

        def make() -> Checkpointing:
            from app.services.checkpointing import Checkpointing

            ground = self.ground
            return Checkpointing(ground.store, ground.in_store, lambda: self.endpoint, utc_now)

        return self._once("checkpointing", make)

    @property
    def sharing(self) -> LibrarySharing:
        """What shares policies and form types with the other desks."""

        def make() -> LibrarySharing:
            from app.composition.cloud_library import library_sharing

            if self._library is None or self._policies is None:
                raise RuntimeError("the services are not put together yet")
            return library_sharing(
                self.ground.store, self.ground.in_store, lambda: self.endpoint, self._policies,
                self._library, self.access, self._notice,
            )  # fmt: skip

        return self._once("sharing", make)

    def published(self) -> None:
        """A policy or form type was published, retired or restored here: it is brought as soon as that goes."""
        if self._started:  # before that its beginning does it
            with suppress(RuntimeError):  # the program is being ended: the next start does it
                self.ground.lanes.submit("network", self._share)

    def version_wanted(self) -> None:
        """A case names a version that is not here: it may have been published at another desk just now."""
        with self._lock:
            if self._wanted:
                return
            self._wanted = True
        self.published()

    def _share(self) -> None:
        with suppress(Actionable):  # without a network it waits
            self.sharing.share()

    # What goes on between desks

    @property
    def leasing(self) -> Leasing:
        """Who has a case open."""

        def make() -> Leasing:
            from app.services.leasing import Leasing

            ground = self.ground
            cases = LaterCases(lambda: self.cases)
            return Leasing(cases, ground.lanes.submit, ground.store.desk, utc_now, self._lease_changed)

        return self._once("leasing", make)

    def on_lease(self, told: Callable[[str], None]) -> Callable[[], None]:
        """Have `told` called, from a lane, with the id of a case whose lease became another's or nobody's; returns what
        ends it.
        """
        self._hears.append(told)
        return lambda: self._hears.remove(told) if told in self._hears else None

    def _on_screen(self) -> frozenset[str]:
        return self.leasing.open_cases()

    def _lease_changed(self, case_id: str) -> None:
        for told in tuple(self._hears):
            told(case_id)

    # What the workstation is put together with

    def blobs(self, folder: BlobFolder) -> DocumentCache:
        """Where documents are read from: this computer, else the buckets."""
        from app.services.document_cache import DocumentCache

        ground = self.ground
        self._made["folder"] = folder
        later = partial(ground.lanes.submit, "fetching")
        cached, in_store = ground.store.cached, ground.in_store
        return self._once(
            "cache",
            lambda: DocumentCache(
                folder, cached, in_store, lambda: self.buckets, later=later,
                open_cases=self._on_screen,
            ),
        )  # fmt: skip

    def behind(self, embedded: Backends) -> Backends:
        """The backends with those of the project in their place: form types with a processor of Document AI are read by
        it. Those a test brought stay as they are.
        """
        identify: Any = getattr(embedded.processor, "read_except", None)
        if not self.connection.processors or identify is None:
            return embedded

        weights = Weights(embedded.use)

        def there() -> Closing:
            from app.services.google.document_ai.processor import DocumentAIFormProcessor

            return DocumentAIFormProcessor(
                self.connection.processors, self._definition, identify, cut_by(embedded.opener),
                cast("Any", self.credentials), address=self.places.document_ai, buckets=lambda: self.buckets,
                calibrations=weights, codes=self._codes,
            )  # fmt: skip

        reading = CloudReading(embedded.processor, there)
        self._closing.append(reading.close)
        return replace(embedded, processor=reading, use=weights.use)

    def _codes(self) -> CodeLists:
        return self._changes.codes() if self._changes is not None else no_lists()

    def _definition(self, form_type: str) -> FormDefinition | None:
        return self._library.definition(form_type) if self._library is not None else None

    def settle(
        self, changes: ChangeLog, library: ProcessorLibrary, policies: Callable[[], PolicyLibrary]
    ) -> None:
        """What is known only when the services stand."""
        self._changes, self._library, self._policies = changes, library, policies

    # Its life

    @property
    def syncing(self) -> Syncing:
        """What keeps this desk and the shared queue alike; it sleeps until `start`."""

        def make() -> Syncing:
            from app.services.signing import confirmed
            from app.services.sync.step import Remote
            from app.services.sync.syncing import Syncing

            if self._changes is None:
                raise RuntimeError("the services are not put together yet")
            remote = Remote(
                LaterCases(lambda: self.cases),
                LaterBuckets(lambda: self.buckets),
                partial(confirmed, self.connection.public_key), self._scope(), self._folder().get,
            )  # fmt: skip
            made = Syncing(self._changes, self.ground.lanes, remote, now=utc_now)
            made.on_state(self._kept_up)
            made.on_cases(self._came)
            return made

        return self._once("syncing", make)

    @property
    def desking(self) -> DeskClaim:
        """What keeps the desk's code its own."""

        def make() -> DeskClaim:
            ground = self.ground
            return DeskClaim(
                ground.store, ground.in_store, LaterCases(lambda: self.cases), utc_now, self._notice
            )

        return self._once("desking", make)

    def on_notice(self, told: Callable[[Notice], None]) -> Callable[[], None]:
        """Have `told` called, from a lane, with what a person has to know of this desk; returns what ends it. What came
        before anybody listened is among the store's notices.
        """
        self._told_of.append(told)
        return lambda: self._told_of.remove(told) if told in self._told_of else None

    def _notice(self, notice: Notice) -> None:
        store = self.ground.store
        store.notices = (*store.notices, notice)
        for told in tuple(self._told_of):
            told(notice)

    @property
    def past(self) -> Pasts:
        """What fetches the histories that other desks made."""

        def make() -> Pasts:
            from app.services.sync.past import Pasts

            ground, cases = self.ground, LaterCases(lambda: self.cases)
            return Pasts(
                ground.store, ground.in_store, cases, ground.lanes.submit, utc_now, self._folder_put,
                self._fetched,
            )  # fmt: skip

        return self._once("past", make, lambda made: made.close())

    def _folder_put(self, content: bytes) -> str:
        return self._folder().put(content)

    def _came(self, case_ids: tuple[str, ...]) -> None:
        """Other desks changed these: who did what is fetched for what is on screen and what has to be settled."""
        for case_id in self._looked_at.intersection(case_ids):
            self.past.want(case_id)

    def _fetched(self, case_id: str) -> None:
        """The history of a case is here: whoever shows the case looks again."""
        if case_id in self._looked_at:
            self.syncing.tell((case_id,))

    @property
    def _looked_at(self) -> frozenset[str]:
        """The cases on screen, and those that have to be settled."""
        return self.leasing.open_cases() | {one.case_id for one in self.syncing.conflicts()}

    def _scope(self) -> Scope:
        return Scope(self.identity.email, self.connection.shards)

    def start(self) -> None:
        """Begin to exchange with the shared queue, and ask what the person may do. In a lane, not the store's."""
        self._started = True
        self.syncing.start()
        self._look_after(utc_now())

    def signed_in(self) -> None:
        """Somebody has signed in: they are who the queue is asked for, at once."""
        self.syncing.hear_of(self._scope())
        self.syncing.sync_now()
        self.published()

    def stored(self, stored: Stored) -> None:
        """Something was stored here. Quick; from any thread."""
        syncing: Syncing | None = self._made.get("syncing")
        if syncing is not None:
            syncing.stored(stored)

    def _kept_up(self, state: SyncState) -> None:
        """The queue answers: now and then roles are asked for again, and documents fetched that are wanted next."""
        now = utc_now()
        if state.link is Link.SYNCED and now - self._looked_after >= LOOKED_AFTER:
            self.ground.lanes.submit("network", self._look_after, now)

    def _look_after(self, now: datetime) -> None:
        self._looked_after = now
        if not self.identity.email:
            return
        with suppress(Actionable):  # without a network it is claimed the next time
            self.desking.claim()
        with suppress(Actionable):  # roles hold for a while without the service
            self.access.refresh()
            self.access.look_around()
        with suppress(Actionable):  # a refusal is in the trail; without a network the next hour does
            self.checkpointing.bring()
        with suppress(Actionable):
            self.sharing.tend()
        self._wanted = False  # once in five minutes is soon enough
        with suppress(Actionable):
            self.past.tend(self.identity.email)
        self.ground.lanes.submit("fetching", self.cache.tend, self.identity.email)

    def stop(self) -> None:
        """End the exchange; what waits is sent at the next start."""
        with self._lock:
            made = dict(self._made)
        if "firestore" in made:
            made["firestore"].close()  # a call that hangs is not waited for: it may have been applied or not
        if "past" in made:
            made["past"].close()
        if "syncing" in made:
            made["syncing"].close()
        made["cache"].close()

    def close(self) -> None:
        """Let go of the network and of everything that was made, the last first."""
        with self._lock:
            closing, self._closing = self._closing[::-1], []
        for close in closing:
            close()


def google_identity(
    connection: Connection, places: CloudPlaces, ground: Ground, email: str
) -> GoogleIdentity:
    """The identity of a connection, with its token where this workspace keeps it."""
    client = Client(connection.client_id, connection.client_secret)
    vault = TokenVault(ground.store, ground.key, ground.in_store)
    return GoogleIdentity(client, vault, email, accounts=Accounts.at(places.accounts))
