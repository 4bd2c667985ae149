"""Who works here: signing in, signing out, and what they may. Facts are told in the past tense."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable
from app.domain.role import Person, Right
from app.views.background import Background
from app.workstation import Workstation

REMEMBERED = "sign_in"
"""Under this key the store remembers the name that was signed in with last."""


class AccessModel(QObject):
    """Asks the service who is in. What a role may not do is refused by the services; this only tells who it is."""

    signed_in = Signal(object)
    """`Person`"""
    refused = Signal(object)
    """`Actionable`: nobody was signed in"""
    signed_out = Signal()
    name_remembered = Signal(str)
    person_changed = Signal(object)
    """`Person`: the same one, with other roles or another title"""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._known = workstation.access.me

    @property
    def me(self) -> Person:
        return self._workstation.access.me

    @property
    def somebody_must(self) -> bool:
        """Whether somebody has to sign in and nobody has."""
        return self._workstation.access.has_users and not self.me.name

    @property
    def has_users(self) -> bool:
        return self._workstation.access.has_users

    def may(self, right: Right) -> bool:
        return self.me.may(right)

    def recall_name(self) -> None:
        """Ask for the name that was signed in with last."""

        def told(kept: dict[str, str] | None) -> None:
            self.name_remembered.emit(str((kept or {}).get("name", "")))

        self._background.run(self, "store", self._workstation.store.recall, REMEMBERED, done=told)

    def sign_in(self, name: str, passphrase: str) -> None:
        """Sign in, as the first or in the place of whoever is in."""
        access, store = self._workstation.access, self._workstation.store

        def work() -> Person:
            person = access.sign_in(name, passphrase)
            store.remember(REMEMBERED, {"name": person.name})
            return person

        def done(person: Person) -> None:
            self._known = person
            self.signed_in.emit(person)

        self._background.run(self, "store", work, done=done, failed=self.refused.emit)

    def sign_out(self) -> None:
        """Nobody is in any more, once everything that was asked for before is done."""

        def done(_: object) -> None:
            self._known = self.me
            self.signed_out.emit()

        self._background.run(self, "store", self._workstation.access.sign_out, done=done)

    def look_again(self) -> None:
        """Ask whether whoever is in still is, and as what."""
        name = self.me.name or self._known.name
        if not self.has_users or not name:
            return

        def told(person: Person) -> None:
            if person != self._known and person.name == self.me.name:
                self._known = person
                self.person_changed.emit(person)

        def gone(error: Actionable) -> None:
            self._known = self.me
            self.signed_out.emit()
            self.refused.emit(error)

        self._background.run(self, "store", self._workstation.access.present, name, done=told, failed=gone)
