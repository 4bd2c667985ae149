"""The request: what is asked for whom, by whom and why, as the review works with it.

It stands in the case document under `request`: filled from the form's fields, or from an imported request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.case import Json


@dataclass(frozen=True, slots=True)
class Lab:
    """A measurement as the request states it: name and value in its own words ("A1C", "9.4")."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """One service asked for, with the diagnosis it is for.

    `service_type` is DEVICE, MEDICATION, PROCEDURE, SERVICE or "" where nobody says. Codes and descriptions are
    kept as written ("95249, 95250, and 95251"): `codes_in` takes them apart.
    """

    line_id: str
    order: int
    service_type: str
    code: str
    description: str
    units: str
    starts: str
    ends: str
    diagnosis_code: str
    diagnosis: str
    determination: Json | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is asked. Texts are as written; "" where the request does not say."""

    patient_name: str
    patient_id: str
    birth_date: str
    stated_age: str
    gender: str
    provider_name: str
    provider_id: str
    condition: str
    condition_notes: str
    treatment: str
    labs: tuple[Lab, ...]
    lines: tuple[Line, ...]
    raw: Mapping[str, Any]
    """The request as the case document has it, for parts no attribute names."""

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)


def request_from(document: Mapping[str, Any]) -> Request:
    """The request of a case document; of an empty one every text is "" and there is one line with nothing in it."""
    data: Mapping[str, Any] = document.get("request", {})
    patient, provider = data.get("patient", {}), data.get("provider", {})
    condition, treatment = data.get("current_condition", {}), data.get("current_treatment", {})
    entries = sorted(data.get("lines", {}).items(), key=lambda item: (item[1].get("order", 0), item[0]))
    lines = tuple(_line(line_id, place, entry) for place, (line_id, entry) in enumerate(entries))
    return Request(
        patient_name=_text(patient, "patient_name"),
        patient_id=_text(patient, "patient_id"),
        birth_date=_text(patient, "birth_date"),
        stated_age=_text(patient, "patient_age"),
        gender=_text(patient, "gender") or _text(patient, "patient_gender"),
        provider_name=_text(provider, "provider_name") or _text(provider, "name"),
        provider_id=_text(provider, "npi") or _text(provider, "id"),
        condition=_text(condition, "name"),
        condition_notes=_text(condition, "description") or _text(condition, "notes"),
        treatment=_text(treatment, "description") or _text(treatment, "notes"),
        labs=tuple(Lab(_text(lab, "name"), _text(lab, "value")) for lab in _labs(data.get("labs", ()))),
        lines=lines or (Line("r1", 0, "", "", "", "", "", "", "", ""),),
        raw=data,
    )


def _labs(labs: Any) -> list[Mapping[str, Any]]:
    return list(labs.values()) if isinstance(labs, Mapping) else list(labs)


def _line(line_id: str, order: int, entry: Mapping[str, Any]) -> Line:
    service, diagnosis = entry.get("service", {}), entry.get("diagnosis", {})
    return Line(
        line_id,
        int(entry.get("order", order)),
        _text(service, "type").upper(),
        _text(service, "code"),
        _text(service, "description"),
        _text(service, "units"),
        _text(service, "from"),
        _text(service, "to"),
        _text(diagnosis, "code"),
        _text(diagnosis, "description"),
        entry.get("determination"),
    )


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return "" if value is None else " ".join(str(value).split())


_CODE = re.compile(r"[A-Z0-9]+(?:\.\s?[A-Z0-9]+)?", re.IGNORECASE)


def codes_in(text: str) -> tuple[str, ...]:
    """The codes a text lists ("J02.0, Z11.59", "95249, 95250, and 95251"), upper case, a blank after a dot taken out.

    Whatever holds a digit counts as one; whether it is a real code is asked of the code lists.
    """
    found = (m.group().upper().replace(" ", "") for m in _CODE.finditer(text))
    return tuple(dict.fromkeys(code for code in found if any(c.isdigit() for c in code)))


def parsed_date(text: str) -> date | None:
    """A date as forms and notes write it in the United States, or ISO; None when it is none."""
    found = re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", text)
    if found:
        year, month, day = (int(part) for part in found.groups())
    else:
        found = re.fullmatch(r"\s*(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})\s*", text)
        if not found:
            return None
        month, day, year = (int(part) for part in found.groups())
        if year < 100:
            year += 1900 if year > 30 else 2000
    try:
        return date(year, month, day)
    except ValueError:
        return None


def age_on(born: date, day: date) -> int:
    """Full years of age on a day; negative when born later."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def age_of(request: Request, day: date) -> int | None:
    """The patient's age on the day of the request: from the date of birth, else as stated; None when not known."""
    born = parsed_date(request.birth_date)
    if born is not None:
        age = age_on(born, day)
        return age if 0 <= age < 130 else None
    stated = re.fullmatch(r"\s*(\d{1,3})\b.*", request.stated_age)
    return int(stated.group(1)) if stated and int(stated.group(1)) < 130 else None
