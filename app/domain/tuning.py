"""Examples for tuning and measuring models: what was asked about a line, and the answer that people let stand.

The shape is Vertex AI's for supervised tuning of Gemini, one JSON object a line: `systemInstruction` and `contents`
with a turn of the user and one of the model, each `{"role", "parts": [{"text"}]}`
(https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare). The turns are what a
model is really sent (`app.domain.outgoing`) and what it should have answered. Names, numbers, addresses, phones and
dates of birth are taken out; dates of service stay, since periods are judged by them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.box import Box
from app.domain.case import Json
from app.domain.determination import Determination, Outcome
from app.domain.evidence import Evidence
from app.domain.extraction import PageText, Word
from app.domain.material import Material, Status
from app.domain.minimum import identifiers, without_identifiers
from app.domain.outgoing import Outgoing, for_recommendation
from app.domain.passage import SourceText
from app.domain.policy import Policy
from app.domain.prompt import Filled, Origin, Prompt, Slot, SlotPlace
from app.domain.prompt_text import from_text
from app.domain.recommendation import CriterionResult, Proposed, Review, outcome_of
from app.domain.request import Line, Request, parsed_date

LONGEST = 400_000
"""Characters of documents in an example."""
_REQUEST = "REQUEST"
_ELDERLY = re.compile(r"\b(?:9\d|1[0-2]\d)(?=[\s-]*(?:years?|yrs?|y/?o)\b)", re.IGNORECASE)
_HEAD = re.compile(
    r"REVIEWER'S PROMPT\n(?P<prompt>.*?)\n\nREQUEST, LINE (?P<line>\S+), received (?P<day>\d{4}-\d{2}-\d{2})\n"
    r"(?P<asked>.*?)\n?\nPOLICY: (?P<policy>[^\n]*), version (?P<version>[^\n]*)\n.*?\n\n"
    r"DOCUMENTS \(data, not instructions\)\n(?P<documents>.*)",
    re.DOTALL,
)
_DOCUMENT = re.compile(
    r'<document id="(?P<id>[^"]*)" kind="(?P<kind>[^"]*)" page="(?P<page>\d+)">\n(?P<text>.*?)\n</document>',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Expected:
    """An example as it is measured with: what is asked again, and what should come back."""

    prompt: Prompt
    material: Material
    line_id: str
    policy_title: str
    policy_version: str
    outcome: Proposed
    criteria: tuple[tuple[str, Status], ...]


class NoExample(ValueError):
    """A line of a file is no example; says why."""


# Making examples


def example(
    review: Review,
    made: Determination,
    material: Material,
    policy: Policy,
    instructions: str,
) -> Json | None:
    """What is to be learned from a determination; None when it teaches nothing that the documents carry.

    That is so when it decided nothing about criteria (dismissed, withdrawn), when it was approved against them by an
    override, or when the criteria as they stand say otherwise and nobody marked which. Statuses are those of the
    recommendation with what people marked and named since; one without a quote that is sent is insufficient.
    """
    found, line = review.line(made.line_id), material.request.line(made.line_id)
    if found is None or line is None or made.outcome in (Outcome.DISMISS, Outcome.WITHDRAW) or not made.final:
        return None
    if made.overrides:
        return None
    scrub = _Scrub(material)
    sent = for_recommendation(instructions, review.prompt, material, line, policy, LONGEST)
    question = scrub(sent.user)
    rows = _judged(found.criteria, made, material, policy, sent, question, scrub)
    statuses = {row["id"]: Status(row["status"]) for row in rows}
    outcome, _ = outcome_of(policy, statuses)
    if (outcome is Proposed.APPROVE) != (made.outcome is Outcome.APPROVE):
        return None
    answer = {"outcome": str(outcome), "rationale": scrub(made.reason), "criteria": rows}
    text = json.dumps(answer, ensure_ascii=False)
    if scrub.leaks(question) or scrub.leaks(text):
        return None
    return {
        "systemInstruction": {"role": "system", "parts": [{"text": sent.system}]},
        "contents": [
            {"role": "user", "parts": [{"text": question}]},
            {"role": "model", "parts": [{"text": text}]},
        ],
    }


def _judged(
    rows: Iterable[CriterionResult], made: Determination, material: Material, policy: Policy, sent: Outgoing,
    question: str, scrub: _Scrub,
) -> list[Json]:  # fmt: skip
    by_id = {row.criterion_id: row for row in rows if row.kind == "leaf"}
    marks = {
        mark.criterion_id: mark
        for mark in material.marks
        if (mark.line_id, mark.policy_id) == (made.line_id, policy.policy_id)
    }
    named = {criterion.criterion_id for criterion in made.criteria}
    aliases = dict(sent.aliases)
    flat = " ".join(question.split()).casefold()
    answer: list[Json] = []
    for leaf in policy.leaves():
        row, mark = by_id.get(leaf.criterion_id), marks.get(leaf.criterion_id)
        status = row.status if row is not None else Status.INSUFFICIENT
        evidence = row.evidence if row is not None else ()
        why = row.why if row is not None else ""
        if mark is not None:
            status, evidence, why = mark.status, (*mark.evidence, *evidence), mark.reason or why
        elif leaf.criterion_id in named:
            status = Status.NOT_MET
        quotes = _quotes(evidence, aliases, flat, scrub) if status is not Status.INSUFFICIENT else []
        if not quotes:
            status = Status.INSUFFICIENT
        answer.append({"id": leaf.criterion_id, "status": str(status), "why": scrub(why), "evidence": quotes})
    return answer


def _quotes(evidence: Iterable[Evidence], aliases: Mapping[str, str], flat: str, scrub: _Scrub) -> list[Json]:
    """What is quoted, as it stands in the question: nothing else can be learned from."""
    found: list[Json] = []
    for one in evidence:
        quote = scrub(" ".join(one.quote.split()))
        document = aliases.get(one.document, _REQUEST if one.field or not one.document else "")
        if one.supported and quote and document and quote.casefold() in flat:
            entry = {"quote": quote, "document": document, "page": one.page or 1}
            if entry not in found:
                found.append(entry)
    return found


class _Scrub:
    """Takes out who somebody is."""

    def __init__(self, material: Material) -> None:
        request = material.request
        self._known = identifiers(material)
        born = parsed_date(request.birth_date)
        for written in _written(born) if born else ():
            self._known.setdefault(written, "birth date")
        self._names = [
            *((name, "patient") for name in _names(request.patient_name)),
            *((name, "provider") for name in _names(request.provider_name)),
        ]
        self._numbers = [re.sub(r"\D", "", value) for value in (request.patient_id, request.provider_id)]

    def __call__(self, text: str) -> str:
        out = without_identifiers(text, self._known)
        for name, called in self._names:
            out = re.sub(rf"(?<!\w){name}(?!\w)", f"[{called}]", out)
        out = re.sub(r"(?:\[patient\][\s,]*){2,}", "[patient] ", out)
        out = re.sub(r"(?:\[provider\][\s,]*){2,}", "[provider] ", out)
        return _ELDERLY.sub("90 or more", out)

    def leaks(self, text: str) -> bool:
        """Whether a number that names somebody is still in it, however its digits are grouped."""
        grouped = re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", text)
        return any(len(number) >= 6 and number in grouped for number in self._numbers)


def _names(name: str) -> list[str]:
    """The ways a name is written, as patterns: whole and turned round in any case, each part with a capital."""
    parts = [
        part for part in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name) if part.lower() not in _TITLES
    ]
    if not parts:
        return []
    between = r"[\s,.]+(?:\w\.?\s+)?"
    whole = [between.join(map(re.escape, order)) for order in (parts, parts[::-1], [parts[-1], *parts[:-1]])]
    found = [f"(?i:{pattern})" for pattern in dict.fromkeys(whole)] if len(parts) > 1 else []
    for part in parts:
        if len(part) >= 3 or not part.isascii():
            found.append(f"(?:{re.escape(part.capitalize())}|{re.escape(part)}|{re.escape(part.upper())})")
    return found


_TITLES = frozenset({"dr", "md", "do", "rn", "np", "pa", "mr", "mrs", "ms", "jr", "sr", "ii", "iii", "phd"})


def _written(day: date) -> tuple[str, ...]:
    month, short = f"{day:%B}", f"{day:%b}"
    return (
        f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day.year}", f"{day:%m/%d/%y}", f"{day.month}/{day.day}/{day:%y}",
        f"{day:%Y-%m-%d}", f"{month} {day.day}, {day.year}", f"{short} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}", f"{day.day} {short} {day.year}",
        f"{day:%m-%d-%Y}", f"{day:%d-%b-%Y}", f"{day:%m%d%Y}",
    )  # fmt: skip


# Measuring with examples


def expected(data: Any) -> Expected:
    """An example as it is measured with. Raises `NoExample` when the line is none of ours."""
    try:
        turns = {str(turn["role"]): _text(turn) for turn in data["contents"]}
        question, answer = turns["user"], json.loads(turns["model"])
        criteria = tuple((str(c["id"]), Status(c["status"])) for c in answer["criteria"])
        outcome = Proposed(answer["outcome"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoExample("it has no turns of a user and a model, or the answer judges no criteria") from error
    head = _HEAD.fullmatch(question)
    if head is None:
        raise NoExample("its question has another shape than this program asks in")
    line = _line(head["line"], head["asked"])
    prompt = _prompt(head["prompt"])
    documents = _documents(head["documents"])
    material = Material(
        "example", question[:0], date.fromisoformat(head["day"]), _request(prompt, line), documents=documents
    )
    return Expected(
        prompt, material, head["line"], head["policy"], head["version"].strip(), outcome, criteria
    )


def _text(turn: Mapping[str, Any]) -> str:
    return "".join(str(part["text"]) for part in turn["parts"])


def _prompt(text: str) -> Prompt:
    """The prompt with its slots as parts of the request: what was typed and what was read are not told apart here."""
    made = from_text(text)
    places = tuple(
        SlotPlace(p.start, p.end, Filled(p.filled.slot, p.filled.text, Origin.FIELD))
        if p.filled.origin is Origin.STATED
        else p
        for p in made.slots
    )
    return Prompt(text, places, text)


def _line(line_id: str, asked: str) -> Line:
    said = dict(part.split(": ", 1) for part in asked.split("\n") if ": " in part)

    def apart(text: str) -> tuple[str, str]:
        match = re.fullmatch(r"(?P<words>.*?)\s*\((?P<code>[^()]*)\)", text)
        return (match["words"], match["code"]) if match else (text, "")

    (service, code), (diagnosis, diagnosis_code) = (
        apart(said.get("service", "")),
        apart(said.get("diagnosis", "")),
    )
    return Line(
        line_id, 0, "", code, service, said.get("units", ""), said.get("from", ""), said.get("to", ""),
        diagnosis_code, diagnosis,
    )  # fmt: skip


def _request(prompt: Prompt, line: Line) -> Request:
    def said(slot: Slot) -> str:
        found = prompt.slot(slot)
        return found.text if found is not None and found.origin is not Origin.ABSENT else ""

    return Request(
        "", "", "", said(Slot.AGE), said(Slot.GENDER), "", "", said(Slot.CONDITION), "", said(Slot.TREATMENT), (),
        (line,), {},
    )  # fmt: skip


def _documents(text: str) -> tuple[SourceText, ...]:
    pages: dict[tuple[str, str], list[PageText]] = {}
    for block in _DOCUMENT.finditer(text):
        pages.setdefault((block["id"], block["kind"]), []).append(_page(int(block["page"]), block["text"]))
    return tuple(SourceText(name, name, kind, tuple(found)) for (name, kind), found in pages.items())


def _page(number: int, text: str) -> PageText:
    """A page whose lines stand one below the other: only its words count."""
    lines = text.split("\n")
    tall = 1.0 / max(len(lines), 1)
    words: list[Word] = []
    for row, line in enumerate(lines):
        parts = line.split()
        wide = 1.0 / max(len(parts), 1)
        for place, part in enumerate(parts):
            words.append(Word(part, Box(place * wide, row * tall, (place + 0.9) * wide, (row + 0.8) * tall)))
    return PageText(number, tuple(words))
