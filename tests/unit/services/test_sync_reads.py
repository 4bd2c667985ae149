"""What a desk asks the server for: no more than it has to, since each case that comes back is paid for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.news_page import NewsPage
from app.domain.sync import Cursor, RemoteCase, Scope
from app.services.sync import engine
from app.services.sync.engine import OVERLAP, POLL, sync_once
from app.services.sync.step import Step
from tests.faults.sync_server import ServerModel
from tests.unit.services.sync_case import START, Clock, Desk

PAGE = 4


class Counted:
    """The server of a desk, which says when it looked, with a count of the cases it hands out."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.plain = desk.server.changed
        self.since: list[Cursor | None] = []
        self.read: list[int] = []
        self.at: list[datetime] = []
        desk.wire.__dict__["changed"] = self.changed

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> NewsPage:
        found = self.plain(scope, since, limit)
        self.since.append(since)
        self.read.append(len(found))
        self.at.append(self.desk.server.now())
        return NewsPage.told(found, self.at[-1])


@pytest.fixture
def desks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Desk, Desk]]:
    monkeypatch.setattr(engine, "PAGE", PAGE)
    clock = Clock(START)
    server = ServerModel(now=clock)
    ada, bob = (Desk(tmp_path / name, server, clock, name) for name in ("ada", "bob"))
    yield ada, bob
    for desk in (ada, bob):
        desk.store.close()


def _heard(ada: Desk, *cases: RemoteCase) -> Step:
    """A step to which a listener has brought these."""
    return sync_once(
        ada.store.sync, ada.remote(), ada.clock, random.Random(1), poked=True, heard=lambda: cases
    )


def _fetched(desk: Desk, case_id: str) -> RemoteCase:
    found = desk.server.case(case_id)
    assert found is not None
    return found


def test_a_quiet_queue_costs_nothing_however_much_was_written_at_last(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    for number in range(PAGE + 2):  # more than one page of them
        bob.take_in(str(number).encode())
    bob.sync()
    counted = Counted(ada)
    ada.sync()
    for _ in range(3):
        ada.clock.now += POLL
        ada.sync(poked=False)
    counted.read.clear()
    for _ in range(12):
        ada.clock.now += POLL
        ada.sync(poked=False)
    assert len(counted.read) == 12
    assert sum(counted.read) == 0


def test_a_poll_goes_on_from_when_the_last_whole_one_began(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    for number in range(PAGE + 2):
        bob.take_in(str(number).encode())
    bob.sync()
    counted = Counted(ada)
    while ada.step().did == "polled":
        ada.clock.now += timedelta(seconds=40)  # each page takes its time, and things are stored meanwhile
    ada.clock.now += POLL
    counted.since.clear()
    ada.step()
    assert counted.since == [Cursor(counted.at[0] - OVERLAP)]


def test_what_is_committed_late_is_still_found(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    Counted(ada)
    late = bob.take_in(b"late")
    due = bob.store.sync.due(bob.clock(), uploads=False)
    assert due is not None
    assert due.push is not None
    asked = ada.server.request_time()
    ada.clock.now += timedelta(minutes=4)
    bob.take_in(b"other")
    ada.sync(poked=False)
    ada.server.commit(due.push, asked)
    ada.clock.now += POLL
    ada.sync(poked=False)
    assert ada.value(late, "phone") == "phone"


def test_what_a_listener_brought_is_taken_in_without_asking_again(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    case_id = bob.take_in()
    bob.sync()
    ada.sync()
    bob.correct(case_id, "phone", "new")
    bob.sync()
    counted = Counted(ada)
    step = _heard(ada, _fetched(bob, case_id))
    assert (step.did, step.changed) == ("polled", (case_id,))
    assert ada.value(case_id, "phone") == "new"
    assert counted.read == []


def test_what_a_listener_left_out_is_found_by_the_next_whole_poll(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    first, second = bob.take_in(b"1"), bob.take_in(b"2")
    bob.sync()
    ada.sync()
    bob.correct(first, "phone", "left out")
    bob.sync()
    bob.clock.now += timedelta(minutes=1)
    bob.correct(second, "phone", "brought")
    bob.sync()
    _heard(ada, _fetched(bob, second))
    assert ada.value(first, "phone") == "phone"
    ada.clock.now += POLL
    ada.sync(poked=False)
    assert ada.value(first, "phone") == "left out"


def test_a_whole_poll_that_is_due_is_made_whatever_a_listener_brought(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    case_id = bob.take_in()
    bob.sync()
    ada.sync()
    ada.clock.now += POLL
    counted = Counted(ada)
    _heard(ada, _fetched(bob, case_id))
    assert len(counted.since) == 1


def test_how_far_a_poll_has_come_is_kept_over_a_restart(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    for number in range(PAGE + 2):
        bob.take_in(str(number).encode())
    bob.sync()
    counted = Counted(ada)
    ada.step()
    ada.again()
    ada.clock.now += timedelta(minutes=1)
    ada.sync(poked=False)
    ada.clock.now += POLL
    counted.since.clear()
    ada.step()
    assert counted.since == [Cursor(counted.at[0] - OVERLAP)]


def test_a_listener_that_says_to_ask_is_asked_after(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    case_id = bob.take_in()
    bob.sync()
    ada.sync()
    bob.correct(case_id, "phone", "new")
    bob.sync()
    nothing: Any = None
    sync_once(ada.store.sync, ada.remote(), ada.clock, random.Random(1), poked=True, heard=lambda: nothing)
    assert ada.value(case_id, "phone") == "new"
