"""Turning an intention into one stored change: the only road to a new state of a case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain import projection
from app.domain.case import Case, Json
from app.domain.change import Action, Change, Write
from app.domain.code import CodeLists, no_lists
from app.domain.confidence import SURE
from app.domain.processor import FormDefinition
from app.services.store.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Stored:
    """A change as it was stored, with the case document that follows from it, and that document's case."""

    change: Change
    document: Json
    case: Case


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Writes changes to the store, each with the projection that follows from it, in one transaction.

    Runs in the store's lane. `now` and `new_id` are the only sources of time and chance.
    """

    store: Store
    definitions: Callable[[str, str], FormDefinition | None]
    """The definition of a (form type, version): a case is judged by the version it was read with."""
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = new_id
    threshold: float = SURE
    codes: Callable[[], CodeLists] = no_lists
    told: Callable[[Stored], None] | None = None
    """Called with every change once it is stored, in the store's lane: it must be quick."""

    def definition(self, form_type: str, version: str = "") -> FormDefinition | None:
        """The definition a case was read with; the one in force where that version is not known."""
        return self.definitions(form_type, version) if form_type else None

    def write(
        self,
        document: Json | None,
        case_id: str,
        action: Action,
        by: str,
        writes: tuple[Write, ...],
        fields: Iterable[str] = (),
    ) -> Stored:
        """Make and store a change to a case; `document` is None for a new one. Durable when it returns.

        Raises `Conflict` when the case moved on since `document` was read, `StorageFailed` when the disk refuses.
        """
        change = Change(self.new_id(), case_id, action, by, self.now(), writes, tuple(fields))
        return self.store_change(document, change)

    def store_change(self, document: Json | None, change: Change) -> Stored:
        """Store a change that is already made; the drafts of its fields are settled by it."""
        base = document or {}
        written = {w.path: w.value for w in change.writes}
        form_type, version = (
            str(written.get(name, base.get(name, ""))) for name in ("form_type", "processor_version")
        )
        after, case = projection.after_with_case(
            base, change, self.definition(form_type, version), self.threshold, self.codes()
        )
        revision = document["_meta"]["rev"] if document else None
        self.store.commit(change, after, change.fields, base_revision=revision, case=case)
        stored = Stored(change, after, case)
        if self.told is not None:
            self.told(stored)
        return stored
