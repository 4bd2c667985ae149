"""A read-only sheet of words: what is sent, what changed, what came back; with a title and a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.domain.prompt_text import Piece
from app.views import theme
from app.views.widgets.review.prompt_version import merged


class WordSheet(QWidget):
    """Shows words that can be selected and copied, never changed. `closed` says that the person is done with it."""

    closed = Signal()
    used = Signal()
    """the person wants these words back, or goes on with them"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pieces: tuple[Piece, ...] = ()
        self._title = QLabel(self)
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        for label in (self._title, self._note):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.back = QPushButton(self.tr("Back to the prompt"), self)
        self.back.setProperty("quiet", True)
        self.back.clicked.connect(self.closed)
        self.use = QPushButton(self)
        self.use.clicked.connect(self.used)
        self.use.hide()
        self.words = QPlainTextEdit(self)
        self.words.setReadOnly(True)
        self.words.setFrameShape(QFrame.Shape.NoFrame)
        self.words.setTabChangesFocus(True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.use)
        head.addWidget(self.back)
        self._column = column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self._note)
        column.addWidget(self.words, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def text(self) -> str:
        return self.words.toPlainText()

    def show_words(self, title: str, note: str, text: str, use: str = "") -> None:
        """Words as they are. `use` is what a button says that goes on with them; "" for none."""
        self._pieces = (Piece("same", text),)
        self.use.setText(use)
        self.use.setVisible(bool(use))
        self._say(title, note)

    def show_difference(self, title: str, note: str, pieces: Sequence[Piece], use: str = "") -> None:
        """Words that were taken out are struck through after a minus, those put in underlined after a plus.

        `use` is what a button says that brings these words back; "" for none.
        """
        self._pieces = merged(pieces)
        self.use.setText(use)
        self.use.setVisible(bool(use))
        self._say(title, note)

    def wanted_height(self) -> int:
        """The height that shows all words; whoever shows it may give less."""
        lines = max(3, int(self.words.document().size().height()))
        return lines * self.words.fontMetrics().lineSpacing() + theme.px(80)

    def _say(self, title: str, note: str) -> None:
        self._title.setText(title)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._fill()

    def _fill(self) -> None:
        self.words.clear()
        cursor = self.words.textCursor()
        for piece in self._pieces:
            form = QTextCharFormat()
            text = piece.text
            if piece.kind == "removed":
                form.setForeground(theme.colour("wrong"))
                form.setBackground(theme.colour("wrong_back"))
                form.setFontStrikeOut(True)
                text = f"−{text}"
            elif piece.kind == "added":
                form.setForeground(theme.colour("sure"))
                form.setBackground(theme.colour("sure_back"))
                form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
                text = f"+{text}"
            else:
                form.setForeground(theme.colour("text"))
            cursor.insertText(text, form)
        self.words.moveCursor(QTextCursor.MoveOperation.Start)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def _restyle(self) -> None:
        self._title.setFont(theme.font("strong"))
        self._note.setFont(theme.font("small"))
        palette = self._note.palette()
        palette.setColor(self._note.foregroundRole(), theme.colour("muted"))
        self._note.setPalette(palette)
        self.back.setFont(theme.font("small"))
        self.use.setFont(theme.font("small"))
        self.words.setFont(theme.font("value"))
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(4))
        self._fill()
