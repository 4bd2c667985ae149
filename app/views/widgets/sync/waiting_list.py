"""What has not reached the shared queue, case by case: a line for the case, one for each change below it."""

from __future__ import annotations

from dataclasses import dataclass
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
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.domain.sync import WaitingFor, WaitingItem
from app.views import theme
from app.views.widgets.chip import paint_chip
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.sync.sync_words import (
    action_words,
    changes_words,
    clock_time,
    tr,
    waiting_places,
    why_chip,
)

LINE = int(Qt.ItemDataRole.UserRole)
CASE_HEIGHT, HEIGHT = 44, 36
MOST = 8
"""So many changes of one case are listed; of the rest it is said how many there are."""
PAD = 20
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The line of a case above its changes."""

    case_id: str
    patient: str
    receipt: str
    count: int


@dataclass(frozen=True, slots=True)
class MoreLine:
    """How many changes of a case are not listed."""

    case_id: str
    count: int


Line = CaseLine | WaitingItem | MoreLine


def lines_of(items: tuple[WaitingItem, ...]) -> tuple[Line, ...]:
    """The lines of what waits. What a person has to do something about is always listed."""
    lines: list[Line] = []
    for group in waiting_places(items):
        first = group[0]
        lines.append(CaseLine(first.case_id, first.patient, first.receipt, len(group)))
        asking = [i for i in group if i.waiting_for in (WaitingFor.REFUSED, WaitingFor.PERSON)]
        others = [i for i in group if i not in asking]
        shown = [*asking, *others[: max(0, MOST - len(asking))]]
        lines += shown
        if len(group) > len(shown):
            lines.append(MoreLine(first.case_id, len(group) - len(shown)))
    return tuple(lines)


class WaitingLines(QAbstractListModel):
    """The lines as a list model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return words_of(line)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and not isinstance(self.lines[index.row()], WaitingItem):
            return Qt.ItemFlag.NoItemFlags  # arrows go from change to change
        return super().flags(index)

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()


def words_of(line: Line) -> str:
    """A line for screen readers and tooltips."""
    if isinstance(line, CaseLine):
        return f"{line.patient or line.receipt}, {line.receipt}, {changes_words(line.count)}"
    if isinstance(line, MoreLine):
        return tr("and {count} more").format(count=line.count)
    return f"{action_words(line.action)}, {line.by}, {clock_time(line.at)}, {why_chip(line).text}"


class WaitingDelegate(QStyledItemDelegate):
    """Paints the lines."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        tall = CASE_HEIGHT if isinstance(index.data(LINE), CaseLine) else HEIGHT
        return QSize(theme.px(300), theme.px(tall))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        from PySide6.QtWidgets import QStyle  # its names take 15 ms to load

        line = index.data(LINE)
        place = QRectF(option.rect)
        painter.save()
        flags = QStyle.StateFlag
        chosen = bool(option.state & flags.State_Selected)
        painter.fillRect(place, theme.colour("selection" if chosen else "surface"))
        if chosen:
            bar = QRectF(place.left(), place.top(), theme.px(3), place.height())
            focused = option.widget is not None and option.widget.hasFocus()
            painter.fillRect(bar, theme.colour("accent" if focused else "muted"))
        inner = place.adjusted(theme.px(PAD), 0, -theme.px(PAD), 0)
        if isinstance(line, CaseLine):
            painter.fillRect(QRectF(place.left(), place.top(), place.width(), 1), theme.colour("line"))
            self._paint_case(painter, inner, line)
        elif isinstance(line, MoreLine):
            words = tr("and {count} more").format(count=line.count)
            draw_text(painter, inner.adjusted(theme.px(16), 0, 0, 0), words, "small", "muted")
        elif isinstance(line, WaitingItem):
            self._paint_item(painter, inner.adjusted(theme.px(16), 0, 0, 0), line)
        painter.restore()

    def _paint_case(self, painter: QPainter, place: QRectF, line: CaseLine) -> None:
        words = changes_words(line.count)
        wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1
        count = QRectF(place.right() - wide, place.top(), wide, place.height())
        draw_text(painter, count, words, "small", "muted")
        receipt = QFontMetricsF(theme.font("receipt")).horizontalAdvance(line.receipt) + 1
        name = line.patient or line.receipt
        room = place.width() - wide - theme.px(16) - (receipt + theme.px(12) if line.patient else 0)
        named = min(room, QFontMetricsF(theme.font("strong")).horizontalAdvance(name) + 1)
        draw_text(painter, QRectF(place.left(), place.top(), named, place.height()), name, "strong", "text")
        if line.patient:
            x = place.left() + named + theme.px(12)
            draw_text(
                painter, QRectF(x, place.top(), receipt, place.height()), line.receipt, "receipt", "muted"
            )

    def _paint_item(self, painter: QPainter, place: QRectF, item: WaitingItem) -> None:
        chip = paint_chip(painter, place.right(), place.center().y(), why_chip(item))
        size = theme.px(16)
        draw_symbol(painter, "pencil", "muted", place.left(), place.center().y(), size)
        left = place.left() + size + theme.px(8)
        when = clock_time(item.at)
        if item.by:
            when = f"{item.by} · {when}"
        metrics = QFontMetricsF(theme.font("small"))
        room = chip.left() - theme.px(12) - left
        wide = min(metrics.horizontalAdvance(when) + 1, room * 0.5)
        at = QRectF(chip.left() - theme.px(12) - wide, place.top(), wide, place.height())
        draw_text(painter, at, when, "small", "muted", Qt.AlignmentFlag.AlignRight)
        words = QRectF(left, place.top(), room - wide - theme.px(12), place.height())
        draw_text(painter, words, action_words(item.action), "body", "text")


class WaitingList(QListView):
    """The list. `chosen` tells the item the keyboard is on, `opened` that Enter or a double click was used on it."""

    chosen = Signal(object)
    """`WaitingItem` or None"""
    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = WaitingLines(self)
        self.setModel(self._lines)
        self.setItemDelegate(WaitingDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.bar = OverlayBar(self)
        self.setAccessibleName(tr("What waits"))
        self.selectionModel().currentChanged.connect(self._tell)
        self.doubleClicked.connect(self._open)
        theme.changed.connect(self._restyle)

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._lines.lines

    @property
    def item(self) -> WaitingItem | None:
        """What the keyboard is on."""
        line = self.currentIndex().data(LINE)
        return line if isinstance(line, WaitingItem) else None

    def show_items(self, items: tuple[WaitingItem, ...]) -> None:
        """Show what waits; the chosen one stays chosen while it is there, and its place in the window too."""
        before = self.item
        row = self.currentIndex().row()
        scroll = self.verticalScrollBar().value()
        lines = lines_of(items)
        if lines != self._lines.lines:
            self._lines.show_lines(lines)
        places = [place for place, line in enumerate(lines) if isinstance(line, WaitingItem)]
        same = [place for place in places if before is not None and _id(lines[place]) == before.change_id]
        at = same[0] if same else min(places, key=lambda place: abs(place - row), default=-1)
        if at >= 0:
            index = self._lines.index(at)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.verticalScrollBar().setValue(scroll)
        self.chosen.emit(self.item)

    def _tell(self) -> None:
        self.chosen.emit(self.item)

    def _open(self, _index: QModelIndex | None = None) -> None:
        if self.item is not None:
            self.opened.emit(self.item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._open()
        elif event.text() and event.text().isprintable() and not event.modifiers():
            event.ignore()  # letters are keys of the page, not a search of the list's own
        else:
            super().keyPressEvent(event)

    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()


def _id(line: Line) -> str:
    return line.change_id if isinstance(line, WaitingItem) else ""
