"""The parts of the tour about where the work is kept: the first question, what waits, and connecting."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.tour_walk import Album, Stuck, Walk, wait_until


def first_start(walk: Walk, album: Album) -> None:
    """The question of a new workspace, answered for this computer."""
    window = walk.window
    window.sync.ask_first(new=True)
    walk.settle()
    album.take(
        "first-start",
        "Where the work is to be",
        "A new workspace asks once: on this computer, or with the other desks of an organisation.",
    )
    QTest.keyClick(walk.hand, Qt.Key.Key_1)
    wait_until(lambda: not window.gate.is_shut, "the work is shown")
    walk.settle()


def kept_here(walk: Walk, album: Album) -> None:
    """What waits to be sent in a workspace that keeps everything here, and how it would be connected."""
    window = walk.window
    QTest.keyClick(walk.hand, Qt.Key.Key_F5)
    walk.settle()
    room = window.sync.room
    if window.rooms.currentWidget() is not room.waiting:
        raise Stuck("F5 does not list what waits")
    album.take(
        "kept-here",
        "F5 says what has been sent, and what waits",
        "The words at the foot of the rail say it always; here it is whole, with what can be done about it.",
    )
    window.sync.gate.connect_workspace()
    walk.settle()
    album.take(
        "connect",
        "Connecting to an organisation",
        "The address or the file from the administrator, then signing in with the browser, then a plan with counts: "
        "nothing is done before it is confirmed, and nothing is deleted.",
    )
    QTest.keyClick(walk.hand, Qt.Key.Key_Escape)
    wait_until(lambda: not window.gate.is_shut, "the work is shown again")
    window.show_room("intake")
    walk.settle()
