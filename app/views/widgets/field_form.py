"""Walking and editing the fields of a case: what every key and click means, said as signals of intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.attention import Item
from app.domain.case import Case, IntakeStatus
from app.domain.draft import Draft
from app.domain.form import FieldState
from app.domain.processor import FormDefinition
from app.views.widgets.field_key import ONCE, SUGGESTIONS, Intent, intent_of
from app.views.widgets.field_sheet import FieldSheet
from app.views.widgets.field_view import Entry, PanelView, committed_text, panel_view, suggestions
from app.views.widgets.walk import Walk, weights_of


class FieldForm(FieldSheet):
    """The lines of a case with one of them open. `verify_asked` and `next_asked` are left to the panel around it.

    `finished` says that Enter found nothing more to look at, `locked` that a verified case was to be changed.
    """

    field_selected = Signal(str)
    value_edited = Signal(str, object)
    values_edited = Signal(object)
    confirmed = Signal(object)
    marked = Signal(object, object)
    restored = Signal(object)
    drafted = Signal(str, object)
    draft_dropped = Signal(str)
    row_added = Signal(str)
    row_removed = Signal(str, str)
    lens_wanted = Signal(str, int, int)
    undo_requested = Signal()
    redo_requested = Signal()
    verify_asked = Signal()
    next_asked = Signal()
    finished = Signal()
    refused = Signal()
    left_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.walk = Walk()
        self._case: Case | None = None
        self._definition: FormDefinition | None = None
        self._drafts: dict[str, Draft] = {}
        self._last_draft: Draft | None = None
        self._editing = False
        self._armed = False
        self._undoing = False
        self._new_row: str | None = None
        self._lens_asked: tuple[str, int, int] | None = None
        for watched in (self.card.editor, self.card.choices):
            watched.installEventFilter(self)
        self.card.asked.connect(self.act)
        self.card.typed.connect(self._typed)
        self.card.ticked.connect(self._ticked)
        self.card.editor.clicked.connect(self._begin_editing)
        self.lines.chosen.connect(self.select)
        self.lines.row_added.connect(self._add_row)
        self.lines.row_removed.connect(self._remove_row)
        self._acts = self._table()

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
        view = panel_view(self._case, self._definition, self.walk.threshold, self._drafts)
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
            self.card.editor.insertPlainText(" ".join(text.split()))
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

    # What the person does.

    def act(self, intent: Intent) -> bool:
        """Do what a key or a hint asks; False when there was nothing to do it on."""
        if intent is not Intent.ESCAPE:
            self._arm(False)
        if self.locked and intent in CHANGES:
            self.refused.emit()
            return True
        return self._acts[intent]()

    def _table(self) -> Mapping[Intent, Callable[[], bool]]:
        acts: dict[Intent, Callable[[], bool]] = {
            Intent.CONFIRM: self._confirm,
            Intent.BACK: lambda: self._turn(self.walk.back(), remember=False),
            Intent.EDIT: self._edit,
            Intent.ESCAPE: self._escape,
            Intent.ILLEGIBLE: lambda: self._mark(FieldState.ILLEGIBLE),
            Intent.NOT_APPLICABLE: lambda: self._mark(FieldState.NOT_APPLICABLE),
            Intent.UNDO: self._undo,
            Intent.REDO: self._redo,
            Intent.VERIFY: lambda: self._emit(self.verify_asked),
            Intent.NEXT_CASE: lambda: self._emit(self.next_asked),
            Intent.UP: lambda: self._turn(self.walk.vertical(-1)),
            Intent.DOWN: lambda: self._turn(self.walk.vertical(1)),
            Intent.LEFT: lambda: self._sideways(-1),
            Intent.RIGHT: lambda: self._sideways(1),
            Intent.FORWARD: lambda: self._turn(self.walk.step(1), at_end=True),
            Intent.BACKWARD: lambda: self._turn(self.walk.step(-1)),
            Intent.ADD_ROW: lambda: self._row(add=True),
            Intent.REMOVE_ROW: lambda: self._row(add=False),
        }
        for number, intent in enumerate(SUGGESTIONS):
            acts[intent] = partial(self._accept, number)
        return acts

    def _emit(self, signal: object) -> bool:
        signal.emit()  # type: ignore[attr-defined]  # a bound signal has no public type
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        intent = intent_of(event)
        if intent is None:
            self._arm(False)
            if event.text() or event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
                self._begin_editing()
            return False
        if event.isAutoRepeat() and intent in ONCE:
            return True
        if intent in ARROWS and self._moves_cursor(intent):
            return False
        return self.act(intent)

    def _moves_cursor(self, intent: Intent) -> bool:
        """Whether an arrow belongs to the words in the editor."""
        if not self._editing or not self.card.editor.hasFocus():
            return False
        if intent is Intent.UP:
            return not self.card.editor.at_first_line()
        if intent is Intent.DOWN:
            return not self.card.editor.at_last_line()
        return True

    def _turn(self, entry: Entry | None, *, remember: bool = True, at_end: bool = False) -> bool:
        if entry is not None:
            if remember:
                self.walk.leave(self.walk.selected)
            self._go(entry)
        elif at_end:
            self.commit()
            self.finished.emit()
        return True

    def _sideways(self, by: int) -> bool:
        entry = self.open_entry
        if entry is not None and entry.ticks:
            self.card.choices.step(by)
            return True
        beside = self.walk.horizontal(by)
        if beside is not None:
            return self._turn(beside)
        self._begin_editing()
        if by < 0:
            self.card.editor.to_start()
        else:
            self.card.editor.to_end()
        return True

    def _edit(self) -> bool:
        self._begin_editing()
        if not (self.open_entry is not None and self.open_entry.ticks):
            self.card.editor.to_end()
        self.focus_editor()
        return True

    def _begin_editing(self) -> None:
        self._editing = True

    def _typed(self) -> None:
        entry = self.open_entry
        if entry is None:
            return
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

    def _ticked(self, values: dict[str, bool]) -> None:
        self._arm(False)
        if len(values) == 1:
            [(path, value)] = values.items()
            self.value_edited.emit(path, value)
        else:
            self.values_edited.emit(values)

    def _confirm(self) -> bool:
        entry = self.open_entry
        if entry is None:
            return False
        if self.card.dirty:
            self.commit()
        elif not self.locked:
            unseen = tuple(f.path for f in entry.item.fields if f.state is FieldState.UNSEEN)
            if unseen and entry.key not in self.walk.sent:
                self.walk.send(entry.key)
                self.confirmed.emit(unseen)
                self.left_changed.emit()
        return self._advance()

    def _advance(self) -> bool:
        """On to the next doubtful line, or say that there is none."""
        following = self.walk.next_doubtful()
        if following is None:
            self.finished.emit()
            return True
        return self._turn(following)

    def _mark(self, state: FieldState) -> bool:
        entry = self.open_entry
        if entry is None:
            return False
        if self.card.dirty:
            self.card.revert()
            self._last_draft = None
        self.walk.send(entry.key)
        self.marked.emit(tuple(f.path for f in entry.item.fields), state)
        self.left_changed.emit()
        return self._advance()

    def _accept(self, number: int) -> bool:
        entry = self.open_entry
        offered = suggestions(entry) if entry is not None else ()
        if number >= len(offered):
            return True
        self.card.editor.replace(offered[number])
        self.commit()
        return self._advance()

    def _escape(self) -> bool:
        entry = self.open_entry
        if entry is None:
            return False
        if self.card.dirty:
            self.card.revert()
            self.card.editor.select_whole()
            self._editing = False
            self._drop_draft(entry)
            self._arm(entry.restorable)
            return True
        if entry.restorable and not self.locked:
            if self._armed:
                self._arm(False)
                self.restored.emit(
                    tuple(f.path for f in entry.item.fields if f.state is not FieldState.UNSEEN)
                )
            else:
                self._arm(True)
        return True

    def _arm(self, armed: bool) -> None:
        if armed != self._armed:
            self._armed = armed
            self.card.arm(armed)

    def _undo(self) -> bool:
        if self.card.dirty:
            if self.card.editor.document().isUndoAvailable():
                self.card.editor.undo()
            else:
                self.card.revert()
                self._typed()
            return True
        self._undoing = True
        self.walk.forget_sent()
        self.undo_requested.emit()
        return True

    def _redo(self) -> bool:
        if self.card.editor.isVisible() and self.card.editor.document().isRedoAvailable():
            self.card.editor.redo()
            return True
        self._undoing = True
        self.redo_requested.emit()
        return True

    def _row(self, *, add: bool) -> bool:
        entry = self.open_entry
        if entry is None or entry.cell is None:
            return False
        if add:
            self._add_row(entry.cell[0])
        else:
            self._remove_row(*entry.cell[:2])
        return True

    def _add_row(self, table: str) -> None:
        if self.locked:
            self.refused.emit()
            return
        self.commit()
        self._new_row = table
        self.row_added.emit(table)

    def _remove_row(self, table: str, row: str) -> None:
        if self.locked:
            self.refused.emit()
            return
        entry = self.open_entry
        if entry is not None and entry.cell is not None and entry.cell[:2] == (table, row):
            beside = self.walk.outside(table, row)
            self.card.revert()
            self._drop_draft(entry)
            if beside is not None:
                self._go(beside)
        self.row_removed.emit(table, row)


ARROWS = frozenset({Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT})
CHANGES = frozenset(
    {Intent.ILLEGIBLE, Intent.NOT_APPLICABLE, *SUGGESTIONS, Intent.ADD_ROW, Intent.REMOVE_ROW}
)
"""What a verified case refuses."""
