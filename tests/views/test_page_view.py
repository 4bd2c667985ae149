"""The page viewer driven by real mouse and key events, its tiles drawn by the test."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.form import FieldKind, FieldState, FormField
from app.views import theme
from app.views.widgets.page_view import PageHeader, PageView, TileRequest
from app.views.widgets.page_view.layout import ACTUAL_SIZE

# The offscreen platform says that it has no window manager; nothing is wrong.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

LETTER = (612.0, 792.0)
LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NONE, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def drawn(request: TileRequest, size: tuple[float, float] = LETTER) -> QImage:
    """A tile whose red says the column and whose green says the row of the page as shown."""
    width, height = size if request.turns % 2 == 0 else size[::-1]
    clip = request.clip
    x0, x1 = math.floor(clip.x0 * width * request.scale), math.ceil(clip.x1 * width * request.scale - 0.01)
    y0, y1 = math.floor(clip.y0 * height * request.scale), math.ceil(clip.y1 * height * request.scale - 0.01)
    image = QImage(x1 - x0, y1 - y0, QImage.Format.Format_RGB888)
    image.fill(QColor(250, 250, 250))
    return image


class Desk:
    """A page view with somebody who draws its tiles, at once or when told to."""

    def __init__(self, qtbot: QtBot, pages: int = 4, beside: QWidget | None = None) -> None:
        self.view = PageView()
        self.view.set_animated(False)
        self.asked: list[TileRequest] = []
        self.dropped: list[TileRequest] = []
        self.answer = True
        self.view.tile_wanted.connect(self._draw)
        self.view.tile_dropped.connect(self.dropped.append)
        window: QWidget = self.view
        if beside is not None:
            window = QWidget()
            box = QVBoxLayout(window)
            box.addWidget(beside)
            box.addWidget(self.view)
        self.window = window
        qtbot.addWidget(window)
        window.resize(700, 600)
        window.show()
        # waitActive raises the window, which the offscreen platform does not know and says so.
        qtbot.waitUntil(window.isActiveWindow)
        self.sizes = (LETTER,) * pages
        self.view.set_document("d", self.sizes)
        qtbot.waitUntil(lambda: not self.answer or (self.view._tiles.waiting is False and bool(self.asked)))

    def _draw(self, request: TileRequest) -> None:
        self.asked.append(request)
        if self.answer:
            self.view.show_tile(request, drawn(request))

    @property
    def port(self) -> QWidget:
        return self.view.viewport()

    def point(self, page: int, x: float, y: float) -> QPoint:
        """A place of a page as stored, in the viewport."""
        return self.view.box_rect(page, Box(x, y, x, y)).topLeft().toPoint()

    def wheel(self, at: QPointF, delta: int, modifiers: Qt.KeyboardModifier = CONTROL) -> None:
        event = QWheelEvent(
            at,
            self.port.mapToGlobal(at),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.port, event)

    def drag(
        self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT, *, release: bool = True
    ) -> None:
        QTest.mousePress(self.port, button, NONE, start)
        QTest.mouseMove(self.port, (start + end) / 2)
        QTest.mouseMove(self.port, end)
        if release:
            QTest.mouseRelease(self.port, button, NONE, end)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def field(path: str, box: Box, page: int = 1, confidence: float = 0.97, **more: object) -> FormField:
    found = FormField(
        path, path.title(), "s", FieldKind.TEXT, value="x", confidence=confidence, document_id="d"
    )
    return replace(found, page=page, box=box, **more)  # type: ignore[arg-type]


def seen(signal: object) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    signal.connect(lambda *values: found.append(values))  # type: ignore[attr-defined]
    return found


def sharp(request: TileRequest) -> bool:
    """Whether a request is for a tile and not for the small picture of a page."""
    return request.scale > 0.4


# --- zoom and position ------------------------------------------------------------------------------


def test_zooming_with_the_wheel_keeps_the_point_under_the_cursor(desk: Desk) -> None:
    desk.view.set_percent(150)
    desk.view.verticalScrollBar().setValue(900)
    chance = random.Random(2)
    for _ in range(40):
        at = QPointF(chance.randint(150, 550), chance.randint(50, 550))
        before = desk.view.place_at(at)
        desk.wheel(at, chance.choice((120, -120, 40, -15)))
        if before is None or desk.view.percent < 100:
            desk.view.set_percent(150)
            desk.view.verticalScrollBar().setValue(1500)
            continue
        where = desk.view.box_rect(before[0], Box(before[1], before[2], before[1], before[2])).topLeft()
        assert abs(where.x() - at.x()) <= 1.01
        assert abs(where.y() - at.y()) <= 1.01


def test_zooming_with_keys_keeps_the_middle_of_the_view(desk: Desk) -> None:
    desk.view.set_percent(200)
    desk.view.verticalScrollBar().setValue(1000)
    middle = QPointF(desk.port.width() / 2, desk.port.height() / 2)
    before = desk.view.place_at(middle)
    assert before is not None
    QTest.keyClick(desk.view, Qt.Key.Key_Plus, CONTROL)
    assert desk.view.percent == pytest.approx(250)
    QTest.keyClick(desk.view, Qt.Key.Key_Plus, CONTROL)
    where = desk.view.box_rect(before[0], Box(before[1], before[2], before[1], before[2])).topLeft()
    assert (where - middle).manhattanLength() < 3
    QTest.keyClick(desk.view, Qt.Key.Key_Minus, CONTROL)
    assert desk.view.percent == pytest.approx(250)


def test_fits_stay_in_force_when_the_window_changes(desk: Desk) -> None:
    QTest.keyClick(desk.view, Qt.Key.Key_2, CONTROL)
    narrow = desk.view.percent
    desk.view.resize(1000, 600)
    assert desk.view.percent > narrow * 1.3
    QTest.keyClick(desk.view, Qt.Key.Key_0, CONTROL)
    assert desk.view.box_rect(0, Box(0, 0, 1, 1)).height() < 600
    desk.view.resize(1000, 900)
    assert 780 < desk.view.box_rect(0, Box(0, 0, 1, 1)).height() < 900
    QTest.keyClick(desk.view, Qt.Key.Key_1, CONTROL)
    assert desk.view.percent == pytest.approx(100)
    assert desk.view.state().zoom == pytest.approx(ACTUAL_SIZE)
    desk.view.resize(500, 500)
    assert desk.view.percent == pytest.approx(100)


def test_making_the_window_small_and_large_again_returns_to_the_same_place(desk: Desk) -> None:
    desk.view.set_percent(130)
    desk.view.verticalScrollBar().setValue(1234)
    before = desk.view.state()
    desk.view.resize(90, 60)
    desk.view.resize(1400, 1100)
    desk.view.resize(700, 600)
    assert desk.view.state() == before
    assert desk.view.verticalScrollBar().value() == 1234


def test_a_screenful_is_scrolled_with_some_of_the_old_one_in_sight(desk: Desk) -> None:
    QTest.keyClick(desk.view, Qt.Key.Key_Space)
    first = desk.view.verticalScrollBar().value()
    assert desk.port.height() - 100 < first < desk.port.height()
    desk.view.scroll_page(1)
    assert desk.view.verticalScrollBar().value() == 2 * first
    QTest.keyClick(desk.view, Qt.Key.Key_Space, SHIFT)
    QTest.keyClick(desk.view, Qt.Key.Key_PageUp)
    assert desk.view.verticalScrollBar().value() == 0


def test_turning_to_the_next_page_keeps_the_place_on_it(desk: Desk) -> None:
    desk.view.verticalScrollBar().setValue(300)
    here = desk.view.state()
    QTest.keyClick(desk.view, Qt.Key.Key_PageDown, CONTROL)
    there = desk.view.state()
    assert there.page == here.page + 1
    assert there.offset_y == pytest.approx(here.offset_y, abs=0.002)
    assert there.offset_x == here.offset_x


def test_home_and_end_can_be_taken_back(desk: Desk) -> None:
    desk.view.verticalScrollBar().setValue(700)
    QTest.keyClick(desk.view, Qt.Key.Key_End)
    assert desk.view.verticalScrollBar().value() == desk.view.verticalScrollBar().maximum()
    QTest.keyClick(desk.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert desk.view.verticalScrollBar().value() == 700
    QTest.keyClick(desk.view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert desk.view.verticalScrollBar().value() == desk.view.verticalScrollBar().maximum()


@pytest.mark.parametrize("fit", ["", "width", "page"])
def test_a_view_comes_back_exactly_as_it_was(qtbot: QtBot, fit: str) -> None:
    one = Desk(qtbot).view
    if fit == "page":
        one.fit_page()
    elif not fit:
        one.set_percent(137)
    one.turn_right()
    one.set_night(True)
    one.set_thumbnails(True)
    one.verticalScrollBar().setValue(777)
    one.horizontalScrollBar().setValue(33)
    other = Desk(qtbot).view
    other.restore(one.state())
    assert other.state() == one.state()
    assert other.verticalScrollBar().value() == one.verticalScrollBar().value()
    assert other.horizontalScrollBar().value() == one.horizontalScrollBar().value()
    assert other.percent == one.percent


def test_a_state_restored_before_the_window_shows_waits_for_its_size(qtbot: QtBot) -> None:
    one = Desk(qtbot).view
    one.set_percent(160)
    one.verticalScrollBar().setValue(1500)
    late = PageView()
    qtbot.addWidget(late)
    late.set_document("d", (LETTER,) * 4)
    late.restore(one.state())
    late.resize(700, 600)
    late.show()
    assert late.verticalScrollBar().value() == 1500
    assert late.state() == one.state()


def test_a_burst_of_changes_is_told_once_and_ends_in_the_last_state(desk: Desk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not desk.view._save_timer.isActive())
    told = seen(desk.view.view_changed)
    for value in range(0, 500, 20):
        desk.view.verticalScrollBar().setValue(value)
    desk.view.zoom_in()
    desk.view.set_night(True)
    assert told == []
    qtbot.waitUntil(lambda: bool(told))
    assert told == [(desk.view.state(),)]


def test_another_document_begins_at_its_top_with_nothing_of_the_first(desk: Desk) -> None:
    desk.view.set_fields((field("name", Box(0.1, 0.1, 0.3, 0.2)),))
    desk.view.set_words((PageText(1, (Word("secret", Box(0.1, 0.1, 0.2, 0.2)),)),))
    desk.view.set_percent(150)
    desk.view.turn_right()
    desk.view.verticalScrollBar().setValue(900)
    desk.view.set_document("e", (LETTER,) * 2)
    state = desk.view.state()
    assert (state.page, desk.view.verticalScrollBar().value(), state.turns) == (0, 0, ())
    assert desk.view.percent == pytest.approx(150)
    assert desk.view.find("secret") == 0
    assert all(key.page < 2 for key in desk.view._tiles.tiles)
    clicks = seen(desk.view.field_clicked)
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, 0.2, 0.15))
    assert clicks == []


def test_the_same_document_given_again_moves_nothing_and_asks_for_nothing(desk: Desk, qtbot: QtBot) -> None:
    desk.view.verticalScrollBar().setValue(640)
    qtbot.waitUntil(lambda: not desk.view._look_timer.isActive())
    asked = len(desk.asked)
    desk.view.set_document("d", desk.sizes)
    qtbot.waitUntil(lambda: not desk.view._look_timer.isActive())
    assert desk.view.verticalScrollBar().value() == 640
    assert len(desk.asked) == asked


def test_pages_of_no_size_are_shown_all_the_same(desk: Desk) -> None:
    desk.view.set_document("odd", ((0.0, 0.0), LETTER, (1e-3, 5000.0)))
    desk.view.fit_page()
    desk.view.fit_width()
    desk.view.go_to_page(2)
    desk.view.grab()
    assert desk.view.current_page == 2


# --- turning ----------------------------------------------------------------------------------------


def test_turning_a_page_swaps_its_sides_and_is_told(desk: Desk) -> None:
    told = seen(desk.view.page_turned)
    QTest.keyClicks(desk.view, "]")
    rect = desk.view.box_rect(0, Box(0, 0, 1, 1))
    assert rect.width() / rect.height() == pytest.approx(792 / 612, rel=0.01)
    QTest.keyClicks(desk.view, "[")
    QTest.keyClicks(desk.view, "[")
    assert told == [(0, 1), (0, 0), (0, 3)]
    assert desk.view.state().turns == ((0, 3),)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_click_finds_the_field_however_the_page_is_turned(desk: Desk, turns: int) -> None:
    box = Box(0.62, 0.2, 0.8, 0.26)
    desk.view.set_fields((field("phone", box), field("name", Box(0.1, 0.2, 0.3, 0.26))))
    for _ in range(turns):
        desk.view.turn_right()
    desk.view.select("phone")
    clicks = seen(desk.view.field_clicked)
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, *box.centre))
    assert clicks == [("phone",)]


def test_pages_that_stand_to_be_turned_are_asked_for_turned(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.asked.clear()
    desk.view.set_document("f", (LETTER,) * 3, ((0, 1),))
    qtbot.waitUntil(lambda: any(r.page == 0 for r in desk.asked))
    assert {r.turns for r in desk.asked if r.page == 0} == {1}
    assert desk.view.box_rect(0, Box(0, 0, 1, 1)).width() > desk.view.box_rect(0, Box(0, 0, 1, 1)).height()


# --- the rubber band --------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_region_chosen_is_exact_to_a_pixel_on_the_page_as_stored(desk: Desk, turns: int) -> None:
    for _ in range(turns):
        desk.view.turn_right()
    regions = seen(desk.view.region_chosen)
    start, end = QPoint(180, 140), QPoint(431, 212)
    desk.drag(start, end)
    assert len(regions) == 1
    page, box = regions[0]
    assert page == 1
    assert isinstance(box, Box)
    back = desk.view.box_rect(0, box)
    assert abs(back.left() - 180) < 0.5
    assert abs(back.top() - 140) < 0.5
    assert abs(back.right() - 431) < 0.5
    assert abs(back.bottom() - 212) < 0.5
    shown = desk.view.spot(0)
    expected = Box(*shown.fraction(180, 140), *shown.fraction(431, 212)).turned(-turns)
    assert box.rounded() == expected.rounded()


def test_a_band_drawn_upwards_gives_the_same_region(desk: Desk) -> None:
    regions = seen(desk.view.region_chosen)
    desk.drag(QPoint(180, 140), QPoint(431, 212))
    desk.drag(QPoint(431, 212), QPoint(180, 140))
    assert regions[0] == regions[1]


def test_a_band_drawn_off_the_page_ends_at_its_edge(desk: Desk) -> None:
    regions = seen(desk.view.region_chosen)
    desk.drag(QPoint(300, 200), QPoint(695, 260))
    box = regions[0][1]
    assert isinstance(box, Box)
    assert box.x1 == 1.0


def test_escape_takes_a_band_back_even_when_an_editor_has_the_keyboard(qtbot: QtBot) -> None:
    editor = QLineEdit()
    desk = Desk(qtbot, beside=editor)
    editor.setFocus()
    regions = seen(desk.view.region_chosen)
    desk.drag(QPoint(200, 150), QPoint(400, 250), release=False)
    assert desk.view._pointer.band is not None
    assert editor.hasFocus()
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert desk.view._pointer.band is None
    QTest.mouseRelease(desk.port, LEFT, NONE, QPoint(400, 250))
    assert regions == []


def test_a_tiny_drag_is_a_click(desk: Desk) -> None:
    desk.view.set_fields((field("name", Box(0.2, 0.1, 0.5, 0.2)),))
    regions, clicks = seen(desk.view.region_chosen), seen(desk.view.field_clicked)
    at = desk.point(0, 0.3, 0.15)
    desk.drag(at, at + QPoint(3, 2))
    assert (regions, clicks) == ([], [("name",)])


def test_a_drag_that_returns_to_where_it_began_chooses_no_region(desk: Desk) -> None:
    regions = seen(desk.view.region_chosen)
    QTest.mousePress(desk.port, LEFT, NONE, QPoint(200, 200))
    QTest.mouseMove(desk.port, QPoint(300, 300))
    QTest.mouseMove(desk.port, QPoint(201, 202))
    QTest.mouseRelease(desk.port, LEFT, NONE, QPoint(201, 202))
    assert regions == []


def test_dragging_at_the_edge_scrolls_and_the_band_grows_with_it(desk: Desk, qtbot: QtBot) -> None:
    regions = seen(desk.view.region_chosen)
    desk.drag(QPoint(200, 400), QPoint(300, desk.port.height() - 4), release=False)
    qtbot.waitUntil(lambda: desk.view.verticalScrollBar().value() > 60)
    QTest.mouseRelease(desk.port, LEFT, NONE, QPoint(300, desk.port.height() - 4))
    box = regions[0][1]
    assert isinstance(box, Box)
    assert desk.view.box_rect(0, box).height() > desk.port.height() - 404 + 50
    stopped = desk.view.verticalScrollBar().value()
    assert not desk.view._pointer._edge_timer.isActive()
    assert desk.view.verticalScrollBar().value() == stopped


def test_the_middle_button_pans(desk: Desk) -> None:
    desk.view.set_percent(200)
    desk.view.verticalScrollBar().setValue(500)
    desk.view.horizontalScrollBar().setValue(200)
    regions = seen(desk.view.region_chosen)
    desk.drag(QPoint(400, 300), QPoint(350, 180), MIDDLE)
    assert desk.view.verticalScrollBar().value() == 620
    assert desk.view.horizontalScrollBar().value() == 250
    assert regions == []


# --- fields and words -------------------------------------------------------------------------------


def test_selecting_a_field_in_sight_moves_nothing(desk: Desk) -> None:
    desk.view.set_fields((field("name", Box(0.2, 0.3, 0.5, 0.33)),))
    desk.view.verticalScrollBar().setValue(57)
    desk.view.select("name")
    assert desk.view.verticalScrollBar().value() == 57


def test_selecting_a_field_out_of_sight_brings_it_in_and_keeps_x(desk: Desk) -> None:
    desk.view.set_percent(180)
    desk.view.horizontalScrollBar().setValue(120)
    desk.view.set_fields((field("name", Box(0.4, 0.9, 0.5, 0.93), page=3),))
    desk.view.select("name")
    rect = desk.view.box_rect(2, Box(0.4, 0.9, 0.5, 0.93))
    assert QRectInside(desk, rect)
    assert desk.view.horizontalScrollBar().value() == 120
    assert rect.bottom() > desk.port.height() - 60  # the least scroll: it stands at the lower edge


def QRectInside(desk: Desk, rect: object) -> bool:
    return bool(desk.port.rect().contains(rect.toAlignedRect()))  # type: ignore[attr-defined]


def test_a_short_way_is_scrolled_smoothly_to_the_same_end(desk: Desk, qtbot: QtBot) -> None:
    desk.view.set_animated(True)
    box = Box(0.4, 0.9, 0.5, 0.93)
    desk.view.set_fields((field("name", box),))
    desk.view.select("name")
    assert not QRectInside(desk, desk.view.box_rect(0, box))
    qtbot.waitUntil(lambda: QRectInside(desk, desk.view.box_rect(0, box)))


def test_a_held_view_is_never_moved_by_a_selection(desk: Desk) -> None:
    told = seen(desk.view.held_changed)
    desk.view.set_fields((field("name", Box(0.4, 0.9, 0.5, 0.93), page=3),))
    desk.view.set_held(True)
    desk.view.select("name")
    assert desk.view.verticalScrollBar().value() == 0
    assert desk.view._badge.isVisible()
    assert desk.view._badge.text
    desk.view.toggle_held()
    assert not desk.view._badge.isVisible()
    desk.view.select("name")
    assert desk.view.verticalScrollBar().value() > 0
    assert told == [(True,), (False,)]


def test_selecting_without_revealing_moves_nothing(desk: Desk) -> None:
    desk.view.set_fields((field("name", Box(0.4, 0.9, 0.5, 0.93), page=3),))
    desk.view.select("name", reveal=False)
    assert desk.view.verticalScrollBar().value() == 0


def test_fields_of_other_documents_and_without_a_place_are_not_there(desk: Desk) -> None:
    box = Box(0.2, 0.2, 0.4, 0.25)
    desk.view.set_fields(
        (
            replace(field("other", box), document_id="e"),
            replace(field("nowhere", box), page=None),
            field("beyond", box, page=99),
        )
    )
    clicks = seen(desk.view.field_clicked)
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, 0.3, 0.22))
    assert clicks == []
    desk.view.select("beyond")


def test_a_word_is_clicked_outside_fields_and_with_control_inside(desk: Desk) -> None:
    free, inside = Word("free", Box(0.6, 0.2, 0.7, 0.22)), Word("inside", Box(0.2, 0.2, 0.3, 0.22))
    desk.view.set_words((PageText(1, (free, inside)),))
    desk.view.set_fields((field("name", Box(0.19, 0.19, 0.4, 0.23)),))
    words, fields = seen(desk.view.word_clicked), seen(desk.view.field_clicked)
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, *free.box.centre))
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, *inside.box.centre))
    QTest.mouseClick(desk.port, LEFT, CONTROL, desk.point(0, *inside.box.centre))
    assert words == [(1, free), (1, inside)]
    assert fields == [("name",)]
    desk.view.set_take_words(True)
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, *inside.box.centre))
    assert words[2:] == [(1, inside)]
    assert fields == [("name",)]


def test_a_double_click_takes_a_word_once(desk: Desk) -> None:
    word = Word("once", Box(0.6, 0.2, 0.7, 0.22))
    desk.view.set_words((PageText(1, (word,)),))
    words = seen(desk.view.word_clicked)
    at = desk.point(0, *word.box.centre)
    QTest.mouseClick(desk.port, LEFT, NONE, at)
    QTest.mouseDClick(desk.port, LEFT, NONE, at)
    assert words == [(1, word)]


def test_clicking_a_word_leaves_the_keyboard_in_the_editor_and_clicking_paper_takes_it(qtbot: QtBot) -> None:
    editor = QLineEdit()
    desk = Desk(qtbot, beside=editor)
    word = Word("here", Box(0.6, 0.2, 0.7, 0.22))
    desk.view.set_words((PageText(1, (word,)),))
    editor.setFocus()
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, *word.box.centre))
    assert editor.hasFocus()
    QTest.mouseClick(desk.port, LEFT, NONE, desk.point(0, 0.2, 0.5))
    assert desk.view.hasFocus()


def test_hovering_shows_what_can_be_clicked(desk: Desk) -> None:
    word = Word("free", Box(0.6, 0.2, 0.7, 0.22))
    desk.view.set_words((PageText(1, (word,)),))
    desk.view.set_fields((field("name", Box(0.19, 0.19, 0.4, 0.23)),))
    QTest.mouseMove(desk.port, desk.point(0, *word.box.centre))
    assert desk.view._hovered == (0, word)
    assert desk.port.cursor().shape() == Qt.CursorShape.PointingHandCursor
    QTest.mouseMove(desk.port, desk.point(0, 0.5, 0.5))
    assert desk.view._hovered is None
    assert desk.port.cursor().shape() == Qt.CursorShape.ArrowCursor
    QTest.mouseMove(desk.port, desk.point(0, 0.3, 0.21))
    assert desk.view._hovered is None
    assert desk.port.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_the_tooltip_says_label_value_and_state_whatever_the_form_says(desk: Desk, qtbot: QtBot) -> None:
    shown = replace(field("name", Box(0.2, 0.2, 0.4, 0.25)), value="<b>Ann</b>", state=FieldState.CONFIRMED)
    desk.view.set_fields((shown,))
    at = desk.point(0, 0.3, 0.22)
    QApplication.sendEvent(desk.port, QHelpEvent(QEvent.Type.ToolTip, at, desk.port.mapToGlobal(at)))
    text = QToolTip.text()
    assert "Name" in text
    assert "&lt;b&gt;Ann" in text
    assert "confirmed" in text
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


# --- finding ----------------------------------------------------------------------------------------


def test_finding_goes_round_the_hits_and_comes_back(desk: Desk) -> None:
    texts = tuple(PageText(p, (Word("Lori Mendoza", Box(0.2, 0.5, 0.4, 0.52)),)) for p in (1, 3, 4))
    desk.view.set_words(texts)
    told = seen(desk.view.found_changed)
    assert desk.view.find("mendoza") == 3
    assert desk.view.current_page == 0
    QTest.keyClick(desk.view, Qt.Key.Key_F3)
    assert QRectInside(desk, desk.view.box_rect(2, Box(0.3, 0.5, 0.4, 0.52)))
    QTest.keyClick(desk.view, Qt.Key.Key_F3)
    QTest.keyClick(desk.view, Qt.Key.Key_F3)
    assert QRectInside(desk, desk.view.box_rect(0, Box(0.3, 0.5, 0.4, 0.52)))
    QTest.keyClick(desk.view, Qt.Key.Key_F3, SHIFT)
    assert told == [(1, 3), (2, 3), (3, 3), (1, 3), (3, 3)]
    assert desk.view.find("nobody") == 0
    assert told[-1] == (0, 0)
    assert desk.view.find("") == 0


# --- tiles ------------------------------------------------------------------------------------------


def test_only_what_shows_and_a_ring_around_it_is_asked_for(qtbot: QtBot) -> None:
    desk = Desk(qtbot, pages=50)
    pages = {r.page for r in desk.asked if sharp(r)}
    assert pages <= {0, 1}
    assert 0 in pages


def test_no_more_than_a_few_requests_are_out_and_those_scrolled_past_are_dropped(qtbot: QtBot) -> None:
    desk = Desk(qtbot, pages=50)
    qtbot.waitUntil(lambda: not desk.view._tiles.waiting)
    desk.answer = False
    desk.asked.clear()
    for page in (10, 20, 30, 40):
        desk.view.go_to_page(page)
        qtbot.waitUntil(lambda page=page: any(r.page == page for r in desk.asked))
        assert len(desk.view._tiles.out) <= 4
    assert {10, 20, 30} <= {r.page for r in desk.dropped}
    assert {r.page for r in desk.view._tiles.out if sharp(r)} <= {39, 40, 41}


def test_a_stale_tile_is_dropped(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    qtbot.waitUntil(lambda: not desk.view._tiles.waiting)
    desk.answer = False
    desk.asked.clear()
    desk.view.set_percent(220)
    qtbot.waitUntil(lambda: bool(desk.asked))
    old = desk.asked[0]
    desk.view.set_percent(90)
    qtbot.waitUntil(lambda: old in desk.dropped)
    kept = set(desk.view._tiles.tiles)
    desk.view.show_tile(old, drawn(old))
    assert set(desk.view._tiles.tiles) == kept


def test_a_tile_of_another_document_is_never_shown(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.answer = False
    desk.asked.clear()
    desk.view.set_percent(220)
    qtbot.waitUntil(lambda: bool(desk.asked))
    old = desk.asked[0]
    desk.view.set_document("other", desk.sizes)
    assert old in desk.dropped
    desk.view.show_tile(old, drawn(old))
    assert len(desk.view._tiles.tiles) == 0
    assert len(desk.view._tiles.overviews) == 0


def test_memory_stays_within_its_bound_over_a_long_fax(qtbot: QtBot) -> None:
    desk = Desk(qtbot, pages=300)
    bar = desk.view.verticalScrollBar()
    tiles, overviews = desk.view._tiles.tiles, desk.view._tiles.overviews
    tiles.limit = 12 * 1024 * 1024
    overviews.limit = 4 * 1024 * 1024
    tiles.pin(())
    overviews.pin(())
    for value in range(0, bar.maximum(), 2500):
        bar.setValue(value)
        qtbot.waitUntil(lambda: not desk.view._look_timer.isActive())
        assert tiles.bytes <= tiles.limit
        assert overviews.bytes <= overviews.limit
    assert tiles.bytes > 0.5 * tiles.limit


def test_what_failed_twice_is_told_in_words_and_not_asked_for_again(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    qtbot.waitUntil(lambda: not desk.view._tiles.waiting)
    desk.answer = False
    desk.asked.clear()
    desk.view.tile_wanted.connect(lambda r: desk.view.tile_failed(r, "The page is damaged."))
    desk.view.set_percent(50)
    qtbot.waitUntil(lambda: desk.view._tiles.failure(0) == "The page is damaged.")
    qtbot.waitUntil(lambda: not desk.view._tiles.waiting and not desk.view._look_timer.isActive())
    assert max(desk.asked.count(r) for r in desk.asked) == 2
    count = len(desk.asked)
    desk.view.verticalScrollBar().setValue(3)
    qtbot.waitUntil(lambda: not desk.view._look_timer.isActive())
    assert len(desk.asked) == count
    desk.view.retry()
    qtbot.waitUntil(lambda: len(desk.asked) > count)


def test_an_answer_that_comes_late_while_scrolling_is_still_used(qtbot: QtBot) -> None:
    desk = Desk(qtbot, pages=50)
    qtbot.waitUntil(lambda: not desk.view._tiles.waiting)
    desk.answer = False
    desk.asked.clear()
    desk.view.go_to_page(20)
    qtbot.waitUntil(lambda: any(r.page == 20 and sharp(r) for r in desk.asked))
    late = next(r for r in desk.asked if r.page == 20 and sharp(r))
    desk.view.go_to_page(40)
    qtbot.waitUntil(lambda: late in desk.dropped)
    before = len(desk.view._tiles.tiles)
    desk.view.show_tile(late, drawn(late))
    assert len(desk.view._tiles.tiles) == before + 1


# --- the rest ---------------------------------------------------------------------------------------


def test_the_page_in_view_is_told_to_people_and_to_screen_readers(desk: Desk) -> None:
    told = seen(desk.view.page_changed)
    desk.view.go_to_page(2)
    assert told == [(3, 4)]
    assert desk.view.accessibleDescription() == "Page 3 of 4"


def test_thumbnails_take_room_beside_the_pages_and_lead_to_them(desk: Desk, qtbot: QtBot) -> None:
    told = seen(desk.view.thumbnails_changed)
    width = desk.port.width()
    QTest.keyClick(desk.view, Qt.Key.Key_F7)
    assert desk.port.width() < width - 100
    strip = desk.view._strip
    QTest.mouseClick(strip.viewport(), LEFT, NONE, strip._rect(2).center().toPoint())
    assert desk.view.current_page == 2
    QTest.keyClick(strip, Qt.Key.Key_Up)
    assert desk.view.current_page == 1
    QTest.keyClick(desk.view, Qt.Key.Key_F7)
    assert desk.port.width() == width
    assert told == [(True,), (False,)]


def test_an_empty_view_takes_every_event_calmly(qtbot: QtBot) -> None:
    view = PageView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.clear("Choose a case on the left.")
    view.show()
    for key in (Qt.Key.Key_Space, Qt.Key.Key_End, Qt.Key.Key_F3, Qt.Key.Key_F7, Qt.Key.Key_F8, Qt.Key.Key_Up):
        QTest.keyClick(view, key)
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_PageDown):
        QTest.keyClick(view, key, CONTROL)
    QTest.keyClicks(view, "[]")
    QTest.mousePress(view.viewport(), LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(view.viewport(), QPoint(200, 200))
    QTest.mouseRelease(view.viewport(), LEFT, NONE, QPoint(200, 200))
    view.select("name")
    view.go_to_page(3)
    view.go_back()
    view.restore(view.state())
    view.grab()
    assert view.state().page == 0


def test_a_busy_view_forgets_the_document_before_it(desk: Desk) -> None:
    desk.view.set_busy("Opening…")
    assert desk.view.document_id == ""
    assert len(desk.view._tiles.tiles) == 0
    desk.view.grab()


def test_the_header_says_whose_form_it_is_and_what_was_asked_for(qtbot: QtBot) -> None:
    header = PageHeader()
    qtbot.addWidget(header)
    header.resize(642, 44)
    header.show()
    header.set_case("Lori Mendoza", "R-2611-04A7-0012-K", "Texas standard PA")
    header.set_page(2, 4)
    assert header._place.text() == " · page 2 of 4"
    asked: list[str] = []
    signals: tuple[tuple[object, str], ...] = (
        (header.zoom_in_asked, "zoom-in"),
        (header.zoom_out_asked, "zoom-out"),
        (header.turn_asked, "rotate-cw"),
    )
    for signal, name in signals:
        signal.connect(lambda name=name: asked.append(name))  # type: ignore[attr-defined]
        button = next(b for b, icon in header._icons if icon == name)
        assert button.toolTip()
        QTest.mouseClick(button, LEFT)
    assert asked == ["zoom-in", "zoom-out", "rotate-cw"]


def test_finding_in_the_header_is_typed_walked_and_left_by_keys(qtbot: QtBot) -> None:
    header = PageHeader()
    qtbot.addWidget(header)
    header.show()
    typed, after, before, closed = (
        seen(s)
        for s in (header.find_edited, header.find_next_asked, header.find_previous_asked, header.find_closed)
    )
    header.open_find()
    QTest.keyClicks(header._find, "lori")
    header.set_found(2, 7)
    assert header._found.text() == "2 of 7"
    QTest.keyClick(header._find, Qt.Key.Key_Return)
    QTest.keyClick(header._find, Qt.Key.Key_Return, SHIFT)
    QTest.keyClick(header._find, Qt.Key.Key_Escape)
    assert typed[-1] == ("lori",)
    assert (len(after), len(before), len(closed)) == (1, 1, 1)
    assert not header.finding


def test_colours_follow_the_theme_at_the_next_paint(desk: Desk) -> None:
    try:
        theme.use("light")
        light = desk.view.grab().toImage().pixelColor(4, 300)
        theme.use("dark")
        dark = desk.view.grab().toImage().pixelColor(4, 300)
    finally:
        theme.use("light")
    assert light.name().upper() == theme.LIGHT.canvas
    assert dark.name().upper() == theme.DARK.canvas
