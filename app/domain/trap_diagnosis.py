"""Traps in what it is for: the diagnosis's code and words, and whether patient, service and condition agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.domain.code import CodeLists
from app.domain.form import FormField
from app.domain.recommendation import Flag
from app.domain.request import Line, Request
from app.domain.trap_code import Code, CodeKind, codes_of
from app.domain.trap_flag import flagged
from app.domain.trap_person import age_against, sex_against, sex_of
from app.domain.trap_site import contradict, side, sites, sites_of_codes
from app.domain.trap_word import complication, concepts, named_beyond, opposite, stems, words_of

_SHOWN = 4


def diagnosis_traps(
    request: Request, line: Line, fields: Sequence[FormField], codes: CodeLists, age: int | None
) -> Iterator[Flag]:
    path = f"lines.{line.line_id}.diagnosis"
    given = tuple(_as_diagnosis(c) for c in codes_of(line.diagnosis_code, codes))
    if not line.diagnosis_code:
        yield flagged("The request gives no diagnosis code.", "Ask for the ICD-10-CM code.", f"{path}.code")
    for code in given:
        yield from _code(line, path, code, fields, codes)
    icd = [c for c in given if c.kind is CodeKind.ICD10]
    if len(icd) > 1:
        yield flagged(
            f"{len(icd)} codes stand in the place of one diagnosis code: {', '.join(c.text for c in icd)}.",
            "See which of them the service is for.", f"{path}.code", line.diagnosis_code, fields,
        )  # fmt: skip
    if not line.diagnosis and not fields:
        titles = "; ".join(t for t in (codes.title(c.text) for c in icd) if t)
        yield flagged(
            "The diagnosis is not described." + (f" Its code stands for “{titles}”." if titles else ""),
            "Ask for the diagnosis in words.", f"{path}.description",
        )  # fmt: skip
    elif line.diagnosis:
        yield from _described(request, line, path, icd, fields, codes)
    yield from _whom(request, line, path, icd, fields, codes, age)
    yield from _where(line, path, icd, fields, codes)


def _as_diagnosis(code: Code) -> Code:
    """In the place of a diagnosis a letter and four digits is a diagnosis code without its point."""
    if code.kind is CodeKind.HCPCS:
        return Code(code.text, CodeKind.ICD10, code.modifiers)
    return code


def _code(line: Line, path: str, code: Code, fields: Sequence[FormField], codes: CodeLists) -> Iterator[Flag]:
    def here(text: str, step: str) -> Flag:
        return flagged(text, step, f"{path}.code", line.diagnosis_code, fields)

    if code.kind is CodeKind.NONE:
        yield here(
            f"“{code.text}” in the place of the diagnosis code is no code.", "Ask for the ICD-10-CM code."
        )
    elif code.kind is not CodeKind.ICD10:
        yield here(
            f"“{code.text}” in the place of the diagnosis code is a {code.kind} code.",
            "Ask for the ICD-10-CM code.",
        )
    elif codes.icd10 and not codes.is_icd10(code.text):
        yield here(f"“{code.text}” is not in the ICD-10-CM list.", _nearest(code.text, codes))
    elif codes.billable and not codes.is_billable(code.text):
        title = codes.title(code.text)
        stands = f" ({title})" if title else ""
        yield here(
            f"“{code.text}”{stands} is a heading of ICD-10-CM and no billable code.", _below(code.text, codes)
        )


def _nearest(code: str, codes: CodeLists) -> str:
    """What to do about a code that does not exist: the code it extends is named, and not taken for it."""
    bare = code.replace(".", "")
    for length in range(len(bare) - 1, 2, -1):
        if codes.is_icd10(bare[:length]):
            known = _pointed(bare[:length])
            return f"Ask for the right code. “{known}” exists: {codes.title(known) or 'in the list'}."
    return "Ask for the right code."


def _below(code: str, codes: CodeLists) -> str:
    bare = code.replace(".", "")
    below = sorted(c for c in codes.billable if c.startswith(bare))
    shown = ", ".join(_pointed(c) for c in below[:_SHOWN]) + (" …" if len(below) > _SHOWN else "")
    return f"Ask which code below it is meant: {shown}."


def _pointed(bare: str) -> str:
    return bare if len(bare) <= 3 else f"{bare[:3]}.{bare[3:]}"


def _described(
    request: Request,
    line: Line,
    path: str,
    icd: Sequence[Code],
    fields: Sequence[FormField],
    codes: CodeLists,
) -> Iterator[Flag]:
    """Whether the words of the diagnosis are those of its code; nothing where the words of the code are not known."""
    said = stems(line.diagnosis)
    told = f"{line.diagnosis} {request.condition} {request.condition_notes}"
    for code in icd:
        names = codes.names(code.text)
        if not names:
            continue
        title = names[0]

        def here(text: str, title: str = title, code: Code = code) -> Flag:
            return flagged(
                f"“{code.text}” stands for “{title}”; {text}.",
                "Ask which is right, the code or the words.", f"{path}.description", line.diagnosis, fields,
            )  # fmt: skip

        wider = names + codes.names(code.text.replace(".", "")[:3])
        specific = frozenset().union(*(words_of(name) for name in wider))
        pair = opposite(line.diagnosis, title) if len(icd) == 1 else None
        beyond = named_beyond(complication(title), title[: title.lower().rfind(" with ")])
        if words_of(line.diagnosis) and specific and not _akin(line.diagnosis, said, wider, specific):
            yield here(f"the diagnosis is described as “{line.diagnosis}”")
        elif pair and not any(opposite(line.diagnosis, name) is None for name in names):
            yield here(f"the words say “{pair[0]}” where the code says “{pair[1]}”")
        elif beyond and not beyond & words_of(told):
            yield here(f"“{line.diagnosis}” says nothing of {complication(title)}")


def _akin(words: str, said: frozenset[str], names: Sequence[str], specific: frozenset[str]) -> bool:
    """Whether a description shares a word with the names of a code, or at least what both belong to.

    To share only what belongs to a whole chapter (`weight`) is not enough where each names something of its own.
    """
    if said & specific:
        return True
    here = concepts(words)
    return any(here & concepts(name) for name in names) and not here <= {"weight", "pain"}


def _whom(
    request: Request, line: Line, path: str, icd: Sequence[Code], fields: Sequence[FormField], codes: CodeLists,
    age: int | None,
) -> Iterator[Flag]:  # fmt: skip
    sex = sex_of(request.gender)
    for code in icd or [Code("", CodeKind.NONE)]:
        bare, title = code.text.replace(".", ""), codes.title(code.text) if code.text else ""
        words = f"{title} {line.diagnosis}" if len(icd) < 2 else title
        name = f"“{code.text}”" if code.text else "The diagnosis"
        name += f" ({title})" if title else ""
        who = sex_against(bare, words, sex)
        if who:
            yield flagged(
                f"{name} is usually a diagnosis of {who}; the patient is given as {sex}.",
                "Check the patient's sex, and that the diagnosis is this patient's.", f"{path}.code",
                line.diagnosis_code, fields,
            )  # fmt: skip
        whom = age_against(bare, words, age) if age is not None else ""
        if whom:
            yield flagged(
                f"{name} is usually a diagnosis of {whom}; the patient is {age}.",
                "Check the patient's age, and that the diagnosis is this patient's.", f"{path}.code",
                line.diagnosis_code, fields,
            )  # fmt: skip
    who = sex_against("", line.description, sex)
    if who:
        yield flagged(
            f"What is asked for is usually for {who}; the patient is given as {sex}.",
            "Check the patient's sex, and that the request is this patient's.",
            f"lines.{line.line_id}.service.description", line.description, fields,
        )  # fmt: skip


def _where(
    line: Line, path: str, icd: Sequence[Code], fields: Sequence[FormField], codes: CodeLists
) -> Iterator[Flag]:
    asked = codes_of(line.code, codes)
    titles = " ".join(codes.title(c.text) for c in icd)
    service = sites(line.description) or sites_of_codes(c.text for c in asked)
    diagnosis = sites(f"{line.diagnosis} {titles}")
    if contradict(service, diagnosis):
        yield flagged(
            f"The service is about the {_listed(service)}, the diagnosis about the {_listed(diagnosis)}.",
            "Ask which is right.", f"{path}.code", line.diagnosis_code, fields,
        )  # fmt: skip
    modifiers = " ".join(m for c in asked for m in c.modifiers)
    one, other = side(f"{line.description} {modifiers}"), side(f"{line.diagnosis} {titles}")
    if one and other and one != other:
        yield flagged(
            f"The service is for the {one} side, the diagnosis is of the {other} side.",
            "Ask which is right.", f"{path}.code", line.diagnosis_code, fields,
        )  # fmt: skip


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))


LONGEST_NAME = 8
"""Words: what is longer is no name of a condition."""
_PROSE = re.compile(r"[;.](?:\s|$)|\d\s?(?:%|percent|mg|per\b)")


def condition_traps(request: Request, codes: CodeLists) -> Iterator[Flag]:
    """Whether the condition that is told and the diagnoses that are coded have anything to do with each other.

    Signs (R) and encounters (Z) go with any condition. Where a form has prose for the condition ("cannot walk far;
    falls at home"), it names none: what somebody is like has seldom a word in common with what it is called.
    """
    name = request.condition or request.condition_notes
    if len(name.split()) > LONGEST_NAME or _PROSE.search(name):
        return
    told = f"{request.condition} {request.condition_notes}".strip()
    coded = [c.text for line in request.lines for c in codes_of(line.diagnosis_code, codes)]
    titles = [codes.title(code) for code in coded]
    if not words_of(told) or not coded or not all(titles) or any(code[0] in "RZ" for code in coded):
        return
    names = [name for code in coded for name in codes.names(code) + codes.names(code.replace(".", "")[:3])]
    every = " ".join([*names, *(line.diagnosis for line in request.lines)])
    if stems(told) & stems(every):
        return
    yield flagged(
        f"The condition is given as “{told}”; the diagnosis is “{'; '.join(titles)}”. They have nothing in common.",
        "Ask which of the two the service is for.", "current_condition.name", request.condition or told,
    )  # fmt: skip
