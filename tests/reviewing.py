"""A case under review for tests: the real store and services, with engine, policies and documents that are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from app.domain.box import Box
from app.domain.case import Json
from app.domain.change import MISSING, Action, Write, writes_for
from app.domain.errors import Rejected
from app.domain.evidence import Evidence, evidence_at
from app.domain.extraction import PageText, Word
from app.domain.injection import attempts
from app.domain.material import Material, Status
from app.domain.passage import SourceText, Span
from app.domain.policy import Policy, policy_from
from app.domain.prompt import Filled, Origin, Prompt, Slot
from app.domain.prompt_text import composed
from app.domain.quote import verified
from app.domain.recommendation import CriterionResult, ModelInfo, Proposed, Recommendation
from app.domain.request import Line, request_from
from app.domain.review_note import marks_from, pins_from, stated_from
from app.domain.role import Check, anybody
from app.services.noting import Noting
from app.services.ports import Answer, Ask, Hear, PromptModel
from app.services.review import ENGINE, Reviewing, Rules
from app.workstation import Workstation
from tests.scripted import a_workstation

NOTE = (
    "Progress note 10/02/2026\n"
    "She has severe recurring dawn phenomenon with glucose of 210 at breakfast.\n"
    "HbA1c 8.1 % on 09/20/2026. Endocrinology agrees to a pump.\n"
    "She uses multiple daily injections."
)
TEXT = (
    "Pumps are covered when all of these hold. The A1c is above 7 percent. There is dawn phenomenon.\n"
    "A specialist agrees. Pumps for other conditions are not covered."
)


def a_policy(version: str = "1", **more: object) -> Policy:
    return policy_from(
        {
            "policy": "pumps",
            "title": "Insulin pumps",
            "version": version,
            "source": "written for a test",
            "applies": {"terms": ["pump"]},
            "concepts": {
                "a1c": ["A1c", "HbA1c"],
                "dawn": ["dawn phenomenon"],
                "agrees": ["agrees"],
            },
            "criteria": {
                "id": "pump",
                "text": "A pump is covered",
                "otherwise": "Pumps for other conditions are not covered.",
                "all": [
                    {
                        "id": "a1c",
                        "text": "A1c above 7 %",
                        "clause": "The A1c is above 7 percent.",
                        "ask": "the latest A1c with its date",
                        "number": {"of": "a1c", "is": ">", "limit": 7, "unit": "%"},
                    },
                    {
                        "id": "dawn",
                        "text": "Dawn phenomenon",
                        "clause": "There is dawn phenomenon.",
                        "ask": "a note that speaks of dawn phenomenon",
                        "finding": {"any_of": ["dawn"]},
                    },
                    {
                        "id": "agrees",
                        "text": "A specialist agrees",
                        "clause": "A specialist agrees.",
                        "ask": "a letter of the specialist",
                        "judgement": {"any_of": ["agrees"]},
                    },
                ],
            },
            **more,
        },
        TEXT,
    )


def a_note(text: str = NOTE, document_id: str = "notes", kind: str = "clinical") -> SourceText:
    """A document of one page whose lines stand one below the other."""
    words = []
    for row, line in enumerate(text.splitlines()):
        x = 0.1
        for word in line.split():
            wide = 0.008 * len(word)
            words.append(Word(word, Box(x, 0.1 + 0.03 * row, min(x + wide, 1.0), 0.12 + 0.03 * row)))
            x += wide + 0.008
    return SourceText(document_id, f"{document_id}.pdf", kind, (PageText(1, tuple(words)),))


def at(source: SourceText, quote: str) -> Evidence:
    """Evidence for words that stand on the first page."""
    text = source.strings[0].text
    start = text.index(quote)
    return evidence_at(source, Span(source.document_id, 1, start, start + len(quote)))


Script = Callable[[Ask, "Hear | None"], Answer]


def judged(**statuses: tuple[Status, tuple[Evidence, ...]]) -> tuple[CriterionResult, ...]:
    return tuple(CriterionResult(name, name, status, found) for name, (status, found) in statuses.items())


def finds_all(ask: Ask, hear: Hear | None = None) -> Answer:
    """An engine that finds the A1c and the dawn phenomenon in the note, and leaves the judgement to people."""
    if ask.policy is None:
        return Answer(Recommendation(ask.line_id, Proposed.NEEDS_PERSON))
    note = ask.material.document("notes")
    rows = {}
    if note is not None and "8.1" in note.strings[0].text:
        rows["a1c"] = (Status.MET, (at(note, "HbA1c 8.1 % on 09/20/2026."),))
        rows["dawn"] = (Status.MET, (at(note, "severe recurring dawn phenomenon"),))
    rows["agrees"] = (Status.INSUFFICIENT, ())
    found = {row.criterion_id: row for row in judged(**rows)}
    for mark in ask.material.marks:
        if (mark.line_id, mark.policy_id) == (ask.line_id, ask.policy.policy_id):
            found[mark.criterion_id] = CriterionResult(
                mark.criterion_id, mark.criterion_id, mark.status, mark.evidence, marked_by=mark.by
            )
    return Answer(Recommendation(ask.line_id, Proposed.PEND, "pumps", criteria=tuple(found.values())))


@dataclass
class ScriptedModel:
    """Answers as it is told to."""

    script: Script = finds_all
    name: str = ENGINE
    leaves: bool = False

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(self.name, "1", "this computer", self.leaves)

    def outgoing(self, ask: Ask) -> str:
        return ask.prompt.text

    def recommend(self, ask: Ask, watch: Hear | None = None) -> Answer:
        return self.script(ask, watch)


@dataclass
class Policies:
    """The policies of a test; the first fits what names a pump."""

    known: list[Policy] = field(default_factory=lambda: [a_policy()])

    def refresh(self) -> None:
        return None

    def policy(self, policy_id: str, version: str = "") -> Policy:
        for policy in reversed(self.known):
            if policy.policy_id == policy_id and version in ("", policy.version):
                return policy
        raise Rejected("There is no such policy.", code="no_policy")

    def for_line(self, line: Line) -> tuple[Policy, ...]:
        return tuple(reversed(self.known)) if "pump" in line.description.lower() else ()


@dataclass
class Proposing:
    info: ModelInfo = field(default_factory=lambda: ModelInfo("template", "1", "this computer"))

    def propose(self, material: Material, watch: Hear | None = None) -> Prompt:
        filled = {
            Slot.SERVICE: Filled(Slot.SERVICE, material.request.lines[0].description, Origin.FIELD),
            Slot.PATIENT: Filled(Slot.PATIENT, material.request.patient_name, Origin.FIELD),
        }
        for fact in material.stated:
            origin = Origin.SPAN if fact.evidence else Origin.STATED
            filled[Slot(fact.slot)] = Filled(Slot(fact.slot), fact.text, origin, evidence=fact.evidence)
        return composed(filled)


@dataclass
class Desk:
    """Everything of a review on one case."""

    station: Workstation
    case_id: str
    documents: list[SourceText] = field(default_factory=lambda: [a_note()])
    policies: Policies = field(default_factory=Policies)
    models: dict[str, ScriptedModel] = field(default_factory=lambda: {ENGINE: ScriptedModel()})
    check: Check = anybody
    prompts: dict[str, Callable[[], PromptModel]] = field(default_factory=lambda: {"template": Proposing})

    def material(self, case_id: str) -> Material:
        document = self.station.store.case_document(case_id)
        return Material(
            case_id,
            document["_meta"]["rev"],
            date(2026, 10, 5),
            request_from(document),
            documents=tuple(self.documents),
            stated=stated_from(document),
            marks=marks_from(document),
            pins=pins_from(document),
        )

    @property
    def reviewing(self) -> Reviewing:
        return Reviewing(
            self.station.changes,
            self.station.lanes,
            self,
            self.policies,
            self.prompts,
            {name: (lambda model=model: model) for name, model in self.models.items()},  # type: ignore[misc]
            Rules(verified, attempts, lambda _: ()),
            self.check,
        )

    @property
    def noting(self) -> Noting:
        return Noting(self.station.changes, self.material, self.policies.policy, self.check)

    def document(self) -> Json:
        return self.station.in_store(self.station.store.case_document, self.case_id)


REQUEST: Json = {
    "patient": {
        "patient_name": "Maria Muster",
        "patient_id": "M-100200300",
        "patient_age": "44",
        "birth_date": "1982-03-04",
    },
    "provider": {"name": "Dr. Probe", "phone": "555-010-2000"},
    "lines": {
        "r1": {
            "order": 0,
            "service": {"type": "DEVICE", "code": "E0784", "description": "External infusion pump, insulin"},
            "diagnosis": {"code": "E10.65", "description": "Type 1 diabetes"},
        }
    },
}  # fmt: skip
SECOND = {
    "order": 1,
    "service": {"type": "PROCEDURE", "code": "97140", "description": "Manual therapy"},
    "diagnosis": {"code": "M54.50", "description": "Low back pain"},
}


def put_case(station: Workstation, case_id: str = "c1", request: Json = REQUEST) -> str:
    """An imported request in the review's queue."""
    writes = (
        Write("case_id", MISSING, case_id),
        Write("receipt", MISSING, f"R-{case_id}"),
        Write("received_at", MISSING, "2026-10-05T09:00:00.000000Z"),
        Write("intake_status", MISSING, "verified"),
        Write("status", MISSING, "in_queue"),
        Write("line_of_business", MISSING, "medicare_advantage"),
        Write("imported_request", MISSING, request),
    )
    station.in_store(station.changes.write, None, case_id, Action.IMPORTED, station.person, writes)
    return case_id


@contextmanager
def a_desk(folder: Path, request: Json = REQUEST) -> Iterator[Desk]:
    with a_workstation(folder, key=b"k" * 32) as station:
        yield Desk(station, put_case(station, request=request))


def change_case(desk: Desk, values: Json) -> None:
    """Write into the case as another program would."""
    document = desk.document()
    desk.station.in_store(
        desk.station.changes.write, document, desk.case_id, Action.FILED, "ada", writes_for(document, values)
    )
