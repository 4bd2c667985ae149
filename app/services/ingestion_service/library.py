"""The shared library: versions of policies and form types that administrators of all desks publish, and which of them
are in force.

Every change counts one revision on, so that of two at once one comes first and the other sees it. What a person brings
into force counts only in place of what they saw in force: the order is the service's, and nobody overrules what they
have not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json, to_time
from app.domain.errors import Conflict, Rejected
from app.domain.library_wire import InForce, Kind, News, Publishing, Settling, SharedVersion, digest_of
from app.domain.role import Person, Right, require
from app.services.ingestion_service.port import Library, LibraryMoved, LibraryPut
from app.services.shared_body import packed_body
from app.services.store.packing import unpack

_MOVES = 8


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """What may be done to the library, and by whom. Thread-safe.

    Raises what `CaseRemote` raises, `NotAllowed`, `Conflict` and `Rejected`.
    """

    library: Library
    now: Callable[[], datetime]

    def since(self, revision: int) -> News:
        """What changed after a revision, for everybody who works here."""
        known, _ = self.library.revision()
        if known <= revision:
            return News(known, (), ())
        return News(known, *self.library.since(revision))

    def version(self, kind: Kind, name: str, version: str) -> tuple[SharedVersion, Json]:
        """A version with its body. Raises `Rejected` when there is none."""
        found = self.library.version(kind, name, version)
        packed = self.library.body(kind, name, version)
        if found is None or packed is None:
            raise Rejected(
                "There is no such version in the library.", "Look at what there is.", code="no_such_version"
            )
        return found, unpack(packed)

    def publish(self, place: tuple[Kind, str, str], brought: Publishing, by: Person) -> InForce:
        """Keep a version and bring it into force where it may be; what is in force then.

        The same again changes nothing. Raises `Conflict` where another body stands under this version.
        """
        require(by, Right.ADMINISTER)
        kind, name, version = place
        packed = packed_body(kind, name, version, brought.body)
        digest = digest_of(brought.body)
        for _ in range(_MOVES):
            revision, state = self.library.revision()
            there = self.library.version(kind, name, version)
            if there is not None and there.digest != digest:
                raise Conflict(
                    "Another version of this number was published by somebody else.",
                    "It is published under the next number.",
                    code="version_taken",
                )
            now = self.library.in_force(kind, name)
            brings = _may(now, version, brought.replaces)
            if there is not None and not brings:
                return now or self._nothing(kind, name, by)
            made = self._in_force(place, by, revision + 1) if brings else None
            new = (
                None
                if there
                else SharedVersion(kind, name, version, by.name, self.now(), digest, revision + 1)
            )
            audit = self._audit("library_published", place, by, in_force=brings)
            if self._put(LibraryPut(revision + 1, state, new, packed if new else None, made, audit)):
                return made or now or self._nothing(kind, name, by)
        raise _busy()

    def settle(self, kind: Kind, name: str, wanted: Settling, by: Person) -> InForce:
        """Bring a version into force, or retire the one that is; what is in force then: the same again changes nothing.

        It is another's where they were first. Raises `Rejected` for a version that is not in the library.
        """
        require(by, Right.ADMINISTER)
        place = kind, name, wanted.version
        for _ in range(_MOVES):
            revision, state = self.library.revision()
            if wanted.version and self.library.version(*place) is None:
                raise Rejected(
                    "There is no such version in the library.", "Publish it first.", code="no_such_version"
                )
            now = self.library.in_force(kind, name)
            if not _may(now, wanted.version, wanted.replaces):
                return now or self._nothing(kind, name, by)
            made = self._in_force(place, by, revision + 1)
            audit = self._audit("library_settled", place, by, in_force=bool(wanted.version))
            if self._put(LibraryPut(revision + 1, state, None, None, made, audit)):
                return made
        raise _busy()

    def _put(self, put: LibraryPut) -> bool:
        try:
            self.library.put(put)
        except LibraryMoved:
            return False
        return True

    def _in_force(self, place: tuple[Kind, str, str], by: Person, revision: int) -> InForce:
        return InForce(*place, by.name, self.now(), revision)

    def _nothing(self, kind: Kind, name: str, by: Person) -> InForce:
        return InForce(kind, name, "", by.name, self.now(), 0)

    def _audit(self, what: str, place: tuple[Kind, str, str], by: Person, *, in_force: bool) -> Json:
        kind, name, version = place
        return {
            "what": what, "by": by.name, "at": to_time(self.now()), "kind": str(kind), "name": name,
            "version": version, "in_force": in_force,
        }  # fmt: skip


def _may(now: InForce | None, version: str, replaces: int | None) -> bool:
    """Whether a version comes into force: it is not yet, and nobody was faster."""
    if replaces is None or (now is not None and now.version == version):
        return False
    return (now.revision if now is not None else 0) == replaces


def _busy() -> Conflict:
    return Conflict("The library is being changed by others.", "Try again in a moment.", code="library_moved")
