"""The keys of teaching, in one table: what a key press on the page or in the list of fields asks for."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.domain.form import FieldKind
from app.views.widgets.teach.kind_look import BY_KEY


class Ask(StrEnum):
    """What a person asks to be done with the zones chosen."""

    KIND = "kind"
    REMOVE = "remove"
    RENAME = "rename"
    DUPLICATE = "duplicate"
    GROUP = "group"
    TABLE = "table"
    APART = "apart"
    REQUIRED = "required"
    MULTILINE = "multiline"
    EVERYTHING = "everything"
    NOTHING = "nothing"
    UNDO = "undo"
    REDO = "redo"


_NONE = Qt.KeyboardModifier.NoModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier

KEYS: dict[tuple[int, Qt.KeyboardModifier], Ask] = {
    (Qt.Key.Key_Delete, _NONE): Ask.REMOVE,
    (Qt.Key.Key_Backspace, _NONE): Ask.REMOVE,
    (Qt.Key.Key_F2, _NONE): Ask.RENAME,
    (Qt.Key.Key_Return, _NONE): Ask.RENAME,
    (Qt.Key.Key_Enter, _NONE): Ask.RENAME,
    (Qt.Key.Key_D, _CONTROL): Ask.DUPLICATE,
    (Qt.Key.Key_G, _CONTROL): Ask.GROUP,
    (Qt.Key.Key_T, _CONTROL): Ask.TABLE,
    (Qt.Key.Key_G, _CONTROL | _SHIFT): Ask.APART,
    (Qt.Key.Key_T, _CONTROL | _SHIFT): Ask.APART,
    (Qt.Key.Key_R, _NONE): Ask.REQUIRED,
    (Qt.Key.Key_L, _NONE): Ask.MULTILINE,
    (Qt.Key.Key_A, _CONTROL): Ask.EVERYTHING,
    (Qt.Key.Key_Escape, _NONE): Ask.NOTHING,
}

ONCE = frozenset(Ask) - {Ask.UNDO, Ask.REDO}
"""What a held-down key does once."""


def ask_of(event: QKeyEvent) -> tuple[Ask, FieldKind | None] | None:
    """What a key press asks for, with the kind where one is set; None when it means nothing here."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    ask: Ask | None
    kind: FieldKind | None = None
    again = (event.key() == Qt.Key.Key_Y and held == _CONTROL) or (
        event.key() == Qt.Key.Key_Z and held == _CONTROL | _SHIFT
    )
    if event.matches(QKeySequence.StandardKey.Undo):
        ask = Ask.UNDO
    elif again or event.matches(QKeySequence.StandardKey.Redo):
        ask = Ask.REDO
    else:
        ask = KEYS.get((event.key(), held))
        if ask is None and held in (_NONE, _SHIFT):
            kind = BY_KEY.get(event.text().upper())
            ask = Ask.KIND if kind is not None else None
    if ask is None or (event.isAutoRepeat() and ask in ONCE and ask is not Ask.REMOVE):
        return None
    return ask, kind
