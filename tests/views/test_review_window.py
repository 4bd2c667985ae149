"""The window's rooms of the review and the search: built when they are entered, remembered when it closes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.domain.errors import Rejected
from app.views.background import Background
from app.views.models.review_folder_model import ReviewFolderModel
from app.views.widgets.rail import RailButton
from app.views.window import DESK, Window
from tests.views.review_shop import NoReader, a_review

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=2, documents=NoReader()) as made:
        yield made


@pytest.fixture
def window(qtbot: QtBot, station: Any) -> Iterator[Window]:
    background = Background(station.lanes)
    made = Window(station, background)
    made.show()
    with qtbot.waitSignal(made.ready):
        made.start()
    yield made
    made.close()
    qtbot.waitUntil(lambda: not background.busy, timeout=10_000)
    background.close()
    delete(made)
    delete(background)
    QApplication.sendPostedEvents()


def badge(window: Window, name: str) -> int:
    button = window.rail.findChild(RailButton, f"page_{name}")
    assert button is not None
    return button._count


def test_nothing_of_the_review_is_loaded_on_the_way_to_the_window() -> None:
    code = (
        "import sys, app.main; "
        "late = [m for m in sys.modules if m.startswith(('app.views.review', 'app.views.search',"
        " 'app.views.widgets.review', 'app.views.widgets.guideline', 'app.services.review_room',"
        " 'app.services.local', 'httpx', 'google.genai', 'yaml'))]; "
        "sys.exit(', '.join(late) or 0)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_rail_tells_how_much_waits_before_the_room_is_built(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: badge(window, "review") == 2)
    assert "review" not in window.__dict__


def test_the_badge_counts_what_is_nobodys_and_what_is_mine(
    window: Window, station: Any, qtbot: QtBot
) -> None:
    window.show_room("review")
    room = window.review
    qtbot.waitUntil(lambda: len(room.queue_model.case_ids) == 2)
    first, second = room.queue_model.case_ids
    station.in_store(station.review_queue.open_case, second, "ben")
    room.screen.open_case(first)
    qtbot.waitUntil(lambda: badge(window, "review") == 1)
    assert window.messages._over is room.screen.floor


def test_how_the_review_is_laid_out_survives_a_restart(window: Window, station: Any, qtbot: QtBot) -> None:
    window.show_room("review")
    room = window.review
    room.screen.queue.statuses.chips["in_progress"].click()
    room.screen.queue.head.sort_asked.emit(True)
    window.close()

    def kept() -> bool:
        desk = station.in_store(station.store.recall, DESK) or {}
        return desk.get("review", {}).get("statuses") == ["in_progress"] and desk["review"]["descending"]

    qtbot.waitUntil(kept)


def test_what_another_program_wrote_is_shown(window: Window, station: Any, qtbot: QtBot) -> None:
    window.show_room("review")
    room = window.review
    qtbot.waitUntil(lambda: len(room.queue_model.case_ids) == 2)
    case_id = room.queue_model.case_ids[0]
    room.screen.open_case(case_id)
    qtbot.waitUntil(lambda: room.case_model.case is not None)
    station.in_store(station.review_queue.take_over, case_id, "ben")
    window.intake_model.others_wrote.emit()
    qtbot.waitUntil(lambda: "ben has had this request" in room.screen.notice.text)


def test_the_search_has_a_room_of_its_own(window: Window) -> None:
    window.messages.say("sure", "Pended and recorded under your name.")
    window.show_room("search")
    assert window.rooms.currentWidget() is window.search
    assert window.messages.text == ""  # what was said of a case is not said over another room
    window.show_room("intake")
    assert window.rooms.currentWidget() is window.intake


def test_a_document_put_into_its_folder_waits_for_a_request(
    window: Window, station: Any, qtbot: QtBot
) -> None:
    window.clinical._timer.setInterval(20)
    (station.clinical.folder / "fax.txt").write_text("Progress note of somebody", encoding="utf-8")
    window.clinical.start()
    qtbot.waitUntil(lambda: "fax.txt" in window.messages.text, timeout=10_000)
    (waiting,) = station.in_store(station.clinical.waiting)
    assert waiting.name == "fax.txt"
    assert not (station.clinical.folder / "fax.txt").exists()


class Stuck:
    """A folder with one file that cannot be taken in."""

    def __init__(self) -> None:
        self.tried = 0

    def look(self) -> tuple[Path, ...]:
        return (Path("stuck.pdf"),)

    def take_in_file(self, path: Path, by: str) -> Any:
        self.tried += 1
        raise Rejected("It cannot be read.", "Look at its rights.")

    def resume(self) -> tuple[Any, ...]:
        return ()


def test_a_file_that_stays_is_told_once(station: Any, qtbot: QtBot) -> None:
    background = Background(station.lanes)
    folder = Stuck()
    model = ReviewFolderModel(folder, background)
    told: list[object] = []
    model.refused.connect(told.append)
    for _ in range(3):
        model.look()
        qtbot.waitUntil(lambda: not background.busy)
    assert (folder.tried, len(told)) == (1, 1)
    delete(model)
    delete(background)
