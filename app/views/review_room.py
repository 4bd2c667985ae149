"""The room of the review with its models, and what it tells the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable
from app.services.attachment import Attached
from app.services.document_text import TextProgress
from app.views import messages
from app.views.background import Background
from app.views.models.find_model import FindModel
from app.views.models.pages_model import PagesModel
from app.views.models.review_case_model import ReviewCaseModel, ReviewSources
from app.views.models.review_queue_model import ReviewCounts, ReviewQueueModel
from app.views.review_desk import ReviewDesk
from app.views.review_screen import Memory, ReviewScreen
from app.workstation import Workstation


class ReviewRoom(QObject):
    """Puts the models and the screen of the review together. Built when the room is first entered."""

    said = Signal(str, str, str, str, str)
    """kind, what happened, what to do, action, words of its button; see `MessageLine.say`"""
    waiting_changed = Signal(int)
    """how many requests wait for the person who works here"""
    intake_asked = Signal()

    def __init__(
        self, workstation: Workstation, background: Background, memory: Memory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self.queue_model = ReviewQueueModel(workstation.review_queue, workstation.person, background, self)
        self.case_model = ReviewCaseModel(sources_of(workstation), background, self)
        self.find_model = FindModel(self)
        pages = (PagesModel(workstation, background, self), PagesModel(workstation, background, self))
        self.desk = ReviewDesk(pages, self.find_model)
        self.screen = ReviewScreen(self.queue_model, self.case_model, self.desk, memory)
        self.screen.set_person(workstation.person)
        self._wire()

    def _wire(self) -> None:
        screen = self.screen
        self.queue_model.counts_changed.connect(self._tell_counts)
        screen.said.connect(lambda kind, what, step: self.said.emit(kind, what, step, "", ""))
        screen.intake_asked.connect(self.intake_asked)
        screen.files_given.connect(self.attach)
        self.case_model.refused.connect(self._tell_refused)
        self.case_model.case_opened.connect(lambda opened: self._want_texts(opened.case.case_id))
        self._workstation.texts.told.append(self._text_read)

    def _tell_counts(self, counts: ReviewCounts) -> None:
        self.waiting_changed.emit(counts.waiting)

    def _tell_refused(self, error: Actionable) -> None:
        reason, step = messages.text(error)
        self.said.emit("wrong", reason, step, "", "")

    # texts of documents

    def _want_texts(self, case_id: str) -> None:
        """What is on the desk is read before everything else."""
        texts = self._workstation.texts
        self._background.run(self, "store", lambda: texts.want(case_id, first=True))

    def _text_read(self, progress: TextProgress) -> None:
        """In the lane that reads: a page more is known."""
        self._background.post(lambda: self._look_again(progress.case_id))

    def _look_again(self, case_id: str) -> None:
        case = self.case_model.case
        if case is not None and case.case_id == case_id:
            self.case_model.look_again()

    # documents that come

    def attach(self, paths: list[str]) -> None:
        """Attach files to the open request, one after the other."""
        case = self.case_model.case
        if case is None:
            return
        for path in paths:
            self._attach(case.case_id, Path(path))

    def _attach(self, case_id: str, path: Path) -> None:
        attaching, person = self._workstation.attaching, self._workstation.person

        def prepare() -> tuple[bytes, object]:
            try:
                content = path.read_bytes()
            except OSError as error:
                raise Actionable(
                    f"{path.name} cannot be read.", "Look whether it is still there.", code="no_file"
                ) from error
            return content, attaching.prepare(content)

        def prepared(found: tuple[bytes, object]) -> None:
            content, ready = found
            self._background.run(
                self, "store", attaching.attach, case_id, path.name, content, person, "clinical", ready,
                done=self._tell_attached, failed=self._tell_refused,
            )  # fmt: skip

        self._background.run(self, "pages", prepare, done=prepared, failed=self._tell_refused)

    def _tell_attached(self, attached: Attached) -> None:
        name = next((d.name for d in attached.case.documents if d.document_id == attached.document_id), "")
        if attached.known:
            self.said.emit(
                "info", self.tr("This document is there already: {name}.").format(name=name), "", "", ""
            )
            return
        if attached.elsewhere:
            others = ", ".join(other.receipt for other in attached.elsewhere)
            self.said.emit(
                "look",
                self.tr("{name} is also with {receipts}.").format(name=name, receipts=others),
                self.tr("Look whether it is about this patient."),
                "",
                "",
            )
        elif attached.evidence_after_decision:
            self.said.emit(
                "look",
                self.tr("{name} came after the decision, which has not seen it.").format(name=name),
                self.tr("Open the request again if it changes anything."),
                "",
                "",
            )
        else:
            self.said.emit("sure", self.tr("{name} is attached.").format(name=name), "", "", "")
        self._want_texts(attached.case.case_id)
        if self.case_model.case is not None and self.case_model.case.case_id == attached.case.case_id:
            self.case_model.reload()

    # the window

    def refresh(self) -> None:
        """Count again what waits, for the badge."""
        self.queue_model.refresh()

    def set_person(self, name: str) -> None:
        self.screen.set_person(name)

    def stop(self) -> None:
        """The window closes."""
        if self._text_read in self._workstation.texts.told:
            self._workstation.texts.told.remove(self._text_read)


def sources_of(workstation: Workstation) -> ReviewSources:
    """Where the review gets a request and what belongs to it."""
    return ReviewSources(
        queue=workstation.review_queue,
        document=workstation.store.case_document,
        material=workstation.material.material,
        policies=lambda: workstation.policies,
        keep=workstation.blobs.put,
        words=workstation.pages.words,
        person=lambda: workstation.person,
    )
