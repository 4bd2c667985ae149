"""Freezes the program into one folder, lets it test itself, and prints what came of it as JSON.

    python3 run.py build [--no-build]

Exit code 0 when the frozen program ran its main job.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPECIFICATIONS = {"linux": "linux.spec", "win32": "windows.spec", "darwin": "macos.spec"}
PROGRAMS = {
    "linux": "dist/countersign/countersign",
    "win32": "dist/countersign/countersign-cli.exe",
    "darwin": "dist/Countersign.app/Contents/MacOS/countersign",
}
STARTS = 5


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def freeze() -> None:
    """Run PyInstaller; its words are shown only when it fails."""
    say("Freezing the program; this takes a few minutes.")
    specification = ROOT / "installer" / SPECIFICATIONS[sys.platform]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    command += ["--distpath", str(ROOT / "dist"), "--workpath", str(ROOT / "build"), str(specification)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(done.stdout + done.stderr)
        raise SystemExit(1)


def size(folder: Path) -> int:
    """Bytes of all files, those that are links counted once."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def unresolved(folder: Path) -> list[str]:
    """Libraries that a file of the folder asks for and this system cannot give (Linux)."""
    if sys.platform != "linux":
        return []
    found = set()
    for library in folder.rglob("*.so*"):
        if library.is_file() and not library.is_symlink():
            asked = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=False)
            found |= {line.split()[0] for line in asked.stdout.splitlines() if "not found" in line}
    return sorted(found)


def seconds(command: Sequence[str]) -> float | None:
    """The median time of a few starts, after one that is not counted; None when it does not start."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    taken = []
    for _ in range(STARTS + 1):
        begun = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(f"{' '.join(command)} fails: {done.stderr[-600:]}")
            return None
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:])


def report(program: Path) -> tuple[dict[str, object], bool]:
    """What the frozen program weighs, whether it works, and how fast it starts against the unfrozen one."""
    folder = program.parent
    say("Letting the frozen program test itself.")
    tested = subprocess.run(
        [str(program), "--self-test"], capture_output=True, text=True, check=False, cwd=folder
    )
    works = tested.returncode == 0
    if not works:
        say(tested.stdout + tested.stderr)
    found: dict[str, object] = {
        "program": str(program.relative_to(ROOT)),
        "megabytes": round(size(folder) / 1e6, 1),
        "self_test": "passed" if works else "failed",
        "unresolved_libraries": unresolved(folder),
    }
    unfrozen = [sys.executable, str(ROOT / "installer" / "program.py")]
    for name, argument in (("command_line", "--version"), ("window", "--start-test")):
        frozen_start, unfrozen_start = seconds([str(program), argument]), seconds([*unfrozen, argument])
        works = works and frozen_start is not None
        found[f"{name}_start_seconds"] = round(frozen_start, 3) if frozen_start else None
        ratio = round(frozen_start / unfrozen_start, 2) if frozen_start and unfrozen_start else None
        found[f"{name}_start_ratio_to_unfrozen"] = ratio
    return found, works


def main(argv: Sequence[str]) -> int:
    options = argparse.ArgumentParser(
        prog="run.py build", description="Freeze the program and test what came of it."
    )
    options.add_argument("--no-build", action="store_true", help="only look at what was built before")
    given = options.parse_args(argv)
    if not given.no_build:
        freeze()
    found, works = report(ROOT / PROGRAMS[sys.platform])
    print(json.dumps(found, indent=2))
    return 0 if works else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
