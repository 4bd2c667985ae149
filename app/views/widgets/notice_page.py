"""A page that says why there is nothing to show, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton


class NoticePage(QWidget):
    """A symbol, a title, a sentence and buttons, in the middle of the room there is; `acted` names the button used."""

    acted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = "inbox"
        self._symbol = QLabel(self)
        self._title = QLabel(self)
        self._words = QLabel(self)
        self.buttons: list[KeyButton] = []
        for label in (self._symbol, self._title, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is not self._symbol)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._row = QHBoxLayout()
        self._column = column = QVBoxLayout(self)
        column.addStretch(2)
        for label in (self._symbol, self._title, self._words):
            column.addWidget(label)
        column.addLayout(self._row)
        column.addStretch(3)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """All that is said."""
        return " ".join(t for t in (self._title.text(), self._words.text()) if t)

    def show_notice(
        self, symbol: str, title: str, words: str, buttons: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        """Say it; `buttons` are (name, words, key), the first one the likeliest."""
        self._name = symbol
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._words.setText(words)
        while self._row.count():
            self._row.takeAt(0)
        for old in self.buttons:
            old.hide()
            old.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for number, (name, text, key) in enumerate(buttons):
            button = KeyButton(text, key, primary=number == 0, parent=self)
            button.clicked.connect(partial(self._act, name))
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)
        self._restyle()

    def _act(self, name: str, _checked: bool = False) -> None:
        self.acted.emit(name)

    def _restyle(self) -> None:
        self._symbol.setPixmap(theme.pixmap(self._name, "muted", theme.px(32), self.devicePixelRatioF()))
        self._title.setFont(theme.font("title"))
        self._words.setFont(theme.font("body"))
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), theme.colour("muted"))
        self._words.setPalette(palette)
        column = self._column
        column.setContentsMargins(theme.px(32), theme.px(16), theme.px(32), theme.px(16))
        column.setSpacing(theme.px(8))
        self._row.setContentsMargins(0, theme.px(8), 0, 0)
