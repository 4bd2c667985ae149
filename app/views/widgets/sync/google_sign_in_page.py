"""The page before the work of a connected workspace: people sign in with Google, in their browser."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.views.widgets.key_button import KeyButton
from app.views.widgets.sync.card_page import CardPage


class GoogleSignInPage(CardPage):
    """Stands where `SignInPage` stands in a local workspace, and answers to the same calls.

    `name` and `passphrase` are never shown: Google asks for both.
    """

    asked = Signal(str, str)
    """"", "": the browser is to be opened"""
    went_on = Signal()
    """the same person goes on while Google cannot be asked"""
    cancelled = Signal()
    """the browser is not waited for any longer"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("user", "", "", parent)
        self._busy = False
        self._waiting = False
        self._locked = ""
        self._offline = False
        self.name = QLineEdit(self)
        self.passphrase = QLineEdit(self)
        self.name.hide()
        self.passphrase.hide()
        self.button = KeyButton("", "↵", primary=True, parent=self)
        self.cancel = KeyButton(self.tr("Cancel"), "Esc", parent=self)
        row = QHBoxLayout()
        row.addWidget(self.button)
        self.go_on = KeyButton(self.tr("Go on without a network"), "G", parent=self)
        self.go_on.clicked.connect(self._go_on)
        row.addWidget(self.go_on)
        row.addWidget(self.cancel)
        row.addStretch(1)
        self.column.addLayout(row)
        self.button.clicked.connect(self._ask)
        self.cancel.clicked.connect(self._cancel)
        self.ask("")

    def ask(self, _name: str, locked_by: str = "", remark: str = "") -> None:
        """Ask afresh. `locked_by` is who went away; `remark` says why nobody is in."""
        self._locked = locked_by
        self._waiting = self._busy = False
        self._show()
        self.say(remark)
        self.take_keyboard()

    def refuse(self, words: str) -> None:
        """Say why it did not work; it can be tried again."""
        self._waiting = self._busy = False
        self._show()
        self.say(words)
        self.take_keyboard()

    def set_busy(self, busy: bool) -> None:
        """While somebody signs out nothing is asked."""
        self._busy = busy
        self.button.setEnabled(not busy)

    def set_offline(self, offline: bool) -> None:
        """While there is no network Google cannot be asked: whoever is locked out of their own work may go on."""
        if offline != self._offline:
            self._offline = offline
            self._show()

    def take_keyboard(self) -> None:
        (self.cancel if self._waiting else self.button).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        if self._waiting:
            self.show_head(
                "hourglass",
                self.tr("Waiting for your browser"),
                self.tr("A page of Google has opened there. Sign in, and the work opens by itself."),
            )
        elif self._locked and self._offline:
            self.show_head(
                "lock",
                self.tr("Locked"),
                self.tr(
                    "There is no network, so Google cannot be asked who you are. {person} can go on; that is "
                    "recorded. Lock this computer itself when you leave it."
                ).format(person=self._locked),
            )
        elif self._locked:
            self.show_head(
                "lock",
                self.tr("Locked"),
                self.tr(
                    "{person} goes on where they were, after signing in with Google. When somebody else signs in, "
                    "what is open here is closed; what was typed is kept."
                ).format(person=self._locked),
            )
        else:
            self.show_head(
                "user",
                self.tr("Sign in with Google"),
                self.tr("Your browser opens. What you do here is recorded under your name."),
            )
        self.button.setVisible(not self._waiting)
        self.button.setEnabled(not self._busy)
        self.button.set_words(self.tr("Sign in"), "↵")
        self.cancel.setVisible(self._waiting)
        self.go_on.setVisible(bool(self._locked) and self._offline and not self._waiting)

    def _ask(self) -> None:
        if not self._busy and not self._waiting:
            self._waiting = True
            self._show()
            self.say("")
            self.take_keyboard()
            self.asked.emit("", "")

    def _go_on(self) -> None:
        if self._locked and self._offline and not self._busy and not self._waiting:
            self.set_busy(True)
            self.went_on.emit()

    def _cancel(self) -> None:
        if self._waiting:
            self.cancelled.emit()
            self.ask("", self._locked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._waiting:
            self._cancel()
        elif event.key() == Qt.Key.Key_G and not event.isAutoRepeat():
            self._go_on()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self._ask()
        else:
            super().keyPressEvent(event)
