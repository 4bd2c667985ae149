"""The page of what waits: listed by case, with why and what can be done, from the keyboard alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.sync import Link, SyncState, WaitingFor
from app.views import theme
from app.views.widgets.lettering import broken
from app.views.widgets.rail import WIDTH, Rail
from app.views.widgets.sync.sync_words import state_words
from app.views.widgets.sync.waiting_list import MOST, CaseLine, MoreLine
from app.views.widgets.sync.waiting_page import WaitingPage
from tests.views.sync_values import an_item

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
REFUSED = an_item(2, WaitingFor.REFUSED, reason="You may not decide.", next_step="Ask for the role.")


@pytest.fixture
def page(qtbot: QtBot) -> WaitingPage:
    widget = WaitingPage()
    qtbot.addWidget(widget)
    widget.resize(900, 700)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    show(widget, SyncState(Link.OFFLINE, waiting=3, parked=1))
    return widget


def show(page: WaitingPage, state: SyncState) -> None:
    page.show_state(state, state_words(state))


def press(key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget(), key)


def test_what_waits_is_listed_by_case(page: WaitingPage) -> None:
    page.show_items((an_item(1), an_item(3, case="case2"), REFUSED))
    heads = [line for line in page.list.lines if isinstance(line, CaseLine)]
    assert [(h.case_id, h.count) for h in heads] == [("case1", 2), ("case2", 1)]


def test_of_many_changes_of_a_case_those_that_ask_for_somebody_are_listed_always(page: WaitingPage) -> None:
    many = tuple(an_item(n) for n in range(40))
    page.show_items((*many, replace(REFUSED, change_id="last")))
    shown = [line for line in page.list.lines if not isinstance(line, CaseLine)]
    assert len(shown) == MOST + 1
    assert getattr(shown[0], "change_id", "") == "last"
    assert shown[-1] == MoreLine("case1", 33)


def test_the_chosen_change_says_why_it_waits(page: WaitingPage) -> None:
    page.show_items((REFUSED,))
    assert page.foot.words.text() == "You may not decide. Ask for the role."
    assert not page.foot.give_up.isHidden()


def test_arrows_go_from_change_to_change_and_enter_opens_the_case(page: WaitingPage) -> None:
    page.show_items((an_item(1), an_item(3, case="case2")))
    asked: list[str] = []
    page.case_asked.connect(asked.append)
    page.focus_list()
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    assert asked == ["case2"]


def test_enter_on_a_conflict_leads_to_settling_it(page: WaitingPage) -> None:
    page.show_items((an_item(1, WaitingFor.PERSON),))
    conflicts: list[str] = []
    page.conflict_asked.connect(conflicts.append)
    page.focus_list()
    press(Qt.Key.Key_Return)
    assert conflicts == ["case1"]


def test_giving_up_is_asked_about_and_says_what_happens(page: WaitingPage) -> None:
    page.show_items((REFUSED,))
    given_up: list[str] = []
    page.given_up.connect(given_up.append)
    page.focus_list()
    press(Qt.Key.Key_Delete)
    assert page.foot.asking
    assert "will not be sent" in page.foot.words.text()
    press(Qt.Key.Key_Escape)
    assert not page.foot.asking
    assert given_up == []
    press(Qt.Key.Key_Delete)
    page.foot.sure.click()
    assert given_up == ["change2"]


def test_keeping_it_is_what_enter_does_when_giving_up_is_asked_about(page: WaitingPage) -> None:
    page.show_items((REFUSED,))
    given_up: list[str] = []
    page.given_up.connect(given_up.append)
    page.focus_list()
    press(Qt.Key.Key_Delete)
    press(Qt.Key.Key_Return)
    assert given_up == []
    assert not page.foot.asking


def test_what_was_refused_is_sent_again_by_one_key(page: WaitingPage) -> None:
    page.show_items((REFUSED, an_item(3, case="case2")))
    again: list[str] = []
    page.retry_asked.connect(again.append)
    page.focus_list()
    press(Qt.Key.Key_R)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_R)
    assert again == ["change2"]


def test_what_only_waits_is_not_given_up(page: WaitingPage) -> None:
    page.show_items((an_item(1, WaitingFor.NETWORK),))
    page.focus_list()
    press(Qt.Key.Key_Delete)
    assert not page.foot.asking


def test_the_keyboard_stays_on_its_change_while_others_go(page: WaitingPage) -> None:
    items = tuple(an_item(n, case=f"case{n}") for n in range(6))
    page.show_items(items)
    page.focus_list()
    for _ in range(3):
        press(Qt.Key.Key_Down)
    assert page.list.item == items[3]
    page.show_items(items[2:])
    assert page.list.item == items[3]
    page.show_items(items[4:])
    assert page.list.item is not None


def test_a_question_stands_while_the_list_is_told_again(page: WaitingPage) -> None:
    page.show_items((an_item(1), REFUSED))
    page.focus_list()
    press(Qt.Key.Key_Delete)
    page.show_items((REFUSED,))
    assert page.foot.asking


def test_nothing_waiting_says_so_and_leads_back(page: WaitingPage) -> None:
    show(page, SyncState(Link.SYNCED))
    page.show_items(())
    left: list[bool] = []
    page.left.connect(lambda: left.append(True))
    page.focus_list()
    press(Qt.Key.Key_Escape)
    assert left == [True]


def test_what_can_be_done_follows_the_state(page: WaitingPage) -> None:
    show(page, SyncState(Link.LOCAL))
    page.show_items(())
    assert page.head.again.isHidden()
    assert [b.text() for b in page.empty.buttons] == ["Back to work", "Connect…"]
    show(page, SyncState(Link.SIGN_IN, waiting=2))
    assert not page.head.sign_in.isHidden()
    assert page.head.sign_out.isHidden()
    show(page, SyncState(Link.SYNCED, conflicts=2))
    assert page.head.settle.text() == "Settle 2 conflicts"
    assert page.head.sign_in.isHidden()


def test_the_rail_says_the_state_and_opens_the_list(qtbot: QtBot) -> None:
    rail = Rail()
    qtbot.addWidget(rail)
    rail.set_state("3 changes wait for the network", "cloud-off", "look", "There is no network.")
    asked: list[bool] = []
    rail.state_chosen.connect(lambda: asked.append(True))
    QTest.mouseClick(rail.state, Qt.MouseButton.LeftButton)
    QTest.keyClick(rail.state, Qt.Key.Key_Space)
    assert asked == [True, True]
    assert rail.state.accessibleName() == "3 changes wait for the network"
    assert rail.state.toolTip() == "There is no network."


def test_in_a_narrow_window_at_large_text_the_buttons_leave_the_words_whole(page: WaitingPage) -> None:
    try:
        theme.set_text_scale(1.5)
        page.resize(950, 640)
        show(page, SyncState(Link.OFFLINE, waiting=4, parked=1, conflicts=1))
        QApplication.sendPostedEvents()
        head = page.head
        assert head.again.y() > head.words.geometry().bottom()
        assert head.words.height() >= head.words.heightForWidth(head.words.width())
    finally:
        theme.set_text_scale(1.0)
    page.resize(1300, 700)
    QApplication.sendPostedEvents()
    assert head.again.x() > head.words.geometry().right()


@pytest.mark.parametrize(
    "state",
    [SyncState(link, waiting=waiting) for link in Link for waiting in (0, 1, 3000)],
)
def test_no_word_of_the_rail_is_broken_in_its_middle(state: SyncState) -> None:
    words = state_words(state, 2998, 3000).words
    for word in words.split(" "):
        assert not broken(word, "caption", theme.px(WIDTH - 8) - theme.px(4), 2).cut
        assert len(broken(word, "caption", theme.px(WIDTH - 8) - theme.px(4), 2).lines) == 1
