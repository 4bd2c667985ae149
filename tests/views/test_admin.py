"""People and models in the settings: what is typed is done by the services, what is refused is said in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.domain.role import Right, Role
from app.views.widgets.settings_page import SettingsPage
from app.views.window import Window
from tests.views.review_shop import NoReader, a_review
from tests.views.sign_in_desk import PASSPHRASE, a_window, add_everybody, sign_in

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=0, documents=NoReader()) as made:
        yield add_everybody(made)


@pytest.fixture
def window(qtbot: QtBot, station: Any) -> Iterator[Window]:
    with a_window(qtbot, station) as made:
        sign_in(made, qtbot, "root")
        made.show_room("settings")
        qtbot.waitUntil(lambda: not made.background.busy)
        yield made


@pytest.fixture
def page(window: Window) -> SettingsPage:
    return window.admin.page


def works_here(station: Any, name: str, active: bool) -> bool:
    return bool(person(station, name).active) is active


def person(station: Any, name: str) -> Any:
    return next(p for p in station.in_store(station.access.people) if p.name == name)


def test_everybody_is_listed_with_roles_and_state(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    station.in_store(lambda: station.access.change("cam", "root", active=False))
    page.people.show_people(station.in_store(station.access.people), "root")
    said = [page.people.record(name) for name in ("root", "nia", "phil", "cam")]
    names = [record.accessibleName() for record in said if record is not None]
    assert names == [
        "Ida Root (you), root, Administrator",
        "Nia Nurse, RN, nia, UR specialist",
        "Phil Physician, MD, phil, Physician reviewer",
        "cam, cam, Does not work here any more",
    ]


def test_a_person_who_is_added_can_sign_in(window: Window, station: Any, qtbot: QtBot) -> None:
    people = window.admin.page.people
    people.add_button.click()
    people.name.setText("max")
    people.title.setText("Max Manager")
    people.new_roles.lines[Role.CASE_MANAGER].click()
    people.first.setText("the first of max")
    people.second.setText("the first of max")
    people.save_new.click()
    qtbot.waitUntil(lambda: people.record("max") is not None)
    assert people.opened is None
    assert people.first.text() == ""
    window.gate.switch()
    qtbot.waitUntil(lambda: station.access.me.name == "")
    sign_in(window, qtbot, "max", "the first of max")
    assert station.access.me.roles == (Role.CASE_MANAGER,)


@pytest.mark.parametrize(
    ("name", "first", "second", "said"),
    [
        ("", "long enough", "long enough", "Type the name"),
        ("max", "long enough", "long enaugh", "not the same"),
        ("max", "short", "short", "at least 8 characters"),
        ("NIA", "long enough", "long enough", "a user of that name already"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said_in_the_form(
    page: SettingsPage, station: Any, qtbot: QtBot, name: str, first: str, second: str, said: str
) -> None:
    people = page.people
    people.add_button.click()
    people.name.setText(name)
    people.new_roles.lines[Role.CASE_MANAGER].click()
    people.first.setText(first)
    people.second.setText(second)
    people.save_new.click()
    qtbot.waitUntil(lambda: said in people.adding.remark)
    assert people.opened is people.adding
    assert len(station.in_store(station.access.people)) == 4


def test_other_roles_are_in_force_at_once(window: Window, station: Any, qtbot: QtBot) -> None:
    people = window.admin.page.people
    people.choose("nia")
    people.roles.lines[Role.PHYSICIAN].click()
    people.save.click()
    qtbot.waitUntil(lambda: person(station, "nia").may(Right.DECIDE_AGAINST))
    people.choose("root")
    people.roles.lines[Role.CASE_MANAGER].click()
    people.save.click()
    qtbot.waitUntil(lambda: "intake" in window.rail.names)  # one's own, too
    assert window.gate.is_shut is False


def test_the_last_administrator_stays_one(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    page.people.choose("root")
    page.people.roles.lines[Role.ADMINISTRATOR].click()
    page.people.roles.lines[Role.CASE_MANAGER].click()
    page.people.save.click()
    qtbot.waitUntil(lambda: "No administrator would be left" in page.people.changing.remark)
    assert person(station, "root").may(Right.ADMINISTER)


def test_somebody_is_let_go_and_comes_back(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    for active in (False, True):
        page.people.choose("cam")
        page.people.end.click()
        qtbot.waitUntil(partial(works_here, station, "cam", active))
        qtbot.waitUntil(lambda: page.people.opened is None)


def test_nobody_can_let_themselves_go(page: SettingsPage) -> None:
    page.people.choose("root")
    assert not page.people.end.isVisible()


def test_another_gets_a_new_passphrase(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    page.people.choose("nia")
    page.people.new_passphrase.click()
    form = page.people.passphrase
    form.first.setText("a newer passphrase")
    form.second.setText("a newer passphrase")
    form.save.click()
    qtbot.waitUntil(lambda: page.people.opened is None)
    assert form.first.text() == ""
    assert station.in_store(station.access.sign_in, "nia", "a newer passphrase").name == "nia"


def test_ones_own_passphrase_needs_the_old_one(window: Window, station: Any, qtbot: QtBot) -> None:
    page = window.admin.page
    window.rail.person_chosen.emit("passphrase")
    form = page.passphrase
    for old in ("wrong one", PASSPHRASE):
        assert form.old is not None
        form.old.setText(old)
        form.first.setText("my newer passphrase")
        form.second.setText("my newer passphrase")
        form.save.click()
        if old != PASSPHRASE:
            qtbot.waitUntil(lambda: "The old passphrase is wrong" in form.remark)
    qtbot.waitUntil(form.isHidden)
    assert station.in_store(station.access.sign_in, "root", "my newer passphrase").name == "root"


# models


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        whole = {"choices": [{"message": {"content": '{"ready": true}'}, "finish_reason": "stop"}]}
        body = json.dumps(whole).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[str]:
    """An endpoint on this computer that is always ready."""
    made = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = Thread(target=made.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}/v1"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def fill(page: SettingsPage, url: str, key: str = "") -> None:
    models = page.models
    models.add_button.click()
    models.name.setText("Ours")
    models.url.setText(url)
    models.model.setText("some-model")
    models.key.setText(key)
    models.url.textEdited.emit(url)


def test_the_criteria_engine_is_always_there_and_cannot_be_changed(page: SettingsPage) -> None:
    engine = page.models._records["criteria engine"]
    assert engine.accessibleName().startswith("Criteria engine, Always there")
    engine.click()
    assert page.models.opened is None


def test_where_a_model_would_answer_is_said_before_it_is_kept(page: SettingsPage) -> None:
    fill(page, "http://127.0.0.1:8080/v1")
    assert page.models.form.remark == "It answers on this computer. Nothing leaves it."
    page.models.url.setText("https://llm.payer.example/v1")
    page.models.url.textEdited.emit("")
    assert "llm.payer.example" in page.models.form.remark
    assert "leaves this computer" in page.models.form.remark


def test_a_model_is_added_tried_and_forgotten(
    page: SettingsPage, station: Any, server: str, qtbot: QtBot
) -> None:
    fill(page, server, key="a secret key")
    page.models.save.click()
    qtbot.waitUntil(lambda: page.models.record("Ours") is not None)
    assert station.models.known["Ours"].key == "a secret key"
    assert page.models.key.text() == ""
    page.models.choose("Ours")
    page.models.try_button.click()
    qtbot.waitUntil(lambda: "“Ours” answers" in page.models.form.remark)
    page.models.remove.click()
    qtbot.waitUntil(lambda: page.models.record("Ours") is None)
    assert "Ours" not in station.models.known


def test_a_model_that_does_not_answer_is_told_in_words(
    page: SettingsPage, station: Any, server: str, qtbot: QtBot
) -> None:
    fill(page, "http://127.0.0.1:9/v1")
    page.models.save.click()
    qtbot.waitUntil(lambda: page.models.record("Ours") is not None)
    page.models.choose("Ours")
    page.models.try_button.click()
    qtbot.waitUntil(page.models.try_button.isEnabled, timeout=30_000)
    assert "one word" not in page.models.form.remark
    assert page.models.form.remark.endswith(".")


def test_a_key_that_is_kept_survives_another_change(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    fill(page, "https://llm.payer.example/v1", key="a secret key")
    page.models.save.click()
    qtbot.waitUntil(lambda: page.models.record("Ours") is not None)
    page.models.choose("Ours")
    page.models.model.setText("another-model")
    page.models.save.click()
    qtbot.waitUntil(lambda: station.models.known["Ours"].model == "another-model")
    assert station.models.known["Ours"].key == "a secret key"


def test_an_address_that_is_none_is_refused_in_the_form(page: SettingsPage, qtbot: QtBot) -> None:
    fill(page, "http://llm.payer.example/v1")
    page.models.save.click()
    qtbot.waitUntil(lambda: bool(page.models.form.remark) and page.models.opened is not None)
    qtbot.waitUntil(lambda: "answers" not in page.models.form.remark)


def test_what_is_kept_to_learn_from_is_switched(page: SettingsPage, station: Any, qtbot: QtBot) -> None:
    page.examples.click()
    qtbot.waitUntil(lambda: station.in_store(station.tuning.enabled))
    page.collecting.click()
    qtbot.waitUntil(lambda: station.in_store(station.collecting.enabled))
