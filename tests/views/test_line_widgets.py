"""The quiet parts of the window: message line, progress line, settings, the sheet of keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.views.widgets.message_float import MessageFloat
from app.views.widgets.message_line import MessageLine
from app.views.widgets.progress_line import ProgressLine
from app.views.widgets.settings_page import SettingsPage
from app.views.widgets.shortcut_sheet import ShortcutSheet, key_groups

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    QVBoxLayout(widget)
    widget.resize(1000, 700)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    return widget


def put(window: QWidget, widget: QWidget) -> None:
    layout = window.layout()
    assert layout is not None
    layout.addWidget(widget)
    QApplication.processEvents()


def test_a_message_says_what_and_what_next_and_offers_one_action(window: QWidget) -> None:
    line = MessageLine()
    put(window, line)
    assert line.isHidden()
    acted: list[str] = []
    line.acted.connect(acted.append)
    line.say("wrong", "The disk is full.", "Free some room.", "retry", "Try again")
    assert line.text == "The disk is full. Free some room."
    assert line.accessibleName() == line.text
    QTest.mouseClick(line._button, Qt.MouseButton.LeftButton)
    assert acted == ["retry"]


def test_a_message_can_be_put_away(window: QWidget) -> None:
    line = MessageLine()
    put(window, line)
    line.say("info", "New version.")
    gone: list[bool] = []
    line.dismissed.connect(lambda: gone.append(True))
    close = line.findChild(QToolButton)
    assert close is not None
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert line.isHidden()
    assert gone == [True]


def test_news_that_nothing_can_be_done_about_goes_when_the_person_goes_on(window: QWidget) -> None:
    message = MessageFloat(window, window)
    message.say("sure", "Pended and recorded under your name.")
    message.pass_by()
    assert message.text == ""
    message.say("sure", "Verified.", "", "take_back:c1", "Open it again")
    message.pass_by()
    assert message.text == "Verified."
    message.say("wrong", "The disk is full.")
    message.pass_by()
    assert message.text == "The disk is full."


def test_progress_says_how_far_and_is_cancelled_once(window: QWidget) -> None:
    line = ProgressLine()
    put(window, line)
    stops: list[bool] = []
    line.cancel_requested.connect(lambda: stops.append(True))
    line.show_progress("Reading", 3, 4)
    assert line.words == "Reading · 3 of 4"
    QTest.mouseClick(line.cancel, Qt.MouseButton.LeftButton)
    QTest.mouseClick(line.cancel, Qt.MouseButton.LeftButton)
    assert stops == [True]
    line.finish()
    assert line.isHidden()


def test_settings_say_what_is_wanted_and_set_nothing(window: QWidget) -> None:
    page = SettingsPage()
    put(window, page)
    looks: list[str] = []
    sizes: list[int] = []
    page.appearance_chosen.connect(looks.append)
    page.text_size_chosen.connect(sizes.append)
    page.set_appearance("system")
    page.set_text_size(100)
    assert (looks, sizes) == ([], [])
    QTest.mouseClick(page.appearance["dark"], Qt.MouseButton.LeftButton)
    page.text_size.setFocus()
    QTest.keyClick(page.text_size, Key.Key_Right)
    assert (looks, sizes) == (["dark"], [105])


def test_a_name_is_told_once_and_an_empty_one_never(window: QWidget) -> None:
    page = SettingsPage()
    put(window, page)
    names: list[str] = []
    page.person_named.connect(names.append)
    page.set_person("A")
    page.person.setFocus()
    page.person.selectAll()
    QTest.keyClicks(page.person, "Bo")
    QTest.keyClick(page.person, Key.Key_Return)
    QTest.keyClick(page.person, Key.Key_Return)
    page.person.clear()
    QTest.keyClick(page.person, Key.Key_Return)
    assert names == ["Bo"]
    assert page.person.text() == "Bo"


def test_the_sheet_of_keys_takes_the_keyboard_and_gives_it_back(window: QWidget) -> None:
    edit = QLineEdit()
    put(window, edit)
    edit.setFocus()
    sheet = ShortcutSheet(window)
    sheet.open()
    assert QApplication.focusWidget() is sheet
    assert sheet.geometry() == window.rect()
    window.resize(800, 500)
    QApplication.processEvents()
    assert sheet.geometry() == window.rect()
    QTest.keyClick(sheet, Key.Key_Escape)
    assert sheet.isHidden()
    assert QApplication.focusWidget() is edit


def test_the_sheet_of_keys_knows_every_key_of_the_panel() -> None:
    shown = " ".join(k for group in key_groups() for keys, _ in group.lines for k in keys)
    for key in (
        "↵",
        "Shift ↵",
        "F2",
        "Esc",
        "Alt 1",
        "Alt 2",
        "Alt 3",
        "Ctrl Z",
        "Ctrl Y",
        "F9",
        "F10",
        "F1",
        "Tab",
    ):
        assert key in shown
