"""How long from the start of the process to a usable window, as a multiple of a bare PySide6 window.

    python -m tests.benchmarks.start --cases 10000 --rounds 5 [--json]

Usable means: the queue is filled from the store, the last open case is open, and the window has painted it.
Both kinds of window are started in turn in the same run, so that the machine's mood strikes both.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

BARE = """
import sys
from PySide6.QtWidgets import QApplication, QWidget
from PySide6.QtCore import QTimer
class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("usable", flush=True)
        QTimer.singleShot(0, QApplication.quit)
app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

FULL = """
import sys
from pathlib import Path
from app.main import application, open_window, close_window
from app.workstation import Settings, build
from PySide6.QtCore import QTimer
app = application()
station = build(Settings(Path(sys.argv[1]), "ada"), bytes.fromhex(sys.argv[2]))
window = open_window(station)
def usable():
    if window.case_model.case is None or not window.intake.panel.selected_path:
        QTimer.singleShot(1, usable)
        return
    window.repaint()
    print("usable", flush=True)
    QTimer.singleShot(0, app.quit)
window.ready.connect(usable)
app.exec()
close_window(window, station)
"""


def fill(folder: Path, key: bytes, cases: int) -> None:
    """A store with that many cases, each with the fields of a form."""
    from app.domain.case import to_time
    from app.domain.change import Change
    from app.services.store.store import Store
    from tests.scripted import a_pdf, a_workstation, an_extraction, read_field

    fields = [read_field("patient_name", "Ada Example", 0.8)]
    fields += [read_field(f"field_{n}", f"value {n}", 0.97) for n in range(60)]
    with a_workstation(folder, an_extraction(*fields), key=key) as station:
        arrival = station.in_store(station.intake.arrive, a_pdf(), "form.pdf", "ada")
        case_id = arrival.case.case_id
        document = station.in_store(station.intake.begin_reading, case_id, "reader")
        extraction = station.backends.processor.process(document)
        station.in_store(station.intake.finish_reading, case_id, extraction, "reader")
        pattern = station.in_store(station.store.case_document, case_id)
        history = station.in_store(station.store.history, case_id)

        def more(store: Store) -> None:
            now = datetime.now(UTC)
            for number in range(1, cases):
                made = copy.deepcopy(pattern)
                at = now - timedelta(minutes=number)
                made["case_id"] = f"case{number}"
                made["receipt"] = store.take_receipt(at)
                made["received_at"] = to_time(at)
                made["patient"] = f"Patient {number}"
                for entry in made["documents"].values():
                    entry["sha256"] = f"{number:064x}"
                change = replace(
                    history[-1], change_id=f"change{number}", case_id=made["case_id"], at=at, writes=()
                )
                made["_meta"] = {**made["_meta"], "rev": change.change_id}
                assert isinstance(change, Change)
                store.commit(change, made, base_revision=None)

        station.in_store(more, station.store)


def start(script: str, *arguments: str) -> float:
    """Seconds from starting the process to the line that says it is usable."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "usable":
            seconds = time.perf_counter() - begun
            process.communicate()
            return seconds
    raise RuntimeError(f"the window did not open (exit {process.wait()})")


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
        fill(folder, key, options.cases)
        start(BARE)  # the disk's cache is warm for both
        start(FULL, str(folder), key.hex())
        bare, full = [], []
        for _ in range(options.rounds):
            bare.append(start(BARE))
            full.append(start(FULL, str(folder), key.hex()))
    found = {
        "cases": options.cases,
        "bare_seconds": round(statistics.median(bare), 3),
        "usable_seconds": round(statistics.median(full), 3),
        "times_a_bare_window": round(statistics.median(f / b for f, b in zip(full, bare, strict=True)), 2),
    }
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:22} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
