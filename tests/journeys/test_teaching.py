"""A form is taught through the window: real keys and mouse into the real window over the real store.

What is found on the example is given, except where it is said; its page is a real picture, opened by a
real worker process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.box import Box
from app.domain.errors import Cancelled
from app.domain.extraction import Document, Extraction, FormExtraction, Part
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.processor import Anchor, FormDefinition, from_json
from app.domain.processor_version import VersionState
from app.domain.proposal import Proposal, ProposedField, ProposedPage, ProposedSection
from app.main import application, close_window, open_window
from app.resource import resource
from app.services.local.document_opener import WorkerDocumentOpener
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import Progress, Watch
from app.services.sample_layout import Slot
from app.services.sample_taught import home_health_request, make_taught
from app.tour import Walk, wait_until
from app.views.models.draft_model import DAMAGES
from app.views.models.trial import READ
from app.views.teach_desk import ZONES, TeachDesk
from app.views.widgets.teach.form_type import DRAFT, IN_FORCE
from app.workstation import Backends, Settings, build
from tests.scripted import NoReader, ScriptedProcessor, an_extraction, read_field

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SIZE = (1700.0, 2200.0)


def printed(*texts: str) -> tuple[Anchor, ...]:
    """Texts down the left edge, so many that the page can be recognized."""
    more = [f"Printed line number {n}" for n in range(24 - len(texts))]
    return tuple(
        Anchor(text, Box(0.05, 0.03 + n * 0.039, 0.30, 0.045 + n * 0.039))
        for n, text in enumerate((*texts, *more))
    )


PROPOSAL = Proposal(
    (
        ProposedPage(
            1,
            SIZE,
            printed("A request of a test", "Member name:", "Birth date:", "Fax:"),
            (ProposedSection("Member", 0.0),),
            (
                ProposedField(Box(0.35, 0.06, 0.60, 0.085), FieldKind.NAME, "Patient name", "cell"),
                ProposedField(Box(0.35, 0.10, 0.60, 0.125), FieldKind.TEXT, "Birth date", "cell"),
                ProposedField(Box(0.70, 0.30, 0.72, 0.315), FieldKind.TICK_BOX, "Standard", "box", "Review"),
                ProposedField(Box(0.80, 0.30, 0.82, 0.315), FieldKind.TICK_BOX, "Urgent", "box", "Review"),
                ProposedField(Box(0.35, 0.50, 0.60, 0.525), FieldKind.TEXT, "Not a field at all", "gap"),
            ),
        ),
    ),
    ("A request of a test",),
)


@dataclass
class ScriptedTeacher:
    """Proposes what it is told to, and reads whatever it is asked to try: a word in every field."""

    proposal: Proposal = PROPOSAL
    recognized: bool = True
    tried: list[tuple[str, FormDefinition]] = field(default_factory=list)

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        if watch is not None:
            watch(Progress(0, 1))
        return self.proposal

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        self.tried.append((document.document_id, definition))
        if watch is not None:
            watch(Progress(0, 1))
        fields = tuple(
            FormField(
                f.name, f.label, f.section, f.kind, f.kind is FieldKind.TICK_BOX or "read", 0.95, 0.99,
                Source.RECOGNIZED, page=f.page, box=f.zone,
            )
            for f in definition.fields
        )  # fmt: skip
        form = FormExtraction(definition.form_type, definition.version, (1,), fields)
        return Extraction(1, (form,) if self.recognized else (), (Part("form", (1,)),))

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        return Document(document.document_id, document.media_type, document.content + kind.encode())


class Hands:
    """A person at the window: every click, key and drag is counted as one action."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.actions = 0

    @property
    def desk(self) -> TeachDesk:
        return self.walk.window.teach.screen.desk

    @property
    def form(self) -> FormDefinition:
        found = self.walk.window.teach.draft.definition
        assert found is not None
        return found

    def settle(self) -> None:
        wait_until(lambda: not self.walk.window.background.busy, "the program comes to rest")

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        self.actions += 1
        QTest.keyClick(self.walk.hand, key, held)

    def type(self, text: str) -> None:
        self.actions += len(text)
        QTest.keyClicks(self.walk.hand, text)

    def click(self, widget: QWidget, at: QPoint | None = None, held: Qt.KeyboardModifier = NONE) -> None:
        self.actions += 1
        QTest.mouseClick(widget, LEFT, held, at or widget.rect().center())

    def click_zone(self, ref: str) -> None:
        self.desk.canvas.choose((), reveal=False)
        self.bring(ref)
        self.click(self.desk.canvas.viewport(), self.desk.canvas.zone_rect(ref).center().toPoint())

    def bring(self, ref: str) -> None:
        """The wheel brings a place into sight; looking is not counted."""
        zone = next(f for f in self.form.fields if f.name == ref)
        self.reach(zone.zone)

    def reach(self, box: Box) -> None:
        canvas = self.desk.canvas
        rect = canvas.page_rect(0, box)
        middle = rect.center().y() - canvas.viewport().height() / 2
        canvas.verticalScrollBar().setValue(round(canvas.verticalScrollBar().value() + middle))

    def drag(self, box: Box, held: Qt.KeyboardModifier = NONE) -> None:
        self.actions += 1
        self.reach(box)
        canvas = self.desk.canvas
        rect, view = canvas.page_rect(0, box), canvas.viewport()
        start, end = rect.topLeft().toPoint(), rect.bottomRight().toPoint()
        QTest.mousePress(view, LEFT, held, start)
        for step in range(1, 6):
            QTest.mouseMove(view, start + (end - start) * step / 5)
        QTest.mouseRelease(view, LEFT, held, end)

    def drag_zone(self, ref: str, by: QPoint) -> None:
        self.actions += 1
        canvas = self.desk.canvas
        at, view = canvas.zone_rect(ref).center().toPoint(), canvas.viewport()
        QTest.mousePress(view, LEFT, NONE, at)
        for step in range(1, 6):
            QTest.mouseMove(view, at + by * step / 5)
        QTest.mouseRelease(view, LEFT, NONE, at + by)

    def drop(self, widget: QWidget, *paths: Path) -> None:
        self.actions += 1
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])
        widget.dropEvent(QDropEvent(QPointF(40, 40), Qt.DropAction.CopyAction, data, LEFT, NONE))

    def enter(self) -> None:
        self.walk.window.show_room("teach")
        self.settle()

    def teach(self, path: Path) -> None:
        """The room, and an example dropped on it."""
        self.enter()
        self.drop(self.walk.window.teach.screen.types, path)
        wait_until(lambda: self.walk.window.teach.draft.draft is not None, "the draft opens")
        self.settle()
        wait_until(lambda: self.desk.canvas.document_id != "", "the page opens")
        self.desk.canvas.set_animated(False)
        self.settle()


@dataclass
class Room:
    """A folder to work in, and windows opened on its workspace one after the other."""

    folder: Path
    key: bytes
    processor: ScriptedProcessor
    teacher: ScriptedTeacher
    used: list[tuple[str, ...]]
    opened: list

    def open(self) -> Hands:
        opener = WorkerDocumentOpener()

        def use(definitions: tuple[FormDefinition, ...], _calibrations: object) -> None:
            self.used.append(tuple(f"{d.form_type} {d.version}" for d in definitions))

        backends = Backends(
            self.processor, NoReader(), opener, opener.close_all, opener.warm, self.teacher, use
        )
        application()
        station = build(Settings(self.folder / "w", "ada"), self.key, backends)
        window = open_window(station)
        window.resize(1440, 900)
        self.opened.append((window, station))
        walk = Walk(window, station)
        window.activateWindow()
        wait_until(window.isActiveWindow, "the window opens")
        walk.settle()
        return Hands(walk)

    def close(self) -> None:
        while self.opened:
            close_window(*self.opened.pop())

    def page(self, mark: str = "blank") -> Path:
        from PIL import Image, ImageDraw

        picture = Image.new("L", (850, 1100), 255)
        ImageDraw.Draw(picture).text((80, 120), f"A form of a test {mark}", fill=0)
        path = self.folder / f"{mark}.png"
        picture.save(path)
        return path


@pytest.fixture
def room(qapp, tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path, os.urandom(32), ScriptedProcessor(), ScriptedTeacher(), [], [])
    yield made
    made.close()


def tab_of(hands: Hands, name: str) -> str:
    return next(t.example.sha256 for t in hands.walk.window.teach.draft.trials if t.example.name == name)


def test_a_dropped_example_is_a_draft_with_its_zones_on_its_page(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    assert [f.label for f in hands.form.fields][:2] == ["Patient name", "Birth date"]
    assert hands.desk.canvas.page_sizes
    hands.key(Qt.Key.Key_Tab)
    assert hands.walk.window.teach.screen.form.refs == (hands.form.fields[0].name,)
    assert hands.desk.settings.inspector.field_page.label.text() == "Patient name"
    assert hands.desk.canvas.find("Birth date:") == 1  # what is printed is found on the page


def test_everything_is_done_by_key_and_undone_and_done_again(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    begun = hands.form
    hands.key(Qt.Key.Key_Tab)
    hands.key(Qt.Key.Key_Tab)  # the birth date, proposed as text
    hands.type("d")
    hands.key(Qt.Key.Key_R)  # it was proposed as required
    hands.key(Qt.Key.Key_F2)
    hands.type("Date of birth")
    hands.key(Qt.Key.Key_Return)
    born = hands.form.field("date_birth")
    assert born is not None
    assert (born.kind, born.required, born.label) == (FieldKind.DATE, False, "Date of birth")
    before = born.zone
    for _ in range(3):
        hands.key(Qt.Key.Key_Right)
    assert hands.form.field("date_birth").zone.x0 > before.x0  # type: ignore[union-attr]
    hands.key(Qt.Key.Key_Delete)
    assert hands.form.field("date_birth") is None
    done = hands.form
    for _ in range(5):  # taken out, moved, named, required, a date
        hands.key(Qt.Key.Key_Z, CONTROL)
    assert hands.form == begun
    for _ in range(5):
        hands.key(Qt.Key.Key_Y, CONTROL)
    assert hands.form == done


def test_a_zone_drawn_takes_its_name_from_the_print_and_one_without_asks_for_it(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    hands.drag(Box(0.32, 0.145, 0.55, 0.165))  # beside “Fax:”
    assert (hands.form.field("fax").kind, hands.form.field("fax").label) == (FieldKind.PHONE, "Fax")  # type: ignore[union-attr]
    hands.drag(Box(0.60, 0.80, 0.90, 0.83))
    assert isinstance(hands.walk.hand, type(hands.desk.settings.inspector.field_page.label))
    hands.type("Date signed")
    hands.key(Qt.Key.Key_Return)
    assert hands.form.field("date_signed").kind is FieldKind.DATE  # type: ignore[union-attr]
    assert hands.walk.hand is hands.desk.canvas
    hands.key(Qt.Key.Key_Z, CONTROL)  # the typing is one step
    hands.key(Qt.Key.Key_Z, CONTROL)
    assert hands.form.field("date_signed") is None
    assert hands.form.field("fax") is not None


def test_an_edit_is_kept_before_the_next_and_the_draft_goes_on_after_a_restart(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    hands.key(Qt.Key.Key_Tab)
    hands.key(Qt.Key.Key_Delete)
    hands.settle()
    station = hands.walk.workstation
    kept = station.in_store(station.teaching.drafts)[0]
    assert kept.definition == hands.form  # durable: nothing of it was only in the window
    hands.key(Qt.Key.Key_F2)
    hands.type("Typed and not left")
    after = hands.form
    room.close()
    hands = room.open()
    hands.enter()
    types = hands.walk.window.teach.screen.types
    assert types.list.rows[0].state == DRAFT
    hands.click(types.card.buttons["resume"])
    hands.settle()
    assert hands.form == after
    assert "Typed and not left" in [f.label for f in hands.form.fields]


def test_a_draft_that_was_changed_in_another_window_is_shown_as_it_is_there(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    station, draft = hands.walk.workstation, hands.walk.window.teach.draft.draft
    assert draft is not None
    theirs = replace(draft.definition, title="Their title")
    station.in_store(station.teaching.keep, draft.draft_id, draft.definition, theirs, "bob")
    hands.key(Qt.Key.Key_Tab)
    hands.key(Qt.Key.Key_Delete)
    wait_until(lambda: hands.form.title == "Their title", "what was done there is shown")
    hands.settle()
    assert len(hands.form.fields) == len(draft.definition.fields)
    assert "another window" in hands.walk.window.messages.text


def test_further_files_dropped_with_an_example_are_copies_to_try(room: Room) -> None:
    hands = room.open()
    hands.enter()
    hands.drop(hands.walk.window.teach.screen.types, room.page(), room.page("one"), room.page("two"))
    model = hands.walk.window.teach.draft
    wait_until(lambda: len(model.trials) == 2 and all(t.state == READ for t in model.trials), "they are read")
    assert model.page_example is not None
    assert model.page_example.name == "blank.png"


def test_a_mended_zone_is_read_again_in_the_trial(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    hands.drop(hands.desk, room.page("copy"))
    model = hands.walk.window.teach.draft
    wait_until(lambda: bool(model.trials) and model.trials[0].state == READ, "the copy is read")
    hands.click(hands.desk.examples.button(tab_of(hands, "copy.png")))
    hands.settle()
    assert hands.desk.trying
    assert hands.desk.trial_page.document_id == model.trials[0].example.sha256
    assert hands.desk.fields.list.model().index(1, 0).data(0x0101)[0].value == "read"
    hands.click(hands.desk.examples.button(ZONES))
    times = len(room.teacher.tried)
    hands.click_zone("patient_name")
    hands.drag_zone("patient_name", QPoint(0, 25))
    wait_until(lambda: len(room.teacher.tried) > times, "it is tried again by itself")
    wait_until(lambda: not model.trials[0].stale(hands.form), "the trial is the form's as it stands")
    assert room.teacher.tried[-1][1] == hands.form


def test_damaged_copies_of_an_example_are_made_and_read(room: Room) -> None:
    hands = room.open()
    hands.teach(room.page())
    hands.click(hands.desk.fields.damage)
    model = hands.walk.window.teach.draft
    wait_until(lambda: len(model.trials) == len(DAMAGES), "the copies are there")
    wait_until(lambda: all(t.state == READ for t in model.trials), "they are read")
    names = {t.example.name for t in model.trials}
    assert names == {f"{kind} of blank" for kind in DAMAGES}


def test_a_copy_that_is_not_recognized_says_so_with_a_next_step(room: Room) -> None:
    room.teacher.recognized = False
    hands = room.open()
    hands.teach(room.page())
    hands.drop(hands.desk, room.page("other"))
    model = hands.walk.window.teach.draft
    wait_until(lambda: bool(model.trials) and model.trials[0].state == READ, "the copy is read")
    hands.key(Qt.Key.Key_F9)
    hands.settle()
    assert "other.png" in hands.walk.window.messages.text
    assert hands.desk.examples.button(tab_of(hands, "other.png")).tab.role == "wrong"


def test_publishing_says_what_is_missing_and_leads_there(room: Room) -> None:
    nameless = replace(PROPOSAL.pages[0], fields=PROPOSAL.pages[0].fields[1:])
    overlapping = replace(nameless, fields=(*nameless.fields, replace(nameless.fields[0], label="Over it")))
    room.teacher.proposal = replace(PROPOSAL, pages=(overlapping,))
    hands = room.open()
    hands.teach(room.page())
    hands.key(Qt.Key.Key_F10)
    panel = hands.desk.settings
    assert panel.is_publishing
    assert not panel.publish.isEnabled()
    hands.key(Qt.Key.Key_F10)  # nothing is published while something is missing
    hands.settle()
    assert hands.walk.window.teach.draft.draft is not None
    line = next(line for line in panel.publishing.lines if line.ref)
    hands.click(line)
    assert hands.walk.window.teach.screen.form.refs == (line.ref,)
    assert not panel.is_publishing
    hands.key(Qt.Key.Key_Delete)
    hands.settle()
    wait_until(
        lambda: all(not f.where or not f.blocks for f in hands.walk.window.teach.draft.findings),
        "it is mended",
    )


def test_a_published_form_is_in_force_and_cases_that_wait_are_read_again(room: Room) -> None:
    generic = an_extraction(read_field("patient_name", "Ada", 0.7, FieldKind.NAME), form_type="generic")
    known = an_extraction(
        read_field("patient_name", "Ada Example", 0.99, FieldKind.NAME), form_type="request_of_test"
    )
    room.processor.answers = [generic, known]
    hands = room.open()
    window = hands.walk.window
    window.intake_model.add_files([room.page("case")])
    wait_until(
        lambda: not window.intake_model.busy and window.case_model.case is not None, "the case is read"
    )
    hands.teach(room.page())
    form_type = hands.form.form_type
    room.processor.answers = [replace(known, forms=(replace(known.forms[0], form_type=form_type),))]
    hands.key(Qt.Key.Key_F10)
    hands.key(Qt.Key.Key_F10)
    wait_until(lambda: window.teach.draft.draft is None, "it is published")
    hands.settle()
    assert f"{form_type} 1" in room.used[-1]
    row = window.teach.screen.types.list.row
    assert row is not None
    assert row.form_type == form_type
    assert (row.state, row.by) == (IN_FORCE, "ada")
    assert "1 case" in window.messages.text
    window._act(window.messages._line._action)
    wait_until(lambda: not window.teach.again.busy, "the case is read again")
    hands.settle()
    case = hands.walk.workstation.in_store(hands.walk.workstation.intake.case, window.queue_model.case_ids[0])
    assert case.form_type == form_type
    assert case.field("patient_name").current == "Ada Example"  # type: ignore[union-attr]


def test_a_version_is_mended_retired_and_put_in_force_again(room: Room) -> None:
    hands = room.open()
    hands.enter()
    window = hands.walk.window
    screen = window.teach.screen
    screen.types.list.choose("tx_nofr001")
    hands.click(screen.types.card.buttons["mend"])
    wait_until(lambda: window.teach.draft.draft is not None, "the draft opens")
    hands.settle()
    assert hands.desk.canvas.document_id.startswith("sheet:")  # it came without an example
    hands.drop(hands.desk, room.page("a filled copy"))
    wait_until(lambda: [t.state for t in window.teach.draft.trials] == [READ], "the copy is tried")
    assert hands.desk.canvas.document_id.startswith("sheet:")  # and the zones stay where they were drawn
    window.teach.draft.remove_trial(tab_of(hands, "a filled copy.png"))
    hands.settle()
    hands.click(hands.desk.fields.back)
    hands.settle()
    assert not hands.walk.workstation.in_store(hands.walk.workstation.teaching.drafts)  # nothing was changed
    screen.types.list.choose("tx_nofr001")
    hands.click(screen.types.card.buttons["mend"])
    hands.settle()
    hands.click_zone("issuer_name")
    hands.drag_zone("issuer_name", QPoint(0, 14))
    hands.key(Qt.Key.Key_F10)
    hands.key(Qt.Key.Key_F10)
    wait_until(lambda: window.teach.draft.draft is None, "it is published")
    hands.settle()
    row = screen.types.list.row
    assert row is not None
    assert (row.form_type, row.state, len(row.versions)) == ("tx_nofr001", IN_FORCE, 2)
    assert row.versions[1].state is VersionState.RETIRED
    hands.click(screen.types.card.buttons["retire"])
    hands.settle()
    assert not any(v.startswith("tx_nofr001") for v in room.used[-1])
    hands.click(screen.types.card.versions[1].restore_button)
    hands.settle()
    assert "tx_nofr001 1" in room.used[-1]


def test_a_version_is_shown_and_cannot_be_changed(room: Room) -> None:
    hands = room.open()
    hands.enter()
    screen = hands.walk.window.teach.screen
    screen.types.list.choose("tx_nofr001")
    hands.click(screen.types.card.buttons["show"])
    hands.settle()
    hands.desk.canvas.choose(("issuer_name",))
    hands.desk.canvas.setFocus()
    hands.key(Qt.Key.Key_Delete)
    hands.key(Qt.Key.Key_F10)
    assert screen.form.definition.field("issuer_name") is not None  # type: ignore[union-attr]
    assert not hands.desk.settings.is_publishing
    hands.click(hands.desk.fields.back)
    assert screen.rooms.currentWidget() is screen.types


def test_an_example_that_cannot_be_read_is_refused_in_words(room: Room) -> None:
    hands = room.open()
    hands.enter()
    path = room.folder / "notes.txt"
    path.write_text("not a form")
    hands.drop(hands.walk.window.teach.screen.types, path)
    wait_until(lambda: bool(hands.walk.window.messages.text), "it is said")
    hands.settle()
    assert hands.walk.window.teach.draft.draft is None
    assert hands.walk.window.teach.screen.types.teach.isEnabled()


def test_an_example_without_any_place_for_an_answer_is_drawn_on_by_hand(room: Room) -> None:
    room.teacher.proposal = replace(PROPOSAL, pages=(replace(PROPOSAL.pages[0], fields=()),))
    hands = room.open()
    hands.teach(room.page())
    assert hands.form.fields == ()
    assert len(hands.form.anchors) == len(PROPOSAL.pages[0].anchors)
    assert "Draw the zones yourself" in hands.walk.window.messages.text
    hands.drag(Box(0.32, 0.145, 0.55, 0.165))
    assert [f.name for f in hands.form.fields] == ["fax"]


def test_looking_at_an_example_can_be_stopped(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = room.open()
    hands.enter()
    model = hands.walk.window.teach.model

    def propose(document: Document, watch: Watch | None = None) -> Proposal:
        model.stop_looking()
        assert watch is not None
        watch(Progress(0, 1))
        raise AssertionError("it went on")

    monkeypatch.setattr(room.teacher, "propose", propose)
    hands.drop(hands.walk.window.teach.screen.types, room.page())
    wait_until(hands.walk.window.teach.screen.types.teach.isEnabled, "it is over")
    hands.settle()
    assert hands.walk.window.teach.draft.draft is None
    assert not hands.walk.window.messages.text
    assert issubclass(Cancelled, Exception)


# how much work forty fields are


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Proposal]]:
    """The sample form that no processor knows, and what the real teacher finds on its blank page."""
    blank, _ = make_taught(tmp_path_factory.mktemp("taught"))
    known = from_json(json.loads(resource("processors", "tx_nofr001.json").read_text("utf-8")))
    processor = OcrFormProcessor((known,), {})
    try:
        yield blank, processor.propose(Document("blank", "image/png", blank.read_bytes()))
    finally:
        processor.close()


def zone_of(slot: Slot) -> Box:
    sheet = home_health_request()
    place = slot.place
    return Box(
        place.x0 / sheet.width, place.y0 / sheet.height, place.x1 / sheet.width, place.y1 / sheet.height
    )


def mend(hands: Hands) -> None:
    """Whatever differs from the form as it is printed is mended, by the fewest keys and clicks."""
    slots = home_health_request().slots
    right: dict[str, Slot] = {}
    for slot in slots:
        over = [f for f in hands.form.fields if f.zone.overlap(zone_of(slot)) > 0.3 * zone_of(slot).area]
        if not over:
            hands.drag(zone_of(slot))
            over = [f for f in hands.form.fields if f.zone.overlap(zone_of(slot)) > 0.3 * zone_of(slot).area]
        right[over[0].name] = slot
    for extra in [f.name for f in hands.form.fields if f.name not in right]:
        hands.click_zone(extra)
        hands.key(Qt.Key.Key_Delete)
    for name, slot in right.items():
        made = hands.form.field(name)
        assert made is not None
        wrong_label = made.label.lower().rstrip(".:") != slot.label.lower().rstrip(".:")
        if made.kind is not slot.kind or wrong_label:
            hands.click_zone(name)
        if made.kind is not slot.kind:
            letter = {FieldKind.NUMBER: "u", FieldKind.NAME: "n", FieldKind.TEXT: "t"}.get(slot.kind)
            hands.type(letter or slot.kind.value[0])
        if wrong_label:
            hands.key(Qt.Key.Key_F2)
            hands.type(slot.label)
            hands.key(Qt.Key.Key_Return)


def group(hands: Hands) -> None:
    """The tick boxes of each question, chosen with a drag and joined with a key."""
    boxes = [s for s in home_health_request().slots if s.kind is FieldKind.TICK_BOX]
    lines = sorted({round(s.place.y0) for s in boxes})
    for y in lines:
        line = [s for s in boxes if round(s.place.y0) == y]
        around = Box.around(zone_of(s) for s in line).padded(0.006, 0.006)
        names = {f.name for f in hands.form.fields if f.zone.overlap(around) > 0.5 * f.zone.area}
        if not any(set(c.options) == names for c in hands.form.choices):
            hands.drag(around, SHIFT)
            hands.key(Qt.Key.Key_G, CONTROL)
            hands.key(Qt.Key.Key_Return)


def publish(hands: Hands) -> None:
    hands.settle()
    hands.key(Qt.Key.Key_F10)
    hands.key(Qt.Key.Key_F10)
    wait_until(lambda: hands.walk.window.teach.draft.draft is None, "it is published")


def as_printed(form: FormDefinition) -> None:
    """Every answer of the sheet has its zone, kind and label, and every question its boxes."""
    slots = home_health_request().slots
    assert len(form.fields) == len(slots) == 40
    for slot in slots:
        over = [f for f in form.fields if f.zone.overlap(zone_of(slot)) > 0.3 * zone_of(slot).area]
        assert [(f.kind, f.label.rstrip(".")) for f in over] == [(slot.kind, slot.label.rstrip("."))]
    assert sorted(len(c.options) for c in form.choices) == [2, 3, 3, 4]


def test_forty_fields_with_zones_proposed_take_few_actions(
    room: Room, found: tuple[Path, Proposal], capsys: pytest.CaptureFixture[str]
) -> None:
    blank, room.teacher.proposal = found
    hands = room.open()
    hands.teach(blank)
    mend(hands)
    group(hands)
    as_printed(hands.form)
    publish(hands)
    with capsys.disabled():
        print(
            f"\n40 fields with zones proposed: {hands.actions} actions from the example to the version in force"
        )
    assert hands.actions <= 25


def test_forty_fields_drawn_by_hand_take_little_more_than_a_drag_each(
    room: Room, found: tuple[Path, Proposal], capsys: pytest.CaptureFixture[str]
) -> None:
    blank, proposal = found
    bare = tuple(replace(p, fields=(), tables=()) for p in proposal.pages)
    room.teacher.proposal = replace(proposal, pages=bare)
    hands = room.open()
    hands.teach(blank)
    mend(hands)
    group(hands)
    as_printed(hands.form)
    publish(hands)
    with capsys.disabled():
        print(f"\n40 fields drawn by hand: {hands.actions} actions from the example to the version in force")
    assert hands.actions <= 80


def test_a_case_read_again_keeps_what_people_entered(room: Room) -> None:
    first = an_extraction(read_field("patient_name", "Ada", 0.7, FieldKind.NAME), form_type="generic")
    room.processor.answers = [first]
    hands = room.open()
    window = hands.walk.window
    window.intake_model.add_files([room.page("case")])
    wait_until(
        lambda: not window.intake_model.busy and window.case_model.case is not None, "the case is read"
    )
    hands.walk.settle()
    window.case_model.correct("patient_name", "Ada by hand")
    hands.walk.settle()
    again = an_extraction(read_field("patient_name", "Other", 0.99, FieldKind.NAME), form_type="tx_nofr001")
    room.processor.answers = [again]
    hands.enter()
    case_id = window.queue_model.case_ids[0]
    window.teach.act(f"read_again:{case_id}")
    wait_until(lambda: not window.teach.again.busy, "it is read again")
    hands.settle()
    case = hands.walk.workstation.in_store(hands.walk.workstation.intake.case, case_id)
    named = case.field("patient_name")
    assert named is not None
    assert (named.current, named.state) == ("Ada by hand", FieldState.CORRECTED)
    assert "1 case was read again" in window.messages.text
    assert QApplication.activeModalWidget() is None
