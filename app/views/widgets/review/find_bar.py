"""Finding in all documents of a case: what is looked for, how often it stands in each, and every place in its words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.review.document_bar_button import BarButton

ROW = 26
ROWS = 5
PLACE = int(Qt.ItemDataRole.UserRole)
Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """One place in the words around it. `label` says where: `Clinical notes p. 1`."""

    document_id: str
    label: str
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True)
class FoundCount:
    """How often it stands in a document; `reading` when not all of its text is known yet."""

    document_id: str
    title: str
    count: int
    reading: bool = False


class PlaceModel(QAbstractListModel):
    """The places, as many as there are."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.places: tuple[FoundPlace, ...] = ()

    def show(self, places: tuple[FoundPlace, ...]) -> None:
        self.beginResetModel()
        self.places = places
        self.endResetModel()

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self.places)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        place = self.places[index.row()]
        if role == PLACE:
            return place
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{place.label}: {place.before}{place.match}{place.after}"
        return None


class PlaceRow(QStyledItemDelegate):
    """Paints a place: where it is, and the words with the match set off by weight and a ground."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.current = -1

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(200), theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place: FoundPlace = index.data(PLACE)
        rect = QRectF(option.rect)
        painter.save()
        current = index.row() == self.current
        painter.fillRect(rect, theme.colour("selection" if current else "surface"))
        if current:
            painter.fillRect(
                QRectF(rect.left(), rect.top(), theme.px(3), rect.height()), theme.colour("accent")
            )
        metrics = QFontMetricsF(theme.font("small"))
        strong = QFontMetricsF(theme.font("chip"))
        label = QRectF(rect.left() + theme.px(14), rect.top(), theme.px(190), rect.height())
        draw_text(painter, label, place.label, "small", "muted")
        x, right = label.right() + theme.px(10), rect.right() - theme.px(14)
        match = strong.horizontalAdvance(place.match)
        room = max(0.0, (right - x - match) * 0.45)
        before = metrics.elidedText(place.before, Qt.TextElideMode.ElideLeft, room)
        wide = metrics.horizontalAdvance(before)
        draw_text(painter, QRectF(x, rect.top(), wide + 1, rect.height()), before, "small", "text")
        x += wide
        ground = QRectF(
            x - 1, rect.top() + theme.px(4), min(match + 2, right - x), rect.height() - theme.px(8)
        )
        painter.fillRect(ground, theme.colour("look_back"))
        draw_text(
            painter,
            QRectF(x, rect.top(), min(match + 1, right - x), rect.height()),
            place.match,
            "chip",
            "text",
        )
        x += match + 1
        if x < right:
            draw_text(painter, QRectF(x, rect.top(), right - x, rect.height()), place.after, "small", "text")
        painter.restore()


class CountChip(QAbstractButton):
    """A document with its count; a click goes to its first place."""

    def __init__(self, count: FoundCount, parent: QWidget) -> None:
        super().__init__(parent)
        self.count = count
        self.setText(f"{count.title} · {self.locale().toString(count.count)}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if count.reading:
            self.setToolTip(self.tr("Its text is still being read: more places may follow."))
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        wide = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.text())
        extra = theme.px(18) if self.count.reading else 0
        return QSize(round(min(theme.px(220), wide + theme.px(18) + 4) + extra), theme.px(22))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        found = self.count.count > 0
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("look_back" if found else "background"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        words = rect.adjusted(theme.px(9), 0, -theme.px(9), 0)
        if self.count.reading:
            draw_symbol(
                painter, "loader", "muted", words.right() - theme.px(13), rect.center().y(), theme.px(13)
            )
            words.setRight(words.right() - theme.px(18))
        draw_text(painter, words, self.text(), "chip", "look" if found else "muted")


class CountRow(QWidget):
    """The documents with their counts, as many as there is room for; it never makes the window wider."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: tuple[CountChip, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._arrange)
        self._arrange()

    def show_counts(self, counts: tuple[FoundCount, ...]) -> None:
        if tuple(chip.count for chip in self.chips) == counts:
            return
        for old in self.chips:
            old.hide()
            old.deleteLater()
        self.chips = tuple(CountChip(count, self) for count in counts)
        for chip in self.chips:
            chip.clicked.connect(lambda _on=False, name=chip.count.document_id: self.chosen.emit(name))
        self._arrange()

    def _arrange(self) -> None:
        self.setFixedHeight(theme.px(29) if self.chips else 0)
        x, gap = theme.px(12), theme.px(6)
        for chip in self.chips:
            size = chip.sizeHint()
            chip.setGeometry(x, 0, size.width(), size.height())
            chip.setVisible(x + size.width() <= self.width() - gap)
            x += size.width() + gap

    def resizeEvent(self, _event: object) -> None:
        self._arrange()


class FindEdit(QLineEdit):
    """Enter and Down go to the next place, Shift+Enter and Up to the one before, Esc leaves."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            self.stepped.emit(-1 if back else 1)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class FindBar(QWidget):
    """Stands under the tabs while somebody looks for something; the pages keep the rest."""

    edited = Signal(str)
    stepped = Signal(int)
    """1 to the next place, -1 to the one before"""
    place_chosen = Signal(int)
    document_chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = FindEdit(self)
        self._search = QAction(self)
        self.edit.addAction(self._search, QLineEdit.ActionPosition.LeadingPosition)
        self.edit.setPlaceholderText(self.tr("Find in all documents of this case…"))
        self.edit.setAccessibleName(self.tr("Find in all documents"))
        self.edit.setClearButtonEnabled(True)
        self.told = QLabel(self)
        self.told.setAccessibleName(self.tr("Places found"))
        self.counts = CountRow(self)
        self.model = PlaceModel(self)
        self.list = QListView(self)
        self.row = PlaceRow(self.list)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.row)
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(self.tr("Places found"))
        self._bar = OverlayBar(self.list)
        self.previous = BarButton("arrow-up", self.tr("Previous place (Shift+F3)"))
        self.following = BarButton("arrow-down", self.tr("Next place (F3)"))
        self.leave = BarButton("x", self.tr("Close find (Esc)"))
        self._lay_out()
        self.edit.textChanged.connect(self.edited)
        self.edit.stepped.connect(self.stepped)
        self.edit.left.connect(self.closed)
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.following.clicked.connect(lambda: self.stepped.emit(1))
        self.leave.clicked.connect(self.closed)
        self.counts.chosen.connect(self.document_chosen)
        self.list.clicked.connect(lambda index: self.place_chosen.emit(index.row()))
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_found((), (), -1)
        self.hide()

    def _lay_out(self) -> None:
        self._line = QHBoxLayout()
        self._line.addWidget(self.edit, 1)
        self._line.addWidget(self.told)
        for button in (self.previous, self.following, self.leave):
            self._line.addWidget(button)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addLayout(self._line)
        self._column.addWidget(self.counts)
        self._column.addWidget(self.list)

    @property
    def chips(self) -> tuple[CountChip, ...]:
        return self.counts.chips

    def open(self) -> None:
        """Show the bar, what stands in it selected."""
        self.show()
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def show_found(
        self, places: tuple[FoundPlace, ...], counts: tuple[FoundCount, ...], current: int
    ) -> None:
        """The places in reading order, how many there are in each document, and which one is on show."""
        if places != self.model.places:
            self.model.show(places)
            self._resize_list()
        self.counts.show_counts(counts)
        self.set_current(current)

    def set_current(self, current: int) -> None:
        """Which place is on show, -1 for none."""
        self.row.current = current
        total = len(self.model.places)
        locale = self.locale()
        if not self.edit.text().strip():
            self.told.setText("")
        elif total:
            words = self.tr("{current} of {total}")
            self.told.setText(
                words.format(current=locale.toString(current + 1), total=locale.toString(total))
            )
        else:
            reading = any(chip.count.reading for chip in self.chips)
            self.told.setText(self.tr("not found so far") if reading else self.tr("not found"))
        if 0 <= current < total:
            self.list.scrollTo(self.model.index(current))
        self.list.viewport().update()

    def _resize_list(self) -> None:
        rows = min(ROWS, len(self.model.places))
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(rows * theme.px(ROW))

    def _restyle(self) -> None:
        self._search.setIcon(theme.icon("search", "muted", theme.px(16)))
        self.told.setFont(theme.font("small"))
        self._line.setContentsMargins(theme.px(12), theme.px(6), theme.px(8), theme.px(6))
        self._line.setSpacing(theme.px(6))
        self._column.setContentsMargins(0, 0, 0, 1)
        self._resize_list()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
