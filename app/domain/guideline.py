"""Guidelines as they are searched: sources cut into passages, queries, hits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.box import Box
from app.domain.evidence import Evidence


class SourceKind(StrEnum):
    """Where a passage comes from: the filter of the search."""

    POLICY = "policy"
    """Plan policy and coverage determinations."""
    GUIDELINE = "guideline"
    """Care guidelines."""
    CLINICAL = "clinical"
    """Clinical documents of cases."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document that can be searched. `source_id` is `policy:ID@VERSION`, or the SHA-256 of the file.

    `digest` says what was indexed, so that the same is not indexed twice. `case_id` is "" unless it belongs to a case.
    `sha256` and `media_type` say which blob to open, "" when there is none. `in_force` is false for a version of a
    policy that is kept because it was used: it is found after the one in force. `also` are words it is found by that
    do not stand in it, such as the codes a policy applies to.
    """

    source_id: str
    kind: SourceKind
    title: str
    name: str
    digest: str
    case_id: str = ""
    sha256: str = ""
    media_type: str = ""
    pages: int = 0
    in_force: bool = True
    also: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of one page, in their words. `start` and `end` are offsets into that page's `PageString`;
    `heading` is what it stands under.
    """

    page: int
    text: str
    start: int = 0
    end: int = 0
    heading: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched as typed: words, "phrases", the beginning of the last word. No `kinds` means all.

    `case_id` limits clinical documents to those of one case; without it none of any case are found unless
    `every_case`. `as_typed` mends no spelling: what was asked for instead of a correction.
    """

    text: str
    kinds: tuple[SourceKind, ...] = ()
    case_id: str = ""
    every_case: bool = False
    limit: int = 20
    as_typed: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `snippet` is a cutting of it; `marks` are the (start, end) of the matches in it.

    `score` is higher for better, of no unit. `terms` are the words that were looked for, for marking them on the page:
    typed ones, corrected ones and synonyms. `corrected` is the spelling that was searched when it differs from what was
    typed, "" otherwise.
    """

    source: Source
    passage: Passage
    snippet: str
    marks: tuple[tuple[int, int], ...]
    score: float
    terms: tuple[str, ...] = ()
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Part of a summary, `start` to `end`, and what it rests on: numbers from 1 into the summary's sources."""

    start: int
    end: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a model wrote from the passages of a search. It is never evidence: every number leads to the passage it
    was written from, and that can be quoted.
    """

    text: str
    sources: tuple[Hit, ...]
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What an index answered. `answered_by` names it ("" for this computer); `note` says in words why another one did
    not, or what it left out.
    """

    hits: tuple[Hit, ...] = ()
    summary: Summary | None = None
    answered_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows: the hits of a query, and of how many kinds they are.

    `counts` are hits by kind among the best ones of every kind, so that a filter says what it would leave; where
    nothing is asked, the documents of each kind. `documents` says how many there are, None while nobody knows;
    `preparing` that more are being made findable. `summary`, `answered_by` and `note` are those of the `SearchAnswer`.
    """

    query: SearchQuery
    hits: tuple[Hit, ...] = ()
    counts: tuple[tuple[SourceKind, int], ...] = ()
    documents: int | None = None
    preparing: bool = False
    summary: Summary | None = None
    answered_by: str = ""
    note: str = ""

    @property
    def corrected(self) -> str:
        """The spelling that was searched, "" when it is what was typed."""
        return self.hits[0].corrected.strip() if self.hits else ""


def evidence_of(hit: Hit) -> Evidence:
    """A hit as evidence: the whole passage, with the document it stands in as the rest of the case names it.

    A passage whose place on its page nobody knows has no offsets.
    """
    source, passage = hit.source, hit.passage
    known = passage.end > passage.start
    document = source.source_id
    if source.kind is SourceKind.CLINICAL:
        document = source.source_id.removeprefix(f"{source.case_id}/")
    return Evidence(
        " ".join(passage.text.split()),
        document,
        passage.page,
        passage.box,
        passage.start if known else None,
        passage.end if known else None,
    )
