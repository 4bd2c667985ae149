"""A killed process loses nothing it acknowledged. The long run: `python -m tests.faults.store_kill`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults import store_kill
from tests.faults.store_worker import PLANT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is killed by SIGKILL")


def test_everything_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    found = store_kill.run(tmp_path / "workspace", rounds=8, seed=7)
    assert found.wrong == []
    assert found.count > 50  # or nothing was put to the test


def test_an_acknowledgement_that_comes_too_early_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLANT, "early")
    wrong: list[str] = []
    for seed in range(12):  # a kill has to fall between the two
        wrong = store_kill.run(tmp_path / f"workspace{seed}", rounds=3, seed=seed).wrong
        if wrong:
            break
    assert any("were acknowledged" in line for line in wrong)
