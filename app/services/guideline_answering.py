"""Two indexes as one: this computer answers with every key, the payer's index when a person has stopped typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice, zip_longest

from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.guideline import Hit, Passage, SearchAnswer, SearchQuery, Source, SourceKind
from app.services.guideline_index import Indexed
from app.services.ports import AnsweringSearch, GuidelineSearch, Progress, Watch

_WINDOWS = (8, 4)
"""So many words of a passage are looked for on its page, fewer where they run over into the next passage."""
_LOOKS = 80
"""So many searches at most place what another index found: what it read otherwise than this computer is not chased."""
_WORD = re.compile(r"\w+(?:[-./']\w+)*")


class SearchInTwo:
    """The guideline search of a connected workspace: an `AnsweringSearch` over the index here and the payer's.

    `search` asks this computer alone. `answer` asks the payer's index for policies and guidelines; where it cannot be
    asked, this computer answers and `note` says why. Documents of cases are found here only and never leave. What the
    payer's index finds is given its place on the page where the same document is indexed here. `put` and `remove`
    concern this computer; see `publish` for the payer's.
    """

    def __init__(self, here: GuidelineSearch, there: AnsweringSearch) -> None:
        self.here, self.there = here, there

    @property
    def name(self) -> str:
        return self.there.name

    def search(self, query: SearchQuery) -> tuple[Hit, ...]:
        return self.here.search(query)

    def answer(self, query: SearchQuery) -> SearchAnswer:
        if not query.text.strip() or query.kinds == (SourceKind.CLINICAL,):
            return SearchAnswer(self.here.search(query))
        try:
            found = self.there.answer(query)
        except Offline as error:
            return SearchAnswer(self.here.search(query), note=error.reason)
        except (SignInRequired, Rejected) as error:
            return SearchAnswer(self.here.search(query), note=str(error))
        if not found.hits:
            return SearchAnswer(self.here.search(query), note=f"{self.name} found nothing.")
        placing = _Placing(self.here)
        hits = tuple(map(placing, found.hits))
        summary = found.summary and replace(found.summary, sources=tuple(map(placing, found.summary.sources)))
        if (not query.kinds or SourceKind.CLINICAL in query.kinds) and (query.case_id or query.every_case):
            of_cases = self.here.search(replace(query, kinds=(SourceKind.CLINICAL,)))
            hits = tuple(_in_turn(hits, of_cases))[: query.limit]
        return replace(found, hits=hits, summary=summary)

    def put(self, source: Source, passages: tuple[Passage, ...]) -> None:
        self.here.put(source, passages)

    def remove(self, source_id: str) -> None:
        self.here.remove(source_id)

    def sources(self) -> tuple[Source, ...]:
        return self.here.sources()


def publish(
    here: GuidelineSearch,
    there: GuidelineSearch,
    watch: Watch | None = None,
    told: Callable[[Indexed], None] | None = None,
) -> tuple[Indexed, ...]:
    """Bring the payer's index to what this computer's holds of policies and guidelines; what came of each.

    What is there as it is here costs nothing. What others put there stays. One document that is refused does not keep
    the others from going; `Offline` and `SignInRequired` end it, and what went by then stays.
    """
    ours = {s.source_id: s for s in here.sources() if s.kind is not SourceKind.CLINICAL}
    known = {s.source_id: s for s in there.sources() if s.digest}
    done: list[Indexed] = []
    work: list[tuple[str, Source | None]] = [
        (source_id, ours.get(source_id))
        for source_id in dict.fromkeys((*ours, *known))
        if known.get(source_id) is None or _said(known[source_id]) != _said(ours.get(source_id))
    ]
    for place, (source_id, source) in enumerate(work):
        if watch is not None:
            watch(Progress(place, len(work)))
        outcome, reason = "removed", ""
        try:
            if source is None:
                there.remove(source_id)
            else:
                outcome = "changed" if source_id in known else "added"
                there.put(source, ())
        except Rejected as error:
            outcome, reason = "refused", str(error)
        name = source.title if source is not None else known[source_id].title
        done.append(Indexed(name, outcome, reason=reason, source_id=source_id))
        if told is not None:
            told(done[-1])
    return tuple(done)


def _said(source: Source | None) -> tuple[object, ...] | None:
    """What makes two sources the same to somebody who searches."""
    return (source.digest, source.title, source.in_force, source.kind) if source is not None else None


class _Placing:
    """Gives hits of the payer's index their place on a page, from the same words in the index here."""

    def __init__(self, here: GuidelineSearch) -> None:
        self._here = here
        self._known: Mapping[str, Source] = {source.source_id: source for source in here.sources()}
        self._left = _LOOKS

    def __call__(self, hit: Hit) -> Hit:
        source = self._known.get(hit.source.source_id)
        if source is None:
            return replace(hit, source=replace(hit.source, sha256=""))  # there is no file here to open
        for words in islice(_windows(hit), self._left):
            self._left -= 1
            asked = SearchQuery(f'"{words}" ', (source.kind,), as_typed=True)
            for other in self._here.search(asked):
                same = other.source.source_id == source.source_id and other.passage.page == hit.passage.page
                if same:
                    return replace(hit, source=source, passage=other.passage)
        return replace(hit, source=source)


def _windows(hit: Hit) -> Iterator[str]:
    """Some words of the passage in a row: from the first word that was looked for on, up to it, from the beginning."""
    found = list(_WORD.finditer(hit.passage.text))
    starts = {term.split()[0].casefold() for term in hit.terms if term.strip()}
    first = next((at for at, word in enumerate(found) if word[0].casefold() in starts), 0)
    for length in _WINDOWS:
        for start in dict.fromkeys((first, max(0, first - length + 1), 0)):
            row = [word[0] for word in found[start : start + length]]
            if len(row) >= min(_WINDOWS[-1], len(found)):
                yield " ".join(row)


def _in_turn(first: Iterable[Hit], second: Iterable[Hit]) -> Iterator[Hit]:
    """Best, best, second best, second best: scores of two indexes cannot be compared, ranks can."""
    return (hit for hit in chain.from_iterable(zip_longest(first, second)) if hit is not None)
