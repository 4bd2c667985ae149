"""The heads of the queue's columns; the time left is what it is sorted by, either way round."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.review.queue_row import columns


class QueueHead(QWidget):
    """Names what stands in each column. A click on the time left, or Space, turns the order around."""

    sort_asked = Signal(bool)
    """whether the most time left comes first"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.descending = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._describe()
        theme.changed.connect(self.updateGeometry)

    def set_descending(self, descending: bool) -> None:
        """Which way the queue is sorted; tells nobody."""
        self.descending = descending
        self._describe()
        self.update()

    def _describe(self) -> None:
        words = self.tr("Most time left first") if self.descending else self.tr("Least time left first")
        self.setAccessibleName(words)
        self.setToolTip(self.tr("{order}. Time left less the usual handling decides.").format(order=words))

    def _turn(self) -> None:
        self.set_descending(not self.descending)
        self.sort_asked.emit(self.descending)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(400), theme.px(30))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left, wide = columns(self.width()).clock
        if left <= event.position().x() <= left + wide:
            self._turn()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        left, wide = columns(self.width()).clock
        over = left <= event.position().x() <= left + wide
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.isAutoRepeat()
        ):
            self._turn()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("background"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
        painter.fillRect(0, 0, self.width(), 1, theme.colour("line"))
        at = columns(self.width())
        for (x, wide), words in (
            (at.request, self.tr("REQUEST")),
            (at.urgency, self.tr("URGENCY")),
            (at.clock, self.tr("TIME LEFT")),
            (at.state, self.tr("STATUS")),
            (at.holder, self.tr("WITH")),
        ):
            if wide:
                ink = "text" if (x, wide) == at.clock else "muted"
                draw_text(painter, QRectF(x, 0, wide, self.height()), words, "section", ink)
        x = (
            at.clock[0]
            + QFontMetricsF(theme.font("section")).horizontalAdvance(self.tr("TIME LEFT"))
            + theme.px(5)
        )
        symbol = "arrow-down" if self.descending else "arrow-up"
        draw_symbol(painter, symbol, "text", x, self.height() / 2, theme.px(13))
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRect(
                QRectF(at.clock[0] - theme.px(6), 3, at.clock[1] - theme.px(4), self.height() - 7)
            )
