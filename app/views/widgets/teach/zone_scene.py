"""Puts together what is to be painted of the zones at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.domain.box import Box
from app.domain.form import FieldKind
from app.views.widgets.teach.zone import Zone
from app.views.widgets.teach.zone_paint import ZoneShown, ZonesShown
from app.views.widgets.teach.zone_shape import Shape, shape_of

_NEAR = (24, 40)
"""Screen pixels across and down by which tags and handles may leave their zone."""


@dataclass(frozen=True, slots=True)
class ZoneScene:
    """The zones of the pages that are open, what is chosen and hovered, and how zones stand that are being dragged.

    `rect` says where a box of an upright page (0-based) shows in the viewport.
    """

    zones: tuple[Zone, ...]
    pages: int
    refs: tuple[str, ...]
    over: str
    dragged: Mapping[str, Shape]
    rect: Callable[[int, Box], QRectF]
    night: bool
    ratio: float
    fixed: bool

    def compose(self, area: QRectF) -> ZonesShown:
        """All zones in an area of the viewport."""
        near = area.adjusted(-_NEAR[0], -_NEAR[1], _NEAR[0], _NEAR[1])
        current = next((z for z in self.zones if self.refs and z.holds(self.refs[-1])), None)
        group = current.group if current is not None else ""
        shown: list[ZoneShown] = []
        siblings: list[QRectF] = []
        for zone in self.zones:
            if zone.page - 1 >= self.pages:
                continue
            rect = self.rect(zone.page - 1, self._shape(zone).box)
            if group and zone.group == group and current is not None and zone.page == current.page:
                siblings.append(rect)
            if near.intersects(rect):
                shown.append(self._shown(zone, rect, current, group))
        question = None
        if len(siblings) > 1 and current is not None:
            around = siblings[0]
            for rect in siblings[1:]:
                around = around.united(rect)
            question = (around, current.question)
        paper = "dark" if self.night else "light"
        return ZonesShown(tuple(shown), paper, self.night, self.ratio, self.fixed, question)

    def _shape(self, zone: Zone) -> Shape:
        return self.dragged.get(zone.ref) or shape_of(zone)

    def _shown(self, zone: Zone, rect: QRectF, current: Zone | None, group: str) -> ZoneShown:
        state = ""
        if zone is current:
            state = "current"
        elif zone.ref in self.refs:
            state = "chosen"
        elif group and zone.group == group:
            state = "together"
        elif zone.ref == self.over:
            state = "hovered"
        if not zone.is_table:
            return ZoneShown(rect, zone.kind, zone.label, state, bool(zone.flaw), zone.required)
        shape = self._shape(zone)
        cells: list[tuple[QRectF, FieldKind, str]] = []
        for (x0, x1), column in zip(shape.columns, zone.columns, strict=True):
            for number, (y0, y1) in enumerate(shape.rows):
                cell = self.rect(zone.page - 1, Box(x0, y0, x1, y1))
                cells.append((cell, column.kind, "" if number else column.label))
        label, kind = zone.label, zone.kind
        chosen = zone.column(self.refs[-1]) if state == "current" else None
        if chosen is not None:
            label, kind = f"{zone.label} · {chosen.label}", chosen.kind
            x0, x1 = shape.columns[zone.columns.index(chosen)]
            rect = self.rect(zone.page - 1, Box(x0, shape.box.y0, x1, shape.box.y1))
        return ZoneShown(rect, kind, label, state, bool(zone.flaw), zone.required, tuple(cells))
