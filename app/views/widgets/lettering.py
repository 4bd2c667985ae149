"""Setting words by hand: lines that break and end in an ellipsis, doubtful characters marked, symbols."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption

from app.views import theme

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is set: `start` is the index of its first character in the whole text."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A text broken into lines; `cut` says that not all of it is shown."""

    lines: tuple[Line, ...]
    line_height: float
    cut: bool

    @property
    def height(self) -> float:
        return self.line_height * len(self.lines)


def broken(text: str, role: str, width: float, most: int = 1) -> Lines:
    """Break a text into at most `most` lines of a width, with an ellipsis where the rest is left out."""
    return _broken(text, role, theme.font(role).pixelSize(), round(width), most)


@lru_cache(maxsize=8192)
def _broken(text: str, role: str, _pixels: int, width: int, most: int) -> Lines:
    font = theme.font(role)
    metrics = QFontMetricsF(font)
    height = metrics.lineSpacing()
    flat = text.replace("\n", " ")
    if metrics.horizontalAdvance(flat) <= width:
        return Lines((Line(0, flat),), height, False)
    if most == 1:
        return Lines((Line(0, _elided(flat, metrics, width)),), height, True)
    layout = QTextLayout(flat, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) <= most:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(1, width))
        starts.append(_point_index(flat, line.textStart()))
    layout.endLayout()
    lines = []
    for number, start in enumerate(starts[:most]):
        last = number == most - 1 and len(starts) > most
        end = len(flat) if number + 1 >= len(starts) else starts[number + 1]
        content = _elided(flat[start:], metrics, width) if last else flat[start:end].rstrip()
        lines.append(Line(start, content))
    return Lines(tuple(lines), height, len(starts) > most)


def _elided(text: str, metrics: QFontMetricsF, width: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


def _point_index(text: str, units: int) -> int:
    """The index in a Python text of a place Qt counts in UTF-16 units."""
    return len(text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore"))


def point_index(text: str, units: int) -> int:
    """The Python index of a place that Qt counts in UTF-16 units."""
    return units if text.isascii() else _point_index(text, units)


def unit_index(text: str, points: int) -> int:
    """The place in UTF-16 units, as Qt counts, of a Python index."""
    return points if text.isascii() else len(text[:points].encode("utf-16-le")) // 2


def draw_lines(
    painter: QPainter,
    x: float,
    top: float,
    lines: Lines,
    role: str,
    ink: QColor,
    marks: Collection[int] = (),
    mark_ink: QColor | None = None,
) -> None:
    """Set lines from their top left; the characters at `marks` stand out by colour and a dotted line."""
    font = theme.font(role)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    for number, line in enumerate(lines.lines):
        base = top + number * lines.line_height + metrics.ascent() + metrics.leading() / 2
        here = sorted(m - line.start for m in marks if 0 <= m - line.start < len(line.text.rstrip(ELLIPSIS)))
        if not here or mark_ink is None:
            painter.setPen(ink)
            painter.drawText(QPointF(x, base), line.text)
            continue
        at = x
        for run, marked in _runs(line.text, set(here)):
            advance = metrics.horizontalAdvance(run)
            painter.setPen(mark_ink if marked else ink)
            painter.drawText(QPointF(at, base), run)
            if marked:
                pen = QPen(mark_ink, max(1.5, theme.px(2)), Qt.PenStyle.DotLine)
                painter.setPen(pen)
                under = base + metrics.descent() * 0.75
                painter.drawLine(QPointF(at, under), QPointF(at + advance, under))
            at += advance


def _runs(text: str, marks: Collection[int]) -> list[tuple[str, bool]]:
    runs: list[tuple[str, bool]] = []
    for index, character in enumerate(text):
        marked = index in marks
        if runs and runs[-1][1] == marked:
            runs[-1] = (runs[-1][0] + character, marked)
        else:
            runs.append((character, marked))
    return runs


def draw_text(
    painter: QPainter,
    place: QRectF,
    text: str,
    role: str,
    ink: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> bool:
    """Set one line in a place, centred in its height; returns whether an ellipsis had to cut it."""
    lines = broken(text, role, place.width())
    painter.setFont(theme.font(role))
    painter.setPen(theme.colour(ink))
    painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, lines.lines[0].text)
    return lines.cut


def draw_symbol(painter: QPainter, name: str, ink: str, x: float, middle: float, size: float) -> None:
    """Paint an icon with its left edge at `x`, centred on the line `middle`, on whole pixels."""
    ratio = painter.device().devicePixelRatioF()
    painter.drawPixmap(
        QPointF(round(x * ratio) / ratio, round((middle - size / 2) * ratio) / ratio),
        theme.pixmap(name, ink, size, ratio),
    )


def draw_key(painter: QPainter, x: float, middle: float, text: str, on_accent: bool = False) -> float:
    """Paint a key cap and return the x of its right edge."""
    metrics = QFontMetricsF(theme.font("key"))
    height = theme.px(20)
    width = max(height + theme.px(4), metrics.horizontalAdvance(text) + theme.px(12))
    place = QRectF(round(x) + 0.5, round(middle - height / 2) + 0.5, round(width) - 1, height - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if on_accent:
        painter.setPen(theme.mixed("on_accent", "accent", 0.45))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(theme.colour("line"))
        painter.setBrush(theme.colour("background"))
    painter.drawRoundedRect(place, theme.px(5), theme.px(5))
    painter.setFont(theme.font("key"))
    painter.setPen(theme.colour("on_accent" if on_accent else "muted"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return x + round(width)


def key_width(text: str) -> float:
    """How wide a key cap stands."""
    advance = QFontMetricsF(theme.font("key")).horizontalAdvance(text)
    return round(max(theme.px(24), advance + theme.px(12)))
