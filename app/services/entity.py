"""From the entities of a trained extractor to an extraction, by the same definition that the embedded reader uses.

Labels, sections, kinds and tables come from the definition; values are what is printed; the extractor's
score becomes evidence, which rules join and the calibration weighs (`app.services.confidence`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.domain.calibration import SCORED, Evidence, logit
from app.domain.entity import Entity
from app.domain.extraction import FormExtraction
from app.domain.form import FieldKind, FormField, Source, Value
from app.domain.processor import Column, FieldDefinition, FormDefinition, TableDefinition

_TICKED = frozenset({"true", "yes", "x", "☑", "☒", "✓", "✔", "on", "1"})


def extracted(
    entities: Sequence[Entity], definition: FormDefinition, version: str, document_id: str
) -> FormExtraction:
    """The form that the entities describe. What the definition does not name is left out; of two mentions of a
    field the surer one counts; fields without an entity are absent, as sure as nothing is known: 0.5.
    """
    best: dict[str, Entity] = {}
    for entity in entities:
        known = best.get(entity.type)
        if known is None or entity.confidence > known.confidence:
            best[entity.type] = entity
    fields: list[FormField] = []
    for item in definition.fields:
        choice = definition.choice_of(item.name)
        field = FormField(
            item.name, item.label, item.section, item.kind, required=item.required,
            group=choice.name if choice else "", document_id=document_id,
        )  # fmt: skip
        fields.append(_filled(field, best.get(item.name), item))
    for table in definition.tables:
        rows = [e for e in entities if e.type == table.name]
        fields += _rows(rows, table, document_id)
    ordered = tuple(replace(f, order=order) for order, f in enumerate(_by_section(fields, definition)))
    pages = tuple(sorted({f.page for f in ordered if f.page is not None}))
    return FormExtraction(definition.form_type, version, pages or (1,), ordered)


def _rows(rows: Sequence[Entity], table: TableDefinition, document_id: str) -> Iterable[FormField]:
    in_order = sorted(rows, key=lambda r: (r.page or 0, r.box.y0 if r.box else 0.0))
    for number, row in enumerate(in_order, 1):
        cells = {cell.type.rpartition("/")[2]: cell for cell in row.properties}
        for column in table.columns:
            field = FormField(
                f"{table.name}.r{number}.{column.name}", column.label, table.section, column.kind,
                required=column.required and number == 1, document_id=document_id,
            )  # fmt: skip
            yield _filled(field, cells.get(column.name), column)


def _filled(field: FormField, entity: Entity | None, item: FieldDefinition | Column) -> FormField:
    ticks = item.kind is FieldKind.TICK_BOX
    if entity is None:
        return replace(field, value=False if ticks else "", confidence=0.5, placement_confidence=0.5)
    value: Value = " ".join(entity.text.split())
    if ticks:
        value = (entity.normalized or entity.text).strip().casefold() in _TICKED
    return replace(
        field, value=value, confidence=round(entity.confidence, 4),
        placement_confidence=1.0 if entity.box is not None else 0.5,
        source=Source.RECOGNIZED, page=entity.page, box=entity.box,
        evidence=Evidence(SCORED, (("score", round(logit(entity.confidence, 0.01, 0.999), 4)),)),
    )  # fmt: skip


def _by_section(fields: Iterable[FormField], definition: FormDefinition) -> list[FormField]:
    places = {s.name: place for place, s in enumerate(definition.sections)}
    return sorted(fields, key=lambda f: places.get(f.section, len(places)))
