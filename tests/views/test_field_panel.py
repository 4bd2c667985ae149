"""The field panel driven by real keys: every rule of intake's keyboard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from field_panel_case import (
    ALT,
    CONTROL,
    SHIFT,
    Desk,
    case_of,
    definition,
    fields,
    focused,
    hold,
    press,
    write,
)
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.case import IntakeStatus, Reason
from app.domain.draft import Draft
from app.domain.form import FieldState
from app.views.widgets.field_panel import FieldPanel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key


@pytest.fixture
def panel(qtbot: QtBot) -> FieldPanel:
    widget = FieldPanel()
    qtbot.addWidget(widget)
    widget.resize(430, 900)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    return widget


@pytest.fixture
def desk(panel: FieldPanel) -> Desk:
    found = Desk(panel)
    panel.select("reason")
    found.said.clear()
    return found


def editor(desk: Desk) -> QWidget:
    return desk.panel.form.card.editor


def text(desk: Desk) -> str:
    return desk.panel.form.card.editor.toPlainText()


def test_a_case_opens_on_its_dearest_doubt(panel: FieldPanel) -> None:
    desk = Desk(panel)
    assert panel.selected_key == "reason"  # 0.38 of doubt outweighs a failed rule on a sure, heavier NPI
    assert desk.panel.form.card.editor.toPlainText() == "qlxmIldzy"


def test_enter_confirms_and_goes_on_by_expected_cost_until_verify_has_the_keyboard(desk: Desk) -> None:
    seen = []
    for _ in range(3):
        seen.append(desk.panel.selected_key)
        press(Key.Key_Return)
    assert seen == ["reason", "npi", "services.r2.diagnosis"]
    assert desk.told("confirmed") == [("reason",), ("npi",), ("services.r2.diagnosis",)]
    assert focused() is desk.panel.footer.verify
    press(Key.Key_Return)
    assert len(desk.told("verify_requested")) == 1
    assert focused() is desk.panel.footer.next
    press(Key.Key_Return)
    assert len(desk.told("next_case_requested")) == 1


def test_enter_is_not_slowed_down_by_a_store_that_answers_late(panel: FieldPanel) -> None:
    desk = Desk(panel, answers=False)
    panel.select("reason")
    for _ in range(3):
        press(Key.Key_Return)
    assert desk.told("confirmed") == [("reason",), ("npi",), ("services.r2.diagnosis",)]
    assert focused() is panel.footer.verify


def test_a_held_down_enter_confirms_once(desk: Desk) -> None:
    press(Key.Key_Return)
    for _ in range(20):
        hold(Key.Key_Return)
    assert desk.told("confirmed") == [("reason",)]
    assert desk.panel.selected_key == "npi"


def test_a_held_down_enter_never_verifies(desk: Desk) -> None:
    for _ in range(3):
        press(Key.Key_Return)
    hold(Key.Key_Return)
    assert desk.told("verify_requested") == []


def test_shift_enter_goes_back_the_way_one_came(desk: Desk) -> None:
    press(Key.Key_Return)
    press(Key.Key_Return)
    press(Key.Key_Return, SHIFT)
    assert desk.panel.selected_key == "npi"
    press(Key.Key_Return, SHIFT)
    assert desk.panel.selected_key == "reason"
    press(Key.Key_Return, SHIFT)
    assert desk.panel.selected_key == "reason"


def test_enter_on_a_settled_field_makes_no_second_change(desk: Desk) -> None:
    press(Key.Key_Return)
    desk.panel.select("reason")
    press(Key.Key_Return)
    assert desk.told("confirmed") == [("reason",)]


def test_typing_on_a_selected_field_just_edits_it_and_enter_keeps_it(desk: Desk) -> None:
    write("A9")
    assert text(desk) == "A9"
    press(Key.Key_Return)
    assert desk.told("value_edited") == [("reason", "A9")]
    assert desk.told("confirmed") == []
    assert desk.panel.selected_key == "npi"


def test_f2_edits_with_the_cursor_at_the_end(desk: Desk) -> None:
    press(Key.Key_F2)
    write("!")
    assert text(desk) == "qlxmIldzy!"


def test_every_keystroke_and_cursor_move_is_drafted_while_the_text_differs(desk: Desk) -> None:
    press(Key.Key_F2)
    assert desk.told("drafted") == []
    write("ab")
    press(Key.Key_Left)
    assert desk.told("drafted") == [
        ("reason", Draft("qlxmIldzya", 10, 10)),
        ("reason", Draft("qlxmIldzyab", 11, 11)),
        ("reason", Draft("qlxmIldzyab", 10, 10)),
    ]


def test_typing_back_to_what_was_there_drops_the_draft(desk: Desk) -> None:
    press(Key.Key_F2)
    write("a")
    press(Key.Key_Backspace)
    assert desk.told("draft_dropped") == ["reason"]
    press(Key.Key_Tab)
    assert desk.told("value_edited") == []


def test_a_draft_comes_back_with_cursor_and_selection_and_counts_characters(panel: FieldPanel) -> None:
    desk = Desk(panel)
    panel.restore_draft("name", Draft("L😀ri Mendoza", 4, 2))
    assert panel.selected_key == "name"
    assert panel.form.card.editor.draft() == Draft("L😀ri Mendoza", 4, 2)
    panel.focus_editor()
    press(Key.Key_Return)
    assert desk.told("value_edited") == [("name", "L😀ri Mendoza")]


def test_the_first_escape_undoes_typing_only_the_second_restores_the_machine_value(desk: Desk) -> None:
    write("x")
    press(Key.Key_Return)
    desk.panel.select("reason")
    write("y")
    press(Key.Key_Escape)
    assert text(desk) == "x"
    assert desk.told("restored") == []
    assert desk.told("draft_dropped") == ["reason"]
    press(Key.Key_Escape)
    assert desk.told("restored") == [("reason",)]
    assert text(desk) == "qlxmIldzy"


def test_one_escape_without_typing_restores_nothing(desk: Desk) -> None:
    press(Key.Key_Return)
    desk.panel.select("reason")
    press(Key.Key_Escape)
    press(Key.Key_Down)
    press(Key.Key_Up)
    press(Key.Key_Escape)
    assert desk.told("restored") == []


@pytest.mark.parametrize(
    ("key", "state"), [(Key.Key_1, FieldState.ILLEGIBLE), (Key.Key_2, FieldState.NOT_APPLICABLE)]
)
def test_alt_digits_mark_a_field_and_go_on(desk: Desk, key: Key, state: FieldState) -> None:
    press(key, ALT)
    assert desk.told("marked") == [(("reason",), state)]
    assert desk.panel.selected_key == "npi"


def test_marking_throws_typing_away_instead_of_keeping_it_as_a_change(desk: Desk) -> None:
    write("half")
    press(Key.Key_1, ALT)
    assert desk.told("value_edited") == []
    assert desk.told("marked") == [(("reason",), FieldState.ILLEGIBLE)]


@pytest.mark.parametrize(("key", "value"), [(Key.Key_3, "qlxmlldzy"), (Key.Key_4, "qlxm1ldzy")])
def test_alt_3_takes_the_suggestion_and_alt_4_the_second(desk: Desk, key: Key, value: str) -> None:
    press(key, ALT)
    assert desk.told("value_edited") == [("reason", value)]
    assert desk.panel.selected_key == "npi"


def test_ctrl_z_undoes_typing_before_it_undoes_changes(desk: Desk) -> None:
    press(Key.Key_F2)
    write("a")
    press(Key.Key_Z, CONTROL)
    assert text(desk) == "qlxmIldzy"
    assert desk.told("undo_requested") == []
    press(Key.Key_Z, CONTROL)
    assert len(desk.told("undo_requested")) == 1


def test_ctrl_z_takes_back_a_restored_draft(panel: FieldPanel) -> None:
    desk = Desk(panel)
    panel.restore_draft("reason", Draft("other", 5, 5))
    panel.focus_editor()
    press(Key.Key_Z, CONTROL)
    assert text(desk) == "qlxmIldzy"
    assert desk.told("undo_requested") == []
    assert desk.told("draft_dropped") == ["reason"]


@pytest.mark.parametrize(("key", "modifiers"), [(Key.Key_Y, CONTROL), (Key.Key_Z, CONTROL | SHIFT)])
def test_redo_has_two_keys(desk: Desk, key: Key, modifiers: Qt.KeyboardModifier) -> None:
    press(key, modifiers)
    assert len(desk.told("redo_requested")) == 1


def test_an_undo_shows_the_field_it_changed(desk: Desk) -> None:
    press(Key.Key_Return)
    assert desk.panel.selected_key == "npi"
    press(Key.Key_Z, CONTROL)
    desk.fields["reason"] = replace(desk.fields["reason"], state=FieldState.UNSEEN)
    desk.show()
    assert desk.panel.selected_key == "reason"


def test_an_undo_that_changed_nothing_never_pulls_one_back_later(desk: Desk) -> None:
    press(Key.Key_Z, CONTROL)
    press(Key.Key_Return)
    assert desk.panel.selected_key == "npi"


def test_arrows_and_tab_move_in_form_order_without_confirming(desk: Desk) -> None:
    walked = []
    for key in (Key.Key_Down, Key.Key_Tab, Key.Key_Up, Key.Key_Backtab, Key.Key_Up):
        press(key, SHIFT if key is Key.Key_Backtab else Qt.KeyboardModifier.NoModifier)
        walked.append(desk.panel.selected_key)
    assert walked == ["name", "birth", "name", "reason", "group:urgent"]
    assert desk.told("confirmed") == []


def test_leaving_a_field_keeps_what_was_typed(desk: Desk) -> None:
    write("new")
    press(Key.Key_Down)
    assert desk.told("value_edited") == [("reason", "new")]


def test_next_case_keeps_what_was_typed_first(desk: Desk) -> None:
    write("new")
    press(Key.Key_F10)
    assert [name for name, *_ in desk.said if name != "drafted"] == ["value_edited", "next_case_requested"]


def test_a_refused_verify_says_what_is_left_counts_down_and_goes_to_the_first(desk: Desk) -> None:
    desk.panel.select("phone")
    press(Key.Key_F9)
    assert desk.told("verify_requested") == []
    assert desk.panel.message.text == "3 fields still need a look"
    assert desk.panel.selected_key == "reason"
    press(Key.Key_Return)
    assert desk.panel.message.text == "2 fields still need a look"
    press(Key.Key_Return)
    press(Key.Key_Return)
    assert desk.panel.message.text == ""


def test_verify_keeps_what_was_typed_first(desk: Desk) -> None:
    for path in ("npi", "services.r2.diagnosis"):
        desk.fields[path] = replace(desk.fields[path], state=FieldState.CONFIRMED)
    desk.show()
    desk.panel.select("reason")
    desk.said.clear()
    write("fixed")
    press(Key.Key_F9)
    assert [n for n, *_ in desk.said if n in ("value_edited", "verify_requested")] == [
        "value_edited",
        "verify_requested",
    ]


def test_a_change_the_store_refused_is_offered_again(panel: FieldPanel) -> None:
    desk = Desk(panel, answers=False)
    panel.select("reason")
    press(Key.Key_Return)
    panel.change_refused()
    assert panel.footer._left == 3
    desk.said.clear()
    panel.select("reason")
    press(Key.Key_Return)
    assert desk.told("confirmed") == [("reason",)]


def test_a_verified_case_is_looked_at_and_not_changed(desk: Desk) -> None:
    desk.status = IntakeStatus.VERIFIED
    desk.show()
    desk.panel.select("name")
    write("x")
    press(Key.Key_1, ALT)
    assert text(desk) == "Lori Mendoza"
    press(Key.Key_Return)
    assert [n for n, *_ in desk.said if n in ("marked", "value_edited", "confirmed")] == []
    assert "Reopen" in desk.panel.message.text
    desk.panel.footer.verify.click()
    assert len(desk.told("reopen_requested")) == 1


def test_the_same_case_again_leaves_cursor_and_typing_alone(desk: Desk) -> None:
    press(Key.Key_F2)
    write("abc")
    press(Key.Key_Left)
    press(Key.Key_Left, SHIFT)
    before = desk.panel.form.card.editor.draft()
    place = desk.panel.form.card.geometry()
    scrolled = desk.panel.form.verticalScrollBar().value()
    desk.fields["name"] = replace(desk.fields["name"], state=FieldState.CONFIRMED)
    desk.show()
    assert desk.panel.form.card.editor.draft() == before
    assert desk.panel.form.card.geometry() == place
    assert desk.panel.form.verticalScrollBar().value() == scrolled
    assert focused() is editor(desk)
    press(Key.Key_Z, CONTROL)
    assert text(desk) != before.text  # what can be undone is still there


def test_a_late_answer_about_the_old_value_never_touches_what_was_typed(panel: FieldPanel) -> None:
    desk = Desk(panel, answers=False)
    desk.fields = {p: f for p, f in desk.fields.items() if p in ("reason", "name")}
    desk.show()
    panel.select("reason")
    write("typed")
    stale = case_of(fields()[:4])
    press(Key.Key_Return)
    panel.show_case(stale, definition())
    assert text(desk) == "typed"
    desk.show()
    assert text(desk) == "typed"


def test_a_value_put_in_from_outside_is_shown_at_once(desk: Desk) -> None:
    desk.fields["reason"] = replace(
        desk.fields["reason"], corrected_value="from the page", state=FieldState.CORRECTED
    )
    desk.show()
    assert text(desk) == "from the page"


def test_a_word_of_the_page_is_typed_in_as_one_line_over_the_selection(desk: Desk) -> None:
    desk.panel.insert_text("two\nlines ")
    assert text(desk) == "two lines"
    assert desk.told("drafted")[-1] == ("reason", Draft("two lines", 9, 9))


def test_an_unreadable_case_says_why_and_offers_to_read_it_again(panel: FieldPanel) -> None:
    heard: list[str] = []
    panel.read_again_requested.connect(heard.append)
    reason = Reason("The file is empty.", "Ask the sender for it again.")
    panel.show_case(case_of((), intake_status=IntakeStatus.UNREADABLE, reason=reason))
    assert "The file is empty. Ask the sender for it again." in panel.notice.text
    panel.notice.buttons[0].click()
    assert heard == ["c1"]


def test_another_case_takes_the_keyboard_along_and_drops_what_was_typed(desk: Desk) -> None:
    write("half")
    desk.said.clear()
    desk.panel.show_case(case_of(fields(), case_id="c2"), definition())
    assert desk.told("value_edited") == []  # it would reach the wrong case
    assert focused() is editor(desk)
    assert text(desk) == "qlxmIldzy"


def test_the_lens_is_asked_for_in_device_pixels_and_a_late_one_is_dropped(desk: Desk) -> None:
    desk.panel.select("name")
    path, width, height = desk.told("lens_wanted")[-1]
    assert path == "name"
    assert width > 300
    assert height > 40
    desk.panel.set_lens("reason", QImage(10, 10, QImage.Format.Format_RGB32))
    assert desk.panel.form.card.lens.image is None
    desk.panel.set_lens("name", QImage(10, 10, QImage.Format.Format_RGB32))
    assert desk.panel.form.card.lens.image is not None


def test_what_was_typed_is_not_offered_again_while_it_is_on_its_way(panel: FieldPanel) -> None:
    desk = Desk(panel, answers=False)
    panel.select("reason")
    write("typed")
    for _ in range(3):
        press(Key.Key_Return)
    assert focused() is panel.footer.verify
    assert desk.told("value_edited") == [("reason", "typed")]


def test_a_value_changed_elsewhere_leaves_what_is_being_typed(desk: Desk) -> None:
    write("mine")
    desk.fields["reason"] = replace(
        desk.fields["reason"], corrected_value="theirs", state=FieldState.CORRECTED
    )
    desk.show()
    assert text(desk) == "mine"
    press(Key.Key_Escape)
    assert text(desk) == "theirs"


@pytest.mark.parametrize("status", [IntakeStatus.RECEIVED, IntakeStatus.READING])
def test_a_case_that_is_still_being_read_is_not_called_unreadable(
    panel: FieldPanel, status: IntakeStatus
) -> None:
    panel.show_unreadable(case_of((), intake_status=status))
    assert panel.notice.text == "This form is being read. Its fields appear here by themselves."
