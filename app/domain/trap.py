"""Traps: what in a request is not what it seems, in words with a next step.

General rules on the shape of things, asked when a request comes into review. Nothing is changed by them, and
nothing is guessed: a code in the wrong place says so, not what may have been meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from app.domain import trap_diagnosis, trap_service
from app.domain.code import NO_LISTS, CodeLists
from app.domain.form import FormField
from app.domain.recommendation import Flag
from app.domain.request import Request, age_of, age_on, parsed_date
from app.domain.trap_flag import flagged
from app.domain.trap_word import plain_words
from app.domain.validation import npi_check_digit_holds

_NO_WORDS = frozenset(
    ["", "n a", "na", "none", "unknown", "not known", "not available", "nil", "normal", "tbd", "see notes"]
)
_NUMBER = re.compile(r"[<>≤≥=~]?\s*\d{1,3}(?:,\d{3})+(?:\.\d+)?|[<>≤≥=~]?\s*\d+(?:\.\d+)?")
_NO_UNIT = re.compile(
    r"\b(?:inr|ph|ratio|score|index|bmi|ahi|specific gravity|gcs|apgar|meld|t-?score|z-?score|phq-?\d|gad-?\d|moca|"
    r"mmse|ecog|nyha|asa|count|grade|stage|gravida|para)\b",
    re.IGNORECASE,
)
_UNIT_IN_NAME = re.compile(
    r"[(\[%]|\b(?:mg|mcg|g|kg|lbs?|cm|inch(?:es)?|mmhg|mm|ml|dl|mmol|bpm|percent)\b", re.IGNORECASE
)


def traps(
    request: Request, fields: Sequence[FormField], codes: CodeLists = NO_LISTS, asked_on: date | None = None
) -> tuple[Flag, ...]:
    """What a reviewer has to know about a request before believing it, in the order of the request.

    `fields` are those of its form, empty for an imported request: what a form leaves empty is told beside the form.
    `asked_on` is the day ages count from; without it, only a stated age is looked at.
    """
    found: list[Flag] = []
    for line in request.lines:
        found += trap_service.service_traps(request, line, fields, codes)
        found += trap_diagnosis.diagnosis_traps(request, line, fields, codes, _age(request, asked_on))
    found += _patient(request, fields, asked_on)
    found += _provider(request, fields)
    if not fields:
        found += _story(request)
    found += trap_diagnosis.condition_traps(request, codes)
    found += _treatment(request)
    found += _labs(request)
    return tuple({flag.text: flag for flag in found}.values())


def _age(request: Request, asked_on: date | None) -> int | None:
    return age_of(request, asked_on or date.max) if asked_on or not request.birth_date else None


def _patient(request: Request, fields: Sequence[FormField], asked_on: date | None) -> Iterator[Flag]:
    name, born = request.patient_name, parsed_date(request.birth_date)
    if name and len(name.split()) == 1:
        yield flagged(
            "The patient's name is one word.", "Ask for the whole name.", "patient.patient_name", name, fields
        )
    if request.birth_date and born is None:
        yield flagged(
            "The date of birth is no day on the calendar.", "Ask for it.", "patient.birth_date",
            request.birth_date, fields,
        )  # fmt: skip
    if born and asked_on and age_on(born, asked_on) < 0:
        yield flagged(
            "The patient is born after the request came.", "Ask for the date of birth.", "patient.birth_date",
            request.birth_date, fields,
        )  # fmt: skip
    stated = re.match(r"\s*(\d+)\s*(?:y|$)", request.stated_age, re.IGNORECASE)
    if request.stated_age and not re.match(r"\s*\d+", request.stated_age):
        yield flagged(
            "The patient's age is no number.", "Ask for the date of birth.", "patient.patient_age",
            request.stated_age, fields,
        )  # fmt: skip
    if stated and int(stated.group(1)) > 125:
        yield flagged(
            "Nobody is as old as the request says.", "Ask for the date of birth.", "patient.patient_age",
            request.stated_age, fields,
        )  # fmt: skip
    elif stated and born and asked_on and abs(age_on(born, asked_on) - int(stated.group(1))) > 1:
        yield flagged(
            f"The age says {stated.group(1)}, the date of birth makes it {age_on(born, asked_on)}.",
            "Ask which is right.", "patient.patient_age", request.stated_age, fields,
        )  # fmt: skip
    if not fields:
        for path, value, what in (
            ("patient.patient_name", name, "name"),
            ("patient.patient_id", request.patient_id, "member id"),
            ("patient.patient_age", request.stated_age or request.birth_date, "age or date of birth"),
            ("patient.patient_gender", request.gender, "sex"),
        ):
            if not value:
                yield flagged(f"The request does not give the patient's {what}.", "Ask for it.", path)


def _provider(request: Request, fields: Sequence[FormField]) -> Iterator[Flag]:
    written = request.provider_id
    path = "provider.npi" if request.raw.get("provider", {}).get("npi") else "provider.id"
    if not written:
        if not fields:
            yield flagged(
                "The request does not give the provider's NPI.",
                "Look the provider up in NPPES, or ask.",
                path,
            )
        return
    number = re.sub(r"[\s\-]", "", written)
    if not number.isdigit():
        why = "an NPI is made of digits only"
    elif len(number) != 10:
        why = f"it has {len(number)} digits, an NPI has 10"
    elif number[0] not in "12" or not npi_check_digit_holds(number):
        why = "its check digit does not match"
    else:
        return
    yield flagged(
        f"The provider's id “{written}” is no NPI: {why}.",
        "Look the provider up in NPPES, or ask for the NPI.", path, written, fields,
    )  # fmt: skip


def _story(request: Request) -> Iterator[Flag]:
    condition = f"{request.condition} {request.condition_notes}"
    if plain_words(condition) in _NO_WORDS:
        yield flagged(
            "The request says nothing of the patient's condition.",
            "Look for it in the notes, or ask for it.", "current_condition", condition.strip(),
        )  # fmt: skip
    elif plain_words(request.condition) in _NO_WORDS and request.condition:
        yield flagged(
            f"The condition is given as “{request.condition}”, which is none.",
            "Look for it in the notes, or ask for it.", "current_condition.name", request.condition,
        )  # fmt: skip
    if plain_words(request.treatment) in _NO_WORDS - {"none"}:
        yield flagged(
            "The request says nothing of the current treatment.",
            "Look for it in the notes, or ask what was tried.", "current_treatment.description", request.treatment,
        )  # fmt: skip


def _treatment(request: Request) -> Iterator[Flag]:
    treatment = plain_words(request.treatment)
    for line in request.lines:
        if treatment and treatment == plain_words(line.description):
            yield flagged(
                "What is given as the current treatment is the service that is asked for.",
                "Ask what was tried before.", "current_treatment.description", request.treatment,
            )  # fmt: skip


def _labs(request: Request) -> Iterator[Flag]:
    bare = [
        (place, lab)
        for place, lab in enumerate(request.labs)
        if _NUMBER.fullmatch(lab.value.strip())
        and not _NO_UNIT.search(lab.name)
        and not _UNIT_IN_NAME.search(lab.name)
    ]
    if bare:
        names = ", ".join(f"{lab.name or 'a value'} {lab.value}" for _, lab in bare)
        yield flagged(
            f"No unit is given for {names}.", "Ask for the unit before a value is compared with a limit.",
            f"labs.{bare[0][0]}.value", bare[0][1].value,
        )  # fmt: skip
    for place, lab in enumerate(request.labs):
        if lab.name and not lab.value.strip():
            yield flagged(f"“{lab.name}” has no value.", "Ask for the result.", f"labs.{place}.value")
