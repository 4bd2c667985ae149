"""The page a form is taught on, driven by real mouse and key events; its tiles are drawn by the test."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.form import FieldKind
from app.views import theme
from app.views.widgets.page_view import TileRequest
from app.views.widgets.teach.kind_look import HUES, LOOKS, hue_of
from app.views.widgets.teach.outline import outline_of, walk_of
from app.views.widgets.teach.zone import zones_of
from app.views.widgets.teach.zone_canvas import ZoneCanvas
from app.views.widgets.teach.zone_key import Ask
from app.views.widgets.teach.zone_shape import Shape
from tests.views.teach_form import LETTER, a_form

LEFT = Qt.MouseButton.LeftButton
NONE, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


class Bench:
    """A canvas with a line beside it, and all that it says."""

    def __init__(self, qtbot: QtBot, pages: int = 2) -> None:
        self.canvas = ZoneCanvas()
        self.canvas.set_animated(False)
        self.canvas.tile_wanted.connect(self._draw)
        self.window = QWidget()
        column = QVBoxLayout(self.window)
        self.line = QLineEdit()
        self.canvas.setMinimumHeight(600)
        column.addWidget(self.canvas)
        column.addWidget(self.line)
        qtbot.addWidget(self.window)
        self.window.resize(800, 900)
        self.window.show()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.chosen: list[tuple[str, ...]] = []
        self.drawn: list[tuple[int, Box]] = []
        self.placed: list[tuple[dict[str, Shape], bool]] = []
        self.asked: list[tuple[Ask, FieldKind | None]] = []
        self.canvas.chosen.connect(self.chosen.append)
        self.canvas.zone_drawn.connect(lambda page, box: self.drawn.append((page, box)))
        self.canvas.zones_placed.connect(lambda shapes, nudge: self.placed.append((shapes, nudge)))
        self.canvas.asked.connect(lambda ask, kind: self.asked.append((ask, kind)))
        self.canvas.set_document("d", (LETTER,) * pages)
        form = a_form()
        self.canvas.set_zones(zones_of(form), walk_of(outline_of(form)))
        self.canvas.fit_width()

    def _draw(self, request: TileRequest) -> None:
        width, height = round(request.clip.width * 600 * request.scale), round(request.clip.height * 700)
        image = QImage(max(1, width), max(1, height), QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        self.canvas.show_tile(request, image)

    def at(self, ref: str) -> QPoint:
        return self.canvas.zone_rect(ref).center().toPoint()

    def click(self, where: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, held, where)

    def drag(
        self, start: QPoint, end: QPoint, held: Qt.KeyboardModifier = NONE, *, drop: bool = True
    ) -> None:
        view = self.canvas.viewport()
        QTest.mousePress(view, LEFT, held, start)
        for step in range(1, 6):
            QTest.mouseMove(view, start + (end - start) * step / 5)
        if drop:
            QTest.mouseRelease(view, LEFT, held, end)

    def page(self, x: float, y: float) -> QPoint:
        rect = self.canvas.page_rect(0, Box(x, y, x, y))
        return QPointF(rect.x(), rect.y()).toPoint()

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.canvas, key, held)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_a_drag_over_free_paper_draws_a_zone_where_it_was_drawn(bench: Bench) -> None:
    bench.drag(bench.page(0.2, 0.7), bench.page(0.6, 0.74))
    page, box = bench.drawn[0]
    assert page == 1
    assert box.rounded(2) == pytest.approx((0.2, 0.7, 0.6, 0.74), abs=0.011)


def test_a_click_chooses_the_smallest_zone_and_takes_the_keyboard(bench: Bench) -> None:
    bench.line.setFocus()
    bench.click(bench.at("urgent"))
    assert bench.chosen == [("urgent",)]
    assert bench.canvas.hasFocus()
    bench.click(bench.page(0.9, 0.9))
    assert bench.chosen[-1] == ()


def test_ctrl_and_a_click_add_and_take_away_without_moving_anything(bench: Bench) -> None:
    bench.click(bench.at("urgent"))
    bench.click(bench.at("routine"), CONTROL)
    bench.click(bench.at("other"), CONTROL)
    bench.click(bench.at("routine"), CONTROL)
    assert bench.chosen[-1] == ("urgent", "other")
    assert bench.placed == []


def test_shift_and_a_drag_choose_what_they_touch(bench: Bench) -> None:
    bench.drag(bench.page(0.05, 0.28), bench.page(0.60, 0.33), SHIFT)
    assert set(bench.chosen[-1]) == {"urgent", "routine", "other"}
    assert bench.drawn == []


def test_ctrl_and_a_drag_draw_a_zone_over_another(bench: Bench) -> None:
    start, end = bench.at("lines"), bench.at("lines") + QPoint(60, 12)
    bench.drag(start, end, CONTROL)
    assert len(bench.drawn) == 1
    assert bench.placed == []


def test_dragging_a_zone_moves_it_and_its_edge_sizes_it(bench: Bench) -> None:
    before = zones_of(a_form())[0].box
    bench.drag(bench.at("member_name"), bench.at("member_name") + QPoint(40, 0))
    shapes, nudge = bench.placed[-1]
    assert not nudge
    assert shapes["member_name"].box.width == pytest.approx(before.width)
    assert shapes["member_name"].box.x0 > before.x0 + 0.03
    edge = bench.canvas.zone_rect("member_name")
    right = QPointF(edge.right() + 1, edge.center().y()).toPoint()
    bench.drag(right, right + QPoint(30, 3))
    sized = bench.placed[-1][0]["member_name"].box
    assert (sized.x0, sized.y0, sized.y1) == (before.x0, before.y0, before.y1)
    assert sized.x1 > before.x1 + 0.02


def test_zones_chosen_together_move_together(bench: Bench) -> None:
    bench.click(bench.at("urgent"))
    bench.click(bench.at("routine"), CONTROL)
    bench.drag(bench.at("routine"), bench.at("routine") + QPoint(0, 30))
    assert set(bench.placed[-1][0]) == {"urgent", "routine"}


def test_letting_go_with_escape_moves_nothing(bench: Bench) -> None:
    bench.drag(bench.at("born"), bench.at("born") + QPoint(30, 0), drop=False)
    bench.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(bench.canvas.viewport(), LEFT, NONE, bench.at("born") + QPoint(30, 0))
    assert bench.placed == []


def test_tab_walks_in_the_order_of_the_form_and_leaves_after_the_last(bench: Bench) -> None:
    bench.canvas.setFocus()
    walked = []
    for _ in range(6):
        bench.key(Qt.Key.Key_Tab)
        walked.append(bench.canvas.refs[-1])
    assert walked == ["member_name", "born", "urgent", "routine", "other", "lines"]
    bench.key(Qt.Key.Key_Backtab, SHIFT)
    assert bench.canvas.refs == ("other",)
    bench.key(Qt.Key.Key_Tab)
    bench.key(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not bench.canvas


def test_arrows_move_by_a_pixel_size_with_shift_and_walk_with_ctrl(bench: Bench) -> None:
    bench.click(bench.at("member_name"))
    before = zones_of(a_form())[0].box
    pixel = 1 / bench.canvas.spot(0).width
    bench.key(Qt.Key.Key_Right)
    moved, nudge = bench.placed[-1]
    assert nudge
    assert moved["member_name"].box.x0 == pytest.approx(before.x0 + pixel)
    bench.key(Qt.Key.Key_Down, SHIFT)
    sized = bench.placed[-1][0]["member_name"].box
    assert (sized.x0, sized.y0) == (before.x0, before.y0)
    assert sized.y1 > before.y1
    bench.key(Qt.Key.Key_Right, CONTROL)
    assert bench.canvas.refs == ("born",)


def test_letters_set_a_kind_and_other_keys_ask_for_what_they_say(bench: Bench) -> None:
    bench.click(bench.at("born"))
    for key, held in (
        (Qt.Key.Key_D, NONE),
        (Qt.Key.Key_Delete, NONE),
        (Qt.Key.Key_F2, NONE),
        (Qt.Key.Key_G, CONTROL),
        (Qt.Key.Key_Z, CONTROL),
        (Qt.Key.Key_Y, CONTROL),
        (Qt.Key.Key_R, NONE),
    ):
        bench.key(key, held)
    assert bench.asked == [
        (Ask.KIND, FieldKind.DATE),
        (Ask.REMOVE, None),
        (Ask.RENAME, None),
        (Ask.GROUP, None),
        (Ask.UNDO, None),
        (Ask.REDO, None),
        (Ask.REQUIRED, None),
    ]


def test_every_kind_has_a_letter_of_its_own(bench: Bench) -> None:
    assert len({look.key for look in LOOKS}) == len(LOOKS)
    bench.click(bench.at("born"))
    for look in LOOKS:
        bench.asked.clear()
        QTest.keyClicks(bench.canvas, look.key.lower())
        assert bench.asked == [(Ask.KIND, look.kind)]


def test_a_second_click_in_a_table_chooses_the_column(bench: Bench) -> None:
    left = bench.canvas.zone_rect("lines.what").center().toPoint()
    bench.click(left)
    assert bench.canvas.refs == ("lines",)
    bench.click(left)
    assert bench.canvas.refs == ("lines.what",)
    bench.click(bench.canvas.zone_rect("lines.code").center().toPoint())
    assert bench.canvas.refs == ("lines.code",)


def test_the_line_between_columns_is_dragged_on_its_own(bench: Bench) -> None:
    bench.click(bench.at("lines"))
    rect = bench.canvas.zone_rect("lines.what")
    line = QPointF(rect.right(), rect.top() + rect.height() * 0.25).toPoint()
    bench.drag(line, line + QPoint(40, 0))
    shape = bench.placed[-1][0]["lines"]
    assert shape.columns[0][1] == shape.columns[1][0] > 0.52
    assert shape.columns[1][1] == 0.70


def test_a_page_turned_by_hand_is_drawn_on_as_it_stands_upright(bench: Bench) -> None:
    bench.canvas.turn_right()
    bench.canvas.fit_page()
    rect = bench.canvas.zone_rect("member_name")
    assert rect.height() > rect.width()
    start = rect.center().toPoint() - QPoint(60, 0)
    bench.drag(start, start + QPoint(20, 60))
    box = bench.drawn[0][1]
    assert box.width > box.height  # 60 pixels down are along the line of the form
    view = bench.canvas.page_rect(0, box)
    assert (view.left(), view.top()) == pytest.approx((start.x(), start.y()), abs=2)


def test_a_version_that_is_only_looked_at_cannot_be_changed(bench: Bench) -> None:
    bench.canvas.set_fixed(True)
    bench.drag(bench.at("born"), bench.at("born") + QPoint(30, 0))
    bench.drag(bench.page(0.2, 0.7), bench.page(0.6, 0.74))
    bench.click(bench.at("born"))
    bench.key(Qt.Key.Key_Delete)
    bench.key(Qt.Key.Key_Right)
    assert (bench.placed, bench.drawn, bench.asked) == ([], [], [])
    assert bench.canvas.refs == ("born",)


def test_a_zone_that_was_taken_out_is_not_chosen_any_more(bench: Bench) -> None:
    bench.click(bench.at("born"))
    form = a_form()
    bench.canvas.set_zones(zones_of(replace(form, fields=form.fields[:1])))
    assert bench.canvas.refs == ()


def test_choosing_from_elsewhere_brings_the_zone_into_sight(bench: Bench) -> None:
    form = a_form(pages=2)
    far = replace(form.fields[0], name="far", page=2)
    bench.canvas.set_zones(zones_of(replace(form, fields=(*form.fields, far))))
    before = bench.canvas.verticalScrollBar().value()
    bench.canvas.choose(("far",))
    assert bench.canvas.verticalScrollBar().value() > before
    assert bench.canvas.viewport().rect().contains(bench.canvas.zone_rect("far").center().toPoint())
    assert bench.chosen == []


def test_a_zone_is_tinted_in_the_colour_of_its_kind_and_shows_it_when_wrong(bench: Bench) -> None:
    rect = bench.canvas.zone_rect("born")
    inside = QPointF(rect.right() - 6, rect.bottom() - 4).toPoint()
    shot = bench.canvas.viewport().grab().toImage()
    assert shot.pixelColor(inside).name().upper() == hue_of(FieldKind.DATE, "light").back
    plain = shot.copy(rect.toRect().adjusted(-20, -20, 20, 0))
    bench.canvas.set_zones(zones_of(a_form(), {"born": "Two zones lie over each other."}))
    flawed = bench.canvas.viewport().grab().toImage().copy(rect.toRect().adjusted(-20, -20, 20, 0))
    assert flawed != plain


def test_the_words_of_every_kind_can_be_read_on_its_tint() -> None:
    for palette, hues in HUES.items():
        ground = {"light": theme.LIGHT, "dark": theme.DARK}[palette]
        for hue in hues.values():
            assert theme.contrast(hue.ink, hue.back) >= 4.5
            assert theme.contrast(hue.ink, ground.surface) >= 4.5
