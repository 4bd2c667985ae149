"""The first start, connecting and signing in with Google: real services against real servers on loopback."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from app.domain.case import to_time
from app.domain.connection import Connection, connection_document
from app.main import close_window, is_workspace, open_window
from app.services.change_log import utc_now
from app.services.connecting import CONNECTION
from app.tour_walk import wait_until
from app.views.background import Background
from app.views.connect_gate import ConnectGate
from app.views.widgets.sync.first_start_page import FirstStartPage
from app.views.widgets.sync.google_sign_in_page import GoogleSignInPage
from app.workstation import CloudPlaces, Settings, Workstation, build
from tests.identity_server import CLIENT_ID, SECRET, Accounts, Browser, accounts
from tests.scripted import ScriptedProcessor, a_pdf, scripted_backends

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.usefixtures("qapp"),
]
K = Qt.Key


class Service:
    """The ingestion service as far as signing in asks it: `/v1/connection` and, for who bears a token, `/v1/me`."""

    def __init__(self) -> None:
        self.url = ""
        self.roles = ["administrator", "case_manager"]

    def connection(self) -> Connection:
        return Connection("payer-one", "europe-west4", CLIENT_ID, self.url, client_secret=SECRET)

    def answer(self, path: str, token: str) -> tuple[int, object]:
        if path == "/v1/connection":
            return 200, connection_document(self.connection())
        if path == "/v1/me":
            try:
                body = token.split(".")[1]
                claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            except (IndexError, ValueError):
                return 401, {"error": {"code": "unauthenticated", "reason": "Who are you?", "next_step": ""}}
            said = {"email": claims["email"], "title": "Ada Example", "roles": self.roles}
            return 200, {**said, "time": to_time(utc_now())}
        return 404, {}


@contextmanager
def a_service() -> Iterator[Service]:
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Nothing is said."""

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, body = state.answer(self.path, token)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def google() -> Iterator[Accounts]:
    with accounts() as state:
        yield state


@pytest.fixture
def service() -> Iterator[Service]:
    with a_service() as state:
        yield state


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()


KEY = os.urandom(32)


@contextmanager
def a_station(folder: Path, places: CloudPlaces | None = None) -> Iterator[Workstation]:
    station = build(Settings(folder / "w", "ada"), KEY, scripted_backends(ScriptedProcessor()), places)
    try:
        yield station
    finally:
        station.close()


class Gate:
    """A gate over a piece of work."""

    def __init__(self, station: Workstation, browser: Browser, qtbot: QtBot) -> None:
        self.doors = QStackedWidget()
        qtbot.addWidget(self.doors)
        self.work = QWidget()
        self.doors.addWidget(self.work)
        self.background = Background(station.lanes)
        self.gate = ConnectGate(station, self.background, self.doors, self.doors, browser)
        self.doors.resize(1000, 800)
        self.doors.show()
        self.doors.activateWindow()

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.doors.currentWidget(), key)

    def step(self, name: str) -> None:
        wait_until(lambda: self.gate.page.step == name, f"the step {name} is shown")

    def close(self) -> None:
        wait_until(lambda: not self.background.busy, "the gate comes to rest")
        self.gate.stop()
        self.background.close()


@pytest.fixture
def gate(
    tmp_path: Path, google: Accounts, service: Service, browser: Browser, qtbot: QtBot
) -> Iterator[Gate]:
    places = CloudPlaces(service=service.url, accounts=google.url)
    with a_station(tmp_path, places) as station:
        made = Gate(station, browser, qtbot)
        made.station = station  # type: ignore[attr-defined]
        yield made
        made.close()


# The first start


def test_a_new_workspace_asks_once_where_the_work_is_to_be(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert not is_workspace(folder)
    for new, asked, answer in ((True, True, None), (False, True, K.Key_1), (False, False, None)):
        station = build(Settings(folder, "ada"), KEY, scripted_backends(ScriptedProcessor()))
        window = open_window(station, new=new)
        wait_until(lambda w=window: not w.background.busy, "the window comes to rest")  # type: ignore[misc]
        page = window.doors.currentWidget()
        assert isinstance(page, FirstStartPage) == asked  # unanswered, it is asked again
        if answer is not None:
            QTest.keyClick(page, answer)
            assert window.doors.currentWidget() is window.whole
        close_window(window, station)
    assert is_workspace(folder)


def test_a_window_that_is_not_new_goes_straight_in(tmp_path: Path) -> None:
    station = build(Settings(tmp_path / "w", "ada"), KEY, scripted_backends(ScriptedProcessor()))
    window = open_window(station)
    wait_until(lambda: not window.background.busy, "the window comes to rest")
    assert window.doors.currentWidget() is window.whole
    assert window.rail.state.words == "Kept on this computer"
    QTest.keyClick(window, K.Key_F5)
    assert window.rooms.currentWidget() is window.sync.room.waiting
    assert not window.sync.room.waiting.list.lines
    QTest.keyClick(QApplication.focusWidget() or window.sync.room.waiting, K.Key_Escape)
    assert window.rooms.currentWidget() is window.intake
    close_window(window, station)


def test_the_first_question_is_answered_by_keys(qtbot: QtBot) -> None:
    page = FirstStartPage()
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    page.take_keyboard()
    chosen: list[str] = []
    page.local_chosen.connect(lambda: chosen.append("local"))
    page.connect_chosen.connect(lambda: chosen.append("connect"))
    QTest.keyClick(page.local, K.Key_Down)
    QTest.keyClick(page.connect_card, K.Key_Return)
    QTest.keyClick(page, K.Key_1)
    QTest.keyClick(page, K.Key_2)
    assert chosen == ["connect", "local", "connect"]


# Connecting


def test_a_workspace_is_connected_from_an_address_to_its_restart(
    gate: Gate, service: Service, browser: Browser
) -> None:
    station: Workstation = gate.station  # type: ignore[attr-defined]
    station.in_store(station.intake.arrive, a_pdf("one"), "one.pdf", "ada")
    restarts: list[bool] = []
    gate.gate.restart_asked.connect(lambda: restarts.append(True))
    gate.gate.ask_first()
    gate.press(K.Key_2)
    page = gate.gate.page
    QTest.keyClicks(page.address, service.url)
    QTest.keyClick(page.address, K.Key_Return)
    gate.step("who")
    assert "payer-one" in page.facts.text()
    page.go_on.click()
    gate.step("plan")
    assert "ada@payer.example" in page.words.text()
    assert "1 cases with" in page.facts.text()
    assert "nothing is deleted" in page.facts.text()
    page.go_on.click()
    gate.step("done")
    assert station.in_store(station.store.recall, CONNECTION)["project"] == "payer-one"
    page.go_on.click()
    assert restarts == [True]
    assert len(browser.pages) == 1


def test_waiting_for_the_browser_can_be_cancelled(gate: Gate, service: Service) -> None:
    gate.gate.browser = lambda _address: None  # nobody signs in there
    gate.gate.connect_workspace()
    page = gate.gate.page
    page.address_given.emit(service.url)
    gate.step("who")
    page.go_on.click()
    gate.step("waiting")
    wait_until(lambda: gate.background.busy, "the browser is waited for")
    gate.press(K.Key_Escape)
    gate.step("who")
    wait_until(lambda: not gate.background.busy, "nothing is waited for any longer")
    assert page.step == "who"
    assert page.remark.text() == ""


def test_a_sign_in_that_is_given_up_before_it_began_opens_no_browser_and_is_not_waited_for(
    gate: Gate, service: Service
) -> None:
    opened: list[str] = []
    gate.gate.browser = opened.append
    gate.gate.connect_workspace()
    page = gate.gate.page
    page.address_given.emit(service.url)
    gate.step("who")
    held, lanes = threading.Event(), gate.background._lanes
    before = [lanes.submit("network", held.wait, 60) for _ in range(8)]  # the lane has other things to do
    page.go_on.click()
    gate.step("waiting")
    gate.press(K.Key_Escape)
    gate.step("who")
    held.set()
    wait_until(lambda: not gate.background.busy, "nothing is waited for any longer")
    assert all(one.result() for one in before)
    assert opened == []


def test_an_address_that_does_not_answer_is_told_in_words(gate: Gate) -> None:
    gate.gate.connect_workspace()
    page = gate.gate.page
    QTest.keyClicks(page.address, "http://127.0.0.1:9")
    QTest.keyClick(page.address, K.Key_Return)
    wait_until(lambda: bool(page.remark.text()), "it is told")
    assert page.step == "where"
    assert page.go_on.isEnabled()


def test_a_person_without_a_role_is_told_so_and_nothing_is_connected(gate: Gate, service: Service) -> None:
    station: Workstation = gate.station  # type: ignore[attr-defined]
    service.roles = []
    gate.gate.connect_workspace()
    page = gate.gate.page
    page.address_given.emit(service.url)
    gate.step("who")
    page.go_on.click()
    gate.step("plan")
    page.go_on.click()
    wait_until(lambda: "no role" in page.remark.text(), "it is told")
    assert page.step == "plan"
    assert station.in_store(station.store.recall, CONNECTION) is None


def test_back_leads_to_the_work_or_to_the_first_question(gate: Gate) -> None:
    gate.gate.connect_workspace()
    gate.press(K.Key_Escape)
    assert gate.doors.currentWidget() is gate.work
    gate.gate.ask_first()
    gate.press(K.Key_2)
    gate.press(K.Key_Escape)
    assert isinstance(gate.doors.currentWidget(), FirstStartPage)


# Signing in to a connected workspace


def test_a_connected_workspace_is_entered_with_google_locked_and_left(
    tmp_path: Path, google: Accounts, service: Service, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_station(tmp_path) as station:
        connection = connection_document(service.connection())
        station.in_store(station.store.remember, CONNECTION, connection)
    places = CloudPlaces(
        firestore="127.0.0.1:9", storage="http://127.0.0.1:9", service=service.url, accounts=google.url
    )
    station = build(Settings(tmp_path / "w", "ada"), KEY, scripted_backends(ScriptedProcessor()), places)
    # Whether there is a network is said by this test alone, and not by a queue that is not there.
    monkeypatch.setattr(type(station.cloud), "start", lambda _: None)
    window = open_window(station)
    window.gate.model.browsing.browser = browser
    page = window.gate.page
    assert isinstance(page, GoogleSignInPage)
    assert window.gate.is_shut
    page.button.click()
    assert page.title.text() == "Waiting for your browser"
    wait_until(lambda: not window.gate.is_shut, "the work is shown")
    assert station.person == "ada@payer.example"
    assert window.rail.names == ("intake", "teach", "settings")
    window.lock()
    assert window.gate.is_shut
    assert "goes on where they were" in page.words.text()
    google.allows = False
    page.button.click()
    wait_until(lambda: bool(page.remark.text()), "that it was refused is told")
    assert window.gate.is_shut
    google.allows = True
    page.button.click()
    wait_until(lambda: not window.gate.is_shut, "the work is shown again")
    window.lock()
    QTest.keyClick(page, K.Key_G)  # there is a network: Google is asked
    assert window.gate.is_shut
    window.gate.set_offline(True)
    assert "no network" in page.words.text()
    QTest.keyClick(page, K.Key_G)
    wait_until(lambda: not window.gate.is_shut, "the same person goes on without a network")
    trail = station.in_store(station.store.audit_entries)
    assert [(e.action, e.by) for e in trail][-1] == ("went_on_offline", "ada@payer.example")
    window.gate.switch()
    wait_until(lambda: not station.person, "nobody is signed in")
    wait_until(lambda: bool(google.revoked), "the tokens are given back")
    assert window.gate.is_shut
    close_window(window, station)
