"""The form types of the workspace: what is in force, what is being taught, and how a new one begins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.box import Box
from app.domain.errors import Actionable, Cancelled
from app.domain.form import FieldKind
from app.domain.processor_version import FormDraft, ProcessorVersion
from app.domain.proposal import ProposedField
from app.services.ports import Progress, Watch
from app.services.teaching import Looked
from app.views.background import Background
from app.views.models.intake_model import file_content
from app.workstation import Workstation


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every version, every draft, and how many cases were read with a (form type, version)."""

    versions: tuple[ProcessorVersion, ...] = ()
    drafts: tuple[FormDraft, ...] = ()
    usage: Mapping[tuple[str, str], int] | None = None


class TeachModel(QObject):
    """Lists form types, begins and gives up drafts, publishes, retires and restores versions."""

    listed = Signal(object)
    """`Catalogue`"""
    began = Signal(object)
    """`FormDraft` to go on with"""
    looking = Signal(str, object)
    """what is being looked at, (pages done, pages) or None when it is over"""
    nothing_found = Signal(str)
    """no place for an answer was found on this example: the draft begins without zones"""
    published = Signal(object, object)
    """`ProcessorVersion`, tuple of ids of the cases that may be read again with it"""
    retired = Signal(object)
    restored = Signal(object)
    discarded = Signal()
    waiting_found = Signal(str, object)
    """form type, tuple of case ids"""
    refused = Signal(object)
    """`Actionable`"""
    forms_changed = Signal()
    """What forms are read with is different from now on."""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._stopped = threading.Event()
        self._looking = ""
        self.catalogue = Catalogue()

    def refresh(self) -> None:
        """Ask what form types there are."""
        self._background.run(
            self, "store", _catalogue, self._workstation, done=self._list, failed=self.refused.emit
        )

    def _list(self, found: Catalogue) -> None:
        self.catalogue = found
        self.listed.emit(found)

    # beginning

    def teach(self, path: Path) -> None:
        """Begin a form type with an example; `began` tells of the draft."""
        if self._looking:
            return
        self._looking = path.name
        stopped = self._stopped = threading.Event()
        self.looking.emit(path.name, (0, 0))

        def watch(progress: Progress) -> None:  # runs in the reading lane
            if stopped.is_set():
                raise Cancelled("Looking at the example was stopped.", code="stopped")
            self._background.post(lambda: self.looking.emit(path.name, (progress.done, progress.total)))

        self._background.run(
            self,
            "reading",
            _look,
            self._workstation,
            path,
            watch,
            done=self._looked,
            failed=self._not_looked,
        )

    def stop_looking(self) -> None:
        self._stopped.set()

    def _not_looked(self, error: Actionable) -> None:
        name, self._looking = self._looking, ""
        self.looking.emit(name, None)
        if not isinstance(error, Cancelled):
            self.refused.emit(error)

    def _looked(self, looked: Looked) -> None:
        name, self._looking = self._looking, ""
        self.looking.emit(name, None)
        if any(page.fields or page.tables for page in looked.proposal.pages):
            self._begin(self._workstation.teaching.start, looked, self._workstation.person)
        else:
            self._begin(_start_bare, self._workstation, looked)
            self.nothing_found.emit(name)

    def mend(self, form_type: str, version: str = "") -> None:
        """Begin a draft that starts from a version, or go on with the one there is."""
        there = [
            d
            for d in self.catalogue.drafts
            if d.definition.form_type == form_type and (not version or d.based_on == version)
        ]
        if there:
            self.resume(there[-1].draft_id)
        else:
            self._begin(self._workstation.teaching.mend, form_type, self._workstation.person, version)

    def resume(self, draft_id: str) -> None:
        """Go on with a draft."""
        self._begin(self._workstation.teaching.draft, draft_id)

    def _begin(self, function: Callable[..., FormDraft], *arguments: object) -> None:
        def began(draft: FormDraft) -> None:
            self.began.emit(draft)
            self.refresh()

        self._background.run(
            self,
            "store",
            function,
            *arguments,
            done=began,
            failed=self.refused.emit,
        )

    def discard(self, draft_id: str) -> None:
        """Give a draft up."""

        def gone(_: object) -> None:
            self.discarded.emit()
            self.refresh()

        self._background.run(
            self,
            "store",
            self._workstation.teaching.discard,
            draft_id,
            self._workstation.person,
            done=gone,
            failed=self.refused.emit,
        )

    # versions

    def publish(self, draft_id: str) -> None:
        """Bring a draft into force as the next version of its form type."""
        self._background.run(
            self,
            "store",
            _publish,
            self._workstation,
            draft_id,
            done=lambda found: self._settled(self.published.emit, *found),
            failed=self.refused.emit,
        )

    def retire(self, form_type: str, version: str = "") -> None:
        """Take a version out of force."""
        self._background.run(
            self,
            "store",
            self._workstation.library.retire,
            form_type,
            self._workstation.person,
            version,
            done=lambda found: self._settled(self.retired.emit, found),
            failed=self.refused.emit,
        )

    def restore(self, form_type: str, version: str) -> None:
        """Bring a version back into force."""
        self._background.run(
            self,
            "store",
            self._workstation.library.restore,
            form_type,
            version,
            self._workstation.person,
            done=lambda found: self._settled(self.restored.emit, found),
            failed=self.refused.emit,
        )

    def _settled(self, tell: Callable[..., object], *facts: object) -> None:
        tell(*facts)
        self.forms_changed.emit()
        self.refresh()

    def find_waiting(self, form_type: str) -> None:
        """Ask which cases in review may be read better with the version in force."""
        self._background.run(
            self,
            "store",
            self._workstation.library.waiting,
            form_type,
            done=lambda found: self.waiting_found.emit(form_type, found),
            failed=self.refused.emit,
        )


def _catalogue(workstation: Workstation) -> Catalogue:
    library = workstation.library
    return Catalogue(library.versions(), workstation.teaching.drafts(), library.usage())


def _look(workstation: Workstation, path: Path, watch: Watch) -> Looked:
    return workstation.teaching.look_at(file_content(path), path.name, watch)


def _start_bare(workstation: Workstation, looked: Looked) -> FormDraft:
    """A draft of an example on which no place for an answer was found: its printed texts, and no zone yet."""
    teaching, person = workstation.teaching, workstation.person
    first, *rest = looked.proposal.pages
    place = ProposedField(Box(0.1, 0.1, 0.2, 0.12), FieldKind.TEXT, "", "gap")
    proposal = replace(looked.proposal, pages=(replace(first, fields=(place,)), *rest))
    draft = teaching.start(replace(looked, proposal=proposal), person)
    return teaching.keep(draft.draft_id, draft.definition, replace(draft.definition, fields=()), person)


def _publish(workstation: Workstation, draft_id: str) -> tuple[ProcessorVersion, tuple[str, ...]]:
    version = workstation.teaching.publish(draft_id, workstation.person)
    return version, workstation.library.waiting(version.form_type)
