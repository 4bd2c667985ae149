"""Pull of many cases and push of many edits through the store, the engine and the adapter, beside the bare client.

    python -m tests.benchmarks.firestore --cases 10000 --edits 5000 --json

All of it in one run, against the emulator. A desk pulls a queue it has never seen, then edits cases without a network
and sends the edits. What it asked and sent is recorded, and the bare client does exactly the same calls again: the same
queries, read to dictionaries; the same batches, on cases of its own that are alike. The ratio is what the store (an
encrypted database, its index and its audit chain), the engine and the adapter cost beside the client and the server.
Both sides warm the emulator up alike; the bare client has the second turn, which is the better one.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from app.domain.case import Json
from app.domain.sync import Push, Pushed, shard_of
from app.services.google.firestore import document
from app.services.google.firestore import remote as adapter
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.sync import engine
from tests import emulator
from tests.faults import sync_person as person
from tests.faults.sync_desk import Desk
from tests.faults.sync_line import BucketLine, Delayed, Line, Weather
from tests.faults.sync_person import Office, take_in
from tests.faults.sync_server import BucketModel, ServerModel

_BATCH = 50


class Recorded(FirestoreCaseRemote):
    """The adapter, with a note of every query and every batch."""

    queries: list[Any]
    pushes: list[Push]

    def record(self) -> None:
        self.queries, self.pushes = [], []
        plain = self._poll.queries

        def noted(*asked: Any) -> Iterator[Any]:
            for query in plain(*asked):
                self.queries.append(query)
                yield query

        self._poll.queries = noted  # type: ignore[assignment, method-assign]

    def push(self, push: Push) -> Pushed:
        self.pushes.append(push)
        return super().push(push)


def a_desk(folder: Path, number: int, clock: list[datetime]) -> Desk:
    """A desk with a clock that is moved by hand."""
    server = ServerModel(lambda: clock[0])
    line = Line(server, Delayed(server), f"desk{number}", random.Random(number), Weather(calm=True))
    return Desk(
        number,
        folder,
        lambda: clock[0],
        random.Random(number),
        line,
        BucketLine(BucketModel(), line),
    )


def templates(folder: Path, count: int, fields: int) -> list[Json]:
    """Cases as a desk makes them: read, with so many fields."""
    desk = a_desk(folder, 0, [datetime.now(UTC)])
    desk.open()
    office = Office(random.Random(2), same=0.0)
    try:
        for _ in range(count):
            case_id = take_in(desk, office)
            if desk.document(case_id)["intake_status"] == "received":
                person.read(desk, office, case_id)
        made = [desk.document(case_id) for case_id in desk.case_ids()]
    finally:
        desk.close()
    for case in made:
        for number in range(fields - len(case["fields"])):
            entry = copy.deepcopy(case["fields"]["patient_name"])
            case["fields"][f"field_{number:02}"] = {**entry, "order": 20 + number, "warnings": []}
    return made


def seed(wire: Any, made: list[Json], cases: int, prefix: str) -> dict[str, Any]:
    """Fill a queue; the update time of every case."""
    from google.cloud.firestore import SERVER_TIMESTAMP

    chance = random.Random(7)
    times: dict[str, Any] = {}
    written = [document.case_to("", case) for case in made]
    ids = [f"{prefix}{number:031x}" for number in range(cases)]
    for start in range(0, cases, _BATCH):
        batch = wire.client.batch()
        few = ids[start : start + _BATCH]
        for number, case_id in enumerate(few, start):
            data = copy.deepcopy(written[number % len(made)])
            data |= {"case_id": case_id, "request_id": case_id, "receipt": f"{data['receipt']}-{number}"}
            for entry in data["documents"].values():
                entry["sha256"] = f"{chance.getrandbits(256):064x}"
            data["_meta"] |= {"updated_at": SERVER_TIMESTAMP, "shard": shard_of(case_id)}
            batch.create(wire.client.collection(adapter.COLLECTION).document(case_id), data)
        results = batch.commit(retry=None, timeout=60)
        times |= {
            case_id: result.update_time.timestamp_pb() for case_id, result in zip(few, results, strict=True)
        }
    return times


def _rest(desk: Desk, clock: list[datetime]) -> None:
    while True:
        step = desk.sync()
        if step.did in ("idle", "waiting") and not desk.waits():
            return
        if step.did in ("failed", "refused", "waiting"):
            raise AssertionError(f"{step.did}: {step.reason}")
        clock[0] += timedelta(milliseconds=1)


def bare_pull(queries: list[Any]) -> int:
    """The same queries by the bare client."""
    return sum(len([found.to_dict() for found in query.stream(timeout=60)]) for query in queries)


def bare_batches(pushes: list[Push], new_ids: Mapping[str, str]) -> list[tuple[str, list[Any], Json]]:
    """The same batches as plain values: (case, receipts, updates), ready for the client."""
    from google.cloud.firestore import SERVER_TIMESTAMP, Client

    made = []
    for push in pushes:
        receipts = [(r.mutation_id, adapter._receipt_to(r)) for r in push.receipts]
        updates = {
            Client.field_path(*(document.name_to(name) for name in path)): document.to_firestore(
                value, path[-1]
            )
            for path, value in push.updates.items()
        }
        stamps = {"_meta.updated_at": SERVER_TIMESTAMP, "_meta.shard": shard_of(push.case_id)}
        made.append((new_ids[push.case_id], receipts, updates | stamps))
    return made


def bare_push(wire: Any, batches: list[tuple[str, list[Any], Json]], times: dict[str, Any]) -> None:
    """The same batches by the bare client, each under its precondition."""
    cases = wire.client.collection(adapter.COLLECTION)
    for case_id, receipts, updates in batches:
        batch = wire.client.batch()
        place = cases.document(case_id)
        for mutation_id, data in receipts:
            batch.create(place.collection("mutations").document(mutation_id), data)
        batch.update(place, updates, option=wire.client.write_option(last_update_time=times[case_id]))
        times[case_id] = batch.commit(retry=None, timeout=10)[-1].update_time.timestamp_pb()


def measure(folder: Path, address: str, cases: int, edits: int, fields: int) -> Json:
    """The figures."""
    from app.services.google.firestore.channel import Wire

    made = templates(folder / "made", 40, fields)
    project, bare_project = emulator.project_name(), emulator.project_name()
    wires = [Wire(name, "(default)", None, address) for name in (project, bare_project)]
    remote = Recorded(project, "(default)", None, emulator=address)
    clock = [datetime.now(UTC)]
    desk = a_desk(folder / "desk", 1, clock)
    try:
        started = time.perf_counter()
        seed(wires[0], made, cases, "a")
        times = seed(wires[1], made, min(cases, edits), "b")
        seeded = time.perf_counter() - started
        remote.record()
        desk.remote_cases = remote
        desk.open()
        # what was seeded within the last minutes would be asked for again: a morning's queue is older than that
        with mock.patch.object(engine, "OVERLAP", timedelta(0)):
            clock[0] += timedelta(hours=1)
            pull, pull_cpu = _timed(lambda: _rest(desk, clock))
            assert len(desk.case_ids()) == cases
            queries = list(remote.queries)
            bare_pulled, bare_pull_cpu = _timed(lambda: bare_pull(queries))

            ids = sorted(desk.case_ids())[: min(cases, edits)]
            random.Random(3).shuffle(ids)
            start = time.perf_counter()
            for number in range(edits):
                value = {"member_id": f"typed {number}"}
                desk.editing.correct(ids[number % len(ids)], value, desk.person)
            edited = time.perf_counter() - start
            assert len(desk.waits()) == edits
            remote.pushes.clear()
            push, push_cpu = _timed(lambda: _rest(desk, clock))
        assert not desk.waits()
        batches = bare_batches(remote.pushes, {case_id: "b" + case_id[1:] for case_id in ids})
        bare_pushed, bare_push_cpu = _timed(lambda: bare_push(wires[1], batches, times))
        last = remote.case(ids[(edits - 1) % len(ids)])
        assert last is not None
        assert last.document["fields"]["member_id"]["corrected_value"] == f"typed {edits - 1}"
        size = len(json.dumps(made[0]))
        return {
            "cases": cases,
            "edits": edits,
            "bytes_a_case": size,
            "seeding_seconds": round(seeded, 1),
            "edit_ms": round(1000 * edited / edits, 2),
            "queries": len(queries),
            "batches": len(batches),
            "pull_seconds": round(pull, 2),
            "pull_bare_seconds": round(bare_pulled, 2),
            "pull_ratio": round(pull / bare_pulled, 2),
            "push_seconds": round(push, 2),
            "push_bare_seconds": round(bare_pushed, 2),
            "push_ratio": round(push / bare_pushed, 2),
            "cpu_seconds": {
                "pull": round(pull_cpu, 2),
                "pull_bare": round(bare_pull_cpu, 2),
                "push": round(push_cpu, 2),
                "push_bare": round(bare_push_cpu, 2),
            },
        }
    finally:
        desk.close()
        remote.close()
        for wire in wires:
            wire.close()


def _timed(work: Any) -> tuple[float, float]:
    """Seconds by the wall, and of this process's processor."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - cpu


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--edits", type=int, default=5_000)
    parser.add_argument("--fields", type=int, default=25, help="fields of a case")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder, emulator.running("3g") as address:
            found = measure(Path(folder), address, chosen.cases, chosen.edits, chosen.fields)
    except (emulator.NotInstalled, emulator.NotStarted) as missing:
        print(missing, file=sys.stderr)
        return 1
    print(f"pull of {found['cases']:,} cases   {found['pull_seconds']:>8} s, the bare client")
    print(f"                          {found['pull_bare_seconds']:>8} s: {found['pull_ratio']} times")
    print(f"push of {found['edits']:,} edits    {found['push_seconds']:>8} s, the bare client")
    print(f"                          {found['push_bare_seconds']:>8} s: {found['push_ratio']} times")
    if chosen.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
