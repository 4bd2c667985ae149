"""The page a form is taught on: its zones drawn over it, and a person's hands on them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from app.domain.box import Box
from app.views.widgets.page_view import PageView
from app.views.widgets.page_view.band import Band
from app.views.widgets.page_view.layout import turned_point
from app.views.widgets.teach.kind_look import kind_words
from app.views.widgets.teach.zone import Zone
from app.views.widgets.teach.zone_hand import Hand
from app.views.widgets.teach.zone_key import Ask, ask_of
from app.views.widgets.teach.zone_paint import paint_zones
from app.views.widgets.teach.zone_scene import ZoneScene
from app.views.widgets.teach.zone_shape import (
    WHOLE,
    Grip,
    Shape,
    dragged,
    grip_at,
    line_at,
    shape_of,
    toward,
    turned_back,
    turned_step,
)

_CONTROL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_CURSORS = {
    (0, 0): Qt.CursorShape.SizeAllCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
}


class ZoneCanvas(PageView):
    """A page view whose zones are drawn, moved, sized and walked through; it changes none of them itself.

    Zones stand in fractions of the upright page. Refs are those of `Zone` and `ZoneColumn`. A drag over free
    paper draws a zone; with Ctrl held also over a zone; with Shift held it chooses what it touches.
    """

    chosen = Signal(tuple)
    """refs, the current one last"""
    zone_drawn = Signal(int, object)
    """page (1-based), `Box`"""
    zones_placed = Signal(object, bool)
    """`Shape` by ref, and whether it was one step of an arrow key"""
    asked = Signal(object, object)
    """`Ask`, and the kind where one is set"""
    menu_wanted = Signal(object)
    """where, on the screen"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zones: tuple[Zone, ...] = ()
        self._by_ref: dict[str, Zone] = {}
        self._walk: tuple[str, ...] = ()
        self._refs: tuple[str, ...] = ()
        self._over = ""
        self._hand: Hand | None = None
        self._pressed_with = Qt.KeyboardModifier.NoModifier
        self._table_clicked = ""
        self._fixed = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("The form with its fields"))

    # what is shown

    def set_zones(self, zones: tuple[Zone, ...], walk: Iterable[str] = ()) -> None:
        """The zones, and the order in which Tab walks through them (theirs, when not given)."""
        self._zones = zones
        self._by_ref = {z.ref: z for z in zones}
        self._by_ref.update({c.ref: z for z in zones for c in z.columns})
        self._walk = tuple(walk) or tuple(z.ref for z in zones)
        self._refs = tuple(r for r in self._refs if r in self._by_ref)
        if self._over not in self._by_ref:
            self._over = ""
        self._drop()
        self.viewport().update()

    def choose(self, refs: Iterable[str], *, reveal: bool = True) -> None:
        """Show which zones are chosen, the current one last; tells nobody."""
        self._refs = tuple(r for r in refs if r in self._by_ref)
        if reveal and self._refs and not self.held:
            ref = self._refs[-1]
            zone = self._by_ref[ref]
            column = zone.column(ref)
            box = zone.column_box(column) if column else zone.box
            if zone.page - 1 < len(self._camera.pages):
                self._reveal(zone.page - 1, self._stored(zone.page - 1, box))
        self._describe()
        self.viewport().update()

    def set_fixed(self, fixed: bool) -> None:
        """Whether the zones can only be looked at."""
        self._fixed = fixed
        self._drop()
        self.viewport().update()

    @property
    def refs(self) -> tuple[str, ...]:
        """What is chosen, the current one last."""
        return self._refs

    def zone_rect(self, ref: str) -> QRectF:
        """Where a zone shows in the viewport, in screen pixels."""
        zone = self._by_ref[ref]
        column = zone.column(ref)
        return self._rect(zone.page - 1, zone.column_box(column) if column else self._shape(zone).box)

    def page_rect(self, page: int, box: Box) -> QRectF:
        """Where a box of the upright page (0-based) shows in the viewport."""
        return self._rect(page, box)

    # geometry: zones stand on the upright page, whatever the file and the person turned

    def _given(self, page: int) -> int:
        return self._camera.given.get(page, 0)

    def _stored(self, page: int, box: Box) -> Box:
        return box.turned(self._given(page) - self._camera.turns[page])

    def _rect(self, page: int, box: Box) -> QRectF:
        return QRectF(*self.spot(page).place(box.turned(self._given(page))))

    def _upright_at(self, point: QPointF, page: int) -> tuple[float, float]:
        x, y = self.spot(page).fraction(point.x(), point.y())
        return turned_point(x, y, -self._given(page))

    def _page_at(self, point: QPointF) -> int | None:
        place = self.place_at(point)
        return place[0] if place else None

    def _shape(self, zone: Zone) -> Shape:
        if self._hand is not None and self._hand.moving and zone.ref in self._hand.shapes:
            return self._hand.shapes[zone.ref]
        return shape_of(zone)

    def _zone_at(self, point: QPointF) -> Zone | None:
        """The smallest zone at a point; one that is chosen is found a little beyond its edges too."""
        best: tuple[float, Zone] | None = None
        for zone in self._zones:
            if zone.page - 1 >= len(self._camera.pages):
                continue
            rect = self._rect(zone.page - 1, zone.box)
            if zone.holds(self._refs[-1]) if self._refs else False:
                if grip_at(_sides(rect), point.x(), point.y()) is not None:
                    inner = rect.width() * rect.height() * (0.01 if not zone.is_table else 1.0)
                    if best is None or inner < best[0]:
                        best = (inner, zone)
            elif rect.adjusted(-1, -1, 1, 1).contains(point):
                area = rect.width() * rect.height()
                if best is None or area < best[0]:
                    best = (area, zone)
        return best[1] if best else None

    def _grip_at(self, zone: Zone, point: QPointF) -> Grip:
        """What of a chosen zone is at a point; of others always the whole."""
        if not self._refs or not zone.holds(self._refs[-1]) or self._fixed:
            return WHOLE
        page = zone.page - 1
        rect = self._rect(page, zone.box)
        turned = self._given(page) % 4
        grip = grip_at(_sides(rect), point.x(), point.y()) or WHOLE
        if turned:
            grip = turned_back(grip, turned)
        if grip.whole and zone.is_table:
            spot = self.spot(page)
            x, y = self._upright_at(point, page)
            shape = shape_of(zone)
            inner = line_at(shape.columns, shape.rows, x, y, (4 / spot.width, 3 / spot.height))
            if inner is not None:
                return inner
        return grip

    # choosing

    def _choose_refs(self, refs: tuple[str, ...]) -> None:
        if refs != self._refs:
            self._refs = refs
            self._describe()
            self.viewport().update()
            self.chosen.emit(refs)

    def _describe(self) -> None:
        zone = self._by_ref.get(self._refs[-1]) if self._refs else None
        if zone is not None:
            self.setAccessibleDescription(f"{zone.label}, {kind_words(zone.kind)}")

    def _step(self, by: int) -> bool:
        """Walk to the next or previous zone; False at either end."""
        walk = [r for r in self._walk if r in self._by_ref]
        if not walk:
            return False
        if not self._refs or self._refs[-1] not in walk:
            at = 0 if by > 0 else len(walk) - 1
        else:
            at = walk.index(self._refs[-1]) + by
        if not 0 <= at < len(walk):
            return False
        self._choose_refs((walk[at],))
        self.choose(self._refs)
        return True

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks through the zones first, and leaves the page after the last."""
        if not self._fixed and self._step(1 if forward else -1):
            return True
        return super().focusNextPrevChild(forward)

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_with = event.modifiers()
        point = event.position()
        if event.button() is Qt.MouseButton.LeftButton and not self._pressed_with & (_CONTROL | _SHIFT):
            zone = self._zone_at(point)
            if zone is not None:
                self._motion.stop()
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self._take(zone, point)
                return
        if event.button() is Qt.MouseButton.RightButton and self._hand is not None:
            self._drop()
            return
        super().mousePressEvent(event)

    def _take(self, zone: Zone, point: QPointF) -> None:
        grip = self._grip_at(zone, point)
        if zone.ref not in self._refs and not (self._refs and zone.holds(self._refs[-1])):
            self._choose_refs((zone.ref,))
        together = [
            z
            for z in (self._by_ref[r] for r in self._refs)
            if z.page == zone.page and (grip.whole or z is zone)
        ]
        page = zone.page - 1
        self._hand = Hand(
            page,
            grip,
            self._upright_at(point, page),
            point,
            {z.ref: shape_of(z) for z in together} or {zone.ref: shape_of(zone)},
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hand = self._hand
        if hand is None:
            super().mouseMoveEvent(event)
            return
        far = (event.position() - hand.pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._fixed or not (hand.moving or far):
            return
        hand.drag(*self._upright_at(event.position(), hand.page))
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        hand = self._hand
        if hand is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        if hand.moving:
            self._hand = None
            if hand.changed:
                self.zones_placed.emit(hand.changed, False)
        else:
            self._hand = None
            self._clicked_in_zone(hand, event.position())
        self.viewport().update()

    def _clicked_in_zone(self, hand: Hand, point: QPointF) -> None:
        """A click chooses a zone alone; a second one in a table chooses the column."""
        zone = self._by_ref.get(next(reversed(hand.before)))
        under = self._zone_at(point)
        zone = under or zone
        if zone is None:
            return
        x, _ = self._upright_at(point, zone.page - 1)
        column = next((c for c in zone.columns if c.x0 <= x < c.x1), None)
        was_chosen = bool(self._refs) and zone.holds(self._refs[-1])
        if column is not None and was_chosen and self._second_click(zone):
            self._choose_refs((column.ref,))
        else:
            self._choose_refs((zone.ref,))
            self._table_clicked = zone.ref if zone.is_table else ""

    def _second_click(self, zone: Zone) -> bool:
        return self._table_clicked == zone.ref or self._refs[-1] != zone.ref

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click on a zone goes to its name."""
        if event.button() is Qt.MouseButton.LeftButton and self._zone_at(event.position()) is not None:
            self.asked.emit(Ask.RENAME, None)
        event.accept()

    def _drop(self) -> None:
        """Let go of what the mouse holds; nothing was moved."""
        if self._hand is not None:
            self._hand = None
            self.viewport().update()

    def _click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        zone = self._zone_at(point)
        if zone is not None and modifiers & (_CONTROL | _SHIFT):
            if zone.ref in self._refs:
                self._choose_refs(tuple(r for r in self._refs if r != zone.ref))
            else:
                self._choose_refs((*self._refs, zone.ref))
        elif not modifiers & (_CONTROL | _SHIFT):
            self._choose_refs(())

    def _choose_region(self, band: Band) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        box = band.box.turned(-self._given(band.page))
        if self._pressed_with & _SHIFT:
            touched = [
                z.ref
                for z in self._zones
                if z.page == band.page + 1 and z.box.overlap(box) > 0.3 * z.box.area
            ]
            kept = self._refs if self._pressed_with & _CONTROL else ()
            self._choose_refs(tuple(dict.fromkeys((*kept, *touched))))
        elif not self._fixed:
            self.zone_drawn.emit(band.page + 1, box)

    def _hover(self, point: QPointF) -> None:
        zone = self._zone_at(point)
        over = zone.ref if zone else ""
        if over != self._over:
            self._over = over
            self.viewport().update()
        view = self.viewport()
        if zone is None:
            inside = self._page_at(point) is not None and not self._fixed
            view.setCursor(Qt.CursorShape.CrossCursor if inside else Qt.CursorShape.ArrowCursor)
        elif self._fixed:
            view.setCursor(Qt.CursorShape.PointingHandCursor)
        elif self._refs and zone.holds(self._refs[-1]):
            grip = self._grip_at(zone, point)
            if grip.inner:
                view.setCursor(
                    Qt.CursorShape.SplitHCursor if grip.column >= 0 else Qt.CursorShape.SplitVCursor
                )
            else:
                view.setCursor(_CURSORS[(grip.x, grip.y)])
        else:
            view.setCursor(Qt.CursorShape.PointingHandCursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            zone = self._zone_at(QPointF(self.viewport().mapFromGlobal(event.globalPos())))
            if zone is not None and zone.ref not in self._refs:
                self._choose_refs((zone.ref,))
            self.menu_wanted.emit(event.globalPos())
        elif self._refs:
            corner = self.zone_rect(self._refs[-1]).bottomLeft().toPoint()
            self.menu_wanted.emit(self.viewport().mapToGlobal(corner))

    def _show_tip(self, event: QHelpEvent) -> None:
        zone = self._zone_at(QPointF(event.pos()))
        if zone is None or self._hand is not None:
            QToolTip.hideText()
            return
        lines = [zone.label, kind_words(zone.kind) if not zone.is_table else self.tr("Table")]
        lines += [line for line in (zone.question, zone.flaw) if line]
        around = self._rect(zone.page - 1, zone.box).toAlignedRect()
        QToolTip.showText(event.globalPos(), "\n".join(lines), self.viewport(), around)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave and self._over:
            self._over = ""
            self.viewport().update()
        return super().viewportEvent(event)

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        arrow = _ARROWS.get(Qt.Key(event.key()))
        if arrow is not None and self._refs and held in (Qt.KeyboardModifier.NoModifier, _SHIFT, _CONTROL):
            self._arrow(*arrow, held)
            return
        if event.key() == Qt.Key.Key_Escape and self._hand is not None:
            self._drop()
            return
        ask = ask_of(event)
        if ask is None:
            super().keyPressEvent(event)
        elif ask[0] is Ask.NOTHING:
            if self._refs:
                self._choose_refs(())
            else:
                event.ignore()
        elif ask[0] is Ask.EVERYTHING:
            page = self.current_page + 1
            self._choose_refs(tuple(z.ref for z in self._zones if z.page == page))
        elif not self._fixed:
            self.asked.emit(*ask)

    def _arrow(self, dx: int, dy: int, held: Qt.KeyboardModifier) -> None:
        zone = self._by_ref[self._refs[-1]]
        if held == _CONTROL:
            boxes = {z.ref: z.box for z in self._zones if z.page == zone.page}
            following = toward(boxes, zone.ref, dx, dy)
            if following is not None:
                self._choose_refs((following,))
                self.choose(self._refs)
            return
        if self._fixed:
            return
        spot = self.spot(zone.page - 1)
        step_x, step_y = turned_step(dx, dy, self._given(zone.page - 1), spot.width, spot.height)
        grip = WHOLE
        if held == _SHIFT:  # the right and the lower edge
            grip = Grip(1 if step_x else 0, 1 if step_y else 0)
        together = {z.ref: z for z in (self._by_ref[r] for r in self._refs) if z.page == zone.page}
        self.zones_placed.emit(
            {ref: dragged(shape_of(z), grip, step_x, step_y) for ref, z in together.items()}, True
        )

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._camera.pages or not self._zones:
            return
        painter = QPainter(self.viewport())
        scene = ZoneScene(
            self._zones,
            len(self._camera.pages),
            self._refs,
            self._over,
            self._hand.shapes if self._hand is not None and self._hand.moving else {},
            self._rect,
            self.night,
            self._layout.ratio,
            self._fixed,
        )
        paint_zones(painter, scene.compose(QRectF(event.rect())))
        painter.end()


def _sides(rect: QRectF) -> tuple[float, float, float, float]:
    return rect.left(), rect.top(), rect.right(), rect.bottom()
