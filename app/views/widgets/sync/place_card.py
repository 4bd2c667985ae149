"""A large button with a symbol, a title and a sentence: one of two ways to begin."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import broken, draw_key, draw_lines, draw_symbol, draw_text, key_width


class PlaceCard(QAbstractButton):
    """Enter, Space, its key or a click choose it."""

    def __init__(self, symbol: str, title: str, words: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol, self._words, self._key = symbol, words, key
        self.setText(title)
        self.setAccessibleName(f"{title}. {words}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = broken(self._words, "body", width - self._inset - theme.px(18), 4)
        return max(
            theme.px(84), round(theme.px(14) + theme.px(24) + theme.px(4) + lines.height + theme.px(14))
        )

    def sizeHint(self) -> QSize:
        width = self.width() or theme.px(420)
        return QSize(theme.px(420), self.heightForWidth(width))

    @property
    def _inset(self) -> int:
        return theme.px(18 + 28 + 16)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lit = self.underMouse() or self.hasFocus()
        painter.setBrush(theme.colour("selection" if lit else "surface"))
        painter.setPen(
            QPen(theme.colour("accent" if self.hasFocus() else "line"), 1.5 if self.hasFocus() else 1)
        )
        painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
        size = theme.px(28)
        draw_symbol(painter, self._symbol, "accent", theme.px(18), theme.px(14) + theme.px(14), size)
        x = float(self._inset)
        right = self.width() - theme.px(18) - key_width(self._key)
        draw_key(painter, right, theme.px(14 + 12), self._key)
        title = QRectF(x, theme.px(14), right - x - theme.px(8), theme.px(24))
        draw_text(painter, title, self.text(), "title", "text")
        lines = broken(self._words, "body", self.width() - x - theme.px(18), 4)
        draw_lines(painter, x, theme.px(14 + 24 + 4), lines, "body", theme.colour("muted"))
