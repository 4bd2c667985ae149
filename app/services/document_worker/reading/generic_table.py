"""Tables of a page nobody has defined: rows of like cells under a row of headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.document_worker.reading.engine import Glyph, Line
from app.services.document_worker.reading.generic_sheet import GenericSheet, Piece
from app.services.document_worker.reading.propose_sheet import Area

_NEAR = 8.0
_LEAST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the heading of each column, and its rows, each cell with what stands in it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[Area, tuple[Piece, ...]], ...], ...]
    used: frozenset[int]

    @property
    def area(self) -> Area:
        return Area.around(cell for row in self.rows for cell, _ in row)


def grids_of(sheet: GenericSheet) -> list[Grid]:
    """The tables of a page: at least two columns and two rows under their headings."""
    rows = _rows(sheet.ruling.cells)
    found: list[Grid] = []
    used: set[int] = set()
    for index, row in enumerate(rows):
        if index in used:
            continue
        stack = [index]
        for later in range(index + 1, len(rows)):
            if _goes_on(rows[stack[-1]], rows[later]):
                stack.append(later)
        if len(stack) < _LEAST_ROWS:
            continue
        grid = _grid([rows[i] for i in stack], sheet) or _under([rows[i] for i in stack], sheet)
        if grid is not None and len(row) >= 2:
            used.update(stack)
            found.append(grid)
    return found


def line_of(pieces: Sequence[Piece]) -> Line | None:
    """Pieces in reading order as one line; None when there are none."""
    glyphs: list[Glyph] = []
    for piece in pieces:
        if glyphs:
            glyphs.append(Glyph(" ", 1.0, 0.0))
        glyphs += piece.line.glyphs
    return Line(tuple(glyphs)) if glyphs else None


def _rows(cells: Sequence[Area]) -> list[list[Area]]:
    """Cells side by side, of one height."""
    rows: list[list[Area]] = []
    for cell in sorted(cells, key=lambda c: (round(c.y0 / 6), c.x0)):
        for row in rows[-10:]:
            last = row[-1]
            level = abs(last.y0 - cell.y0) < _NEAR and abs(last.y1 - cell.y1) < _NEAR
            if level and -3 <= cell.x0 - last.x1 < 16:
                row.append(cell)
                break
        else:
            rows.append([cell])
    return sorted((r for r in rows if len(r) >= 2), key=lambda r: r[0].y0)


def _goes_on(above: Sequence[Area], below: Sequence[Area]) -> bool:
    return (
        len(above) == len(below)
        and abs(above[0].y1 - below[0].y0) < 12
        and all(
            abs(a.x0 - b.x0) < _NEAR and abs(a.x1 - b.x1) < _NEAR for a, b in zip(above, below, strict=True)
        )
    )


def _under(stack: Sequence[Sequence[Area]], sheet: GenericSheet) -> Grid | None:
    """A table whose headings stand in other cells than its columns: each column takes those right above it."""
    if stack[0][0].height > 2.4 * sheet.height:
        return None  # room for a label and its answer
    top = stack[0][0].y0
    above = [c for c in sheet.ruling.cells if abs(c.y1 - top) < 14 or abs(c.y1 - top + c.height) < 14]
    headings = []
    used: set[int] = set()
    for cell in stack[0]:
        x = cell.middle[0]
        over = sorted((c for c in above if c.x0 < x < c.x1 and c.y1 < top + 14), key=lambda c: c.y0)
        pieces = [p for c in over for p in _within(c, sheet) if c.holds(*p.area.middle)]
        pieces = [p for i, p in enumerate(pieces) if p not in pieces[:i]]
        used |= {id(p) for p in pieces}
        headings.append(" ".join(p.text for p in pieces))
    if sum(1 for h in headings if h and len(h) < 60) < max(2, 0.7 * len(headings)):
        return None
    texts = [[_within(cell, sheet) for cell in row] for row in stack]
    if any(":" in p.text for row in texts for each in row for p in each):
        return None
    rows = tuple(
        tuple((cell, tuple(each)) for cell, each in zip(row, line, strict=True))
        for row, line in zip(stack, texts, strict=True)
    )
    used |= {id(p) for line in texts for each in line for p in each}
    return Grid(tuple(headings), rows, frozenset(used))


def _grid(stack: Sequence[Sequence[Area]], sheet: GenericSheet) -> Grid | None:
    if len(stack) < _LEAST_ROWS + 1:
        return None
    texts = [[_within(cell, sheet) for cell in row] for row in stack]
    heads = texts[0]
    if sum(1 for h in heads if h) < max(2, 0.6 * len(heads)):
        return None
    if any(":" in p.text for row in texts for each in row for p in each):
        return None  # cells with labels of their own
    boxes = sum(1 for s in sheet.squares if any(c.holds(*s.middle) for row in stack for c in row))
    if boxes >= len(stack):
        return None  # cells with tick boxes
    for cell, head in zip(stack[0], heads, strict=True):
        room = cell.height - sum(p.area.height for p in _lines(head))
        if head and room > 1.1 * sheet.height and room > 0.5 * cell.height:
            return None  # a label with room for its answer is no heading
        if head and 2 * sum(c.isdigit() for p in head for c in p.text) > sum(len(p.text) for p in head):
            return None
    rows = tuple(
        tuple((cell, tuple(each)) for cell, each in zip(row, line, strict=True))
        for row, line in zip(stack[1:], texts[1:], strict=True)
    )
    headings = tuple(" ".join(p.text for p in h) for h in heads)
    return Grid(headings, rows, frozenset(id(p) for line in texts for each in line for p in each))


def _within(cell: Area, sheet: GenericSheet) -> list[Piece]:
    inside = [p for p in sheet.pieces if cell.holds(*p.area.middle)]
    return sorted(inside, key=lambda p: (round(p.area.middle[1] / max(1.0, 0.7 * sheet.height)), p.area.x0))


def _lines(pieces: Sequence[Piece]) -> list[Piece]:
    """One piece of each line."""
    found: list[Piece] = []
    for piece in pieces:
        if not any(piece.area.beside(other.area) > 0.5 for other in found):
            found.append(piece)
    return found
