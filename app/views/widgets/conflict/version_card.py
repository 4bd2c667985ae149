"""One side of a conflict: whose it is, what stands there, who wrote it and when."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.conflict.conflict_words import ValueWords, tr
from app.views.widgets.lettering import broken, draw_key, draw_lines, draw_text, key_width

MOST_LINES = 18
LEAST_LINES = 2


@dataclass(frozen=True, slots=True)
class Side:
    """What a card shows. `key` is the digit that chooses it, "" for what cannot be chosen."""

    title: str
    key: str
    words: ValueWords
    who: str
    marks: frozenset[int] = frozenset()


class VersionCard(QAbstractButton):
    """Shows a side; a click chooses it. A chosen one says so by frame, symbol and word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = Side("", "", ValueWords(""), "")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self.updateGeometry)

    @property
    def side(self) -> Side:
        return self._side

    def show_side(self, side: Side, *, can_choose: bool = True) -> None:
        self._side = side
        self.setCheckable(can_choose)
        self.setCursor(Qt.CursorShape.PointingHandCursor if can_choose else Qt.CursorShape.ArrowCursor)
        state = f", {side.words.chip.text}" if side.words.chip else ""
        self.setAccessibleName(f"{side.title}: {side.words.text}{state}. {side.who}")
        self.setToolTip("")
        self.updateGeometry()
        self.update()

    def nextCheckState(self) -> None:
        """A click tells; what is chosen is set from outside."""

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._tall(width)

    def sizeHint(self) -> QSize:
        width = self.width() or theme.px(260)
        return QSize(theme.px(260), self._tall(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(170), self._tall(self.width() or theme.px(260)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    @property
    def _role(self) -> str:
        return "body" if self._side.words.plain else "edit"

    def _tall(self, width: int) -> int:
        pad = theme.px(14)
        lines = broken(self._side.words.text, self._role, width - 2 * pad, MOST_LINES)
        least = LEAST_LINES * QFontMetricsF(theme.font("edit")).lineSpacing()
        value = max(least, lines.height)
        return round(
            pad
            + theme.px(24)
            + theme.px(8)
            + value
            + theme.px(10)
            + theme.px(24)
            + theme.px(26)
            + theme.px(8)
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, chosen = self._side, self.isChecked()
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lit = self.isCheckable() and self.underMouse()
        painter.setBrush(theme.colour("selection" if chosen or lit else "surface"))
        painter.setPen(QPen(theme.colour("accent" if chosen else "line"), 2 if chosen else 1))
        painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
        pad = theme.px(14)
        x, right = float(pad), self.width() - float(pad)
        y = float(pad)
        middle = y + theme.px(12)
        if side.key:
            draw_key(painter, x, middle, side.key)
            x += key_width(side.key) + theme.px(8)
        if chosen:
            chip = Chip("check", tr("Chosen"), "sure")
            paint_chip(painter, right, middle, chip)
            right -= chip_width(chip) + theme.px(8)
        draw_text(painter, QRectF(x, y, right - x, theme.px(24)), side.title, "strong", "text")
        y += theme.px(24) + theme.px(8)
        wide = self.width() - 2 * pad
        lines = broken(side.words.text, self._role, wide, MOST_LINES)
        ink = theme.colour("muted" if side.words.plain else "text")
        draw_lines(painter, pad, y, lines, self._role, ink, side.marks, theme.colour("look"))
        if lines.cut:
            self.setToolTip(side.words.text)
        bottom = self.height() - theme.px(8) - theme.px(26)
        draw_text(painter, QRectF(pad, bottom, wide, theme.px(26)), side.who, "small", "muted")
        if side.words.chip is not None:
            chip = side.words.chip
            paint_chip(painter, pad + min(chip_width(chip), wide), bottom - theme.px(12), chip)
