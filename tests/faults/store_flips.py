"""Flips bits in the files of a store, and looks whether anything wrong is ever shown as right.

    python -m tests.faults.store_flips --flips 300 --seed 1 --json

A flipped bit may change nothing (a part of the file that is not in use), or be told in words; then the
store is set aside and what can be read is rescued, and what is rescued must be right. A case that is
gone or older without a word, or shown other than it was, is a failure.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.case import Json
from app.domain.change import Change
from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.domain.queue import QueueQuery
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, edit, received

EVERY = QueueQuery(statuses=())


@dataclass
class Held:
    """What a store holds, as far as people see it."""

    documents: dict[str, Json]
    history: dict[str, tuple[Change, ...]]
    drafts: dict[str, dict[str, Draft]]
    view: Json | None
    waiting: int


def make(folder: Path, cases: int = 25) -> None:
    """A store with some cases, edits, drafts and words."""
    chance = random.Random(4)
    store = Store.open(folder, KEY)
    for number in range(1, cases + 1):
        change, document = received(number, store.take_receipt(NOW), chance)
        store.commit(change, document, base_revision=None)
        for step in range(3):
            change, edited = edit(document, f"{number}-{step}", "field_05", f"value {step}")
            store.commit(change, edited, base_revision=document["_meta"]["rev"])
            document = edited
        store.keep_draft(document["case_id"], "field_06", Draft(f"draft {number}", 3, 1))
    store.remember("view", {"zoom": 2})
    store.close()


def make_and_die(folder: Path) -> None:
    """The same, ended so that everything still stands in the log."""
    code = (
        "import os, sys; from pathlib import Path; from tests.faults import store_flips;"
        "kept = []; store_flips.Store.close = lambda self: kept.append(self);"
        "store_flips.make(Path(sys.argv[1]), 6); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def held(store: Store) -> Held:
    """Read everything; raises what reading raises."""
    ids = store.queue(EVERY)
    if len(store.rows(ids)) != len(ids) or set(store.queue(QueueQuery(statuses=(), text="fax"))) != set(ids):
        raise AssertionError("the queue does not hold together")
    trail = store.audit_verify()
    if not trail.holds:
        raise AssertionError(f"the trail breaks at {trail.broken_at}: {trail.reason}")
    return Held(
        {i: store.case_document(i) for i in ids},
        {i: store.history(i) for i in ids},
        {i: store.drafts(i) for i in ids},
        store.recall("view"),
        store.waiting(),
    )


def judge(before: Held, folder: Path) -> str:
    """Open an altered store: `unchanged`, `rescued whole`, `rescued in part`, `told`, or what is wrong."""
    told = False
    for _ in range(2):
        try:
            store = Store.open(folder, KEY)
        except Actionable:
            told = True
            continue
        codes = {notice.code for notice in store.notices}
        try:
            now = held(store)
        except Actionable:
            told = True
            continue
        except AssertionError as error:
            return f"wrong: {error}"
        finally:
            store.close()
        return _compare(before, now, codes, told)
    return "told"


def _compare(before: Held, now: Held, codes: set[str], told: bool) -> str:
    if before == now:
        return "rescued whole" if codes & {"store_rescued", "store_rescued_in_part"} else "unchanged"
    if not codes:
        return "wrong: something is missing and nothing was said" + (" at the second time" if told else "")
    for case_id, document in now.documents.items():
        fields = before.documents[case_id]["fields"]
        rescued_from = [c.change_id for c in before.history[case_id]]
        if document["_meta"]["rev"] == rescued_from[-1]:
            if {k: v["corrected_value"] for k, v in document["fields"].items()} != {
                k: v["corrected_value"] for k, v in fields.items()
            }:
                return "wrong: a rescued case holds other values"
        elif document["_meta"]["rev"] not in rescued_from:
            return "wrong: a rescued case is at a revision that never was"
        if any(change not in before.history[case_id] for change in now.history[case_id]):
            return "wrong: a rescued change is another"
        if any(before.drafts[case_id].get(path) != draft for path, draft in now.drafts[case_id].items()):
            return "wrong: a rescued draft is another"
    return "rescued in part"


@dataclass
class Flips:
    """How often a flip ended in which way, and how many cases were gone after a rescue in part."""

    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> list[str]:
        return [
            f"{outcome} ({count} times)"
            for outcome, count in self.outcomes.items()
            if outcome.startswith("wrong")
        ]


def run(folder: Path, flips: int, seed: int, *, log: bool = False) -> Flips:
    """Flip one random bit so many times, each in a fresh copy; in the log when `log` is set."""
    chance = random.Random(seed)
    original = folder / "original"
    (make_and_die if log else make)(original)
    reading = folder / "reading"
    shutil.copytree(original, reading)
    store = Store.open(reading, KEY)
    before = held(store)
    store.close()
    target = "store.db-wal" if log else "store.db"
    whole = (original / target).read_bytes()
    found = Flips()
    for number in range(flips):
        copy = folder / "copy"
        shutil.copytree(original, copy)
        altered = bytearray(whole)
        # The head of the file is small and matters most: a fifth of the flips go there.
        place = chance.randrange(4096 if number % 5 == 0 else len(whole))
        altered[place] ^= 1 << chance.randrange(8)
        (copy / target).write_bytes(altered)
        found.outcomes[judge(before, copy)] += 1
        shutil.rmtree(copy)
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    report: Json = {"flips": chosen.flips, "seed": chosen.seed}
    wrong: list[str] = []
    for name, log in (("store", False), ("log", True)):
        with tempfile.TemporaryDirectory() as temporary:
            found = run(Path(temporary), chosen.flips, chosen.seed, log=log)
        report[name] = dict(found.outcomes)
        wrong += found.wrong
    report["seconds"] = round(time.perf_counter() - start, 1)
    print(json.dumps(report) if chosen.json else report)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
