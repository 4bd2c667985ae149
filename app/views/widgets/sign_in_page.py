"""The page before the work: who signs in, with which passphrase. Nothing of any case is on it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton

WIDTH = 340


class SignInPage(QWidget):
    """Asks for name and passphrase, or, where somebody only went away, for the passphrase of whoever goes on."""

    asked = Signal(str, str)
    """name, passphrase"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._asks = False
        self.symbol = QLabel(self)
        self.title = QLabel(self)
        self.words = QLabel(self)
        self.name = QLineEdit(self)
        self.passphrase = QLineEdit(self, echoMode=QLineEdit.EchoMode.Password)
        self.remark = QLabel(self)
        self.button = KeyButton("", "↵", primary=True, parent=self)
        self._labels = (QLabel(self.tr("Name"), self), QLabel(self.tr("Passphrase"), self))
        self._symbol_name = "user"
        self._lay_out()
        self.name.returnPressed.connect(self._go_on)
        self.passphrase.returnPressed.connect(self._go_on)
        self.button.clicked.connect(self._go_on)
        self.name.textEdited.connect(self._typed)
        self.passphrase.textEdited.connect(self._typed)
        theme.changed.connect(self._restyle)
        self.ask("")

    def _lay_out(self) -> None:
        self.name.setAccessibleName(self._labels[0].text())
        self.passphrase.setAccessibleName(self._labels[1].text())
        for label, editor in zip(self._labels, (self.name, self.passphrase), strict=True):
            label.setBuddy(editor)
        self.words.setWordWrap(True)
        self.remark.setWordWrap(True)
        for label in (self.title, self.words, self.remark):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._card = QWidget()
        self._column = column = QVBoxLayout(self._card)
        column.addStretch(2)
        for widget in (self.symbol, self.title, self.words):
            column.addWidget(widget)
        for label, editor in zip(self._labels, (self.name, self.passphrase), strict=True):
            column.addWidget(label)
            column.addWidget(editor)
        column.addSpacing(6)
        column.addWidget(self.button)
        column.addWidget(self.remark)
        column.addStretch(3)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        scroll.setWidget(self._card)
        scroll.viewport().setAutoFillBackground(False)
        self._card.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def ask(self, name: str, locked_by: str = "", remark: str = "") -> None:
        """Ask afresh. `locked_by` is what the person is called who went away; `remark` says why nobody is in."""
        self._symbol_name = "lock" if locked_by else "user"
        if locked_by:
            self.title.setText(self.tr("Locked"))
            self.words.setText(
                self.tr(
                    "{person} goes on where they were. When somebody else signs in, what is open here is closed; "
                    "what was typed is kept."
                ).format(person=locked_by)
            )
            self.button.set_words(self.tr("Unlock"), "↵")
        else:
            self.title.setText(self.tr("Sign in"))
            self.words.setText(self.tr("What you do here is recorded under your name."))
            self.button.set_words(self.tr("Sign in"), "↵")
        self.name.setText(name)
        self.passphrase.clear()
        self._say(remark)
        self.set_busy(False)
        self._restyle()
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """The keyboard goes where something is missing."""
        (self.passphrase if self.name.text().strip() else self.name).setFocus()

    def refuse(self, words: str) -> None:
        """Say why it did not work; the passphrase is typed again."""
        self.set_busy(False)
        self.passphrase.clear()
        self._say(words)
        self.take_keyboard()

    def set_busy(self, busy: bool) -> None:
        """While the passphrase is looked at nothing else is asked."""
        self._busy = busy
        self.button.setEnabled(not busy)

    def _go_on(self) -> None:
        name, passphrase = self.name.text().strip(), self.passphrase.text()
        if self._busy:
            return
        if not name:
            self._say(self.tr("Type your name."))
            self.name.setFocus()
        elif not passphrase:
            if self.passphrase.hasFocus():
                self._say(self.tr("Type your passphrase."))
            self.passphrase.setFocus()
        else:
            self.set_busy(True)
            self._say("")
            self.asked.emit(name, passphrase)

    def _typed(self) -> None:
        self._say("")

    def _say(self, words: str) -> None:
        self.remark.setText(words)
        self.remark.setAccessibleName(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self._busy:
            self.passphrase.clear()
            self._say("")
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished
        self.take_keyboard()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(WIDTH + 64), theme.px(420))

    def _restyle(self) -> None:
        self.symbol.setPixmap(
            theme.pixmap(self._symbol_name, "accent", theme.px(28), self.devicePixelRatioF())
        )
        self.title.setFont(theme.font("title"))
        self.words.setFont(theme.font("body"))
        self.remark.setFont(theme.font("body"))
        for label in self._labels:
            label.setFont(theme.font("small"))
        for label, role in (
            (self.words, "muted"),
            (self.remark, "wrong"),
            *((x, "muted") for x in self._labels),
        ):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour(role))
            label.setPalette(palette)
        self._card.setFixedWidth(theme.px(WIDTH))
        column = self._column
        column.setContentsMargins(0, theme.px(24), 0, theme.px(24))
        column.setSpacing(theme.px(6))
        self.words.setContentsMargins(0, 0, 0, theme.px(10))
        self._labels[1].setContentsMargins(0, theme.px(6), 0, 0)
        self.remark.setMinimumHeight(theme.px(44))  # nothing moves when it speaks
        self.remark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.remark.setContentsMargins(0, theme.px(6), 0, 0)
        column.setAlignment(self.button, Qt.AlignmentFlag.AlignLeft)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
