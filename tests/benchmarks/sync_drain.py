"""Two weeks of work without a network, and how long it takes until the shared queue has all of it.

    python -m tests.benchmarks.sync_drain --edits 5000 --days 14 --json

One desk takes cases in while it is connected, edits them for so many simulated days apart, and comes back. The drain
is what is measured: from the first call to the empty outbox, by the wall. Once over the queue's model in this process
(what the engine and the store cost), once over the Firestore emulator with the real client where it can be started.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from app.domain.case import Json
from app.domain.errors import Actionable, Offline
from app.domain.sync import Push, Pushed
from app.services.ports import CaseRemote
from tests import emulator
from tests.faults.sync_check import differences
from tests.faults.sync_desk import Desk
from tests.faults.sync_line import BucketLine, Delayed, Line, Weather
from tests.faults.sync_person import ACTIONS, Office, determine, read_if_waiting, take_in
from tests.faults.sync_server import BucketModel, ServerModel, offline
from tests.faults.sync_world import START

CASES = 250
LIMIT = 60.0
"""Seconds in which 5,000 edits have to be there."""


class Cable:
    """A `CaseRemote` that can be pulled out."""

    def __init__(self, remote: CaseRemote) -> None:
        self.remote = remote
        self.out = False
        self.pushes = 0

    def push(self, push: Push) -> Pushed:
        if self.out:
            raise offline()
        self.pushes += 1
        return self.remote.push(push)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.out:
                raise offline()
            return getattr(self.remote, name)(*args, **kwargs)

        return call


class Time:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def measure(
    folder: Path, remote: Callable[[ServerModel], CaseRemote], edits: int, days: float, seed: int
) -> Json:
    """The figures of one drain."""
    clock = Time()
    server = ServerModel(clock)
    cable = Cable(remote(server))
    line = Line(server, Delayed(server), "desk0", random.Random(seed), Weather(calm=True))
    desk = Desk(0, folder, clock, random.Random(seed), line, BucketLine(BucketModel(), line))
    desk.remote_cases = cast(CaseRemote, cable)
    desk.open()
    try:
        office = Office(random.Random(seed), same=0.0)
        for _ in range(CASES):
            case_id = take_in(desk, office)
            if desk.document(case_id)["intake_status"] == "received":
                read_if_waiting(desk, office, case_id)
        _drain(desk, clock)
        cable.out = True
        made, spent = _work(desk, office, clock, edits, days, seed)
        cable.out = False
        pushes = cable.pushes
        waiting = len(desk.waits())
        start = time.perf_counter()
        cpu = time.process_time()
        steps = _drain(desk, clock)
        seconds = time.perf_counter() - start
        wrong = [c for c in desk.case_ids() if _differs(desk, cable, c)]
        return {
            "edits": made,
            "waiting_before": waiting,
            "waiting_after": len(desk.waits()),
            "cases": len(desk.case_ids()),
            "offline_edit_ms": round(1000 * spent / max(made, 1), 2),
            "seconds": round(seconds, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "edits_a_second": round(waiting / seconds),
            "pushes": cable.pushes - pushes,
            "steps": steps,
            "different": len(wrong),
        }
    finally:
        desk.close()


def _work(desk: Desk, office: Office, clock: Time, edits: int, days: float, seed: int) -> tuple[int, float]:
    """So many edits spread over so many days; the engine is called whenever it asks to be, and reaches nobody."""
    actions = {a: w for a, w in ACTIONS.items() if a is not determine}
    ids = desk.case_ids()
    begun, made, spent = len(desk.said), 0, 0.0
    pause = timedelta(days=days) / edits
    while made < edits:
        clock.now += pause
        action = office.chance.choices(list(actions), list(actions.values()))[0]
        start = time.perf_counter()
        try:
            action(desk, office, office.chance.choice(ids))
        except Actionable:
            continue
        if len(desk.said) - begun == made:
            continue  # nothing was changed: a draft
        spent += time.perf_counter() - start
        made = len(desk.said) - begun
        if made % 20 == 0 and desk.due():
            desk.sync()
    if len(desk.waits()) != made:
        raise AssertionError("something left the outbox without a network")
    return made, spent


def _drain(desk: Desk, clock: Time) -> int:
    """Run the engine until nothing waits. Time is passed by hand: what it waits for itself is not measured."""
    steps = 0
    desk.poked = True
    while desk.waits() or desk.due():
        if desk.due():
            desk.sync()
            steps += 1
        else:
            clock.now += timedelta(seconds=1)
        if steps > 100_000:
            raise AssertionError("the outbox does not empty")
    return steps


def _differs(desk: Desk, cable: Cable, case_id: str) -> bool:
    remote = cable.case(case_id)
    return remote is None or bool(differences(desk.document(case_id), remote.document))


def over_the_emulator(folder: Path, edits: int, days: float, seed: int) -> Json:
    """The same with the real client over the emulator; the reason where there is none."""
    from app.services.google.firestore.remote import FirestoreCaseRemote

    try:
        with emulator.running() as address:
            made = FirestoreCaseRemote(emulator.project_name(), "(default)", None, emulator=address)
            try:
                made.case("warm")
                return measure(folder, lambda _: made, edits, days, seed)
            finally:
                made.close()
    except (emulator.NotInstalled, emulator.NotStarted, Offline) as error:
        return {"skipped": str(error)}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edits", type=int, default=5000)
    parser.add_argument("--days", type=float, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model-only", action="store_true", help="leave the emulator out")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args(arguments)
    report: Json = {"edits": chosen.edits, "days": chosen.days, "limit_seconds": LIMIT}
    with tempfile.TemporaryDirectory() as folder:
        size = chosen.edits, chosen.days, chosen.seed
        report["model"] = measure(Path(folder) / "model", lambda server: server, *size)
        if not chosen.model_only:
            report["emulator"] = over_the_emulator(Path(folder) / "emulator", *size)
    print(json.dumps(report) if chosen.json else json.dumps(report, indent=2))
    runs = [run for run in (report["model"], report.get("emulator", {})) if "seconds" in run]
    return (
        0 if all(r["seconds"] <= LIMIT and not r["waiting_after"] and not r["different"] for r in runs) else 1
    )


if __name__ == "__main__":
    sys.exit(main())
