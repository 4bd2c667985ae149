"""A line over the top of a case: who else has it open. It lies over the page, so that nothing moves when it comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.sync.sync_words import clock_time

TAKE_OVER_KEY = "F12"
MARGIN = 12
WIDEST = 720


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case open: `title` is what they are called; `since` when that is known; `mine` on another desk."""

    title: str
    since: datetime | None = None
    mine: bool = False
    """It is the same person, on another desk."""


class LeaseLine(QWidget):
    """Says who has the case open; it can be put away, and the case taken over."""

    take_over_asked = Signal()

    def __init__(self, over: QWidget, parent: QWidget) -> None:
        """Lies at the head of `over`, as a child of `parent`."""
        super().__init__(parent)
        self._over = over
        self._holder: Holder | None = None
        self._put_away: Holder | None = None
        self._symbol = QLabel(self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = KeyButton(self.tr("Take over"), TAKE_OVER_KEY, parent=self)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setToolTip(self.tr("Put away"))
        self._close.setAccessibleName(self.tr("Put away"))
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._symbol)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self.button)
        self._row.addWidget(self._close)
        self.button.clicked.connect(self.take_over_asked)
        self._close.clicked.connect(self.put_away)
        over.installEventFilter(self)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def words(self) -> str:
        """What is said; "" while nobody else has the case open."""
        return self._words.text() if self._holder is not None else ""

    @property
    def holder(self) -> Holder | None:
        return self._holder

    def show_holder(self, holder: Holder | None) -> None:
        """Say who has the case open; None for nobody. What was put away stays away until it is somebody else."""
        if holder == self._holder and self.isVisible() == (holder is not None):
            return
        self._holder = holder
        if holder is None:
            self._put_away = None
            self.hide()
            return
        if holder.mine:
            words = self.tr("You have this case open on another desk.")
        elif holder.since is not None:
            words = self.tr("{person} has this case open since {time}.").format(
                person=holder.title, time=clock_time(holder.since)
            )
        else:
            words = self.tr("{person} has this case open.").format(person=holder.title)
        words += " " + self.tr("You can read and edit it; what both change is joined.")
        self._words.setText(words)
        self.setAccessibleName(words)
        if holder != self._put_away:
            self.show()
            self._place()
            self.raise_()

    def put_away(self) -> None:
        """It was read."""
        self._put_away = self._holder
        self.hide()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        corner = self._over.mapTo(parent, self._over.rect().topLeft())
        margin = theme.px(MARGIN)
        width = min(theme.px(WIDEST), self._over.width() - 2 * margin)
        if width <= 0:
            return
        height = max(self._row.heightForWidth(width), self.sizeHint().height())
        x = corner.x() + (self._over.width() - width) // 2
        self.setGeometry(x, corner.y() + margin, width, height)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(WIDEST), theme.px(50))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        ratio = self.devicePixelRatioF()
        self._symbol.setPixmap(theme.pixmap("user", "look", theme.px(18), ratio))
        self._close.setIcon(theme.icon("x", "muted", theme.px(16)))
        self._words.setFont(theme.font("body"))
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), theme.colour("text"))
        self._words.setPalette(palette)
        pad = theme.px(12)
        self._row.setContentsMargins(pad, theme.px(7), theme.px(8), theme.px(7))
        self._row.setSpacing(theme.px(10))
        self._place()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(8), theme.px(8))
        painter.fillPath(path, theme.colour("look_back"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
