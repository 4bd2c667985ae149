"""Parts of the request in words: what an answer may fill."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def request_words(path: str) -> str:
    """What a part of the request is called; one that has no words of its own is shown as it is."""
    tr = QCoreApplication.translate
    whose, _, rest = path.partition(".")
    known = {
        "patient.patient_name": tr("Request", "Patient: name"),
        "patient.birth_date": tr("Request", "Patient: date of birth"),
        "patient.gender": tr("Request", "Patient: sex"),
        "patient.patient_id": tr("Request", "Patient: member ID"),
        "patient.group_number": tr("Request", "Patient: group number"),
        "patient.subscriber_name": tr("Request", "Patient: subscriber"),
        "patient.phone": tr("Request", "Patient: phone"),
        "patient.language": tr("Request", "Patient: language"),
        "current_condition.notes": tr("Request", "Condition: notes"),
        "current_treatment.notes": tr("Request", "Treatment: notes"),
    }
    if path in known:
        return known[path]
    people = {
        "provider": tr("Request", "Requesting provider"),
        "servicing_provider": tr("Request", "Service provider"),
    }
    things = {
        "provider_name": tr("Request", "name"),
        "npi": tr("Request", "NPI"),
        "specialty": tr("Request", "specialty"),
        "phone": tr("Request", "phone"),
        "fax": tr("Request", "fax"),
        "address": tr("Request", "address"),
    }
    if whose in people and rest in things:
        return f"{people[whose]}: {things[rest]}"
    row, line = "", path
    if whose == "lines":
        row, _, line = rest.partition(".")
    lines = {
        "service.code": tr("Request", "Service: code"),
        "service.description": tr("Request", "Service: description"),
        "service.type": tr("Request", "Service: kind"),
        "service.units": tr("Request", "Service: units"),
        "service.from": tr("Request", "Service: from"),
        "service.to": tr("Request", "Service: to"),
        "diagnosis.code": tr("Request", "Diagnosis: code"),
        "diagnosis.description": tr("Request", "Diagnosis: description"),
    }
    if line in lines:
        if row.isdigit() and row != "1":
            return tr("Request", "{words}, line {row}").format(words=lines[line], row=row)
        return lines[line]
    return path
