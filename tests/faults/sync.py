"""Simulated workstations against a faulty server, by a seed, and a checker of what became of every act.

    python -m tests.faults.sync --desks 3 --steps 20000 --seed 1 --json

The last line is one JSON object. A run is cut into generations: each begins with empty desks, ends with healing and
the judge, and is forgotten when it is clean. `--plant NAME` plants a bug that has to be caught.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.case import Json
from tests.faults.sync_check import Wrong
from tests.faults.sync_plant import PLANTS
from tests.faults.sync_world import Report, World

SHORTEST, LONGEST = 150, 1500
"""Steps of a generation."""
_MEMORY = Path("/dev/shm")


@dataclass(slots=True)
class Result:
    """What came of all generations."""

    seed: int
    desks: int
    steps: int
    wrong: list[Wrong] = field(default_factory=list)
    worst: Report | None = None
    counts: dict[str, int] = field(default_factory=dict)
    heal_seconds: float = 0.0
    generations: int = 0
    cpu: float = 0.0

    def count(self, *kinds: str) -> int:
        return sum(w.kind in kinds for w in self.wrong)

    def as_json(self) -> Json:
        return {
            "desks": self.desks,
            "steps": self.steps,
            "seed": self.seed,
            "generations": self.generations,
            "lost": self.count("lost"),
            "doubled": self.count("doubled"),
            "overwritten": self.count("overwritten"),
            "blind": self.count("blind"),
            "crashed": self.count("crashed"),
            "converged": not self.count("diverged", "unsent", "crashed", "stuck"),
            "outbox_empty_within_30_s": not self.count("unsent"),
            "heal_seconds": round(self.heal_seconds, 2),
            "cpu_seconds": round(self.cpu, 1),
            **dict(sorted(self.counts.items())),
        }


def lengths(steps: int, seed: int) -> Iterator[int]:
    """How the steps are cut into generations."""
    chance = random.Random(f"{seed} generations")
    while steps > 0:
        length = min(steps, chance.randrange(SHORTEST, LONGEST))
        yield length
        steps -= length


def run(
    desks: int,
    steps: int,
    seed: int,
    plant: str = "",
    told: Callable[[Report], None] = lambda report: None,
    *,
    to_the_end: bool = False,
) -> Result:
    """So many steps. Ends with the first generation in which something went wrong, unless it is told to go on."""
    result = Result(seed, desks, steps)
    start = time.process_time()
    planted: AbstractContextManager[None] = PLANTS[plant]() if plant else nullcontext()
    with planted:
        for number, length in enumerate(lengths(steps, seed)):
            report = generation(desks, length, f"{seed}-{number}")
            told(report)
            result.generations += 1
            result.wrong += report.wrong
            result.heal_seconds = max(result.heal_seconds, report.heal_seconds)
            for name, count in report.counts.items():
                result.counts[name] = result.counts.get(name, 0) + count
            if not report.clean:
                result.worst = result.worst or report
                if not to_the_end:
                    break
    result.cpu = time.process_time() - start
    return result


def generation(desks: int, steps: int, seed: str, trouble: str = "") -> Report:
    """One generation on workspaces of its own, in memory where the system has a folder there; `trouble` is one kind of
    fault that there is much of.
    """
    place = str(_MEMORY) if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="countersign-sync-", dir=place) as folder:
        world = World(seed, Path(folder), desks, steps, trouble=trouble)
        try:
            return world.run()
        finally:
            world.close()


def story(report: Report, most: int = 60) -> Iterator[str]:
    """What went wrong first, and the shortest story of its case."""
    order = ("crashed", "overwritten", "doubled", "lost", "blind", "diverged", "unsent", "stuck")
    first = min(report.wrong, key=lambda w: order.index(w.kind))
    yield f"generation {report.seed}, {report.steps} steps: {len(report.wrong)} wrong"
    for wrong in report.wrong[:10]:
        yield f"  {wrong.kind}: case {wrong.case_id[:8]} {wrong.unit}: {wrong.text}"
    lines = [
        (step, who, text)
        for step, who, case_id, text in report.story
        if case_id == first.case_id or not case_id or first.kind == "crashed"
    ]
    if len(lines) > most:
        yield f"  … {len(lines) - most} earlier lines"
    for step, who, text in lines[-most:]:
        yield f"  {step:6d} {who}: {text}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--desks", type=int, default=3, choices=range(2, 6))
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument(
        "--plant", default="", choices=("", *PLANTS), help="plant a bug that has to be caught"
    )
    parser.add_argument("--verbose", action="store_true", help="tell every generation")
    parser.add_argument("--to-the-end", action="store_true", help="go on after something went wrong")
    chosen = parser.parse_args(arguments)

    def told(report: Report) -> None:
        if chosen.verbose:
            print(report.seed, report.steps, "clean" if report.clean else "WRONG", report.counts, flush=True)

    result = run(chosen.desks, chosen.steps, chosen.seed, chosen.plant, told, to_the_end=chosen.to_the_end)
    if result.worst is not None:
        command = f"--desks {chosen.desks} --steps {chosen.steps} --seed {chosen.seed}"
        print(f"found with {command}", file=sys.stderr)
        for line in story(result.worst):
            print(line, file=sys.stderr)
    print(json.dumps(result.as_json()) if chosen.json else result.as_json())
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
