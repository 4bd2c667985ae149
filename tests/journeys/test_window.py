"""The window, as a case manager uses it: real keys and mouse into the real window over the real store.

Only what stands on the form is given; its page is a real picture, opened by a real worker process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.box import Box
from app.domain.case import IntakeStatus
from app.domain.extraction import Word
from app.domain.form import FieldKind, FieldState
from app.main import application, close_window, open_window
from app.services.local.document_opener import WorkerDocumentOpener
from app.tour import Walk, wait_until
from app.workstation import Backends, Settings, build
from tests.scripted import ScriptedProcessor, a_pdf, a_workstation, an_extraction, read_field

NAME = read_field("patient_name", "Ada Example", 0.99, FieldKind.NAME)
BORN = read_field("patient_dob", "01/02/198O", 0.62, FieldKind.DATE)
NPI = read_field("requesting_provider_npi", "237458669", 0.97, FieldKind.NPI)
REASON = read_field("urgency_reason", "pain", 0.80)
FIELDS = (NAME, BORN, NPI, REASON)


class OneWord:
    """Reads the same word wherever the band is drawn."""

    def read_region(self, document, page, box):
        return (Word("Bob", Box(0.1, 0.1, 0.2, 0.12)), Word("Banks", Box(0.1, 0.13, 0.2, 0.15)))


def a_page(path: Path, mark: str) -> Path:
    page = Image.new("L", (850, 1100), 255)
    ImageDraw.Draw(page).text((80, 120), f"A form of a test {mark}", fill=0)
    page.save(path)
    return path


@dataclass
class Desk:
    """A folder to work in, and windows opened on its workspace one after the other."""

    folder: Path
    key: bytes
    processor: ScriptedProcessor
    opened: list

    def open(self) -> Walk:
        opener = WorkerDocumentOpener()
        backends = Backends(self.processor, OneWord(), opener, opener.close_all, opener.warm)
        application()
        station = build(Settings(self.folder / "w", "ada"), self.key, backends)
        window = open_window(station)
        self.opened.append((window, station))
        walk = Walk(window, station)
        wait_until(window.isVisible, "the window opens")
        walk.settle()
        return walk

    def close(self) -> None:
        while self.opened:
            close_window(*self.opened.pop())

    def take_in(self, walk: Walk, *marks: str) -> None:
        """Files arrive and are read; the first one opens by itself."""
        paths = [a_page(self.folder / f"{mark}.png", mark) for mark in marks]
        walk.window.intake_model.add_files(paths)
        wait_until(
            lambda: walk.window.queue_model.rowCount() == len(marks), "the arrivals stand in the queue"
        )
        wait_until(lambda: not walk.window.intake_model.busy, "everything is read")
        wait_until(lambda: walk.window.case_model.case is not None, "the first case opens")
        walk.settle()
        walk.window.intake.panel.focus_editor()


@pytest.fixture
def desk(qapp, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, os.urandom(32), ScriptedProcessor([an_extraction(*FIELDS)]), [])
    yield made
    made.close()


def test_a_dropped_file_is_in_the_queue_with_its_receipt(desk: Desk) -> None:
    walk = desk.open()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(a_page(desk.folder / "dropped.png", "dropped")))])
    drop = QDropEvent(
        QPointF(20, 20),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    walk.window.intake.queue.dropEvent(drop)
    wait_until(lambda: walk.window.queue_model.rowCount() == 1, "the arrival stands in the queue")
    wait_until(lambda: not walk.window.intake_model.busy, "it is read")
    wait_until(lambda: walk.window.case_model.case is not None, "it opens")
    walk.settle()
    assert walk.case.receipt.startswith("R-")
    assert walk.case.patient == "Ada Example"


def test_a_file_put_into_the_watched_folder_is_taken_in_and_removed(desk: Desk) -> None:
    walk = desk.open()
    watched = walk.workstation.settings.watched_folder
    a_page(desk.folder / "made.png", "watched").rename(watched / "fax.png")
    wait_until(lambda: walk.window.queue_model.rowCount() == 1, "the arrival stands in the queue")
    wait_until(lambda: not (watched / "fax.png").exists(), "the file is gone from the folder")
    wait_until(lambda: not walk.window.intake_model.busy, "it is read")
    walk.settle()
    case_id = walk.window.queue_model.case_ids[0]
    name, content = walk.workstation.in_store(walk.workstation.intake.content, case_id)
    assert name == "fax.png"
    assert content.startswith(b"\x89PNG")


def test_the_dearest_doubt_is_open_first_and_enter_walks_through_them(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    panel = walk.window.intake.panel
    seen = []
    for _ in range(3):
        seen.append(panel.selected_path)
        walk.key(Qt.Key.Key_Return)
    assert set(seen) == {"patient_dob", "requesting_provider_npi", "urgency_reason"}
    assert seen[0] == "patient_dob"
    assert walk.case.confidence.needs_look == 0
    assert walk.field("patient_name").state is FieldState.UNSEEN  # it was sure: nobody had to look


def test_enter_on_the_card_of_the_open_case_goes_to_its_fields(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.queue.list.setFocus()
    walk.key(Qt.Key.Key_Return)
    assert walk.window.intake.panel.isAncestorOf(walk.hand)


def test_a_typed_correction_is_stored_and_ctrl_z_takes_it_back(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.panel.select("patient_name")
    walk.key(Qt.Key.Key_F2)
    walk.type(" Jr")
    walk.key(Qt.Key.Key_Return)
    assert walk.field("patient_name").current == "Ada Example Jr"
    assert walk.field("patient_name").value == "Ada Example"
    walk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert walk.field("patient_name").current == "Ada Example"
    walk.key(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert walk.field("patient_name").current == "Ada Example Jr"


def test_one_key_takes_what_a_rule_suggests(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.panel.select("patient_dob")
    walk.key(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert walk.field("patient_dob").current == "01/02/1980"
    assert walk.field("patient_dob").warnings == ()


def test_what_is_typed_is_there_again_after_the_window_is_closed(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    panel = walk.window.intake.panel
    panel.select("urgency_reason")
    walk.key(Qt.Key.Key_F2)
    walk.type("ful")
    walk.key(Qt.Key.Key_Left)
    walk.window.intake.page.zoom_in()
    walk.settle()
    zoom = walk.window.intake.page.state().zoom
    draft = walk.workstation.in_store(walk.workstation.store.drafts, walk.case.case_id)["urgency_reason"]
    assert (draft.text, draft.cursor) == ("painful", 6)
    desk.opened.clear()  # as if killed: nothing is told to the window that it ends
    walk.window.background.close()
    walk.workstation.close()
    walk.window.deleteLater()
    QApplication.sendPostedEvents()
    again = desk.open()
    wait_until(lambda: again.window.case_model.case is not None, "the case opens again")
    wait_until(lambda: bool(again.window.intake.page.document_id), "its page opens again")
    again.settle()
    editor = again.window.intake.panel.form.card.editor
    assert again.window.intake.panel.selected_path == "urgency_reason"
    assert (editor.draft().text, editor.draft().cursor) == ("painful", 6)
    assert again.window.intake.page.state().zoom == pytest.approx(zoom)


def test_verifying_is_refused_inline_until_everything_was_looked_at(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a", "b")
    first = walk.case.case_id
    walk.key(Qt.Key.Key_F9)
    assert walk.case.intake_status is IntakeStatus.NEEDS_REVIEW
    assert "3 fields" in walk.window.intake.panel.message.text
    for _ in range(3):
        walk.key(Qt.Key.Key_Return)
    walk.key(Qt.Key.Key_F9)
    verified = walk.workstation.in_store(walk.workstation.intake.case, first)
    assert verified.intake_status is IntakeStatus.VERIFIED
    assert walk.case.case_id != first  # and on to the next case
    assert "is verified" in walk.window.messages.text


def test_a_verified_case_can_be_taken_back_from_the_line_that_told_it(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a", "b")
    first = walk.case.case_id
    for _ in range(3):
        walk.key(Qt.Key.Key_Return)
    walk.key(Qt.Key.Key_F9)
    walk.window.messages.acted.emit(f"take_back:{first}")
    walk.settle()
    assert walk.case.case_id == first
    assert walk.case.intake_status is IntakeStatus.NEEDS_REVIEW


def test_a_rubber_band_puts_what_is_printed_there_into_the_selected_field(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.panel.select("patient_name")
    walk.settle()
    walk.drag(1, Box(0.1, 0.1, 0.5, 0.2))
    wait_until(
        lambda: walk.field("patient_name").state is FieldState.CORRECTED, "the words land in the field"
    )
    walk.settle()
    assert walk.field("patient_name").current == "Bob Banks"
    assert walk.window.intake.panel.selected_path != "patient_name"  # the cursor moved on


def test_an_unreadable_file_stays_in_the_queue_and_says_why(desk: Desk) -> None:
    walk = desk.open()
    (desk.folder / "empty.pdf").write_bytes(b"")
    walk.window.intake_model.add_files([desk.folder / "empty.pdf"])
    wait_until(lambda: walk.window.queue_model.rowCount() == 1, "it stands in the queue")
    walk.settle()
    walk.click_case(walk.window.queue_model.case_ids[0])
    wait_until(lambda: walk.window.case_model.case is not None, "it opens")
    walk.settle()
    assert walk.case.reason is not None
    assert walk.case.reason.text == "The file is empty."


def test_the_same_file_twice_is_told_and_opened(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake_model.add_files([desk.folder / "a.png"])
    wait_until(lambda: "received before" in walk.window.messages.text, "it is told")
    walk.settle()
    assert walk.window.queue_model.rowCount() == 1


def test_a_file_that_is_not_there_is_told_in_a_sentence(desk: Desk) -> None:
    walk = desk.open()
    walk.window.intake_model.add_files([desk.folder / "gone.pdf"])
    wait_until(lambda: "not there any more" in walk.window.messages.text, "it is told")
    assert not walk.window.intake_model.busy


def test_page_down_scrolls_the_page_while_the_keyboard_is_in_a_field(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    page = walk.window.intake.page
    page.set_percent(300)
    page.go_to_start()
    walk.settle()
    before = page.state()
    QTest.keyClick(walk.hand, Qt.Key.Key_PageDown)
    wait_until(lambda: page.state().offset_y > before.offset_y, "the page scrolls")
    assert walk.window.intake.panel.selected_path == "patient_dob"


def test_a_case_that_another_program_took_in_appears_in_the_queue(desk: Desk) -> None:
    walk = desk.open()
    with a_workstation(desk.folder / "w", key=desk.key) as other:
        other.in_store(other.intake.arrive, a_pdf(), "other.pdf", "bob")
    wait_until(lambda: walk.window.queue_model.rowCount() == 1, "the other program's case appears")


def test_words_clicked_one_after_the_other_make_one_answer(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.panel.select("patient_name")
    walk.settle()
    for text in ("Bob", "Banks"):
        walk.window.intake.page.word_clicked.emit(1, Word(text, Box(0.1, 0.1, 0.2, 0.12)))
    walk.key(Qt.Key.Key_Return)
    assert walk.field("patient_name").current == "Bob Banks"


def test_the_choice_to_list_all_cases_is_kept(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a")
    walk.window.intake.queue.statuses_changed.emit(())
    walk.settle()
    desk.close()
    again = desk.open()
    assert again.window.queue_model.query.statuses == ()


def test_ctrl_z_takes_a_verification_back_although_the_next_case_is_open(desk: Desk) -> None:
    walk = desk.open()
    desk.take_in(walk, "a", "b")
    first = walk.case.case_id
    for _ in range(3):
        walk.key(Qt.Key.Key_Return)
    walk.key(Qt.Key.Key_F9)
    assert walk.case.case_id != first
    walk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert walk.case.case_id == first
    assert walk.case.intake_status is IntakeStatus.NEEDS_REVIEW
    assert walk.field("patient_dob").state is FieldState.CONFIRMED  # only the verification was taken back
