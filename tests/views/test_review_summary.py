"""On top of a request: what is asked for whom, its clock with the milestones, its lines, and what can be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.case import Json, ReviewStatus, case_from, to_time
from app.domain.request import request_from
from app.views import theme
from app.views.widgets.review.milestones import Reached
from app.views.widgets.review.summary import Summary, summary_of
from app.views.widgets.review.summary_bar import SummaryBar

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CAME = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def a_line(order: int, code: str, words: str, outcome: str = "") -> Json:
    return {
        "order": order,
        "service": {"type": "DEVICE", "code": code, "description": words},
        "determination": {"outcome": outcome} if outcome else None,
    }


def a_summary(lines: dict[str, Json] | None = None, **more: object) -> Summary:
    document: Json = {
        "case_id": "c1",
        "receipt": "R-1",
        "received_at": to_time(CAME),
        "due_at": to_time(CAME + timedelta(hours=72)),
        "intake_status": "verified",
        "status": "in_progress",
        "urgency": "expedited",
        "line_of_business": "medicare_advantage",
        "assigned_to": "ada",
        "request": {
            "patient": {"patient_name": "Jane Orr", "birth_date": "11/21/1979"},
            "lines": {"r1": a_line(0, "E0784", "External infusion pump")} if lines is None else lines,
        },
        "_meta": {"rev": "1", "updated_at": to_time(CAME)},
        **more,
    }
    case = case_from(document)
    return summary_of(case, request_from(document), (Reached("received", "reader", CAME),), case.waiting_for)


@pytest.fixture
def bar(qtbot: QtBot) -> SummaryBar:
    shown = SummaryBar()
    qtbot.addWidget(shown)
    shown.resize(1300, 60)
    shown.set_person("ada")
    shown.set_now(CAME + timedelta(hours=10))
    shown.show()
    return shown


def test_the_age_is_that_on_the_day_of_the_request(bar: SummaryBar) -> None:
    bar.show_summary(a_summary())
    assert bar.headline.toolTip() == "External infusion pump (E0784) · Jane Orr, 46"


def test_the_clock_urgency_and_plan_are_told(bar: SummaryBar) -> None:
    bar.show_summary(a_summary())
    assert bar.clock.chip.text == "62 h left"
    assert bar.urgency.chip.text == "Expedited"
    assert bar.plan.words == "Medicare Advantage"
    bar.set_now(CAME + timedelta(hours=70))
    assert (bar.clock.chip.text, bar.clock.chip.role) == ("2 h left", "look")
    bar.set_now(CAME + timedelta(hours=73))
    assert (bar.clock.chip.text, bar.clock.chip.role) == ("late by 1 h", "wrong")


def test_an_unknown_plan_says_that_the_strictest_clock_runs(bar: SummaryBar) -> None:
    bar.show_summary(a_summary(line_of_business=""))
    assert "strictest clock" in bar.plan.words
    assert "strictest clock" in bar.clock.toolTip()


def test_the_status_says_whom_it_waits_for_and_who_has_it(bar: SummaryBar) -> None:
    def told(**more: object) -> str:
        bar.show_summary(a_summary(**more))
        return bar.state.text()

    assert told() == "In progress · you"
    assert told(waiting_for="information") == "waits for information · you"
    assert told(assigned_to="ben") == "In progress · ben"
    assert told(status="completed", assigned_to="ben") == "Completed · ben"
    assert told(status="in_queue", assigned_to="") == "In queue"


def test_what_can_be_done_depends_on_whose_it_is(bar: SummaryBar) -> None:
    def offered(**more: object) -> list[str]:
        bar.show_summary(a_summary(**more))
        return [action.text().partition("\t")[0] for action in bar.state.menu.actions()]

    assert offered() == ["Give back to the queue", "Attach documents…"]
    assert offered(assigned_to="ben") == ["Take over", "Attach documents…"]
    assert offered(status="completed", assigned_to="ben") == ["Attach documents…"]
    released: list[bool] = []
    bar.release_asked.connect(lambda: released.append(True))
    bar.show_summary(a_summary())
    bar.state.menu.actions()[0].trigger()
    assert released == [True]


def test_several_lines_are_chips_with_what_was_decided(bar: SummaryBar) -> None:
    lines = {
        "r1": a_line(0, "E0784", "External infusion pump", "approve"),
        "r2": a_line(1, "A4230", "Infusion set", "pend"),
        "r3": a_line(2, "A9274", "Pods"),
    }
    summary = a_summary(lines)
    assert summary.asked_for == "External infusion pump (E0784) +2"
    assert [line.final for line in summary.lines] == [True, False, False]
    bar.show_summary(summary)
    told = [chip.accessibleName() for chip in bar.lines]
    assert told == [
        "External infusion pump (E0784): approved",
        "Infusion set (A4230): pended",
        "Pods (A9274): open",
    ]
    chosen: list[str] = []
    bar.line_chosen.connect(chosen.append)
    bar.lines[1].click()
    assert chosen == ["r2"]
    lines["r2"] = a_line(1, "A4230", "Infusion set", "approve")
    bar.show_summary(a_summary(lines))
    assert bar.lines[1].isChecked(), "the line that is worked on stays when something is decided"
    bar.set_line("r3")
    assert bar.lines[2].isChecked()
    bar.show_summary(a_summary())
    assert bar.lines == ()


def test_a_request_without_a_service_or_name_says_so(bar: SummaryBar) -> None:
    bar.show_summary(a_summary({}, request={"patient": {}, "lines": {}}))
    assert bar.headline.toolTip() == "No service named · No name read"


def test_the_milestones_end_with_when_it_is_due_unless_it_is_decided(bar: SummaryBar) -> None:
    bar.show_summary(a_summary())
    panel = bar.milestones
    assert [reached.name for reached in panel._reached] == ["received", "due"]
    assert panel.words(panel._reached[0]).endswith(", reader")
    bar.show_summary(a_summary(status="completed"))
    assert [reached.name for reached in panel._reached] == ["received"]
    assert panel.words(Reached("decided")) == "Decided: not yet"


def test_it_stands_at_any_size_of_text_and_in_both_looks(bar: SummaryBar) -> None:
    bar.show_summary(a_summary({f"r{n}": a_line(n, f"A{n}", "A service " * 6) for n in range(8)}))
    try:
        for scale in (1.0, 1.5):
            for look in ("light", "dark"):
                theme.set_text_scale(scale)
                theme.use(look)  # type: ignore[arg-type]
                QApplication.sendPostedEvents()
                assert not bar.grab().isNull()
                assert bar.minimumSizeHint().width() <= 1370
    finally:
        theme.set_text_scale(1.0)
        theme.use("system")


def test_statuses_of_every_kind_have_words(bar: SummaryBar) -> None:
    for status in ReviewStatus:
        assert bar.state_words(a_summary(status=str(status)))
