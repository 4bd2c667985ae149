"""Tick boxes: whether something was put into a printed box, or where a form wants a mark without one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.domain.form import FieldKind
from app.services.document_worker.reading.frame import BOX_SIDE, Frame, Rectangle, encircled, frame_at
from app.services.document_worker.reading.ink import Flat

_MARKED = 0.075
"""Share of the inside of a box, beyond what its empty neighbours hold, at which a mark is as likely as dirt."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether a box is ticked and how sure that is (0.5 to 1); where it was looked, in flat pixels."""

    ticked: bool
    confidence: float
    x0: float
    y0: float
    x1: float
    y1: float


def mark_in(flat: Flat, zone: Rectangle, height: float) -> Mark:
    """Judge one place. `zone` in pixels of the flat picture, `height` the usual height of a letter."""
    x0, y0, x1, y1 = zone
    if max(x1 - x0, y1 - y0) <= BOX_SIDE:
        frame = frame_at(flat.ink, zone)
        if frame is not None:
            chance = _framed_chance(flat, frame)
            return Mark(
                chance > 0.5, min(0.998, max(chance, 1.0 - chance)), frame.x0, frame.y0, frame.x1, frame.y1
            )
    chance = _free_chance(flat, zone, height)
    return Mark(chance > 0.5, max(chance, 1.0 - chance), x0, y0, x1, y1)


def _framed_chance(flat: Flat, frame: Frame) -> float:
    """The chance that somebody marked a printed box: by the ink in it, or by a line drawn around it."""
    inside = _step(frame.fill - flat.empty, _MARKED, 0.018)
    if inside > 0.5:
        return inside
    around = encircled(flat.ink, frame, _taken(flat, frame))
    return max(inside, _step(around, 0.66, 0.06))


def _taken(flat: Flat, frame: Frame) -> list[Rectangle]:
    """What the form prints near a box."""
    near = 1.5 * (frame.x1 - frame.x0)
    places = [a.box for a in flat.definition.anchors]
    places += [f.zone for f in flat.definition.fields if f.kind is FieldKind.TICK_BOX]
    found = []
    for box in places:
        x0, y0, x1, y1 = flat.pixels(box)
        if x1 < frame.x0 - near or x0 > frame.x1 + near or y1 < frame.y0 - near or y0 > frame.y1 + near:
            continue
        if x0 < (frame.x0 + frame.x1) / 2 < x1 and y0 < (frame.y0 + frame.y1) / 2 < y1:
            continue
        found.append((x0, y0, x1, y1))
    return found


def _step(value: float, middle: float, width: float) -> float:
    return 1.0 / (1.0 + math.exp(max(-60.0, min(60.0, (middle - value) / width))))


def _free_chance(flat: Flat, zone: Rectangle, height: float) -> float:
    """The chance of a mark where none is printed: by the largest piece of ink that stands in the place."""
    strength = 0.0
    for size, count in _written(flat, zone, height):
        strength = max(strength, count * min(1.0, size / (0.7 * height)))
    return min(0.997, max(0.004, _step(strength / max(1.0, height * height), 0.14, 0.025)))


def signed_in(flat: Flat, zone: Rectangle, height: float) -> float:
    """The chance that somebody wrote into a place for a signature, legible or not: a scrawl, a name, a stamp.

    `zone` in pixels of the flat picture, `height` the usual height of a letter.
    """
    strokes = [(size, count) for size, count in _written(flat, zone, height) if size >= 0.4 * height]
    if not strokes:
        return 0.004
    ink = sum(count for _, count in strokes) / max(1.0, height * height)
    # A thin long scrawl has little ink, a smudge little length.
    length = sum(size for size, _ in strokes) / max(1.0, height)
    return min(0.997, max(0.004, _step(ink, 0.3, 0.05) * _step(length, 0.9, 0.08)))


def _written(flat: Flat, zone: Rectangle, height: float) -> list[tuple[float, int]]:
    """(diagonal, pixels) of each piece of ink that stands in a place.

    What of a piece lies outside, or on a printed text it touches, counts for nothing; a piece that mostly
    lies outside is part of something else.
    """
    reach = round(2 * height)
    left, top = max(0, round(zone[0]) - reach), max(0, round(zone[1]) - reach)
    right, bottom = round(zone[2]) + reach, round(zone[3]) + reach
    around = flat.labels[top:bottom, left:right].copy()
    for anchor in flat.definition.anchors:
        a, b, c, d = flat.pixels(anchor.box)
        if a < right and c > left and b < bottom and d > top:
            rows, columns = (max(0, int(n)) for n in (b - top, a - left))
            around[rows : max(0, round(d) - top + 1), columns : max(0, round(c) - left + 1)] = 0
    x0, y0 = max(0, round(zone[0]) - left), max(0, round(zone[1]) - top)
    inside = around[y0 : round(zone[3]) - top, x0 : round(zone[2]) - left]
    everywhere = np.bincount(around.ravel())
    found = []
    for label, count in zip(*np.unique(inside[inside > 0], return_counts=True), strict=True):
        if count < 0.4 * everywhere[label] or count < 4:
            continue
        rows_of, columns_of = np.nonzero(inside == label)
        found.append((math.hypot(int(np.ptp(columns_of)) + 1, int(np.ptp(rows_of)) + 1), int(count)))
    return found


def poorness(flat: Flat) -> float:
    """How broken the page is, 0 (clean) to 1 (an old fax): the share of specks among the pieces of ink."""
    return flat.poor
