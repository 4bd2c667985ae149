"""Work under way: what is done, how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text

HEIGHT = 40


class ProgressLine(QWidget):
    """Shows one piece of work; hidden while there is none."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._done = self._total = 0
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setProperty("quiet", True)
        self.cancel.clicked.connect(self._cancel)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def _restyle(self) -> None:
        self.cancel.setFont(theme.font("strong"))
        self.updateGeometry()

    @property
    def words(self) -> str:
        """What is said, with how far it is."""
        if not self._total:
            return self._words
        return self.tr("{words} · {done} of {total}").format(
            words=self._words, done=self._done, total=self._total
        )

    def show_progress(self, words: str, done: int = 0, total: int = 0, *, can_cancel: bool = True) -> None:
        """Show how far work is; `total` 0 when nobody knows."""
        self._words, self._done, self._total = words, done, total
        self.cancel.setVisible(can_cancel)
        self.cancel.setEnabled(True)
        self.setAccessibleName(self.words)
        self.show()
        self.update()

    def finish(self) -> None:
        """Nothing is under way any more."""
        self.hide()

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel_requested.emit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self.cancel.sizeHint()
        right = self.width() - theme.px(12) - size.width()
        self.cancel.setGeometry(right, (self.height() - size.height()) // 2, size.width(), size.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, 0, self.width(), 1, theme.colour("line"))
        pad, size = theme.px(16), theme.px(16)
        right = self.cancel.x() if not self.cancel.isHidden() else self.width() - pad
        draw_symbol(painter, "loader", "muted", pad, self.height() / 2, size)
        left = pad + size + theme.px(8)
        words = QRectF(left, theme.px(6), right - left - theme.px(8), theme.px(18))
        if draw_text(painter, words, self.words, "small", "text"):
            self.setToolTip(self.words)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(left, self.height() - theme.px(12), right - left - theme.px(8), theme.px(4))
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(track, theme.px(2), theme.px(2))
        if self._total:
            track.setWidth(max(track.height(), track.width() * min(1.0, self._done / self._total)))
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(track, theme.px(2), theme.px(2))
