"""One request in the review's queue, painted: what is asked for whom, how long is left, who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from app.domain.case import ReviewStatus
from app.domain.review_queue import ReviewRow
from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.queue_card import local_time, urgency_chip
from app.views.widgets.review.clock import clock_chip
from app.views.widgets.sync.row_mark import RowMark, draw_mark, mark_words

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
HEIGHT = 52
PAD = 20
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a row stand across, in logical pixels: (left, width); a width of 0 is not shown."""

    request: tuple[float, float]
    urgency: tuple[float, float]
    clock: tuple[float, float]
    state: tuple[float, float]
    holder: tuple[float, float]


def columns(width: float) -> Columns:
    """The columns of a width: in a narrow window urgency goes first, then who has it."""
    pad = theme.px(PAD)
    clock, state, urgency, holder = (float(theme.px(w)) for w in (142, 190, 128, 132))
    room = width - 2 * pad
    if room - clock - state - urgency - holder < theme.px(300):
        urgency = 0.0
    if room - clock - state - urgency - holder < theme.px(240):
        holder = 0.0
    request = max(theme.px(120), room - clock - state - urgency - holder)
    x = float(pad)
    places = []
    for wide in (request, urgency, clock, state, holder):
        places.append((x, wide))
        x += wide
    return Columns(*places)


def status_chip(row: ReviewRow) -> Chip:
    """Where the request stands: symbol and words, whom it waits for when it does."""
    tr = QCoreApplication.translate
    if row.status is ReviewStatus.COMPLETED:
        return Chip("circle-check", tr("ReviewQueue", "Completed"), "sure")
    if row.waiting_for == "information":
        return Chip("hourglass", tr("ReviewQueue", "Waits for information"), "look")
    if row.waiting_for == "physician":
        return Chip("user", tr("ReviewQueue", "Waits for a physician"), "look")
    if row.status is ReviewStatus.IN_PROGRESS:
        return Chip("stethoscope", tr("ReviewQueue", "In progress"))
    return Chip("inbox", tr("ReviewQueue", "In queue"))


def flag_words(count: int) -> str:
    """How many traps the rules found in a request."""
    tr = QCoreApplication.translate
    return (tr("ReviewQueue", "1 flag") if count == 1 else tr("ReviewQueue", "{count} flags")).format(
        count=count
    )


class ReviewRowDelegate(QStyledItemDelegate):
    """Paints the rows, all of one height. Reads one role of a row and nothing else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.person = ""
        self.now: datetime | None = None
        self.open_case = ""
        self.marks: Mapping[str, RowMark] = {}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(400), theme.px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        place = QRectF(option.rect)
        painter.save()
        hovered, focused = _attention(option)
        opened = isinstance(row, ReviewRow) and row.case_id == self.open_case
        ground = "selection" if focused or opened else "background" if hovered else "surface"
        painter.fillRect(place, theme.colour(ground))
        if focused or opened:
            mark = QRectF(place.left(), place.top(), theme.px(3), place.height())
            painter.fillRect(mark, theme.colour("accent" if focused else "line"))
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), theme.colour("line"))
        if isinstance(row, ReviewRow):
            self._paint_row(painter, place, row)
        else:
            self._paint_skeleton(painter, place)
        painter.restore()

    def _paint_row(self, painter: QPainter, place: QRectF, row: ReviewRow) -> None:
        at = columns(place.width())
        middle, left = place.center().y(), place.left()
        gap = theme.px(16)
        x, wide = at.request
        top = QRectF(left + x, place.top() + theme.px(6), wide - gap, theme.px(21))
        below = QRectF(left + x, top.bottom(), wide - gap, theme.px(19))
        self._paint_request(painter, top, below, row, at)
        now = self.now or row.due_at
        for (x, wide), chip in (
            (at.urgency, urgency_chip(row.urgency)),
            (at.clock, clock_chip(row.due_at, row.urgency, now, row.status)),
            (at.state, status_chip(row)),
        ):
            if wide:
                _chip_at(painter, left + x, middle, wide - theme.px(8), chip)
        x, wide = at.holder
        if wide:
            holder = QRectF(left + x, place.top(), wide - theme.px(4), place.height())
            self._paint_holder(painter, holder, row)

    def _paint_request(
        self, painter: QPainter, top: QRectF, below: QRectF, row: ReviewRow, at: Columns
    ) -> None:
        tr = QCoreApplication.translate
        asked = row.asked_for or tr("ReviewQueue", "No service named")
        x = top.left()
        if not at.urgency[1] and row.urgency == "expedited":
            size = theme.px(15)
            draw_symbol(painter, "clock-alert", "wrong", x, top.center().y(), size)
            x += size + theme.px(6)
        draw_text(painter, QRectF(x, top.top(), top.right() - x, top.height()), asked, "strong", "text")
        x = below.left()
        mark = self.marks.get(row.case_id)
        if mark is not None:
            x += draw_mark(painter, below, mark, most=0.5) + theme.px(10)
        if row.flags:
            size = theme.px(14)
            draw_symbol(painter, "triangle-alert", "look", x, below.center().y(), size)
            words = flag_words(row.flags)
            x += size + theme.px(4)
            wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1
            draw_text(painter, QRectF(x, below.top(), wide, below.height()), words, "small", "look")
            x += wide + theme.px(10)
        who = row.patient or tr("ReviewQueue", "No name read")
        if not at.holder[1] and row.assigned_to:
            who = f"{who} · {self.holder(row)}"
        draw_text(
            painter,
            QRectF(x, below.top(), below.right() - x, below.height()),
            f"{who} · {row.receipt}",
            "small",
            "muted",
        )

    def _paint_holder(self, painter: QPainter, place: QRectF, row: ReviewRow) -> None:
        words = self.holder(row)
        if not words:
            draw_text(painter, place, QCoreApplication.translate("ReviewQueue", "nobody"), "small", "muted")
            return
        mine = row.assigned_to == self.person
        size = theme.px(15)
        ink = "accent" if mine else "muted"
        draw_symbol(painter, "user-check" if mine else "user", ink, place.left(), place.center().y(), size)
        rest = place.adjusted(size + theme.px(6), 0, 0, 0)
        draw_text(painter, rest, words, "chip" if mine else "small", "accent" if mine else "text")

    def _paint_skeleton(self, painter: QPainter, place: QRectF) -> None:
        painter.setRenderHint(painter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("background"))
        x, wide = columns(place.width()).request
        for share, y in ((0.5, 0.34), (0.3, 0.68)):
            tall = theme.px(9)
            top = place.top() + place.height() * y - tall / 2
            painter.drawRoundedRect(QRectF(place.left() + x, top, wide * share, tall), tall / 2, tall / 2)

    def holder(self, row: ReviewRow) -> str:
        """Who has it, "you" for the person who works here."""
        if row.assigned_to and row.assigned_to == self.person:
            return QCoreApplication.translate("ReviewQueue", "you")
        return row.assigned_to

    def words(self, row: ReviewRow) -> str:
        """All of a row in words, for the tooltip."""
        tr = QCoreApplication.translate
        lines = [row.asked_for or tr("ReviewQueue", "No service named"), row.patient, row.receipt]
        lines.append(f"{urgency_chip(row.urgency).text} · {status_chip(row).text}")
        lines.append(tr("ReviewQueue", "Begin by {time}").format(time=local_time(row.begin_by)))
        lines.append(tr("ReviewQueue", "Decision due {time}").format(time=local_time(row.due_at)))
        if row.flags:
            lines.append(flag_words(row.flags))
        if row.case_id in self.marks:
            lines.append(mark_words(self.marks[row.case_id]))
        return "\n".join(line for line in lines if line)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, _option: QStyleOptionViewItem, index: Index
    ) -> bool:
        row = index.data(ROW_ROLE)
        QToolTip.showText(event.globalPos(), self.words(row) if isinstance(row, ReviewRow) else "", view)
        return True


def _chip_at(painter: QPainter, left: float, middle: float, widest: float, chip: Chip) -> None:
    """Paint a chip that begins at `left`."""
    paint_chip(painter, left + min(chip_width(chip), widest), middle, chip)


def _attention(option: QStyleOptionViewItem) -> tuple[bool, bool]:
    """Whether the mouse is over the row, and whether it is the current one."""
    from PySide6.QtWidgets import QStyle

    flags = QStyle.StateFlag
    view = option.widget
    focused = bool(option.state & flags.State_HasFocus) and view is not None
    return bool(option.state & flags.State_MouseOver), focused
