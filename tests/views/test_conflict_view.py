"""A conflict: both sides seen, nothing chosen beforehand, settled by keys, and nothing lost by either way."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.case import field_document
from app.domain.conflict import ConflictKind, Settlement, Version
from app.views import theme
from app.views.conflict_screen import ConflictScreen
from app.views.models.conflict_model import subject_of
from app.views.widgets.conflict.conflict_words import (
    differing,
    kind_chip,
    outcome_of,
    settled_words,
    unit_label,
    value_words,
)
from app.views.widgets.conflict.version_card import MOST_LINES
from app.views.widgets.lettering import broken
from tests.views.sync_values import FIELD, a_conflict, a_side, a_subject

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def screen(qtbot: QtBot) -> ConflictScreen:
    widget = ConflictScreen()
    qtbot.addWidget(widget)
    widget.resize(1300, 800)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    widget.settled_ones = []  # type: ignore[attr-defined]
    widget.settled.connect(lambda *said: widget.settled_ones.append(said))  # type: ignore[attr-defined]
    return widget


def press(screen: ConflictScreen, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(screen.view, key)


def show(screen: ConflictScreen, *subjects: object) -> None:
    screen.show_subjects(subjects)  # type: ignore[arg-type]
    screen.take_keyboard()


K = Qt.Key


def test_both_sides_and_what_they_started_from_are_shown_with_who_wrote_them(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    mine, theirs, base = screen.view.mine.side, screen.view.theirs.side, screen.view.base.side
    assert (mine.words.text, theirs.words.text, base.words.text) == (
        "87577992976",
        "87577992978",
        "87577992975",
    )
    assert mine.who.startswith("Ada")
    assert theirs.who.startswith("Bob")
    assert mine.marks == theirs.marks == frozenset({10})  # the one character that differs


def test_nothing_is_chosen_beforehand_and_enter_settles_nothing(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    press(screen, K.Key_Return)
    assert screen.view.choice is None
    assert screen.settled_ones == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("keys", "settlement"),
    [
        ((K.Key_1,), Settlement.MINE),
        ((K.Key_2,), Settlement.THEIRS),
        ((K.Key_3,), Settlement.THEIRS_AND_NOTE),
        ((K.Key_N,), Settlement.THEIRS_AND_NOTE),
        ((K.Key_1, K.Key_N), Settlement.MINE_AND_NOTE),
        ((K.Key_N, K.Key_1), Settlement.MINE_AND_NOTE),
        ((K.Key_2, K.Key_N, K.Key_N), Settlement.THEIRS),
        ((K.Key_Left,), Settlement.MINE),
        ((K.Key_1, K.Key_Right), Settlement.THEIRS),
    ],
)
def test_keys_choose_and_enter_settles(
    screen: ConflictScreen, keys: tuple[Qt.Key, ...], settlement: Settlement
) -> None:
    show(screen, a_subject())
    press(screen, *keys, K.Key_Return)
    assert screen.settled_ones == [("conflict1", settlement)]  # type: ignore[attr-defined]


def test_a_second_enter_does_not_settle_it_again(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    press(screen, K.Key_1, K.Key_Return, K.Key_Return)
    assert len(screen.settled_ones) == 1  # type: ignore[attr-defined]


def test_what_settling_does_is_said_before_it_is_done(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    for key, settlement in ((K.Key_1, Settlement.MINE), (K.Key_2, Settlement.THEIRS)):
        press(screen, key)
        assert screen.view.outcome.text() == outcome_of(settlement)


def test_keys_go_from_conflict_to_conflict(screen: ConflictScreen) -> None:
    show(screen, a_subject(1), a_subject(2), a_subject(3))
    press(screen, K.Key_J, K.Key_Down)
    assert screen.view.subject == a_subject(3)
    press(screen, K.Key_J, K.Key_K, K.Key_Up)
    assert screen.view.subject == a_subject(1)


def test_when_one_is_settled_the_next_takes_its_place(screen: ConflictScreen) -> None:
    show(screen, a_subject(1), a_subject(2), a_subject(3))
    press(screen, K.Key_J, K.Key_1, K.Key_Return)
    show(screen, a_subject(1), a_subject(3))
    assert screen.view.subject == a_subject(3)
    assert screen.view.choice is None


def test_what_was_chosen_stays_while_the_list_is_told_again(screen: ConflictScreen) -> None:
    show(screen, a_subject(1), a_subject(2))
    press(screen, K.Key_1)
    show(screen, a_subject(1), a_subject(2), a_subject(3))
    assert screen.view.choice is Settlement.MINE


def test_another_value_of_theirs_is_shown_while_one_looks(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    show(screen, a_subject(theirs=a_side("87577992979", "Cy")))
    assert screen.view.theirs.side.words.text == "87577992979"


def test_the_last_one_settled_says_that_there_are_none(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    show(screen)
    assert screen.empty.isVisible()
    left: list[bool] = []
    screen.left.connect(lambda: left.append(True))
    screen.empty.buttons[0].click()
    assert left == [True]


def test_escape_leaves_it_for_later(screen: ConflictScreen) -> None:
    show(screen, a_subject())
    left: list[bool] = []
    screen.left.connect(lambda: left.append(True))
    press(screen, K.Key_1, K.Key_Escape)
    assert left == [True]
    assert screen.settled_ones == []  # type: ignore[attr-defined]


def test_a_determination_that_did_not_see_everything_leads_to_the_review(screen: ConflictScreen) -> None:
    subject = a_subject(
        kind=ConflictKind.EVIDENCE,
        unit="determinations.l1",
        mine=Version({"outcome": "approve", "reason": "All met."}, "Ada"),
    )
    show(screen, subject)
    asked: list[str] = []
    screen.case_asked.connect(asked.append)
    press(screen, K.Key_1)  # mine is no way out
    assert screen.view.choice is Settlement.THEIRS
    assert "Approved" in screen.view.mine.side.words.text
    press(screen, K.Key_O)
    assert asked == ["case1"]


def test_two_cases_with_the_same_file_are_merged_or_both_kept(screen: ConflictScreen) -> None:
    subject = a_subject(kind=ConflictKind.SAME_CONTENT, unit="", other_case_id="other")
    show(screen, subject)
    assert screen.view.theirs.side.title == "R-2611-0500-X"
    press(screen, K.Key_N, K.Key_1)
    assert screen.view.choice is Settlement.MERGE
    press(screen, K.Key_2, K.Key_Return)
    assert screen.settled_ones == [("conflict1", Settlement.BOTH)]  # type: ignore[attr-defined]


def test_something_deleted_says_who_deleted_it(screen: ConflictScreen) -> None:
    show(screen, a_subject(kind=ConflictKind.DELETED, theirs=Version(None, "Bob")))
    assert screen.view.words.text().startswith("Bob deleted this")
    assert screen.view.theirs.side.words.text == "Not there"


def test_every_conflict_can_be_reached_from_its_case_and_field(screen: ConflictScreen) -> None:
    show(screen, a_subject(1), a_subject(2))
    screen.show_case("case2", "member_id")
    assert screen.view.subject == a_subject(2)
    screen.show_case("nowhere")
    assert screen.view.subject == a_subject(2)


def test_the_page_is_shown_between_them_and_a_late_one_is_dropped(screen: ConflictScreen) -> None:
    wanted: list[object] = []
    screen.crop_wanted.connect(lambda subject, *_size: wanted.append(subject))
    show(screen, a_subject(1), a_subject(2))
    press(screen, K.Key_J)
    assert wanted == [a_subject(1), a_subject(2)]
    image = QImage(40, 10, QImage.Format.Format_RGB32)
    screen.show_crop("conflict1", image, None)
    assert screen.view.crop.image is None
    screen.show_crop("conflict2", image, Box(0.1, 0.1, 0.9, 0.9))
    assert screen.view.crop.image == image
    screen.show_no_crop("conflict2", "The page is not on this computer.")
    assert screen.view.crop.words == "The page is not on this computer."


def test_a_narrow_window_stacks_them_and_cuts_nothing(screen: ConflictScreen, qtbot: QtBot) -> None:
    show(screen, a_subject())
    view = screen.view
    screen.resize(900, 800)
    qtbot.waitUntil(lambda: view.crop.geometry().bottom() < view.mine.geometry().top())
    assert view.mine.geometry().right() < view.theirs.geometry().left()
    screen.resize(1300, 800)
    qtbot.waitUntil(lambda: view.mine.geometry().right() < view.crop.geometry().left())
    assert view.crop.geometry().right() < view.theirs.geometry().left()


def test_it_can_be_drawn_in_every_look(screen: ConflictScreen) -> None:
    subjects = tuple(a_subject(n, kind) for n, kind in enumerate(ConflictKind))
    show(screen, *subjects)
    try:
        for look, scale in product(("light", "dark"), (1.0, 1.5)):
            theme.use(look)  # type: ignore[arg-type]
            theme.set_text_scale(scale)
            for subject in subjects:
                screen.show_conflict(subject.conflict.conflict_id)
                assert not screen.grab().isNull()
    finally:
        theme.use("light")
        theme.set_text_scale(1.0)


def test_values_of_every_shape_have_words() -> None:
    assert value_words(None).text == "Not there"
    assert value_words("").text == "Empty"
    assert value_words(True).text == "Yes"
    assert value_words(["a", "b"]).text == "a, b"
    assert value_words({"outcome": "deny", "reason": "No."}).text.endswith("No.")
    row = value_words({"order": 0, "code": {"label": "Code", "kind": "text", "value": "E0784"}})
    assert row.text == "Code: E0784"
    ticked = value_words({"kind": "tick_box", "value": True, "state": "unseen"})
    assert ticked.text == "Ticked"


def test_differences_are_marked_only_where_they_say_something() -> None:
    assert differing("137.8", "I37.8") == (frozenset({0}), frozenset({0}))
    assert differing("Ada", "Bob") == (frozenset(), frozenset())
    assert differing("same", "same") == (frozenset(), frozenset())


def test_every_kind_and_settlement_and_part_has_words() -> None:
    assert len({kind_chip(kind).text for kind in ConflictKind}) == len(ConflictKind)
    assert len({outcome_of(s) for s in Settlement}) == len(Settlement)
    assert len({settled_words(s) for s in Settlement}) == len(Settlement)
    assert unit_label("fields.member_id", FIELD) == "Member ID"
    assert unit_label("assigned_to") == "Who has the request"
    assert unit_label("determinations.r1") == "Determination"
    assert unit_label("case") == "The whole case"
    assert unit_label("review.stated.age") == "Age"


def test_of_long_values_the_words_that_differ_are_marked_and_all_of_it_is_shown(
    screen: ConflictScreen,
) -> None:
    long = (
        "unable to tolerate standard therapy and prior trials of two agents failed, see the chart notes " * 4
    )
    show(
        screen,
        a_subject(mine=a_side(long, "Ada"), theirs=a_side(long.replace("chart notes", "letter"), "Bob")),
    )
    side = screen.view.mine.side
    marked = "".join(side.words.text[place] for place in sorted(side.marks))
    assert marked == "chart notes" * 4
    lines = broken(side.words.text, "edit", screen.view.mine.width() - 28, MOST_LINES)
    assert not lines.cut


def test_the_letters_of_words_that_are_the_programs_own_are_not_compared(screen: ConflictScreen) -> None:
    mine, theirs = (
        Version({**field_document(FIELD), "kind": "tick_box", "corrected_value": value}, by)
        for value, by in ((True, "Ada"), (False, "Bob"))
    )
    show(screen, a_subject(mine=mine, theirs=theirs))
    assert (screen.view.mine.side.words.text, screen.view.theirs.side.words.text) == ("Ticked", "Not ticked")
    assert screen.view.mine.side.marks == screen.view.theirs.side.marks == frozenset()


def test_a_conflict_that_is_about_no_place_on_a_page_shows_no_empty_page(screen: ConflictScreen) -> None:
    whose = a_subject(unit="assigned_to", base=Version(""), mine=Version("ada"), theirs=Version("bob"))
    show(screen, replace(whose, field=None))
    assert screen.view.crop.isHidden()
    assert screen.view.base.side.words.text == "Nobody"
    assert screen.view.words.text() == "This was changed here and on another desk, to two values."
    show(screen, a_subject(2))
    assert not screen.view.crop.isHidden()


def test_two_cases_with_one_file_are_settled_with_the_mouse_too(screen: ConflictScreen) -> None:
    show(screen, a_subject(1, ConflictKind.SAME_CONTENT, unit="", other_case_id="other"))
    QTest.mouseClick(screen.view.merge, Qt.MouseButton.LeftButton)
    chosen = [screen.view.choice]
    assert screen.view.merge.isChecked()
    QTest.mouseClick(screen.view.both, Qt.MouseButton.LeftButton)
    assert [*chosen, screen.view.choice] == [Settlement.MERGE, Settlement.BOTH]
    assert not screen.view.merge.isChecked()


def test_giving_way_to_changed_evidence_says_that_the_request_is_still_to_be_decided(
    screen: ConflictScreen,
) -> None:
    show(
        screen,
        a_subject(
            1, ConflictKind.EVIDENCE, unit="determinations.r1", theirs=Version(None), base=Version(None)
        ),
    )
    assert "still to be decided" in screen.view.outcome.text()
    assert screen.view.theirs.side.words.text == "Not decided"


def test_people_are_called_by_their_names_where_they_are_known() -> None:
    names = {"ada@payer.example": "Ada Example, RN"}

    def called(email: str) -> str:
        return names.get(email, email)

    conflict = a_conflict(
        1,
        unit="assigned_to",
        mine=Version("ada@payer.example", "ada@payer.example"),
        theirs=Version("bob@payer.example", "bob@payer.example"),
    )
    told = subject_of(conflict, None, called=called).conflict
    assert (told.mine.by, told.mine.value) == ("Ada Example, RN", "Ada Example, RN")
    assert (told.theirs.by, told.theirs.value) == ("bob@payer.example", "bob@payer.example")
