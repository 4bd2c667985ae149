"""Rules: each says why, suggests only what the glyphs allow, and leaves right values in peace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.domain.box import Box
from app.domain.form import FieldKind, FieldState, FormField
from app.domain.processor import ChoiceDefinition, FieldDefinition, FormDefinition, RuleDefinition, Section
from app.domain.validation import as_date, check, npi_check_digit_holds, warning_text

ZONE = Box(0.1, 0.1, 0.2, 0.2)
TODAY = date(2026, 11, 2)


def field(kind: FieldKind, value: str | bool, path: str = "f", **more: object) -> FormField:
    return replace(FormField(path, path.replace("_", " ").capitalize(), "s", kind, value, 0.9), **more)


def rules_of(one: FormField, today: date | None = TODAY) -> list[str]:
    return [w.rule for w in check([one], None, today).get(one.path, ())]


def definition(*fields: FieldDefinition, **more: object) -> FormDefinition:
    plain = FormDefinition("t", "T", "1", (1, 1), (), (), (Section("s", "S"),), fields)
    return replace(plain, **more)


@pytest.mark.parametrize("npi", ["1234567893", "1245319599"])
def test_an_npi_with_the_right_check_digit_is_left_in_peace(npi: str) -> None:
    assert npi_check_digit_holds(npi)
    assert rules_of(field(FieldKind.NPI, npi)) == []


def test_an_npi_of_nine_digits_is_read_right_and_wrong_in_itself() -> None:
    (warning,) = check([field(FieldKind.NPI, "237458669")])["f"]
    assert warning.kind == "value"
    assert warning_text(warning) == "An NPI has 10 digits; 9 are printed."


def test_a_failed_check_digit_speaks_of_the_reading() -> None:
    (warning,) = check([field(FieldKind.NPI, "1234567890")])["f"]
    assert (warning.rule, warning.kind) == ("npi_check_digit", "reading")


def test_a_letter_in_an_npi_is_offered_as_a_digit() -> None:
    (warning,) = check([field(FieldKind.NPI, "12345678g3")])["f"]
    assert (warning.rule, warning.suggestion) == ("npi_characters", "1234567893")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("137.8", "I37.8"), ("$20.2", "S20.2"), ("520.2", "S20.2"), ("S2O.2", "S20.2"), ("8I8.1", "B18.1")],
)
def test_an_icd10_code_misread_is_offered_as_the_glyphs_allow(text: str, suggestion: str) -> None:
    (warning,) = check([field(FieldKind.ICD10, text)])["f"]
    assert warning.suggestion == suggestion
    assert suggestion in warning_text(warning)


@pytest.mark.parametrize("text", ["I37.8", "S20.2", "A00", "G0930", "Q17.2, D76.3", "L41.3"])
def test_codes_of_the_right_shape_are_left_in_peace(text: str) -> None:
    assert rules_of(field(FieldKind.ICD10, text)) == []


def test_a_text_that_is_no_code_at_all_gets_no_suggestion() -> None:
    (warning,) = check([field(FieldKind.ICD10, "unknown")])["f"]
    assert (warning.rule, warning.suggestion) == ("icd10_shape", None)


@pytest.mark.parametrize("text", ["92132", "0175T", "G6009", "76982, A9588", "27447-RT"])
def test_procedure_codes_of_the_right_shape_are_left_in_peace(text: str) -> None:
    assert rules_of(field(FieldKind.PROCEDURE_CODE, text)) == []


@pytest.mark.parametrize(("text", "suggestion"), [("9Z132", "92132"), ("6O0O9", "60009"), ("G6OO9", "G6009")])
def test_a_procedure_code_misread_is_offered_as_the_glyphs_allow(text: str, suggestion: str) -> None:
    (warning,) = check([field(FieldKind.PROCEDURE_CODE, text)])["f"]
    assert warning.suggestion == suggestion


@pytest.mark.parametrize("text", ["02/30/2020", "13/01/2020", "soon"])
def test_a_day_that_is_not_on_the_calendar_is_told(text: str) -> None:
    assert rules_of(field(FieldKind.DATE, text)) == ["date_unknown"]


def test_a_date_with_a_letter_is_offered_with_a_digit() -> None:
    (warning,) = check([field(FieldKind.DATE, "O6/26/2006")])["f"]
    assert warning.suggestion == "06/26/2006"


def test_nobody_is_born_after_the_form_arrived() -> None:
    assert rules_of(field(FieldKind.DATE, "01/01/2030", "patient_dob")) == ["date_future"]
    assert rules_of(field(FieldKind.DATE, "01/01/2030", "start_date")) == []


def test_two_digits_of_a_year_are_read_as_people_mean_them() -> None:
    assert as_date("3/4/58") == date(1958, 3, 4)
    assert as_date("3/4/26") == date(2026, 3, 4)


@pytest.mark.parametrize("text", ["19775254110", "+14951594066", "(323) 889-6504", "323-889-6504 x12"])
def test_phone_numbers_as_people_write_them_are_left_in_peace(text: str) -> None:
    assert rules_of(field(FieldKind.PHONE, text)) == []


def test_a_phone_number_that_lacks_a_digit_is_told() -> None:
    assert rules_of(field(FieldKind.PHONE, "323889650")) == ["phone_shape"]


def test_a_required_field_left_empty_is_told_and_an_illegible_one_is_not() -> None:
    empty = field(FieldKind.TEXT, "", required=True)
    assert rules_of(empty) == ["required_empty"]
    assert rules_of(replace(empty, state=FieldState.ILLEGIBLE)) == []


def test_a_rule_looks_at_the_correction_and_not_at_what_was_read() -> None:
    misread = field(FieldKind.ICD10, "137.8")
    assert rules_of(replace(misread, corrected_value="I37.8")) == []


def test_two_ticks_where_only_one_can_be_contradict_each_other() -> None:
    boxes = [FieldDefinition(n, n, "s", FieldKind.TICK_BOX, ZONE) for n in ("male", "female")]
    form = definition(*boxes, choices=(ChoiceDefinition("sex", "Sex", "s", ("male", "female")),))
    ticked = [field(FieldKind.TICK_BOX, True, n, group="sex") for n in ("male", "female")]
    assert {p: [w.rule for w in ws] for p, ws in check(ticked, form).items()} == {
        "male": ["contradiction"],
        "female": ["contradiction"],
    }
    assert check([ticked[0], replace(ticked[1], value=False)], form) == {}


def test_an_end_before_its_start_is_told_on_both_rows_own_cells_only() -> None:
    rule = RuleDefinition("date_order", ("services.start", "services.end"))
    cells = [
        field(FieldKind.DATE, value, path)
        for path, value in [
            ("services.r1.start", "01/01/2020"),
            ("services.r1.end", "02/01/2020"),
            ("services.r2.start", "03/01/2020"),
            ("services.r2.end", "02/01/2020"),
        ]
    ]
    assert set(check(cells, definition(rules=(rule,)))) == {"services.r2.start", "services.r2.end"}


def test_one_person_spelled_two_ways_asks_about_the_less_sure_one() -> None:
    rule = RuleDefinition("same_person", ("contact", "provider"))
    names = [
        field(FieldKind.NAME, "Inda Laec, PA", "contact"),
        replace(field(FieldKind.NAME, "lnda Laec, PA", "provider"), confidence=0.5),
    ]
    found = check(names, definition(rules=(rule,)))
    assert list(found) == ["provider"]
    assert found["provider"][0].suggestion == "Inda Laec, PA"


def test_two_different_people_are_not_one_spelled_two_ways() -> None:
    rule = RuleDefinition("same_person", ("contact", "provider"))
    names = [
        field(FieldKind.NAME, "Griffin Fields", "contact"),
        field(FieldKind.NAME, "Calk Banks", "provider"),
    ]
    assert check(names, definition(rules=(rule,))) == {}


def test_a_code_at_the_end_of_a_description_is_checked_and_the_words_are_kept() -> None:
    described = FieldDefinition("diagnosis", "Diagnosis", "s", FieldKind.TEXT, ZONE, embeds="icd10")
    found = check(
        [field(FieldKind.TEXT, "Other valve disorders - 137.8", "diagnosis")], definition(described)
    )
    assert found["diagnosis"][0].suggestion == "Other valve disorders - I37.8"
    assert check([field(FieldKind.TEXT, "Knee pain - left", "diagnosis")], definition(described)) == {}
