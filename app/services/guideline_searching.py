"""The guideline search as people use it: who may search, and what is noted of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.guideline import Hit, SearchAnswer, SearchQuery, Source, SourceKind
from app.domain.role import Right
from app.services.guideline_index import Check, GuidelineIndex, InStore, Keeping
from app.services.ports import AnsweringSearch, GuidelineSearch

_ASKED_AGAIN = timedelta(seconds=30)
"""Whether somebody may search is asked anew after this long; with every key, the store would be waited for."""


class Searching:
    """The search as people use it: who may, and what is noted. Called in the lane `search`.

    A search of the documents of a case is a read of that case, one of every case a read of all: each is in the
    audit trail, once for a person and a case as long as the program runs. What was asked is not.
    """

    def __init__(
        self,
        search: GuidelineSearch,
        keeping: Keeping,
        in_store: InStore,
        check: Check,
        now: Callable[[], datetime],
    ) -> None:
        self._search = search
        self._keeping = keeping
        self._in_store = in_store
        self._check = check
        self._now = now
        self._lock = threading.Lock()
        self._noted: set[tuple[str, str]] = set()
        self._allowed: dict[str, datetime] = {}

    @property
    def elsewhere(self) -> str:
        """The name of another index that `answer` asks, "" where there is none."""
        return self._search.name if isinstance(self._search, AnsweringSearch) else ""

    def search(self, query: SearchQuery, by: str) -> tuple[Hit, ...]:
        """The best passages, best first. Raises `NotAllowed` or `SignInRequired` for who may not review."""
        self._may(query, by)
        return self._search.search(query)

    def answer(self, query: SearchQuery, by: str) -> SearchAnswer:
        """The whole answer to words that a person has finished; what `search` finds where there is no more."""
        self._may(query, by)
        answering = self._search
        if not isinstance(answering, AnsweringSearch):
            return SearchAnswer(answering.search(query))
        return answering.answer(query)

    def _may(self, query: SearchQuery, by: str) -> None:
        now = self._now()
        with self._lock:
            asked = self._allowed.get(by)
        if asked is None or not asked <= now < asked + _ASKED_AGAIN:
            self._in_store(self._check, by, Right.REVIEW)
            with self._lock:
                self._allowed[by] = now
        clinical = not query.kinds or SourceKind.CLINICAL in query.kinds
        if clinical and query.text.strip() and (query.case_id or query.every_case):
            self._read(by, "" if query.every_case else query.case_id)

    def sources(self) -> tuple[Source, ...]:
        return self._search.sources()

    def warm(self) -> None:
        """Load what the first search would wait for."""
        self._search.search(SearchQuery("misspeled wrod "))

    def _read(self, by: str, case_id: str) -> None:
        with self._lock:
            if (by, case_id) in self._noted:
                return
            self._noted.add((by, case_id))
        detail = {} if case_id else {"every_case": True}
        self._in_store(self._keeping.note, "searched", by, self._now(), case_id or None, detail)


@dataclass(frozen=True, slots=True)
class Guidelines:
    """All of it for one workspace. `made_again` says that the search's file was lost and `refresh` has to fill it;
    `there` is the index of the payer, where the workspace is connected to one.
    """

    searching: Searching
    index: GuidelineIndex
    made_again: bool
    close: Callable[[], None]
    there: AnsweringSearch | None = None
