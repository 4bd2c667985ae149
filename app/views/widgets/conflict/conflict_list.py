"""The open conflicts, one below the other; the keyboard stays with the one that is shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.views import theme
from app.views.widgets.chip import paint_chip
from app.views.widgets.conflict.conflict_words import Subject, kind_chip, tr
from app.views.widgets.lettering import draw_text
from app.views.widgets.overlay_bar import OverlayBar

SUBJECT = int(Qt.ItemDataRole.UserRole)
HEIGHT = 80
PAD = 16
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class ConflictRows(QAbstractListModel):
    """The conflicts as a list model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.subjects: tuple[Subject, ...] = ()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.subjects)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        subject = self.subjects[index.row()]
        if role == SUBJECT:
            return subject
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{subject.label}, {subject.patient}, {subject.receipt}"
        return None

    def show(self, subjects: tuple[Subject, ...]) -> None:
        self.beginResetModel()
        self.subjects = subjects
        self.endResetModel()


class ConflictDelegate(QStyledItemDelegate):
    """Paints a conflict: whose case, which part, which kind."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(220), theme.px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        from PySide6.QtWidgets import QStyle  # its names take 15 ms to load

        subject = index.data(SUBJECT)
        place = QRectF(option.rect)
        flags = QStyle.StateFlag
        chosen = bool(option.state & flags.State_Selected)
        painter.save()
        painter.fillRect(place, theme.colour("selection" if chosen else "surface"))
        if chosen:
            bar = QRectF(place.left(), place.top(), theme.px(3), place.height())
            painter.fillRect(bar, theme.colour("accent"))
        line = QRectF(place.left(), place.bottom() - 1, place.width(), 1)
        painter.fillRect(line, theme.colour("line"))
        if isinstance(subject, Subject):
            self._paint(painter, place, subject)
        painter.restore()

    def _paint(self, painter: QPainter, place: QRectF, subject: Subject) -> None:
        pad, tall = theme.px(PAD), theme.px(22)
        left, wide = place.left() + pad, place.width() - 2 * pad
        top = place.top() + (place.height() - 1 - 3 * tall) / 2
        name = subject.patient or subject.receipt
        draw_text(painter, QRectF(left, top, wide, tall), name, "strong", "text")
        draw_text(painter, QRectF(left, top + tall, wide, tall), subject.receipt, "receipt", "muted")
        chip = paint_chip(painter, left + wide, top + 2.5 * tall, kind_chip(subject.conflict.kind))
        room = chip.left() - theme.px(8) - left
        draw_text(painter, QRectF(left, top + 2 * tall, room, tall), subject.label, "small", "muted")


class ConflictList(QListView):
    """The list. It shows which conflict is on show and takes clicks; keys belong to the conflict itself."""

    chosen = Signal(str)
    """conflict id"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = ConflictRows(self)
        self.setModel(self._rows)
        self.setItemDelegate(ConflictDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("Conflicts"))
        self.bar = OverlayBar(self)
        self.clicked.connect(self._choose)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def show_subjects(self, subjects: tuple[Subject, ...]) -> None:
        if subjects != self._rows.subjects:
            self._rows.show(subjects)

    def set_current(self, conflict_id: str) -> None:
        """Which conflict is on show; tells nobody."""
        for place, subject in enumerate(self._rows.subjects):
            if subject.conflict.conflict_id == conflict_id:
                index = self._rows.index(place)
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
                self.scrollTo(index)
                return
        self.clearSelection()

    def _choose(self, index: QModelIndex) -> None:
        subject = index.data(SUBJECT)
        if isinstance(subject, Subject):
            self.chosen.emit(subject.conflict.conflict_id)
