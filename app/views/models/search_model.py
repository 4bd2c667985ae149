"""What is searched and what was found: one search at a time, the newest words next, nothing shown that is old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.domain.case import Case
from app.domain.errors import Actionable
from app.domain.guideline import Found, Hit, SearchAnswer, SearchQuery, SourceKind
from app.services.guideline_index import Indexed
from app.views.background import Background
from app.workstation import Workstation

COUNTED = 30
"""Among so many of the best passages it is counted how many are of each kind."""
RESTED_MS = 800
"""Who types nothing for so long has asked the whole question: an index that costs is asked it, too."""


class SearchModel(QObject):
    """Searches with every key. What is typed while a search runs waits for it, the last of it alone.

    Where another index answers whole questions, it is asked when typing rests. Its answer takes the place of the hits
    unless the person has gone among them by then (`leave_alone`), or asked something else.
    """

    found = Signal(object)
    """`Found`"""
    searching = Signal()
    failed = Signal(object)
    """`Actionable`"""
    asking = Signal(str)
    """Another index is asked; its name"""
    refreshed = Signal()
    """What can be searched was brought up to date."""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._query = SearchQuery("")
        self._running = False
        self._asked: SearchQuery | None = None
        self._counted: tuple[SearchQuery, tuple[tuple[SourceKind, int], ...]] | None = None
        self._there: tuple[tuple[SourceKind, int], ...] | None = None
        self._started = False
        self._preparing = False
        self._whole: SearchQuery | None = None
        """The question another index is asked, or is to be asked when typing rests."""
        self._elsewhere = ""
        self._hits: tuple[Hit, ...] = ()
        """What this computer found of it."""
        self._rested = QTimer(self, interval=RESTED_MS, singleShot=True)
        self._rested.timeout.connect(self._ask_elsewhere)

    @property
    def query(self) -> SearchQuery:
        return self._query

    def start(self) -> None:
        """Somebody is about to search: load the words of medicine, and see that the policies can be found."""
        if self._started:
            return
        self._started = True
        self._background.run(self, "search", _warm, self._workstation, done=self._warmed)

    def set_text(self, text: str) -> None:
        """Search for other words."""
        if text != self._query.text:
            self._ask(replace(self._query, text=text, as_typed=False))

    def set_kinds(self, kinds: tuple[SourceKind, ...]) -> None:
        """Search in other kinds of sources; none means all."""
        if kinds != self._query.kinds:
            self._ask(replace(self._query, kinds=kinds))

    def search_as_typed(self) -> None:
        """Search for the words as they are, no spelling mended."""
        self._ask(replace(self._query, as_typed=True))

    def set_case(self, case: Case | None) -> None:
        """Search the documents of this case as well, as far as they are read; None searches those of no case."""
        case_id = case.case_id if case else ""
        if case is not None:
            self._background.run(
                self, "indexing", _index_case, self._workstation, case, done=self._case_indexed
            )
        if case_id != self._query.case_id:
            self._ask(replace(self._query, case_id=case_id))

    def search_again(self) -> None:
        """What can be found has changed."""
        self._ask(self._query)

    def leave_alone(self) -> None:
        """The person is among the hits: what another index answers now comes too late."""
        self._whole = None
        self._rested.stop()

    def _ask(self, query: SearchQuery) -> None:
        self.leave_alone()
        self._query = query
        self._asked = query
        if not query.text.strip():
            self._asked = None
            self._show_what_there_is()
            return
        if not self._running:
            self._next()

    def _next(self) -> None:
        query, self._asked = self._asked, None
        if query is None:
            return
        self._running = True
        self.searching.emit()
        count = self._counted is None or replace(self._counted[0], kinds=query.kinds) != query
        self._background.run(
            self,
            "search",
            _search,
            self._workstation,
            query,
            count,
            done=lambda found: self._take(query, *found),
            failed=lambda error: self._fail(query, error),
        )

    def _take(self, query: SearchQuery, found: Found, elsewhere: str) -> None:
        self._running = False
        if found.counts or not query.kinds:
            self._counted = (query, found.counts)
        elif self._counted is not None:
            found = replace(found, counts=self._counted[1])
        if query == self._query:
            self.found.emit(replace(found, documents=self._documents, preparing=self._preparing))
            if elsewhere:
                self._whole, self._elsewhere, self._hits = query, elsewhere, found.hits
                self._rested.start()
        self._next()

    def _ask_elsewhere(self) -> None:
        query = self._whole
        if query is None:
            return
        self.asking.emit(self._elsewhere)
        self._background.run(
            self,
            "network",
            _answer,
            self._workstation,
            query,
            done=lambda answer: self._take_answer(query, answer),
            failed=lambda error: self._take_answer(query, SearchAnswer(self._hits, note=str(error))),
        )

    def _take_answer(self, query: SearchQuery, answer: SearchAnswer) -> None:
        if query != self._whole:
            return
        self._whole = None
        counts = self._counted[1] if self._counted is not None else ()
        self.found.emit(
            Found(
                query,
                answer.hits,
                counts,
                self._documents,
                self._preparing,
                answer.summary,
                answer.answered_by,
                answer.note,
            )
        )

    def _fail(self, query: SearchQuery, error: Actionable) -> None:
        self._running = False
        if query == self._query:
            self.failed.emit(error)
        self._next()

    @property
    def _documents(self) -> int | None:
        return None if self._there is None else sum(count for _, count in self._there)

    def _show_what_there_is(self) -> None:
        """Nothing is asked: the filters tell how many documents they stand for."""
        self.found.emit(
            Found(
                self._query,
                counts=self._there or (),
                documents=self._documents,
                preparing=self._preparing,
            )
        )

    def _warmed(self, _nothing: None) -> None:
        self._preparing = True

        def told(_item: Indexed) -> None:  # in the lane
            self._background.post(self._came)

        self._background.run(
            self,
            "indexing",
            _refresh,
            self._workstation,
            told,
            done=self._refreshed,
            failed=self._not_refreshed,
        )

    def _came(self) -> None:
        """One document more can be found."""
        if isValid(self) and self._query.text.strip():
            self.search_again()

    def _not_refreshed(self, error: Actionable) -> None:
        self._preparing = False
        self.failed.emit(error)

    def _refreshed(self, changed: tuple[Indexed, ...]) -> None:
        self._preparing = False
        self._background.run(self, "search", _what_there_is, self._workstation, done=self._count)
        if changed:
            self.refreshed.emit()
        if self._query.text.strip():
            self.search_again()

    def _count(self, there: tuple[tuple[SourceKind, int], ...]) -> None:
        self._there = there
        if not self._query.text.strip():
            self._show_what_there_is()

    def _case_indexed(self, changed: tuple[Indexed, ...]) -> None:
        if changed and self._query.text.strip():
            self.search_again()


def _warm(workstation: Workstation) -> None:
    workstation.guidelines().searching.warm()


def _what_there_is(workstation: Workstation) -> tuple[tuple[SourceKind, int], ...]:
    """How many documents of each kind can be searched; those of cases are not told."""
    sources = workstation.guidelines().searching.sources()
    kinds = Counter(source.kind for source in sources if source.kind is not SourceKind.CLINICAL)
    return tuple(sorted(kinds.items()))


def _refresh(workstation: Workstation, told: Callable[[Indexed], None]) -> tuple[Indexed, ...]:
    return workstation.guidelines().index.refresh(workstation.policies, told=told)


def _index_case(workstation: Workstation, case: Case) -> tuple[Indexed, ...]:
    return workstation.guidelines().index.index_case(case)


def _answer(workstation: Workstation, query: SearchQuery) -> SearchAnswer:
    return workstation.guidelines().searching.answer(query, workstation.person)


def _search(workstation: Workstation, query: SearchQuery, count: bool) -> tuple[Found, str]:
    """What a query finds, and, when `count`, how many of each kind are among the best of every kind; and the name of
    another index that answers the whole question, "" where there is none.
    """
    searching = workstation.guidelines().searching
    person = workstation.person
    counts: tuple[tuple[SourceKind, int], ...] = ()
    if count or not query.kinds:
        every = searching.search(replace(query, kinds=(), limit=COUNTED), person)
        counts = tuple(sorted(Counter(hit.source.kind for hit in every).items()))
        hits = every[: query.limit]
    if query.kinds:
        hits = searching.search(query, person)
    return Found(query, hits, counts), searching.elsewhere
