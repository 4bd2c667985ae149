"""Edits of a definition: whatever is done, what comes out can be kept and read back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from app.domain import teaching, teaching_table
from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.finding import examine
from app.domain.form import FieldKind
from app.domain.label import tidy
from app.domain.mapping import is_expedited, known_path, request_of_column, request_of_field
from app.domain.naming import free_name, is_name, slug
from app.domain.numbered_row import with_numbered_rows
from app.domain.processor import FieldDefinition, FormDefinition, RuleDefinition, Section
from app.domain.proposal import (
    Proposal,
    ProposedColumn,
    ProposedField,
    ProposedPage,
    ProposedSection,
    ProposedTable,
)
from app.domain.sketch import free_form_type, sketched
from app.services.processors import read_definition, to_json


def field(name: str, zone: Box, kind: FieldKind = FieldKind.TEXT, **more: object) -> FieldDefinition:
    return FieldDefinition(name, name.capitalize(), "a", kind, zone, **more)  # type: ignore[arg-type]


def a_form(*fields: FieldDefinition, **more: object) -> FormDefinition:
    sections = (Section("a", "First"), Section("b", "Second"))
    made = FormDefinition("form", "Form", "1", (612.0, 792.0), (), (), sections, fields)
    return replace(made, **more)  # type: ignore[arg-type]


def block(rows: int = 3, columns: int = 2) -> tuple[FieldDefinition, ...]:
    return tuple(
        field(f"f{r}{c}", Box(0.1 + 0.3 * c, 0.1 + 0.05 * r, 0.38 + 0.3 * c, 0.14 + 0.05 * r))
        for r in range(rows)
        for c in range(columns)
    )


TICKS = tuple(
    field(f"t{n}", Box(0.1 * n, 0.5, 0.1 * n + 0.02, 0.52), FieldKind.TICK_BOX) for n in range(1, 5)
)


# Fields


def test_a_new_field_stands_where_the_form_is_read_and_joins_its_neighbours_section() -> None:
    top, low = (
        field("top", Box(0.1, 0.1, 0.3, 0.13)),
        field(
            "low",
            Box(0.1, 0.5, 0.3, 0.53),
        ),
    )
    form = a_form(top, replace(low, section="b"))
    right = teaching.add_field(form, "right", Box(0.5, 0.11, 0.7, 0.13))
    between = teaching.add_field(form, "between", Box(0.1, 0.45, 0.3, 0.48))
    assert [f.name for f in right.fields] == ["top", "right", "low"]
    assert right.field("right").section == "a"
    assert between.field("between").section == "b"


def test_a_field_is_moved_as_far_as_the_page_goes_and_keeps_its_size() -> None:
    form = a_form(field("one", Box(0.1, 0.1, 0.3, 0.13)), field("two", Box(0.6, 0.1, 0.9, 0.13)))
    moved = teaching.move_fields(form, ("one", "two"), 0.5, -0.5)
    assert moved.field("two").zone.rounded() == (0.7, 0.0, 1.0, 0.03)
    assert moved.field("one").zone.rounded() == (0.2, 0.0, 0.4, 0.03)


def test_a_zone_drawn_backwards_or_over_the_edge_is_kept_on_the_page() -> None:
    form = teaching.place_field(
        a_form(field("one", Box(0.1, 0.1, 0.3, 0.13))), "one", Box(1.4, 0.5, 0.9, 0.4)
    )
    assert form.field("one").zone == Box(0.9, 0.4, 1.0, 0.5)
    point = teaching.place_field(form, "one", Box(1.0, 1.0, 1.0, 1.0)).field("one").zone
    assert point.width >= teaching.LEAST - 1e-9
    assert point.x1 <= 1.0


def test_renaming_a_field_is_followed_by_everything_that_mentions_it() -> None:
    form = teaching.group_choice(a_form(*TICKS), ("t1", "t2"), "Review type")
    form = teaching.set_expedited(form, ("t2",))
    form = replace(form, rules=(RuleDefinition("same_person", ("t1", "t2")),))
    form = teaching.rename_field(form, "t2", "urgent")
    assert form.choices[0].options == ("t1", "urgent")
    assert form.expedited == ("urgent",)
    assert form.rules[0].fields == ("t1", "urgent")


@pytest.mark.parametrize("name", ["two", "question", "with.dot", "Größe", "", "1st", "a b"])
def test_a_name_that_is_taken_or_is_none_is_refused(name: str) -> None:
    form = teaching.group_choice(
        a_form(field("one", TICKS[0].zone), field("two", TICKS[1].zone), *TICKS), ("t3",), "Question"
    )
    with pytest.raises(Rejected):
        teaching.rename_field(form, "one", name)


def test_removing_a_field_takes_every_mention_with_it() -> None:
    form = teaching.group_choice(a_form(*TICKS), ("t1", "t2"), "Q")
    form = replace(
        teaching.set_expedited(form, ("t1",)), rules=(RuleDefinition("same_person", ("t1", "t3")),)
    )
    form = teaching.remove_fields(form, ("t1", "t2"))
    assert (form.choices, form.expedited, form.rules) == ((), (), ())
    assert read_definition(to_json(form)) == form


def test_a_field_that_is_no_tick_box_any_more_leaves_its_question() -> None:
    form = teaching.set_expedited(teaching.group_choice(a_form(*TICKS), ("t1", "t2"), "Q"), ("t1",))
    form = teaching.change_fields(form, ("t1",), kind=FieldKind.TEXT)
    assert (form.choices[0].options, form.expedited) == (("t2",), ())


def test_urgency_is_taken_from_tick_boxes_alone() -> None:
    with pytest.raises(Rejected, match="tick box"):
        teaching.set_expedited(a_form(field("word", Box(0, 0, 0.1, 0.1))), ("word",))


def test_a_tick_box_leaves_its_question_for_another() -> None:
    form = teaching.group_choice(a_form(*TICKS), ("t1", "t2", "t3"), "First")
    form = teaching.group_choice(form, ("t3", "t4"), "Second", exclusive=False)
    assert [(c.label, c.options, c.exclusive) for c in form.choices] == [
        ("First", ("t1", "t2"), True),
        ("Second", ("t3", "t4"), False),
    ]
    assert teaching.ungroup_choice(form, "second").choices == form.choices[:1]
    with pytest.raises(Rejected):
        teaching.group_choice(a_form(field("text", Box(0, 0, 0.1, 0.1))), ("text",), "Q")


def test_a_copy_of_a_field_fills_nothing_and_takes_over_nothing() -> None:
    form = a_form(field("one", Box(0.1, 0.1, 0.3, 0.13), request="patient.phone", fillable=("A",)))
    copied = teaching.duplicate_field(form, "one", "two", 0.0, 0.1).field("two")
    assert (copied.request, copied.fillable, copied.zone.rounded()) == ("", (), (0.1, 0.2, 0.3, 0.23))


def test_what_stands_in_a_section_goes_to_another_when_it_is_removed() -> None:
    form = teaching.remove_section(a_form(*TICKS), "a", "b")
    assert {f.section for f in form.fields} == {"b"}
    assert [s.name for s in form.sections] == ["b"]
    with pytest.raises(Rejected):
        teaching.remove_section(form, "b", "b")


# Tables


def test_a_block_of_zones_becomes_a_table_and_comes_apart_again() -> None:
    fields = tuple(replace(f, fillable=(f"W{f.name}",)) for f in block())
    form = teaching_table.make_table(a_form(*fields), [f.name for f in fields], "Services", ("Code", "Day"))
    (table,) = form.tables
    assert form.fields == ()
    assert [(c.name, c.label, c.fillable) for c in table.columns] == [
        ("code", "Code", ("Wf00", "Wf10", "Wf20")),
        ("day", "Day", ("Wf01", "Wf11", "Wf21")),
    ]
    assert len(table.rows) == 3
    apart = teaching_table.unmake_table(form, table.name)
    assert [(f.name, f.fillable) for f in apart.fields][:2] == [("code_1", ("Wf00",)), ("day_1", ("Wf01",))]
    assert [f.zone for f in apart.fields] == [f.zone for f in fields]


def test_zones_that_are_no_block_are_refused() -> None:
    with pytest.raises(Rejected):
        teaching_table.make_table(a_form(*block()), ("f00",), "One")
    pages = (field("one", Box(0.1, 0.1, 0.3, 0.13)), field("two", Box(0.1, 0.2, 0.3, 0.23), page=2))
    with pytest.raises(Rejected):
        teaching_table.make_table(a_form(*pages, pages=2), ("one", "two"), "Two pages")


def test_a_single_field_of_a_line_fills_every_line_once_it_is_a_column() -> None:
    fields = [replace(f, request="lines.1.service.code" if f.name == "f00" else "") for f in block()]
    form = teaching_table.make_table(a_form(*fields), [f.name for f in fields], "Services")
    assert form.tables[0].columns[0].request == "lines.*.service.code"


def test_renaming_a_table_or_a_column_is_followed_by_the_rules() -> None:
    form = teaching_table.make_table(a_form(*block()), [f.name for f in block()], "Services", ("From", "To"))
    form = replace(form, rules=(RuleDefinition("date_order", ("services.from", "services.to")),))
    form = teaching_table.change_column(form, "services", "from", name="start", kind=FieldKind.DATE)
    form = teaching_table.change_table(form, "services", name="lines")
    assert form.rules[0].fields == ("lines.start", "lines.to")
    assert read_definition(to_json(form)) == form
    assert teaching_table.remove_column(form, "lines", "to").rules == ()
    assert (
        teaching_table.remove_column(
            teaching_table.remove_column(form, "lines", "to"), "lines", "start"
        ).tables
        == ()
    )


def test_a_table_is_moved_with_its_rows_and_columns_in_proportion() -> None:
    form = teaching_table.make_table(a_form(*block()), [f.name for f in block()], "Services")
    placed = teaching_table.place_table(form, "services", Box(0.0, 0.5, 0.5, 1.0)).tables[0]
    assert teaching_table.table_box(placed).rounded() == (0.0, 0.5, 0.5, 1.0)
    assert len(placed.rows) == 3
    with pytest.raises(Rejected):
        teaching_table.set_grid(form, "services", [(0.1, 0.2), (0.3, 0.4)], [(0.1, 0.2), (0.15, 0.3)])


# Every edit, in any order


def edit_somehow(form: FormDefinition, chance: random.Random) -> FormDefinition:
    names = [f.name for f in form.fields]
    some = chance.sample(names, min(len(names), chance.randint(1, 4)))
    corners = (
        sorted(chance.uniform(-0.2, 1.2) for _ in range(2)),
        sorted(chance.uniform(-0.2, 1.2) for _ in range(2)),
    )
    box = Box(corners[0][1], corners[1][0], corners[0][0], corners[1][1])
    tables = [t.name for t in form.tables]
    acts = [
        lambda: teaching.add_field(
            form, teaching.name_for(form, chance.choice(("Name", "Phone:", "", "7")), "a"), box,
            kind=chance.choice(list(FieldKind)),
        ),
        lambda: teaching.place_field(form, some[0], box),
        lambda: teaching.move_fields(form, some, chance.uniform(-1, 1), chance.uniform(-1, 1)),
        lambda: teaching.remove_fields(form, some[:1]),
        lambda: teaching.duplicate_field(form, some[0], teaching.name_for(form, some[0]), 0.1, 0.1),
        lambda: teaching.rename_field(form, some[0], chance.choice(("x", "y", some[-1], "bad name"))),
        lambda: teaching.change_fields(form, some, kind=chance.choice(list(FieldKind)), section="b"),
        lambda: teaching.group_choice(form, some, "Question?"),
        lambda: teaching.set_expedited(form, some),
        lambda: teaching.ungroup_choice(form, form.choices[0].name),
        lambda: teaching_table.make_table(form, some, "Table", ("Code", "")),
        lambda: teaching_table.unmake_table(form, tables[0]),
        lambda: teaching_table.place_table(form, tables[0], box),
        lambda: teaching.remove_section(form, "b", "a"),
        lambda: teaching.add_section(form, chance.choice(("Second", "Patient information", "…"))),
        lambda: teaching.add_anchor(form, "Printed", box),
    ]  # fmt: skip
    try:
        return chance.choice(acts)()
    except (Rejected, IndexError):  # refused, or there was nothing to do it to
        return form


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_definition_it_can_be_kept_and_read_back(seed: int) -> None:
    chance = random.Random(seed)
    form = a_form(*block(), *TICKS)
    before = to_json(form)
    for _ in range(80):
        edited = edit_somehow(form, chance)
        assert to_json(form) == before  # a value on the stack of undo is never changed
        assert read_definition(to_json(edited)) == edited
        examine(edited)
        form, before = edited, to_json(edited)


# Names and what they fill


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Member's plan ID no.:", "member_plan_id_no"),
        ("Patient’s Name (please print):", "patient_name"),
        ("ICD-10 code(s)", "icd_10_code"),
        ("Group #", "group_no"),
        ("24-hour phone", "n24_hour_phone"),
        ("Größe", "grosse"),
        ("—", ""),
    ],
)
def test_a_name_is_made_of_a_label(label: str, name: str) -> None:
    assert slug(label) == name
    assert not slug(label) or is_name(slug(label))


def test_the_same_label_is_told_apart_by_section_then_by_number() -> None:
    taken: set[str] = set()
    for expected in ("phone", "provider_phone", "provider_phone_2", "provider_phone_3"):
        name = free_name("Phone:", taken, "provider")
        assert name == expected
        taken.add(name)


@pytest.mark.parametrize(
    ("kind", "label", "section", "path"),
    [
        (FieldKind.NAME, "Name", "Patient information", "patient.patient_name"),
        (FieldKind.NAME, "Member's name", "", "patient.patient_name"),
        (FieldKind.NAME, "First name", "Member", "patient.first_name"),
        (FieldKind.NAME, "Name (last, first)", "Enrollee", "patient.patient_name"),
        (FieldKind.MEMBER_ID, "Medicaid no.", "", "patient.patient_id"),
        (FieldKind.DATE, "DOB", "Patient", "patient.birth_date"),
        (FieldKind.DATE, "Date", "Patient", ""),
        (FieldKind.NPI, "NPI", "Requesting provider", "provider.npi"),
        (FieldKind.NPI, "NPI", "Rendering facility", "servicing_provider.npi"),
        (FieldKind.PHONE, "Fax", "Ordering physician", "provider.fax"),
        (FieldKind.PHONE, "Fax", "Provider and member information", ""),
        (FieldKind.NAME, "Contact name", "Requesting provider", ""),
        (FieldKind.NAME, "Primary care provider", "Provider", ""),
        (FieldKind.SIGNATURE, "Patient signature", "Patient", ""),
        (FieldKind.ICD10, "Code", "Diagnosis", "lines.1.diagnosis.code"),
        (FieldKind.TEXT, "Primary diagnosis", "", "lines.1.diagnosis.description"),
        (FieldKind.PROCEDURE_CODE, "CPT", "", "lines.1.service.code"),
        (FieldKind.TEXT, "Medication", "", "lines.1.service.description"),
        (FieldKind.DATE, "Service start date", "", "lines.1.service.from"),
        (FieldKind.TICK_BOX, "Male", "Patient", "patient.gender"),
        (FieldKind.TICK_BOX, "Home", "Patient", ""),
        (FieldKind.TEXT, "Medical necessity", "", "current_condition.notes"),
    ],
)
def test_what_a_field_fills_is_told_by_its_label_and_section(
    kind: FieldKind, label: str, section: str, path: str
) -> None:
    assert request_of_field(kind, label, section) == path
    assert not path or known_path(path)


def test_a_column_fills_a_line_a_row() -> None:
    assert request_of_column(FieldKind.TEXT, "Description of service") == "lines.*.service.description"
    assert request_of_column(FieldKind.NUMBER, "Qty") == "lines.*.service.units"
    assert request_of_column(FieldKind.NAME, "Member name") == ""


@pytest.mark.parametrize(
    ("label", "urgent"),
    [
        ("Urgent", True), ("EXPEDITED REVIEW", True), ("Request to expedite review", True), ("STAT", True),
        ("Exigent circumstances", True),
        ("Non-Urgent", False), ("Non urgent", False), ("Not urgent", False), ("Routine", False), ("Standard", False),
        ("Emergency room", False), ("Urgent care", False), ("Status", False),
    ],
)  # fmt: skip
def test_a_box_is_urgent_by_its_own_label(label: str, urgent: bool) -> None:
    assert is_expedited(label) is urgent


# From a proposal


def proposed(
    label: str, x: float, y: float, kind: FieldKind = FieldKind.TEXT, question: str = "", **more: object
):
    width = 0.02 if kind is FieldKind.TICK_BOX else 0.2
    return ProposedField(Box(x, y, x + width, y + 0.02), kind, label, "cell", question, **more)  # type: ignore[arg-type]


def a_proposal(
    *fields: ProposedField, sections=(), tables=(), titles=("SAMPLE PRIOR AUTHORIZATION",)
) -> Proposal:
    return Proposal(
        (ProposedPage(1, (850.0, 1100.0), (), tuple(sections), tuple(fields), tuple(tables)),), titles
    )


SECTIONS = (
    ProposedSection("SECTION I — PATIENT INFORMATION", 0.1),
    ProposedSection("II. Requesting Provider:", 0.3),
    ProposedSection("Facility", 0.5),
)


def test_six_fields_called_phone_get_names_of_their_sections() -> None:
    fields = [proposed("Phone:", x, y, FieldKind.PHONE) for y in (0.15, 0.35, 0.55) for x in (0.1, 0.5)]
    form = sketched(a_proposal(*fields, sections=SECTIONS))
    assert [f.name for f in form.fields] == [
        "patient_phone", "patient_phone_2", "requesting_provider_phone", "requesting_provider_phone_2",
        "facility_phone", "facility_phone_2",
    ]  # fmt: skip
    assert [s.title for s in form.sections] == ["Patient information", "Requesting Provider", "Facility"]
    assert [f.request for f in form.fields] == [
        "patient.phone", "", "provider.phone", "", "servicing_provider.phone", "",
    ]  # fmt: skip
    assert {f.label for f in form.fields} == {"Phone"}


def test_headings_side_by_side_hold_for_their_columns() -> None:
    headings = (
        ProposedSection("PROVIDER INFORMATION", 0.1, x1=0.5),
        ProposedSection("Patient information", 0.101, x0=0.5),
        ProposedSection("Facility", 0.3, x1=0.5),
    )
    fields = [proposed("Phone", x, y, FieldKind.PHONE) for y in (0.2, 0.4) for x in (0.1, 0.6)]
    form = sketched(a_proposal(*fields, sections=headings))
    assert [(f.name, f.request) for f in form.fields] == [
        ("provider_phone", "provider.phone"),
        ("patient_phone", "patient.phone"),
        ("facility_phone", "servicing_provider.phone"),
        ("patient_phone_2", ""),
    ]


def test_boxes_of_a_question_become_a_choice_and_the_urgent_one_makes_a_request_expedited() -> None:
    boxes = [
        proposed(label, x, 0.15, FieldKind.TICK_BOX, "Review Type:")
        for label, x in (("Non-Urgent", 0.1), ("Urgent", 0.4))
    ]
    form = sketched(a_proposal(*boxes, proposed("Urgent phone", 0.1, 0.2, FieldKind.PHONE)))
    (choice,) = form.choices
    assert (choice.label, choice.options) == ("Review Type", ("review_type_non_urgent", "review_type_urgent"))
    assert form.expedited == ("review_type_urgent",)


def test_the_same_question_asked_twice_makes_two_choices() -> None:
    boxes = [
        proposed(label, x, y, FieldKind.TICK_BOX, "Signed order attached?")
        for y in (0.15, 0.18)
        for label, x in (("Yes", 0.1), ("No", 0.4))
    ]
    form = sketched(a_proposal(*boxes))
    assert [c.options for c in form.choices] == [
        ("signed_order_attached_yes", "signed_order_attached_no"),
        ("signed_order_attached_yes_2", "signed_order_attached_no_2"),
    ]


def test_questions_that_stand_beside_each_other_line_by_line_are_kept_apart() -> None:
    boxes = [
        proposed(label, x, y, FieldKind.TICK_BOX, question)
        for y, labels in ((0.15, ("A", "1")), (0.18, ("B", "2")))
        for label, x, question in zip(labels, (0.1, 0.6), ("Left", "Right"), strict=True)
    ]
    form = sketched(a_proposal(*boxes))
    assert {c.label: c.options for c in form.choices} == {
        "Left": ("left_a", "left_b"),
        "Right": ("right_n1", "right_n2"),
    }


def test_a_table_fills_a_line_a_row_and_its_dates_are_compared() -> None:
    table = ProposedTable(
        "SERVICES",
        tuple(
            ProposedColumn(label, kind, 0.1 * n, 0.1 * n + 0.09)
            for n, (label, kind) in enumerate(
                (("CPT code", FieldKind.PROCEDURE_CODE), ("Description", FieldKind.TEXT),
                 ("Start Date", FieldKind.DATE), ("End Date", FieldKind.DATE)), 1
            )
        ),
        ((0.5, 0.53), (0.53, 0.56)),
    )  # fmt: skip
    inside = proposed("inside", 0.11, 0.505)
    form = sketched(a_proposal(inside, proposed("Name", 0.1, 0.1, FieldKind.NAME), tables=(table,)))
    (made,) = form.tables
    assert [c.request for c in made.columns] == [
        "lines.*.service.code", "lines.*.service.description", "lines.*.service.from", "lines.*.service.to",
    ]  # fmt: skip
    assert form.rules == (RuleDefinition("date_order", ("services.start_date", "services.end_date")),)
    assert [f.name for f in form.fields] == ["name"]


def test_fields_that_count_rows_become_a_table() -> None:
    labels = ("Planned Service Row", "Planned Service Code Row", "Planned Service Start Date Row")
    fields = tuple(
        field(f"c{c}r{r}", Box(0.1 + 0.2 * c, 0.5 + 0.03 * r, 0.28 + 0.2 * c, 0.525 + 0.03 * r))
        for r in range(1, 4)
        for c in range(3)
    )
    fields = tuple(
        replace(f, label=f"{labels[i % 3]} {i // 3 + 1}", fillable=(f"W{i}",)) for i, f in enumerate(fields)
    )
    (table,) = with_numbered_rows(a_form(*fields)).tables
    assert (len(table.rows), [c.label for c in table.columns]) == (
        3,
        ["Planned Service", "Code", "Start Date"],
    )
    assert table.columns[1].fillable == ("W1", "W4", "W7")


def test_a_table_is_not_made_of_two_addresses_of_two_lines() -> None:
    fields = tuple(
        replace(field(f"f{n}", Box(x, y, x + 0.2, y + 0.02)), label=label)
        for n, (label, x, y) in enumerate(
            (("Address 1", 0.1, 0.1), ("Address 2", 0.1, 0.2), ("City", 0.5, 0.1))
        )
    )
    assert with_numbered_rows(a_form(*fields)).tables == ()


def test_a_starred_label_is_required_and_loses_its_star() -> None:
    form = sketched(a_proposal(proposed("* Favourite colour:", 0.1, 0.1), proposed("Shoe size", 0.1, 0.2)))
    assert [(f.label, f.required) for f in form.fields] == [("Favourite colour", True), ("Shoe size", False)]


def test_a_widget_name_that_several_boxes_share_is_not_taken_over() -> None:
    boxes = [
        proposed(label, x, 0.1, FieldKind.TICK_BOX, fillable=("Group1",))
        for label, x in (("Yes", 0.1), ("No", 0.3))
    ]
    text = proposed("Name", 0.1, 0.3, fillable=("Name",))
    assert [f.fillable for f in sketched(a_proposal(*boxes, text)).fields] == [(), (), ("Name",)]


def test_an_example_without_any_place_is_refused_with_a_next_step() -> None:
    with pytest.raises(Rejected) as refused:
        sketched(a_proposal())
    assert refused.value.next_step


def test_a_form_that_names_itself_nowhere_is_called_by_its_file() -> None:
    form = sketched(a_proposal(proposed("Name", 0.1, 0.1), titles=()), "Scan 2024 (a).pdf")
    assert (form.title, is_name(form.form_type)) == ("Scan 2024 (a)", True)


def test_form_types_are_never_called_the_same() -> None:
    title = "Texas Standard Prior Authorization Request Form"
    first = free_form_type(title, ())
    assert free_form_type(title, {first}) == f"{first}_2"
    assert len(first) <= 32


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("PATIENT NAME:", "Patient name"),
        ("NPI", "NPI"),
        ("Phone: ( )", "Phone"),
        ("Phone: (", "Phone"),
        ("  Date\n of birth :", "Date of birth"),
        ("_____", ""),
        ("MEMBER ID #", "Member ID #"),
    ],
)
def test_a_printed_label_is_shown_as_people_write_it(printed: str, shown: str) -> None:
    assert tidy(printed) == shown


@pytest.mark.parametrize("seed", range(6))
def test_any_proposal_makes_a_definition_that_can_be_kept(seed: int) -> None:
    chance = random.Random(seed)
    labels = [
        "Phone:",
        "",
        "…",
        "Name",
        "Code Row 1",
        "Code Row 2",
        "Yes",
        "No",
        "x" * 300,
        "日付",
        "a.b.c",
        "\x00",
    ]
    fields = [
        proposed(
            chance.choice(labels), chance.uniform(0, 0.99), chance.uniform(0, 0.99), chance.choice(list(FieldKind)),
            chance.choice(("", "Which one?", "y" * 200)), fillable=chance.choice(((), ("W",), (f"W{n}",))),
        )
        for n in range(60)
    ]  # fmt: skip
    sections = [ProposedSection(chance.choice(labels), chance.random()) for _ in range(5)]
    form = sketched(a_proposal(*fields, sections=sections, titles=(chance.choice(labels),)), "file.pdf")
    assert read_definition(to_json(form)) == form
    assert all(is_name(name) for name in teaching.taken(form))
    assert len(form.fields) + sum(len(t.columns) * len(t.rows) for t in form.tables) >= 60 - 2
