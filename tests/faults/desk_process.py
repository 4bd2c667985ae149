"""A real desk's process with what it says, its workspace, and what stands at the real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.domain.case import Json
from app.domain.sync import Receipt, Scope
from tests.faults.desk_worker import Place
from tests.faulty_proxy import FaultyProxy
from tests.payer import Payer


class Process:
    """A desk's process and what it has said."""

    def __init__(self, file: Path) -> None:
        self.lines: list[Json] = []
        self.opened = threading.Event()
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.desk_worker", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "GRPC_VERBOSITY": "NONE"},
        )
        self._readers = [threading.Thread(target=read) for read in (self._read, self._read_errors)]
        self.errors = b""
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        for line in self.popen.stdout or ():
            if line.endswith(b"\n"):
                self.lines.append(json.loads(line))
                if self.lines[-1]["kind"] == "opened":
                    self.opened.set()
        self.opened.set()

    def _read_errors(self) -> None:
        self.errors = self.popen.stderr.read() if self.popen.stderr else b""

    def sleep(self, seconds: float) -> None:
        """The laptop is closed: nothing in it goes on."""
        self.popen.send_signal(signal.SIGSTOP)
        time.sleep(seconds)  # this is the fault itself
        self.popen.send_signal(signal.SIGCONT)

    def kill(self) -> list[Json]:
        """End it where it is; what it said."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                pipe.close()
        return self.lines


@dataclass
class Desk:
    """A workspace, what stands between it and the server, and its processes."""

    number: int
    file: Path
    place: Place
    line: FaultyProxy
    processes: list[Process] = field(default_factory=list)
    kills: int = 0

    @property
    def skew(self) -> Path:
        return self.file.with_suffix(".skew")

    @property
    def pending(self) -> Path:
        return self.file.with_suffix(".pending")

    def start(self, seed: int, *, full: bool) -> Process:
        place = {**asdict(self.place), "seed": seed, "full": full}
        self.file.write_text(json.dumps(place))
        self.processes.append(Process(self.file))
        return self.processes[-1]


class Server:
    """What stands in the emulator, as the checker of histories asks for it."""

    def __init__(self, project: Payer) -> None:
        from app.services.google.firestore.remote import FirestoreCaseRemote

        place = project.place
        self.log: list[Any] = []
        self.cases: dict[str, Json] = {}
        self.mutations: dict[str, dict[str, Receipt]] = {}
        remote = FirestoreCaseRemote(place.project, place.database, None, emulator=place.address)
        try:
            found = remote.changed(Scope(""), None, 10_000)
            for case in found:
                self.cases[case.case_id] = dict(case.document)
                self.mutations[case.case_id] = {r.mutation_id: r for r in remote.history(case.case_id)}
        finally:
            remote.close()

    def document(self, case_id: str) -> Json | None:
        return self.cases.get(case_id)
