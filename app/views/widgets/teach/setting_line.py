"""Small editors of the inspector: a line that opens a menu, a switch with its key, the kinds as a grid of buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.domain.form import FieldKind
from app.views import theme
from app.views.widgets.lettering import draw_key, draw_symbol, draw_text, key_width
from app.views.widgets.teach.kind_look import LOOKS, hue_of, kind_words


class PickLine(QAbstractButton):
    """Shows what is chosen and opens a menu to choose another, by mouse, Space, Enter or Alt+Down."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._menu = QMenu(self)
        self._choices: tuple[tuple[str, str], ...] = ()
        self._chosen = ""
        self._quiet = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        theme.changed.connect(self.updateGeometry)

    @property
    def menu(self) -> QMenu:
        """The choices, as they are offered now."""
        self._menu.clear()
        for value, text in self._choices:
            if not value and not text:
                self._menu.addSeparator()
                continue
            action = self._menu.addAction(text)
            action.setCheckable(value == self._chosen)
            action.setChecked(value == self._chosen)
            action.triggered.connect(lambda _checked=False, v=value: self.picked.emit(v))
        return self._menu

    def show_choices(
        self, choices: Sequence[tuple[str, str]], chosen: str, words: str = "", *, quiet: bool = False
    ) -> None:
        """Offer (value, words) pairs; ("", "") draws a line. `quiet` words stand for nothing chosen."""
        self._choices, self._chosen = tuple(choices), chosen
        shown = words or next((text for value, text in choices if value == chosen), "")
        self._quiet = quiet
        self.setText(shown)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(34))

    def _open(self) -> None:
        menu = self.menu
        menu.setMinimumWidth(self.width())
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + theme.px(2))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        down = event.key() == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier
        if down or event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._open()
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = theme.px(8)
        lit = self.underMouse() and self.isEnabled()
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(theme.colour("background" if lit else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        pad, side = theme.px(9), theme.px(16)
        place = QRectF(pad, 0, self.width() - 2 * pad - side, self.height())
        ink = "muted" if self._quiet or not self.isEnabled() else "text"
        cut = draw_text(painter, place, self.text(), "body", ink)
        tip = self.text() if cut else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)
        draw_symbol(painter, "chevron-down", "muted", self.width() - pad - side, self.height() / 2, side)


class TickLine(QAbstractButton):
    """A switch in words with its key; `partly` when it is on for some of what is chosen."""

    def __init__(self, words: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._partly = False
        self.setText(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    def show_state(self, on: bool, *, partly: bool = False) -> None:
        """Show it on or off; tells nobody."""
        self._partly = partly and not on
        self.blockSignals(True)
        self.setChecked(on)
        self.blockSignals(False)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(30))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = theme.px(6)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
        side, x = theme.px(18), theme.px(5)
        symbol = "square-check" if self.isChecked() else "square"
        ink = "accent" if self.isChecked() else "muted"
        draw_symbol(painter, symbol, ink, x, self.height() / 2, side)
        if self._partly:
            painter.setPen(QPen(theme.colour("muted"), 2))
            middle = self.height() / 2
            painter.drawLine(round(x + side * 0.32), round(middle), round(x + side * 0.68), round(middle))
        right = float(self.width() - theme.px(4))
        if self._key:
            right -= key_width(self._key)
            draw_key(painter, right, self.height() / 2, self._key)
            right -= theme.px(8)
        left = x + side + theme.px(8)
        role = "text" if self.isEnabled() else "muted"
        cut = draw_text(painter, QRectF(left, 0, right - left, self.height()), self.text(), "body", role)
        tip = self.text() if cut else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)


class KindGrid(QWidget):
    """Every kind as a button with its sign, word and letter; arrows move, Space or Enter choose."""

    kind_chosen = Signal(object)
    COLUMNS = 2

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds: frozenset[FieldKind] = frozenset()
        self._at = 0
        self._over = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Kind of answer"))
        theme.changed.connect(self.updateGeometry)

    def show_kinds(self, kinds: frozenset[FieldKind]) -> None:
        """Which kinds what is chosen has."""
        self._kinds = kinds
        self._at = next((i for i, look in enumerate(LOOKS) if look.kind in kinds), self._at)
        self.setAccessibleDescription(", ".join(kind_words(k) for k in kinds))
        self.update()

    def place_of(self, kind: FieldKind) -> QRectF:
        """Where the button of a kind stands."""
        return self._places()[next(i for i, look in enumerate(LOOKS) if look.kind is kind)]

    def sizeHint(self) -> QSize:
        lines = -(-len(LOOKS) // self.COLUMNS)
        return QSize(theme.px(240), lines * theme.px(30) + (lines - 1) * theme.px(4))

    def _places(self) -> list[QRectF]:
        gap, tall = theme.px(4), theme.px(30)
        wide = (self.width() - gap * (self.COLUMNS - 1)) / self.COLUMNS
        return [
            QRectF((i % self.COLUMNS) * (wide + gap), (i // self.COLUMNS) * (tall + gap), wide, tall)
            for i in range(len(LOOKS))
        ]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = next((i for i, p in enumerate(self._places()) if p.contains(event.position())), -1)
        if over != self._over:
            self._over = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for index, place in enumerate(self._places()):
            if place.contains(event.position()):
                self._at = index
                self.kind_chosen.emit(LOOKS[index].kind)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.COLUMNS,
            Qt.Key.Key_Down: self.COLUMNS,
        }.get(Qt.Key(event.key()))
        if step is not None:
            self._at = min(len(LOOKS) - 1, max(0, self._at + step))
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.kind_chosen.emit(LOOKS[self._at].kind)
        else:
            kind = next((look.kind for look in LOOKS if look.key == event.text().upper()), None)
            if kind is None or event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
                super().keyPressEvent(event)
            else:
                self.kind_chosen.emit(kind)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio, radius = self.devicePixelRatioF(), theme.px(6)
        for index, (look, place) in enumerate(zip(LOOKS, self._places(), strict=True)):
            hue = hue_of(look.kind)
            on = look.kind in self._kinds
            focused = self.hasFocus() and index == self._at
            if on:
                painter.setPen(QPen(QColor(hue.ink), 1))
                painter.setBrush(QColor(hue.back))
            else:
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.setBrush(theme.colour("background" if index == self._over else "surface"))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
            if focused:
                painter.setPen(QPen(theme.colour("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), radius, radius)
            side = theme.px(16)
            x = place.left() + theme.px(7)
            painter.drawPixmap(
                round(x), round(place.center().y() - side / 2), theme.inked(look.symbol, hue.ink, side, ratio)
            )
            right = place.right() - theme.px(5) - key_width(look.key)
            draw_key(painter, right, place.center().y(), look.key)
            left = x + side + theme.px(6)
            words = QRectF(left, place.top(), right - left - theme.px(2), place.height())
            draw_text(painter, words, kind_words(look.kind), "strong" if on else "body", "text")
