"""Results come back on the UI thread: nothing to a destroyed or cancelled owner, exceptions always."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QThread
from shiboken6 import delete

from app.domain.errors import Actionable, Offline
from app.services.lanes import Lanes
from app.views.background import Background


@pytest.fixture
def background(qapp) -> Iterator[Background]:
    lanes = Lanes()
    made = Background(lanes)
    yield made
    lanes.close()
    delete(made)


def refuse() -> None:
    raise Offline("No network.", "Try later.")


def break_down() -> None:
    raise KeyError("a bug")


def test_a_result_arrives_on_the_ui_thread(background: Background, qtbot) -> None:
    seen: list[object] = []
    owner = QObject()
    background.run(
        owner,
        "store",
        threading.get_ident,
        done=lambda r: seen.append((r, QThread.currentThread().isMainThread())),
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] != threading.get_ident()
    assert seen[0][1] is True


def test_results_of_one_lane_arrive_in_the_order_they_were_asked_for(background: Background, qtbot) -> None:
    seen: list[int] = []
    owner = QObject()
    for number in range(50):
        background.run(owner, "store", lambda n=number: n, done=seen.append)
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert seen == list(range(50))


def test_a_destroyed_owner_hears_nothing(background: Background, qtbot) -> None:
    seen: list[object] = []
    owner = QObject()
    gate = threading.Event()
    background.run(owner, "store", gate.wait, 5, done=seen.append)
    delete(owner)
    gate.set()
    qtbot.waitUntil(lambda: not background.busy)
    assert seen == []


def test_a_cancelled_task_delivers_no_result(background: Background, qtbot) -> None:
    seen: list[object] = []
    owner = QObject()
    gate = threading.Event()
    task = background.run(owner, "store", gate.wait, 5, done=seen.append)
    task.cancel()
    gate.set()
    qtbot.waitUntil(lambda: not background.busy)
    assert seen == []


def test_an_error_the_person_can_act_on_reaches_who_asked(background: Background, qtbot) -> None:
    seen: list[Actionable] = []
    owner = QObject()
    background.run(owner, "store", refuse, failed=seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert str(seen[0]) == "No network. Try later."


def test_an_error_nobody_asked_for_reaches_the_window(background: Background, qtbot) -> None:
    owner = QObject()
    with qtbot.waitSignal(background.failed) as told:
        background.run(owner, "store", refuse)
    assert isinstance(told.args[0], Offline)


def test_the_failure_of_a_destroyed_owner_still_reaches_the_window(background: Background, qtbot) -> None:
    owner = QObject()
    gate = threading.Event()

    def late() -> None:
        gate.wait(5)
        refuse()

    with qtbot.waitSignal(background.failed):
        background.run(owner, "store", late, failed=lambda _error: None)
        delete(owner)
        gate.set()


def test_a_bug_reaches_the_log_and_the_window_and_whoever_waits(
    background: Background, qtbot, caplog
) -> None:
    seen: list[Actionable] = []
    owner = QObject()
    with qtbot.waitSignal(background.crashed) as told:
        background.run(owner, "store", break_down, failed=seen.append)
    assert isinstance(told.args[0], KeyError)
    assert "work in the background failed" in caplog.text
    assert seen[0].code == "bug"


def test_work_asked_for_after_the_end_is_not_begun(background: Background) -> None:
    begun: list[int] = []
    background.close()
    task = background.run(QObject(), "store", begun.append, 1)
    assert task.cancelled
    assert not background.busy
    assert begun == []
