"""Choosing a passphrase: one's own with the old one, somebody else's as an administrator; the new one twice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.views.widgets.admin.form import Form


class PassphraseForm(Form):
    """Tells the old and the new passphrase when the new one was typed twice the same."""

    chosen = Signal(str, str)
    """old ("" for somebody else's), new"""

    def __init__(self, *, own: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.old: QLineEdit | None = self.line(self.tr("Old passphrase"), secret=True) if own else None
        self.first = self.line(self.tr("New passphrase"), secret=True, hint=self.tr("At least 8 characters."))
        self.second = self.line(self.tr("The same once more"), secret=True)
        self.save = self.button(self.tr("Change passphrase"), key="↵", primary=True)
        self.cancel = self.button(self.tr("Cancel"), key="Esc")
        self.save.clicked.connect(self._go_on)
        self.submitted.connect(self._go_on)
        self.cancel.clicked.connect(self.left)

    def begin(self, title: str) -> None:
        """Ask afresh."""
        self.clear()
        self.set_title(title)
        (self.old or self.first).setFocus()

    def clear(self) -> None:
        """No passphrase stays in an editor."""
        for line in (self.old, self.first, self.second):
            if line is not None:
                line.clear()
        self.say("")

    def _go_on(self) -> None:
        old = self.old.text() if self.old is not None else ""
        if self.old is not None and not old:
            self.say(self.tr("Type the old passphrase."))
            self.old.setFocus()
        elif not self.first.text():
            self.say(self.tr("Type the new passphrase, twice."))
            self.first.setFocus()
        elif self.first.text() != self.second.text():
            self.say(self.tr("The two are not the same. Type them again."))
            self.second.clear()
            self.second.setFocus()
        else:
            self.say("")
            self.chosen.emit(old, self.first.text())
