"""The register of a payer in a Firestore database of its own, in which desks have no right (`port.Register`).

- `people/{email}`: who may do what. `register/people`: changed with each of them, so that of two changes at once one
  sees the other.
- `audit/{id}`: what was changed by whom, create-only.
- `checkpoints/{desk}-{sequence}`: how far a desk's audit chain had come, create-only.
"""

from __future__ import annotations

import uuid

from app.domain.case import Json
from app.domain.role import Person
from app.domain.sync_wire import (
    KeptCheckpoint,
    kept_checkpoint_document,
    kept_checkpoint_from,
    person_document,
    person_from,
)
from app.services.google.database import Database, Put
from app.services.ingestion_service.port import People, PeopleMoved

_PEOPLE = "people"
_STATE = ("register", "people")
_AUDIT = "audit"
_CHECKPOINTS = "checkpoints"
_LATEST = "latest_checkpoints"


class FirestoreRegister:
    """Thread-safe; the connection is made with the first call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, email: str) -> Person | None:
        found = self._database.get(_PEOPLE, email)
        return person_from(found.data) if found is not None else None

    def people(self) -> People:
        # The state first: what is written between the two is found out when something is put on it.
        state = self._database.get(*_STATE)
        found = [person_from(each) for each in self._database.all(_PEOPLE)]
        return People({person.name: person for person in found}, state.update_time if state else "")

    def put_person(self, person: Person, state: str, audit: Json) -> None:
        audit_id = uuid.uuid4().hex
        done = self._database.put_all(
            (
                Put(*_STATE, {"audit": audit_id}, state or None),
                Put(_PEOPLE, person.name, person_document(person), ""),
                Put(_AUDIT, audit_id, audit),
            )
        )
        if not done:
            raise PeopleMoved

    def checkpoint(self, desk: str, sequence: int) -> KeptCheckpoint | None:
        found = self._database.get(_CHECKPOINTS, _name(desk, sequence))
        return kept_checkpoint_from(found.data) if found is not None else None

    def keep_checkpoint(self, kept: KeptCheckpoint) -> bool:
        desk, made = kept.checkpoint.desk, kept_checkpoint_document(kept)
        name = _name(desk, kept.checkpoint.sequence)
        # the latest is a copy for asking; what is kept is created once and never changed
        return self._database.put_all((Put(_CHECKPOINTS, name, made), Put(_LATEST, desk, made, "")))

    def latest_checkpoint(self, desk: str) -> KeptCheckpoint | None:
        found = self._database.get(_LATEST, desk)
        return kept_checkpoint_from(found.data) if found is not None else None

    def note(self, entry: Json) -> None:
        self._database.put(_AUDIT, uuid.uuid4().hex, entry, None)

    def close(self) -> None:
        self._database.close()


def _name(desk: str, sequence: int) -> str:
    return f"{desk}-{sequence:012d}"
