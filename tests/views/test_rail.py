"""The rail: rooms that work, what waits in them, what is saved."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.widgets.rail import Rail, RailButton

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def rail(qtbot: QtBot) -> Rail:
    widget = Rail()
    qtbot.addWidget(widget)
    widget.resize(70, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def test_only_rooms_that_work_are_on_the_rail(rail: Rail) -> None:
    names = [b.text() for b in rail.findChildren(RailButton)]
    assert names == ["Intake", "Review", "Search", "Form types", "Settings"]


def test_a_room_is_chosen_by_mouse_and_by_key(rail: Rail) -> None:
    chosen: list[str] = []
    rail.page_chosen.connect(chosen.append)
    settings = rail.findChild(RailButton, "page_settings")
    intake = rail.findChild(RailButton, "page_intake")
    assert settings is not None
    assert intake is not None
    QTest.mouseClick(settings, Qt.MouseButton.LeftButton)
    QTest.keyClick(intake, Qt.Key.Key_Space)
    assert chosen == ["settings", "intake"]


def test_showing_a_room_tells_nobody(rail: Rail) -> None:
    chosen: list[str] = []
    rail.page_chosen.connect(chosen.append)
    rail.set_page("settings")
    settings = rail.findChild(RailButton, "page_settings")
    assert settings is not None
    assert settings.isChecked()
    assert chosen == []


def test_what_waits_is_told_to_those_who_cannot_see_the_badge(rail: Rail) -> None:
    rail.set_count("intake", 14)
    intake = rail.findChild(RailButton, "page_intake")
    assert intake is not None
    before = intake.grab().toImage()
    assert intake.accessibleDescription() == "14 waiting"
    rail.set_count("intake", 0)
    assert intake.grab().toImage() != before
    assert intake.accessibleDescription() == ""


def test_the_state_of_saving_is_in_words(rail: Rail) -> None:
    rail.set_state("3 changes wait for the network", "clock", "look")
    assert rail.state.toolTip() == "3 changes wait for the network"
    assert rail.state.accessibleName() == "3 changes wait for the network"
