"""On top of a case under review: what is asked for whom, the clock, who has it; its lines when there are several."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.domain.case import ReviewStatus
from app.views import theme
from app.views.widgets.chip import ChipLabel
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.queue_card import local_time, urgency_chip
from app.views.widgets.review.clock import ClockButton, clock_chip
from app.views.widgets.review.document_bar_button import BarButton
from app.views.widgets.review.milestones import MilestonePanel, Reached
from app.views.widgets.review.summary import Summary, SummaryLine, outcome_words

TICK_MS = 30_000
HEIGHT = 44


class Headline(QWidget):
    """Service, patient and age in the room there is: the patient stays, the service ends in an ellipsis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service, self._patient = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(theme.px(120))

    def set_words(self, service: str, patient: str) -> None:
        self._service, self._patient = service, patient
        self.setToolTip(f"{service} · {patient}")
        self.setAccessibleName(f"{service} · {patient}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.font("strong"))
        return QSize(
            round(metrics.horizontalAdvance(f"{self._service} · {self._patient}")) + 8, theme.px(HEIGHT)
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetricsF(theme.font("strong"))
        tail = f" · {self._patient}" if self._patient else ""
        wide = min(metrics.horizontalAdvance(tail) + 1, self.width() * 0.6)
        room = self.width() - wide
        service = metrics.elidedText(self._service, Qt.TextElideMode.ElideRight, room)
        at = metrics.horizontalAdvance(service)
        draw_text(painter, QRectF(0, 0, at + 1, self.height()), service, "strong", "text")
        draw_text(painter, QRectF(at, 0, wide, self.height()), tail, "strong", "text")


class SummaryText(QWidget):
    """Words that go before anything else when there is no room."""

    def __init__(self, role: str = "body", ink: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words, self._role, self._ink = "", role, ink
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)

    @property
    def words(self) -> str:
        return self._words

    def set_words(self, words: str, ink: str = "muted") -> None:
        self._words, self._ink = words, ink
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.font(self._role))
        return QSize(round(metrics.horizontalAdvance(self._words)) + 2, theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.width() > theme.px(24):
            draw_text(QPainter(self), QRectF(self.rect()), self._words, self._role, self._ink)


class LineChip(QAbstractButton):
    """One line of a request with what was decided on it."""

    def __init__(self, line: SummaryLine, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.line = line
        self._symbol, words, self._ink = outcome_words(line.outcome)
        self.setText(f"{number}. {line.title}")
        self._words = words
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setToolTip(f"{line.title}: {words}")
        self.setAccessibleName(f"{line.title}: {words}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        chip, small = QFontMetricsF(theme.font("chip")), QFontMetricsF(theme.font("small"))
        wide = chip.horizontalAdvance(self.text()) + small.horizontalAdvance(self._words) + theme.px(52)
        return QSize(round(min(theme.px(360), wide)), theme.px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(90), theme.px(26))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        chosen = self.isChecked()
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.mixed("accent", "surface", 0.18) if chosen else theme.colour("background"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        middle = rect.center().y()
        ink = "muted" if self._ink == "plain" else self._ink
        words = QFontMetricsF(theme.font("small")).horizontalAdvance(self._words) + 1
        right = rect.right() - theme.px(12)
        draw_text(painter, QRectF(right - words, 0, words, self.height()), self._words, "small", ink)
        right -= words + theme.px(19)
        draw_symbol(painter, self._symbol, ink, right, middle, theme.px(14))
        title = QRectF(theme.px(12), 0, right - theme.px(18), self.height())
        draw_text(painter, title, self.text(), "chip", "accent" if chosen else "text")


class SummaryBar(QWidget):
    """What is asked for whom, how long is left, in whose hands it is. The clock opens its milestones."""

    back_asked = Signal()
    next_asked = Signal()
    line_chosen = Signal(str)
    release_asked = Signal()
    take_over_asked = Signal()
    attach_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: Summary | None = None
        self._person = ""
        self._now = datetime.now(UTC)
        self.back = BarButton("chevron-left", self.tr("All requests (Alt+Home)"))
        self.headline = Headline()
        self.clock = ClockButton()
        self.urgency = ChipLabel()
        self.plan = SummaryText()
        self.state = MenuChip(QMenu(self))
        self.state.setToolTip(self.tr("What can be done with the request"))
        self.following = BarButton("arrow-down", self.tr("Next request (F10)"))
        self.milestones = MilestonePanel(self)
        self.lines: tuple[LineChip, ...] = ()
        self._row = QHBoxLayout()
        self._row.addWidget(self.back)
        self._row.addWidget(self.headline, 1)
        for widget in (self.clock, self.urgency, self.plan, self.state):
            self._row.addWidget(widget)
        self._row.addWidget(self.following)
        self._lines = QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 1)
        column.setSpacing(0)
        column.addLayout(self._row)
        column.addLayout(self._lines)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.back.clicked.connect(self.back_asked)
        self.following.clicked.connect(self.next_asked)
        self.clock.opened.connect(self._open_milestones)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(lambda: self.set_now(datetime.now(UTC)))
        self._tick.start()
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_person(self, name: str) -> None:
        """Who works here: their cases say "you"."""
        self._person = name
        self._show()

    def set_now(self, now: datetime) -> None:
        self._now = now
        self._show()

    def show_summary(self, summary: Summary) -> None:
        lines_before = self._summary.lines if self._summary else ()
        self._summary = summary
        if summary.lines != lines_before:
            self._show_lines(summary)
        self._show()

    def set_line(self, line_id: str) -> None:
        """Which line is worked on; tells nobody."""
        for chip in self.lines:
            chip.setChecked(chip.line.line_id == line_id)

    def _show(self) -> None:
        summary = self._summary
        if summary is None:
            return
        patient = summary.patient or self.tr("No name read")
        if summary.age is not None:
            patient = self.tr("{patient}, {age}").format(patient=patient, age=summary.age)
        self.headline.set_words(summary.asked_for, patient)
        self.clock.set_chip(
            clock_chip(summary.due_at, summary.urgency, self._now, summary.status), self._rule(summary)
        )
        self.urgency.set_chip(urgency_chip(summary.urgency))
        self.plan.set_words(summary.plan or self.tr("Plan not known: strictest clock"))
        self._show_state(summary)
        self._fit()
        self.milestones.show_milestones(self._reached(summary), self._rule(summary))

    def state_words(self, summary: Summary) -> str:
        """The status, whom it waits for, and who has it: `In progress · you`."""
        you = summary.assigned_to == self._person
        who = self.tr("you") if you else summary.assigned_to
        status = {
            ReviewStatus.NONE: self.tr("Not verified yet"),
            ReviewStatus.IN_QUEUE: self.tr("In queue"),
            ReviewStatus.IN_PROGRESS: self.tr("In progress"),
            ReviewStatus.COMPLETED: self.tr("Completed"),
        }[summary.status]
        waits = {
            "information": self.tr("waits for information"),
            "physician": self.tr("waits for a physician"),
        }.get(summary.waiting_for, "")
        return " · ".join(part for part in (waits or status, who) if part)

    def _fit(self) -> None:
        """What is asked for whom goes before the plan, which the clock's milestones tell too."""
        fixed = (self.back, self.clock, self.urgency, self.state, self.following)
        taken = sum(widget.sizeHint().width() for widget in fixed) + 7 * self._row.spacing() + theme.px(16)
        needed = self.headline.sizeHint().width() + self.plan.sizeHint().width()
        self.plan.setVisible(self.width() - taken >= needed)

    def resizeEvent(self, _event: object) -> None:
        self._fit()

    def _show_state(self, summary: Summary) -> None:
        words = self.state_words(summary)
        if words == self.state.text() and self.state.menu.actions():
            return
        self.state.set_words(words)
        self.state.setAccessibleName(words)
        menu, mine = self.state.menu, summary.assigned_to == self._person
        menu.clear()
        under_way = summary.status is not ReviewStatus.COMPLETED
        if summary.assigned_to and not mine and under_way:
            menu.addAction(self.tr("Take over")).triggered.connect(self.take_over_asked)
        if mine and under_way:
            menu.addAction(self.tr("Give back to the queue")).triggered.connect(self.release_asked)
        menu.addAction(f"{self.tr('Attach documents…')}\tCtrl+O").triggered.connect(self.attach_asked)

    def _rule(self, summary: Summary) -> str:
        due = self.tr("Decision due {time}").format(time=local_time(summary.due_at))
        if summary.assumed:
            return self.tr("{due}. Plan not known: the strictest clock runs.").format(due=due)
        return self.tr("{due}. {plan}, from receipt.").format(due=due, plan=summary.plan)

    def _reached(self, summary: Summary) -> tuple[Reached, ...]:
        reached = summary.milestones or (Reached("received", "", summary.received_at),)
        if summary.status is ReviewStatus.COMPLETED:
            return reached
        return (*reached, Reached("due", "", summary.due_at))

    def _open_milestones(self, place: QPoint) -> None:
        self.milestones.open_at(place)

    def _show_lines(self, summary: Summary) -> None:
        chosen = next((chip.line.line_id for chip in self.lines if chip.isChecked()), "")
        while self._lines.count():
            self._lines.takeAt(0)
        for old in self.lines:
            old.hide()
            old.deleteLater()
        several = summary.lines if len(summary.lines) > 1 else ()
        self.lines = tuple(LineChip(line, n + 1, self) for n, line in enumerate(several))
        for chip in self.lines:
            chip.setChecked(chip.line.line_id == chosen)
            chip.clicked.connect(lambda _on=False, name=chip.line.line_id: self.line_chosen.emit(name))
            self._lines.addWidget(chip)
        if self.lines:
            self._lines.addStretch(1)
            if not any(chip.isChecked() for chip in self.lines):
                self.lines[0].setChecked(True)
        self._restyle()

    def _restyle(self) -> None:
        for widget in (self.headline, self.plan):
            widget.setFixedHeight(theme.px(HEIGHT))
            widget.updateGeometry()
        self._row.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        self._row.setSpacing(theme.px(10))
        self._lines.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(8) if self.lines else 0)
        self._lines.setSpacing(theme.px(6))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
