"""Who else has a case open: said over the case without moving it, taken over with one key, lost quietly.

The service is the real one over the model of the shared queue; only the lane it asks in is this thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.sync import Lease
from app.services.lanes import Lanes
from app.services.leasing import Leasing
from app.views.background import Background
from app.views.models.lease_model import LeaseModel
from app.views.sync_case import LeaseView
from app.views.widgets.sync.lease_line import Holder, LeaseLine
from app.views.widgets.sync.row_mark import RowMark, mark_words
from tests.faults.sync_server import ServerModel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)


def at_once(_lane: str, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    done: Future[Any] = Future()
    done.set_result(function(*arguments))
    return done


class Desk:
    """A desk with a case on screen, and what it said."""

    def __init__(self, server: ServerModel, name: str, qtbot: QtBot) -> None:
        self.lanes = Lanes()
        self.background = Background(self.lanes)
        self.told: list[Callable[[str], None]] = []
        self.seconds = 0.0
        service = Leasing(
            server, at_once, f"desk of {name}", lambda: NOW, self._hear, monotonic=lambda: self.seconds
        )
        self.service = service
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(800, 600)
        self.window.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.page = QWidget(self.window)
        self.page.setGeometry(100, 50, 600, 500)
        self.model = LeaseModel(service, lambda: (name, name.title()), self.background, self.window)
        self.told.append(self.model.told)
        self.said: list[tuple[str, ...]] = []
        self.view = LeaseView(self.model, self.page, self.window, lambda *said: self.said.append(said))
        self.window.show()

    def _hear(self, case_id: str) -> None:
        for told in self.told:
            told(case_id)

    def later(self, **time: float) -> None:
        """Time goes by, and what is due is asked for again."""
        self.seconds += timedelta(**time).total_seconds()
        self.model._look_again()

    @property
    def words(self) -> str:
        return self.view.line.words if self.view.line.isVisible() else ""

    def press(self, key: Qt.Key) -> None:
        self.window.activateWindow()
        self.window.setFocus()
        QTest.keyClick(self.window, key)

    def close(self) -> None:
        self.model.stop()
        self.background.close()
        self.lanes.close()


@pytest.fixture
def server() -> ServerModel:
    return ServerModel(lambda: NOW)


@pytest.fixture
def desks(server: ServerModel, qtbot: QtBot) -> Any:
    both = (Desk(server, "ada", qtbot), Desk(server, "bob", qtbot))
    yield both
    for desk in both:
        desk.close()


def test_the_second_to_open_a_case_is_told_who_has_it_and_since_when(desks: Any, qtbot: QtBot) -> None:
    ada, bob = desks
    ada.model.show_case("case1")
    bob.model.show_case("case1")
    qtbot.waitUntil(lambda: "Ada has this case open since" in bob.words)
    assert "You can read and edit it" in bob.words
    assert ada.words == ""


def test_one_key_takes_it_over_and_the_other_is_told_quietly(desks: Any, qtbot: QtBot) -> None:
    ada, bob = desks
    ada.model.show_case("case1")
    ada.later(seconds=30)
    bob.model.show_case("case1")
    qtbot.waitUntil(lambda: bool(bob.words))
    bob.press(Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: not bob.words)
    ada.later(minutes=9)
    qtbot.waitUntil(lambda: "Bob has this case open" in ada.words)
    assert [said[:2] for said in ada.said] == [("info", "Bob has taken this case over.")]
    assert bob.said == []


def test_a_case_that_is_left_is_let_go_of(desks: Any, qtbot: QtBot, server: ServerModel) -> None:
    ada, bob = desks
    ada.model.show_case("case1")
    ada.model.show_case("case2")
    assert server.lease("case1") is None
    bob.model.show_case("case1")
    assert bob.words == ""
    ada.model.stop()
    assert server.lease("case2") is None


def test_taking_over_what_nobody_else_has_does_nothing(desks: Any, server: ServerModel) -> None:
    ada, _bob = desks
    ada.model.show_case("case1")
    before = server.lease("case1")
    ada.press(Qt.Key.Key_F12)
    assert server.lease("case1") == before


def test_the_same_person_on_another_desk_is_told_so(server: ServerModel, qtbot: QtBot) -> None:
    server.take_lease(Lease("case1", "ada", "Ada", "the other desk", NOW + timedelta(minutes=10)))
    desk = Desk(server, "ada", qtbot)
    desk.model.show_case("case1")
    qtbot.waitUntil(lambda: desk.words.startswith("You have this case open on another desk."))
    desk.close()


def test_a_workspace_without_other_desks_says_nothing(qtbot: QtBot) -> None:
    lanes = Lanes()
    model = LeaseModel(None, lambda: ("ada", "Ada"), Background(lanes))
    model.show_case("case1")
    model.take_over()
    assert model.holder is None
    lanes.close()


@pytest.fixture
def line(qtbot: QtBot) -> Iterator[LeaseLine]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    page = QWidget(window)
    page.setGeometry(100, 50, 600, 500)
    made = LeaseLine(page, window)
    made.page = page  # type: ignore[attr-defined]
    window.show()
    yield made
    window.close()  # alive until here: its widgets go with it


def test_the_line_lies_over_the_page_and_moves_nothing(line: LeaseLine) -> None:
    page = line.page  # type: ignore[attr-defined]
    before = page.geometry()
    line.show_holder(Holder("Ada", NOW))
    assert page.geometry() == before
    assert page.geometry().contains(line.geometry())
    page.resize(QSize(400, 400))
    assert page.geometry().contains(line.geometry().center())


def test_what_was_put_away_stays_away_until_it_is_somebody_else(line: LeaseLine) -> None:
    line.show_holder(Holder("Ada", NOW))
    line.put_away()
    line.show_holder(Holder("Ada", NOW))
    assert not line.isVisible()
    line.show_holder(Holder("Cy", NOW))
    assert line.isVisible()
    line.show_holder(None)
    assert not line.isVisible()
    assert line.words == ""


def test_rows_say_who_has_a_case_and_how_many_conflicts_it_has() -> None:
    assert mark_words(RowMark(holder="Ada")) == "Ada has it open"
    assert mark_words(RowMark(2, "Ada")) == "2 conflicts. Ada has it open"
    assert "since" in mark_words(RowMark(holder="Ada", since=NOW))
