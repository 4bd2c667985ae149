"""Who is signed in, and what they may. Asked by the services; a screen only shows what follows.

A workspace without users works without signing in: whoever sits here may do everything but decide against a
request. The first user is an administrator; from then on somebody must be signed in to change anything.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.case import Json, from_time, to_time
from app.domain.errors import Rejected, SignInRequired
from app.domain.role import ALONE, MACHINES, NotAllowed, Person, Right, Role, require
from app.services.store.chain import AuditEntry
from app.services.store.store import Store

SHORTEST = 8
"""Characters a passphrase has at least."""
LONGEST_NAME = 64
FREE_TRIES = 4
"""Wrong passphrases that cost nothing but the time to check them."""
LONGEST_WAIT = timedelta(minutes=1)
_REMEMBERED_TRIES = 200


@dataclass(frozen=True, slots=True)
class VerifierCost:
    """What a guess at a passphrase costs: KiB of memory, rounds over them, lanes at once (RFC 9106, second choice)."""

    memory: int = 64 * 1024
    rounds: int = 3
    lanes: int = 4


class NoSuchUser(Rejected):
    """The workspace has no user of that name."""


class Access:
    """The users of a workspace and who of them is signed in here.

    `me`, `has_users` and `work_as` answer from memory, from any thread; everything else belongs to the store's
    lane. What another program changes counts at the next `check`. No passphrase is kept, only what Argon2id
    makes of it; none reaches the audit trail.
    """

    lane = "store"
    """Where `people`, `add` and `change` are to be called; a connected workspace asks a service."""

    def __init__(
        self, store: Store, alone: str, now: Callable[[], datetime], cost: VerifierCost | None = None
    ) -> None:
        """`alone` is whose name stands on changes while there are no users."""
        self._store = store
        self._now = now
        self._cost = cost or VerifierCost()
        self._alone = Person(alone, alone, ALONE)
        self._signed_in: Person | None = None
        self._has_users = store.users.any()

    # From memory, from any thread

    @property
    def has_users(self) -> bool:
        """Whether somebody has to sign in before anything is changed."""
        return self._has_users

    @property
    def me(self) -> Person:
        """Who works here. Where somebody has to sign in and nobody did, a person without a name or a right."""
        if not self._has_users:
            return self._alone
        return self._signed_in or NOBODY

    def called(self, name: str) -> str:
        """What somebody is called on screen: who works here by their title, others by their name."""
        me = self.me
        return me.title if name and name == me.name and me.title else name

    def work_as(self, name: str) -> None:
        """Whose name stands on changes while there are no users."""
        self._alone = Person(name, name, ALONE)

    # In the store's lane

    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order they were made; those who do not work here any more are not active."""
        found = self._store.users.all()
        self._has_users = bool(found)
        return tuple(_person(name, body) for name, body in found.items())

    def check(self, by: str, right: Right) -> Person:
        """The person of this name, who is signed in and may do it. What is refused is in the audit trail.

        Raises `SignInRequired`, or `NotAllowed` for another's name and for what the roles do not allow.
        """
        person = self.present(by)
        try:
            require(person, right)
        except NotAllowed:
            self._store.note("refused", by, self._now(), None, {"right": str(right)})
            raise
        return person

    def present(self, by: str) -> Person:
        """The person of this name, who is signed in here, with the roles they have by now.

        Raises `SignInRequired` when nobody is, `NotAllowed` for another's name.
        """
        self._has_users = self._has_users or self._store.users.any()
        if not self._has_users:
            return Person(by, by, ALONE)
        if self._signed_in is None:
            raise SignInRequired(
                "Somebody has to sign in before anything is changed here.",
                "Sign in; on the command line name yourself with --user NAME.",
                code="sign_in_required",
            )
        if by != self._signed_in.name:
            self._store.note("refused", self._signed_in.name, self._now(), None, {"right": "other_name"})
            raise NotAllowed(
                "This would be recorded under somebody else's name.",
                "Sign in as the person who does it.",
                code="not_you",
            )
        body = self._store.users.get(by)
        if body is None or not body["active"]:
            self._signed_in = None
            raise SignInRequired(
                "You do not work in this workspace any more.", "Ask an administrator.", code="not_active"
            )
        self._signed_in = _person(by, body)
        return self._signed_in

    def trail(self, by: str, case_id: str | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """The latest entries of the audit trail, oldest first: everybody's for an administrator, else one's own."""
        person = self.present(by)
        entries = self._store.audit_entries(case_id, limit)
        return entries if person.may(Right.AUDIT) else tuple(e for e in entries if e.by == by)

    def sign_in(self, name: str, passphrase: str) -> Person:
        """Sign in. Raises `Rejected` with one sentence for a name nobody has and for a wrong passphrase.

        After some wrong tries of a name, further ones are refused for a while, whatever they are.
        """
        name = _spelled(name)
        body = self._store.users.get(name)
        self._begin_try(name)
        if body is None:
            self._verifier("nobody has this passphrase")  # takes as long as looking at a wrong one
        if body is None or not _fits(body["verifier"], passphrase) or not body["active"]:
            by = name if body else "unknown"  # a name nobody has may be a passphrase typed in the wrong place
            self._store.note("sign_in_refused", by, self._now(), None, {})
            raise Rejected(
                "The name or the passphrase is wrong.",
                "Try again, or ask an administrator.",
                code="sign_in_wrong",
            )
        self._end_try(name)
        self._has_users = True
        self._signed_in = _person(name, body)
        self._store.note("signed_in", name, self._now(), None, {})
        return self._signed_in

    def sign_out(self) -> None:
        """Nobody is signed in any more; where nobody was, nothing happens."""
        if self._signed_in is not None:
            self._store.note("signed_out", self._signed_in.name, self._now(), None, {})
        self._signed_in = None

    def add(self, name: str, title: str, roles: Iterable[Role], passphrase: str, by: str) -> Person:
        """A new user; the first one is an administrator whatever else they are.

        Raises `Rejected` for a name that is taken, too long or the program's own, for no role, and for a passphrase
        that is too short; `NotAllowed` unless an administrator does it.
        """
        name, title = _spelled(name), " ".join(title.split())
        if self._store.users.any():
            self.check(by, Right.ADMINISTER)
        _refuse_name(name)
        chosen = _in_order(roles)
        verifier = self._verifier(passphrase)

        def make(users: Mapping[str, Json]) -> tuple[Json, tuple[str, Json]]:
            if any(other.casefold() == name.casefold() for other in users):
                raise Rejected(
                    "There is a user of that name already.", "Choose another name.", code="name_taken"
                )
            if users and not self._has_users:  # another program made the first one meanwhile
                self._has_users = True
                self.present(by)
            mine = chosen if users else _in_order((*chosen, Role.ADMINISTRATOR))
            if not mine:
                raise _no_role()
            body = {
                "title": title or name, "roles": [str(r) for r in mine], "active": True, "verifier": verifier,
                "made_by": by, "made_at": to_time(self._now()),
            }  # fmt: skip
            return body, ("user_added", {"roles": body["roles"]})

        body = self._store.users.change(name, make, by, self._now())
        self._has_users = True
        return _person(name, body)

    def change(
        self,
        name: str,
        by: str,
        *,
        roles: Iterable[Role] | None = None,
        active: bool | None = None,
        title: str | None = None,
    ) -> Person:
        """Give a user other roles or another title, or end or begin again their work here.

        Raises `NoSuchUser`, and `Rejected` when no active administrator would be left.
        """
        self.check(by, Right.ADMINISTER)
        chosen = None if roles is None else _in_order(roles)
        if chosen == ():
            raise _no_role()

        def make(users: Mapping[str, Json]) -> tuple[Json, tuple[str, Json]]:
            before = _known(users, name)
            body = {**before}
            if chosen is not None:
                body["roles"] = [str(r) for r in chosen]
            if active is not None:
                body["active"] = active
            if title is not None:
                body["title"] = " ".join(title.split()) or name
            left = {**users, name: body}
            if not any(b["active"] and Role.ADMINISTRATOR in b["roles"] for b in left.values()):
                raise Rejected(
                    "No administrator would be left.",
                    "Make somebody else an administrator first.",
                    code="last_administrator",
                )
            changed = {key: body[key] for key in ("roles", "active", "title") if body[key] != before[key]}
            return body, (
                "user_changed",
                {"changed": sorted(changed), "roles": body["roles"], "active": body["active"]},
            )

        return _person(name, self._store.users.change(name, make, by, self._now()))

    def set_passphrase(self, name: str, new: str, by: str, old: str = "") -> None:
        """Give a user another passphrase: one's own with the old one, another's as an administrator.

        Raises `NoSuchUser`; `Rejected` when the old one is wrong or the new one too short.
        """
        if by == name:
            self.present(by)
            body = self._store.users.get(name)
            self._begin_try(name)
            if body is None or not _fits(body["verifier"], old):
                raise Rejected(
                    "The old passphrase is wrong.",
                    "Nothing was changed; try again.",
                    code="old_passphrase_wrong",
                )
            self._end_try(name)
        else:
            self.check(by, Right.ADMINISTER)
        verifier = self._verifier(new)

        def make(users: Mapping[str, Json]) -> tuple[Json, tuple[str, Json]]:
            return {**_known(users, name), "verifier": verifier}, ("passphrase_changed", {})

        self._store.users.change(name, make, by, self._now())

    def _verifier(self, passphrase: str) -> str:
        if len(_spelled(passphrase)) < SHORTEST:
            raise Rejected(
                f"A passphrase has at least {SHORTEST} characters.",
                "Choose a longer one.",
                code="passphrase_short",
            )
        from argon2 import PasswordHasher  # only where somebody is made or signs in

        cost = self._cost
        made = PasswordHasher(cost.rounds, cost.memory, cost.lanes)
        return made.hash(_bytes(passphrase))

    def _begin_try(self, name: str) -> None:
        """Count a try before it is looked at, so that tries at the same time are counted too. May refuse it."""
        now, key = self._now(), _key(name)

        def count(tries: dict[str, list[object]]) -> None:
            wrong, until = tries.get(key, [0, ""])
            left = (from_time(str(until)) - now) if until else timedelta()
            if timedelta() < left <= LONGEST_WAIT:  # longer only when the clock was put back
                seconds = int(left.total_seconds()) + 1
                raise Rejected(
                    "The passphrase was wrong too often.",
                    f"Try again in {seconds} seconds.",
                    code="sign_in_slow",
                    count=seconds,
                )
            number = int(str(wrong)) + 1
            more = number - FREE_TRIES
            wait = min(timedelta(seconds=2 ** min(more, 10)), LONGEST_WAIT) if more > 0 else timedelta()
            tries[key] = [number, to_time(now + wait) if wait else ""]
            while len(tries) > _REMEMBERED_TRIES:
                del tries[min(tries.keys() - {key}, key=lambda other: int(str(tries[other][0])))]

        self._store.users.tries(count)

    def _end_try(self, name: str) -> None:
        def forget(tries: dict[str, list[object]]) -> None:
            tries.pop(_key(name), None)

        self._store.users.tries(forget)


NOBODY = Person("", "", ())
"""Who works where somebody has to sign in and nobody did."""


def _person(name: str, body: Json) -> Person:
    roles = tuple(role for role in Role if role in body["roles"])
    return Person(name, str(body["title"]), roles, bool(body["active"]))


def _in_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    wanted = set(roles)
    return tuple(role for role in Role if role in wanted)


def _known(users: Mapping[str, Json], name: str) -> Json:
    if name not in users:
        raise NoSuchUser(
            f"There is no user “{name}”.",
            "“countersign users list” shows those there are.",
            code="no_such_user",
        )
    return users[name]


def _no_role() -> Rejected:
    names = ", ".join(str(role) for role in Role)
    return Rejected("A user has at least one role.", f"Choose from: {names}.", code="no_role")


def _refuse_name(name: str) -> None:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Rejected(
            f"A name has 1 to {LONGEST_NAME} characters.", "Choose another name.", code="name_shape"
        )
    if name.casefold() in MACHINES | {"unknown"}:
        raise Rejected("The program itself goes by that name.", "Choose another name.", code="name_reserved")


def _spelled(text: str) -> str:
    """The same name or passphrase in one spelling, whatever keyboard composed its accents."""
    return unicodedata.normalize("NFC", text.strip())


def _bytes(passphrase: str) -> bytes:
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def _fits(verifier: str, passphrase: str) -> bool:
    from argon2 import PasswordHasher, exceptions

    try:
        return PasswordHasher().verify(verifier, _bytes(passphrase))
    except exceptions.VerificationError:
        return False


def _key(name: str) -> str:
    """Under which the tries of a name are counted: a name nobody has may be a passphrase."""
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:32]
