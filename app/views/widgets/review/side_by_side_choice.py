"""What can be done with the words or the region that is chosen on a page: a line of keys below it, and a menu."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

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
    """Says what is chosen and offers what can be done with it; without a choice it is not there.

    In a narrow half the words stand above the keys; what finds no room is in the menu of the page.
    """

    acted = Signal(str)
    """a slot's name, `pin` or `copy`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quote = ""
        self._worded = False
        self._stacked = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hints: dict[str, KeyHint] = {}
        for act, words, key in choices():
            hint = KeyHint(self)
            hint.set_words(key, words)
            hint.clicked.connect(partial(self._act, str(act)))
            self.hints[str(act)] = hint
        theme.changed.connect(self._arrange)
        self.hide()

    def show_choice(self, evidence: Evidence | None) -> None:
        """Offer what can be done with this."""
        self.setVisible(evidence is not None)
        if evidence is not None:
            self._worded = bool(evidence.quote)
            self._quote = f"“{evidence.quote}”" if self._worded else self.tr("A region without words")
            self.setToolTip(self._quote)
            self._arrange()

    def _act(self, act: str, _checked: bool = False) -> None:
        self.acted.emit(act)

    def _arrange(self) -> None:
        pad, gap = theme.px(12), theme.px(10)
        offered = [hint for act, hint in self.hints.items() if self._worded or act == PIN]
        needed = sum(hint.sizeHint().width() + gap for hint in offered)
        self._stacked = self.width() < needed + theme.px(140) + 2 * pad
        gap = theme.px(4) if self._stacked else gap
        tall = theme.px(60 if self._stacked else 34)
        if self.height() != tall:
            self.setFixedHeight(tall)
        x = pad if self._stacked else self.width() - pad - needed + gap
        middle = theme.px(43 if self._stacked else 17)
        for hint in self.hints.values():
            size = hint.sizeHint()
            fits = hint in offered and x + size.width() <= self.width() - pad / 2
            hint.setVisible(fits)
            if fits:
                hint.setGeometry(round(x), round(middle - size.height() / 2), size.width(), size.height())
                x += size.width() + gap
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(34))

    def resizeEvent(self, _event: object) -> None:
        self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, 0, self.width(), 1, theme.colour("line"))
        pad = theme.px(12)
        shown = [hint.x() for hint in self.hints.values() if not hint.isHidden()]
        right = self.width() - pad if self._stacked else min(shown, default=self.width()) - theme.px(10)
        tall = theme.px(30) if self._stacked else self.height()
        draw_text(painter, QRectF(pad, 0, right - pad, tall), self._quote, "small", "text")
