"""A nurse who tries to deny through the window is refused with words, whichever way they try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.domain.determination import Outcome, determinations_of
from app.domain.role import Role
from app.views.review_room import ReviewRoom
from app.views.widgets.review.determination_words import Decision
from app.views.window import Window
from tests.views.review_shop import NoReader, a_review
from tests.views.sign_in_desk import a_window, add_everybody, sign_in

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
AGAINST = (Outcome.DENY, Outcome.APPROVE_IN_PART)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=1, documents=NoReader()) as made:
        yield made


def reviewing(window: Window, qtbot: QtBot) -> tuple[ReviewRoom, str]:
    """The room of the review with its one request open."""
    window.show_room("review")
    room = window.review
    qtbot.waitUntil(lambda: len(room.queue_model.case_ids) == 1)
    case_id = room.queue_model.case_ids[0]
    room.screen.open_case(case_id)
    qtbot.waitUntil(lambda: room.case_model.case is not None and not window.background.busy)
    return room, case_id


def decided(station: Any, case_id: str) -> object:
    return {
        k: v
        for k, v in determinations_of(station.in_store(station.store.case_document, case_id)).items()
        if v
    }


def a_denial(room: ReviewRoom, outcome: Outcome) -> Decision:
    assert room.case_model.request is not None
    lines = tuple(line.line_id for line in room.case_model.request.lines)
    return Decision(lines, outcome, "The pump is not covered for this reason.", granted="one of them")


def test_a_nurse_is_not_offered_to_deny(station: Any, qtbot: QtBot) -> None:
    add_everybody(station)
    with a_window(qtbot, station) as window:
        sign_in(window, qtbot, "nia")
        room, _ = reviewing(window, qtbot)
        offered = room.side.bar.offered()
        assert Outcome.REFER in offered
        assert not set(AGAINST) & set(offered)
        for outcome in AGAINST:
            assert outcome not in room.side.bar.buttons or not room.side.bar.buttons[outcome].isVisible()


@pytest.mark.parametrize("outcome", AGAINST)
def test_a_nurse_who_calls_the_model_itself_is_refused_in_words(
    station: Any, qtbot: QtBot, outcome: Outcome
) -> None:
    add_everybody(station)
    with a_window(qtbot, station) as window:
        sign_in(window, qtbot, "nia")
        room, case_id = reviewing(window, qtbot)
        with qtbot.waitSignal(room.determination_model.refused) as refused:
            room.determination_model.decide(a_denial(room, outcome))
        error = refused.args[0]
        assert error.reason == "A decision against a request is for a physician reviewer."
        assert error.next_step == "Refer it to a physician."
        assert decided(station, case_id) == {}
        refusals = [e for e in station.in_store(station.store.audit_entries) if e.action == "refused"]
        assert [entry.by for entry in refusals] == ["nia"]


def test_without_users_nobody_denies_either(station: Any, qtbot: QtBot) -> None:
    with a_window(qtbot, station) as window:
        room, case_id = reviewing(window, qtbot)
        assert Outcome.DENY not in room.side.bar.offered()
        with qtbot.waitSignal(room.determination_model.refused) as refused:
            room.determination_model.decide(a_denial(room, Outcome.DENY))
        assert "for a physician reviewer" in str(refused.args[0])
        assert decided(station, case_id) == {}


def test_a_physician_who_is_no_more_one_is_refused_what_they_began(station: Any, qtbot: QtBot) -> None:
    add_everybody(station)
    with a_window(qtbot, station) as window:
        sign_in(window, qtbot, "phil")
        room, case_id = reviewing(window, qtbot)
        assert Outcome.DENY in room.side.bar.offered()
        body = station.in_store(station.store.users.get, "phil")
        change = {**body, "roles": [str(Role.UR_SPECIALIST)]}
        station.in_store(
            lambda: station.store.users.change(
                "phil", lambda _users: (change, ("test", {})), "root", station.changes.now()
            )
        )
        with qtbot.waitSignal(room.determination_model.refused) as refused:
            room.determination_model.decide(a_denial(room, Outcome.DENY))
        assert "for a physician reviewer" in str(refused.args[0])
        assert decided(station, case_id) == {}
        window.gate.look()
        qtbot.waitUntil(lambda: Outcome.DENY not in room.side.bar.offered())


def test_a_nurse_at_the_physicians_locked_window_cannot_deny(station: Any, qtbot: QtBot) -> None:
    add_everybody(station)
    with a_window(qtbot, station) as window:
        sign_in(window, qtbot, "phil")
        room, case_id = reviewing(window, qtbot)
        denial = a_denial(room, Outcome.DENY)
        window.lock()
        sign_in(window, qtbot, "nia")
        room.screen.open_case(case_id)
        qtbot.waitUntil(lambda: room.case_model.case is not None and not window.background.busy)
        assert Outcome.DENY not in room.side.bar.offered()
        with qtbot.waitSignal(room.determination_model.refused):
            room.determination_model.decide(denial)
        assert decided(station, case_id) == {}
