"""The lines of the list of fields: sections, questions, fields, tables and columns, in the order of the form. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition


class Row(StrEnum):
    """What a line of the list is about."""

    SECTION = "section"
    QUESTION = "question"
    FIELD = "field"
    TABLE = "table"
    COLUMN = "column"


SECTION = "§"
"""Begins the ref of a section: one may be called as a field or a table of it is."""


def section_ref(name: str) -> str:
    """What a section is chosen by."""
    return f"{SECTION}{name}"


def section_of(ref: str) -> str:
    """The name of the section that a ref chooses; empty when it chooses something else."""
    return ref[len(SECTION) :] if ref.startswith(SECTION) else ""


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A line of the list. `depth` indents what belongs to the line above; `count` is how many a heading holds."""

    row: Row
    ref: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    depth: int = 0
    required: bool = False
    flaw: str = ""
    count: int = 0
    expedited: bool = False


def outline_of(definition: FormDefinition, flaws: Mapping[str, str] | None = None) -> tuple[OutlineRow, ...]:
    """The lines of a definition. A question stands where the first of its tick boxes does."""
    flawed = flaws or {}
    rows: list[OutlineRow] = []
    for section in definition.sections:
        inside: list[OutlineRow] = []
        told: set[str] = set()
        for field in definition.fields:
            if field.section != section.name:
                continue
            choice = definition.choice_of(field.name)
            if choice is not None and choice.name in told:
                continue
            if choice is None:
                inside.append(_field_row(definition, field.name, flawed, 0))
                continue
            told.add(choice.name)
            inside.append(
                OutlineRow(
                    Row.QUESTION,
                    choice.name,
                    choice.label,
                    FieldKind.TICK_BOX,
                    required=choice.required,
                    flaw=flawed.get(choice.name, ""),
                    count=len(choice.options),
                )
            )
            inside += [_field_row(definition, option, flawed, 1) for option in choice.options]
        for table in definition.tables:
            if table.section != section.name:
                continue
            inside.append(
                OutlineRow(
                    Row.TABLE, table.name, table.label, flaw=flawed.get(table.name, ""), count=len(table.rows)
                )
            )
            inside += [
                OutlineRow(
                    Row.COLUMN,
                    f"{table.name}.{c.name}",
                    c.label,
                    c.kind,
                    1,
                    c.required,
                    flawed.get(f"{table.name}.{c.name}", ""),
                )
                for c in table.columns
            ]
        count = sum(1 for r in inside if r.row in (Row.FIELD, Row.COLUMN))
        rows.append(
            OutlineRow(
                Row.SECTION,
                section_ref(section.name),
                section.title,
                flaw=flawed.get(section.name, ""),
                count=count,
            )
        )
        rows += inside
    return tuple(rows)


def _field_row(definition: FormDefinition, name: str, flawed: Mapping[str, str], depth: int) -> OutlineRow:
    field = definition.field(name)
    if field is None:
        return OutlineRow(Row.FIELD, name, name, depth=depth)
    return OutlineRow(
        Row.FIELD,
        name,
        field.label,
        field.kind,
        depth,
        field.required,
        flawed.get(name, ""),
        expedited=name in definition.expedited,
    )


def walk_of(rows: tuple[OutlineRow, ...]) -> tuple[str, ...]:
    """The refs that have a zone, in the order of the list."""
    return tuple(r.ref for r in rows if r.row in (Row.FIELD, Row.TABLE))


def fields_in(rows: tuple[OutlineRow, ...]) -> int:
    """How many answers a form has: fields, tick boxes and columns."""
    return sum(1 for r in rows if r.row in (Row.FIELD, Row.COLUMN))


def read_by_ref(fields: tuple[FormField, ...]) -> dict[str, tuple[FormField, ...]]:
    """What was read, by the ref of its line: the cells of a column together."""
    found: dict[str, tuple[FormField, ...]] = {}
    for field in fields:
        cell = field.cell
        ref = f"{cell[0]}.{cell[2]}" if cell else field.path
        found[ref] = (*found.get(ref, ()), field)
    return found
