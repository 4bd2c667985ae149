"""How long from the start of the process to a usable window, as a multiple of a bare PySide6 window.

    python -m tests.benchmarks.start --cases 10000 --rounds 5 [--json]

Usable means: the queue is filled from the store, the last open case is open, and the window has painted it.
Both kinds of window are started in turn in the same run, so that the machine's mood strikes both. Seconds are
told twice: by the clock on the wall, which other programs lengthen, and by the processor (user and system, all
threads, from the start of the process), which they hardly do. Python's bytecode is there for both, as it is
after an installation.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QWidget
from PySide6.QtCore import QTimer
class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("usable", time.process_time(), flush=True)
        QTimer.singleShot(0, QApplication.quit)
app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

FULL = """
import sys, time
from pathlib import Path
from app.workstation import Settings
from app.start import run
def prepare(window):
    from PySide6.QtCore import QTimer
    def usable():
        if window.case_model.case is None or not window.intake.panel.selected_path:
            QTimer.singleShot(1, usable)
            return
        window.repaint()
        print("usable", time.process_time(), flush=True)
        QTimer.singleShot(0, window.close)
    window.ready.connect(usable)
run(Settings(Path(sys.argv[1]), "ada"), bytes.fromhex(sys.argv[2]), prepare)
"""
"""What the command line does for a person who opens the window, with a key that is given."""


@dataclass(frozen=True, slots=True)
class Started:
    """One start: seconds until the window was usable, on the wall and of the processor."""

    wall: float
    processor: float


def compile_program() -> None:
    """Write the program's bytecode, as an installation does."""
    compileall.compile_dir("app", quiet=2)


def fill(folder: Path, key: bytes, cases: int) -> None:
    """A store with that many cases, each with the fields of a form."""
    from app.domain.case import to_time
    from app.services.store.database import Database
    from app.services.store.store import Store
    from tests.scripted import a_pdf, a_workstation, an_extraction, read_field

    fields = [read_field("patient_name", "Ada Example", 0.8)]
    fields += [read_field(f"field_{n}", f"value {n}", 0.97) for n in range(60)]
    durable, Database.synchronous = Database.synchronous, "OFF"  # a power cut now would cost a benchmark
    try:
        with a_workstation(folder, an_extraction(*fields), key=key) as station:
            arrival = station.in_store(station.intake.arrive, a_pdf(), "form.pdf", "ada")
            case_id = arrival.case.case_id
            document = station.in_store(station.intake.begin_reading, case_id, "reader")
            extraction = station.backends.processor.process(document)
            station.in_store(station.intake.finish_reading, case_id, extraction, "reader")
            pattern = station.in_store(station.store.case_document, case_id)
            change = station.in_store(station.store.history, case_id)[-1]

            def more(store: Store) -> None:
                now = datetime.now(UTC)
                for number in range(1, cases):
                    at = now - timedelta(minutes=number)
                    made = {
                        **pattern,
                        "case_id": f"case{number}",
                        "receipt": store.take_receipt(at),
                        "received_at": to_time(at),
                        "patient": f"Patient {number}",
                        "documents": {
                            name: {**entry, "sha256": f"{number:064x}"}
                            for name, entry in pattern["documents"].items()
                        },
                        "_meta": {**pattern["_meta"], "rev": f"change{number}"},
                    }
                    store.commit(
                        replace(
                            change, change_id=f"change{number}", case_id=made["case_id"], at=at, writes=()
                        ),
                        made,
                        base_revision=None,
                    )

            station.in_store(more, station.store)
    finally:
        Database.synchronous = durable


def start(script: str, *arguments: str) -> Started:
    """Start a window, wait for the line that says it is usable, and let it close."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    started = None
    for line in process.stdout:
        word, _, spent = line.strip().partition(" ")
        if word == "usable":
            started = Started(time.perf_counter() - begun, float(spent))
    process.stdout.close()
    if process.wait() or started is None:
        raise RuntimeError(f"the window did not open (exit {process.returncode})")
    return started


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder, key = Path(made) / "w", os.urandom(32)
        compile_program()
        fill(folder, key, options.cases)
        start(BARE)  # the disk's cache is warm for both
        start(FULL, str(folder), key.hex())
        bare, full = [], []
        for _ in range(options.rounds):
            bare.append(start(BARE))
            full.append(start(FULL, str(folder), key.hex()))
    pairs = list(zip(full, bare, strict=True))
    found = {
        "cases": options.cases,
        "bare_seconds": round(statistics.median(b.wall for b in bare), 3),
        "usable_seconds": round(statistics.median(f.wall for f in full), 3),
        "times_a_bare_window": round(statistics.median(f.wall / b.wall for f, b in pairs), 2),
        "bare_processor_seconds": round(statistics.median(b.processor for b in bare), 3),
        "usable_processor_seconds": round(statistics.median(f.processor for f in full), 3),
        "times_a_bare_processor": round(statistics.median(f.processor / b.processor for f, b in pairs), 2),
    }
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
