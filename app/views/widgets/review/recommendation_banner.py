"""What is proposed, in a symbol and words, with the criterion it turns on and why. It proposes; a person decides."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.recommendation import Proposed, Recommendation
from app.views import theme
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol, draw_text

HEIGHT = 32
LOOKS: dict[Proposed, tuple[str, str]] = {
    Proposed.APPROVE: ("circle-check", "sure"),
    Proposed.PEND: ("circle-pause", "look"),
    Proposed.REFER: ("user", "wrong"),
    Proposed.NEEDS_PERSON: ("circle-question-mark", "look"),
}


def proposed_words(outcome: Proposed) -> str:
    tr = QCoreApplication.translate
    return {
        Proposed.APPROVE: tr("Proposed", "Approve proposed"),
        Proposed.PEND: tr("Proposed", "Pend: information is missing"),
        Proposed.REFER: tr("Proposed", "Refer to a physician"),
        Proposed.NEEDS_PERSON: tr("Proposed", "Needs a person"),
    }[outcome]


class RecommendationBanner(QWidget):
    """The outcome as a wide chip, the deciding criterion (a click leads to it), the rationale, and what was noted."""

    deciding_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Recommendation | None = None
        self._note = ""
        self._deciding = QRectF()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)

    def show_recommendation(self, found: Recommendation, note: str = "") -> None:
        """`note` says what is otherwise now than when the answer was given."""
        self._found, self._note = found, note
        self.setAccessibleName(
            ". ".join(w for w in (self.outcome, self.deciding, found.rationale, note) if w)
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if found.blocking else Qt.FocusPolicy.NoFocus)
        self._fit()

    @property
    def outcome(self) -> str:
        return proposed_words(self._found.outcome) if self._found else ""

    @property
    def deciding(self) -> str:
        """The criterion the outcome turns on, in words."""
        if self._found is None or not self._found.blocking:
            return ""
        row = self._found.result(self._found.blocking)
        return self.tr("Turns on: {criterion}").format(criterion=row.text) if row is not None else ""

    @property
    def said(self) -> str:
        said = self._found.said if self._found is not None else None
        if self._found is None or said is None or said is self._found.outcome:
            return ""
        return self.tr("The model itself said: {outcome}. What it rests on does not carry that.").format(
            outcome=proposed_words(said)
        )

    def _texts(self, width: int) -> list[tuple[str, str, str, Lines]]:
        """(kind, role, ink, lines) of what stands under the chip, in order."""
        wide = max(60, width - 2 * theme.px(16))
        texts = [("deciding", "strong", "text", self.deciding, 3)]
        if self._found is not None:
            texts.append(("rationale", "body", "text", self._found.rationale, 10))
        texts += [("said", "small", "look", self.said, 3), ("note", "small", "accent", self._note, 3)]
        return [(k, r, i, broken(t, r, wide, most)) for k, r, i, t, most in texts if t]

    def _fit(self) -> None:
        y = theme.px(8 + HEIGHT)
        for _, _, _, lines in self._texts(self.width()):
            y += theme.px(6) + round(lines.height)
        self.setFixedHeight(y + theme.px(12) if self._found else 1)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        symbol, role = LOOKS[self._found.outcome]
        x, y = float(theme.px(16)), float(theme.px(8))
        metrics = QFontMetricsF(theme.font("title"))
        most = self.width() - 2 * x
        wide = min(most, metrics.horizontalAdvance(self.outcome) + theme.px(12 + 18 + 8 + 16) + 1)
        chip = QRectF(x, y, wide, theme.px(HEIGHT))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(f"{role}_back"))
        painter.drawRoundedRect(chip, chip.height() / 2, chip.height() / 2)
        draw_symbol(painter, symbol, role, chip.left() + theme.px(12), chip.center().y(), theme.px(18))
        words = chip.adjusted(theme.px(12 + 18 + 8), 0, -theme.px(12), 0)
        draw_text(painter, words, self.outcome, "title", role)
        y = chip.bottom()
        self._deciding = QRectF()
        for kind, set_in, ink, lines in self._texts(self.width()):
            y += theme.px(6)
            draw_lines(painter, x, y, lines, set_in, theme.colour(ink))
            tall = lines.height
            if kind == "deciding":
                self._deciding = QRectF(x, y, most, tall)
            y += tall
        if self.hasFocus() and not self._deciding.isEmpty():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRoundedRect(self._deciding.adjusted(-4, -2, 4, 2), theme.px(4), theme.px(4))

    def _go(self) -> None:
        if self._found is not None and self._found.blocking:
            self.deciding_wanted.emit(self._found.blocking)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._deciding.contains(event.position()):
            self._go()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._deciding.contains(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers():
            if not event.isAutoRepeat():
                self._go()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
