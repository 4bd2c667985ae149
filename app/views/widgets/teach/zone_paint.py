"""Painting zones over a page: pure functions over frozen values, in screen pixels of the viewport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.domain.form import FieldKind
from app.views import theme
from app.views.widgets.page_view.painting import outline
from app.views.widgets.teach.kind_look import hue_of, look_of

HANDLE = 7.0
_TAG = 18.0
_LOWEST = 8.0
"""A zone lower than this shows no words inside."""


@dataclass(frozen=True, slots=True)
class ZoneShown:
    """A zone in the viewport. `state` is "" , `hovered`, `together` (of one question), `chosen` or `current`."""

    rect: QRectF
    kind: FieldKind
    label: str
    state: str = ""
    flawed: bool = False
    required: bool = False
    cells: tuple[tuple[QRectF, FieldKind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ZonesShown:
    """All zones in view. `paper` names the palette of the page, `question` is drawn around what belongs together."""

    zones: tuple[ZoneShown, ...]
    paper: str
    night: bool
    ratio: float
    fixed: bool = False
    question: tuple[QRectF, str] | None = None


def paint_zones(painter: QPainter, shown: ZonesShown) -> None:
    """Tints and outlines first, then the words, then what is chosen on top."""
    quiet = [z for z in shown.zones if z.state in ("", "hovered")]
    loud = [z for z in shown.zones if z.state not in ("", "hovered")]
    for zone in quiet:
        _tint(painter, shown, zone)
    for zone in quiet:
        _frame(painter, shown, zone)
        _words(painter, shown, zone)
    if shown.question is not None:
        _question(painter, shown, *shown.question)
    for zone in loud:
        _tint(painter, shown, zone)
        _frame(painter, shown, zone)
        _words(painter, shown, zone)
    for zone in shown.zones:
        if zone.flawed:
            _sign(painter, shown, zone.rect)
    for zone in shown.zones:
        if zone.state in ("current", "hovered"):
            _tag(painter, shown, zone)
        if zone.state == "current" and not shown.fixed:
            _handles(painter, shown, zone)


def _tint(painter: QPainter, shown: ZonesShown, zone: ZoneShown) -> None:
    """Colour the paper and leave what is printed as dark (at night: as light) as it was."""
    mode = QPainter.CompositionMode
    painter.setCompositionMode(mode.CompositionMode_Screen if shown.night else mode.CompositionMode_Multiply)
    parts = [(rect, kind) for rect, kind, _ in zone.cells] or [(zone.rect, zone.kind)]
    for rect, kind in parts:
        painter.fillRect(rect, QColor(hue_of(kind, shown.paper).back))
    painter.setCompositionMode(mode.CompositionMode_SourceOver)


def _frame(painter: QPainter, shown: ZonesShown, zone: ZoneShown) -> None:
    ink = QColor(hue_of(zone.kind, shown.paper).ink)
    chosen = zone.state in ("chosen", "current")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, chosen)
    if zone.cells:
        for rect, kind, _ in zone.cells:
            painter.setPen(QPen(QColor(hue_of(kind, shown.paper).ink), 1.0))
            painter.drawRect(_crisp(rect, shown.ratio))
    if chosen:
        glow = QColor(ink)
        glow.setAlpha(56)
        painter.setPen(QPen(glow, 5.0))
        painter.drawRoundedRect(outline(zone.rect, 1.0, shown.ratio), 3, 3)
        painter.setPen(QPen(ink, 2.0))
        painter.drawRoundedRect(outline(zone.rect, 2.0, shown.ratio), 2, 2)
    elif not zone.cells:
        pen = QPen(ink, 1.5 if zone.state else 1.0)
        if zone.state == "together":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRect(_crisp(zone.rect, shown.ratio))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _crisp(rect: QRectF, ratio: float) -> QRectF:
    """The rectangle with its lines on whole device pixels."""
    half = 0.5 / ratio
    x0, y0 = round(rect.left() * ratio) / ratio + half, round(rect.top() * ratio) / ratio + half
    x1, y1 = round(rect.right() * ratio) / ratio - half, round(rect.bottom() * ratio) / ratio - half
    return QRectF(x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0))


def _words(painter: QPainter, shown: ZonesShown, zone: ZoneShown) -> None:
    if zone.cells:
        for rect, kind, label in zone.cells:
            _inside(painter, shown, rect, kind, label, required=False)
    elif zone.kind is not FieldKind.TICK_BOX:
        _inside(painter, shown, zone.rect, zone.kind, zone.label, required=zone.required)


def _inside(
    painter: QPainter, shown: ZonesShown, rect: QRectF, kind: FieldKind, label: str, *, required: bool
) -> None:
    """The label, small, at the left of the zone (at the top of a high one), after the sign of its kind."""
    line = min(rect.height(), 16.0)
    if rect.height() < _LOWEST or rect.width() < 14:
        return
    ink = hue_of(kind, shown.paper).ink
    size = min(11.0, max(8.0, line * 0.72))
    place = QRectF(rect.left() + 3, rect.top(), rect.width() - 6, min(rect.height(), 20.0))
    side = min(12.0, line - 1)
    painter.drawPixmap(
        QPointF(
            round(place.left() * shown.ratio) / shown.ratio,
            round((place.center().y() - side / 2) * shown.ratio) / shown.ratio,
        ),
        theme.inked(look_of(kind).symbol, ink, side, shown.ratio),
    )
    place.setLeft(place.left() + side + 3)
    font = _font(round(size * 2) / 2)
    metrics = QFontMetricsF(font)
    words = f"{label} *" if required else label
    if place.width() < metrics.horizontalAdvance("MM…"):
        return
    painter.setFont(font)
    painter.setPen(QColor(ink))
    painter.drawText(
        place,
        int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
        metrics.elidedText(words, Qt.TextElideMode.ElideRight, place.width()),
    )


@lru_cache(maxsize=16)
def _font(size: float) -> QFont:
    font = QFont(theme.font("caption"))
    font.setPixelSize(max(7, round(size)))
    return font


def _tag(painter: QPainter, shown: ZonesShown, zone: ZoneShown) -> None:
    """The label of a zone on a tag above it, or below where there is no room."""
    if not zone.label:
        return
    hue = hue_of(zone.kind, shown.paper)
    font = theme.font("caption")
    metrics = QFontMetricsF(font)
    words = metrics.elidedText(zone.label, Qt.TextElideMode.ElideRight, 360)
    width, height = metrics.horizontalAdvance(words) + 30, max(_TAG, metrics.height() + 4)
    above = zone.rect.top() - height - 8
    place = QRectF(
        max(2.0, zone.rect.left() - 2), above if above > 2 else zone.rect.bottom() + 8, width, height
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.LIGHT.surface if shown.paper == "light" else theme.DARK.surface), 1.5))
    painter.setBrush(QColor(hue.ink))
    painter.drawRoundedRect(place, 4, 4)
    ground = theme.LIGHT.surface if shown.paper == "light" else theme.DARK.surface
    side = 12.0
    painter.drawPixmap(
        QPointF(round(place.left() + 7), round(place.center().y() - side / 2)),
        theme.inked(look_of(zone.kind).symbol, ground, side, shown.ratio),
    )
    painter.setPen(QColor(ground))
    painter.setFont(font)
    painter.drawText(place.adjusted(23, 0, -4, 0), int(Qt.AlignmentFlag.AlignVCenter), words)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _handles(painter: QPainter, shown: ZonesShown, zone: ZoneShown) -> None:
    """Small squares to take the edges and corners by; a small zone has the corners only."""
    ink = QColor(hue_of(zone.kind, shown.paper).ink)
    painter.setPen(QPen(ink, 1.25))
    painter.setBrush(QColor(theme.LIGHT.surface if shown.paper == "light" else theme.DARK.surface))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for point in handle_points(zone.rect):
        painter.drawRoundedRect(
            QRectF(point.x() - HANDLE / 2, point.y() - HANDLE / 2, HANDLE, HANDLE), 1.5, 1.5
        )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def handle_points(rect: QRectF) -> list[QPointF]:
    """Where the handles of a zone stand."""
    out = rect.adjusted(-2, -2, 2, 2)
    points = [out.topLeft(), out.topRight(), out.bottomLeft(), out.bottomRight()]
    if rect.width() >= 4 * HANDLE:
        points += [QPointF(out.center().x(), out.top()), QPointF(out.center().x(), out.bottom())]
    if rect.height() >= 3 * HANDLE:
        points += [QPointF(out.left(), out.center().y()), QPointF(out.right(), out.center().y())]
    return points


def _question(painter: QPainter, shown: ZonesShown, around: QRectF, words: str) -> None:
    """A line around the tick boxes of one question, with the question on it."""
    hue = hue_of(FieldKind.TICK_BOX, shown.paper)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(hue.ink), 1.25, Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(around.adjusted(-7, -7, 7, 7), 6, 6)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    font = theme.font("caption")
    metrics = QFontMetricsF(font)
    text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, 320)
    if text:
        height = metrics.height() + 2
        place = QRectF(around.left() - 2, around.bottom() + 9, metrics.horizontalAdvance(text) + 10, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(hue.back))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(place, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(font)
        painter.setPen(QColor(hue.ink))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)


def _sign(painter: QPainter, shown: ZonesShown, rect: QRectF) -> None:
    """A sign that something is wrong with a zone, on its upper right corner."""
    paper = theme.LIGHT if shown.paper == "light" else theme.DARK
    side = 14.0
    at = QPointF(round(rect.right() - side * 0.3), round(rect.top() - side * 0.8))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(paper.wrong_back))
    painter.drawEllipse(QRectF(at.x() - 2, at.y() - 2, side + 4, side + 4))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.drawPixmap(at, theme.inked("circle-alert", paper.wrong, side, shown.ratio))
