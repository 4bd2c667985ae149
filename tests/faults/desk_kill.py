"""Kills real desks: processes over the real store, driver and adapters, a real Firestore emulator behind a faulty line.

    python -m tests.faults.desk_kill --rounds 30 --seed 1 --json

Each round the desks work at random for a second or two while something is wrong with their networks, clocks and disks,
and some of them are killed. At the end everything heals, people settle what they are asked, and what every process said
was saved is looked for: at the server, on every desk, and in the buckets. Now and then two processes work on one
workspace at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc  # type: ignore[import-untyped]

from app.domain.case import Json
from app.domain.connection import connection_document
from app.domain.errors import Actionable
from app.domain.role import Person, Role
from app.domain.sync import Link
from app.services.sync import settling
from app.workstation import Workstation
from tests import emulator
from tests.emulator import Place as Project
from tests.faults.desk_process import Desk, Server
from tests.faults.desk_worker import Live, Place
from tests.faults.desk_worker import Person as Worker
from tests.faults.sync_check import History, OpenRow, Wrong, differences, judge
from tests.faults.sync_plant import PLANTS
from tests.faulty_proxy import Kind, proxied
from tests.payer import Payer, payer
from tests.storage_server import CutsOff, LosesAnswer, Refuses, Resets

LONGEST = 2.5
"""Seconds a desk works at most before something else happens to it."""
PATIENCE = 240.0
"""Seconds within which everything has to be still once it healed: a machine under load takes its time."""
_DAY = 86_400
_TROUBLE = (
    *("fair", "fair", "lost", "lost", "gone", "gone", "late", "storm", "cut"),
    *("half_open", "signed_out", "clock", "asleep", "storage"),
)


@dataclass
class World:
    """The payer's project, its desks and what they said."""

    project: Payer
    chance: random.Random
    desks: list[Desk]
    history: History = field(default_factory=History)
    made: dict[str, str] = field(default_factory=dict)
    """Every change that a process said was saved, with its case."""
    wrong: list[Wrong] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    step: int = 0

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def tell(self, kind: str, case_id: str, unit: str, text: str) -> None:
        self.wrong.append(Wrong(kind, case_id, unit, text))

    # The rounds

    def round(self) -> None:
        """Something goes wrong, everybody works, some are killed."""
        for desk in self.desks:
            if not desk.processes:
                desk.start(self.chance.getrandbits(30), full=self.chance.random() < 0.3)
                if self.chance.random() < 0.12:  # a window and a command line on one workspace
                    desk.processes[0].opened.wait(60)
                    desk.start(self.chance.getrandbits(30), full=False)
                    self.count("pairs")
        for desk in self.desks:
            desk.processes[-1].opened.wait(60)
            self._trouble(desk)
        time.sleep(self.chance.uniform(0.2, LONGEST))  # the time in which they work
        for desk in self.desks:
            if self.chance.random() < 0.5 or len(desk.processes) > 1:
                self._kill(desk)

    def _trouble(self, desk: Desk) -> None:
        chance, line = self.chance, desk.line
        drawn = chance.choice(_TROUBLE)
        self.count(f"fault {drawn}")
        if drawn in ("fair", "lost", "storm", "late") and line._server is None:
            line.heal()
        if drawn == "fair":
            line.token = ""
            line.faults.clear()
        elif drawn == "lost":
            line.add(Kind.LOST, after=chance.randrange(4), times=chance.randrange(1, 4))
        elif drawn == "storm":
            code = chance.choice(
                (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.INTERNAL)
            )
            line.add(Kind.REFUSE, "", times=chance.randrange(3, 30), code=code)
        elif drawn == "gone":
            line.partition()
        elif drawn == "late":
            line.add(Kind.LATE, after=chance.randrange(3), times=chance.randrange(1, 3))
        elif drawn == "half_open":
            line.add(chance.choice((Kind.SILENT, Kind.DEAF)), chance.choice(("", "Commit")))
        elif drawn == "signed_out":
            line.token = "another"
        elif drawn == "clock":
            desk.skew.write_text(str(chance.choice((0, 40, -40, 3600, -3600, 20_000, -20_000))))
        elif drawn == "asleep":
            skew = float(desk.skew.read_text()) if desk.skew.exists() else 0.0
            desk.skew.write_text(str(min(skew + _DAY, 3 * _DAY)))
            desk.processes[0].sleep(chance.uniform(0.05, 0.5))
        elif drawn == "cut":
            line.add(Kind.CUT, chance.choice(("RunQuery", "Listen", "BatchGetDocuments")), messages=1)
        else:
            fault = chance.choice(
                (Resets(), Refuses(503), LosesAnswer("multipart"), CutsOff(3), Refuses(429))
            )
            self.project.storage.faults.append(fault)
        if chance.random() < 0.3:  # what was under way for long comes in the end
            line.release()

    def _kill(self, desk: Desk) -> None:
        processes, desk.processes = desk.processes, []
        desk.pending.unlink(missing_ok=True)
        for process in processes:
            self._heard(desk, process.kill())
            if process.errors.strip():
                self.tell("crashed", "", f"desk{desk.number}", process.errors.decode()[-1500:])
            desk.kills += 1

    def _heard(self, desk: Desk, lines: list[Json]) -> None:
        intent: Json | None = None
        for line in lines:
            kind = line["kind"]
            if kind == "intent":
                intent = line
            elif kind in ("act", "nothing"):
                intent = None
            if kind == "act":
                self._note(desk, line)
            elif kind == "refused":
                self.count(f"refused {line['code']}")
            elif kind == "opened" and set(line["notices"]) - {"last_write_torn"}:
                self.tell("lost", "", f"desk{desk.number}", f"a sound store was told to be otherwise: {line}")
        if intent is not None:  # two processes may both have been at something
            left = json.loads(desk.pending.read_text()) if desk.pending.exists() else []
            desk.pending.write_text(json.dumps([*left, intent]))

    def _note(self, desk: Desk, act: Json) -> None:
        self.step += 1
        self.made |= act["changes"]
        self.history.excused.update(act.get("excused", ()))
        if act.get("both"):
            self.history.both.add(frozenset(act["both"]))
        for case_id, after in act["after"].items():
            before = act["before"].get(case_id, {})
            seen = act["seen"] if case_id == act["case"] else {}
            self.history.record(self.step, f"desk{desk.number}", act["what"], case_id, before, after, seen)

    # Healing

    def heal(self) -> list[Workstation]:
        """Everything is well again; the desks are opened, sync until they are still, and people settle what waits."""
        self.project.storage.faults.clear()
        for desk in self.desks:
            self._kill(desk)
            desk.skew.unlink(missing_ok=True)
            desk.line.release()
            desk.line.faults.clear()
            desk.line.token = ""
            desk.line.heal()
        stations = [desk.place.built() for desk in self.desks]
        people = [self._person(desk, station) for desk, station in zip(self.desks, stations, strict=True)]
        for desk, person in zip(self.desks, people, strict=True):
            if desk.pending.exists():
                person.live.station.in_store(person.catch_up, json.loads(desk.pending.read_text()))
                desk.pending.unlink()
        for station in stations:
            station.start_cloud()
        deadline, still = time.monotonic() + PATIENCE, 0
        while still < 3:
            if time.monotonic() > deadline:
                states = [str(s.cloud.syncing.state()) for s in stations if s.cloud]
                self.tell("unsent", "", "", f"not still after {PATIENCE:.0f} s: {states}")
                break
            said = [
                station.in_store(_settle, person) for station, person in zip(stations, people, strict=True)
            ]
            for station in stations:
                assert station.cloud is not None
                station.cloud.syncing.sync_now()
            time.sleep(0.5)  # between two looks at what goes on in the background
            calm = not any(said) and all(map(_still, stations))
            still = still + 1 if calm else 0
        return stations

    def _person(self, desk: Desk, station: Workstation) -> Worker:
        def say(line: Json) -> None:
            if line["kind"] == "act":
                self._note(desk, line)

        return Worker(Live(station, desk.place.email), random.Random(self.chance.getrandbits(30)), say)

    # The judge

    def judge(self, stations: list[Workstation]) -> None:
        """Everything that went wrong."""
        server = Server(self.project)
        rows = [
            row for desk, s in zip(self.desks, stations, strict=True) for row in s.in_store(_rows, desk, s)
        ]
        made = dict(self.made)
        for desk, station in zip(self.desks, stations, strict=True):
            live = Live(station, desk.place.email)
            held = station.in_store(live.change_ids)
            made |= held
            if not station.in_store(station.store.audit_verify).holds:
                self.tell("diverged", "", f"desk{desk.number}", "the audit trail breaks")
            self._compare(desk, live, server, {row.case_id for row in rows})
        self.wrong += judge(self.history, server, rows, made)  # type: ignore[arg-type]
        self._look_for_files(server)
        self.counts |= {
            "changes": len(made), "cases": len(server.cases), "acts": self.history.acts,
            "receipts": sum(map(len, server.mutations.values())), "open": len(rows),
            "kills": sum(desk.kills for desk in self.desks),
        }  # fmt: skip

    def _compare(self, desk: Desk, live: Live, server: Server, asked: set[str]) -> None:
        for case_id in sorted(server.cases):
            if case_id in asked:
                continue
            here = live.station.in_store(live.document, case_id)
            theirs = server.cases[case_id]
            if not here:
                self.tell("diverged", case_id, f"desk{desk.number}", "the case is not here")
            elif paths := differences(here, theirs):
                self.tell("diverged", case_id, f"desk{desk.number}", f"differs at {', '.join(paths[:6])}")

    def _look_for_files(self, server: Server) -> None:
        """Every file of a case that is alive is in its bucket, as it arrived."""
        names = self.project.connection
        for case_id, document in server.cases.items():
            for entry in document.get("documents", {}).values():
                bucket, _, name = str(entry.get("uri")).removeprefix("gs://").partition("/")
                found = self.project.storage.objects.get((names.bucket(bucket), name)) if name else None
                if found is None or hashlib.sha256(found.content).hexdigest() != entry["sha256"]:
                    self.tell("lost", case_id, "documents", "the file is not in its bucket")


def _still(station: Workstation) -> bool:
    assert station.cloud is not None
    state = station.cloud.syncing.state()
    return state.link is Link.SYNCED and not (state.waiting or state.conflicts or state.parked)


def _settle(person: Worker) -> bool:
    """Settle one thing that waits for this person; whether there was any. In the store's lane."""
    for case_id, change_id in _parked(person.live.station):
        try:
            settling.retry(person.live.station.changes, change_id, person.live.person)
        except Actionable:
            continue
        return bool(case_id)
    rows = settling.open_conflicts(person.live.station.changes)
    if not rows:
        return False
    person.settle(rows[0], person.chance.choice(rows[0].choices))
    return True


def _parked(station: Workstation) -> list[tuple[str, str]]:
    return [
        (str(case_id), str(change_id))
        for case_id, change_id in station.store._database.all(
            "SELECT c.case_id, h.change_id FROM remote_cases r JOIN cases c ON c.number = r.case_number"
            " JOIN changes h ON h.number = (SELECT min(change_number) FROM outbox o"
            " WHERE o.case_number = r.case_number) WHERE r.state = 'parked'"
        )
    ]


def _rows(desk: Desk, station: Workstation) -> list[OpenRow]:
    return [
        OpenRow(
            f"desk{desk.number}", c.case_id, c.unit, str(c.kind), (c.mine.value, c.theirs.value), c.changes,
            c.other_case_id,
        )
        for c in settling.open_conflicts(station.changes)
    ]  # fmt: skip


@contextmanager
def world(folder: Path, address: str, desks: int, seed: int, plant: str = "") -> Iterator[World]:
    """A project of its own on an emulator, with so many desks; their processes are ended at the end."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        project = stack.enter_context(payer(Project(address, emulator.project_name())))
        made = World(project, chance, [])
        for number in range(desks):
            email = f"desk{number}@payer.example"
            every = (Role.CASE_MANAGER, Role.UR_SPECIALIST, Role.ADMINISTRATOR)
            register = project.service.register
            register.put_person(Person(email, f"Desk {number}", every), register.people().state, {})
            token = project.service.issuer.token(email)
            project.storage.tokens.add(token)
            line = stack.enter_context(proxied(address))
            place = Place(
                str(folder / f"desk{number}"), os.urandom(32).hex(), email, token, line.address, project.storage.url,
                project.service.url, connection_document(project.connection), 0, plant=plant,
            )  # fmt: skip
            made.desks.append(Desk(number, folder / f"desk{number}.json", place, line))
        try:
            yield made
        finally:
            for desk in made.desks:
                for process in desk.processes:
                    process.kill()


def run(folder: Path, address: str, rounds: int, seed: int, desks: int = 3, plant: str = "") -> World:
    """So many rounds, then the healing and the judge. `plant` is a bug that the desks have until they heal."""
    with world(folder, address, desks, seed, plant) as made:
        for _ in range(rounds):
            made.round()
        stations = made.heal()
        try:
            made.judge(stations)
        finally:
            for station in stations:
                station.close()
    return made


def report(made: World) -> Mapping[str, object]:
    def number(*kinds: str) -> int:
        return sum(wrong.kind in kinds for wrong in made.wrong)

    return {
        "lost": number("lost"),
        "doubled": number("doubled"),
        "overwritten": number("overwritten"),
        "blind": number("blind"),
        "crashed": number("crashed"),
        "converged": not number("diverged", "unsent", "crashed"),
        **dict(sorted(made.counts.items())),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--desks", type=int, default=3, choices=(2, 3))
    parser.add_argument(
        "--plant", default="", choices=("", *PLANTS), help="plant a bug that has to be caught"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary, emulator.running() as address:
        made = run(Path(temporary), address, chosen.rounds, chosen.seed, chosen.desks, chosen.plant)
    found = {"rounds": chosen.rounds, "seed": chosen.seed, "desks": chosen.desks, **report(made)}
    found["seconds"] = round(time.perf_counter() - start, 1)
    for wrong in made.wrong[:20]:
        print(f"{wrong.kind}: case {wrong.case_id[:8]} {wrong.unit}: {wrong.text}", file=sys.stderr)
    print(json.dumps(found) if chosen.json else found)
    return 1 if made.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
