"""A workstation for tests: the real services and store over a form processor whose answers are given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, Part, Word
from app.domain.form import FieldKind, FormField, Source
from app.services.ports import OpenDocument, Progress, Watch
from app.workstation import Backends, Settings, Workstation, build

PDF = b"%PDF-1.7\n% a document of a test\n"


def a_pdf(mark: str = "") -> bytes:
    """Bytes that are told to be a PDF; what stands in it is up to the scripted processor."""
    return PDF + mark.encode() + b"\n%%EOF\n"


def read_field(
    path: str,
    value: str | bool,
    confidence: float = 0.99,
    kind: FieldKind = FieldKind.TEXT,
    **more: object,
) -> FormField:
    return FormField(
        path,
        path.rsplit(".", maxsplit=1)[-1].replace("_", " ").capitalize(),
        "patient",
        kind,
        value,
        confidence,
        0.99,
        Source.RECOGNIZED,
        page=1,
        box=Box(0.1, 0.1, 0.3, 0.12),
        **more,  # type: ignore[arg-type]
    )


def an_extraction(*fields: FormField, form_type: str = "tx_nofr001") -> Extraction:
    return Extraction(1, (FormExtraction(form_type, "test", (1,), fields),), (Part("form", (1,)),))


class ScriptedProcessor:
    """Gives the answers it was told to give, in turn, the last one for ever; counts how often it was asked."""

    def __init__(self, answers: Iterable[Extraction | Exception] = ()) -> None:
        self.answers = list(answers) or [an_extraction()]
        self.asked: list[Document] = []

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        self.asked.append(document)
        if watch is not None:
            watch(Progress(1, 1))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class NoReader:
    def read_region(self, document: Document, page: int, box: Box) -> tuple[Word, ...]:
        return ()


def no_opener(document: Document) -> OpenDocument:
    raise Unreadable("There are no pages in this test.")


def scripted_backends(processor: ScriptedProcessor) -> Backends:
    return Backends(processor, NoReader(), no_opener, lambda: None, lambda: None)


@contextmanager
def a_workstation(
    folder: Path,
    *answers: Extraction | Exception,
    key: bytes | None = None,
    processor: ScriptedProcessor | None = None,
):
    """An open workstation over a scripted processor; closed at the end."""
    processor = processor or ScriptedProcessor(answers)
    station = build(Settings(folder, "ada"), key or os.urandom(32), scripted_backends(processor))
    try:
        yield station
    finally:
        station.close()


def in_store(station: Workstation, function: Callable, *arguments: object):
    return station.in_store(function, *arguments)
