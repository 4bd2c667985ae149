"""One line in the window for errors and news: symbol, words, next step, and a way to dismiss it. Never a dialog."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.views import theme

SYMBOLS = {"info": "info", "sure": "circle-check", "look": "eye", "wrong": "circle-alert"}


class MessageLine(QWidget):
    """Says one thing at a time; `acted` carries the name of the action offered, `dismissed` that it was put away."""

    acted = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = "info"
        self._action = ""
        self._symbol = QLabel(self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton(self)
        self._button.setProperty("quiet", True)
        self._button.clicked.connect(lambda: self.acted.emit(self._action))
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.setAccessibleName(self.tr("Dismiss"))
        self._close.clicked.connect(self._dismiss)
        self._row = row = QHBoxLayout(self)
        row.addWidget(self._symbol)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty when nothing is."""
        return self._words.text() if not self.isHidden() else ""

    @property
    def action(self) -> str:
        """The name of the action that is offered; "" for none."""
        return self._action

    def say(
        self, role: str, words: str, next_step: str = "", action: str = "", action_words: str = ""
    ) -> None:
        """Say something: `role` is `info`, `sure`, `look` or `wrong`; `action` is told back when its button is used."""
        self._role, self._action = role, action
        self._words.setText(f"{words} {next_step}".strip())
        self._button.setText(action_words)
        self._button.setVisible(bool(action))
        self.setAccessibleName(self._words.text())
        self._restyle()
        self.show()

    def clear(self) -> None:
        """Say nothing."""
        self.hide()

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()

    def _restyle(self) -> None:
        ink = "muted" if self._role == "info" else self._role
        ratio = self.devicePixelRatioF()
        self._symbol.setPixmap(theme.pixmap(SYMBOLS[self._role], ink, theme.px(16), ratio))
        self._close.setIcon(theme.icon("x", "muted", theme.px(16)))
        palette = self._words.palette()
        palette.setColor(
            self._words.foregroundRole(), theme.colour("text" if self._role == "info" else self._role)
        )
        self._words.setPalette(palette)
        self._words.setFont(theme.font("body"))
        self._button.setFont(theme.font("strong"))
        self._row.setContentsMargins(theme.px(16), theme.px(6), theme.px(10), theme.px(6))
        self._row.setSpacing(theme.px(8))
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._restyle()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground: QColor = theme.colour("background" if self._role == "info" else f"{self._role}_back")
        painter.fillRect(self.rect(), ground)
        painter.fillRect(0, 0, self.width(), 1, theme.colour("line"))
