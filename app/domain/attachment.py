"""Documents of a case as people speak of them: what they are called, and which page is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from app.domain.case import CaseDocument, from_time
from app.domain.extraction import PageText
from app.domain.passage import SourceText, page_string


class NoteKind(StrEnum):
    """What a clinical document is, as its own headings say."""

    LABS = "labs"
    IMAGING = "imaging"
    PATHOLOGY = "pathology"
    OPERATIVE = "operative"
    DISCHARGE = "discharge"
    EMERGENCY = "emergency"
    HISTORY = "history"
    CONSULTATION = "consultation"
    THERAPY = "therapy"
    SLEEP = "sleep"
    MEDICATIONS = "medications"
    PROGRESS = "progress"
    ORDER = "order"
    LETTER = "letter"


TITLES: dict[NoteKind, str] = {
    NoteKind.LABS: "Lab results",
    NoteKind.IMAGING: "Imaging report",
    NoteKind.PATHOLOGY: "Pathology report",
    NoteKind.OPERATIVE: "Operative report",
    NoteKind.DISCHARGE: "Discharge summary",
    NoteKind.EMERGENCY: "Emergency note",
    NoteKind.HISTORY: "History and physical",
    NoteKind.CONSULTATION: "Consultation",
    NoteKind.THERAPY: "Therapy note",
    NoteKind.SLEEP: "Sleep study",
    NoteKind.MEDICATIONS: "Medication list",
    NoteKind.PROGRESS: "Progress note",
    NoteKind.ORDER: "Order",
    NoteKind.LETTER: "Letter",
}
PARTS = {
    "form": "Request form",
    "fax_cover": "Fax cover",
    "clinical": "Clinical notes",
    "request": "Imported request",
}
"""What a document is called where its headings say nothing and its file has no name that helps."""

_HEADINGS: dict[NoteKind, tuple[str, ...]] = {
    NoteKind.OPERATIVE: (r"op(erative)? (report|note)", r"(procedure|surgical) (report|note)"),
    NoteKind.DISCHARGE: (r"discharge (summary|note|instructions)",),
    NoteKind.PATHOLOGY: (
        r"(surgical )?pathology( report| result| consultation)?",
        r"(cytology|biopsy) report",
    ),
    NoteKind.SLEEP: (r"(poly)?somnogra\w+( report)?", r"sleep study( report)?", r"home sleep (apnea )?test"),
    NoteKind.IMAGING: (
        r"(diagnostic )?(radiology|imaging)( report| result| consultation)?",
        r"(mri|mr|ct|x-?ray|ultrasound|pet|dexa|mammogra\w+|echocardiogra\w+)\b.{0,40}\b(report|findings|result)",
        r"(mri|ct|x-?ray|ultrasound|pet)( scan)? (of the )?\w+( \w+)?",
    ),
    NoteKind.LABS: (
        r"(final )?lab(oratory)?s?( test)?( report| results?| data| values| summary)?",
        r"(comprehensive|basic) metabolic panel",
        r"complete blood count",
        r"(chemistry|test) (report|results)",
    ),
    NoteKind.EMERGENCY: (
        r"emergency (department|room)( note| report| visit| record| summary)?",
        r"ed (provider )?note",
    ),
    NoteKind.HISTORY: (
        r"(admission )?history (and|&) physical( exam(ination)?)?( note| report)?",
        r"h ?& ?p( note)?",
        r"new patient (visit|evaluation)",
    ),
    NoteKind.CONSULTATION: (r"(initial )?(\w+ ){0,2}consult(ation)?( report| note| letter)?",),
    NoteKind.THERAPY: (
        r"(physical|occupational|speech|wound)( care)? therapy.{0,20}(note|evaluation|report|plan)",
        r"(pt|ot) (evaluation|progress note)",
        r"wound care note",
    ),
    NoteKind.MEDICATIONS: (
        r"(current |active |home )?medication(s| list| record| administration record| history)",
        r"medications? profile",
    ),
    NoteKind.PROGRESS: (
        r"(\w+ )?(progress|clinic|office|follow.?up|chart|soap|nursing|physician) (notes?|visit|summary)",
        r"(\w+ )?(encounter|visit) (notes?|summary)",
        r"(clinic|follow.?up) visit",
    ),
    NoteKind.ORDER: (
        r"(physician('s)? |standard written |detailed written |dme )?order(s| form| summary)?",
        r"prescription( form)?",
        r"certificate of medical necessity",
        r"plan of care",
    ),
    NoteKind.LETTER: (
        r"(letter|statement) of (medical )?necessity",
        r"(appeal|referral) letter",
        r"to whom it may concern.*",
        r"dear .{2,40}",
    ),
}


@cache
def _whole_lines() -> dict[NoteKind, re.Pattern[str]]:
    """The headings as patterns of a line, made when the first document is named and not on the way to the window."""
    return {
        kind: re.compile(rf"\W*(?:{'|'.join(patterns)})\W*(?:[-–:|#]\s.*|\d[\d/.\- ]*)?", re.IGNORECASE)
        for kind, patterns in _HEADINGS.items()
    }


_LONGEST_HEADING = 60
_LINES_LOOKED_AT = 25


def kind_told(pages: Sequence[PageText]) -> NoteKind | None:
    """What a document is by the headings near the top of its first page with words; None when they do not say."""
    first = next((page for page in pages if page.words), None)
    if first is None:
        return None
    lines = [" ".join(line.split()) for line in page_string(first).text.split("\n")][:_LINES_LOOKED_AT]
    for line in lines:
        if not 2 < len(line) <= _LONGEST_HEADING:
            continue
        for kind, pattern in _whole_lines().items():
            if pattern.fullmatch(line):
                return kind
    return None


_MEANINGLESS = (
    r"(?i)(scan|image|img|doc|document|fax|file|attachment|page|untitled|new|copy|clinicals?|dsc|pdf|tmp)?[\s_\-.()]*"
    r"[\d\s_\-.()]*([0-9a-f]{8,}[-0-9a-f]*)?"
)


def document_name(pages: Sequence[PageText], file_name: str, kind: str) -> str:
    """What people call a document: what its headings say it is, else its file's name, else the kind of part."""
    if kind in ("form", "fax_cover", "request"):
        return PARTS[kind]
    told = kind_told(pages)
    if told is not None:
        return TITLES[told]
    stem = file_name.replace("\\", "/").rpartition("/")[2]
    stem = stem.rpartition(".")[0] or stem
    words = " ".join(re.sub(r"_+|(?<=[^\W\d_])-+(?=[^\W\d_])", " ", stem).split())
    if words.islower():  # named by a program or in haste: "sleep-consultation"
        words = words[:1].upper() + words[1:]
    return words if words and not re.fullmatch(_MEANINGLESS, stem) else PARTS["clinical"]


def named_apart(sources: Sequence[SourceText]) -> tuple[SourceText, ...]:
    """The documents numbered from 1, those of one name told apart ("Lab results", "Lab results 2")."""
    seen: dict[str, int] = {}
    found = []
    for number, source in enumerate(sources, 1):
        count = seen[source.name] = seen.get(source.name, 0) + 1
        name = source.name if count == 1 else f"{source.name} {count}"
        found.append(replace(source, name=name, number=number))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PageLabel:
    """Which page is meant. `page` of `page_count` counts within the document; `fax_page` of `fax_count` within the
    fax it came with, 0 when the document is all that came.
    """

    name: str
    page: int
    page_count: int
    fax_page: int = 0
    fax_count: int = 0

    def __str__(self) -> str:
        own = f"{self.name} p. {self.page}"
        return f"{own} · fax p. {self.fax_page} of {self.fax_count}" if self.fax_page else own


def page_label(
    document: CaseDocument, page: int, name: str = "", first_fax_page: int = 1, fax_count: int = 0
) -> PageLabel:
    """The label of page `page` (1-based, of the file) of a document: "Clinical notes p. 1 · fax p. 3 of 17".

    `first_fax_page` and `fax_count` are for a file that was itself cut out of a fax.
    """
    pages = document.pages or tuple(range(1, document.page_count + 1))
    called = name or document_name((), document.name, document.kind)
    own = pages.index(page) + 1 if page in pages else page
    if len(pages) < document.page_count:
        return PageLabel(called, own, len(pages), page, document.page_count)
    return PageLabel(called, own, len(pages), first_fax_page + page - 1 if fax_count else 0, fax_count)


def source_label(source: SourceText, page: int) -> str:
    """A page of a document that can be quoted, for lists of evidence: "Lab results p. 2"."""
    numbers = [text.page for text in source.pages]
    own = numbers.index(page) + 1 if page in numbers else page
    if source.kind == "request":
        return source.name
    return f"{source.name} p. {own}" + (f" · fax p. {page}" if own != page else "")


def decided_at(document: Mapping[str, Any]) -> datetime | None:
    """When the latest determination that stands was made; None when there is none."""
    times = [from_time(made["at"]) for made in document.get("determinations", {}).values() if made.get("at")]
    return max(times, default=None)


def after_decision(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents that came after a determination was made: it has not seen them."""
    decided = decided_at(document)
    if decided is None:
        return ()
    entries = document.get("documents", {})
    return tuple(sorted(name for name, entry in entries.items() if from_time(entry["received_at"]) > decided))
