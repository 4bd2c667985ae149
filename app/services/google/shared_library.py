"""The shared library of a payer in the register's Firestore database, in which desks have no right (`port.Library`).

- `library/state`: the number of the last change; every change is put on the version of it that was read.
- `library_versions/{kind}:{name}:{version}`: who published it and its digest, create-only; `library_bodies/…`: what it
  says, packed, create-only.
- `library_in_force/{kind}:{name}`: which version is in force.
- `audit/{id}`: what was changed by whom, create-only, with the register's.
"""

from __future__ import annotations

import base64
import uuid

from app.domain.library_wire import (
    InForce,
    Kind,
    SharedVersion,
    in_force_document,
    in_force_from,
    version_document,
    version_from,
)
from app.services.google.database import Database, Put
from app.services.ingestion_service.port import LibraryMoved, LibraryPut

_STATE = ("library", "state")
_VERSIONS = "library_versions"
_BODIES = "library_bodies"
_IN_FORCE = "library_in_force"
_AUDIT = "audit"


class FirestoreLibrary:
    """Thread-safe; the connection is made with the first call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revision(self) -> tuple[int, str]:
        found = self._database.get(*_STATE)
        return (int(found.data["revision"]), found.update_time) if found is not None else (0, "")

    def since(self, revision: int) -> tuple[tuple[SharedVersion, ...], tuple[InForce, ...]]:
        # What is in force first: a version that it names is among those that are asked for after it.
        in_force = tuple(
            in_force_from(each) for each in self._database.above(_IN_FORCE, "revision", revision)
        )
        return tuple(
            version_from(each) for each in self._database.above(_VERSIONS, "revision", revision)
        ), in_force

    def version(self, kind: Kind, name: str, version: str) -> SharedVersion | None:
        found = self._database.get(_VERSIONS, f"{kind}:{name}:{version}")
        return version_from(found.data) if found is not None else None

    def body(self, kind: Kind, name: str, version: str) -> bytes | None:
        found = self._database.get(_BODIES, f"{kind}:{name}:{version}")
        return base64.b64decode(str(found.data["packed"])) if found is not None else None

    def in_force(self, kind: Kind, name: str) -> InForce | None:
        found = self._database.get(_IN_FORCE, f"{kind}:{name}")
        return in_force_from(found.data) if found is not None else None

    def put(self, put: LibraryPut) -> None:
        puts = [
            Put(*_STATE, {"revision": put.revision}, put.state or None),
            Put(_AUDIT, uuid.uuid4().hex, put.audit),
        ]
        if put.version is not None and put.body is not None:
            made = put.version
            place = f"{made.kind}:{made.name}:{made.version}"
            packed = {"packed": base64.b64encode(put.body).decode("ascii")}
            puts += [Put(_VERSIONS, place, version_document(made)), Put(_BODIES, place, packed)]
        if put.in_force is not None:
            said = put.in_force
            # Nobody else has changed it: they would have changed the state.
            puts.append(Put(_IN_FORCE, f"{said.kind}:{said.name}", in_force_document(said), ""))
        if not self._database.put_all(puts):
            raise LibraryMoved

    def close(self) -> None:
        self._database.close()
