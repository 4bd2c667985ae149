"""The queue of the review: one row a request, sorted by when work on it has to begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Case, ReviewStatus
from app.domain.clock import begin_by

_SHORT = 72

OPEN_REVIEWS = (ReviewStatus.IN_QUEUE, ReviewStatus.IN_PROGRESS)
"""What is still to be reviewed."""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """What the review's queue shows of a request.

    `asked_for` is the code and the short description of its first line, "+2" when there are two more. `begin_by` is
    when it is due less the usual handling. `assigned_to` is the name somebody signs in with. `flags` is how many
    traps the rules found when it came into review.
    """

    case_id: str
    receipt: str
    patient: str
    asked_for: str
    urgency: str
    due_at: datetime
    begin_by: datetime
    status: ReviewStatus
    waiting_for: str
    assigned_to: str
    lines: int
    flags: int


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which requests, those that have to be begun first first. `text` is matched as in the queue of intake.

    No statuses means all that are in review. `assigned_to` is a name, "" for anybody's; `unassigned` leaves only
    those nobody has. `waiting_for` is `information` or `physician`, "" for any.
    """

    text: str = ""
    statuses: tuple[ReviewStatus, ...] = OPEN_REVIEWS
    assigned_to: str = ""
    unassigned: bool = False
    waiting_for: str = ""
    descending: bool = False


def asked_for(case: Case) -> str:
    """What is asked for, in one short line."""
    if not case.asked:
        return ""
    first = case.asked[0]
    if len(first) > _SHORT:
        cut = first[:_SHORT].rsplit(" ", 1)[0] if " " in first[:_SHORT] else first[:_SHORT]
        first = f"{cut.rstrip(',;:')}…"
    more = len(case.asked) - 1
    return f"{first} +{more}" if more else first


def review_row_of(case: Case) -> ReviewRow:
    """The row of a request in the review's queue."""
    return ReviewRow(
        case.case_id,
        case.receipt,
        case.patient,
        asked_for(case),
        case.urgency,
        case.due_at,
        begin_by(case.due_at, case.urgency),
        case.status,
        case.waiting_for,
        case.assigned_to,
        len(case.asked),
        case.flags,
    )
