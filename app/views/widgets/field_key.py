"""The keys of the field panel, in one table: what a key press asks for."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


class Intent(StrEnum):
    """What a person asks of the panel, by key or by mouse."""

    CONFIRM = "confirm"
    BACK = "back"
    EDIT = "edit"
    ESCAPE = "escape"
    ILLEGIBLE = "illegible"
    NOT_APPLICABLE = "not_applicable"
    SUGGESTION_1 = "suggestion_1"
    SUGGESTION_2 = "suggestion_2"
    SUGGESTION_3 = "suggestion_3"
    UNDO = "undo"
    REDO = "redo"
    VERIFY = "verify"
    NEXT_CASE = "next_case"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    FORWARD = "forward"
    BACKWARD = "backward"
    ADD_ROW = "add_row"
    REMOVE_ROW = "remove_row"
    SETTLE = "settle"
    """the conflict of the open field; its key is the window's"""


SUGGESTIONS = (Intent.SUGGESTION_1, Intent.SUGGESTION_2, Intent.SUGGESTION_3)

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier

KEYS: dict[tuple[int, Qt.KeyboardModifier], Intent] = {
    (Qt.Key.Key_Return, _NONE): Intent.CONFIRM,
    (Qt.Key.Key_Enter, _NONE): Intent.CONFIRM,
    (Qt.Key.Key_Return, _SHIFT): Intent.BACK,
    (Qt.Key.Key_Enter, _SHIFT): Intent.BACK,
    (Qt.Key.Key_F2, _NONE): Intent.EDIT,
    (Qt.Key.Key_Escape, _NONE): Intent.ESCAPE,
    (Qt.Key.Key_1, _ALT): Intent.ILLEGIBLE,
    (Qt.Key.Key_2, _ALT): Intent.NOT_APPLICABLE,
    (Qt.Key.Key_3, _ALT): Intent.SUGGESTION_1,
    (Qt.Key.Key_4, _ALT): Intent.SUGGESTION_2,
    (Qt.Key.Key_5, _ALT): Intent.SUGGESTION_3,
    (Qt.Key.Key_F9, _NONE): Intent.VERIFY,
    (Qt.Key.Key_F10, _NONE): Intent.NEXT_CASE,
    (Qt.Key.Key_Up, _NONE): Intent.UP,
    (Qt.Key.Key_Down, _NONE): Intent.DOWN,
    (Qt.Key.Key_Left, _NONE): Intent.LEFT,
    (Qt.Key.Key_Right, _NONE): Intent.RIGHT,
    (Qt.Key.Key_Tab, _NONE): Intent.FORWARD,
    (Qt.Key.Key_Backtab, _SHIFT): Intent.BACKWARD,
    (Qt.Key.Key_Backtab, _NONE): Intent.BACKWARD,
    (Qt.Key.Key_Tab, _SHIFT): Intent.BACKWARD,
    (Qt.Key.Key_Plus, _ALT): Intent.ADD_ROW,
    (Qt.Key.Key_Plus, _ALT | _SHIFT): Intent.ADD_ROW,
    (Qt.Key.Key_Equal, _ALT): Intent.ADD_ROW,
    (Qt.Key.Key_Minus, _ALT): Intent.REMOVE_ROW,
}

ONCE = frozenset(Intent) - {Intent.UP, Intent.DOWN, Intent.LEFT, Intent.RIGHT, Intent.FORWARD, Intent.BACKWARD,
                            Intent.UNDO, Intent.REDO}  # fmt: skip
"""What a held-down key does once and not again until it is let go."""


def intent_of(event: QKeyEvent) -> Intent | None:
    """What a key press asks for, or None when it is the editor's own."""
    if event.matches(QKeySequence.StandardKey.Undo):
        return Intent.UNDO
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    again = (event.key() == Qt.Key.Key_Y and held == control) or (
        event.key() == Qt.Key.Key_Z and held == control | shift
    )
    if again or event.matches(QKeySequence.StandardKey.Redo):
        return Intent.REDO
    return KEYS.get((event.key(), held))
