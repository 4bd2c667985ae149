"""Tick boxes: whether something was put into a printed box, or where a form wants a mark without one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2

from app.services.document_worker.reading.ink import Flat, Mask

_BOX_SIDE = 60
"""Pixels: what is larger than this is a place for a mark, not a printed box."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether a box is ticked and how sure that is (0.5 to 1); where it was looked, in flat pixels."""

    ticked: bool
    confidence: float
    x0: float
    y0: float
    x1: float
    y1: float


def mark_in(flat: Flat, zone: tuple[float, float, float, float], height: float) -> Mark:
    """Judge one place. `zone` in pixels of the flat picture, `height` the usual height of a letter."""
    x0, y0, x1, y1 = zone
    if max(x1 - x0, y1 - y0) <= _BOX_SIDE:
        framed = _framed(flat.ink, zone)
        if framed is not None:
            return framed
    chance = _free_chance(flat, zone, height)
    return Mark(chance > 0.5, max(chance, 1.0 - chance), x0, y0, x1, y1)


def _framed(ink: Mask, zone: tuple[float, float, float, float]) -> Mark | None:
    """The printed box is found near its place by its four sides; what counts is the ink well inside them."""
    wide, high = round(zone[2] - zone[0]), round(zone[3] - zone[1])
    reach = max(5, round(0.3 * min(wide, high)))
    left, top = round(zone[0]) - reach, round(zone[1]) - reach
    if (
        left < 2
        or top < 2
        or left + wide + 2 * reach + 4 > ink.shape[1]
        or top + high + 2 * reach + 4 > ink.shape[0]
    ):
        return None
    sums = cv2.integral(ink[top - 2 : top + high + 2 * reach + 3, left - 2 : left + wide + 2 * reach + 3])

    def total(a: int, b: int, c: int, d: int) -> float:
        return float(sums[d + 2, c + 2] - sums[b + 2, c + 2] - sums[d + 2, a + 2] + sums[b + 2, a + 2])

    best, best_at = 0.0, (0, 0, wide, high)
    for grow in (-2, 0, 2):
        w, h = wide + grow, high + grow
        for dy in range(2 * reach + 1 - max(0, grow)):
            for dx in range(2 * reach + 1 - max(0, grow)):
                sides = (
                    total(dx, dy - 1, dx + w, dy + 2) / (3 * w),
                    total(dx, dy + h - 2, dx + w, dy + h + 1) / (3 * w),
                    total(dx - 1, dy, dx + 2, dy + h) / (3 * h),
                    total(dx + w - 2, dy, dx + w + 1, dy + h) / (3 * h),
                )
                inner = total(dx + 5, dy + 5, dx + w - 5, dy + h - 5) / max(1, (w - 10) * (h - 10))
                score = min(sides) + 0.3 * sum(sides) / 4 - 0.15 * min(1.0, inner)
                if score > best:
                    best, best_at = score, (dx, dy, w, h)
    if best < 0.5:
        return None
    dx, dy, w, h = best_at
    # The sides of a box are two to four pixels thick and blur inwards.
    edge = max(5, round(0.2 * min(w, h)))
    fill = total(dx + edge, dy + edge, dx + w - edge, dy + h - edge) / max(1, (w - 2 * edge) * (h - 2 * edge))
    chance = 1.0 / (1.0 + math.exp(-(fill - 0.075) / 0.018))
    x0, y0 = left + dx, top + dy
    confidence = min(0.998, max(chance, 1.0 - chance))
    return Mark(chance > 0.5, confidence, x0, y0, x0 + w, y0 + h)


def _free_chance(flat: Flat, zone: tuple[float, float, float, float], height: float) -> float:
    """The chance of a mark where none is printed: by its largest piece of ink."""
    x0, y0, x1, y1 = zone
    largest = 0.0
    for piece in flat.pieces:
        centre_x, centre_y = (piece.x0 + piece.x1) / 2, piece.middle
        if x0 <= centre_x <= x1 and y0 <= centre_y <= y1:
            size = math.hypot(piece.width, piece.height)
            largest = max(largest, piece.area * min(1.0, size / (0.7 * height)))
    strength = largest / max(1.0, height * height)
    return min(0.997, max(0.004, 1.0 / (1.0 + math.exp(-(strength - 0.14) / 0.025))))


def poorness(flat: Flat) -> float:
    """How broken the page is, 0 (clean) to 1 (an old fax): the share of specks among the pieces of ink."""
    return flat.poor
