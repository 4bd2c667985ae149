"""Statements: everything in the material that says something, in one shape, each knowing where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.domain.clinical.heading import Section
from app.domain.clinical.plain import plain
from app.domain.confidence import SURE
from app.domain.evidence import Evidence, evidence_at
from app.domain.form import FieldKind, FormField
from app.domain.material import Material, StatedFact
from app.domain.passage import SourceText, Span
from app.domain.request import Line

LONGEST = 300


class Origin(StrEnum):
    DOCUMENT = "document"
    FIELD = "field"
    REQUEST = "request"
    LINE = "line"
    """The line's own service or diagnosis."""
    STATED = "stated"


@dataclass(frozen=True)
class Statement:
    """One sentence, row or answer. `start` is where `text` begins on its page; mentions are offsets into `text`.

    `written` is the day of the note it stands in, None when nobody says. `columns` is the head of its table.
    `barred` says why it can never be evidence ("about another patient"); `doubt` why it does not count yet.
    """

    text: str
    origin: Origin
    place: int
    source: SourceText | None = None
    page: int = 0
    start: int = 0
    section: Section = Section.NONE
    heading: str = ""
    lead: str = ""
    row: bool = False
    bare: bool = False
    written: date | None = None
    drawn: date | None = None
    """The day its specimen was collected, where the report says so."""
    columns: str = ""
    barred: str = ""
    doubt: str = ""
    known: Evidence | None = field(default=None, repr=False)
    """The evidence itself, where it is no span of a document."""

    def evidence(self, start: int, end: int, note: str = "", *, supported: bool = True) -> Evidence:
        """The clause around text[start:end], as evidence."""
        if self.known is not None:
            e = self.known
            return Evidence(
                e.quote,
                e.document,
                e.page,
                e.box,
                e.start,
                e.end,
                e.field,
                supported and e.supported,
                note or e.note,
            )
        if self.source is None:
            raise ValueError("a statement without a source carries its evidence")
        first, last = clause(self.text, start, end)
        span = Span(self.source.document_id, self.page, self.start + first, self.start + last)
        return evidence_at(self.source, span, note, supported=supported)


_CUT = re.compile(r"[;,.:)]\s+")


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The words around a place that a person understands: all when they are few, else clauses of at most `LONGEST`."""
    if len(text) <= LONGEST:
        return 0, len(text)
    end = min(end, start + LONGEST)
    room = (LONGEST - (end - start)) // 2
    first, last = max(0, start - room), min(len(text), end + room)
    if first > 0:
        cuts = [m.end() for m in _CUT.finditer(text, first, start)]
        first = cuts[0] if cuts else text.find(" ", first, start) + 1 or start
    if last < len(text):
        cuts = [m.start() for m in _CUT.finditer(text, end, last)]
        last = cuts[-1] if cuts else max(text.rfind(" ", end, last), end)
    return first, last


_SHOWN = frozenset(
    {
        FieldKind.TEXT,
        FieldKind.ICD10,
        FieldKind.PROCEDURE_CODE,
        FieldKind.NUMBER,
        FieldKind.CHOICE,
        FieldKind.DATE,
    }
)
"""Kinds of fields that can say something about a criterion. Names, ids and telephone numbers are never quoted."""


def field_statements(fields: tuple[FormField, ...], asked_on: date) -> Iterator[Statement]:
    """The answers of the form as "label: answer". An answer that still needs a look is doubted."""
    for one in fields:
        value = one.current
        if one.kind is FieldKind.TICK_BOX:
            if value is not True:
                continue
            text = one.label
        elif one.kind in _SHOWN and isinstance(value, str) and value.strip():
            text = f"{one.label}: {value}"
        else:
            continue
        quote = one.label if value is True else str(value)
        known = Evidence(quote, one.document_id, one.page, one.box, field=one.path)
        doubt = (
            "its form field still needs a look"
            if one.needs_look(SURE) or (one.warnings and not one.by)
            else ""
        )
        yield Statement(
            plain(text).replace("\n", " "), Origin.FIELD, 0, written=asked_on, doubt=doubt, known=known
        )


def request_statements(material: Material, line: Line | None) -> Iterator[Statement]:
    """The request's own words: condition, treatment and laboratory values, and the line's service and diagnosis."""
    request = material.request
    parts = [
        ("request.current_condition.name", "Condition", request.condition, Origin.REQUEST),
        ("request.current_condition.description", "Condition", request.condition_notes, Origin.REQUEST),
        ("request.current_treatment.description", "Treatment", request.treatment, Origin.REQUEST),
    ]
    parts += [
        (f"request.labs.{n}", lab.name, lab.value, Origin.REQUEST) for n, lab in enumerate(request.labs)
    ]
    if line is not None:
        root = f"request.lines.{line.line_id}"
        parts += [
            (f"{root}.diagnosis.description", "Diagnosis", line.diagnosis, Origin.LINE),
            (f"{root}.service.description", "Service", line.description, Origin.LINE),
        ]
    for path, label, value, origin in parts:
        if value:
            text = f"{label}: {value}"
            yield Statement(plain(text), origin, 0, known=request_evidence(material, path, value, label))


def request_evidence(material: Material, path: str, value: str, label: str = "") -> Evidence:
    """A part of the request as evidence: in the request's own text where that can be shown, else by its path."""
    for source in material.documents:
        if source.kind != "request":
            continue
        for page in source.strings:
            at = page.text.find(f"{label}: {value}") if label else -1
            at = at + len(label) + 2 if at >= 0 else page.text.find(value)
            if at >= 0:
                found = evidence_at(source, Span(source.document_id, page.page, at, at + len(value)))
                return Evidence(
                    found.quote, found.document, found.page, found.box, found.start, found.end, path
                )
    return Evidence(value, field=path)


def stated_statements(facts: tuple[StatedFact, ...]) -> Iterator[Statement]:
    """What reviewers stated without a document."""
    for fact in facts:
        if fact.evidence is None and fact.text.strip():
            known = Evidence(fact.text, supported=False, note="stated by the reviewer")
            yield Statement(plain(fact.text).replace("\n", " "), Origin.STATED, 0, known=known)


def pinned_statements(material: Material, scanned: frozenset[str]) -> Iterator[Statement]:
    """Words of stated facts that a reviewer clicked in a document which is not read as notes (a form)."""
    for fact in material.stated:
        found = fact.evidence
        if found is not None and found.quote and found.supported and found.document not in scanned:
            yield Statement(
                plain(found.quote).replace("\n", " "), Origin.FIELD, 0, written=material.asked_on, known=found
            )
