"""Real desks are killed at random times while networks, clocks and disks fail: nothing saved is lost or doubled."""

from __future__ import annotations

from pathlib import Path

from tests.faults import desk_kill

pytest_plugins = ("tests.emulator",)


def test_what_real_desks_called_saved_is_there_once_after_kills_and_bad_lines(
    firestore_address: str, tmp_path: Path
) -> None:
    made = desk_kill.run(tmp_path, firestore_address, rounds=2, seed=3, desks=2)
    assert not made.wrong
    assert made.counts["kills"] >= 2
    assert made.counts["receipts"] > 0
