"""Chips: a state in a symbol, a word or number, and a colour; painted in lists and shown as widgets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.confidence import SURE, WRONG, Level
from app.domain.form import FieldState, FormField
from app.views import theme
from app.views.widgets.lettering import draw_symbol

HEIGHT = 22
SYMBOL = 14
PAD = 8
GAP = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """What a chip says: `role` is `sure`, `look`, `wrong` or `plain`, `symbol` an icon's name."""

    symbol: str
    text: str
    role: str = "plain"


SYMBOLS = {Level.SURE: "check", Level.LOOK: "eye", Level.WRONG: "circle-alert"}
"""One symbol a level, so that no level is told by its colour alone."""


def level_of(confidence: float, threshold: float = SURE) -> Level:
    """Green from the threshold on, red where a value is more likely than not to cost a correction."""
    if confidence >= threshold:
        return Level.SURE
    return Level.LOOK if confidence >= WRONG else Level.WRONG


def number(confidence: float) -> str:
    """A confidence with two decimals, cut and not rounded: 0.899 never reads as the 0.90 it failed to reach."""
    return QLocale().toString(math.floor(confidence * 100 + 1e-6) / 100, "f", 2)


def confidence_chip(confidence: float, threshold: float = SURE, warned: bool = False) -> Chip:
    """A field's confidence; `warned` when a rule complains, whatever the number."""
    level = level_of(confidence, threshold)
    if warned:
        return Chip(
            "triangle-alert", number(confidence), str(Level.WRONG if level is Level.WRONG else Level.LOOK)
        )
    return Chip(SYMBOLS[level], number(confidence), str(level))


def state_chip(state: FieldState) -> Chip | None:
    """What a person said about a field, or None while nobody has."""
    tr = QCoreApplication.translate
    match state:
        case FieldState.CONFIRMED:
            return Chip("user-check", tr("Chip", "Confirmed"), "sure")
        case FieldState.CORRECTED:
            return Chip("pencil", tr("Chip", "Corrected"), "sure")
        case FieldState.ILLEGIBLE:
            return Chip("eye-off", tr("Chip", "Illegible"), "plain")
        case FieldState.NOT_APPLICABLE:
            return Chip("ban", tr("Chip", "Not applicable"), "plain")
        case _:
            return None


def item_chip(fields: Iterable[FormField], threshold: float = SURE) -> Chip:
    """The one chip of a line: what a person said, else the least sure of its fields."""
    every = tuple(fields)
    unseen = [f for f in every if f.state is FieldState.UNSEEN]
    if not unseen:
        states = {f.state for f in every}
        for state in (
            FieldState.CORRECTED, FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE, FieldState.CONFIRMED
        ):  # fmt: skip
            if state in states:
                return state_chip(state) or Chip("check", "")
    if any(f.required and f.empty for f in unseen):
        return Chip("circle-alert", QCoreApplication.translate("Chip", "Missing"), "wrong")
    return confidence_chip(min(f.confidence for f in unseen), threshold, any(f.warnings for f in unseen))


def chip_width(chip: Chip) -> float:
    """How wide a chip stands, in logical pixels."""
    words = QFontMetricsF(theme.font("chip")).horizontalAdvance(chip.text)
    symbol = theme.px(SYMBOL) + (theme.px(GAP) if chip.text else 0) if chip.symbol else 0
    return math.ceil(words + symbol + 2 * theme.px(PAD))


def paint_chip(painter: QPainter, right: float, middle: float, chip: Chip) -> QRectF:
    """Paint a chip that ends at `right`, centred on the line `middle`; returns where it stands."""
    width, height = chip_width(chip), theme.px(HEIGHT)
    place = QRectF(right - width, round(middle - height / 2), width, height)
    plain = chip.role == "plain"
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("background" if plain else f"{chip.role}_back"))
    painter.drawRoundedRect(place, height / 2, height / 2)
    ink = "muted" if plain else chip.role
    x = place.left() + theme.px(PAD)
    if chip.symbol:
        size = theme.px(SYMBOL)
        draw_symbol(painter, chip.symbol, ink, x, place.center().y(), size)
        x += size + theme.px(GAP)
    painter.setFont(theme.font("chip"))
    painter.setPen(theme.colour(ink))
    painter.drawText(
        QRectF(x, place.top(), place.right() - x, height),
        Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
        chip.text,
    )
    painter.restore()
    return place


class ChipLabel(QWidget):
    """A chip that stands alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip = Chip("", "")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    @property
    def chip(self) -> Chip:
        return self._chip

    def set_chip(self, chip: Chip) -> None:
        if chip != self._chip:
            self._chip = chip
            self.setAccessibleName(chip.text)
            self._restyle()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(chip_width(self._chip)), theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._chip.text or self._chip.symbol:
            paint_chip(QPainter(self), self.width(), self.height() / 2, self._chip)
