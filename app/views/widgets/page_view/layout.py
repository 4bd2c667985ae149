"""Where pages stand: pure geometry of continuous vertical pages, in screen pixels.

Every edge lies on the grid of device pixels, so that a tile is copied and never blurred.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from app.domain.box import Box

MARGIN = 20
"""Canvas left and right of the widest page, and above the first."""
GAP = 30
"""Canvas between two pages: room for the label of the page above it."""

ACTUAL_SIZE = 96 / 72
"""The zoom called 100 %: an inch of paper is 96 screen pixels at 1x."""
SMALLEST, LARGEST = 0.08, 8 * ACTUAL_SIZE
STEPS = tuple(
    percent / 100 * ACTUAL_SIZE
    for percent in (
        10,
        15,
        20,
        25,
        33,
        50,
        67,
        75,
        80,
        90,
        100,
        110,
        125,
        150,
        175,
        200,
        250,
        300,
        400,
        500,
        600,
        800,
    )
)

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page stands on the canvas, in screen pixels; its size in device pixels is exact."""

    x: float
    y: float
    width: float
    height: float
    device_width: int
    device_height: int

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def place(self, box: Box) -> tuple[float, float, float, float]:
        """x, y, width and height of a box (fractions of the page as shown) on the canvas."""
        return (
            self.x + box.x0 * self.width,
            self.y + box.y0 * self.height,
            box.width * self.width,
            box.height * self.height,
        )

    def fraction(self, x: float, y: float) -> tuple[float, float]:
        """A point of the canvas in fractions of the page as shown; outside 0..1 when it is beside the page."""
        return ((x - self.x) / self.width, (y - self.y) / self.height)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that survives zoom and resize: page (0-based) and fractions of it as shown."""

    page: int
    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    """Pages one below the other, centred. `sizes` are in points as shown, `ratio` device pixels a screen pixel."""

    sizes: tuple[Size, ...]
    zoom: float
    ratio: float
    viewport_width: float

    @property
    def scale(self) -> float:
        """Device pixels a point."""
        return self.zoom * self.ratio

    @cached_property
    def pixels(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each page in device pixels."""
        scale = self.scale
        return tuple((_pixels(w * scale), _pixels(h * scale)) for w, h in self.sizes)

    @cached_property
    def width(self) -> int:
        """Width of the canvas in screen pixels: at least the viewport."""
        widest = max((w for w, _ in self.pixels), default=0) / self.ratio
        if widest <= self.viewport_width:
            return int(self.viewport_width)
        return math.ceil(widest + 2 * MARGIN)

    @cached_property
    def tops(self) -> tuple[float, ...]:
        """The upper edge of each page."""
        gap = round(GAP * self.ratio)
        first = round(MARGIN * self.ratio)
        ends = accumulate((h + gap for _, h in self.pixels), initial=first)
        return tuple(end / self.ratio for end in ends)[: len(self.sizes)]

    @cached_property
    def height(self) -> int:
        """Height of the canvas in screen pixels."""
        if not self.sizes:
            return 0
        return math.ceil(self.tops[-1] + self.pixels[-1][1] / self.ratio + GAP)

    def spot(self, page: int) -> Spot:
        width, height = self.pixels[page]
        x = math.floor((self.width * self.ratio - width) / 2) / self.ratio
        return Spot(x, self.tops[page], width / self.ratio, height / self.ratio, width, height)

    def visible(self, top: float, bottom: float) -> range:
        """The pages that show between two heights of the canvas."""
        if not self.sizes or bottom <= top:
            return range(0)
        first = max(0, bisect_right(self.tops, top) - 1)
        if self.tops[first] + self.pixels[first][1] / self.ratio <= top:
            first += 1
        last = bisect_right(self.tops, bottom)
        if last and self.tops[last - 1] >= bottom:
            last -= 1
        return range(first, max(first, last))

    def page_at(self, x: float, y: float) -> int | None:
        """The page under a point of the canvas, or None on the canvas itself."""
        for page in self.visible(y, y + 1e-6):
            spot = self.spot(page)
            if spot.x <= x < spot.right and spot.y <= y < spot.bottom:
                return page
        return None

    def nearest(self, y: float) -> int:
        """The page at a height of the canvas; in a gap, the page below it."""
        page = max(0, bisect_right(self.tops, y) - 1)
        if y >= self.tops[page] + self.pixels[page][1] / self.ratio and page + 1 < len(self.sizes):
            page += 1
        return page

    def anchor(self, x: float, y: float) -> Anchor:
        """The place at a point of the canvas; beside a page its fractions leave 0..1."""
        page = self.nearest(y)
        return Anchor(page, *self.spot(page).fraction(x, y))

    def point(self, anchor: Anchor) -> tuple[float, float]:
        """Where a place stands on the canvas."""
        spot = self.spot(min(anchor.page, len(self.sizes) - 1))
        return (spot.x + anchor.x * spot.width, spot.y + anchor.y * spot.height)


def _pixels(length: float) -> int:
    # A page edge that falls a hair beyond a pixel does not get a pixel of its own.
    return max(1, math.ceil(length - 0.01))


def shown_size(size: Size, turns: int) -> Size:
    """The size of a page after quarter turns."""
    return size if turns % 2 == 0 else (size[1], size[0])


def fit_zoom(size: Size, fit: str, viewport: Size) -> float:
    """The zoom at which a page of that size (points, as shown) fills the viewport by `width` or `page`."""
    across = max(1.0, viewport[0] - 2 * MARGIN) / size[0]
    if fit == "page":
        # The page stands between its gap above and its label below.
        across = min(across, max(1.0, viewport[1] - MARGIN - GAP) / size[1])
    return limited(across)


def limited(zoom: float) -> float:
    return min(LARGEST, max(SMALLEST, zoom))


def next_step(zoom: float, direction: int) -> float:
    """The round zoom above (1) or below (-1) the one given."""
    if direction > 0:
        return next((s for s in STEPS if s > zoom * 1.01), STEPS[-1])
    return next((s for s in reversed(STEPS) if s < zoom * 0.99), STEPS[0])


def reveal(start: float, end: float, shown: float, length: float, room: float) -> float:
    """The least scroll that brings start..end into the window shown..shown + length, with some room around it.

    Nothing moves when it is in sight already. What is longer than the window shows its beginning.
    """
    if shown <= start and end <= shown + length:
        return shown
    room = max(0.0, min(room, (length - (end - start)) / 2))
    if start < shown or end - start > length:
        return start - room
    return end + room - length


def turned_point(x: float, y: float, turns: int) -> tuple[float, float]:
    """A point of a page in fractions, after clockwise quarter turns."""
    for _ in range(turns % 4):
        x, y = 1.0 - y, x
    return x, y


def turns_of(pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Pages that are turned, as page -> quarter turns 1 to 3."""
    return {page: turns % 4 for page, turns in pairs if turns % 4}
