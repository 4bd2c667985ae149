"""What can be done with the words or the region that is chosen on a page: a line of keys below it, and a menu."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from app.domain.evidence import Evidence
from app.domain.prompt import Slot
from app.views import theme
from app.views.widgets.key_button import KeyHint
from app.views.widgets.lettering import draw_text

PIN, COPY = "pin", "copy"
SLOT_KEYS = {"C": Slot.CONDITION, "T": Slot.TREATMENT, "S": Slot.SYMPTOMS, "D": Slot.DIAGNOSIS}
"""While the keyboard is on the page a letter puts what is chosen into a slot of the prompt."""


def choices() -> tuple[tuple[str, str, str], ...]:
    """(act, short words, key) of everything that can be done with a choice."""
    tr = QCoreApplication.translate
    return (
        (Slot.CONDITION, tr("Choice", "condition"), "C"),
        (Slot.TREATMENT, tr("Choice", "treatment"), "T"),
        (Slot.SYMPTOMS, tr("Choice", "symptoms"), "S"),
        (Slot.DIAGNOSIS, tr("Choice", "diagnosis"), "D"),
        (PIN, tr("Choice", "pin"), "P"),
        (COPY, tr("Choice", "copy"), "Ctrl C"),
    )


def choice_menu(parent: QWidget, evidence: Evidence | None) -> QMenu:
    """The same in a menu; `triggered` carries the act as the action's data."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    tr = QCoreApplication.translate
    words = {
        Slot.CONDITION: tr("Choice", "Use as condition"),
        Slot.TREATMENT: tr("Choice", "Use as treatment"),
        Slot.SYMPTOMS: tr("Choice", "Use as symptoms"),
        Slot.DIAGNOSIS: tr("Choice", "Use as diagnosis"),
        PIN: tr("Choice", "Pin to the case"),
        COPY: tr("Choice", "Copy"),
    }
    for act, _, key in choices():
        if act == PIN:
            menu.addSeparator()
        action = menu.addAction(f"{words[act]}\t{key.replace(' ', '+')}")
        action.setData(str(act))
        worded = evidence is not None and bool(evidence.quote)
        action.setEnabled(worded or (act == PIN and evidence is not None))
    return menu


class ChoiceLine(QWidget):
    """Says what is chosen and offers what can be done with it; without a choice it is not there."""

    acted = Signal(str)
    """a slot's name, `pin` or `copy`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quote = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hints: dict[str, KeyHint] = {}
        self._row = QHBoxLayout(self)
        self._row.addStretch(1)
        for act, words, key in choices():
            hint = KeyHint(self)
            hint.set_words(key, words)
            hint.clicked.connect(partial(self._act, str(act)))
            self._row.addWidget(hint)
            self.hints[str(act)] = hint
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_choice(self, evidence: Evidence | None) -> None:
        self.setVisible(evidence is not None)
        if evidence is None:
            return
        self._quote = f"“{evidence.quote}”" if evidence.quote else self.tr("A region without words")
        self.setToolTip(self._quote)
        for act, hint in self.hints.items():
            hint.setVisible(act == PIN or bool(evidence.quote))
        self._fit()
        self.update()

    def _act(self, act: str, _checked: bool = False) -> None:
        self.acted.emit(act)

    def _fit(self) -> None:
        """In a narrow half the last hints go first: the menu has them all."""
        room = self.width() - theme.px(24) - theme.px(60)
        taken = 0
        worded = not self._quote.startswith(self.tr("A region without words"))
        for act, hint in self.hints.items():
            taken += hint.sizeHint().width() + self._row.spacing()
            hint.setVisible((act == PIN or worded) and taken <= room)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(34))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(34))

    def resizeEvent(self, _event: object) -> None:
        self._fit()

    def _restyle(self) -> None:
        self._row.setContentsMargins(theme.px(12), 0, theme.px(12), 0)
        self._row.setSpacing(theme.px(10))
        self.updateGeometry()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, 0, self.width(), 1, theme.colour("line"))
        shown = [hint for hint in self.hints.values() if not hint.isHidden()]
        right = min((hint.x() for hint in shown), default=self.width() - theme.px(12))
        place = QRectF(theme.px(12), 0, right - theme.px(24), self.height())
        if place.width() > theme.px(30):
            draw_text(painter, place, self._quote, "small", "text")
