"""A list of records in the settings, with a form that opens below the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.admin.record import Record
from app.views.widgets.key_button import KeyButton


class Shelf(QWidget):
    """Records one below the other; a sentence above, a button and forms below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._records: dict[str, Record] = {}
        self._forms: list[QWidget] = []
        self._opened: QWidget | None = None
        self._at = ""
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.hide()
        self._list = QVBoxLayout()
        self._foot = QHBoxLayout()
        self._foot.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._words)
        self._column.addLayout(self._list)
        self._column.addLayout(self._foot)
        theme.changed.connect(self._restyle)

    @property
    def opened(self) -> QWidget | None:
        """The form that is open."""
        return self._opened

    @property
    def words(self) -> str:
        return self._words.text() if not self._words.isHidden() else ""

    def record(self, name: str) -> Record | None:
        return self._records.get(name)

    def explain(self, words: str) -> None:
        """A sentence above the list; "" takes it away."""
        self._words.setText(words)
        self._words.setVisible(bool(words))

    def put_button(self, button: KeyButton) -> None:
        self._foot.insertWidget(self._foot.count() - 1, button)

    def keep(self, form: QWidget) -> None:
        """A form that can be opened here."""
        form.setParent(self)
        form.hide()
        self._forms.append(form)

    def show_records(self, records: Sequence[tuple[str, Record]]) -> None:
        """The records, by name. The form that is open stays, and the keyboard where it was."""
        focused = next((name for name, record in self._records.items() if record.hasFocus()), "")
        for old in self._records.values():
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._records = dict(records)
        form, at = self._opened, self._at
        if form is not None:
            self._list.removeWidget(form)
        for record in self._records.values():
            record.setParent(self)
            self._list.addWidget(record)
            record.show()
        if form is not None:
            self._place(form, at)
        if focused in self._records:
            self._records[focused].setFocus()

    def open(self, form: QWidget, name: str = "") -> None:
        """Open a form below a record, or at the end."""
        self.close_form()
        self._opened, self._at = form, name
        self._place(form, name)
        form.show()

    def close_form(self) -> None:
        """Put the form away."""
        if self._opened is not None:
            self._list.removeWidget(self._opened)
            self._opened.hide()
        self._opened, self._at = None, ""
        for record in self._records.values():
            record.setChecked(False)

    def _place(self, form: QWidget, name: str) -> None:
        record = self._records.get(name)
        if record is None:
            self._list.addWidget(form)
        else:
            record.setChecked(True)
            self._list.insertWidget(self._list.indexOf(record) + 1, form)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()

    def _restyle(self) -> None:
        self._words.setFont(theme.font("body"))
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), theme.colour("muted"))
        self._words.setPalette(palette)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(8))
        self._list.setSpacing(theme.px(2))
        self.update()
