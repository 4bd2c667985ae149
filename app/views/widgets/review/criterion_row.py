"""One criterion: met, not met or not known, in a symbol and words, with the quotes it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.domain.evidence import Evidence
from app.domain.material import Status
from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol, draw_text
from app.views.widgets.review.criterion_view import ROLES, SYMBOLS, CriterionView, status_words
from app.views.widgets.review.evidence_mime import EVIDENCE_MIME, from_mime
from app.views.widgets.review.evidence_place import Places

PAD, STEP, SYMBOL = 16, 14, 18
TOP, BOTTOM, GAP = 9, 9, 4
MOST_LINES = 14
QUOTE_LINES = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of words in a row and where it is set; `evidence` where a click on it opens something."""

    kind: str
    top: float
    left: float
    lines: Lines
    role: str
    ink: str
    evidence: Evidence | None = None
    place: str = ""
    place_at: QRectF = field(default_factory=QRectF)


class CriterionRow(QWidget):
    """Shows one row; it can hold the keyboard and takes evidence that is dropped on it."""

    opened = Signal(object)
    """`Evidence`"""
    folded = Signal()
    mark_wanted = Signal(object)
    """`Status`, or None to take a mark back"""
    dropped = Signal(object)
    focused = Signal()
    moved = Signal(int)
    menu_wanted = Signal(object)

    def __init__(self, view: CriterionView, places: Places, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view, self._places = view, places
        self._folded = view.folds
        self._parts: list[_Part] = []
        self._chips: list[tuple[Chip, QPointF]] = []
        self._hot: Evidence | None = None
        self._over = False
        self._wide = -1
        self._tall = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(not view.group)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    @property
    def view(self) -> CriterionView:
        return self._view

    @property
    def is_folded(self) -> bool:
        return self._folded

    def set_folded(self, folded: bool) -> None:
        self._folded = folded
        self._name()
        self.update()

    def show_view(self, view: CriterionView, places: Places) -> None:
        """Show another state of the same criterion."""
        if (view, places) != (self._view, self._places):
            self._view, self._places = view, places
            self._wide = -1
            self._name()
            self.update()

    def _name(self) -> None:
        found = self._view.result
        words = [status_words(found.status), found.text, found.why]
        if self._view.group:
            words.append(self._view.group_words())
        words += [f"“{e.quote}” {self._places.words(e)}" for e in self._view.evidence]
        self.setAccessibleName(". ".join(w for w in words if w))

    # Where things stand

    def height_for(self, width: int) -> int:
        """How tall the row stands at a width."""
        if width != self._wide:
            self._wide = width
            self._lay_out(width)
        return self._tall

    def restyle(self) -> None:
        self._wide = -1
        self.update()

    def _left(self) -> float:
        return theme.px(PAD) + min(self._view.result.depth, 6) * theme.px(STEP)

    def _lay_out(self, width: int) -> None:
        view, found = self._view, self._view.result
        parts: list[_Part] = []
        x = self._left() + theme.px(SYMBOL + 10)
        right = width - theme.px(PAD)
        y = float(theme.px(TOP))
        text_right = right - (theme.px(22) if view.group else 0)
        role = "strong" if view.group and found.depth < 2 else "body"
        lines = broken(found.text, role, max(60, text_right - x), MOST_LINES)
        parts.append(_Part("text", y, x, lines, role, "text"))
        y += lines.height
        if view.group:
            words = broken(view.group_words(), "small", max(60, right - x), 2)
            parts.append(_Part("group", y, x, words, "small", "muted"))
            y += words.height
        if found.why:
            why = broken(found.why, "small", max(60, right - x), MOST_LINES)
            parts.append(_Part("why", y + theme.px(1), x, why, "small", "muted"))
            y += why.height + theme.px(1)
        if not view.group and found.status is Status.INSUFFICIENT and found.ask:
            ask = broken(self.tr("Ask for: {ask}").format(ask=found.ask), "small", max(60, right - x), 4)
            parts.append(_Part("ask", y + theme.px(1), x, ask, "small", "look"))
            y += ask.height + theme.px(1)
        for evidence in view.evidence:
            y = self._quote(parts, evidence, x, right, y + theme.px(GAP))
        if view.reason:
            reason = broken(
                self.tr("Reason: {reason}").format(reason=view.reason), "small", max(60, right - x), 6
            )
            parts.append(_Part("reason", y + theme.px(GAP), x, reason, "small", "text"))
            y += reason.height + theme.px(GAP)
        y = self._lay_chips(x, right, y)
        self._parts = parts
        self._tall = round(max(y + theme.px(BOTTOM), theme.px(34)))

    def _quote(self, parts: list[_Part], evidence: Evidence, x: float, right: float, y: float) -> float:
        """A quote with its place at the right of its first line; returns where it ends."""
        place = self._places.words(evidence)
        metrics = QFontMetricsF(theme.font("small"))
        left = x + theme.px(12)
        under = bool(place) and right - left < theme.px(250)
        most = right - left - theme.px(18) if under else max(theme.px(60), (right - x) * 0.42)
        wide = min(metrics.horizontalAdvance(place) + 1, most)
        beside = wide + theme.px(18 + 10) if place and not under else 0
        words = f"“{evidence.quote}”" if evidence.quote else self.tr("a region of the page")
        lines = broken(words, "note", max(60, right - left - beside), QUOTE_LINES)
        middle = y + lines.line_height / 2 if not under else y + lines.height + theme.px(9)
        edge = left if under else right - theme.px(18) - wide
        at = QRectF(edge, middle - theme.px(9), wide, theme.px(18))
        ink = "text" if evidence.supported else "muted"
        parts.append(_Part("quote", y, left, lines, "note", ink, evidence, place, at))
        y += lines.height + (theme.px(18) if under else 0)
        note = evidence.note or (
            self.tr("does not stand there: it does not count") if not evidence.supported else ""
        )
        if note:
            said = broken(note, "small", max(60, right - left), 3)
            parts.append(_Part("note", y, left, said, "small", "look" if evidence.supported else "wrong"))
            y += said.height
        return y

    def _lay_chips(self, x: float, right: float, y: float) -> float:
        found = self._view.result
        chips: list[Chip] = []
        if self._view.deciding:
            chips.append(Chip("circle-alert", self.tr("deciding"), "look"))
        if found.marked_by:
            words = self.tr("marked {status} by {by}").format(
                status=status_words(found.status), by=found.marked_by
            )
            chips.append(Chip("user-check", words, "plain"))
        if found.said is not None and found.said is not found.status:
            words = self.tr("the model said: {status}").format(status=status_words(found.said))
            chips.append(Chip("unlink", words, "look"))
        fresh = [e for e in self._view.pins if e not in found.evidence]
        if fresh and not found.marked_by:
            chips.append(Chip("pin", self.tr("pinned since: mark it, or ask again"), "plain"))
        self._chips = []
        if not chips:
            return y
        y += theme.px(6)
        at = x
        for chip in chips:
            wide = chip_width(chip)
            if at > x and at + wide > right:
                at, y = x, y + theme.px(26)
            self._chips.append((chip, QPointF(at + wide, y + theme.px(11))))
            at += wide + theme.px(6)
        return y + theme.px(22)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), self.height_for(max(self.width(), 200)))

    def evidence_at(self, y: float) -> Evidence | None:
        """The quote that stands at a height."""
        for part in self._parts:
            bottom = max(part.top + part.lines.height, part.place_at.bottom())
            if part.evidence is not None and part.top <= y <= bottom:
                return part.evidence
        return None

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.height_for(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._over:
            painter.fillRect(self.rect(), theme.colour("sure_back"))
        elif self.hasFocus():
            painter.fillRect(self.rect(), theme.colour("selection"))
            painter.fillRect(QRectF(0, 0, theme.px(3), self.height()), theme.colour("accent"))
        line_left = 0 if self._view.result.depth == 0 else self._left()
        painter.fillRect(
            QRectF(line_left, self.height() - 1, self.width() - line_left, 1), theme.colour("line")
        )
        found = self._view.result
        first = self._parts[0]
        middle = first.top + first.lines.line_height / 2
        draw_symbol(
            painter, SYMBOLS[found.status], ROLES[found.status], self._left(), middle, theme.px(SYMBOL)
        )
        if self._view.group:
            name = "chevron-right" if self._folded else "chevron-down"
            x = self.width() - theme.px(PAD + 16)
            draw_symbol(painter, name, "muted", x, middle, theme.px(16))
        for part in self._parts:
            if part.kind == "quote":
                self._paint_quote(painter, part)
            else:
                draw_lines(painter, part.left, part.top, part.lines, part.role, theme.colour(part.ink))
        for chip, corner in self._chips:
            paint_chip(painter, corner.x(), corner.y(), chip)

    def _paint_quote(self, painter: QPainter, part: _Part) -> None:
        evidence = part.evidence
        hot = evidence is not None and evidence is self._hot
        bar = QRectF(part.left - theme.px(12), part.top + 1, theme.px(2), part.lines.height - 2)
        painter.fillRect(bar, theme.colour("accent" if hot else "line"))
        ink = theme.colour(part.ink)
        draw_lines(painter, part.left, part.top, part.lines, part.role, ink)
        if evidence is not None and not evidence.supported:
            metrics = QFontMetricsF(theme.font(part.role))
            painter.setPen(QPen(theme.colour("wrong"), 1.2))
            for number, line in enumerate(part.lines.lines):
                through = part.top + (number + 0.55) * part.lines.line_height
                painter.drawLine(
                    QPointF(part.left, through),
                    QPointF(part.left + metrics.horizontalAdvance(line.text), through),
                )
        if not part.place:
            return
        role = "accent" if hot else "muted"
        at = part.place_at
        draw_text(painter, at, part.place, "small", role, Qt.AlignmentFlag.AlignRight)
        draw_symbol(painter, "arrow-up-right", role, at.right() + theme.px(3), at.center().y(), theme.px(14))

    # Hands

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._view.group:
            if self._folded is not (key == Qt.Key.Key_Left):
                self.folded.emit()
        elif event.isAutoRepeat():
            event.accept()  # a held key marks and opens nothing twice
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_first()
        elif key == Qt.Key.Key_M and not self._view.group:
            self.mark_wanted.emit(Status.MET)
        elif key == Qt.Key.Key_N and not self._view.group:
            self.mark_wanted.emit(Status.NOT_MET)
        elif key == Qt.Key.Key_U and not self._view.group:
            self.mark_wanted.emit(None)
        else:
            super().keyPressEvent(event)

    def open_first(self) -> None:
        """Open the first quote; a group folds or unfolds."""
        if self._view.group and not self._view.evidence:
            self.folded.emit()
            return
        found = next((e for e in self._view.evidence if e.supported), None) or next(
            iter(self._view.evidence), None
        )
        if found is not None:
            self.opened.emit(found)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        evidence = self.evidence_at(event.position().y())
        if evidence is not None:
            self.opened.emit(evidence)
        elif self._view.group:
            self.folded.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self.evidence_at(event.position().y())
        if found is not self._hot:
            self._hot = found
            pointing = found is not None or self._view.group
            self.setCursor(Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hot = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.menu_wanted.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            evidence = self.evidence_at(event.pos().y())
            if evidence is not None:
                words = f"{self._places.words(evidence)}\n“{evidence.quote}”\n{evidence.note}".strip()
            else:
                clause = self._view.result.clause
                words = self.tr("The policy says: “{clause}”").format(clause=clause) if clause else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(EVIDENCE_MIME):
            self._over = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        found = from_mime(event.mimeData())
        if found is not None:
            event.acceptProposedAction()
            self.dropped.emit(found)
