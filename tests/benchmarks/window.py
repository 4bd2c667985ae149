"""What a person at the window waits for, beside the bare limit of the same thing in the same run.

    python -m tests.benchmarks.window [--rounds 20] [--json]

The real window over the real store and the real page workers; only what stands on the forms is given. Times
begin with the key, click or call a person makes and end when it is painted, or told to be saved:

- open: a case that nobody expected, until its fields are painted, and until every tile asked for is painted;
  bare: the store's answer alone, and the whole page rendered by a worker that has the document open. Between
  two cases the window is left alone for as long as the next worker takes to be ready, as a person leaves it;
- next: the same for the case below, by F10, which was prefetched;
- key: a letter typed into a field, until the window has painted it; bare: the same letter in a line editor
  that is alone in a window;
- saved: Enter on a typed correction, until it is durable, until the window knows, and until it says that
  everything is saved, the place on the page included; bare: 4 KB written and synced to the same disk.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

CASES = 12
THINK_MS = 1500
LIMIT_MS = 20_000


class Painted(QObject):
    """Calls back once the paint that a widget is in has ended."""

    def __init__(self, widget: QWidget, then: Callable[[], None]) -> None:
        super().__init__(widget)
        self._then: Callable[[], None] | None = then
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self._then is not None:
            QTimer.singleShot(0, self._then)
            self._then = None
            watched.removeEventFilter(self)
            self.deleteLater()
        return False


def waited(begin: Callable[[Callable[[], None]], None]) -> float:
    """Milliseconds from calling `begin` until it calls what it was given."""
    loop = QEventLoop()
    ended: list[float] = []

    def end() -> None:
        ended.append(time.perf_counter())
        loop.quit()

    QTimer.singleShot(LIMIT_MS, loop, loop.quit)
    begun = time.perf_counter()
    begin(end)
    if not ended:
        loop.exec()
    if not ended:
        raise RuntimeError("what was waited for did not happen")
    return (ended[0] - begun) * 1000


def typed(editor: QWidget, seen: QWidget, letter: str) -> float:
    def begin(end: Callable[[], None]) -> None:
        Painted(seen, end)
        QTest.keyClick(editor, letter)

    return waited(begin)


def synced(folder: Path) -> float:
    """Milliseconds to append 4 KB to a file and have it on the disk."""
    begun = time.perf_counter()
    with (folder / "bare").open("ab") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())
    return (time.perf_counter() - begun) * 1000


def told(values: list[float], bare: list[float] | None = None) -> dict[str, float]:
    ordered = sorted(values)
    found = {
        "p50_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
    }
    if bare:
        found["bare_p50_ms"] = round(statistics.median(bare), 3)
        found["times_bare"] = round(statistics.median(ordered) / statistics.median(bare), 2)
    return found


def measure(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    from PIL import Image, ImageDraw

    from app.main import application, close_window, log_qt, open_window
    from app.services.local.document_opener import WorkerDocumentOpener
    from app.services.store.store import Store
    from app.tour import pause, wait_until
    from app.workstation import Backends, Settings, build
    from tests.scripted import NoReader, ScriptedProcessor, an_extraction, read_field

    log_qt()
    application()
    fields = [read_field(f"field_{n}", f"value {n}", 0.7 if n % 6 == 0 else 0.97) for n in range(70)]
    opener = WorkerDocumentOpener()
    processor = ScriptedProcessor([an_extraction(*fields)])
    backends = Backends(processor, NoReader(), opener, opener.close_all, opener.warm)
    station = build(Settings(folder / "w", "ada"), os.urandom(32), backends)
    window = open_window(station)
    case_model, pages, screen = window.case_model, window.pages_model, window.intake
    files = []
    for number in range(CASES):
        page = Image.new("L", (1700, 2200), 255)
        for line in range(60):
            ImageDraw.Draw(page).text((160, 40 + 34 * line), f"form {number} line {line}", fill=0)
        files.append(folder / f"{number}.png")
        page.save(files[-1])
    window.intake_model.add_files(files)
    wait_until(lambda: window.queue_model.rowCount() == CASES, "the forms are in the queue", 120)
    wait_until(lambda: not window.intake_model.busy and case_model.case is not None, "they are read", 120)

    def quiet() -> bool:
        return not (window.background.busy or case_model.saving or pages._tiles or pages._in_flight)

    def opened(go: Callable[[], None]) -> tuple[float, float]:
        """Milliseconds until the fields, and until every tile of the page, are painted."""
        shown: list[float] = []
        began = time.perf_counter()

        def begin(end: Callable[[], None]) -> None:
            def fields_shown() -> None:
                shown.append((time.perf_counter() - began) * 1000)

            def tile(*_: object) -> None:
                if not pages._tiles and not pages._in_flight:
                    QTimer.singleShot(0, look)

            def look() -> None:
                if not pages._tiles and not pages._in_flight:
                    pages.tile_drawn.disconnect(tile)
                    screen.page.viewport().repaint()
                    end()

            def fields_there(_: object) -> None:
                case_model.case_opened.disconnect(fields_there)
                Painted(screen.panel.form.card, fields_shown)

            case_model.case_opened.connect(fields_there)
            pages.tile_drawn.connect(tile)
            go()

        sharp = waited(begin)
        pause(THINK_MS)
        wait_until(quiet, "the window is quiet")
        return shown[0], sharp

    wait_until(quiet, "the window is quiet")
    ids = window.queue_model.case_ids
    jumps = [opened(lambda n=n: screen.open_case(ids[(5 * n) % CASES])) for n in range(1, rounds + 1)]
    turns = [opened(lambda: QTest.keyClick(screen.panel.form, Qt.Key.Key_F10)) for _ in range(rounds)]
    asked, drawn = [], []
    document = case_model.case.form_document
    scale = screen.page.state().zoom
    for case_id in ids * 3:
        begun = time.perf_counter()
        station.in_store(station.editing.open, case_id, "ada")
        asked.append((time.perf_counter() - begun) * 1000)
    for _ in range(20):
        begun = time.perf_counter()
        station.pages.render(document.sha256, document.media_type, 0, scale, None, 0)
        drawn.append((time.perf_counter() - begun) * 1000)

    alone = QLineEdit()
    alone.show()
    wait_until(alone.isVisible, "the editor alone is shown")
    window.activateWindow()
    screen.panel.focus_editor()
    keys, bare_keys, durable, known, saved, disk = [], [], [], [], [], []
    commits: list[float] = []
    commit = Store.commit

    def timed(*given: Any, **named: Any) -> None:
        commit(*given, **named)
        commits.append(time.perf_counter())

    monkey = mock.patch.object(Store, "commit", timed)
    monkey.start()
    for number in range(rounds):
        editor = screen.panel.form.card.editor
        for letter in f"abc{number}":
            keys.append(typed(editor, editor.viewport(), letter))
            bare_keys.append(typed(alone, alone, letter))
        wait_until(quiet, "the draft is kept")

        def enter(end: Callable[[], None], editor: QWidget = editor) -> None:
            def saving(pending: int) -> None:
                if pending == 0:
                    case_model.saving_changed.disconnect(saving)
                    end()

            case_model.saving_changed.connect(saving)
            QTest.keyClick(editor, Qt.Key.Key_Return)

        commits.clear()
        changed: list[float] = []
        heard = case_model.case_changed.connect(lambda _, told=changed: told.append(time.perf_counter()))
        began = time.perf_counter()
        saved.append(waited(enter))
        wait_until(lambda told=changed: bool(told), "the change is told")
        case_model.case_changed.disconnect(heard)
        durable.append((commits[0] - began) * 1000)
        known.append((changed[0] - began) * 1000)
        disk.append(synced(folder))
        wait_until(quiet, "the window is quiet")
    monkey.stop()
    alone.close()
    alone.deleteLater()
    close_window(window, station)
    return {
        "open_fields": told([fields for fields, _ in jumps], asked),
        "open_page_sharp": told([sharp for _, sharp in jumps], drawn),
        "next_fields": told([fields for fields, _ in turns], asked),
        "next_page_sharp": told([sharp for _, sharp in turns], drawn),
        "key_to_paint": told(keys, bare_keys),
        "key_to_durable": told(durable, disk),
        "key_to_known": told(known, disk),
        "key_to_all_saved": told(saved, disk),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as made:
        found = measure(Path(made), options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, figures in found.items():
            print(f"{name:16}", "  ".join(f"{k} {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
