"""Painting a page view: pure functions over one frozen context, from the back to the front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from app.views import theme
from app.views.theme import Palette
from app.views.widgets.page_view.mark import Mark, Symbol
from app.views.widgets.page_view.tile_source import Picture

_OUTSET = 2.0
"""Screen pixels between a box and its outline, so that the line does not touch the writing."""
_SYMBOL = 12.0
_PATTERN = 256
"""Device pixels of a piece that is repeated along an edge."""
_DEPTH = 8
"""Screen pixels by which the shadow of a page fades out."""


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
    # Opaque lines beside the edges: a page is as high as several screens, and one outline of that size, or
    # one translucent strip, costs more than everything else together.
    ratio = context.ratio
    painter.scale(1 / ratio, 1 / ratio)
    shades = _shades(context.chrome.canvas, round(_DEPTH * ratio), dark=context.chrome.name == "dark")
    lower = round(2 * ratio)
    seen = QRect(0, 0, round(context.width * ratio) + 1, round(context.height * ratio) + 1)
    for sheet in context.sheets:
        x, y = round(sheet.rect.x() * ratio), round(sheet.rect.y() * ratio) + lower
        right, bottom = x + sheet.device_width, y + sheet.device_height
        # From the outside in, each a little rounder than the next.
        for step, shade in reversed(tuple(enumerate(shades))):
            out = step + 1
            for line in (
                QRect(x - step, bottom + step, right - x + 2 * step, 1),
                QRect(x - step, y - out, right - x + 2 * step, 1),
                QRect(x - out, y - step, 1, bottom - y + 2 * step),
                QRect(right + step, y - step, 1, bottom - y + 2 * step),
            ):
                shown = line & seen
                if not shown.isEmpty():
                    painter.fillRect(shown, shade)


@lru_cache(maxsize=8)
def _shades(canvas: str, depth: int, *, dark: bool) -> tuple[QColor, ...]:
    """The canvas in the shadow of a page, from its edge outward."""
    ground = QColor(canvas)
    strength = 0.55 if dark else 0.14
    shares = (1 - strength * (1 - step / depth) ** 2 for step in range(depth))
    return tuple(QColor.fromRgbF(ground.redF() * s, ground.greenF() * s, ground.blueF() * s) for s in shares)


def _papers(painter: QPainter, context: PaintContext) -> None:
    for sheet in context.sheets:
        # Under pictures that leave nothing open there is nothing to see.
        if not sheet.pictures or not all(p.sharp for p in sheet.pictures):
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
            _tint(painter, context, rect.adjusted(-1, -1, 1, 1), context.paper.look_back, darker=106)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(context.paper.look), 2.0 if found.current else 0.8))
            painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), 2, 2)


def _marks(painter: QPainter, context: PaintContext) -> None:
    for marked in context.marks:
        if marked.mark.filled:
            _tint(painter, context, marked.rect.adjusted(-1, -1, 1, 1), marked.mark.back)
    painter.save()
    # Lines of whole device pixels: crisp, and many times cheaper than smoothed ones.
    painter.scale(1 / context.ratio, 1 / context.ratio)
    for marked in context.marks:
        _lines(painter, context, marked)
    painter.restore()
    for marked in context.marks:
        _symbol(painter, context, marked)


def _lines(painter: QPainter, context: PaintContext, marked: Marked) -> None:
    mark, ratio = marked.mark, context.ratio
    width = _device_width(mark.width, ratio)
    line = outline(marked.rect, mark.width, ratio)
    x0, y0 = round(line.left() * ratio - width / 2), round(line.top() * ratio - width / 2)
    x1, y1 = round(line.right() * ratio + width / 2), round(line.bottom() * ratio + width / 2)
    across: QBrush
    down: QBrush
    if mark.dashed:
        across, down = (_dashes(mark.colour, ratio, upright=upright) for upright in (False, True))
        painter.setBrushOrigin(x0, y0)
    else:
        across = down = QBrush(
            _faded(mark.colour, context.paper.surface) if mark.quiet else QColor(mark.colour)
        )
    # Without its corner pixels a thin frame looks rounded.
    painter.fillRect(x0 + 1, y0, x1 - x0 - 2, width, across)
    painter.fillRect(x0 + 1, y1 - width, x1 - x0 - 2, width, across)
    painter.fillRect(x0, y0 + 1, width, y1 - y0 - 2, down)
    painter.fillRect(x1 - width, y0 + 1, width, y1 - y0 - 2, down)


@lru_cache(maxsize=64)
def _faded(colour: str, ground: str) -> QColor:
    """Half of a colour and half of the ground: as good as transparent on paper, and much cheaper to paint."""
    one, other = QColor(colour), QColor(ground)
    return QColor(
        (one.red() + other.red()) // 2, (one.green() + other.green()) // 2, (one.blue() + other.blue()) // 2
    )


@lru_cache(maxsize=64)
def _dashes(colour: str, ratio: float, *, upright: bool) -> QBrush:
    """A pattern of dashes along a line."""
    dash, gap = round(5 * ratio), round(3 * ratio)
    times = _PATTERN // (dash + gap)
    length = times * (dash + gap)
    picture = QPixmap(1 if upright else length, length if upright else 1)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    for start in range(0, length, dash + gap):
        painter.fillRect(QRect(0, start, 1, dash) if upright else QRect(start, 0, dash, 1), QColor(colour))
    painter.end()
    return QBrush(picture)


def _selected(painter: QPainter, context: PaintContext) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for marked in context.selected:
        rect = outline(marked.rect, marked.mark.width, context.ratio)
        glow = QColor(marked.mark.colour)
        glow.setAlpha(48)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        ring = QPainterPath()
        ring.addRoundedRect(rect.adjusted(-4.5, -4.5, 4.5, 4.5), 6, 6)
        ring.addRoundedRect(rect, 2, 2)
        painter.drawPath(ring)
        _tint(painter, context, rect, marked.mark.back)
        painter.setPen(QPen(QColor(marked.mark.colour), marked.mark.width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 2, 2)
        _symbol(painter, context, marked)


def _device_width(width: float, ratio: float) -> int:
    # A half rounds down: at 1.5 a line of one pixel stays thin.
    return max(1, round(width * ratio - 0.25))


def outline(box: QRectF, width: float, ratio: float) -> QRectF:
    """The middle of the line around a box, on the grid of device pixels so that thin lines stay crisp."""
    half = _device_width(width, ratio) / ratio / 2
    x0 = round((box.left() - _OUTSET) * ratio) / ratio + half
    y0 = round((box.top() - _OUTSET) * ratio) / ratio + half
    x1 = round((box.right() + _OUTSET) * ratio) / ratio - half
    y1 = round((box.bottom() + _OUTSET) * ratio) / ratio - half
    return QRectF(x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0))


def _tint(painter: QPainter, context: PaintContext, rect: QRectF, back: str, darker: int = 100) -> None:
    """Colour the paper and leave the writing as dark (at night: as light) as it was."""
    mode = QPainter.CompositionMode
    painter.setCompositionMode(
        mode.CompositionMode_Screen if context.night else mode.CompositionMode_Multiply
    )
    colour = QColor(back)
    painter.fillRect(rect, colour if context.night else colour.darker(darker))
    painter.setCompositionMode(mode.CompositionMode_SourceOver)


def _symbol(painter: QPainter, context: PaintContext, marked: Marked) -> None:
    """A small sign on the upper right corner, mostly outside the box."""
    mark, rect = marked.mark, marked.rect
    if mark.symbol is Symbol.NONE or rect.height() < 7 or rect.width() < 7:
        return
    side = _SYMBOL if mark.filled else _SYMBOL - 2
    sign = _sign(mark.symbol, mark.colour, context.paper.surface, side, context.ratio)
    at = QPointF(rect.right() + _OUTSET - side * 0.4 - 1, rect.top() - _OUTSET - side * 0.7 - 1)
    painter.drawPixmap(
        QPointF(round(at.x() * context.ratio), round(at.y() * context.ratio)) / context.ratio, sign
    )


@lru_cache(maxsize=64)
def _sign(symbol: Symbol, colour: str, ink: str, side: float, ratio: float) -> QPixmap:
    """A disc with a sign in it, with a pixel of room around."""
    edge = round((side + 2) * ratio)
    result = QPixmap(edge, edge)
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    circle = QRectF(1, 1, side, side)

    def at(x: float, y: float) -> QPointF:
        return QPointF(circle.x() + x * side, circle.y() + y * side)

    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(ink), 1.2))
    painter.setBrush(QColor(colour))
    painter.drawEllipse(circle)
    pen = QPen(QColor(ink), side * 0.13)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if symbol is Symbol.CONFIRMED:
        painter.drawPolyline(QPolygonF([at(0.29, 0.52), at(0.45, 0.67), at(0.72, 0.35)]))
    elif symbol is Symbol.CORRECTED:
        pen.setWidthF(side * 0.2)
        painter.setPen(pen)
        painter.drawLine(at(0.45, 0.55), at(0.68, 0.32))
        pen.setWidthF(side * 0.1)
        painter.setPen(pen)
        painter.drawLine(at(0.29, 0.71), at(0.4, 0.6))
    else:
        font = QFont(theme.font("chip"))
        font.setPixelSize(round(side * 0.75))
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), symbol.value)
    painter.end()
    return result


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
