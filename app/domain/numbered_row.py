"""Tables that a form does not draw but counts: fields called `Code Row 1`, `Code Row 2` and so on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.mapping import REQUIRED_PATHS, request_of_column
from app.domain.processor import FieldDefinition, FormDefinition, RuleDefinition, TableDefinition
from app.domain.teaching_table import change_column, make_table

_COUNTED = re.compile(r"(.*?\D)\s*(?:\brow|\bline|\bno\.?|#)?\s*(\d{1,2})", re.IGNORECASE)


def with_numbered_rows(definition: FormDefinition) -> FormDefinition:
    """Tables made of fields whose labels count rows (`Code Row 1`, `Code Row 2`, …), with what stands among them."""
    by_stem: dict[str, dict[int, FieldDefinition]] = {}
    for field in definition.fields:
        counted = _COUNTED.fullmatch(field.label)
        if counted and field.kind is not FieldKind.TICK_BOX:
            by_stem.setdefault(counted.group(1).strip(), {})[int(counted.group(2))] = field
    columns = {stem: rows for stem, rows in by_stem.items() if len(rows) > 1}
    cells = [field for rows in columns.values() for field in rows.values()]
    pages = {field.page for field in cells}
    if len(columns) < 2 or len(pages) != 1:
        return definition
    around = Box.around(field.zone for field in cells)
    block = [
        f for f in definition.fields
        if f.page in pages and f.kind is not FieldKind.TICK_BOX and around.contains(*f.zone.centre)
    ]  # fmt: skip
    stems = sorted(columns, key=lambda stem: min(f.zone.x0 for f in columns[stem].values()))
    label = _shared_words(stems) or "Services"
    try:
        made = make_table(
            definition, [f.name for f in block], label, [_without_words(s, label) for s in stems]
        )
    except Rejected:  # they count something that does not stand in rows
        return definition
    table = made.tables[-1]
    filled = {f.request.replace("lines.1.", "lines.*.") for f in made.fields if f.request}
    for column in table.columns:
        request = request_of_column(column.kind, f"{label} {column.label}")
        request = "" if request in filled else request
        filled.add(request)
        made = change_column(
            made, table.name, column.name, request=request, required=request in REQUIRED_PATHS,
            weight=2.0 if request.endswith("service.code") else 1.0,
        )  # fmt: skip
    return replace(made, rules=(*made.rules, *date_orders((made.tables[-1],))))


def _shared_words(labels: list[str]) -> str:
    """The words that all labels begin with."""
    shared = []
    for words in zip(*(label.split() for label in labels), strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return " ".join(shared)


def _without_words(label: str, shared: str) -> str:
    """A column's own words; one that has no others keeps the shared ones."""
    rest = label.removeprefix(shared).strip()
    return rest[:1].upper() + rest[1:] if rest else label


def date_orders(tables: Iterable[TableDefinition]) -> Iterable[RuleDefinition]:
    """Where a table says from when to when: the first day is not after the last."""
    for table in tables:
        by_request = {c.request: c.name for c in table.columns}
        start, end = by_request.get("lines.*.service.from"), by_request.get("lines.*.service.to")
        if start and end:
            yield RuleDefinition("date_order", (f"{table.name}.{start}", f"{table.name}.{end}"))
