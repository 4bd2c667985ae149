"""Policies and form types of a connected workspace: what is published, retired or restored at one desk reaches all.

Versions never change, so sharing is fetching what is not here and bringing what is not there. Which version is in force
is settled like everything else that two desks may change at once: what was agreed last is remembered, what differs from
it here is brought, and where the library has moved on meanwhile its order counts and the person is told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.case import Json
from app.domain.errors import Conflict, Rejected
from app.domain.library_wire import (
    InForce,
    Kind,
    News,
    Publishing,
    Settling,
    SharedVersion,
    in_force_document,
    in_force_from,
    shareable,
    version_document,
    version_from,
)
from app.domain.role import NotAllowed
from app.services.connected_access import InStore
from app.services.shared_shelf import Row, SharedShelf, same
from app.services.store.store import Store

LIBRARY = "library"
"""Under this key the store remembers how far the library was fetched, and what was agreed to be in force."""
EVERY = timedelta(hours=1)
RENUMBERED, OVERRULED, REFUSED, NOT_SENT = "renumbered", "overruled", "refused", "not_sent"
_ROUNDS = 6
_NO_BODY = ("wire_not_understood", "wire_unknown_part", "library_body", "version_taken", "no_such_version")
"""The codes of refusals that say something of a version itself, and not of who asks or of the way there."""


class Librarian(Protocol):
    """Keeps the shared library (`services.google.endpoint.Endpoint`). Raises what that raises."""

    def library(self, since: int) -> News: ...
    def library_version(self, kind: Kind, name: str, version: str) -> tuple[SharedVersion, Json]: ...
    def publish(self, kind: Kind, name: str, version: str, publishing: Publishing) -> InForce: ...
    def settle(self, kind: Kind, name: str, settling: Settling) -> InForce: ...


@dataclass(frozen=True, slots=True)
class Told:
    """Something a person has to know of a version they published or would use. `what` is `RENUMBERED` (`now` is its
    number now), `OVERRULED` (`now` is the version in force, "" for none), `REFUSED` (what came is none) or `NOT_SENT`;
    `by` is who was first.
    """

    kind: Kind
    title: str
    version: str
    what: str
    now: str = ""
    by: str = ""


@dataclass(slots=True)
class _State:
    revision: int = 0
    agreed: dict[str, InForce] = field(default_factory=dict)
    unread: list[SharedVersion] = field(default_factory=list)
    """Versions that could not be used: a later program may know them."""
    kept_back: list[str] = field(default_factory=list)
    """Versions that the library did not take, by their place."""

    @classmethod
    def read(cls, record: Json | None) -> _State:
        if not record:
            return cls()
        agreed = [in_force_from(each) for each in record["agreed"]]
        return cls(
            int(record["revision"]), {_place(each.kind, each.name): each for each in agreed},
            [version_from(each) for each in record["unread"]], list(record["kept_back"]),
        )  # fmt: skip

    def document(self) -> Json:
        return {
            "revision": self.revision,
            "agreed": [in_force_document(each) for each in self.agreed.values()],
            "unread": [version_document(each) for each in self.unread],
            "kept_back": self.kept_back,
        }


class LibrarySharing:
    """Keeps the shelves of this workspace and the shared library alike. In a lane of the network.

    It hops into the store's lane by itself. Nothing on a desk waits for it. What it did not come to do it does the next
    time, and what it did twice is as if it was done once.
    """

    def __init__(
        self,
        store: Store,
        in_store: InStore,
        librarian: Callable[[], Librarian],
        shelves: Iterable[SharedShelf],
        now: Callable[[], datetime],
        may_publish: Callable[[], bool],
        tell: Callable[[Told], None],
    ) -> None:
        """`may_publish` says whether who is signed in is an administrator; `tell` is called from a lane."""
        self._store, self._in_store, self._librarian = store, in_store, librarian
        self._shelves = {shelf.kind: shelf for shelf in shelves}
        self._now, self._may, self._tell = now, may_publish, tell
        self._lock = threading.Lock()
        self._asked: datetime | None = None
        self._unread_tried = False

    def tend(self) -> bool:
        """`share`, where it is an hour ago or something waits to be brought; whether it was done."""
        asked = self._asked
        if asked is not None and self._now() - asked < EVERY and not (self._may() and self.waiting()):
            return False
        self.share()
        return True

    def share(self) -> None:
        """Fetch what is new, and bring what was published, retired and restored here.

        Raises what the endpoint raises.
        """
        with self._lock:
            for _ in range(_ROUNDS):
                self._fetch()
                if not self._may() or self._bring():
                    break
            self._asked = self._now()

    def waiting(self) -> int:
        """How many versions and decisions of what is in force have not been brought yet."""
        return self._in_store(self._waiting)

    def _waiting(self) -> int:
        state = self._state()
        return sum(
            len(self._unsent(shelf, rows, state))
            + sum(self._differs(shelf.kind, n, rows, state) for n in _names(rows))
            for shelf in self._shelves.values()
            for rows in [shelf.rows()]
        )

    # What others did

    def _fetch(self) -> None:
        librarian = self._librarian()
        state = self._in_store(self._state)
        news = librarian.library(state.revision)
        again = () if self._unread_tried else tuple(state.unread)
        self._unread_tried = True
        kinds = {each.kind for each in (*again, *news.versions)} | {each.kind for each in news.in_force}
        for kind in kinds:
            self._in_store(self._shelves[kind].ready)
        there = {_place(v.kind, v.name, v.version) for v in news.versions}
        for version in (*again, *news.versions):
            shelf = self._shelves[version.kind]
            if self._in_store(self._known, shelf, version):
                continue
            try:
                said, body = librarian.library_version(version.kind, version.name, version.version)
                if said != version:
                    raise Rejected("Another version came than the one there is.", code="library_body")
                self._in_store(self._take_in, shelf, version, body, there)
            except Rejected as error:
                if error.code not in _NO_BODY:
                    raise
                self._in_store(self._not_usable, version)
        for found in news.in_force:
            self._in_store(self._agree, found)
        self._in_store(self._caught_up, news.revision)

    def _known(self, shelf: SharedShelf, version: SharedVersion) -> bool:
        alike = same(shelf, version)
        if not alike:
            return False
        if any(_is(row, version) and not row.shared for row in shelf.rows()):
            shelf.mark(version.name, version.version)
        self._usable(version)
        return True

    def _take_in(self, shelf: SharedShelf, version: SharedVersion, body: Json, taken: set[str]) -> None:
        """Keep what came. What has its number here and was never shared gets another."""
        there = next((row for row in shelf.rows() if _is(row, version)), None)
        if there is not None:
            if there.shared:
                raise Rejected("A version of the library has changed.", code="version_taken")
            _check(shelf.kind, version, body)
            self._renumber(shelf, there, version.by, taken)
        shelf.take_in(version, body)
        self._usable(version)

    def _renumber(self, shelf: SharedShelf, row: Row, by: str, taken: set[str]) -> None:
        """Another desk was first with this number: what is here gets the next one, and its author is told."""
        unread = {_place(v.kind, v.name, v.version) for v in self._state().unread}
        numbers = {
            place.rpartition("/")[2]
            for place in taken | unread
            if place.startswith(_place(shelf.kind, row.name))
        }
        moved = shelf.renumber(row.name, row.version, numbers | {row.version}, "program")
        if not row.built_in:
            self._tell(Told(shelf.kind, row.title, row.version, RENUMBERED, moved, by))

    def _make_way(self, shelf: SharedShelf, row: Row) -> None:
        """A number is taken by a version that cannot be used here."""
        for other in self._state().unread:
            if other.kind is shelf.kind and _named(row, other.name, other.version):
                self._renumber(shelf, row, other.by, set())

    def _usable(self, version: SharedVersion) -> None:
        """A version that could not be used can be: if it is in force elsewhere, it comes into force here."""
        state = self._state()
        if version not in state.unread:
            return
        state.unread.remove(version)
        self._keep(state)
        agreed = state.agreed.get(_place(version.kind, version.name))
        if agreed is not None and agreed.version == version.version:
            self._shelves[version.kind].force(version.name, version.version, agreed.by)

    def _not_usable(self, version: SharedVersion) -> None:
        state = self._state()
        if version in state.unread:
            return
        state.unread.append(version)
        self._keep(state)
        detail = {
            "kind": str(version.kind),
            "name": version.name,
            "version": version.version,
            "by": version.by,
        }
        self._store.note("library_refused", "program", self._now(), None, detail)
        self._tell(Told(version.kind, version.name, version.version, REFUSED, by=version.by))

    def _agree(self, found: InForce) -> None:
        """Bring into force what the library has in force. What was decided here and not brought yet gives way."""
        state, shelf = self._state(), self._shelves[found.kind]
        place = _place(found.kind, found.name)
        agreed = state.agreed.get(place)
        if agreed is not None and found.revision <= agreed.revision:
            return
        rows = shelf.rows()
        here = _in_force(rows, found.name)
        mine = self._differs(found.kind, found.name, rows, state)
        there = not found.version or any(_named(row, found.name, found.version) for row in rows)
        state.agreed[place] = found
        self._keep(state)
        version = here.version if here is not None else ""
        if there and version != found.version:
            shelf.force(found.name, found.version, found.by)
            if mine:
                title = next((row.title for row in rows if row.name == found.name), found.name)
                self._tell(Told(found.kind, title, version, OVERRULED, found.version, found.by))

    def _caught_up(self, revision: int) -> None:
        state = self._state()
        state.revision = max(state.revision, revision)
        self._keep(state)

    # What was done here

    def _bring(self) -> bool:
        """Bring what waits, in its order; whether nothing is left that has to be looked at again."""
        try:
            return all(self._bring_kind(shelf) for shelf in self._shelves.values())
        except NotAllowed:
            return True  # it waits for an administrator

    def _bring_kind(self, shelf: SharedShelf) -> bool:
        rows, state = self._in_store(lambda: (shelf.rows(), self._state()))
        for row in self._unsent(shelf, rows, state):
            differs = row.in_force and self._differs(shelf.kind, row.name, rows, state)
            if not self._publish(shelf, row, state, brings=differs):
                return False
        for name in _names(rows):
            if not self._differs(shelf.kind, name, rows, state):
                continue
            here = _in_force(rows, name)
            if here is not None and _place(shelf.kind, name, here.version) in state.kept_back:
                continue
            if here is not None and here.built_in and not here.shared:
                if not self._publish(shelf, here, state, brings=True):
                    return False
            elif here is None or here.shared or here.origin == "shared":
                version = here.version if here is not None else ""
                wanted = Settling(version, _revision(state, shelf.kind, name))
                found = self._librarian().settle(shelf.kind, name, wanted)
                if found.version != version:
                    return False  # somebody was first: it is fetched, and the person is told
                self._in_store(self._settled, found, state)
        return True

    def _publish(self, shelf: SharedShelf, row: Row, state: _State, *, brings: bool) -> bool:
        body = self._in_store(shelf.body, row.name, row.version)
        if body is None:
            return False
        replaces = _revision(state, shelf.kind, row.name) if brings else None
        try:
            found = self._librarian().publish(shelf.kind, row.name, row.version, Publishing(body, replaces))
        except Conflict:
            self._in_store(self._make_way, shelf, row)
            return False  # its number was taken: what took it is fetched first
        except Rejected as error:
            if isinstance(error, NotAllowed) or error.code not in (*_NO_BODY, "version_too_large"):
                raise
            self._in_store(self._keep_back, shelf, row, state)
            return True
        self._in_store(shelf.mark, row.name, row.version)
        if brings and found.version != row.version:
            return False
        if brings:
            self._in_store(self._settled, found, state)
        return True

    def _settled(self, found: InForce, state: _State) -> None:
        state.agreed[_place(found.kind, found.name)] = found
        kept = self._state()
        kept.agreed[_place(found.kind, found.name)] = found
        self._keep(kept)

    def _keep_back(self, shelf: SharedShelf, row: Row, state: _State) -> None:
        state.kept_back.append(_place(shelf.kind, row.name, row.version))
        kept = self._state()
        kept.kept_back.append(_place(shelf.kind, row.name, row.version))
        self._keep(kept)
        self._tell(Told(shelf.kind, row.title, row.version, NOT_SENT))

    def _unsent(self, shelf: SharedShelf, rows: tuple[Row, ...], state: _State) -> list[Row]:
        return [
            row
            for row in rows
            if row.origin == "here" and not row.shared and shareable(row.name, row.version)
            and _place(shelf.kind, row.name, row.version) not in state.kept_back
        ]  # fmt: skip

    def _differs(self, kind: Kind, name: str, rows: tuple[Row, ...], state: _State) -> bool:
        """Whether a person decided here what is in force, and the library does not say so."""
        agreed, here = state.agreed.get(_place(kind, name)), _in_force(rows, name)
        if agreed is None:
            if here is not None:
                return here.origin == "here"
            return any(row.name == name and row.origin != "shared" and row.settled for row in rows)
        if here is None:
            return bool(agreed.version) and any(_named(row, name, agreed.version) for row in rows)
        if here.version == agreed.version:
            return False
        if agreed.version and not any(_named(row, name, agreed.version) for row in rows):
            return here.origin == "here" and not here.shared  # what is agreed cannot be used here
        return not here.built_in or here.settled  # a newer program's own is nobody's decision

    def _state(self) -> _State:
        return _State.read(self._store.recall(LIBRARY))

    def _keep(self, state: _State) -> None:
        self._store.remember(LIBRARY, state.document())


def _check(kind: Kind, version: SharedVersion, body: Json) -> None:
    from app.services.shared_body import form_of, policy_of

    (policy_of if kind is Kind.POLICY else form_of)(body, version.name, version.version)


def _place(kind: Kind, name: str, version: str = "") -> str:
    return f"{kind}/{name}/{version}"


def _revision(state: _State, kind: Kind, name: str) -> int:
    agreed = state.agreed.get(_place(kind, name))
    return agreed.revision if agreed is not None else 0


def _names(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.name for row in rows))


def _in_force(rows: Iterable[Row], name: str) -> Row | None:
    return next((row for row in rows if row.name == name and row.in_force), None)


def _named(row: Row, name: str, version: str) -> bool:
    return (row.name, row.version) == (name, version)


def _is(row: Row, version: SharedVersion) -> bool:
    return _named(row, version.name, version.version)
