"""The composition root: settings, store, lanes, services and the backends. The only place that names a backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from app.composition import review
from app.composition.later import Later, LaterInStore
from app.composition.local import Backends, embedded
from app.composition.place import CLINICAL, WATCHED, CloudPlaces, Settings, default_person, settings
from app.domain.change import Action
from app.resource import resource
from app.services.access import Access
from app.services.change_log import ChangeLog, Stored, utc_now
from app.services.code_list import code_lists
from app.services.dataset import EVALUATION, TRAINING, Collecting, FormFolder
from app.services.editing import Editing
from app.services.intake import Intake
from app.services.lanes import Lanes
from app.services.pages import Pages
from app.services.processor_library import Definitions, ProcessorLibrary
from app.services.processors import digests, load_calibration, load_definitions
from app.services.store.blob import BlobFolder
from app.services.store.failure import told_in_words
from app.services.store.key import PASSPHRASE_FILE, KeyQuestion, change_passphrase, unlock
from app.services.store.store import Store
from app.services.watched_folder import WatchedFolder

__all__ = [
    "CODE_LISTS",
    "PASSPHRASE_FILE",
    "Backends",
    "CloudPlaces",
    "KeyQuestion",
    "Settings",
    "Workstation",
    "build",
    "change_passphrase",
    "embedded",
    "settings",
    "unlock",
]

if TYPE_CHECKING:
    from app.composition.cloud import Cloud
    from app.domain.case import Json
    from app.domain.processor import FormDefinition
    from app.services.attachment import Attaching
    from app.services.clinical_folder import ClinicalFolder
    from app.services.connecting import Connecting
    from app.services.document_text import DocumentTexts
    from app.services.material import MaterialReader
    from app.services.model_library import ModelLibrary
    from app.services.policy_library import PolicyLibrary
    from app.services.ports import BlobStore
    from app.services.request_import import RequestImport
    from app.services.review_queue import ReviewQueue
    from app.services.review_room import ReviewRoom
    from app.services.teaching import Teaching
    from app.services.tuning_dataset import TuningDataset

T = TypeVar("T")
CODE_LISTS = "code_lists"


@dataclass(slots=True)
class Workstation:
    """Everything the program can do, put together. Store-bound services run in the `store` lane."""

    settings: Settings
    lanes: Lanes
    library: ProcessorLibrary
    store: Store
    access: Access
    blobs: BlobStore
    changes: ChangeLog
    intake: Intake
    editing: Editing
    taught: Callable[[], Teaching]
    pages: Pages
    backends: Backends
    watched: WatchedFolder
    collecting: Collecting
    reviewed: Callable[[], ReviewRoom]
    tuned: Callable[[], TuningDataset]
    modelled: Callable[[], ModelLibrary]
    queued: Callable[[], ReviewQueue]
    attached: Callable[[], Attaching]
    texted: Later[DocumentTexts]
    collected: Callable[[], MaterialReader]
    foldered: Callable[[], ClinicalFolder]
    policied: Callable[[], PolicyLibrary]
    connects: Later[Connecting]
    cloud: Cloud | None

    guidelines: review.LazyGuidelines
    """`guidelines()` from any lane but the store's: what it needs of the store it asks that lane for."""

    @property
    def person(self) -> str:
        """Whose name stands on changes: who is signed in, "" where somebody has to and nobody is."""
        return self.access.me.name

    def in_store(self, function: Callable[..., T], *arguments: object) -> T:
        """Run in the store's lane and wait for the result; for the command line."""
        return self.lanes.submit("store", function, *arguments).result()

    def with_people(self, function: Callable[..., T], *arguments: object) -> T:
        """Run what changes or lists people where it belongs (`Access.lane`), and wait; for the command line."""
        return self.lanes.submit(self.access.lane, function, *arguments).result()

    def work_as(self, person: str) -> None:
        """Whose name stands on changes from now on, while nobody has to sign in."""
        self.settings = replace(self.settings, person=person.strip() or default_person())
        self.access.work_as(self.settings.person)

    def titles(self) -> dict[str, str]:
        """What form types are called, for people."""
        return {"generic": "Other form"} | dict(self.library.titles())

    @property
    def teaching(self) -> Teaching:
        """The service behind teaching, made when it is first asked for: few sessions teach a form."""
        return self.taught()

    @property
    def importing(self) -> RequestImport:
        """The service that takes in what other systems wrote."""
        from app.services.request_import import RequestImport  # loaded where something is imported

        return RequestImport(self.changes)

    @property
    def models(self) -> ModelLibrary:
        """The language models that may be asked; made when they are first asked for. Not from the store's lane."""
        return self.modelled()

    @property
    def review(self) -> ReviewRoom:
        """The services behind the review, made when they are first asked for. Not from the store's lane."""
        return self.reviewed()

    @property
    def tuning(self) -> TuningDataset:
        """The examples for tuning and measuring models, made when they are first asked for."""
        return self.tuned()

    @property
    def policies(self) -> PolicyLibrary:
        """The policies of the workspace; made when they are first asked for."""
        return self.policied()

    @property
    def review_queue(self) -> ReviewQueue:
        return self.queued()

    @property
    def attaching(self) -> Attaching:
        return self.attached()

    @property
    def texts(self) -> DocumentTexts:
        return self.texted()

    @property
    def material(self) -> MaterialReader:
        return self.collected()

    @property
    def clinical(self) -> ClinicalFolder:
        return self.foldered()

    @property
    def connecting(self) -> Connecting:
        """How the workspace is connected to a payer's project, or may be."""
        return self.connects()

    def start_cloud(self) -> None:
        """Begin to exchange with the shared queue, once the first window is up; nothing where there is none."""
        if self.cloud is not None:
            self.cloud.start()

    @property
    def definitions(self) -> Definitions:
        """By form type the definition in force, or the last there was; a live view."""
        return self.library.known

    def close(self) -> None:
        """End everything in order: no new work, open documents, workers, threads, then the store."""
        if self.cloud is not None:
            self.cloud.stop()
        texts = self.texted.made
        if texts is not None:
            texts.close()
        closing = self.lanes.submit("store", self.store.close)
        closing.result()
        self.pages.close()
        self.backends.close()
        self.lanes.close()
        self.guidelines.close()
        if self.connects.made is not None:
            self.connects.made.close()
        if self.cloud is not None:
            self.cloud.close()


def build(
    place: Settings, key: bytes, backends: Backends | None = None, places: CloudPlaces | None = None
) -> Workstation:
    """Put the services together; tests and tours pass their own backends, and `places` in a cloud's stead.

    `key` comes from `unlock`, or is made up for a workspace that will be thrown away. No cloud is asked anything:
    `start_cloud` does that. Raises `Locked` when the key is not the workspace's, `StorageFailed` when the disk
    refuses, `Rejected` when a connected workspace is opened in an environment that leads it elsewhere.
    """
    lanes = Lanes()
    codes = cache(partial(code_lists, place.folder / CODE_LISTS))
    opening = lanes.submit("store", Store.open, place.folder, key)
    try:
        built_in = load_definitions(resource("processors"))  # while it opens
        known = digests(resource("processors"))
        calibration = load_calibration(resource("processors"))
        behind = backends or embedded(built_in, calibration, codes)
        store = opening.result()
        folder = BlobFolder(place.folder / "blobs", key)
        blobs: BlobStore = folder
        with told_in_words(place.folder):
            for name in (WATCHED, CLINICAL):
                (place.folder / name).mkdir(parents=True, exist_ok=True)
        connection, access = lanes.submit("store", _who, store, place).result()
        cloud = None
        if connection is not None:
            cloud = connected(connection, places or CloudPlaces(), place, key, lanes, store)
            access, blobs = cloud.access, cloud.blobs(folder)
            behind = cloud.behind(behind)
        making = lanes.submit(
            "store", ProcessorLibrary, store, built_in, calibration, behind.use, utc_now, known, access.check,
            cloud.published if cloud is not None else None,
        )  # fmt: skip
        library = making.result()
    except BaseException:
        if opening.exception() is None:
            lanes.submit("store", opening.result().close)
        lanes.close()
        raise
    training, evaluation = (FormFolder(place.folder / name, key) for name in (TRAINING, EVALUATION))
    collecting = Collecting(store, blobs, training, evaluation, lanes, check=access.check)
    tuned = LaterInStore(
        lanes, lambda: review.tuning(place, key, lanes, store, material(), policied(), access)
    )

    def told(stored: Stored) -> None:
        collecting.follow(stored)
        if stored.change.action is Action.DETERMINED:
            tuned().follow(stored)
        if cloud is not None:
            cloud.stored(stored)

    def resolved(form_type: str, version: str = "") -> FormDefinition | None:
        found = library.resolve(form_type, version)
        if cloud is not None and version and (found is None or found.version != version):
            cloud.version_wanted()
        return found

    changes = ChangeLog(
        store,
        resolved,
        codes=codes,
        told=told,
        check=access.check,
        present=access.present,
    )
    policied = LaterInStore(
        lanes, partial(review.policies, store, access, cloud.published if cloud is not None else None)
    )
    texted = Later(partial(review.texts, store, blobs, behind, lanes))
    material = Later(lambda: review.material(store, texted()))
    attached = Later(partial(review.attaching, changes, blobs, behind))
    modelled = Later(partial(review.models, store, lanes, access, cloud))
    if cloud is not None:
        cloud.settle(changes, library, policied)
    return Workstation(
        settings=place,
        lanes=lanes,
        library=library,
        store=store,
        access=access,
        blobs=blobs,
        changes=changes,
        intake=Intake(changes, blobs, library.refresh),
        editing=Editing(changes),
        taught=Later(partial(review.teaching, store, library, blobs, behind.teacher)),
        pages=Pages(blobs, behind.opener, behind.reader),
        backends=behind,
        watched=WatchedFolder(place.watched_folder),
        collecting=collecting,
        queued=Later(partial(review.queue, changes)),
        guidelines=review.LazyGuidelines(
            partial(review.guidelines, place, key, lanes, store, blobs, behind, access, cloud)
        ),
        attached=attached,
        texted=texted,
        collected=material,
        foldered=Later(lambda: review.folder(attached(), texted(), lanes, place.folder / CLINICAL)),
        policied=policied,
        modelled=modelled,
        tuned=tuned,
        connects=Later(partial(_connecting, place, key, lanes, store, access, changes, cloud, places)),
        cloud=cloud,
        reviewed=Later(
            lambda: review.review(
                place, lanes, changes, blobs, material(), policied(), modelled, codes, behind, access
            )
        ),
    )


def _who(store: Store, place: Settings) -> tuple[Json | None, Access]:
    """Where the workspace is connected to, and its own people. In the store's lane."""
    return store.recall("connection"), Access(store, place.person, utc_now)


def connected(
    connection: Json, places: CloudPlaces, place: Settings, key: bytes, lanes: Lanes, store: Store
) -> Cloud:
    """The cloud of a connected workspace; nothing of it is loaded for another."""
    from app.composition.cloud import Cloud, Ground
    from app.domain.connection import connection_from

    return Cloud(connection_from(connection), places, Ground(place, key, lanes, store))


def _connecting(
    place: Settings, key: bytes, lanes: Lanes, store: Store, access: Access, changes: ChangeLog,
    cloud: Cloud | None, places: CloudPlaces | None,
) -> Connecting:  # fmt: skip
    from app.composition.cloud import Ground
    from app.composition.connect import connecting

    return connecting(Ground(place, key, lanes, store), access, changes, cloud, places or CloudPlaces())
