"""The review's queue: rows when they are seen, filters, keys, and words for every empty state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.domain.case import ReviewStatus
from app.domain.clock import HANDLING
from app.domain.review_queue import OPEN_REVIEWS, ReviewQuery, ReviewRow
from app.views.background import Background
from app.views.models.case_list_model import CHUNK
from app.views.models.review_queue_model import ReviewCounts, ReviewQueueModel
from app.views.widgets.review.clock import clock_chip
from app.views.widgets.review.queue_page import ReviewQueuePage
from app.views.widgets.review.queue_row import ROW_ROLE, columns, flag_words, status_chip
from tests.views.review_shop import a_review

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
IN_QUEUE, IN_PROGRESS, COMPLETED = ReviewStatus.IN_QUEUE, ReviewStatus.IN_PROGRESS, ReviewStatus.COMPLETED


def a_row(number: int = 0, **more: object) -> ReviewRow:
    due = NOW + timedelta(hours=50)
    values: dict[str, object] = {
        "case_id": f"c{number}",
        "receipt": f"R-{number}",
        "patient": "Jane Orr",
        "asked_for": "E0784 External infusion pump",
        "urgency": "standard",
        "due_at": due,
        "begin_by": due - HANDLING["standard"],
        "status": IN_QUEUE,
        "waiting_for": "",
        "assigned_to": "",
        "lines": 1,
        "flags": 0,
    }
    return ReviewRow(**(values | more))  # type: ignore[arg-type]


class Rows(QAbstractListModel):
    """Rows that are there at once."""

    def __init__(self, rows: list[ReviewRow]) -> None:
        super().__init__()
        self.rows = rows

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.rows)

    def data(self, index: QModelIndex, role: int = 0) -> object:
        return self.rows[index.row()] if role == ROW_ROLE else None


@pytest.fixture
def page(qtbot: QtBot) -> ReviewQueuePage:
    shown = ReviewQueuePage()
    qtbot.addWidget(shown)
    shown.set_person("ada")
    shown.set_now(NOW)
    shown.resize(1100, 500)
    shown.show()
    qtbot.waitUntil(shown.isActiveWindow)
    return shown


def filled(page: ReviewQueuePage, rows: list[ReviewRow]) -> Rows:
    model = Rows(rows)
    model.setParent(page)
    page.set_model(model)
    page.set_counts({IN_QUEUE: len(rows)}, 0)
    return model


# words and colours of a row


def test_the_clock_is_told_by_slack_in_symbol_and_words() -> None:
    def chip(hours: float, urgency: str = "standard") -> tuple[str, str]:
        found = clock_chip(NOW + timedelta(hours=hours), urgency, NOW)
        return found.symbol, found.role

    assert chip(60) == ("clock", "plain")
    assert chip(20) == ("clock-alert", "look")  # a day of handling no longer fits in
    assert chip(20, "expedited") == ("clock", "plain")
    assert chip(-1) == ("circle-alert", "wrong")
    assert clock_chip(NOW, "standard", NOW, COMPLETED).role == "sure"


def test_a_row_says_whom_it_waits_for_before_its_status() -> None:
    assert status_chip(a_row(status=IN_PROGRESS, waiting_for="information")).text == "Waits for information"
    assert status_chip(a_row(status=IN_PROGRESS, waiting_for="physician")).text == "Waits for a physician"
    assert status_chip(a_row(status=IN_PROGRESS)).text == "In progress"
    assert status_chip(a_row(status=COMPLETED)).text == "Completed"


def test_one_flag_and_two_flags() -> None:
    assert (flag_words(1), flag_words(2)) == ("1 flag", "2 flags")


def test_a_narrow_window_leaves_out_columns_and_never_the_request_or_the_clock() -> None:
    wide, middle, narrow = columns(1300), columns(820), columns(560)
    assert all(width > 0 for _, width in (wide.urgency, wide.holder))
    assert middle.urgency[1] == 0
    assert narrow.holder[1] == 0
    for at in (wide, middle, narrow):
        assert at.request[1] >= 120
        assert at.clock[1] > 0


# what it says and asks for


def test_chips_count_and_ask_for_their_status(page: ReviewQueuePage) -> None:
    filled(page, [a_row()])
    page.set_counts({IN_QUEUE: 4, IN_PROGRESS: 2, COMPLETED: 7}, 1)
    counts = {name: chip.count for name, chip in page.statuses.chips.items()}
    assert counts == {"open": 6, "in_queue": 4, "in_progress": 2, "completed": 7}
    assert page.mine.count == 1
    asked: list[ReviewQuery] = []
    page.query_changed.connect(asked.append)
    page.statuses.chips["completed"].click()
    page.mine.click()
    page.physician.click()
    assert asked[0].statuses == (COMPLETED,)
    assert asked[1].assigned_to == "ada"
    assert asked[2].waiting_for == "physician"
    page.information.click()
    assert asked[3].waiting_for == "information"
    assert not page.physician.isChecked()


def test_typing_anywhere_filters_and_enter_opens_the_first(page: ReviewQueuePage) -> None:
    filled(page, [a_row(1), a_row(2)])
    asked: list[ReviewQuery] = []
    opened: list[str] = []
    page.query_changed.connect(asked.append)
    page.case_chosen.connect(opened.append)
    page.focus_list()
    QTest.keyClicks(page.list, "orr")
    assert page.filter.hasFocus()
    assert asked[-1].text == "orr"
    QTest.keyClick(page.filter, Qt.Key.Key_Return)
    assert opened == ["c1"]
    QTest.keyClick(page.filter, Qt.Key.Key_Down)
    assert page.list.hasFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert opened == ["c1", "c2"]


def test_the_head_of_the_time_left_turns_the_order_around(page: ReviewQueuePage) -> None:
    filled(page, [a_row()])
    asked: list[ReviewQuery] = []
    page.query_changed.connect(asked.append)
    left, wide = columns(page.head.width()).clock
    QTest.mouseClick(page.head, Qt.MouseButton.LeftButton, pos=QPoint(round(left + wide / 2), 12))
    QTest.keyClick(page.head, Qt.Key.Key_Space)
    assert [query.descending for query in asked] == [True, False]


def test_every_empty_queue_says_what_to_do(page: ReviewQueuePage) -> None:
    filled(page, [])
    page.set_counts({}, 0)
    assert "countersign import" in page.empty.text
    asked: list[bool] = []
    page.intake_asked.connect(lambda: asked.append(True))
    page.empty.buttons[0].click()
    assert asked == [True]
    page.set_counts({COMPLETED: 3}, 0)
    assert "All decided" in page.empty.text
    page.mine.click()
    assert "fits these filters" in page.empty.text
    page.empty.buttons[0].click()
    assert page.query == ReviewQuery()
    assert not page.mine.isChecked()
    page.filter.setText("nobody")
    assert "“nobody”" in page.empty.text
    page.empty.buttons[0].click()
    assert page.filter.text() == ""


def test_what_was_asked_for_is_put_back_without_asking_again(page: ReviewQueuePage) -> None:
    filled(page, [a_row()])
    asked: list[ReviewQuery] = []
    page.query_changed.connect(asked.append)
    page.set_query(
        ReviewQuery(statuses=(IN_PROGRESS,), assigned_to="ada", waiting_for="physician", descending=True)
    )
    assert asked == []
    assert page.statuses.current == "in_progress"
    assert page.mine.isChecked()
    assert page.physician.isChecked()
    assert page.head.descending


def test_a_row_tells_all_of_itself_in_words(page: ReviewQueuePage) -> None:
    told = page.rows.words(a_row(flags=2, urgency="expedited", assigned_to="ada", status=IN_PROGRESS))
    for part in ("E0784 External infusion pump", "Jane Orr", "R-0", "Expedited", "In progress", "2 flags"):
        assert part in told
    assert page.rows.holder(a_row(assigned_to="ada")) == "you"
    assert page.rows.holder(a_row(assigned_to="ben")) == "ben"


def test_rows_are_painted_at_any_width_and_in_every_state(page: ReviewQueuePage) -> None:
    filled(
        page,
        [
            a_row(0, flags=1),
            a_row(1, status=IN_PROGRESS, assigned_to="ada", urgency="expedited"),
            a_row(2, status=COMPLETED, assigned_to="ben", patient="", asked_for=""),
        ],
    )
    for width in (1300, 820, 560):
        page.resize(width, 400)
        assert not page.grab().isNull()


# the model over the services


@pytest.fixture
def reviewed(qapp: object, tmp_path: Path) -> Iterator[tuple]:
    with a_review(tmp_path, requests=3) as station:
        background = Background(station.lanes)
        model = ReviewQueueModel(station.review_queue, "ada", background)
        yield station, model
        delete(model)
        delete(background)


def show(model: ReviewQueueModel, qtbot: QtBot, query: ReviewQuery | None = None) -> None:
    with qtbot.waitSignal(model.refreshed):
        if query is None:
            model.refresh()
        else:
            model.set_query(query)


def test_rows_come_when_they_are_seen(reviewed: tuple, qtbot: QtBot) -> None:
    _, model = reviewed
    show(model, qtbot)
    index = model.index(0)
    assert model.data(index, ROW_ROLE) is None
    qtbot.waitUntil(lambda: model.data(index, ROW_ROLE) is not None)
    row = model.data(index, ROW_ROLE)
    assert row.asked_for.startswith("E0784")
    assert model.query.statuses == OPEN_REVIEWS


def test_what_waits_is_nobodys_and_mine(reviewed: tuple, qtbot: QtBot) -> None:
    station, model = reviewed
    counts: list[ReviewCounts] = []
    model.counts_changed.connect(counts.append)
    show(model, qtbot)
    ids = model.case_ids
    station.in_store(station.review_queue.open_case, ids[0], "ada")
    station.in_store(station.review_queue.open_case, ids[1], "ben")
    show(model, qtbot)
    assert [c.waiting for c in counts] == [3, 2]
    assert counts[-1].mine == 1


def test_another_person_has_other_requests_of_their_own(reviewed: tuple, qtbot: QtBot) -> None:
    station, model = reviewed
    show(model, qtbot)
    case_id = model.case_ids[0]
    station.in_store(station.review_queue.open_case, case_id, "ben")
    show(model, qtbot, ReviewQuery(assigned_to="ada"))
    assert model.case_ids == ()
    with qtbot.waitSignal(model.refreshed):
        model.set_person("ben")
    assert model.case_ids == (case_id,)


class Many:
    """More requests than are ever fetched at once."""

    def __init__(self, count: int) -> None:
        self.every = tuple(f"c{n}" for n in range(count))
        self.fetched = 0

    def ids(self, query: ReviewQuery) -> tuple[str, ...]:
        return () if query.assigned_to else self.every

    def rows(self, asked: object) -> tuple[ReviewRow, ...]:
        names = tuple(asked)  # type: ignore[call-overload]
        self.fetched += len(names)
        return tuple(a_row(int(name[1:])) for name in names)

    def counts(self) -> dict[ReviewStatus, int]:
        return {IN_QUEUE: len(self.every)}


def test_a_hundred_thousand_requests_cost_what_is_in_sight(
    reviewed: tuple, page: ReviewQueuePage, qtbot: QtBot
) -> None:
    station, _ = reviewed
    background = Background(station.lanes, page)
    many = Many(100_000)
    model = ReviewQueueModel(many, "ada", background, page)
    show(model, qtbot)
    page.set_model(model)
    page.set_counts({IN_QUEUE: 100_000}, 0)
    qtbot.waitUntil(lambda: model.row_of("c0") is not None)
    assert many.fetched <= 2 * CHUNK
    page.list.scrollToBottom()
    qtbot.waitUntil(lambda: model.row_of("c99999") is not None)
    assert many.fetched <= 4 * CHUNK


def test_rows_that_were_scrolled_past_are_fetched_when_they_come_into_sight_again(
    reviewed: tuple, qtbot: QtBot
) -> None:
    station, _ = reviewed
    background = Background(station.lanes)
    model = ReviewQueueModel(Many(1000), "ada", background)
    show(model, qtbot)
    for place in range(500):  # as a drag of the scroll bar does, before anything can be fetched
        model.data(model.index(place), ROW_ROLE)
    qtbot.waitUntil(lambda: model.row_of("c499") is not None)
    assert model.row_of("c0") is None
    model.data(model.index(0), ROW_ROLE)
    qtbot.waitUntil(lambda: model.row_of("c0") is not None)
    delete(model)
    delete(background)
