"""A list of words that wrap: policies, criteria, what is wrong with a file, what differs between two versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.views import theme
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol, draw_text
from app.views.widgets.overlay_bar import OverlayBar

ROW_ROLE = Qt.ItemDataRole.UserRole
MOST = 12
"""Lines of a row that are shown; no criterion of a policy that ships has more."""


@dataclass(frozen=True, slots=True)
class WordRow:
    """A row: a symbol and what it says in bold, smaller words below, and again below what was before.

    `key` names it; rows without one cannot be chosen. `role` colours the symbol, `depth` indents.
    """

    key: str
    first: str
    second: str = ""
    third: str = ""
    depth: int = 0
    symbol: str = ""
    role: str = "muted"
    heading: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class _Laid:
    first: Lines
    second: Lines | None
    third: Lines | None
    left: float
    height: float


class _RowDelegate(QStyledItemDelegate):
    def __init__(self, owner: WordList) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        width = self._owner.viewport().width()
        row = index.data(ROW_ROLE)
        return QSize(width, round(_laid(row, width).height) if isinstance(row, WordRow) else 0)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, WordRow):
            return
        place = QRectF(option.rect)
        state = option.state
        laid = _laid(row, round(place.width()))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.heading:
            words = place.adjusted(theme.px(14), theme.px(10), 0, 0)
            draw_text(painter, words, row.first.upper(), "section", "muted")
            painter.restore()
            return
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver) and bool(row.key)
        if chosen or over:
            focused = chosen and self._owner.hasFocus()
            painter.setPen(QPen(theme.colour("accent"), 1.5) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selection" if chosen else "background"))
            inset = place.adjusted(theme.px(6), 1, -theme.px(6), -1)
            painter.drawRoundedRect(inset, theme.px(8), theme.px(8))
        top = place.top() + theme.px(7)
        if row.symbol:
            size = theme.px(16)
            x = place.left() + laid.left - size - theme.px(8)
            draw_symbol(painter, row.symbol, row.role, x, top + laid.first.line_height / 2, size)
        ink = theme.colour("muted" if row.quiet else "text")
        x = place.left() + laid.left
        draw_lines(painter, x, top, laid.first, "strong" if row.second or not row.depth else "body", ink)
        top += laid.first.height
        for lines, role in ((laid.second, "muted"), (laid.third, "muted")):
            if lines is not None:
                top += theme.px(2)
                draw_lines(painter, x, top, lines, "small", theme.colour(role))
                top += lines.height
        painter.restore()


def _laid(row: WordRow, width: int) -> _Laid:
    if row.heading:
        return _Laid(broken("", "section", width), None, None, 0, theme.px(34))
    left = theme.px(14) + row.depth * theme.px(20) + (theme.px(24) if row.symbol else 0)
    room = max(theme.px(80), width - left - theme.px(14))
    first = broken(row.first, "strong" if row.second or not row.depth else "body", room, MOST)
    second = broken(row.second, "small", room, MOST) if row.second else None
    third = broken(row.third, "small", room, MOST) if row.third else None
    height = first.height + theme.px(14)
    height += sum(lines.height + theme.px(2) for lines in (second, third) if lines is not None)
    return _Laid(first, second, third, left, height)


class WordList(QListWidget):
    """Shows `WordRow`s; tells which one is chosen, by a click or the arrow keys, and which is opened by Enter."""

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_RowDelegate(self))
        self.bar = OverlayBar(self)
        self.currentItemChanged.connect(self._changed)
        self.itemActivated.connect(self._opened)
        theme.changed.connect(self.scheduleDelayedItemsLayout)

    def show_rows(self, rows: Sequence[WordRow], chosen: str = "") -> None:
        """The rows; the one of this key is chosen, and nobody told."""
        self._filling = True
        self.clear()
        for row in rows:
            item = QListWidgetItem()
            item.setData(ROW_ROLE, row)
            said = (row.first, row.second, row.third)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(part for part in said if part))
            if not row.key:
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.addItem(item)
            if row.key and row.key == chosen:
                self.setCurrentItem(item)
        self._filling = False

    def choose(self, key: str) -> None:
        """Choose a row as if somebody had."""
        for place in range(self.count()):
            item = self.item(place)
            row = item.data(ROW_ROLE)
            if isinstance(row, WordRow) and row.key == key:
                self.setCurrentItem(item)
                return

    @property
    def rows(self) -> tuple[WordRow, ...]:
        return tuple(self.item(place).data(ROW_ROLE) for place in range(self.count()))

    @property
    def current_key(self) -> str:
        item = self.currentItem()
        row = item.data(ROW_ROLE) if item is not None else None
        return row.key if isinstance(row, WordRow) else ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # words wrap anew

    def _changed(self, item: QListWidgetItem | None) -> None:
        row = item.data(ROW_ROLE) if item is not None else None
        if isinstance(row, WordRow) and row.key and not self._filling:
            self.chosen.emit(row.key)

    def _opened(self, item: QListWidgetItem) -> None:
        row = item.data(ROW_ROLE)
        if isinstance(row, WordRow) and row.key:
            self.opened.emit(row.key)
