"""Proves from a trace of system calls that nothing is acknowledged before it is durable.

    python -m tests.faults.store_syscalls --steps 200 --seed 1 --json
    python -m tests.faults.store_syscalls --plant off        # a planted bug: must be found

A killed process loses nothing that the system has in memory, so that killing alone cannot tell a store
that syncs from one that does not. Here every write to a file of the workspace makes that file dirty, its
fsync makes it clean, a name that was given makes its folder dirty until the folder is synced; and when
an acknowledgement is written, nothing that it rests on may be dirty.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.case import Json
from tests.faults.store_worker import PLANT

_CALLS = "openat,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat"
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)")
_HANDLE = re.compile(r"^(\d+)<([^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OFFSET = re.compile(r", (\d+)$")
_DURABLE = ("change", "draft", "remembered", "receipt", "noted", "blob")


@dataclass
class Trace:
    """What a trace shows: acknowledgements by kind, the syncs before them, and what was wrong."""

    folder: str
    dirty: set[str] = field(default_factory=set)
    acknowledged: dict[str, int] = field(default_factory=dict)
    synced: int = 0
    write_backs: int = 0
    wrong: list[str] = field(default_factory=list)
    _written: set[str] = field(default_factory=set)

    def read(self, lines: list[str]) -> None:
        for line in lines:
            found = _LINE.match(line)
            if found and not found[3].startswith("-"):
                self._call(found[1], found[2])

    def _call(self, name: str, arguments: str) -> None:
        handle = _HANDLE.match(arguments)
        if name in ("fsync", "fdatasync") and handle:
            self.synced += self._counts(handle[2])
            self.dirty.discard(handle[2])
        elif name.startswith(("write", "pwrite")) and handle:
            if handle[1] == "1":
                self._acknowledge(arguments)
            elif self._counts(handle[2]):
                self._write(handle[2], arguments)
        elif name.startswith("rename"):
            texts = _TEXT.findall(arguments)
            if texts[0] in self.dirty:
                self.wrong.append(f"{texts[0]} got its name before its content was synced")
            self._named(texts[1])
        elif name == "openat" and "O_CREAT" in arguments:
            path = _TEXT.findall(arguments)[0]
            if path.endswith("-wal") and path not in self._written:
                self._named(path)

    def _counts(self, path: str) -> bool:
        """Whether durability rests on this file: not on shared memory, which is made anew, nor on markers."""
        inside = path.startswith(self.folder)
        return inside and not path.endswith("-shm") and f"{self.folder}/open/" not in path

    def _named(self, path: str) -> None:
        if self._counts(path):
            self.dirty.add(str(Path(path).parent))

    def _write(self, path: str, arguments: str) -> None:
        offset = _OFFSET.search(arguments)
        if path.endswith("-wal") and offset and offset[1] == "0" and path in self._written:
            # The log begins anew: what was in it must be in the database by now.
            self.write_backs += 1
            if f"{self.folder}/store.db" in self.dirty:
                self.wrong.append("the log was begun anew before the database was synced")
        self._written.add(path)
        self.dirty.add(path)

    def _acknowledge(self, arguments: str) -> None:
        kind = re.search(r'\\"kind\\": \\"(\w+)\\"', arguments)
        if kind is None or kind[1] not in _DURABLE:
            return
        self.acknowledged[kind[1]] = self.acknowledged.get(kind[1], 0) + 1
        # The database itself may wait: its changes stand in the log.
        waiting = sorted(path for path in self.dirty if not path.endswith("/store.db"))
        if waiting:
            self.wrong.append(f"a {kind[1]} was acknowledged before {', '.join(waiting)} was synced")
        if not self.synced:
            self.wrong.append(f"a {kind[1]} was acknowledged without any sync")
        self.synced = 0


def why_not() -> str:
    """Why calls cannot be traced here; empty when they can."""
    if sys.platform != "linux" or shutil.which("strace") is None:
        return "strace is not on this machine"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this machine does not permit tracing (ptrace)"


def trace(folder: Path, steps: int, seed: int, plant: str = "", log_pages: int = 60) -> Trace:
    """Let a worker do so many things under strace, and read the trace."""
    folder = folder.resolve()
    out = folder.with_name(f"{folder.name}.trace")
    worker = [sys.executable, "-m", "tests.faults.store_worker", str(folder), "1", str(seed)]
    command = ["strace", "-f", "-y", "-s", "40", "-o", str(out), "-e", f"trace={_CALLS}", *worker]
    done = subprocess.run(
        [*command, "--steps", str(steps), "--log-pages", str(log_pages)],
        env=os.environ | {PLANT: plant},
        capture_output=True,
        check=True,
    )
    found = Trace(str(folder))
    found.read(out.read_text(errors="replace").splitlines())
    said = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    if sum(found.acknowledged.values()) != sum(kind in _DURABLE for kind in said):
        found.wrong.append("not every acknowledgement was seen in the trace")
    return found


def report(found: Trace) -> Json:
    return {
        "acknowledged": found.acknowledged,
        "log_begun_anew": found.write_backs,
        "too_early": len(found.wrong),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", choices=("", "off", "normal", "early"), default="")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    reason = why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        found = trace(Path(temporary) / "workspace", chosen.steps, chosen.seed, chosen.plant)
    print(json.dumps({**report(found), "wrong": found.wrong}) if chosen.json else report(found))
    for wrong in found.wrong[:10]:
        print(wrong, file=sys.stderr)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
