"""The model of the shared queue refuses what the real one refuses: else the simulation would prove nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.case import Json
from app.domain.change import MISSING
from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.sync import Answer, Cursor, Lease, Push, Receipt, Scope, shard_of
from tests.faults.sync_line import BucketLine, Delayed, Fault, Line, Weather
from tests.faults.sync_server import BucketModel, ServerModel

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
ALL = Scope("nurse")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> ServerModel:
    return ServerModel(clock)


def receipt(mutation_id: str, case_id: str = "c1", by: str = "nurse") -> Receipt:
    return Receipt(mutation_id, case_id, "corrected", by, NOW, "A1B2", 1, "", "", {"writes": []})


def document(case_id: str = "c1", **values: Any) -> Json:
    return {"case_id": case_id, "fields": {"a": {"value": 1}}, "_meta": {"rev": "m0", "schema": 1}, **values}


def create(server: ServerModel, case_id: str = "c1", mutation_id: str = "m0", **values: Any) -> str:
    pushed = server.push(Push(case_id, (receipt(mutation_id, case_id),), None, document(case_id, **values)))
    assert pushed.answer is Answer.APPLIED
    return pushed.update_time


def update(base: str, mutation_id: str, updates: Json, case_id: str = "c1") -> Push:
    paths = {tuple(path.split(".")): value for path, value in updates.items()}
    return Push(case_id, (receipt(mutation_id, case_id),), base, None, paths)


def held(server: ServerModel) -> Json:
    found = server.case("c1")
    assert found is not None
    return found.document


def test_a_batch_is_applied_as_a_whole_or_not_at_all(server: ServerModel) -> None:
    base = create(server)
    two = replace(update(base, "m1", {"fields.a.value": 2}), receipts=(receipt("m1"), receipt("m0")))
    assert server.push(two).answer is Answer.RECEIPT_THERE
    assert held(server)["fields"]["a"]["value"] == 1
    assert server.receipts("c1", ("m0", "m1")) == {"m0"}
    assert (
        server.push(update(base, "m1", {"fields.a.value": 2, "fields.b": MISSING})).answer is Answer.APPLIED
    )
    assert held(server)["fields"] == {"a": {"value": 2}}


def test_an_update_needs_the_version_it_was_made_on(server: ServerModel) -> None:
    base = create(server)
    later = server.push(update(base, "m1", {"fields.a.value": 2})).update_time
    assert later > base
    assert server.push(update(base, "m2", {"fields.a.value": 3})).answer is Answer.BASE_MOVED
    assert held(server)["fields"]["a"]["value"] == 2
    assert server.push(update("u", "m3", {"a": 1}, "c9")).answer is Answer.GONE


def test_a_case_is_created_once(server: ServerModel) -> None:
    create(server)
    again = Push("c1", (receipt("m0"),), None, document())
    other = Push("c1", (receipt("m5"),), None, document())
    assert server.push(again).answer is Answer.RECEIPT_THERE
    assert server.push(other).answer is Answer.BASE_MOVED
    assert len(server.log) == 1


@pytest.mark.parametrize(
    "push",
    [
        Push("c1", (), None, document()),
        Push("c1", (receipt("m1"), receipt("m1")), None, document()),
        Push("c1", (receipt("m1", "c2"),), None, document()),
        Push("c1", (receipt("m1"),), None, document(rows=[[1], [2]])),
        Push("c1", (receipt("m1"),), None, document(text="x" * 1_048_577)),
        Push("c1", (receipt("m1"),), None, None),
        Push("c1", (receipt("m1"),), "u1", None, {("a",): 1, ("a", "b"): 2}),
        Push("c1", (receipt("m1"),), "u1", None, {("_meta", "updated_at"): "now"}),
        Push("c1", (receipt("m1"),), "u1", None, {("a", ""): 1}),
        Push("c1", tuple(receipt(f"m{n}") for n in range(600)), "u1", None, {("a",): 1}),
    ],
)
def test_what_the_real_queue_does_not_take_is_refused_for_good(server: ServerModel, push: Push) -> None:
    with pytest.raises(Rejected):
        server.push(push)
    assert not server.cases
    assert not server.mutations


def test_the_time_of_a_version_is_that_of_the_request_and_not_of_the_commit(
    server: ServerModel, clock: Clock
) -> None:
    create(server)
    create(server, "c2", "n0")
    asked = server.request_time()
    assert asked.microsecond == 123000
    clock.now += timedelta(minutes=2)
    seen = server.changed(ALL, None, 10)[-1]
    server.push(update(seen.update_time, "n1", {"fields.a.value": 5}, seen.case_id))
    clock.now += timedelta(minutes=1)
    first = next(c for c in server.changed(ALL, None, 10) if c.case_id != seen.case_id)
    server.commit(update(first.update_time, "n2", {"fields.a.value": 6}, first.case_id), asked)
    latest = server.changed(ALL, Cursor(NOW + timedelta(minutes=1)), 10)
    assert [c.case_id for c in latest] == [seen.case_id]  # the later commit stands before it


def test_a_desk_hears_of_its_shards_and_of_what_is_assigned_to_its_person(server: ServerModel) -> None:
    for name in ("c1", "c2", "c3"):
        create(server, name, f"m{name}", assigned_to="nurse" if name == "c2" else "")
    one = Scope("nurse", (shard_of("c1"),))
    assert {c.case_id for c in server.changed(one, None, 10)} >= {"c1", "c2"}
    assert len(server.changed(ALL, None, 2)) == 2
    rest = server.changed(ALL, Cursor(server.changed(ALL, None, 2)[-1].updated_at, "c2"), 10)
    assert [c.case_id for c in rest] == ["c2", "c3"]


def test_a_desk_does_not_write_determinations_and_the_endpoint_signs_them(server: ServerModel) -> None:
    base = create(server)
    entry = {
        "line": "r1", "outcome": "approve", "reason": "fits", "by": "nurse", "role": "ur_specialist",
        "at": "2026-11-22T08:00:00Z", "id": "m1",
    }  # fmt: skip
    plain = update(base, "m1", {"determinations.r1": entry})
    with pytest.raises(Rejected, match="desk does not write"):
        server.push(plain)
    with pytest.raises(Rejected, match="may not decide"):
        server.push(
            replace(update(base, "m1", {"determinations.r1": {**entry, "outcome": "deny"}}), determines=True)
        )
    with pytest.raises(Rejected, match="name of its author"):
        server.push(
            replace(update(base, "m1", {"determinations.r1": {**entry, "by": "else"}}), determines=True)
        )
    assert server.push(replace(plain, determines=True)).answer is Answer.APPLIED
    made = held(server)["determinations"]["r1"]
    assert server.confirmed("c1", "r1", made)
    assert not server.confirmed("c1", "r2", made)
    assert not server.confirmed("c1", "r1", {**made, "reason": "another"})


def test_a_lease_runs_out_by_the_servers_clock(server: ServerModel, clock: Clock) -> None:
    mine = Lease("c1", "nurse", "Nurse", "A1B2", NOW + timedelta(minutes=5))
    theirs = replace(mine, by="else", desk="C3D4")
    assert server.take_lease(mine) == mine
    assert server.take_lease(theirs) == mine
    assert server.take_lease(theirs, over=True) == theirs
    server.drop_lease("c1", "nurse", "A1B2")
    assert server.lease("c1") == theirs
    clock.now += timedelta(minutes=6)
    assert server.lease("c1") is None


# The line


@pytest.fixture
def line(server: ServerModel) -> Line:
    return Line(server, Delayed(server), "desk0", random.Random(1), Weather())


def test_a_lost_acknowledgement_is_applied_and_a_failure_before_is_not(
    server: ServerModel, line: Line
) -> None:
    line.forced = {1: Fault.BEFORE, 2: Fault.LOST}
    push = Push("c1", (receipt("m0"),), None, document())
    with pytest.raises(Offline):
        line.push(push)
    assert not server.cases
    with pytest.raises(Offline):
        line.push(push)
    assert server.push(push).answer is Answer.RECEIPT_THERE


def test_a_delayed_batch_comes_behind_what_others_wrote(
    server: ServerModel, line: Line, clock: Clock
) -> None:
    base = create(server)
    line.forced = {1: Fault.DELAYED}
    with pytest.raises(Offline):
        line.push(update(base, "m1", {"fields.a.value": 2}))
    server.push(update(base, "m2", {"fields.a.value": 3}))
    clock.now += timedelta(hours=1)
    assert line.delayed.run(clock.now) == 1
    assert held(server)["fields"]["a"]["value"] == 3
    assert server.receipts("c1", ("m1",)) == frozenset()


def test_a_desk_apart_reaches_nothing_and_one_signed_out_is_told_so(line: Line, clock: Clock) -> None:
    line.weather.partition_until = NOW + timedelta(hours=1)
    with pytest.raises(Offline):
        line.case("c1")
    assert not line.reachable()
    clock.now += timedelta(hours=2)
    line.weather.signed_out_until = clock.now + timedelta(hours=1)
    with pytest.raises(SignInRequired):
        line.case("c1")
    line.weather.calm = True
    assert line.case("c1") is None


def test_what_is_sent_over_a_half_open_line_arrives_and_nothing_comes_back(
    server: ServerModel, line: Line
) -> None:
    line.weather.half_open_until = NOW + timedelta(hours=1)
    with pytest.raises(Offline):
        line.push(Push("c1", (receipt("m0"),), None, document()))
    assert "c1" in server.cases
    with pytest.raises(Offline):
        line.case("c1")
    buckets = BucketLine(BucketModel(), line)
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "c1/f", b"form")
    assert buckets.buckets.stat("gs://pa_forms_bkt/c1/f") is not None
