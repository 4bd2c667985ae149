"""The program from its entry: a new workspace asks where the work is to be, and connecting starts it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import main
from app.views.widgets.sync.first_start_page import FirstStartPage
from app.views.window import Window
from app.workstation import Settings

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def shown() -> list[Window]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.isVisible()]


def test_a_new_workspace_asks_and_starts_again_after_connecting(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("a passphrase of a test")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(passphrase))
    for name in ("log_qt", "default_log", "stop_on_signals", "tell_bugs", "settle"):  # of the whole process
        monkeypatch.setattr(main, name, lambda *_: None)
    seen: list[tuple[bool, bool]] = []  # is it asked where the work is to be, is it the same window as before
    windows: list[Window] = []

    def look() -> None:
        for window in shown():
            if window.background.busy:
                continue
            seen.append((isinstance(window.doors.currentWidget(), FirstStartPage), window in windows))
            windows.append(window)
            if len(seen) == 1:
                window.sync.gate.first.local.click()
                window.sync.gate.restart_asked.emit()  # as at the end of connecting
            else:
                window.close()

    glance = QTimer(interval=100)
    glance.timeout.connect(look)
    glance.start()
    assert main.run(Settings(tmp_path / "w", "ada")) == 0
    glance.stop()
    assert [asked for asked, _same in seen] == [True, False]
    assert windows[0] is not windows[1]
