"""Nothing is acknowledged before the sync that makes it durable, seen in a trace of system calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import store_syscalls

_reason = store_syscalls.why_not()
pytestmark = pytest.mark.skipif(bool(_reason), reason=_reason or "calls can be traced here")


def test_every_acknowledgement_comes_after_its_sync(tmp_path: Path) -> None:
    found = store_syscalls.trace(tmp_path / "workspace", steps=120, seed=3)
    assert found.wrong == []
    assert set(found.acknowledged) == {"change", "draft", "remembered", "receipt", "noted", "blob"}
    assert found.write_backs > 1  # the log was written back and begun anew on the way


@pytest.mark.parametrize("plant", ["off", "normal", "early"])
def test_a_store_that_does_not_sync_in_time_is_caught(tmp_path: Path, plant: str) -> None:
    found = store_syscalls.trace(tmp_path / "workspace", steps=30, seed=3, plant=plant)
    assert any("acknowledged" in line for line in found.wrong)
