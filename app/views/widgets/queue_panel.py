"""The queue of intake: what waits, filtered by typing, sorted by any column, taken in by a drop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.case import IntakeStatus
from app.domain.queue import OPEN, QueueRow, QueueSort
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.queue_card import ROW_ROLE, QueueCard
from app.views.widgets.queue_list import QueueList
from app.views.widgets.queue_menu import SortChip, StatusChip
from app.views.widgets.sync.row_mark import RowMark

TICK_MS = 30_000


class QueuePanel(QWidget):
    """Shows any list model whose `UserRole` is a `QueueRow` (None while loading) and `UserRole + 1` its progress."""

    filter_changed = Signal(str)
    statuses_changed = Signal(tuple)
    sort_changed = Signal(QueueSort, bool)
    case_chosen = Signal(str)
    next_requested = Signal()
    add_files_requested = Signal()
    files_dropped = Signal(list)
    cancel_requested = Signal(str)
    read_again_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counted = False
        self._model: QAbstractItemModel | None = None
        self._dropping = False
        self.title = QLabel(self.tr("Intake"), self)
        self.status = StatusChip(self)
        self.filter = QLineEdit(self)
        self.sorting = SortChip(self)
        self.list = QueueList(self)
        self.card = QueueCard(self.list)
        self.empty = NoticePage(self)
        self.add = KeyButton(self.tr("Add files"), symbol="file-plus", parent=self)
        self.hint = QLabel(self.tr("or drop them here"), self)
        self._stack = QStackedWidget(self)
        self._search = QAction(self)
        self._lay_out()
        self._wire()
        self.set_now(datetime.now(UTC))
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self.list.setItemDelegate(self.card)
        self.filter.setPlaceholderText(self.tr("Find a patient, receipt, code…"))
        self.filter.setAccessibleName(self.tr("Filter the queue"))
        self.filter.addAction(self._search, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.setClearButtonEnabled(True)
        self.filter.setAcceptDrops(False)
        self.list.setAccessibleName(self.tr("Queue"))
        self._head = QHBoxLayout()
        self._head.addWidget(self.title)
        self._head.addStretch(1)
        self._head.addWidget(self.status)
        self._sorts = QHBoxLayout()
        self._sorts.addWidget(self.sorting)
        self._sorts.addStretch(1)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.add)
        self._foot.addWidget(self.hint, 1)
        self._top = QVBoxLayout()
        self._top.addLayout(self._head)
        self._filters = QHBoxLayout()
        self._filters.addWidget(self.filter)
        self._top.addLayout(self._filters)
        self._top.addLayout(self._sorts)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._top)
        column.addWidget(self._stack, 1)
        column.addLayout(self._foot)
        self.setAcceptDrops(True)

    def _wire(self) -> None:
        self.filter.textChanged.connect(self._filter_changed)
        self.filter.installEventFilter(self)
        self.list.chosen.connect(self.case_chosen)
        self.card.cancel_requested.connect(self.cancel_requested)
        self.add.clicked.connect(self.add_files_requested)
        self.empty.acted.connect(self._empty_acted)
        self.status.chosen.connect(self._statuses_chosen)
        self.sorting.chosen.connect(self.sort_changed)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(lambda: self.set_now(datetime.now(UTC)))
        self._clock.start()

    def set_model(self, model: QAbstractItemModel) -> None:
        """The cases to show."""
        self._model = model
        self.list.setModel(model)
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            signal.connect(self._show_or_explain)
        self._show_or_explain()

    def set_counts(self, counts: Mapping[IntakeStatus, int]) -> None:
        """How many cases there are of each status, whatever the filter."""
        self._counted = True
        self.status.set_counts(counts)
        self._show_or_explain()

    def set_form_titles(self, titles: Mapping[str, str]) -> None:
        """What the form types are called."""
        self.card.form_titles = dict(titles)
        self.list.viewport().update()

    def set_person(self, name: str) -> None:
        """Who works here: their cases say "you"."""
        self.card.person = name
        self.list.viewport().update()

    def set_marks(self, marks: Mapping[str, RowMark]) -> None:
        """What other desks have to do with cases of the queue, by case id."""
        if marks != self.card.marks:
            self.card.marks = dict(marks)
            self.list.viewport().update()

    def set_now(self, now: datetime) -> None:
        """The moment that time left is counted from."""
        self.card.now = now
        self.list.viewport().update()

    def set_open(self, case_id: str, index: QModelIndex | None = None) -> None:
        """Which case is open beside the queue; with its index it is also brought into sight."""
        self.card.open_case = case_id
        if index is not None and index.isValid():
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)
        self.list.viewport().update()

    def set_filter(self, text: str) -> None:
        """Put a text into the filter, as typing it would."""
        self.filter.setText(text)

    def set_statuses(self, statuses: tuple[IntakeStatus, ...]) -> None:
        """Which statuses the queue is said to show; tells nobody."""
        self.status.set_statuses(statuses)
        self._show_or_explain()

    def set_sort(self, sort: QueueSort, descending: bool) -> None:
        """How the queue is said to be sorted; tells nobody."""
        self.sorting.set_sort(sort, descending)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter, what stands there selected."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    # Filter and empty states.

    def _statuses_chosen(self, statuses: tuple[IntakeStatus, ...]) -> None:
        self._show_or_explain()
        self.statuses_changed.emit(statuses)

    def _filter_changed(self, text: str) -> None:
        self._show_or_explain()
        self.filter_changed.emit(text)

    def _show_or_explain(self) -> None:
        if self._model is None or not self._counted or self._model.rowCount() > 0:
            self._stack.setCurrentWidget(self.list)
            return
        if self.filter.text().strip():
            words = self.tr("No case here matches “{text}”.").format(text=self.filter.text().strip())
            self.empty.show_notice("search", "", words, (("clear", self.tr("Clear the filter"), "Esc"),))
        elif self.status.statuses not in ((), OPEN) and self.status.count():
            words = self.tr("No case has this status.")
            self.empty.show_notice("inbox", "", words, (("open", self.tr("Show what is to check"), ""),))
        elif self.status.count():
            self.empty.show_notice(
                "check", self.tr("All checked"), self.tr("New forms appear here by themselves.")
            )
        else:
            words = self.tr(
                "Add scanned forms, or drop them on this window. PDF, TIFF, JPEG and PNG are read."
            )
            self.empty.show_notice("inbox", self.tr("No forms yet"), words)
        self._stack.setCurrentWidget(self.empty)

    def _empty_acted(self, name: str) -> None:
        if name == "clear":
            self.filter.clear()
            self.filter.setFocus()
        else:
            self.status.choose(OPEN)

    # Keys, menu, drops.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.filter and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._filter_key(event)
        return super().eventFilter(watched, event)

    def _filter_key(self, event: QKeyEvent) -> bool:
        first = self._model.index(0, 0) if self._model is not None and self._model.rowCount() else None
        if event.key() == Qt.Key.Key_Down and first is not None:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(first)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            row = first.data(ROW_ROLE) if first is not None else None
            if isinstance(row, QueueRow) and not event.isAutoRepeat():
                self.case_chosen.emit(row.case_id)
            return True
        if event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F10 and not event.isAutoRepeat():
            self.next_requested.emit()
        elif event.key() == Qt.Key.Key_Slash or event.matches(QKeySequence.StandardKey.Find):
            self.focus_filter()
        elif event.text().strip() and event.text().isprintable() and not event.modifiers():
            self.filter.setFocus(Qt.FocusReason.OtherFocusReason)
            self.filter.end(False)
            self.filter.insert(event.text())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        point = self.list.viewport().mapFromGlobal(event.globalPos())
        index = self.list.indexAt(point) if by_mouse else self.list.currentIndex()
        row = index.data(ROW_ROLE) if index.isValid() else None
        if not isinstance(row, QueueRow):
            return
        place = event.globalPos()
        if not by_mouse:
            place = self.list.viewport().mapToGlobal(self.list.visualRect(index).center())
        self.case_menu(row).popup(QPoint(place))

    def case_menu(self, row: QueueRow) -> QMenu:
        """What can be done with a case of the queue."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Open")).triggered.connect(lambda: self.case_chosen.emit(row.case_id))
        if row.status in (IntakeStatus.RECEIVED, IntakeStatus.READING):
            menu.addAction(self.tr("Stop reading")).triggered.connect(
                lambda: self.cancel_requested.emit(row.case_id)
            )
        if row.status is IntakeStatus.UNREADABLE:
            again = menu.addAction(self.tr("Read again"))
            again.triggered.connect(lambda: self.read_again_requested.emit(row.case_id))
        return menu

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_dropping(False)
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)

    def set_dropping(self, dropping: bool) -> None:
        """Show that files held over the window would be taken in."""
        if dropping != self._dropping:
            self._dropping = dropping
            self.hint.setText(self.tr("let go to add them") if dropping else self.tr("or drop them here"))
            self._restyle()

    # Look.

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self.hint.setFont(theme.font("body"))
        palette = self.hint.palette()
        palette.setColor(self.hint.foregroundRole(), theme.colour("accent" if self._dropping else "muted"))
        self.hint.setPalette(palette)
        self._search.setIcon(theme.icon("search", "muted", theme.px(18)))
        pad = theme.px(16)
        self._top.setContentsMargins(0, 0, 0, theme.px(2))
        self._top.setSpacing(0)
        self._head.setContentsMargins(pad, theme.px(10), pad, theme.px(6))
        self._sorts.setContentsMargins(theme.px(8), theme.px(6), pad, theme.px(4))
        self._foot.setContentsMargins(pad, theme.px(11), pad, theme.px(11))
        self._foot.setSpacing(theme.px(8))
        self._filters.setContentsMargins(theme.px(12), 0, theme.px(12), 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        top, bottom = self._stack.geometry().top(), self._stack.geometry().bottom()
        line = theme.colour("line")
        painter.fillRect(QRectF(0, top - 1, self.width(), 1), line)
        painter.fillRect(QRectF(0, bottom + 1, self.width(), 1), line)
        if self._dropping:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent"), 2, Qt.PenStyle.DashLine))
            painter.setBrush(theme.colour("selection"))
            foot = QRectF(0, bottom + 2, self.width(), self.height() - bottom - 2)
            inset = theme.px(4)
            painter.drawRoundedRect(foot.adjusted(inset, inset, -inset, -inset), theme.px(8), theme.px(8))
