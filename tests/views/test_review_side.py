"""The right side of the review over real services: asked, answered, noted on, decided by a person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.determination import Outcome, determinations_of
from app.domain.draft import Draft
from app.domain.errors import Offline
from app.domain.material import Status
from app.domain.prompt import Origin, Slot
from app.domain.recommendation import Proposed
from app.domain.review_note import marks_from, pins_from, stated_from
from app.services.ports import Answer, Ask, Hear
from app.services.review import ENGINE
from app.views.widgets.review.determination_words import Decision
from tests.reviewing import REQUEST, ScriptedModel, a_policy, at, change_case, finds_all, put_case
from tests.views.review_side_case import PHYSICIAN, SideDesk, a_side_desk, hold, press

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot) -> Iterator[SideDesk]:
    with a_side_desk(tmp_path / "w", qtbot) as made:
        yield made


def ask(desk: SideDesk, side) -> None:
    side.focus_prompt()
    press(Key.Key_Return, CONTROL)
    desk.settle()


def stands(desk: SideDesk):
    return determinations_of(desk.desk.document())


def test_ctrl_enter_asks_and_the_answer_stands_with_its_evidence(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    rows = {row.view.result.criterion_id: row.view.result.status for row in side.answer.criteria.rows}
    assert rows == {
        "pump": Status.INSUFFICIENT, "a1c": Status.MET, "dawn": Status.MET, "agrees": Status.INSUFFICIENT,
    }  # fmt: skip
    assert side.answer.banner.outcome == "Pend: information is missing"
    assert side.answer.banner.deciding == "Turns on: agrees"
    assert [row.happened.title for row in side.history.rows] == ["Pend: information is missing"]
    assert side.prompt.ask.text() == "Ask again"


def test_a_held_ctrl_enter_asks_once(desk: SideDesk) -> None:
    side = desk.opened()
    side.focus_prompt()
    hold(Key.Key_Return, CONTROL)
    desk.settle()
    assert len(desk.desk.reviewing.reviews(desk.desk.case_id)) == 1
    side._review.ask()
    side._review.ask()
    desk.settle()
    assert len(desk.desk.reviewing.reviews(desk.desk.case_id)) == 2


def test_a_quote_that_is_clicked_is_asked_to_be_shown_where_it_stands(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    shown: list = []
    side.evidence_opened.connect(shown.append)
    row = side.answer.criteria.row("a1c")
    row.setFocus()
    press(Key.Key_Return)
    assert [(e.document, e.page, e.quote) for e in shown] == [("notes", 1, "HbA1c 8.1 % on 09/20/2026.")]


def test_words_typed_into_the_prompt_come_back_after_a_crash_with_the_cursor(desk: SideDesk) -> None:
    side = desk.opened()
    side.focus_prompt()
    editor = side.prompt.editor
    text = editor.toPlainText()
    editor.restore(Draft("", 0, 0))
    editor.insertPlainText("Please: ")
    desk.settle()
    after = desk.opened()  # the first side never got to say goodbye
    assert after.prompt.editor.toPlainText() == "Please: " + text
    assert after.prompt.editor.textCursor().position() == len("Please: ")
    assert after.prompt.version.text() == "Version 1 · edited by you"


def test_of_words_typed_while_another_draft_is_written_the_last_are_kept(desk: SideDesk) -> None:
    side = desk.opened()
    for number in range(5):
        side.prompt.editor.insertPlainText(str(number))
    desk.settle()
    drafts = desk.desk.station.in_store(desk.desk.station.store.drafts, desk.desk.case_id)
    assert drafts["review.prompt"].text.endswith("01234")


def test_an_asked_prompt_leaves_no_draft_behind(desk: SideDesk) -> None:
    side = desk.opened()
    side.prompt.editor.insertPlainText("Mind the dates. ")
    ask(desk, side)
    assert desk.desk.station.in_store(desk.desk.station.store.drafts, desk.desk.case_id) == {}
    again = desk.opened()
    assert again.prompt.editor.toPlainText().endswith("Mind the dates. ")


def test_words_chosen_in_a_document_fill_the_slot_that_waits_and_the_case_keeps_them(desk: SideDesk) -> None:
    side = desk.opened()
    found = at(desk.desk.documents[0], "severe recurring dawn phenomenon")
    assert not side.take_span(found)  # no slot waits yet
    side.prompt.arm(Slot.SYMPTOMS)
    assert side.take_span(found)
    desk.settle()
    filled = side.prompt.editor.prompt.slot(Slot.SYMPTOMS)
    assert (filled.origin, filled.text) == (Origin.SPAN, "severe recurring dawn phenomenon")
    (fact,) = stated_from(desk.desk.document())
    assert (fact.slot, fact.evidence.document) == ("symptoms", "notes")
    opened: list = []
    side.evidence_opened.connect(opened.append)
    side.prompt.editor.slot_followed.emit(Slot.SYMPTOMS)
    assert opened == [filled.evidence]


def test_a_mark_with_its_reason_changes_what_is_proposed_at_once_and_can_be_taken_back(
    desk: SideDesk,
) -> None:
    side = desk.opened()
    ask(desk, side)
    row = side.answer.criteria.row("agrees")
    row.setFocus()
    press(Key.Key_M)
    reason = side.answer.criteria.reason
    press(Key.Key_Return)
    assert reason.isVisible()  # a mark without evidence needs words
    reason.setText("Said so on the phone, 10/04")
    press(Key.Key_Return)
    desk.settle()
    (mark,) = marks_from(desk.desk.document())
    assert (mark.criterion_id, mark.status, mark.by) == ("agrees", Status.MET, "nina")
    assert side.answer.shown.outcome is Proposed.APPROVE
    assert side.answer.criteria.row("agrees").view.result.marked_by == "nina"
    row.setFocus()
    press(Key.Key_U)
    desk.settle()
    assert marks_from(desk.desk.document()) == ()
    assert side.answer.shown.outcome is Proposed.PEND


def test_evidence_dropped_on_a_criterion_is_pinned_to_it_and_stands_in_the_list(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    found = at(desk.desk.documents[0], "Endocrinology agrees to a pump.")
    side.answer.criteria.row("agrees").dropped.emit(found)
    desk.settle()
    ((criterion, pinned),) = pins_from(desk.desk.document())
    assert (criterion, pinned.quote, pinned.span) == ("agrees", found.quote, found.span)
    assert pinned in side.answer.criteria.row("agrees").view.evidence
    assert side.tabs.tabs[2].text() == "Pinned · 1"
    side.show_tab("pins")
    side.pins.list.rows[0].setFocus()
    press(Key.Key_Delete)
    desk.settle()
    assert pins_from(desk.desk.document()) == ()


def test_a_note_that_is_refused_is_said_in_words(desk: SideDesk) -> None:
    side = desk.opened()
    from app.domain.evidence import Evidence

    side.pin(Evidence("words nobody wrote", "notes", 1, None, 0, 5))
    desk.settle()
    assert "do not stand in the documents" in side.message.text


class Blocked:
    """A model that answers when it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.heard = threading.Event()

    def __call__(self, question: Ask, hear: Hear | None = None) -> Answer:
        if hear is not None:
            hear('{"rationale": "The note speaks of ')
            self.heard.set()
            self.go.wait(10)
            hear('{"rationale": "The note speaks of dawn."}')
        return finds_all(question, hear)


def test_a_question_that_is_stopped_frees_the_side_at_once_and_what_came_is_in_the_history(
    desk: SideDesk,
) -> None:
    script = Blocked()
    desk.desk.models["remote"] = ScriptedModel(script, "remote", leaves=True)
    side = desk.opened()
    side.prompt.model_chosen.emit("remote")
    assert side.prompt.model.lines[0] == "Leaves this computer"
    side.prompt.ask.click()
    assert not side.prompt.ask.isEnabled()
    assert script.heard.wait(10)
    desk.wait(lambda: side.answer.run.waiting)
    side.answer.run.line.cancel.click()
    assert side.prompt.ask.isEnabled()
    assert not side.answer.run.waiting
    script.go.set()
    desk.settle()
    assert side.answer.notice.isVisible()  # nothing is shown as if it had been waited for
    assert side._review.shown is None
    assert side.answer.trouble.isHidden()
    assert [row.happened.words for row in side.history.rows] == ["The question was stopped."]


def test_an_answer_to_a_case_that_was_closed_is_not_shown_in_the_next_one(desk: SideDesk) -> None:
    script = Blocked()
    desk.desk.models[ENGINE] = ScriptedModel(script)
    side = desk.opened()
    side.prompt.ask.click()
    assert script.heard.wait(10)
    side.close_case()
    assert not side.isEnabled()
    script.go.set()
    desk.settle()
    assert side.answer.shown is None
    assert side.history.rows == ()


def test_a_model_that_cannot_be_reached_is_said_and_the_engine_is_one_press_away(desk: SideDesk) -> None:
    def fails(question: Ask, hear: Hear | None = None) -> Answer:
        raise Offline("The model cannot be reached.", "Look at the network.")

    desk.desk.models["remote"] = ScriptedModel(fails, "remote", leaves=True)
    side = desk.opened()
    side.prompt.model_chosen.emit("remote")
    side.prompt.ask.click()
    desk.settle()
    assert side.answer.trouble.text == "The model cannot be reached. Look at the network."
    side.answer.trouble.engine.click()
    desk.settle()
    assert side.answer.trouble.isHidden()
    assert side.answer.shown.outcome is Proposed.PEND
    assert side.prompt.model.model.name == ENGINE


def test_a_failed_question_leaves_the_earlier_answer_in_sight(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)

    def fails(question: Ask, hear: Hear | None = None) -> Answer:
        raise Offline("The model cannot be reached.", "Look at the network.")

    desk.desk.models[ENGINE].script = fails
    ask(desk, side)
    assert side.answer.trouble.isVisible()
    assert side.answer.shown.outcome is Proposed.PEND
    assert len(side.history.rows) == 2


def test_two_answers_are_compared_with_what_changed_and_why(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    assert not side.answer.compare.isVisible()
    side.answer.criteria.marked.emit("agrees", Status.MET, (), "said so")
    desk.settle()
    ask(desk, side)
    side.answer.compare.click()
    words = [text for _, text, _ in side.answer.difference.said]
    assert "Pend: information is missing → Approve proposed" in words
    assert "not enough is known → met: agrees" in words
    assert "People marked criteria in between." in words


def test_an_earlier_answer_is_shown_as_such_and_takes_no_marks(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    ask(desk, side)
    side.history.rows[-1].click()
    desk.settle()
    assert side.answer.banner._note.startswith("An earlier answer")
    side.answer.criteria.row("agrees").setFocus()
    press(Key.Key_M)
    assert not side.answer.criteria.reason.isVisible()


def test_nothing_of_one_case_is_left_in_the_next_not_even_to_be_undone(desk: SideDesk) -> None:
    other = put_case(desk.desk.station, "c2", {**REQUEST, "patient": {"patient_name": "Otto Other"}})
    side = desk.opened()
    ask(desk, side)
    side.bar.begin(Outcome.REFER)
    side.bar.form.reason.editor.insertPlainText("Only about Maria")
    side.open_case(other)
    assert not side.isEnabled()
    assert side.prompt.editor.toPlainText() == ""
    desk.settle()
    assert "Otto Other" in side.prompt.editor.toPlainText()
    side.prompt.editor.undo()
    assert "Maria" not in side.prompt.editor.toPlainText()
    assert side.answer.shown is None
    assert side.history.rows == ()
    side.bar.begin(Outcome.REFER)
    side.bar.form.reason.editor.undo()
    assert side.bar.form.reason.editor.toPlainText() == ""


def test_a_look_that_began_before_an_answer_does_not_take_it_away_again(desk: SideDesk) -> None:
    side = desk.opened()
    looking, go = threading.Event(), threading.Event()

    def wait() -> None:
        looking.set()
        go.wait(10)

    desk.asked_last = wait
    side.refresh()
    assert looking.wait(10)  # what was asked so far is known to it
    side.prompt.ask.click()
    desk.wait(lambda: len(side.history.rows) == 1)
    shown: list[int] = []
    side._review.reviews_changed.connect(lambda reviews: shown.append(len(reviews)))
    go.set()
    desk.settle()
    assert shown == [1]  # it looked once more instead
    assert side.answer.shown.outcome is Proposed.PEND


def test_a_field_that_was_corrected_is_in_the_prompt_and_what_a_person_wrote_stays(desk: SideDesk) -> None:
    side = desk.opened()
    editor = side.prompt.editor
    editor.select_slot(Slot.SYMPTOMS)
    editor.insertPlainText("thirst at night")
    editor.select_slot(Slot.SERVICE)
    editor.insertPlainText("an insulin pump")
    change_case(desk.desk, {"imported_request.patient.patient_name": "Maria Mustermann"})
    side.refresh()
    desk.settle()
    assert "our member, Maria Mustermann" in editor.toPlainText()
    assert "has thirst at night" in editor.toPlainText()
    assert "request for an insulin pump for" in editor.toPlainText()  # the field still says it otherwise


def test_an_earlier_version_of_the_prompt_is_compared_and_brought_back(desk: SideDesk) -> None:
    side = desk.opened()
    first = side.prompt.editor.toPlainText()
    ask(desk, side)
    side.prompt.editor.select_slot(Slot.SYMPTOMS)
    side.prompt.editor.insertPlainText("thirst at night")
    ask(desk, side)
    assert side.prompt.version.text() == "Version 2 · edited by you"
    side.history.rows[-1].click()
    desk.settle()
    assert side.prompt.sheet.title.startswith("Version 1 · nina")
    assert "+thirst at night" in side.prompt.sheet.text
    side.prompt.sheet.use.click()
    assert side.prompt.editor.toPlainText() == first


def test_what_is_sent_is_shown_word_for_word(desk: SideDesk) -> None:
    side = desk.opened()
    side.prompt.sent.click()
    desk.settle()
    assert side.prompt.sheet.text == side.prompt.editor.toPlainText()
    assert side.prompt.sheet.isVisible()
    press(Key.Key_Escape)
    assert side.prompt.editor.isVisible()


def test_tabs_are_gone_through_by_arrow_keys(desk: SideDesk) -> None:
    side = desk.opened()
    side.tabs.tabs[0].setFocus()
    press(Key.Key_Right)
    assert side.tabs.current == "pins"  # no guidelines were given to this side
    assert side.pins.isVisible()
    press(Key.Key_Left)
    press(Key.Key_Left)
    assert side.history.isVisible()


def test_a_line_is_judged_by_another_policy_when_a_person_chooses_one(desk: SideDesk) -> None:
    other = replace(a_policy(), policy_id="our_own", title="Our own rules")
    desk.desk.policies.known.insert(0, other)
    side = desk.opened()
    ask(desk, side)
    assert side.answer.shown.policy_id == "pumps"
    action = next(a for a in side.answer.policy.menu.actions() if "Our own rules" in a.text())
    action.trigger()
    desk.settle()
    assert side.answer.shown.policy_id == "our_own"
    ask(desk, side)
    assert side.answer.shown.policy_id == "our_own"  # it stays chosen for this case
    side.open_case(desk.desk.case_id)
    desk.settle()
    ask(desk, side)
    assert side.answer.shown.policy_id == "pumps"


def test_another_policy_sends_nothing_by_itself_where_words_would_leave_the_computer(desk: SideDesk) -> None:
    other = replace(a_policy(), policy_id="our_own", title="Our own rules")
    desk.desk.policies.known.insert(0, other)
    desk.desk.models["remote"] = ScriptedModel(name="remote", leaves=True)
    side = desk.opened()
    ask(desk, side)
    side.prompt.model_chosen.emit("remote")
    side.answer.policy.chosen.emit("our_own")
    desk.settle()
    assert len(side.history.rows) == 1


# What a person decides


def pend(side) -> None:
    side.bar.begin(Outcome.PEND)
    form = side.bar.form
    form.more.setText("the letter of the specialist")
    form.reason.editor.insertPlainText("We need one more letter.")


def test_a_nurse_pends_by_one_deliberate_act_and_it_is_on_record(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    pend(side)
    told: list = []
    side.decided.connect(told.append)
    side.bar.form.sign.click()
    desk.settle()
    made = stands(desk)["r1"]
    assert (made.outcome, made.missing, made.by) == (Outcome.PEND, ("the letter of the specialist",), "nina")
    assert made.review_id == side._review.shown.review_id
    assert len(told) == 1
    assert side.bar.deciding is None
    assert "Pended by Nina Nurse, RN" in side.bar.words.text()


def test_a_held_or_hurried_key_decides_nothing_twice(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    pend(side)
    sign = side.bar.form.sign
    sign.setFocus()
    hold(Key.Key_Return, on=sign)
    assert stands(desk) == {}
    before = len(desk.desk.station.in_store(desk.desk.station.store.history, desk.desk.case_id))
    side.bar.form.countersign()
    side.bar.form.countersign()
    hold(Key.Key_Space, on=sign)
    side.bar.act.activated.emit()
    desk.settle()
    after = len(desk.desk.station.in_store(desk.desk.station.store.history, desk.desk.case_id))
    assert after == before + 1


def test_while_one_decision_is_being_recorded_the_model_takes_no_other(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    refused: list = []
    side._determination.refused.connect(refused.append)
    decision = Decision(("r1",), Outcome.REFER, "Is the pump needed?")
    before = len(desk.desk.station.in_store(desk.desk.station.store.history, desk.desk.case_id))
    side._determination.decide(decision)
    side._determination.decide(decision)
    desk.settle()
    after = len(desk.desk.station.in_store(desk.desk.station.store.history, desk.desk.case_id))
    assert (after, refused) == (before + 1, [])


def test_a_recommendation_decides_nothing_and_fills_in_nothing(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    assert side.answer.shown.missing  # there are words to pick from
    side.bar.begin(Outcome.PEND)
    decision = side.bar.form.decision()
    assert (decision.reason, decision.missing, decision.overrides) == ("", (), ())
    assert not side.bar.form.sign.isEnabled()
    assert [pick.text() for pick in side.bar.form._missing_picks] == list(side.answer.shown.missing)
    assert stands(desk) == {}


def test_approving_takes_a_reason_for_every_criterion_that_is_not_shown_to_be_met(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    side.bar.begin(Outcome.APPROVE)
    form = side.bar.form
    form.reason.editor.insertPlainText("The pump is needed.")
    assert form.left_out() == ("a reason for the open criterion",)
    (line,) = form._overrides
    line.reason.setText("The specialist called.")
    line.changed.emit()
    form.countersign()
    desk.settle()
    made = stands(desk)["r1"]
    assert (made.outcome, made.overrides, made.override_reasons) == (
        Outcome.APPROVE, ("agrees",), ("The specialist called.",),
    )  # fmt: skip
    assert side.bar.next.isVisible()


def test_a_mark_opens_the_way_to_approve_without_an_override(desk: SideDesk) -> None:
    side = desk.opened()
    side._review.ask()
    desk.settle()
    side.answer.criteria.marked.emit("agrees", Status.MET, (), "Said so on the phone")
    desk.settle()
    ask(desk, side)
    side.bar.begin(Outcome.APPROVE)
    assert side.bar.form._overrides == []


def test_a_physician_denies_only_after_the_evidence_was_opened(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    assert Outcome.DENY not in side.bar.offered()
    desk.person = PHYSICIAN
    side.set_person()
    side.bar.begin(Outcome.DENY)
    form = side.bar.form
    form.reason.editor.insertPlainText("The specialist does not agree.")
    desk.settle()
    wanted: list[str] = []
    side.document_opened.connect(wanted.append)
    assert len(form._opens) == 2
    for line in form._opens:
        line.button.click()
    assert set(wanted) == {"notes", "policy:pumps@1"}
    assert form.left_out() == ("open the evidence",)
    desk.desk.station.in_store(
        desk.receipts.seen, desk.desk.case_id, tuple((name, 1, 3.0) for name in wanted), "paul"
    )
    side.seen()
    desk.settle()
    assert form.left_out() == ()
    form.countersign()
    desk.settle()
    assert stands(desk)["r1"].outcome is Outcome.DENY


def test_a_refusal_of_the_service_is_said_and_what_was_written_stays(desk: SideDesk) -> None:
    side = desk.opened()
    side.bar.begin(Outcome.APPROVE)  # nobody asked for a recommendation yet: the service says so
    form = side.bar.form
    form.reason.editor.insertPlainText("The pump is needed.")
    for line in form._overrides:
        line.reason.setText("because")
        line.changed.emit()
    form.countersign()
    desk.settle()
    assert stands(desk) == {}
    assert "Ask for a recommendation first." in side.bar.message.text
    assert form.reason.editor.toPlainText() == "The pump is needed."
    assert form.isVisible()


def test_a_reason_being_written_comes_back_after_a_crash(desk: SideDesk) -> None:
    side = desk.opened()
    side.bar.begin(Outcome.REFER)
    side.bar.form.reason.editor.insertPlainText("Is the pump needed")
    desk.settle()
    after = desk.opened()
    after.bar.begin(Outcome.REFER)
    assert after.bar.form.reason.editor.draft() == Draft("Is the pump needed", 18, 18)


def test_a_case_somebody_else_has_is_shown_and_nothing_can_be_done_to_it(desk: SideDesk) -> None:
    side = desk.opened()
    ask(desk, side)
    side.lock("Dana Desk has this request since 09:12.")
    assert side.bar.offered() == ()
    assert side.bar.words.text() == "Dana Desk has this request since 09:12."
    assert not side.prompt.ask.isEnabled()
    side.lock("")
    assert Outcome.PEND in side.bar.offered()
