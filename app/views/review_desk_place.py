"""Where evidence stands in a document that is shown, and what is chosen on its pages as evidence: pure functions."""

from __future__ import annotations

from dataclasses import replace

from app.domain.box import Box
from app.domain.evidence import Evidence, evidence_at
from app.domain.find import find_on_page
from app.domain.passage import SourceText, Span
from app.views.models.review_case_model import ShownDocument

Places = tuple[tuple[int, tuple[Box, ...]], ...]
"""Pages from 1, each with the boxes that are marked on it."""


def boxes_of(source: SourceText, span: Span) -> tuple[Box, ...]:
    string = source.page(span.page)
    return string.boxes(span.start, span.end) if string else ()


def places_of(evidence: Evidence, document: ShownDocument) -> Places:
    """Where evidence stands: line by line by its span, else its box, else where its words are found first."""
    source, span = document.source, evidence.span
    if span is not None and source is not None and document.own is None:
        boxes = boxes_of(source, span)
        if boxes:
            return ((span.page, boxes),)
    if evidence.page is not None and evidence.box is not None and evidence.box.area > 0:
        return ((evidence.page, (evidence.box,)),)
    if source is not None and evidence.quote:
        for string in source.strings:
            for found in find_on_page(string, evidence.quote, source.document_id):
                boxes = string.boxes(found.start, found.end)
                if boxes:
                    return ((string.page, boxes),)
    return ()


def as_quoted(evidence: Evidence, document: ShownDocument) -> Evidence:
    """What was chosen on pages that were laid out anew, as the words it comes from are quoted.

    An imported request is quoted by its own lines, which stand nowhere on a page.
    """
    if document.own is None or not evidence.quote:
        return evidence
    for string in document.own.strings:
        for found in find_on_page(string, evidence.quote, document.document_id):
            return replace(evidence_at(document.own, found), box=None)
    return replace(evidence, page=None, box=None, start=None, end=None)
