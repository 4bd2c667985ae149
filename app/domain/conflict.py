"""Open conflicts: the same part of a case changed on two desks. Only a person settles one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ConflictKind(StrEnum):
    VALUE = "value"
    """The same field or other part of a case was given two values."""
    DELETED = "deleted"
    """Changed here, deleted elsewhere, or the other way round."""
    EVIDENCE = "evidence"
    """A determination was made here while what it rests on was changed elsewhere."""
    DECIDED = "decided"
    """Changed here while the request was decided elsewhere."""
    SAME_CONTENT = "same_content"
    """Two cases hold the same file."""


class Settlement(StrEnum):
    """What a person may say about a conflict. What is not kept stays to be read in the case's history."""

    MINE = "mine"
    THEIRS = "theirs"
    THEIRS_AND_NOTE = "theirs_and_note"
    """Theirs stays; mine is kept as a note on the case."""
    MINE_AND_NOTE = "mine_and_note"
    MERGE = "merge"
    """Of two cases with the same file: the later one is a duplicate of the earlier."""
    BOTH = "both"
    """Both cases stay: they are two requests."""


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a conflict: what stands there, and who wrote it when, as far as it is known."""

    value: Any
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One part of a case that has to be settled. `unit` is its path in the case document (`fields.member_id`,
    `tables.services.rows.r1.code`, `determinations.r1`); a field is one unit with its state, value and author.
    `base` is what both started from. `changes` are the ids of the changes held back by it.
    `other_case_id` belongs to two cases with the same file.
    """

    conflict_id: str
    case_id: str
    kind: ConflictKind
    unit: str
    base: Version
    mine: Version
    theirs: Version
    changes: tuple[str, ...]
    found_at: datetime
    other_case_id: str = ""

    @property
    def choices(self) -> tuple[Settlement, ...]:
        """What may be said about it, in the order in which it is offered."""
        if self.kind is ConflictKind.SAME_CONTENT:
            return (Settlement.MERGE, Settlement.BOTH)
        if self.kind in (ConflictKind.EVIDENCE, ConflictKind.DECIDED):
            return (Settlement.THEIRS, Settlement.THEIRS_AND_NOTE)
        return (Settlement.MINE, Settlement.THEIRS, Settlement.THEIRS_AND_NOTE, Settlement.MINE_AND_NOTE)
