"""Tables: a row of headings over rows of cells that have the same columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.form import FieldKind
from app.services.document_worker.reading.propose_label import asks, blocks, cleaned, joined, kind_of
from app.services.document_worker.reading.propose_sheet import Area, Text
from app.services.document_worker.reading.propose_zone import Layout

_NEAR = 9.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of like cells. `headings` are the texts of the columns, `kinds` what they hold."""

    headings: tuple[str, ...]
    kinds: tuple[FieldKind, ...]
    columns: tuple[tuple[float, float], ...]
    rows: tuple[tuple[float, float], ...]
    cells: tuple[Area, ...]


def grids_of(layout: Layout) -> list[Grid]:
    """The tables of a page: at least two columns and two rows to fill in."""
    rows = _rows(layout.ruling.cells)
    found: list[Grid] = []
    used: set[int] = set()
    for index in range(len(rows)):
        if index in used:
            continue
        stack = [index]
        for later in range(index + 1, len(rows)):
            if (
                _same_columns(rows[stack[-1]], rows[later])
                and abs(rows[stack[-1]][0].y1 - rows[later][0].y0) < _NEAR
            ):
                stack.append(later)
        grid = _grid([rows[i] for i in stack], layout)
        if grid is not None:
            used.update(stack)
            found.append(grid)
    return found


def _rows(cells: Sequence[Area]) -> list[list[Area]]:
    """Cells side by side, of one height."""
    levels: list[list[Area]] = []
    for cell in sorted(cells, key=lambda c: c.y0):
        for level in levels[-8:]:
            if abs(level[0].y0 - cell.y0) < _NEAR and abs(level[0].y1 - cell.y1) < _NEAR:
                level.append(cell)
                break
        else:
            levels.append([cell])
    rows: list[list[Area]] = []
    for level in levels:
        ordered = sorted(level, key=lambda c: c.x0)
        rows.append(ordered[:1])
        for cell in ordered[1:]:
            if 0 <= cell.x0 - rows[-1][-1].x1 < 14:
                rows[-1].append(cell)
            else:
                rows.append([cell])
    return sorted((r for r in rows if len(r) >= 2), key=lambda r: r[0].y0)


def _same_columns(first: Sequence[Area], second: Sequence[Area]) -> bool:
    return len(first) == len(second) and all(
        abs(a.x0 - b.x0) < _NEAR and abs(a.x1 - b.x1) < _NEAR for a, b in zip(first, second, strict=True)
    )


def _grid(stack: list[list[Area]], layout: Layout) -> Grid | None:
    """The stack as a table: its headings in its first row, or in the row above it."""
    texts = [[_within(cell, layout) for cell in row] for row in stack]
    if len(stack) >= 2 and all(texts[0]) and not any(asks(joined(t)) for t in texts[0]):
        headings, stack = texts[0], stack[1:]
        texts = texts[1:]
    else:
        above = _row_above(stack[0], layout)
        if above is None:
            return None
        headings = above
    if len(stack) < 2 or len(stack[0]) < 2:
        return None
    # A filled example has answers in its first rows; labels in the cells make it no table.
    if any(asks(joined(t)) for row in texts for t in row if t):
        return None
    if any(c.holds(*t.area.middle) for t in layout.ticks for row in stack for c in row):
        return None
    labels = [_heading(h) for h in headings]
    if sum(1 for label in labels if label) < 0.6 * len(labels):
        return None
    return Grid(
        tuple(labels), tuple(_kinds(labels)),
        tuple((c.x0, c.x1) for c in stack[0]), tuple((r[0].y0, r[0].y1) for r in stack),
        tuple(c for row in stack for c in row),
    )  # fmt: skip


def _kinds(labels: Sequence[str]) -> list[FieldKind]:
    """The kinds of columns. A column that is headed `Code` holds the codes of what the column before describes."""
    found: list[FieldKind] = []
    for place, label in enumerate(labels):
        kind = kind_of(label)
        described = " ".join(labels[:place][-3:]).lower()
        if "description" in label.lower():
            kind = FieldKind.TEXT
        elif label.lower() in ("code", "codes", "code(s)"):
            kind = FieldKind.ICD10 if re.search(r"diagnos|icd", described) else FieldKind.PROCEDURE_CODE
        found.append(kind)
    return found


def _heading(texts: Sequence[Text]) -> str:
    return cleaned(" ".join(joined(block) for block in blocks(texts)))


def _within(cell: Area, layout: Layout) -> list[Text]:
    return [t for t in layout.texts if cell.holds(*t.area.middle)]


def _row_above(first: Sequence[Area], layout: Layout) -> list[list[Text]] | None:
    """The texts over each column: cells of another height, or printed above without cells."""
    top = first[0].y0
    found = []
    for cell in first:
        over = [
            t for t in layout.texts
            if -_NEAR < top - t.area.y1 < 3.2 * t.size and cell.x0 - 4 <= t.area.middle[0] <= cell.x1 + 4
        ]  # fmt: skip
        found.append(over)
    if not all(found):
        return None
    widest = max(
        max(t.area.width for t in over) / max(1.0, c.width) for over, c in zip(found, first, strict=True)
    )
    return found if widest < 1.15 and len(list(pairwise(first))) >= 1 else None
