"""The UI thread's longest stall while a form is read in the background, beside what it is when nothing is read.

    python -m tests.benchmarks.stall [FILE...] [--json]

A timer of one millisecond ticks in the window's own loop; the gaps between ticks are what a person would feel.
Without files, sample arrivals are made and read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt, QTimer

    from app.main import application, close_window, log_qt, open_window
    from app.services.sample_form import make_samples
    from app.tour import pause, wait_until
    from app.workstation import Settings, build

    log_qt()
    application()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = options.files or [s.path for s in make_samples(folder / "samples") if s.form_type][:3]
        station = build(Settings(folder / "w", "ada"), os.urandom(32))
        window = open_window(station)
        wait_until(window.isVisible, "the window opens")
        pause(500)
        gaps: list[float] = []
        last = time.perf_counter()

        def tick() -> None:
            nonlocal last
            now = time.perf_counter()
            gaps.append((now - last) * 1000)
            last = now

        ticking = QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
        ticking.timeout.connect(tick)
        ticking.start()
        pause(3000)
        idle, gaps[:] = list(gaps), []
        window.intake_model.add_files(files)
        wait_until(lambda: window.intake_model.busy, "reading begins")
        wait_until(lambda: not window.intake_model.busy, "reading ends", 900)
        busy = list(gaps)
        ticking.stop()
        close_window(window, station)
    found = {
        "files": len(files),
        "idle_p99_ms": round(_p99(idle), 2),
        "idle_max_ms": round(max(idle), 2),
        "reading_p50_ms": round(statistics.median(busy), 2),
        "reading_p99_ms": round(_p99(busy), 2),
        "reading_max_ms": round(max(busy), 2),
    }
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:16} {value}")
    return 0


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


if __name__ == "__main__":
    raise SystemExit(main())
