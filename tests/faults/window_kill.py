"""Kills the window while real keys are typed into it, and looks at what is there when it opens again.

    python -m tests.faults.window_kill --rounds 200 --seed 1 [--json]

Each round a child process opens the window (the real program, store and page worker; only what stands on the
form is given) and types at random: letters, Backspace, arrows, Enter, Esc, undo, zoom. It reports every change
the store acknowledged, and what is on screen after every key. The parent kills it at a random moment with
SIGKILL. The next round's child reports what it restored, and the parent checks:

  acknowledged   every change the child saw acknowledged is in the history;
  text, cursor   field, text and cursor are what was on screen 300 ms before the kill, or anything later;
  zoom           the same.

A kill between a key press and the report of what it did cannot be judged from outside for the text: what is there
may be newer than anything that was reported. Those rounds are counted as `in_flight`, and only what was
acknowledged is checked in them. Enter, Esc and undo go through the store, so theirs ends with the acknowledgement.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ON_SCREEN = 0.3
LONGEST = 2.2
START_SECONDS = 60
FIELDS = 6
THROUGH_STORE = ("Key_Return", "Key_Escape", "undo")
LONGEST_STORE = 0.7
"""Seconds after which a key that went through the store has either been acknowledged or changed nothing."""


# --- the child ------------------------------------------------------------------------------------------


def child(folder: Path, key: bytes, seed: int) -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.domain.form import FieldKind
    from app.domain.queue import QueueQuery
    from app.main import application, open_window
    from app.services.local.document_opener import WorkerDocumentOpener
    from app.tour import pause, wait_until
    from app.workstation import Backends, Settings, build
    from tests.scripted import NoReader, ScriptedProcessor, an_extraction, read_field

    fields = [read_field(f"field_{n}", f"value {n}", 0.5 + n / 20, FieldKind.TEXT) for n in range(FIELDS)]
    opener = WorkerDocumentOpener()
    backends = Backends(
        ScriptedProcessor([an_extraction(*fields)]),
        NoReader(),
        opener,
        opener.close_all,
        opener.warm,
    )
    application()
    station = build(Settings(folder, "ada"), key, backends)
    window = open_window(station)
    panel, page, model = window.intake.panel, window.intake.page, window.case_model

    def say(**what: Any) -> None:
        sys.stdout.write(json.dumps({"t": time.monotonic(), **what}) + "\n")
        sys.stdout.flush()

    def shown() -> dict[str, Any]:
        editor = panel.form.card.editor
        draft = editor.draft()
        path = panel.selected_path
        typed = panel.form.card.dirty
        return {
            "field": path,
            "typed": typed,
            "text": draft.text,
            "cursor": draft.cursor if typed else None,
            "zoom": round(page.state().zoom, 4),
            "fit": page.state().fit,
        }

    model.case_changed.connect(lambda edited: say(acknowledged=edited.case.revision, shown=shown()))
    if not station.in_store(station.store.queue, QueueQuery(statuses=())):
        window.intake_model.add_files([folder.parent / "form.png"])
    wait_until(lambda: model.case is not None and bool(model.case.fields), "a case is open", START_SECONDS)
    wait_until(lambda: bool(page.document_id), "the page is open", START_SECONDS)
    wait_until(lambda: not window.background.busy, "the program comes to rest", START_SECONDS)
    pause(30)
    panel.focus_editor()
    case = model.case
    history = station.in_store(station.store.history, case.case_id)
    say(restored=shown(), history=[c.change_id for c in history])

    chance = random.Random(seed)
    keys = {
        "letters": 60,
        "Key_Backspace": 6,
        "Key_Left": 5,
        "Key_Home": 2,
        "Key_End": 2,
        "Key_Return": 7,
        "Key_F2": 5,
        "Key_Escape": 2,
        "undo": 4,
        "zoom_in": 4,
        "zoom_out": 4,
        "fit": 1,
    }
    while True:
        act = chance.choices(list(keys), list(keys.values()))[0]
        hand = QApplication.focusWidget() or window
        say(key=act)
        if act == "letters":
            QTest.keyClicks(hand, chance.choice("abcdefghij 0123456789"))
        elif act == "undo":
            QTest.keyClick(hand, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        elif act == "zoom_in":
            page.zoom_in()
        elif act == "zoom_out":
            page.zoom_out()
        elif act == "fit":
            page.fit_width()
        else:
            QTest.keyClick(hand, getattr(Qt.Key, act))
        say(shown=shown())
        pause(chance.randrange(1, 90))
        if panel.form.card.focus_target is not QApplication.focusWidget():
            panel.focus_editor()
        say(shown=shown())


# --- the parent -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """What one child reported until it was killed."""

    acknowledged: list[str] = field(default_factory=list)
    shown: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    in_flight: bool = False
    killed_at: float = 0.0


@dataclass(slots=True)
class Result:
    rounds: int = 0
    in_flight: int = 0
    keys: int = 0
    acknowledged: int = 0
    lost_changes: list[str] = field(default_factory=list)
    lost_text: list[str] = field(default_factory=list)
    lost_zoom: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return len(self.lost_changes) + len(self.lost_text) + len(self.lost_zoom)

    def as_json(self) -> dict[str, Any]:
        return {
            "rounds": self.rounds,
            "in_flight": self.in_flight,
            "keys": self.keys,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "lost_changes": self.lost_changes[:5],
            "lost_text": self.lost_text[:5],
            "lost_zoom": self.lost_zoom[:5],
        }


def run(rounds: int, seed: int, folder: Path) -> Result:
    """Kill `rounds` windows one after the other over the same workspace."""
    make_page(folder / "form.png")
    key = os.urandom(32)
    chance = random.Random(seed)
    result = Result()
    before: Seen | None = None
    for number in range(rounds + 1):
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.faults.window_kill",
                "--child",
                str(folder / "w"),
                key.hex(),
                str(seed + number),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            first = _first(process)
            if before is not None:
                _judge(before, first, result, number)
            if number < rounds:
                before = _follow(process, chance.uniform(0.2, LONGEST), result)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    return result


def make_page(path: Path) -> None:
    from PIL import Image, ImageDraw

    page = Image.new("L", (850, 1100), 255)
    ImageDraw.Draw(page).text((80, 120), "A form of a test", fill=0)
    page.save(path)


def _first(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if "restored" in said:
            return said
    raise RuntimeError(f"the window did not open again (exit {process.wait()})")


def _follow(process: subprocess.Popen[str], seconds: float, result: Result) -> Seen:
    """Let the child type for some seconds, kill it, and read all it had reported."""
    seen = Seen()
    time.sleep(seconds)  # the moment of the kill is what is random here
    process.send_signal(signal.SIGKILL)
    seen.killed_at = time.monotonic()
    process.wait()
    unreported, through_store = False, 0.0
    assert process.stdout is not None
    for line in process.stdout.read().splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            break  # the last line was cut by the kill
        if "key" in said:
            unreported = True
            through_store = said["t"] if said["key"] in THROUGH_STORE else through_store
            result.keys += 1
        if "acknowledged" in said:
            through_store = 0.0
            seen.acknowledged.append(said["acknowledged"])
        elif "shown" in said:
            unreported = False
        if "shown" in said:
            seen.shown.append((said["t"], said["shown"]))
    seen.in_flight = unreported or through_store > seen.killed_at - LONGEST_STORE
    return seen


def _judge(before: Seen, first: dict[str, Any], result: Result, number: int) -> None:
    result.rounds += 1
    result.acknowledged += len(before.acknowledged)
    lost = set(before.acknowledged) - set(first["history"])
    if lost:
        result.lost_changes.append(f"round {number}: {sorted(lost)}")
    if before.in_flight:
        result.in_flight += 1
        return
    restored = first["restored"]
    window = _window(before)
    if not window:
        return
    if not any(_same_text(s, restored) for s in window):
        result.lost_text.append(
            f"round {number}: {_text(window[0])} .. {_text(window[-1])} became {_text(restored)}"
        )
    if not any((s["zoom"], s["fit"]) == (restored["zoom"], restored["fit"]) for s in window):
        result.lost_zoom.append(
            f"round {number}: {[(s['zoom'], s['fit']) for s in window]} became {restored['zoom']}"
        )


def _window(before: Seen) -> list[dict[str, Any]]:
    """What was on screen 300 ms before the kill, and everything shown since."""
    early = [s for t, s in before.shown if t <= before.killed_at - ON_SCREEN]
    return early[-1:] + [s for t, s in before.shown if t > before.killed_at - ON_SCREEN]


def _same_text(shown: dict[str, Any], restored: dict[str, Any]) -> bool:
    """Typed text must be back with its field and cursor; where nothing was typed, the field must be.

    Typed text may also have been committed since: then it is the field's value, and there is no cursor to keep.
    """
    if shown["typed"] and restored["typed"]:
        return _text(shown) == _text(restored)
    return bool(shown["field"] == restored["field"] and shown["text"] == restored["text"])


def _text(state: dict[str, Any]) -> tuple[Any, ...]:
    return (state["field"], state["text"], state["cursor"])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("FOLDER", "KEY", "SEED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(Path(options.child[0]), bytes.fromhex(options.child[1]), int(options.child[2]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        result = run(options.rounds, options.seed, Path(folder))
    if options.json:
        print(json.dumps(result.as_json()))
    else:
        for name, value in result.as_json().items():
            print(f"{name:14} {value}")
    return 1 if result.lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
