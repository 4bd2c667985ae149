"""The zones of a form as they are drawn and handled: one for every field and table of a definition. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition

Spans = tuple[tuple[float, float], ...]
"""Beginnings and ends, in page fractions."""


@dataclass(frozen=True, slots=True)
class ZoneColumn:
    """A column of a table: `ref` is `table.column`."""

    ref: str
    label: str
    kind: FieldKind
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A place for an answer on the upright page, or a table of them. Pages are 1-based.

    `ref` names the field or the table. `flaw` says in a sentence what is wrong with it.
    """

    ref: str
    page: int
    box: Box
    kind: FieldKind
    label: str
    required: bool = False
    group: str = ""
    question: str = ""
    flaw: str = ""
    columns: tuple[ZoneColumn, ...] = ()
    rows: Spans = ()

    @property
    def is_table(self) -> bool:
        return bool(self.columns)

    def holds(self, ref: str) -> bool:
        """Whether a ref is this zone's or one of its columns'."""
        return ref == self.ref or any(c.ref == ref for c in self.columns)

    def column(self, ref: str) -> ZoneColumn | None:
        return next((c for c in self.columns if c.ref == ref), None)

    def column_box(self, column: ZoneColumn) -> Box:
        return Box(column.x0, self.box.y0, column.x1, self.box.y1)

    def cells(self) -> Iterator[tuple[ZoneColumn, Box]]:
        """Every cell of a table, row by row."""
        for y0, y1 in self.rows:
            for column in self.columns:
                yield column, Box(column.x0, y0, column.x1, y1)


def zones_of(definition: FormDefinition, flaws: Mapping[str, str] | None = None) -> tuple[Zone, ...]:
    """The zones of a definition in its order, tables after the fields; `flaws` are sentences by ref."""
    flawed = flaws or {}
    choices = {option: choice for choice in definition.choices for option in choice.options}
    zones = []
    for field in definition.fields:
        choice = choices.get(field.name)
        zones.append(
            Zone(
                field.name,
                field.page,
                field.zone,
                field.kind,
                field.label,
                field.required,
                choice.name if choice else "",
                choice.label if choice else "",
                flawed.get(field.name, ""),
            )
        )
    for table in definition.tables:
        columns = tuple(
            ZoneColumn(f"{table.name}.{c.name}", c.label, c.kind, c.x0, c.x1) for c in table.columns
        )
        box = Box(
            min(c.x0 for c in columns),
            min(r[0] for r in table.rows),
            max(c.x1 for c in columns),
            max(r[1] for r in table.rows),
        )
        flaw = flawed.get(table.name) or next((flawed[c.ref] for c in columns if c.ref in flawed), "")
        zones.append(
            Zone(
                table.name,
                table.page,
                box,
                FieldKind.TEXT,
                table.label,
                flaw=flaw,
                columns=columns,
                rows=table.rows,
            )
        )
    return tuple(zones)


def page_of(definition: FormDefinition, ref: str) -> int | None:
    """The page a field, table or column stands on (1-based)."""
    field = definition.field(ref)
    if field is not None:
        return field.page
    name = ref.partition(".")[0]
    return next((t.page for t in definition.tables if t.name == name), None)
