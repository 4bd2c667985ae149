"""What speaks for or against a value beside its own ink: code lists, check digits, dates, other fields.

Every number found here is a yes (1) that the calibration weighs; nothing is subtracted by hand, and no
value is changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.domain import validation
from app.domain.code import CodeLists
from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition

Numbers = tuple[tuple[str, float], ...]

_NUMBERS = frozenset({FieldKind.PHONE, FieldKind.NPI, FieldKind.MEMBER_ID})

_TELLING = frozenset({FieldKind.NAME, FieldKind.PHONE, FieldKind.NPI, FieldKind.MEMBER_ID, FieldKind.DATE})
"""Kinds whose values stand on a form twice only when they mean the same."""


def support(
    fields: Sequence[FormField], definition: FormDefinition | None, codes: CodeLists
) -> Mapping[str, Numbers]:
    """By path: `known` and `unknown` (a code that is in its list, or is not), `checked` and `unchecked` (a check
    digit holds or does not), `calendar` (a day that exists), `disordered` (it contradicts the other date),
    `agrees` (the same text was read elsewhere on the form), `disagrees` (nearly the same was), `suspect`
    (a rule holds it for misread).
    """
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    embeds = validation.embedded_kinds(definition)
    for field in fields:
        if not isinstance(field.value, str) or not field.value.strip():
            continue
        kind = embeds.get(validation.column_name(field.path)) or field.kind
        for name in _of_one(str(kind), field.value.strip(), codes):
            found[field.path][name] = 1.0
    for path, warnings in validation.check(fields, definition, codes=codes).items():
        for warning in warnings:
            if warning.rule == "date_order":
                found[path]["disordered"] = 1.0
            elif warning.rule == "same_person":
                found[path]["disagrees"] = 1.0
            elif warning.kind == validation.READING and warning.rule not in ("npi_check_digit", "supplied"):
                # A check digit and what was supplied are numbers of their own.
                found[path]["suspect"] = 1.0
    for path in _repeated(fields):
        found[path]["agrees"] = 1.0
    for path in _nearly_repeated(fields):
        found[path]["disagrees"] = 1.0
    return {path: tuple(numbers.items()) for path, numbers in found.items()}


def _of_one(kind: str, text: str, codes: CodeLists) -> Iterable[str]:
    code = validation.code_in(text)
    if kind == FieldKind.ICD10 and codes.icd10:
        yield "known" if codes.is_icd10(code) else "unknown"
    elif kind == FieldKind.PROCEDURE_CODE and codes.is_hcpcs_shape(code) and codes.hcpcs:
        yield "known" if codes.is_hcpcs(code) else "unknown"
    elif kind == FieldKind.NPI and re.fullmatch(r"\d{10}", text):
        yield "checked" if validation.npi_check_digit_holds(text) else "unchecked"
    elif kind == FieldKind.DATE and validation.as_date(text):
        yield "calendar"


def _nearly_repeated(fields: Sequence[FormField]) -> Iterable[str]:
    """Paths of numbers of which the form holds another copy with one character read otherwise, lost or added."""
    numbers = [
        (f.kind, re.sub(r"\W+", "", f.value), f.path)
        for f in fields
        if f.kind in _NUMBERS and isinstance(f.value, str) and len(f.value) >= 8
    ]
    for place, (kind, one, path) in enumerate(numbers):
        for other_kind, other, other_path in numbers[place + 1 :]:
            if kind is other_kind and _one_apart(one, other):
                yield path
                yield other_path


def _one_apart(one: str, other: str) -> bool:
    """Whether two texts differ in exactly one character."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or short == long:
        return False
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _repeated(fields: Sequence[FormField]) -> Iterable[str]:
    """Paths of values of which the form holds another copy, read on its own."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for field in fields:
        if field.kind in _TELLING and isinstance(field.value, str) and len(field.value) >= 6:
            places[re.sub(r"\W+", "", field.value).casefold()].append(field.path)
    for paths in places.values():
        if len(paths) > 1:
            yield from paths
