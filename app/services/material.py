"""The material of a review: everything known of a case, put together so that it can be quoted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.domain.attachment import PARTS, after_decision, document_name, named_apart
from app.domain.belonging import known_of, of_another
from app.domain.box import Box
from app.domain.case import Json, fields_from, from_time
from app.domain.evidence import Evidence
from app.domain.extraction import PageText, Word
from app.domain.material import Mark, Material, StatedFact
from app.domain.passage import SourceText, page_string
from app.domain.request import Request, request_from
from app.domain.review_note import marks_from, pins_from, stated_from
from app.services.document_text import doubtful_pages, pages_of, unread_of
from app.services.store.store import Store
from app.services.store.text_shelf import KeptText

REQUEST = "request"
"""The id of an imported request's own words among the documents."""
_KEPT_CASES = 6
_FIRST_PAGES = 6
"""Whose a document is stands on its first pages, if anywhere."""
_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)


def _nobody(_case_id: str) -> None:
    """Where nothing reads documents."""


class MaterialReader:
    """Puts the material of cases together. Belongs to the store's lane; the same case again is nearly free while
    neither the case nor the texts of its documents changed.
    """

    def __init__(self, store: Store, needed: Callable[[str], None] = _nobody) -> None:
        """`needed` is told of a case whose documents somebody looks at before all of them are read."""
        self._store, self._needed = store, needed
        self._cases: OrderedDict[str, tuple[tuple[str, ...], Material]] = OrderedDict()

    def material(self, case_id: str) -> Material:
        """Everything a recommendation on the case may rest on. Raises `NoSuchCase`.

        A document whose text is not there yet stands in `unread`, and in `documents` with the pages that are.
        """
        document = self._store.case_document(case_id)
        names = sorted({entry["sha256"] for entry in document.get("documents", {}).values()})
        kept = {sha256: self._store.texts.kept(sha256) for sha256 in names}
        state = (document["_meta"]["rev"], *(kept[sha256].digest for sha256 in names))
        known = self._cases.get(case_id)
        if known is not None and known[0] == state:
            self._cases.move_to_end(case_id)
            return known[1]
        made = self._made(document, kept)
        if any(unread.pages for unread in made.unread) or _doubtful(document, kept):
            self._needed(case_id)
        self._cases[case_id] = state, made
        while len(self._cases) > _KEPT_CASES:
            self._cases.popitem(last=False)
        return made

    def _made(self, document: Json, kept: Mapping[str, KeptText]) -> Material:
        sources = named_apart([*imported(document), *self._sources(document, kept)])
        gone = frozenset(document.get("detached", {})) - document.get("documents", {}).keys()
        titles = {source.document_id: source.name for source in sources}
        return Material(
            case_id=document["case_id"],
            revision=document["_meta"]["rev"],
            asked_on=from_time(document.get("payer_received_at") or document["received_at"]).date(),
            request=request_from(document),
            fields=fields_from(document),
            documents=sources,
            stated=tuple(_stated(fact, gone) for fact in stated_from(document)),
            marks=tuple(_mark(mark, gone) for mark in marks_from(document)),
            pins=tuple((criterion, _checked(e, gone)) for criterion, e in pins_from(document)),
            unread=unread_of(document, kept, titles),
            after_decision=after_decision(document),
            of_another=_of_another(document, sources),
        )

    def _sources(self, document: Json, kept: Mapping[str, KeptText]) -> Iterable[SourceText]:
        """The documents in the order they came, those of one file in the order of their pages."""
        entries = sorted(
            document.get("documents", {}).items(),
            key=lambda item: (
                item[1]["received_at"],
                item[1]["sha256"],
                min(pages_of(item[1]), default=0),
                item[0],
            ),
        )
        for document_id, entry in entries:
            kind = entry.get("kind", "form")
            texts = kept[entry["sha256"]].texts()
            own = frozenset(pages_of(entry))
            pages = tuple(text for text in texts if text.page in own)
            name = document_name(pages, entry.get("name", ""), kind)
            yield SourceText(document_id, name, kind, pages, int(entry.get("first_fax_page", 1)))


def imported(document: Mapping[str, Any]) -> tuple[SourceText, ...]:
    """The words of an imported request as a document of one page, a line for each statement; none for a case that
    was not imported.
    """
    data = document.get("imported_request")
    if not data:
        return ()
    lines = tuple(_statements(request_from({"request": data})))
    words = tuple(Word(line, _NOWHERE) for line in lines)
    return (SourceText(REQUEST, PARTS[REQUEST], REQUEST, (PageText(1, words),)),)


def _statements(request: Request) -> Iterable[str]:
    said = (
        ("Patient", request.patient_name),
        ("Member ID", request.patient_id),
        ("Date of birth", request.birth_date),
        ("Age", request.stated_age),
        ("Gender", request.gender),
        ("Provider", request.provider_name),
        ("Provider ID", request.provider_id),
        ("Current condition", request.condition),
        ("Condition notes", request.condition_notes),
        ("Current treatment", request.treatment),
        *((lab.name or "Lab", lab.value) for lab in request.labs),
        *(
            statement
            for line in request.lines
            for statement in (
                ("Service type", line.service_type),
                ("Service code", line.code),
                ("Service", line.description),
                ("Units", line.units),
                ("From", line.starts),
                ("To", line.ends),
                ("Diagnosis code", line.diagnosis_code),
                ("Diagnosis", line.diagnosis),
            )
        ),
    )
    return (f"{label}: {value}" for label, value in said if value)


def _doubtful(document: Json, kept: Mapping[str, KeptText]) -> bool:
    """Whether pages are known only by a text layer that nobody has looked at."""
    entries = document.get("documents", {}).values()
    return any(doubtful_pages(entry, kept[entry["sha256"]]) for entry in entries)


def _of_another(document: Json, sources: Iterable[SourceText]) -> tuple[str, ...]:
    """The clinical documents that contradict what the case knows of its patient, by their first pages."""
    known = known_of(document)
    clinical = (source for source in sources if source.kind == "clinical")
    return tuple(
        s.document_id
        for s in clinical
        if of_another(known, (page_string(p).text for p in s.pages[:_FIRST_PAGES]))
    )


def _checked(evidence: Evidence, gone: frozenset[str]) -> Evidence:
    """Evidence from a document that was taken out of the case counts no more; its words stay to be seen."""
    if evidence.document not in gone:
        return evidence
    return replace(evidence, supported=False, note="its document was taken out of the case")


def _stated(fact: StatedFact, gone: frozenset[str]) -> StatedFact:
    return replace(fact, evidence=_checked(fact.evidence, gone)) if fact.evidence else fact


def _mark(mark: Mark, gone: frozenset[str]) -> Mark:
    return replace(mark, evidence=tuple(_checked(e, gone) for e in mark.evidence))
