"""A chip that opens a menu: what is chosen stands on it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text


class MenuChip(QAbstractButton):
    """Shows words and opens its menu below itself, by mouse, Space, Enter or Alt+Down."""

    def __init__(
        self, menu: QMenu, symbol: str = "", filled: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._menu = menu
        self._symbol = symbol
        self._filled = filled
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        theme.changed.connect(self.updateGeometry)

    @property
    def menu(self) -> QMenu:
        return self._menu

    def set_words(self, text: str, symbol: str = "") -> None:
        self._symbol = symbol
        self.setText(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.text())
        symbol = theme.px(18) if self._symbol else 0
        return QSize(round(words + symbol + theme.px(8 + 4 + 14 + 6)), theme.px(24))

    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + theme.px(4))))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        radius = rect.height() / 2
        lit = self.underMouse()
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("background") if self._filled or lit else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, radius, radius)
        x = float(theme.px(8))
        ink = "text" if lit else "muted"
        if self._symbol:
            draw_symbol(painter, self._symbol, ink, x, self.height() / 2, theme.px(14))
            x += theme.px(18)
        words = QRectF(x, 0, self.width() - x - theme.px(22), self.height())
        draw_text(painter, words, self.text(), "chip", ink)
        draw_symbol(
            painter, "chevron-down", ink, self.width() - theme.px(22), self.height() / 2, theme.px(14)
        )
