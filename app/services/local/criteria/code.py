"""Codes and age: what the request itself says."""

from __future__ import annotations

import re
from datetime import date

from app.domain.clinical.context import Said, context
from app.domain.code import CodeLists
from app.domain.criterion import AgeTest, CodeTest
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import code_matches
from app.domain.request import Line, age_of, codes_in
from app.services.local.criteria.reading import Found, Reading
from app.services.local.criteria.statement import Origin, request_evidence

ICD10_SHAPE = re.compile(r"[A-TV-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_SERVICE_SHAPE = re.compile(r"[A-V]\d{4}|\d{5}|\d{4}[A-Z]")
_AGE = re.compile(
    r"\b(\d{1,3})\s*-?\s*(?:years?|yrs?|y)\.?\s*-?\s*(?:old|o\b|/o)|\b(\d{1,3})\s?(?:y/?o|y\.o\.?)\b|"
    r"\bage[d]?\s*:?\s*(\d{1,3})\b(?!\s*(?:months|mos|weeks|days))",
    re.IGNORECASE,
)


def said_codes(line: Line) -> tuple[tuple[str, str, str], ...]:
    """(path, text, label) of the codes of a line: of its diagnosis and of its service."""
    root = f"request.lines.{line.line_id}"
    return (
        (f"{root}.diagnosis.code", line.diagnosis_code, "Diagnosis code"),
        (f"{root}.service.code", line.code, "Service code"),
    )


def judge_code(test: CodeTest, material: Material, line: Line | None, codes: CodeLists) -> Found:
    """Met by a code that is in the list; another real code is not met where the list is closed."""
    if line is None:
        return Found(Status.INSUFFICIENT, (), "The request has no such line.")
    diagnosis = test.of == "diagnosis"
    path, text, label = said_codes(line)[0 if diagnosis else 1]
    if not text:
        return Found(Status.INSUFFICIENT, (), f"The request gives no {test.of} code.")
    evidence = (request_evidence(material, path, text, label),)
    doubt = _doubt(material, test.of, text)
    said = codes_in(text)
    fitting = [c for c in said if code_matches(c, test.codes)]
    if fitting and not doubt:
        return Found(Status.MET, evidence, f"{', '.join(fitting)} is one of the codes listed.")
    if fitting:
        return Found(Status.INSUFFICIENT, evidence, f"{', '.join(fitting)} is listed, but {doubt}.")
    real = [c for c in said if _is_real(c, diagnosis, codes)]
    if not real:
        kind = "an ICD-10-CM code" if diagnosis else "a HCPCS or CPT code"
        return Found(Status.INSUFFICIENT, evidence, f"“{text}” is not {kind} that is known.")
    coarse = [
        c
        for c in real
        if diagnosis and any(p.upper().replace(".", "").startswith(c.replace(".", "")) for p in test.codes)
    ]
    if coarse:
        return Found(
            Status.INSUFFICIENT, evidence, f"{coarse[0]} is too coarse to say: listed codes stand under it."
        )
    if doubt:
        return Found(Status.INSUFFICIENT, evidence, f"{', '.join(real)} is not listed, but {doubt}.")
    if test.closed:
        return Found(
            Status.NOT_MET,
            evidence,
            f"{', '.join(real)} is not one of the codes listed, and the list is closed.",
        )
    return Found(Status.INSUFFICIENT, evidence, f"{', '.join(real)} is not one of the codes listed.")


def _is_real(code: str, diagnosis: bool, codes: CodeLists) -> bool:
    if diagnosis:
        return codes.is_icd10(code) if codes.icd10 else bool(ICD10_SHAPE.fullmatch(code))
    return bool(_SERVICE_SHAPE.fullmatch(code)) and not codes.lacks_hcpcs(code)


def _doubt(material: Material, of: str, text: str) -> str:
    """Whether the form field the code came from still needs a look."""
    from app.domain.confidence import SURE

    wanted = text.replace(" ", "").upper()
    for field in material.fields:
        if (
            isinstance(field.current, str)
            and field.current.replace(" ", "").upper() == wanted
            and field.needs_look(SURE)
        ):
            return "the form field it was read from still needs a look"
    del of
    return ""


def judge_age(test: AgeTest, material: Material, reading: Reading) -> Found:
    """The age on the day of the request, from the date of birth; else what a note says, as far as that decides."""
    age = age_of(material.request, material.asked_on)
    if age is not None:
        born = material.request.birth_date
        path, value = (
            ("request.patient.birth_date", born)
            if born
            else ("request.patient.patient_age", material.request.stated_age)
        )
        return _aged(test, age, age, (Evidence(value, field=path),))
    for statement in reading.chart.statements:
        if statement.origin is not Origin.DOCUMENT or statement.barred:
            continue
        for found in _AGE.finditer(statement.text):
            said = context(statement.text, found.start(), found.end(), statement.section, statement.lead)
            if said.said is not Said.AFFIRMED or re.search(
                r"\b(?:at|since|until)\s*$", statement.text[: found.start()], re.IGNORECASE
            ):
                continue
            told = int(next(g for g in found.groups() if g))
            written = statement.written or material.asked_on
            passed = material.asked_on.year - written.year
            if told < 130:
                return _aged(
                    test,
                    told,
                    told + max(0, passed) + (written < material.asked_on),
                    (statement.evidence(found.start(), found.end()),),
                )
    return Found(Status.INSUFFICIENT, (), "Neither the request nor a note says how old the patient is.")


def _aged(test: AgeTest, least: int, most: int, evidence: tuple[Evidence, ...]) -> Found:
    told = f"The patient is {least}" if least == most else f"The patient is {least} to {most}"
    low, high = test.least if test.least is not None else -1, test.most if test.most is not None else 999
    asked = " to ".join(str(b) for b in (test.least, test.most) if b is not None)
    asked = f"at least {asked}" if test.most is None else f"at most {asked}" if test.least is None else asked
    if least >= low and most <= high:
        return Found(Status.MET, evidence, f"{told}; {asked} years is asked for.")
    if most < low or least > high:
        return Found(Status.NOT_MET, evidence, f"{told}; {asked} years is asked for.")
    return Found(Status.INSUFFICIENT, evidence, f"{told} as far as notes say; {asked} years is asked for.")


def day_words(day: date) -> str:
    return f"{day.month:02d}/{day.day:02d}/{day.year}"
