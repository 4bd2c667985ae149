"""What has happened to a request so far: each milestone of its clock with who and when, in a small panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.queue_card import local_time

ROW = 30
WIDE = 420


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone: `name` is received, read, verified, opened, pended or decided; `at` None while it is ahead."""

    name: str
    by: str = ""
    at: datetime | None = None
    note: str = ""


def milestone_words(name: str) -> str:
    tr = QCoreApplication.translate
    return {
        "received": tr("Milestone", "Received"),
        "read": tr("Milestone", "Read"),
        "verified": tr("Milestone", "Verified"),
        "opened": tr("Milestone", "Opened for review"),
        "pended": tr("Milestone", "Waits for information"),
        "referred": tr("Milestone", "Waits for a physician"),
        "decided": tr("Milestone", "Decided"),
        "due": tr("Milestone", "Decision due"),
    }.get(name, name)


class MilestonePanel(QWidget):
    """A list that closes by itself when something else is used. It says the rule of the clock at its foot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._reached: tuple[Reached, ...] = ()
        self._rule = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Milestones"))
        theme.changed.connect(self.update)

    def show_milestones(self, reached: tuple[Reached, ...], rule: str) -> None:
        """What happened, in its order, and the sentence about the clock that runs."""
        self._reached, self._rule = reached, rule
        self.setAccessibleDescription("; ".join(self.words(r) for r in reached))
        self.update()

    def words(self, reached: Reached) -> str:
        """A milestone in words."""
        if reached.at is None:
            return self.tr("{milestone}: not yet").format(milestone=milestone_words(reached.name))
        told = f"{milestone_words(reached.name)}: {local_time(reached.at)}"
        return f"{told}, {reached.by}" if reached.by else told

    def open_at(self, place: QPoint) -> None:
        """Show it below a point of the screen, where it fits."""
        size = self.sizeHint()
        screen = QGuiApplication.screenAt(place) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        x = min(place.x(), area.right() - size.width())
        self.setGeometry(max(area.left(), x), place.y(), size.width(), size.height())
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(WIDE), theme.px(12) + theme.px(ROW) * len(self._reached) + theme.px(40))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.setPen(theme.colour("line"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        pad, y = theme.px(16), float(theme.px(8))
        widest = max(
            (
                QFontMetricsF(theme.font("body")).horizontalAdvance(milestone_words(r.name))
                for r in self._reached
            ),
            default=0.0,
        )
        for number, reached in enumerate(self._reached):
            row = QRectF(pad, y, self.width() - 2 * pad, theme.px(ROW))
            self._paint_row(painter, row, reached, widest, last=number == len(self._reached) - 1)
            y += theme.px(ROW)
        foot = QRectF(pad, y + theme.px(4), self.width() - 2 * pad, theme.px(30))
        painter.fillRect(QRectF(0, y + theme.px(2), self.width(), 1), theme.colour("line"))
        draw_text(painter, foot, self._rule, "small", "muted")

    def _paint_row(
        self, painter: QPainter, row: QRectF, reached: Reached, widest: float, *, last: bool
    ) -> None:
        done = reached.at is not None
        due = reached.name == "due"
        symbol = "clock" if due else "circle-check" if done else "square-dashed"
        ink = "accent" if due else "sure" if done else "muted"
        size = theme.px(16)
        if not last:
            painter.setPen(QPen(theme.colour("line"), 1))
            x = row.left() + size / 2
            painter.drawLine(
                round(x), round(row.center().y() + size * 0.7), round(x), round(row.bottom() + 2)
            )
        draw_symbol(painter, symbol, ink, row.left(), row.center().y(), size)
        name = QRectF(row.left() + size + theme.px(10), row.top(), widest + 2, row.height())
        draw_text(painter, name, milestone_words(reached.name), "body", "text" if done else "muted")
        when = local_time(reached.at) if reached.at else self.tr("not yet")
        wide = QFontMetricsF(theme.font("small")).horizontalAdvance(when) + 1
        at = QRectF(row.right() - wide, row.top(), wide, row.height())
        draw_text(painter, at, when, "small", "muted")
        by = QRectF(
            name.right() + theme.px(12), row.top(), at.left() - name.right() - theme.px(22), row.height()
        )
        told = " · ".join(part for part in (reached.by, reached.note) if part)
        draw_text(painter, by, told, "small", "text")
