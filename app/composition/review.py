"""The review, the models, the search, the tuning sets and teaching: none of them is on the way to the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from app.composition.local import built_in_policies, printer
from app.domain.errors import Rejected
from app.resource import resource
from app.services.change_log import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from app.composition.cloud import Cloud
    from app.composition.local import Backends
    from app.composition.place import Settings
    from app.domain.code import CodeLists
    from app.services.access import Access
    from app.services.asked_model import Asks
    from app.services.attachment import Attaching
    from app.services.change_log import ChangeLog
    from app.services.clinical_folder import ClinicalFolder
    from app.services.document_text import DocumentTexts
    from app.services.guideline_searching import Guidelines
    from app.services.lanes import Lanes
    from app.services.material import MaterialReader
    from app.services.model_library import ModelLibrary, ModelSetting
    from app.services.policy_library import PolicyLibrary
    from app.services.ports import BlobStore, FormTeacher, GuidelineSearch
    from app.services.processor_library import ProcessorLibrary
    from app.services.review_queue import ReviewQueue
    from app.services.review_room import ReviewRoom
    from app.services.store.store import Store
    from app.services.teaching import Teaching
    from app.services.tuning_dataset import TuningDataset

T = TypeVar("T")


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


def policies(store: Store, access: Access, changed: Callable[[], None] | None = None) -> PolicyLibrary:
    """In the store's lane."""
    from app.services.policy_library import PolicyLibrary

    return PolicyLibrary(store, built_in_policies, utc_now, access.check, changed)


def texts(store: Store, blobs: BlobStore, behind: Backends, lanes: Lanes) -> DocumentTexts:
    from app.services.document_text import DocumentTexts

    return DocumentTexts(store, blobs, behind.documents, lanes)


def material(store: Store, read: DocumentTexts) -> MaterialReader:
    from app.services.material import MaterialReader

    return MaterialReader(store, read.needed)


def attaching(changes: ChangeLog, blobs: BlobStore, behind: Backends) -> Attaching:
    from app.services.attachment import Attaching

    return Attaching(changes, blobs, behind.opener)


def folder(attached: Attaching, read: DocumentTexts, lanes: Lanes, place: Path) -> ClinicalFolder:
    from app.services.clinical_folder import ClinicalFolder

    return ClinicalFolder(attached, read, lanes, place)


def queue(changes: ChangeLog) -> ReviewQueue:
    from app.services.review_queue import ReviewQueue

    return ReviewQueue(changes)


def guidelines(
    place: Settings,
    key: bytes,
    lanes: Lanes,
    store: Store,
    blobs: BlobStore,
    behind: Backends,
    access: Access,
    cloud: Cloud | None,
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
    asked: GuidelineSearch = search
    try:
        there = cloud.search if cloud is not None else None
    except Rejected:  # a name that is none: the doctor tells of it, and this computer can be searched
        there = None
    if there is not None:
        from app.services.guideline_answering import SearchInTwo

        asked = SearchInTwo(search, there)
    return Guidelines(
        Searching(asked, store, in_store, access.check, utc_now),
        GuidelineIndex(search, store, in_store, blobs, reader, access.check, utc_now),
        search.made_again,
        search.close,
        there,
    )


def models(store: Store, lanes: Lanes, access: Access, cloud: Cloud | None) -> ModelLibrary:
    from app.services.model_library import ModelLibrary, offered_by

    connection = cloud.connection if cloud is not None else None
    submit = partial(lanes.submit, "network")

    def endpoint(setting: ModelSetting) -> Asks:
        from app.services.openai.chat import Chat

        return Chat(setting.url, setting.model, submit, setting.key)

    def gemini(setting: ModelSetting) -> Asks:
        from app.services.google.gemini import Gemini
        from app.services.google.sign_in import user_credentials

        place = (setting.project, setting.location, setting.model)
        if cloud is None:
            return Gemini(*place, submit, user_credentials)
        return Gemini(*place, submit, lambda: cloud.credentials, cloud.places.models)

    def instructions(name: str) -> str:
        return resource(f"prompts/{name}.md").read_text("utf-8")

    connect = {"openai": endpoint, "gemini": gemini}
    making = lanes.submit(
        "store",
        ModelLibrary,
        store,
        connect,
        instructions,
        utc_now,
        access.check,
        lambda: offered_by(connection),
    )
    return making.result()


def review(
    place: Settings,
    lanes: Lanes,
    changes: ChangeLog,
    blobs: BlobStore,
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

    asked = modelled()
    engine = cache(partial(CriteriaEngine, codes))
    template = cache(partial(TemplatePromptModel, described, is_ordinary))
    reviewing = Reviewing(
        changes, lanes, material, policies,
        asked.proposing({"template": template}), asked.recommending({ENGINE: engine}),
        Rules(verified, attempts, trapped), access.check,
    )  # fmt: skip
    receipts = Receipts(changes, blobs, access.check)
    return ReviewRoom(
        reviewing,
        Noting(changes, material.material, policies.policy, access.check),
        Deciding(changes, reviewing, receipts, access.check),
        receipts,
        Letters(changes, blobs, partial(printer, behind), place.folder / FOLDER, access.check),
    )


def tuning(
    place: Settings,
    key: bytes,
    lanes: Lanes,
    store: Store,
    material: MaterialReader,
    policies: PolicyLibrary,
    access: Access,
) -> TuningDataset:
    from app.services.dataset import FormFolder
    from app.services.tuning_dataset import EVALUATION, TUNING, TuningDataset

    def instructions() -> str:
        return resource("prompts", "recommendation.md").read_text("utf-8")

    examples, evaluation = (FormFolder(place.folder / name, key) for name in (TUNING, EVALUATION))
    return TuningDataset(store, lanes, material, policies, examples, evaluation, instructions, access.check)


def teaching(
    store: Store, library: ProcessorLibrary, blobs: BlobStore, teacher: FormTeacher | None
) -> Teaching:
    from app.services.teaching import Teaching

    return Teaching(store, library, blobs, teacher, utc_now)
