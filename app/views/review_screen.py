"""The review screen: the queue, and the request that was opened from it with its documents and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.case import Case, Json, ReviewStatus
from app.domain.evidence import Evidence
from app.domain.request import Request
from app.domain.review_queue import ReviewQuery
from app.services.review_queue import ReviewOpened
from app.views import theme
from app.views.models.review_case_model import ReviewCaseModel
from app.views.models.review_queue_model import ReviewCounts, ReviewQueueModel
from app.views.review_desk import ReviewDesk
from app.views.review_desk_key import bind, bind_desk
from app.views.widgets.message_line import MessageLine
from app.views.widgets.queue_card import local_time
from app.views.widgets.review.milestones import Reached
from app.views.widgets.review.queue_page import ReviewQueuePage
from app.views.widgets.review.queue_waiting import WaitingItem, WaitingPage, waiting_words
from app.views.widgets.review.summary import summary_of
from app.views.widgets.review.summary_bar import SummaryBar

SIDE_WIDTH = 490
TAKE_OVER = "take_over"
WAITING = "waiting"


class Memory(Protocol):
    """What remembers how things were looked at."""

    def keep_view(self, key: str, state: Json) -> None: ...

    def recall(self, key: str, then: Callable[[Json | None], None]) -> None: ...


class ReviewScreen(QWidget):
    """Where a UR nurse and a physician work: the queue, or one request with its documents at the left."""

    said = Signal(str, str, str)
    """kind (`info`, `look`, `wrong`, `sure`), what happened, what to do"""
    slot_asked = Signal(str, object)
    pin_asked = Signal(object)
    evidence_chosen = Signal(object)
    line_chosen = Signal(str)
    files_given = Signal(list)
    """paths to attach to the open request"""
    seen = Signal(str, tuple)
    """case id, tuple of (document id, page, seconds)"""
    held_changed = Signal(str)
    """words about somebody else who has the open request, "" when nobody has"""
    intake_asked = Signal()
    prompt_asked = Signal()
    answer_asked = Signal()
    waiting_watched = Signal(bool)
    """whether it matters at the moment which documents wait for a request"""
    moved = Signal()
    """the queue or a request is shown now"""
    layout_changed = Signal()

    def __init__(
        self,
        queue_model: ReviewQueueModel,
        case_model: ReviewCaseModel,
        desk: ReviewDesk,
        memory: Memory,
        side: QWidget,
        waiting: WaitingPage,
    ) -> None:
        super().__init__()
        self.called: Callable[[str], str] = str
        """What a person is called, by the name that stands in a case."""
        self._queue_model = queue_model
        self._case_model = case_model
        self._memory = memory
        self._case_id = ""
        self._recalled = False
        self.queue = ReviewQueuePage()
        self.summary = SummaryBar()
        self.notice = MessageLine()
        self.desk = desk
        self.side = side
        self.waiting = waiting
        self.waiting_line = MessageLine()
        self.case_page = QWidget()
        self.pages = QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._wire()
        self.queue.set_model(queue_model)

    def _lay_out(self) -> None:
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.desk)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(1, 0)
        side_width = min(theme.px(SIDE_WIDTH), 600)
        self.splitter.setSizes([1440 - theme.px(70) - side_width, side_width])
        column = QVBoxLayout(self.case_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self.notice)
        column.addWidget(self.splitter, 1)
        self.queue_page = QWidget()
        first = QVBoxLayout(self.queue_page)
        first.setContentsMargins(0, 0, 0, 0)
        first.setSpacing(0)
        first.addWidget(self.waiting_line)
        first.addWidget(self.queue, 1)
        self.pages.addWidget(self.queue_page)
        self.pages.addWidget(self.case_page)
        self.pages.addWidget(self.waiting)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self.setAcceptDrops(True)

    def _wire(self) -> None:
        queue, model, desk = self.queue, self._case_model, self.desk
        # the queue
        queue.query_changed.connect(self._ask)
        queue.case_chosen.connect(self.open_case)
        queue.intake_asked.connect(self.intake_asked)
        self._queue_model.counts_changed.connect(self._show_counts)
        self.waiting_line.acted.connect(lambda _action: self.show_waiting_page())
        self.waiting.left.connect(self.show_queue)
        # the request
        model.case_opened.connect(self._show_opened)
        model.request_changed.connect(self._show_request)
        model.documents_changed.connect(self._show_documents)
        model.case_closed.connect(self._show_nothing)
        model.moved.connect(self._moved)
        self.summary.back_asked.connect(self.show_queue)
        self.summary.next_asked.connect(self.open_next)
        self.summary.line_chosen.connect(self.line_chosen)
        self.summary.release_asked.connect(model.release)
        self.summary.take_over_asked.connect(model.take_over)
        self.summary.attach_asked.connect(self.choose_files)
        self.notice.acted.connect(self._act)
        # its documents
        desk.slot_asked.connect(self.slot_asked)
        desk.pin_asked.connect(self.pin_asked)
        desk.evidence_chosen.connect(self.evidence_chosen)
        desk.policy_wanted.connect(model.ask_policy)
        desk.seen.connect(self._seen)
        desk.layout_changed.connect(self._keep)
        self.splitter.splitterMoved.connect(self.layout_changed)
        self._bind_keys()

    def _bind_keys(self) -> None:
        bind_desk(self.desk, self.case_page)
        for keys, function, where in (
            ("Ctrl+O", self.choose_files, self.case_page),
            ("Alt+Home", self.show_queue, self.case_page),
            ("F9", self.prompt_asked.emit, self.case_page),
            ("Shift+F9", self.answer_asked.emit, self.case_page),
            ("F10", self.open_next, self),
            ("Ctrl+D", self.show_waiting_page, self),
            ("Ctrl+L", self._filter_queue, self),
        ):
            bind(keys, function, where)

    # the queue

    @property
    def floor(self) -> QWidget:
        """Where the window says things: over the pages, or over the queue."""
        if self.showing_case:
            return self.desk.halves
        return self.waiting if self.pages.currentWidget() is self.waiting else self.queue

    @property
    def showing_case(self) -> bool:
        return self.pages.currentWidget() is self.case_page

    def set_person(self, name: str) -> None:
        self.queue.set_person(name)
        self.summary.set_person(name)
        self._queue_model.set_person(name)

    def enter(self) -> None:
        """The room is shown: what is in the queue is asked for anew."""
        self._queue_model.refetch()
        if self.showing_case:
            self.desk.halves.page.setFocus()
        else:
            self.queue.focus_list()

    def show_queue(self) -> None:
        """Back to all requests; the open one stays open behind it."""
        self.pages.setCurrentWidget(self.queue_page)
        self._queue_model.refetch()
        self.queue.set_open(self._case_id, self._queue_model.index_of(self._case_id))
        self.queue.focus_list()
        self.moved.emit()

    # documents that wait for a request

    def show_waiting(self, items: tuple[WaitingItem, ...]) -> None:
        """The documents that came without a request; a line above the queue tells how many."""
        self.waiting.show_items(items)
        if items:
            self.waiting_line.say(
                "info", waiting_words(len(items)), "", WAITING, self.tr("Look at them (Ctrl+D)")
            )
        else:
            self.waiting_line.clear()

    def show_waiting_page(self) -> None:
        self.pages.setCurrentWidget(self.waiting)
        self.waiting.focus_first()
        self.moved.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.waiting_watched.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.waiting_watched.emit(False)

    # the queue, found by typing

    def _filter_queue(self) -> None:
        self.show_queue()
        self.queue.focus_filter()

    def _ask(self, query: ReviewQuery) -> None:
        self._queue_model.set_query(query)
        self.layout_changed.emit()

    def _show_counts(self, counts: ReviewCounts) -> None:
        self.queue.set_counts(dict(counts.by_status), counts.mine)

    def _moved(self, case_id: str) -> None:
        self._queue_model.forget((case_id,))
        self._queue_model.refresh()

    # the request

    def open_case(self, case_id: str) -> None:
        """Open a request; the one that is open already is only shown again."""
        if case_id == self._case_id and self._case_model.case is not None:
            self._show_case_page()
            self._case_model.reload()
        else:
            self._case_model.open(case_id)

    def open_next(self) -> None:
        """Go on with the request below in the queue."""
        following = self._queue_model.after(self._case_id or None)
        if following is None:
            self.said.emit("info", self.tr("There is no other request in the queue."), "")
        else:
            self.open_case(following)

    def _show_opened(self, opened: ReviewOpened) -> None:
        case = opened.case
        if case.case_id != self._case_id:
            self.desk.show_nothing()
            self._case_id, self._recalled = case.case_id, False
            self._memory.recall(_key(case.case_id), partial(self._put_back_case, case.case_id))
        self.queue.set_open(case.case_id, self._queue_model.index_of(case.case_id))
        self._show_case_page()
        self.layout_changed.emit()

    def _put_back_case(self, case_id: str, kept: Json | None) -> None:
        if case_id == self._case_id:
            self._recalled = True
            self.desk.put_back(kept or {})
            self.desk.show_documents(self._case_model.documents)

    def _show_case_page(self) -> None:
        if not self.showing_case:
            self.pages.setCurrentWidget(self.case_page)
            self.desk.halves.page.setFocus()
            self.moved.emit()

    def _show_holder(self, case: Case) -> None:
        """Say when somebody else has the request, also when they took it over just now."""
        held = bool(case.assigned_to) and case.assigned_to != self._queue_model.person
        if not held or case.status is ReviewStatus.COMPLETED:
            self.notice.clear()
            self.held_changed.emit("")
            return
        name = self.called(case.assigned_to)
        words = self.tr("{name} has this request.").format(name=name)
        if case.assigned_at is not None:
            words = self.tr("{name} has had this request since {time}.").format(
                name=name, time=local_time(case.assigned_at)
            )
        step = self.tr("You can look at it, and take it over.")
        self.notice.say("look", words, step, TAKE_OVER, self.tr("Take over"))
        self.held_changed.emit(
            self.tr("{name} has this request: take it over to work on it.").format(name=name)
        )

    def _act(self, action: str) -> None:
        if action == TAKE_OVER:
            self._case_model.take_over()

    def _show_request(self, case: Case, request: Request) -> None:
        milestones = tuple(Reached(str(m.step), m.by, m.at) for m in case.milestones)
        self.summary.show_summary(summary_of(case, request, milestones, case.waiting_for))
        self._show_holder(case)

    def _show_documents(self, documents: tuple[Any, ...]) -> None:
        if self._recalled:  # until it is known how they were left, none is shown: nothing jumps
            self.desk.show_documents(documents)

    def _show_nothing(self) -> None:
        self._case_id = ""
        self.notice.clear()
        self.desk.show_nothing()
        self.queue.set_open("")
        self.show_queue()

    def show_document(self, document_id: str) -> None:
        """Show a document of the open request, or a policy: `policy:ID@VERSION`."""
        self._show_case_page()
        self.desk.show_evidence(Evidence("", document_id))

    def show_evidence(self, evidence: Evidence) -> None:
        """Open the document of a piece of evidence at its place."""
        self._show_case_page()
        self.desk.show_evidence(evidence, self._field_place)

    def _field_place(self, path: str) -> Evidence | None:
        """Where a form field was read."""
        case = self._case_model.case
        field = case.field(path) if case else None
        if field is None or field.page is None or field.box is None:
            return None
        return Evidence(str(field.current or ""), field.document_id, field.page, field.box, field=path)

    def _seen(self, looks: tuple[Any, ...]) -> None:
        if self._case_id:
            self.seen.emit(self._case_id, looks)

    # documents that come

    def choose_files(self) -> None:
        """Ask for documents to attach to the open request."""
        dialog = QFileDialog(self, self.tr("Attach documents"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(
            [
                self.tr("Documents (*.pdf *.tif *.tiff *.jpg *.jpeg *.png *.txt *.html *.htm *.docx)"),
                self.tr("All files (*)"),
            ]
        )
        dialog.filesSelected.connect(self.files_given)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.showing_case and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files and self.showing_case:
            event.acceptProposedAction()
            self.files_given.emit(files)

    # what is remembered

    def _keep(self) -> None:
        if self._case_id:
            self._memory.keep_view(_key(self._case_id), self.desk.layout_now())

    def layout_now(self) -> Json:
        """How the screen is laid out, and what the queue shows."""
        query = self._queue_model.query
        return {
            "sizes": self.splitter.sizes(),
            "statuses": [str(status) for status in query.statuses],
            "mine": bool(query.assigned_to),
            "waiting_for": query.waiting_for,
            "descending": query.descending,
            "case": self._case_id if self.showing_case else "",
        }

    def put_back(self, layout: Mapping[str, Any]) -> None:
        """Lay the screen out as it was left. No request is opened by itself: opening assigns it."""
        sizes = [int(size) for size in layout.get("sizes", [])]
        if len(sizes) == self.splitter.count() and all(sizes):
            self.splitter.setSizes(sizes)
        statuses = tuple(ReviewStatus(s) for s in layout.get("statuses", ()))
        query = ReviewQuery(
            statuses=statuses or ReviewQuery().statuses,
            assigned_to=self._queue_model.person if layout.get("mine") else "",
            waiting_for=str(layout.get("waiting_for", "")),
            descending=bool(layout.get("descending", False)),
        )
        self.queue.set_query(query)
        self._queue_model.set_query(query)


def _key(case_id: str) -> str:
    return f"review:{case_id}"
