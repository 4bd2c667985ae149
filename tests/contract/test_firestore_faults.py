"""What can go wrong between a desk and Firestore, with the real client against the emulator behind the proxy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.oauth2.credentials import Credentials

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.domain.sync import Answer, Cursor, Lease, Push, Receipt, Scope
from app.services.google.firestore import channel, lease, listener, remote
from app.services.google.firestore.remote import FirestoreCaseRemote
from tests.emulator import Place
from tests.faulty_proxy import FaultyProxy, Kind, proxied

pytest_plugins = ("tests.emulator",)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CASE = {"case_id": "c", "status": "", "assigned_to": "ann", "_meta": {"rev": "m0", "schema": 1}}
CODES = grpc.StatusCode


@dataclass
class Desk:
    """A desk behind the proxy."""

    proxy: FaultyProxy
    remote: FirestoreCaseRemote
    credentials: Any
    base: str = ""

    def push(self, mutation_id: str, **more: Any) -> Push:
        receipt = Receipt(mutation_id, "c", "corrected", "ann", AT, "AB12", 1, "p", "h", {"writes": []})
        return replace(Push("c", (receipt,), self.base, None, {("note",): mutation_id}), **more)


@pytest.fixture
def desk(firestore: Place) -> Iterator[Desk]:
    place = f"projects/{firestore.project}/databases/(default)"
    with proxied(firestore.address, token="good", database=place) as proxy:
        credentials = Credentials(token="good")
        made = Desk(
            proxy,
            FirestoreCaseRemote(firestore.project, "(default)", credentials, emulator=proxy.address),
            credentials,
        )
        made.base = made.remote.push(made.push("m0", base=None, document=CASE, updates={})).update_time
        proxy.forget()
        yield made
        made.remote.close()


def test_a_lost_answer_is_found_out_by_its_receipt_however_often_it_is_replayed(desk: Desk) -> None:
    desk.proxy.add(Kind.LOST, times=3)
    push = desk.push("m1")
    for _ in range(3):
        with pytest.raises(Offline):
            desk.remote.push(push)
    assert desk.remote.push(push).answer is Answer.RECEIPT_THERE
    assert [r.mutation_id for r in desk.remote.history("c")] == ["m0", "m1"]
    case = desk.remote.case("c")
    assert case is not None
    assert case.document["note"] == "m1"


def test_a_push_is_tried_once(desk: Desk) -> None:
    desk.proxy.add(Kind.REFUSE)
    with pytest.raises(Offline):
        desk.remote.push(desk.push("m1"))
    assert desk.proxy.counts["Commit"].calls == 1
    assert desk.remote.push(desk.push("m1")).answer is Answer.APPLIED


@pytest.mark.parametrize("method", ["Commit", "BatchGetDocuments", "RunQuery"])
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (CODES.UNAVAILABLE, Offline, "cannot be reached"),
        (CODES.DEADLINE_EXCEEDED, Offline, "did not answer"),
        (CODES.UNKNOWN, Offline, "cannot be reached"),
        (CODES.INTERNAL, Offline, "cannot be reached"),
        (CODES.CANCELLED, Offline, "cannot be reached"),
        (CODES.ABORTED, Offline, "cannot be reached"),
        (CODES.DATA_LOSS, Offline, "cannot be reached"),
        (CODES.RESOURCE_EXHAUSTED, Offline, "quota"),
        (CODES.UNAUTHENTICATED, SignInRequired, "Sign in"),
        (CODES.PERMISSION_DENIED, Rejected, "Cloud Datastore User"),
        (CODES.INVALID_ARGUMENT, Rejected, "does not understand"),
        (CODES.UNIMPLEMENTED, Rejected, "does not understand"),
        (CODES.OUT_OF_RANGE, Rejected, "does not understand"),
    ],
)
def test_every_answer_of_the_server_is_told_in_words(
    desk: Desk, method: str, code: Any, kind: type[Actionable], words: str
) -> None:
    desk.proxy.add(Kind.REFUSE, method, code=code)
    with pytest.raises(kind, match=words) as told:
        {
            "Commit": lambda: desk.remote.push(desk.push("m1")),
            "BatchGetDocuments": lambda: desk.remote.case("c"),
            "RunQuery": lambda: desk.remote.changed(Scope("ann"), None, 9),
        }[method]()
    assert told.value.next_step
    assert told.value.code
    assert "refused by the script" not in str(told.value)  # the server's own words may hold a name
    assert desk.proxy.counts[method].calls == 1


def test_a_missing_permission_is_named(desk: Desk) -> None:
    desk.proxy.add(Kind.REFUSE, "RunQuery", code=CODES.PERMISSION_DENIED)
    with pytest.raises(Rejected, match=r"datastore\.entities\.list"):
        desk.remote.history("c")


def test_an_expired_token_asks_for_a_sign_in_and_a_new_one_goes_on(desk: Desk) -> None:
    desk.credentials.token = "old"
    with pytest.raises(SignInRequired):
        desk.remote.push(desk.push("m1"))
    desk.credentials.token = "good"
    assert desk.remote.push(desk.push("m1")).answer is Answer.APPLIED


@dataclass
class Renewing(Credentials):  # type: ignore[misc]
    """Credentials whose renewal does what a test wants."""

    def __init__(self, outcome: Any) -> None:
        super().__init__(token=None)
        self.outcome = outcome

    def refresh(self, request: object) -> None:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        self.token = self.outcome


def test_a_sign_in_that_cannot_be_renewed_says_why(firestore: Place) -> None:
    from google.auth.exceptions import RefreshError, TransportError

    with proxied(firestore.address, token="good") as proxy:
        for outcome, kind in (
            (RefreshError("gone"), SignInRequired),
            (TransportError("no way"), Offline),
            (RefreshError("busy", retryable=True), Offline),
        ):
            desk = FirestoreCaseRemote(
                firestore.project, "(default)", Renewing(outcome), emulator=proxy.address
            )
            with pytest.raises(kind):
                desk.case("c")
            with pytest.raises(kind):
                desk.changed(Scope("ann"), None, 1)
            desk.close()
        desk = FirestoreCaseRemote(firestore.project, "(default)", Renewing("good"), emulator=proxy.address)
        assert desk.case("c") is None
        desk.close()


def test_a_database_of_another_name_is_told(desk: Desk, firestore: Place) -> None:
    other = FirestoreCaseRemote(firestore.project, "elsewhere", desk.credentials, emulator=desk.proxy.address)
    for ask in (
        lambda: other.case("c"),
        lambda: other.push(desk.push("m1")),
        lambda: other.changed(Scope("a"), None, 1),
    ):
        with pytest.raises(Rejected, match="no Firestore database"):
            ask()
    other.close()


def test_a_server_that_never_answers_is_left_after_ten_seconds(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remote.SECONDS == channel.SECONDS == 10.0
    monkeypatch.setattr(remote.Deadline.__init__, "__defaults__", (0.4,))
    monkeypatch.setattr(remote, "SECONDS", 0.4)
    for method, ask in (
        ("Commit", lambda: desk.remote.push(desk.push("m1"))),
        ("BatchGetDocuments", lambda: desk.remote.case("c")),
        ("RunQuery", lambda: desk.remote.changed(Scope("ann"), None, 9)),
    ):
        desk.proxy.add(Kind.SILENT, method)
        with pytest.raises(Offline, match="did not answer"):
            ask()
    assert desk.remote.receipts("c", ("m1",)) == frozenset()


def test_a_server_that_applies_and_then_falls_silent_is_found_out_by_the_receipt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote.Deadline.__init__, "__defaults__", (1.0,))
    desk.proxy.add(Kind.DEAF)
    with pytest.raises(Offline):
        desk.remote.push(desk.push("m1"))
    assert desk.remote.receipts("c", ("m1",)) == {"m1"}
    assert desk.remote.push(desk.push("m1")).answer is Answer.RECEIPT_THERE


def test_a_batch_that_arrives_late_after_its_own_replay_changes_nothing(desk: Desk) -> None:
    desk.proxy.add(Kind.LATE, times=2)
    for mutation_id in ("m1", "m2"):
        with pytest.raises(Offline):
            desk.remote.push(desk.push(mutation_id))
    made = desk.remote.push(desk.push("m1"))
    assert made.answer is Answer.APPLIED
    desk.proxy.release()  # m2 comes first, on a base that moved; then m1, whose receipt is there
    assert [r.mutation_id for r in desk.remote.history("c")] == ["m0", "m1"]
    case = desk.remote.case("c")
    assert case is not None
    assert case.update_time == made.update_time


def test_a_storm_of_refusals_passes_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.proxy.add(Kind.REFUSE, "", times=20)
    for number in range(20):
        with pytest.raises(Offline):
            desk.remote.push(desk.push(f"s{number}"))
    assert desk.remote.push(desk.push("m1")).answer is Answer.APPLIED
    assert len(desk.remote.history("c")) == 2


def test_a_slow_server_is_waited_for(desk: Desk) -> None:
    desk.proxy.add(Kind.DELAY, seconds=0.3)
    assert desk.remote.push(desk.push("m1")).answer is Answer.APPLIED


def test_a_poll_that_breaks_off_gives_nothing_rather_than_half(desk: Desk) -> None:
    for number in range(3):
        case_id = f"n{number}"
        receipt = Receipt(f"x{number}", case_id, "a", "ann", AT, "AB12", 1, "", "", {})
        desk.remote.push(Push(case_id, (receipt,), None, {**CASE, "case_id": case_id}))
    desk.proxy.add(Kind.CUT, "RunQuery", after=1, messages=2)  # the first asks for old cases
    with pytest.raises(Offline):
        desk.remote.changed(Scope("ann"), None, 10)
    assert len(desk.remote.changed(Scope("ann"), None, 10)) == 4


def test_without_a_network_it_is_offline_and_afterwards_it_goes_on(desk: Desk) -> None:
    desk.proxy.partition()
    with pytest.raises(Offline):
        desk.remote.push(desk.push("m1"))
    with pytest.raises(Offline):
        desk.remote.case("c")
    desk.proxy.heal()
    answer = None
    while answer is None:  # the channel looks again within five seconds
        try:
            answer = desk.remote.push(desk.push("m1")).answer
        except Offline:
            threading.Event().wait(0.1)
    assert answer in (Answer.APPLIED, Answer.RECEIPT_THERE)


def test_a_doubt_that_cannot_be_cleared_is_offline_and_no_answer(desk: Desk) -> None:
    desk.proxy.add(Kind.REFUSE, "BatchGetDocuments", times=2)
    with pytest.raises(Offline):  # the case is there; whether a receipt is as well, nobody answers
        desk.remote.push(desk.push("m0", base=None, document=CASE, updates={}))
    moved = desk.remote.push(desk.push("m1"))
    assert moved.answer is Answer.APPLIED
    with pytest.raises(Offline):  # it moved or is gone: nobody answers
        desk.remote.push(desk.push("m2"))


def test_after_the_end_nothing_is_asked_and_no_thread_is_left(firestore: Place) -> None:
    before = set(threading.enumerate())
    desk = FirestoreCaseRemote(firestore.project, "(default)", None, emulator=firestore.address)
    assert desk.case("c") is None
    end = desk.listen(Scope("ann"), lambda: None)
    desk.close()
    desk.close()
    end()
    with pytest.raises(Offline):
        desk.case("c")
    desk.listen(Scope("ann"), lambda: None)()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread.name


def test_an_emulator_named_by_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(Rejected, match="plain text"):
        FirestoreCaseRemote("some-project", "(default)", None)


# What is asked for, and its indexes


def test_a_query_without_its_index_is_refused_and_says_what_to_deploy(desk: Desk) -> None:
    scope = Scope("ann", (1, 2))
    needed = list(desk.proxy._indexes)
    desk.remote.changed(scope, None, 5)
    desk.remote.changed(scope, Cursor(datetime.now(UTC)), 5)
    for gone in needed[:5]:  # the last two are the listener's
        desk.proxy._indexes = [index for index in needed if index is not gone]
        asked = Scope("ann") if gone[0][0] == "status" else scope
        with pytest.raises(Rejected, match=r"firestore\.indexes\.json"):
            desk.remote.changed(asked, None, 5)


def test_a_desk_that_starts_reads_old_cases_only_while_they_are_open(desk: Desk) -> None:
    client = desk.remote._connected().client
    old = datetime.now(UTC) - timedelta(days=90)
    for name, status, at in (
        ("old-open", "in_queue", old),
        ("old-closed", "completed", old),
        ("new-closed", "completed", datetime.now(UTC)),
    ):
        client.collection(remote.COLLECTION).document(name).set(
            {**CASE, "case_id": name, "status": status, "_meta": {"updated_at": at, "shard": 3}}
        )
    scopes = (Scope("ann"), Scope("ann", (3,)), Scope("bob", (3,)))
    for scope in scopes:
        first = desk.remote.changed(scope, None, 2)
        assert first[0].case_id == "old-open"
        rest = desk.remote.changed(scope, Cursor(first[0].updated_at, "old-open"), 9)
        assert "new-closed" in {c.case_id for c in (*first, *rest)}
        assert "old-closed" not in {c.case_id for c in (*first, *rest)}
    desk.proxy.forget()
    desk.remote.changed(Scope("new"), None, 9)
    assert desk.proxy.counts["BatchGetDocuments"].reads == 1  # what is old is said by the server's clock
    desk.remote.changed(Scope("new"), Cursor(datetime.now(UTC)), 9)
    desk.proxy.forget()
    desk.remote.changed(Scope("new"), Cursor(old), 9)
    assert "BatchGetDocuments" not in desk.proxy.counts
    # a desk that comes back after months hears of what was closed meanwhile
    back = FirestoreCaseRemote(client.project, "(default)", desk.credentials, emulator=desk.proxy.address)
    for scope in scopes:
        told = {c.case_id for c in back.changed(scope, Cursor(old), 9)}
        assert {"old-open", "old-closed", "new-closed"} <= told
    back.close()


# The listener


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """The bounds of every wait of a listener before it tries again; they pass at once."""
    found: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        found.append((low, high))
        return 0.02

    monkeypatch.setattr(listener.random, "uniform", uniform)
    return found


@contextmanager
def another(desk: Desk) -> Iterator[FirestoreCaseRemote]:
    """Another desk on the same queue, past the proxy."""
    project, database, _, _ = desk.remote._place
    made = FirestoreCaseRemote(project, database, None, emulator=desk.proxy.upstream)
    yield made
    made.close()


def listening(desk: Desk) -> tuple[Any, threading.Semaphore]:
    """A listener that has caught up."""
    told = threading.Semaphore(0)
    end = desk.remote.listen(Scope("ann"), told.release)
    assert told.acquire(timeout=10)
    return end, told


def test_a_listener_tells_of_each_change_for_one_read(desk: Desk) -> None:
    end, told = listening(desk)
    started = desk.proxy.counts["Listen"].reads + desk.proxy.counts["RunQuery"].reads
    assert started <= 2
    with another(desk) as other:
        base = desk.base
        for number in range(3):
            base = other.push(desk.push(f"m{number + 1}", base=base)).update_time
            assert told.acquire(timeout=10)
    while desk.proxy.total().reads < started + 3:
        threading.Event().wait(0.01)
    assert desk.proxy.total().reads == started + 3
    end()
    assert not end.alive


def test_a_listener_says_nothing_of_what_this_desk_wrote_or_was_given(desk: Desk) -> None:
    end, told = listening(desk)
    with another(desk) as other:
        mine = desk.remote.push(desk.push("m1"))
        theirs = other.push(desk.push("m2", base=mine.update_time))
        assert told.acquire(timeout=10)
        while told.acquire(timeout=0.1):
            pass
        assert desk.remote.changed(Scope("ann"), None, 5)[0].update_time == theirs.update_time
        last = other.push(desk.push("m3", base=theirs.update_time))
        assert told.acquire(timeout=10)
        assert desk.remote._seen.has("c", theirs.update_time)
        assert desk.remote.case("c") is not None
        assert desk.remote._seen.has("c", last.update_time)
    end()


def test_what_was_seen_is_remembered_for_the_last_cases_only() -> None:
    seen = listener.Seen(most=2)
    for case_id in "abc":
        seen.note(case_id, "1")
    assert [seen.has(case_id, "1") for case_id in "abc"] == [False, True, True]
    seen.note("b", "2")
    assert (seen.has("b", "1"), seen.has("b", "2")) == (False, True)


def test_a_listener_without_a_network_waits_longer_each_time_and_comes_back(
    desk: Desk, waits: list[tuple[float, float]]
) -> None:
    end, told = listening(desk)
    desk.proxy.partition()
    while len(waits) < 8:
        threading.Event().wait(0.01)
    assert [high for _, high in waits[:8]] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert {low for low, _ in waits} == {1.0}
    desk.proxy.heal()
    assert told.acquire(timeout=20)  # tells once it is back: something may have been missed
    end()


def test_a_listener_whose_stream_breaks_opens_another_and_tells(
    desk: Desk, waits: list[tuple[float, float]]
) -> None:
    desk.proxy.add(Kind.CUT, "Listen", messages=3)
    end, told = listening(desk)
    assert told.acquire(timeout=10)
    assert desk.proxy.opened == 2
    assert len(waits) == 1
    end()


def test_a_listener_of_somebody_signed_out_ends_and_tells(desk: Desk) -> None:
    end, told = listening(desk)
    desk.proxy.token = "another"
    desk.proxy.add(Kind.CUT, "Listen", messages=0)
    desk.proxy.partition()
    desk.proxy.heal()
    assert told.acquire(timeout=20)
    end._thread.join(5)
    assert not end.alive
    end()


def test_a_listener_can_be_ended_while_the_server_says_nothing(desk: Desk) -> None:
    desk.proxy.add(Kind.SILENT, "Listen")
    end = desk.remote.listen(Scope("ann"), lambda: None)
    while "Listen" not in desk.proxy.counts:
        threading.Event().wait(0.01)
    end()
    assert not end.alive


def test_a_listener_may_be_ended_by_whom_it_tells(desk: Desk) -> None:
    ended = threading.Event()

    def told() -> None:
        end()
        ended.set()

    ready = threading.Event()
    end = desk.remote.listen(Scope("ann"), lambda: ready.wait(5) and told())
    ready.set()
    assert ended.wait(10)
    end._thread.join(5)
    assert not end.alive


# Leases


def a_lease(by: str, until: datetime = AT) -> Lease:
    return Lease("c", by, by.title(), f"{by}-desk", until)


def test_a_lease_goes_by_the_servers_clock_and_not_by_the_desks(desk: Desk) -> None:
    taken = desk.remote.take_lease(a_lease("ann", datetime(2001, 1, 1, tzinfo=UTC)))
    assert desk.remote.lease("c") == taken
    far = desk.remote.take_lease(a_lease("ann", datetime(2999, 1, 1, tzinfo=UTC)))
    assert far.until - taken.until < timedelta(minutes=1)


def test_a_lease_that_ran_out_is_nobodys_and_free_to_take(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE", timedelta(seconds=0.2))
    desk.remote.take_lease(a_lease("ann"))
    for _ in range(100):
        if desk.remote.lease("c") is None:
            break
        threading.Event().wait(0.05)
    assert desk.remote.take_lease(a_lease("bob")).by == "bob"


def test_renewing_a_lease_costs_one_write_and_no_read(desk: Desk) -> None:
    desk.remote.take_lease(a_lease("ann"))
    desk.proxy.forget()
    desk.remote.take_lease(a_lease("ann"))
    total = desk.proxy.total()
    assert (total.calls, total.reads, total.writes) == (1, 0, 1)


def test_a_lease_whose_answer_was_lost_is_ones_own_all_the_same(desk: Desk) -> None:
    desk.proxy.add(Kind.LOST)
    with pytest.raises(Offline):
        desk.remote.take_lease(a_lease("ann"))
    assert desk.remote.take_lease(a_lease("ann")).by == "ann"
    held = desk.remote.lease("c")
    assert held is not None
    assert held.by == "ann"
