"""The prompt alone: written in, its slots led back to their sources, its receiver named before it is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.draft import Draft
from app.domain.evidence import Evidence
from app.domain.prompt import Filled, Origin, Prompt, Slot
from app.domain.prompt_text import composed, difference, edited
from app.domain.recommendation import ModelInfo
from app.views.widgets.review.evidence_place import Places, policy_words
from app.views.widgets.review.prompt_pane import PromptPane
from app.views.widgets.review.prompt_version import PromptVersion, label, merged, versions
from tests.views.review_side_case import hold, press

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key
QUOTE = Evidence("type 2 diabetes since 2014", "notes", 3, Box(0.1, 0.1, 0.4, 0.12), 12, 38)
PLACES = Places({"notes": "Clinical notes"}, {"birth_date": "Date of birth"}, {"notes": (3, 4)})
ENGINE = ModelInfo("criteria engine", "1", "this computer")
CLOUD = ModelInfo("gemini", "2.5", "Gemini on Vertex AI, europe-west4", True)


def a_prompt(**more: Filled) -> Prompt:
    filled = {
        Slot.SERVICE: Filled(
            Slot.SERVICE, "a device (insulin pump, E0784)", Origin.FIELD, "services.r1.code"
        ),
        Slot.PATIENT: Filled(Slot.PATIENT, "Jane Orr", Origin.FIELD, "patient_name"),
        Slot.AGE: Filled(Slot.AGE, "47 years old", Origin.FIELD, "birth_date", doubtful=True),
        Slot.CONDITION: Filled(Slot.CONDITION, "type 2 diabetes", Origin.SPAN, "", QUOTE),
        Slot.TREATMENT: Filled(Slot.TREATMENT, "insulin lispro", Origin.STATED, by="ana"),
    }
    return composed(filled | {f.slot: f for f in more.values()})


@pytest.fixture
def pane(qtbot: QtBot) -> PromptPane:
    widget = PromptPane()
    qtbot.addWidget(widget)
    widget.resize(490, 300)
    widget.show_models((ENGINE, CLOUD), "criteria engine")
    widget.show_prompt(a_prompt(), PLACES)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    widget.editor.setFocus()
    return widget


def told(signal) -> list:
    found: list = []
    signal.connect(found.append)
    return found


def click_on(pane: PromptPane, words: str, modifiers: Qt.KeyboardModifier = CONTROL) -> None:
    editor = pane.editor
    start = editor.toPlainText().index(words)
    rect = editor._rects(start, start + len(words))[0]
    at = QPoint(round(rect.left() + 6), round(rect.center().y()))
    QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, modifiers, at)


def test_a_slot_that_is_followed_leads_to_the_field_or_the_words_it_came_from(pane: PromptPane) -> None:
    fields, quotes = told(pane.field_opened), told(pane.evidence_opened)
    click_on(pane, "Jane Orr")
    click_on(pane, "type 2 diabetes")
    assert (fields, quotes) == (["patient_name"], [QUOTE])
    pane.editor.select_slot(Slot.SERVICE)
    press(Key.Key_F4)
    assert fields == ["patient_name", "services.r1.code"]
    click_on(pane, "Jane Orr", Qt.KeyboardModifier.NoModifier)
    assert len(fields) == 2  # a plain click places the cursor


def test_enter_makes_a_line_and_ctrl_enter_sends_once_however_long_it_is_held(pane: PromptPane) -> None:
    asked: list = []
    pane.asked.connect(lambda: asked.append(1))
    press(Key.Key_Return)
    assert "\n" in pane.editor.toPlainText()
    assert asked == []
    hold(Key.Key_Return, CONTROL)
    assert asked == [1]
    press(Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert asked == [1]  # that key is for the determination


def test_nothing_is_sent_while_an_answer_is_under_way_or_nobody_is_chosen(pane: PromptPane) -> None:
    asked: list = []
    pane.asked.connect(lambda: asked.append(1))
    pane.set_asking(True)
    press(Key.Key_Return, CONTROL)
    pane.set_asking(False)
    pane.show_models((ENGINE,), "gone")
    press(Key.Key_Return, CONTROL)
    assert asked == []


def test_what_nobody_says_is_loud_and_waits_for_words_when_it_is_pressed(pane: PromptPane) -> None:
    words = [chip.text() for chip in pane.chips.chips]
    assert words[:3] == ["gender: not said", "symptoms: not said", "diagnosis: not said"]
    assert "age: needs a look" in words
    assert "treatment: said, no evidence" in words
    armed = told(pane.slot_armed)
    pane.chips.chips[1].click()
    assert armed == [Slot.SYMPTOMS]
    assert pane.editor.textCursor().selectedText() == "[symptoms not stated]"
    pane.chips.chips[1].click()
    assert armed == [Slot.SYMPTOMS, None]


def test_a_slot_that_is_filled_waits_no_longer(pane: PromptPane) -> None:
    pane.arm(Slot.SYMPTOMS)
    pane.show_prompt(a_prompt(it=Filled(Slot.SYMPTOMS, "thirst", Origin.SPAN, "", QUOTE)), PLACES)
    assert pane.armed is None


def test_a_doubtful_slot_leads_to_its_field(pane: PromptPane) -> None:
    fields = told(pane.field_opened)
    next(chip for chip in pane.chips.chips if "needs a look" in chip.text()).click()
    assert fields == ["birth_date"]


def test_the_same_words_again_leave_cursor_and_undo_alone(pane: PromptPane) -> None:
    editor = pane.editor
    prompts = [a_prompt()]

    def follow(draft: Draft) -> None:
        prompts.append(edited(prompts[-1], draft.text, "ana"))
        pane.show_prompt(prompts[-1], PLACES)

    pane.edited.connect(follow)
    editor.restore(Draft("", 10, 10))
    QTest.keyClicks(editor, "now ")
    assert editor.textCursor().position() == 14
    editor.undo()
    assert editor.toPlainText() == a_prompt().text


def test_only_what_differs_is_replaced_so_the_cursor_stays_in_its_words(pane: PromptPane) -> None:
    editor = pane.editor
    at = editor.toPlainText().index("insulin lispro") + 3
    editor.restore(Draft("", at, at))
    pane.show_prompt(a_prompt(it=Filled(Slot.PATIENT, "Jane Mary Orr", Origin.FIELD, "patient_name")), PLACES)
    assert editor.toPlainText()[editor.textCursor().position() :].startswith("ulin lispro")


def test_slots_are_marked_where_they_stand_behind_letters_of_two_units(pane: PromptPane) -> None:
    prompt = a_prompt(it=Filled(Slot.PATIENT, "𝒥ane 😀 Orr", Origin.FIELD, "patient_name"))
    pane.show_prompt(prompt, PLACES)
    quotes = told(pane.evidence_opened)
    pane.editor.select_slot(Slot.CONDITION)
    assert pane.editor.textCursor().selectedText() == "type 2 diabetes"
    press(Key.Key_F4)
    assert quotes == [QUOTE]


def test_who_receives_the_prompt_is_said_before_it_is_sent(pane: PromptPane) -> None:
    assert pane.model.lines == ("Stays on this computer", "criteria engine 1")
    chosen = told(pane.model_chosen)
    action = next(a for a in pane.model.menu.actions() if "gemini" in a.text())
    assert "leaves this computer" in action.text()
    action.trigger()
    assert chosen == ["gemini"]
    pane.show_models((ENGINE, CLOUD), "gemini")
    assert pane.model.lines == ("Leaves this computer", "gemini 2.5 · Gemini on Vertex AI, europe-west4")


def test_what_was_changed_is_shown_with_signs_not_colour_alone(pane: PromptPane) -> None:
    assert not pane.changes.isEnabled()
    before = a_prompt()
    after = edited(before, before.text.replace("insulin lispro", "insulin glargine"), "ana")
    pane.show_prompt(after, PLACES)
    pane.changes.trigger()
    assert "insulin −lispro+glargine" in pane.sheet.text
    pane.sheet.back.click()
    assert pane.editor.isVisible()


def test_reset_is_offered_only_when_there_is_something_to_reset(pane: PromptPane) -> None:
    wanted: list = []
    pane.reset_wanted.connect(lambda: wanted.append(1))
    assert not pane.reset.isEnabled()
    pane.show_prompt(replace(a_prompt(), text="another"), PLACES)
    pane.reset.trigger()
    assert wanted == [1]


def test_pasted_words_come_without_their_look(pane: PromptPane) -> None:
    from PySide6.QtCore import QMimeData

    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    pane.editor.selectAll()
    pane.editor.insertFromMimeData(data)
    assert pane.editor.toPlainText() == "bold"


def test_versions_count_prompts_not_questions() -> None:
    from tests.views.test_recommendation_pane import a_review

    prompt = a_prompt()
    first, again = a_review("1", prompt=prompt.text), a_review("2", prompt=prompt.text)
    other = a_review("3", prompt="shorter", by="bob")
    found = versions((other, again, first), replace(prompt, text="mine"), "ana")
    assert [(v.number, v.text, len(v.asked)) for v in found] == [
        (1, prompt.text, 2), (2, "shorter", 1), (3, "mine", 0),
    ]  # fmt: skip
    assert [label(v, "ana") for v in found] == [
        "Version 1 · as generated", "Version 2 · edited by bob", "Version 3 · edited by you",
    ]  # fmt: skip
    assert versions((other,), replace(prompt, text="shorter"), "ana")[-1] == PromptVersion(
        1, "shorter", "bob", other.at, True, ("criteria engine",)
    )


def test_places_are_said_by_the_pages_of_the_document_and_policies_as_people_write_them() -> None:
    assert PLACES.words(QUOTE) == "Clinical notes p. 1"  # page 3 of the fax is page 1 of the notes
    assert PLACES.words(Evidence("x", field="birth_date")) == "Form: Date of birth"
    assert PLACES.words(Evidence("x", "policy:ncd_280_14@2", 2)) == "NCD 280.14 p. 2"
    assert PLACES.words(Evidence("9.4", field="request.labs.0")) == "Request"
    assert policy_words("our own rules") == "our own rules"


def test_a_difference_reads_as_whole_words_taken_out_and_put_in() -> None:
    pieces = merged(difference("has [symptoms not stated], and so", "has thirst at night, and so"))
    assert [(p.kind, p.text) for p in pieces] == [
        ("same", "has "), ("removed", "[symptoms not stated]"), ("added", "thirst at night"), ("same", ", and so"),
    ]  # fmt: skip
    assert merged(difference("a b", "a b")) == tuple(difference("a b", "a b"))


def test_the_prompt_stands_as_tall_as_its_words_at_every_width(pane: PromptPane) -> None:
    wide = pane.editor.wanted_height()
    pane.resize(400, 400)
    narrow = pane.editor.wanted_height()
    assert narrow > wide
    pane.resize(490, 400)
    assert pane.editor.wanted_height() == wide
