"""Tiles: what a view asks a renderer for, which ones it needs, and the pictures it keeps."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtGui import QImage

from app.domain.box import Box
from app.views.widgets.page_view.layout import Size, Spot

LARGEST_TILE = 1024
"""Device pixels. Pages are cut evenly, so a tile is 512 to 1024 pixels a side unless its page is smaller."""
OVERVIEW_SIDE = 256
"""Device pixels of the longer side of the small picture of a whole page."""
_INSET = 0.02
# A clip pulled in by a fiftieth of a pixel is rounded outward to exactly the tile by every renderer,
# whatever the last bits of its multiplication are.


@dataclass(frozen=True, slots=True)
class TileRequest:
    """A piece of a page to be drawn by somebody else.

    `page` is 0-based, `scale` in device pixels a point, `clip` in fractions of the page as shown after
    `turns` clockwise quarter turns. An answer with an old `generation` is not looked at.
    """

    document_id: str
    page: int
    scale: float
    clip: Box
    turns: int
    generation: int


class TileKey(NamedTuple):
    """Names the picture of a tile: which page, how it is turned, how large it is drawn, which piece.

    The small picture of a whole page has `column` and `row` OVERVIEW. `night` says that it is inverted.
    """

    page: int
    turns: int
    scale: float
    column: int
    row: int
    night: bool = False


OVERVIEW = -1


class Piece(NamedTuple):
    """A tile's place in its page, in device pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of `width` x `height` device pixels cut into tiles."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        return math.ceil(self.width / LARGEST_TILE)

    @property
    def rows(self) -> int:
        return math.ceil(self.height / LARGEST_TILE)

    def piece(self, column: int, row: int) -> Piece:
        wide, high = math.ceil(self.width / self.columns), math.ceil(self.height / self.rows)
        x, y = column * wide, row * high
        return Piece(x, y, min(wide, self.width - x), min(high, self.height - y))

    def covering(self, x0: float, y0: float, x1: float, y1: float) -> Iterator[tuple[int, int]]:
        """Column and row of every tile that touches a rectangle of the page, in device pixels."""
        if x1 <= 0 or y1 <= 0 or x0 >= self.width or y0 >= self.height:
            return
        wide, high = math.ceil(self.width / self.columns), math.ceil(self.height / self.rows)
        for row in range(max(0, int(y0 // high)), min(self.rows, math.ceil(y1 / high))):
            for column in range(max(0, int(x0 // wide)), min(self.columns, math.ceil(x1 / wide))):
                yield column, row

    def clip(self, column: int, row: int, exact: Size) -> Box:
        """A tile in fractions of its page, whose size in device pixels before rounding is `exact`."""
        piece = self.piece(column, row)
        width, height = exact
        return Box(
            (piece.x + _INSET) / width if column else 0.0,
            (piece.y + _INSET) / height if row else 0.0,
            (piece.x + piece.width - _INSET) / width if column < self.columns - 1 else 1.0,
            (piece.y + piece.height - _INSET) / height if row < self.rows - 1 else 1.0,
        )


def overview_scale(size: Size) -> float:
    """Device pixels a point for the small picture of a whole page."""
    return OVERVIEW_SIDE / max(*size, 1.0)


def tiles_in(
    page: int, spot: Spot, turns: int, scale: float, ratio: float, window: tuple[float, float, float, float]
) -> list[tuple[float, TileKey]]:
    """The tiles of a page that touch a window of the canvas (x0, y0, x1, y1 in screen pixels).

    Each with its distance from the middle of the window, squared, for drawing the middle first.
    """
    grid = Grid(spot.device_width, spot.device_height)
    x0, y0, x1, y1 = (
        (window[0] - spot.x) * ratio,
        (window[1] - spot.y) * ratio,
        (window[2] - spot.x) * ratio,
        (window[3] - spot.y) * ratio,
    )
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    found = []
    for column, row in grid.covering(x0, y0, x1, y1):
        piece = grid.piece(column, row)
        away = (piece.x + piece.width / 2 - middle[0]) ** 2 + (piece.y + piece.height / 2 - middle[1]) ** 2
        found.append((away, TileKey(page, turns, scale, column, row)))
    return found


class TileCache:
    """Pictures of tiles, the least recently used forgotten first, never more than `limit` bytes.

    Pictures that are pinned (they show right now) stay even when they alone exceed the limit: a view
    that forgot what it shows would ask for it for ever.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._images: OrderedDict[TileKey, QImage] = OrderedDict()
        self._of_page: dict[int, set[TileKey]] = {}
        self._pinned: Set[TileKey] = frozenset()

    def __len__(self) -> int:
        return len(self._images)

    def __contains__(self, key: TileKey) -> bool:
        return key in self._images

    def get(self, key: TileKey) -> QImage | None:
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
        return image

    def put(self, key: TileKey, image: QImage) -> None:
        self._forget(key)
        self._images[key] = image
        self._of_page.setdefault(key.page, set()).add(key)
        self.bytes += image.sizeInBytes()
        self._trim()

    def pin(self, keys: Iterable[TileKey]) -> None:
        self._pinned = frozenset(keys)
        self._trim()

    def of_page(self, page: int) -> tuple[TileKey, ...]:
        """All that is kept of a page, at whatever scale."""
        return tuple(self._of_page.get(page, ()))

    def __iter__(self) -> Iterator[TileKey]:
        return iter(tuple(self._images))

    def clear(self) -> None:
        self._images.clear()
        self._of_page.clear()
        self._pinned = frozenset()
        self.bytes = 0

    def _forget(self, key: TileKey) -> None:
        image = self._images.pop(key, None)
        if image is not None:
            self.bytes -= image.sizeInBytes()
            kept = self._of_page[key.page]
            kept.discard(key)
            if not kept:
                del self._of_page[key.page]

    def _trim(self) -> None:
        if self.bytes <= self.limit:
            return
        for key in list(self._images):
            if key not in self._pinned:
                self._forget(key)
                if self.bytes <= self.limit:
                    return


@dataclass(frozen=True, slots=True)
class Turnover:
    """What a queue of requests changed: which ones to ask for now, and which are no longer wanted."""

    started: tuple[TileRequest, ...]
    dropped: tuple[TileRequest, ...]


class TileQueue:
    """Requests that wait and requests that are out, never more than `depth` at once.

    A renderer answers in turn; asking for little at a time keeps what is asked next the most urgent.
    """

    def __init__(self, depth: int = 4) -> None:
        self.depth = depth
        self._waiting: OrderedDict[TileRequest, None] = OrderedDict()
        self._out: dict[TileRequest, None] = {}

    @property
    def out(self) -> tuple[TileRequest, ...]:
        return tuple(self._out)

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._out

    def want(self, requests: Iterable[TileRequest]) -> Turnover:
        """Replace what is wanted, the most urgent first."""
        wanted = OrderedDict.fromkeys(requests)
        dropped = tuple(r for r in self._out if r not in wanted)
        for request in dropped:
            del self._out[request]
        for request in self._out:
            wanted.pop(request, None)
        self._waiting = wanted
        return Turnover(self._start(), dropped)

    def answered(self, request: TileRequest) -> Turnover:
        """A request came back, drawn or not."""
        self._out.pop(request, None)
        self._waiting.pop(request, None)
        return Turnover(self._start(), ())

    def _start(self) -> tuple[TileRequest, ...]:
        started = []
        while self._waiting and len(self._out) < self.depth:
            request, _ = self._waiting.popitem(last=False)
            self._out[request] = None
            started.append(request)
        return tuple(started)
