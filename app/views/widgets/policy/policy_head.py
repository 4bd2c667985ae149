"""The head of what the room of policies shows: a title, a line below it, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton


class PolicyHead(QWidget):
    """Title and words at the left, buttons at the right, a line below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(self)
        self.words = QLabel(self)
        for label in (self.title, self.words):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._texts = QVBoxLayout()
        self._texts.addWidget(self.title)
        self._texts.addWidget(self.words)
        self._below = QHBoxLayout()
        self._below.addStretch(1)
        self._texts.addLayout(self._below)
        self._row = QHBoxLayout(self)
        self._row.addLayout(self._texts, 1)
        self._role = "muted"
        theme.changed.connect(self._restyle)

    def button(self, words: str, key: str = "", *, primary: bool = False, symbol: str = "") -> KeyButton:
        """Add a button at the right."""
        made = KeyButton(words, key, primary=primary, symbol=symbol, parent=self)
        self._row.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
        return made

    def put(self, widget: QWidget) -> None:
        """Put something below the words, before what is not there yet."""
        self._below.insertWidget(self._below.count() - 1, widget)

    def show_words(self, title: str, words: str, role: str = "muted") -> None:
        self.title.setText(title)
        self.words.setText(words)
        self._ink(role)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()

    def _ink(self, role: str) -> None:
        self._role = role
        palette = self.words.palette()
        palette.setColor(self.words.foregroundRole(), theme.colour(role))
        self.words.setPalette(palette)

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self.words.setFont(theme.font("body"))
        self._ink(self._role)
        self._row.setContentsMargins(theme.px(20), theme.px(14), theme.px(16), theme.px(12))
        self._row.setSpacing(theme.px(8))
        self._texts.setSpacing(theme.px(4))
        self._below.setSpacing(theme.px(8))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
