"""The clock of a request: when a decision is due, by line of business and urgency.

Source: CMS-0057-F (42 CFR 422.568, 422.572, 438.210, 457.1230), in force since 1 January 2026:
72 hours for expedited and 7 calendar days for standard requests, from receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

HANDLING = {"expedited": timedelta(hours=4), "standard": timedelta(days=1)}
"""The usual handling time, subtracted from the time left to give the slack queues are sorted by."""


@dataclass(frozen=True, slots=True)
class Limit:
    expedited: timedelta
    standard: timedelta


LIMITS = {
    "medicare_advantage": Limit(timedelta(hours=72), timedelta(days=7)),
    "medicaid": Limit(timedelta(hours=72), timedelta(days=7)),
    "chip": Limit(timedelta(hours=72), timedelta(days=7)),
}


@dataclass(frozen=True, slots=True)
class Due:
    """When a decision is due. `assumed` says that the line of business is unknown and the strictest clock runs."""

    at: datetime
    assumed: bool


def due(line_of_business: str, urgency: str, received_at: datetime) -> Due:
    """When the decision is due; an unknown line of business uses the strictest clock and says so."""
    limit = LIMITS.get(line_of_business)
    chosen = [limit] if limit else list(LIMITS.values())
    allowed = min(c.expedited if urgency == "expedited" else c.standard for c in chosen)
    return Due(received_at + allowed, assumed=limit is None)


def begin_by(due_at: datetime, urgency: str) -> datetime:
    """When work on a request has to begin at the latest: due less the usual handling."""
    return due_at - HANDLING.get(urgency, HANDLING["standard"])


def slack(due_at: datetime, urgency: str, now: datetime) -> timedelta:
    """Time left less the usual handling time; negative when it is already late to start."""
    return begin_by(due_at, urgency) - now
