"""What a desk is billed for hearing of others' work: the real client and the emulator, counted on the wire."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.sync import Answer, Lease, Push, Receipt, RemoteCase, Scope
from app.services.google.firestore import listener
from app.services.google.firestore.remote import FirestoreCaseRemote
from tests.emulator import Place
from tests.faulty_proxy import FaultyProxy, proxied

pytest_plugins = ("tests.emulator",)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CASE = {"case_id": "c", "status": "", "assigned_to": "ann", "_meta": {"rev": "m0", "schema": 1}}
LONG = 20.0


@dataclass
class Desk:
    """A desk that listens, behind a proxy that counts, and another one that works."""

    proxy: FaultyProxy
    remote: FirestoreCaseRemote
    other: FirestoreCaseRemote
    told: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    base: str = ""
    changes: int = 0

    def work(self, by: FirestoreCaseRemote | None = None, **more: Any) -> None:
        """A change of the case, at the other desk unless it is said otherwise."""
        self.changes += 1
        receipt = Receipt(
            f"m{self.changes}", "c", "corrected", "bob", AT, "CD34", 1, "p", "h", {"writes": []}
        )
        push = Push("c", (receipt,), self.base, None, {("note",): str(self.changes)})
        pushed = (by or self.other).push(replace(push, **more))
        assert pushed.answer is Answer.APPLIED
        self.base = pushed.update_time

    def listen(self, scope: Scope) -> Any:
        """A listener that has caught up, and whose first question was put to the server."""
        end: Any = self.remote.listen(scope, self.told.release)
        self.wait()
        assert end.heard() is None
        self.remote.changed(scope, None, 100)
        return end

    def wait(self) -> None:
        assert self.told.acquire(timeout=LONG)

    def reads(self, method: str) -> int:
        count = self.proxy.counts.get(method)
        return count.reads if count is not None else 0


@pytest.fixture
def desk(firestore: Place) -> Iterator[Desk]:
    with proxied(firestore.address) as proxy:
        mine, others = (
            FirestoreCaseRemote(firestore.project, "(default)", None, emulator=address)
            for address in (proxy.address, firestore.address)
        )
        made = Desk(proxy, mine, others)
        made.work(base=None, document=CASE, updates={})
        yield made
        mine.close()
        others.close()


def _notes(cases: tuple[RemoteCase, ...] | None) -> list[str] | None:
    return None if cases is None else [case.document["note"] for case in cases]


def test_a_change_that_is_heard_of_is_read_once(desk: Desk) -> None:
    end = desk.listen(Scope("ann"))
    desk.proxy.forget()
    desk.work()
    desk.wait()
    (case,) = end.heard()
    assert (case.case_id, case.document["note"], case.update_time) == ("c", "2", desk.base)
    assert desk.reads("Listen") == 1
    assert desk.proxy.total().reads == 1
    assert end.heard() == ()


def test_what_this_desk_wrote_is_no_news_to_it(desk: Desk) -> None:
    end = desk.listen(Scope("ann"))
    desk.work(desk.remote)
    desk.work()
    desk.wait()
    assert _notes(end.heard()) == ["3"]


def test_of_many_versions_the_last_is_told(desk: Desk) -> None:
    end = desk.listen(Scope("ann"))
    for _ in range(3):
        desk.work()
        desk.wait()
    assert _notes(end.heard()) == ["4"]


def test_what_a_poll_gave_out_meanwhile_is_not_told_again(desk: Desk) -> None:
    end = desk.listen(Scope("ann"))
    desk.work()
    desk.wait()
    desk.remote.changed(Scope("ann"), None, 100)
    assert end.heard() == ()


def test_after_a_stream_that_broke_the_server_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LONGEST_WAIT", 1.0)
    end = desk.listen(Scope("ann"))
    desk.proxy.partition()
    desk.work()
    desk.proxy.heal()
    desk.wait()
    assert end.heard() is None
    desk.work()
    desk.wait()
    assert _notes(end.heard()) == ["3"]


def test_more_than_is_kept_is_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_KEPT", 0)
    end = desk.listen(Scope("ann"))
    desk.work()
    desk.wait()
    assert end.heard() is None


def test_one_that_has_ended_says_that_the_server_has_to_be_asked(desk: Desk) -> None:
    end = desk.listen(Scope("ann"))
    desk.work()
    desk.wait()
    end()
    assert end.heard() is None


def test_a_poll_says_when_the_server_looked(desk: Desk) -> None:
    first = desk.remote.changed(Scope("ann"), None, 100)
    desk.work()
    second = desk.remote.changed(Scope("nobody", (1,)), None, 100)
    assert first.at is not None
    assert second.at is not None
    assert (
        first[0].updated_at
        <= first.at
        < desk.remote.changed(Scope("ann"), None, 100)[0].updated_at
        <= second.at
    )


def test_opening_a_case_that_nobody_has_open_costs_a_write_and_no_read(desk: Desk) -> None:
    desk.proxy.forget()
    wanted = Lease("c", "ann", "Ann", "AB12", AT)
    assert desk.remote.take_lease(wanted).by == "ann"
    total = desk.proxy.total()
    assert (total.reads, total.writes) == (0, 1)
    assert desk.other.take_lease(Lease("c", "bob", "Bob", "CD34", AT)).by == "ann"
