"""The panels beside a form that is taught: list, inspector, publishing, examples, and the list of form types."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.form import FieldKind, FormField, Source
from app.domain.mapping import REQUEST_PATHS
from app.domain.processor_version import FormDraft, Origin, ProcessorVersion, VersionState
from app.views.widgets.teach.example_bar import ExampleBar, ExampleTab
from app.views.widgets.teach.field_list import FieldList
from app.views.widgets.teach.form_type import DRAFT, IN_FORCE, RETIRED, rows_of
from app.views.widgets.teach.form_type_list import columns
from app.views.widgets.teach.form_types_page import FormTypesPage
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.inspector import Inspector
from app.views.widgets.teach.outline import outline_of, read_by_ref
from app.views.widgets.teach.publish_panel import PublishPanel, Said
from app.views.widgets.teach.request_words import FIELD_PATHS, request_words
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.zone_key import Ask
from tests.views.teach_form import a_form

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def shown(qtbot: QtBot, widget: QWidget, width: int = 380, height: int = 800) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitUntil(widget.isActiveWindow)


def heard(widget: Inspector) -> list[tuple[Setting, object]]:
    told: list[tuple[Setting, object]] = []
    widget.set_asked.connect(lambda setting, value: told.append((setting, value)))
    return told


def a_version(version: str, state: VersionState, **more: object) -> ProcessorVersion:
    return ProcessorVersion(a_form(version=version), state, Origin.HERE, "ada", NOW, **more)  # type: ignore[arg-type]


# the list of fields


def test_arrows_walk_the_list_and_letters_ask_for_a_kind(qtbot: QtBot) -> None:
    fields = FieldList()
    shown(qtbot, fields)
    fields.show_rows(outline_of(a_form()))
    chosen: list[tuple[str, ...]] = []
    asked: list[tuple[Ask, FieldKind | None]] = []
    fields.chosen.connect(chosen.append)
    fields.asked.connect(lambda ask, kind: asked.append((ask, kind)))
    fields.setFocus()
    fields.choose(("member_name",))
    QTest.keyClick(fields, Qt.Key.Key_Down)
    assert chosen == [("born",)]
    QTest.keyClick(fields, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert chosen[-1] == ("born", "review")
    QTest.keyClicks(fields, "d")
    QTest.keyClick(fields, Qt.Key.Key_Delete)
    assert asked == [(Ask.KIND, FieldKind.DATE), (Ask.REMOVE, None)]


def test_the_list_keeps_what_is_chosen_and_its_place_when_a_field_changes(qtbot: QtBot) -> None:
    fields = FieldList()
    shown(qtbot, fields, height=160)
    fields.show_rows(outline_of(a_form()))
    fields.choose(("lines.code",))
    place = fields.verticalScrollBar().value()
    assert place > 0
    chosen: list[tuple[str, ...]] = []
    fields.chosen.connect(chosen.append)
    fields.show_rows(outline_of(a_form(title="Another title")))
    fields.show_rows(outline_of(a_form(choices=())))
    assert fields.refs == ("lines.code",)
    assert chosen == []


def test_a_trial_stands_under_its_labels(qtbot: QtBot) -> None:
    fields = FieldList()
    shown(qtbot, fields)
    fields.show_rows(outline_of(a_form()))
    before = fields.visualRect(fields.model().index(1, 0)).height()
    read = FormField(
        "member_name", "Member name", "member", FieldKind.NAME, "Ada", 0.97, 0.99, Source.RECOGNIZED
    )
    fields.show_rows(outline_of(a_form()), read_by_ref((read,)))
    assert fields.visualRect(fields.model().index(1, 0)).height() > before


# the inspector


def test_what_is_typed_into_a_label_is_told_letter_by_letter_and_enter_leaves(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    told, left = heard(inspector), []
    inspector.left.connect(lambda: left.append(True))
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    inspector.focus_label()
    QTest.keyClicks(QApplication.focusWidget(), "DO")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert told == [(Setting.LABEL, "D"), (Setting.LABEL, "DO")]
    assert left == [True]


def test_a_name_is_told_when_it_is_left_and_esc_takes_it_back(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    told = heard(inspector)
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    line = inspector.field_page.name
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "birth")
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert (line.text(), told) == ("born", [])
    line.selectAll()
    QTest.keyClicks(line, "birth")
    inspector.commit()
    assert told == [(Setting.NAME, "birth")]


def test_a_line_that_is_typed_into_keeps_its_cursor_while_the_form_changes(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    line = inspector.field_page.label
    line.setFocus()
    line.setCursorPosition(4)
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    assert line.cursorPosition() == 4


def test_a_kind_is_set_by_mouse_and_by_its_letter(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    told = heard(inspector)
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    grid = inspector.field_page.kinds
    place = grid.place_of(FieldKind.NPI).center().toPoint()
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=place)
    grid.setFocus()
    QTest.keyClicks(grid, "z")
    assert told == [(Setting.KIND, FieldKind.NPI), (Setting.KIND, FieldKind.ZIP)]


def test_section_and_request_are_picked_from_menus_that_say_what_is_chosen(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    told = heard(inspector)
    inspector.show_chosen(Inspected(a_form(), ("born",)))
    page = inspector.field_page
    assert page.section.text() == "Member"
    assert page.request.text() == "Nothing in the request"
    next(a for a in page.section.menu.actions() if a.text() == "Service").trigger()
    next(a for a in page.request.menu.actions() if a.text() == "Patient: date of birth").trigger()
    assert told == [(Setting.SECTION, "service"), (Setting.REQUEST, "patient.birth_date")]


def test_each_thing_has_the_settings_that_fit_it(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    page = inspector.field_page
    inspector.show_chosen(Inspected(a_form(), ("urgent",)))
    assert page.expedited.isVisible()
    assert not page.multiline.isVisible()
    inspector.show_chosen(Inspected(a_form(), ("member_name",)))
    assert page.multiline.isVisible()
    assert not page.expedited.isVisible()
    assert not page.group.isVisible()
    inspector.show_chosen(Inspected(a_form(), ("urgent", "other")))
    assert page.group.isVisible()
    assert not page.label.isVisible()
    for refs, expected in (
        (("review",), inspector.question_page),
        (("lines",), inspector.table_page),
        (("lines.code",), inspector.field_page),
        (("§service",), inspector.section_page),
        ((), inspector.form_page),
    ):
        inspector.show_chosen(Inspected(a_form(), refs))
        assert inspector.page is expected


def test_what_several_have_in_common_is_shown_half_where_they_differ(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    told = heard(inspector)
    inspector.show_chosen(Inspected(a_form(), ("member_name", "born")))
    inspector.field_page.required.click()
    assert told == [(Setting.REQUIRED, True)]
    assert "2" in inspector.field_page.head.text()


def test_a_flaw_is_said_in_a_sentence_and_a_fixed_version_cannot_be_set(qtbot: QtBot) -> None:
    inspector = Inspector()
    shown(qtbot, inspector)
    inspector.show_chosen(Inspected(a_form(), ("born",), {"born": "Two zones lie over each other."}))
    assert inspector.field_page.flaw.text() == "Two zones lie over each other."
    assert inspector.field_page.flaw.isVisible()
    inspector.show_chosen(Inspected(a_form(), ("born",), fixed=True))
    assert not inspector.field_page.flaw.isVisible()
    assert not inspector.field_page.label.isEnabled()
    assert not inspector.field_page.kinds.isEnabled()


def test_every_part_of_the_request_has_words(qtbot: QtBot) -> None:
    for path in FIELD_PATHS:
        assert request_words(path) in REQUEST_PATHS.values()
    assert request_words("lines.2.service.code").endswith("2")
    assert request_words("something.else") == "something.else"


# publishing


def test_what_is_missing_leads_to_its_field(qtbot: QtBot) -> None:
    panel = PublishPanel()
    shown(qtbot, panel)
    gone: list[str] = []
    panel.gone_to.connect(gone.append)
    panel.show_said(
        [
            Said("“born” fills nothing.", "born"),
            Said("Two zones overlap.", "urgent", True),
            Said("Few texts."),
        ],
        ["It takes the place of version 1."],
    )
    QTest.mouseClick(panel.lines[0], Qt.MouseButton.LeftButton)
    assert gone == ["urgent"]  # what blocks comes first
    QTest.mouseClick(panel.lines[2], Qt.MouseButton.LeftButton)
    assert gone == ["urgent"]  # it is about the form as a whole
    panel.show_said([], [])
    assert "Nothing" in panel.lines[0].text()


# the examples


def test_a_tab_is_chosen_and_taken_out(qtbot: QtBot) -> None:
    bar = ExampleBar()
    shown(qtbot, bar, 600, 60)
    chosen: list[str] = []
    removed: list[str] = []
    bar.shown.connect(chosen.append)
    bar.remove_asked.connect(removed.append)
    bar.show_tabs(
        [
            ExampleTab("zones", "Zones", "scan-text"),
            ExampleTab("x", "copy.png", "eye", "look", "3", removable=True),
        ],
        "zones",
    )
    QTest.mouseClick(bar.button("x"), Qt.MouseButton.LeftButton)
    QTest.keyClick(bar.button("x"), Qt.Key.Key_Delete)
    QTest.keyClick(bar.button("zones"), Qt.Key.Key_Delete)
    assert (chosen, removed) == (["x"], ["x"])
    bar.show_tabs([ExampleTab("zones", "Zones", "scan-text")], "zones")
    assert bar.keys == ("zones",)


# the form types


def test_form_types_stand_by_title_with_their_drafts_before_them() -> None:
    form = a_form(form_type="b_form", title="Another")
    draft = FormDraft("d1", a_form(), "ada", NOW, NOW, based_on="1.1")
    fresh = FormDraft("d2", a_form(form_type="c_form"), "bob", NOW, NOW)
    other = ProcessorVersion(form, VersionState.RETIRED, Origin.BUILT_IN)
    rows = rows_of(
        [a_version("1.1", VersionState.PUBLISHED), a_version("1", VersionState.RETIRED), other],
        [draft, fresh],
        {("a_form", "1"): 3, ("a_form", "1.1"): 4},
    )
    assert [(r.key, r.state) for r in rows] == [
        ("d2", DRAFT), ("d1", DRAFT), ("a_form", IN_FORCE), ("b_form", RETIRED)
    ]  # fmt: skip
    assert (rows[2].version, rows[2].cases, rows[2].fields) == ("1.1", 7, 9)
    assert rows[3].built_in


def test_the_card_offers_what_can_be_done_with_the_current_line(qtbot: QtBot) -> None:
    page = FormTypesPage()
    shown(qtbot, page, 1100, 700)
    acted: list[tuple[str, str, str]] = []
    page.acted.connect(lambda name, row, version: acted.append((name, row.key, version)))
    draft = FormDraft("d2", a_form(form_type="c_form"), "bob", NOW, NOW)
    page.show_types(
        [a_version("2", VersionState.PUBLISHED), a_version("1", VersionState.RETIRED)], [draft], {}
    )

    def offered() -> set[str]:
        return {name for name, button in page.card.buttons.items() if button.isVisible()}

    page.list.choose("d2")
    assert offered() == {"resume", "discard"}
    page.list.choose("a_form")
    assert offered() == {"mend", "try", "show", "again", "retire"}
    QTest.mouseClick(page.card.buttons["retire"], Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.card.versions[1].restore_button, Qt.MouseButton.LeftButton)
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert acted == [("retire", "a_form", ""), ("restore", "a_form", "1"), ("mend", "a_form", "")]


def test_no_form_types_says_what_to_do(qtbot: QtBot) -> None:
    page = FormTypesPage()
    shown(qtbot, page, 900, 600)
    asked: list[bool] = []
    page.teach_asked.connect(lambda: asked.append(True))
    page.show_types([], [], {})
    assert "No form types yet" in page.empty.text
    QTest.mouseClick(page.empty.buttons[0], Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_looking_at_an_example_can_be_stopped_and_no_second_one_is_begun(qtbot: QtBot) -> None:
    page = FormTypesPage()
    shown(qtbot, page, 900, 600)
    stopped: list[bool] = []
    page.stop_asked.connect(lambda: stopped.append(True))
    page.show_looking("blank.pdf", (0, 2))
    assert "blank.pdf" in page.progress.words
    assert not page.teach.isEnabled()
    QTest.mouseClick(page.progress.cancel, Qt.MouseButton.LeftButton)
    assert stopped == [True]
    page.show_looking("blank.pdf", None)
    assert page.progress.isHidden()
    assert page.teach.isEnabled()


@pytest.mark.parametrize("width", [300, 480, 700, 1000])
def test_columns_without_room_are_left_out_and_none_overlap(qtbot: QtBot, width: int) -> None:
    places = sorted(columns(width).values())
    assert all(a[0] + a[1] <= b[0] for a, b in pairwise(places))
    assert places[-1][0] + places[-1][1] <= width
    assert "title" in columns(width)
