"""What the rooms show of other desks: a case that changed elsewhere, its conflicts, and who else has it open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.domain.case import Case, Json
from app.domain.form import FormField
from app.services.editing import Edited
from app.views.intake_screen import IntakeScreen
from app.views.models.case_model import CaseModel
from app.views.models.lease_model import LeaseModel, QueueLeaseModel
from app.views.sync_room import SyncRoom
from app.views.widgets.conflict.conflict_words import field_path
from app.views.widgets.field_view import FieldMark, committed_text
from app.views.widgets.sync.lease_line import TAKE_OVER_KEY, LeaseLine
from app.views.widgets.sync.row_mark import RowMark

if TYPE_CHECKING:  # loaded when somebody reviews
    from app.views.review_room import ReviewRoom

Say = Callable[[str, str, str], None]


class LeaseView(QObject):
    """The line over a case with its model: who else has it open, and the key that takes it over."""

    def __init__(self, model: LeaseModel, over: QWidget, keys: QWidget, say: Say) -> None:
        """The line lies at the head of `over`; the key holds wherever the keyboard is within `keys`."""
        super().__init__(keys)
        self.model = model
        self._say = say
        self._is_said = False
        self.line = LeaseLine(over, keys)
        self.line.take_over_asked.connect(model.take_over)
        model.holder_changed.connect(lambda _holder: self._show())
        model.lost.connect(self._tell_lost)
        shortcut = QShortcut(QKeySequence(TAKE_OVER_KEY), keys)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(model.take_over)

    def set_said(self, said: bool) -> None:
        """Whether another line says already who has the case: one is enough."""
        self._is_said = said
        self._show()

    def _show(self) -> None:
        self.line.show_holder(None if self._is_said else self.model.holder)

    def _tell_lost(self, _case_id: str, title: str) -> None:
        words = self.tr("{person} has taken this case over.").format(person=title)
        self._say("info", words, self.tr("What you do here is still joined with theirs."))


class IntakeSync(QObject):
    """Keeps the intake screen alike with what other desks do, without moving what the person is doing."""

    def __init__(
        self,
        screen: IntakeScreen,
        case_model: CaseModel,
        room: SyncRoom,
        leases: LeaseModel,
        rows: QueueLeaseModel,
        say: Say,
    ) -> None:
        super().__init__(screen)
        self._screen = screen
        self._case_model = case_model
        self._room = room
        self._changed: dict[str, FieldMark] = {}
        self._notes: dict[str, FieldMark] = {}
        self._case_id = ""
        self.lease = LeaseView(leases, screen.page, screen, say)
        case_model.case_opened.connect(lambda opened: self._opened(opened.case))
        case_model.case_closed.connect(lambda: self._opened(None))
        case_model.case_changed.connect(self._edited)
        case_model.case_refreshed.connect(self._refreshed)
        room.cases_came.connect(self._came)
        room.marks_changed.connect(self._show_marks)
        leases.holder_changed.connect(lambda _holder: self._show_marks())
        rows.changed.connect(lambda _holders: self._show_marks())
        self._rows = rows
        screen.panel.form.settle_asked.connect(self.settle)

    def settle(self, path: str = "") -> None:
        """Show the conflict of a field of the open case, or of the case."""
        case = self._case_model.case
        if case is not None:
            self._screen.leave()
            self._room.show_conflict(case.case_id, path)

    def _opened(self, case: Case | None) -> None:
        case_id = case.case_id if case is not None else ""
        if case_id != self._case_id:
            self._changed = {}
            self._notes = {}
        self._case_id = case_id
        self.lease.model.show_case(case_id)
        self._show_marks()
        self._case_model.ask_document(self._take_notes)

    def _came(self, case_ids: tuple[str, ...]) -> None:
        self._screen.cases_came(case_ids)
        if self._case_id in case_ids:
            self._case_model.refresh()

    def _edited(self, edited: Edited) -> None:
        """What the person has just settled is not marked any more."""
        settled = [path for path in edited.fields if path in self._changed]
        for path in settled:
            del self._changed[path]
        if settled:
            self._show_marks()

    def _refreshed(self, before: Case, now: Case) -> None:
        """A field that is being typed in and changed elsewhere says so; the typing stays."""
        self._case_model.ask_document(self._take_notes)
        form = self._screen.panel.form
        entry = form.open_entry
        if entry is None or not form.card.dirty:
            return
        was, stands = before.field(entry.path), now.field(entry.path)
        if was is None or stands is None or was.current == stands.current:
            return
        self._changed[entry.path] = FieldMark(self._changed_words(stands))
        self._show_marks()

    def _take_notes(self, document: Json) -> None:
        """What a conflict left as a note stands under its field."""
        notes: dict[str, FieldMark] = {}
        for note in sorted(document.get("notes", {}).values(), key=lambda n: str(n.get("at", ""))):
            path = field_path(str(note.get("unit", "")))
            if path:
                words = self.tr("Note: {text}").format(text=note.get("text", ""))
                if note.get("by"):
                    words = self.tr("Note, from {person}: {text}").format(
                        person=self._room.called(note["by"]), text=note.get("text", "")
                    )
                notes[path] = FieldMark(words)
        if notes != self._notes:
            self._notes = notes
            self._show_marks()

    def _changed_words(self, field: FormField) -> str:
        value = committed_text(field)
        if field.by:
            words = self.tr("{person} has changed this to “{value}” while you type.").format(
                person=self._room.called(field.by), value=value
            )
        else:
            words = self.tr("This was changed elsewhere to “{value}” while you type.").format(value=value)
        return words + " " + self.tr("Esc takes it, Enter keeps what you typed.")

    def _show_marks(self) -> None:
        conflicts = self._room.field_marks(self._case_id) if self._case_id else {}
        self._screen.panel.form.set_marks({**self._notes, **self._changed, **conflicts})
        self._screen.queue.set_marks(row_marks(self._room, self.lease.model, self._rows))


def row_marks(room: SyncRoom, open_case: LeaseModel, rows: QueueLeaseModel) -> dict[str, RowMark]:
    """What the rows of a queue say about other desks, by case id."""
    marks = dict(room.row_marks())
    holders = dict(rows.holders)
    if open_case.case_id:  # of the open case the line above it knows more
        holders.pop(open_case.case_id, None)
        if open_case.holder is not None:
            holders[open_case.case_id] = open_case.holder
    for case_id, holder in holders.items():
        mark = marks.get(case_id, RowMark())
        marks[case_id] = RowMark(mark.conflicts, holder.title, holder.since)
    return marks


class ReviewSync(QObject):
    """Keeps the room of the review alike with what other desks do."""

    def __init__(
        self, review: ReviewRoom, room: SyncRoom, leases: LeaseModel, rows: QueueLeaseModel, say: Say
    ) -> None:
        super().__init__(review)
        self._review = review
        self._room = room
        screen = review.screen
        self.lease = LeaseView(leases, screen.desk.halves, screen.case_page, say)
        screen.held_changed.connect(lambda words: self.lease.set_said(bool(words)))
        review.case_model.case_opened.connect(lambda opened: leases.show_case(opened.case.case_id))
        review.case_model.case_closed.connect(lambda: leases.show_case(""))
        room.cases_came.connect(self._came)
        room.marks_changed.connect(self._show_marks)
        leases.holder_changed.connect(lambda _holder: self._show_marks())
        rows.changed.connect(lambda _holders: self._show_marks())
        self._rows = rows
        self._show_marks()

    def _came(self, case_ids: tuple[str, ...]) -> None:
        self._review.queue_model.forget(case_ids)
        self._review.queue_model.refresh()
        case = self._review.case_model.case
        if case is not None and case.case_id in case_ids:
            self._review.case_model.reload()
            self._review.side.refresh()

    def _show_marks(self) -> None:
        self._review.screen.queue.set_marks(row_marks(self._room, self.lease.model, self._rows))
