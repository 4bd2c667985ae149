"""The chart: all statements of a case in order, dated and attributed, read once for all policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from app.domain.clinical.heading import Section
from app.domain.clinical.identity import contradicts, identity_of, same_person
from app.domain.clinical.moment import Moment, moments
from app.domain.clinical.quantity import Quantity, quantities
from app.domain.clinical.sentence import Sentence, sentences
from app.domain.clinical.term import TermIndex
from app.domain.evidence import evidence_at
from app.domain.injection import attempts_in
from app.domain.material import Material
from app.domain.passage import SourceText, Span
from app.domain.recommendation import Flag
from app.domain.request import Request
from app.services.local.criteria.statement import (
    Origin,
    Statement,
    field_statements,
    pinned_statements,
    request_statements,
    stated_statements,
)

INSTRUCTS = "text that tries to instruct the reviewer"
NOT_NOTES = frozenset({"form", "fax_cover", "policy", "request"})
"""Kinds of documents whose pages are not read as notes: forms speak by their fields, requests by their parts."""
_VISIT = re.compile(
    r"\b(?:date of (?:service|visit|exam(?:ination)?|study|report|procedure|encounter|evaluation|admission|"
    r"discharge|test)|d\.?o\.?s\.?|visit date|encounter(?: date)?|service date|exam date|study date|date seen|"
    r"discharge date|date/time|visit|seen on|note date|date)\s*[:\-]?\s*$", re.IGNORECASE,
)  # fmt: skip
_DRAWN = re.compile(
    r"\b(?:collected|collection date|specimen (?:date|collected)|date collected|drawn|date drawn|collection|"
    r"resulted|reported)(?:\s*(?:on|date|time|/))*\s*[:\-]?\s*$",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"\b(?:d\.?o\.?b\.?|birth ?date|date of birth|born(?: on)?)\s*[:\-]?\s*$", re.IGNORECASE)
_SIGNED = re.compile(
    r"\b(?:signed|electronically signed|signature|authenticated|dictated|transcribed)\b[^\n]{0,60}$",
    re.IGNORECASE,
)
_NOT_OF_NOTE = re.compile(
    r"\b(?:printed|faxed|fax|received|print date|effective|expires?|rev(?:ised)?\.?|form)\b[^\n]{0,20}$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d")
_DATED = re.compile(
    r"\b(?:date|d\.?o\.?s|visit|seen|encounter|collect\w+|drawn|specimen|resulted|reported)\b", re.IGNORECASE
)
_TWO_DAYS = re.compile(r"\d[/\-]\d.*\d[/\-]\d")
_TITLED = re.compile(r"\W*(?:Mr|Mrs|Ms|Miss)\b\.?\s+(?P<name>[A-Z][A-Za-z'\-]+)")
_STAFF = re.compile(
    r"(?:\s+[A-Z][a-z]+)?,?\s*(?:RN|RD|NP|PA|MD|DO|CDE|CDCES|LPN|PT|OT|PhD)\b|\s+(?:reports?|states?|says|notes|called)\b"
)
_COLUMN = re.compile(
    r"\b(?:results?|value|units?|flag|reference|ref|range|test|component|analyte|normal|previous|prior|date|"
    r"collected|current|interval)\b",
    re.IGNORECASE,
)


@dataclass
class Chart:
    """The statements of one line of a case, findable by terms. `flags` tell of pages about somebody else."""

    statements: tuple[Statement, ...]
    flags: tuple[Flag, ...]
    asked_on: date

    def __post_init__(self) -> None:
        self.index = TermIndex([s.text for s in self.statements])
        self._moments: dict[int, tuple[Moment, ...]] = {}
        self._quantities: dict[tuple[int, tuple[str, ...]], tuple[Quantity, ...]] = {}

    def moments(self, statement: Statement) -> tuple[Moment, ...]:
        found = self._moments.get(statement.place)
        if found is None:
            found = moments(statement.text, statement.written or self.asked_on)
            self._moments[statement.place] = found
        return found

    def quantities(self, statement: Statement, units: tuple[str, ...]) -> tuple[Quantity, ...]:
        key = (statement.place, units)
        if key not in self._quantities:
            self._quantities[key] = quantities(statement.text, units)
        return self._quantities[key]


def chart_of(material: Material, line_id: str) -> Chart:
    """What the material says, as far as it concerns one line of the request."""
    made: list[Statement] = []
    flags: list[Flag] = []
    scanned = set()
    for source in material.documents:
        if source.kind in NOT_NOTES:
            continue
        scanned.add(source.document_id)
        found, seen = _document(source, material.request, material.asked_on, len(made))
        made += found
        flags += seen
    others = [
        *field_statements(material.fields, material.asked_on),
        *request_statements(material, material.request.line(line_id)),
        *pinned_statements(material, frozenset(scanned)),
    ]
    made += [replace(s, barred=INSTRUCTS) if attempts_in(s.text) else s for s in others]
    return Chart(_numbered(made), tuple(flags), material.asked_on)


def stated_chart(material: Material) -> Chart:
    """What reviewers stated without a document, as a chart of its own."""
    return Chart(_numbered(list(stated_statements(material.stated))), (), material.asked_on)


def _numbered(made: list[Statement]) -> tuple[Statement, ...]:
    return tuple(s if s.place == n else replace(s, place=n) for n, s in enumerate(made))


def _document(
    source: SourceText, request: Request, asked_on: date, begin: int
) -> tuple[list[Statement], list[Flag]]:
    made: list[Statement] = []
    flags: list[Flag] = []
    visit = _first_day(source, asked_on)
    drawn: date | None = None
    before: Sentence | None = None
    barred = ""
    for page in source.strings:
        who = identity_of(page.text)
        if who is not None:
            reason = contradicts(who, request)
            if reason and not barred:
                span = Span(source.document_id, page.page, who.start, who.end)
                flags.append(_other(source, reason, page.page, span))
            if reason or who.name or who.born:
                barred = f"about another patient: {reason}" if reason else ""
        columns = ""
        spans = [(a.start, a.end) for a in attempts_in(page.text)]
        tainted = -1
        for sentence in sentences(page.text, before):
            before = sentence
            if any(start < sentence.end and sentence.start < end for start, end in spans):
                tainted = sentence.block
            # What follows an instruction in its own paragraph is what it wants to be believed.
            instructed = INSTRUCTS if sentence.block == tainted else ""
            if sentence.bare and sentence.section not in (Section.RESULTS, Section.OTHER):
                drawn = None
            for label, day in _days(sentence.text, asked_on):
                if label == "visit":
                    visit, drawn = day, None
                elif label == "drawn":
                    drawn = day
            stranger = _names_another(sentence.text, request)
            columns = _columns(sentence, columns, visit or asked_on)
            made.append(
                Statement(
                    sentence.text, Origin.DOCUMENT, begin + len(made), source, page.page,
                    sentence.start, sentence.section, sentence.heading, sentence.lead, sentence.row, sentence.bare,
                    drawn or visit, drawn, columns, barred or instructed or stranger,
                )
            )  # fmt: skip
    return made, flags


def _names_another(text: str, request: Request) -> str:
    """Why a sentence is about somebody else: it begins with a Mr or Ms whose name is not the patient's."""
    found = _TITLED.match(text)
    if not found or not request.patient_name or _STAFF.match(text[found.end() :]):
        return ""
    return "" if same_person(found.group("name"), request.patient_name) else "about somebody of another name"


def _other(source: SourceText, reason: str, page: int, span: Span) -> Flag:
    return Flag(
        "other_patient",
        f"Page {page} of “{source.name}” seems to be about another patient: {reason}. It does not count as evidence.",
        evidence_at(source, span, "about another patient"),
        "Look at the page; take the document out of the case if it belongs elsewhere.",
    )


def _days(text: str, asked_on: date) -> Iterator[tuple[str, date]]:
    """The days that a line says the note or its laboratory values are of."""
    if not _DATED.search(text):
        return
    for found in moments(text, None):
        lead = text[max(0, found.start - 60) : found.start]
        if (
            found.first != found.last
            or _BIRTH.search(lead)
            or _NOT_OF_NOTE.search(lead)
            or found.first > asked_on
        ):
            continue
        if _DRAWN.search(lead):
            yield "drawn", found.first
        elif _VISIT.search(lead):
            yield "visit", found.first


def _first_day(source: SourceText, asked_on: date) -> date | None:
    """The day of a document's first note: labelled, else the first in its head, else that of the signature."""
    signed: date | None = None
    heads: list[date] = []
    for page in source.strings:
        lines = page.text.split("\n")
        for number, text in enumerate(lines):
            for label, day in _days(text, asked_on):
                if label == "visit":
                    return day
            if not _NUMBER.search(text):
                continue
            for found in moments(text, None):
                lead = text[: found.start]
                if (
                    found.first != found.last
                    or found.first > asked_on
                    or _BIRTH.search(lead)
                    or _NOT_OF_NOTE.search(lead)
                ):
                    continue
                if number < 8 and page.page == source.strings[0].page and len(text.split()) <= 8:
                    heads.append(found.first)
                elif _SIGNED.search(lead):
                    signed = found.first
    return heads[0] if heads else signed


def _columns(sentence: Sentence, columns: str, day: date) -> str:
    """The head of the table a line stands in: a line of column names, or one of dates."""
    text = sentence.text
    if (
        len({m.group().lower() for m in _COLUMN.finditer(text)}) >= 2
        and len(text.split()) <= 14
        and not text.rstrip().endswith(".")
    ):
        return text
    if _TWO_DAYS.search(text) and len(moments(text, day)) >= 2 and len(re.sub(r"[\d/\-.\s]", "", text)) <= 24:
        return text
    if not sentence.row and len(text.split()) > 12:
        return ""
    return columns
