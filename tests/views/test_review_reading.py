"""The pages of a review: words and regions are chosen on them, evidence is pointed out."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.evidence import Evidence
from app.domain.extraction import PageText, Word
from app.domain.passage import PageString, SourceText, Span, page_string, quoted
from app.views.widgets.page_view import text_choice
from app.views.widgets.page_view.reading import ReadingView
from app.views.widgets.page_view.text_fit import text_extent
from app.views.widgets.review.document_bar import DocumentBar, DocumentEntry
from app.views.widgets.review.evidence_mime import EVIDENCE_MIME, to_mime
from app.views.widgets.review.side_by_side import SideBySide
from tests.views.review_pages import LETTER, NOTE, draw_tiles, page_of, source_of

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


class Reader:
    """A view of two pages with what it says."""

    def __init__(self, qtbot: QtBot) -> None:
        self.view = ReadingView()
        self.view.set_animated(False)
        draw_tiles(self.view)
        qtbot.addWidget(self.view)
        self.view.resize(640, 600)
        self.view.show()
        qtbot.waitUntil(self.view.isActiveWindow)
        self.source = source_of("notes", NOTE, ("Second page. HbA1c 8.4 %",))
        self.view.set_document("notes", (LETTER, LETTER))
        self.view.set_source(self.source)
        self.told: list[Evidence | None] = []
        self.view.evidence_chosen.connect(self.told.append)
        self.carried: list[Evidence] = []
        self.view._carry = lambda _widget, evidence: self.carried.append(evidence)

    @property
    def string(self) -> PageString:
        return self.source.strings[0]

    def at(self, words: str, end: bool = False) -> QPoint:
        """The middle of the first (or last) letter of some words, in the viewport."""
        start = self.string.text.index(words) + (len(words) - 1 if end else 0)
        box = self.string.boxes(start, start + 1)[0]
        return self.view.box_rect(0, box).center().toPoint()

    def press(self, point: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.view.viewport(), LEFT, modifiers, point)

    def move(self, point: QPoint) -> None:
        QTest.mouseMove(self.view.viewport(), point)

    def release(self, point: QPoint) -> None:
        QTest.mouseRelease(self.view.viewport(), LEFT, NONE, point)

    def click(self, words: str, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.press(self.at(words), modifiers)
        self.release(self.at(words))

    def drag(self, start: QPoint, end: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.press(start, modifiers)
        self.move((start + end) / 2)
        self.move(end)
        self.release(end)

    @property
    def quote(self) -> str:
        evidence = self.view.evidence
        return evidence.quote if evidence else ""


@pytest.fixture
def reader(qtbot: QtBot) -> Reader:
    return Reader(qtbot)


# what is chosen


def test_a_click_chooses_the_word_with_its_place(reader: Reader) -> None:
    reader.click("diabetes")
    told = reader.told[-1]
    assert told is not None
    assert (told.quote, told.document, told.page) == ("diabetes", "notes", 1)
    assert told.span is not None
    assert quoted(reader.source, told.span) == "diabetes"
    assert told.box is not None


def test_a_drag_from_a_word_chooses_whole_words_over_line_ends(reader: Reader) -> None:
    reader.drag(reader.at("type"), reader.at("2014", end=True))
    assert reader.quote == "type 2 diabetes since 2014."


def test_a_drag_backwards_chooses_the_same_words(reader: Reader) -> None:
    reader.drag(reader.at("2014"), reader.at("type"))
    assert reader.quote == "type 2 diabetes since 2014."


def test_a_drag_that_leaves_the_words_goes_to_the_nearest_one(reader: Reader) -> None:
    reader.drag(reader.at("Insulin"), reader.at("months.", end=True) + QPoint(120, 4))
    assert reader.quote == "Insulin glargine at bedtime for six months."


def test_shift_click_makes_the_choice_longer(reader: Reader) -> None:
    reader.click("Insulin")
    reader.click("bedtime", SHIFT)
    assert reader.quote == "Insulin glargine at bedtime"


def test_a_double_click_chooses_the_sentence_and_no_full_stop_of_a_title_ends_it(reader: Reader) -> None:
    QTest.mouseDClick(reader.view.viewport(), LEFT, NONE, reader.at("Grey"))
    assert reader.quote == "Progress note of Dr. Grey."
    QTest.mouseDClick(reader.view.viewport(), LEFT, NONE, reader.at("since"))
    assert reader.quote == "The patient has type 2 diabetes since 2014."


def test_a_drag_from_beside_the_words_chooses_a_region_with_the_words_in_it(reader: Reader) -> None:
    regions: list[tuple[int, Box]] = []
    reader.view.region_chosen.connect(lambda page, box: regions.append((page, box)))
    first, last = reader.string.boxes(0, 8)[0], reader.string.boxes(*_range(reader.string, "months."))[0]
    corner = reader.view.box_rect(0, Box(0.05, first.y0 - 0.02, 0.05, first.y0)).topLeft().toPoint()
    end = reader.view.box_rect(0, Box(0.95, 0.5, 0.95, last.y1 + 0.01)).bottomLeft().toPoint()
    reader.drag(corner, end)
    told = reader.told[-1]
    assert regions[0][0] == 1
    assert told is not None
    assert told.box == regions[0][1]
    assert told.quote.endswith("for six months.")
    assert told.start is None


def test_alt_draws_a_region_over_words(reader: Reader) -> None:
    reader.drag(reader.at("type"), reader.at("since"), ALT)
    told = reader.told[-1]
    assert told is not None
    assert told.start is None


def test_what_is_chosen_is_dragged_away_as_evidence(reader: Reader) -> None:
    reader.drag(reader.at("Insulin"), reader.at("bedtime"))
    reader.press(reader.at("glargine"))
    reader.move(reader.at("glargine") + QPoint(60, 60))
    assert [e.quote for e in reader.carried] == ["Insulin glargine at bedtime"]
    data = to_mime(reader.carried[0])
    assert json.loads(bytes(data.data(EVIDENCE_MIME).data()))["document"] == "notes"


def test_a_click_into_what_is_chosen_chooses_the_word_alone(reader: Reader) -> None:
    reader.drag(reader.at("Insulin"), reader.at("bedtime"))
    reader.click("glargine")
    assert reader.quote == "glargine"
    assert reader.carried == []


def test_a_click_beside_the_words_and_escape_choose_nothing(reader: Reader) -> None:
    reader.click("Insulin")
    reader.press(QPoint(30, 560))
    reader.release(QPoint(30, 560))
    assert reader.told[-1] is None
    reader.click("Insulin")
    QTest.keyClick(reader.view, Qt.Key.Key_Escape)
    assert reader.told[-1] is None
    assert reader.view.evidence is None


def test_the_keyboard_chooses_the_sentence_that_is_pointed_out_and_stretches_it(reader: Reader) -> None:
    start, end = _range(reader.string, "glargine")
    reader.view.point_out(((1, reader.string.boxes(start, end)),))
    QTest.keyClick(reader.view, Qt.Key.Key_Return)
    assert reader.quote == "Insulin glargine at bedtime for six months."
    QTest.keyClick(reader.view, Qt.Key.Key_Left, SHIFT)
    assert reader.quote == "Insulin glargine at bedtime for six"
    QTest.keyClick(reader.view, Qt.Key.Key_Up, SHIFT)
    assert reader.quote == "Insulin"
    QTest.keyClick(reader.view, Qt.Key.Key_Down, SHIFT)
    assert reader.quote == "Insulin glargine at bedtime for six months."


def test_words_that_arrive_later_can_be_chosen(reader: Reader) -> None:
    reader.view.set_source(None)
    reader.click("Insulin")
    assert reader.view.evidence is None
    reader.view.set_source(reader.source)
    reader.click("Insulin")
    assert reader.quote == "Insulin"


# what is pointed out


def test_evidence_is_marked_and_brought_into_sight(reader: Reader) -> None:
    second = reader.source.strings[1]
    boxes = second.boxes(*_range(second, "HbA1c"))
    left: list[object] = []
    reader.view.left.connect(left.append)
    reader.view.point_out(((2, boxes),))
    rect = reader.view.box_rect(1, boxes[0])
    assert reader.view.viewport().rect().contains(rect.center().toPoint())
    assert left, "the place before is kept for going back"
    assert reader.view.pointed_out == ((2, boxes),)


def test_a_held_view_stays_where_it_is(reader: Reader) -> None:
    second = reader.source.strings[1]
    reader.view.set_held(True)
    before = reader.view.verticalScrollBar().value()
    reader.view.point_out(((2, second.boxes(0, 6)),))
    assert reader.view.verticalScrollBar().value() == before


def test_a_place_on_a_page_that_is_not_there_marks_nothing(reader: Reader) -> None:
    reader.view.point_out(((9, (Box(0.1, 0.1, 0.2, 0.2),)),))
    assert reader.view.pointed_out == ()


def test_the_pages_before_the_eyes_are_told(reader: Reader) -> None:
    assert reader.view.pages_in_sight == (1,)
    reader.view.fit_page()
    reader.view.go_to_page(1)
    assert 2 in reader.view.pages_in_sight


def test_every_zoom_is_told_by_hand_too(reader: Reader) -> None:
    told: list[float] = []
    reader.view.zoom_changed.connect(told.append)
    reader.view.zoom_in()
    assert told == [reader.view.percent]
    reader.view.fit_page()
    assert told[1:] == [reader.view.percent]


# words that fill the width


def test_the_words_fill_the_width_in_rooms_of_any_size_until_somebody_zooms(
    reader: Reader, qtbot: QtBot
) -> None:
    view = reader.view

    def spare() -> tuple[float, float]:
        boxes = [view.box_rect(0, word.box) for word in reader.string.words]
        return min(b.left() for b in boxes), view.viewport().width() - max(b.right() for b in boxes)

    view.fit_text()
    assert all(10 < room < 40 for room in spare())
    view.resize(500, 600)
    assert all(10 < room < 40 for room in spare())
    assert not view.horizontalScrollBar().isVisible()  # it would lead to margins alone
    state = view.state()
    view.zoom_in()
    view.resize(640, 600)
    assert view.state().fit == ""
    assert view.horizontalScrollBar().isVisible()
    view.restore(state)
    assert all(10 < room < 40 for room in spare())
    view.set_source(None)
    view.fit_text()  # no words: the page fills it
    assert view.state().fit == "width"


def test_a_number_at_the_edge_of_a_page_does_not_decide_how_wide_the_words_are() -> None:
    lines = tuple("several words of a note" for _ in range(30))
    source = source_of("d", lines)
    page = source.pages[0]
    stray = Word("FAX", Box(0.01, 0.01, 0.04, 0.02))
    with_stray = SourceText("d", "d", "clinical", (PageText(1, (stray, *page.words)),))
    extent = text_extent(with_stray, (0,))
    assert extent is not None
    assert extent[0] == pytest.approx(0.1)


# pure choice


def test_points_on_a_turned_page_find_their_words() -> None:
    string = page_string(page_of(1, ("upright words here", "second line"), turn=1))
    assert string.text == "upright words here\nsecond line"
    start = string.text.index("words")
    box = string.boxes(start, start + 5)[0]
    found = text_choice.offset_at(string, *box.centre)
    assert found is not None
    assert text_choice.token(string.text, found) == (start, start + 5)


def test_a_text_without_full_stops_gives_a_line_for_a_sentence() -> None:
    text = "\n".join("word " * 40 for _ in range(6))
    start, end = text_choice.sentence(text, 450)
    assert "\n" not in text[start:end]


def test_the_choice_never_gets_empty() -> None:
    assert text_choice.stepped("one two", (0, 3), -1) == (0, 3)
    assert text_choice.stepped("one two", (0, 3), 1) == (0, 7)
    assert text_choice.stepped("one two", (0, 7), 1) == (0, 7)


# two of them side by side


@pytest.fixture
def halves(qtbot: QtBot) -> SideBySide:
    shown = SideBySide()
    qtbot.addWidget(shown)
    shown.resize(900, 500)
    shown.show()
    qtbot.waitUntil(shown.isActiveWindow)
    for number, half in enumerate(shown.halves):
        half.page.set_animated(False)
        draw_tiles(half.page)
        half.page.set_document(f"d{number}", (LETTER,))
        half.page.set_source(source_of(f"d{number}", NOTE))
    return shown


def _span(document_id: str, words: str) -> Span:
    text = source_of(document_id, NOTE).strings[0].text
    start = text.index(words)
    return Span(document_id, 1, start, start + len(words))


def test_a_letter_puts_what_is_chosen_into_a_slot_and_p_pins_it(halves: SideBySide, qtbot: QtBot) -> None:
    asked: list[tuple[str, str]] = []
    pinned: list[Evidence] = []
    halves.slot_asked.connect(lambda slot, evidence: asked.append((slot, evidence.quote)))
    halves.pin_asked.connect(pinned.append)
    page = halves.halves[0].page
    page.setFocus()
    page.choose(_span("d0", "type 2"))
    assert not halves.halves[0].choice.isHidden()
    for key in "ctsd":
        QTest.keyClick(page, key)
    QTest.keyClick(page, "p")
    assert asked == [(slot, "type 2") for slot in ("condition", "treatment", "symptoms", "diagnosis")]
    assert [e.quote for e in pinned] == ["type 2"]


def test_letters_mean_nothing_without_a_choice(halves: SideBySide) -> None:
    asked: list[object] = []
    halves.slot_asked.connect(lambda *found: asked.append(found))
    halves.pin_asked.connect(asked.append)
    QTest.keyClick(halves.halves[0].page, "c")
    QTest.keyClick(halves.halves[0].page, "p")
    assert asked == []


def test_a_region_without_words_can_be_pinned_and_fills_no_slot(halves: SideBySide) -> None:
    asked: list[object] = []
    pinned: list[Evidence] = []
    halves.slot_asked.connect(lambda *found: asked.append(found))
    halves.pin_asked.connect(pinned.append)
    half = halves.halves[0]
    half.page._region = (0, Box(0.5, 0.8, 0.9, 0.9))
    assert not half.act("condition")
    assert half.act("pin")
    assert pinned[0].box == Box(0.5, 0.8, 0.9, 0.9)
    assert asked == []


def test_choosing_in_one_half_puts_down_what_the_other_has(halves: SideBySide) -> None:
    halves.set_split(True)
    halves.halves[0].page.choose(_span("d0", "diabetes"))
    halves.halves[1].page.choose(_span("d1", "Insulin"))
    assert halves.halves[0].page.evidence is None
    assert halves.halves[1].page.evidence is not None


def test_the_half_that_is_clicked_is_in_use_and_the_key_goes_to_the_other(halves: SideBySide) -> None:
    halves.set_split(True)
    used: list[int] = []
    halves.active_changed.connect(used.append)
    QTest.mouseClick(halves.halves[1].page.viewport(), LEFT, NONE, QPoint(20, 20))
    assert halves.active == 1
    halves.use_other()
    assert (halves.active, used) == (0, [1, 0])
    assert halves.halves[0].page.hasFocus()


def test_one_half_has_nothing_to_close_and_the_second_is_there_at_once(halves: SideBySide) -> None:
    assert halves.halves[0].head.close_button.isHidden()
    halves.set_split(True)
    assert not halves.halves[0].head.close_button.isHidden()
    assert abs(halves.halves[0].width() - halves.halves[1].width()) < 4
    halves.set_split(False)
    assert halves.active == 0


def _range(string: PageString, words: str) -> tuple[int, int]:
    start = string.text.index(words)
    return start, start + len(words)


def test_the_widgets_stand_alone(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    shown = SideBySide(holder)
    assert not shown.split
    assert shown.page is shown.halves[0].page


# the tabs


def test_tabs_without_room_are_in_a_menu_and_what_is_on_show_keeps_its_tab(qtbot: QtBot) -> None:
    bar = DocumentBar()
    qtbot.addWidget(bar)
    bar.resize(640, 40)
    bar.show()
    bar.show_documents(tuple(DocumentEntry(f"d{n}", "clinical", f"Document {n}", 2) for n in range(9)))
    bar.set_shown(("d7", "d8"), 1)
    standing = [tab.entry.document_id for tab in bar.tabs if tab.isVisible()]
    assert standing[-2:] == ["d7", "d8"]
    assert not bar._rest.isHidden()
    menu = [action.text() for action in bar._rest.menu.actions()]
    assert len(menu) + len(standing) == 9
    asked: list[tuple[str, bool]] = []
    bar.document_asked.connect(lambda name, other: asked.append((name, other)))
    bar._rest.menu.actions()[0].trigger()
    assert asked[0][0] not in standing
    QTest.mouseClick(bar.tabs[8], LEFT, Qt.KeyboardModifier.ControlModifier)
    assert asked[1] == ("d8", True)
    assert [bar.document_at(n) for n in (1, 9, 10)] == ["d0", "d8", ""]


def test_a_tab_says_which_half_it_is_in_and_that_it_is_still_read(qtbot: QtBot) -> None:
    bar = DocumentBar()
    qtbot.addWidget(bar)
    bar.resize(900, 40)
    entries = (
        DocumentEntry("a", "form", "Request form", 2),
        DocumentEntry("b", "clinical", "Notes", 1, reading=True),
    )
    bar.show_documents(entries)
    bar.set_shown(("a", "b"), 0)
    assert [tab.accessibleDescription() for tab in bar.tabs] == ["left", "right"]
    assert "still being read" in bar.tabs[1].toolTip()
    assert bar.split_button.isChecked()
    assert not bar.grab().isNull()
