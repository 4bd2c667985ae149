"""A model looks for what a prompt lacks: offered in the prompt's menu, shown before it is sent, stopped, told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.draft import Draft
from app.domain.errors import Offline
from app.domain.prompt import Origin, Slot
from app.domain.recommendation import ModelInfo
from app.services.asked_model import AskedPromptModel
from app.services.ports import Hear
from tests.reviewing import Proposing
from tests.views.review_side_case import SideDesk, a_side_desk, press

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
NAME = "Project prompt model"
FOUND = json.dumps(
    {
        "symptoms": {"quote": "severe recurring dawn phenomenon", "document": "D1", "page": 1},
        "condition": {"quote": "words that stand nowhere", "document": "D1", "page": 1},
    }
)


class Asked:
    """What a language model answers, and what it was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.reply: str | Exception = FOUND
        self.holding: threading.Event | None = None
        self.deaf = False

    def ask(self, _system: str, user: str, _schema: dict[str, Any] | None, hear: Hear | None) -> str:
        self.sent.append(user)
        while self.holding is not None and not self.holding.wait(0.01):
            if hear is not None and not self.deaf:
                hear("")
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, asked: Asked) -> Iterator[SideDesk]:
    with a_side_desk(tmp_path / "w", qtbot) as made:
        info = ModelInfo(NAME, "gemini-2.5-flash", "Gemini on Vertex AI, europe-west4", leaves_computer=True)
        made.desk.prompts[NAME] = lambda: AskedPromptModel(info, asked, "Find.", 20_000, Proposing())
        yield made


def choose(desk: SideDesk, side: Any) -> None:
    (action,) = side.prompt.finders.actions()
    assert "leaves this computer" in action.text()
    action.trigger()
    desk.settle()


def test_what_would_be_sent_is_shown_and_nothing_is_sent_before_it_is_confirmed(
    desk: SideDesk, asked: Asked
) -> None:
    side = desk.opened()
    choose(desk, side)
    assert side.prompt.reading
    assert "dawn phenomenon" in side.prompt.sheet.text
    assert "M-100200300" not in side.prompt.sheet.text
    assert asked.sent == []
    side.prompt.sheet.use.click()
    desk.settle()
    assert len(asked.sent) == 1
    assert asked.sent[0] in side.prompt.sheet.text


def test_words_that_stand_in_a_document_fill_what_was_absent_and_stay_doubtful(desk: SideDesk) -> None:
    side = desk.opened()
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.settle()
    prompt = side._review.prompt
    symptoms, condition = prompt.slot(Slot.SYMPTOMS), prompt.slot(Slot.CONDITION)
    assert (symptoms.text, symptoms.origin, symptoms.doubtful) == (
        "severe recurring dawn phenomenon", Origin.SPAN, True,
    )  # fmt: skip
    assert condition.origin is Origin.ABSENT
    assert not side.prompt.reading
    assert "severe recurring dawn phenomenon" in side.prompt.editor.toPlainText()
    assert "Look at each" in side.message.text
    station = desk.desk.station
    noted = [entry.action for entry in station.in_store(station.store.audit_entries, desk.desk.case_id)]
    assert "prompt_proposed" in noted


def test_what_a_person_wrote_is_not_written_over(desk: SideDesk) -> None:
    side = desk.opened()
    side.focus_prompt()
    absent = "[symptoms not stated]"
    text = side.prompt.editor.toPlainText()
    assert absent in text
    mine = text.replace(absent, "headaches")
    side._review.type_prompt(Draft(mine, 0, 0))
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.settle()
    assert side._review.prompt.slot(Slot.SYMPTOMS).text == "headaches"
    assert "Nothing was found" in side.message.text


def test_going_back_sends_nothing(desk: SideDesk, asked: Asked) -> None:
    side = desk.opened()
    choose(desk, side)
    press(Qt.Key.Key_Escape)
    assert not side.prompt.reading
    desk.settle()
    assert asked.sent == []
    choose(desk, side)  # and can be chosen again
    assert side.prompt.reading


def test_another_sheet_takes_the_place_of_what_would_be_sent(desk: SideDesk, asked: Asked) -> None:
    side = desk.opened()
    choose(desk, side)
    side._review.show_sent()
    desk.settle()
    assert not side.prompt.sheet.use.isVisible()
    side.prompt.show_editor()
    assert asked.sent == []


def test_a_look_can_be_stopped(desk: SideDesk, asked: Asked) -> None:
    asked.holding = threading.Event()
    side = desk.opened()
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.wait(lambda: len(asked.sent) == 1)
    assert "looks for" in side.message.text
    side.message._button.click()
    assert side.message.text == ""
    before = side._review.prompt
    desk.settle()
    assert side._review.prompt == before


def test_an_answer_that_comes_after_it_was_stopped_fills_nothing(desk: SideDesk, asked: Asked) -> None:
    asked.holding, asked.deaf = threading.Event(), True
    side = desk.opened()
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.wait(lambda: len(asked.sent) == 1)
    side.message._button.click()
    before = side._review.prompt
    asked.holding.set()
    desk.settle()
    assert side._review.prompt == before
    assert side.message.text == ""


def test_an_answer_for_a_case_that_was_left_is_dropped(desk: SideDesk, asked: Asked) -> None:
    asked.holding = threading.Event()
    side = desk.opened()
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.wait(lambda: len(asked.sent) == 1)
    side.close_case()
    desk.settle()
    assert side._review.prompt is None


def test_a_failure_is_told_with_its_next_step(desk: SideDesk, asked: Asked) -> None:
    asked.reply = Offline("Gemini cannot be reached.", "Check the network.", code="model_unreachable")
    side = desk.opened()
    choose(desk, side)
    side.prompt.sheet.use.click()
    desk.settle()
    assert "Check the network." in side.message.text


def test_without_a_model_the_menu_offers_none(tmp_path: Path, qtbot: QtBot) -> None:
    with a_side_desk(tmp_path / "w", qtbot) as desk:
        side = desk.opened()
        assert side.prompt.finders.isEmpty()
        assert not side.prompt._finders.isVisible()
