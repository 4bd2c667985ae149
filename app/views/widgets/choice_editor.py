"""The editor of tick boxes: the options of a question as toggles, by digit, by space, by mouse."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.domain.attention import Item
from app.views import theme
from app.views.widgets.lettering import draw_key, draw_symbol, draw_text, key_width

TALL = 32
SPACE = 6


class ChoiceEditor(QWidget):
    """Toggles of one question. `ticked(values)` carries every tick box that changes, by path."""

    ticked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choice_editor")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._item: Item | None = None
        self._sent: dict[str, bool] = {}
        self._focused = 0
        self._locked = False
        theme.changed.connect(self.update)

    def show_item(self, item: Item, locked: bool = False) -> None:
        """Show the ticks of a question; the same question again keeps the focused option."""
        if self._item is None or self._item.key != item.key:
            self._sent = {}
            self._focused = next((i for i, f in enumerate(item.fields) if f.current is True), 0)
        self._item, self._locked = item, locked
        self._sent = {
            f.path: self._sent[f.path]
            for f in item.fields
            if f.path in self._sent and self._sent[f.path] != f.current
        }
        self._focused = min(self._focused, len(item.fields) - 1)
        state = ", ".join(f.label for f in item.fields if self.is_ticked(f.path))
        self.setAccessibleName(f"{item.label}: {state}" if state else item.label)
        self.update()

    def is_ticked(self, path: str) -> bool:
        """Whether a box is ticked, what was just toggled included."""
        if path in self._sent:
            return self._sent[path]
        return self._item is not None and any(f.path == path and f.current is True for f in self._item.fields)

    @property
    def focused(self) -> int:
        return self._focused

    def toggle(self, index: int) -> None:
        """Tick or untick an option; in a question with one answer, ticking one unticks the others."""
        if self._item is None or self._locked or not 0 <= index < len(self._item.fields):
            return
        chosen = self._item.fields[index]
        self._focused = index
        values = {chosen.path: not self.is_ticked(chosen.path)}
        if self._item.exclusive and values[chosen.path]:
            for other in self._item.fields:
                if other.path != chosen.path and self.is_ticked(other.path):
                    values[other.path] = False
        self._sent.update(values)
        self.update()
        self.ticked.emit(values)

    def height_for(self, width: int) -> int:
        if self._item is None:
            return 0
        places = self._places(width)
        return round(places[-1].bottom()) if places else 0

    def _places(self, width: float) -> list[QRectF]:
        places: list[QRectF] = []
        x = y = 0.0
        tall, space = theme.px(TALL), theme.px(SPACE)
        for index, _ in enumerate(self._item.fields if self._item else ()):
            wide = min(self._wide(index), width)
            if x > 0 and x + wide > width:
                x, y = 0.0, y + tall + space
            places.append(QRectF(x, y, wide, tall))
            x += wide + space
        return places

    def _wide(self, index: int) -> float:
        words = QFontMetricsF(theme.font("body")).horizontalAdvance(self._label(index))
        key = key_width(str(index + 1)) + theme.px(6) if self._keyed(index) else 0
        return round(words + theme.px(10) + theme.px(18) + theme.px(8) + key + theme.px(10))

    def _keyed(self, index: int) -> bool:
        return self._item is not None and len(self._item.fields) > 1 and index < 9

    def _label(self, index: int) -> str:
        if self._item is None:
            return ""
        if not self._item.is_choice:
            return QCoreApplication.translate("FieldPanel", "Ticked")
        return self._item.fields[index].label

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._item.fields) if self._item else 0
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.isAutoRepeat() or held or not count:
            event.ignore()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.toggle(event.key() - Qt.Key.Key_1)
        elif event.key() == Qt.Key.Key_Space:
            self.toggle(self._focused)
        else:
            event.ignore()

    def step(self, by: int) -> None:
        """Move to the option before or after, without ticking it."""
        if self._item is not None:
            self._focused = (self._focused + by) % len(self._item.fields)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for index, place in enumerate(self._places(self.width())):
            if place.contains(event.position()):
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self.toggle(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        inside = any(p.contains(event.position()) for p in self._places(self.width()))
        self.setCursor(Qt.CursorShape.PointingHandCursor if inside else Qt.CursorShape.ArrowCursor)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._item is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, place in enumerate(self._places(self.width())):
            ticked = self.is_ticked(self._item.fields[index].path)
            focused = self.hasFocus() and index == self._focused
            painter.setPen(QPen(theme.colour("accent" if focused else "line"), 1.5 if focused else 1))
            painter.setBrush(theme.mixed("accent", "surface", 0.10) if ticked else theme.colour("surface"))
            inset = 0.75 if focused else 0.5
            radius = theme.px(8)
            painter.drawRoundedRect(place.adjusted(inset, inset, -inset, -inset), radius, radius)
            ink = "accent" if ticked else "muted"
            x = place.left() + theme.px(10)
            draw_symbol(
                painter, "square-check" if ticked else "square", ink, x, place.center().y(), theme.px(18)
            )
            x += theme.px(18) + theme.px(8)
            words = place.adjusted(x - place.left(), 0, -theme.px(6), 0)
            if self._keyed(index):
                wide = key_width(str(index + 1))
                draw_key(painter, place.right() - wide - theme.px(6), place.center().y(), str(index + 1))
                words.setRight(words.right() - wide)
            draw_text(painter, words, self._label(index), "strong" if ticked else "body", "text")
