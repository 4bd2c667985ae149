"""The scrolling part of the field panel: closed lines painted, the open line as a card in their midst."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from app.views import theme
from app.views.widgets.field_card import FieldCard
from app.views.widgets.field_layout import Arrangement, FieldPlace, GridPlace, SectionPlace, arrange
from app.views.widgets.field_paint import paint_field, paint_grid, paint_section
from app.views.widgets.field_view import Entry, PanelView
from app.views.widgets.overlay_bar import OverlayBar


class FieldLines(QWidget):
    """Paints the lines that are in sight and says which one was chosen."""

    chosen = Signal(str)
    row_added = Signal(str)
    row_removed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.arrangement = Arrangement(0, 0, (), None)
        self.opened: str | None = None
        self._hovered: Entry | None = None
        self._hovered_row: str | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        seen = event.rect()
        painter.fillRect(seen, theme.colour("surface"))
        for place in self.arrangement.places:
            if not place.rect.toAlignedRect().intersects(seen):
                continue
            if isinstance(place, SectionPlace):
                paint_section(painter, place)
            elif isinstance(place, FieldPlace):
                paint_field(
                    painter, place, self._hovered is not None and place.entry.key == self._hovered.key
                )
            else:
                paint_grid(painter, place, self.opened, self._hovered_row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        point = event.position()
        for place in self.arrangement.places:
            if isinstance(place, GridPlace) and place.rect.contains(point):
                if place.add.contains(point):
                    self.row_added.emit(place.table.name)
                    return
                for rect, row in place.removes:
                    if rect.contains(point):
                        self.row_removed.emit(place.table.name, row)
                        return
        entry = self.arrangement.at(point.x(), point.y())
        if entry is not None:
            self.chosen.emit(entry.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        entry = self.arrangement.at(point.x(), point.y())
        row, button = None, False
        for place in self.arrangement.places:
            if isinstance(place, GridPlace) and place.rect.contains(point):
                row = next((name for rect, name in place.rows if rect.contains(point)), None)
                button = place.add.contains(point) or any(r.contains(point) for r, _ in place.removes)
        if entry != self._hovered or row != self._hovered_row:
            self._hovered, self._hovered_row = entry, row
            self.update()
        self.setCursor(Qt.CursorShape.PointingHandCursor if entry or button else Qt.CursorShape.ArrowCursor)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = self._hovered_row = None
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.words_cut_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def words_cut_at(self, point: QPointF) -> str:
        """The whole words of what an ellipsis cuts at a point, and the warnings of a cell; empty when all shows."""
        for place in self.arrangement.places:
            if isinstance(place, FieldPlace) and place.rect.contains(point):
                cut = place.label.cut or place.value.cut or (place.notes is not None and place.notes.cut)
                parts = (place.entry.label, place.entry.text, *place.entry.notes)
                return "\n".join(p for p in parts if p) if cut else ""
            if isinstance(place, GridPlace):
                for cell in place.cells:
                    if cell.rect.contains(point):
                        parts = (cell.entry.label, cell.entry.text, *cell.entry.notes)
                        return "\n".join(p for p in parts if p)
                for rect, label in place.heads:
                    if rect.contains(point):
                        return label
        return ""


class FieldSheet(QScrollArea):
    """Lays the panel out, scrolls it as little as possible, and keeps the card in its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.lines = FieldLines()
        self.card = FieldCard(self.lines)
        self.setWidget(self.lines)
        self._view = PanelView()
        self._bar = OverlayBar(self)
        self.card.height_changed.connect(self.relayout)
        theme.changed.connect(self.relayout)

    def show_view(self, view: PanelView, opened: str | None) -> None:
        """Show lines with one of them open, or none; what is in sight stays where it is."""
        before = self._in_sight(opened)
        self._view = view
        self.lines.opened = opened
        self.relayout()
        if before is not None:
            after = self.lines.arrangement.card
            if after is not None:
                self.verticalScrollBar().setValue(round(self._top_of(opened) - before))

    def _top_of(self, key: str | None) -> float:
        arrangement = self.lines.arrangement
        top = arrangement.top_of(key) if key else None
        if top is None:
            top = arrangement.card.top() if arrangement.card is not None else 0.0
        return top

    def _in_sight(self, key: str | None) -> float | None:
        if key is None:
            return None
        arrangement = self.lines.arrangement
        top = arrangement.top_of(key)
        if top is None:
            if key != self.lines.opened or arrangement.card is None:
                return None
            top = arrangement.card.top()
        return top - self.verticalScrollBar().value()

    def relayout(self) -> None:
        """Lay out again at the width there is."""
        width = self.viewport().width()
        opened = self.lines.opened
        height = self.card.height_for(width) if opened is not None and self.card.entry is not None else 0
        arrangement = arrange(self._view, width, opened, height)
        self.lines.arrangement = arrangement
        self.lines.resize(width, max(round(arrangement.height), self.viewport().height()))
        if arrangement.card is None:
            self.card.hide()
        else:
            self.card.setGeometry(arrangement.card.toRect())
            self.card.show()
        self.lines.update()

    def reveal(self) -> None:
        """Scroll just enough to show the open line whole, with its cell and a line of what is around it."""
        card = self.lines.arrangement.card
        if card is None:
            return
        margin = theme.px(34)
        bar, seen = self.verticalScrollBar(), self.viewport().height()
        top = min(self._top_of(self.lines.opened), card.top()) - 2 * margin
        bottom = card.bottom() + margin
        value = bar.value()
        if bottom > value + seen:
            value = round(bottom - seen)
        top = max(top, card.bottom() + theme.px(8) - seen)
        if top < value:
            value = round(top)
        bar.setValue(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.relayout()
