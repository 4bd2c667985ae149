"""The register: who works here and may do what, and how far the audit chain of each desk has come."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json, to_time
from app.domain.errors import Conflict, Rejected
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.domain.sync_wire import (
    Checkpoint,
    KeptCheckpoint,
    Me,
    checkpoint_document,
    kept_checkpoint_document,
)
from app.services.ingestion_service.port import PeopleMoved, Register, Tokens
from app.services.signing import SIGNATURE, sign_checkpoint

_EMAIL = re.compile(r"[^@\s/\x00-\x1f]{1,64}@[^@\s/\x00-\x1f]{1,190}")
_LONGEST_TITLE = 120
_MOVES = 5


@dataclass(frozen=True, slots=True)
class PeopleRegister:
    """Who asks, and what they may. Thread-safe. Raises what `CaseRemote` raises, `NotAllowed` and `Rejected`."""

    register: Register
    tokens: Tokens
    private_key: str
    now: Callable[[], datetime]

    def caller(self, token: str) -> Person:
        """Whose token it is, with the roles they have by now.

        Raises `SignInRequired` for a token that does not hold, `NotAllowed` for somebody who does not work here.
        """
        email = self.tokens.email(token)
        person = self.register.person(email)
        if person is None or not person.active:
            raise NotAllowed(
                "You are not in the register of your organization.",
                "Ask an administrator to add you.",
                code="not_registered",
            )
        return person

    def me(self, person: Person) -> Me:
        return Me(person.name, person.title, person.roles, self.now())

    def people(self, person: Person) -> tuple[Person, ...]:
        """Everybody, by email: all who work here may see who they work with."""
        require(person, _any_right(person))
        return tuple(sorted(self.register.people().people.values(), key=lambda each: each.name))

    def put(self, wanted: Person, by: Person) -> Person:
        """Add somebody or change what they are. Raises `Rejected` when no administrator would be left."""
        require(by, Right.ADMINISTER)
        return self._put(wanted, by.name, "person_put")

    def first_administrator(self, email: str) -> Person:
        """Make the first administrator; for whoever may write the register's database itself.

        Raises `Rejected` when there is one already, and it is somebody else.
        """
        email = _email(email)
        people = self.register.people().people
        there = [p for p in people.values() if p.may(Right.ADMINISTER)]
        mine = next((p for p in there if p.name == email), None)
        if mine is not None:
            return mine
        if there:
            raise Rejected(
                "There is an administrator already.",
                "Ask them to add you.",
                code="administrator_there",
            )
        before = people.get(email)
        roles = (*(before.roles if before else ()), Role.ADMINISTRATOR)
        wanted = Person(email, before.title if before else email, roles)
        return self._put(wanted, "set-up", "first_administrator")

    def checkpoint(self, checkpoint: Checkpoint, by: Person) -> KeptCheckpoint:
        """Keep how far a desk's chain has come. The same again gets what is kept.

        Raises `Conflict` when another hash of this number is kept; that is noted in the register.
        """
        entry: Json = {**checkpoint_document(checkpoint), "by": by.name, "kept_at": to_time(self.now())}
        entry[SIGNATURE] = sign_checkpoint(self.private_key, entry)
        kept = KeptCheckpoint(checkpoint, by.name, _time(entry["kept_at"]), str(entry[SIGNATURE]))
        if self.register.keep_checkpoint(kept):
            return kept
        there = self.register.checkpoint(checkpoint.desk, checkpoint.sequence)
        if there is None or there.checkpoint.hash != checkpoint.hash:
            self.register.note(
                {
                    "what": "checkpoint_differs",
                    "kept": kept_checkpoint_document(there) if there else None,
                    "came": entry,
                }
            )
            raise Conflict(
                "The audit trail of this desk is not the one that was put down here before.",
                "Keep this computer as it is, and tell your administrator at once.",
                code="checkpoint_differs",
            )
        return there

    def latest_checkpoint(self, desk: str, by: Person) -> KeptCheckpoint | None:
        """The checkpoint of a desk that was kept last: the trail there has to lead to it."""
        require(by, _any_right(by))
        return self.register.latest_checkpoint(desk)

    def _put(self, wanted: Person, by: str, what: str) -> Person:
        person = _checked(wanted)
        for _ in range(_MOVES):
            found = self.register.people()
            before = found.people.get(person.name)
            if before == person:
                return person
            left = {**found.people, person.name: person}
            if not any(p.may(Right.ADMINISTER) for p in left.values()):
                raise Rejected(
                    "No administrator would be left.",
                    "Make somebody else an administrator first.",
                    code="last_administrator",
                )
            audit: Json = {
                "what": what,
                "by": by,
                "at": to_time(self.now()),
                "email": person.name,
                "before": _state(before) if before else None,
                "after": _state(person),
            }
            try:
                self.register.put_person(person, found.state, audit)
            except PeopleMoved:
                continue
            return person
        raise Conflict(
            "The register is being changed by others.", "Try again in a moment.", code="register_moved"
        )


def _any_right(person: Person) -> Right:
    return next((right for right in Right if person.may(right)), Right.ADMINISTER)


def _checked(wanted: Person) -> Person:
    email = _email(wanted.name)
    title = " ".join(unicodedata.normalize("NFC", wanted.title).split()) or email
    if len(title) > _LONGEST_TITLE or not title.isprintable():
        raise Rejected(
            f"What somebody is called has {_LONGEST_TITLE} characters at most.",
            "Choose a shorter one.",
            code="title_shape",
        )
    roles = tuple(role for role in Role if role in wanted.roles)
    if not roles:
        raise Rejected(
            "Somebody in the register has at least one role.",
            f"Choose from: {', '.join(str(role) for role in Role)}.",
            code="no_role",
        )
    return Person(email, title, roles, wanted.active)


def _email(text: str) -> str:
    email = unicodedata.normalize("NFC", text).strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Rejected("This is no email address.", "Give the address they sign in with.", code="email_shape")
    return email


def _state(person: Person) -> Json:
    return {"title": person.title, "roles": [str(role) for role in person.roles], "active": person.active}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
