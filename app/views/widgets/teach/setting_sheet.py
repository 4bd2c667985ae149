"""A page of the inspector: labels at the left, editors at the right, sentences under them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.setting import Setting

LABEL_WIDTH = 84


class TextLine(QLineEdit):
    """A line that tells what is typed as it is typed (`live`), or when it is left; Enter and Esc leave it."""

    told = Signal(object, object)
    left = Signal()

    def __init__(self, setting: Setting, *, live: bool = True, distinct: bool = False) -> None:
        super().__init__()
        self._setting = setting
        self._live = live
        self._shown = ""
        self._role = "value" if distinct else "body"
        self.textEdited.connect(self._edited)
        self.editingFinished.connect(self.commit)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_text(self, text: str) -> None:
        """Show a text; what is being typed keeps its cursor."""
        self._shown = text
        if self.text() != text:
            self.setText(text)
            if not self.hasFocus():
                self.setCursorPosition(0)

    def commit(self) -> None:
        """Tell what is typed, if nobody was told yet."""
        if self.text() != self._shown:
            self._shown = self.text()
            self.told.emit(self._setting, self.text())

    def _edited(self, _text: str) -> None:
        if self._live:
            self.commit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.commit()
                self.left.emit()
        elif event.key() == Qt.Key.Key_Escape:
            if self.text() != self._shown:
                self.setText(self._shown)
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Undo is of the whole form here, whatever has the keyboard.
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if control and event.key() in (Qt.Key.Key_Z, Qt.Key.Key_Y):
                event.ignore()
                return False
        return super().event(event)

    def _restyle(self) -> None:
        self.setFont(theme.font(self._role))


class SettingSheet(QWidget):
    """Rows of settings under a heading. What is set is told with `set_asked`."""

    set_asked = Signal(object, object)
    asked = Signal(object, object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[QLabel] = []
        self._hints: list[QLabel] = []
        self._heads: list[QLabel] = []
        self._lines: list[TextLine] = []
        self.head = QLabel(self)
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        self.flaw = QLabel(self)
        self.flaw.setTextFormat(Qt.TextFormat.PlainText)
        self.flaw.setWordWrap(True)
        self.grid = QGridLayout()
        self.column = QVBoxLayout(self)
        self.column.addWidget(self.head)
        self.column.addWidget(self.flaw)
        self.column.addLayout(self.grid)
        self.column.addStretch(1)
        self.grid.setColumnStretch(1, 1)
        theme.changed.connect(self._restyle)

    def show_inspected(self, shown: Inspected) -> None:
        """Show what is chosen."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the keyboard into the first line, its text selected."""
        if self._lines:
            self._lines[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._lines[0].selectAll()

    def commit(self) -> None:
        for line in self._lines:
            line.commit()

    def show_flaw(self, words: str) -> None:
        """Say what is wrong with what is chosen; nothing when the words are empty."""
        self.flaw.setText(words)
        self.flaw.setVisible(bool(words))

    # building

    def add_line(
        self, words: str, setting: Setting, *, live: bool = True, distinct: bool = False
    ) -> tuple[QLabel, TextLine]:
        line = TextLine(setting, live=live, distinct=distinct)
        line.setAccessibleName(words)
        line.told.connect(self.set_asked)
        line.left.connect(self.left)
        self._lines.append(line)
        return self.add_row(words, line), line

    def add_row(self, words: str, editor: QWidget) -> QLabel:
        """An editor with its label at the left."""
        label = QLabel(words)
        label.setWordWrap(True)
        label.setBuddy(editor)
        if not editor.accessibleName():
            editor.setAccessibleName(words)
        self._labels.append(label)
        at = self.grid.rowCount()
        self.grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignVCenter)
        self.grid.addWidget(editor, at, 1)
        return label

    def add_wide(self, editor: QWidget) -> QWidget:
        """An editor over the whole width."""
        self.grid.addWidget(editor, self.grid.rowCount(), 0, 1, 2)
        return editor

    def add_head(self, words: str) -> QLabel:
        label = QLabel(words.upper())
        self._heads.append(label)
        self.grid.addWidget(label, self.grid.rowCount(), 0, 1, 2)
        return label

    def add_hint(self, words: str = "") -> QLabel:
        label = QLabel(words)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._hints.append(label)
        self.grid.addWidget(label, self.grid.rowCount(), 0, 1, 2)
        return label

    def add_buttons(self, *buttons: QWidget) -> None:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, theme.px(8), 0, 0)
        row.setSpacing(theme.px(8))
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        self.add_wide(holder)

    # look

    def _restyle(self) -> None:
        self.head.setFont(theme.font("title"))
        for label in self._heads:
            label.setFont(theme.font("section"))
            label.setContentsMargins(0, theme.px(12), 0, theme.px(2))
        for label in self._labels:
            label.setFont(theme.font("body"))
        for label in (*self._hints, self.flaw):
            label.setFont(theme.font("small"))
        for label in (*self._heads, *self._labels, *self._hints):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
        palette = self.flaw.palette()
        palette.setColor(self.flaw.foregroundRole(), theme.colour("wrong"))
        self.flaw.setPalette(palette)
        pad = theme.px(16)
        self.column.setContentsMargins(pad, theme.px(12), pad, theme.px(16))
        self.column.setSpacing(theme.px(8))
        self.grid.setHorizontalSpacing(theme.px(12))
        self.grid.setVerticalSpacing(theme.px(6))
        self.grid.setColumnMinimumWidth(0, theme.px(LABEL_WIDTH))
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
