"""What is otherwise than in the answer before: outcome, criteria, and what may have brought it about."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.domain.material import Status
from app.domain.recommendation import Review
from app.domain.review_record import Difference
from app.views import theme
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol
from app.views.widgets.review.criterion_view import ROLES, SYMBOLS, status_words
from app.views.widgets.review.evidence_place import when_words
from app.views.widgets.review.model_choice import model_words
from app.views.widgets.review.recommendation_banner import proposed_words


class CompareView(QWidget):
    """A few lines between the outcome and the criteria; a click on a criterion leads to its row."""

    closed = Signal()
    criterion_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._difference: Difference | None = None
        self._before: Review | None = None
        self._rows: list[tuple[QRectF, str]] = []
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.setProperty("quiet", True)
        self.close_button.clicked.connect(self.closed)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.changed.connect(self._fit)
        self.hide()

    def show_difference(self, difference: Difference, before: Review) -> None:
        """What changed since an earlier review."""
        self._difference, self._before = difference, before
        self.setAccessibleName(". ".join(text for _, text, _ in self.said))
        self.show()
        self._fit()

    @property
    def said(self) -> tuple[tuple[str, str, str], ...]:
        """(kind, words, criterion id) of every line."""
        found, before = self._difference, self._before
        if found is None or before is None:
            return ()
        at = when_words(before.at)
        lines = [
            (
                "head",
                self.tr("Compared with {at} · {model}").format(at=at, model=model_words(before.model)),
                "",
            )
        ]
        if found.same:
            lines.append(("plain", self.tr("The same outcome, and every criterion is judged the same."), ""))
        for _, was, now in found.outcomes:
            none = self.tr("no answer")
            words = f"{proposed_words(was) if was else none} → {proposed_words(now) if now else none}"
            lines.append(("outcome", words, ""))
        for turned in found.turned:
            words = f"{_said(turned.before)} → {_said(turned.after)}: {turned.text}"
            lines.append(("turned", words, turned.criterion_id))
        lines += [("cause", words, "") for words in found.words]
        return tuple(lines)

    def _texts(self) -> list[tuple[str, str, Lines]]:
        wide = max(60, self.width() - theme.px(16 + 18 + 10 + 16))
        roles = {"head": "caption", "outcome": "strong", "cause": "small"}
        return [(k, c, broken(t, roles.get(k, "body"), wide, 4)) for k, t, c in self.said]

    def _fit(self) -> None:
        y = theme.px(8)
        for kind, _, lines in self._texts():
            y += round(lines.height) + theme.px(6 if kind == "head" else 3)
        self.setFixedHeight(y + theme.px(8))
        size = self.close_button.sizeHint()
        self.close_button.setFont(theme.font("small"))
        self.close_button.setGeometry(
            self.width() - size.width() - theme.px(8), theme.px(2), size.width(), size.height()
        )
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._difference is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("background"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        y, x = float(theme.px(8)), theme.px(16 + 18 + 10)
        turned = {t.criterion_id: t for t in self._difference.turned}
        self._rows = []
        for kind, criterion, lines in self._texts():
            role = {"head": "caption", "outcome": "strong", "cause": "small"}.get(kind, "body")
            left = theme.px(16) if kind == "head" else x
            draw_lines(
                painter, left, y, lines, role, theme.colour("muted" if kind in ("head", "cause") else "text")
            )
            middle = y + lines.line_height / 2
            after = turned[criterion].after if criterion in turned else None
            if after is not None:
                draw_symbol(painter, SYMBOLS[after], ROLES[after], theme.px(16), middle, theme.px(16))
            elif kind == "cause":
                draw_symbol(painter, "info", "muted", theme.px(16), middle, theme.px(16))
            elif kind == "outcome":
                draw_symbol(painter, "git-compare", "accent", theme.px(16), middle, theme.px(16))
            if criterion:
                self._rows.append((QRectF(0, y, self.width(), lines.height), criterion))
            y += lines.height + theme.px(6 if kind == "head" else 3)

    def _criterion_at(self, y: float) -> str:
        return next((name for place, name in self._rows if place.top() <= y <= place.bottom()), "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        name = self._criterion_at(event.position().y())
        if name:
            self.criterion_wanted.emit(name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._criterion_at(event.position().y())
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)


def _said(status: Status | None) -> str:
    return status_words(status) if status is not None else "–"
