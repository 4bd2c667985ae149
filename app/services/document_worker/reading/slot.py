"""The answers a form asks for, one after the other: fields and cells of tables alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import Column, FieldDefinition, FormDefinition, TableDefinition


@dataclass(frozen=True, slots=True)
class Slot:
    """One answer to look for: a field, or a cell of a table."""

    path: str
    label: str
    section: str
    kind: FieldKind
    zone: Box
    required: bool
    multiline: bool
    unbroken: bool
    embeds: str
    order: int
    group: str
    fillable: tuple[str, ...]


def slots_of(definition: FormDefinition) -> list[Slot]:
    """Everything the form asks for, in the order of the form: sections, then from top to bottom."""
    found: list[Slot] = []
    for section in definition.sections:
        each = [_field_slot(f, definition) for f in definition.fields if f.section == section.name]
        for table in definition.tables:
            if table.section != section.name:
                continue
            bottom = table.rows[-1][1] - 0.01
            at = next((i for i, s in enumerate(each) if s.zone.y0 >= bottom), len(each))
            each[at:at] = [
                _cell_slot(table, row, column, y0, y1)
                for row, (y0, y1) in enumerate(table.rows, 1)
                for column in table.columns
            ]
        found += each
    return [replace(slot, order=order) for order, slot in enumerate(found)]


def _field_slot(item: FieldDefinition, definition: FormDefinition) -> Slot:
    choice = definition.choice_of(item.name)
    return Slot(
        item.name, item.label, item.section, item.kind, item.zone, item.required, item.multiline, item.unbroken,
        item.embeds, 0, choice.name if choice else "", item.fillable,
    )  # fmt: skip


def _cell_slot(table: TableDefinition, row: int, column: Column, y0: float, y1: float) -> Slot:
    fillable = column.fillable[row - 1 : row]
    return Slot(
        f"{table.name}.r{row}.{column.name}", column.label, table.section, column.kind,
        Box(column.x0, y0, column.x1, y1),
        column.required and row == 1, False, False, column.embeds, 0, "", fillable,
    )  # fmt: skip
