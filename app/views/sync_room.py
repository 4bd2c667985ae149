"""The window's side of the shared queue: its state, what waits, the conflicts, and what came from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.conflict import ConflictKind, OpenConflict, Settlement
from app.domain.form import FieldState
from app.domain.role import Right
from app.domain.sync import Link, SyncState
from app.views.background import Background
from app.views.models.sync_model import SyncModel, Syncs
from app.views.widgets.field_view import FieldMark
from app.views.widgets.sync.row_mark import RowMark
from app.views.widgets.sync.sync_words import StateWords
from app.workstation import Workstation

if TYPE_CHECKING:  # loaded when somebody looks at them, not on the way to the first window
    from app.views.conflict_screen import ConflictScreen
    from app.views.models.conflict_model import ConflictModel
    from app.views.widgets.conflict.conflict_words import Subject
    from app.views.widgets.sync.waiting_page import WaitingPage

WAITING, CONFLICTS = "waiting", "conflicts"
SETTLE = "settle"
"""The action of the line that tells of conflicts."""
UNDO_SETTLED = "undo_settled:"
USE_MINE = "use_mine"


class SyncRoom(QObject):
    """Puts the models and pages of sync together. Its pages are built when they are first asked for."""

    said = Signal(str, str, str, str, str)
    """kind, what happened, what to do, action, words of its button; see `MessageLine.say`"""
    failed = Signal(object)
    """`Actionable`"""
    state_changed = Signal(object)
    """`StateWords`"""
    room_asked = Signal(str)
    case_asked = Signal(str, bool)
    """case id, whether it is the review of it that is to be opened"""
    left = Signal()
    """back to the room where the person was"""
    cases_came = Signal(object)
    """tuple of case ids that changed elsewhere"""
    marks_changed = Signal()
    """the conflicts of cases and fields are other ones"""
    sign_in_asked = Signal()
    sign_out_asked = Signal()
    connect_asked = Signal()

    def __init__(
        self,
        workstation: Workstation,
        syncing: Syncs | None,
        background: Background,
        rooms: QStackedWidget,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._rooms = rooms
        self._told = 0
        self._settled: Subject | None = None
        self.called = workstation.access.called
        self.model = SyncModel(syncing, lambda: workstation.person, background, self, self.called)
        self.model.state_changed.connect(self._tell_state)
        self.model.cases_came.connect(self._cases_came)
        self.model.refused.connect(self.failed)
        self.model.conflicts_moved.connect(self._look_at_conflicts)

    @property
    def is_connected(self) -> bool:
        return self.model.syncing is not None

    def start(self) -> None:
        """The window is up: listen, and offer what is still to be settled."""
        self.model.start()

    def stop(self) -> None:
        """The window closes."""
        self.model.stop()

    # the pages

    @cached_property
    def waiting(self) -> WaitingPage:
        from app.views.widgets.sync.waiting_page import WaitingPage

        page = WaitingPage()
        model = self.model
        self._rooms.addWidget(page)
        page.try_asked.connect(model.try_now)
        page.given_up.connect(model.give_up)
        page.retry_asked.connect(model.retry)
        page.left.connect(self.left)
        page.conflicts_asked.connect(lambda: self.room_asked.emit(CONFLICTS))
        page.conflict_asked.connect(self.show_conflict)
        page.case_asked.connect(lambda case_id: self.case_asked.emit(case_id, False))
        page.sign_in_asked.connect(self.sign_in_asked)
        page.sign_out_asked.connect(self.sign_out_asked)
        page.connect_asked.connect(self.connect_asked)
        model.state_changed.connect(page.show_state)
        model.waiting_changed.connect(page.show_items)
        page.show_state(model.state, model.words)
        return page

    @cached_property
    def conflicts(self) -> ConflictModel:
        from app.views.models.conflict_model import ConflictModel
        from app.views.models.pages_model import PagesModel

        workstation = self._workstation
        pages = PagesModel(workstation, self._background, self)
        model = ConflictModel(
            self.model.syncing, workstation.store, workstation.in_store, lambda: workstation.person,
            pages, self._background, self, self.called,
        )  # fmt: skip
        model.subjects_changed.connect(self._tell_conflicts)
        model.settled.connect(self._tell_settled)
        model.refused.connect(self.failed)
        return model

    @cached_property
    def screen(self) -> ConflictScreen:
        from app.views.conflict_screen import ConflictScreen

        screen = ConflictScreen()
        model = self.conflicts
        self._rooms.addWidget(screen)
        screen.settled.connect(model.settle)
        screen.left.connect(self.left)
        screen.case_asked.connect(self._open_case)
        screen.crop_wanted.connect(
            lambda subject, width, height: model.ask_crop(subject, width, height, screen.devicePixelRatioF())
        )
        model.subjects_changed.connect(screen.show_subjects)
        model.crop_drawn.connect(screen.show_crop)
        model.crop_failed.connect(screen.show_no_crop)
        screen.show_subjects(model.subjects)
        return screen

    def enter(self, name: str) -> QWidget:
        """Show one of the pages; returns it."""
        if name == CONFLICTS:
            self.model.watch(False)
            self._rooms.setCurrentWidget(self.screen)
            self.conflicts.refresh()
            self.screen.take_keyboard()
            return self.screen
        self._rooms.setCurrentWidget(self.waiting)
        self.model.watch(True)
        self.waiting.focus_list()
        return self.waiting

    def leave(self) -> None:
        """Another room is shown."""
        self.model.watch(False)

    def show_waiting(self) -> None:
        """List what waits; where it is listed already, try at once."""
        if self._rooms.currentWidget() is self.__dict__.get("waiting"):
            self.model.try_now()
        else:
            self.room_asked.emit(WAITING)

    def show_conflict(self, case_id: str, path: str = "") -> None:
        """Show the conflict of a case, of one of its fields when a path is given."""
        self.room_asked.emit(CONFLICTS)
        self.screen.show_case(case_id, path)

    # conflicts, told where the work is

    @property
    def open_conflicts(self) -> tuple[OpenConflict, ...]:
        if "conflicts" not in self.__dict__:
            return ()
        return tuple(s.conflict for s in self.conflicts.subjects)

    def row_marks(self) -> Mapping[str, RowMark]:
        """What rows of a queue say about conflicts, by case id."""
        counts: dict[str, int] = {}
        for conflict in self.open_conflicts:
            for case_id in {conflict.case_id, conflict.other_case_id} - {""}:
                counts[case_id] = counts.get(case_id, 0) + 1
        return {case_id: RowMark(conflicts=count) for case_id, count in counts.items()}

    def field_marks(self, case_id: str) -> Mapping[str, FieldMark]:
        """What fields of a case say about conflicts, by path."""
        conflicts = self.open_conflicts
        if not conflicts:
            return {}
        from app.views.widgets.conflict.conflict_words import field_path

        marks = {}
        for conflict in conflicts:
            path = field_path(conflict.unit)
            if conflict.case_id == case_id and path:
                other = conflict.theirs.by or self.tr("Somebody else")
                words = self.tr("{other} gave this another value: settle which one holds.").format(
                    other=other
                )
                marks[path] = FieldMark(words, conflict=True)
        return marks

    def _look_at_conflicts(self) -> None:
        if self.model.state.conflicts or "conflicts" in self.__dict__:
            self.conflicts.refresh()

    def _tell_conflicts(self, subjects: tuple[Subject, ...]) -> None:
        count, before = len(subjects), self._told
        self._told = count
        self.marks_changed.emit()
        if count > before and self._rooms.currentWidget() is not self.__dict__.get("screen"):
            words = (
                self.tr("1 conflict is to be settled: the same was changed here and elsewhere.")
                if count == 1
                else self.tr(
                    "{count} conflicts are to be settled: the same was changed here and elsewhere."
                ).format(count=count)
            )
            self.said.emit("look", words, "", SETTLE, self.tr("Settle (Ctrl+Shift+K)"))

    def _tell_settled(self, subject: Subject, settlement: Settlement) -> None:
        from app.views.widgets.conflict.conflict_words import settled_words

        words = settled_words(settlement, subject.conflict.kind)
        case_id = subject.conflict.case_id
        self._settled = None
        written = settlement in (Settlement.MINE, Settlement.MINE_AND_NOTE, Settlement.THEIRS_AND_NOTE)
        mine = subject.field is not None and isinstance(subject.conflict.mine.value, dict)
        if subject.conflict.unit and written:
            self.said.emit("sure", words, "", f"{UNDO_SETTLED}{case_id}", self.tr("Undo"))
        elif settlement is Settlement.THEIRS and mine and subject.conflict.kind is ConflictKind.VALUE:
            self._settled = subject
            self.said.emit("sure", words, "", USE_MINE, self.tr("Use mine after all"))
        else:
            self.said.emit("sure", words, "", "", "")

    def act(self, action: str) -> bool:
        """Do what a button of the window's line asks; False when it is not about sync."""
        if action == SETTLE:
            self.room_asked.emit(CONFLICTS)
        elif action.startswith(UNDO_SETTLED):
            self._undo(action.removeprefix(UNDO_SETTLED))
        elif action == USE_MINE:
            self._use_mine()
        else:
            return False
        return True

    def _use_mine(self) -> None:
        """Theirs was kept, and the person thinks again: mine is entered as any value is."""
        subject, self._settled = self._settled, None
        if subject is None or subject.field is None:
            return
        from app.domain.case import field_from

        mine = field_from(subject.field.path, subject.conflict.mine.value)
        editing, case_id = self._workstation.editing, subject.conflict.case_id
        marked = mine.state in (FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE)
        function = editing.mark if marked else editing.correct
        what: tuple[object, ...] = ((mine.path,), mine.state) if marked else ({mine.path: mine.current},)
        self._background.run(
            self, "store", function, case_id, *what, self._workstation.person,
            done=lambda _: self.cases_came.emit((case_id,)), failed=self.failed.emit,
        )  # fmt: skip

    def _undo(self, case_id: str) -> None:
        workstation = self._workstation

        def undone(edited: object) -> None:
            if edited is None:
                self.said.emit("info", self.tr("There is nothing to take back."), "", "", "")
            self.cases_came.emit((case_id,))
            self.conflicts.refresh()

        self._background.run(
            self, "store", workstation.editing.undo, case_id, workstation.person,
            done=undone, failed=self.failed.emit,
        )  # fmt: skip

    def _open_case(self, case_id: str) -> None:
        subject = next((s for s in self.conflicts.subjects if s.conflict.case_id == case_id), None)
        kind = subject.conflict.kind if subject is not None else ConflictKind.VALUE
        review = kind in (ConflictKind.EVIDENCE, ConflictKind.DECIDED)
        if not review and not self._workstation.access.me.may(Right.TAKE_IN):
            review = True
        self.case_asked.emit(case_id, review)

    # what came

    def _cases_came(self, case_ids: tuple[str, ...]) -> None:
        self.cases_came.emit(case_ids)

    def _tell_state(self, _state: SyncState, words: StateWords) -> None:
        self.state_changed.emit(words)

    @property
    def words(self) -> StateWords:
        return self.model.words

    @property
    def is_local(self) -> bool:
        return self.model.state.link is Link.LOCAL
