"""What stands under a point of a page: fields and words by their boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from app.domain.box import Box

T = TypeVar("T")

_CELLS = 16


class HitIndex(Generic[T]):
    """Finds the smallest box at a point. A page is sorted into a grid when it is first asked about.

    Pages are 0-based, points and boxes in fractions of the page as the file stores it.
    """

    def __init__(self, items: Mapping[int, Iterable[tuple[Box, T]]]) -> None:
        self._items = items
        self._grids: dict[int, dict[tuple[int, int], list[tuple[float, Box, T]]]] = {}

    def at(self, page: int, x: float, y: float, reach: tuple[float, float] = (0.0, 0.0)) -> T | None:
        """The item at a point; one that is at most `reach` away counts when none is hit squarely."""
        if page not in self._items:
            return None
        near: tuple[float, T] | None = None
        columns = range(_cell(x - reach[0]), _cell(x + reach[0]) + 1)
        rows = range(_cell(y - reach[1]), _cell(y + reach[1]) + 1)
        best: tuple[float, T] | None = None
        grid = self._grid(page)
        for cell in ((c, r) for c in columns for r in rows):
            for area, box, item in grid.get(cell, ()):
                if box.contains(x, y):
                    if best is None or area < best[0]:
                        best = (area, item)
                elif box.padded(*reach).contains(x, y) and (near is None or area < near[0]):
                    near = (area, item)
        found = best or near
        return found[1] if found else None

    def _grid(self, page: int) -> dict[tuple[int, int], list[tuple[float, Box, T]]]:
        grid = self._grids.get(page)
        if grid is None:
            grid = self._grids[page] = {}
            for box, item in self._items[page]:
                for column in range(_cell(box.x0), _cell(box.x1) + 1):
                    for row in range(_cell(box.y0), _cell(box.y1) + 1):
                        grid.setdefault((column, row), []).append((box.area, box, item))
        return grid


def _cell(fraction: float) -> int:
    return min(_CELLS - 1, max(0, int(fraction * _CELLS)))
