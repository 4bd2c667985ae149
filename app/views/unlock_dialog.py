"""Asking for the passphrase of a workspace: the one dialog before the window."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from app.domain.errors import Actionable
from app.views import messages
from app.workstation import KeyQuestion


class UnlockDialog(QDialog):
    """Asks for a passphrase once, or twice for a new workspace."""

    def __init__(self, question: KeyQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Countersign"))
        self.setMinimumWidth(420)
        self._new = question in (KeyQuestion.NEW, KeyQuestion.TOO_SHORT)
        self.first = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
        self.second = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
        self.remark = QLabel(wordWrap=True)
        self.remark.setVisible(False)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(
            self.tr("Choose") if self._new else self.tr("Open")
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        said = QLabel(self._words(question), wordWrap=True)
        column.addWidget(said)
        column.addWidget(self.first)
        if self._new:
            column.addWidget(QLabel(self.tr("The same once more:")))
            column.addWidget(self.second)
        column.addWidget(self.remark)
        column.addWidget(self.buttons)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self.first.setFocus()

    def _words(self, question: KeyQuestion) -> str:
        if question is KeyQuestion.EXISTING:
            return self.tr("The passphrase of this workspace:")
        if question is KeyQuestion.WRONG_BEFORE:
            return self.tr("That was not it. The passphrase of this workspace:")
        choose = self.tr(
            "This computer has no keyring. Choose a passphrase: what is received is encrypted with it. "
            "Without it nobody can read the workspace, and nobody can bring it back."
        )
        if question is KeyQuestion.TOO_SHORT:
            return self.tr("That was too short: use at least 8 characters.") + "\n" + choose
        return choose

    def _accept(self) -> None:
        if not self.first.text():
            self._remark(self.tr("Type the passphrase."))
        elif self._new and self.first.text() != self.second.text():
            self._remark(self.tr("The two are not the same. Type them again."))
        else:
            self.accept()

    def _remark(self, words: str) -> None:
        self.remark.setText(words)
        self.remark.setVisible(True)
        self.first.setFocus()


def ask_in_dialog(question: KeyQuestion) -> str | None:
    """Ask a person for a passphrase; None when they gave up."""
    dialog = UnlockDialog(question)
    try:
        return dialog.first.text() if dialog.exec() == QDialog.DialogCode.Accepted else None
    finally:
        dialog.deleteLater()


def tell_refusal(error: Actionable) -> None:
    """Say why the workspace cannot be opened, before there is a window to say it in."""
    reason, step = messages.text(error)
    box = QMessageBox(QMessageBox.Icon.Warning, "Countersign", reason)
    box.setInformativeText(step)
    box.exec()
    box.deleteLater()
