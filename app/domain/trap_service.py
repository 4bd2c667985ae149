"""Traps in what is asked for: the service's code, its words and its type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.domain.code import CodeLists
from app.domain.form import FormField
from app.domain.recommendation import Flag
from app.domain.request import Line, Request, parsed_date
from app.domain.trap_code import Code, CodeKind, codes_of, misfit
from app.domain.trap_flag import flagged

TYPES = ("DEVICE", "MEDICATION", "PROCEDURE", "SERVICE")


def service_traps(
    request: Request, line: Line, fields: Sequence[FormField], codes: CodeLists
) -> Iterator[Flag]:
    path, asked = f"lines.{line.line_id}.service", codes_of(line.code, codes)
    if not line.code:
        yield flagged(
            "The request gives no service code." if len(request.lines) == 1 else "A line gives no service code.",
            "Ask for the CPT or HCPCS code, or the NDC of a drug.", f"{path}.code",
        )  # fmt: skip
    elif not any(c.kind is not CodeKind.NONE for c in asked):
        yield flagged(
            f"“{line.code}” in the place of the service code is no code.",
            "Ask for the CPT or HCPCS code, or the NDC of a drug.", f"{path}.code", line.code, fields,
        )  # fmt: skip
    else:
        yield from _codes(line, path, asked, fields, codes)
    if not line.description and not fields:
        yield flagged(
            "The request does not say in words what is asked for.", "Ask for it.", f"{path}.description"
        )
    if line.service_type and line.service_type not in TYPES:
        yield flagged(
            f"“{line.service_type}” is no type of service.", "See what is asked for by its code and its words.",
            f"{path}.type", line.service_type, fields,
        )  # fmt: skip
    starts, ends = parsed_date(line.starts), parsed_date(line.ends)
    if starts and ends and starts > ends:
        yield flagged(
            "The service ends before it starts.",
            "Ask for the dates of service.",
            f"{path}.from",
            line.starts,
            fields,
        )


def _codes(
    line: Line, path: str, asked: tuple[Code, ...], fields: Sequence[FormField], codes: CodeLists
) -> Iterator[Flag]:
    def here(text: str, step: str) -> Flag:
        return flagged(text, step, f"{path}.code", line.code, fields)

    services = [c for c in asked if c.kind in (CodeKind.CPT, CodeKind.HCPCS, CodeKind.NDC)]
    for code in asked:
        if code.kind is CodeKind.ICD10:
            title = codes.title(code.text)
            stands = f" It stands for “{title}”." if title else ""
            drug = " It names no medication." if line.service_type == "MEDICATION" else ""
            yield here(
                f"“{code.text}” in the place of the service code is a diagnosis code (ICD-10-CM).{stands}{drug}",
                "Ask for the code of the product (NDC or HCPCS)."
                if line.service_type == "MEDICATION"
                else "Ask for the CPT or HCPCS code of what is asked for.",
            )
        elif code.kind is CodeKind.REVENUE:
            names = f"; the service is {services[0].text}" if len(services) == 1 else ""
            yield here(
                f"“{code.text}” is a revenue code: it names the department that bills and no service{names}.",
                "Review the service by its own code." if services else "Ask for the CPT or HCPCS code.",
            )
        elif code.kind is CodeKind.NONE:
            yield here(f"“{code.text}” in the place of the service code is no code.", "Ask what it means.")
        elif code.kind is CodeKind.HCPCS and codes.lacks_hcpcs(code.text):
            yield here(f"“{code.text}” is not in the HCPCS list.", "Ask for the right code.")
    if len(services) > 1:
        yield here(
            f"{len(services)} codes stand in the place of one service code: {', '.join(c.text for c in services)}.",
            "Review each as a line of its own, and ask for how many of each.",
        )
    misfits = [(c, why) for c in services if (why := misfit(line.service_type, c))]
    if misfits:
        code, why = misfits[0]
        yield flagged(
            f"The request is for a {line.service_type.lower()}, but “{code.text}” {why}.",
            "Ask what is asked for: the code and the words may mean different things.",
            f"{path}.type", line.service_type, fields,
        )  # fmt: skip
