"""The keys of the page while it has the focus. The window binds some of the same to work from anywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_K, _M = Qt.Key, Qt.KeyboardModifier
_PLAIN, _CONTROL, _SHIFT, _ALT = _M.NoModifier, _M.ControlModifier, _M.ShiftModifier, _M.AltModifier

KEYS: dict[tuple[Qt.KeyboardModifier, Qt.Key], str] = {
    (_CONTROL, _K.Key_Plus): "zoom_in",
    (_CONTROL, _K.Key_Equal): "zoom_in",
    (_CONTROL, _K.Key_Minus): "zoom_out",
    (_CONTROL, _K.Key_0): "fit_page",
    (_CONTROL, _K.Key_1): "actual_size",
    (_CONTROL, _K.Key_2): "fit_width",
    (_PLAIN, _K.Key_PageDown): "scroll_down",
    (_PLAIN, _K.Key_PageUp): "scroll_up",
    (_PLAIN, _K.Key_Space): "scroll_down",
    (_SHIFT, _K.Key_Space): "scroll_up",
    (_CONTROL, _K.Key_PageDown): "next_page",
    (_CONTROL, _K.Key_PageUp): "previous_page",
    (_PLAIN, _K.Key_Home): "go_to_start",
    (_PLAIN, _K.Key_End): "go_to_end",
    (_ALT, _K.Key_Left): "go_back",
    (_ALT, _K.Key_Right): "go_forward",
    (_PLAIN, _K.Key_Left): "step_left",
    (_PLAIN, _K.Key_Right): "step_right",
    (_PLAIN, _K.Key_Up): "step_up",
    (_PLAIN, _K.Key_Down): "step_down",
    (_PLAIN, _K.Key_F3): "find_next",
    (_SHIFT, _K.Key_F3): "find_previous",
    (_PLAIN, _K.Key_F7): "toggle_thumbnails",
    (_PLAIN, _K.Key_F8): "toggle_night",
}
"""What a key does, by modifiers and key: the name of a slot of the view."""


def slot_of(event: QKeyEvent) -> str | None:
    """The slot a key press asks for, or None when it means nothing to the pages."""
    # By what is typed: on many keyboards a bracket takes AltGr, and a plus takes Shift.
    if event.text() in ("[", "]"):
        return "turn_right" if event.text() == "]" else "turn_left"
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    key = Qt.Key(event.key())
    if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    return KEYS.get((modifiers, key))
