from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain.evidence import Evidence
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.material import Material, StatedFact
from app.domain.prompt import Origin, Slot
from app.domain.request import request_from
from app.services.code_description import described, is_ordinary
from app.services.local.template_prompt_model import TemplatePromptModel, kind_of

MODEL = TemplatePromptModel(described, is_ordinary)


def _material(
    *, fields: tuple[FormField, ...] = (), stated: tuple[StatedFact, ...] = (), **parts: Any
) -> Material:
    return Material("c1", "r1", date(2026, 10, 6), request_from({"request": parts}), fields, stated=stated)


def _line(
    code: str = "", words: str = "", kind: str = "", dx: str = "", called: str = "", order: int = 0
) -> dict[str, Any]:
    return {
        "order": order,
        "service": {"code": code, "description": words, "type": kind},
        "diagnosis": {"code": dx, "description": called},
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("E0784", "medical device"), ("K0001", "medical device"), ("L5000", "medical device"),
        ("A4253", "medical device"),
        ("J3490", "medication"), ("0002-8215-01", "medication"), ("G0277", "medical service"),
        ("27447", "medical service"), ("T2005", "medical service"), ("Z79.85", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_service_is_told_by_its_code(code: str, kind: str) -> None:
    assert kind_of(code) == kind


def test_a_code_that_contradicts_the_stated_kind_makes_the_slot_doubtful() -> None:
    asked = _material(lines={"r1": _line("J3490", "Infusion", "DEVICE")})
    found = MODEL.propose(asked).slot(Slot.SERVICE)
    assert found is not None
    assert found.doubtful
    assert (
        not MODEL.propose(_material(lines={"r1": _line("E0784", "Pump", "DEVICE")}))
        .slot(Slot.SERVICE)
        .doubtful
    )  # type: ignore[union-attr]


def test_every_line_of_a_request_is_named() -> None:
    lines = {"r1": _line("E0784", "Insulin pump"), "r2": _line("A4224", "Infusion supplies", order=1)}
    assert (
        "for medical device (insulin pump; E0784) and medical device (infusion supplies; A4224) for our member"
        in MODEL.propose(_material(lines=lines))
        .text.replace("Insulin", "insulin")
        .replace("Infusion", "infusion")
    )


@pytest.mark.parametrize(
    ("born", "words"),
    [
        ("10/07/1979", "46 years old"), ("10/06/1979", "47 years old"), ("2025-10-06", "12 months old"),
        ("09/20/2026", "16 days old"), ("not a date", "[age not stated]"), ("10/07/2026", "[age not stated]"),
    ],
)  # fmt: skip
def test_age_is_counted_at_the_day_of_the_request(born: str, words: str) -> None:
    assert words in MODEL.propose(_material(patient={"birth_date": born})).text


@pytest.mark.parametrize(
    ("name", "notes", "condition", "symptoms"),
    [
        ("Diabetes", "Type 2 diabetes", "type 2 diabetes", None),
        ("Arrhythmias", "Irregular heart rhythms", "arrhythmias", "irregular heart rhythms"),
        ("Normal", "Occasional heartburns.", None, "occasional heartburns"),
        ("Crohn's disease", "", "Crohn's disease", None),
        (" ", "  ", None, None),
        ("n/a", "N/A", None, None),
        ("", "Loud snoring, pauses seen by her spouse. Sleep study enclosed", None, None),
        ("Sleep apnea", "Please see the enclosed letter. She has tried everything", "sleep apnea", None),
    ],
)
def test_condition_and_symptoms_come_from_a_name_and_a_description(
    name: str, notes: str, condition: str | None, symptoms: str | None
) -> None:
    prompt = MODEL.propose(_material(current_condition={"name": name, "description": notes}))
    for slot, words in ((Slot.CONDITION, condition), (Slot.SYMPTOMS, symptoms)):
        found = prompt.slot(slot)
        assert found is not None
        if words is None:
            assert found.origin is Origin.ABSENT
        else:
            assert found.text == words


@pytest.mark.parametrize(
    ("code", "called", "words"),
    [
        ("E11.65", "Type 2 diabetes with hyperglycemia", "type 2 diabetes with hyperglycemia (E11.65)"),
        ("R06.0", "", "dyspnea (R06.0)"),
        ("J02.0, E86.0", "Streptococcal pharyngitis, Dehydration",
         "streptococcal pharyngitis (J02.0) and dehydration (E86.0)"),
        ("F41.9, I10", "Anxiety disorder, unspecified", "anxiety disorder, unspecified (F41.9, I10)"),
        ("", "low back pain", "low back pain"),
        ("X99.99", "", "X99.99"),
    ],
)  # fmt: skip
def test_diagnoses_are_paired_with_their_codes_and_never_guessed(code: str, called: str, words: str) -> None:
    found = MODEL.propose(_material(lines={"r1": _line(dx=code, called=called)})).slot(Slot.DIAGNOSIS)
    assert found is not None
    assert found.text == words


def test_names_of_products_and_people_keep_their_capitals() -> None:
    asked = _material(current_treatment={"description": "Exercise, Metformin and Jardiance daily."})
    found = MODEL.propose(asked).slot(Slot.TREATMENT)
    assert found is not None
    assert found.text == "exercise, Metformin and Jardiance daily"


def test_a_slot_says_which_field_filled_it_and_whether_that_needs_a_look() -> None:
    field = FormField(
        "member_name", "Name", "Patient", FieldKind.NAME, "Jane Orr", 0.4, source=Source.RECOGNIZED
    )
    asked = _material(fields=(field,), patient={"patient_name": "Jane Orr"})
    found = MODEL.propose(asked).slot(Slot.PATIENT)
    assert found is not None
    assert (found.field, found.doubtful) == ("member_name", True)
    seen = FormField(
        "member_name", "Name", "Patient", FieldKind.NAME, "Jane Orr", 0.4, state=FieldState.CONFIRMED
    )
    sure = MODEL.propose(_material(fields=(seen,), patient={"patient_name": "Jane Orr"})).slot(Slot.PATIENT)
    assert sure is not None
    assert not sure.doubtful


def test_what_people_put_into_slots_stays_theirs_when_the_prompt_is_proposed_again() -> None:
    evidence = Evidence("carbon monoxide poisoning", "d1", 1)
    stated = (
        StatedFact("condition", "carbon monoxide poisoning", evidence),
        StatedFact("symptoms", "headache"),
    )
    prompt = MODEL.propose(_material(stated=stated))
    condition, symptoms = prompt.slot(Slot.CONDITION), prompt.slot(Slot.SYMPTOMS)
    assert condition is not None
    assert symptoms is not None
    assert (condition.origin, condition.evidence) == (Origin.SPAN, evidence)
    assert symptoms.origin is Origin.STATED


def test_identifiers_that_no_model_needs_are_not_in_the_prompt() -> None:
    asked = _material(
        patient={"patient_name": "Jane Orr", "patient_id": "M123456789", "phone": "555-111-2222"},
        provider={
            "provider_name": "A. Provider",
            "npi": "1234567893",
            "address": "1 Main St",
            "phone": "555-111-3333",
        },
        lines={"r1": _line("E0784", "Insulin pump")},
    )
    text = MODEL.propose(asked).text
    for identifier in ("M123456789", "555-111", "1234567893", "Main St"):
        assert identifier not in text
