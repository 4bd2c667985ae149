"""Bugs that are planted on purpose are caught, and the engine without them is clean on the same seeds."""

from __future__ import annotations

import pytest

from tests.faults import sync
from tests.faults.sync_plant import PLANTS

DESKS, STEPS = 3, 200
TROUBLE = {
    "retry_with_a_new_id": "rough",
    "acknowledge_when_offline": "rough",
    "acknowledge_before_the_push": "rough",
    "no_look_for_receipts": "rough",
    "last_writer_wins": "",
    "saved_before_commit": "full",
    "refused_is_dropped": "refused",
    "conflict_stored_later": "kills",
    "base_without_rebase": "",
    "undo_is_not_sent": "",
    "case_created_twice": "rough",
    "acknowledge_the_whole_case": "busy",
}
"""What there is much of in the worlds in which a bug is looked for."""
SEEDS = ("plant 1", "plant 2", "plant 3")


def test_ten_bugs_and_more_are_planted() -> None:
    assert len(PLANTS) >= 10
    assert set(TROUBLE) == set(PLANTS)


@pytest.mark.parametrize("name", sorted(PLANTS))
def test_a_planted_bug_is_caught(name: str) -> None:
    with PLANTS[name]():
        reports = (sync.generation(DESKS, STEPS, seed, TROUBLE[name]) for seed in SEEDS)
        caught = next((report for report in reports if not report.clean), None)
    assert caught is not None
    assert not any(
        wrong.kind == "crashed" for wrong in caught.wrong
    )  # caught by the checker, not by accident


@pytest.mark.parametrize("trouble", sorted(set(TROUBLE.values())))
def test_without_a_bug_the_same_worlds_are_clean(trouble: str) -> None:
    for seed in SEEDS[:2]:
        report = sync.generation(DESKS, STEPS, seed, trouble)
        assert report.clean, "\n".join(sync.story(report))
