"""What every key and click in the fields of a case means, said as signals of intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.domain.form import FieldState
from app.views.widgets.field_desk import FieldDesk
from app.views.widgets.field_key import ONCE, SUGGESTIONS, Intent, intent_of
from app.views.widgets.field_view import Entry, suggestions


class FieldForm(FieldDesk):
    """The lines of a case, worked on. `verify_asked` and `next_asked` are left to the panel around it.

    `finished` says that Enter found nothing more to look at, `refused` that a verified case was to be changed.
    """

    values_edited = Signal(object)
    confirmed = Signal(object)
    marked = Signal(object, object)
    restored = Signal(object)
    row_added = Signal(str)
    row_removed = Signal(str, str)
    undo_requested = Signal()
    redo_requested = Signal()
    verify_asked = Signal()
    next_asked = Signal()
    settle_asked = Signal(str)
    """path: its conflict is to be settled"""
    finished = Signal()
    refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for watched in (self.card.editor, self.card.choices):
            watched.installEventFilter(self)
        self.card.asked.connect(self.act)
        self.card.ticked.connect(self._ticked)
        self.lines.row_added.connect(self._add_row)
        self.lines.row_removed.connect(self._remove_row)
        self._acts = self._table()

    def act(self, intent: Intent) -> bool:
        """Do what a key or a hint asks; False when there was nothing to do it on."""
        if intent is not Intent.ESCAPE:
            self._arm(False)
        self._undoing = False
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
            Intent.SETTLE: self._settle,
        }
        for number, intent in enumerate(SUGGESTIONS):
            acts[intent] = partial(self._accept, number)
        return acts

    def _emit(self, signal: SignalInstance) -> bool:
        signal.emit()
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

    def _settle(self) -> bool:
        entry = self.open_entry
        if entry is None or entry.elsewhere is None or not entry.elsewhere.conflict:
            return False
        self.settle_asked.emit(entry.path)
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

    def _ticked(self, values: dict[str, bool]) -> None:
        self._arm(False)
        self._undoing = False
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
