"""A workspace with requests in review for tests: documents are opened by the test, their words are kept at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Document, Word
from app.domain.policy import Policy
from app.resource import resource
from app.services.policy_file import read_policies
from app.services.ports import DocumentReader, DocumentReading, OpenDocument, PageInfo, Picture, Watch
from app.workstation import Settings, Workstation, build
from tests.scripted import ScriptedProcessor, scripted_backends
from tests.views.review_pages import LETTER, page_of

NOTE = (
    "Progress note\nThe patient has type 2 diabetes.\n"
    "Insulin glargine at bedtime for six months.\n"
    "Plan: external insulin pump.\f"
    "Second page. HbA1c 8.4 %, insulin adjusted."
)
LABS = "Laboratory report\nHemoglobin A1c 8.4 %\nFasting glucose 212"


class Paper:
    """An open document whose pages are parted by form feeds, its words in lines."""

    def __init__(self, content: bytes) -> None:
        self._pages = content.decode().split("\f")

    @property
    def pages(self) -> tuple[PageInfo, ...]:
        return tuple(PageInfo(*LETTER) for _ in self._pages)

    def render(self, page: int, scale: float, clip: Box | None = None, quarter_turns: int = 0) -> Picture:
        return Picture(4, 4, b"\xff" * 48)

    def words(self, page: int) -> tuple[Word, ...]:
        return page_of(page + 1, tuple(self._pages[page].split("\n"))).words

    def close(self) -> None:
        """Nothing is held."""


class NoReader:
    """Reads no document."""

    def open(self, document: Document, watch: Watch | None = None) -> DocumentReading:
        raise Unreadable("Nothing is read in this test.")


def open_paper(document: Document) -> OpenDocument:
    return Paper(document.content)


def a_request(number: int, **more: object) -> dict[str, object]:
    """A request in the reference shape."""
    return {
        "request_id": f"r{number}",
        "patient": {
            "patient_id": f"M{number:07}",
            "patient_name": f"Pat Example{number}",
            "patient_age": "47",
            "patient_gender": "Female",
        },
        "provider": {"name": "Dr. Grey", "id": "1000000004"},
        "service": {"type": "DEVICE", "code": "E0784", "description": "External infusion pump"},
        "diagnosis": {"code": "E11.65", "description": "Type 2 diabetes with hyperglycemia"},
        "current_condition": {"name": "Diabetes", "description": "Type 2 diabetes"},
        "current_treatment": {"description": "Insulin glargine"},
        "labs": [{"name": "A1C", "value": "8.4"}],
        **more,
    }


@cache
def built_in_policies() -> tuple[Policy, ...]:
    """The program's policies, read once for all tests."""
    return read_policies(resource("policies"))


@contextmanager
def a_review(
    folder: Path, requests: int = 1, person: str = "ada", documents: DocumentReader | None = None
) -> Iterator[Workstation]:
    """An open workstation with requests in its review's queue; closed at the end."""
    backends = replace(scripted_backends(ScriptedProcessor()), opener=open_paper, documents=documents)
    station = build(Settings(folder, person), os.urandom(32), backends)
    station.policies._load = built_in_policies
    try:
        if requests:
            asked = json.dumps([a_request(number) for number in range(requests)]).encode()
            station.in_store(station.importing.take, asked, person)
        yield station
    finally:
        station.close()


def attach(station: Workstation, case_id: str, name: str, text: str, *, read: bool = True) -> str:
    """Attach a document whose words are known at once; returns its id."""
    content = text.encode()
    attached = station.in_store(station.attaching.attach, case_id, name, content, "ada")
    if read:
        keep_words(station, text)
    return attached.document_id


def keep_words(station: Workstation, text: str) -> None:
    """Have the words of a document known, as when its pages were read."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    for number, page in enumerate(text.split("\f"), 1):
        station.in_store(station.store.texts.keep, sha256, page_of(number, tuple(page.split("\n"))))
