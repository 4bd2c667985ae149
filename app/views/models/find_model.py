"""Finding in every document of a request: places, counts, and which of them is on show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.domain.find import MOST, find_on_page
from app.domain.passage import PageString, SourceText, Span
from app.views.models.review_case_model import ShownDocument
from app.views.widgets.review.find_bar import FoundCount, FoundPlace

AROUND = 70
"""Characters of the words around a place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place: where it is, and how it is shown in the list."""

    span: Span
    place: FoundPlace


class FindModel(QObject):
    """Looks through what is known of the documents by now; more text makes it look again, at the same place."""

    found = Signal(object, object, int)
    """tuple of `FoundPlace`, tuple of `FoundCount`, the current one or -1"""
    current_changed = Signal(int)
    shown = Signal(object)
    """`Span` to be brought into sight"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._documents: tuple[ShownDocument, ...] = ()
        self._places: tuple[Found, ...] = ()
        self._current = -1

    @property
    def text(self) -> str:
        return self._text

    @property
    def places(self) -> tuple[Found, ...]:
        return self._places

    @property
    def current(self) -> int:
        return self._current

    def spans(self, document_id: str) -> tuple[Span, ...]:
        """The places of one document, in reading order."""
        return tuple(f.span for f in self._places if f.span.document_id == document_id)

    def set_documents(self, documents: tuple[ShownDocument, ...]) -> None:
        """What there is to look through. While something is looked for the place on show stays."""
        self._documents = documents
        if self._text:
            self._look(keep=True)

    def find(self, text: str, here: tuple[str, int] = ("", 0)) -> None:
        """Look for a text, and go to the first place from `here` (document, page from 1) on."""
        self._text = text.strip()
        before = self._places[self._current].span if 0 <= self._current < len(self._places) else None
        if before is not None:  # letter by letter the place stays as long as it still fits
            here = (before.document_id, before.page)
        self._look(keep=False)
        if self._places:
            self.go_to(self._first_from(here, before))

    def step(self, by: int) -> None:
        """Go to the next place (1) or the one before (-1), round and round."""
        if self._places:
            self.go_to((self._current + by) % len(self._places))

    def go_to(self, index: int) -> None:
        if 0 <= index < len(self._places):
            self._current = index
            self.current_changed.emit(index)
            self.shown.emit(self._places[index].span)

    def go_to_document(self, document_id: str) -> None:
        """Go to the first place in a document."""
        for index, found in enumerate(self._places):
            if found.span.document_id == document_id:
                self.go_to(index)
                return

    def _first_from(self, here: tuple[str, int], before: Span | None) -> int:
        order = {d.document_id: n for n, d in enumerate(self._documents)}
        start = (order.get(here[0], 0), here[1], before.start if before else 0)
        for index, found in enumerate(self._places):
            span = found.span
            if (order[span.document_id], span.page, span.start) >= start:
                return index
        return 0

    def _look(self, *, keep: bool) -> None:
        before = self._places[self._current].span if 0 <= self._current < len(self._places) else None
        places: list[Found] = []
        counts: list[FoundCount] = []
        for document in self._documents:
            here = _places(document, self._text)[: max(0, MOST - len(places))] if self._text else []
            places += here
            if here or (document.entry.reading and self._text):
                counts.append(
                    FoundCount(document.document_id, document.entry.title, len(here), document.entry.reading)
                )
        self._places = tuple(places)
        self._current = next((i for i, f in enumerate(places) if f.span == before), -1) if keep else -1
        self.found.emit(tuple(f.place for f in places), tuple(counts), self._current)


def _places(document: ShownDocument, text: str) -> list[Found]:
    source = document.source
    if source is None:
        return []
    return [
        Found(span, _place(document, source, string, span))
        for string in source.strings
        for span in find_on_page(string, text, document.document_id)
    ]


def _place(document: ShownDocument, source: SourceText, string: PageString, span: Span) -> FoundPlace:
    text = string.text
    first, last = max(0, span.start - AROUND), min(len(text), span.end + AROUND)
    if first:  # a cutting begins and ends with a whole word
        first = min((text.find(c, first, span.start) + 1 or span.start) for c in " \n")
    if last < len(text):
        last = max(text.rfind(" ", span.end, last), text.rfind("\n", span.end, last), span.end)
    before = ("… " if first else "") + _flat(text[first : span.start])
    after = _flat(text[span.end : last]) + (" …" if last < len(text) else "")
    label = _label(document.labels, span.page, source.name)
    return FoundPlace(document.document_id, label, before, _flat(text[span.start : span.end]), after)


def _label(labels: Sequence[str], page: int, name: str) -> str:
    return labels[page - 1].partition(" · ")[0] if 0 < page <= len(labels) else f"{name} p. {page}"


def _flat(text: str) -> str:
    """A cutting on one line, its blanks at both ends kept as one each."""
    inner = " ".join(text.split())
    if not inner:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{inner}{' ' if text[-1].isspace() else ''}"
