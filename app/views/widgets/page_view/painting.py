"""Painting a page view: pure functions over one frozen context, from the back to the front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app.views.theme import Palette
from app.views.widgets.page_view.mark import Mark, Symbol
from app.views.widgets.page_view.tile_source import Picture

_OUTSET = 2.0
"""Screen pixels between a box and its outline, so that the line does not touch the writing."""
_SYMBOL = 12.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page in view. `rect` is in screen pixels of the viewport; its corner lies on a device pixel."""

    rect: QRectF
    device_width: int
    device_height: int
    label: str
    pictures: tuple[Picture, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A field's box in the viewport and how it is marked."""

    rect: QRectF
    mark: Mark


@dataclass(frozen=True, slots=True)
class Found:
    """A place where the text that is looked for stands."""

    rects: tuple[QRectF, ...]
    current: bool


@dataclass(frozen=True, slots=True)
class BandShown:
    """The rubber band and the words about its size."""

    rect: QRectF
    size: str


@dataclass(frozen=True, slots=True)
class PaintContext:
    """All that a view shows at one moment. `chrome` colours the canvas, `paper` what lies on the page."""

    width: float
    height: float
    ratio: float
    chrome: Palette
    paper: Palette
    night: bool
    font: QFont
    sheets: tuple[Sheet, ...] = ()
    marks: tuple[Marked, ...] = ()
    selected: tuple[Marked, ...] = ()
    hits: tuple[Found, ...] = ()
    word: QRectF | None = None
    band: BandShown | None = None
    focused: bool = False
    message: str = ""
    icon: QPixmap | None = None


Layer = Callable[[QPainter, PaintContext], None]


def paint(painter: QPainter, context: PaintContext) -> None:
    """Paint every layer."""
    for layer in LAYERS:
        painter.save()
        layer(painter, context)
        painter.restore()


def _canvas(painter: QPainter, context: PaintContext) -> None:
    painter.fillRect(QRectF(-1, -1, context.width + 2, context.height + 2), QColor(context.chrome.canvas))


def _shadows(painter: QPainter, context: PaintContext) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    depth = 7
    for sheet in context.sheets:
        for step in range(depth):
            alpha = 15 * (depth - step) // depth
            painter.setPen(QPen(QColor(0, 0, 0, alpha * (3 if context.chrome.name == "dark" else 1)), 1.0))
            out = step + 0.5
            painter.drawRoundedRect(sheet.rect.adjusted(-out, -out + 2, out, out + 2), step, step)


def _papers(painter: QPainter, context: PaintContext) -> None:
    for sheet in context.sheets:
        painter.fillRect(sheet.rect, QColor(context.paper.surface))


def _pictures(painter: QPainter, context: PaintContext) -> None:
    # One unit is one device pixel here: a sharp tile is copied pixel by pixel.
    painter.scale(1 / context.ratio, 1 / context.ratio)
    for sheet in context.sheets:
        x, y = round(sheet.rect.x() * context.ratio), round(sheet.rect.y() * context.ratio)
        painter.setClipRect(QRect(x, y, sheet.device_width, sheet.device_height))
        for picture in sheet.pictures:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not picture.sharp)
            target = picture.target.translated(x, y)
            image = picture.image
            close = abs(image.width() - target.width()) <= 1 and abs(image.height() - target.height()) <= 1
            if picture.sharp and close:
                painter.drawImage(target.topLeft(), image)
            elif picture.source is None:
                painter.drawImage(target, image, QRectF(image.rect()))
            else:
                painter.drawImage(target, image, picture.source)


def _failures(painter: QPainter, context: PaintContext) -> None:
    for sheet in context.sheets:
        if sheet.failure:
            room = sheet.rect.intersected(QRectF(0, 0, context.width, context.height)).adjusted(
                24, 12, -24, -12
            )
            painter.setPen(QColor(context.paper.wrong))
            painter.setFont(context.font)
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(room, int(wrapped), f"⚠ {sheet.failure}")


def _labels(painter: QPainter, context: PaintContext) -> None:
    font = QFont(context.font)
    font.setPointSizeF(max(7.0, font.pointSizeF() * 0.88) if font.pointSizeF() > 0 else 8.5)
    painter.setFont(font)
    painter.setPen(QColor(context.chrome.muted))
    for sheet in context.sheets:
        place = QRectF(sheet.rect.x(), sheet.rect.bottom() + 6, sheet.rect.width(), 20)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), sheet.label)


def _hits(painter: QPainter, context: PaintContext) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for found in context.hits:
        for rect in found.rects:
            _tint(painter, context, rect.adjusted(-1, -1, 1, 1), context.paper.look_back, strong=True)
            painter.setPen(QPen(QColor(context.paper.look), 2.0 if found.current else 0.8))
            painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), 2, 2)


def _marks(painter: QPainter, context: PaintContext) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for marked in context.marks:
        _mark(painter, context, marked)


def _selected(painter: QPainter, context: PaintContext) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for marked in context.selected:
        _mark(painter, context, marked)


def _mark(painter: QPainter, context: PaintContext, marked: Marked) -> None:
    mark = marked.mark
    rect = outline(marked.rect, mark.width, context.ratio)
    colour = QColor(mark.colour)
    if mark.halo:
        glow = QColor(colour)
        glow.setAlpha(48)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        ring = QPainterPath()
        ring.addRoundedRect(rect.adjusted(-4.5, -4.5, 4.5, 4.5), 6, 6)
        ring.addRoundedRect(rect, 2, 2)
        painter.drawPath(ring)
    if mark.filled:
        _tint(painter, context, rect, mark.back, strong=False)
    if mark.quiet:
        colour.setAlpha(125)
    pen = QPen(colour, mark.width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if mark.dashed:
        pen.setDashPattern([4 / mark.width, 2.5 / mark.width])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, 2, 2)
    if mark.symbol is not Symbol.NONE and rect.height() >= 9 and rect.width() >= 9:
        _symbol(painter, context, rect, mark)


def outline(box: QRectF, width: float, ratio: float) -> QRectF:
    """The middle of the line around a box, on the grid of device pixels so that thin lines stay crisp."""
    half = max(1.0, round(width * ratio)) / ratio / 2
    x0 = round((box.left() - _OUTSET) * ratio) / ratio + half
    y0 = round((box.top() - _OUTSET) * ratio) / ratio + half
    x1 = round((box.right() + _OUTSET) * ratio) / ratio - half
    y1 = round((box.bottom() + _OUTSET) * ratio) / ratio - half
    return QRectF(x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0))


def _tint(painter: QPainter, context: PaintContext, rect: QRectF, back: str, *, strong: bool) -> None:
    """Colour the paper and leave the writing as dark (at night: as light) as it was."""
    painter.save()
    mode = QPainter.CompositionMode
    painter.setCompositionMode(
        mode.CompositionMode_Screen if context.night else mode.CompositionMode_Multiply
    )
    colour = QColor(back)
    if not context.night:
        colour = colour.darker(106) if strong else colour
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, 2, 2)
    painter.restore()


def _symbol(painter: QPainter, context: PaintContext, rect: QRectF, mark: Mark) -> None:
    """A small sign on the upper right corner, mostly outside the box."""
    side = _SYMBOL if mark.filled else _SYMBOL - 2
    circle = QRectF(rect.right() - side * 0.35, rect.top() - side * 0.65, side, side)
    painter.setPen(QPen(QColor(context.paper.surface), 1.2))
    painter.setBrush(QColor(mark.colour))
    painter.drawEllipse(circle)
    ink = QColor(context.paper.surface)
    pen = QPen(ink, side * 0.13)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)

    def at(x: float, y: float) -> QPointF:
        return QPointF(circle.x() + x * side, circle.y() + y * side)

    if mark.symbol is Symbol.CONFIRMED:
        painter.drawPolyline(QPolygonF([at(0.29, 0.52), at(0.45, 0.67), at(0.72, 0.35)]))
    elif mark.symbol is Symbol.CORRECTED:
        painter.drawLine(at(0.32, 0.68), at(0.68, 0.32))
        painter.drawPoint(at(0.29, 0.71))
    else:
        font = QFont(context.font)
        font.setPixelSize(max(6, round(side * 0.75)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), mark.symbol.value)


def _word(painter: QPainter, context: PaintContext) -> None:
    if context.word is not None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(context.paper.accent), 1.5))
        below = context.word.bottom() + 1.0
        painter.drawLine(QPointF(context.word.left(), below), QPointF(context.word.right(), below))


def _band(painter: QPainter, context: PaintContext) -> None:
    band = context.band
    if band is None:
        return
    accent = QColor(context.paper.accent)
    inside = QColor(accent)
    inside.setAlpha(28)
    half = 0.5 / context.ratio
    painter.fillRect(band.rect, inside)
    painter.setPen(QPen(accent, 1.0))
    painter.drawRect(band.rect.adjusted(half, half, -half, -half))
    if band.size:
        metrics = QFontMetricsF(context.font)
        width, height = metrics.horizontalAdvance(band.size) + 16, metrics.height() + 6
        place = QRectF(band.rect.right() - width, band.rect.bottom() + 6, width, height)
        if place.bottom() > context.height - 4:
            place.moveBottom(band.rect.top() - 6)
        place.moveLeft(min(max(4.0, place.left()), context.width - width - 4))
        place.moveTop(min(max(4.0, place.top()), context.height - height - 4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(place, height / 2, height / 2)
        painter.setPen(QColor(context.paper.on_accent))
        painter.setFont(context.font)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), band.size)


def _message(painter: QPainter, context: PaintContext) -> None:
    if context.message:
        painter.setPen(QColor(context.chrome.muted))
        painter.setFont(context.font)
        wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(
            QRectF(32, 24, context.width - 64, context.height - 48), int(wrapped), context.message
        )


def _focus(painter: QPainter, context: PaintContext) -> None:
    if context.focused:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(context.chrome.accent), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(1, 1, context.width - 2, context.height - 2))


LAYERS: tuple[Layer, ...] = (
    _canvas,
    _shadows,
    _papers,
    _pictures,
    _failures,
    _hits,
    _marks,
    _selected,
    _word,
    _band,
    _labels,
    _message,
    _focus,
)
"""From the back to the front."""
