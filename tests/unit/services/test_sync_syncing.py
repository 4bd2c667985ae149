"""The driver of the sync engine over real lanes: what it wakes for, what it tells, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.conflict import Settlement
from app.domain.errors import Rejected
from app.domain.sync import Link, Scope, SyncState
from app.services.change_log import ChangeLog, Stored, utc_now
from app.services.editing import Editing
from app.services.lanes import Lanes
from app.services.store.store import Store
from app.services.sync.step import Remote
from app.services.sync.syncing import Syncing
from tests.faults.store_sample import KEY
from tests.faults.sync_server import ServerModel, offline
from tests.unit.services.sync_case import Desk, Wire

LONG = 20.0


class Program:
    """A program with lanes, a store in its lane, and syncing; nothing in it sleeps to wait."""

    def __init__(self, folder: Path, server: ServerModel, person: str) -> None:
        self.lanes = Lanes()
        self.store: Store = self.lanes.submit("store", Store.open, folder, KEY).result()
        self.changes = ChangeLog(self.store, lambda _form, _version: None, told=self._stored)
        self.wire = Wire(server)
        remote = Remote(self.wire, confirmed=server.confirmed, scope=Scope(person))  # type: ignore[arg-type]
        self.syncing = Syncing(self.changes, self.lanes, remote)
        self.desk = Desk.__new__(Desk)
        self.desk.__dict__.update(
            folder=folder, server=server, clock=utc_now, person=person, store=self.store, wire=self.wire,
            buckets=None, files={}, confirmed=None, ids=0, changes=self.changes,
        )  # fmt: skip
        self.desk.editing = Editing(self.changes)
        self.came: list[str] = []
        self._news = threading.Condition()
        self.syncing.on_state(self._heard)
        self.syncing.on_cases(self._cases)

    def _stored(self, stored: Stored) -> None:
        self.syncing.stored(stored)

    def _heard(self, _state: SyncState) -> None:
        with self._news:
            self._news.notify_all()

    def _cases(self, ids: tuple[str, ...]) -> None:
        with self._news:
            self.came += ids
            self._news.notify_all()

    def until(self, what: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(what, LONG), self.syncing.state()

    def still(self) -> bool:
        state = self.syncing.state()
        return state.link is Link.SYNCED and state.waiting == 0

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.lanes.submit("store", function, *arguments).result()

    def close(self) -> None:
        self.syncing.close()
        self.lanes.submit("store", self.store.close).result()
        self.lanes.close()


@pytest.fixture
def server() -> ServerModel:
    return ServerModel(utc_now)


@pytest.fixture
def program(tmp_path: Path, server: ServerModel) -> Iterator[Callable[[str], Program]]:
    made: list[Program] = []

    def opened(person: str) -> Program:
        made.append(Program(tmp_path / person, server, person))
        return made[-1]

    yield opened
    for one in made:
        one.close()


def test_what_is_stored_goes_by_itself_and_shows_on_the_other_desk(program: Callable[[str], Program]) -> None:
    ada, bob = program("ada"), program("bob")
    ada.syncing.start()
    bob.syncing.start()
    case_id = ada.do(ada.desk.take_in)
    bob.until(lambda: case_id in bob.came)
    ada.do(ada.desk.correct, case_id, "phone", "555")
    bob.until(lambda: bob.came.count(case_id) >= 2)
    assert bob.do(bob.desk.value, case_id, "phone") == "555"
    ada.until(ada.still)
    assert ada.syncing.state().synced_at is not None


def test_from_the_moment_something_is_stored_nothing_says_that_all_was_sent(
    program: Callable[[str], Program],
) -> None:
    ada = program("ada")
    case_id = ada.do(ada.desk.take_in)
    ada.syncing.start()
    ada.until(ada.still)
    seen = []

    def edited() -> None:
        ada.desk.correct(case_id, "phone", "1")
        seen.append(ada.syncing.state())  # in the store's lane: syncing cannot have counted again

    ada.do(edited)
    assert (seen[0].link, seen[0].waiting) == (Link.SENDING, 1)
    ada.until(ada.still)


def test_away_from_the_network_it_says_so_and_sends_when_it_is_back(
    program: Callable[[str], Program],
) -> None:
    ada = program("ada")
    ada.wire.offline = offline()
    ada.syncing.start()
    case_id = ada.do(ada.desk.take_in)
    ada.until(lambda: bool(ada.syncing.state().reason) and ada.syncing.state().waiting == 1)
    assert (ada.syncing.state().link, ada.syncing.state().reason) == (Link.OFFLINE, offline().reason)
    ada.wire.offline = None
    ada.syncing.sync_now()
    ada.until(ada.still)
    assert case_id in ada.desk.server.cases


def test_paused_it_sends_nothing_and_resumed_it_does(program: Callable[[str], Program]) -> None:
    ada = program("ada")
    ada.syncing.pause()
    ada.syncing.start()
    ada.until(lambda: ada.syncing.state().link is Link.SENDING)
    pushed = len(ada.wire.pushes)
    ada.do(ada.desk.take_in)
    ada.syncing.waiting()
    assert len(ada.wire.pushes) == pushed
    ada.syncing.resume()
    ada.until(lambda: ada.still() and bool(ada.desk.server.cases))


def test_a_conflict_is_told_and_settled_through_the_facade(program: Callable[[str], Program]) -> None:
    ada, bob = program("ada"), program("bob")
    ada.syncing.start()
    bob.syncing.start()
    case_id = ada.do(ada.desk.take_in)
    bob.until(lambda: case_id in bob.came)
    ada.until(ada.still)
    ada.wire.offline = offline()
    ada.do(ada.desk.correct, case_id, "phone", "mine")
    bob.do(bob.desk.correct, case_id, "phone", "theirs")
    bob.until(bob.still)
    ada.wire.offline = None
    ada.syncing.sync_now()
    ada.until(lambda: ada.syncing.state().conflicts == 1)
    (conflict,) = ada.syncing.conflicts(case_id)
    case = ada.syncing.settle(conflict.conflict_id, Settlement.MINE, "ada")
    assert case.case_id == case_id
    bob.until(lambda: bob.do(bob.desk.value, case_id, "phone") == "mine")
    ada.until(lambda: ada.still() and ada.syncing.state().conflicts == 0)


def test_what_is_refused_is_told_tried_again_and_given_up(program: Callable[[str], Program]) -> None:
    ada = program("ada")
    ada.wire.wrongs = [Rejected("Not here.", "Ask.", code="no_permission")]
    case_id = ada.do(ada.desk.take_in)
    ada.syncing.start()
    ada.until(lambda: ada.syncing.state().parked == 1)
    (item,) = ada.syncing.waiting()
    assert (item.case_id, item.reason) == (case_id, "Not here.")
    ada.wire.wrongs = [Rejected("Not here.", "Ask.", code="no_permission")]
    ada.syncing.retry(item.change_id, "ada")
    ada.until(lambda: not ada.wire.wrongs and ada.syncing.state().parked == 1)
    ada.syncing.give_up(item.change_id, "ada")
    ada.until(lambda: ada.syncing.state().waiting == 0)
    assert ada.desk.server.cases == {}


def test_a_bug_is_told_and_does_not_end_it(
    program: Callable[[str], Program], caplog: pytest.LogCaptureFixture
) -> None:
    ada = program("ada")

    def broken(*_: object) -> object:
        raise ZeroDivisionError

    ada.wire.changed = broken  # type: ignore[attr-defined]
    ada.syncing.start()
    ada.until(lambda: ada.syncing.state().link is Link.STOPPED)
    assert "a step of syncing failed" in caplog.text
    del ada.wire.changed  # type: ignore[attr-defined]
    ada.syncing.sync_now()
    ada.until(ada.still)


def test_it_hears_of_other_cases_when_somebody_else_signs_in(program: Callable[[str], Program]) -> None:
    ada, bob = program("ada"), program("bob")
    bob.syncing.start()
    case_id = bob.do(bob.desk.take_in)
    bob.until(bob.still)
    ada.syncing.start()
    ada.until(lambda: case_id in ada.came)
    scope = Scope("somebody else")
    ada.syncing.hear_of(scope)
    ada.until(lambda: any(told == scope for told, _ in ada.desk.server._listeners.values()))
    assert len(ada.desk.server._listeners) == 2


def test_a_listener_that_died_is_started_anew(program: Callable[[str], Program]) -> None:
    ada = program("ada")
    opened: list[object] = []

    class Ear:
        alive = True

        def __call__(self) -> None:
            self.alive = False

    def listen(_scope: Scope, _poke: Callable[[], None]) -> Ear:
        opened.append(Ear())
        return opened[-1]  # type: ignore[return-value]

    ada.wire.listen = listen  # type: ignore[attr-defined]
    ada.syncing.start()
    ada.until(lambda: ada.still() and len(opened) == 1)
    opened[0].alive = False  # type: ignore[attr-defined]
    ada.syncing.sync_now()
    ada.until(lambda: len(opened) == 2)
    ada.wire.offline = offline()
    ada.syncing.sync_now()
    ada.until(lambda: ada.syncing.state().link is Link.OFFLINE)
    assert not opened[1].alive  # type: ignore[attr-defined]


def test_it_ends_at_once_and_may_be_ended_twice(program: Callable[[str], Program]) -> None:
    ada = program("ada")
    ada.syncing.start()
    ada.until(ada.still)
    ada.syncing.close()
    ada.syncing.close()
    pushes = len(ada.wire.pushes)
    ada.do(ada.desk.take_in)
    assert len(ada.wire.pushes) == pushes
    assert ada.desk.server._listeners == {}
    assert replace(ada.syncing.state(), waiting=0).conflicts == 0
