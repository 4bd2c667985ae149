"""What a person does to zones, as pure edits: the definition after it, and what is chosen then."""

from __future__ import annotations

import pytest

from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.processor import Anchor
from app.views.models.label_guess import is_square, kind_of_label, label_beside
from app.views.models.setting_edit import settled
from app.views.models.zone_edit import asked, drawn, named, placed
from app.views.widgets.teach.outline import Row, outline_of, section_ref, walk_of
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.zone import zones_of
from app.views.widgets.teach.zone_key import Ask
from app.views.widgets.teach.zone_shape import (
    Grip,
    Shape,
    dragged,
    grip_at,
    line_at,
    resized,
    shape_of,
    toward,
)
from tests.views.teach_form import a_form

WALK = walk_of(outline_of(a_form()))


def test_a_drawn_zone_is_called_and_kinded_by_what_is_printed_beside_it() -> None:
    after, refs = drawn(a_form(), 1, Box(0.16, 0.695, 0.40, 0.72))
    field = after.field(refs[-1])
    assert field is not None
    assert (field.name, field.label, field.kind) == ("fax", "Fax", FieldKind.PHONE)


def test_a_drawn_zone_with_nothing_beside_it_waits_for_its_name() -> None:
    form = a_form()
    after, refs = drawn(form, 1, Box(0.60, 0.85, 0.90, 0.88))
    assert refs == ("field",)
    after, _ = settled(after, refs, Setting.LABEL, "Date signed")
    after, refs = named(after, refs, fresh=False)
    field = after.field(refs[-1])
    assert field is not None
    assert (field.name, field.kind) == ("date_signed", FieldKind.DATE)


def test_a_small_square_becomes_a_tick_box_with_the_word_at_its_right() -> None:
    form = a_form(anchors=(Anchor("Expedited", Box(0.125, 0.40, 0.20, 0.414)),))
    after, refs = drawn(form, 1, Box(0.10, 0.40, 0.118, 0.414))
    field = after.field(refs[-1])
    assert field is not None
    assert (field.kind, field.label) == (FieldKind.TICK_BOX, "Expedited")


def test_names_of_a_published_version_do_not_follow_their_labels() -> None:
    form = a_form()
    after, _ = settled(form, ("born",), Setting.LABEL, "Birthday")
    assert named(after, ("born",), fresh=False).definition.field("born") is not None
    assert named(after, ("born",), fresh=True).refs == ("birthday",)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Patient DOB", FieldKind.DATE),
        ("Provider NPI #", FieldKind.NPI),
        ("ICD-10 code(s)", FieldKind.ICD10),
        ("CPT/HCPCS", FieldKind.PROCEDURE_CODE),
        ("Member ID no.", FieldKind.MEMBER_ID),
        ("Fax number", FieldKind.PHONE),
        ("Signature of prescriber", FieldKind.SIGNATURE),
        ("Diagnosis", FieldKind.TEXT),
    ],
)
def test_the_words_of_a_label_tell_its_kind(label: str, kind: FieldKind) -> None:
    assert kind_of_label(label) is kind


def test_a_label_is_looked_for_left_above_and_inside_and_never_below() -> None:
    zone = Box(0.30, 0.20, 0.60, 0.23)
    left = Anchor("Left:", Box(0.22, 0.205, 0.28, 0.22))
    above = Anchor("Above", Box(0.30, 0.18, 0.36, 0.195))
    below = Anchor("Below", Box(0.30, 0.235, 0.36, 0.25))
    assert label_beside(zone, [below, left, above], 1, boxed=False) == "Left"
    assert label_beside(zone, [below, above], 1, boxed=False) == "Above"
    assert label_beside(zone, [below], 1, boxed=False) == ""
    assert label_beside(zone, [left], 2, boxed=False) == ""


def test_only_small_squares_look_like_boxes_to_tick() -> None:
    assert is_square(Box(0.1, 0.3, 0.118, 0.314), 612 / 792)
    assert not is_square(Box(0.1, 0.3, 0.3, 0.314), 612 / 792)
    assert not is_square(Box(0.1, 0.3, 0.118, 0.36), 612 / 792)


def test_removing_a_zone_chooses_the_next_one_so_that_del_can_be_pressed_again() -> None:
    after, refs = asked(a_form(), ("born",), Ask.REMOVE, None, WALK)
    assert after.field("born") is None
    assert refs == ("urgent",)
    after, refs = asked(after, ("lines",), Ask.REMOVE, None, walk_of(outline_of(after)))
    assert after.tables == ()
    assert refs == ("other",)


def test_a_question_removed_takes_its_tick_boxes_with_it() -> None:
    after, _ = asked(a_form(), ("review",), Ask.REMOVE, None, WALK)
    assert [f.name for f in after.fields] == ["member_name", "born", "other"]
    assert after.choices == ()


def test_a_heading_removed_leaves_its_fields_in_the_one_before() -> None:
    after, _ = asked(a_form(), (section_ref("service"),), Ask.REMOVE, None, WALK)
    assert [s.name for s in after.sections] == ["member"]
    assert after.tables[0].section == "member"


def test_tick_boxes_make_one_question_named_by_what_is_printed_before_them() -> None:
    form = a_form(choices=())
    after, refs = asked(form, ("urgent", "routine"), Ask.GROUP, None, WALK)
    assert after.choices[0].options == ("urgent", "routine")
    assert after.choices[0].label == "Review type"
    assert refs == (after.choices[0].name,)
    apart, refs = asked(after, ("urgent",), Ask.APART, None, WALK)
    assert apart.choices == ()
    assert set(refs) == {"urgent", "routine"}


def test_a_text_field_in_a_question_is_refused_in_words() -> None:
    with pytest.raises(Rejected, match="tick boxes"):
        asked(a_form(), ("member_name", "other"), Ask.GROUP, None, WALK)


def test_a_table_goes_apart_and_together_again_with_its_columns() -> None:
    apart, refs = asked(a_form(), ("lines",), Ask.APART, None, WALK)
    assert len(refs) == 4
    assert apart.tables == ()
    again, chosen = asked(apart, refs, Ask.TABLE, None, WALK)
    assert len(again.tables[0].columns) == 2
    assert len(again.tables[0].rows) == 2
    assert chosen == (again.tables[0].name,)


def test_a_letter_sets_the_kind_of_all_that_is_chosen_columns_too() -> None:
    after, _ = asked(a_form(), ("member_name", "lines.what"), Ask.KIND, FieldKind.NUMBER, WALK)
    assert after.field("member_name").kind is FieldKind.NUMBER  # type: ignore[union-attr]
    assert after.tables[0].columns[0].kind is FieldKind.NUMBER


def test_required_is_switched_on_for_all_and_off_when_all_have_it() -> None:
    once, refs = asked(a_form(), ("member_name", "born"), Ask.REQUIRED, None, WALK)
    assert [f.required for f in once.fields[:2]] == [True, True]
    twice, _ = asked(once, refs, Ask.REQUIRED, None, WALK)
    assert [f.required for f in twice.fields[:2]] == [False, False]


def test_a_copy_stands_below_under_a_name_of_its_own() -> None:
    after, refs = asked(a_form(), ("born",), Ask.DUPLICATE, None, WALK)
    copy, born = after.field(refs[-1]), after.field("born")
    assert copy is not None
    assert born is not None
    assert copy.zone.y0 > born.zone.y1
    assert copy.zone.width == pytest.approx(born.zone.width)
    assert copy.label == "Date of birth"


def test_a_section_called_as_its_table_is_chosen_on_its_own() -> None:
    form = a_form()
    form, _ = settled(form, ("lines",), Setting.NAME, "service")
    assert [r.row for r in outline_of(form) if r.ref == "service"] == [Row.TABLE]
    after, _ = settled(form, (section_ref("service"),), Setting.LABEL, "What is asked for")
    assert after.section_title("service") == "What is asked for"
    assert after.tables[0].label == "Lines"


def test_a_new_section_stands_after_the_one_it_was_made_from_and_takes_what_is_chosen() -> None:
    after, refs = settled(a_form(), ("born",), Setting.NEW_SECTION, "New section")
    assert [s.title for s in after.sections] == ["Member", "New section", "Service"]
    assert section_ref(after.field("born").section) == refs[-1]  # type: ignore[union-attr]


def test_a_question_goes_into_a_section_with_its_boxes() -> None:
    after, _ = settled(a_form(), ("review",), Setting.SECTION, "service")
    assert after.choices[0].section == "service"
    assert after.field("urgent").section == "service"  # type: ignore[union-attr]


def test_the_rows_of_a_table_are_parted_anew_over_the_same_room() -> None:
    after, _ = settled(a_form(), ("lines",), Setting.ROWS, 4)
    rows = after.tables[0].rows
    assert len(rows) == 4
    assert (rows[0][0], rows[-1][1]) == (pytest.approx(0.50), pytest.approx(0.58))


@pytest.mark.parametrize(
    ("ref", "setting", "value", "found"),
    [
        ("born", Setting.NAME, "birth", "birth"),
        ("review", Setting.NAME, "urgency", "urgency"),
        ("lines", Setting.NAME, "services", "services"),
        ("lines.what", Setting.NAME, "service", "lines.service"),
    ],
)
def test_what_is_renamed_stays_chosen(ref: str, setting: Setting, value: str, found: str) -> None:
    after, refs = settled(a_form(), (ref,), setting, value)
    assert refs == (found,)
    assert found in {row.ref for row in outline_of(after)}


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(Rejected, match="taken"):
        settled(a_form(), ("born",), Setting.NAME, "member_name")


def test_the_list_puts_a_question_before_its_boxes_and_columns_under_their_table() -> None:
    rows = [(r.row, r.ref, r.depth) for r in outline_of(a_form())]
    assert rows == [
        (Row.SECTION, "§member", 0),
        (Row.FIELD, "member_name", 0),
        (Row.FIELD, "born", 0),
        (Row.QUESTION, "review", 0),
        (Row.FIELD, "urgent", 1),
        (Row.FIELD, "routine", 1),
        (Row.FIELD, "other", 0),
        (Row.SECTION, "§service", 0),
        (Row.TABLE, "lines", 0),
        (Row.COLUMN, "lines.what", 1),
        (Row.COLUMN, "lines.code", 1),
    ]


# geometry


def test_zones_stay_on_the_page_and_keep_some_size_whatever_is_dragged() -> None:
    box = Shape(Box(0.1, 0.1, 0.3, 0.2))
    assert dragged(box, Grip(), -0.5, 2.0).box.rounded() == pytest.approx((0.0, 0.9, 0.2, 1.0))
    narrow = resized(box.box, Grip(x=-1), 0.9, 0.0)
    assert narrow.x1 == 0.3
    assert 0 < narrow.width < 0.01


def test_edges_are_taken_from_outside_and_a_small_box_is_still_moved_by_its_middle() -> None:
    assert grip_at((100, 100, 300, 140), 97, 120) == Grip(x=-1)
    assert grip_at((100, 100, 300, 140), 302, 142) == Grip(1, 1)
    assert grip_at((100, 100, 300, 140), 200, 120) == Grip()
    assert grip_at((100, 100, 112, 112), 106, 106) == Grip()
    assert grip_at((100, 100, 300, 140), 80, 120) is None


def test_the_line_between_two_columns_moves_both_and_the_table_keeps_its_size() -> None:
    table = zones_of(a_form())[-1]
    shape = shape_of(table)
    grip = line_at(shape.columns, shape.rows, 0.501, 0.52, (0.005, 0.005))
    assert grip == Grip(column=0)
    after = dragged(shape, grip, 0.05, 0.3)
    assert [x for span in after.columns for x in span] == pytest.approx([0.10, 0.55, 0.55, 0.70])
    assert after.rows == shape.rows
    assert placed(a_form(), {"lines": after}).tables[0].columns[1].x0 == pytest.approx(0.55)


def test_a_table_that_is_moved_takes_its_rows_and_columns_along() -> None:
    after = dragged(shape_of(zones_of(a_form())[-1]), Grip(), 0.1, 0.1)
    assert after.columns[0][0] == pytest.approx(0.20)
    assert after.rows[1][1] == pytest.approx(0.68)


def test_going_right_takes_the_zone_in_the_same_line_before_a_nearer_one_aside() -> None:
    boxes = {"a": Box(0.1, 0.1, 0.2, 0.12), "b": Box(0.5, 0.1, 0.6, 0.12), "c": Box(0.25, 0.2, 0.3, 0.22)}
    assert toward(boxes, "a", 1, 0) == "b"
    assert toward(boxes, "a", 0, 1) == "c"
    assert toward(boxes, "a", 0, -1) is None
