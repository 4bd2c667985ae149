"""A small badge that floats over a view and says in what state it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.views import theme

_ICON = 14


class Badge(QWidget):
    """A symbol and words in a pill; the mouse goes through it."""

    def __init__(self, icon: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon = icon
        self._text = text
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(text)
        self.hide()

    @property
    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.font("chip"))
        return QSize(metrics.horizontalAdvance(self._text) + _ICON + 32, metrics.height() + 12)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pill = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        painter.setPen(QPen(QColor(colours.accent), 1.5))
        painter.setBrush(QColor(colours.selection))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        picture = theme.pixmap(self._icon, "accent", _ICON, self.devicePixelRatioF())
        painter.drawPixmap(12, round((self.height() - _ICON) / 2), picture)
        painter.setPen(QColor(colours.text))
        painter.setFont(theme.font("chip"))
        words = self.rect().adjusted(12 + _ICON + 6, 0, -12, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self._text)
        painter.end()
