"""A window over a workspace with people, for tests: passphrases that cost little, a clock that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.domain.role import Role
from app.services.access import VerifierCost
from app.views.background import Background
from app.views.window import Window

PASSPHRASE = "a good passphrase"
CHEAP = VerifierCost(memory=8, rounds=1, lanes=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def add(station: Any, name: str, *roles: Role, title: str = "") -> None:
    station.in_store(station.access.add, name, title, roles, PASSPHRASE, station.person)


def add_everybody(station: Any) -> Any:
    """An administrator, a nurse, a physician and a case manager; nobody is signed in."""
    station.access._cost = CHEAP
    add(station, "root", Role.ADMINISTRATOR, title="Ida Root")
    station.in_store(station.access.sign_in, "root", PASSPHRASE)
    add(station, "nia", Role.UR_SPECIALIST, title="Nia Nurse, RN")
    add(station, "phil", Role.PHYSICIAN, title="Phil Physician, MD")
    add(station, "cam", Role.CASE_MANAGER)
    station.in_store(station.access.sign_out)
    return station


@contextmanager
def a_window(qtbot: QtBot, station: Any) -> Iterator[Window]:
    """The window over a workspace, filled; closed with all it asked for done."""
    station.access._cost = CHEAP
    background = Background(station.lanes)
    made = Window(station, background)
    made.gate._clock = Clock()
    made.show()
    with qtbot.waitSignal(made.ready):
        made.start()
    try:
        yield made
    finally:
        made.close()
        qtbot.waitUntil(lambda: not background.busy, timeout=10_000)
        background.close()
        delete(made)
        delete(background)
        QApplication.sendPostedEvents()


def sign_in(window: Window, qtbot: QtBot, name: str, passphrase: str = PASSPHRASE) -> None:
    """Sign in as a person does, and wait until the work is shown."""
    page = window.gate.page
    page.name.setText(name)
    page.passphrase.setText(passphrase)
    QTest.keyClick(page.passphrase, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.gate.is_shut)
    qtbot.waitUntil(lambda: not window.background.busy)
