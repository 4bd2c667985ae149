"""The list of form types: what each is called, whether it is in force, and how much it is used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QItemSelectionModel,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.domain.processor_version import Origin
from app.views import theme
from app.views.widgets.chip import Chip, paint_chip
from app.views.widgets.lettering import draw_text
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.queue_card import local_time
from app.views.widgets.sharing_words import sharing_words
from app.views.widgets.teach.form_type import DRAFT, IN_FORCE, FormTypeRow

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
ROW, HEAD, PAD = 56, 32, 16
Index = QModelIndex | QPersistentModelIndex


def state_chip(row: FormTypeRow) -> Chip:
    """In force, retired or a draft: sign, word and colour."""
    tr = QCoreApplication.translate
    if row.state == IN_FORCE:
        return Chip("circle-check", tr("FormTypes", "In force"), "sure")
    if row.state == DRAFT:
        return Chip("pencil", tr("FormTypes", "Draft"), "look")
    return Chip("archive", tr("FormTypes", "Retired"), "plain")


def columns(width: float) -> dict[str, tuple[float, float]]:
    """Where the columns stand, as (left, width), in a list so wide; those without room are left out."""
    wide = {"at": 132, "cases": 64, "fields": 84, "version": 84, "state": 108}
    least = theme.px(220)
    places: dict[str, tuple[float, float]] = {}
    right = width - theme.px(PAD)
    room = width - 2 * theme.px(PAD) - least
    kept = []
    for name in ("state", "version", "cases", "fields", "at"):
        needed = theme.px(wide[name])
        if room >= needed:
            kept.append(name)
            room -= needed
    for name, length in wide.items():
        if name in kept:
            right -= theme.px(length)
            places[name] = (right, theme.px(length) - theme.px(8))
    places["title"] = (theme.px(PAD), right - theme.px(PAD + 12))
    return places


class FormTypeModel(QAbstractListModel):
    """The lines of the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[FormTypeRow, ...] = ()

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return len(self.rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {state_chip(row).text}"
        return None

    def show(self, rows: Sequence[FormTypeRow]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()


class FormTypeLine(QStyledItemDelegate):
    """Paints a form type."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(240), theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: FormTypeRow = index.data(ROW_ROLE)
        place = QRectF(option.rect)
        flags = QStyle.StateFlag
        painter.save()
        if option.state & flags.State_Selected:
            painter.fillRect(place, theme.colour("selection"))
            painter.fillRect(
                QRectF(place.left(), place.top(), theme.px(3), place.height()), theme.colour("accent")
            )
        else:
            hovered = bool(option.state & flags.State_MouseOver)
            painter.fillRect(place, theme.colour("background" if hovered else "surface"))
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), theme.colour("line"))
        at = columns(place.width())
        left, wide = at["title"]
        upper = QRectF(left, place.top() + theme.px(9), wide, theme.px(20))
        draw_text(painter, upper, row.title, "strong", "text")
        lower = QRectF(left, place.top() + theme.px(29), wide, theme.px(18))
        draw_text(painter, lower, self._below(row), "small", "muted")
        middle = place.center().y()
        if "state" in at:
            chip = state_chip(row)
            x, room = at["state"]
            paint_chip(painter, x + room, middle, chip)
        locale = QLocale()
        for name, words in (
            ("version", row.version),
            ("fields", locale.toString(row.fields)),
            ("cases", locale.toString(row.cases) if row.state != DRAFT else "—"),
            ("at", local_time(row.at) if row.at else "—"),
        ):
            if name in at:
                x, room = at[name]
                cell = QRectF(x, place.top(), room, place.height())
                draw_text(painter, cell, words or "—", "body", "text", Qt.AlignmentFlag.AlignRight)
        if option.state & flags.State_HasFocus and option.widget is not None and option.widget.hasFocus():
            painter.setPen(theme.colour("accent"))
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -1.5))
        painter.restore()

    def _below(self, row: FormTypeRow) -> str:
        tr = QCoreApplication.translate
        if row.state == DRAFT:
            whose = tr("FormTypes", "begun by {name}").format(name=row.by) if row.by else ""
            mends = (
                tr("FormTypes", "mends version {version}").format(version=row.version)
                if row.version
                else tr("FormTypes", "a new form")
            )
            return " · ".join(t for t in (mends, whose) if t)
        origin = tr("FormTypes", "built in") if row.built_in else tr("FormTypes", "taught here")
        head = row.foremost
        shared = sharing_words(head.sharing) if head is not None else ""
        if head is not None and head.origin is Origin.SHARED:
            origin, shared = shared, ""
        return " · ".join(words for words in (row.form_type, origin, shared) if words)


class FormTypeHead(QWidget):
    """The headings of the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(HEAD))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
        words = {
            "title": self.tr("Form"),
            "state": self.tr("State"),
            "version": self.tr("Version"),
            "fields": self.tr("Answers"),
            "cases": self.tr("Cases"),
            "at": self.tr("Since"),
        }
        for name, (x, wide) in columns(self.width()).items():
            align = Qt.AlignmentFlag.AlignLeft if name == "title" else Qt.AlignmentFlag.AlignRight
            draw_text(
                painter, QRectF(x, 0, wide, self.height()), words[name].upper(), "section", "muted", align
            )


class FormTypeList(QListView):
    """The form types; `chosen` tells which line is current, `entered` that it was opened."""

    chosen = Signal(object)
    """`FormTypeRow` or None"""
    entered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = FormTypeModel(self)
        self.setModel(self._rows)
        self.setItemDelegate(FormTypeLine(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setUniformItemSizes(True)
        OverlayBar(self)
        self.setAccessibleName(self.tr("Form types"))
        self.selectionModel().currentChanged.connect(self._current)
        self.doubleClicked.connect(lambda index: self.entered.emit(index.data(ROW_ROLE)))
        theme.changed.connect(self.doItemsLayout)

    @property
    def rows(self) -> tuple[FormTypeRow, ...]:
        return self._rows.rows

    @property
    def row(self) -> FormTypeRow | None:
        """The current line."""
        index = self.currentIndex()
        return self._rows.rows[index.row()] if index.isValid() else None

    def show_rows(self, rows: Sequence[FormTypeRow]) -> None:
        """Show these lines; the current one stays current where it is still there, else the first is."""
        key = self.row.key if self.row else ""
        self._rows.show(rows)
        place = next((i for i, row in enumerate(rows) if row.key == key), 0)
        if rows:
            mode = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(self._rows.index(place), mode)
        else:
            self.chosen.emit(None)

    def choose(self, key: str) -> None:
        """Make a line the current one."""
        for place, row in enumerate(self._rows.rows):
            if row.key == key:
                mode = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.selectionModel().setCurrentIndex(self._rows.index(place), mode)

    def _current(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(ROW_ROLE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat() and self.row is not None:
                self.entered.emit(self.row)
        else:
            super().keyPressEvent(event)
