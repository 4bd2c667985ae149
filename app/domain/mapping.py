"""Which part of the request a field fills, guessed from what the form prints beside it: a start for a person."""

from __future__ import annotations

import re

from app.domain.form import FieldKind

REQUEST_PATHS: dict[str, str] = {
    "patient.patient_name": "Patient: name",
    "patient.first_name": "Patient: first name",
    "patient.last_name": "Patient: last name",
    "patient.patient_id": "Patient: member ID",
    "patient.birth_date": "Patient: date of birth",
    "patient.gender": "Patient: sex",
    "patient.phone": "Patient: phone",
    "patient.language": "Patient: language",
    "patient.group_number": "Patient: group number",
    "patient.subscriber_name": "Patient: subscriber",
    "provider.provider_name": "Requesting provider: name",
    "provider.first_name": "Requesting provider: first name",
    "provider.last_name": "Requesting provider: last name",
    "provider.npi": "Requesting provider: NPI",
    "provider.specialty": "Requesting provider: specialty",
    "provider.phone": "Requesting provider: phone",
    "provider.fax": "Requesting provider: fax",
    "servicing_provider.provider_name": "Service provider: name",
    "servicing_provider.first_name": "Service provider: first name",
    "servicing_provider.last_name": "Service provider: last name",
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
PATIENT_LAST_NAME = "patient.last_name"
REQUIRED_PATHS = frozenset(
    {
        PATIENT_NAME,
        PATIENT_LAST_NAME,
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
    "provider": r"request(ing|or|ed by)|order(ing|ed by)|prescrib|referring|referred by|submitt",
    "servicing_provider": (
        r"servic(e|ing) provider|rendering|performing|referred to|facility|supplier|vendor"
        r"|treating provider|servicing|billing|hospital|place of service"
    ),
    "patient": r"patient|member|enrollee|beneficiary|recipient|client|cardholder",
    "a provider": r"provider|physician|doctor|clinician|practitioner",
}
"""Of whom a label or a section speaks; looked for in this order."""
_OTHERS = re.compile(
    r"contact|emergency|primary care|\bpcp\b|parent|guardian|caregiver|representative|pharmacy|employer"
    r"|other insurance|secondary|signature|prepared|completed by|preparer",
    re.IGNORECASE,
)
"""Somebody or something else than the request knows: their names and numbers fill nothing of it."""
_ASKED_FOR = re.compile(
    r"(service|procedure|equipment|item|medication|drug)\w*( or \w+)? (requested|description|name)"
    r"|^(medication|drug|item|procedure|service|equipment)s?\W*$"
    r"|(planned|requested) (service|procedure)|\b(cpt|hcpcs?)\b.*desc"
)
_SHORT = 50
"""Characters of a label; what is longer is a question with many words in it."""
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
    return re.search(r"\b(urgent|urgently|expedited?|exigent|emergent|emergency|stat)\b", text) is not None


def _path(kind: FieldKind, label: str, section: str) -> str:
    text, around = label.lower(), section.lower()
    if kind is FieldKind.SIGNATURE or _OTHERS.search(text):
        return ""
    of_service = _of_service(kind, text, in_table=False)
    if of_service:
        return of_service
    of_label, of_section = _who(text), _who(around)
    if not of_label and (len(of_section) > 1 or _OTHERS.search(around)):
        return ""  # the section speaks of several, or of somebody else
    who = next(iter(of_label or of_section), "")
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
    return f"{who}.{_named('provider_name', text)}" if _is_name(kind, text) else ""


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
    return f"patient.{_named('patient_name', text)}" if _is_name(kind, text) else ""


def _named(whole: str, text: str) -> str:
    """Whether a label asks for a whole name or for one half of it."""
    first = re.search(r"\b(first|given)\b", text)
    last = re.search(r"\b(last|family)\b|\bsurname\b", text)
    if bool(first) == bool(last):
        return whole
    return "first_name" if first else "last_name"


def _is_name(kind: FieldKind, text: str) -> bool:
    if kind not in (FieldKind.NAME, FieldKind.TEXT):
        return False
    return kind is FieldKind.NAME or re.search(r"\bname\b", text) is not None


def _of_service(kind: FieldKind, text: str, *, in_table: bool) -> str:
    diagnosis = len(text) < _SHORT and re.search(r"diagnos|\bicd|\bdx\b", text)
    if kind is FieldKind.ICD10:
        if "version" in text:
            return ""
        return f"lines.*.diagnosis.{'description' if 'desc' in text and 'code' not in text else 'code'}"
    if kind is FieldKind.PROCEDURE_CODE:
        return "lines.*.service.code"
    if kind is FieldKind.TICK_BOX:
        return ""
    if diagnosis and kind in (FieldKind.TEXT, FieldKind.NAME):
        coded = re.search(_CODE, text) and "desc" not in text
        return f"lines.*.diagnosis.{'code' if coded else 'description'}"
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
    if kind is FieldKind.TEXT and ((in_table and service) or _ASKED_FOR.search(text)):
        coded = re.search(_CODE, text) and "desc" not in text
        return f"lines.*.service.{'code' if coded else 'description'}"
    if kind is FieldKind.TEXT and re.search(
        r"clinical (info|doc|just|rationale|notes|summary)|justification|medical necessity|reason for (the )?request"
        r"|rationale", text,
    ):  # fmt: skip
        return "current_condition.notes"
    return ""


def _who(text: str) -> list[str]:
    """Of whom a text speaks, the surest first. A provider of no told part counts only where nobody else is told."""
    found = [who for who, pattern in _WHO.items() if re.search(pattern, text)]
    return list(dict.fromkeys(who.removeprefix("a ") for who in found))
