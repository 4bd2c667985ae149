"""What the field panel shows: questions, tables, doubtful characters, sections, words that are cut."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from field_panel_case import ALT, SHIFT, Desk, case_of, definition, field, fields, focused, hold, press, write
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.attention import items
from app.domain.form import Doubt, FieldKind, FieldState
from app.views import theme
from app.views.widgets import field_sheet
from app.views.widgets.chip import confidence_chip, item_chip, number
from app.views.widgets.field_layout import GridPlace, arrange, bands
from app.views.widgets.field_panel import FieldPanel
from app.views.widgets.field_view import ColumnView, TableView, doubt_words, panel_view
from app.views.widgets.lettering import broken, draw_lines

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    panel = FieldPanel()
    qtbot.addWidget(panel)
    panel.resize(430, 900)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return Desk(panel)


# Questions.


def test_tick_boxes_of_one_question_are_one_line_that_says_what_is_ticked() -> None:
    view = panel_view(case_of(fields()), definition())
    line = view.sections[0].parts[0]
    assert (line.label, line.text) == ("Review type", "Urgent")


def test_a_digit_ticks_and_an_exclusive_question_unticks_the_other(desk: Desk) -> None:
    desk.panel.select("group:urgent")
    press(Key.Key_1)
    assert desk.told("values_edited") == [{"urgent_no": True, "urgent_yes": False}]


def test_a_question_with_several_answers_leaves_the_others_alone(desk: Desk) -> None:
    desk.panel.select("group:setting")
    press(Key.Key_1)
    assert desk.told("value_edited") == [("setting_home", True)]
    assert desk.told("values_edited") == []


def test_space_ticks_the_focused_option_and_left_right_move_between_them(desk: Desk) -> None:
    desk.panel.select("group:setting")
    press(Key.Key_Right)
    press(Key.Key_Space)
    assert desk.told("value_edited") == [("setting_home", True)]


def test_two_quick_presses_tick_and_untick_before_any_answer(desk: Desk) -> None:
    desk.answers = False
    desk.panel.select("group:setting")
    press(Key.Key_1)
    press(Key.Key_1)
    assert desk.told("value_edited") == [("setting_home", True), ("setting_home", False)]


def test_a_held_digit_ticks_once(desk: Desk) -> None:
    desk.panel.select("group:setting")
    press(Key.Key_1)
    hold(Key.Key_1)
    assert desk.told("value_edited") == [("setting_home", True)]


def test_enter_confirms_every_box_of_a_question_at_once(desk: Desk) -> None:
    desk.panel.select("group:urgent")
    press(Key.Key_Return)
    assert desk.told("confirmed") == [("urgent_no", "urgent_yes")]


def test_a_click_on_an_option_ticks_it(desk: Desk) -> None:
    desk.panel.select("group:urgent")
    choices = desk.panel.form.card.choices
    QTest.mouseClick(
        choices, Qt.MouseButton.LeftButton, pos=choices._places(choices.width())[0].center().toPoint()
    )
    assert desk.told("values_edited") == [{"urgent_no": True, "urgent_yes": False}]


def test_a_tick_box_that_stands_alone_is_a_question_of_one(desk: Desk) -> None:
    desk.fields = {"dme": field("dme", "DME", "request", False, 1.0, kind=FieldKind.TICK_BOX)}
    desk.show()
    desk.panel.select("dme")
    press(Key.Key_Space)
    assert desk.told("value_edited") == [("dme", True)]


# Tables.


def test_tab_walks_the_cells_row_by_row_and_out_of_the_table(desk: Desk) -> None:
    desk.panel.select("services.r2.procedure")
    walked = []
    for _ in range(3):
        press(Key.Key_Tab)
        walked.append(desk.panel.selected_key)
    assert walked == ["services.r2.start", "services.r2.diagnosis", "phone"]


def test_arrows_move_between_cells_like_a_sheet(desk: Desk) -> None:
    desk.panel.select("services.r1.start")
    walked = []
    for key in (Key.Key_Down, Key.Key_Right, Key.Key_Up, Key.Key_Left, Key.Key_Up):
        press(key)
        walked.append(desk.panel.selected_key)
    assert walked == [
        "services.r2.start",
        "services.r2.diagnosis",
        "services.r1.diagnosis",
        "services.r1.start",
        "npi",
    ]


def test_while_a_cell_is_edited_left_and_right_belong_to_the_words(desk: Desk) -> None:
    desk.panel.select("services.r1.start")
    press(Key.Key_F2)
    press(Key.Key_Left)
    assert desk.panel.selected_key == "services.r1.start"
    write("7")
    assert desk.panel.form.card.editor.toPlainText() == "10/03/20075"


def test_a_cell_opens_below_its_table_and_the_table_stays_where_it_is(desk: Desk) -> None:
    desk.panel.select("services.r1.procedure")
    sheet = desk.panel.form
    before = next(p.rect for p in sheet.lines.arrangement.places if isinstance(p, GridPlace))
    desk.panel.select("services.r2.diagnosis")
    after = next(p.rect for p in sheet.lines.arrangement.places if isinstance(p, GridPlace))
    assert before == after
    assert sheet.card.y() == round(after.bottom())


def test_rows_are_added_and_removed_by_key_and_by_mouse(desk: Desk) -> None:
    desk.panel.select("services.r1.procedure")
    press(Key.Key_Plus, ALT)
    press(Key.Key_Minus, ALT)
    grid = next(p for p in desk.panel.form.lines.arrangement.places if isinstance(p, GridPlace))
    for place in (grid.add, grid.removes[1][0]):
        QTest.mouseClick(desk.panel.form.lines, Qt.MouseButton.LeftButton, pos=place.center().toPoint())
    assert desk.told("row_added") == ["services", "services"]
    assert desk.told("row_removed") == [("services", "r1"), ("services", "r2")]


def test_the_first_cell_of_an_added_row_is_opened_when_it_is_there(desk: Desk) -> None:
    desk.panel.select("services.r1.procedure")
    press(Key.Key_Plus, ALT)
    for name, label in (("procedure", "Procedure"), ("start", "Start"), ("diagnosis", "Diagnosis")):
        path = f"services.r3.{name}"
        desk.fields[path] = field(path, label, "services", "", 1.0, order=99)
    desk.show()
    assert desk.panel.selected_key == "services.r3.procedure"


def test_columns_fold_when_they_do_not_fit_and_fill_every_band() -> None:
    columns = [
        ColumnView(n, n, k)
        for n, k in (
            ("a", FieldKind.TEXT),
            ("b", FieldKind.DATE),
            ("c", FieldKind.DATE),
            ("d", FieldKind.TEXT),
        )
    ]
    for width in (340.0, 900.0):
        folded = bands(columns, width)
        assert [i for band in folded for i, _ in band] == [0, 1, 2, 3]
        for band in folded:
            assert sum(w for _, w in band) + theme.px(6) * (len(band) - 1) == pytest.approx(width)
    assert len(bands(columns, 340.0)) == 2
    assert len(bands(columns, 900.0)) == 1


def test_a_table_whose_rows_were_all_removed_still_offers_to_add_one() -> None:
    left = [f for f in fields() if f.cell is None]
    tables = [
        p
        for s in panel_view(case_of(left), definition()).sections
        for p in s.parts
        if isinstance(p, TableView)
    ]
    assert [t.name for t in tables] == ["services"]


# Doubts, chips, sections.


def test_doubtful_characters_are_marked_in_the_closed_line_and_in_the_editor(desk: Desk) -> None:
    desk.panel.select("reason")
    assert desk.panel.form.card.editor.marked() == (4,)
    desk.panel.select("name")
    entry = desk.panel.form.walk.entry("reason")
    assert entry is not None
    assert entry.marks == {4}
    picture = QImage(300, 40, QImage.Format.Format_RGB32)
    inks = []
    for marks in ((), entry.marks):
        picture.fill(0xFFFFFFFF)
        painter = QPainter(picture)
        draw_lines(
            painter,
            4,
            4,
            broken(entry.text, "value", 280),
            "value",
            theme.colour("text"),
            marks,
            theme.colour("wrong"),
        )
        painter.end()
        inks.append(_reds(picture))
    assert inks[0] == 0
    assert inks[1] > 20


def _reds(picture: QImage) -> int:
    colours = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return sum(c.red() > c.green() + 60 for c in colours)


def test_marks_stay_on_their_characters_while_words_are_typed_before_them(desk: Desk) -> None:
    desk.panel.select("reason")
    press(Key.Key_Home)
    write("ab")
    assert desk.panel.form.card.editor.marked() == (6,)


def test_marks_count_characters_and_not_the_units_of_the_screen(desk: Desk) -> None:
    desk.fields["reason"] = replace(desk.fields["reason"], value="😀Il", doubts=(Doubt(1, ("l",), 0.5),))
    desk.show()
    desk.panel.select("reason")
    assert desk.panel.form.card.editor.marked() == (1,)


def test_a_settled_value_carries_no_marks(desk: Desk) -> None:
    desk.fields["reason"] = replace(desk.fields["reason"], state=FieldState.CONFIRMED)
    desk.show()
    entry = desk.panel.form.walk.entry("reason")
    assert entry is not None
    assert entry.marks == frozenset()


def test_a_doubt_is_said_in_words() -> None:
    assert doubt_words("I7", (Doubt(0, ("1", "l"), 0.5),)) == "“I” may also be “1” or “l”."
    assert doubt_words("I7", (Doubt(9, ("1",), 0.5),)) == ""


def test_a_warning_is_said_in_words_on_its_line(desk: Desk) -> None:
    entry = desk.panel.form.walk.entry("npi")
    assert entry is not None
    assert entry.notes == ("An NPI has 10 digits; 9 are printed.",)


def test_a_confidence_is_cut_and_never_rounded_up_over_the_threshold() -> None:
    assert number(0.8999) == "0.89"
    assert number(0.29) == "0.29"
    assert number(1.0) == "1.00"


def test_every_level_has_a_symbol_of_its_own() -> None:
    chips = [confidence_chip(c) for c in (0.95, 0.8, 0.3)]
    assert [c.role for c in chips] == ["sure", "look", "wrong"]
    assert len({c.symbol for c in chips}) == 3


def test_a_threshold_moves_the_colour_with_the_need_to_look() -> None:
    assert confidence_chip(0.93, 0.95).role == "look"


def test_what_is_required_and_empty_says_so() -> None:
    chip = item_chip((field("a", "A", "s", "", 0.99, required=True),))
    assert (chip.text, chip.role) == ("Missing", "wrong")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (FieldState.CONFIRMED, "Confirmed"),
        (FieldState.CORRECTED, "Corrected"),
        (FieldState.ILLEGIBLE, "Illegible"),
        (FieldState.NOT_APPLICABLE, "Not applicable"),
    ],
)
def test_what_a_person_said_stands_in_place_of_the_number(state: FieldState, words: str) -> None:
    assert item_chip((field("a", "A", "s", "x", 0.3, state=state),)).text == words


def test_a_section_counts_what_needs_no_look(desk: Desk) -> None:
    view = panel_view(case_of(fields()), definition())
    assert [(s.title, s.settled, s.total) for s in view.sections] == [
        ("Request", 1, 2),
        ("Patient", 3, 3),
        ("Provider", 0, 1),
        ("Services", 5, 6),
        ("End", 1, 1),
    ]


def test_the_bar_says_in_words_what_the_mean_hides(desk: Desk) -> None:
    desk.fields["name"] = replace(desk.fields["name"], value="", required=True)
    desk.show()
    words = desk.panel.bar.toolTip()
    assert "lowest 0.62" in words
    assert "Required and missing: Name." in words
    assert desk.panel.bar.chip().text == "4 to look at · 1 missing"


def test_every_line_of_the_form_is_walked_once_and_in_its_order() -> None:
    view = panel_view(case_of(fields()), definition())
    assert [e.key for e in view.entries()] == [i.key for i in items(fields(), definition())]


# Geometry and painting.


@pytest.mark.parametrize("width", [340, 430, 720])
def test_nothing_in_the_panel_overlaps(qtbot: QtBot, width: int) -> None:
    view = panel_view(case_of(fields()), definition())
    laid = arrange(view, width, "reason", 200)
    rects = sorted([p.rect for p in laid.places] + [laid.card], key=lambda r: r.top())
    for above, below in itertools.pairwise(rects):
        assert above.bottom() <= below.top() + 0.01
    for place in laid.places:
        if isinstance(place, GridPlace):
            assert all(c.rect.right() <= width - theme.px(16) for c in place.cells)


def test_a_value_too_long_ends_in_an_ellipsis_and_says_itself_in_full(desk: Desk) -> None:
    whole = "word " * 60
    desk.fields["name"] = replace(desk.fields["name"], value=whole)
    desk.show()
    desk.panel.select("phone")
    place = next(
        p
        for p in desk.panel.form.lines.arrangement.places
        if getattr(p, "entry", None) and p.entry.key == "name"
    )
    assert len(place.value.lines) == 2
    assert place.value.lines[-1].text.endswith("…")
    assert whole in desk.panel.form.lines.words_cut_at(QPointF(place.rect.center()))


def test_painting_costs_what_is_in_sight(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [field(f"f{n}", f"Field {n}", "request", "value", order=n) for n in range(3000)]
    desk.panel.show_case(case_of(many, case_id="big"))
    painted: list[str] = []
    monkeypatch.setattr(field_sheet, "paint_field", lambda _p, place, _h: painted.append(place.entry.key))
    desk.panel.form.lines.repaint(desk.panel.form.lines.visibleRegion())
    assert 10 < len(painted) < 40


def test_the_open_line_is_brought_into_sight_whole(desk: Desk) -> None:
    desk.panel.resize(430, 420)
    for path in ("phone", "group:urgent", "services.r2.diagnosis", "reason"):
        desk.panel.select(path)
        sheet = desk.panel.form
        top = sheet.card.y() - sheet.verticalScrollBar().value()
        assert top >= 0
        assert QRect(0, 0, 430, sheet.viewport().height()).contains(
            QRect(0, top, 10, min(sheet.card.height(), 200))
        )


def test_a_clicked_line_stays_under_the_mouse(desk: Desk) -> None:
    desk.panel.resize(430, 600)
    desk.panel.select("reason")
    sheet = desk.panel.form
    sheet.verticalScrollBar().setValue(300)
    place = next(
        p for p in sheet.lines.arrangement.places if getattr(p, "entry", None) and p.entry.key == "npi"
    )
    before = place.rect.top() - sheet.verticalScrollBar().value()
    assert 80 < before < 250
    QTest.mouseClick(sheet.lines, Qt.MouseButton.LeftButton, pos=place.rect.center().toPoint())
    assert sheet.card.y() - sheet.verticalScrollBar().value() == pytest.approx(before, abs=2)


def test_a_click_opens_a_line_with_the_keyboard_in_it(desk: Desk) -> None:
    lines = desk.panel.form.lines
    place = next(p for p in lines.arrangement.places if getattr(p, "entry", None) and p.entry.key == "name")
    QTest.mouseClick(lines, Qt.MouseButton.LeftButton, pos=place.rect.center().toPoint())
    assert desk.panel.selected_key == "name"
    assert focused() is desk.panel.form.card.editor


def test_page_keys_and_escape_are_left_to_the_page_and_the_panel(desk: Desk) -> None:
    desk.panel.select("name")
    press(Key.Key_PageDown)
    press(Key.Key_Return, SHIFT)
    assert desk.panel.form.card.editor.toPlainText() == "Lori Mendoza"


def test_a_long_value_grows_its_editor_instead_of_hiding(desk: Desk) -> None:
    desk.panel.select("name")
    before = desk.panel.form.card.editor.height()
    press(Key.Key_F2)
    write(" and a very long name" * 4)
    assert desk.panel.form.card.editor.height() > before
    assert desk.panel.form.card.height() > 200
