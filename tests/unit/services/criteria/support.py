"""Short notes and single leaves: what the engine makes of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from app.domain.box import Box
from app.domain.criterion import Concept, Leaf, Test
from app.domain.extraction import PageText, Word
from app.domain.material import Mark, Material, StatedFact
from app.domain.passage import SourceText, quoted
from app.domain.policy import Applies, Policy
from app.domain.prompt import Prompt
from app.domain.recommendation import CriterionResult, Recommendation
from app.domain.request import request_from
from app.services.local.criteria.engine import CriteriaEngine
from app.services.ports import Answer, Ask

DAY = date(2026, 10, 15)
REQUEST = {
    "patient": {"patient_name": "Dana Whitfield", "birth_date": "03/04/1968", "patient_id": "QX4471209", "gender":
    "Female"},
    "lines": {"r1": {"order": 0, "service": {"type": "DEVICE", "code": "E0784", "description": "Insulin pump"},
                     "diagnosis": {"code": "E10.9", "description": ""}}},
}  # fmt: skip


def page_of(text: str, number: int = 1) -> PageText:
    """A page with a box for each word, line by line, as a reader of pages gives it."""
    words = []
    for row, line in enumerate(text.split("\n")):
        at = 0.08
        for word in re.findall(r"\S+", line):
            wide = 0.008 * len(word)
            words.append(Word(word, Box(at, 0.05 + row * 0.02, at + wide, 0.064 + row * 0.02)))
            at += wide + 0.008
    return PageText(number, tuple(words))


def note(
    *pages: str, name: str = "Clinical notes", kind: str = "clinical", document_id: str = "d1"
) -> SourceText:
    return SourceText(document_id, name, kind, tuple(page_of(p, n) for n, p in enumerate(pages, 1)))


def material(
    *documents: SourceText | str,
    request: Mapping[str, object] | None = None,
    stated: tuple[StatedFact, ...] = (),
    marks: tuple[Mark, ...] = (),
    **more: object,
) -> Material:
    made = tuple(
        note(d, document_id=f"d{n}") if isinstance(d, str) else d for n, d in enumerate(documents, 1)
    )
    asked = request_from({"request": request or REQUEST})
    return Material("case", "1", DAY, asked, documents=made, stated=stated, marks=marks, **more)  # type: ignore[arg-type]


def policy(
    test: Test, concepts: Mapping[str, tuple[str, ...] | Concept], text: str = "The condition."
) -> Policy:
    """A policy of one leaf."""
    made = {name: c if isinstance(c, Concept) else Concept(name, c) for name, c in concepts.items()}
    leaf = Leaf("leaf", "The condition", "The condition.", test, "what shows the condition")
    return Policy("p", "A policy", "1", None, "somewhere", Applies((), ()), made, leaf, text)


def ask(case: Material, judged_by: Policy | None, line: str = "r1") -> Answer:
    return CriteriaEngine().recommend(Ask(Prompt("Review.", (), "Review."), case, line, judged_by))


def judged(
    case: Material | str,
    test: Test,
    concepts: Mapping[str, tuple[str, ...] | Concept],
    text: str = "The condition.",
) -> CriterionResult:
    """The leaf as judged; every quote is checked to stand where it says."""
    if isinstance(case, str):
        case = material(case)
    found = ask(case, policy(test, concepts, text)).recommendation
    resolve(found, case)
    result = found.result("leaf")
    assert result is not None
    return result


def resolve(found: Recommendation, case: Material) -> None:
    for row in found.criteria:
        for e in row.evidence:
            if e.span is not None:
                source = case.document(e.document)
                assert source is not None
                assert quoted(source, e.span) == e.quote
                assert e.box is not None or source.kind == "request"
