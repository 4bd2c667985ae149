"""Verified forms as Document AI takes them for training and measuring: documents with their entities and boxes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from app.domain.box import Box
from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition
from app.services import media
from app.services.form_example import LabelledForm
from app.services.google.document_ai.processor import Removing
from app.services.ports import Progress, Watch

TICKED, NOT_TICKED = "☑", "☐"
_ROOT = "custom_extraction_document_type"
_TYPES = {FieldKind.DATE: "datetime", FieldKind.TICK_BOX: "checkbox", FieldKind.SIGNATURE: "signature"}


def store_examples(
    forms: Iterable[LabelledForm],
    buckets: Removing,
    bucket: str,
    form_type: str,
    watch: Watch | None = None,
) -> tuple[str, int]:
    """Put the forms of a type into a bucket as labelled documents; the address they lie under, and how many there are.

    What an earlier call put there and is not among them any more is removed: a processor learns from what is
    countersigned now.
    """
    prefix, kept = f"{form_type}/", set()
    for count, form in enumerate(forms):
        if watch is not None:
            watch(Progress(count, 0))
        content = labelled(form)
        name = f"{prefix}{form.case_id}-{hashlib.sha256(content).hexdigest()[:16]}.json"
        beside = {"kind": "form", "case_id": form.case_id, "form_type": form_type}
        kept.add(buckets.put(bucket, name, content, "application/json", beside).uri)
    for stored in buckets.list(bucket, prefix):
        if stored.uri not in kept:
            buckets.remove(stored.uri)
    return f"gs://{bucket}/{prefix}", len(kept)


def labelled(form: LabelledForm) -> bytes:
    """A form as a `Document` in JSON: its file, its words as tokens, and every answer as an entity in its place."""
    from google.cloud import documentai_v1

    documentai: Any = documentai_v1  # messages take plain values, which its types do not say
    document = documentai.Document(mime_type=media.PDF, content=form.content)
    text, spans = "", []
    for number, (width, height) in enumerate(form.pages, 1):
        page = documentai.Document.Page(
            page_number=number, dimension={"width": width, "height": height, "unit": "points"}
        )
        for word in form.words.get(number, ()):
            start, text = len(text), f"{text}{word.text} "
            spans.append((number, word.box, start, start + len(word.text)))
            anchor = {"text_segments": [{"start_index": start, "end_index": len(text)}]}
            page.tokens.append(
                {
                    "layout": {
                        "text_anchor": anchor,
                        "confidence": word.confidence,
                        "bounding_poly": _poly(word.box),
                    }
                }
            )
        document.pages.append(page)
    document.text = text
    rows: dict[tuple[str, str], Any] = {}
    for field in form.fields:
        entity = _entity(documentai, field, spans)
        if entity is None:
            continue
        entity.id = str(len(document.entities) + sum(len(r.properties) for r in rows.values()) + 1)
        if field.cell is None:
            document.entities.append(entity)
            continue
        table, row, _ = field.cell
        parent = rows.setdefault((table, row), documentai.Document.Entity(type_=table))
        parent.properties.append(entity)
    for number, parent in enumerate(rows.values(), 1):
        parent.id = f"row-{number}"
        parent.mention_text = " ".join(part.mention_text for part in parent.properties)
        parent.page_anchor = parent.properties[0].page_anchor
        document.entities.append(parent)
    made: str = documentai.Document.to_json(document, preserving_proto_field_name=False, indent=None)
    return made.encode()


def _entity(documentai: Any, field: FormField, spans: list[tuple[int, Box, int, int]]) -> Any:
    """An answer; None for one that is empty: a processor learns what is there."""
    value = field.current
    box = field.box
    if value == "" or box is None or field.page is None:
        return None
    ticked = value if isinstance(value, bool) else None
    said = (TICKED if ticked else NOT_TICKED) if ticked is not None else str(value)
    name = field.cell[2] if field.cell is not None else field.path
    entity = documentai.Document.Entity(type_=name, mention_text=said, confidence=1.0)
    inside = [
        {"start_index": start, "end_index": end}
        for page, place, start, end in spans
        if page == field.page and box.padded(0.002, 0.002).contains(*place.centre)
    ]
    if inside and ticked is None:
        entity.text_anchor = {"text_segments": inside, "content": said}
    entity.page_anchor = {"page_refs": [{"page": field.page - 1, "bounding_poly": _poly(box)}]}
    if ticked is not None:
        entity.normalized_value = {"boolean_value": ticked, "text": str(ticked).lower()}
    return entity


def schema_of(definition: FormDefinition) -> Any:
    """What a processor of this form type is to find, as Document AI describes it."""
    from google.cloud import documentai_v1

    documentai: Any = documentai_v1
    kind, once = documentai.DocumentSchema.EntityType, "OPTIONAL_ONCE"
    root = kind(name=_ROOT, base_types=["document"])
    types = [root]
    for field in definition.fields:
        root.properties.append(
            {
                "name": field.name,
                "value_type": _TYPES.get(field.kind, "string"),
                "occurrence_type": "REQUIRED_ONCE" if field.required else once,
            }
        )
    for table in definition.tables:
        root.properties.append(
            {"name": table.name, "value_type": table.name, "occurrence_type": "OPTIONAL_MULTIPLE"}
        )
        row = kind(name=table.name, base_types=["object"])
        for column in table.columns:
            row.properties.append(
                {
                    "name": column.name,
                    "value_type": _TYPES.get(column.kind, "string"),
                    "occurrence_type": once,
                }
            )
        types.append(row)
    return documentai.DocumentSchema(display_name=definition.title, entity_types=types)


def _poly(box: Box) -> dict[str, Any]:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return {"normalized_vertices": [{"x": x, "y": y} for x, y in corners]}
