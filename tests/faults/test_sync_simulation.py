"""Simulated workstations against a faulty server: nothing lost, nothing doubled, nothing overwritten, all converged."""

from __future__ import annotations

import json

import pytest

from tests.faults import sync

RUNS = [(2, 4_000, 11), (3, 6_000, 12), (4, 5_500, 13), (5, 4_500, 14)]
"""Desks, steps and seed: 20,000 steps together."""


def test_the_runs_are_of_the_size_that_is_promised() -> None:
    assert sum(steps for _, steps, _ in RUNS) == 20_000


@pytest.mark.slow
@pytest.mark.parametrize(("desks", "steps", "seed"), RUNS)
def test_desks_converge_and_nothing_is_lost_doubled_or_overwritten(desks: int, steps: int, seed: int) -> None:
    result = sync.run(desks, steps, seed)
    told = "\n".join(sync.story(result.worst)) if result.worst else ""
    assert not result.wrong, f"--desks {desks} --steps {steps} --seed {seed}\n{told}"
    assert result.heal_seconds <= 30
    # a run in which nothing went wrong on the lines, or nobody met, would prove nothing
    for what in ("acts", "pushes", "settled", "kills", "disk_full", "zombies"):
        assert result.counts.get(what, 0) > 0, what


def test_the_same_seed_gives_the_same_run(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(2):
        assert sync.main(["--desks", "3", "--steps", "400", "--seed", "7", "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
        told[-1].pop("cpu_seconds")
    assert told[0] == told[1]
    assert {type(told[0][name]) for name in ("lost", "doubled", "overwritten")} == {int}
    assert told[0]["converged"] is True
