"""Buttons that name their key: the large ones of a footer, and the small hints under an editor."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_key, draw_symbol, draw_text, key_width


class KeyButton(QAbstractButton):
    """A button with its symbol and its key on it. Enter presses it too, once however long it is held."""

    def __init__(
        self, text: str, key: str = "", primary: bool = False, symbol: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._symbol = symbol
        self._primary = primary
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    def set_primary(self, primary: bool) -> None:
        self._primary = primary
        self.update()

    def set_words(self, text: str, key: str) -> None:
        if (text, key) != (self.text(), self._key):
            self._key = key
            self.setText(text)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("strong")).horizontalAdvance(self.text())
        key = theme.px(8) + key_width(self._key) if self._key else 0
        symbol = theme.px(18 + 8) if self._symbol else 0
        return QSize(round(words + key + symbol + 2 * theme.px(14)), theme.px(34))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        primary = self._primary and self.isEnabled()
        lit = self.underMouse() and self.isEnabled()
        if primary:
            ground = theme.mixed("text", "accent", 0.14) if lit or self.isDown() else theme.colour("accent")
        else:
            ground = theme.colour("background" if lit or self.isDown() or not self.isEnabled() else "surface")
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = theme.px(8)
        if self.isChecked():
            ground = theme.colour("selection")
        painter.setBrush(ground)
        edge = theme.colour("accent" if self.isChecked() else "line")
        painter.setPen(Qt.PenStyle.NoPen if primary else QPen(edge, 1))
        painter.drawRoundedRect(rect, radius, radius)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ink = "on_accent" if primary else "accent"
            painter.setPen(QPen(theme.colour(ink), 1.5))
            inset = theme.px(2.5) if primary else 0.5
            painter.drawRoundedRect(
                rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset
            )
        ink = "on_accent" if primary else "text" if self.isEnabled() else "muted"
        if self.isChecked():
            ink = "accent"
        words = rect.adjusted(theme.px(14), 0, 0, 0)
        if self._symbol:
            draw_symbol(painter, self._symbol, ink, words.left(), rect.center().y(), theme.px(18))
            words.setLeft(words.left() + theme.px(18 + 8))
        draw_text(painter, words, self.text(), "strong", ink)
        if self._key:
            x = rect.right() - theme.px(14) - key_width(self._key) + 1
            draw_key(painter, x, rect.center().y(), self._key, on_accent=primary)


class KeyHint(QAbstractButton):
    """A key and what it does; a click does the same. It never takes the focus from the editor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = ""
        self._role = "small"
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    @property
    def key(self) -> str:
        return self._key

    def set_words(self, key: str, text: str, distinct: bool = False) -> None:
        """`distinct` sets words that were read from a page."""
        self._key = key
        self._role = "note" if distinct else "small"
        self.setText(text)
        self.setToolTip("")
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font(self._role)).horizontalAdvance(self.text())
        return QSize(round(key_width(self._key) + theme.px(6) + words + 1), theme.px(24))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = draw_key(painter, 0, self.height() / 2, self._key) + theme.px(6)
        ink = "text" if self.underMouse() else "muted"
        if draw_text(painter, QRectF(x, 0, self.width() - x, self.height()), self.text(), self._role, ink):
            self.setToolTip(self.text())
