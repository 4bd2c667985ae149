"""The composition root: settings, store, lanes, services and the backends. The only place that names a backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from app.composition import review
from app.composition.local import Backends, built_in_policies, embedded
from app.composition.place import WATCHED, Settings, default_person, settings
from app.domain.change import Action
from app.resource import resource
from app.services.access import Access
from app.services.attachment import Attaching
from app.services.change_log import ChangeLog, Stored, utc_now
from app.services.clinical_folder import CLINICAL, ClinicalFolder
from app.services.code_list import code_lists
from app.services.dataset import EVALUATION, TRAINING, Collecting, FormFolder
from app.services.document_text import DocumentTexts
from app.services.editing import Editing
from app.services.intake import Intake
from app.services.lanes import Lanes
from app.services.material import MaterialReader
from app.services.pages import Pages
from app.services.policy_library import PolicyLibrary
from app.services.processor_library import Definitions, ProcessorLibrary
from app.services.processors import digests, load_calibration, load_definitions
from app.services.review_queue import ReviewQueue
from app.services.store.blob import BlobFolder
from app.services.store.failure import told_in_words
from app.services.store.key import PASSPHRASE_FILE, KeyQuestion, change_passphrase, unlock
from app.services.store.store import Store
from app.services.watched_folder import WatchedFolder

__all__ = [
    "CODE_LISTS",
    "PASSPHRASE_FILE",
    "Backends",
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
    from app.services.model_library import ModelLibrary
    from app.services.request_import import RequestImport
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
    blobs: BlobFolder
    changes: ChangeLog
    intake: Intake
    editing: Editing
    taught: Callable[[], Teaching]
    pages: Pages
    backends: Backends
    watched: WatchedFolder
    collecting: Collecting
    review_queue: ReviewQueue
    reviewed: Callable[[], ReviewRoom]
    tuned: Callable[[], TuningDataset]
    attaching: Attaching
    texts: DocumentTexts
    material: MaterialReader
    clinical: ClinicalFolder
    policies: PolicyLibrary
    modelled: Callable[[], ModelLibrary]

    guidelines: review.LazyGuidelines
    """`guidelines()` from any lane but the store's: what it needs of the store it asks that lane for."""

    @property
    def person(self) -> str:
        """Whose name stands on changes: who is signed in, "" where somebody has to and nobody is."""
        return self.access.me.name

    def in_store(self, function: Callable[..., T], *arguments: object) -> T:
        """Run in the store's lane and wait for the result; for the command line."""
        return self.lanes.submit("store", function, *arguments).result()

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
    def definitions(self) -> Definitions:
        """By form type the definition in force, or the last there was; a live view."""
        return self.library.known

    def close(self) -> None:
        """End everything in order: no new work, open documents, workers, threads, then the store."""
        self.texts.close()
        closing = self.lanes.submit("store", self.store.close)
        closing.result()
        self.pages.close()
        self.backends.close()
        self.lanes.close()
        self.guidelines.close()


def build(place: Settings, key: bytes, backends: Backends | None = None) -> Workstation:
    """Put the services together; tests and tours pass their own backends.

    `key` comes from `unlock`, or is made up for a workspace that will be thrown away.
    Raises `Locked` when the key is not the workspace's, `StorageFailed` when the disk refuses.
    """
    lanes = Lanes()
    codes = cache(partial(code_lists, place.folder / CODE_LISTS))
    try:
        opening = lanes.submit("store", Store.open, place.folder, key)
        built_in = load_definitions(resource("processors"))  # while it opens
        known = digests(resource("processors"))
        calibration = load_calibration(resource("processors"))
        behind = backends or embedded(built_in, calibration, codes)
        store = opening.result()
        blobs = BlobFolder(place.folder / "blobs", key)
        with told_in_words(place.folder):
            for folder in (WATCHED, CLINICAL):
                (place.folder / folder).mkdir(parents=True, exist_ok=True)
        access = lanes.submit("store", Access, store, place.person, utc_now).result()
        making = lanes.submit(
            "store", ProcessorLibrary, store, built_in, calibration, behind.use, utc_now, known, access.check
        )
        library = making.result()
        policies = lanes.submit(
            "store", PolicyLibrary, store, built_in_policies, utc_now, access.check
        ).result()
    except BaseException:
        lanes.close()
        raise
    training, evaluation = (FormFolder(place.folder / name, key) for name in (TRAINING, EVALUATION))
    collecting = Collecting(store, blobs, training, evaluation, lanes, check=access.check)
    texts = DocumentTexts(store, blobs, behind.documents, lanes)
    material = MaterialReader(store, texts.needed)
    tuned = cache(partial(review.tuning, place, key, lanes, store, material, policies, access))

    def told(stored: Stored) -> None:
        collecting.follow(stored)
        if stored.change.action is Action.DETERMINED:
            tuned().follow(stored)

    changes = ChangeLog(
        store,
        library.resolve,
        codes=codes,
        told=told,
        check=access.check,
        present=access.present,
    )
    attaching = Attaching(changes, blobs, behind.opener)
    modelled = cache(partial(review.models, store, lanes, access))
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
        taught=cache(partial(review.teaching, store, library, blobs, behind.teacher)),
        pages=Pages(blobs, behind.opener, behind.reader),
        backends=behind,
        watched=WatchedFolder(place.watched_folder),
        collecting=collecting,
        review_queue=ReviewQueue(changes),
        guidelines=review.LazyGuidelines(
            partial(review.guidelines, place, key, lanes, store, blobs, behind, access)
        ),
        attaching=attaching,
        texts=texts,
        material=material,
        clinical=ClinicalFolder(attaching, texts, lanes, place.folder / CLINICAL),
        policies=policies,
        modelled=modelled,
        tuned=tuned,
        reviewed=cache(
            partial(
                review.review,
                place,
                lanes,
                changes,
                blobs,
                material,
                policies,
                modelled,
                codes,
                behind,
                access,
            )
        ),
    )
