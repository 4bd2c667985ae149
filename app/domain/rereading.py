"""A case read once more: what people did stays as it is, what nobody looked at is read anew.

A field counts as touched when a person gave it a state or a value, added its row, or has something typed in its
editor. Nothing of it changes but where it stands in the order of the form.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.box import Box
from app.domain.case import Json, document_path, field_entries
from app.domain.change import MISSING, Action, Change, Write
from app.domain.form import FieldState, Source

_LIKE = 0.5
"""Share of a row's height that a row of the new reading has to cover to be the same row of the page."""


@dataclass(frozen=True, slots=True)
class Reread:
    """The writes that bring a new reading into a case, and the paths of the fields by what becomes of them."""

    writes: tuple[Write, ...]
    kept: tuple[str, ...]
    replaced: tuple[str, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]


def is_touched(entry: Mapping[str, Any]) -> bool:
    """Whether a person did something to this field of a case document."""
    return bool(
        entry.get("state", FieldState.UNSEEN) != FieldState.UNSEEN
        or entry.get("corrected_value") is not None
        or entry.get("source") == Source.PERSON
    )


def rows_given(history: Iterable[Change]) -> dict[str, set[str]]:
    """The ids of table rows that people's changes added, by table: undoing and redoing them names these again."""
    found: dict[str, set[str]] = {}
    for change in history:
        for write in change.writes if change.action is Action.ROW_ADDED else ():
            match = re.fullmatch(r"tables\.([^.]+)\.rows\.([^.]+)", write.path)
            if match:
                found.setdefault(match.group(1), set()).add(match.group(2))
    return found


def reread(
    document: Mapping[str, Any],
    fields: Mapping[str, Json],
    tables: Mapping[str, Json],
    typed: Collection[str] = (),
    rows_given: Mapping[str, Collection[str]] | None = None,
) -> Reread:
    """Bring a new reading (`fields` and `tables` as a case document keeps them) into a case.

    `typed` are paths with something typed in their editors. `rows_given` are row ids by table that people's
    changes have named once: no row of the machine is given one of them again.
    """
    given = rows_given or {}
    old_tables = document.get("tables", {})
    keep = {path for path, entry in field_entries(document) if path in set(typed) or is_touched(entry)}
    renamed = {
        table: {
            "rows": _renamed(
                table,
                old_tables.get(table, {}).get("rows", {}),
                content["rows"],
                keep,
                set(given.get(table, ())),
            )
        }
        for table, content in tables.items()
    }
    before = dict(field_entries(document))
    after = dict(field_entries({"fields": fields, "tables": renamed}))
    order = _order(before, after, keep)
    merged = {
        path: {**(before[path] if path in keep else after[path]), "order": place}
        for place, path in enumerate(order)
    }
    writes = [*_writes_of_cells(document, merged), *_writes_of_fields(before, merged, keep)]
    return Reread(
        tuple(writes),
        kept=tuple(path for path in order if path in keep),
        replaced=tuple(
            path
            for path in order
            if path not in keep and path in before and _differ(before[path], after[path])
        ),
        new=tuple(path for path in order if path not in before),
        gone=tuple(path for path in before if path not in merged),
    )


def _order(before: Mapping[str, Json], after: Mapping[str, Json], keep: Collection[str]) -> list[str]:
    """Every path that stays or comes, as the new reading orders them. What it does not have follows what it
    followed; rows it does not have stand at the end of their table.
    """
    sequence = sorted(after, key=lambda path: (after[path].get("order", 0), path))
    old = sorted(before, key=lambda path: (before[path].get("order", 0), path))
    for place, path in enumerate(old):
        if path not in keep or path in after:
            continue
        table = f"{path.split('.')[0]}." if path.count(".") == 2 else None
        of_table = [p for p in sequence if table and p.startswith(table)]
        earlier = [p for p in reversed(old[:place]) if p in sequence]
        follows = of_table[-1] if of_table else earlier[0] if earlier else None
        sequence.insert(sequence.index(follows) + 1 if follows else 0, path)
    return sequence


def _writes_of_fields(
    before: Mapping[str, Json], merged: Mapping[str, Json], keep: Collection[str]
) -> list[Write]:
    """Writes of plain fields and of the cells of rows that are there before and after."""
    writes: list[Write] = []
    rows = {path.rsplit(".", 1)[0] for path in before if "." in path}
    rows_after = {path.rsplit(".", 1)[0] for path in merged if "." in path}
    for path in dict.fromkeys([*before, *merged]):
        if "." in path and path.rsplit(".", 1)[0] not in rows & rows_after:
            continue  # its row is written as a whole
        place = document_path(path)
        old, new = before.get(path), merged.get(path)
        if old is None:
            writes.append(Write(place, MISSING, new))
        elif new is None:
            writes.append(Write(place, copy.deepcopy(old), MISSING))
        elif path in keep:
            if old.get("order") != new["order"]:
                writes.append(Write(f"{place}.order", old.get("order", MISSING), new["order"]))
        elif _plain(old) != _plain(new):
            writes.append(Write(place, copy.deepcopy(old), new))
    return writes


def _writes_of_cells(document: Mapping[str, Any], merged: Mapping[str, Json]) -> list[Write]:
    """Writes of tables and rows that come or go as a whole, and of the order of those that stay."""
    tables: dict[str, dict[str, Json]] = {}
    for path, entry in merged.items():
        if "." in path:
            table, row, column = path.split(".")
            rows = tables.setdefault(table, {})
            rows.setdefault(row, {"order": len(rows)})[column] = entry
    old_tables = document.get("tables", {})
    writes: list[Write] = []
    for table in dict.fromkeys([*old_tables, *tables]):
        place, old, new = f"tables.{table}", old_tables.get(table), tables.get(table, {})
        if old is None:
            writes.append(Write(place, MISSING, {"rows": new}))
        elif not new and old.get("rows"):
            writes.append(Write(place, copy.deepcopy(old), MISSING))
        else:
            for row in dict.fromkeys([*old.get("rows", {}), *new]):
                was, becomes = old.get("rows", {}).get(row), new.get(row)
                if was is None:
                    writes.append(Write(f"{place}.rows.{row}", MISSING, becomes))
                elif becomes is None:
                    writes.append(Write(f"{place}.rows.{row}", copy.deepcopy(was), MISSING))
                elif was.get("order") != becomes["order"]:
                    writes.append(
                        Write(f"{place}.rows.{row}.order", was.get("order", MISSING), becomes["order"])
                    )
    return writes


def _cells(row: Mapping[str, Any]) -> dict[str, Json]:
    return {column: cell for column, cell in row.items() if isinstance(cell, dict)}


def _plain(entry: Mapping[str, Any]) -> Json:
    """An entry without its warnings: those follow from the whole case."""
    return {name: value for name, value in entry.items() if name != "warnings"}


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two readings of a field differ in more than their place in the order."""
    return {**_plain(one), "order": 0} != {**_plain(other), "order": 0}


def _renamed(
    table: str, old: Mapping[str, Json], new: Mapping[str, Json], keep: Collection[str], given: set[str]
) -> dict[str, Json]:
    """The new rows under the ids of those rows of the page that people touched; the others under ids that are free.

    A version that sees a row more at the top calls all rows by other ids: what a person wrote into a row has
    to stay with the line of the page it was written for.
    """
    kept = [row for row, cells in old.items() if any(f"{table}.{row}.{c}" in keep for c in _cells(cells))]
    ids: dict[str, str] = {}
    for row in kept:
        free = {name: cells for name, cells in new.items() if name not in ids}
        same = _same_row(old[row], free)
        if (
            same is None
            and row in free
            and None in (_band(old[row]), _band(new[row]))
            and not _added(old[row])
        ):
            same = row
        if same is not None:
            ids[same] = row
    used = {*kept, *given}
    for row in new:
        if row not in ids:
            ids[row] = row if row not in used else _free_row({*old, *new, *used})
            used.add(ids[row])
    return {ids[row]: copy.deepcopy(dict(cells)) for row, cells in new.items()}


def _added(row: Mapping[str, Any]) -> bool:
    return any(cell.get("source") == Source.PERSON for cell in _cells(row).values())


def _same_row(row: Mapping[str, Any], rows: Mapping[str, Json]) -> str | None:
    """The row of the new reading that stands where this one stood; None when none does."""
    band = _band(row)
    best, best_share = None, _LIKE
    for name, cells in rows.items():
        other = _band(cells)
        if band is None or other is None or band[0] != other[0]:
            continue
        shared = min(band[2], other[2]) - max(band[1], other[1])
        share = shared / max(1e-9, min(band[2] - band[1], other[2] - other[1]))
        if share > best_share:
            best, best_share = name, share
    return best


def _band(row: Mapping[str, Any]) -> tuple[object, float, float] | None:
    """(page, top, bottom) of a row, from the boxes of its cells."""
    boxes = [(cell.get("page"), Box(*cell["box"])) for cell in _cells(row).values() if cell.get("box")]
    if not boxes:
        return None
    page = boxes[0][0]
    around = Box.around(box for at, box in boxes if at == page)
    return page, around.y0, around.y1


def _free_row(used: Iterable[str]) -> str:
    numbers = [int(m.group(1)) for m in (re.fullmatch(r"r(\d+)", row) for row in used) if m]
    return f"r{max(numbers, default=0) + 1}"
