"""The keys of the documents of a request, wherever the keyboard is beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.views.review_desk import ReviewDesk
from app.views.widgets.review.side_by_side_choice import PIN


def bind(keys: str, function: Callable[[], object], where: QWidget) -> None:
    """A key that works wherever the keyboard is within a widget."""
    shortcut = QShortcut(QKeySequence(keys), where)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(function)


def bind_desk(desk: ReviewDesk, where: QWidget) -> None:
    """Bind every key of a desk; those of the pages go to the half in use."""
    halves = desk.halves
    for keys, slot in (
        ("PgDown", "scroll_down"),
        ("PgUp", "scroll_up"),
        ("F7", "toggle_thumbnails"),
        ("Ctrl++", "zoom_in"),
        ("Ctrl+=", "zoom_in"),
        ("Ctrl+-", "zoom_out"),
        ("Ctrl+0", "fit_page"),
        ("Ctrl+1", "actual_size"),
        ("Ctrl+2", "fit_width"),
        ("Ctrl+3", "fit_text"),
    ):
        bind(keys, partial(halves.do, slot), where)
    for keys, function in (
        ("F3", desk.find_next),
        ("Shift+F3", desk.find_previous),
        ("F6", halves.use_other),
        ("F8", desk.toggle_night),
        ("Alt+Left", desk.go_back),
        ("Alt+Right", desk.go_forward),
        ("Ctrl+F", desk.open_find),
        ("Ctrl+\\", desk.toggle_split),
    ):
        bind(keys, function, where)
    bind("Ctrl+P", lambda: halves.half.act(PIN), desk)  # beside it the guidelines pin what is chosen there
    for number in range(1, 10):
        bind(f"Alt+{number}", partial(desk.show_number, number), where)
        bind(f"Alt+Shift+{number}", partial(desk.show_number, number, True), where)
