"""What a reading puts into the document of a case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.case import IntakeStatus, Json, field_document
from app.domain.errors import Rejected, Unreadable
from app.domain.extraction import Extraction, FormExtraction
from app.domain.form import FormField

NO_FORM = "generic"
PAGES_UNREAD = "pages_unread"
"""The code of the reason that a case bears when not every page of its file could be read."""


def form_entry(document: Json) -> tuple[str, Json]:
    """The document of a case that its form is read from."""
    for document_id, entry in document["documents"].items():
        if entry.get("kind", "form") == "form":
            return document_id, entry
    if not document["documents"]:
        raise Rejected(
            "This case came without a form.", "Look at its request in the review.", code="no_form_here"
        )
    document_id = next(iter(document["documents"]))
    return document_id, document["documents"][document_id]


def form_values(
    document: Json, extraction: Extraction, form: FormExtraction, *, with_parts: bool = True
) -> dict[str, Any]:
    """The parts of a case document that a reading fills: the form's entry, its fields and its other pages."""
    document_id, entry = form_entry(document)
    documents = dict(document["documents"])
    documents[document_id] = {
        **entry,
        "kind": "form",
        "page_count": extraction.page_count,
        "pages": list(form.pages),
        "turns": {str(page): turn for page, turn in form.quarter_turns if turn},
    }
    for part in extraction.parts if with_parts else ():
        if part.kind not in ("form", "blank"):
            documents[f"{document_id}-{part.kind}"] = {
                **entry,
                "kind": part.kind,
                "page_count": extraction.page_count,
                "pages": list(part.pages),
            }
    fields, tables = field_maps(tuple(replace(f, document_id=document_id) for f in form.fields))
    return {
        "form_type": form.form_type,
        "processor_version": form.processor_version,
        **({"read_by": form.reader} if form.reader else {}),
        "documents": documents,
        "fields": fields,
        "tables": tables,
        "intake_status": str(IntakeStatus.NEEDS_REVIEW),
        "reader": None,
        "reason": unread_reason(extraction.unread) if extraction.unread and with_parts else None,
    }


def unread_reason(pages: tuple[int, ...]) -> Json:
    """Why a file was not read whole, as a case document keeps it."""
    named = ", ".join(map(str, pages[:8])) + (", …" if len(pages) > 8 else "")
    several = len(pages) > 1
    return {
        "text": f"Page{'s' if several else ''} {named} of the file could not be read.",
        "next_step": f"Look at {'them' if several else 'it'} yourself, or ask the sender for a better copy.",
        "code": PAGES_UNREAD,
    }


def form_of_case(document: Json, entry: Json, extraction: Extraction) -> FormExtraction:
    """The form of an extraction that stands on the pages of a case; of several the one of its own form type."""
    pages = set(entry.get("pages", ()))
    if pages.intersection(extraction.unread):
        raise Unreadable(
            "A page of this case could not be read this time. It stays as it was read.",
            "Try again; if it stays so, ask the sender for a better copy.",
            code=PAGES_UNREAD,
        )
    known = document.get("form_type", "")
    forms = [form for form in extraction.forms if pages.intersection(form.pages) or not pages]
    if known not in ("", NO_FORM):
        forms = [form for form in forms if form.form_type != NO_FORM]
    if not forms:
        raise Rejected(
            "No form that is known now was found on the pages of this case. It stays as it was read.",
            "See whether a version of its form type is in force.",
            code="no_form_found",
        )
    return max(forms, key=lambda form: (len(pages.intersection(form.pages)), form.form_type == known))


def field_maps(fields: tuple[FormField, ...]) -> tuple[Json, Json]:
    plain: Json = {}
    tables: Json = {}
    for order, field in enumerate(fields):
        entry = field_document(replace(field, order=order))
        cell = field.cell
        if cell is None:
            plain[field.path] = entry
        else:
            rows = tables.setdefault(cell[0], {"rows": {}})["rows"]
            row = rows.setdefault(cell[1], {"order": len(rows)})
            row[cell[2]] = entry
    return plain, tables
