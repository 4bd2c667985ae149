"""Versions that the database itself keeps as they are, and the one moment in which it lets go of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.services.store.database import Database


@contextmanager
def unfixed(database: Database, trigger: str) -> Iterator[None]:
    """Within a transaction: without one of the triggers that refuse changes, which is back at its end."""
    row = database.one("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (trigger,))
    if row is None:
        raise ValueError(f"no such trigger: {trigger}")
    database.run(f"DROP TRIGGER {trigger}")
    yield
    database.run(str(row[0]))  # where the change failed, the transaction takes the trigger back as well
