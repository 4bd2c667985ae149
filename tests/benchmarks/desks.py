"""Many desks on one queue for an hour: what each reads and what it costs its processor, beside the model's figures.

    python -m tests.benchmarks.desks --desks 50 --minutes 60 --changes 6

The real store and engine of every desk over the queue's model in this process, on a clock that is moved by hand. Every
desk changes so many fields an hour in cases of the queue; every change is told to the listeners of the others, and
every desk polls every five minutes. Reads are counted as they are billed. Every desk hears of the whole queue.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.news_page import NewsPage
from app.domain.sync import Cursor, RemoteCase, Scope
from app.services.sync import engine
from app.services.sync.step import Remote
from tests.faults.sync_server import ServerModel
from tests.faults.sync_world import START
from tests.unit.services.sync_case import Desk

STEP = timedelta(seconds=10)


class Counted:
    """The queue as one desk asks it, with what that is billed."""

    def __init__(self, server: ServerModel) -> None:
        self.server = server
        self.polled = 0
        self.other = 0

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> NewsPage:
        found = self.server.changed(scope, since, limit)
        self.polled += max(1, len(found))
        return NewsPage.told(found, self.server.now())

    def case(self, case_id: str) -> RemoteCase | None:
        self.other += 1
        return self.server.case(case_id)

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        self.other += len(mutation_ids)
        return self.server.receipts(case_id, mutation_ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.server, name)


def measure(folder: Path, desks: int, minutes: int, changes: float, cases: int, seed: int) -> dict[str, Any]:
    """The figures of so many minutes."""
    clock = [START]

    def now() -> datetime:
        return clock[0]

    chance = random.Random(seed)
    server = ServerModel(now)
    made = [Desk(folder / f"d{n}", server, now, f"p{n}") for n in range(desks)]  # type: ignore[arg-type]
    counted = [Counted(server) for _ in made]
    heard = [0] * desks
    spent, versions = 0.0, 0

    def rest(number: int, brought: tuple[RemoteCase, ...] | None = None) -> None:
        remote = Remote(counted[number], confirmed=server.confirmed, scope=Scope(""))
        first = brought is not None
        while True:
            step = engine.sync_once(
                made[number].store.sync, remote, now, chance, poked=first, heard=lambda: brought
            )
            first = False
            if step.did in ("idle", "waiting"):
                return

    try:
        ids = [made[0].take_in(str(n).encode()) for n in range(cases)]
        rest(0)
        for number in range(desks):
            rest(number)
        for each in counted:
            each.polled = each.other = 0
        begun = time.process_time()
        for _ in range(int(timedelta(minutes=minutes) / STEP)):
            clock[0] += STEP
            for number in range(desks):
                if chance.random() < changes * STEP.total_seconds() / 3600:
                    case_id = chance.choice(ids)
                    made[number].correct(case_id, "phone", f"{number} {clock[0]}")
                    rest(number)
                    versions += 1
                    news = server.case(case_id)
                    for other in range(desks):
                        heard[other] += 1
                        if other != number and news is not None:
                            rest(other, (news,))
                else:
                    rest(number)
        spent = time.process_time() - begun
    finally:
        for desk in made:
            desk.store.close()
    hours = desks * minutes / 60
    return {
        "desks": desks,
        "minutes": minutes,
        "versions": versions,
        "reads_listened_a_desk_hour": round(sum(heard) / hours, 1),
        "reads_polled_a_desk_hour": round(sum(each.polled for each in counted) / hours, 1),
        "reads_other_a_desk_hour": round(sum(each.other for each in counted) / hours, 1),
        "model_listened": round(versions / (minutes / 60), 1),
        "model_polled_at_most": round(12 * max(1.0, versions / (minutes / 60) / 6), 1),
        "cpu_seconds_a_desk_hour": round(spent / hours, 2),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--changes", type=float, default=6.0, help="of each desk, an hour")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), **vars(chosen))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
