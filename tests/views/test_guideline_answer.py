"""Another index answers when typing rests: its hits, its summary, and which index it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.errors import SignInRequired
from app.domain.guideline import (
    Citation,
    Found,
    Hit,
    Passage,
    SearchAnswer,
    SearchQuery,
    Source,
    SourceKind,
    Summary,
)
from app.views.models.search_model import SearchModel
from app.views.search_screen import wire_panel
from app.views.widgets.guideline.guideline_panel import GuidelinePanel
from app.views.widgets.guideline.summary_view import SummaryView

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def hit(name: str, page: int = 1) -> Hit:
    text = f"What {name} says of the insulin pump."
    source = Source(f"policy:{name}@1", SourceKind.POLICY, f"Policy {name}", name, "1")
    return Hit(source, Passage(page, text, 0, len(text)), text, ((0, 4),), 1.0)


SUMMARY = Summary(
    "A pump is covered. <b>Not</b> twice.",
    (hit("a", 3), hit("b", 7)),
    (Citation(0, 18, (1,)), Citation(19, 36, (1, 2))),
)


class Lane:
    """Work waits until the test lets it run."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Callable[[], None]]] = []

    def run(
        self, _owner: object, lane: str, function: Any, *arguments: Any, done: Any = None, failed: Any = None
    ) -> None:
        def work() -> None:
            try:
                found = function(*arguments)
            except SignInRequired as error:
                failed(error)
            else:
                done(found)

        self.waiting.append((lane, work))

    def step(self) -> str:
        lane, work = self.waiting.pop(0)
        work()
        return lane


class Desk:
    person = "nora"
    elsewhere = "Vertex AI Search"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.reply: SearchAnswer | Exception = SearchAnswer((hit("there"),), SUMMARY, "Vertex AI Search")
        self.searching = self

    def guidelines(self) -> Desk:
        return self

    def search(self, _query: SearchQuery, _by: str) -> tuple[Hit, ...]:
        return (hit("here"), hit("also"))

    def answer(self, query: SearchQuery, by: str) -> SearchAnswer:
        self.asked.append(f"{by}: {query.text}")
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class Bench:
    """A panel, its model, and what stands behind them."""

    def __init__(self, qtbot: QtBot) -> None:
        self.desk, self.lane = Desk(), Lane()
        self.panel = GuidelinePanel()
        qtbot.addWidget(self.panel)
        self.model = SearchModel(self.desk, self.lane, self.panel)  # type: ignore[arg-type]
        wire_panel(self.panel, self.model)
        self.panel.resize(500, 800)
        self.panel.show()

    def type(self, text: str) -> None:
        self.panel.field.clear()
        QTest.keyClicks(self.panel.field, text)
        while self.lane.waiting:
            self.lane.step()

    def rest(self) -> None:
        """The time passes after which a question is whole."""
        if self.model._rested.isActive():
            self.model._rested.stop()
            self.model._rested.timeout.emit()

    @property
    def shown(self) -> list[str]:
        return [h.source.name for h in self.panel.list.rows.hits]


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_this_computer_answers_with_every_key_and_the_other_index_once(bench: Bench) -> None:
    bench.type("insulin pump")
    assert bench.shown == ["here", "also"]
    assert bench.desk.asked == []
    bench.rest()
    assert bench.panel.origin.text() == "Asking Vertex AI Search…"
    assert bench.lane.step() == "network"  # a slow answer keeps no key waiting
    assert bench.desk.asked == ["nora: insulin pump"]
    assert bench.shown == ["there"]
    assert bench.panel.origin.text() == "Answered by Vertex AI Search."
    assert bench.panel.summary.isVisible()


def test_an_answer_to_what_is_not_asked_any_more_is_dropped(bench: Bench) -> None:
    bench.type("insulin pump")
    bench.rest()
    QTest.keyClicks(bench.panel.field, "s")
    while bench.lane.waiting:
        bench.lane.step()
    assert bench.shown == ["here", "also"]
    assert not bench.panel.summary.isVisible()


@pytest.mark.parametrize("way", ["down", "open"])
def test_hits_do_not_change_under_the_person_who_is_among_them(bench: Bench, way: str) -> None:
    bench.type("insulin pump")
    bench.rest()
    if way == "down":
        QTest.keyClick(bench.panel.field, Qt.Key.Key_Down)
    else:
        QTest.keyClick(bench.panel.field, Qt.Key.Key_Return)
    bench.lane.step()
    assert bench.shown == ["here", "also"]
    bench.type("insulin pumps")
    QTest.keyClick(bench.panel.field, Qt.Key.Key_Down)
    assert not bench.model._rested.isActive()


def test_who_answered_instead_is_told_with_the_reason(bench: Bench) -> None:
    bench.desk.reply = SearchAnswer((hit("here"), hit("also")), note="Vertex AI Search cannot be reached.")
    bench.type("insulin pump")
    bench.panel.list.setCurrentIndex(bench.panel.list.rows.index(1))
    bench.rest()
    bench.lane.step()
    assert bench.panel.origin.text() == "This computer answered. Vertex AI Search cannot be reached."
    assert bench.panel.list.currentIndex().row() == 1  # the same hits: the place among them stays


def test_an_answer_that_fails_takes_no_hit_away(bench: Bench) -> None:
    bench.desk.reply = SignInRequired("Nobody is signed in.", "Sign in.")
    bench.type("insulin pump")
    bench.rest()
    bench.lane.step()
    assert bench.shown == ["here", "also"]
    assert "Sign in." in bench.panel.origin.text()


def test_a_search_of_this_computer_alone_asks_nobody_else(bench: Bench) -> None:
    bench.desk.elsewhere = ""
    bench.type("insulin pump")
    assert not bench.model._rested.isActive()
    assert not bench.panel.origin.isVisible()


def test_every_number_leads_to_its_passage(qtbot: QtBot) -> None:
    view = SummaryView()
    qtbot.addWidget(view)
    view.show_summary(SUMMARY, "Vertex AI Search")
    told: list[Hit] = []
    view.cited.connect(told.append)
    for link in ("1", "2"):
        view.text.linkActivated.emit(link)
        view.sources.linkActivated.emit(link)
    assert [h.passage.page for h in told] == [3, 3, 7, 7]
    for link in ("0", "3", "x", ""):
        view.text.linkActivated.emit(link)
    assert len(told) == 4


def test_a_summary_is_called_one_and_its_words_are_no_markup(qtbot: QtBot) -> None:
    view = SummaryView()
    qtbot.addWidget(view)
    view.show_summary(SUMMARY, "Vertex AI Search")
    assert "Vertex AI Search" in view.accessibleName()
    assert "no evidence" in view.accessibleName()
    assert "&lt;b&gt;Not&lt;/b&gt; twice." in view.text.text()
    assert "Policy b</a>" not in view.sources.text()
    assert "Policy b, p. 7" in view.sources.text()
    places = [view.text.text().index(part) for part in ("covered.", "[1]", "twice.", "[2]")]
    assert places == sorted(places)


def test_a_summary_can_be_followed_with_the_keyboard(qtbot: QtBot) -> None:
    view = SummaryView()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show_summary(SUMMARY, "Vertex AI Search")
    view.show()
    view.activateWindow()
    told: list[Hit] = []
    view.cited.connect(told.append)
    view.text.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view.text, Qt.Key.Key_Tab)
    QTest.keyClick(view.text, Qt.Key.Key_Return)
    assert told
    assert told[0] in SUMMARY.sources


def test_a_long_summary_leaves_the_passages_in_sight(qtbot: QtBot) -> None:
    panel = GuidelinePanel()
    qtbot.addWidget(panel)
    panel.resize(480, 800)
    panel.show()
    long = Summary("A pump is covered. " * 200, SUMMARY.sources, SUMMARY.citations)
    panel.show_found(Found(SearchQuery("pump"), (hit("a"),), (), 3, summary=long, answered_by="it"))
    assert panel.summary.height() < 400
    assert panel.list.height() > 250
    panel.show_found(Found(SearchQuery("pump"), (hit("a"),), (), 3))
    assert not panel.summary.isVisible()
