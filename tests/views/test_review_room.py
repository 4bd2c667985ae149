"""The room of the review over the real services: a request opened, its documents shown, found in and pointed at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.domain.case import Json, ReviewStatus
from app.domain.evidence import Evidence, evidence_at
from app.domain.passage import Span
from app.domain.policy import Policy
from app.views.background import Background
from app.views.review_desk_looking import BATCH
from app.views.review_room import ReviewRoom
from tests.views.review_shop import LABS, NOTE, a_review, attach, keep_words

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Kept:
    """What remembers views, in a dictionary."""

    def __init__(self) -> None:
        self.views: dict[str, Json] = {}
        self.asked: list[Callable[[], None]] = []
        self.at_once = True

    def keep_view(self, key: str, state: Json) -> None:
        self.views[key] = state

    def recall(self, key: str, then: Callable[[Json | None], None]) -> None:
        self.asked.append(lambda: then(self.views.get(key)))
        if self.at_once:
            self.answer()

    def answer(self) -> None:
        """Give the answers that were held back."""
        while self.asked:
            self.asked.pop(0)()


class Visit:
    """The room shown in a window, with what it says."""

    def __init__(self, qtbot: QtBot, station: Any, memory: Kept) -> None:
        self.qtbot, self.station = qtbot, station
        self.background = Background(station.lanes)
        self.room = ReviewRoom(station, self.background, memory, self.background)
        self.screen, self.desk = self.room.screen, self.room.desk
        self.said: list[tuple[str, ...]] = []
        self.room.said.connect(lambda *told: self.said.append(told))
        for half in self.desk.halves.halves:
            half.page.set_animated(False)
        self.screen.resize(1300, 800)
        self.screen.show()
        qtbot.waitUntil(self.screen.isActiveWindow)
        self.screen.enter()
        qtbot.waitUntil(lambda: bool(self.room.queue_model.case_ids))

    @property
    def cases(self) -> tuple[str, ...]:
        return self.room.queue_model.case_ids

    def open(self, case_id: str, documents: int = 0) -> None:
        self.screen.open_case(case_id)
        self.qtbot.waitUntil(lambda: self.room.case_model.case is not None)
        self.qtbot.waitUntil(lambda: (c := self.room.case_model.case) is not None and c.case_id == case_id)
        self.qtbot.waitUntil(lambda: len(self.room.case_model.documents) >= documents)
        self.qtbot.waitUntil(lambda: all(d.source is not None or d.entry.reading for d in self.shown()))
        self.qtbot.waitUntil(lambda: self.room.case_model.material is not None)

    def shown(self) -> tuple[Any, ...]:
        return self.room.case_model.documents

    def titles(self) -> list[str]:
        return [d.entry.title for d in self.shown()]

    def on_show(self, half: int) -> str:
        return self.desk._desks[half].document_id

    def ready(self, half: int) -> bool:
        desk = self.desk._desks[half]
        return desk.half.page.document_id == desk.document_id != ""

    def wait_for(self, half: int, document_id: str) -> None:
        self.qtbot.waitUntil(lambda: self.on_show(half) == document_id and self.ready(half))

    def close(self) -> None:
        self.room.stop()
        self.screen.hide()
        self.qtbot.waitUntil(lambda: not self.background.busy, timeout=10_000)
        delete(self.screen)
        delete(self.background)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=2) as made:
        yield made


@pytest.fixture
def memory() -> Kept:
    return Kept()


@pytest.fixture
def visit(qtbot: QtBot, station: Any, memory: Kept) -> Iterator[Visit]:
    made = Visit(qtbot, station, memory)
    yield made
    made.close()


@pytest.fixture
def notes(visit: Visit) -> str:
    """The id of the notes of the first request, which is open with them, labs and a policy."""
    case_id = visit.cases[0]
    document_id = attach(visit.station, case_id, "note.txt", NOTE)
    attach(visit.station, case_id, "labs.txt", LABS)
    visit.open(case_id, documents=4)
    return document_id


# opening


def test_opening_a_request_makes_it_mine_and_shows_its_documents(visit: Visit, notes: str) -> None:
    case = visit.room.case_model.case
    assert case is not None
    assert (case.assigned_to, case.status) == ("ada", ReviewStatus.IN_PROGRESS)
    assert visit.titles() == ["Progress note", "Lab results", "Imported request", "NCD 280.14"]
    assert visit.screen.showing_case
    assert "External infusion pump" in visit.screen.summary.headline.toolTip()
    assert visit.screen.summary.state.text() == "In progress · you"
    visit.wait_for(0, notes)


def test_a_request_somebody_else_has_is_taken_over_from_the_line_that_says_so(
    visit: Visit, qtbot: QtBot
) -> None:
    case_id = visit.cases[0]
    visit.station.in_store(visit.station.review_queue.open_case, case_id, "ben")
    visit.screen.called = {"ben": "Ben Example, RN", "ada": "Ada"}.__getitem__
    visit.open(case_id)
    assert "Ben Example, RN has had this request since" in visit.screen.notice.text
    assert visit.room.case_model.case.assigned_to == "ben"  # type: ignore[union-attr]
    visit.screen.notice.acted.emit("take_over")
    qtbot.waitUntil(lambda: visit.room.case_model.case.assigned_to == "ada")  # type: ignore[union-attr]
    assert visit.screen.notice.text == ""


def test_a_request_is_given_back_and_the_queue_is_shown(visit: Visit, qtbot: QtBot) -> None:
    visit.open(visit.cases[0])
    case_id = visit.cases[0]
    visit.screen.summary.release_asked.emit()
    qtbot.waitUntil(lambda: not visit.screen.showing_case)
    assert visit.room.case_model.case is None
    row = visit.station.in_store(visit.station.review_queue.rows, (case_id,))[0]
    assert (row.status, row.assigned_to) == (ReviewStatus.IN_QUEUE, "")


def test_the_next_request_is_one_key_away_and_the_queue_another(visit: Visit, qtbot: QtBot) -> None:
    first, second = visit.cases
    left: list[bool] = []
    visit.room.case_left.connect(lambda: left.append(True))
    visit.open(first)
    with qtbot.waitSignal(visit.room.case_model.case_opened):
        visit.room.case_model.take_over()  # the same request: nobody has left it
    assert left == []
    QTest.keyClick(visit.screen, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: visit.room.case_model.case.case_id == second)  # type: ignore[union-attr]
    assert left == [True]
    visit.screen.show_queue()
    assert not visit.screen.showing_case
    assert visit.screen.queue.rows.open_case == second


def test_the_answer_for_a_request_that_was_left_is_dropped(visit: Visit, qtbot: QtBot) -> None:
    first, second = visit.cases
    opened: list[str] = []
    visit.room.case_model.case_opened.connect(lambda told: opened.append(told.case.case_id))
    visit.screen.open_case(first)
    visit.screen.open_case(second)
    qtbot.waitUntil(lambda: bool(opened))
    qtbot.waitUntil(lambda: not visit.background.busy_besides("pages"))
    assert opened == [second]


def test_the_milestones_are_told_with_who_and_when(visit: Visit) -> None:
    visit.open(visit.cases[0])
    panel = visit.screen.summary.milestones
    told = [panel.words(reached) for reached in panel._reached]
    assert told[0].startswith("Received: ")
    assert any(words.startswith("Opened for review: ") and words.endswith(", ada") for words in told)
    assert told[-1].startswith("Decision due: ")


# documents side by side


def test_two_documents_stand_side_by_side_by_key_and_are_remembered(
    visit: Visit, notes: str, memory: Kept, qtbot: QtBot
) -> None:
    policy = visit.shown()[3].document_id
    visit.desk.toggle_split()
    visit.wait_for(1, policy)  # the policy is what notes are read beside
    labs = visit.shown()[1].document_id
    visit.desk.halves.use(0)
    visit.desk.show_number(2)
    visit.wait_for(0, labs)
    visit.desk.halves.halves[0].page.set_percent(150)
    case_id = visit.cases[0]
    qtbot.waitUntil(lambda: f"0:{labs}" in memory.views.get(f"review:{case_id}", {}).get("views", {}))
    visit.open(visit.cases[1])
    visit.open(case_id, documents=4)
    visit.wait_for(0, labs)
    visit.wait_for(1, policy)
    qtbot.waitUntil(lambda: abs(visit.desk.halves.halves[0].page.percent - 150) < 1)


def test_no_document_is_shown_before_it_is_known_how_they_were_left(
    visit: Visit, memory: Kept, qtbot: QtBot
) -> None:
    case_id = visit.cases[0]
    attach(visit.station, case_id, "note.txt", NOTE)
    labs = attach(visit.station, case_id, "labs.txt", LABS)
    memory.views[f"review:{case_id}"] = {"halves": [labs, ""]}
    memory.at_once = False
    shown: list[str] = []
    visit.desk.seen.connect(lambda looks: shown.extend(name for name, *_ in looks))
    visit.open(case_id, documents=3)
    assert visit.on_show(0) == ""
    memory.answer()
    visit.wait_for(0, labs)


def test_a_tab_dropped_on_a_half_is_shown_there(visit: Visit, notes: str) -> None:
    labs = visit.shown()[1].document_id
    visit.desk.halves.document_dropped.emit(0, labs)
    visit.wait_for(1, labs)  # on the only half it opens the other one
    assert visit.on_show(0) == notes
    visit.desk.halves.document_dropped.emit(0, labs)
    visit.wait_for(0, labs)


def test_closing_the_left_half_leaves_what_the_right_one_shows(visit: Visit, notes: str) -> None:
    labs = visit.shown()[1].document_id
    visit.desk.show_document(labs, other=True)
    visit.wait_for(1, labs)
    visit.desk.halves.close_asked.emit(0)
    visit.wait_for(0, labs)
    assert not visit.desk.halves.split


def test_night_is_for_both_halves_and_the_bar_shows_it(visit: Visit, notes: str) -> None:
    visit.desk.set_split(True)
    visit.desk.toggle_night()
    assert all(half.page.night for half in visit.desk.halves.halves)
    assert visit.desk.bar.night_button.isChecked()


# evidence


def test_evidence_opens_its_document_in_the_half_that_shows_it(visit: Visit, notes: str) -> None:
    visit.desk.set_split(True)
    policy = visit.shown()[3].document_id
    visit.wait_for(1, policy)
    source = visit.shown()[0].source
    string = source.page(2)
    start = string.text.index("HbA1c")
    evidence = evidence_at(source, Span(notes, 2, start, start + 12))
    visit.desk.halves.use(1)
    visit.screen.show_evidence(evidence)
    visit.wait_for(0, notes)
    page = visit.desk.halves.halves[0].page
    assert page.pointed_out == ((2, string.boxes(start, start + 12)),)
    assert visit.on_show(1) == policy


def test_notes_and_policy_keep_their_halves_when_other_evidence_is_opened(visit: Visit, notes: str) -> None:
    labs, policy = visit.shown()[1].document_id, visit.shown()[3].document_id
    visit.desk.set_split(True)
    visit.wait_for(1, policy)
    visit.desk.halves.use(0)
    visit.desk.show_document(labs)
    visit.wait_for(0, labs)
    visit.desk.halves.use(1)
    visit.screen.show_evidence(Evidence("Insulin glargine", notes))
    visit.wait_for(0, notes)
    assert visit.on_show(1) == policy


def test_evidence_without_a_place_is_found_by_its_words(visit: Visit, notes: str, qtbot: QtBot) -> None:
    visit.wait_for(0, notes)
    visit.screen.show_evidence(Evidence("insulin GLARGINE at bedtime", notes))
    page = visit.desk.halves.halves[0].page
    qtbot.waitUntil(lambda: bool(page.pointed_out))
    assert page.pointed_out[0][0] == 1


def test_a_clause_of_a_policy_is_found_in_its_text(visit: Visit, notes: str, qtbot: QtBot) -> None:
    policy: Policy = visit.room.case_model.policies[0]
    clause = policy.leaves()[0].clause
    visit.screen.show_evidence(Evidence(clause, policy.key))
    visit.wait_for(0, policy.key)
    qtbot.waitUntil(lambda: bool(visit.desk.halves.halves[0].page.pointed_out))


def test_a_policy_that_is_not_among_the_documents_is_fetched(visit: Visit, notes: str) -> None:
    other = next(p for p in visit.station.policies.policies() if p.policy_id != "ncd_280_14")
    visit.screen.show_document(other.key)
    visit.wait_for(0, other.key)
    assert visit.room.case_model.shown(other.key) is not None


def test_going_back_returns_over_documents_and_forward_again(visit: Visit, notes: str) -> None:
    labs = visit.shown()[1].document_id
    visit.wait_for(0, notes)
    visit.desk.show_document(labs)
    visit.wait_for(0, labs)
    visit.desk.go_back()
    visit.wait_for(0, notes)
    visit.desk.go_forward()
    visit.wait_for(0, labs)
    visit.desk.go_forward()
    assert visit.on_show(0) == labs


def test_words_of_an_imported_request_are_quoted_by_its_own_lines(visit: Visit, notes: str) -> None:
    request = visit.shown()[2]
    visit.desk.show_document(request.document_id)
    visit.wait_for(0, request.document_id)
    chosen: list[Evidence] = []
    visit.desk.pin_asked.connect(chosen.append)
    page = visit.desk.halves.halves[0].page
    start = request.source.strings[0].text.index("Insulin glargine")
    page.choose(Span(request.document_id, 1, start, start + len("Insulin glargine")))
    assert visit.desk.halves.half.act("pin")
    material = visit.room.case_model.material
    assert material is not None
    source = material.document("request")
    assert source is not None
    assert chosen[0].span is not None
    assert chosen[0].box is None, "its lines stand on no page"
    string = source.page(1)
    assert string is not None
    assert string.text[chosen[0].span.start : chosen[0].span.end] == "Insulin glargine"


def test_what_is_pinned_is_with_the_case(visit: Visit, notes: str, qtbot: QtBot) -> None:
    visit.wait_for(0, notes)
    page = visit.desk.halves.halves[0].page
    text = visit.shown()[0].source.strings[0].text
    start = text.index("Insulin glargine")
    page.choose(Span(notes, 1, start, start + 16))
    visit.desk.halves.half.act("pin")

    def pinned() -> bool:
        material = visit.station.in_store(visit.station.material.material, visit.cases[0])
        return [e.quote for _, e in material.pins] == ["Insulin glargine"]

    qtbot.waitUntil(pinned)


# finding


def test_find_counts_in_every_document_and_steps_through_them(visit: Visit, notes: str, qtbot: QtBot) -> None:
    visit.wait_for(0, notes)
    visit.desk.open_find()
    QTest.keyClicks(visit.desk.find_bar.edit, "HbA1c")
    model = visit.room.find_model
    counts = {chip.count.document_id: chip.count.count for chip in visit.desk.find_bar.chips}
    assert counts[notes] == 1
    assert [found.span.page for found in model.places if found.span.document_id == notes] == [2]
    QTest.keyClick(visit.desk.find_bar.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(visit.desk.find_bar.edit, "a1c 8.4")
    labs = visit.shown()[1].document_id
    qtbot.waitUntil(lambda: {f.span.document_id for f in model.places} >= {notes, labs})
    while model.places[model.current].span.document_id != labs:
        visit.desk.find_next()
    visit.wait_for(0, labs)
    assert "of" in visit.desk.find_bar.told.text()
    QTest.keyClick(visit.desk.find_bar.edit, Qt.Key.Key_Escape)
    assert visit.desk.find_bar.isHidden()
    assert model.places == ()


def test_find_goes_on_with_text_that_is_read_meanwhile(visit: Visit, qtbot: QtBot) -> None:
    case_id = visit.cases[0]
    document_id = attach(visit.station, case_id, "note.txt", NOTE, read=False)
    visit.open(case_id, documents=2)
    visit.desk.open_find()
    visit.desk.find_bar.edit.setText("glargine at bedtime")
    assert not [f for f in visit.room.find_model.places if f.span.document_id == document_id]
    assert "so far" in visit.desk.find_bar.told.text()
    keep_words(visit.station, NOTE)
    qtbot.waitUntil(
        lambda: [f.span.document_id for f in visit.room.find_model.places] == [document_id], timeout=8000
    )


def test_a_cutting_around_a_place_has_whole_words(visit: Visit, notes: str) -> None:
    visit.room.find_model.find("months")
    place = next(f.place for f in visit.room.find_model.places if f.span.document_id == notes)
    assert place.match == "months"
    assert place.before.startswith("… ")
    assert place.before.removeprefix("… ").split()[0] in NOTE.split()


# what was looked at


def test_what_was_before_the_eyes_is_kept_for_the_receipt(visit: Visit, notes: str, qtbot: QtBot) -> None:
    visit.wait_for(0, notes)
    for _ in range(BATCH):
        visit.desk._looking.tick()

    def looked() -> bool:
        receipts = visit.station.review.receipts
        looks = visit.station.in_store(receipts.looks, visit.cases[0], "ada")
        return any(look.document == notes and look.page == 1 and look.seconds >= BATCH for look in looks)

    qtbot.waitUntil(looked)


def test_nothing_counts_as_looked_at_while_the_room_is_not_shown(visit: Visit, notes: str) -> None:
    visit.wait_for(0, notes)
    visit.screen.show_queue()
    assert visit.desk._in_sight() == () or not visit.desk.isVisible()
    told: list[object] = []
    visit.desk.seen.connect(told.append)
    visit.screen.hide()
    for _ in range(BATCH):
        visit.desk._looking.tick()
    assert told == []


# documents that come


def test_files_dropped_on_a_request_are_attached(visit: Visit, tmp_path: Path, qtbot: QtBot) -> None:
    visit.open(visit.cases[0])
    path = tmp_path / "late note.txt"
    path.write_text(NOTE, encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(200, 200), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    visit.screen.dropEvent(event)
    qtbot.waitUntil(lambda: any("is attached" in told[1] for told in visit.said))
    qtbot.waitUntil(lambda: any(d.file.kind == "clinical" for d in visit.shown()))
    visit.screen.dropEvent(event)
    qtbot.waitUntil(lambda: any("there already" in told[1] for told in visit.said))


def test_a_file_that_cannot_be_read_is_told_in_words(visit: Visit, tmp_path: Path, qtbot: QtBot) -> None:
    visit.open(visit.cases[0])
    visit.room.attach([str(tmp_path / "gone.pdf")])
    qtbot.waitUntil(lambda: any("gone.pdf cannot be read" in told[1] for told in visit.said))


def test_a_document_that_waits_is_accepted_into_the_request_it_names(visit: Visit, qtbot: QtBot) -> None:
    case_id = visit.cases[0]
    wait_with(visit, "Progress note\nPatient: somebody", (case_id,))
    visit.room.waiting_model.look()
    qtbot.waitUntil(lambda: "1 document waits" in visit.screen.waiting_line.text, timeout=8000)
    visit.screen.show_waiting_page()
    (card,) = visit.screen.waiting.cards
    assert card.rows[0].hasFocus()
    QTest.keyClick(card.rows[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any("is attached" in told[1] for told in visit.said), timeout=8000)
    document = visit.station.in_store(visit.station.store.case_document, case_id)
    assert [entry["name"] for entry in document["documents"].values()] == ["fax.txt"]
    qtbot.waitUntil(lambda: visit.screen.waiting_line.text == "")


def test_a_document_that_belongs_nowhere_is_refused_with_a_reason(visit: Visit, qtbot: QtBot) -> None:
    wait_with(visit, "An advertisement", ())
    visit.room.waiting_model.look()
    qtbot.waitUntil(lambda: bool(visit.screen.waiting.cards), timeout=8000)
    visit.screen.show_waiting_page()
    (card,) = visit.screen.waiting.cards
    QTest.keyClick(card, Qt.Key.Key_Delete)
    assert card.reason.isVisible()
    QTest.keyClick(card.reason, Qt.Key.Key_Return)  # without words nothing is refused
    assert visit.station.in_store(visit.station.clinical.waiting)
    QTest.keyClicks(card.reason, "advertisement")
    QTest.keyClick(card.reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not visit.station.in_store(visit.station.clinical.waiting))


def wait_with(visit: Visit, text: str, cases: tuple[str, ...]) -> None:
    """A document that waits, with the requests that are proposed for it."""
    station = visit.station
    content = text.encode()
    prepared = station.attaching.prepare(content)
    keep_words(station, text)

    def put() -> None:
        rows = station.store.review_rows(cases)
        body = {
            "name": "fax.txt",
            "sha256": prepared.sha256,
            "media_type": prepared.media_type,
            "page_count": prepared.page_count,
            "received_at": "2026-11-20T09:00:00.000000Z",
            "reading": False,
            "unreadable": False,
            "reason": {"text": "One open request may be meant.", "next_step": "Look.", "code": "one_case"},
            "proposals": [[row.case_id, row.receipt, 0.8, ["member_id", "name"], False] for row in rows],
        }
        station.store.waiting_documents.put("w1", prepared.sha256, body)

    station.in_store(put)


def test_the_layout_is_put_back_and_no_request_is_opened_by_it(
    visit: Visit, notes: str, qtbot: QtBot
) -> None:
    visit.screen.splitter.setSizes([700, 600])
    visit.room.side.show_tab("history")
    layout = visit.room.layout_now()
    assert layout["case"] == visit.cases[0]
    visit.screen.splitter.setSizes([900, 400])
    visit.room.side.show_tab("recommendation")
    visit.room.put_back({**layout, "mine": True})
    assert visit.room.side.tabs.current == "history"
    assert visit.screen.splitter.sizes()[0] == layout["sizes"][0]
    assert visit.screen.queue.mine.isChecked()


def test_a_click_on_the_clock_opens_the_milestones(visit: Visit) -> None:
    visit.open(visit.cases[0])
    QTest.mouseClick(visit.screen.summary.clock, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert visit.screen.summary.milestones.isVisible()
    QTest.keyClick(visit.screen.summary.milestones, Qt.Key.Key_Escape)
    assert not visit.screen.summary.milestones.isVisible()


def test_the_page_of_a_policy_says_its_version_and_since_when(visit: Visit, notes: str) -> None:
    policy = visit.shown()[3].document_id
    visit.desk.show_document(policy)
    visit.wait_for(0, policy)
    assert visit.desk.halves.halves[0].head.words.startswith("NCD 280.14 p. 1 · version ")
    assert "effective" in visit.desk.halves.halves[0].head.words


def test_in_a_narrow_window_the_plan_goes_before_what_is_asked_for_whom(visit: Visit) -> None:
    visit.open(visit.cases[0])
    summary = visit.screen.summary
    visit.screen.resize(1300, 800)
    assert summary.plan.isVisible()
    summary._summary = None
    summary.headline.set_words("A service with a very long description " * 3, "Somebody with a long name, 47")
    summary._fit()
    assert not summary.plan.isVisible()


def test_control_p_pins_from_the_documents_and_from_nowhere_beside_them(visit: Visit, notes: str) -> None:
    visit.wait_for(0, notes)
    pinned: list[Evidence] = []
    visit.desk.pin_asked.connect(pinned.append)
    page = visit.desk.halves.halves[0].page
    page.choose(Span(notes, 1, 0, 13))
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert [e.quote for e in pinned] == ["Progress note"]
    editor = visit.room.side.prompt.editor
    visit.qtbot.waitUntil(visit.room.side.isEnabled)
    editor.setFocus()
    visit.qtbot.waitUntil(editor.hasFocus)
    QTest.keyClick(editor, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert len(pinned) == 1
