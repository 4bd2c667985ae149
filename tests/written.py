"""Documents for tests that need no worker: their pages are what the content says, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain.box import Box
from app.domain.case import Case, Json, to_time
from app.domain.change import Action, writes_for
from app.domain.errors import Unreadable
from app.domain.extraction import Document, PageText, Word
from app.services import media
from app.services.ports import DocumentReading, PageInfo, Progress, Watch
from app.workstation import Backends, Workstation
from tests.scripted import NoReader, ScriptedProcessor

BREAK = "\f"
LOST = "(lost)"
"""A page that says this cannot be read."""


def page_text(number: int, text: str) -> PageText:
    """A page with these lines of words, as if printed."""
    words = []
    for row, line in enumerate(text.strip().split("\n")):
        at = 0
        for word in line.split():
            y = 0.05 + 0.02 * row
            words.append(Word(word, Box(0.1 + 0.01 * at, y, 0.1 + 0.01 * (at + len(word)), y + 0.015)))
            at += len(word) + 1
    return PageText(number, tuple(words))


def content_of(*pages: str) -> bytes:
    return BREAK.join(pages).encode()


class _Opened:
    def __init__(self, content: bytes) -> None:
        self.pages = tuple(PageInfo(612, 792) for _ in content.decode().split(BREAK))

    def close(self) -> None: ...


def opener(document: Document) -> Any:
    """Opens what `content_of` made, without a worker."""
    if b"(locked)" in document.content:
        raise Unreadable("The file is locked with a password.", "Ask for a copy without.", code="encrypted")
    return _Opened(document.content)


@dataclass
class WrittenReader:
    """Reads what `content_of` made; counts the pages it was asked for, and does `before` each."""

    before: Callable[[Document, int], None] = lambda document, page: None
    asked: list[tuple[str, int]] = field(default_factory=list)

    def open(self, document: Document, watch: Watch | None = None) -> DocumentReading:
        return _Reading(self, document, watch)


class _Reading:
    def __init__(self, reader: WrittenReader, document: Document, watch: Watch | None) -> None:
        self._reader, self._document, self._watch = reader, document, watch
        self._pages = document.content.decode().split(BREAK)

    @property
    def page_count(self) -> int:
        return len(self._pages)

    def page(self, number: int) -> PageText:
        self._reader.before(self._document, number)
        if self._watch is not None:
            self._watch(Progress(number - 1, len(self._pages)))
        self._reader.asked.append((self._document.document_id, number))
        if LOST in self._pages[number - 1]:
            raise Unreadable("The page could not be read.", "Look at it yourself.", code="page_lost")
        return page_text(number, self._pages[number - 1])

    def close(self) -> None: ...


def written_backends(reader: WrittenReader, processor: ScriptedProcessor | None = None) -> Backends:
    return Backends(
        processor or ScriptedProcessor(), NoReader(), opener, lambda: None, lambda: None, documents=reader
    )


def put_case(station: Workstation, request: Json | None = None, **values: Any) -> Case:
    """A case in review, as an import makes it."""
    changes = station.changes

    def put() -> Case:
        case_id, now = changes.new_id(), changes.now()
        document = {
            "case_id": case_id,
            "request_id": case_id,
            "receipt": changes.store.take_receipt(now),
            "form_type": "",
            "processor_version": "",
            "line_of_business": "",
            "urgency": "standard",
            "received_at": to_time(now),
            "due_at": to_time(now),
            "intake_status": "verified",
            "status": "in_queue",
            "assigned_to": "",
            "waiting_for": None,
            "reason": None,
            "reader": None,
            "fields": {},
            "tables": {},
            "documents": {},
            **({"imported_request": request} if request else {}),
            **values,
        }
        return changes.write(None, case_id, Action.IMPORTED, "ada", writes_for({}, document)).case

    return station.in_store(put)


def request(name: str = "Jane Roe", **values: Any) -> Json:
    """An imported request of one line."""
    return {
        "patient": {
            "patient_name": name,
            "patient_id": "W12345678",
            "birth_date": "1961-03-04",
            "patient_gender": "Female",
        }
        | values.pop("patient", {}),
        "provider": {"name": "Ann Healer", "id": "1234567893"},
        "current_condition": {"name": "Diabetes", "description": "Type 2 diabetes"},
        "current_treatment": {"description": "Metformin daily."},
        "labs": [{"name": "A1C", "value": "9.4"}],
        "lines": {
            "r1": {"order": 0, "service": {"type": "DEVICE", "code": "E0784", "description": "Infusion pump"}}
        },
        **values,
    }


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def sniffed(content: bytes) -> str:
    return media.sniff_document(content)


def pages(texts: Sequence[str]) -> tuple[PageText, ...]:
    return tuple(page_text(number, text) for number, text in enumerate(texts, 1))
