"""The reliability diagram: how often values shown at a confidence were right, as a picture people can read."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.resource import resource
from app.services.evaluation import BINS, Bin

if TYPE_CHECKING:  # heavy: imported where pictures are drawn
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

SCALE = 2
"""Pixels a unit: everything below is in units of a 96 dpi screen."""
_SIDE = 380
_MARGIN = 76
_TOP = 112
_BELOW = 150
_STRIP = 64

_PAPER = "#ffffff"
_INK = "#1c2430"
_SOFT = "#5d6876"
_LINE = "#d9dee5"
_BAR = "#3f6fb5"
_OVER = "#d4553f"
_UNDER = "#8fb4e6"


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram: its title, its bins, and its calibration error."""

    title: str
    bins: Sequence[Bin]
    error: float | None


def diagram(title: str, note: str, panels: Sequence[Panel]) -> bytes:
    """A PNG with one diagram a panel, side by side.

    A bar stands at the confidence that was shown, as high as the share that was right. What is missing to the
    diagonal is red where more was promised than was kept, pale blue where less was.
    """
    from PIL import Image, ImageDraw

    width = max(1, len(panels)) * (_SIDE + _MARGIN) + _MARGIN // 2
    height = _TOP + _SIDE + _BELOW
    picture = Image.new("RGB", (width * SCALE, height * SCALE), _PAPER)
    pen = _Pen(ImageDraw.Draw(picture))
    room = width - _MARGIN
    pen.text(_MARGIN // 2, 20, title, pen.fitting(title, 19, room, bold=True), bold=True)
    pen.text(_MARGIN // 2, 48, note, pen.fitting(note, 13, room), _SOFT)
    for place, panel in enumerate(panels):
        _draw(pen, _MARGIN - 12 + place * (_SIDE + _MARGIN), _TOP, panel)
    stored = io.BytesIO()
    picture.save(stored, "PNG", dpi=(96 * SCALE, 96 * SCALE))
    return stored.getvalue()


def _draw(pen: _Pen, left: float, top: float, panel: Panel) -> None:
    bottom = top + _SIDE
    values = sum(b.count for b in panel.bins)
    error = "" if panel.error is None else f"   calibration error {panel.error:.3f}"
    pen.text(left, top - 26, f"{panel.title}: {values:,}{error}", 13, bold=True)
    for tenth in range(0, BINS + 1, 2):
        share = tenth / BINS
        pen.line(left, bottom - share * _SIDE, left + _SIDE, bottom - share * _SIDE, _LINE)
        pen.line(left + share * _SIDE, top, left + share * _SIDE, bottom, _LINE)
        pen.text(left - 8, bottom - share * _SIDE, f"{share:.0%}", 11, _SOFT, "rm")
    for one in panel.bins:
        _bar(pen, left, bottom, one)
    pen.line(left, bottom, left + _SIDE, top, _SOFT, 1.4)
    pen.line(left, bottom, left + _SIDE, bottom, _INK, 1.2)
    pen.line(left, top, left, bottom, _INK, 1.2)
    if not panel.bins:
        pen.text(left + _SIDE / 2, top + _SIDE / 2, "no values", 13, _SOFT, "mm")
    _counts(pen, left, bottom + 26, panel.bins)
    pen.text(left + _SIDE / 2, bottom + _BELOW - 22, "confidence that was shown", 12, _INK, "ms")
    pen.upright(left - 46, top + _SIDE / 2, "share that was right", 12)
    pen.text(left - 8, bottom + 26 + _STRIP - 14, "values", 11, _SOFT, "rm")


def _bar(pen: _Pen, left: float, bottom: float, one: Bin) -> None:
    """The bar of a bin, and what is missing to or beyond what was promised."""
    slot = _SIDE / BINS
    place = min(BINS - 1, int(one.shown * BINS))
    x0, x1 = left + place * slot + 2, left + (place + 1) * slot - 2
    right, shown = bottom - one.right * _SIDE, bottom - one.shown * _SIDE
    if one.right > 0:
        pen.box(x0, right, x1, bottom, _BAR)
    if shown < right:
        pen.box(x0, shown, x1, right, _OVER)
    elif right < shown:
        pen.box(x0, right, x1, min(shown, bottom), _UNDER)
    # Where in the bin the values lie: a short mark at the mean of what was shown.
    x = left + one.shown * _SIDE
    pen.line(x - 5, shown, x + 5, shown, _INK, 2.2)


def _counts(pen: _Pen, left: float, top: float, bins: Sequence[Bin]) -> None:
    """How many values each bin holds: bars by the logarithm, the count itself above."""
    slot = _SIDE / BINS
    most = max((b.count for b in bins), default=1)
    for one in bins:
        place = min(BINS - 1, int(one.shown * BINS))
        high = max(2.0, _STRIP * 0.6 * math.log1p(one.count) / math.log1p(most))
        x0, x1 = left + place * slot + 2, left + (place + 1) * slot - 2
        pen.box(x0, top + _STRIP - high, x1, top + _STRIP, _LINE)
        pen.text((x0 + x1) / 2, top + _STRIP - high - 4, f"{one.count:,}", 10.5, _SOFT, "ms")
    pen.line(left, top + _STRIP, left + _SIDE, top + _STRIP, _INK, 1.0)
    for tenth in range(0, BINS + 1, 2):
        pen.text(left + tenth / BINS * _SIDE, top + _STRIP + 6, f"{tenth / BINS:.0%}", 11, _SOFT, "mt")


class _Pen:
    """Draws in units, whatever the scale."""

    def __init__(self, draw: ImageDraw) -> None:
        self._draw = draw
        self._fonts: dict[tuple[float, bool], FreeTypeFont] = {}

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str, width: float = 1.0) -> None:
        ends = [(x0 * SCALE, y0 * SCALE), (x1 * SCALE, y1 * SCALE)]
        self._draw.line(ends, fill=colour, width=max(1, round(width * SCALE)))

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        if y1 - y0 >= 0.5:
            self._draw.rectangle([x0 * SCALE, y0 * SCALE, x1 * SCALE - 1, y1 * SCALE - 1], fill=colour)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: str = _INK,
        anchor: str = "la",
        *,
        bold: bool = False,
    ) -> None:
        self._draw.text((x * SCALE, y * SCALE), words, colour, self._font(size, bold=bold), anchor)

    def fitting(self, words: str, size: float, room: float, *, bold: bool = False) -> float:
        """The size, or as much less as it takes to set the words within the room."""
        long = self._font(size, bold=bold).getlength(words) / SCALE
        return size if long <= room else size * room / long

    def upright(self, x: float, y: float, words: str, size: float) -> None:
        """A text that runs upwards, its middle at the point."""
        from PIL import Image, ImageDraw

        font = self._font(size, bold=False)
        wide, high = round(font.getlength(words)) + 4, round(size * 1.6 * SCALE)
        strip = Image.new("L", (wide, high), 0)
        ImageDraw.Draw(strip).text((wide / 2, high / 2), words, 255, font, "mm")
        turned = strip.transpose(Image.Transpose.ROTATE_90)
        corner = (round(x * SCALE - turned.width / 2), round(y * SCALE - turned.height / 2))
        self._draw.bitmap(corner, turned, _INK)

    def _font(self, size: float, *, bold: bool) -> FreeTypeFont:
        from PIL import ImageFont

        if (size, bold) not in self._fonts:
            font = ImageFont.truetype(str(resource("fonts", "InterVariable.ttf")), round(size * SCALE))
            font.set_variation_by_axes([14, 650 if bold else 430])
            self._fonts[size, bold] = font
        return self._fonts[size, bold]
