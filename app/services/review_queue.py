"""The review's queue: what is to be reviewed, who has it, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from app.domain import clock
from app.domain.case import Case, Json, ReviewStatus, case_from, from_time, to_time
from app.domain.change import Action, writes_for
from app.domain.errors import Conflict, Rejected
from app.domain.milestone import Milestone
from app.domain.milestone_change import milestones_of
from app.domain.review_queue import ReviewQuery, ReviewRow
from app.domain.role import Right
from app.services.change_log import ChangeLog, Stored

_T = TypeVar("_T")

EARLIEST = timedelta(days=366)
"""How long before it arrived here a payer can have received a request."""


@dataclass(frozen=True, slots=True)
class ReviewOpened:
    """A request as it was opened. `held_by` names somebody else who has it, since `held_since`; "" when it is
    one's own. `taken` says that it became one's own by this.
    """

    case: Case
    taken: bool = False
    held_by: str = ""
    held_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Requests in review. Every method runs in the store's lane.

    Raises `NoSuchCase`, `NotAllowed`, `SignInRequired`, `Rejected` in words, `StorageFailed`.
    """

    changes: ChangeLog

    def ids(self, query: ReviewQuery) -> tuple[str, ...]:
        """The requests that are asked for, those that have to be begun first first."""
        return self.changes.store.review_queue(query)

    def rows(self, asked: ReviewQuery | Iterable[str]) -> tuple[ReviewRow, ...]:
        """The rows of a query, or of these cases in their order. Of many, ask only for those that are shown."""
        ids = self.ids(asked) if isinstance(asked, ReviewQuery) else asked
        return self.changes.store.review_rows(ids)

    def counts(self) -> Mapping[ReviewStatus, int]:
        """How many requests are in the queue, in progress and completed."""
        return self.changes.store.review_counts()

    def milestones(self, case_id: str) -> tuple[Milestone, ...]:
        """Who reached which milestone of the request, and when; those of cases of an earlier program too."""
        document = self.changes.store.case_document(case_id)
        return milestones_of(document, self.changes.store.whole_history(case_id))

    def open_case(self, case_id: str, by: str) -> ReviewOpened:
        """Open a request to review it: one that nobody has becomes one's own and is in progress from now on.

        One that somebody else has stays theirs, and says so. Opening is in the audit trail either way.
        """

        def opened(document: Json) -> ReviewOpened:
            status, holder = _status(document), document.get("assigned_to", "")
            if status is ReviewStatus.COMPLETED or holder not in ("", by):
                self.changes.store.note("opened", by, self.changes.now(), case_id, {})
                case = case_from(document)
                if holder in ("", by):
                    return ReviewOpened(case)
                return ReviewOpened(case, held_by=holder, held_since=case.assigned_at)
            if holder == by and status is ReviewStatus.IN_PROGRESS:
                self.changes.store.note("opened", by, self.changes.now(), case_id, {})
                return ReviewOpened(case_from(document))
            return ReviewOpened(self._assigned(document, by, by).case, taken=not holder)

        return self._on(case_id, by, opened)

    def take_over(self, case_id: str, by: str) -> ReviewOpened:
        """Make a request that somebody else has one's own. In the audit trail, with whose it was."""

        def taken(document: Json) -> ReviewOpened:
            if _status(document) is ReviewStatus.COMPLETED:
                raise Rejected(
                    "This request is completed.", "There is nothing to take over.", code="completed"
                )
            holder = document.get("assigned_to", "")
            if holder == by:
                return ReviewOpened(case_from(document))
            stored = self._assigned(document, by, by)
            if holder:
                self.changes.store.note("taken_over", by, self.changes.now(), case_id, {"from": holder})
            return ReviewOpened(stored.case, taken=True)

        return self._on(case_id, by, taken)

    def release(self, case_id: str, by: str) -> Case:
        """Give a request back, so that anybody may take it: into the queue, unless something is decided already."""

        def released(document: Json) -> Case:
            if document.get("assigned_to", "") != by:
                raise Rejected("This request is not yours.", "Take it over first.", code="not_yours")
            if _status(document) is ReviewStatus.COMPLETED:
                raise Rejected(
                    "This request is completed.", "It stays with who completed it.", code="completed"
                )
            return self._assigned(document, "", by).case

        return self._on(case_id, by, released)

    def set_clock(
        self,
        case_id: str,
        by: str,
        *,
        line_of_business: str | None = None,
        payer_received_at: datetime | None = None,
    ) -> Case:
        """Say which line of business a request belongs to ("" for unknown: the strictest clock), and when the payer
        received it, by the fax header or the sender. Both move the clock; what was set before stays otherwise.
        """
        if line_of_business and line_of_business not in clock.LIMITS:
            known = ", ".join(clock.LIMITS)
            raise Rejected(
                f"“{line_of_business}” is no line of business that has a clock.",
                f"Choose from: {known}.",
                code="line_of_business",
            )

        def moved(document: Json) -> Case:
            if _status(document) is ReviewStatus.COMPLETED:
                raise Rejected("This request is completed: its clock has ended.", code="completed")
            values: Json = {}
            if line_of_business is not None:
                values["line_of_business"] = line_of_business
            if payer_received_at is not None:
                arrived = from_time(document["received_at"])
                if not arrived - EARLIEST <= payer_received_at <= arrived:
                    raise Rejected(
                        "The payer received it before it arrived here, and no more than a year before.",
                        "Check the date and the time zone.",
                        code="payer_received_at",
                    )
                values["payer_received_at"] = to_time(payer_received_at)
            writes = writes_for(document, values)
            if not writes:
                return case_from(document)
            return self.changes.write(document, case_id, Action.CORRECTED, by, writes).case

        return self._again(case_id, moved)

    def _assigned(self, document: Json, to: str, by: str) -> Stored:
        values: Json = {"assigned_to": to, "assigned_at": to_time(self.changes.now()) if to else None}
        if _status(document) is ReviewStatus.IN_QUEUE and to:
            values["status"] = str(ReviewStatus.IN_PROGRESS)
        elif not to and not document.get("determinations"):
            values["status"] = str(ReviewStatus.IN_QUEUE)
        return self.changes.write(
            document, document["case_id"], Action.ASSIGNED, by, writes_for(document, values)
        )

    def _on(self, case_id: str, by: str, work: Callable[[Json], _T]) -> _T:
        self.changes.check(by, Right.REVIEW)

        def looked(document: Json) -> _T:
            if _status(document) is ReviewStatus.NONE:
                raise Rejected(
                    "This case is not in review yet.",
                    "Its form has to be verified first.",
                    code="not_in_review",
                )
            return work(document)

        return self._again(case_id, looked)

    def _again(self, case_id: str, work: Callable[[Json], _T]) -> _T:
        """Do it on the case as it stands by now, however often another program is quicker."""
        while True:
            document = self.changes.store.case_document(case_id)
            try:
                return work(document)
            except Conflict as error:
                if error.code != "case_moved":
                    raise


def _status(document: Json) -> ReviewStatus:
    return ReviewStatus(document.get("status", ""))
