"""The room of the review with its models, and what it tells the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.case import Case, CaseDocument, Json
from app.domain.errors import Actionable
from app.domain.evidence import Evidence
from app.domain.material import Material
from app.domain.prompt import Slot
from app.services.attachment import Attached
from app.services.document_text import TextProgress
from app.services.review_queue import ReviewOpened
from app.views import messages
from app.views.background import Background
from app.views.models.determination_model import DeterminationModel
from app.views.models.find_model import FindModel
from app.views.models.letter_desk import LetterDesk
from app.views.models.pages_model import PagesModel
from app.views.models.review_case_model import ReviewCaseModel, ReviewSources, ShownDocument
from app.views.models.review_model import ReviewModel
from app.views.models.review_queue_model import ReviewCounts, ReviewQueueModel
from app.views.models.review_waiting_model import ReviewWaitingModel
from app.views.page_column import PageColumn
from app.views.review_desk import ReviewDesk
from app.views.review_guideline import ReviewGuidelines
from app.views.review_screen import Memory, ReviewScreen
from app.views.review_side import ReviewSide
from app.views.widgets.review.queue_waiting import WaitingPage
from app.workstation import Workstation

WARM = 5
"""Documents of a request that are opened before somebody turns to them."""


class ReviewRoom(QObject):
    """Puts the models and the screen of the review together. Built when the room is first entered."""

    said = Signal(str, str, str, str, str)
    """kind, what happened, what to do, action, words of its button; see `MessageLine.say`"""
    waiting_changed = Signal(int)
    """how many requests wait for the person who works here"""
    intake_asked = Signal()
    case_left = Signal()
    """another request is open than before, or none"""

    def __init__(
        self, workstation: Workstation, background: Background, memory: Memory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._to_warm: list[CaseDocument] = []
        self._known: tuple[tuple[str, ...], str] = ((), "")
        self._warming = False
        self._open_id = ""
        self.queue_model = ReviewQueueModel(workstation.review_queue, workstation.person, background, self)
        self.case_model = ReviewCaseModel(sources_of(workstation), background, self)
        self.find_model = FindModel(self)
        pages = (PagesModel(workstation, background, self), PagesModel(workstation, background, self))
        self.desk = ReviewDesk(pages, self.find_model)
        services = workstation.review
        self._receipts = services.receipts
        self.review_model = ReviewModel(
            services.reviewing,
            services.noting,
            workstation.store,
            lambda: workstation.person,
            background,
            self,
            policies=workstation.policies.policies,
        )
        self.determination_model = DeterminationModel(
            services.deciding, workstation.store, lambda: workstation.access.me, background,
            LetterDesk(
                services.letters, services.deciding, workstation.lanes, workstation.backends.opener,
                lambda: workstation.access.me,
            ),
            self,
        )  # fmt: skip
        self.side = ReviewSide(self.review_model, self.determination_model)
        self.guidelines = ReviewGuidelines(workstation, background, self.side, self.review_model, self)
        self.waiting_model = ReviewWaitingModel(
            workstation.clinical, workstation.store, workstation.review_queue,
            lambda: workstation.person, background, self,
        )  # fmt: skip
        self._preview_pages = PagesModel(workstation, background, self)
        self.preview = PageColumn(self._preview_pages)
        self.screen = ReviewScreen(
            self.queue_model, self.case_model, self.desk, memory, self.side, WaitingPage(self.preview)
        )
        self.screen.called = workstation.access.called
        self.screen.set_person(workstation.person)
        self._wire()
        self._wire_side()
        self._wire_waiting()

    def _wire(self) -> None:
        screen = self.screen
        self.queue_model.counts_changed.connect(self._tell_counts)
        screen.said.connect(lambda kind, what, step: self.said.emit(kind, what, step, "", ""))
        screen.intake_asked.connect(self.intake_asked)
        screen.files_given.connect(self.attach)
        self.case_model.refused.connect(self._tell_refused)
        self.case_model.case_opened.connect(lambda opened: self._want_texts(opened.case.case_id))
        self.case_model.case_opened.connect(lambda opened: self._note_open(opened.case.case_id))
        self.case_model.case_closed.connect(lambda: self._note_open(""))
        self.case_model.documents_changed.connect(self._warm)
        self._workstation.texts.told.append(self._text_read)

    def _note_open(self, case_id: str) -> None:
        before, self._open_id = self._open_id, case_id
        if before and case_id != before:
            self.case_left.emit()

    def _wire_side(self) -> None:
        screen, side, model = self.screen, self.side, self.case_model
        model.case_opened.connect(self._open_side)
        model.case_closed.connect(side.close_case)
        model.case_opened.connect(lambda opened: self.guidelines.set_case(opened.case))
        model.case_closed.connect(lambda: self.guidelines.set_case(None))
        model.material_changed.connect(self._material_changed)
        screen.slot_asked.connect(lambda slot, evidence: side.fill(Slot(slot), evidence))
        screen.pin_asked.connect(self._pin)
        screen.evidence_chosen.connect(self._take_span)
        screen.line_chosen.connect(side.show_line)
        screen.seen.connect(self._keep_looks)
        screen.held_changed.connect(side.lock)
        screen.prompt_asked.connect(side.focus_prompt)
        screen.answer_asked.connect(side.focus_answer)
        side.evidence_opened.connect(screen.show_evidence)
        side.field_opened.connect(lambda path: screen.show_evidence(Evidence("", field=path)))
        side.document_opened.connect(screen.show_document)
        side.line_chosen.connect(screen.summary.set_line)
        side.case_changed.connect(lambda _case: model.reload())
        side.decided.connect(self._decided)
        side.next_wanted.connect(screen.open_next)
        side.said.connect(lambda kind, what, step: self.said.emit(kind, what, step, "", ""))
        side.layout_changed.connect(screen.layout_changed)

    def _wire_waiting(self) -> None:
        page, model = self.screen.waiting, self.waiting_model
        model.changed.connect(self.screen.show_waiting)
        model.attached.connect(self._tell_attached)
        model.refused.connect(self._tell_refused)
        page.shown.connect(self._preview)
        page.accepted.connect(model.accept)
        page.receipt_typed.connect(model.accept_receipt)
        page.refused.connect(model.refuse)
        self.screen.waiting_watched.connect(model.watch)
        self._preview_pages.document_opened.connect(
            lambda document, sizes: self.preview.page.set_document(document.document_id, sizes)
        )
        self._preview_pages.document_failed.connect(
            lambda _document, error: self.preview.page.clear(" ".join(messages.text(error)))
        )

    # the side

    def _open_side(self, opened: ReviewOpened) -> None:
        self._known = ((), "")
        self.side.open_case(opened.case.case_id)

    def _material_changed(self, material: Material) -> None:
        """The side looks again when a document came or is read to its end, not at every page of two hundred."""
        known = (tuple(unread.document_id for unread in material.unread), material.revision)
        if known != self._known:
            self._known = known
            self.side.refresh()

    def _pin(self, evidence: Evidence) -> None:
        self.side.pin(evidence)
        self.said.emit("sure", self.tr("Pinned to the case."), "", "", "")

    def _take_span(self, evidence: Evidence | None) -> None:
        """Words that are chosen fill the slot that waits for words."""
        if evidence is not None and evidence.quote:
            self.side.take_span(evidence)

    def _keep_looks(self, case_id: str, looks: tuple[tuple[str, int, float], ...]) -> None:
        person = self._workstation.person
        self._background.run(
            self, "store", self._receipts.seen, case_id, looks, person, done=lambda _: self.side.seen(),
            failed=lambda _error: None,  # looking is never in the way of work: what may be decided asks again
        )  # fmt: skip

    def _decided(self, case: Case) -> None:
        self.case_model.reload()
        self.queue_model.forget((case.case_id,))
        self.queue_model.refresh()

    # documents that wait for a request

    def _preview(self, document_id: str) -> None:
        waiting = self.waiting_model.document(document_id)
        if waiting is None or not waiting.media_type:
            self.preview.header.set_case("", "", "")
            self.preview.page.clear(self.tr("There is no page to show."))
            return
        self.preview.header.set_case(waiting.name, "", "")
        self.preview.page.set_busy(self.tr("Opening…"))
        self._preview_pages.open(
            CaseDocument(
                waiting.document_id, waiting.name, "", waiting.sha256, waiting.media_type, "clinical",
                waiting.page_count, (), waiting.received_at,
            )
        )  # fmt: skip

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
        """In the lane that reads. Of single pages the model hears by itself now and then."""
        if progress.ended:
            self._background.post(lambda: self._look_again(progress.case_id))

    def _look_again(self, case_id: str) -> None:
        case = self.case_model.case
        if case is not None and case.case_id == case_id:
            self.case_model.look_again()

    # documents opened beforehand

    def _warm(self, documents: tuple[ShownDocument, ...]) -> None:
        """Open what may be turned to next, one after the other: the pages on show are drawn beside it."""
        self._to_warm = [d.file for d in documents if d.file.sha256][:WARM]
        if not self._warming:
            self._warm_next()

    def _warm_next(self, _result: object = None) -> None:
        self._warming = bool(self._to_warm)
        if not self._to_warm:
            return
        file = self._to_warm.pop(0)
        self._background.run(
            self, "pages", self._workstation.pages.open, file.sha256, file.media_type,
            done=self._warm_next, failed=self._warm_next,
        )  # fmt: skip

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
        """Somebody else wrote, or something came into review: look again at all that is shown."""
        self.queue_model.refetch()
        self.case_model.reload()
        self.waiting_model.look()

    def layout_now(self) -> Json:
        """How the room is laid out, both sides of it."""
        return {**self.screen.layout_now(), "side": self.side.view_state()}

    def put_back(self, layout: Json) -> None:
        """Lay the room out as it was left."""
        self.screen.put_back(layout)
        self.side.restore_view(layout.get("side", {}))

    def set_person(self, name: str) -> None:
        self.screen.set_person(name)
        self.side.set_person()

    def stop(self) -> None:
        """The window closes."""
        self.side.flush()
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
