"""What an administrator sets: people, models, what is kept to learn from. Facts are told in the past tense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable
from app.domain.recommendation import ModelInfo
from app.domain.role import Person, Role
from app.services.model_library import ModelLibrary, ModelSetting, about
from app.views.background import Background
from app.views.widgets.admin.model_fields import ModelFields
from app.workstation import Workstation


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether verified forms, and whether accepted and corrected answers of models are kept."""

    forms: bool
    examples: bool


class AdminModel(QObject):
    """Asks the services in the store's lane; what is refused is told to whoever asked, in words."""

    people_listed = Signal(object)
    """tuple of `Person`"""
    people_changed = Signal(str)
    """what was done: `added`, `changed`, `ended`, `begun` or `passphrase`"""
    people_refused = Signal(object)
    first_came = Signal(object)
    """`Person`: the first user was made and is signed in"""
    own_passphrase_changed = Signal()
    own_passphrase_refused = Signal(object)
    models_listed = Signal(object)
    """tuple of (`ModelInfo`, `ModelFields`)"""
    model_kept = Signal(str)
    model_removed = Signal(str)
    models_refused = Signal(object)
    model_answered = Signal(str, str)
    """name, what it said"""
    model_failed = Signal(str, object)
    """name, `Actionable`"""
    kept_told = Signal(object)
    """`Kept`"""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._library: ModelLibrary | None = None

    # people

    def list_people(self) -> None:
        self._people(self._workstation.access.people, done=self.people_listed.emit)

    def add_person(self, name: str, title: str, roles: tuple[Role, ...], passphrase: str) -> None:
        """Make a user; the first one is signed in with it."""
        access, by = self._workstation.access, self._workstation.person
        first = not access.has_users

        def work() -> Person:
            made = access.add(name, title, roles, passphrase, by)
            return access.sign_in(made.name, passphrase) if first else made

        def done(person: Person) -> None:
            self.people_changed.emit("added")
            self.list_people()
            if first:
                self.first_came.emit(person)

        self._people(work, done=done, failed=self.people_refused.emit)

    def change_person(self, name: str, title: str, roles: tuple[Role, ...]) -> None:
        self._change(name, "changed", title=title, roles=roles)

    def set_active(self, name: str, active: bool) -> None:
        """End or begin again somebody's work here."""
        self._change(name, "begun" if active else "ended", active=active)

    def _change(self, name: str, what: str, **changes: Any) -> None:
        access, by = self._workstation.access, self._workstation.person

        def done(_person: Person) -> None:
            self.people_changed.emit(what)
            self.list_people()

        self._people(lambda: access.change(name, by, **changes), done=done, failed=self.people_refused.emit)

    def set_passphrase(self, name: str, new: str) -> None:
        """Give somebody else a new passphrase."""
        access, by = self._workstation.access, self._workstation.person
        self._people(
            lambda: access.set_passphrase(name, new, by),
            done=lambda _: self.people_changed.emit("passphrase"),
            failed=self.people_refused.emit,
        )

    def change_own_passphrase(self, old: str, new: str) -> None:
        access, by = self._workstation.access, self._workstation.person
        self._people(
            lambda: access.set_passphrase(by, new, by, old),
            done=lambda _: self.own_passphrase_changed.emit(),
            failed=self.own_passphrase_refused.emit,
        )

    # models

    def list_models(self) -> None:
        """The models as another program may have set them meanwhile."""
        if self._library is None:
            # made outside the store's lane, which making it waits for
            self._background.run(self, "review", lambda: self._workstation.models, done=self._made)
        else:
            self._store(self._library.refresh, done=lambda _: self._list_models())

    def _made(self, library: ModelLibrary) -> None:
        self._library = library
        self._list_models()

    def _list_models(self) -> None:
        if self._library is not None:
            self.models_listed.emit(
                tuple((about(setting), _fields(setting)) for setting in self._library.known.values())
            )

    def where(self, fields: ModelFields) -> ModelInfo | None:
        """Where what is typed would answer; None while that cannot be told."""
        if not (fields.location if fields.kind == "gemini" else _host(fields.url)):
            return None
        return about(_setting(fields))

    def keep_model(self, fields: ModelFields) -> None:
        """Add a model, or change its setting; a key that is not typed stays."""
        library, by = self._library, self._workstation.person
        if library is None:
            return

        def work() -> ModelSetting:
            known = library.known.get(fields.name)
            return library.add(_setting(fields, known.key if known and not fields.key else fields.key), by)

        def done(made: ModelSetting) -> None:
            self.model_kept.emit(made.name)
            self._list_models()

        self._store(work, done=done, failed=self.models_refused.emit)

    def remove_model(self, name: str) -> None:
        library, by = self._library, self._workstation.person
        if library is None:
            return

        def done(_: object) -> None:
            self.model_removed.emit(name)
            self._list_models()

        self._store(lambda: library.remove(name, by), done=done, failed=self.models_refused.emit)

    def try_model(self, name: str) -> None:
        """Ask a model for one word. No case's data is sent."""
        library = self._library
        if library is not None:
            self._background.run(
                self, "review", library.try_out, name,
                done=lambda said: self.model_answered.emit(name, said),
                failed=lambda error: self.model_failed.emit(name, error),
            )  # fmt: skip

    # what is kept to learn from

    def ask_kept(self) -> None:
        station = self._workstation
        self._store(
            lambda: Kept(station.collecting.enabled(), station.tuning.enabled()), done=self.kept_told.emit
        )

    def keep_forms(self, on: bool) -> None:
        self._keep(self._workstation.collecting.enable, on)

    def keep_examples(self, on: bool) -> None:
        self._keep(self._workstation.tuning.enable, on)

    def _keep(self, function: Callable[[bool, str], None], on: bool) -> None:
        by = self._workstation.person

        def refused(error: Actionable) -> None:
            self.ask_kept()  # the switch stands as it is, not as it was wanted
            self._background.failed.emit(error)

        self._store(lambda: function(on, by), failed=refused)

    def _people(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Actionable], None] | None = None,
    ) -> None:
        """Where people are kept: in the store, or by a service that must not keep the store waiting."""
        self._background.run(self, self._workstation.access.lane, function, done=done, failed=failed)

    def _store(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Actionable], None] | None = None,
    ) -> None:
        self._background.run(self, "store", function, done=done, failed=failed)


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # half of an address in brackets
        return ""


def _setting(fields: ModelFields, key: str = "") -> ModelSetting:
    return ModelSetting(
        fields.name, fields.kind, fields.model, fields.url, fields.project, fields.location, fields.most,
        fields.plain, key,
    )  # fmt: skip


def _fields(setting: ModelSetting) -> ModelFields:
    return ModelFields(
        setting.name, setting.kind, setting.model, setting.url, setting.project, setting.location, setting.most,
        setting.plain, "", bool(setting.key),
    )  # fmt: skip
