"""A disk that is full or fails: told in words, nothing acknowledged lost, and the store goes on afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.case import Json
from tests.faults import store_syscalls
from tests.faults.store_kill import Acknowledged

_reason = store_syscalls.why_not()
traced = pytest.mark.skipif(bool(_reason), reason=_reason or "calls can be traced here")
STEPS = 120


def work(folder: Path, *before: str, limit: int = 0) -> list[Json]:
    """Let a worker work on a failing disk; what it said."""
    worker = [sys.executable, "-m", "tests.faults.store_worker", str(folder), "1", "5", "--steps", str(STEPS)]
    if limit:
        worker = [sys.executable, "-c", _LIMITED, str(limit), *worker[1:]]
    done = subprocess.run([*before, *worker], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


_LIMITED = """
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def failing(folder: Path, calls: str, error: str, when: str) -> list[str]:
    out = folder.with_name("trace")
    return [
        "strace",
        "-f",
        "-o",
        str(out),
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={calls}:error={error}:when={when}",
    ]


def judge(folder: Path, said: list[Json], code: str) -> None:
    failed = [place for place, line in enumerate(said) if line["kind"] == "failed"]
    assert failed, "the disk never failed"
    codes = {said[place]["code"] for place in failed}
    # Shared memory that cannot grow is told as a full disk only where there is really no room.
    assert code in codes
    assert codes <= {code, "disk_failed"}
    assert said[failed[-1] + 1 :], "the store never went on"
    now = Acknowledged()
    for line in said:
        now.add(line)
    now.check(folder)
    assert now.wrong == []


@traced
@pytest.mark.parametrize("first", [3, 60, 201, 260, 400])
def test_a_full_disk_is_told_and_the_store_goes_on_when_there_is_room_again(
    tmp_path: Path, first: int
) -> None:
    folder = tmp_path / "workspace"
    said = work(folder, *failing(folder, "pwrite64", "ENOSPC", f"{first}..{first + 40}"))
    judge(folder, said, "disk_full")


@traced
@pytest.mark.parametrize("first", [4, 12, 30, 45])
def test_a_sync_that_fails_is_told_and_not_called_saved(tmp_path: Path, first: int) -> None:
    folder = tmp_path / "workspace"
    said = work(folder, *failing(folder, "fsync,fdatasync", "EIO", f"{first}..{first + 9}"))
    judge(folder, said, "disk_failed")


@traced
@pytest.mark.parametrize("first", [3, 60, 250, 400])
def test_a_write_that_fails_is_told_and_not_called_saved(tmp_path: Path, first: int) -> None:
    folder = tmp_path / "workspace"
    said = work(folder, *failing(folder, "pwrite64", "EIO", f"{first}..{first + 20}"))
    judge(folder, said, "disk_failed")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_what_fits_on_no_disk_is_refused_and_the_rest_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    said = work(folder, limit=700_000)
    failed = [line for line in said if line["kind"] == "failed"]
    assert {line["code"] for line in failed} <= {"disk_full", "disk_failed"}
    assert failed
    now = Acknowledged()
    for line in said:
        now.add(line)
    now.check(folder)
    assert now.wrong == []
    assert now.count > 10
