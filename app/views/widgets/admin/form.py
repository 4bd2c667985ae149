"""A small form in the settings: labels at the left, editors at the right, sentences under them, buttons below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton

LABEL_WIDTH = 128


class Form(QWidget):
    """Enter in a line submits it, Esc leaves it. What is wrong is said in it, below what is typed."""

    submitted = Signal()
    left = Signal()

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[QLabel, QWidget, QLabel | None]] = []
        self._title = QLabel(title, self)
        self._title.setVisible(bool(title))
        self._remark = QLabel(self)
        self._remark_role = "wrong"
        for label in (self._title, self._remark):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._remark.hide()
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._buttons = QHBoxLayout()
        self._buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._title)
        self._column.addLayout(self._grid)
        self._column.addWidget(self._remark)
        self._column.addLayout(self._buttons)
        theme.changed.connect(self._restyle)

    @property
    def remark(self) -> str:
        """What is being said in it; "" when nothing is."""
        return self._remark.text() if not self._remark.isHidden() else ""

    def set_title(self, words: str) -> None:
        self._title.setText(words)
        self._title.setVisible(bool(words))

    def line(self, words: str, *, secret: bool = False, example: str = "", hint: str = "") -> QLineEdit:
        """Add a line to type in."""
        editor = QLineEdit(self)
        if secret:
            editor.setEchoMode(QLineEdit.EchoMode.Password)
        editor.setPlaceholderText(example)
        editor.installEventFilter(self)
        self.row(words, editor, hint)
        return editor

    def row(self, words: str, editor: QWidget, hint: str = "") -> None:
        """Add any editor with its label and a sentence under it."""
        at = self._grid.rowCount()
        label = QLabel(words, self)
        label.setBuddy(editor)
        editor.setAccessibleName(words)
        below: QLabel | None = None
        self._grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(editor, at, 1)
        if hint:
            below = QLabel(hint, self)
            below.setWordWrap(True)
            self._grid.addWidget(below, at + 1, 1)
        self._rows.append((label, editor, below))

    def show_row(self, editor: QWidget, shown: bool) -> None:
        """Offer a row, or do not."""
        for label, other, below in self._rows:
            if other is editor:
                for part in (label, other, below):
                    if part is not None:
                        part.setVisible(shown)

    def button(self, words: str, *, key: str = "", primary: bool = False, symbol: str = "") -> KeyButton:
        """Add a button, before those there are."""
        made = KeyButton(words, key, primary=primary, symbol=symbol, parent=self)
        self._buttons.insertWidget(self._buttons.count() - 1, made)
        return made

    def say(self, words: str, role: str = "wrong") -> None:
        """Say something in the form; "" takes it away."""
        self._remark_role = role
        self._remark.setText(words)
        self._remark.setVisible(bool(words))
        self._remark.setAccessibleName(words)
        self._restyle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if not event.isAutoRepeat():
                    self.submitted.emit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        self._title.setFont(theme.font("strong"))
        self._remark.setFont(theme.font("body"))
        _ink(self._remark, self._remark_role)
        for label, _, below in self._rows:
            label.setFont(theme.font("body"))
            _ink(label, "muted")
            if below is not None:
                below.setFont(theme.font("small"))
                below.setContentsMargins(0, 0, 0, theme.px(4))
                _ink(below, "muted")
        self._grid.setColumnMinimumWidth(0, theme.px(LABEL_WIDTH))
        self._grid.setHorizontalSpacing(theme.px(16))
        self._grid.setVerticalSpacing(theme.px(6))
        self._column.setSpacing(theme.px(10))
        pad = theme.px(16)
        self._column.setContentsMargins(pad, theme.px(14), pad, theme.px(14))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("background"))
        radius = theme.px(8)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)


def _ink(label: QLabel, role: str) -> None:
    palette = label.palette()
    palette.setColor(label.foregroundRole(), theme.colour(role))
    label.setPalette(palette)
