"""A line of words that ends in an ellipsis where it has no room, and says the whole in its tooltip then."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from app.views import theme
from app.views.widgets.lettering import broken


class ElidedLabel(QLabel):
    """Takes the room it is given, however little."""

    def __init__(self, words: str = "", role: str = "body", ink: str = "text") -> None:
        super().__init__(words)
        self._role, self._ink = role, ink
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_ink(self, ink: str) -> None:
        """The role of colour the words are set in."""
        self._ink = ink
        self.update()

    def sizeHint(self) -> QSize:
        lines = broken(self.text() or "x", self._role, 10_000)
        return QSize(theme.px(80), round(lines.line_height) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(24), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        lines = broken(self.text(), self._role, self.width())
        painter.setFont(theme.font(self._role))
        painter.setPen(theme.colour(self._ink))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), lines.lines[0].text)
        tip = self.text() if lines.cut else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)
