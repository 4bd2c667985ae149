"""At the foot of the side: a person decides. What their role may do, and after it what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from PySide6.QtCore import QDate, QRectF, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.domain.determination import Determination, Outcome, allowed
from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.domain.role import Person
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.message_line import MessageLine
from app.views.widgets.review.determination_form import KEYS, DeterminationForm
from app.views.widgets.review.determination_parts import FlowRow
from app.views.widgets.review.determination_words import (
    ORDER,
    RARE,
    Decision,
    LineState,
    done_words,
    outcome_words,
    short_words,
)
from app.views.widgets.review.evidence_place import when_words


class DeterminationBar(QWidget):
    """A function of the person, the lines and what has to be opened, plus one deliberate act.

    It takes nothing from a recommendation: words to pick from are given as words (`show_words`), and none is picked.
    """

    signed = Signal(object)
    """`Decision`"""
    letter_wanted = Signal(object)
    """`Decision`, or None for the letter of what was recorded"""
    reason_edited = Signal(object)
    document_opened = Signal(str)
    begun = Signal(object)
    """`Outcome`"""
    left = Signal()
    next_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person: Person | None = None
        self._lines: tuple[LineState, ...] = ()
        self._line = ""
        self._missing: tuple[str, ...] = ()
        self._reason = Draft("", 0, 0)
        self._busy = False
        self._locked = ""
        self._again = False
        self._letters = True
        self._follow = False
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons: dict[Outcome, KeyButton] = {}
        for outcome in ORDER:
            if outcome in RARE:
                continue
            button = KeyButton(outcome_words(outcome), parent=self)
            button.setObjectName(f"outcome_{outcome}")
            button.clicked.connect(partial(self._begin, outcome))
            button.hide()
            self.buttons[outcome] = button
        self._menu = QMenu(self)
        self.more = MenuChip(self._menu, parent=self)
        self.more.set_words("…")
        self.more.setToolTip(self.tr("Other outcomes"))
        self.more.setAccessibleName(self.tr("Other outcomes"))
        self.more.hide()
        self.letter = KeyButton(self.tr("Letter"), symbol="mail", parent=self)
        self.letter.clicked.connect(lambda: self.letter_wanted.emit(None))
        self.next = KeyButton(self.tr("Next case"), "F10", primary=True, parent=self)
        self.next.clicked.connect(self.next_wanted)
        self.anew = KeyButton(self.tr("Decide anew"), parent=self)
        self.anew.clicked.connect(self._decide_anew)
        for button in (self.letter, self.next, self.anew):
            button.hide()
        self.message = MessageLine(self)
        self.row = FlowRow(self)
        self._strip = QWidget(self)
        self._inner = QVBoxLayout(self._strip)
        self._inner.addWidget(self.words)
        self._inner.addWidget(self.row)
        self.form = DeterminationForm(self)
        self.form.hide()
        self.form.signed.connect(self._sign)
        self.form.letter_wanted.connect(self.letter_wanted)
        self.form.left.connect(self._leave)
        self.form.reason_edited.connect(self._typed)
        self.form.document_opened.connect(self.document_opened)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.form, 1)
        outer.addWidget(self.message)
        outer.addWidget(self._strip)
        self.act = QShortcut(self)
        self.act.setKeys([QKeySequence(key) for key in KEYS])
        self.act.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.act.setAutoRepeat(False)
        self.act.activated.connect(self.form.countersign)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._show()

    # What is shown

    def show_person(self, person: Person) -> None:
        """Offer what this person's roles allow, and nothing else."""
        self._person = person
        self._show()

    def show_lines(self, lines: Sequence[LineState], line: str = "") -> None:
        """The lines of the request with what was decided; `line` is the one in sight."""
        self._lines = tuple(lines)
        self._line = line or self._line
        if not self.form.isHidden():
            self.form.update_lines(self._lines)
        self._show()
        if self._follow:  # the keyboard was in the form that is gone
            self._follow = False
            self.focus_first()

    def show_words(self, missing: Sequence[str]) -> None:
        """Words a person may pick from when they pend; none is picked by itself."""
        self._missing = tuple(dict.fromkeys(missing))

    def show_unopened(self, documents: Sequence[tuple[str, str]]) -> None:
        self.form.show_unopened(documents)

    def restore_reason(self, draft: Draft) -> None:
        """Words typed earlier, for the next form that opens."""
        self._reason = draft
        self.form.reason.load(draft)

    def forget(self) -> None:
        """Another case follows: nothing that was written about this one stays."""
        self._lines, self._line, self._missing = (), "", ()
        self._locked, self._busy, self._again = "", False, False
        self._reason = Draft("", 0, 0)
        self.form.set_busy(False)
        self.form.reason.load(self._reason)
        self.form.show_unopened(())
        self.form.hide()
        self.message.clear()
        self._show()

    def set_letters(self, offered: bool) -> None:
        """Whether letters can be set here."""
        self._letters = offered
        self.form.set_letters(offered)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        """The outcomes in full where they stand on one line, else in one word each."""
        offered = [button for outcome, button in self.buttons.items() if outcome in self.offered()]
        for short in (False, True):
            for outcome, button in self.buttons.items():
                button.set_words(short_words(outcome) if short else outcome_words(outcome), "")
                button.setAccessibleName(outcome_words(outcome))
                button.setToolTip(outcome_words(outcome) if short else "")
            if sum(b.sizeHint().width() + theme.px(8) for b in offered) + theme.px(44) <= self.row.width():
                break
        self.row.place()

    def wanted_height(self, width: int) -> int:
        """The height that shows what there is to say, at a width."""
        said = self.message.sizeHint().height() if not self.message.isHidden() else 0
        if not self.form.isHidden():
            return self.form.wanted_height() + said
        inner = width - 2 * theme.px(16)
        words = self.words.heightForWidth(inner) if self.words.text() else 0
        return theme.px(10 + 8 + 12) + words + self.row.height_for(inner) + said

    def lock(self, words: str) -> None:
        """Nothing can be decided, for a reason in words; "" opens the bar again."""
        self._locked = words
        if words:
            self._leave()
        self._show()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.form.set_busy(busy)
        self._show()

    def refuse(self, error: Actionable) -> None:
        """What was asked was not done: say why; what was written stays."""
        self.set_busy(False)
        self.message.say("wrong", error.reason, error.next_step)

    def recorded(self) -> None:
        """The decision is on record: the form goes, what was written in it is done with."""
        focus = QApplication.focusWidget()
        self._follow = focus is not None and self.isAncestorOf(focus)
        self.set_busy(False)
        self._again = False
        self._reason = Draft("", 0, 0)
        self.form.reason.load(self._reason)
        self.form.hide()
        self.message.clear()
        self._show()

    @property
    def deciding(self) -> Outcome | None:
        """The outcome that is being decided."""
        return None if self.form.isHidden() else self.form.outcome

    def offered(self) -> tuple[Outcome, ...]:
        """What this person may choose here."""
        if self._person is None or self._locked:
            return ()
        mine = allowed(self._person)
        return tuple(outcome for outcome in ORDER if outcome in mine)

    def _final(self) -> tuple[Determination, ...]:
        return tuple(s.decided for s in self._lines if s.decided is not None and s.decided.final)

    def _done(self) -> bool:
        """Whether every line is decided for good."""
        return bool(self._lines) and len(self._final()) == len(self._lines)

    def _show(self) -> None:
        open_form = not self.form.isHidden()
        self._strip.setVisible(not open_form)
        offered = self.offered()
        done = self._done() and not self._again
        items: list[QWidget] = []
        if done:
            items = [self.next, *[self.letter] * self._letters]
            if offered:
                items.append(self.anew)
        else:
            items = [self.buttons[o] for o in offered if o in self.buttons]
            rare = [o for o in offered if o in RARE]
            self._menu.clear()
            for outcome in rare:
                self._menu.addAction(outcome_words(outcome)).triggered.connect(partial(self._begin, outcome))
            if rare:
                items.append(self.more)
            if self._letters and any(
                s.decided and s.decided.outcome is not Outcome.REFER for s in self._lines
            ):
                items.append(self.letter)
        self.row.set_items(items)
        self._fit_words()
        self.words.setText(self._sentence(offered, done))
        self.updateGeometry()
        self.update()

    def _sentence(self, offered: Sequence[Outcome], done: bool) -> str:
        if self._locked:
            return self._locked
        if done or any(s.decided is not None for s in self._lines):
            said = [self._decided_words(s) for s in self._lines if s.decided is not None]
            return "\n".join(said)
        words = self.tr("A person decides.")
        if not offered:
            return words + " " + self.tr("Your role does not decide requests.")
        count = len({c.criterion_id for s in self._lines for c in s.open})
        if count == 1:
            return words + " " + self.tr("Approving takes a reason for the open criterion.")
        if count:
            more = self.tr("Approving takes a reason for each of {count} open criteria.")
            return words + " " + more.format(count=count)
        return words

    def _decided_words(self, state: LineState) -> str:
        made = state.decided
        if made is None:
            return ""
        words = self.tr("{outcome} by {by} · {when}").format(
            outcome=done_words(made.outcome), by=made.title or made.by, when=when_words(made.at)
        )
        return f"{state.title}: {words}" if len(self._lines) > 1 else words

    # What the person does

    def focus_first(self) -> None:
        """Put the keyboard on what can be done next; never on the act itself."""
        if not self.form.isHidden():
            self.form.focus_first()
        elif self.row.items:
            self.row.items[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def begin(self, outcome: Outcome) -> None:
        """Open the form of an outcome, when this person may choose it."""
        if outcome in self.offered() and not self._busy:
            self._begin(outcome)

    def _begin(self, outcome: Outcome, _checked: bool = False) -> None:
        self.message.clear()
        self.form.begin(outcome, self._lines, self._line, self._missing, _today())
        self.form.show()
        self._show()
        self.form.focus_first()
        self.begun.emit(outcome)

    def _leave(self) -> None:
        if self.form.isHidden():
            return
        self.form.hide()
        self.message.clear()
        self._show()
        self.left.emit()

    def _decide_anew(self) -> None:
        self._again = True
        self._show()

    def _typed(self, draft: Draft) -> None:
        self._reason = draft
        self.reason_edited.emit(draft)

    def _sign(self, decision: Decision) -> None:
        if self._busy:
            return
        self.set_busy(True)
        self.signed.emit(decision)

    def _restyle(self) -> None:
        self.words.setFont(theme.font("small"))
        palette = self.words.palette()
        palette.setColor(self.words.foregroundRole(), theme.colour("muted"))
        self.words.setPalette(palette)
        self._inner.setContentsMargins(theme.px(16), theme.px(10), theme.px(16), theme.px(12))
        self._inner.setSpacing(theme.px(8))
        self.row.place()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))


def _today() -> date:
    """The day it is here, by the clock of this computer."""
    day = QDate.currentDate()
    return date(day.year(), day.month(), day.day())
