"""A page with one narrow column in its middle: a symbol, a title, words, and what is asked for below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.views import theme

WIDTH = 480


class CardPage(QWidget):
    """Lays out what it is given below its title; `remark` says what went wrong, in words with the next step."""

    def __init__(self, symbol: str, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol_name = symbol
        self.symbol = QLabel(self)
        self.title = QLabel(title, self)
        self.words = QLabel(words, self)
        self.remark = QLabel(self)
        for label in (self.title, self.words, self.remark):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._small: list[QLabel] = []
        self._card = QWidget()
        self._outer = QVBoxLayout(self._card)
        self._outer.addStretch(2)
        for label in (self.symbol, self.title, self.words):
            self._outer.addWidget(label)
        self.column = QVBoxLayout()
        self._outer.addLayout(self.column)
        self._outer.addWidget(self.remark)
        self._outer.addStretch(3)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        scroll.setWidget(self._card)
        scroll.viewport().setAutoFillBackground(False)
        self._card.setAutoFillBackground(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        theme.changed.connect(self.restyle)

    def small_label(self, words: str) -> QLabel:
        """A label above an editor, or a line of facts."""
        label = QLabel(words, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._small.append(label)
        return label

    def show_head(self, symbol: str, title: str, words: str) -> None:
        self._symbol_name = symbol
        self.title.setText(title)
        self.words.setText(words)
        self.restyle()

    def say(self, words: str) -> None:
        """What went wrong, and what to do; "" when nothing did."""
        self.remark.setText(words)
        self.remark.setAccessibleName(words)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.restyle()  # the style sheet gives a label the program's font when it is first polished

    def restyle(self) -> None:
        ratio = self.devicePixelRatioF()
        self.symbol.setPixmap(theme.pixmap(self._symbol_name, "accent", theme.px(28), ratio))
        for label, face, role in (
            (self.title, "title", "text"),
            (self.words, "body", "muted"),
            (self.remark, "body", "wrong"),
            *((small, "small", "muted") for small in self._small),
        ):
            label.setFont(theme.font(face))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour(role))
            label.setPalette(palette)
        self._card.setFixedWidth(theme.px(WIDTH))
        self._outer.setContentsMargins(0, theme.px(24), 0, theme.px(24))
        self._outer.setSpacing(theme.px(6))
        self.column.setSpacing(theme.px(8))
        self.words.setContentsMargins(0, 0, 0, theme.px(10))
        self.remark.setMinimumHeight(theme.px(44))  # nothing moves when it speaks
        self.remark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.remark.setContentsMargins(0, theme.px(6), 0, 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
