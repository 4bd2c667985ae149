"""The editor of a value: one paragraph that wraps and grows, its doubtful characters marked while it is edited."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from app.domain.draft import Draft
from app.views import theme
from app.views.widgets.lettering import point_index, unit_index

MOST_LINES = 6


class ValueEditor(QPlainTextEdit):
    """Edits one value. `edited` says that words or cursor moved by a person's hand, `clicked` that the mouse chose."""

    edited = Signal()
    clicked = Signal()
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loading = False
        self._lines = 1
        self._mark_role = "look"
        self.setObjectName("value_editor")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.textChanged.connect(self._changed)
        self.cursorPositionChanged.connect(self._changed)
        self.selectionChanged.connect(self._changed)
        theme.changed.connect(self._restyle)
        self._restyle()

    def load(self, text: str, marks: Collection[int] = (), mark_role: str = "look") -> None:
        """Show a value afresh: nothing to undo, the cursor at its end."""
        with self._quietly():
            self.setPlainText(text.replace("\n", " "))
            cursor = self.textCursor()
            cursor.movePosition(QTextCursor.MoveOperation.End)
            self.setTextCursor(cursor)
            self.mark(marks, mark_role)
        self._measure()

    def mark(self, marks: Collection[int], role: str) -> None:
        """Mark doubtful characters by their index; the marks follow while words are typed before them."""
        text = self.toPlainText()
        self._mark_role = role
        selections = []
        for index in sorted(m for m in marks if m < len(text)):
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(unit_index(text, index))
            cursor.setPosition(unit_index(text, index + 1), QTextCursor.MoveMode.KeepAnchor)
            selection.cursor, selection.format = cursor, self._mark_format()
            selections.append(selection)
        self.setExtraSelections(selections)

    def _mark_format(self) -> QTextCharFormat:
        ink = theme.colour(self._mark_role)
        form = QTextCharFormat()
        form.setForeground(ink)
        form.setBackground(theme.colour(f"{self._mark_role}_back"))
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        form.setUnderlineColor(ink)
        return form

    def marked(self) -> tuple[int, ...]:
        """The indexes of the characters that are marked now."""
        text = self.toPlainText()
        found = []
        for selection in self.extraSelections():
            cursor: QTextCursor = selection.cursor
            found += [point_index(text, i) for i in range(cursor.selectionStart(), cursor.selectionEnd())]
        return tuple(found)

    def draft(self) -> Draft:
        """The words as they stand, with cursor and the other end of the selection in characters."""
        text, cursor = self.toPlainText(), self.textCursor()
        return Draft(text, point_index(text, cursor.position()), point_index(text, cursor.anchor()))

    def restore(self, draft: Draft) -> None:
        """Bring back words typed earlier, with cursor and selection."""
        self.load(draft.text)
        text = self.toPlainText()
        with self._quietly():
            cursor = self.textCursor()
            cursor.setPosition(unit_index(text, min(draft.anchor, len(text))))
            cursor.setPosition(
                unit_index(text, min(draft.cursor, len(text))), QTextCursor.MoveMode.KeepAnchor
            )
            self.setTextCursor(cursor)

    def select_whole(self) -> None:
        with self._quietly():
            self.selectAll()

    def replace(self, text: str) -> None:
        """Put a text in place of all words, as typing that can be undone."""
        self.selectAll()
        self.insertPlainText(text)

    def to_end(self) -> None:
        """Drop the selection and stand at the end, ready to add."""
        with self._quietly():
            self.moveCursor(QTextCursor.MoveOperation.End)

    def to_start(self) -> None:
        with self._quietly():
            self.moveCursor(QTextCursor.MoveOperation.Start)

    def at_first_line(self) -> bool:
        cursor = self.textCursor()
        return not cursor.movePosition(QTextCursor.MoveOperation.Up)

    def at_last_line(self) -> bool:
        cursor = self.textCursor()
        return not cursor.movePosition(QTextCursor.MoveOperation.Down)

    def wanted_height(self) -> int:
        """The height that shows the whole value, up to six lines."""
        spacing = QFontMetricsF(self.font()).lineSpacing()
        return round(spacing * min(self._lines, MOST_LINES))

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        before, self._loading = self._loading, True
        try:
            yield
        finally:
            self._loading = before

    def _changed(self) -> None:
        self._measure()
        if not self._loading:
            self.edited.emit()

    def _measure(self) -> None:
        lines = max(1, int(self.document().size().height()))
        if lines != self._lines:
            self._lines = lines
            policy = (
                Qt.ScrollBarPolicy.ScrollBarAsNeeded
                if lines > MOST_LINES
                else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            )
            self.setVerticalScrollBarPolicy(policy)
            self.height_changed.emit()

    def _restyle(self) -> None:
        self.setFont(theme.font("edit"))
        palette = QPalette(self.palette())
        clear = QColor(0, 0, 0, 0)
        palette.setColor(QPalette.ColorRole.Base, clear)
        palette.setColor(QPalette.ColorRole.Text, theme.colour("text"))
        palette.setColor(QPalette.ColorRole.Highlight, theme.mixed("accent", "surface", 0.22))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.colour("text"))
        self.setPalette(palette)
        selections = self.extraSelections()
        for selection in selections:
            selection.format = self._mark_format()
        self.setExtraSelections(selections)
        self.setCursorWidth(max(1, theme.px(2)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        chosen = self.textCursor()
        if not chosen.hasSelection():
            return
        # A selection is painted over the marks: set the doubtful characters in it once more on top.
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        for selection in self.extraSelections():
            cursor: QTextCursor = selection.cursor
            if not chosen.selectionStart() <= cursor.selectionStart() < chosen.selectionEnd():
                continue
            ink = selection.format.foreground().color()
            after = QTextCursor(cursor)
            after.setPosition(cursor.selectionStart())
            place = QRectF(self.cursorRect(after))
            base = place.top() + metrics.ascent()
            wide = metrics.horizontalAdvance(cursor.selectedText())
            painter.setPen(ink)
            painter.drawText(QPointF(place.left(), base), cursor.selectedText())
            painter.setPen(QPen(ink, max(1.5, theme.px(2)), Qt.PenStyle.DotLine))
            under = base + metrics.descent() * 0.75
            painter.drawLine(QPointF(place.left(), under), QPointF(place.left() + wide, under))

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted words stay one paragraph."""
        self.insertPlainText(" ".join(source.text().split("\n")).replace("\r", ""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Return, Qt.Key.Key_Enter,
                           Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):  # fmt: skip
            event.ignore()  # the page scrolls and the panel decides, from anywhere
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._lines > MOST_LINES and not event.modifiers():
            super().wheelEvent(event)
        else:
            event.ignore()
