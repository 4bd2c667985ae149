"""The results of a search as a list: gone through by key, opened, pinned, dragged."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QListView, QWidget

from app.domain.evidence import Evidence
from app.domain.guideline import Hit, evidence_of
from app.views import theme
from app.views.widgets.guideline.result_card import HIT_ROLE, PINNED_ROLE, ResultCard
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.page_view.evidence_drag import drag_evidence

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class ResultRows(QAbstractListModel):
    """The hits of one search."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hits: tuple[Hit, ...] = ()
        self._pinned: frozenset[tuple[str, int, int]] = frozenset()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role not in (HIT_ROLE, PINNED_ROLE, Qt.ItemDataRole.AccessibleTextRole) or not index.isValid():
            return None
        hit = self.hits[index.row()]
        if role == HIT_ROLE:
            return hit
        if role == PINNED_ROLE:
            return place_of(hit) in self._pinned
        return f"{hit.source.title}, {hit.passage.page}: {hit.snippet}"

    def show_hits(self, hits: tuple[Hit, ...]) -> None:
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def show_pinned(self, places: Collection[tuple[str, int, int]]) -> None:
        """Which passages are pinned to the case, as (document, page, start)."""
        self._pinned = frozenset(places)
        if self.hits:
            self.dataChanged.emit(self.index(0), self.index(len(self.hits) - 1), [PINNED_ROLE])


def place_of(hit: Hit) -> tuple[str, int, int]:
    return evidence_of(hit).document, hit.passage.page, hit.passage.start


class ResultList(QListView):
    """Down and Up go through it, Enter and a click open, Ctrl+P pins, Escape and Up from the top go back."""

    opened = Signal(object)
    """`Hit`"""
    pinned = Signal(object)
    looked_at = Signal(object)
    """The `Hit` the keyboard is on."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ResultRows(self)
        self.card = ResultCard(self)
        self._pressed: QPoint | None = None
        self._carry: Callable[[QWidget, Evidence], None] = drag_evidence
        self.setModel(self.rows)
        self.setItemDelegate(self.card)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Results"))
        self.bar = OverlayBar(self)
        self.card.pin_asked.connect(self._pin)
        self.clicked.connect(self._open)
        self.selectionModel().currentChanged.connect(self._look_at)
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    @property
    def current(self) -> Hit | None:
        """The hit the keyboard is on."""
        hit = self.currentIndex().data(HIT_ROLE)
        return hit if isinstance(hit, Hit) else None

    def show_hits(self, hits: tuple[Hit, ...]) -> None:
        """Show other hits, from the top, the first one chosen."""
        self.rows.show_hits(hits)
        self.scrollToTop()
        if hits:
            self.setCurrentIndex(self.rows.index(0))

    def step(self, rows: int) -> None:
        """Go so many hits down or up."""
        at = min(max(self.currentIndex().row() + rows, 0), len(self.rows.hits) - 1)
        if at >= 0:
            self.setCurrentIndex(self.rows.index(at))

    def open_current(self) -> None:
        self._open(self.currentIndex())

    def pin_current(self) -> None:
        self._pin(self.currentIndex())

    def _open(self, index: QModelIndex) -> None:
        hit = index.data(HIT_ROLE)
        if isinstance(hit, Hit):
            self.opened.emit(hit)

    def _pin(self, index: QModelIndex) -> None:
        hit = index.data(HIT_ROLE)
        if isinstance(hit, Hit) and self.card.can_pin:
            self.pinned.emit(hit)

    def _look_at(self, index: QModelIndex) -> None:
        hit = index.data(HIT_ROLE)
        if isinstance(hit, Hit):
            self.looked_at.emit(hit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, bare = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not bare:
            if not event.isAutoRepeat():
                self.open_current()
        elif key == Qt.Key.Key_P and bare == Qt.KeyboardModifier.ControlModifier:
            if not event.isAutoRepeat():
                self.pin_current()
        elif key == Qt.Key.Key_Escape or (key == Qt.Key.Key_Up and self.currentIndex().row() <= 0):
            self.left.emit()
        elif event.text() and event.text().isprintable() and not bare & ~Qt.KeyboardModifier.ShiftModifier:
            event.ignore()  # letters go to the search field
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._pressed = at if event.button() is Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            hit = self.indexAt(self._pressed).data(HIT_ROLE)
            if far and isinstance(hit, Hit):
                self._pressed = None
                self._carry(self, evidence_of(hit))
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        super().mouseReleaseEvent(event)
