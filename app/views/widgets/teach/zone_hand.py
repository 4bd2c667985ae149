"""What the mouse holds while zones are dragged."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF

from app.views.widgets.teach.zone_shape import Grip, Shape, dragged


@dataclass(slots=True)
class Hand:
    """What the mouse holds: which zones, by which part, since where; `shapes` is how they stand meanwhile."""

    page: int
    grip: Grip
    start: tuple[float, float]
    pressed: QPointF
    before: dict[str, Shape]
    shapes: dict[str, Shape] = field(default_factory=dict)
    moving: bool = False

    def drag(self, x: float, y: float) -> None:
        """The pointer is at a place of the page now."""
        self.moving = True
        dx, dy = x - self.start[0], y - self.start[1]
        self.shapes = {ref: dragged(shape, self.grip, dx, dy) for ref, shape in self.before.items()}

    @property
    def changed(self) -> dict[str, Shape]:
        """What stands elsewhere than before."""
        return {ref: shape for ref, shape in self.shapes.items() if shape != self.before[ref]}
