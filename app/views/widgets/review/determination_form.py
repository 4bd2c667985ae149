"""What a person says when they decide: which lines, what is missing, why; and the one act that records it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import QDate, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.determination import AGAINST, Named, Outcome
from app.domain.draft import Draft
from app.views import theme
from app.views.widgets.lettering import draw_symbol
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.review.determination_parts import CountersignButton, OpenLine, OverrideLine, PickLine
from app.views.widgets.review.determination_reason import ReasonField
from app.views.widgets.review.determination_words import (
    LETTERS,
    SYMBOLS,
    Decision,
    LineState,
    deed_words,
    ground_words,
    left_out,
    outcome_words,
    reason_words,
)

KEYS = ("Ctrl+Shift+Return", "Ctrl+Shift+Enter")
"""The one deliberate act; the second is the key of the number pad."""
ANSWER_IN = timedelta(days=7)
PICKS = 5
"""So many words to pick from are in sight at first; the others unfold."""


class DeterminationForm(QWidget):
    """One outcome being decided. Nothing in it is filled in but what a person typed or ticked.

    `signed(Decision)` is the one deliberate act; while that is being recorded nothing can be done twice.
    """

    signed = Signal(object)
    letter_wanted = Signal(object)
    left = Signal()
    reason_edited = Signal(object)
    document_opened = Signal(str)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome = Outcome.PEND
        self._lines: tuple[LineState, ...] = ()
        self._unopened: tuple[tuple[str, str], ...] = ()
        self._missing: tuple[str, ...] = ()
        self._busy = False
        self._letters = self._rest_shown = True
        self._today = date.min
        self._line_picks: list[PickLine] = []
        self._missing_picks: list[PickLine] = []
        self._overrides: list[OverrideLine] = []
        self._criteria_picks: list[PickLine] = []
        self._opens: list[QWidget] = []
        self._heads: list[QLabel] = []
        self._build()
        theme.changed.connect(self._restyle)
        self._restyle()

    def _build(self) -> None:
        self._title = QLabel(self)
        self.leave = QPushButton(self.tr("Not now"), self)
        self.leave.setProperty("quiet", True)
        self.leave.clicked.connect(self.left)
        self._inner = QWidget(self)
        self._column = QVBoxLayout(self._inner)
        self._lines_head = self._head(self.tr("For which lines"))
        self._lines_box = self._box()
        self.supersede = PickLine(self.tr("It takes the place of the decision made before"), self._inner)
        self.supersede.toggled.connect(self._say)
        self._column.addWidget(self.supersede)
        self._open_head = self._head(self.tr("Open these before you decide"))
        self._open_box = self._box()
        self._missing_head = self._head(self.tr("What is missing: tick or type what you ask for"))
        self._missing_box = self._box()
        self.rest = QPushButton(self._inner)
        self.rest.setProperty("quiet", True)
        self.rest.clicked.connect(self._show_rest)
        self._column.addWidget(self.rest)
        self.more = QLineEdit(self._inner)
        self.more.setPlaceholderText(self.tr("Something else; Enter adds it"))
        self.more.returnPressed.connect(self._add_missing)
        self.more.textEdited.connect(lambda _words: self._say())
        self._column.addWidget(self.more)
        self._by_row = QWidget(self._inner)
        by = QHBoxLayout(self._by_row)
        by.setContentsMargins(0, 0, 0, 0)
        self._by_words = QLabel(self.tr("To be here by"), self._by_row)
        self.answer_by = QDateEdit(self._by_row)
        self.answer_by.setCalendarPopup(True)
        self.answer_by.dateChanged.connect(lambda _day: self._say())
        by.addWidget(self._by_words)
        by.addWidget(self.answer_by)
        by.addStretch(1)
        self._column.addWidget(self._by_row)
        self._override_head = self._head(self.tr("Not shown to be met: a reason for each"))
        self._override_box = self._box()
        self._granted_head = self._head(self.tr("What is approved"))
        self.granted = QLineEdit(self._inner)
        self.granted.setPlaceholderText(self.tr("such as: 12 of the 24 visits asked for"))
        self.granted.textEdited.connect(lambda _words: self._say())
        self._column.addWidget(self.granted)
        self._ground_head = self._head(self.tr("Why it is not judged"))
        self._ground_picks = self._filled(self._box(), [], list(ground_words().values()))
        for pick in self._ground_picks:
            pick.clicked.connect(self._ground_picked)
        self._criteria_head = self._head(self.tr("Criteria the letter names as not met"))
        self._criteria_box = self._box()
        self._reason_head = self._head("")
        self.reason = ReasonField(self._inner)
        self.reason.edited.connect(self._reason_typed)
        self._column.addWidget(self.reason)
        self._column.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._inner)
        OverlayBar(self._area)
        self.wanting = QLabel(self)
        self.wanting.setWordWrap(True)
        self.sign = CountersignButton("", self.tr("Ctrl ⇧ ↵"), primary=True, symbol="stamp", parent=self)
        self.sign.setObjectName("countersign")
        self.sign.clicked.connect(self.countersign)
        self.letter = QPushButton(self.tr("Preview letter"), self)
        self.letter.clicked.connect(lambda: self.letter_wanted.emit(self.decision()))
        self._top = QHBoxLayout()
        self._top.addWidget(self._title, 1)
        self._top.addWidget(self.leave)
        self._feet = QHBoxLayout()
        self._feet.addWidget(self.sign)
        self._feet.addWidget(self.letter)
        self._feet.addStretch(1)
        self._outer = outer = QVBoxLayout(self)
        outer.addLayout(self._top)
        outer.addWidget(self._area, 1)
        outer.addWidget(self.wanting)
        outer.addLayout(self._feet)

    def _head(self, words: str) -> QLabel:
        label = QLabel(words, self._inner)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self._heads.append(label)
        self._column.addWidget(label)
        return label

    def _box(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(2))
        self._column.addLayout(box)
        return box

    # What is shown

    @property
    def outcome(self) -> Outcome:
        return self._outcome

    def begin(
        self, outcome: Outcome, lines: Sequence[LineState], line: str, missing: Sequence[str], today: date
    ) -> None:
        """Begin to decide. `line` is the one in sight; `missing` are words to pick from, none of them picked."""
        self._outcome, self._lines, self._today = outcome, tuple(lines), today
        self._missing = tuple(missing)
        self._fill_lines(line)
        self._missing_picks = self._filled(self._missing_box, self._missing_picks, self._missing)
        self._rest_shown = len(self._missing) <= PICKS + 1
        self.more.clear()
        self.granted.clear()
        for pick in self._ground_picks:
            pick.setChecked(False)
        self.supersede.setChecked(False)
        self.answer_by.setMinimumDate(QDate(today.year, today.month, today.day))
        day = today + ANSWER_IN
        self.answer_by.setDate(QDate(day.year, day.month, day.day))
        self._criteria_picks = self._filled(
            self._criteria_box, self._criteria_picks, [c.text for c in self._known()]
        )
        self._show_outcome()
        self._fill_overrides()
        self._say()

    def focus_first(self) -> None:
        """Put the keyboard where the first thing has to be said; never on the act itself."""
        first: list[QWidget] = []
        if self._outcome is Outcome.PEND:
            first = [*self._missing_picks[:1], self.more]
        elif self._outcome is Outcome.APPROVE and self._overrides:
            first = [self._overrides[0].reason]
        (first or [self.reason.editor])[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def update_lines(self, lines: Sequence[LineState]) -> None:
        """What is known of the lines by now; what was typed and ticked stays."""
        if tuple(lines) == self._lines:
            return
        picked = set(self.decision().lines)
        self._lines = tuple(lines)
        self._fill_lines("", picked)
        self._fill_overrides()
        self._say()

    def show_unopened(self, documents: Sequence[tuple[str, str]]) -> None:
        """What a decision against the request has to open first, as (id, name)."""
        self._unopened = tuple(documents)
        for old in self._opens:
            old.hide()
            old.deleteLater()
        self._opens = []
        for document, name in self._unopened:
            line = OpenLine(name, self._inner)
            line.opened.connect(lambda found=document: self.document_opened.emit(found))
            self._open_box.addWidget(line)
            self._opens.append(line)
        self._show_outcome()
        self._say()

    def set_letters(self, offered: bool) -> None:
        self._letters = offered
        self._show_outcome()

    def set_busy(self, busy: bool) -> None:
        """While it is being recorded nothing else can be done here."""
        self._busy = busy
        self._inner.setEnabled(not busy)
        self.leave.setEnabled(not busy)
        self._say()

    def _filled(self, box: QVBoxLayout, old: list[PickLine], words: Sequence[str]) -> list[PickLine]:
        for line in old:
            line.hide()
            line.deleteLater()
        found = []
        for text in words:
            line = PickLine(text, self._inner)
            line.toggled.connect(self._say)
            box.addWidget(line)
            found.append(line)
        return found

    def _fill_lines(self, line: str, picked: set[str] | None = None) -> None:
        self._line_picks = self._filled(self._lines_box, self._line_picks, [s.title for s in self._lines])
        final = {s.line_id for s in self._lines if s.decided is not None and s.decided.final}
        open_lines = [s.line_id for s in self._lines if s.line_id not in final]
        chosen = picked if picked is not None else {line} & set(open_lines) or set(open_lines[:1]) or {line}
        for state, pick in zip(self._lines, self._line_picks, strict=True):
            pick.blockSignals(True)
            pick.setChecked(state.line_id in chosen or len(self._lines) == 1)
            pick.blockSignals(False)
            pick.toggled.connect(lambda _on: self._fill_overrides())

    def _known(self) -> list[Named]:
        found: dict[str, Named] = {}
        for state in self._lines:
            for named in state.open:
                found.setdefault(named.criterion_id, named)
        return list(found.values())

    def _open_criteria(self) -> tuple[Named, ...]:
        chosen = set(self._chosen_lines())
        found: dict[str, Named] = {}
        for state in self._lines:
            if state.line_id in chosen:
                for named in state.open:
                    found.setdefault(named.criterion_id, named)
        return tuple(found.values())

    def _fill_overrides(self) -> None:
        wanted = self._open_criteria() if self._outcome is Outcome.APPROVE else ()
        if [c.criterion_id for c in wanted] != [o.criterion_id for o in self._overrides]:
            said = {o.criterion_id: o.reason.text() for o in self._overrides}
            for old in self._overrides:
                old.hide()
                old.deleteLater()
            self._overrides = []
            for named in wanted:
                line = OverrideLine(named.criterion_id, named.text, self._inner)
                line.reason.setText(said.get(named.criterion_id, ""))
                line.changed.connect(self._say)
                self._override_box.addWidget(line)
                self._overrides.append(line)
        self._show_outcome()

    def _show_outcome(self) -> None:
        outcome = self._outcome
        self._title.setText(outcome_words(outcome))
        self.sign.set_words(deed_words(outcome), self.tr("Ctrl ⇧ ↵"))
        self.letter.setVisible(self._letters and outcome in LETTERS)
        self._reason_head.setText(reason_words(outcome))
        self.reason.editor.setAccessibleName(reason_words(outcome))
        several = len(self._lines) > 1
        against = outcome in AGAINST
        decided = self._decided()
        for widgets, shown in (
            ([self._lines_head, *self._line_picks], several),
            ([self.supersede], decided),
            ([self._open_head, *self._opens], against and bool(self._unopened)),
            ([self._missing_head, self.more, self._by_row, *self._missing_picks], outcome is Outcome.PEND),
            ([self._override_head, *self._overrides], outcome is Outcome.APPROVE and bool(self._overrides)),
            ([self._granted_head, self.granted], outcome is Outcome.APPROVE_IN_PART),
            ([self._ground_head, *self._ground_picks], outcome is Outcome.DISMISS),
            ([self._criteria_head, *self._criteria_picks], against and bool(self._criteria_picks)),
        ):
            for widget in widgets:
                widget.setVisible(shown)
        folded = outcome is Outcome.PEND and not self._rest_shown
        for pick in self._missing_picks[PICKS:]:
            pick.setVisible(outcome is Outcome.PEND and (self._rest_shown or pick.isChecked()))
        self.rest.setVisible(folded)
        self.rest.setText(self.tr("{count} more").format(count=len(self._missing_picks) - PICKS))

    def _ground_picked(self) -> None:
        """One ground or the other: picking one takes the other back."""
        for pick in self._ground_picks:
            if pick is not self.sender():
                pick.setChecked(False)

    # What the person says

    def _chosen_lines(self) -> tuple[str, ...]:
        return tuple(
            s.line_id for s, pick in zip(self._lines, self._line_picks, strict=True) if pick.isChecked()
        )

    def _decided(self) -> bool:
        """Whether a line that is chosen was decided for good."""
        chosen = set(self._chosen_lines())
        return any(s.line_id in chosen and s.decided is not None and s.decided.final for s in self._lines)

    def _ground(self) -> str:
        picked = zip(ground_words(), self._ground_picks, strict=True)
        return next((str(ground) for ground, pick in picked if pick.isChecked()), "")

    def decision(self) -> Decision:
        """What has been said so far."""
        outcome = self._outcome
        day = self.answer_by.date()
        missing = [pick.text() for pick in self._missing_picks if pick.isChecked()]
        if self.more.text().strip():
            missing.append(self.more.text().strip())
        known = self._known()
        return Decision(
            self._chosen_lines(),
            outcome,
            self.reason.editor.toPlainText().strip(),
            missing=tuple(missing) if outcome is Outcome.PEND else (),
            answer_by=date(day.year(), day.month(), day.day()) if outcome is Outcome.PEND else None,
            granted=self.granted.text().strip() if outcome is Outcome.APPROVE_IN_PART else "",
            ground=self._ground() if outcome is Outcome.DISMISS else "",
            overrides=tuple((o.criterion_id, o.reason.text().strip()) for o in self._overrides)
            if outcome is Outcome.APPROVE
            else (),
            criteria=tuple(
                named.criterion_id
                for named, pick in zip(known, self._criteria_picks, strict=False)
                if pick.isChecked()
            )
            if outcome in AGAINST
            else (),
            supersede=self.supersede.isChecked() and self._decided(),
        )

    def left_out(self) -> tuple[str, ...]:
        """What is still missing, in words."""
        return left_out(
            self.decision(), self._open_criteria(), len(self._unopened), self._decided(), self._today
        )

    def _show_rest(self) -> None:
        self._rest_shown = True
        self._show_outcome()
        if len(self._missing_picks) > PICKS:
            self._missing_picks[PICKS].setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _add_missing(self) -> None:
        words = self.more.text().strip()
        if not words:
            return
        line = PickLine(words, self._inner)
        line.setChecked(True)
        line.toggled.connect(self._say)
        self._missing_box.addWidget(line)
        self._missing_picks.append(line)
        line.show()
        self.more.clear()
        self._say()

    def _reason_typed(self, draft: Draft) -> None:
        self.reason_edited.emit(draft)
        self._say()

    def _say(self, _on: bool = False) -> None:
        left = self.left_out()
        self.sign.setEnabled(not left and not self._busy)
        self.sign.update()
        self.letter.setEnabled(not self._busy and not left)
        if self._busy:
            words = self.tr("Being recorded …")
        elif left:
            words = self.tr("Left to do: {left}.").format(left="; ".join(left))
        else:
            words = self.tr("It is recorded under your name, by the button or its key, never by Enter.")
        self.wanting.setText(words)
        self.changed.emit()

    def countersign(self) -> None:
        """The deliberate act. Does nothing while something is left out or it is being recorded."""
        if not self._busy and not self.left_out():
            self.signed.emit(self.decision())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self._busy:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def wanted_height(self) -> int:
        """The height that shows all of it at this width."""
        self._column.activate()
        inner = self.reason.geometry().bottom() + 1 + theme.px(4)  # what is above it lies from the top down
        wanting = self.wanting.heightForWidth(max(60, self.width()))
        return inner + wanting + theme.px(8 + 28 + 6 + 6 + 6 + 34 + 10) + 2

    def _restyle(self) -> None:
        self._title.setFont(theme.font("title"))
        for label in (*self._heads, self.wanting, self._by_words):
            label.setFont(theme.font("small"))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
        self.leave.setFont(theme.font("small"))
        self.rest.setFont(theme.font("small"))
        for widget in (self.answer_by, self.more, self.granted, self.letter):
            widget.setFont(theme.font("body"))
        self.answer_by.setMinimumHeight(theme.px(32))
        self._column.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(4))
        self._column.setSpacing(theme.px(6))
        self._outer.setContentsMargins(0, theme.px(8), 0, theme.px(10))
        self._outer.setSpacing(theme.px(6))
        self._top.setContentsMargins(theme.px(16 + 26), 0, theme.px(12), 0)
        self._feet.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        self._feet.setSpacing(theme.px(8))
        self.wanting.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
        middle = self._title.geometry().center().y()
        draw_symbol(painter, SYMBOLS[self._outcome], "text", theme.px(16), middle, theme.px(18))
