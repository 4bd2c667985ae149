"""The roles that only the service needs: its ledger beside the cases, and the register that desks cannot write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.domain.case import Json
from app.domain.library_wire import InForce, Kind, SharedVersion
from app.domain.role import Person
from app.domain.sync_wire import KeptCheckpoint


class Ledger(Protocol):
    """What the service keeps beside the cases, in their database. Thread-safe; each call is one try.

    Raises what `CaseRemote` raises.
    """

    def take_numbers(self, count: int) -> int:
        """The first of `count` running numbers that are nobody else's, for ever. Without an answer some are lost."""
        ...

    def note_content(self, sha256: str, case_id: str, receipt: str) -> None:
        """Remember that a case holds these bytes; the same again changes nothing."""
        ...

    def with_content(self, sha256: str) -> Mapping[str, str]:
        """The cases that hold these bytes, with their receipt numbers."""
        ...

    def set_aside(self, arrival_id: str, entry: Json) -> None:
        """Keep why no case was made of an arrival; the same arrival again replaces it."""
        ...


class PeopleMoved(Exception):
    """The register was changed since it was read."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in the register, by email, and the state it was read in."""

    people: Mapping[str, Person]
    state: str


class Register(Protocol):
    """Who may do what, and the checkpoints of desks' audit chains, in a database of their own. Thread-safe; each call
    is one try. Raises what `CaseRemote` raises.
    """

    def person(self, email: str) -> Person | None: ...

    def people(self) -> People: ...

    def put_person(self, person: Person, state: str, audit: Json) -> None:
        """Write somebody and what is to be known of it, as a whole, on the state that was read.

        Raises `PeopleMoved` when the register is in another state by now.
        """
        ...

    def checkpoint(self, desk: str, sequence: int) -> KeptCheckpoint | None: ...

    def latest_checkpoint(self, desk: str) -> KeptCheckpoint | None:
        """The checkpoint of a desk that was kept last."""
        ...

    def keep_checkpoint(self, kept: KeptCheckpoint) -> bool:
        """Keep a checkpoint; False when one of that desk and number is kept already, whatever it says."""
        ...

    def note(self, entry: Json) -> None:
        """Keep something that has to be known later, create-only."""
        ...


class LibraryMoved(Exception):
    """The library was changed since it was read."""


@dataclass(frozen=True, slots=True)
class LibraryPut:
    """One change of the library as a whole: on the `state` that was read, to this `revision`. A new version comes with
    its packed body.
    """

    revision: int
    state: str
    version: SharedVersion | None
    body: bytes | None
    in_force: InForce | None
    audit: Json


class Library(Protocol):
    """The versions of policies and form types that all desks share, in the register's database. Thread-safe; each call
    is one try. Raises what `CaseRemote` raises.
    """

    def revision(self) -> tuple[int, str]:
        """The number of the last change, 0 before the first, and the state in which a change may be put."""
        ...

    def since(self, revision: int) -> tuple[tuple[SharedVersion, ...], tuple[InForce, ...]]:
        """The versions that came after a revision, and what came into force after it, each in that order."""
        ...

    def version(self, kind: Kind, name: str, version: str) -> SharedVersion | None: ...

    def body(self, kind: Kind, name: str, version: str) -> bytes | None: ...

    def in_force(self, kind: Kind, name: str) -> InForce | None: ...

    def put(self, put: LibraryPut) -> None:
        """Write a change as a whole. Raises `LibraryMoved` when the library is in another state by now, or the
        version is there already.
        """
        ...


class Tokens(Protocol):
    """Says whose ID token it is. Thread-safe."""

    def email(self, token: str) -> str:
        """The email of a token that holds: its signature, issuer, audience and time. In small letters.

        Raises `SignInRequired` for any other, `Offline` when the keys to check it with cannot be had.
        """
        ...
