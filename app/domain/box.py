"""A rectangle on a page, in fractions of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in 0..1 fractions of its page: (x0, y0) top left, (x1, y1) bottom right.

    The page is the one the file stores (a PDF page's own /Rotate applied), before any turn a person
    or a reader gives it.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        return ((self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2)

    def contains(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def overlap(self, other: Box) -> float:
        """The area both cover."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def padded(self, dx: float, dy: float) -> Box:
        """Grown by dx and dy on each side, kept on the page."""
        return Box(
            max(0.0, self.x0 - dx), max(0.0, self.y0 - dy), min(1.0, self.x1 + dx), min(1.0, self.y1 + dy)
        )

    def turned(self, quarter_turns: int) -> Box:
        """The same place after the page was turned clockwise by that many quarter turns."""
        box = self
        for _ in range(quarter_turns % 4):
            box = Box(1.0 - box.y1, box.x0, 1.0 - box.y0, box.x1)
        return box

    def rounded(self, digits: int = 5) -> tuple[float, float, float, float]:
        return (
            round(self.x0, digits),
            round(self.y0, digits),
            round(self.x1, digits),
            round(self.y1, digits),
        )

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of them (at least one)."""
        every = list(boxes)
        return cls(
            min(b.x0 for b in every),
            min(b.y0 for b in every),
            max(b.x1 for b in every),
            max(b.y1 for b in every),
        )
