"""A sample form that no processor knows: what the window is shown teaching, and what teaching is measured on.

Its plan and everybody on it are invented. Forty answers, in frames, on lines and in boxes.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from app.domain.form import FieldKind
from app.services import sample_paper as paper
from app.services import sample_value as value
from app.services.sample_layout import Blank, Sheet

DPI = 200
"""As if the sheet were a letter."""


def home_health_request() -> Blank:
    """A request for home health, framed cells with small labels and squares to tick."""
    text, name, day, phone = FieldKind.TEXT, FieldKind.NAME, FieldKind.DATE, FieldKind.PHONE
    number = FieldKind.NUMBER
    sheet = Sheet("home_health_request", 120, 1580)
    sheet.text("Home Health Prior Authorization Request", 42, bold=True)
    sheet.text("Meadowlark Example Health Plan. A sample form: no such plan exists.", 22, after=4)
    sheet.text("Form MX-210. Send all pages with the plan of care.", 21, after=8)
    sheet.section("1. Request")
    sheet.ticks(
        "Type of request:", ("standard", "Standard"), ("expedited", "Expedited"), ("extension", "Extension")
    )
    sheet.cells(80, ("request_date", "Date of request", day, 0.4), ("reference", "Reference no.", text, 0.6))
    sheet.section("2. Member")
    sheet.cells(
        80, ("member_name", "Member name", name, 0.46), ("member_dob", "Date of birth", day, 0.22),
        ("member_id", "Member ID", FieldKind.MEMBER_ID, 0.32),
    )  # fmt: skip
    sheet.cells(80, ("member_phone", "Member phone", phone, 0.5), ("language", "Language", text, 0.5))
    sheet.ticks("Sex:", ("female", "Female"), ("male", "Male"), ("unknown", "Unknown"))
    sheet.section("3. Requesting provider")
    sheet.cells(
        80, ("provider_name", "Provider name", name, 0.5), ("provider_npi", "NPI", FieldKind.NPI, 0.22),
        ("specialty", "Specialty", text, 0.28),
    )  # fmt: skip
    sheet.cells(
        80, ("provider_phone", "Phone", phone, 0.3), ("provider_fax", "Fax", phone, 0.3),
        ("contact", "Contact person", name, 0.4),
    )  # fmt: skip
    sheet.section("4. Home health agency")
    sheet.cells(80, ("agency_name", "Agency name", text, 0.6), ("agency_npi", "NPI", FieldKind.NPI, 0.4))
    sheet.cells(80, ("agency_phone", "Phone", phone, 0.5), ("agency_fax", "Fax", phone, 0.5))
    sheet.section("5. Services")
    sheet.ticks(
        "Needed:", ("nursing", "Nursing"), ("physical", "Physical therapy"), ("speech", "Speech therapy"),
        ("aide", "Aide"),
    )  # fmt: skip
    sheet.cells(
        80, ("procedure", "Procedure code", FieldKind.PROCEDURE_CODE, 0.25),
        ("visits", "Visits per week", number, 0.25), ("start_date", "Start date", day, 0.25),
        ("end_date", "End date", day, 0.25),
    )  # fmt: skip
    sheet.cells(
        80, ("diagnosis", "Primary diagnosis", text, 0.7),
        ("diagnosis_code", "ICD-10 code", FieldKind.ICD10, 0.3),
    )  # fmt: skip
    sheet.cells(
        80, ("second_diagnosis", "Other diagnosis", text, 0.7),
        ("second_code", "ICD-10 code", FieldKind.ICD10, 0.3),
    )  # fmt: skip
    sheet.ticks("Is the member homebound?", ("homebound_yes", "Yes"), ("homebound_no", "No"))
    sheet.cells(190, ("reason", "Clinical reason and goals", text, 1.0))
    sheet.section("6. Signature")
    sheet.cells(90, ("signature", "Signature", FieldKind.SIGNATURE, 0.7), ("signed", "Date signed", day, 0.3))
    return sheet.blank()


def home_health_answers(random: Random) -> dict[str, str | bool]:
    """Answers for the request, made up."""
    who, provider = value.patient(random), value.clinician(random)
    service = value.SERVICES[5]
    start = value.TODAY + timedelta(days=random.randrange(5, 12))
    return {
        "standard": True,
        "request_date": value.day(value.TODAY),
        "reference": f"MX-{random.randrange(10000, 99999)}",
        "member_name": who.name,
        "member_dob": value.day(who.born),
        "member_id": who.member_id,
        "member_phone": value.telephone(random),
        "language": "English",
        "female": True,
        "provider_name": provider,
        "provider_npi": value.npi(random),
        "specialty": service.specialty,
        "provider_phone": value.telephone(random),
        "provider_fax": value.telephone(random),
        "contact": value.clinician(random).rpartition(",")[0],
        "agency_name": "Sampleford Home Health",
        "agency_npi": value.npi(random),
        "agency_phone": value.telephone(random),
        "agency_fax": value.telephone(random),
        "physical": True,
        "procedure": service.code,
        "visits": str(random.randrange(2, 5)),
        "start_date": value.day(start),
        "end_date": value.day(start + timedelta(days=56)),
        "diagnosis": service.diagnosis,
        "diagnosis_code": service.icd10,
        "homebound_yes": True,
        "reason": service.note,
        "signature": provider.rpartition(",")[0],
        "signed": value.day(value.TODAY),
    }


def make_taught(folder: Path, seed: int = 7) -> tuple[Path, Path]:
    """Draw the form blank and filled in; returns both files."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet, random = home_health_request(), Random(seed)  # noqa: S311 - not a secret
    empty = paper.drawn(sheet)
    blank, filled = folder / "home-health-blank.png", folder / "home-health-filled.png"
    empty.save(blank, "PNG", dpi=(DPI, DPI), compress_level=1)
    picture = empty.copy()
    paper.fill(picture, sheet, home_health_answers(random), paper.TYPEWRITER, random)
    picture.save(filled, "PNG", dpi=(DPI, DPI), compress_level=1)
    return blank, filled
