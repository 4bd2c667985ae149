"""Moving and sizing zones: pure geometry in page fractions, and what of a zone is under the pointer in pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from app.domain.box import Box
from app.views.widgets.teach.zone import Spans, Zone

REACH = 5.0
"""Screen pixels by which an edge may be missed."""
SMALLEST = 0.003
"""A zone is never narrower or lower than this part of its page."""

Rect = tuple[float, float, float, float]
"""left, top, right, bottom in screen pixels"""


@dataclass(frozen=True, slots=True)
class Grip:
    """What of a zone was taken: `x` and `y` are -1, 0 or 1 for its left, none or right edge (upper, none, lower).

    Both 0 takes the whole. `column` or `row` (0-based) takes the line after that column or row of a table.
    """

    x: int = 0
    y: int = 0
    column: int = -1
    row: int = -1

    @property
    def whole(self) -> bool:
        return not (self.x or self.y or self.inner)

    @property
    def inner(self) -> bool:
        return self.column >= 0 or self.row >= 0


WHOLE = Grip()


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a zone stands: its box, or for a table its columns and rows."""

    box: Box
    columns: Spans = ()
    rows: Spans = ()


def shape_of(zone: Zone) -> Shape:
    return Shape(zone.box, tuple((c.x0, c.x1) for c in zone.columns), zone.rows)


def grip_at(rect: Rect, x: float, y: float) -> Grip | None:
    """What of a rectangle is at a point: an edge, a corner, the whole, or nothing.

    Edges are taken from outside as well; in a small rectangle most of the inside takes the whole.
    """
    left, top, right, bottom = rect
    if not (left - REACH <= x <= right + REACH and top - REACH <= y <= bottom + REACH):
        return None
    inward_x, inward_y = min(REACH, (right - left) / 4), min(REACH, (bottom - top) / 4)
    across = -1 if x <= left + inward_x else 1 if x >= right - inward_x else 0
    down = -1 if y <= top + inward_y else 1 if y >= bottom - inward_y else 0
    return Grip(across, down)


def line_at(columns: Spans, rows: Spans, x: float, y: float, reach: tuple[float, float]) -> Grip | None:
    """The line between two columns or rows of a table at a place; all in page fractions."""
    for index, (one, other) in enumerate(pairwise(columns)):
        if one[1] - reach[0] <= x <= other[0] + reach[0]:
            return Grip(column=index)
    for index, (one, other) in enumerate(pairwise(rows)):
        if one[1] - reach[1] <= y <= other[0] + reach[1]:
            return Grip(row=index)
    return None


def dragged(shape: Shape, grip: Grip, dx: float, dy: float) -> Shape:
    """The shape after what was taken moved by a part of the page; it stays on the page and keeps some size."""
    if grip.inner:
        return _line_moved(shape, grip, dx, dy)
    box = moved(shape.box, dx, dy) if grip.whole else resized(shape.box, grip, dx, dy)
    if not shape.columns:
        return replace(shape, box=box)
    return Shape(
        box,
        _scaled(shape.columns, (shape.box.x0, shape.box.x1), (box.x0, box.x1)),
        _scaled(shape.rows, (shape.box.y0, shape.box.y1), (box.y0, box.y1)),
    )


def moved(box: Box, dx: float, dy: float) -> Box:
    """The box elsewhere on its page, as far as the page goes."""
    dx = min(max(dx, -box.x0), 1.0 - box.x1)
    dy = min(max(dy, -box.y0), 1.0 - box.y1)
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def resized(box: Box, grip: Grip, dx: float, dy: float) -> Box:
    """The box with the edges that were taken elsewhere."""
    x0, y0, x1, y1 = box.x0, box.y0, box.x1, box.y1
    if grip.x < 0:
        x0 = min(max(0.0, x0 + dx), x1 - SMALLEST)
    elif grip.x > 0:
        x1 = max(min(1.0, x1 + dx), x0 + SMALLEST)
    if grip.y < 0:
        y0 = min(max(0.0, y0 + dy), y1 - SMALLEST)
    elif grip.y > 0:
        y1 = max(min(1.0, y1 + dy), y0 + SMALLEST)
    return Box(x0, y0, x1, y1)


def _line_moved(shape: Shape, grip: Grip, dx: float, dy: float) -> Shape:
    if grip.column >= 0:
        return replace(shape, columns=_parted(shape.columns, grip.column, dx))
    return replace(shape, rows=_parted(shape.rows, grip.row, dy))


def _parted(spans: Spans, index: int, by: float) -> Spans:
    (start, end), (begin, finish) = spans[index], spans[index + 1]
    by = min(max(by, start + SMALLEST - end), finish - SMALLEST - begin)
    return (*spans[:index], (start, end + by), (begin + by, finish), *spans[index + 2 :])


def _scaled(spans: Spans, before: tuple[float, float], after: tuple[float, float]) -> Spans:
    """Spans that fill one stretch laid out over another."""
    length = max(1e-9, before[1] - before[0])
    ratio = (after[1] - after[0]) / length
    return tuple((after[0] + (a - before[0]) * ratio, after[0] + (b - before[0]) * ratio) for a, b in spans)


def toward(boxes: dict[str, Box], start: str, dx: int, dy: int) -> str | None:
    """The zone one comes to from another by going left, right, up or down: the next in its line or column, else
    one that is near and not far to the side.
    """
    here = boxes[start]
    best: tuple[bool, float, str] | None = None
    for ref, box in boxes.items():
        ahead = (box.centre[0] - here.centre[0]) * dx + (box.centre[1] - here.centre[1]) * dy
        aside = abs(box.centre[1] - here.centre[1]) if dx else abs(box.centre[0] - here.centre[0])
        if dx:
            level = min(box.y1, here.y1) > max(box.y0, here.y0)
        else:
            level = min(box.x1, here.x1) > max(box.x0, here.x0)
        if ref == start or ahead <= 1e-4 or (not level and aside > 2 * ahead):
            continue
        found = (not level, ahead + (0.0 if level else 2.5 * aside), ref)
        if best is None or found < best:
            best = found
    return best[2] if best else None


def turned_back(grip: Grip, turns: int) -> Grip:
    """The edge of the upright zone for one that was taken on a page turned clockwise."""
    x, y = grip.x, grip.y
    for _ in range(turns % 4):
        x, y = y, -x
    return Grip(x, y)


def turned_step(dx: int, dy: int, turns: int, width: float, height: float) -> tuple[float, float]:
    """A step of one screen pixel on a turned page, in fractions of the upright one."""
    x, y = dx / width, dy / height
    for _ in range(turns % 4):
        x, y = y, -x
    return x, y
