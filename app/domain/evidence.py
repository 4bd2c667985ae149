"""Evidence: what a criterion rests on, quoted, with the place it stands at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.box import Box
from app.domain.case import Json
from app.domain.passage import SourceText, Span, quoted


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quoted span, a form field, a part of the request, or a region of a page.

    `document` is the document's id (a policy's is `policy:ID@VERSION`); `field` is the path of a form field or of a
    part of the request (`request.labs.0`) when the evidence is that. `supported` is false for words that do not
    stand where they are said to, and for what a reviewer states without a document: neither counts.
    `note` says in a few words why it does not count, or what is remarkable ("about the mother", "planned").
    """

    quote: str
    document: str = ""
    page: int | None = None
    box: Box | None = None
    start: int | None = None
    end: int | None = None
    field: str = ""
    supported: bool = True
    note: str = ""

    @property
    def span(self) -> Span | None:
        if not self.document or self.page is None or self.start is None or self.end is None:
            return None
        return Span(self.document, self.page, self.start, self.end)


def evidence_at(source: SourceText, span: Span, note: str = "", *, supported: bool = True) -> Evidence:
    """Evidence for a span that is known to be in the source."""
    page = source.page(span.page)
    box = page.box(span.start, span.end) if page else None
    return Evidence(
        quoted(source, span), span.document_id, span.page, box, span.start, span.end, "", supported, note
    )


def evidence_document(evidence: Evidence) -> Json:
    """Evidence as the store and the command line keep it."""
    return {
        "quote": evidence.quote,
        "document": evidence.document,
        "page": evidence.page,
        "box": list(evidence.box.rounded()) if evidence.box else None,
        "start": evidence.start,
        "end": evidence.end,
        "field": evidence.field,
        "supported": evidence.supported,
        "note": evidence.note,
    }


def evidence_from(data: Mapping[str, Any]) -> Evidence:
    box = data.get("box")
    return Evidence(
        str(data.get("quote", "")),
        str(data.get("document", "")),
        data.get("page"),
        Box(*box) if box else None,
        data.get("start"),
        data.get("end"),
        str(data.get("field", "")),
        bool(data.get("supported", True)),
        str(data.get("note", "")),
    )
