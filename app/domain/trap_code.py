"""What kind of code stands in a slot, by its shape and by the code lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.code import CodeLists


class CodeKind(StrEnum):
    CPT = "CPT"
    HCPCS = "HCPCS"
    ICD10 = "ICD-10-CM"
    REVENUE = "revenue"
    NDC = "NDC"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a slot: as it is written without blanks, and what kind of code that is. `modifiers` as written."""

    text: str
    kind: CodeKind
    modifiers: tuple[str, ...] = ()


_NDC = re.compile(r"\b(?:\d{5}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{4}-\d{4}-\d{2}|\d{5}-\d{4}-\d|\d{10,11})\b")
_TOKEN = re.compile(r"[A-Z0-9]+(?:\.\s?[A-Z0-9]+)?(?:-[A-Z0-9]{2}(?![A-Z0-9]))*")
_CPT = re.compile(r"\d{5}|\d{4}[AFMTU]")
_HCPCS = re.compile(r"[A-V]\d{4}")
_REVENUE = re.compile(r"0\d{3}")
_ICD10 = re.compile(r"[A-Z]\d[0-9AB](?:\.?[0-9A-Z]{1,4})?")
_MODIFIER = re.compile(r"(?=.*[A-Z])[A-Z0-9]{2}|\d{2}")
_LINKS = frozenset(
    ["AND", "OR", "TO", "X", "THRU", "THROUGH", "PLUS", "CODE", "CODES", "CPT", "HCPCS", "ICD", "NDC"]
)


def codes_of(text: str, lists: CodeLists) -> tuple[Code, ...]:
    """The codes that a slot holds, each once, in their order. A word that is no code is one of no kind."""
    rest = text.upper()
    found: list[Code] = []
    for match in _NDC.finditer(rest):
        found.append(Code(match.group(), CodeKind.NDC))
    rest = _NDC.sub(" ", rest)
    for match in _TOKEN.finditer(rest):
        body, *modifiers = match.group().split("-")
        body = re.sub(r"\s", "", body)
        before = found[-1] if found else None
        if body in _LINKS:
            continue
        if before is not None and before.kind in (CodeKind.CPT, CodeKind.HCPCS) and _MODIFIER.fullmatch(body):
            found[-1] = Code(before.text, before.kind, (*before.modifiers, body))
            continue
        found.append(Code(body, kind_of(body, lists), tuple(modifiers)))
    return tuple({code.text: code for code in found}.values())


def kind_of(code: str, lists: CodeLists) -> CodeKind:
    """What a code is by its shape. A letter and four digits is HCPCS, unless only the ICD-10-CM list has it."""
    if _CPT.fullmatch(code):
        return CodeKind.CPT
    if _HCPCS.fullmatch(code):
        only_icd = lists.lacks_hcpcs(code) and lists.is_icd10(code)
        return CodeKind.ICD10 if only_icd else CodeKind.HCPCS
    if _REVENUE.fullmatch(code):
        return CodeKind.REVENUE
    if _ICD10.fullmatch(code):
        return CodeKind.ICD10
    return CodeKind.NONE


_DEVICE = re.compile(r"A[4-9]|[BCEKLQSV]|T[45]")
_RADIOPHARMACEUTICAL = re.compile(r"A95|A96")
_DRUG = re.compile(r"[CJQS]|A95|A96|B[45]|G")
_SERVICE = re.compile(r"[EKL]|J")


def misfit(service_type: str, code: Code) -> str:
    """Why a code cannot be what the type of the service says, in words; "" when it can.

    By the letter of HCPCS Level II: E, K and L name equipment and orthotics, J drugs; a number is CPT, which names what
    is done, immune globulins and vaccines (90281 to 90759) excepted.
    """
    if code.kind is CodeKind.CPT:
        vaccine = code.text.isdigit() and 90281 <= int(code.text) <= 90759
        if service_type == "DEVICE":
            return "is a CPT code, which names something that is done and no device"
        if service_type == "MEDICATION" and not vaccine:
            return "is a CPT code, which names something that is done and no drug"
    elif code.kind is CodeKind.HCPCS:
        if service_type == "DEVICE" and (
            not _DEVICE.match(code.text) or _RADIOPHARMACEUTICAL.match(code.text)
        ):
            return f"is a HCPCS code of a {_names(code.text)} and no device"
        if service_type == "MEDICATION" and not _DRUG.match(code.text):
            return f"is a HCPCS code of a {_names(code.text)} and no drug"
        if service_type in ("PROCEDURE", "SERVICE") and _SERVICE.match(code.text):
            return f"is a HCPCS code of a {_names(code.text)} and no {service_type.lower()}"
    elif code.kind is CodeKind.NDC and service_type in ("DEVICE", "PROCEDURE", "SERVICE"):
        return f"is a drug's code (NDC) and no {service_type.lower()}"
    return ""


def _names(code: str) -> str:
    letter = code[0]
    if letter == "J" or _RADIOPHARMACEUTICAL.match(code):
        return "drug"
    if letter in "EKL":
        return "piece of equipment"
    return "supply" if letter in "AB" else "service"
