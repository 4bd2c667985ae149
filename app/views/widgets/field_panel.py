"""The fields of the open case: looked at, corrected and verified, from the keyboard alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from app.domain.case import Case, IntakeStatus
from app.domain.confidence import SURE
from app.domain.draft import Draft
from app.domain.processor import FormDefinition
from app.views import theme
from app.views.widgets.document_bar import DocumentBar
from app.views.widgets.field_form import FieldForm
from app.views.widgets.field_key import ONCE, Intent, intent_of
from app.views.widgets.message_line import MessageLine
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.panel_footer import PanelFooter

IN_FOOTER = frozenset(
    {Intent.BACK, Intent.ESCAPE, Intent.UNDO, Intent.REDO, Intent.VERIFY, Intent.NEXT_CASE, Intent.UP,
     Intent.DOWN, Intent.EDIT}
)  # fmt: skip
"""The keys of the form that hold while a button of the footer has the keyboard."""


class FieldPanel(QWidget):
    """Shows a case by section, with one line open. Says what the person did; shows only what it is told.

    `value_edited`, `marked` and `restored` make the draft of their paths obsolete; `draft_dropped` comes when
    typing was taken back. Showing another case throws away what is typed: call `commit` before asking for it.
    `lens_wanted` carries path, width and height in device pixels.
    """

    field_selected = Signal(str)
    value_edited = Signal(str, object)
    values_edited = Signal(object)
    confirmed = Signal(object)
    marked = Signal(object, object)
    restored = Signal(object)
    drafted = Signal(str, object)
    draft_dropped = Signal(str)
    verify_requested = Signal()
    reopen_requested = Signal()
    next_case_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    row_added = Signal(str)
    row_removed = Signal(str, str)
    lens_wanted = Signal(str, int, int)
    read_again_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._case: Case | None = None
        self._threshold = SURE
        self._refusing = False
        self._page = QWidget()
        self.bar = DocumentBar(self._page)
        self.form = FieldForm(self._page)
        self.message = MessageLine(self._page)
        self.footer = PanelFooter(self._page)
        self.notice = NoticePage()
        self._stack = QStackedWidget(self)
        self._lay_out()
        self._wire()
        self.show_nothing(self.tr("Choose a case from the queue to see its fields."))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.form, 1)
        column.addWidget(self.message)
        column.addWidget(self.footer)
        self._stack.addWidget(self._page)
        self._stack.addWidget(self.notice)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.setMinimumWidth(theme.px(340))
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def _wire(self) -> None:
        form = self.form
        form.field_selected.connect(self.field_selected)
        form.value_edited.connect(self.value_edited)
        form.values_edited.connect(self.values_edited)
        form.confirmed.connect(self.confirmed)
        form.marked.connect(self.marked)
        form.restored.connect(self.restored)
        form.drafted.connect(self.drafted)
        form.draft_dropped.connect(self.draft_dropped)
        form.row_added.connect(self.row_added)
        form.row_removed.connect(self.row_removed)
        form.lens_wanted.connect(self.lens_wanted)
        form.undo_requested.connect(self.undo_requested)
        form.redo_requested.connect(self.redo_requested)
        form.verify_asked.connect(self.verify)
        form.next_asked.connect(self.next_case)
        form.finished.connect(self._finish)
        form.refused.connect(self._say_verified)
        form.left_changed.connect(self._summarize)
        self.footer.verify.clicked.connect(self._verify_or_reopen)
        self.footer.next.clicked.connect(self.next_case)
        self.notice.acted.connect(self._notice_acted)
        self.message.dismissed.connect(self._dismissed)
        for button in (self.footer.verify, self.footer.next):
            button.installEventFilter(self)

    def show_case(self, case: Case, definition: FormDefinition | None = None) -> None:
        """Show a case; the same case again is taken over in place, with what is being typed left alone."""
        if case.intake_status is IntakeStatus.UNREADABLE:
            self.show_unreadable(case)
            return
        if case.intake_status in (IntakeStatus.RECEIVED, IntakeStatus.READING):
            self.show_nothing(
                self.tr("This form is being read. Its fields appear here by themselves."), "loader"
            )
            return
        if not case.fields:
            self.show_nothing(
                self.tr("No answers were found on this form. Its pages stand beside this panel.")
            )
            return
        before = self._case
        self._case = case
        same = before is not None and before.case_id == case.case_id
        if not same:
            self._refusing = False
            self.message.clear()
        focused = self._has_keyboard()
        self._stack.setCurrentWidget(self._page)
        self.form.show_fields(case, definition)
        self._summarize()
        if not same and focused:
            self.form.focus_editor()
        if same and before is not None and before.intake_status is not case.intake_status:
            self._status_changed(case)

    def show_nothing(self, message: str, symbol: str = "inbox") -> None:
        """Show no case, and say what to do next."""
        self._show_notice(symbol, "", message)

    def show_unreadable(self, case: Case) -> None:
        """Show why a case has no fields: still being read, or unreadable and what can be done about it."""
        if case.intake_status is not IntakeStatus.UNREADABLE:
            self.show_nothing(
                self.tr("This form is being read. Its fields appear here by themselves."), "loader"
            )
            return
        reason = case.reason
        words = " ".join(p for p in (reason.text, reason.next_step) if p) if reason else ""
        self._show_notice(
            "file-x",
            self.tr("This file could not be read"),
            words,
            ((f"again {case.case_id}", self.tr("Read again"), ""), ("next", self.tr("Next"), "F10")),
        )

    def _show_notice(
        self, symbol: str, title: str, words: str, buttons: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        focused = self._has_keyboard()
        self._case = None
        self.form.forget()
        self.notice.show_notice(symbol, title, words, buttons)
        self._stack.setCurrentWidget(self.notice)
        if focused:
            target = self.notice.buttons[0] if self.notice.buttons else self
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_keyboard(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def set_lens(self, key: str, image: QImage) -> None:
        """The piece of the page a line was read from, in device pixels; a late one is dropped."""
        self.form.set_lens(key, image)

    def set_saved(self, state: str) -> None:
        """What the screen calls saved, in words."""
        self.footer.set_saved(state)

    def set_threshold(self, threshold: float) -> None:
        """Fields below this probability need a look."""
        self._threshold = threshold
        self.form.set_threshold(threshold)
        self._summarize()

    def restore_draft(self, path: str, draft: Draft) -> None:
        """Bring back words typed before the program ended, with their cursor; opens their line."""
        self.form.restore_draft(path, draft)

    @property
    def selected_key(self) -> str | None:
        """The key of the open line: a path, or `group:name`."""
        return self.form.walk.selected

    @property
    def selected_path(self) -> str | None:
        """The path of the field that stands for the open line."""
        entry = self.form.open_entry
        return entry.path if entry is not None else None

    def select(self, key: str) -> None:
        """Open the line of a key or a path and put the keyboard there; words typed before are committed."""
        self.form.select(key)

    def focus_editor(self) -> None:
        """Put the keyboard into the open line."""
        self.form.focus_editor()

    def insert_text(self, text: str) -> None:
        """Type a text for the person in the open line, at the cursor or over what is selected there."""
        self.form.insert_text(text)

    def commit(self) -> None:
        """Make a change of what is typed in the open line, if anything is."""
        self.form.commit()

    def act(self, intent: Intent) -> None:
        """Do what a key of the panel would do: for menus and a window's own shortcuts."""
        self.form.act(intent)

    def verify(self) -> None:
        """Ask to verify the case, or say inline what is left and go there."""
        if self._case is None or self.form.locked:
            return
        self.form.commit()
        if self.form.walk.left():
            self.refuse_verify()
            return
        self.message.clear()
        self.verify_requested.emit()

    def refuse_verify(self, words: str = "") -> None:
        """The case cannot be verified yet: say what is left, or these words, and go to the first of it."""
        self.change_refused()
        self._refusing = not words
        if words:
            self.message.say("look", words)
        self._summarize()
        first = self.form.walk.first_doubtful()
        if first is not None:
            self.form.select(first.key)

    def change_refused(self) -> None:
        """A change was not made: what was taken for settled is offered again."""
        self.form.walk.forget_sent()
        self._summarize()

    def next_case(self) -> None:
        """Ask for the next case, with what is typed committed first."""
        self.form.commit()
        self.next_case_requested.emit()

    def _verify_or_reopen(self) -> None:
        if self.form.locked:
            self.reopen_requested.emit()
        else:
            self.verify()

    def _finish(self) -> None:
        """Enter found nothing more to look at: the next key verifies, or goes on to the next case."""
        button = self.footer.next if self.form.locked else self.footer.verify
        button.setFocus(Qt.FocusReason.TabFocusReason)

    def _status_changed(self, case: Case) -> None:
        if case.intake_status is IntakeStatus.VERIFIED:
            self.message.say("sure", self.tr("Verified."), self.tr("Press Enter for the next case."))
            self.footer.next.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.message.clear()
            self.form.focus_editor()

    def _say_verified(self) -> None:
        self.message.say("info", self.tr("This case is verified."), self.tr("Reopen it to change something."))

    def _summarize(self) -> None:
        if self._case is None:
            return
        left = self.form.walk.left()
        names = tuple(
            f.label for p in self._case.confidence.missing if (f := self._case.field(p)) is not None
        )
        if self._refusing:
            self._say_left(left)
        self.bar.show_confidence(self._case.confidence, left, names, self._threshold)
        self.footer.show_state(left, self.form.locked)

    def _dismissed(self) -> None:
        self._refusing = False

    def _say_left(self, left: int) -> None:
        """While a refused Verify is being worked off, the line counts down and goes away by itself."""
        if left == 0:
            self._refusing = False
            self.message.clear()
        elif left == 1:
            self.message.say("look", self.tr("1 field still needs a look"))
        else:
            self.message.say("look", self.tr("{count} fields still need a look").format(count=left))

    def _notice_acted(self, name: str) -> None:
        if name == "next":
            self.next_case()
        elif name.startswith("again "):
            self.read_again_requested.emit(name.removeprefix("again "))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            intent = intent_of(event)
            if intent in IN_FOOTER and intent is not None:
                if event.isAutoRepeat() and intent in ONCE:
                    return True
                self.form.focus_editor()
                self.form.act(intent)
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        intent = intent_of(event)
        if intent is Intent.NEXT_CASE and not event.isAutoRepeat():
            self.next_case()
        elif intent is Intent.VERIFY and not event.isAutoRepeat():
            self.verify()
        else:
            super().keyPressEvent(event)
