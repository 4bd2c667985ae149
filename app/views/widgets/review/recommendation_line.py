"""The lines of a request over their answers: each with the outcome proposed for it, one in sight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.domain.recommendation import Proposed
from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.review.determination_parts import FlowRow
from app.views.widgets.review.recommendation_banner import LOOKS, proposed_words

MOST = 200
"""The most a title takes before it is cut."""


class LinePill(QAbstractButton):
    """One line: what is proposed for it as a symbol, and its title."""

    def __init__(self, title: str, outcome: Proposed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outcome = outcome
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"{title}: {proposed_words(outcome)}")
        self.setAccessibleName(self.toolTip())

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.text()) + 1
        return QSize(round(min(words, theme.px(MOST))) + theme.px(10 + 16 + 6 + 12), theme.px(28))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # a button would only move the keyboard: the row chooses the next one
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        chosen = self.isChecked()
        edge = "accent" if self.hasFocus() or chosen else "line"
        painter.setPen(QPen(theme.colour(edge), 1.5 if self.hasFocus() else 1))
        painter.setBrush(
            theme.colour("selection" if chosen else "background" if self.underMouse() else "surface")
        )
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        symbol, role = LOOKS[self._outcome]
        draw_symbol(painter, symbol, role, theme.px(10), self.height() / 2, theme.px(16))
        x = theme.px(10 + 16 + 6)
        words = QRectF(x, 0, self.width() - x - theme.px(12), self.height())
        draw_text(painter, words, self.text(), "chip", "text" if chosen else "muted")


class LineChoice(QWidget):
    """The pills; hidden where there is one line. `chosen` names a line; Left and Right go from one to the next."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[str, ...] = ()
        self._shown: tuple[tuple[str, str, Proposed], ...] = ()
        self.pills: list[LinePill] = []
        self._row = FlowRow(self)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._row)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_lines(self, lines: Sequence[tuple[str, str, Proposed]], line: str) -> None:
        """`lines` are (id, title, what is proposed); `line` is the one in sight."""
        if tuple(lines) != self._shown:
            self._shown = tuple(lines)
            self._lines = tuple(name for name, _, _ in lines)
            for old in self.pills:
                old.hide()
                old.deleteLater()
            self.pills = [LinePill(title, outcome, self._row) for _, title, outcome in lines]
            for name, pill in zip(self._lines, self.pills, strict=True):
                pill.clicked.connect(lambda _checked=False, found=name: self.choose(found))
            self._row.set_items([*self.pills])
        self._mark(line)
        self.setVisible(len(lines) > 1)

    def choose(self, line: str) -> None:
        """Show another line."""
        if line in self._lines:
            self._mark(line)
            self.chosen.emit(line)

    def _mark(self, line: str) -> None:
        for name, pill in zip(self._lines, self.pills, strict=True):
            pill.setChecked(name == line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {int(Qt.Key.Key_Right): 1, int(Qt.Key.Key_Left): -1}.get(event.key())
        if step is None:
            super().keyPressEvent(event)
            return
        place = next((i for i, pill in enumerate(self.pills) if pill.isChecked()), 0)
        after = (place + step) % len(self.pills)
        self.pills[after].setFocus(Qt.FocusReason.OtherFocusReason)
        self.choose(self._lines[after])

    def _restyle(self) -> None:
        self._column.setContentsMargins(theme.px(16), theme.px(2), theme.px(16), theme.px(8))
        self._row.place()
