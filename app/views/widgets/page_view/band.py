"""The rubber band: a rectangle drawn on one page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.box import Box
from app.views.widgets.page_view.layout import Size, Spot

SMALLEST = 4.0
"""Screen pixels: less than that in both directions was a click, in one of them nothing."""
EDGE = 28.0
"""Screen pixels from the edge of the viewport at which a drag begins to scroll."""
_FASTEST = 42.0


@dataclass(frozen=True, slots=True)
class Band:
    """From where the button went down to where the pointer is, in fractions of the page as shown."""

    page: int
    start: tuple[float, float]
    end: tuple[float, float]

    def to(self, x: float, y: float) -> Band:
        """The same band with its loose end elsewhere, kept on its page."""
        return replace(self, end=(min(1.0, max(0.0, x)), min(1.0, max(0.0, y))))

    @property
    def box(self) -> Box:
        (x0, y0), (x1, y1) = self.start, self.end
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def extent(self, spot: Spot) -> Size:
        """Width and height in screen pixels."""
        return self.box.width * spot.width, self.box.height * spot.height


def size_words(box: Box, size: Size, *, metric: bool) -> str:
    """The size of a box on a page of so many points, as on paper: `38 × 6 mm` or `1.50 × 0.24 in`."""
    width, height = box.width * size[0] / 72, box.height * size[1] / 72
    if metric:
        return f"{width * 25.4:.0f} × {height * 25.4:.0f} mm"
    return f"{width:.2f} × {height:.2f} in"


def edge_speed(position: float, length: float) -> int:
    """Screen pixels to scroll a tick for a drag at a position of a viewport: faster further out, 0 inside."""
    if position < EDGE:
        return -round(min(_FASTEST, 2 + (EDGE - position) * 0.5))
    if position > length - EDGE:
        return round(min(_FASTEST, 2 + (position - length + EDGE) * 0.5))
    return 0
