"""The source text of a policy, with the clause of the chosen criterion highlighted."""

from __future__ import annotations

import re

from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from app.views import theme


def clause_span(text: str, clause: str) -> tuple[int, int] | None:
    """Where a clause stands in a text, line breaks aside: first and last character, or None."""
    words = clause.split()
    if not words:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found.span() if found else None


class SourceText(QPlainTextEdit):
    """Shows the text and marks one place in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span: tuple[int, int] | None = None
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Source text"))
        self.setTabChangesFocus(True)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def marked(self) -> str:
        """The words that are highlighted."""
        return self.toPlainText()[slice(*self._span)] if self._span else ""

    def show_text(self, text: str) -> None:
        self._span = None
        if text != self.toPlainText():
            self.setPlainText(text)
        self._mark()

    def mark(self, clause: str) -> None:
        """Highlight a clause and bring it into sight; "" takes the mark away."""
        self._span = clause_span(self.toPlainText(), clause)
        self._mark()
        if self._span is not None:
            cursor = self.textCursor()
            cursor.setPosition(self._units(self._span[1]))
            self.setTextCursor(cursor)
            cursor.setPosition(self._units(self._span[0]))
            self.setTextCursor(cursor)
            self.centerCursor()

    def _units(self, place: int) -> int:
        text = self.toPlainText()
        return place if text.isascii() else len(text[:place].encode("utf-16-le")) // 2

    def _mark(self) -> None:
        marks = []
        if self._span is not None:
            one = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(self._units(self._span[0]))
            cursor.setPosition(self._units(self._span[1]), QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setBackground(theme.colour("look_back"))
            look.setForeground(theme.colour("text"))
            one.cursor, one.format = cursor, look
            marks.append(one)
        self.setExtraSelections(marks)

    def _restyle(self) -> None:
        self.setFont(theme.font("body"))
        self.document().setDocumentMargin(theme.px(16))
        self._mark()
