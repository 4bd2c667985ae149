"""Reading a whole file: page after page, each told for what it is, forms read, the rest kept as words."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from app.domain.errors import Unreadable
from app.domain.extraction import Extraction, PageText
from app.domain.processor import FormDefinition
from app.services.document_worker.opening import opened, telling_what_is_broken
from app.services.document_worker.reading.engine import Engine
from app.services.document_worker.reading.identity import sides_of
from app.services.document_worker.reading.package import forms_of, parts_of
from app.services.document_worker.reading.page import PageReading, read_page
from app.services.document_worker.reading.region import read_region

__all__ = ["read_document", "read_region"]


def read_document(
    content: bytes,
    media_type: str,
    document_id: str,
    definitions: Sequence[FormDefinition],
    engine: Engine,
    tell: Callable[[int, int], None],
    left_out: Collection[int] = (),
    elsewhere: Collection[str] = (),
) -> Extraction:
    """Everything in a file. Raises `Unreadable` when nothing is written on any page, or nothing can be made out.

    Pages `left_out` are not looked at and kept without words. Forms of the types `elsewhere` are told for what they
    are, their answers left: another processor reads them. `tell` is called with the number of pages done:
    whoever is told that k are done knows that page k + 1 is being read.
    """
    started = time.perf_counter()
    document = opened(content, media_type)
    count = int(document.page_count)
    tell(0, count)
    sides = sides_of(definitions, elsewhere)
    pages: list[PageReading] = []
    broken: Unreadable | None = None
    for number in range(1, count + 1):
        try:
            if number in left_out:
                raise Unreadable(
                    "The page could not be read.", "Look at the page yourself.", code="page_lost"
                )
            with telling_what_is_broken():
                read = read_page(document[number - 1], number, document_id, sides, engine)
            if read.empty and document.is_repaired:
                # Its end was cut off on the way: the page is there, what stood on it is not.
                raise Unreadable(
                    "The file is damaged: what was on its pages did not arrive.",
                    "Ask the sender to send it again.",
                    code="cut_short",
                )
            pages.append(read)
        except Unreadable as error:
            # One page that cannot be drawn does not take the others with it; it is kept, without words.
            broken = broken or error
            pages.append(PageReading(number, broken=True))
        tell(number, count)
    _tell_nothing(pages, broken)
    forms = forms_of(pages, document_id)
    if not forms and not any(p.words for p in pages):
        raise Unreadable(
            "Nothing on these pages can be read as text.",
            "Look at the pages; ask the sender for a sharper copy if they should hold text.",
            code="no_text",
        )
    seconds = time.perf_counter() - started
    return Extraction(
        count,
        tuple(forms),
        parts_of(pages, forms),
        tuple(PageText(p.number, p.words) for p in pages if p.words),
        round(seconds, 3),
        tuple(p.number for p in pages if p.broken),
    )


def _tell_nothing(pages: Sequence[PageReading], broken: Unreadable | None) -> None:
    """Raise `Unreadable` when no page of the file holds anything."""
    if broken is not None and all(p.broken or p.kind == "blank" for p in pages):
        raise broken
    if not all(p.kind == "blank" for p in pages):
        return
    if all(p.empty for p in pages):
        raise Unreadable(
            "Nothing is on any page of this file.",
            "Ask the sender to send it again.",
            code="nothing_on_pages",
        )
    raise Unreadable(
        "All pages are blank.",
        "It may have been scanned face down: ask the sender to send it again.",
        code="all_blank",
    )
