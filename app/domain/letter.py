"""Letters about determinations: templates filled with what was decided, and what a member would stumble over.

A template is HTML with `{{name}}` for a text and `{{#name}}…{{/name}}` for a part that stands only where there is one,
repeated for a list. What is not known is never left out silently: it stands in the letter in brackets, and `missing`
names it. What an adverse notice has to hold: 42 CFR 422.568(e) (Medicare Advantage) and 438.404(b) (Medicaid).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.determination import Determination, Outcome
from app.domain.plain_language import Finding, measured
from app.domain.request import Request, parsed_date

TEMPLATES = ("frame", "rules", "appeal", *(str(o) for o in Outcome if o is not Outcome.REFER))
"""The names of the templates. A referral sends no letter: it decides nothing."""
PAYER = (
    "name", "address", "phone", "tty", "fax", "appeal_days", "appeal_answer_days", "fast_appeal_hours",
    "appeal_address", "appeal_phone", "appeal_fax", "appeal_more",
)  # fmt: skip
"""What a payer says about itself, once for all letters."""
_OPTIONAL = frozenset(
    {"payer_tty", "payer_appeal_fax", "payer_appeal_more", "member_address", "copy_to", "when"}
)
_TITLES = {
    Outcome.APPROVE: "We approved your request",
    Outcome.APPROVE_IN_PART: "We approved a part of your request",
    Outcome.PEND: "We need more facts about your request",
    Outcome.DENY: "We cannot approve your request",
    Outcome.DISMISS: "We closed your request",
    Outcome.WITHDRAW: "Your request was taken back",
}
_TAG = re.compile(r"\{\{([#/]?)([a-z_.]+)\}\}")
_END = re.compile(r"</(?:p|h1|h2|li|tr|ul|div|blockquote|table)>", re.IGNORECASE)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it will be printed. `html` is its body, `text` the same in plain lines; `findings` have their
    offsets in `text`. `missing` names what the template asks for and nobody said: such a letter is no good to send.
    """

    outcome: Outcome
    lines: tuple[str, ...]
    title: str
    html: str
    text: str
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    grade: float = 0.0


@dataclass(slots=True)
class _Filling:
    """One walk through a template: what was not there is noted."""

    missing: list[str] = field(default_factory=list)

    def fill(self, template: str, values: Mapping[str, Any]) -> str:
        out: list[str] = []
        place = 0
        while (tag := _TAG.search(template, place)) is not None:
            out.append(template[place : tag.start()])
            mark, name = tag.groups()
            place = tag.end()
            if mark == "#":
                end = template.find("{{/" + name + "}}", place)
                if end < 0:
                    raise ValueError(f"the part “{name}” of a letter template has no end")
                out.append(self._part(template[place:end], name, values))
                place = end + len(name) + 5
            elif mark == "":
                out.append(self._value(name, values))
        out.append(template[place:])
        return "".join(out)

    def _part(self, inner: str, name: str, values: Mapping[str, Any]) -> str:
        value = values.get(name)
        if not value:
            return ""
        if isinstance(value, str):
            return self.fill(inner, values)
        return "".join(
            self.fill(inner, {**values, **(item if isinstance(item, Mapping) else {".": item})})
            for item in value
        )

    def _value(self, name: str, values: Mapping[str, Any]) -> str:
        value = values.get(name, "")
        if isinstance(value, _Made):
            return value.html
        text = str(value).strip()
        if text:
            return "<br>".join(html.escape(line.strip()) for line in text.splitlines())
        if name in _OPTIONAL:
            return ""
        self.missing.append(name)
        return f'<span class="missing">[{html.escape(name.replace("_", " "))}]</span>'


@dataclass(frozen=True, slots=True)
class _Made:
    """A part that is HTML already."""

    html: str


def composed(
    made: Sequence[Determination],
    request: Request,
    *,
    case_number: str,
    received: datetime,
    today: datetime,
    payer: Mapping[str, str],
    template: Callable[[str], str],
) -> Letter:
    """The letter about determinations of one outcome on lines of a request. Raises `ValueError` when there are none,
    of several outcomes, or a referral: it decides nothing, and nobody is written to.
    """
    outcomes = {one.outcome for one in made}
    if len(outcomes) != 1 or Outcome.REFER in outcomes:
        raise ValueError("a letter is about lines of one outcome that is told to the member")
    first = made[0]
    filling = _Filling()
    values: dict[str, Any] = {
        "title": _TITLES[first.outcome],
        "date": _day(today),
        "member_name": request.patient_name,
        "member_id": request.patient_id,
        "member_address": _address(request),
        "provider_name": request.provider_name,
        "copy_to": request.provider_name,
        "case_number": case_number,
        "received": _day(received),
        "services": [_service(request, one.line_id) for one in made],
        "reason": "\n".join(dict.fromkeys(one.reason for one in made)),
        "granted": "\n".join(dict.fromkeys(one.granted for one in made if one.granted)),
        "missing": list(dict.fromkeys(what for one in made for what in one.missing)),
        "answer_by": _day(min(one.answer_by for one in made if one.answer_by)) if first.answer_by else "",
        "decided_by": first.title or first.by,
        "policy_title": first.policy_title,
        "policy": first.policy.replace("@", ", version "),
        "criteria": [
            {"text": c.text, "clause": c.clause}
            for c in dict.fromkeys(c for one in made for c in one.criteria)
            if c.clause
        ],
    }
    values |= {f"payer_{name}": payer.get(name, "") for name in PAYER}
    for part in ("rules", "appeal"):
        if f"{{{{{part}}}}}" in template(str(first.outcome)):
            values[part] = _Made(filling.fill(template(part), values))
    values["body"] = _Made(filling.fill(template(str(first.outcome)), values))
    body = filling.fill(template("frame"), values)
    text = plain_text(body)
    meter = measured(_without_quotes(text))
    return Letter(
        first.outcome,
        tuple(one.line_id for one in made),
        _TITLES[first.outcome],
        body,
        text,
        meter.findings,
        tuple(dict.fromkeys(filling.missing)),
        meter.grade,
    )


def plain_text(body: str) -> str:
    """The words of a letter, its paragraphs apart by an empty line."""
    flat = _END.sub("\n\n", " ".join(body.split()).replace("</td><td>", ": "))
    flat = re.sub(r"<li[^>]*>", "• ", _BREAK.sub("\n", flat))
    flat = html.unescape(re.sub(r"<[^>]+>", "", flat))
    lines = "\n".join(" ".join(line.split()) for line in flat.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _without_quotes(text: str) -> str:
    """The text with the words of policies blanked out: they are quoted as they are. Offsets stay."""
    return re.sub(r"“[^”]*”", lambda m: "“" + " " * (len(m.group()) - 2) + "”", text)


def _service(request: Request, line_id: str) -> dict[str, str]:
    line = request.line(line_id)
    if line is None:
        return {"service": "", "when": ""}
    words = line.description or ""
    service = f"{words} (code {line.code})" if words and line.code else words or line.code
    starts, ends = (_stated_day(text) for text in (line.starts, line.ends))
    when = f"from {starts} to {ends}" if starts and ends else f"from {starts}" if starts else ""
    return {"service": service, "when": when}


def _stated_day(text: str) -> str:
    day = parsed_date(text) if text else None
    return f"{day:%B} {day.day}, {day.year}" if day else text


def _day(at: datetime) -> str:
    local = at.astimezone()
    return f"{local:%B} {local.day}, {local.year}"


def _address(request: Request) -> str:
    patient = request.raw.get("patient", {})
    street = str(patient.get("address") or patient.get("street") or "").strip()
    town = " ".join(str(patient.get(part) or "") for part in ("city", "state", "zip")).strip()
    return "\n".join(part for part in (street, town) if part)
