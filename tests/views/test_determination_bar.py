"""The bar where a person decides: what their role may, what has to be said, and one deliberate act."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.determination import Determination, Named, Outcome
from app.domain.draft import Draft
from app.domain.errors import Rejected
from app.domain.role import Person, Role
from app.views.widgets.review.determination_bar import DeterminationBar
from app.views.widgets.review.determination_words import Decision, LineState, left_out
from tests.views.review_side_case import NURSE, PHYSICIAN, hold, press

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key
TODAY = date(2026, 10, 8)
NOW = datetime(2026, 10, 8, 9, 41, tzinfo=UTC)
PEPTIDE = Named("peptide", "Fasting C-peptide", "must be tested")
ACT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def bar(qtbot: QtBot) -> DeterminationBar:
    widget = DeterminationBar()
    qtbot.addWidget(widget)
    widget.resize(490, 500)
    widget.show_person(NURSE)
    widget.show_lines((LineState("r1", "E0784 pump", None, (PEPTIDE,)),), "r1")
    widget.show_words(("the C-peptide result", "the antibody test"))
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    return widget


def told(signal) -> list:
    said: list = []
    signal.connect(said.append)
    return said


def made(outcome: Outcome) -> Determination:
    return Determination("r1", outcome, "because", "nina", Role.UR_SPECIALIST, NOW, title="Nina Nurse, RN")


@pytest.mark.parametrize(
    ("person", "offered"),
    [
        (NURSE, {Outcome.PEND, Outcome.REFER, Outcome.APPROVE, Outcome.DISMISS, Outcome.WITHDRAW}),
        (PHYSICIAN, set(Outcome)),
        (Person("max", "Max", (Role.CASE_MANAGER,)), set()),
        (Person("ada", "Ada", (Role.ADMINISTRATOR,)), set()),
        (Person("old", "Old", (Role.PHYSICIAN,), active=False), set()),
    ],
)
def test_a_person_is_offered_what_their_role_may_and_nothing_else(
    bar: DeterminationBar, person: Person, offered: set[Outcome]
) -> None:
    bar.show_person(person)
    assert set(bar.offered()) == offered
    shown = {o for o, button in bar.buttons.items() if button.isVisible()}
    assert shown == offered - {Outcome.DISMISS, Outcome.WITHDRAW}
    if not offered:
        assert "Your role does not decide" in bar.words.text()
    bar.begin(Outcome.DENY)
    assert (bar.deciding is Outcome.DENY) == (Outcome.DENY in offered)


def complete(bar: DeterminationBar) -> None:
    bar.begin(Outcome.REFER)
    bar.form.reason.editor.insertPlainText("Is the pump needed?")


def test_enter_never_records_a_decision_wherever_it_is_pressed(bar: DeterminationBar) -> None:
    signed = told(bar.signed)
    complete(bar)
    bar.form.sign.setFocus()
    press(Key.Key_Return)
    press(Key.Key_Enter)
    bar.form.reason.editor.setFocus()
    press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert signed == []
    bar.form.sign.setFocus()
    press(Key.Key_Space)
    assert len(signed) == 1


def test_its_own_key_records_once_however_long_it_is_held(bar: DeterminationBar) -> None:
    signed = told(bar.signed)
    complete(bar)
    QTest.keyClick(bar.form.reason.editor, Key.Key_Return, ACT)
    QTest.keyClick(bar.form.reason.editor, Key.Key_Return, ACT)
    hold(Key.Key_Space, on=bar.form.sign)
    assert [d.outcome for d in signed] == [Outcome.REFER]
    assert not bar.act.autoRepeat()


def test_nothing_is_recorded_while_something_is_left_out(bar: DeterminationBar) -> None:
    signed = told(bar.signed)
    bar.begin(Outcome.REFER)
    QTest.keyClick(bar.form.reason.editor, Key.Key_Return, ACT)
    bar.form.countersign()
    assert signed == []
    assert bar.form.wanting.text() == "Left to do: a reason."


def test_the_keyboard_begins_where_something_has_to_be_said_never_on_the_act(bar: DeterminationBar) -> None:
    for outcome in (Outcome.PEND, Outcome.REFER, Outcome.APPROVE):
        bar.begin(outcome)
        assert QApplication.focusWidget() is not bar.form.sign
        assert bar.form.isAncestorOf(QApplication.focusWidget())


def test_words_to_ask_for_are_offered_and_none_is_picked(bar: DeterminationBar) -> None:
    bar.begin(Outcome.PEND)
    picks = bar.form._missing_picks
    assert [p.text() for p in picks] == ["the C-peptide result", "the antibody test"]
    assert bar.form.decision().missing == ()
    picks[1].click()
    bar.form.more.setText("a letter")
    bar.form.more.returnPressed.emit()
    assert bar.form.decision().missing == ("the antibody test", "a letter")


def test_a_reason_is_kept_with_every_change_and_comes_back(bar: DeterminationBar) -> None:
    kept = told(bar.reason_edited)
    bar.begin(Outcome.REFER)
    QTest.keyClicks(bar.form.reason.editor, "Why")
    assert [d.text for d in kept] == ["W", "Wh", "Why"]
    press(Key.Key_Escape)
    assert bar.deciding is None
    bar.begin(Outcome.REFER)
    assert bar.form.decision().reason == "Why"


def test_approving_asks_a_reason_for_each_open_criterion(bar: DeterminationBar) -> None:
    bar.begin(Outcome.APPROVE)
    bar.form.reason.editor.insertPlainText("It is needed.")
    assert bar.form.left_out() == ("a reason for the open criterion",)
    QTest.keyClicks(bar.form._overrides[0].reason, "tested elsewhere")
    assert bar.form.left_out() == ()
    assert bar.form.decision().overrides == (("peptide", "tested elsewhere"),)
    bar.show_lines((LineState("r1", "E0784 pump", None, ()),), "r1")
    assert bar.form._overrides == []  # it is met by now


def test_a_denial_names_what_has_to_be_opened_and_waits_for_it(bar: DeterminationBar) -> None:
    bar.show_person(PHYSICIAN)
    bar.begin(Outcome.DENY)
    bar.form.reason.editor.insertPlainText("The test was not done.")
    bar.show_unopened((("notes", "Clinical notes"),))
    wanted = told(bar.document_opened)
    bar.form._opens[0].button.click()
    assert wanted == ["notes"]
    assert bar.form.left_out() == ("open the evidence",)
    bar.show_unopened(())
    assert bar.form.left_out() == ()
    bar.form._criteria_picks[0].click()
    assert bar.form.decision().criteria == ("peptide",)


def test_a_decision_is_about_the_lines_that_are_picked(bar: DeterminationBar) -> None:
    bar.show_lines(
        (LineState("r1", "pump", made(Outcome.APPROVE)), LineState("r2", "sensors"), LineState("r3", "sets")),
        "r2",
    )
    bar.begin(Outcome.REFER)
    assert bar.form.decision().lines == ("r2",)
    bar.form._line_picks[2].click()
    assert bar.form.decision().lines == ("r2", "r3")
    bar.form._line_picks[0].click()
    bar.form.reason.editor.insertPlainText("Why?")
    assert bar.form.left_out() == ("say that it takes the place of the earlier decision",)
    bar.form.supersede.click()
    assert bar.form.decision().supersede


def test_after_it_the_bar_says_what_was_recorded_and_offers_the_next_case(bar: DeterminationBar) -> None:
    complete(bar)
    bar.form.countersign()
    assert bar.form.wanting.text() == "Being recorded …"
    bar.recorded()
    bar.show_lines((LineState("r1", "pump", made(Outcome.APPROVE)),))
    assert bar.words.text().startswith("Approved by Nina Nurse, RN")
    assert bar.next.isVisible()
    assert not bar.buttons[Outcome.APPROVE].isVisible()
    assert bar.form.reason.editor.toPlainText() == ""


def test_a_refusal_keeps_what_was_written(bar: DeterminationBar) -> None:
    complete(bar)
    bar.form.countersign()
    bar.refuse(Rejected("The date is past.", "Name a later one."))
    assert bar.message.text == "The date is past. Name a later one."
    assert bar.form.decision().reason == "Is the pump needed?"
    assert bar.form.sign.isEnabled()


def test_what_is_not_plain_is_underlined_while_it_is_typed(bar: DeterminationBar) -> None:
    bar.begin(Outcome.REFER)
    bar.restore_reason(Draft("The CGM is not covered.", 0, 0))
    assert [s.cursor.selectedText() for s in bar.form.reason.editor.extraSelections()] == ["CGM"]
    meter = bar.form.reason.meter
    assert meter._note.startswith("1 to mend")
    meter.click()
    assert bar.form.reason.editor.textCursor().selectedText() == "CGM"


def decision(outcome: Outcome, **more) -> Decision:
    return Decision(("r1",), outcome, more.pop("reason", "because"), **more)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (decision(Outcome.APPROVE), ("a reason for the open criterion",)),
        (decision(Outcome.APPROVE, overrides=(("peptide", " "),)), ("a reason for the open criterion",)),
        (decision(Outcome.APPROVE, overrides=(("peptide", "x"),)), ()),
        (decision(Outcome.REFER), ()),
        (decision(Outcome.REFER, reason=" "), ("a reason",)),
        (decision(Outcome.DENY), ("open the evidence",)),
        (decision(Outcome.APPROVE_IN_PART), ("open the evidence", "what is approved")),
        (decision(Outcome.PEND), ("what is missing", "a day that is not past")),
        (decision(Outcome.PEND, missing=("x",), answer_by=TODAY - timedelta(1)), ("a day that is not past",)),
        (decision(Outcome.PEND, missing=("x",), answer_by=TODAY), ()),
        (Decision((), Outcome.REFER, "because"), ("choose a line",)),
    ],
)
def test_what_is_left_out_is_named(said: Decision, left: tuple[str, ...]) -> None:
    assert left_out(said, (PEPTIDE,), 1, False, TODAY) == left
