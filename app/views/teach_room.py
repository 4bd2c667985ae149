"""The room of form types with its models, and what it tells the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.domain.processor_version import ProcessorVersion
from app.views.background import Background
from app.views.messages import plural
from app.views.models.again_model import AgainModel
from app.views.models.draft_model import DraftModel
from app.views.models.pages_model import PagesModel
from app.views.models.teach_model import TeachModel
from app.views.teach_screen import TeachScreen
from app.workstation import Workstation

READ_AGAIN = "read_again:"
"""Begins the name of the action that reads waiting cases again; their ids follow, parted by commas."""


class TeachRoom(QObject):
    """Puts the models and the screen of teaching together. Built when the room is first entered."""

    said = Signal(str, str, str, str, str)
    """kind, what happened, what to do, action, words of its button; see `MessageLine.say`"""
    forms_changed = Signal()
    """What forms are read with is different from now on."""
    cases_changed = Signal(object)
    saving_changed = Signal(int)

    def __init__(self, workstation: Workstation, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.model = TeachModel(workstation, background, self)
        self.draft = DraftModel(workstation, background, self)
        self.again = AgainModel(workstation, background, self)
        zone_pages = PagesModel(workstation, background, self)
        trial_pages = PagesModel(workstation, background, self)
        self.screen = TeachScreen(self.model, self.draft, zone_pages, trial_pages)
        self.screen.said.connect(lambda kind, what, step: self.said.emit(kind, what, step, "", ""))
        self.model.published.connect(self._tell_published)
        self.model.retired.connect(self._tell_retired)
        self.model.restored.connect(self._tell_restored)
        self.model.waiting_found.connect(self._tell_waiting)
        self.model.forms_changed.connect(self.forms_changed)
        self.draft.saving_changed.connect(self.saving_changed)
        self.again.cases_changed.connect(self.cases_changed)
        self.again.progress_changed.connect(self.screen.types.show_reading_again)
        self.again.finished.connect(self._tell_read_again)
        self.screen.types.stop_again_asked.connect(self.again.stop)

    @property
    def saving(self) -> int:
        """How many edits are not durable yet."""
        return self.draft.saving

    def act(self, action: str) -> None:
        """Do what the button of a message asks for: reading waiting cases again."""
        if action.startswith(READ_AGAIN):
            self.again.read_again(action.removeprefix(READ_AGAIN).split(","))

    def stop(self) -> None:
        """The window closes: what is typed is kept, nothing is read any more."""
        self.screen.commit()
        self.model.stop_looking()
        self.draft.stop_trying()
        self.again.stop()

    def _tell_published(self, version: ProcessorVersion, waiting: tuple[str, ...]) -> None:
        self.screen.finish(version)
        self._offer("sure", self._in_force(version), waiting)

    def _tell_restored(self, version: ProcessorVersion) -> None:
        self.said.emit("sure", self._in_force(version), "", "", "")
        self.model.find_waiting(version.form_type)

    def _in_force(self, version: ProcessorVersion) -> str:
        return self.tr("Version {version} of {title} is in force.").format(
            version=version.version, title=version.title
        )

    def _tell_retired(self, version: ProcessorVersion) -> None:
        told = self.tr("Version {version} of {title} is retired.").format(
            version=version.version, title=version.title
        )
        step = self.tr("Its forms are read as other forms are until a version is put in force.")
        self.said.emit("info", told, step, "", "")

    def _tell_waiting(self, _form_type: str, waiting: tuple[str, ...]) -> None:
        if waiting:
            self._offer("info", "", waiting)
        else:
            self.said.emit("info", self.tr("No case waits that this version would read again."), "", "", "")

    def _offer(self, role: str, told: str, waiting: tuple[str, ...]) -> None:
        """Say what happened, and offer to read the cases that wait again."""
        if not waiting:
            self.said.emit(role, told, "", "", "")
            return
        offered = plural(
            len(waiting),
            self.tr("{count} case in review was read otherwise."),
            self.tr("{count} cases in review were read otherwise."),
        )
        action = f"{READ_AGAIN}{','.join(waiting)}"
        self.said.emit(role, told, offered, action, self.tr("Read again"))

    def _tell_read_again(self, read: int, kept: int) -> None:
        told = plural(
            read, self.tr("{count} case was read again."), self.tr("{count} cases were read again.")
        )
        stayed = self.tr("What people entered is as it was.")
        if kept:
            stayed = plural(kept, self.tr("{count} stays as it was."), self.tr("{count} stay as they were."))
        self.said.emit("sure" if read else "look", told, stayed, "", "")
