"""Turning an intention into one stored change: the only road to a new state of a case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain import projection
from app.domain.case import Json
from app.domain.change import Action, Change, Write
from app.domain.confidence import SURE
from app.domain.processor import FormDefinition
from app.services.store.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Writes changes to the store, each with the projection that follows from it, in one transaction.

    Runs in the store's lane. `now` and `new_id` are the only sources of time and chance.
    """

    store: Store
    definitions: Mapping[str, FormDefinition]
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = new_id
    threshold: float = SURE

    def definition(self, form_type: str) -> FormDefinition | None:
        return self.definitions.get(form_type)

    def write(
        self,
        document: Json | None,
        case_id: str,
        action: Action,
        by: str,
        writes: tuple[Write, ...],
        fields: Iterable[str] = (),
    ) -> tuple[Change, Json]:
        """Make and store a change to a case; `document` is None for a new one. Durable when it returns.

        Raises `Conflict` when the case moved on since `document` was read, `StorageFailed` when the disk refuses.
        """
        change = Change(self.new_id(), case_id, action, by, self.now(), writes, tuple(fields))
        return change, self.store_change(document, change)

    def store_change(self, document: Json | None, change: Change, drop_drafts: Iterable[str] = ()) -> Json:
        """Store a change that is already made."""
        base = document or {}
        form_type = next((w.value for w in change.writes if w.path == "form_type"), base.get("form_type", ""))
        after = projection.after(base, change, self.definition(str(form_type)), self.threshold)
        self.store.commit(
            change,
            after,
            drop_drafts=tuple(drop_drafts) or change.fields,
            base_revision=document["_meta"]["rev"] if document else None,
        )
        return after
