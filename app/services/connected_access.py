"""Who works at a connected desk: the person is the one signed in with Google, the roles are what the service said last.

The users of the workspace itself give way: they stay in the store and in its history, and count again when the
workspace is disconnected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from app.domain.case import Json, from_time, to_time
from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.role import NotAllowed, Person, Right, Role
from app.services.access import NOBODY, Access, NoSuchUser
from app.services.store.store import Store

T = TypeVar("T")
ROLES = "roles"
"""Under this key the store remembers what the service said of the person, and when."""
PEOPLE = "people"
"""Under this key it remembers everybody, for a list without a network."""
HOLDS = timedelta(days=14)
"""How long roles hold without the service: as long as a desk may be without a network."""
_PUT_BACK = _A_DAY = timedelta(days=1)


class Said(Protocol):
    """What the service says of the caller (`app.domain.sync_wire.Me`)."""

    @property
    def email(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def roles(self) -> tuple[Role, ...]: ...
    @property
    def time(self) -> datetime: ...


class Register(Protocol):
    """Where people and their roles are kept (`services.google.endpoint.Endpoint`). Raises what that raises."""

    def me(self) -> Said: ...
    def people(self) -> tuple[Person, ...]: ...
    def put_person(self, person: Person) -> Person: ...


class InStore(Protocol):
    def __call__(self, function: Callable[..., T], /, *arguments: object) -> T: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What the service said of a person, and when that was by this desk's clock."""

    email: str
    title: str
    roles: tuple[Role, ...]
    at: datetime

    @classmethod
    def read(cls, record: Json | None) -> Known | None:
        if not record or not record.get("email"):
            return None
        roles = tuple(role for role in Role if role in record["roles"])
        return cls(record["email"], record["title"], roles, from_time(record["at"]))

    def document(self) -> Json:
        roles = [str(role) for role in self.roles]
        return {"email": self.email, "title": self.title, "roles": roles, "at": to_time(self.at)}


class ConnectedAccess(Access):
    """`Access` of a connected workspace. `me`, `check`, `present` and `trail` ask nobody and answer offline.

    `people`, `add`, `change` and `refresh` ask the service: they belong to the lane `network` (`lane`), never to the
    store's.
    """

    lane = "network"

    def __init__(
        self,
        store: Store,
        alone: str,
        now: Callable[[], datetime],
        email: Callable[[], str],
        register: Callable[[], Register],
        in_store: InStore,
    ) -> None:
        """`email` says who is signed in, from memory. Made in the store's lane."""
        super().__init__(store, alone, now)
        self._email, self._register, self._in_store = email, register, in_store
        self._known = Known.read(store.recall(ROLES))
        kept = store.recall(PEOPLE) or {}
        self._titles = _titles(_person(entry) for entry in kept.get("people", ()))
        self._asked = from_time(kept["at"]) if kept.get("at") else None
        self._out = False

    # From memory, from any thread

    @property
    def has_users(self) -> bool:
        return True

    @property
    def me(self) -> Person:
        email = "" if self._out else self._email()
        if not email:
            return NOBODY
        known = self._known
        if known is None or known.email != email or self._stale(known):
            return Person(email, email, ())
        return Person(email, known.title or email, known.roles, bool(known.roles))

    @property
    def roles_hold_until(self) -> datetime | None:
        """Until when the person may work without the service; None when it has not said anything of them yet."""
        return None if self._known is None else self._known.at + HOLDS

    def called(self, name: str) -> str:
        """What somebody is called: by the register as it was last seen, else by their email."""
        return self._titles.get(name) or super().called(name)

    def work_as(self, name: str) -> None:
        """Nothing: whose name stands on changes is who is signed in."""

    # In the store's lane

    def present(self, by: str) -> Person:
        email = "" if self._out else self._email()
        if not email:
            raise SignInRequired(
                "Somebody has to sign in before anything is changed here.",
                "Sign in with Google; on the command line: countersign sign-in",
                code="google_sign_in_required",
            )
        if by != email:
            self._store.note("refused", email, self._now(), None, {"right": "other_name"})
            raise NotAllowed(
                "This would be recorded under somebody else's name.",
                "Sign in as the person who does it.",
                code="not_you",
            )
        known = self._known
        if known is None or known.email != email:
            raise SignInRequired(
                "What you may do here is not known yet: the service has not been asked.",
                "Connect to the network once, and try again.",
                code="roles_unknown",
            )
        if self._stale(known):
            raise SignInRequired(
                f"What you may do here was last asked more than {HOLDS.days} days ago.",
                "Connect to the network. What you typed is kept.",
                code="roles_stale",
                count=HOLDS.days,
            )
        if not known.roles:
            raise SignInRequired(
                "You do not work in this project.", "Ask an administrator for a role.", code="not_active"
            )
        return Person(email, known.title or email, known.roles)

    def sign_in(self, name: str, passphrase: str) -> Person:  # noqa: ARG002 - there are no passphrases here
        """Refused: people of a connected workspace sign in with Google."""
        raise Rejected(
            "This workspace is connected: people sign in with Google.",
            "Sign in with: countersign sign-in",
            code="sign_in_with_google",
        )

    def sign_out(self) -> None:
        """Nobody works here any more; who is to be forgotten signs out of Google as well (`Connecting.sign_out`)."""
        email = self._email()
        if email and not self._out:
            self._store.note("signed_out", email, self._now(), None, {})
        self._out = True

    def set_passphrase(self, name: str, new: str, by: str, old: str = "") -> None:  # noqa: ARG002 - there are none
        """Refused: passphrases of a connected workspace are Google's."""
        raise Rejected(
            "People of this workspace have no passphrase here.",
            "They change it at Google.",
            code="sign_in_with_google",
        )

    # In the lane `network`

    def welcome(self, email: str) -> Person:
        """Somebody has signed in with Google: ask what they may do, and note it."""
        self._out = False
        person = self.refresh()
        self._in_store(self._store.note, "signed_in", email, self._now(), None, {})
        return person

    def refresh(self) -> Person:
        """Ask the service what the person may do. Raises what the service's desk side raises.

        Somebody the service does not know has no roles from now on; while nothing answers the last ones hold.
        """
        email = self._email()
        try:
            said = self._register().me()
            found = Known(email, said.title, said.roles, self._now())
            if said.email.casefold() != email.casefold():
                raise SignInRequired(
                    "The service took you for somebody else.", "Sign in again.", code="not_you"
                )
        except NotAllowed:
            self._keep(Known(email, "", (), self._now()))
            raise
        self._keep(found)
        return self.me

    def _keep(self, found: Known) -> None:
        before, self._known = self._known, found
        self._in_store(self._store.remember, ROLES, found.document())
        if before is None or (before.email, before.roles) != (found.email, found.roles):
            detail = {"roles": [str(role) for role in found.roles]}
            self._in_store(self._store.note, "roles_told", found.email, self._now(), None, detail)

    def people(self) -> tuple[Person, ...]:
        """Everybody in the project's register; as it was last seen while nothing answers."""
        try:
            found = self._register().people()
        except Offline:
            kept = self._in_store(self._store.recall, PEOPLE)
            if kept is None:
                raise
            return tuple(_person(entry) for entry in kept["people"])
        self._titles, self._asked = _titles(found), self._now()
        kept = {"people": [_entry(person) for person in found], "at": to_time(self._asked)}
        self._in_store(self._store.remember, PEOPLE, kept)
        return found

    def look_around(self) -> None:
        """Ask once a day who works here, so that people are called by their names. Raises what `people` raises."""
        if self._asked is None or not timedelta(0) <= self._now() - self._asked < _A_DAY:
            self.people()

    def add(self, name: str, title: str, roles: Iterable[Role], passphrase: str, by: str) -> Person:  # noqa: ARG002
        """Give somebody, by their email, a place in the project's register. The service asks whether one may."""
        chosen = tuple(roles)
        return self._put(Person(name.strip().casefold(), " ".join(title.split()), chosen), by, "user_added")

    def change(
        self,
        name: str,
        by: str,
        *,
        roles: Iterable[Role] | None = None,
        active: bool | None = None,
        title: str | None = None,
    ) -> Person:
        found = next((person for person in self._register().people() if person.name == name), None)
        if found is None:
            raise NoSuchUser(
                f"There is no user “{name}”.",
                "“countersign users list” shows those there are.",
                code="no_such_user",
            )
        changed = replace(
            found,
            roles=found.roles if roles is None else tuple(roles),
            active=found.active if active is None else active,
            title=found.title if title is None else " ".join(title.split()),
        )
        return self._put(changed, by, "user_changed")

    def _put(self, person: Person, by: str, action: str) -> Person:
        self._in_store(self.check, by, Right.ADMINISTER)
        if not person.roles:
            names = ", ".join(str(role) for role in Role)
            raise Rejected("A user has at least one role.", f"Choose from: {names}.", code="no_role")
        made = self._register().put_person(person)
        detail = {"user": made.name, "roles": [str(role) for role in made.roles], "active": made.active}
        self._in_store(self._store.note, action, by, self._now(), None, detail)
        if made.name == self._email():
            self.refresh()
        return made

    def _stale(self, known: Known) -> bool:
        """Whether roles were said too long ago; a clock that was put back does not make them last."""
        age = self._now() - known.at
        return age > HOLDS or age < -_PUT_BACK


def _titles(people: Iterable[Person]) -> dict[str, str]:
    return {person.name: person.title for person in people if person.title}


def _entry(person: Person) -> Json:
    roles = [str(role) for role in person.roles]
    return {"email": person.name, "title": person.title, "roles": roles, "active": person.active}


def _person(entry: Json) -> Person:
    roles = tuple(role for role in Role if role in entry["roles"])
    return Person(entry["email"], entry["title"], roles, bool(entry["active"]))
