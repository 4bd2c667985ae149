"""Kills processes that work on a store at random times, and looks for everything they acknowledged.

    python -m tests.faults.store_kill --rounds 200 --seed 1 --json

Every fourth round two processes work on the workspace at once and are killed at different times.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.case import Json
from app.domain.queue import QueueQuery
from app.services.store.blob import BlobFolder
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, value_of
from tests.faults.store_worker import content

LONGEST = 0.35
"""Seconds a process may work at most before it is killed, from when it has opened the store."""


@dataclass
class Acknowledged:
    """What processes said is saved, and what is missing of it."""

    receipts: set[str] = field(default_factory=set)
    changes: dict[str, list[Json]] = field(default_factory=dict)
    drafts: dict[tuple[str, str], int] = field(default_factory=dict)
    remembered: dict[str, int] = field(default_factory=dict)
    blobs: list[Json] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    count: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, line: Json) -> None:
        """Take in one line of a process."""
        kind = line["kind"]
        if kind in ("opened", "closed", "failed"):
            self._told(line)
            return
        self.count += 1
        if kind == "receipt":
            if line["receipt"] in self.receipts:
                self.wrong.append(f"receipt {line['receipt']} was given twice")
            self.receipts.add(line["receipt"])
        elif kind == "change":
            self.changes.setdefault(line["case"], []).append(line)
            self.drafts.pop((line["case"], line.get("path", "")), None)  # settled with it
        elif kind == "draft":
            self.drafts[line["case"], line["path"]] = line["step"]
        elif kind == "remembered":
            self.remembered[line["key"]] = line["step"]
        elif kind == "noted":
            self.notes[line["case"]] = self.notes.get(line["case"], 0) + 1
        else:
            self.blobs.append(line)

    def _told(self, line: Json) -> None:
        if line.get("notices") and set(line["notices"]) != {"last_write_torn"}:
            self.wrong.append(f"a sound store was told to be otherwise: {line['notices']}")

    def check(self, folder: Path) -> None:
        """Open the store and look for all of it."""
        store = Store.open(folder, KEY)
        try:
            self._told({"notices": [n.code for n in store.notices]})
            for case_id in self.changes:
                self._check_case(store, case_id)
            for key, step in self.remembered.items():
                if (store.recall(key) or {"step": -1})["step"] < step:
                    self.wrong.append(f"{key} is older than {step}")
            receipt = store.take_receipt(NOW)
            if receipt in self.receipts:
                self.wrong.append(f"receipt {receipt} was given twice")
            self.receipts.add(receipt)
            trail = store.audit_verify()
            if not trail.holds:
                self.wrong.append(f"the trail breaks at {trail.broken_at}: {trail.reason}")
            store.check()
        finally:
            store.close()
        blobs = BlobFolder(folder / "blobs", KEY)
        for blob in self.blobs:
            if blobs.get(blob["sha256"]) != content(blob["number"], blob["step"]):
                self.wrong.append(f"blob {blob['sha256']} is another")

    def _check_case(self, store: Store, case_id: str) -> None:
        history = [c.change_id for c in store.history(case_id)]
        said = [line["id"] for line in self.changes[case_id]]
        if history[: len(said)] != said or len(history) > len(said) + 1:
            self.wrong.append(f"{case_id}: changes {said} were acknowledged, {history} are there")
        document = store.case_document(case_id)
        if document["_meta"]["rev"] != history[-1]:
            self.wrong.append(
                f"{case_id}: the case is at {document['_meta']['rev']}, its history at {history[-1]}"
            )
        if len(history) == len(said):
            last = {line["path"]: line["value"] for line in self.changes[case_id] if "path" in line}
            for path, value in last.items():
                if value_of(document, path) != value:
                    self.wrong.append(f"{case_id}: {path} is not {value}")
        drafts = store.drafts(case_id)
        for (case, path), step in self.drafts.items():
            settled = len(history) > len(said)  # by a change that was not acknowledged in time
            if case == case_id and not settled and (path not in drafts or drafts[path].cursor < step):
                self.wrong.append(f"{case_id}: the draft of {path} is older than {step}")
        if case_id not in store.queue(QueueQuery(statuses=())):
            self.wrong.append(f"{case_id}: not in the queue")
        if len([e for e in store.audit_entries(case_id, 1_000_000) if e.action == "opened"]) < self.notes.get(
            case_id, 0
        ):
            self.wrong.append(f"{case_id}: a read is not in the trail")


@dataclass
class Process:
    """A worker and what it said until it was killed."""

    popen: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, number: int, seed: int) -> Process:
        command = [sys.executable, "-m", "tests.faults.store_worker", str(folder), str(number), str(seed)]
        return cls(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0))

    def kill_after(self, seconds: float, *, opened: bool) -> list[Json]:
        """Kill it so long after it has opened the store (or after its start), and return what it said."""
        first = b""
        if opened and self.popen.stdout is not None:
            first = self.popen.stdout.readline()
        time.sleep(seconds)  # this is the fault itself: when the process dies
        self.popen.send_signal(signal.SIGKILL)
        out, err = self.popen.communicate()
        lines = (first + out).splitlines(keepends=True)
        said = [json.loads(line) for line in lines if line.endswith(b"\n")]
        if err.strip():
            raise AssertionError(err.decode())
        return said


def run(folder: Path, rounds: int, seed: int) -> Acknowledged:
    """So many rounds of work, kill and look, all on one workspace."""
    chance = random.Random(seed)
    every = Acknowledged()
    for number in range(rounds):
        numbers = (2 * number + 1, 2 * number + 2) if number % 4 == 3 else (2 * number + 1,)
        workers = [Process.start(folder, n, chance.randrange(1 << 30)) for n in numbers]
        now = Acknowledged(receipts=every.receipts)
        for worker in workers:
            opened = chance.random() < 0.9  # else it is killed while it starts or opens
            for line in worker.kill_after(chance.uniform(0, LONGEST), opened=opened):
                now.add(line)
        now.check(folder)
        every.count += now.count
        every.wrong += [f"round {number}: {wrong}" for wrong in now.wrong]
        every.changes |= now.changes
        every.drafts |= now.drafts
        every.remembered |= now.remembered
        every.notes |= now.notes
        every.blobs += now.blobs
    wrong = list(every.wrong)
    every.check(folder)  # and once more, all of it
    every.wrong = sorted({*wrong, *every.wrong})
    return every


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        found = run(Path(temporary), chosen.rounds, chosen.seed)
    report = {
        "rounds": chosen.rounds,
        "seed": chosen.seed,
        "acknowledged": found.count,
        "changes": sum(len(lines) for lines in found.changes.values()),
        "receipts": len(found.receipts),
        "blobs": len(found.blobs),
        "lost": len(found.wrong),
        "seconds": round(time.perf_counter() - start, 1),
    }
    print(json.dumps({**report, "wrong": found.wrong}) if chosen.json else report)
    for wrong in found.wrong[:20]:
        print(wrong, file=sys.stderr)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
