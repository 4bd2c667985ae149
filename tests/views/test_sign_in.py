"""Signing in, switching and locking: nothing of a case is shown to nobody, and work stays where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.role import Role
from app.services.access import Access
from app.views.sign_in_gate import IDLE_SECONDS, SLEPT_SECONDS
from app.views.window import Window
from tests.views.review_shop import NoReader, a_review
from tests.views.sign_in_desk import CHEAP, PASSPHRASE, a_window, add_everybody, sign_in

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=2, documents=NoReader()) as made:
        yield made


@pytest.fixture
def people(station: Any) -> Any:
    """An administrator, a nurse, a physician and a case manager; nobody is signed in."""
    return add_everybody(station)


@pytest.fixture
def window(qtbot: QtBot, people: Any) -> Iterator[Window]:
    with a_window(qtbot, people) as made:
        yield made


@pytest.fixture
def alone(qtbot: QtBot, station: Any) -> Iterator[Window]:
    """A window over a workspace without users."""
    with a_window(qtbot, station) as made:
        yield made


def words_on(window: Window) -> str:
    """Every word that can be seen in the window."""
    return " ".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


def test_a_window_opens_on_the_page_of_signing_in_where_there_are_users(window: Window) -> None:
    assert window.gate.is_shut
    assert window.gate.page.isVisible()
    assert not window.whole.isVisible()
    assert window.case_model.case is None
    assert "Pat" not in words_on(window)


def test_a_window_without_users_opens_on_the_work(alone: Window) -> None:
    assert not alone.gate.is_shut
    assert alone.gate._page is None
    assert "review" in alone.rail.names


def test_a_wrong_passphrase_is_told_in_words_and_typed_again(window: Window, qtbot: QtBot) -> None:
    page = window.gate.page
    page.name.setText("nia")
    page.passphrase.setText("not this one")
    page.button.click()
    qtbot.waitUntil(lambda: "The name or the passphrase is wrong" in page.remark.text())
    assert window.gate.is_shut
    assert page.passphrase.text() == ""
    assert page.button.isEnabled()


def test_no_key_reaches_a_room_while_nobody_is_signed_in(window: Window) -> None:
    for name in ("intake", "review", "settings", "teach"):
        window.show_room(name)
    window.toggle_keys()
    assert not window.whole.isVisible()
    assert "review" not in window.__dict__
    assert "shortcuts" not in window.__dict__
    assert "admin" not in window.__dict__


@pytest.mark.parametrize(
    ("name", "rooms"),
    [
        ("cam", ("intake", "settings")),
        ("nia", ("intake", "review", "search", "settings")),
        ("phil", ("review", "search", "settings")),
        ("root", ("teach", "settings")),
    ],
)
def test_only_rooms_for_the_role_are_offered(
    window: Window, qtbot: QtBot, name: str, rooms: tuple[str, ...]
) -> None:
    sign_in(window, qtbot, name)
    assert window.rail.names == rooms
    assert window._room == rooms[0]


def test_a_room_for_others_is_refused_in_words(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "cam")
    window.show_room("review")
    assert "Reviewing a request is for a UR specialist or a physician reviewer" in window.messages.text
    assert "review" not in window.__dict__


def test_the_name_of_the_last_person_is_remembered(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    window.gate.switch()
    qtbot.waitUntil(lambda: window.gate.page.name.text() == "nia")
    assert window.gate.page.passphrase.text() == ""


def test_locked_the_same_person_goes_on_where_they_were(window: Window, people: Any, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    window.show_room("review")
    qtbot.waitUntil(lambda: len(window.review.queue_model.case_ids) == 2)
    case_id = window.review.queue_model.case_ids[0]
    window.review.screen.open_case(case_id)
    qtbot.waitUntil(lambda: window.review.case_model.case is not None)
    window.lock()
    assert not window.whole.isVisible()
    assert "Pat Example" not in words_on(window)
    assert "Nia Nurse" in window.gate.page.words.text()
    sign_in(window, qtbot, "nia")
    assert window.review.screen.isVisible()
    assert window.review.case_model.case is not None
    assert window.review.case_model.case.case_id == case_id


def test_somebody_else_at_a_locked_window_finds_nothing_open(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    window.show_room("review")
    qtbot.waitUntil(lambda: len(window.review.queue_model.case_ids) == 2)
    window.review.screen.open_case(window.review.queue_model.case_ids[0])
    qtbot.waitUntil(lambda: window.review.case_model.case is not None)
    window.lock()
    sign_in(window, qtbot, "phil")
    assert window.review.case_model.case is None
    assert window.review.queue_model.person == "phil"
    assert window.review.side is not None


def test_a_window_locks_when_nobody_was_there_for_ten_minutes(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    clock: Any = window.gate._clock
    clock.now += IDLE_SECONDS / 2
    window.gate._looked = clock.now  # it was looked meanwhile
    window.gate.look()
    assert not window.gate.is_shut
    handle = window.windowHandle()
    QTest.mouseMove(handle)
    QTest.keyClick(handle, Qt.Key.Key_Shift)
    clock.now += IDLE_SECONDS - 5
    window.gate._looked = clock.now
    window.gate.look()
    assert not window.gate.is_shut, "somebody touched a key meanwhile"
    clock.now += 6
    window.gate.look()
    assert window.gate.is_shut


def test_a_window_locks_when_the_computer_was_asleep(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    clock: Any = window.gate._clock
    clock.now += SLEPT_SECONDS + 30
    window.gate.look()
    assert window.gate.is_shut


def test_switching_closes_the_case_and_takes_what_was_typed_under_its_own_name(
    window: Window, people: Any, qtbot: QtBot
) -> None:
    sign_in(window, qtbot, "cam")
    window.gate.switch()
    qtbot.waitUntil(lambda: people.access.me.name == "")
    assert window.case_model.case is None
    sign_in(window, qtbot, "root")
    window.show_room("settings")
    assert window.admin.page.people.isVisible()


def test_a_case_manager_sees_neither_people_nor_models_in_the_settings(window: Window, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "cam")
    window.show_room("settings")
    assert not window.admin.page.people.isVisible()
    assert not window.admin.page.models.isVisible()
    assert window.admin.page.change_passphrase.isVisible()


def test_who_is_let_go_meanwhile_is_out_within_seconds(window: Window, people: Any, qtbot: QtBot) -> None:
    sign_in(window, qtbot, "nia")
    other = people.in_store(lambda: Access(people.store, "x", people.changes.now, CHEAP))
    people.in_store(other.sign_in, "root", PASSPHRASE)
    people.in_store(lambda: other.change("nia", "root", active=False))
    window.show_room("review")
    qtbot.waitUntil(lambda: len(window.review.queue_model.case_ids) == 2)
    window.gate.look()
    qtbot.waitUntil(lambda: window.gate.is_shut)
    assert "do not work in this workspace any more" in window.gate.page.remark.text()


def test_the_first_person_added_is_an_administrator_and_signed_in(
    alone: Window, station: Any, qtbot: QtBot
) -> None:
    alone.show_room("settings")
    people = alone.admin.page.people
    people.begin_adding()
    assert "administrator" in people.words
    people.name.setText("root")
    people.title.setText("Ida Root")
    people.first.setText(PASSPHRASE)
    people.second.setText(PASSPHRASE)
    people.save_new.click()
    qtbot.waitUntil(lambda: station.access.has_users and station.access.me.name == "root")
    qtbot.waitUntil(lambda: alone.rail.names == ("teach", "settings"))
    assert station.access.me.roles == (Role.ADMINISTRATOR,)
    alone.lock()
    assert alone.gate.is_shut
    assert people.first.text() == ""


def test_locking_without_users_says_why_not(alone: Window) -> None:
    alone.lock()
    assert not alone.gate.is_shut
    assert "Nobody signs in here" in alone.messages.text


@pytest.mark.parametrize("locked_by", ["", "cam"])
def test_forms_are_read_while_nobody_is_there_and_none_is_opened(
    window: Window, people: Any, qtbot: QtBot, locked_by: str
) -> None:
    if locked_by:
        sign_in(window, qtbot, locked_by)
        window.lock()
    arrived = people.settings.watched_folder / "form.pdf"
    arrived.write_bytes(b"%PDF-1.4 a form")
    with qtbot.waitSignal(window.intake_model.was_read, timeout=15_000):
        window.intake_model._look()
    qtbot.waitUntil(lambda: not window.background.busy)
    assert window.gate.is_shut
    assert window.case_model.case is None
    assert "opened" not in {entry.action for entry in people.in_store(people.store.audit_entries)}
