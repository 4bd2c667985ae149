"""The review's queue: what is to be decided, those first that have to be begun first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.domain.case import ReviewStatus
from app.domain.review_queue import OPEN_REVIEWS, ReviewQuery, ReviewRow
from app.views import theme
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.review.queue_filter import FilterChip, FilterChips
from app.views.widgets.review.queue_head import QueueHead
from app.views.widgets.review.queue_list import ReviewList
from app.views.widgets.review.queue_row import ROW_ROLE, ReviewRowDelegate
from app.views.widgets.sync.row_mark import RowMark

TICK_MS = 30_000
SHOWN: dict[str, tuple[ReviewStatus, ...]] = {
    "open": OPEN_REVIEWS,
    "in_queue": (ReviewStatus.IN_QUEUE,),
    "in_progress": (ReviewStatus.IN_PROGRESS,),
    "completed": (ReviewStatus.COMPLETED,),
}


class ReviewQueuePage(QWidget):
    """Shows any list model whose `UserRole` is a `ReviewRow` (None while loading), and asks for others."""

    query_changed = Signal(object)
    """`ReviewQuery`"""
    case_chosen = Signal(str)
    next_requested = Signal()
    intake_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: QAbstractItemModel | None = None
        self._counts: dict[ReviewStatus, int] = {}
        self._counted = False
        self._person = ""
        self._query = ReviewQuery()
        self.title = QLabel(self.tr("Review"), self)
        self.statuses = FilterChips(
            (
                ("open", self.tr("To review")),
                ("in_queue", self.tr("In queue")),
                ("in_progress", self.tr("In progress")),
                ("completed", self.tr("Completed")),
            ),
            self,
        )
        self.mine = FilterChip(self.tr("Mine"), "user-check", self)
        self.information = FilterChip(self.tr("Waiting for information"), "hourglass", self)
        self.physician = FilterChip(self.tr("Waiting for a physician"), "user", self)
        self.filter = QLineEdit(self)
        self._search = QAction(self)
        self.head = QueueHead(self)
        self.list = ReviewList(self)
        self.rows = ReviewRowDelegate(self.list)
        self.empty = NoticePage(self)
        self._stack = QStackedWidget(self)
        self._lay_out()
        self._wire()
        self.set_now(datetime.now(UTC))
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self.list.setItemDelegate(self.rows)
        self.list.setAccessibleName(self.tr("Requests in review"))
        self.filter.setPlaceholderText(self.tr("Find a patient, service, code, receipt…"))
        self.filter.setAccessibleName(self.tr("Filter the queue"))
        self.filter.addAction(self._search, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.setClearButtonEnabled(True)
        self.filter.setAcceptDrops(False)
        self._first = QHBoxLayout()
        self._first.addWidget(self.title)
        self._first.addWidget(self.statuses)
        self._first.addStretch(1)
        self._first.addWidget(self.filter)
        self._second = QHBoxLayout()
        for chip in (self.mine, self.information, self.physician):
            self._second.addWidget(chip)
        self._second.addStretch(1)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._first)
        column.addLayout(self._second)
        column.addWidget(self.head)
        column.addWidget(self._stack, 1)

    def _wire(self) -> None:
        self.filter.textChanged.connect(self._text_changed)
        self.filter.installEventFilter(self)
        self.statuses.chosen.connect(self._ask)
        for chip in (self.mine, self.information, self.physician):
            chip.toggled.connect(self._toggled)
        self.head.sort_asked.connect(self._sort)
        self.list.chosen.connect(self.case_chosen)
        self.empty.acted.connect(self._act)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(lambda: self.set_now(datetime.now(UTC)))
        self._clock.start()

    # what is shown

    def set_model(self, model: QAbstractItemModel) -> None:
        """The requests to show."""
        self._model = model
        self.list.setModel(model)
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            signal.connect(self._show_or_explain)
        self._show_or_explain()

    def set_counts(self, by_status: dict[ReviewStatus, int], mine: int) -> None:
        """How many requests there are of each status, whatever the filter, and how many under way are mine."""
        self._counts, self._counted = dict(by_status), True
        for name, statuses in SHOWN.items():
            self.statuses.chips[name].set_count(sum(by_status.get(status, 0) for status in statuses))
        self.mine.set_count(mine)
        self._show_or_explain()

    def set_person(self, name: str) -> None:
        """Who works here: their requests say "you"."""
        self._person = self.rows.person = name
        self.list.viewport().update()

    def set_marks(self, marks: Mapping[str, RowMark]) -> None:
        """What other desks have to do with requests of the queue, by case id."""
        if marks != self.rows.marks:
            self.rows.marks = dict(marks)
            self.list.viewport().update()

    def set_now(self, now: datetime) -> None:
        """The moment that time left is counted from."""
        self.rows.now = now
        self.list.viewport().update()

    def set_open(self, case_id: str, index: QModelIndex | None = None) -> None:
        """Which request is open; with its index it is brought into sight and made the current one."""
        self.rows.open_case = case_id
        if index is not None and index.isValid():
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)
        self.list.viewport().update()

    @property
    def query(self) -> ReviewQuery:
        """What is asked for by now."""
        return self._query

    def set_query(self, query: ReviewQuery) -> None:
        """Show what is asked for; tells nobody."""
        self._query = query
        name = next((n for n, statuses in SHOWN.items() if statuses == query.statuses), "open")
        self.statuses.choose(name)
        for chip, on in (
            (self.mine, bool(query.assigned_to)),
            (self.information, query.waiting_for == "information"),
            (self.physician, query.waiting_for == "physician"),
        ):
            chip.blockSignals(True)
            chip.setChecked(on)
            chip.blockSignals(False)
        self.head.set_descending(query.descending)
        self._show_or_explain()

    def focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def focus_list(self) -> None:
        """Put the keyboard on the rows."""
        if self._model is not None and self._model.rowCount() and not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self._model.index(0, 0))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # what is asked for

    def _ask(self, *_changed: object) -> None:
        waiting = (
            "information"
            if self.information.isChecked()
            else "physician"
            if self.physician.isChecked()
            else ""
        )
        query = ReviewQuery(
            text=self.filter.text(),
            statuses=SHOWN[self.statuses.current],
            assigned_to=self._person if self.mine.isChecked() else "",
            waiting_for=waiting,
            descending=self.head.descending,
        )
        if query != self._query:
            self._query = query
            self.query_changed.emit(query)
        self._show_or_explain()

    def _toggled(self, on: bool) -> None:
        if on and self.sender() in (self.information, self.physician):
            other = self.physician if self.sender() is self.information else self.information
            other.blockSignals(True)
            other.setChecked(False)
            other.blockSignals(False)
        self._ask()

    def _text_changed(self, _text: str) -> None:
        self._ask()

    def _sort(self, descending: bool) -> None:
        self._query = replace(self._query, descending=descending)
        self.query_changed.emit(self._query)

    # empty states

    def _show_or_explain(self) -> None:
        if self._model is None or not self._counted or self._model.rowCount() > 0:
            self._stack.setCurrentWidget(self.list)
            return
        text = self.filter.text().strip()
        if text:
            words = self.tr("No request here matches “{text}”.").format(text=text)
            self.empty.show_notice("search", "", words, (("clear", self.tr("Clear the filter"), "Esc"),))
        elif self.mine.isChecked() or self._query.waiting_for:
            words = self.tr("No request fits these filters.")
            self.empty.show_notice("inbox", "", words, (("all", self.tr("Show all to review"), ""),))
        elif self.statuses.current != "open" and any(self._counts.values()):
            words = self.tr("No request has this status.")
            self.empty.show_notice("inbox", "", words, (("all", self.tr("Show all to review"), ""),))
        elif self._counts.get(ReviewStatus.COMPLETED, 0):
            self.empty.show_notice(
                "circle-check",
                self.tr("All decided"),
                self.tr("New requests appear here as soon as their forms are verified."),
            )
        else:
            self.empty.show_notice(
                "stethoscope",
                self.tr("Nothing to review yet"),
                self.tr(
                    "A request comes here when its form is verified in Intake, or when it is imported"
                    " with “countersign import”."
                ),
                (("intake", self.tr("Go to Intake"), ""),),
            )
        self._stack.setCurrentWidget(self.empty)

    def _act(self, name: str) -> None:
        if name == "clear":
            self.filter.clear()
        elif name == "intake":
            self.intake_asked.emit()
        else:
            self.filter.clear()
            self.set_query(ReviewQuery())
            self.query_changed.emit(self._query)

    # keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.filter and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self.focus_list()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._open_first(held=event.isAutoRepeat())
                return True
            if event.key() == Qt.Key.Key_Escape and self.filter.text():
                self.filter.clear()
                return True
        return super().eventFilter(watched, event)

    def _open_first(self, *, held: bool) -> None:
        first = self._model.index(0, 0) if self._model is not None and self._model.rowCount() else None
        row = first.data(ROW_ROLE) if first is not None else None
        if isinstance(row, ReviewRow) and not held:
            self.case_chosen.emit(row.case_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "/":
            self.focus_filter()
        elif event.text().strip() and event.text().isprintable() and not event.modifiers():
            self.filter.setFocus(Qt.FocusReason.OtherFocusReason)
            self.filter.end(False)
            self.filter.insert(event.text())
        else:
            super().keyPressEvent(event)

    # look

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self._search.setIcon(theme.icon("search", "muted", theme.px(18)))
        self.filter.setMinimumWidth(theme.px(200))
        self.filter.setMaximumWidth(theme.px(360))
        pad = theme.px(20)
        self._first.setContentsMargins(pad, theme.px(14), pad, theme.px(8))
        self._first.setSpacing(theme.px(16))
        self._second.setContentsMargins(pad, 0, pad, theme.px(10))
        self._second.setSpacing(theme.px(6))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, self.head.geometry().top(), self.width(), 1), theme.colour("line"))
