"""Traps: each is told in words with a next step, and a clean request has none."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.domain.box import Box
from app.domain.code import NO_LISTS, CodeLists
from app.domain.form import FieldKind, FormField
from app.domain.recommendation import Flag
from app.domain.request import request_from
from app.domain.trap import traps
from app.domain.trap_code import CodeKind, codes_of
from app.domain.trap_site import contradict, side, sites
from app.services.code_list import icd10

DAY = date(2026, 11, 22)

CLEAN: dict[str, Any] = {
    "patient": {"patient_name": "Ada Example", "patient_id": "W100200300", "patient_age": "57",
                "patient_gender": "Female"},
    "provider": {"name": "Dr. May Sample", "id": "1234567893"},
    "current_condition": {"name": "Sleep apnea", "description": "Loud snoring, tired by day"},
    "current_treatment": {"description": "Weight loss and an oral appliance for six months"},
    "labs": [{"name": "AHI", "value": "32"}, {"name": "Weight", "value": "198 lb"}],
    "lines": {"r1": {"order": 0,
        "service": {"type": "DEVICE", "code": "E0601", "description": "Continuous positive airway pressure device"},
        "diagnosis": {"code": "G47.33", "description": "Obstructive sleep apnea"}}},
}  # fmt: skip


def made(**parts: object) -> dict[str, Any]:
    """The clean request with parts replaced: `service__code="x"` is the code of its service."""
    request = copy.deepcopy(CLEAN)
    for name, value in parts.items():
        part, _, key = name.partition("__")
        place = request["lines"]["r1"] if part in ("service", "diagnosis") else request
        if key:
            place.setdefault(part, {})[key] = value
        else:
            place[part] = value
    return request


def found(
    request: dict[str, Any], fields: tuple[FormField, ...] = (), codes: CodeLists | None = None
) -> tuple[Flag, ...]:
    return traps(request_from({"request": request}), fields, icd10() if codes is None else codes, DAY)


def line(
    service_type: str, code: str, words: str, icd: str, diagnosis: str, **parts: object
) -> dict[str, Any]:
    return made(
        service={"type": service_type, "code": code, "description": words},
        diagnosis={"code": icd, "description": diagnosis}, **parts,
    )  # fmt: skip


CLEAN_REQUESTS = {
    "as above": made(),
    "a drug by its HCPCS code": line(
        "MEDICATION", "J0135", "Adalimumab 40 mg every other week", "M06.9", "Rheumatoid arthritis",
        current_condition={"name": "RA", "description": "swollen joints of both hands"},
        current_treatment={"description": "Methotrexate 15 mg weekly for eight months"},
    ),
    "a drug by its NDC": line(
        "MEDICATION", "0169-4130-13", "Semaglutide 0.5 mg weekly", "E11.9", "Type 2 diabetes",
        current_condition={"name": "T2DM", "description": ""},
        current_treatment={"description": "Metformin 2000 mg daily"},
        labs=[{"name": "A1C", "value": "9.4 %"}, {"name": "Glucose (mg/dL)", "value": "196"}],
    ),
    "a knee for a knee": line(
        "PROCEDURE", "27447-RT", "Total knee arthroplasty, right", "M17.11",
        "Unilateral primary osteoarthritis of the right knee",
        current_condition={"name": "Osteoarthritis", "description": "pain on stairs"},
        current_treatment={"description": "Physical therapy, NSAIDs"},
    ),
    "a device for the hip of its diagnosis": line(
        "DEVICE", "L1686", "Hip orthosis, abduction control", "M16.11", "Primary osteoarthritis, right hip",
        current_condition={"name": "Hip pain", "description": ""},
    ),
    "lay words for a code": line(
        "PROCEDURE", "93306", "Echocardiogram", "I10", "High blood pressure",
        current_condition={"name": "Hypertension", "description": ""},
        current_treatment={"description": "Lisinopril 20 mg"},
    ),
    "an abbreviation for a code": line(
        "DEVICE", "E1390", "Oxygen concentrator", "J44.9", "COPD",
        current_condition={"name": "Shortness of breath", "description": "on exertion"},
        labs=[{"name": "SpO2", "value": "86 %"}],
    ),
    "a cancer by its plain name": line(
        "PROCEDURE", "19301", "Partial mastectomy, left", "C50.912", "Breast cancer, left",
        current_condition={"name": "Breast cancer", "description": ""},
        current_treatment={"description": "none"},
    ),
    "a screening goes with any condition": line(
        "PROCEDURE", "45378", "Colonoscopy", "Z12.11", "Screening for malignant neoplasm of colon",
        current_condition={"name": "Family history of polyps", "description": ""},
    ),
    "a fracture": line(
        "PROCEDURE", "73721", "MRI of the left knee", "S83.512A", "Sprain of anterior cruciate ligament of left knee",
        current_condition={"name": "Fall at work", "description": "knee gives way"},
    ),
    "a man's": line(
        "PROCEDURE", "55866", "Prostatectomy", "C61", "Malignant neoplasm of prostate",
        patient={**CLEAN["patient"], "patient_gender": "M"},
        current_condition={"name": "Prostate cancer", "description": ""},
    ),
    "a mother's": line(
        "SERVICE", "S9140", "Diabetic management program", "O24.419", "Gestational diabetes",
        patient={**CLEAN["patient"], "patient_age": "31"},
        current_condition={"name": "Gestational diabetes", "description": "24 weeks pregnant"},
    ),
    "a child's": line(
        "DEVICE", "E0784", "External insulin pump", "E10.9", "Type 1 diabetes",
        patient={**CLEAN["patient"], "patient_age": "11"},
        current_condition={"name": "Type 1 diabetes", "description": ""},
        current_treatment={"description": "Insulin lispro by injection"},
    ),
    "low back pain, by words of its own": line(
        "PROCEDURE", "72148", "MRI of the lumbar spine", "M51.26", "Herniated lumbar disc",
        current_condition={"name": "Chronic back pain", "description": ""},
        current_treatment={"description": "Physical therapy for eight weeks"},
    ),
    "a vaccine is a drug though it is CPT": line(
        "MEDICATION", "90750", "Zoster vaccine", "Z23", "Encounter for immunization",
        current_condition={"name": "Healthy", "description": ""},
    ),
    "ages agree": made(patient={**CLEAN["patient"], "birth_date": "02/14/1969"}),
    "a wheelchair after a stroke": line(
        "DEVICE", "K0001", "Standard wheelchair", "I63.9", "Stroke",
        current_condition={"name": "CVA", "description": "weakness of the right leg"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CLEAN_REQUESTS))
def test_a_clean_request_has_no_trap(name: str) -> None:
    assert [f.text for f in found(CLEAN_REQUESTS[name])] == []


TRAPPED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a diagnosis in the place of the service": (
        made(service={"type": "MEDICATION", "code": "Z79.4", "description": "Insulin"}),
        r"“Z79\.4” in the place of the service code is a diagnosis code .*insulin.* names no medication",
        "lines.r1.service.code",
    ),
    "the same with a blank in it and no point": (
        made(service__code="G4733"[:4] + "3x"),
        "in the place of the service code",
        "lines.r1.service.code",
    ),
    "a diagnosis without its point": (
        made(service__code="E11618"),
        "“E11618” .* is a diagnosis code",
        "lines.r1.service.code",
    ),
    "several services": (
        made(service__code="E0601, A7030 and A7034"),
        "3 codes stand in the place of one service code",
        "lines.r1.service.code",
    ),
    "a revenue code before a procedure": (
        line(
            "PROCEDURE",
            "0324 71046",
            "Chest X-ray",
            "J18.9",
            "Pneumonia",
            current_condition={"name": "Pneumonia", "description": ""},
        ),
        "“0324” is a revenue code.*the service is 71046",
        "lines.r1.service.code",
    ),
    "words in the place of a code": (made(service__code="CPAP"), "is no code", "lines.r1.service.code"),
    "no service code": (made(service__code=" "), "no service code", "lines.r1.service.code"),
    "nothing said of the service": (
        made(service__description=""),
        "in words what is asked",
        "lines.r1.service.description",
    ),
    "a device that is a drug": (
        made(service__code="J1817"),
        "device, but “J1817”.*of a drug",
        "lines.r1.service.type",
    ),
    "a drug that is a device": (
        made(service__type="MEDICATION"),
        "medication, but “E0601”",
        "lines.r1.service.type",
    ),
    "a device that is something done": (
        made(service__code="95810"),
        "“95810” is a CPT code",
        "lines.r1.service.type",
    ),
    "a type nobody knows": (made(service__type="GADGET"), "“GADGET” is no type", "lines.r1.service.type"),
    "the end before the start": (
        made(service__from="02/01/2026", service__to="01/01/2026"),
        "ends before it starts",
        "lines.r1.service.from",
    ),
    "no diagnosis": (made(diagnosis__code=""), "no diagnosis code", "lines.r1.diagnosis.code"),
    "an unknown diagnosis": (
        made(diagnosis__code="C61.0", diagnosis__description=""),
        "“C61.0” is not in the ICD-10-CM list",
        "lines.r1.diagnosis.code",
    ),
    "a heading": (
        made(diagnosis__code="G47.3"),
        r"“G47\.3” \(Sleep apnea\) is a heading",
        "lines.r1.diagnosis.code",
    ),
    "several diagnoses": (
        made(diagnosis__code="G47.33; E66.9", diagnosis__description="Obstructive sleep apnea; Obesity"),
        "2 codes stand in the place of one diagnosis",
        "lines.r1.diagnosis.code",
    ),
    "a procedure in the place of the diagnosis": (
        made(diagnosis__code="94660"),
        "“94660” in the place of the diagnosis code is a CPT code",
        "lines.r1.diagnosis.code",
    ),
    "no words for the diagnosis": (
        made(diagnosis__description="  "),
        "not described. Its code stands for “Obstructive sleep apnea",
        "lines.r1.diagnosis.description",
    ),
    "other words than the code's": (
        made(diagnosis__description="Plantar fasciitis"),
        "“G47.33” stands for .* described as “Plantar fasciitis”",
        "lines.r1.diagnosis.description",
    ),
    "the other type": (
        line(
            "DEVICE",
            "E0784",
            "Insulin pump",
            "E10.9",
            "Type 2 diabetes",
            current_condition={"name": "Diabetes", "description": ""},
        ),
        "the words say “type 2” where the code says “type 1”",
        "lines.r1.diagnosis.description",
    ),
    "less than the code says": (
        line(
            "DEVICE",
            "E0784",
            "Insulin pump",
            "E11.319",
            "Type 2 diabetes",
            current_condition={"name": "Diabetes", "description": ""},
        ),
        "says nothing of unspecified diabetic retinopathy",
        "lines.r1.diagnosis.description",
    ),
    "a knee for a hip, by words": (
        line(
            "PROCEDURE",
            "99999",
            "Revision of the knee",
            "M16.12",
            "Osteoarthritis of the left hip",
            current_condition={"name": "Osteoarthritis", "description": ""},
        ),
        "about the knee, the diagnosis about the hip",
        "lines.r1.diagnosis.code",
    ),
    "an elbow for a shoulder, by the code": (
        line(
            "PROCEDURE",
            "24343",
            "Repair",
            "M75.101",
            "Rotator cuff tear, right shoulder",
            current_condition={"name": "Shoulder pain", "description": ""},
        ),
        "about the elbow, the diagnosis about the shoulder",
        "lines.r1.diagnosis.code",
    ),
    "the other side": (
        line(
            "PROCEDURE",
            "27447",
            "Total knee arthroplasty, left",
            "M17.11",
            "Osteoarthritis of right knee",
            current_condition={"name": "Osteoarthritis", "description": ""},
        ),
        "for the left side, the diagnosis is of the right",
        "lines.r1.diagnosis.code",
    ),
    "the other side, by a modifier": (
        line(
            "PROCEDURE",
            "27447-LT",
            "Total knee arthroplasty",
            "M17.11",
            "Osteoarthritis of knee",
            current_condition={"name": "Osteoarthritis", "description": ""},
        ),
        "for the left side, the diagnosis is of the right",
        "lines.r1.diagnosis.code",
    ),
    "a man with a woman's diagnosis": (
        line(
            "PROCEDURE",
            "58150",
            "Surgery",
            "N80.9",
            "Endometriosis",
            patient={**CLEAN["patient"], "patient_gender": "Male"},
            current_condition={"name": "Endometriosis", "description": ""},
        ),
        "diagnosis of women; the patient is given as male",
        "lines.r1.diagnosis.code",
    ),
    "a woman with a man's service": (
        made(service__description="Prostate biopsy"),
        "usually for men; the patient is given as female",
        "lines.r1.service.description",
    ),
    "too old to be pregnant": (
        line(
            "SERVICE",
            "S9140",
            "Diabetic management",
            "O24.419",
            "Gestational diabetes",
            patient={**CLEAN["patient"], "patient_age": "70"},
            current_condition={"name": "Diabetes", "description": ""},
        ),
        "women of 9 to 64 years; the patient is 70",
        "lines.r1.diagnosis.code",
    ),
    "too old to be new": (
        line(
            "SERVICE",
            "E0202",
            "Phototherapy",
            "P59.9",
            "Neonatal jaundice",
            patient={**CLEAN["patient"], "patient_age": "4"},
            current_condition={"name": "Jaundice", "description": ""},
        ),
        "newborns; the patient is 4",
        "lines.r1.diagnosis.code",
    ),
    "age and birth date": (
        made(patient={**CLEAN["patient"], "birth_date": "02/14/1989"}),
        "age says 57, the date of birth makes it 37",
        "patient.patient_age",
    ),
    "a birth date that is none": (
        made(patient={**CLEAN["patient"], "birth_date": "02/30/1969"}),
        "no day on the calendar",
        "patient.birth_date",
    ),
    "half a name": (made(patient__patient_name="Example"), "name is one word", "patient.patient_name"),
    "no member id": (made(patient__patient_id=""), "member id", "patient.patient_id"),
    "no sex": (made(patient__patient_gender=""), "sex", "patient.patient_gender"),
    "an NPI too short": (made(provider__id="123456"), "it has 6 digits", "provider.id"),
    "an NPI with a letter": (made(provider__id="A234567893"), "digits only", "provider.id"),
    "an NPI whose check digit fails": (made(provider__id="1234567890"), "check digit", "provider.id"),
    "no provider": (made(provider={}), "provider's NPI", "provider.id"),
    "no condition": (
        made(current_condition={"name": " ", "description": ""}),
        "nothing of the patient's condition",
        "current_condition",
    ),
    "a condition that is none": (
        made(current_condition={"name": "Normal", "description": "tired"}),
        "“Normal”, which is none",
        "current_condition.name",
    ),
    "no treatment": (
        made(current_treatment={"description": "  "}),
        "nothing of the current treatment",
        "current_treatment.description",
    ),
    "the service as its own treatment": (
        made(current_treatment__description="Continuous positive airway pressure device"),
        "current treatment is the service",
        "current_treatment.description",
    ),
    "another condition than the diagnosis": (
        made(current_condition={"name": "Ingrown toenail", "description": ""}),
        "nothing in common",
        "current_condition.name",
    ),
    "a lab without a unit": (
        made(labs=[{"name": "A1C", "value": "8.1"}]),
        "No unit is given for A1C 8.1",
        "labs.0.value",
    ),
    "a lab without a value": (
        made(labs=[{"name": "A1C", "value": ""}]),
        "“A1C” has no value",
        "labs.0.value",
    ),
}


@pytest.mark.parametrize("name", list(TRAPPED))
def test_a_trap_is_told_in_words_with_a_next_step(name: str) -> None:
    request, words, path = TRAPPED[name]
    flags = found(request)
    matching = [f for f in flags if re.search(words, f.text)]
    assert matching, [f.text for f in flags]
    (flag,) = matching
    assert flag.kind == "trap"
    assert flag.text.endswith(".")
    assert flag.next_step.endswith(".")
    assert flag.evidence is not None
    assert flag.evidence.field == f"request.{path}"


def test_without_lists_only_shapes_are_looked_at() -> None:
    assert found(CLEAN, codes=NO_LISTS) == ()
    assert found(made(diagnosis__code="G47.3"), codes=NO_LISTS) == ()
    assert found(made(service__code="Z79.4"), codes=NO_LISTS)


def test_a_flag_points_to_the_forms_field_that_holds_the_value() -> None:
    field = FormField("requesting_npi", "NPI", "provider", FieldKind.NPI, "1234567890", 0.9, 0.9,
                      document_id="d1", page=2, box=Box(0.1, 0.2, 0.3, 0.4))  # fmt: skip
    (flag,) = [f for f in found(made(provider__id="1234567890"), (field,)) if "NPI" in f.text]
    assert flag.evidence is not None
    assert (flag.evidence.field, flag.evidence.page, flag.evidence.box) == ("requesting_npi", 2, field.box)


def test_a_form_is_not_asked_for_what_forms_do_not_say() -> None:
    field = FormField("a", "A", "s", FieldKind.TEXT, "x", 0.9, 0.9)
    assert found(made(current_condition={}, current_treatment={}, provider={}), (field,)) == ()


@pytest.mark.parametrize(
    "told",
    [
        "Cannot walk to the bathroom; falls at home.",
        "Saturation 84 percent at rest, 93 percent on 2 liters",
        "Wakes at night gasping and has done so since the spring of last year",
    ],
)
def test_prose_in_the_place_of_a_condition_names_none(told: str) -> None:
    for condition in ({"name": told, "description": ""}, {"name": "", "description": told}):
        asked = made(current_condition=condition)
        assert not any("nothing in common" in flag.text for flag in found(asked))


def test_nothing_is_guessed_of_what_a_wrong_code_may_have_meant() -> None:
    asked = made(service={"type": "MEDICATION", "code": "Z79.85", "description": "Ozempic"})
    (flag,) = [f for f in found(asked) if "Z79.85" in f.text]
    assert "Ozempic" not in flag.text + flag.next_step
    assert "J" not in flag.next_step.replace("NDC", "").split("HCPCS")[0]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("95249, 95250, and 95251", ["CPT", "CPT", "CPT"]),
        ("U0003,87635", ["HCPCS", "CPT"]),
        ("0730 93005", ["revenue", "CPT"]),
        ("Z79. 85", ["ICD-10-CM"]),
        ("27447-RT", ["CPT"]),
        ("97110 59", ["CPT"]),
        ("0001U", ["CPT"]),
        ("00169-4130-13", ["NDC"]),
        ("E11.618", ["ICD-10-CM"]),
        ("M1611", ["HCPCS"]),
        ("S72001A", ["ICD-10-CM"]),
        ("CPT 97110", ["CPT"]),
        ("none", [""]),
        ("", []),
    ],
)
def test_codes_are_told_apart_by_their_shape(text: str, kinds: list[str]) -> None:
    assert [str(c.kind) for c in codes_of(text, NO_LISTS)] == kinds


def test_a_letter_and_four_digits_is_a_diagnosis_when_only_that_list_has_it() -> None:
    lists = CodeLists(frozenset({"M1611"}), frozenset({"M1611"}), frozenset({"E0601"}))
    assert codes_of("M1611", lists)[0].kind is CodeKind.ICD10
    assert codes_of("E0601", lists)[0].kind is CodeKind.HCPCS


def test_sites_and_sides() -> None:
    assert sites("Repair of the RIGHT knee and ankle") == {"knee", "ankle"}
    assert sites("cervical cancer") == frozenset()
    assert contradict(frozenset({"hip"}), frozenset({"knee"}))
    assert not contradict(frozenset({"hip"}), frozenset({"thigh"}))
    assert not contradict(frozenset(), frozenset({"knee"}))
    assert (side("Right knee"), side("knee LT"), side("right and left"), side("alright")) == (
        "right",
        "left",
        "",
        "",
    )


USUAL = """
I10|HTN;E78.5|High cholesterol;E11.9|T2DM;E11.65|Type 2 DM with high blood sugar;J45.909|Asthma;J44.1|COPD exacerbation
G43.909|Migraine headaches;G40.909|Seizure disorder;M54.16|Lumbar radiculopathy;M17.0|Knee osteoarthritis, both knees
S52.501A|Distal radius fracture;M32.9|Lupus;L20.9|Eczema;K21.9|GERD;N18.6|End-stage kidney disease;N39.0|UTI
I48.91|Afib;I50.9|CHF;I21.9|Heart attack;I63.9|Ischemic stroke;F32.9|Depression;F90.9|ADHD;C34.90|Lung cancer
D50.9|Iron deficiency anemia;B20|HIV;H25.9|Age-related cataract;G47.33|OSA;R06.02|SOB;Z12.31|Screening mammogram
G56.01|Carpal tunnel syndrome, right;E05.90|Hyperthyroidism;E28.2|PCOS;J30.9|Hay fever;K80.20|Gallstones;M10.9|Gout
"""
"""Diagnoses as practices write them, beside their codes."""


def usual() -> list[tuple[str, str]]:
    rows = [row.split("|") for row in USUAL.replace("\n", ";").split(";") if row]
    return [(code, words) for code, words in rows]


def told_of(code: str, words: str) -> list[str]:
    asked = line(
        "SERVICE", "G0151", "Home visit", code, words, current_condition={"name": words, "description": ""}
    )
    return [f.text for f in found(asked)]


def test_diagnoses_as_practices_write_them_agree_with_their_codes() -> None:
    assert [(code, told) for code, words in usual() if (told := told_of(code, words))] == []


def test_another_diagnosis_is_told_from_its_code() -> None:
    rows = usual()
    shifted = [(code, rows[(place + 17) % len(rows)][1]) for place, (code, _) in enumerate(rows)]
    missed = [pair for pair in shifted if not any("stands for" in told for told in told_of(*pair))]
    assert len(missed) <= 3, missed  # those that are at least about the same part of the body


SAMPLE: dict[str, tuple[str, ...]] = {
    "111111111": ("3 codes", "CPT code", "E11.618", "no NPI", "No unit"),
    "222222222": (
        "2 codes stand in the place of one service",
        "2 codes stand in the place of one diagnosis",
        "“Normal”",
    ),
    "333333333": ("“Z79.85” in the place of the service code", "no NPI", "No unit"),
    "444444444": ("“Z79.85” in the place of the service code", "described as “Over weight”", "no NPI"),
    "555555555": ("“Z79.85” in the place of the service code", "E10.618", "no NPI"),
    "666666666": ("3 codes", "CPT code", "no NPI"),
    "777777777": ("2 codes stand in the place of one diagnosis", "condition", "current treatment", "no NPI"),
    "888888888": ("“0730” is a revenue code", "3 codes stand in the place of one diagnosis", "no NPI"),
    "999999999": ("2 codes stand in the place of one diagnosis", "condition", "no NPI"),
    "aaaaaaaaa": ("nothing in common", "check digit"),
    "bbbbbbbbb": ("is a heading", "not described", "condition", "current treatment"),
    "ccccccccc": ("“C19.0” is not in the ICD-10-CM list", "not described", "condition", "check digit"),
    "ddddddddd": (
        "about the knee, the diagnosis about the hip",
        "current treatment is the service",
        "check digit",
    ),
    "eeeeeeeee": ("name is one word", "check digit"),
}


def test_every_trap_of_the_sample_requests_is_told(shared_data: Path) -> None:
    requests = json.loads((shared_data / "requests" / "pa_requests.json").read_text("utf-8"))
    assert {r["request_id"] for r in requests} == set(SAMPLE)
    missed = []
    for request in requests:
        lines = {"r1": {"service": request["service"], "diagnosis": request["diagnosis"]}}
        told = [f.text for f in found({**request, "lines": lines})]
        expected = SAMPLE[request["request_id"]]
        missed += [(request["request_id"], words) for words in expected if not any(words in t for t in told)]
        if request["provider"]["id"] == "1234567893":
            assert not any("NPI" in t for t in told)
    assert missed == []
