"""The list of what a form asks for, beside its page: every field with its kind, and what was read in a trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.domain.confidence import SURE
from app.domain.form import FormField
from app.views import theme
from app.views.widgets.chip import chip_width, item_chip, paint_chip
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.teach.kind_look import hue_of, kind_words, look_of
from app.views.widgets.teach.outline import OutlineRow, Row
from app.views.widgets.teach.zone_key import Ask, ask_of

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
READ_ROLE = ROW_ROLE + 1
SECTION_HEIGHT, ROW_HEIGHT, READ_HEIGHT = 32, 34, 46
PAD = 16
Index = QModelIndex | QPersistentModelIndex


class OutlineModel(QAbstractListModel):
    """The lines, and what was read for each; changed in place where as many lines stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[OutlineRow, ...] = ()
        self.read: Mapping[str, tuple[FormField, ...]] | None = None

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return len(self.rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == READ_ROLE:
            return None if self.read is None else self.read.get(row.ref, ())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.label}, {kind_words(row.kind)}" if row.row is Row.FIELD else row.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(t for t in (row.label, row.ref, row.flaw) if t)
        return None

    def show(self, rows: tuple[OutlineRow, ...], read: Mapping[str, tuple[FormField, ...]] | None) -> None:
        """Take other lines over. Lines of the same number are told as changed, so that the view keeps its place."""
        same = len(rows) == len(self.rows) and (read is None) == (self.read is None)
        if same:
            self.rows, self.read = rows, read
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self.rows, self.read = rows, read
            self.endResetModel()


class OutlineLine(QStyledItemDelegate):
    """Paints the lines: sections as headings, fields with the sign of their kind."""

    threshold = SURE

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        row: OutlineRow = index.data(ROW_ROLE)
        if row.row is Row.SECTION:
            height = SECTION_HEIGHT
        else:
            height = READ_HEIGHT if index.data(READ_ROLE) is not None and _has_value(row) else ROW_HEIGHT
        return QSize(theme.px(160), theme.px(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: OutlineRow = index.data(ROW_ROLE)
        read: tuple[FormField, ...] | None = index.data(READ_ROLE)
        place = QRectF(option.rect)
        flags = QStyle.StateFlag
        chosen = bool(option.state & flags.State_Selected)
        focused = bool(option.state & flags.State_HasFocus)
        painter.save()
        if chosen:
            painter.fillRect(place, theme.colour("selection"))
            painter.fillRect(
                QRectF(place.left(), place.top(), theme.px(3), place.height()), theme.colour("accent")
            )
        else:
            hovered = bool(option.state & flags.State_MouseOver)
            painter.fillRect(place, theme.colour("background" if hovered else "surface"))
        if row.row is Row.SECTION:
            self._section(painter, place, row)
        else:
            self._line(painter, place, row, read)
        if focused:
            painter.setPen(theme.colour("accent"))
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def _section(self, painter: QPainter, place: QRectF, row: OutlineRow) -> None:
        pad = theme.px(PAD)
        inner = place.adjusted(pad, theme.px(6), -pad, 0)
        number = str(row.count)
        wide = QFontMetricsF(theme.font("section")).horizontalAdvance(number) + theme.px(6)
        draw_text(painter, inner, number, "section", "muted", Qt.AlignmentFlag.AlignRight)
        inner.setRight(inner.right() - wide)
        if row.flaw:
            draw_symbol(painter, "circle-alert", "wrong", inner.left(), inner.center().y(), theme.px(14))
            inner.setLeft(inner.left() + theme.px(20))
        draw_text(painter, inner, row.label.upper(), "section", "muted")

    def _line(
        self, painter: QPainter, place: QRectF, row: OutlineRow, read: tuple[FormField, ...] | None
    ) -> None:
        pad = theme.px(PAD)
        left = place.left() + pad + theme.px(18) * row.depth
        right = place.right() - pad
        symbol = {Row.QUESTION: "list-checks", Row.TABLE: "table-2"}.get(row.row, look_of(row.kind).symbol)
        if row.row is Row.QUESTION or row.row is Row.TABLE:
            painter.drawPixmap(
                round(left),
                round(place.center().y() - theme.px(8)),
                theme.pixmap(symbol, "muted", theme.px(16), painter.device().devicePixelRatioF()),
            )
        else:
            ratio = painter.device().devicePixelRatioF()
            painter.drawPixmap(
                round(left),
                round(place.center().y() - theme.px(8)),
                theme.inked(symbol, hue_of(row.kind).ink, theme.px(16), ratio),
            )
        left += theme.px(24)
        right = self._signs(painter, place, row, read, right)
        if read is not None and _has_value(row):
            upper = QRectF(left, place.top() + theme.px(4), right - left, theme.px(18))
            draw_text(painter, upper, row.label, "small", "muted")
            lower = QRectF(left, place.top() + theme.px(22), right - left, theme.px(20))
            words, ink = _read_words(read)
            draw_text(painter, lower, words, "value", ink)
            return
        ink = "text"
        draw_text(painter, QRectF(left, place.top(), right - left, place.height()), row.label, "body", ink)

    def _signs(
        self,
        painter: QPainter,
        place: QRectF,
        row: OutlineRow,
        read: tuple[FormField, ...] | None,
        right: float,
    ) -> float:
        """What stands at the right: what is wrong, how sure a reading is, what is required."""
        middle = place.center().y()
        if read and _has_value(row):
            chip = item_chip(read, self.threshold)
            paint_chip(painter, right, middle, chip)
            right -= chip_width(chip) + theme.px(8)
        side = theme.px(14)
        for shown, name, ink in (
            (bool(row.flaw), "circle-alert", "wrong"),
            (row.required and read is None, "asterisk", "muted"),
            (row.expedited and read is None, "clock-alert", "muted"),
        ):
            if shown:
                draw_symbol(painter, name, ink, right - side, middle, side)
                right -= side + theme.px(6)
        if row.row in (Row.QUESTION, Row.TABLE):
            words = str(row.count)
            wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words)
            at = QRectF(right - wide - 1, place.top(), wide + 1, place.height())
            draw_text(painter, at, words, "small", "muted")
            right -= wide + theme.px(8)
        return right


def _has_value(row: OutlineRow) -> bool:
    return row.row in (Row.FIELD, Row.COLUMN)


def _read_words(read: tuple[FormField, ...]) -> tuple[str, str]:
    """What was read on a line, and the colour it is set in."""
    tr = QCoreApplication.translate
    if not read:
        return tr("FieldList", "not read"), "muted"
    values = [f.value for f in read]
    if all(isinstance(v, bool) for v in values):
        return (
            (tr("FieldList", "ticked"), "text") if any(values) else (tr("FieldList", "not ticked"), "muted")
        )
    words = " · ".join(str(v) for v in values if v)
    return (words, "text") if words else ("—", "muted")


class FieldList(QListView):
    """Says which fields are chosen, by arrow keys, mouse and Ctrl or Shift for several; letters set a kind."""

    chosen = Signal(tuple)
    """refs of fields, questions, tables, columns or sections, the current one last"""
    asked = Signal(object, object)
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline = OutlineModel(self)
        self._telling = True
        self._fixed = False
        self.setModel(self._outline)
        self.line = OutlineLine(self)
        self.setItemDelegate(self.line)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.bar = OverlayBar(self)
        self.setAccessibleName(self.tr("Fields of the form"))
        self.selectionModel().selectionChanged.connect(self._told)
        self.doubleClicked.connect(lambda _index: self.asked.emit(Ask.RENAME, None))
        theme.changed.connect(self._restyle)

    @property
    def rows(self) -> tuple[OutlineRow, ...]:
        return self._outline.rows

    def show_rows(
        self, rows: tuple[OutlineRow, ...], read: Mapping[str, tuple[FormField, ...]] | None = None
    ) -> None:
        """Show these lines, with what a trial read by ref; what is chosen stays chosen where it is still there."""
        refs = self.refs
        place = self.verticalScrollBar().value()
        again = (read is None) != (self._outline.read is None)
        self._telling = False
        self._outline.show(rows, read)
        if again:
            self.doItemsLayout()
        self._telling = True
        self.choose(refs, reveal=False)
        self.verticalScrollBar().setValue(place)

    def set_fixed(self, fixed: bool) -> None:
        """Whether fields can only be looked at."""
        self._fixed = fixed

    @property
    def refs(self) -> tuple[str, ...]:
        """What is chosen, the current one last."""
        current = self.currentIndex()
        rows = sorted(self.selectionModel().selectedIndexes(), key=lambda i: i.row())
        refs = [self._outline.rows[i.row()].ref for i in rows if i.row() < len(self._outline.rows)]
        if current.isValid() and current.row() < len(self._outline.rows):
            last = self._outline.rows[current.row()].ref
            if last in refs:
                refs.remove(last)
                refs.append(last)
        return tuple(refs)

    def choose(self, refs: Iterable[str], *, reveal: bool = True) -> None:
        """Show which lines are chosen; tells nobody."""
        wanted = tuple(refs)
        at = {row.ref: number for number, row in enumerate(self._outline.rows)}
        places = [at[ref] for ref in wanted if ref in at]
        self._telling = False
        picked = QItemSelection()
        for place in places:
            index = self._outline.index(place)
            picked.select(index, index)
        mode = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(picked, mode.ClearAndSelect)
        if places:
            index = self._outline.index(places[-1])
            self.selectionModel().setCurrentIndex(index, mode.NoUpdate)
            if reveal:
                self.scrollTo(index)
        self._telling = True
        self.viewport().update()

    def _told(self, selected: QItemSelection, _deselected: QItemSelection) -> None:
        if not self._telling:
            return
        refs = self.refs
        new = [self._outline.rows[i.row()].ref for i in selected.indexes()]
        if new:  # Qt tells of the selection before the current line follows
            refs = (*(r for r in refs if r != new[-1]), new[-1])
        self.chosen.emit(refs)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ask = ask_of(event)
        if ask is None:
            if event.text() and event.text().isprintable() and not event.modifiers():
                event.ignore()
            else:
                super().keyPressEvent(event)
            return
        if ask[0] in (Ask.EVERYTHING, Ask.NOTHING):
            if ask[0] is Ask.NOTHING and not self.refs:
                event.ignore()
            elif ask[0] is Ask.NOTHING:
                self.clearSelection()
            else:
                self.selectAll()
        elif not self._fixed:
            self.asked.emit(*ask)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            self.menu_wanted.emit(event.globalPos())
        elif self.currentIndex().isValid():
            corner = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_wanted.emit(self.viewport().mapToGlobal(corner))

    def _restyle(self) -> None:
        self.doItemsLayout()
        self.viewport().update()
