"""Which part of the request a field fills, guessed from what the form prints beside it: a start for a person."""

from __future__ import annotations

import re

from app.domain.form import FieldKind

REQUEST_PATHS: dict[str, str] = {
    "patient.patient_name": "Patient: name",
    "patient.patient_id": "Patient: member ID",
    "patient.birth_date": "Patient: date of birth",
    "patient.gender": "Patient: sex",
    "patient.phone": "Patient: phone",
    "patient.language": "Patient: language",
    "patient.group_number": "Patient: group number",
    "patient.subscriber_name": "Patient: subscriber",
    "provider.provider_name": "Requesting provider: name",
    "provider.npi": "Requesting provider: NPI",
    "provider.specialty": "Requesting provider: specialty",
    "provider.phone": "Requesting provider: phone",
    "provider.fax": "Requesting provider: fax",
    "servicing_provider.provider_name": "Service provider: name",
    "servicing_provider.npi": "Service provider: NPI",
    "servicing_provider.specialty": "Service provider: specialty",
    "servicing_provider.phone": "Service provider: phone",
    "servicing_provider.fax": "Service provider: fax",
    "lines.*.service.code": "Service: code",
    "lines.*.service.description": "Service: description",
    "lines.*.service.units": "Service: units",
    "lines.*.service.from": "Service: from",
    "lines.*.service.to": "Service: to",
    "lines.*.diagnosis.code": "Diagnosis: code",
    "lines.*.diagnosis.description": "Diagnosis: description",
    "current_condition.notes": "Condition: notes",
    "current_treatment.notes": "Treatment: notes",
}
"""The parts of a request a field may fill, with what people call them. `*` is a row of a table; outside of one
a number stands for it (`lines.1.service.code`).
"""

PATIENT_NAME = "patient.patient_name"
REQUIRED_PATHS = frozenset(
    {
        PATIENT_NAME,
        "patient.patient_id",
        "patient.birth_date",
        "provider.provider_name",
        "provider.npi",
        "lines.*.service.code",
        "lines.*.diagnosis.code",
    }
)
"""Without these a request can hardly be judged: fields that fill them are proposed as required."""

_WHO = {
    "subscriber": r"subscriber|policy ?holder|guarantor|insured",
    "servicing_provider": (
        r"servic(e|ing) provider|rendering|performing|referred to|facility|supplier|vendor"
        r"|treating provider|servicing|billing|hospital|place of service"
    ),
    "provider": (
        r"request(ing|or|ed by)|order(ing|ed by)|prescrib|referring|submitt|provider|physician|doctor"
        r"|clinician|practitioner|pcp"
    ),
    "patient": r"patient|member|enrollee|beneficiary|recipient|client|cardholder",
}
"""Of whom a label or a section speaks; looked for in this order."""
_OTHERS = re.compile(
    r"contact|emergency|parent|guardian|caregiver|representative|office|pharmacy|employer|other insurance|secondary"
    r"|signature|prepared|completed by|preparer",
    re.IGNORECASE,
)
"""Somebody or something else than the request knows: their names and numbers fill nothing of it."""
_CODE = r"\bcodes?\b|\bcpt\b|\bhcpcs?\b|\bhcpc\b"


def known_path(path: str) -> bool:
    """Whether the request has this part; a number stands for any row."""
    return re.sub(r"^lines\.[^.]+\.", "lines.*.", path) in REQUEST_PATHS


def request_of_field(kind: FieldKind, label: str, section: str) -> str:
    """The part of the request that a field of this kind, label and section title fills; "" when none is told."""
    path = _path(kind, label, section)
    return path.replace("*", "1")


def request_of_column(kind: FieldKind, label: str) -> str:
    """The part of a line of the request that a column fills; "" when none is told."""
    path = _of_service(kind, label.lower(), in_table=True)
    return path if path.startswith("lines.") else ""


def is_expedited(label: str) -> bool:
    """Whether a tick box's own label says that what it marks is urgent."""
    text = label.lower()
    if re.search(r"\b(non|not|un)\b|\bnon-?\s?(urgent|emerg|expedit)|routine|standard", text):
        return False
    if re.search(r"emergency (room|department|contact|visit|service)|urgent care", text):
        return False
    return re.search(r"\b(urgent|urgently|expedited?|emergent|emergency|stat)\b", text) is not None


def _path(kind: FieldKind, label: str, section: str) -> str:
    text, around = label.lower(), section.lower()
    if kind is FieldKind.SIGNATURE or _OTHERS.search(text):
        return ""
    of_service = _of_service(kind, text, in_table=False)
    if of_service:
        return of_service
    who = _who(text) or _who(around)
    if _OTHERS.search(around) and not _who(text):
        return ""
    if kind is FieldKind.TICK_BOX:
        if who in ("patient", "") and re.fullmatch(r"\W*(male|female|m|f|unknown|other)\W*", text):
            return "patient.gender" if re.search(r"male|\bm\b|\bf\b", text) or who == "patient" else ""
        return ""
    if kind is FieldKind.MEMBER_ID:
        return "patient.patient_id"
    if kind is FieldKind.DATE:
        born = re.search(r"birth|\bdob\b|\bd\.o\.b", text)
        return "patient.birth_date" if born and who in ("patient", "") else ""
    if re.search(r"\bgroup (no|num|#|id)|^group\b", text):
        return "patient.group_number"
    if who in ("provider", "servicing_provider"):
        return _of_provider(who, kind, text)
    if who == "subscriber":
        return "patient.subscriber_name" if _is_name(kind, text) else ""
    if who == "patient":
        return _of_patient(kind, text)
    return "provider.npi" if kind is FieldKind.NPI else ""


def _of_provider(who: str, kind: FieldKind, text: str) -> str:
    if kind is FieldKind.NPI:
        return f"{who}.npi"
    if kind is FieldKind.PHONE:
        return f"{who}.fax" if "fax" in text else f"{who}.phone"
    if "specialty" in text or "speciality" in text:
        return f"{who}.specialty"
    return f"{who}.provider_name" if _is_name(kind, text) else ""


def _of_patient(kind: FieldKind, text: str) -> str:
    if kind is FieldKind.PHONE:
        return "" if "fax" in text else "patient.phone"
    if "language" in text:
        return "patient.language"
    if re.search(r"\b(gender|sex)\b", text):
        return "patient.gender"
    if re.search(
        r"\b(member|medicaid|medicare|subscriber|plan|enrollee|recipient)\b.*\b(id|no|number|#)", text
    ):
        return "patient.patient_id"
    return "patient.patient_name" if _is_name(kind, text) else ""


def _is_name(kind: FieldKind, text: str) -> bool:
    if kind not in (FieldKind.NAME, FieldKind.TEXT):
        return False
    return kind is FieldKind.NAME or re.search(r"\bname\b", text) is not None


def _of_service(kind: FieldKind, text: str, *, in_table: bool) -> str:
    diagnosis = re.search(r"diagnos|\bicd|\bdx\b", text)
    if kind is FieldKind.ICD10:
        return "lines.*.diagnosis.code"
    if kind is FieldKind.PROCEDURE_CODE:
        return "lines.*.service.code"
    if kind is FieldKind.TICK_BOX:
        return ""
    if diagnosis and kind in (FieldKind.TEXT, FieldKind.NAME):
        coded = re.search(_CODE, text) and "desc" not in text
        return "" if coded and not in_table else f"lines.*.diagnosis.{'code' if coded else 'description'}"
    service = re.search(
        r"procedure|service|\bcpt\b|\bhcpcs?\b|equipment|\bdrug\b|medication|item|description", text
    )
    if kind is FieldKind.DATE and (in_table or service or re.search(r"date", text)):
        if re.search(r"\b(start|from|begin)", text) and (in_table or service):
            return "lines.*.service.from"
        if re.search(r"\b(end|to|thru|through)\b", text) and (in_table or service):
            return "lines.*.service.to"
        return ""
    if re.search(r"\b(units|quantity|qty)\b", text) and (in_table or service):
        return "lines.*.service.units"
    if kind is FieldKind.TEXT and ((in_table and service) or re.search(
        r"(service|procedure|equipment|item|medication|drug)\w*( or \w+)? (requested|description|name)"
        r"|(planned|requested) (service|procedure)|\b(cpt|hcpcs?)\b.*desc", text,
    )):  # fmt: skip
        return (
            "lines.*.service.code"
            if re.search(_CODE, text) and "desc" not in text
            else ("lines.*.service.description")
        )
    if kind is FieldKind.TEXT and re.search(
        r"clinical (info|doc|just|rationale|notes|summary)|justification|medical necessity|reason for (the )?request"
        r"|rationale", text,
    ):  # fmt: skip
        return "current_condition.notes"
    return ""


def _who(text: str) -> str:
    for who, pattern in _WHO.items():
        if re.search(pattern, text):
            return who
    return ""
