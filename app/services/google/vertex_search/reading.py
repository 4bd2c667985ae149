"""What Vertex AI Search answered, as hits and a summary of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.domain.guideline import Citation, Hit, Passage, SearchQuery, Source, Summary
from app.services.google.vertex_search.document import plain, source_of, whole
from app.services.google.vertex_search.marking import bold, cutting, marks_in, unmarked, words_of

if TYPE_CHECKING:
    from google.cloud.discoveryengine_v1 import SearchResponse

Found = Mapping[str, Hit]
"""The best passage of each document that was found, by the document's full name there."""


def hits_of(result: SearchResponse.SearchResult, query: SearchQuery, corrected: str) -> tuple[Hit, ...]:
    """The passages of one document that answer, best first; none for a document that is no guideline.

    Segments say the most and name their page; then answers; then the snippet, which names none.
    """
    if result.chunk.content and not result.document.name:
        return _of_chunk(result.chunk, query, corrected)
    source = source_of(result.document)
    if source is None:
        return ()
    derived = plain(result.document.derived_struct_data)
    snippets = [str(s.get("snippet", "")) for s in _each(derived, "snippets") if _is_one(s)]
    terms = tuple(
        dict.fromkeys((*(word for s in snippets for word in bold(s)), *words_of(corrected or query.text)))
    )
    found: list[tuple[int, str]] = []
    for name in ("extractive_segments", "extractive_answers"):
        for part in _each(derived, name):
            text = unmarked(str(part.get("content", ""))).strip()
            page = page_of(part)
            if text and not any(_within(text, other) and page == at for at, other in found):
                found.append((page, text))
    if not found:
        found = [(1, unmarked(snippet).strip()) for snippet in snippets[:1]]
    return tuple(hit_of(source, page, text, terms, corrected) for page, text in found)


def document_of(result: SearchResponse.SearchResult) -> str:
    """The full name of the document a result is of."""
    return str(result.document.name or result.chunk.name.partition("/chunks/")[0])


def _of_chunk(chunk: Any, query: SearchQuery, corrected: str) -> tuple[Hit, ...]:
    """The passage that an app is, which is set to find chunks and not documents."""
    from google.cloud.discoveryengine_v1 import Document

    told = chunk.document_metadata
    struct = {**({"title": told.title} if told.title else {}), **plain(told.struct_data)}
    name = chunk.name.partition("/chunks/")[0]
    bare = Document(
        name=name,
        id=name.rpartition("/")[2],
        content=Document.Content(uri=told.uri),
        struct_data=struct,
    )
    source = source_of(bare)
    text = unmarked(chunk.content).strip()
    if source is None or not text:
        return ()
    return (
        hit_of(source, int(chunk.page_span.page_start), text, words_of(corrected or query.text), corrected),
    )


def hit_of(source: Source, page: int, text: str, terms: tuple[str, ...], corrected: str = "") -> Hit:
    """A passage as a hit; where on its page it stands nobody knows yet."""
    marks = marks_in(text, terms)
    cut, inside = cutting(text, marks)
    held = tuple(dict.fromkeys(" ".join(text[a:b].split()) for a, b in marks))
    return Hit(source, Passage(max(page, 1), text), cut, inside, 0.0, held, corrected)


def page_of(part: Mapping[str, Any]) -> int:
    """The page of a segment, however it is called: 1 where it is not said."""
    for name in ("pageNumber", "page_number", "pageIdentifier", "page_identifier"):
        if part.get(name) not in (None, ""):
            return max(whole(part[name]), 1)
    return 1


def summary_of(response: SearchResponse, found: Found, query: SearchQuery) -> Summary | None:
    """The summary with its numbered passages; None where none was written, or one that cites nothing.

    A document may be cited with several passages: each becomes a source of its own, so that a number leads to words.
    """
    told = response.summary.summary_with_metadata
    if response.summary.summary_skipped_reasons or not told.summary.strip() or not told.references:
        return None
    terms = words_of(query.text)
    numbered: list[Hit] = []
    numbers: dict[int, tuple[int, ...]] = {}
    for index, reference in enumerate(told.references):
        hit = found.get(reference.document)
        source = hit.source if hit is not None else _cited(reference)
        first = len(numbered) + 1
        for chunk in reference.chunk_contents:
            text = unmarked(chunk.content).strip()
            if text:
                numbered.append(hit_of(source, whole(chunk.page_identifier), text, terms))
        if len(numbered) < first and hit is not None:
            numbered.append(hit)  # it cites the document as a whole: the passage that was found leads into it
        if len(numbered) >= first:
            numbers[index] = tuple(range(first, len(numbered) + 1))
    text, at = told.summary, _Places(told.summary)
    citations = tuple(
        Citation(at(int(c.start_index)), at(int(c.end_index)), kept)
        for c in told.citation_metadata.citations
        if (kept := _numbers(c, numbers))
    )
    return Summary(text, tuple(numbered), citations) if citations else None


class _Places:
    """Offsets in characters from offsets in bytes of UTF-8, which is what the search counts."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode()

    def __call__(self, place: int) -> int:
        return len(self._bytes[: max(place, 0)].decode(errors="ignore"))


def _numbers(citation: Any, numbers: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
    found = (n for source in citation.sources for n in numbers.get(int(source.reference_index), ()))
    return tuple(dict.fromkeys(found))


def _cited(reference: Any) -> Source:
    """A cited document that is not among the results."""
    from google.cloud.discoveryengine_v1 import Document

    bare = Document(
        name=reference.document,
        id=reference.document.rpartition("/")[2],
        content=Document.Content(uri=reference.uri),
        struct_data={"title": reference.title} if reference.title else {},
    )
    found = source_of(bare)
    if found is None:
        raise AssertionError  # it names no kind, so it is a guideline
    return found


def _each(derived: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for part in derived.get(name) or ():
        if isinstance(part, Mapping):
            yield part


def _is_one(snippet: Mapping[str, Any]) -> bool:
    return snippet.get("snippet_status", "SUCCESS") == "SUCCESS" and bool(snippet.get("snippet"))


def _within(text: str, other: str) -> bool:
    return " ".join(text.split()) in " ".join(other.split())
