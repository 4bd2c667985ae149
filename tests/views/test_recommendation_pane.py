"""The recommendation alone: what is proposed, every criterion with its evidence, and what people do to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.evidence import Evidence
from app.domain.material import Mark, Status
from app.domain.recommendation import CriterionResult, Flag, ModelInfo, Proposed, Recommendation, Review
from app.domain.review_record import difference
from app.views.widgets.review.criterion_view import views_of, with_marks
from app.views.widgets.review.evidence_mime import EVIDENCE_MIME, from_mime, to_mime
from app.views.widgets.review.evidence_place import Places
from app.views.widgets.review.recommendation_pane import RecommendationPane
from app.views.widgets.review.recommendation_run import readable
from tests.reviewing import a_policy
from tests.views.review_side_case import hold, press

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key
M, N, I = Status.MET, Status.NOT_MET, Status.INSUFFICIENT  # noqa: E741 - the three values in a row
NOW = datetime(2026, 10, 8, 9, 41, tzinfo=UTC)
PLACES = Places({"notes": "Clinical notes", "labs": "Labs"})
REAL = Evidence("HbA1c 8.4 %", "labs", 2, Box(0.1, 0.1, 0.3, 0.12), 0, 11)
FALSE = Evidence("six times a day", "notes", 1, supported=False, note="these words are not in the document")


def row(
    name: str, status: Status, *evidence: Evidence, depth: int = 1, kind: str = "leaf", **more
) -> CriterionResult:
    return CriterionResult(name, f"The text of {name}", status, evidence, kind=kind, depth=depth, **more)


def found(line: str = "r1", outcome: Proposed = Proposed.PEND, **more) -> Recommendation:
    criteria = more.pop("criteria", None) or (
        row("root", I, depth=0, kind="all"),
        row("group", M, kind="at_least"),
        row("a1c", M, FALSE, REAL, depth=2),
        row("hypo", N, depth=2, said=M),
        row("peptide", I, ask="the result"),
    )
    return Recommendation(
        line, outcome, "pumps", "1", "Pumps", "Because.", "peptide", criteria, ("the result",), **more
    )


def a_review(
    name: str = "1",
    *recommendations: Recommendation,
    prompt: str = "Review it.",
    by: str = "ana",
    flags: tuple[Flag, ...] = (),
    at: datetime = NOW,
    problem: str = "",
) -> Review:
    return Review(
        name, "c1", "7", by, at, prompt, {}, ModelInfo("criteria engine", "1", "this computer"), "", "",
        recommendations or (found(),), flags, 0.1, problem,
    )  # fmt: skip


@pytest.fixture
def pane(qtbot: QtBot) -> RecommendationPane:
    widget = RecommendationPane()
    qtbot.addWidget(widget)
    widget.resize(490, 700)
    show(widget, a_review())
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    return widget


def show(pane: RecommendationPane, review: Review, **more) -> None:
    pane.show_review(review, PLACES, {}, {"r1": "Pump", "r2": "Sensors"}, **more)


def told(signal) -> list:
    said: list = []
    signal.connect(lambda *arguments: said.append(arguments))
    return said


def visible(pane: RecommendationPane) -> list[str]:
    return [r.view.result.criterion_id for r in pane.criteria.rows if not r.isHidden()]


def test_a_group_that_is_met_begins_folded_and_unfolds_by_key(pane: RecommendationPane) -> None:
    assert visible(pane) == ["root", "group", "peptide"]
    pane.criteria.row("group").setFocus()
    press(Key.Key_Right)
    assert visible(pane) == ["root", "group", "a1c", "hypo", "peptide"]
    press(Key.Key_Left)
    assert visible(pane) == ["root", "group", "peptide"]


def test_the_deciding_criterion_is_named_and_led_to_even_where_it_is_folded_away(
    pane: RecommendationPane,
) -> None:
    review = a_review("1", found(criteria=found().criteria[:4]))
    show(pane, review)
    assert pane.banner.deciding == ""  # the row it names is not there
    show(pane, a_review())
    assert pane.banner.deciding == "Turns on: The text of peptide"
    pane.criteria.reveal("hypo")
    assert QApplication.focusWidget() is pane.criteria.row("hypo")
    assert "hypo" in visible(pane)


def test_every_state_is_said_in_words_too(pane: RecommendationPane) -> None:
    names = {r.view.result.criterion_id: r.accessibleName() for r in pane.criteria.rows}
    assert names["a1c"].startswith("met. The text of a1c")
    assert names["hypo"].startswith("not met.")
    assert names["peptide"].startswith("not enough is known.")
    assert "1 met" in names["group"]
    assert pane.banner.outcome == "Pend: information is missing"


def test_groups_say_what_they_ask_for_in_words() -> None:
    policy = a_policy()
    words = {v.result.criterion_id: v.group_words() for v in views_of(found(), policy) if v.group}
    assert words == {"root": "all of 2 · 1 met", "group": "some of 2 · 1 met"}


def test_a_click_on_a_quote_opens_that_quote(pane: RecommendationPane) -> None:
    opened = told(pane.evidence_opened)
    pane.criteria.reveal("a1c")
    widget = pane.criteria.row("a1c")
    part = next(p for p in widget._parts if p.evidence is REAL)
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPointF(part.left + 5, part.top + 5).toPoint())
    assert opened == [(REAL,)]
    press(Key.Key_Return)
    assert opened == [(REAL,), (REAL,)]  # the first that is supported, not the first


def test_a_quote_that_is_not_there_is_struck_out_with_the_reason(pane: RecommendationPane) -> None:
    pane.criteria.reveal("a1c")
    parts = pane.criteria.row("a1c")._parts
    struck = next(p for p in parts if p.evidence is FALSE)
    assert struck.ink == "muted"
    assert "these words are not in the document" in [p.lines.lines[0].text for p in parts if p.kind == "note"]


def test_what_the_model_said_stands_beside_what_counts(pane: RecommendationPane) -> None:
    pane.criteria.reveal("hypo")
    chips = [chip.text for chip, _ in pane.criteria.row("hypo")._chips]
    assert chips == ["the model said: met"]
    show(pane, a_review("1", found(said=Proposed.APPROVE)))
    assert "Approve proposed" in pane.banner.said


def test_marks_are_made_by_key_with_a_reason_in_the_line(pane: RecommendationPane) -> None:
    marked = told(pane.marked)
    pane.criteria.reveal("peptide")
    press(Key.Key_N)
    assert pane.criteria.reason.hasFocus()
    press(Key.Key_Return)
    assert marked == []  # neither evidence nor a reason
    pane.criteria.reason.setText("the laboratory called")
    press(Key.Key_Return)
    assert marked == [("r1", "peptide", N, (), "the laboratory called")]
    assert QApplication.focusWidget() is pane.criteria.row("peptide")
    pane.criteria.reveal("a1c")
    press(Key.Key_M)
    press(Key.Key_Return)
    assert marked[-1] == ("r1", "a1c", M, (REAL,), "")  # what is not there carries nothing


def test_escape_leaves_a_mark_and_a_held_key_makes_none_twice(pane: RecommendationPane) -> None:
    marked, unmarked = told(pane.marked), told(pane.unmarked)
    pane.criteria.reveal("a1c")
    press(Key.Key_M)
    press(Key.Key_Escape)
    assert not pane.criteria.reason.isVisible()
    press(Key.Key_U)
    assert unmarked == []  # nobody marked it
    widget = pane.criteria.row("a1c")
    hold(Key.Key_M, on=widget)
    hold(Key.Key_Return, on=pane.criteria.reason)
    assert len(marked) == 1


def test_groups_are_not_marked(pane: RecommendationPane) -> None:
    pane.criteria.row("root").setFocus()
    press(Key.Key_M)
    assert not pane.criteria.reason.isVisible()
    words = [action.text() for action in pane.criteria.menu_for("root").actions()]
    assert words == []
    words = [action.text() for action in pane.criteria.menu_for("a1c").actions()]
    assert words[:3] == ["Mark as met\tM", "Mark as not met\tN", "Take the mark back\tU"]
    assert words[3:] == ["Open Clinical notes p. 1", "Open Labs p. 2"]


def test_up_and_down_go_from_row_to_row_over_what_is_folded(pane: RecommendationPane) -> None:
    pane.criteria.row("root").setFocus()
    press(Key.Key_Down)
    press(Key.Key_Down)
    assert QApplication.focusWidget() is pane.criteria.row("peptide")
    press(Key.Key_Down)
    assert QApplication.focusWidget() is pane.criteria.row("peptide")
    press(Key.Key_Up)
    assert QApplication.focusWidget() is pane.criteria.row("group")


def test_evidence_is_dropped_on_a_criterion(pane: RecommendationPane) -> None:
    dropped = told(pane.evidence_dropped)
    data = to_mime(REAL)
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    pane.criteria.row("peptide").dropEvent(event)
    assert dropped == [("r1", "peptide", REAL)]
    assert not pane.criteria.row("root").acceptDrops()


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b"\xff", b'{"quote": "' + b"x" * 200_000 + b'"}', b'{"box": [1]}']
)
def test_what_another_program_drops_is_no_evidence(raw: bytes) -> None:
    data = QMimeData()
    data.setData(EVIDENCE_MIME, raw)
    assert from_mime(data) is None


def test_an_answer_that_is_locked_takes_nothing(pane: RecommendationPane) -> None:
    dropped = told(pane.evidence_dropped)
    show(pane, a_review(), earlier=True)
    pane.criteria.reveal("peptide")
    press(Key.Key_M)
    pane.criteria.row("peptide").dropped.emit(REAL)
    assert dropped == []
    assert not pane.criteria.reason.isVisible()


def test_every_line_of_a_request_has_its_answer_and_its_outcome_in_sight(pane: RecommendationPane) -> None:
    assert pane.lines.isHidden()
    show(pane, a_review("1", found(), found("r2", Proposed.REFER)))
    assert pane.lines.isVisible()
    assert [p.accessibleName() for p in pane.lines.pills] == [
        "Pump: Pend: information is missing", "Sensors: Refer to a physician",
    ]  # fmt: skip
    chosen = told(pane.line_chosen)
    pane.lines.pills[0].setFocus()
    press(Key.Key_Right)
    assert chosen == [("r2",)]
    assert pane.banner.outcome == "Refer to a physician"
    show(pane, a_review("2", found(), found("r2", Proposed.APPROVE)))
    assert pane.line == "r2"  # the line in sight stays in sight


def test_the_gravest_flag_is_first_and_leads_to_its_place(pane: RecommendationPane) -> None:
    flags = (
        Flag("trap", "The NPI does not pass its check digit.", None, "Compare it."),
        Flag("injection", "A note tries to instruct.", REAL, "Read the page."),
    )
    show(pane, a_review(flags=flags))
    assert [line.flag.kind for line in pane.flags.lines] == ["injection", "trap"]
    opened = told(pane.evidence_opened)
    pane.flags.lines[0].click()
    pane.flags.lines[1].click()
    assert opened == [(REAL,)]


def test_many_flags_unfold_and_the_grave_ones_are_never_folded_away(pane: RecommendationPane) -> None:
    grave = Flag("injection", "A note tries to instruct.")
    show(pane, a_review(flags=(*(Flag("trap", f"Number {n}.") for n in range(3)), grave)))
    assert [line.flag.text for line in pane.flags.lines if line.isVisible()] == ["A note tries to instruct."]
    assert pane.flags.more.text() == "3 things to know: Number 0."
    pane.flags.more.setFocus()
    press(Key.Key_Return)
    assert all(line.isVisible() for line in pane.flags.lines)
    assert pane.flags.more.text() == "3 things to know"


def test_a_question_without_an_answer_says_why(pane: RecommendationPane) -> None:
    show(
        pane,
        Review(
            **{
                **{f: getattr(a_review(), f) for f in Review.__slots__},
                "recommendations": (),
                "problem": "The question was stopped.",
            }
        ),
    )
    assert pane.notice.isVisible()
    assert "The question was stopped." in pane.notice.text
    assert pane.shown is None


def test_a_wait_is_said_after_half_a_second_and_can_be_stopped(
    pane: RecommendationPane, qtbot: QtBot
) -> None:
    pane.start("criteria engine 1 is reading")
    assert not pane.run.waiting
    qtbot.waitUntil(lambda: pane.run.waiting)
    pane.hear('{"rationale": "The note speaks')
    assert pane.run._text == "The note speaks"
    stopped = told(pane.cancelled)
    pane.run.line.cancel.click()
    assert stopped == [()]
    pane.finish()
    assert not pane.run.waiting
    assert pane.banner.isVisible()  # the answer before stays in sight all along


def test_an_answer_that_is_data_is_shown_as_words() -> None:
    raw = '{"outcome": "pend", "criteria": [{"id": "a1c", "status": "met", "why": "It says \\"8.4 %\\"."}]}'
    assert readable(raw) == "pend a1c met It says ”8.4 %”."


# Marks over an answer


def judged(**statuses: Status) -> Recommendation:
    rows = [CriterionResult("pump", "A pump", I, kind="all")]
    rows += [CriterionResult(name, name, status, depth=1) for name, status in statuses.items()]
    return Recommendation("r1", Proposed.PEND, "pumps", "1", blocking="agrees", criteria=tuple(rows))


def mark(name: str, status: Status, policy: str = "pumps", line: str = "r1") -> Mark:
    return Mark(name, line, policy, status, (), "said so", "Ana", NOW)


def test_marks_of_people_work_the_outcome_out_anew() -> None:
    answer = judged(a1c=M, dawn=M, agrees=I)
    after = with_marks(answer, a_policy(), (mark("agrees", M),))
    assert (after.outcome, after.blocking) == (Proposed.APPROVE, "")
    assert after.result("pump").status is M
    after = with_marks(answer, a_policy(), (mark("dawn", N),))
    assert (after.outcome, after.blocking) == (Proposed.REFER, "dawn")


def test_a_mark_of_another_line_or_policy_changes_nothing() -> None:
    answer = judged(a1c=M, dawn=M, agrees=I)
    assert (
        with_marks(answer, a_policy(), (mark("agrees", M, "other"), mark("agrees", M, line="r2"))) is answer
    )


def test_a_mark_that_was_taken_back_leaves_its_criterion_open() -> None:
    answer = judged(a1c=M, dawn=M, agrees=M)
    rows = tuple(
        CriterionResult(r.criterion_id, r.text, r.status, depth=r.depth, kind=r.kind, marked_by="Ana")
        if r.criterion_id == "agrees"
        else r
        for r in answer.criteria
    )
    after = with_marks(Recommendation("r1", Proposed.APPROVE, "pumps", "1", criteria=rows), a_policy(), ())
    assert after.outcome is Proposed.PEND
    assert after.result("agrees").status is I


def test_a_comparison_says_what_turned_and_leads_there(pane: RecommendationPane) -> None:
    before = a_review(
        "0", found(criteria=(*found().criteria[:4], row("peptide", M))), at=NOW - timedelta(hours=1)
    )
    pane.show_difference(difference(before, a_review()), before)
    lines = [text for _, text, _ in pane.difference.said]
    assert "met → not enough is known: The text of peptide" in lines
    pane.difference.criterion_wanted.emit("peptide")
    assert QApplication.focusWidget() is pane.criteria.row("peptide")
