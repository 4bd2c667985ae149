"""The composition root: settings, store, lanes, services and the backends. The only place that names a backend."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.domain.case import Json
from app.domain.change import Action
from app.domain.code import CodeLists, no_lists
from app.domain.errors import Unreadable
from app.domain.policy import Policy
from app.domain.processor import FormDefinition
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
from app.services.ports import (
    DocumentOpener,
    DocumentReader,
    FormProcessor,
    FormTeacher,
    LetterPrinter,
    TextReader,
)
from app.services.processor_library import COMMON, Definitions, ProcessorLibrary, Use, unchanged
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
    "settings",
    "unlock",
]

if TYPE_CHECKING:
    from app.services.asked_model import Asks
    from app.services.guideline_searching import Guidelines
    from app.services.model_library import ModelLibrary, ModelSetting
    from app.services.request_import import RequestImport
    from app.services.review_room import ReviewRoom
    from app.services.teaching import Teaching
    from app.services.tuning_dataset import TuningDataset

T = TypeVar("T")
WATCHED = "pa_forms_bkt"
CODE_LISTS = "code_lists"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a workspace is and who works in it."""

    folder: Path
    person: str

    @property
    def watched_folder(self) -> Path:
        return self.folder / WATCHED


@dataclass(frozen=True, slots=True)
class Backends:
    """What stands behind the ports.

    `warm` starts beforehand what would make the first use wait; `close` leaves no process behind. `use`
    replaces what the form processor knows, from its next document on.
    """

    processor: FormProcessor
    reader: TextReader
    opener: DocumentOpener
    close: Callable[[], None]
    warm: Callable[[], None]
    teacher: FormTeacher | None = None
    use: Use = unchanged
    documents: DocumentReader | None = None
    printer: LetterPrinter | None = None


def default_folder() -> Path:
    """The workspace in the user's own data folder."""
    import platformdirs  # not needed by those who say where their workspace is

    return Path(platformdirs.user_data_dir("Countersign", appauthor=False)) / "workspace"


def default_person() -> str:
    """Who works here, until they say otherwise: the name of the account."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def settings(folder: Path | None = None) -> Settings:
    return Settings(
        (folder or default_folder()).expanduser().absolute(),
        os.environ.get("COUNTERSIGN_PERSON") or default_person(),
    )


class LazyGuidelines:
    """The guideline search, opened when it is first used: few sessions search, and its file need not be there."""

    def __init__(self, make: Callable[[], Guidelines]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Guidelines | None = None

    def __call__(self) -> Guidelines:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.close()


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

    guidelines: LazyGuidelines
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


def embedded(
    definitions: tuple[FormDefinition, ...], calibration: Json, codes: Callable[[], CodeLists] = no_lists
) -> Backends:
    """The backends that need nothing but this computer."""
    # Named and loaded here alone, and only when used: other backends take their place by settings.
    from app.services.local.document_opener import WorkerDocumentOpener
    from app.services.local.document_text_reader import DocumentTextReader
    from app.services.local.letter_printer import WorkerLetterPrinter
    from app.services.local.ocr_form_processor import OcrFormProcessor

    opener = WorkerDocumentOpener()
    processor = OcrFormProcessor(definitions, {COMMON: calibration}, codes)

    def close() -> None:
        opener.close_all()
        processor.close()

    return Backends(
        processor, processor, opener, close, opener.warm, processor, processor.use,
        DocumentTextReader(opener, processor), WorkerLetterPrinter(opener),
    )  # fmt: skip


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
        policies = lanes.submit("store", PolicyLibrary, store, _policies, utc_now, access.check).result()
    except BaseException:
        lanes.close()
        raise
    training, evaluation = (FormFolder(place.folder / name, key) for name in (TRAINING, EVALUATION))
    collecting = Collecting(store, blobs, training, evaluation, lanes, check=access.check)
    texts = DocumentTexts(store, blobs, behind.documents, lanes)
    material = MaterialReader(store, texts.needed)
    tuned = cache(partial(_tuning, place, key, lanes, store, material, policies, access))

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
    modelled = cache(partial(_models, store, lanes, access))
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
        taught=cache(partial(_teaching, store, library, blobs, behind.teacher)),
        pages=Pages(blobs, behind.opener, behind.reader),
        backends=behind,
        watched=WatchedFolder(place.watched_folder),
        collecting=collecting,
        review_queue=ReviewQueue(changes),
        guidelines=LazyGuidelines(partial(_guidelines, place, key, lanes, store, blobs, behind, access)),
        attaching=attaching,
        texts=texts,
        material=material,
        clinical=ClinicalFolder(attaching, texts, lanes, place.folder / CLINICAL),
        policies=policies,
        modelled=modelled,
        tuned=tuned,
        reviewed=cache(
            partial(
                _review, place, lanes, changes, blobs, material, policies, modelled, codes, behind, access
            )
        ),
    )


def _guidelines(
    place: Settings,
    key: bytes,
    lanes: Lanes,
    store: Store,
    blobs: BlobFolder,
    behind: Backends,
    access: Access,
) -> Guidelines:
    from app.services.guideline_index import GuidelineIndex
    from app.services.guideline_searching import Guidelines, Searching
    from app.services.local.guideline.search import LocalGuidelineSearch
    from app.services.store.guideline_file import GuidelineFile

    def in_store(function: Callable[..., T], *arguments: object) -> T:
        return lanes.submit("store", function, *arguments).result()

    search = LocalGuidelineSearch(GuidelineFile(place.folder, key))
    reader = behind.documents
    if reader is None:
        raise RuntimeError("these backends read no documents")
    return Guidelines(
        Searching(search, store, in_store, access.check, utc_now),
        GuidelineIndex(search, store, in_store, blobs, reader, access.check, utc_now),
        search.made_again,
        search.close,
    )


def _models(store: Store, lanes: Lanes, access: Access) -> ModelLibrary:
    from app.services.model_library import ModelLibrary

    submit = partial(lanes.submit, "network")

    def endpoint(setting: ModelSetting) -> Asks:
        from app.services.openai.chat import Chat

        return Chat(setting.url, setting.model, submit, setting.key)

    def gemini(setting: ModelSetting) -> Asks:
        from app.services.google.gemini import Gemini
        from app.services.google.sign_in import user_credentials

        return Gemini(setting.project, setting.location, setting.model, submit, user_credentials)

    def instructions(name: str) -> str:
        return resource(f"prompts/{name}.md").read_text("utf-8")

    connect = {"openai": endpoint, "gemini": gemini}
    making = lanes.submit("store", ModelLibrary, store, connect, instructions, utc_now, access.check)
    return making.result()


def _review(
    place: Settings,
    lanes: Lanes,
    changes: ChangeLog,
    blobs: BlobFolder,
    material: MaterialReader,
    policies: PolicyLibrary,
    modelled: Callable[[], ModelLibrary],
    codes: Callable[[], CodeLists],
    behind: Backends,
    access: Access,
) -> ReviewRoom:
    """The services of the review with the engine and the template of this computer; kept off the first window."""
    from app.domain.injection import attempts
    from app.domain.material import Material
    from app.domain.quote import verified
    from app.domain.recommendation import Flag
    from app.services.code_description import described, is_ordinary
    from app.services.deciding import Deciding
    from app.services.letter import FOLDER, Letters
    from app.services.local.criteria.engine import CriteriaEngine
    from app.services.local.template_prompt_model import TemplatePromptModel
    from app.services.noting import Noting
    from app.services.request_import import RequestImport
    from app.services.review import ENGINE, Reviewing, Rules
    from app.services.review_receipt import Receipts
    from app.services.review_room import ReviewRoom

    importing = RequestImport(changes)

    def trapped(found: Material) -> tuple[Flag, ...]:
        return importing.flags(found.case_id)

    models = modelled()
    engine = cache(partial(CriteriaEngine, codes))
    template = cache(partial(TemplatePromptModel, described, is_ordinary))
    reviewing = Reviewing(
        changes, lanes, material, policies,
        models.proposing({"template": template}), models.recommending({ENGINE: engine}),
        Rules(verified, attempts, trapped), access.check,
    )  # fmt: skip
    receipts = Receipts(changes, blobs, access.check)
    return ReviewRoom(
        reviewing,
        Noting(changes, material.material, policies.policy, access.check),
        Deciding(changes, reviewing, receipts, access.check),
        receipts,
        Letters(changes, blobs, partial(_printer, behind), place.folder / FOLDER, access.check),
    )


def _tuning(
    place: Settings,
    key: bytes,
    lanes: Lanes,
    store: Store,
    material: MaterialReader,
    policies: PolicyLibrary,
    access: Access,
) -> TuningDataset:
    from app.services.tuning_dataset import EVALUATION, TUNING, TuningDataset

    def instructions() -> str:
        return resource("prompts", "recommendation.md").read_text("utf-8")

    tuning, evaluation = (FormFolder(place.folder / name, key) for name in (TUNING, EVALUATION))
    return TuningDataset(store, lanes, material, policies, tuning, evaluation, instructions, access.check)


def _printer(behind: Backends) -> LetterPrinter:
    if behind.printer is None:
        raise Unreadable("These backends print no letters.", code="no_printer")
    return behind.printer


def _policies() -> tuple[Policy, ...]:
    from app.services.policy_file import read_policies  # kept off the way to the first window

    return read_policies(resource("policies"))


def _teaching(
    store: Store, library: ProcessorLibrary, blobs: BlobFolder, teacher: FormTeacher | None
) -> Teaching:
    from app.services.teaching import Teaching  # kept off the way to the first window

    return Teaching(store, library, blobs, teacher, utc_now)
