"""The queue panel over a model of the test's own: cards, filter, sort, statuses, drops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    Qt,
    QUrl,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.case import IntakeStatus
from app.domain.queue import OPEN, QueueRow, QueueSort
from app.views.widgets.queue_card import look_chip, time_ago, time_left, urgency_chip
from app.views.widgets.queue_panel import QueuePanel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
Key = Qt.Key


def row(number: int, **more: Any) -> QueueRow:
    known: dict[str, Any] = {
        "case_id": f"c{number}", "receipt": f"R-{number}", "patient": f"Patient {number}", "form_type": "form",
        "file_name": "scan.pdf", "status": IntakeStatus.NEEDS_REVIEW, "urgency": "standard",
        "received_at": NOW - timedelta(hours=3), "due_at": NOW + timedelta(hours=61), "confidence": 0.93,
        "lowest": 0.62, "needs_look": 3, "fields": 71, "page_count": 1, "assigned_to": "", "reason": "",
    }  # fmt: skip
    return QueueRow(**(known | more))


class Rows(QAbstractListModel):
    def __init__(self, rows: Sequence[QueueRow | None], count: int | None = None) -> None:
        super().__init__()
        self.rows = list(rows)
        self.count = len(self.rows) if count is None else count
        self.asked = 0
        self.counted = 0

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        self.counted += 1
        return 0 if parent.isValid() else self.count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        self.asked += 1
        if role == Qt.ItemDataRole.UserRole:
            return self.rows[index.row() % len(self.rows)]
        if role == Qt.ItemDataRole.UserRole + 1 and index.row() == 1:
            return (3, 4)
        return None

    def clear(self) -> None:
        self.beginResetModel()
        self.count = 0
        self.endResetModel()


@pytest.fixture
def panel(qtbot: QtBot) -> QueuePanel:
    widget = QueuePanel()
    qtbot.addWidget(widget)
    widget.resize(260, 900)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    widget.set_now(NOW)
    return widget


def filled(panel: QueuePanel, *rows: QueueRow | None) -> Rows:
    model = Rows(rows)
    model.setParent(panel)
    panel.set_model(model)
    panel.set_counts({IntakeStatus.NEEDS_REVIEW: len(rows), IntakeStatus.VERIFIED: 2})
    QApplication.processEvents()
    return model


def heard(signal: Any) -> list[Any]:
    found: list[Any] = []
    signal.connect(lambda *given: found.append(given[0] if len(given) == 1 else given))
    return found


def place(panel: QueuePanel, number: int) -> QRectF:
    assert panel.list.model() is not None
    return QRectF(panel.list.visualRect(panel.list.model().index(number, 0)))


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(hours=61, minutes=20), "61 h left"),
        (timedelta(days=4, hours=19), "4 d 19 h"),
        (timedelta(minutes=35), "35 min left"),
        (-timedelta(hours=3, minutes=10), "late by 3 h"),
        (-timedelta(days=3), "late by 3 d 0 h"),
    ],
)
def test_time_left_is_said_in_words(left: timedelta, words: str) -> None:
    assert time_left(NOW + left, NOW) == words


def test_time_since_arrival_is_said_in_words() -> None:
    agos = [timedelta(seconds=20), timedelta(minutes=5), timedelta(hours=3), timedelta(days=4)]
    assert [time_ago(NOW - a, NOW) for a in agos] == ["just now", "5 min ago", "3 h ago", "4 d ago"]


def test_urgency_and_what_needs_a_look_have_symbol_word_and_colour() -> None:
    assert (urgency_chip("expedited").text, urgency_chip("expedited").role) == ("Expedited", "wrong")
    assert (urgency_chip("standard").text, urgency_chip("standard").role) == ("Standard", "plain")
    chips = [look_chip(row(1, needs_look=0)), look_chip(row(1)), look_chip(row(1, confidence=0.7))]
    assert [(c.text, c.role) for c in chips] == [
        ("0 of 71", "sure"),
        ("3 of 71", "look"),
        ("3 of 71", "wrong"),
    ]
    assert len({c.symbol for c in chips}) == 3


def test_a_card_says_who_has_the_case_and_which_form_it_is(panel: QueuePanel) -> None:
    panel.set_form_titles({"form": "Texas standard PA"})
    panel.set_person("me")
    assert panel.card.form_words(row(1, assigned_to="me")) == "Texas standard PA · you"
    assert panel.card.form_words(row(1, assigned_to="R. O.")) == "Texas standard PA · R. O."
    assert panel.card.name(row(1, patient="")) == "scan.pdf"


def test_a_case_being_read_says_how_far_and_an_unreadable_one_says_why(panel: QueuePanel) -> None:
    assert panel.card.state_chip(row(1, status=IntakeStatus.READING), (3, 4)).text == "Reading 3 of 4"
    assert panel.card.state_chip(row(1, status=IntakeStatus.RECEIVED)).text == "Waiting"
    gone = row(1, status=IntakeStatus.UNREADABLE, reason="The file is empty.")
    assert panel.card.state_chip(gone).text == "Unreadable"
    assert "The file is empty." in panel.card.words(gone)


def test_a_click_and_enter_choose_a_case_and_arrows_only_move(panel: QueuePanel) -> None:
    filled(panel, row(1), row(2), row(3))
    chosen = heard(panel.case_chosen)
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place(panel, 1).center().toPoint())
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_Down)
    assert chosen == ["c2"]
    QTest.keyClick(panel.list, Key.Key_Return)
    assert chosen == ["c2", "c3"]


def test_the_cross_stops_reading_and_does_not_open_the_case(panel: QueuePanel) -> None:
    filled(panel, row(1), row(2, status=IntakeStatus.READING))
    stopped = heard(panel.cancel_requested)
    cross = panel.card.cancel_place(place(panel, 1)).center().toPoint()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=cross)
    assert stopped == ["c2"]
    elsewhere = panel.card.cancel_place(place(panel, 0)).center().toPoint()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=elsewhere)
    assert stopped == ["c2"]


def test_typing_filters_wherever_the_keyboard_is_in_the_queue(panel: QueuePanel) -> None:
    filled(panel, row(1), row(2))
    said = heard(panel.filter_changed)
    panel.list.setFocus()
    QTest.keyClicks(panel.list, "m")
    QTest.keyClicks(panel.filter, "en")
    assert said == ["m", "me", "men"]
    assert panel.filter.hasFocus()


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [(Key.Key_Slash, Qt.KeyboardModifier.NoModifier), (Key.Key_F, Qt.KeyboardModifier.ControlModifier)],
)
def test_slash_and_ctrl_f_go_to_the_filter(
    panel: QueuePanel, key: Key, modifiers: Qt.KeyboardModifier
) -> None:
    filled(panel, row(1))
    panel.list.setFocus()
    QTest.keyClick(panel.list, key, modifiers)
    assert panel.filter.hasFocus()
    assert panel.filter.text() == ""


def test_from_the_filter_down_goes_to_the_cards_enter_opens_the_first_escape_clears(
    panel: QueuePanel,
) -> None:
    filled(panel, row(1), row(2))
    chosen = heard(panel.case_chosen)
    panel.filter.setFocus()
    panel.set_filter("x")
    QTest.keyClick(panel.filter, Key.Key_Return)
    assert chosen == ["c1"]
    QTest.keyClick(panel.filter, Key.Key_Escape)
    assert panel.filter.text() == ""
    QTest.keyClick(panel.filter, Key.Key_Down)
    assert panel.list.hasFocus()
    assert panel.list.currentIndex().row() == 0


def test_f10_asks_for_the_next_case_once_however_long_it_is_held(panel: QueuePanel) -> None:
    filled(panel, row(1))
    asked: list[bool] = []
    panel.next_requested.connect(lambda: asked.append(True))
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_F10)
    assert asked == [True]


def test_the_status_menu_counts_and_tells_which_statuses(panel: QueuePanel) -> None:
    filled(panel, row(1), row(2), row(3))
    told = heard(panel.statuses_changed)
    assert panel.status.text() == "3 to check"
    panel.status.menu.aboutToShow.emit()
    entries = {a.text().split("\t")[0]: a for a in panel.status.menu.actions()}
    assert [a.text() for a in entries.values()] == ["To check\t3", "Verified\t2", "Unreadable\t0", "All\t5"]
    entries["Verified"].trigger()
    assert told == [(IntakeStatus.VERIFIED,)]
    assert panel.status.text() == "2 verified"


def test_the_sort_menu_offers_every_column_and_both_directions(panel: QueuePanel) -> None:
    told = heard(panel.sort_changed)
    names = [a.text() for a in panel.sorting.menu.actions() if a.text()]
    assert len(names) == len(QueueSort) + 2
    next(a for a in panel.sorting.menu.actions() if a.text() == "Confidence").trigger()
    next(a for a in panel.sorting.menu.actions() if a.text() == "Largest first").trigger()
    assert told == [(QueueSort.CONFIDENCE, False), (QueueSort.CONFIDENCE, True)]
    QApplication.processEvents()
    assert panel.sorting.text() == "Confidence"


def test_painting_100_000_cases_costs_what_is_in_sight(panel: QueuePanel) -> None:
    model = Rows([row(1)], 100_000)
    model.setParent(panel)
    panel.set_model(model)
    panel.set_counts({IntakeStatus.NEEDS_REVIEW: 100_000})
    QApplication.processEvents()
    model.asked = 0
    panel.list.viewport().repaint()
    seen = panel.list.viewport().height() // panel.card.sizeHint(None, None).height() + 2  # type: ignore[arg-type]
    assert seen <= model.asked <= 2 * seen
    panel.list.scrollToBottom()
    model.asked = 0
    panel.list.viewport().repaint()
    assert model.asked <= 2 * seen


def test_laying_out_100_000_cases_does_not_ask_about_each(panel: QueuePanel) -> None:
    model = Rows([row(1)], 100_000)
    model.setParent(panel)
    panel.set_model(model)
    panel.set_counts({IntakeStatus.NEEDS_REVIEW: 100_000})
    model.counted = 0
    model.beginResetModel()
    model.endResetModel()
    panel.list.scrollTo(model.index(99_999, 0))
    QApplication.processEvents()
    assert model.counted < 1_000
    assert place(panel, 99_999).bottom() <= panel.list.viewport().height()


@pytest.mark.parametrize(("key", "number"), [(Key.Key_End, 2), (Key.Key_Home, 0), (Key.Key_Right, 1)])
def test_home_and_end_go_through_the_whole_queue(panel: QueuePanel, key: Qt.Key, number: int) -> None:
    filled(panel, row(0), row(1), row(2))
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(1, 0))
    QTest.keyClick(panel.list, key)
    assert panel.list.currentIndex().row() == number


def test_a_row_that_is_not_there_yet_is_a_skeleton_and_chooses_nothing(panel: QueuePanel) -> None:
    filled(panel, None)
    chosen = heard(panel.case_chosen)
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place(panel, 0).center().toPoint())
    panel.grab()
    assert chosen == []


def test_an_empty_queue_says_what_to_do_next(panel: QueuePanel) -> None:
    model = filled(panel, row(1))
    model.clear()
    assert "New forms appear here" in panel.empty.text
    panel.set_counts({})
    assert "drop them on this window" in panel.empty.text
    panel.set_filter("nobody")
    assert "No case here matches “nobody”." in panel.empty.text
    panel.empty.buttons[0].click()
    assert panel.filter.text() == ""


def test_nothing_is_called_empty_before_the_store_has_answered(panel: QueuePanel) -> None:
    model = Rows([row(1)], 0)
    model.setParent(panel)
    panel.set_model(model)
    assert panel.empty.isHidden()


def test_dropped_files_are_told_and_the_drop_is_shown(panel: QueuePanel) -> None:
    dropped = heard(panel.files_dropped)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/a.pdf"), QUrl("https://example.org/b.pdf")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    assert panel.hint.text() == "let go to add them"
    QApplication.sendEvent(panel, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))
    assert dropped == [["/tmp/a.pdf"]]
    assert panel.hint.text() == "or drop them here"


def test_what_can_be_done_with_a_case_depends_on_its_status(panel: QueuePanel) -> None:
    again, stopped = heard(panel.read_again_requested), heard(panel.cancel_requested)
    for status, words in ((IntakeStatus.UNREADABLE, "Read again"), (IntakeStatus.READING, "Stop reading")):
        menu = panel.case_menu(row(7, status=status))
        next(a for a in menu.actions() if a.text() == words).trigger()
        menu.deleteLater()
    assert (again, stopped) == (["c7"], ["c7"])


def test_the_filters_of_another_session_are_taken_over_without_telling_anybody(panel: QueuePanel) -> None:
    told = heard(panel.statuses_changed) + heard(panel.sort_changed)
    panel.set_statuses((IntakeStatus.VERIFIED,))
    panel.set_sort(QueueSort.PATIENT, descending=True)
    panel.set_statuses(OPEN)
    assert told == []
    assert panel.sorting.text() == "Patient"


def test_the_card_the_keyboard_is_on_stands_on_the_same_ground_as_the_others(panel: QueuePanel) -> None:
    filled(panel, row(1), row(2), row(3))
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(1, 0))
    drawn = panel.list.viewport().grab().toImage()
    ratio = drawn.devicePixelRatio()
    grounds = {
        drawn.pixelColor((place.bottomRight() - QPoint(12, 12)) * ratio).name()
        for n in range(3)
        if (place := panel.list.visualRect(panel.list.model().index(n, 0))).isValid()
    }
    assert len(grounds) == 1
