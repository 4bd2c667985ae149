"""One conflict: mine and theirs with the page between them, what both started from, and how it is settled."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.domain.box import Box
from app.domain.conflict import ConflictKind, Settlement
from app.views import theme
from app.views.widgets.chip import ChipLabel
from app.views.widgets.conflict.conflict_words import (
    Subject,
    ValueWords,
    changed_words,
    differing,
    kind_chip,
    kind_words,
    outcome_of,
    value_words,
    who_words,
)
from app.views.widgets.conflict.page_crop import PageCrop
from app.views.widgets.conflict.version_card import Side, VersionCard
from app.views.widgets.key_button import KeyButton
from app.views.widgets.sync.sync_words import clock_time

ROOM = 780
"""Narrower than this the page stands above the sides instead of between them."""
WITH_NOTE = {
    Settlement.MINE: Settlement.MINE_AND_NOTE,
    Settlement.THEIRS: Settlement.THEIRS_AND_NOTE,
}


class ConflictView(QWidget):
    """Shows a `Subject`; keys choose, Enter settles. Nothing is chosen beforehand where there are two ways."""

    settled = Signal(str, object)
    """conflict id, `Settlement`"""
    case_asked = Signal(str)
    """case id: it is to be looked at before anything is settled"""
    step_asked = Signal(int)
    """1 the next conflict, -1 the one before"""
    left = Signal()
    crop_wanted = Signal(int, int)
    """width and height in device pixels"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subject: Subject | None = None
        self._choice: Settlement | None = None
        self._note = False
        self._busy = False
        self._arranged: tuple[bool, bool] | None = None
        self.title = QLabel(self)
        self.place = QLabel(self)
        self.kind = ChipLabel(self)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.crop = PageCrop(self)
        self.mine = VersionCard(self)
        self.theirs = VersionCard(self)
        self.base = VersionCard(self)
        self.outcome = QLabel(self)
        self.outcome.setWordWrap(True)
        self.settle = KeyButton(self.tr("Settle"), "↵", primary=True, parent=self)
        self.merge = KeyButton(self.tr("Merge the two"), "1", parent=self)
        self.both = KeyButton(self.tr("Keep both cases"), "2", parent=self)
        for button in (self.merge, self.both):
            button.setCheckable(True)
        self.note = KeyButton("", "N", parent=self)
        self.note.setCheckable(True)
        self.look = KeyButton("", "O", parent=self)
        self.later = KeyButton(self.tr("Later"), "Esc", parent=self)
        for label in (self.title, self.place, self.words, self.outcome):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self.mine.clicked.connect(lambda: self.choose(1))
        self.theirs.clicked.connect(lambda: self.choose(2))
        self.settle.clicked.connect(self._settle)
        self.merge.clicked.connect(lambda: self.choose(1))
        self.both.clicked.connect(lambda: self.choose(2))
        self.note.clicked.connect(self.toggle_note)
        self.look.clicked.connect(self._look)
        self.later.clicked.connect(self.left)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._head = QHBoxLayout()
        self._head.addWidget(self.title)
        self._head.addWidget(self.kind)
        self._head.addStretch(1)
        self._head.addWidget(self.place)
        self._sides = QGridLayout()
        body = QWidget()
        self._body = QVBoxLayout(body)
        self._body.addLayout(self._head)
        self._body.addWidget(self.words)
        self._body.addLayout(self._sides)
        self._body.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(body)
        self._buttons = QHBoxLayout()
        for button in (self.settle, self.merge, self.both, self.note, self.look):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self.later)
        self._foot = QVBoxLayout()
        self._foot.addWidget(self.outcome)
        self._foot.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addLayout(self._foot)

    # what is shown

    @property
    def subject(self) -> Subject | None:
        return self._subject

    @property
    def choice(self) -> Settlement | None:
        """What Enter would settle it with; None while nothing is chosen."""
        if self._choice is None:
            return None
        return WITH_NOTE.get(self._choice, self._choice) if self._note else self._choice

    def show_subject(self, subject: Subject, place: str) -> None:
        """Show a conflict; the same one again keeps what was chosen. `place` says which of how many it is."""
        same = (
            self._subject is not None and self._subject.conflict.conflict_id == subject.conflict.conflict_id
        )
        fresh = not same or self._subject != subject
        self._subject = subject
        if not same:
            self._choice, self._note = None, False
            offered = subject.conflict.choices
            if offered and Settlement.MINE not in offered and Settlement.THEIRS in offered:
                self._choice = Settlement.THEIRS
        self._busy = False
        self.crop.setVisible(_is_on_page(subject))
        self._arrange()
        self.title.setText(subject.label)
        self.place.setText(place)
        self.kind.set_chip(kind_chip(subject.conflict.kind))
        self.words.setText(kind_words(subject))
        self.setAccessibleName(f"{subject.label}. {self.words.text()}")
        if fresh:
            self._show_sides(subject)
        if not same:
            self._scroll.verticalScrollBar().setValue(0)
            self._ask_crop()
        self._show_choice()

    def show_crop(self, image: QImage, outline: Box | None = None) -> None:
        self.crop.show_image(image, outline)

    def show_no_crop(self, words: str) -> None:
        self.crop.show_words(words)

    def set_busy(self, busy: bool) -> None:
        """While it is being settled, it is not settled again."""
        self._busy = busy
        self._show_choice()

    def _show_sides(self, subject: Subject) -> None:
        conflict = subject.conflict
        if conflict.kind is ConflictKind.SAME_CONTENT:
            self._show_cases(subject)
            return
        mine, theirs, before = (
            value_words(v.value, conflict.unit) for v in (conflict.mine, conflict.theirs, conflict.base)
        )
        said = mine.plain or theirs.plain  # our words: their letters mean nothing
        here, there = differing("", "") if said else differing(mine.text, theirs.text)
        times = [
            clock_time(v.at) if v.at is not None else ""
            for v in (conflict.mine, conflict.theirs, conflict.base)
        ]
        both = Settlement.MINE in conflict.choices
        self.mine.show_side(
            Side(self.tr("Mine"), "1" if both else "", mine, who_words(conflict.mine, times[0]), here),
            can_choose=both,
        )
        self.theirs.show_side(
            Side(self.tr("Theirs"), "2", theirs, who_words(conflict.theirs, times[1]), there)
        )
        if conflict.kind is ConflictKind.EVIDENCE:
            changed = changed_words(subject, clock_time)
            self.base.show_side(Side(self.tr("What others changed last"), "", changed, ""), can_choose=False)
            return
        base = who_words(conflict.base, times[2]) or self.tr("as it was before")
        self.base.show_side(Side(self.tr("Both started from"), "", before, base), can_choose=False)

    def _show_cases(self, subject: Subject) -> None:
        """Two cases with the same file: each is a side; what both hold stands between them."""
        received = self.tr("received {time}")
        when = clock_time(subject.received_at) if subject.received_at else ""
        mine = Side(
            subject.receipt,
            "",
            ValueWords(subject.patient or self.tr("No name read"), plain=not subject.patient),
            received.format(time=when) if when else "",
        )
        other = subject.other
        if other is None:
            words = ValueWords(self.tr("This case is not on this computer yet."), plain=True)
            theirs = Side(self.tr("The other case"), "", words, "")
        else:
            name = ValueWords(other.patient or self.tr("No name read"), plain=not other.patient)
            theirs = Side(other.receipt, "", name, received.format(time=clock_time(other.received_at)))
        self.mine.show_side(mine, can_choose=False)
        self.theirs.show_side(theirs, can_choose=False)
        words = ValueWords(self.tr("Every page of it is the same in both."), plain=True)
        self.base.show_side(Side(self.tr("The file"), "", words, ""), can_choose=False)

    # what is chosen

    def choose(self, digit: int) -> None:
        """Choose the first or the second way of settling it."""
        if self._subject is None or self._busy:
            return
        offered = [s for s in self._subject.conflict.choices if s not in WITH_NOTE.values()]
        ways = [Settlement.MINE, Settlement.THEIRS] if Settlement.THEIRS in offered else list(offered)
        way = ways[digit - 1] if digit <= len(ways) else None
        if way in offered:
            self._choice = way
            self._show_choice()

    def toggle_note(self) -> None:
        """Keep what is not chosen as a note on the case, or not; with nothing chosen yet: theirs, mine as a note."""
        if self._subject is None or self._busy or Settlement.THEIRS_AND_NOTE not in self._offered:
            return
        if self._choice is None:
            self._choice, self._note = Settlement.THEIRS, True
        else:
            self._note = not self._note
        if self.choice not in self._offered:
            self._note = False
        self._show_choice()

    @property
    def _offered(self) -> tuple[Settlement, ...]:
        return self._subject.conflict.choices if self._subject is not None else ()

    def _show_choice(self) -> None:
        subject = self._subject
        if subject is None:
            return
        cases = subject.conflict.kind is ConflictKind.SAME_CONTENT
        self.mine.setChecked(self._choice is Settlement.MINE)
        self.theirs.setChecked(self._choice is Settlement.THEIRS)
        self.note.setVisible(Settlement.THEIRS_AND_NOTE in self._offered)
        self.note.setChecked(self._note)
        for button, way in ((self.merge, Settlement.MERGE), (self.both, Settlement.BOTH)):
            button.setVisible(cases)
            button.setChecked(self._choice is way)
        if self._choice is Settlement.MINE:
            self.note.set_words(self.tr("Keep theirs as a note"), "N")
        else:
            self.note.set_words(self.tr("Keep mine as a note"), "N")
        review = subject.conflict.kind in (ConflictKind.EVIDENCE, ConflictKind.DECIDED)
        self.look.set_words(self.tr("Open the review") if review else self.tr("Open the case"), "O")
        chosen = self.choice
        if chosen is not None:
            self.outcome.setText(outcome_of(chosen, subject.conflict.kind))
        elif cases:
            self.outcome.setText(self.tr("Press 1 to merge them, 2 to keep both."))
        else:
            self.outcome.setText(
                self.tr("Press 1 for mine, 2 for theirs. Whatever is not kept can still be read.")
            )
        self.settle.setEnabled(chosen is not None and not self._busy)
        words = self.tr("Settle")
        if chosen is Settlement.MERGE:
            words = self.tr("Merge")
        elif chosen is Settlement.BOTH:
            words = self.tr("Keep both")
        self.settle.set_words(words, "↵")

    def _settle(self) -> None:
        if self._subject is not None and self.choice is not None and not self._busy:
            self.set_busy(True)
            self.settled.emit(self._subject.conflict.conflict_id, self.choice)

    def _look(self) -> None:
        if self._subject is not None:
            self.case_asked.emit(self._subject.conflict.case_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_1, Qt.Key.Key_2):
            self.choose(1 if key == Qt.Key.Key_1 else 2)
        elif key in (Qt.Key.Key_N, Qt.Key.Key_3):
            if not event.isAutoRepeat():
                self.toggle_note()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.choose(1 if key == Qt.Key.Key_Left else 2)
        elif key in (Qt.Key.Key_J, Qt.Key.Key_Down):
            self.step_asked.emit(1)
        elif key in (Qt.Key.Key_K, Qt.Key.Key_Up):
            self.step_asked.emit(-1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._settle()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            bar = self._scroll.verticalScrollBar()
            bar.setValue(bar.value() + (1 if key == Qt.Key.Key_PageDown else -1) * bar.pageStep())
        elif key == Qt.Key.Key_O:
            self._look()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # where things stand

    def _ask_crop(self) -> None:
        ratio = self.devicePixelRatioF()
        self.crop.show_words(self.tr("Opening the page…"))
        self.crop_wanted.emit(round(self.crop.width() * ratio), round(self.crop.height() * ratio))

    def _arrange(self) -> None:
        wide, paged = self.width() >= theme.px(ROOM), not self.crop.isHidden()
        if (wide, paged) == self._arranged:
            return
        self._arranged = (wide, paged)
        for widget in (self.mine, self.theirs, self.base, self.crop):
            self._sides.removeWidget(widget)
        top = Qt.AlignmentFlag.AlignTop
        for column in range(3):
            self._sides.setColumnStretch(column, 0)
        if wide:  # mine, the page over what both started from, theirs
            self._sides.addWidget(self.mine, 0, 0, 2, 1)
            self._sides.addWidget(self.crop, 0, 1)
            self._sides.addWidget(self.base, 1 if paged else 0, 1, 1 if paged else 2, 1)
            self._sides.addWidget(self.theirs, 0, 2, 2, 1)
            for column, stretch in enumerate((4, 5, 4)):
                self._sides.setColumnStretch(column, stretch)
        else:
            self._sides.addWidget(self.crop, 0, 0, 1, 2)
            self._sides.addWidget(self.mine, 1, 0, top)
            self._sides.addWidget(self.theirs, 1, 1, top)
            self._sides.addWidget(self.base, 2, 0, 1, 2, top)
            for column, stretch in enumerate((1, 1, 0)):
                self._sides.setColumnStretch(column, stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        for label, role, face in (
            (self.title, "text", "title"),
            (self.place, "muted", "small"),
            (self.words, "text", "body"),
            (self.outcome, "text", "body"),
        ):
            label.setFont(theme.font(face))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour(role))
            label.setPalette(palette)
        pad = theme.px(20)
        self._body.setContentsMargins(pad, theme.px(16), pad, theme.px(16))
        self._body.setSpacing(theme.px(10))
        self._head.setSpacing(theme.px(10))
        self._sides.setHorizontalSpacing(theme.px(14))
        self._sides.setVerticalSpacing(theme.px(10))
        self._foot.setContentsMargins(pad, theme.px(11), pad, theme.px(11))
        self._foot.setSpacing(theme.px(8))
        self._buttons.setSpacing(theme.px(8))
        self._arranged = None
        self._arrange()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        y = self._foot.geometry().top()
        painter.fillRect(QRectF(0, y, self.width(), 1), theme.colour("line"))


def _is_on_page(subject: Subject) -> bool:
    """Whether the conflict is about something that was read off a page."""
    return subject.field is not None and subject.field.box is not None
