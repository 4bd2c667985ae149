"""Leases of the cases on screen: told, renewed, taken over, and silent without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.errors import Offline
from app.services.lanes import Lanes
from app.services.leasing import LASTS, Leasing
from tests.faults.sync_server import ServerModel

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Shop:
    """A server, its clock and a lane that works when it is told to."""

    seconds: float = 0.0
    line_is_down: bool = False
    waiting: list[tuple[Callable[[], None], Future[Any]]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = ServerModel(now=self.now)
        self.asked = 0
        self.let_go = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def submit(self, lane: str, function: Callable[[], None]) -> Future[Any]:
        assert lane == "network"
        future: Future[Any] = Future()
        self.waiting.append((function, future))
        return future

    def work(self) -> None:
        while self.waiting:
            function, future = self.waiting.pop(0)
            function()
            future.set_result(None)

    def desk(self, name: str) -> Leasing:
        return Leasing(
            Line(self),  # type: ignore[arg-type]
            self.submit,
            name,
            self.now,
            told=lambda case_id: self.told.append((name, case_id)),
            monotonic=lambda: self.seconds,
        )


@dataclass
class Line:
    """The server over a line that can be cut."""

    shop: Shop

    def __getattr__(self, name: str) -> Any:
        def asked(*args: Any, **more: Any) -> Any:
            if self.shop.line_is_down:
                raise Offline("The shared queue cannot be reached.")
            self.shop.asked += 1
            self.shop.let_go += name == "drop_lease"
            meanwhile, self.shop.meanwhile = self.shop.meanwhile, lambda: None
            meanwhile()
            return getattr(self.shop.server, name)(*args, **more)

        return asked


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_case_opened_elsewhere_shows_by_whom(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann Archer")
    shop.work()
    bob.open("c", "bob", "Bob Baker")
    assert bob.held("c") is None  # nothing is waited for
    shop.work()
    held = bob.held("c")
    assert held is not None
    assert (held.by, held.title, held.desk) == ("ann", "Ann Archer", "D1")
    assert ann.held("c") is None
    assert shop.told == [("D2", "c")]


def test_taking_over_turns_the_lease_round(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    bob.open("c", "bob", "Bob")
    shop.work()
    bob.take_over("c")
    shop.work()
    assert bob.held("c") is None
    shop.seconds += 8 * 60
    ann.renew()  # nobody takes it back by renewing
    shop.work()
    held = ann.held("c")
    assert held is not None
    assert held.by == "bob"


def test_a_lease_is_renewed_two_minutes_before_its_end_and_not_before(shop: Shop) -> None:
    ann = shop.desk("D1")
    ann.open("c", "ann", "Ann")
    shop.work()
    shop.seconds = 7 * 60
    ann.renew()
    assert not shop.waiting
    shop.seconds = 8 * 60
    ann.renew()
    shop.work()
    shop.seconds = 12 * 60
    found = shop.server.lease("c")
    assert found is not None
    assert found.until == START + timedelta(minutes=8) + LASTS


def test_a_lease_that_is_let_go_is_free_and_anothers_stays(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    bob.open("c", "bob", "Bob")
    shop.work()
    bob.drop("c")
    shop.work()
    assert shop.server.lease("c") is not None
    ann.close()
    shop.work()
    assert shop.server.lease("c") is None


def test_what_another_let_go_is_taken_at_the_next_look(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    bob.open("c", "bob", "Bob")
    shop.work()
    ann.drop("c")
    shop.work()
    shop.seconds += 2 * 60
    bob.renew()
    shop.work()
    assert bob.held("c") is None
    found = shop.server.lease("c")
    assert found is not None
    assert found.by == "bob"
    assert shop.told[-1] == ("D2", "c")


def test_offline_nothing_is_said_and_nothing_is_blocked(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    shop.work()
    shop.line_is_down = True
    bob.open("c", "bob", "Bob")
    shop.work()
    assert bob.held("c") is None
    assert shop.told == []
    shop.line_is_down = False
    shop.seconds += 2 * 60
    bob.renew()
    shop.work()
    assert bob.held("c") is not None


def test_a_lease_nobody_could_ask_about_for_ten_minutes_is_not_shown(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    bob.open("c", "bob", "Bob")
    shop.work()
    shop.seconds += LASTS.total_seconds() + 1
    assert bob.held("c") is None


def test_a_case_that_was_closed_before_its_turn_is_not_leased(shop: Shop) -> None:
    ann = shop.desk("D1")
    ann.open("c", "ann", "Ann")
    ann.drop("c")
    shop.work()
    assert shop.server.lease("c") is None
    assert shop.asked == 0
    assert shop.let_go == 0


def test_nobody_lets_go_of_what_another_has(shop: Shop) -> None:
    ann, bob = shop.desk("D1"), shop.desk("D2")
    ann.open("c", "ann", "Ann")
    shop.work()
    bob.open("c", "bob", "Bob")
    shop.work()
    bob.drop("c")
    shop.work()
    assert shop.let_go == 0
    ann.drop("c")
    shop.work()
    assert shop.let_go == 1
    assert shop.server.lease("c") is None


def test_a_case_opened_again_at_once_and_closed_is_let_go_of(shop: Shop) -> None:
    ann = shop.desk("D1")
    ann.open("c", "ann", "Ann")
    shop.work()
    ann.drop("c")
    ann.open("c", "ann", "Ann")
    ann.drop("c")
    shop.work()
    assert shop.server.lease("c") is None


def test_what_is_being_taken_while_the_case_is_closed_is_let_go_of(shop: Shop) -> None:
    ann = shop.desk("D1")
    shop.meanwhile = lambda: ann.drop("c")
    ann.open("c", "ann", "Ann")
    shop.work()
    assert shop.server.lease("c") is None


def test_the_same_question_does_not_queue_up_behind_itself(shop: Shop) -> None:
    ann = shop.desk("D1")
    ann.open("c", "ann", "Ann")
    shop.work()
    shop.seconds = 9 * 60
    for _ in range(5):
        ann.renew()
    shop.work()
    assert shop.asked == 2


@dataclass(slots=True)
class Telling(ServerModel):
    """A server that says when a lease was let go."""

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        ServerModel.drop_lease(self, case_id, by, desk)
        dropped.set()


dropped = threading.Event()


def test_leases_go_through_real_lanes_and_leave_nothing_behind() -> None:
    lanes, server = Lanes(), Telling(now=lambda: START)
    ann = Leasing(server, lanes.submit, "D1", lambda: START)
    ann.open("c", "ann", "Ann")
    ann.close()
    assert dropped.wait(10)
    lanes.close()
    ann.open("d", "ann", "Ann")  # after the end: nothing happens
    assert server.lease("c") is None
    assert server.lease("d") is None
