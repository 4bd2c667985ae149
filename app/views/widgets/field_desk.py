"""The desk of the field panel: which line is open, what is typed there, and what becomes of it when it is left."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.attention import Item
from app.domain.case import Case, IntakeStatus
from app.domain.draft import Draft
from app.domain.processor import FormDefinition
from app.views.widgets.field_sheet import FieldSheet
from app.views.widgets.field_view import Entry, FieldMark, PanelView, committed_text, panel_view
from app.views.widgets.walk import Walk, weights_of


class FieldDesk(FieldSheet):
    """Knows which line is open, what is typed in it, and what of it is committed.

    Setting the same case again is taken over in place; words being typed stay with cursor and selection.
    """

    field_selected = Signal(str)
    value_edited = Signal(str, object)
    drafted = Signal(str, object)
    draft_dropped = Signal(str)
    lens_wanted = Signal(str, int, int)
    left_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.walk = Walk()
        self._case: Case | None = None
        self._definition: FormDefinition | None = None
        self._drafts: dict[str, Draft] = {}
        self._marks: dict[str, FieldMark] = {}
        self._last_draft: Draft | None = None
        self._editing = False
        self._armed = False
        self._undoing = False
        self._new_row: str | None = None
        self._lens_asked: tuple[str, int, int] | None = None
        self.card.typed.connect(self._typed)
        self.card.editor.clicked.connect(self._begin_editing)
        self.lines.chosen.connect(self.select)

    @property
    def locked(self) -> bool:
        """Whether the case is verified: looked at, not changed."""
        return self._case is not None and self._case.intake_status is IntakeStatus.VERIFIED

    @property
    def open_entry(self) -> Entry | None:
        return self.walk.entry(self.walk.selected)

    # What is shown.

    def show_fields(self, case: Case, definition: FormDefinition | None) -> None:
        """Show a case; the same case again is taken over in place, with what is being typed left alone."""
        same = self._case is not None and self._case.case_id == case.case_id
        before = {e.key: e.item for e in self.walk.entries} if same else {}
        self._case, self._definition = case, definition
        self.walk.weights = weights_of(definition)
        if not same:
            self.walk.begin()
            self._drafts = {}
            self._last_draft = None
            self._undoing = False
        view = self._refresh()
        if not same:
            self.verticalScrollBar().setValue(0)
            first = self.walk.next_doubtful() or next(iter(self.walk.entries), None)
            self.show_view(view, None)
            if first is not None:
                self._go(first)
            return
        self._update_open(view)
        self._follow(before)

    def forget(self) -> None:
        """Show no case."""
        self._case = None
        self.walk.begin()
        self.walk.show(())
        self._drafts = {}
        self.show_view(PanelView(), None)

    def _refresh(self) -> PanelView:
        assert self._case is not None  # noqa: S101 - called with a case only
        view = panel_view(self._case, self._definition, self.walk.threshold, self._drafts, self._marks)
        self.walk.show(view.entries())
        return view

    def _update_open(self, view: PanelView) -> None:
        entry = self.open_entry
        if entry is None:
            self.walk.selected = None
            self.show_view(view, None)
            return
        typing = self.card.dirty
        self.card.update_entry(self._plain(entry), self.locked)
        if typing and not self.card.dirty:
            self._drop_draft(entry)
        self.show_view(view, entry.key)

    def _follow(self, before: Mapping[str, Item]) -> None:
        """After an undo, go to what it changed; after a row was added, to its first cell."""
        changed = [e for e in self.walk.entries if before.get(e.key) != e.item]
        if self._new_row is not None:
            fresh = next((e for e in changed if e.key not in before and e.cell), None)
            if fresh is not None:
                self._new_row = None
                self._go(fresh)
        elif self._undoing and changed:
            self._undoing = False
            if all(e.key != self.walk.selected for e in changed):
                self._go(changed[0])

    def set_lens(self, key: str, image: QImage) -> None:
        """The piece of the page a line was read from; a late one for another line is dropped."""
        entry = self.walk.entry(key)
        if entry is not None and entry.key == self.walk.selected:
            self.card.set_lens(image)

    def set_threshold(self, threshold: float) -> None:
        self.walk.threshold = threshold
        if self._case is not None:
            self._update_open(self._refresh())

    def set_marks(self, marks: Mapping[str, FieldMark]) -> None:
        """What other desks did to fields of the case, by path; nothing that is being typed moves."""
        if dict(marks) != self._marks:
            self._marks = dict(marks)
            if self._case is not None:
                self._update_open(self._refresh())

    def restore_draft(self, path: str, draft: Draft) -> None:
        """Bring back words typed before the program ended, with their cursor."""
        entry = self.walk.entry(path)
        if entry is None or entry.ticks or draft.text == committed_text(entry.field):
            return
        self._drafts[entry.path] = draft
        self._refresh()
        if entry.key == self.walk.selected:
            self._open(entry)
        else:
            self._go(entry)

    # Where the person is.

    def select(self, key: str) -> None:
        """Open the line of a key or a path and put the keyboard there; words typed before are committed."""
        entry = self.walk.entry(key)
        if entry is not None:
            if entry.key != self.walk.selected:
                self._go(entry)
            self.focus_editor()

    def focus_editor(self) -> None:
        if self.walk.selected is not None:
            self.card.focus_target.setFocus(Qt.FocusReason.OtherFocusReason)

    def insert_text(self, text: str) -> None:
        """Type a text for the person, at the cursor or over what is selected."""
        entry = self.open_entry
        if entry is not None and not entry.ticks and not self.locked:
            self.card.editor.insertPlainText(re.sub(r"\s+", " ", text).rstrip())
            self._begin_editing()
            self.focus_editor()

    def commit(self) -> None:
        """Make a change of what is typed in the open line, if anything is."""
        entry = self.open_entry
        if entry is None or not self.card.dirty:
            return
        text = self.card.commit()
        self._drafts.pop(entry.path, None)
        self._last_draft = None
        self.walk.send(entry.key)
        self.value_edited.emit(entry.path, text)
        self.left_changed.emit()

    def _go(self, entry: Entry) -> None:
        """Leave the open line, its words committed, and open another."""
        self.commit()
        had_focus = self.card.editor.hasFocus() or self.card.choices.hasFocus()
        self._open(entry)
        if had_focus:
            self.focus_editor()

    def _open(self, entry: Entry) -> None:
        self.walk.selected = entry.key
        self._undoing = False
        self._editing = False
        self._armed = False
        self._last_draft = None
        view = self._refresh()
        self.card.open(self._plain(entry), self.locked)
        kept = self._drafts.pop(entry.path, None)
        if kept is not None:
            self.card.restore(kept)
            self._last_draft = kept
            self._editing = True
            view = self._refresh()
        self.show_view(view, entry.key)
        self.reveal()
        self.field_selected.emit(entry.path)
        self._ask_for_lens()

    def _plain(self, entry: Entry) -> Entry:
        """The entry without words kept from before: the card has its own."""
        if entry.path not in self._drafts or self._case is None:
            return entry
        plain = panel_view(self._case, self._definition, self.walk.threshold).entries()
        return next(e for e in plain if e.key == entry.key)

    def _ask_for_lens(self) -> None:
        entry = self.open_entry
        if entry is None:
            return
        width, height = self.card.lens_size()
        self._lens_asked = (entry.path, width, height)
        if width > 0:
            self.lens_wanted.emit(entry.path, width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        entry = self.open_entry
        if entry is not None and (entry.path, *self.card.lens_size()) != self._lens_asked:
            self._ask_for_lens()

    def _begin_editing(self) -> None:
        self._editing = True

    def _typed(self) -> None:
        entry = self.open_entry
        if entry is None:
            return
        self._undoing = False
        if not self.card.dirty:
            self._drop_draft(entry)
            return
        self._editing = True
        draft = self.card.editor.draft()
        if draft != self._last_draft:
            self._last_draft = draft
            self.drafted.emit(entry.path, draft)

    def _drop_draft(self, entry: Entry) -> None:
        if self._last_draft is not None:
            self._last_draft = None
            self.draft_dropped.emit(entry.path)
