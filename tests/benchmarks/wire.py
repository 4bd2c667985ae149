"""What each thing a person does costs on the wire to Firestore: documents read, written and deleted, calls and bytes.

    python -m tests.benchmarks.wire --cases 200 --json
    python -m tests.benchmarks.wire --cases 200 --write     # keeps wire.json, which the model of capacity reads

The real store, engine and client work against the emulator, through a proxy that counts what goes over it as Google
bills it: a read for each document returned or looked for, one for a query that finds nothing, one for each document a
listener brings. Two desks: one does the work, the other hears of it. Bytes are those of the messages.

A whole poll goes back by five minutes from when the last one looked (`engine.OVERLAP`) and reads again what was written
to the desk's scope within them. Here everything is written within seconds, so that is left out: a poll of a busy queue
costs as many reads more as cases of its scope were written in the last ten minutes (tests/benchmarks/capacity.py counts
them); the polls here are of a quiet one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from app.domain.case import Json, to_time
from app.domain.change import Action, writes_for
from app.domain.sync import Scope
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.leasing import Leasing
from app.services.sync import engine
from app.services.sync.step import Remote
from tests import emulator
from tests.faults import sync_person as person
from tests.faults.sync_desk import Desk
from tests.faults.sync_line import BucketLine, Delayed, Line, Weather
from tests.faults.sync_person import Office, take_in
from tests.faults.sync_server import BucketModel, ServerModel
from tests.faulty_proxy import FaultyProxy

KEPT = Path(__file__).with_name("wire.json")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one action cost on the wire of one desk."""

    action: str
    reads: int
    writes: int
    deletes: int
    calls: int
    sent: int
    received: int
    by_kind: dict[str, int]


class Bench:
    """Two desks on one queue. `clock` is the desks' own time, moved by hand."""

    def __init__(self, folder: Path, address: str, seed: int) -> None:
        project = emulator.project_name()
        self.clock = datetime.now(UTC)
        self.office = Office(random.Random(seed), same=0.0)
        self.proxies = [FaultyProxy(address), FaultyProxy(address)]
        self.remotes = [
            FirestoreCaseRemote(project, "(default)", None, emulator=proxy.address) for proxy in self.proxies
        ]
        self.desks = [self._desk(folder, number) for number in range(2)]
        self.costs: list[Cost] = []

    def _desk(self, folder: Path, number: int) -> Desk:
        server = ServerModel(lambda: self.clock)
        line = Line(server, Delayed(server), f"desk{number}", random.Random(number), Weather(calm=True))
        desk = Desk(
            number,
            folder / f"desk{number}",
            lambda: self.clock,
            random.Random(number),
            line,
            BucketLine(BucketModel(), line),
        )
        desk.remote_cases = self.remotes[number]
        desk.open()
        return desk

    def sync(self, desk: Desk, *, poked: bool = False) -> None:
        """The engine of a desk runs until it has nothing to do now."""
        desk.poked = desk.poked or poked
        for _ in range(10_000):
            if desk.sync().did in ("idle", "waiting"):
                return
        raise AssertionError("the engine does not come to rest")

    @contextmanager
    def costing(self, action: str, number: int = 0) -> Iterator[None]:
        """Count what an action costs a desk."""
        proxy = self.proxies[number]
        proxy.forget()
        yield
        total = proxy.total()
        kinds = {kind: count.calls for kind, count in sorted(proxy.counts.items())}
        self.costs.append(
            Cost(
                action,
                total.reads,
                total.writes,
                total.deletes,
                total.calls,
                total.sent,
                total.received,
                kinds,
            )
        )

    def do(self, action: str, work: Callable[[], object]) -> None:
        """Something a person does at the first desk, and the sending of it."""
        desk = self.desks[0]
        self.clock += timedelta(seconds=1)
        self.sync(desk, poked=True)  # no poll falls due in between
        with self.costing(action):
            work()
            desk.woken = True
            self.sync(desk)

    def close(self) -> None:
        for desk in self.desks:
            desk.close()
        for remote in self.remotes:
            remote.close()
        for proxy in self.proxies:
            proxy.close()


def at_once(_lane: str, function: Callable[[], None]) -> Future[Any]:
    """A lane that works at once."""
    done: Future[Any] = Future()
    function()
    done.set_result(None)
    return done


def measure(folder: Path, address: str, cases: int, seed: int) -> list[Cost]:
    """The cost of each action."""
    bench = Bench(folder, address, seed)
    try:
        with mock.patch.multiple(engine, OVERLAP=timedelta(0), GLANCE=timedelta(0)):
            return _measured(bench, cases)
    finally:
        bench.close()


def _measured(bench: Bench, cases: int) -> list[Cost]:
    one, other = bench.desks
    office, by = bench.office, one.person
    bench.sync(one)
    bench.do("take a form in", lambda: _taken(one, office))
    case_id = one.case_ids()[0]
    for _ in range(cases - 1):
        _taken(one, office)
    bench.sync(one)
    bench.clock += timedelta(minutes=20)

    with bench.costing(f"start of a desk with {cases} cases", 1):
        bench.sync(other)
    with bench.costing("start of a desk that has them already, after a night", 1):
        bench.clock += timedelta(hours=12)
        bench.sync(other, poked=True)

    leases = [
        Leasing(remote, at_once, f"desk{number}", lambda: bench.clock)
        for number, remote in enumerate(bench.remotes)
    ]
    bench.do("open a case (its lease)", lambda: leases[0].open(case_id, by, "Title"))
    with bench.costing("open a case that another has open", 1):
        leases[1].open(case_id, other.person, "Title")
    with bench.costing("take over", 1):
        leases[1].take_over(case_id)
    with bench.costing("renew a lease (every 8 minutes)", 1):
        bench.remotes[1].take_lease(_lease(leases[1], case_id, other.person))
    with bench.costing("close a case", 1):
        leases[1].drop(case_id)

    edit = one.editing
    everything = tuple(f.path for f in edit.open(case_id, by).case.fields)
    bench.do("correct a field", lambda: edit.correct(case_id, {"member_id": "typed"}, by))
    bench.do("undo", lambda: edit.undo(case_id, by))
    bench.do("confirm a field", lambda: edit.confirm(case_id, everything[:1], by))
    bench.do("confirm the rest", lambda: edit.confirm(case_id, everything, by))
    bench.do("ten corrections made without a network", lambda: _ten(one, case_id))
    bench.do("verify", lambda: edit.verify(case_id, by))
    bench.do("assign to oneself", lambda: person.assign(one, office, case_id))
    bench.do("attach a document (the case's part)", lambda: _attached(one, case_id))
    bench.do("prompt and recommendation", lambda: _asked(one, case_id))
    bench.do("determination, as the service writes it", lambda: person.determine(one, office, case_id))

    bench.sync(other, poked=True)
    base = bench.clock
    with bench.costing("idle five minutes (one poll)", 1):
        bench.clock = base + timedelta(minutes=5, seconds=1)
        bench.sync(other)
    with bench.costing("read the history of a case for the first time", 1):
        bench.remotes[1].history(case_id)
        bench.remotes[1].reviews(case_id)
    with bench.costing("look for more of it when nothing was done", 1):
        bench.remotes[1].history(case_id, bench.clock + timedelta(days=1))
        bench.remotes[1].reviews(case_id, bench.clock + timedelta(days=1))
    _heard(bench, case_id)
    _conflict(bench)
    return bench.costs


def _taken(desk: Desk, office: Office) -> None:
    case_id = take_in(desk, office)
    if desk.document(case_id)["intake_status"] == "received":
        person.read(desk, office, case_id)


def _lease(leasing: Leasing, case_id: str, by: str) -> Any:
    from app.domain.sync import Lease

    return Lease(case_id, by, "Title", leasing._desk, datetime.now(UTC))


def _ten(desk: Desk, case_id: str) -> None:
    for number in range(10):
        desk.editing.correct(case_id, {"member_id": f"typed {number}"}, desk.person)


def _attached(desk: Desk, case_id: str) -> None:
    document = desk.document(case_id)
    entry = {
        "name": "notes.pdf",
        "uri": "gs://clinical_docs/x",
        "sha256": "ab" * 32,
        "media_type": "application/pdf",
        "kind": "clinical",
        "page_count": 12,
        "received_at": to_time(desk.now()),
    }
    writes = writes_for(document, {"documents.attached1": entry})
    desk.changes.write(document, case_id, Action.ATTACHED, desk.person, writes)


def _asked(desk: Desk, case_id: str) -> None:
    """A review of the size that real ones have: a prompt, an answer, a dozen criteria with their quotes."""
    words = "the quoted words of a note, and where they stand on their page; " * 3
    review: Json = {
        "review_id": "rv1",
        "model": {"name": "model"},
        "problem": "",
        "prompt": words * 5,
        "criteria": [{"criterion": f"c{n}", "status": "met", "evidence": words} for n in range(12)],
    }
    desk.store.reviews.keep(case_id, review, desk.person, desk.now())
    document = desk.document(case_id)
    writes = writes_for(document, {"review.latest": {"id": "rv1", "by": desk.person}})
    desk.changes.write(document, case_id, Action.REVIEWED, desk.person, writes)


def _heard(bench: Bench, case_id: str) -> None:
    """What the other desk pays to hear of one change by its listener, once a poll has nothing else to find."""
    one, other = bench.desks
    bench.clock += timedelta(minutes=20)
    told = threading.Event()
    with bench.costing("begin to listen", 1):
        end: Any = bench.remotes[1].listen(Scope(other.person), told.set)
        assert told.wait(20)
        _told(other, end)
    told.clear()
    with bench.costing("hear of one change by the listener", 1):
        person.mark(one, bench.office, case_id)
        one.woken = True
        bench.sync(one)
        assert told.wait(20)
        before = other.document(case_id)
        _told(other, end)
        assert other.document(case_id) != before
    with bench.costing("correct a field while listening (its own change comes back)", 1):
        other.editing.correct(one.case_ids()[2], {"member_id": "typed"}, other.person)
        other.woken = True
        bench.sync(other)
        while "Listen" not in bench.proxies[1].counts or not bench.proxies[1].counts["Listen"].reads:
            threading.Event().wait(0.02)
    end()


def _told(desk: Desk, end: Any) -> None:
    """What a desk does when its listener says that there is something."""
    remote = Remote(desk.remote_cases, scope=Scope(desk.person))  # type: ignore[arg-type]
    engine.sync_once(desk.store.sync, remote, desk.now, random.Random(1), poked=True, heard=end.heard)


def _conflict(bench: Bench) -> None:
    """Two desks change one case at once, in different fields: what the second pays."""
    one, other = bench.desks
    case_id = one.case_ids()[1]
    one.editing.correct(case_id, {"member_id": "theirs"}, one.person)
    bench.sync(one)
    other.editing.correct(case_id, {"patient_name": "mine"}, other.person)
    with bench.costing("correct a field of a case that moved (merged)", 1):
        other.woken = True
        bench.sync(other)


def table(costs: list[Cost]) -> str:
    lines = [f"{'action':<62}{'reads':>7}{'writes':>8}{'deletes':>9}{'calls':>7}{'sent':>9}{'received':>10}"]
    lines += [
        f"{c.action:<62}{c.reads:>7}{c.writes:>8}{c.deletes:>9}{c.calls:>7}{c.sent:>9,}{c.received:>10,}"
        for c in costs
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=200, help="cases of the desk that starts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {KEPT.name}")
    chosen = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder, emulator.running() as address:
            costs = measure(Path(folder), address, chosen.cases, chosen.seed)
    except (emulator.NotInstalled, emulator.NotStarted) as missing:
        print(missing, file=sys.stderr)
        return 1
    print(table(costs))
    found = {"cases": chosen.cases, "actions": [asdict(cost) for cost in costs]}
    if chosen.write:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if chosen.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
