"""The settings with their models, and what they tell the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.domain.errors import Actionable
from app.domain.role import Person, Right
from app.views import messages, theme
from app.views.background import Background
from app.views.models.access_model import AccessModel
from app.views.models.admin_model import AdminModel, Kept
from app.views.widgets.settings_page import SettingsPage
from app.workstation import Workstation


class AdminRoom(QObject):
    """Puts the settings' page and what it sets together. Built when the settings are first opened."""

    said = Signal(str, str, str)
    """kind, what happened, what to do"""
    failed = Signal(object)
    """`Actionable`"""
    preferences_changed = Signal()
    person_named = Signal(str)
    first_came = Signal(object)
    """`Person`: the first user, who is signed in from now on"""
    policies_asked = Signal()

    def __init__(
        self, workstation: Workstation, background: Background, access: AccessModel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._access = access
        self.model = AdminModel(workstation, background, self)
        self.page = SettingsPage()
        self._fill()
        self._wire()
        self._wire_people()
        self._wire_models()
        self.show_person(access.me)

    def _fill(self) -> None:
        page, place = self.page, self._workstation.settings
        page.set_workspace(str(place.folder))
        page.set_watched_folder(str(place.watched_folder))
        page.set_person(place.person)
        page.set_appearance(theme.wanted())
        page.set_text_size(round(theme.text_scale() * 100))

    def _wire(self) -> None:
        page, model = self.page, self.model
        page.appearance_chosen.connect(self._choose_theme)
        page.text_size_chosen.connect(self._choose_text_size)
        page.person_named.connect(self.person_named)
        page.workspace_shown.connect(lambda: _show_folder(self._workstation.settings.folder))
        page.watched_folder_shown.connect(lambda: _show_folder(self._workstation.settings.watched_folder))
        page.collecting_chosen.connect(model.keep_forms)
        page.examples_chosen.connect(model.keep_examples)
        page.policies_asked.connect(self.policies_asked)
        page.passphrase_chosen.connect(model.change_own_passphrase)
        model.kept_told.connect(self._show_kept)
        model.own_passphrase_changed.connect(self._own_passphrase_changed)
        model.own_passphrase_refused.connect(lambda error: page.passphrase.say(_words(error)))

    def _wire_people(self) -> None:
        people, model = self.page.people, self.model
        people.add_asked.connect(model.add_person)
        people.change_asked.connect(model.change_person)
        people.active_asked.connect(model.set_active)
        people.passphrase_asked.connect(model.set_passphrase)
        model.people_listed.connect(lambda found: people.show_people(found, self._access.me.name))
        model.people_changed.connect(self._people_changed)
        model.people_refused.connect(lambda error: people.refuse(_words(error)))
        model.first_came.connect(self.first_came)

    def _wire_models(self) -> None:
        models, model = self.page.models, self.model
        models.saved.connect(model.keep_model)
        models.remove_asked.connect(model.remove_model)
        models.try_asked.connect(model.try_model)
        models.edited.connect(lambda fields: models.show_where(model.where(fields)))
        model.models_listed.connect(models.show_models)
        model.models_refused.connect(lambda error: models.refuse(_words(error)))
        model.model_kept.connect(self._model_kept)
        model.model_removed.connect(self._model_removed)
        model.model_answered.connect(self._model_answered)
        model.model_failed.connect(lambda _name, error: models.show_result(_words(error), "wrong"))

    # who is here

    def show_person(self, person: Person) -> None:
        """Offer what this person may set."""
        administrator = person.may(Right.ADMINISTER)
        self.page.set_signed_in(person if self._access.has_users else None, administrator=administrator)
        if administrator:
            self._ask()

    def enter(self) -> None:
        """The page is shown: what others may have set meanwhile is asked for anew."""
        self.page.take_keyboard()
        self._ask()

    def _ask(self) -> None:
        if self._access.may(Right.ADMINISTER):
            self.model.list_people()
            self.model.list_models()
            self.model.ask_kept()

    def show_own_passphrase(self) -> None:
        """Ask for another passphrase of whoever is signed in."""
        self.page.show_own_passphrase()

    def _own_passphrase_changed(self) -> None:
        self.page.put_passphrase_away()
        self.said.emit("sure", self.tr("Your passphrase is changed."), "")

    # people and models

    def _people_changed(self, what: str) -> None:
        words = {
            "added": self.tr("The person can sign in from now on."),
            "changed": self.tr("The change is in force."),
            "ended": self.tr("They do not work here any more. What they did stays, under their name."),
            "begun": self.tr("They can sign in again."),
            "passphrase": self.tr("The new passphrase holds from now on."),
        }[what]
        self.page.people.put_away()
        self.said.emit("sure", words, "")
        self._access.look_again()  # it may have been about whoever did it

    def _model_kept(self, name: str) -> None:
        self.page.models.put_away()
        self.said.emit(
            "sure", self.tr("“{name}” can be asked.").format(name=name), self.tr("Try it to be sure.")
        )

    def _model_removed(self, name: str) -> None:
        self.said.emit(
            "info",
            self.tr("“{name}” is forgotten, with its key.").format(name=name),
            self.tr("What it said stays with its cases."),
        )

    def _model_answered(self, name: str, answer: str) -> None:
        words = self.tr("“{name}” answers: {answer}").format(name=name, answer=answer)
        self.page.models.show_result(words, "sure")

    # how it looks, and what is kept

    def _show_kept(self, kept: Kept) -> None:
        self.page.set_collecting(kept.forms)
        self.page.set_examples(kept.examples)

    def _choose_theme(self, name: theme.Name) -> None:
        theme.use(name)
        self.preferences_changed.emit()

    def _choose_text_size(self, percent: int) -> None:
        theme.set_text_scale(percent / 100)
        self.preferences_changed.emit()


def _words(error: Actionable) -> str:
    return " ".join(messages.text(error)).strip()


def _show_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
