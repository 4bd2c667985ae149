"""Sample cases for the tests and the benchmarks of the store: made by code, of nobody."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.case import Json, document_path, field_document, to_time
from app.domain.change import Action, Change, corrected, writes_for
from app.domain.form import FieldKind, FormField, Source
from app.domain.projection import after

KEY = bytes(range(32))
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
_GIVEN = (
    "Lori",
    "Ryan",
    "Scott",
    "Bridget",
    "Anthony",
    "Katrina",
    "Zoë",
    "Mei",
    "Ngozi",
    "Ulrich",
    "Aiko",
    "Tomás",
)
_FAMILY = (
    "Mendoza",
    "Jarvis",
    "Zhang",
    "Miller",
    "Marquez",
    "Dominguez",
    "Okafor",
    "Brandt",
    "Sato",
    "Núñez",
)
_FORMS = ("tx_nofr001", "bsc_dme", "generic")
_CODES = ("I37.8", "S20.2", "E11.9", "M54.5", "77071", "A9588", "97110", "J0585")


def fields(chance: random.Random, count: int = 71) -> list[FormField]:
    """The fields of a form of the usual size, some of them doubtful."""
    patient = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}"
    found = []
    for order in range(count):
        name, kind, value = (
            f"field_{order:02d}",
            FieldKind.TEXT,
            f"some printed text {chance.randrange(10_000)}",
        )
        if order == 0:
            name, kind, value = "patient_name", FieldKind.NAME, patient
        elif order == 1:
            name, kind, value = "member_id", FieldKind.MEMBER_ID, str(chance.randrange(10**10, 10**11))
        elif order == 2:
            name, kind, value = "diagnosis_code", FieldKind.ICD10, chance.choice(_CODES[:4])
        elif order % 7 == 0:
            name, kind, value = f"code_{order:02d}", FieldKind.PROCEDURE_CODE, chance.choice(_CODES[4:])
        found.append(
            FormField(
                path=name,
                label=name.replace("_", " ").capitalize(),
                section=f"section_{order // 12}",
                kind=kind,
                value=value,
                confidence=round(chance.betavariate(9, 1), 4),
                placement_confidence=0.98,
                source=Source.RECOGNIZED,
                document_id="d1",
                page=1,
                order=order,
            )
        )
    return found


def received(
    number: int, receipt: str, chance: random.Random, *, sha256: str = "", count: int = 71
) -> tuple[Change, Json]:
    """A case as it is when it was taken in and read, with the change that made it."""
    case_id = f"{number:032x}"
    at = NOW - timedelta(minutes=number)
    read = fields(chance, count)
    document: Json = {
        "case_id": case_id,
        "receipt": receipt,
        "form_type": chance.choice(_FORMS),
        "line_of_business": "medicaid",
        "urgency": "standard",
        "received_at": to_time(at),
        "intake_status": "needs_review" if number % 5 else "verified",
        "status": "",
        "assigned_to": chance.choice(("", "R. Okafor", "desk 2")),
        "documents": {
            "d1": {
                "name": f"fax_{number:06d}.pdf",
                "sha256": sha256 or f"{number:064x}",
                "media_type": "application/pdf",
                "kind": "form",
                "page_count": 2,
                "pages": [1],
                "received_at": to_time(at),
            }
        },
        "fields": {f.path: field_document(f) for f in read},
    }
    change = Change(f"c{number}-0", case_id, Action.RECEIVED, "importer", at, writes_for({}, document))
    made = after({}, change, None)
    made["patient"] = str(read[0].value) if read else ""
    return change, made


def edit(document: Json, change_id: str, path: str, value: str, by: str = "R. Okafor") -> tuple[Change, Json]:
    """A correction of one field, and the document after it."""
    from app.domain.case import case_from

    case = case_from(document)
    field = next(f for f in case.fields if f.path == path)
    change = Change(
        change_id,
        case.case_id,
        Action.CORRECTED,
        by,
        NOW,
        corrected(document, [(field, value)], by, NOW),
        (path,),
    )
    made = after(document, change, None)
    made["patient"] = document["patient"]
    return change, made


def value_of(document: Json, path: str) -> Any:
    """What the document holds for a field now: the correction, else the machine's value."""
    place: Any = document
    for part in document_path(path).split("."):
        place = place[part]
    return place["value"] if place["corrected_value"] is None else place["corrected_value"]
