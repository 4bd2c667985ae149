"""A policy as text: lines with their numbers, and those that are wrong underlined."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from app.views import theme


class _Numbers(QWidget):
    """The numbers of the lines, at the left."""

    def __init__(self, editor: PolicyEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.numbers_width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_numbers(event.rect())


class PolicyEditor(QPlainTextEdit):
    """Edits the text. Tab sets two blanks, Shift+Tab leaves it; `edited` says that a person typed."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wrong: dict[int, str] = {}
        self._numbers = _Numbers(self)
        self._loading = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName(self.tr("The policy as text"))
        self.blockCountChanged.connect(lambda _count: self._place())
        self.updateRequest.connect(self._scrolled)
        self.textChanged.connect(self._changed)
        theme.changed.connect(self._restyle)
        self._restyle()

    def load(self, text: str) -> None:
        """Show a text afresh, with nothing to undo and nothing wrong."""
        self._loading = True
        self._wrong = {}
        self.setPlainText(text)
        self._loading = False
        self._underline()

    def show_problems(self, problems: Sequence[tuple[int, str]]) -> None:
        """The lines that are wrong, from 1, and why; line 0 stands for the whole file."""
        self._wrong = {line: words for line, words in reversed(problems) if line}
        self._underline()

    def go_to(self, line: int) -> None:
        """Put the cursor on a line, from 1, and bring it into sight."""
        block = self.document().findBlockByNumber(max(0, line - 1))
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        self.setTextCursor(cursor)
        self.centerCursor()
        self.setFocus()

    @property
    def numbers_width(self) -> int:
        digits = max(3, len(str(self.blockCount())))
        return round(QFontMetricsF(self.font()).horizontalAdvance("9" * digits)) + theme.px(28)

    def paint_numbers(self, area: QRect) -> None:
        """Paint the numbers of the lines in sight."""
        painter = QPainter(self._numbers)
        painter.fillRect(area, theme.colour("background"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        wide = self._numbers.width()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > area.bottom():
                break
            number = block.blockNumber() + 1
            painter.setPen(theme.colour("wrong" if number in self._wrong else "muted"))
            words = QRect(0, round(place.top()), wide - theme.px(12), round(place.height()))
            painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block = block.next()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Tab and not event.modifiers():
                self.insertPlainText("  ")
                return True
            if event.key() == Qt.Key.Key_Backtab:
                self.focusPreviousChild()
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _changed(self) -> None:
        if not self._loading:
            self.edited.emit()

    def _scrolled(self, area: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def _place(self) -> None:
        wide = self.numbers_width
        self.setViewportMargins(wide, 0, 0, 0)
        inside = self.contentsRect()
        self._numbers.setGeometry(inside.left(), inside.top(), wide, inside.height())

    def _underline(self) -> None:
        marks = []
        for line, words in self._wrong.items():
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            cursor = QTextCursor(block)
            indent = len(block.text()) - len(block.text().lstrip())
            cursor.setPosition(block.position() + indent)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(theme.colour("wrong"))
            look.setToolTip(words)
            one = QTextEdit.ExtraSelection()
            one.cursor, one.format = cursor, look
            marks.append(one)
        self.setExtraSelections(marks)
        self._numbers.update()

    def _restyle(self) -> None:
        face = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        face.setPixelSize(theme.font("value").pixelSize())
        face.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(face)
        self.document().setDocumentMargin(theme.px(8))
        self._place()
        self._underline()
