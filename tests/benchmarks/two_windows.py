"""Two real windows on one Firestore emulator: seconds from Enter on one desk to the value on the other.

    python -m tests.benchmarks.two_windows [--edits N] [--out DIR]

Prints the seconds of each edit with their median and worst, and, with --out, writes a picture of both windows and of
the conflict that the same field edited apart leads to. The last line is the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter, QPixmap

from app.main import log_qt
from app.services.sample_form import make_samples
from app.tour_walk import SIZE, wait_until
from app.views import theme
from tests.emulator import NotInstalled, Place, project_name, running
from tests.window_pair import WAIT, Pair, pair

EDITS = 10


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    log_qt()
    try:
        with (
            running() as address,
            tempfile.TemporaryDirectory(prefix="countersign-desks-") as made,
            pair(Path(made), Place(address, project_name())) as two,
        ):
            for desk in (two.ada, two.bob):
                desk.window.resize(*SIZE)
            seconds = edits(two, asked.edits)
            conflict = apart(two)
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
            with (
                running() as address,
                tempfile.TemporaryDirectory(prefix="countersign-desks-") as made,
                pair(Path(made), Place(address, project_name()), None) as two,
            ):
                pictures(two, Path(made), asked.out)
    except NotInstalled as missing:
        print(missing, file=sys.stderr)
        return 1
    figures = {
        "edits": len(seconds),
        "median": round(statistics.median(seconds), 3),
        "worst": round(max(seconds), 3),
        "conflict_shown": round(conflict, 3),
    }
    print(json.dumps(figures))
    return 0


def edits(two: Pair, count: int) -> list[float]:
    """Seconds from Enter on the one desk until the other shows the value, back and forth."""
    case_id = two.a_case()
    two.bob.open(case_id)
    seconds = []
    for number in range(count):
        here, there = (two.ada, two.bob) if number % 2 == 0 else (two.bob, two.ada)
        value = f"8757799{number:04}"
        here.type_into("member_id", value, leave=False)
        began = time.monotonic()
        here.press(Qt.Key.Key_Return)
        wait_until(lambda: there.shown("member_id") == value, "the edit shows on the other desk", WAIT)  # noqa: B023
        seconds.append(time.monotonic() - began)
        print(f"edit {number + 1}: {seconds[-1]:.2f} s")
    return seconds


def apart(
    two: Pair, path: str = "member_id", mine: str = "87577992978", theirs: str = "87577992979"
) -> float:
    """Seconds from the network's return until the conflict is on screen, after the same field was edited apart."""
    ada, bob = two.ada, two.bob
    bob.waits_until_sent()
    bob.line.partition()
    bob.type_into(path, mine)
    ada.type_into(path, theirs)
    ada.waits_until_sent()
    wait_until(lambda: "wait" in bob.state, "the desk says that it is offline", WAIT)
    bob.line.heal()
    began = time.monotonic()
    bob.window.sync.room.model.try_now()
    wait_until(lambda: "conflict" in bob.state, "the conflict is told", WAIT)
    bob.window.sync.show_conflicts()
    screen = bob.window.sync.room.screen
    wait_until(lambda: bool(screen.subjects), "the conflict is shown", WAIT)
    return time.monotonic() - began


def pictures(two: Pair, folder: Path, out: Path) -> None:
    """A sample form, really read, open on both desks; then the conflict that it comes to."""
    for desk in (two.ada, two.bob):
        desk.window.resize(*SIZE)
    sample = next(s for s in make_samples(folder / "samples") if s.form_type == "tx_nofr001")
    case_id = two.ada.take_in(sample.path)
    two.ada.waits_until_sent()
    two.bob.open(case_id)
    lease = two.bob.window.sync.intake.lease.line
    wait_until(lambda: bool(lease.words), "the other desk is told of", WAIT)
    wait_until(lambda: bool(two.bob.shown("member_id")), "what was read shows on the other desk", WAIT)
    take(two, out, "two-windows", lambda: both(two))
    lease.put_away()
    read = two.bob.shown("member_id")
    apart(two, "member_id", read[:-1] + "8", read[:-1] + "6")
    screen = two.bob.window.sync.room.screen
    wait_until(lambda: screen.view.crop.image is not None, "the crop is drawn", WAIT)
    take(two, out, "conflict", two.bob.window.grab)
    print(f"pictures are in {out}")


def take(two: Pair, out: Path, name: str, grab: Callable[[], QPixmap]) -> None:
    for look in ("light", "dark"):
        theme.use(look)  # type: ignore[arg-type]
        for desk in (two.ada, two.bob):
            desk.walk.settle()
        grab().save(str(out / f"{name}-{look}.png"))
    theme.use("light")


def both(two: Pair) -> QPixmap:
    """Both windows, one above the other."""
    whole = QPixmap(SIZE[0], 2 * SIZE[1] + 12)
    whole.fill(theme.colour("canvas"))
    painter = QPainter(whole)
    painter.drawPixmap(QPoint(0, 0), two.ada.window.grab())
    painter.drawPixmap(QPoint(0, SIZE[1] + 12), two.bob.window.grab())
    painter.end()
    return whole


if __name__ == "__main__":
    raise SystemExit(main())
