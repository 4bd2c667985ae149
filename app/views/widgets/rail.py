"""The slim rail on the left: where one can be, how much waits there, and what is saved, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.domain.role import Person
from app.views import theme
from app.views.widgets.lettering import broken, draw_lines, draw_symbol, draw_text

if TYPE_CHECKING:  # only where people sign in
    from app.views.widgets.sign_in_badge import PersonBadge

WIDTH = 70
MOST_LINES = 5


class RailButton(QAbstractButton):
    """A place to go to: symbol, word, and a badge with how much waits there."""

    def __init__(self, symbol: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = symbol
        self._count = 0
        self.setText(words)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.setAccessibleDescription(self.tr("{count} waiting").format(count=count) if count else "")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(WIDTH - 8), theme.px(52))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        radius = theme.px(8)
        if self.isChecked() or self.underMouse() or self.hasFocus():
            painter.setPen(theme.colour("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
            ground = (
                theme.mixed("accent", "surface", 0.10) if self.isChecked() else theme.colour("background")
            )
            painter.setBrush(ground)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        ink = "accent" if self.isChecked() else "muted"
        size = theme.px(20)
        draw_symbol(painter, self._symbol, ink, rect.center().x() - size / 2, theme.px(18), size)
        words = QRectF(0, theme.px(29), rect.width(), theme.px(18))
        draw_text(painter, words, self.text(), "caption", ink, Qt.AlignmentFlag.AlignHCenter)
        if self._count:
            self._paint_badge(painter, rect)

    def _paint_badge(self, painter: QPainter, rect: QRectF) -> None:
        words = "999+" if self._count > 999 else str(self._count)
        tall = theme.px(16)
        wide = max(tall, round(QFontMetricsF(theme.font("caption")).horizontalAdvance(words)) + theme.px(8))
        right = min(rect.right() - 1, rect.center().x() + theme.px(7) + wide)
        badge = QRectF(right - wide, theme.px(2), wide, tall)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.drawRoundedRect(badge, tall / 2, tall / 2)
        draw_text(painter, badge, words, "caption", "on_accent", Qt.AlignmentFlag.AlignHCenter)


class SyncState(QAbstractButton):
    """What is saved and sent, in words under a symbol; the tooltip says it whole, a click lists what waits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(
            Qt.FocusPolicy.NoFocus
        )  # it has a key of its own, and never takes the keyboard first
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._words = ""
        self._symbol = "cloud-check"
        self._role = "muted"
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def words(self) -> str:
        return self._words

    def show_state(self, words: str, symbol: str, role: str, whole: str = "") -> None:
        if (words, symbol, role) != (self._words, self._symbol, self._role):
            self._words, self._symbol, self._role = words, symbol, role
            self.setAccessibleName(words)
            self.update()
        self.setToolTip(whole or words)
        self.setAccessibleDescription(whole)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(100))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        size = theme.px(20)
        if self.underMouse():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("background"))
            ground = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(ground, theme.px(8), theme.px(8))
        lines = broken(self._words, "caption", self.width() - theme.px(4), MOST_LINES)
        top = self.height() - theme.px(8) - lines.height
        draw_symbol(
            painter, self._symbol, self._role, (self.width() - size) / 2, top - theme.px(4) - size / 2, size
        )
        metrics = QFontMetricsF(theme.font("caption"))
        for number, line in enumerate(lines.lines):
            x = (self.width() - metrics.horizontalAdvance(line.text)) / 2
            single = broken(line.text, "caption", self.width())
            draw_lines(
                painter, x, top + number * lines.line_height, single, "caption", theme.colour(self._role)
            )


class Rail(QWidget):
    """Shows the pages it is given, in order; a room that does not work yet is not among them."""

    page_chosen = Signal(str)
    person_chosen = Signal(str)
    """What is chosen in the menu of whoever is signed in: `lock`, `switch` or `passphrase`."""
    state_chosen = Signal()
    """What waits is to be listed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge: PersonBadge | None = None
        self._buttons: dict[str, RailButton] = {}
        self._column = QVBoxLayout(self)
        self._pages = QVBoxLayout()
        self.state = SyncState(self)
        self.state.clicked.connect(self.state_chosen)
        self._column.addLayout(self._pages)
        self._column.addStretch(1)
        self._column.addWidget(self.state)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.offer(("intake", "review", "search", "teach", "settings"))
        self.set_state(self.tr("All saved here"))

    def offer(self, names: Sequence[str]) -> None:
        """Which of the rooms there are on the rail, in their order."""
        rooms = (
            ("intake", "inbox", self.tr("Intake")),
            ("review", "stethoscope", self.tr("Review")),
            ("search", "search", self.tr("Search")),
            ("teach", "scan-text", self.tr("Form types")),
            ("settings", "settings", self.tr("Settings")),
        )
        if tuple(names) != self.names:
            self.set_pages([room for room in rooms if room[0] in names])

    def set_pages(self, pages: Sequence[tuple[str, str, str]]) -> None:
        """The pages there are: (name, icon, words); the first is the current one."""
        for old in self._buttons.values():
            self._pages.removeWidget(old)
            old.deleteLater()
        self._buttons = {}
        for name, symbol, words in pages:
            button = RailButton(symbol, words, self)
            button.setObjectName(f"page_{name}")
            button.clicked.connect(lambda _checked=False, chosen=name: self.page_chosen.emit(chosen))
            self._pages.addWidget(button)
            self._buttons[name] = button
        if pages:
            self.set_page(pages[0][0])

    def set_person(self, person: Person | None) -> None:
        """Who is signed in, at the foot; None where nobody has to."""
        if self._badge is None and person is not None:
            from app.views.widgets.sign_in_badge import PersonBadge  # not where nobody signs in

            self._badge = PersonBadge(self)
            self._badge.chosen.connect(self.person_chosen)
            self._column.insertWidget(self._column.count() - 1, self._badge)
        if self._badge is not None:
            self._badge.show_person(person)

    @property
    def names(self) -> tuple[str, ...]:
        """The pages there are, in order."""
        return tuple(self._buttons)

    def set_page(self, name: str) -> None:
        """Which page is shown; tells nobody. One that is not on the rail is not."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    def set_count(self, name: str, count: int) -> None:
        """How much waits on a page; 0 takes the badge away."""
        if name in self._buttons:
            self._buttons[name].set_count(count)

    def set_state(
        self, words: str, symbol: str = "cloud-check", role: str = "muted", whole: str = ""
    ) -> None:
        """What is saved and where, in few words; `whole` says all of it."""
        self.state.show_state(words, symbol, role, whole)

    def _restyle(self) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        edge = theme.px(4)
        self._column.setContentsMargins(edge, theme.px(8), edge + 1, theme.px(4))
        self._pages.setSpacing(theme.px(4))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), theme.colour("line"))
