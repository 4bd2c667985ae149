"""Edits of the tables of a form definition while it is taught; as `app.domain.teaching`, each returns a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.naming import free_name, is_name
from app.domain.processor import Column, FieldDefinition, FormDefinition, RuleDefinition, TableDefinition
from app.domain.teaching import LEAST, name_for, remove_fields, taken


def make_table(
    definition: FormDefinition, names: Iterable[str], label: str, headings: Sequence[str] = ()
) -> FormDefinition:
    """Make a table of a block of zones: what stands side by side is a row, what stands below each other a column.

    A column is called by its heading where one is given, else by the label of its topmost zone, and is of the
    kind most of its zones are of. Zones that leave gaps are completed: every row gets every column.
    """
    chosen = [f for f in definition.fields if f.name in set(names)]
    if len(chosen) < 2 or len({f.page for f in chosen}) != 1:
        raise Rejected(
            "A table is made of two or more zones of one page.",
            "Select the zones of its cells.",
            code="no_block",
        )
    rows = _bands([(f.zone.y0, f.zone.y1) for f in chosen])
    spans = _bands([(f.zone.x0, f.zone.x1) for f in chosen])
    if len(rows) * len(spans) < len(chosen):
        raise Rejected(
            "These zones do not stand in rows and columns.",
            "Select zones that stand side by side and below each other.",
            code="no_block",
        )
    columns: list[Column] = []
    for place, (x0, x1) in enumerate(spans):
        cells = [f for f in chosen if x0 <= f.zone.centre[0] <= x1]
        top = min(cells, key=lambda f: f.zone.y0)
        heading = headings[place] if place < len(headings) and headings[place].strip() else top.label
        of_row = [
            next((f.fillable[0] for f in cells if low <= f.zone.centre[1] <= high and f.fillable), "")
            for low, high in rows
        ]
        columns.append(
            Column(
                free_name(heading, {c.name for c in columns}, fallback="column"), heading,
                Counter(f.kind for f in cells).most_common(1)[0][0], x0, x1, top.embeds, top.required,
                _of_line(top.request), top.weight, tuple(of_row) if any(of_row) else (),
            )
        )  # fmt: skip
    section, page = chosen[0].section, chosen[0].page
    definition = remove_fields(definition, [f.name for f in chosen])
    made = TableDefinition(
        name_for(definition, label or "Table", section), label or "Table", section, tuple(columns), rows, page
    )
    return replace(definition, tables=(*definition.tables, made))


def unmake_table(definition: FormDefinition, table: str) -> FormDefinition:
    """Make plain fields of a table's cells, numbered by row; they fill the request from the first row alone."""
    found = _table(definition, table)
    definition = replace(definition, tables=tuple(t for t in definition.tables if t.name != table))
    names = taken(definition)
    made: list[FieldDefinition] = []
    for number, (y0, y1) in enumerate(found.rows, 1):
        for column in found.columns:
            name = free_name(f"{column.name}_{number}", names)
            names.add(name)
            made.append(
                FieldDefinition(
                    name, column.label, found.section, column.kind, Box(column.x0, y0, column.x1, y1), found.page,
                    required=column.required and number == 1, embeds=column.embeds,
                    request=column.request.replace("*", "1") if number == 1 else "", weight=column.weight,
                    fillable=column.fillable[number - 1 : number],
                )
            )  # fmt: skip
    prefix = f"{table}."
    rules = tuple(r for r in definition.rules if not any(f.startswith(prefix) for f in r.fields))
    return replace(definition, fields=(*definition.fields, *made), rules=rules)


def remove_table(definition: FormDefinition, table: str) -> FormDefinition:
    """Take a table out, with the rules that mention its columns."""
    _table(definition, table)
    prefix = f"{table}."
    return replace(
        definition,
        tables=tuple(t for t in definition.tables if t.name != table),
        rules=tuple(r for r in definition.rules if not any(f.startswith(prefix) for f in r.fields)),
    )


def change_table(
    definition: FormDefinition,
    table: str,
    *,
    name: str | None = None,
    label: str | None = None,
    section: str | None = None,
) -> FormDefinition:
    """Change what is given of a table."""
    found = _table(definition, table)
    if name is not None and name != table and (not is_name(name) or name in taken(definition)):
        raise Rejected(f"“{name}” cannot be the table's name.", "Choose another name.", code="name_taken")
    if section is not None and section not in {s.name for s in definition.sections}:
        raise Rejected(f"The form has no section “{section}”.", "Add the section first.", code="no_section")
    new = name or table
    changed = replace(
        found,
        name=new,
        label=found.label if label is None else label,
        section=section or found.section,
    )
    rules = tuple(
        RuleDefinition(
            r.rule,
            tuple(f"{new}.{f.partition('.')[2]}" if f.startswith(f"{table}.") else f for f in r.fields),
        )
        for r in definition.rules
    )
    tables = tuple(changed if t.name == table else t for t in definition.tables)
    return replace(definition, tables=tables, rules=rules)


def place_table(definition: FormDefinition, table: str, box: Box) -> FormDefinition:
    """Put a table into another box: its rows and columns keep their shares of it."""
    found = _table(definition, table)
    old = table_box(found)

    def across(x: float) -> float:
        return box.x0 + (x - old.x0) / old.width * box.width

    def down(y: float) -> float:
        return box.y0 + (y - old.y0) / old.height * box.height

    if not (0.0 <= box.x0 < box.x1 <= 1.0 and 0.0 <= box.y0 < box.y1 <= 1.0):
        raise Rejected("A table stands on the page.", code="off_page")
    changed = replace(
        found,
        columns=tuple(replace(c, x0=across(c.x0), x1=across(c.x1)) for c in found.columns),
        rows=tuple((down(y0), down(y1)) for y0, y1 in found.rows),
    )
    return replace(definition, tables=tuple(changed if t.name == table else t for t in definition.tables))


def set_grid(
    definition: FormDefinition,
    table: str,
    spans: Sequence[tuple[float, float]],
    rows: Sequence[tuple[float, float]],
) -> FormDefinition:
    """Give the columns and rows of a table other edges; as many spans as it has columns, any number of rows."""
    found = _table(definition, table)
    edges = [*spans, *rows]
    if (
        len(spans) != len(found.columns)
        or not rows
        or any(low < 0.0 or high > 1.0 or not high - low >= LEAST for low, high in edges)
        or any(one[1] > other[0] + 1e-9 for one, other in pairwise(rows))
    ):
        raise Rejected("Rows and columns of a table stand on the page and do not overlap.", code="bad_grid")
    columns = tuple(replace(c, x0=s[0], x1=s[1]) for c, s in zip(found.columns, spans, strict=True))
    changed = replace(found, columns=columns, rows=tuple((a, b) for a, b in rows))
    return replace(definition, tables=tuple(changed if t.name == table else t for t in definition.tables))


def change_column(
    definition: FormDefinition,
    table: str,
    column: str,
    *,
    name: str | None = None,
    label: str | None = None,
    kind: FieldKind | None = None,
    required: bool | None = None,
    request: str | None = None,
    embeds: str | None = None,
    weight: float | None = None,
) -> FormDefinition:
    """Change what is given of a column. A `request` of `lines.*.service.code` fills one line a row."""
    found = _table(definition, table)
    old = _column(found, column)
    if name is not None and name != column:
        if not is_name(name) or name in {c.name for c in found.columns}:
            raise Rejected(
                f"“{name}” cannot be the column's name.", "Choose another name.", code="name_taken"
            )
        before, after = f"{table}.{column}", f"{table}.{name}"
        rules = tuple(
            RuleDefinition(r.rule, tuple(after if f == before else f for f in r.fields))
            for r in definition.rules
        )
        definition = replace(definition, rules=rules)
    changed = replace(
        old,
        name=name or column,
        label=old.label if label is None else label,
        kind=old.kind if kind is None else kind,
        required=old.required if required is None else required,
        request=old.request if request is None else request,
        embeds=old.embeds if embeds is None else embeds,
        weight=old.weight if weight is None else weight,
    )
    return _with_columns(definition, found, tuple(changed if c.name == column else c for c in found.columns))


def remove_column(definition: FormDefinition, table: str, column: str) -> FormDefinition:
    """Take a column out; a table without columns goes too."""
    found = _table(definition, table)
    _column(found, column)
    if len(found.columns) == 1:
        return remove_table(definition, table)
    mention = f"{table}.{column}"
    definition = replace(definition, rules=tuple(r for r in definition.rules if mention not in r.fields))
    return _with_columns(definition, found, tuple(c for c in found.columns if c.name != column))


def table_box(table: TableDefinition) -> Box:
    """What a table covers of its page."""
    return Box(
        min(c.x0 for c in table.columns),
        min(y0 for y0, _ in table.rows),
        max(c.x1 for c in table.columns),
        max(y1 for _, y1 in table.rows),
    )


def _with_columns(
    definition: FormDefinition, table: TableDefinition, columns: tuple[Column, ...]
) -> FormDefinition:
    changed = replace(table, columns=columns)
    return replace(
        definition, tables=tuple(changed if t.name == table.name else t for t in definition.tables)
    )


def _table(definition: FormDefinition, name: str) -> TableDefinition:
    found = next((t for t in definition.tables if t.name == name), None)
    if found is None:
        raise Rejected(f"The form has no table “{name}”.", code="no_table")
    return found


def _column(table: TableDefinition, name: str) -> Column:
    found = next((c for c in table.columns if c.name == name), None)
    if found is None:
        raise Rejected(f"The table has no column “{name}”.", code="no_column")
    return found


def _of_line(request: str) -> str:
    """Where a column fills what a single field filled before: a line a row."""
    parts = request.split(".")
    return ".".join(["lines", "*", *parts[2:]]) if parts[0] == "lines" and len(parts) > 2 else request


def _bands(spans: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Spans joined where they overlap by more than half of the smaller: the rows or columns they make."""
    bands: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if bands:
            last_low, last_high = bands[-1]
            shared = min(high, last_high) - max(low, last_low)
            if shared > 0.5 * min(high - low, last_high - last_low):
                bands[-1] = (last_low, max(high, last_high))
                continue
        bands.append((low, high))
    cut = [bands[0]]
    for low, high in bands[1:]:
        cut.append((max(low, cut[-1][1]), high))  # what still overlaps a little is cut at the edge
    return tuple(cut)
