"""Where the window says things: a line that floats over the page, so that nothing moves when it comes or goes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.message_line import MessageLine

STAYS_MS = {"info": 6000, "sure": 8000}
"""News goes by itself; what needs a look or went wrong stays until it is put away."""
MARGIN = 16
WIDEST = 640
LEAST = 400
"""Narrower than this no words stand beside their button: over a narrow page the line reaches past it."""


class MessageFloat(QWidget):
    """A `MessageLine` at the foot of another widget, over it."""

    acted = Signal(str)

    def __init__(self, over: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = over
        self._line = MessageLine(self)
        self._line.acted.connect(self.acted)
        self._line.dismissed.connect(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self._line)
        self._going = QTimer(self, singleShot=True)
        self._going.timeout.connect(self.clear)
        over.installEventFilter(self)
        self.hide()

    def lie_over(self, over: QWidget) -> None:
        """Stand at the foot of another widget from now on."""
        if over is not self._over:
            self._over.removeEventFilter(self)
            self._over = over
            over.installEventFilter(self)
            if not self.isHidden():
                self._place()

    @property
    def text(self) -> str:
        """What is being said; empty when nothing is."""
        return self._line.text if not self.isHidden() else ""

    def say(
        self, role: str, words: str, next_step: str = "", action: str = "", action_words: str = ""
    ) -> None:
        """Say something; see `MessageLine.say`."""
        self._line.say(role, words, next_step, action, action_words)
        self.show()
        self._place()
        self.raise_()
        self._going.stop()
        if role in STAYS_MS:
            self._going.start(STAYS_MS[role])

    def pass_by(self) -> None:
        """The person has gone on to something else: news that nothing can be done about goes, too."""
        if self._going.isActive() and not self._line.action:
            self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self._going.stop()
        self.hide()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        corner = self._over.mapTo(parent, self._over.rect().bottomLeft())
        margin = theme.px(MARGIN)
        width = min(theme.px(WIDEST), self._over.width() - 2 * margin)
        width = max(width, min(theme.px(LEAST), parent.width() - 2 * margin))
        height = max(self._line.heightForWidth(width - 2), self._line.sizeHint().height()) + 2
        x = corner.x() + (self._over.width() - width) // 2
        # What does not fit over the page reaches to its left: the fields' buttons on the right stay free.
        x = max(margin, min(x, corner.x() + self._over.width() - margin - width))
        self.setGeometry(x, corner.y() - height - margin + 1, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
        painter.fillPath(path, theme.colour("surface"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
