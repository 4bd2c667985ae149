"""The backends that need nothing but this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.composition.later import Later
from app.domain.errors import Unreadable
from app.resource import resource
from app.services.processor_library import COMMON, Use, unchanged

if TYPE_CHECKING:  # the ports are named, the backends loaded when they are used
    from app.domain.case import Json
    from app.domain.code import CodeLists
    from app.domain.extraction import Document
    from app.domain.policy import Policy
    from app.domain.processor import FormDefinition
    from app.services.ports import (
        DocumentOpener,
        DocumentReader,
        DocumentReading,
        FormProcessor,
        FormTeacher,
        LetterPrinter,
        TextReader,
        Watch,
    )


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


def embedded(
    definitions: tuple[FormDefinition, ...], calibration: Json, codes: Callable[[], CodeLists] | None = None
) -> Backends:
    """The backends that need nothing but this computer."""
    # Named and loaded here alone, and only when used: other backends take their place by settings.
    from app.domain.code import no_lists
    from app.services.local.document_opener import WorkerDocumentOpener
    from app.services.local.ocr_form_processor import OcrFormProcessor

    opener = WorkerDocumentOpener()
    processor = OcrFormProcessor(definitions, {COMMON: calibration}, codes or no_lists)

    def close() -> None:
        opener.close_all()
        processor.close()

    def documents() -> DocumentReader:
        from app.services.local.document_text_reader import DocumentTextReader

        return DocumentTextReader(opener, processor)

    def letters() -> LetterPrinter:
        from app.services.local.letter_printer import WorkerLetterPrinter

        return WorkerLetterPrinter(opener)

    return Backends(
        processor, processor, opener, close, opener.warm, processor, processor.use,
        _LaterDocuments(Later(documents)), _LaterLetters(Later(letters)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _LaterDocuments:
    """Reads documents that are no forms; loaded with the first of them."""

    reader: Later[DocumentReader]

    def open(self, document: Document, watch: Watch | None = None) -> DocumentReading:
        return self.reader().open(document, watch)


@dataclass(frozen=True, slots=True)
class _LaterLetters:
    """Prints letters; loaded with the first of them."""

    printer: Later[LetterPrinter]

    def print(self, body: str, title: str, foot: str) -> bytes:
        return self.printer().print(body, title, foot)


def printer(behind: Backends) -> LetterPrinter:
    if behind.printer is None:
        raise Unreadable("These backends print no letters.", code="no_printer")
    return behind.printer


def built_in_policies() -> tuple[Policy, ...]:
    """The policies that come with the program."""
    from app.services.policy_file import read_policies  # kept off the way to the first window

    return read_policies(resource("policies"))
