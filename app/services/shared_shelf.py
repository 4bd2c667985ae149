"""The shelves of a workspace as the shared library sees them: policies and form types alike. In the store's lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from app.domain.case import Json, to_time
from app.domain.errors import Rejected
from app.domain.library_wire import Kind, SharedVersion, digest_of
from app.domain.processor_version import Origin, VersionState
from app.services.policy_library import BUILT_IN, PolicyLibrary, renumbered, shared_policy
from app.services.processor_library import ProcessorLibrary
from app.services.shared_body import form_body, form_of, policy_body, policy_of
from app.services.shelving import next_version, shelved
from app.services.store.packing import pack
from app.services.store.policy_shelf import PUBLISHED, RETIRED, ShelvedPolicy
from app.services.store.shelf import ShelvedVersion
from app.services.store.store import Store


@dataclass(frozen=True, slots=True)
class Row:
    """A version as far as sharing needs it. `settled` says that a person retired or restored it."""

    name: str
    version: str
    title: str
    origin: str
    in_force: bool
    shared: bool
    settled: bool

    @property
    def built_in(self) -> bool:
        return self.origin == BUILT_IN


class SharedShelf(Protocol):
    """One kind of versions in the store, in the order they came."""

    kind: Kind

    def ready(self) -> None:
        """What came with the program is among the rows from now on."""
        ...

    def rows(self) -> tuple[Row, ...]: ...

    def body(self, name: str, version: str) -> Json | None:
        """What a version says; None when it is not here."""
        ...

    def take_in(self, shared: SharedVersion, body: Json) -> None:
        """Keep a version of another desk, not in force. Raises `Rejected` for a body that is none."""
        ...

    def force(self, name: str, version: str, by: str) -> None:
        """Bring a version into force, "" to retire the one that is."""
        ...

    def mark(self, name: str, version: str) -> None:
        """Keep that the library has it."""
        ...

    def renumber(self, name: str, version: str, taken: set[str], by: str) -> str:
        """Give a version the next number that is free here and not `taken`; the number."""
        ...


class PolicyShelves:
    """The policies. `library` is made when it is first asked for."""

    kind = Kind.POLICY

    def __init__(
        self, store: Store, library: Callable[[], PolicyLibrary], now: Callable[[], datetime]
    ) -> None:
        self._shelf, self._library, self._now = store.policies, library, now

    def ready(self) -> None:
        self._library().refresh()  # parses the program's own: only where something came

    def rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(
                row.policy_id, row.version, str(row.detail.get("title", "")), str(row.detail.get("origin", "")),
                row.state == PUBLISHED, "shared_at" in row.detail, bool(row.detail.get("settled_by")),
            )
            for row in self._shelf.versions()
        )  # fmt: skip

    def body(self, name: str, version: str) -> Json | None:
        row = self._row(name, version)
        return policy_body(*row.unpacked) if row is not None else None

    def take_in(self, shared: SharedVersion, body: Json) -> None:
        policy = policy_of(body, shared.name, shared.version)
        made = shared_policy(policy, shared.by, shared.at, self._now())
        there = self._row(shared.name, shared.version)
        if there is not None:
            raise _taken()
        self._shelf.publish(lambda _rows: made, shared.by, self._now())
        self._library().refresh()

    def force(self, name: str, version: str, by: str) -> None:
        state = PUBLISHED if version else RETIRED
        for row in self._shelf.versions():
            wanted = row.version == version if version else row.state == PUBLISHED
            if row.policy_id == name and wanted:
                self._shelf.settle(name, row.version, state, by, self._now())
        self._library().refresh()

    def mark(self, name: str, version: str) -> None:
        self._shelf.mark_shared(name, version, self._now())

    def renumber(self, name: str, version: str, taken: set[str], by: str) -> str:
        row = self._row(name, version)
        if row is None:
            raise ValueError(version)
        there = {row.version for row in self._shelf.versions() if row.policy_id == name} | taken
        free = _free(version, there, built_in=row.detail.get("origin") == BUILT_IN)
        self._shelf.renumber(name, version, renumbered(row, free), by, self._now())
        self._library().forget(name, version)
        self._library().refresh()
        return free

    def _row(self, name: str, version: str) -> ShelvedPolicy | None:
        return next((r for r in self._shelf.versions() if (r.policy_id, r.version) == (name, version)), None)


class FormShelves:
    """The form types."""

    kind = Kind.FORM_TYPE

    def __init__(self, store: Store, library: ProcessorLibrary, now: Callable[[], datetime]) -> None:
        self._shelf, self._library, self._now = store.shelf, library, now

    def ready(self) -> None:
        """They are kept when the workspace is opened."""

    def rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(
                row.form_type, row.version, row.title, row.origin, row.state == PUBLISHED,
                "shared_at" in row.detail, bool(row.detail.get("settled_by")),
            )
            for row in self._shelf.versions()
        )  # fmt: skip

    def body(self, name: str, version: str) -> Json | None:
        row = self._row(name, version)
        return form_body(row.unpacked, row.detail.get("calibration")) if row is not None else None

    def take_in(self, shared: SharedVersion, body: Json) -> None:
        taught = form_of(body, shared.name, shared.version)
        if self._row(shared.name, shared.version) is not None:
            raise _taken()
        detail = {
            "by": shared.by, "at": to_time(shared.at), "shared_at": to_time(self._now()),
            "calibration": taught.calibration,
        }  # fmt: skip
        made = shelved(taught.definition, Origin.SHARED, VersionState.RETIRED, detail)
        note = {"form_type": shared.name, "version": shared.version}
        self._shelf.publish(lambda _rows: (made, note), shared.by, self._now())
        self._library.refresh()

    def force(self, name: str, version: str, by: str) -> None:
        state = PUBLISHED if version else RETIRED
        for row in self._shelf.versions():
            wanted = row.version == version if version else row.state == PUBLISHED
            if row.form_type == name and wanted:
                self._shelf.settle(name, row.version, state, by, self._now())
        self._library.refresh()

    def mark(self, name: str, version: str) -> None:
        self._shelf.mark_shared(name, version, self._now())
        self._library.refresh()

    def renumber(self, name: str, version: str, taken: set[str], by: str) -> str:
        row = self._row(name, version)
        if row is None:
            raise ValueError(version)
        there = {row.version for row in self._shelf.versions() if row.form_type == name} | taken
        free = _free(version, there, built_in=row.origin == Origin.BUILT_IN)
        made = replace(row, version=free, definition=pack({**row.unpacked, "version": free}))
        self._shelf.renumber(name, version, made, by, self._now())
        self._library.forget(name, version)
        self._library.refresh()
        return free

    def _row(self, name: str, version: str) -> ShelvedVersion | None:
        return next((r for r in self._shelf.versions() if (r.form_type, r.version) == (name, version)), None)


def same(shelf: SharedShelf, shared: SharedVersion) -> bool | None:
    """Whether the version that is here under this number is the one in the library; None when there is none here."""
    body = shelf.body(shared.name, shared.version)
    return None if body is None else digest_of(body) == shared.digest


def _free(version: str, there: set[str], *, built_in: bool) -> str:
    """The next number; of what came with the program one that still tells which of the program's it is."""
    if not built_in:
        return next_version(version, there)
    head = version.partition("+")[0]
    return next(free for count in range(2, 10_000) if (free := f"{head}+{count}") not in there)


def _taken() -> Rejected:
    return Rejected("Another version is here under this number.", code="version_taken")
