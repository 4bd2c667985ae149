"""The queue of the review as a list model, and how much of it waits for the person who works here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QObject

from app.domain.case import ReviewStatus
from app.domain.review_queue import ReviewQuery, ReviewRow
from app.views.background import Background
from app.views.models.case_list_model import CaseListModel


class ReviewCases(Protocol):
    """What this model asks of the review's queue; in the store's lane."""

    def ids(self, query: ReviewQuery) -> tuple[str, ...]: ...

    def rows(self, asked: ReviewQuery | Iterable[str]) -> tuple[ReviewRow, ...]: ...

    def counts(self) -> Mapping[ReviewStatus, int]: ...


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How many requests there are by status, and how many of those in progress are mine."""

    by_status: Mapping[ReviewStatus, int]
    mine: int

    @property
    def waiting(self) -> int:
        """What waits for me: nobody's, and mine."""
        return self.by_status.get(ReviewStatus.IN_QUEUE, 0) + self.mine


def counts_of(cases: ReviewCases, person: str) -> ReviewCounts:
    """How much there is, and how much of it is mine; in the store's lane."""
    mine = ReviewQuery(statuses=(ReviewStatus.IN_PROGRESS,), assigned_to=person)
    return ReviewCounts(cases.counts(), len(cases.ids(mine)))


def waiting(cases: ReviewCases, person: str) -> int:
    """How many requests wait for a person; in the store's lane."""
    return counts_of(cases, person).waiting


class ReviewQueueModel(CaseListModel[ReviewQuery, ReviewRow]):
    """Which requests are in review, for the query in force. Its counts are `ReviewCounts`."""

    def __init__(
        self, cases: ReviewCases, person: str, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(ReviewQuery(), background, parent)
        self._cases = cases
        self._person = person

    @property
    def person(self) -> str:
        return self._person

    def set_person(self, name: str) -> None:
        """Who works here: whose requests are mine."""
        if name != self._person:
            mine, self._person = self._query.assigned_to == self._person, name
            if mine and self._query.assigned_to:
                self._query = replace(self._query, assigned_to=name)
            self.refresh()

    def ask(self, query: ReviewQuery) -> tuple[tuple[str, ...], ReviewCounts]:
        return self._cases.ids(query), counts_of(self._cases, self._person)

    def look_up(self, case_ids: tuple[str, ...]) -> tuple[ReviewRow, ...]:
        return self._cases.rows(case_ids)

    def words(self, row: ReviewRow) -> str:
        return ", ".join(part for part in (row.asked_for, row.patient, row.receipt) if part)
