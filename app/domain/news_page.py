"""A page of what is new in the shared queue, and up to when it says so."""

from __future__ import annotations

from datetime import datetime

from app.domain.sync import RemoteCase


class NewsPage(tuple[RemoteCase, ...]):
    """The cases that a poll found. `at` is the server's time at which it looked, None where that is not known: nothing
    that was stored by then and belongs to the page is missing from it.
    """

    at: datetime | None = None

    @classmethod
    def told(cls, cases: tuple[RemoteCase, ...], at: datetime | None) -> NewsPage:
        made = cls(cases)
        made.at = at
        return made
