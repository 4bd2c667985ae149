"""The clock of a request in words and colour: how long is left, and whether it is time to begin."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.domain.case import ReviewStatus
from app.domain.clock import slack
from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.lettering import draw_symbol
from app.views.widgets.queue_card import time_left


def clock_chip(
    due_at: datetime, urgency: str, now: datetime, status: ReviewStatus = ReviewStatus.IN_QUEUE
) -> Chip:
    """Time left by slack: plain while there is more than the usual handling needs, then a look, then late."""
    if status is ReviewStatus.COMPLETED:
        return Chip("circle-check", QCoreApplication.translate("Clock", "Decided"), "sure")
    words = time_left(due_at, now)
    if due_at <= now:
        return Chip("circle-alert", words, "wrong")
    if slack(due_at, urgency, now).total_seconds() <= 0:
        return Chip("clock-alert", words, "look")
    return Chip("clock", words)


class ClockButton(QAbstractButton):
    """The chip of the clock; a click, Space or Down opens what has happened so far."""

    opened = Signal(QPoint)
    """where what opens belongs, on the screen"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip = Chip("", "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        theme.changed.connect(self.updateGeometry)

    @property
    def chip(self) -> Chip:
        return self._chip

    def set_chip(self, chip: Chip, tip: str) -> None:
        """Show the clock; `tip` says when exactly it is due and by which rule."""
        self.setToolTip(tip)
        if chip != self._chip:
            self._chip = chip
            self.setText(chip.text)
            self.setAccessibleName(chip.text)
            self.setAccessibleDescription(tip)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(chip_width(self._chip)) + theme.px(18), theme.px(26))

    def _open(self) -> None:
        self.opened.emit(self.mapToGlobal(QPoint(0, self.height() + theme.px(4))))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._chip.text:
            return
        painter = QPainter(self)
        middle = self.height() / 2
        arrow = theme.px(14)
        place = paint_chip(painter, self.width() - theme.px(18), middle, self._chip)
        ink = "text" if self.underMouse() else "muted"
        draw_symbol(painter, "chevron-down", ink, self.width() - arrow, middle, arrow)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            radius = place.height() / 2
            painter.drawRoundedRect(QRectF(place).adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
