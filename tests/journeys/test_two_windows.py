"""Two real windows on one shared queue, a Firestore emulator between them: what one does the other shows."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.tour_walk import wait_until
from tests.emulator import Place, project_name
from tests.window_pair import WAIT, Desk, Pair, pair

pytest_plugins = ("tests.emulator",)
pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.usefixtures("qapp"),
]


@pytest.fixture(scope="module")
def two(firestore_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two desks that stay open; every test has a case of its own on them."""
    place = Place(firestore_address, project_name())
    with pair(tmp_path_factory.mktemp("desks"), place) as made:
        yield made


def test_an_edit_on_one_desk_shows_on_the_other_and_moves_nothing_there(two: Pair) -> None:
    ada, bob = two.ada, two.bob
    case_id = two.a_case()
    bob.open(case_id)
    form = bob.window.intake.panel.form
    bob.type_into("urgency_reason", "severe pa", leave=False)
    cursor = form.card.editor.textCursor().position()
    began = time.monotonic()
    ada.type_into("member_id", "87577992976")
    wait_until(lambda: bob.shown("member_id") == "87577992976", "the edit shows on the other desk", WAIT)
    print(f"an edit showed on the other desk after {time.monotonic() - began:.2f} s")
    # what was being typed on the other desk is as it was
    assert form.open_entry.path == "urgency_reason"
    assert form.card.editor.toPlainText() == "severe pa"
    assert form.card.editor.textCursor().position() == cursor
    assert bob.window.focusWidget() is form.card.editor
    # the field being typed in changes too: a quiet mark, and the typing stays
    ada.type_into("urgency_reason", "acute pain")
    wait_until(lambda: form.open_entry.elsewhere is not None, "the field is marked", WAIT)
    assert "acute pain" in form.open_entry.elsewhere.words
    assert form.card.editor.toPlainText() == "severe pa"
    QTest.keyClick(form.card.editor, Qt.Key.Key_Escape)
    assert form.card.editor.toPlainText() == "acute pain"


def test_a_case_open_on_two_desks_says_so_and_is_taken_over_with_one_key(two: Pair) -> None:
    bob = two.bob
    case_id = two.a_case()
    bob.open(case_id)
    line = bob.window.sync.intake.lease.line
    wait_until(lambda: "Ada has this case open since" in line.words, "the lease is shown", WAIT)
    assert bob.window.intake.queue.card.marks[case_id].holder == "Ada"
    bob.press(Qt.Key.Key_F12)
    wait_until(lambda: not line.words, "the lease is taken over", WAIT)


def test_a_row_of_the_queue_says_who_has_its_case_open(two: Pair) -> None:
    case_id = two.a_case()
    bob = two.bob
    bob.window.show_room("intake")
    bob.come_up()
    wait_until(lambda: case_id in bob.window.queue_model.case_ids, "the case stands in the queue", WAIT)
    bob.walk.settle()

    def holder() -> str:
        mark = bob.window.intake.queue.card.marks.get(case_id)
        return mark.holder if mark is not None else ""

    bob.window.sync._rows[0].look()  # its time comes every five seconds
    wait_until(lambda: holder() == "Ada", "the row says who has it", WAIT)


def test_what_one_desk_verifies_leaves_the_queue_of_the_other(two: Pair) -> None:
    ada, bob = two.ada, two.bob
    case_id = two.a_case()
    wait_until(lambda: case_id in bob.window.queue_model.case_ids, "the case stands in both queues", WAIT)
    ada.come_up()
    panel = ada.window.intake.panel
    panel.focus_editor()
    for _ in range(10):
        if ada.walk.case.confidence.needs_look == 0:
            break
        ada.walk.key(Qt.Key.Key_Return)
    ada.walk.key(Qt.Key.Key_F9)
    wait_until(lambda: case_id not in bob.window.queue_model.case_ids, "it leaves the other queue", WAIT)


def note(desk: Desk) -> str:
    """What stands under the member's id about other desks."""
    entries = desk.window.intake.panel.form.walk.entries
    mark = next(e for e in entries if e.path == "member_id").elsewhere
    return mark.words if mark is not None else ""


def test_the_same_field_edited_apart_is_settled_by_a_person_and_both_desks_agree(two: Pair) -> None:
    ada, bob = two.ada, two.bob
    case_id = two.a_case()
    bob.open(case_id)
    bob.waits_until_sent()
    bob.line.partition()
    bob.type_into("member_id", "87577992978")
    wait_until(lambda: bob.state == "1 change waits for the network", "the desk says it is offline", WAIT)
    ada.type_into("member_id", "87577992979")
    ada.waits_until_sent()
    bob.line.heal()
    bob.press(Qt.Key.Key_F5)  # the list of what waits
    bob.press(Qt.Key.Key_F5)  # try now
    wait_until(lambda: bob.state == "1 conflict", "the conflict is told", WAIT)
    room = bob.window.sync.room
    wait_until(lambda: "1 conflict is to be settled" in bob.window.messages.text, "it is offered", WAIT)
    bob.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)
    wait_until(lambda: bool(room.screen.subjects), "the conflict is shown", WAIT)
    view = room.screen.view
    wait_until(lambda: view.crop.image is not None, "the crop of the page is drawn", WAIT)
    assert (view.mine.side.words.text, view.theirs.side.words.text) == ("87577992978", "87577992979")
    bob.window.show_room("intake")
    entries = bob.window.intake.panel.form.walk.entries
    assert next(e for e in entries if e.path == "member_id").elsewhere.conflict
    assert bob.window.intake.queue.card.marks[case_id].conflicts == 1
    bob.window.sync.show_conflicts()
    for key in (Qt.Key.Key_1, Qt.Key.Key_N, Qt.Key.Key_Return):  # mine, and theirs as a note
        QTest.keyClick(view, key)
    wait_until(
        lambda: ada.shown("member_id") == "87577992978", "what was settled shows on the other desk", WAIT
    )
    assert bob.shown("member_id") == "87577992978"
    wait_until(lambda: not room.screen.subjects, "nothing is left to settle", WAIT)
    wait_until(lambda: "87577992979" in note(ada), "the note stands under the field", WAIT)
    bob.waits_until_sent()
    bob.window.messages._line._button.click()  # Undo
    wait_until(lambda: ada.shown("member_id") == "87577992979", "taking it back shows there too", WAIT)
    bob.window.show_room("intake")
