"""A process that works on a store and says so: it acknowledges only what has returned.

    python -m tests.faults.store_worker FOLDER NUMBER SEED [--steps N]

Each line on stdout is one JSON object, written by one system call after the call it acknowledges has
returned. The faults are applied from outside: kills, traces, refused writes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from pathlib import Path

from app.domain.case import Json
from app.domain.draft import Draft
from app.domain.errors import StorageFailed
from app.services.store.blob import BlobFolder
from app.services.store.database import Database
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, edit, received

DRAFTED = ("field_05", "field_06", "field_08")
_TRIES = 60
PLANT = "STORE_PLANT"
"""Environment variable with a bug to plant: `off` or `normal` for `synchronous`, `early` acknowledges too soon."""


def content(number: int, step: int) -> bytes:
    """The bytes of a blob, made again by who checks it."""
    return random.Random(number * 1_000_003 + step).randbytes(500 + step % 7 * 3_000)


class Worker:
    """Does one random thing after the other on a case of its own."""

    def __init__(self, folder: Path, number: int, seed: int, *, early: bool = False) -> None:
        self._number = number
        self._chance = random.Random(seed)
        self._early = early
        self._store = self._opened(folder)
        self._blobs = BlobFolder(folder / "blobs", KEY)
        self._document: Json = {}
        self.say({"kind": "opened", "notices": [n.code for n in self._store.notices]})

    def _opened(self, folder: Path) -> Store:
        """Open the store, again when the disk refuses, as a person would."""
        for _ in range(_TRIES):
            try:
                return Store.open(folder, KEY)
            except StorageFailed as error:
                self.say({"kind": "failed", "code": error.code, "step": 0})
        return Store.open(folder, KEY)

    def say(self, line: Json) -> None:
        os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")

    def work(self, steps: int) -> None:
        step = 0
        while steps == 0 or step < steps:
            step += 1
            try:
                self._step(step)
            except StorageFailed as error:
                self.say({"kind": "failed", "code": error.code, "step": step})
        self._store.close()
        self.say({"kind": "closed"})

    def _step(self, step: int) -> None:
        store, chance = self._store, self._chance
        if not self._document:
            receipt = store.take_receipt(NOW)
            self.say({"kind": "receipt", "receipt": receipt})
            change, document = received(self._number, receipt, chance)
            store.commit(change, document, base_revision=None)
            self._document = document
            self.say({"kind": "change", "case": document["case_id"], "id": change.change_id})
            return
        case_id = self._document["case_id"]
        what = chance.random()
        path = chance.choice(DRAFTED)
        if what < 0.4:
            change, document = edit(self._document, f"{self._number}-{step}", path, f"value {step}")
            line = {
                "kind": "change",
                "case": case_id,
                "id": change.change_id,
                "path": path,
                "value": f"value {step}",
            }
            if self._early:
                self.say(line)
            store.commit(change, document, (path,), base_revision=self._document["_meta"]["rev"])
            self._document = document
            if not self._early:
                self.say(line)
        elif what < 0.75:
            store.keep_draft(case_id, path, Draft(f"draft {step}", step, step))
            self.say({"kind": "draft", "case": case_id, "path": path, "step": step})
        elif what < 0.82:
            store.remember(f"view/{self._number}", {"step": step})
            self.say({"kind": "remembered", "key": f"view/{self._number}", "step": step})
        elif what < 0.9:
            self.say({"kind": "receipt", "receipt": store.take_receipt(NOW)})
        elif what < 0.93:
            store.note("opened", "worker", NOW, case_id, {"step": step})
            self.say({"kind": "noted", "case": case_id, "step": step})
        else:
            sha256 = self._blobs.put(content(self._number, step))
            self.say({"kind": "blob", "sha256": sha256, "number": self._number, "step": step})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("number", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=0, help="end after so many; 0 goes on until killed")
    parser.add_argument("--log-pages", type=int, help="write the log back after so many pages")
    chosen = parser.parse_args()
    plant = os.environ.get(PLANT, "")
    if plant in ("off", "normal"):
        Database.synchronous = plant.upper()
    worker = Worker(chosen.folder, chosen.number, chosen.seed, early=plant == "early")
    if chosen.log_pages:
        worker._store._database.run(f"PRAGMA wal_autocheckpoint = {chosen.log_pages}")
    worker.work(chosen.steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
