"""What follows from a case's fields is worked out again after every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.domain import projection
from app.domain.box import Box
from app.domain.case import case_from, field_document, to_time
from app.domain.change import Action, Change, corrected, writes_for
from app.domain.form import FieldKind, FormField
from app.domain.processor import Column, FieldDefinition, FormDefinition, Section, TableDefinition

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ZONE = Box(0.1, 0.1, 0.2, 0.2)
FORM = FormDefinition(
    "t",
    "T",
    "1",
    (1, 1),
    (),
    (),
    (Section("s", "S"),),
    (
        FieldDefinition("patient_name", "Name", "s", FieldKind.NAME, ZONE, request="patient.patient_name"),
        FieldDefinition("urgent", "Urgent", "s", FieldKind.TICK_BOX, ZONE),
    ),
    tables=(
        TableDefinition(
            "services",
            "Services",
            "s",
            (Column("code", "Code", FieldKind.PROCEDURE_CODE, 0, 1, request="lines.*.service.code"),),
            ((0.1, 0.2),),
        ),
    ),
    expedited=("urgent",),
)


def new_case(*fields: FormField) -> dict:
    values = {
        "case_id": "c",
        "receipt": "R-2611-04A7-0001-0",
        "form_type": "t",
        "received_at": to_time(AT),
        "due_at": to_time(AT),
        "intake_status": "needs_review",
        "documents": {},
        "fields": {f.path: field_document(f) for f in fields if f.cell is None},
        "tables": {
            "services": {
                "rows": {
                    f.cell[1]: {"order": 0, f.cell[2]: field_document(f)}
                    for f in fields
                    if f.cell is not None
                }
            }
        },
    }
    change = Change("1", "c", Action.RECEIVED, "reader", AT, writes_for({}, values))
    return projection.after({}, change, FORM)


def after_typing(document: dict, field: FormField, value: str | bool) -> dict:
    writes = corrected(document, [(field, value)], "ada", AT)
    return projection.after(document, Change("2", "c", Action.CORRECTED, "ada", AT, writes), FORM)


NAME = FormField("patient_name", "Name", "s", FieldKind.NAME, "Ada Example", 0.99)
URGENT = FormField("urgent", "Urgent", "s", FieldKind.TICK_BOX, False, 0.99)
CODE = FormField("services.r1.code", "Code", "s", FieldKind.PROCEDURE_CODE, "9Z132", 0.95)


def test_the_patient_is_whoever_the_form_names_now() -> None:
    document = new_case(NAME)
    assert case_from(document).patient == "Ada Example"
    assert case_from(after_typing(document, NAME, "Ada Exemplar")).patient == "Ada Exemplar"


def test_urgency_is_the_tick_and_never_the_word() -> None:
    urgent_in_words = FormField("reason", "Reason", "s", FieldKind.TEXT, "urgent urgent", 0.99)
    document = new_case(URGENT, urgent_in_words)
    case = case_from(document)
    assert case.urgency == "standard"
    assert (case.due_at - case.received_at).days == 7
    ticked = case_from(after_typing(document, URGENT, True))
    assert ticked.urgency == "expedited"
    assert (ticked.due_at - ticked.received_at).days == 3


def test_a_warning_goes_when_its_cause_goes() -> None:
    document = new_case(CODE)
    assert [w.rule for w in case_from(document).fields[0].warnings] == ["procedure_suggestion"]
    assert case_from(after_typing(document, CODE, "92132")).fields[0].warnings == ()


def test_a_table_fills_one_line_a_row_of_the_request() -> None:
    document = new_case(replace(CODE, value="92132"))
    assert document["request"]["lines"]["r1"]["service"]["code"] == "92132"


def test_the_numbers_count_only_what_nobody_has_looked_at() -> None:
    document = new_case(NAME, CODE)
    assert document["confidence"]["needs_review"] == 1
    settled = after_typing(document, CODE, "92132")
    assert settled["confidence"]["needs_review"] == 0
    assert settled["confidence"]["mean"] > document["confidence"]["mean"]


def test_verifying_waits_for_what_needs_a_look() -> None:
    document = new_case(NAME, CODE)
    assert [f.path for f in projection.unseen(document)] == ["services.r1.code"]
    assert projection.unseen(after_typing(document, CODE, "92132")) == ()


def test_the_case_carries_the_change_that_made_it() -> None:
    assert new_case(NAME)["_meta"]["rev"] == "1"
    assert after_typing(new_case(NAME), NAME, "x")["_meta"]["rev"] == "2"


def test_the_case_made_along_the_way_is_the_one_the_document_describes() -> None:
    document = new_case(NAME, CODE)
    change = Change("2", "c", Action.CORRECTED, "ada", AT, corrected(document, [(CODE, "92132")], "ada", AT))
    made, case = projection.after_with_case(document, change, FORM)
    assert made == projection.after(document, change, FORM)
    assert case == case_from(made)


def filled(*fields: tuple[FormField, str]) -> dict:
    """The request of a form whose fields fill these parts of it."""
    zone = Box(0, 0, 1, 1)
    asked = tuple(FieldDefinition(f.path, f.label, "s", f.kind, zone, request=path) for f, path in fields)
    return projection.request(tuple(f for f, _ in fields), replace(FORM, fields=asked))


def test_a_ticked_box_fills_the_request_with_its_own_label() -> None:
    male = FormField("m", "Male", "s", FieldKind.TICK_BOX, False)
    female = FormField("f", "Female", "s", FieldKind.TICK_BOX, True)
    assert filled((male, "patient.gender"), (female, "patient.gender")) == {"patient": {"gender": "Female"}}


def test_a_name_asked_for_in_two_halves_is_one_name_in_the_request() -> None:
    first = FormField("first", "First", "s", FieldKind.NAME, "Ada")
    last = FormField("last", "Last", "s", FieldKind.NAME, "Example")
    request = filled((last, "patient.last_name"), (first, "patient.first_name"))
    assert request["patient"]["patient_name"] == "Ada Example"
    assert filled((last, "provider.last_name"))["provider"]["provider_name"] == "Example"
    whole = filled((first, "patient.first_name"), (NAME, "patient.patient_name"))
    assert whole["patient"]["patient_name"] == NAME.value
