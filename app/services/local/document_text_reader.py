"""Reads documents that are no forms on this computer: the light worker for text layers, the reading worker else."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.extraction import Document, PageText
from app.services.local.document_opener import WorkerDocument, WorkerDocumentOpener
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import DocumentReading, Progress, Watch


@dataclass(frozen=True, slots=True)
class DocumentTextReader:
    """The embedded document reader (`ports.DocumentReader`). Recognition is shared with the form processor, so
    that its models are loaded once; forms go first.
    """

    opener: WorkerDocumentOpener
    processor: OcrFormProcessor

    def open(self, document: Document, watch: Watch | None = None) -> DocumentReading:
        return _Reading(document, self.opener(document), self.processor, watch)


class _Reading:
    def __init__(
        self, document: Document, opened: WorkerDocument, processor: OcrFormProcessor, watch: Watch | None
    ) -> None:
        self._document, self._opened, self._processor, self._watch = document, opened, processor, watch

    @property
    def page_count(self) -> int:
        return len(self._opened.pages)

    def page(self, number: int) -> PageText:
        if self._watch is not None:
            self._watch(Progress(number - 1, self.page_count))
        text, sure = self._opened.text(number - 1)
        return text if sure else self._processor.recognize(self._document, number, self._within(number))

    def _within(self, number: int) -> Watch | None:
        """The watch, told the progress of the document and not that of the page."""
        watch, count = self._watch, self.page_count
        return None if watch is None else lambda _: watch(Progress(number - 1, count))

    def close(self) -> None:
        self._opened.close()
