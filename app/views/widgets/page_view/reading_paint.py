"""Painting what is pointed out on a page: evidence, chosen words, a chosen region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.views.theme import Palette

_OUTSET = 2.5


@dataclass(frozen=True, slots=True)
class Lit:
    """Boxes of one thing that is pointed out, in screen pixels. `current` is the one that was opened last."""

    rects: tuple[QRectF, ...]
    current: bool = True


@dataclass(frozen=True, slots=True)
class ReadingPaint:
    """All that lies over the pages. `paper` colours it, as it does what lies on the page."""

    paper: Palette
    night: bool
    lit: tuple[Lit, ...] = ()
    chosen: tuple[QRectF, ...] = ()
    region: QRectF | None = None


def paint_reading(painter: QPainter, shown: ReadingPaint) -> None:
    """Evidence under what is chosen; the writing stays as dark as it is."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for lit in shown.lit:
        _tint(painter, shown, lit.rects, shown.paper.look_back, darker=104)
        painter.setPen(QPen(QColor(shown.paper.look), 1.6 if lit.current else 0.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        around = _around(lit.rects)
        painter.drawRoundedRect(around.adjusted(-_OUTSET, -_OUTSET, _OUTSET, _OUTSET), 3, 3)
    accent = QColor(shown.paper.accent)
    if shown.chosen:
        _tint(painter, shown, shown.chosen, _soft(accent, shown))
        painter.setPen(QPen(accent, 1.6))
        for rect in shown.chosen:
            below = rect.bottom() + 1.5
            painter.drawLine(QPointF(rect.left(), below), QPointF(rect.right(), below))
    if shown.region is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(accent, 1.6)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(shown.region.adjusted(-1, -1, 1, 1), 3, 3)


def _tint(
    painter: QPainter, shown: ReadingPaint, rects: Sequence[QRectF], back: str, darker: int = 100
) -> None:
    mode = QPainter.CompositionMode
    painter.setCompositionMode(mode.CompositionMode_Screen if shown.night else mode.CompositionMode_Multiply)
    colour = QColor(back)
    for rect in rects:
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), colour if shown.night else colour.darker(darker))
    painter.setCompositionMode(mode.CompositionMode_SourceOver)


def _soft(accent: QColor, shown: ReadingPaint) -> str:
    """The accent as a tint of the paper: light by day, dark by night."""
    ground = QColor("#000000") if shown.night else QColor("#FFFFFF")
    share = 0.35 if shown.night else 0.22
    return QColor.fromRgbF(
        ground.redF() + (accent.redF() - ground.redF()) * share,
        ground.greenF() + (accent.greenF() - ground.greenF()) * share,
        ground.blueF() + (accent.blueF() - ground.blueF()) * share,
    ).name()


def _around(rects: Sequence[QRectF]) -> QRectF:
    around = QRectF(rects[0])
    for rect in rects[1:]:
        around = around.united(rect)
    return around
