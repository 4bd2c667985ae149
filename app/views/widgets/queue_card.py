"""One case in the queue, painted: who, which form, how urgent, how long is left, how much needs a look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QDateTime,
    QEvent,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimeZone,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.domain.case import IntakeStatus
from app.domain.confidence import ACCEPTED_LOWEST, ACCEPTED_MEAN
from app.domain.queue import QueueRow
from app.views import theme
from app.views.widgets.chip import Chip, paint_chip
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.sync.row_mark import RowMark, draw_mark, mark_words

ROW_ROLE = int(Qt.ItemDataRole.UserRole)
PROGRESS_ROLE = ROW_ROLE + 1
HEIGHT = 80
PAD = 16
Index = QModelIndex | QPersistentModelIndex


def time_left(due_at: datetime, now: datetime) -> str:
    """The time until a decision is due, in words: `61 h left`, `4 d 19 h`, `late by 3 h`."""
    tr = QCoreApplication.translate
    left = due_at - now
    late = left < timedelta(0)
    minutes = int(abs(left).total_seconds() // 60)
    hours, days = minutes // 60, minutes // (24 * 60)
    if hours < 1:
        amount = tr("Queue", "{minutes} min").format(minutes=minutes)
    elif hours < 72:
        amount = tr("Queue", "{hours} h").format(hours=hours)
    else:
        amount = tr("Queue", "{days} d {hours} h").format(days=days, hours=hours % 24)
    if late:
        return tr("Queue", "late by {amount}").format(amount=amount)
    return tr("Queue", "{amount} left").format(amount=amount) if hours < 72 else amount


def time_ago(at: datetime, now: datetime) -> str:
    """How long ago something arrived: `just now`, `5 min ago`, `3 h ago`, `2 d ago`."""
    tr = QCoreApplication.translate
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 1:
        return tr("Queue", "just now")
    if minutes < 60:
        return tr("Queue", "{minutes} min ago").format(minutes=minutes)
    if minutes < 48 * 60:
        return tr("Queue", "{hours} h ago").format(hours=minutes // 60)
    return tr("Queue", "{days} d ago").format(days=minutes // (24 * 60))


def local_time(at: datetime) -> str:
    """A moment in the desk's own time and format."""
    moment = QDateTime.fromMSecsSinceEpoch(round(at.timestamp() * 1000), QTimeZone.systemTimeZone())
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def urgency_chip(urgency: str) -> Chip:
    """Expedited or standard, by symbol, word and colour."""
    if urgency == "expedited":
        return Chip("clock-alert", QCoreApplication.translate("Queue", "Expedited"), "wrong")
    return Chip("clock", QCoreApplication.translate("Queue", "Standard"))


def look_chip(row: QueueRow) -> Chip:
    """How many fields need a look; red when the document as a whole would not have been accepted."""
    words = QCoreApplication.translate("Queue", "{count} of {fields}").format(
        count=row.needs_look, fields=row.fields
    )
    if row.needs_look == 0:
        return Chip("check", words, "sure")
    accepted = row.confidence > ACCEPTED_MEAN and row.lowest > ACCEPTED_LOWEST
    return Chip("eye", words, "look") if accepted else Chip("circle-alert", words, "wrong")


def _attention(option: QStyleOptionViewItem) -> tuple[bool, bool]:
    """Whether the mouse is over the card, and whether the keyboard is on it."""
    view = option.widget
    if view is not None and not view.underMouse() and not view.hasFocus():
        return False, False
    from PySide6.QtWidgets import QStyle  # its names take 15 ms to load: not on the way to the first window

    flags = QStyle.StateFlag
    return bool(option.state & flags.State_MouseOver), bool(option.state & flags.State_HasFocus)


class QueueCard(QStyledItemDelegate):
    """Paints the cards of the queue, all of one size. Reads two roles of a row and nothing else."""

    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form_titles: Mapping[str, str] = {}
        self.person = ""
        self.now: datetime | None = None
        self.open_case = ""
        self.marks: Mapping[str, RowMark] = {}

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(200), theme.px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        place = QRectF(option.rect)
        hovered, focused = _attention(option)
        painter.save()
        opened = isinstance(row, QueueRow) and row.case_id == self.open_case
        if opened:
            painter.fillRect(place, theme.colour("selection"))
            painter.fillRect(
                QRectF(place.left(), place.top(), theme.px(3), place.height()), theme.colour("accent")
            )
        else:  # also over what the style fills a selected row with: no card is read on that
            painter.fillRect(place, theme.colour("background" if hovered else "surface"))
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), theme.colour("line"))
        if isinstance(row, QueueRow):
            self._paint_row(painter, place, row, index.data(PROGRESS_ROLE))
        else:
            self._paint_skeleton(painter, place)
        if focused:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inset = theme.px(4)
            painter.drawRoundedRect(
                place.adjusted(inset, inset, -inset, -inset - 1), theme.px(6), theme.px(6)
            )
        painter.restore()

    def _lines(self, place: QRectF) -> tuple[QRectF, QRectF, QRectF]:
        pad, tall = theme.px(PAD), theme.px(22)
        top = place.top() + (place.height() - 1 - 3 * tall) / 2
        return (
            QRectF(place.left() + pad, round(top), place.width() - 2 * pad, tall),
            QRectF(place.left() + pad, round(top + tall), place.width() - 2 * pad, tall),
            QRectF(place.left() + pad, round(top + 2 * tall), place.width() - 2 * pad, tall),
        )

    def _paint_row(self, painter: QPainter, place: QRectF, row: QueueRow, progress: object) -> None:
        first, second, third = self._lines(place)
        gap = theme.px(8)
        chip = paint_chip(painter, first.right(), first.center().y(), self.state_chip(row, progress))
        draw_text(painter, first.adjusted(0, 0, -(chip.width() + gap), 0), self.name(row), "strong", "text")
        words, role = self._time(row)
        metrics = QFontMetricsF(theme.font("chip" if role == "wrong" else "small"))
        wide = metrics.horizontalAdvance(words) + 1
        right = QRectF(second.right() - wide, second.top(), wide, second.height())
        draw_text(
            painter, right, words, "chip" if role == "wrong" else "small", role, Qt.AlignmentFlag.AlignRight
        )
        draw_text(painter, second.adjusted(0, 0, -(wide + gap), 0), row.receipt, "receipt", "muted")
        if row.status in (IntakeStatus.RECEIVED, IntakeStatus.READING):
            self._paint_progress(painter, third, progress)
        elif row.status is IntakeStatus.UNREADABLE:
            draw_text(painter, third, row.reason, "small", "muted")
        else:
            done = row.status is IntakeStatus.VERIFIED
            words = QCoreApplication.translate("Queue", "Verified")
            state = Chip("circle-check", words, "sure") if done else look_chip(row)
            chip = paint_chip(painter, third.right(), third.center().y(), state)
            rest = third.adjusted(0, 0, -(chip.width() + gap), 0)
            mark = self.marks.get(row.case_id)
            if mark is not None:
                draw_mark(painter, rest, mark)
            else:
                draw_text(painter, rest, self.form_words(row), "small", "muted")

    def _time(self, row: QueueRow) -> tuple[str, str]:
        if self.now is None:
            return "", "muted"
        if row.status in (IntakeStatus.RECEIVED, IntakeStatus.READING):
            return time_ago(row.received_at, self.now), "muted"
        return time_left(row.due_at, self.now), "wrong" if row.due_at < self.now else "muted"

    def _paint_progress(self, painter: QPainter, line: QRectF, progress: object) -> None:
        cross = self.cancel_place_in(line)
        draw_symbol(painter, "x", "muted", cross.left() + theme.px(3), cross.center().y(), theme.px(16))
        track = QRectF(
            line.left(),
            line.center().y() - theme.px(2),
            cross.left() - line.left() - theme.px(8),
            theme.px(4),
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(track, theme.px(2), theme.px(2))
        if isinstance(progress, tuple) and progress[1]:
            track.setWidth(max(track.height(), track.width() * min(1.0, progress[0] / progress[1])))
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(track, theme.px(2), theme.px(2))

    def _paint_skeleton(self, painter: QPainter, place: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("background"))
        for line, share in zip(self._lines(place), (0.55, 0.7, 0.4), strict=True):
            tall = theme.px(10)
            bar = QRectF(line.left(), line.center().y() - tall / 2, line.width() * share, tall)
            painter.drawRoundedRect(bar, tall / 2, tall / 2)

    def state_chip(self, row: QueueRow, progress: object = None) -> Chip:
        """The chip on the first line: urgency once the form is read, before that how far reading is."""
        tr = QCoreApplication.translate
        if row.status is IntakeStatus.UNREADABLE:
            return Chip("circle-x", tr("Queue", "Unreadable"), "wrong")
        if row.status is IntakeStatus.READING or isinstance(progress, tuple):
            if isinstance(progress, tuple) and progress[1]:
                words = tr("Queue", "Reading {page} of {pages}").format(page=progress[0], pages=progress[1])
                return Chip("loader", words)
            return Chip("loader", tr("Queue", "Reading"))
        if row.status is IntakeStatus.RECEIVED:
            return Chip("inbox", tr("Queue", "Waiting"))
        return urgency_chip(row.urgency)

    def name(self, row: QueueRow) -> str:
        """Who it is about, or the file's name while nobody knows."""
        return row.patient or row.file_name or row.receipt

    def form_words(self, row: QueueRow) -> str:
        """The form's title, and who has it: `Texas standard PA · you`."""
        title = self.form_titles.get(row.form_type) or (
            row.form_type or QCoreApplication.translate("Queue", "Form of unknown kind")
        )
        if not row.assigned_to:
            return title
        you = row.assigned_to == self.person
        return f"{title} · {QCoreApplication.translate('Queue', 'you') if you else row.assigned_to}"

    def words(self, row: QueueRow) -> str:
        """All of a card in words, for the tooltip."""
        tr = QCoreApplication.translate
        lines = [self.name(row), row.receipt, self.form_words(row)]
        if row.file_name and row.file_name != self.name(row):
            lines.append(row.file_name)
        lines.append(tr("Queue", "Received {time}").format(time=local_time(row.received_at)))
        lines.append(tr("Queue", "Due {time}").format(time=local_time(row.due_at)))
        if row.case_id in self.marks:
            lines.append(mark_words(self.marks[row.case_id]))
        if row.reason:
            lines.append(row.reason)
        elif row.fields:
            looks = tr("Queue", "{count} of {fields} fields need a look")
            lines.append(looks.format(count=row.needs_look, fields=row.fields))
        return "\n".join(lines)

    def cancel_place_in(self, line: QRectF) -> QRectF:
        edge = theme.px(22)
        return QRectF(line.right() - edge + theme.px(3), line.center().y() - edge / 2, edge, edge)

    def cancel_place(self, card: QRectF) -> QRectF:
        """Where the cross that stops reading stands on a card."""
        return self.cancel_place_in(self._lines(card)[2])

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if event.type() is QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            row = index.data(ROW_ROLE)
            reading = isinstance(row, QueueRow) and row.status in (
                IntakeStatus.RECEIVED,
                IntakeStatus.READING,
            )
            place = QRectF(option.rect)
            if reading and self.cancel_place(place).contains(event.position()):
                self.cancel_requested.emit(row.case_id)
                return True
        return super().editorEvent(event, model, option, index)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, _option: QStyleOptionViewItem, index: Index
    ) -> bool:
        row = index.data(ROW_ROLE)
        QToolTip.showText(event.globalPos(), self.words(row) if isinstance(row, QueueRow) else "", view)
        return True
