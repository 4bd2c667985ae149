"""Printed tick boxes: where the frame really lies, and how much ink stands inside and around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.services.document_worker.reading.hue import Mask
from app.services.document_worker.reading.ruling import ruled

BOX_SIDE = 60
"""Pixels: what is larger than this is a place for a mark, not a printed box."""

_SECTORS = 16
_MOST_EMPTY = 0.12

Rectangle = tuple[float, float, float, float]
_Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """A printed box as found, in flat pixels: `sides` is the share of its weakest side that is drawn, `fill`
    the share of ink well inside it.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    sides: float
    fill: float


def frame_at(ink: Mask, zone: Rectangle) -> Frame | None:
    """The printed box near a place, by its four sides; None where none is drawn."""
    wide, high = round(zone[2] - zone[0]), round(zone[3] - zone[1])
    reach = max(5, round(0.3 * min(wide, high)))
    left, top = round(zone[0]) - reach, round(zone[1]) - reach
    right, bottom = left + wide + 2 * reach + 2, top + high + 2 * reach + 2
    if left < 3 or top < 3 or right + 3 > ink.shape[1] or bottom + 3 > ink.shape[0]:
        return None
    sums = cv2.integral(ink[top - 3 : bottom + 3, left - 3 : right + 3]).astype(np.float64)
    best: tuple[float, float, int, int, int, int] | None = None
    for grow in (-2, 0, 2):
        w, h = wide + grow, high + grow
        across, down = 2 * reach + 1 - max(0, grow), 2 * reach + 1 - max(0, grow)

        def total(x0: int, y0: int, x1: int, y1: int, across: int = across, down: int = down) -> _Counts:
            """Ink in a rectangle that is moved to every place: [down, across]."""
            rows0, rows1 = slice(y0 + 3, y0 + 3 + down), slice(y1 + 3, y1 + 3 + down)
            columns0, columns1 = slice(x0 + 3, x0 + 3 + across), slice(x1 + 3, x1 + 3 + across)
            found = sums[rows1, columns1] - sums[rows0, columns1] - sums[rows1, columns0]
            return np.asarray(found + sums[rows0, columns0], np.float64)

        sides = np.stack(
            [
                total(0, -1, w, 2) / (3 * w), total(0, h - 2, w, h + 1) / (3 * w),
                total(-1, 0, 2, h) / (3 * h), total(w - 2, 0, w + 1, h) / (3 * h),
            ]
        )  # fmt: skip
        inner = total(5, 5, w - 5, h - 5) / max(1, (w - 10) * (h - 10))
        score = sides.min(axis=0) + 0.3 * sides.mean(axis=0) - 0.15 * np.minimum(1.0, inner)
        dy, dx = divmod(int(score.argmax()), across)
        if best is None or score[dy, dx] > best[0]:
            best = float(score[dy, dx]), float(sides[:, dy, dx].min()), dx, dy, w, h
    if best is None or best[0] < 0.5:
        return None
    _, weakest, dx, dy, w, h = best
    x0, y0 = left + dx, top + dy
    # The sides of a box are two to four pixels thick and blur inwards; a fax makes them thicker.
    side = min(w, h)
    thick = _thickness(ink[y0 : y0 + h, x0 : x0 + w])
    edge = min(max(5, round(0.2 * side), thick + 2), round(0.36 * side))
    inside = ink[y0 + edge : y0 + h - edge, x0 + edge : x0 + w - edge]
    return Frame(x0, y0, x0 + w, y0 + h, weakest, float(inside.mean()) if inside.size else 0.0)


def _thickness(box: Mask) -> int:
    """How far the sides of a drawn box reach into it, in pixels."""
    reached = []
    for turns in range(4):
        turned = np.rot90(box, turns)
        inset = round(0.3 * turned.shape[1])
        solid = turned[:, inset : turned.shape[1] - inset].mean(axis=1) > 0.85
        reached.append(int(np.argmin(solid)) if not solid.all() else len(solid))
    # A mark may make two sides look thicker than they are.
    return sorted(reached)[1]


def usual_fill(ink: Mask, definition: FormDefinition) -> float:
    """How much ink stands in the boxes of this page that nobody ticked: thick frames, grain, dirt.

    Some boxes of every form stay empty, so it is what the emptiest fifth of them holds, and never as much as
    a mark leaves; 0 with fewer than six boxes.
    """
    height, width = ink.shape
    fills = []
    for field in definition.fields:
        if field.kind is not FieldKind.TICK_BOX:
            continue
        b = field.zone
        zone = (b.x0 * width, b.y0 * height, b.x1 * width, b.y1 * height)
        if max(zone[2] - zone[0], zone[3] - zone[1]) <= BOX_SIDE:
            frame = frame_at(ink, zone)
            if frame is not None:
                fills.append(frame.fill)
    if len(fills) < 6:
        return 0.0
    return min(_MOST_EMPTY, float(np.percentile(fills, 20)))


def encircled(ink: Mask, frame: Frame, taken: Sequence[Rectangle]) -> float:
    """How much of the way around a box a line is drawn, 0 to 1.

    `taken`: places (printed texts, other boxes) where a line could not be told; they count for nothing.
    0 where too little of the way can be seen, and for what does not keep its distance from the box.
    """
    side = min(frame.x1 - frame.x0, frame.y1 - frame.y0)
    reach = round(0.9 * side)
    x0, y0 = max(0, frame.x0 - reach), max(0, frame.y0 - reach)
    x1, y1 = min(ink.shape[1], frame.x1 + reach), min(ink.shape[0], frame.y1 + reach)
    free = np.ones((y1 - y0, x1 - x0), np.uint8)
    for a, b, c, d in (*taken, (frame.x0 - 3, frame.y0 - 3, frame.x1 + 2, frame.y1 + 2)):
        rows, columns = (max(0, int(n) - 2) for n in (b - y0, a - x0))
        free[rows : max(0, int(d) + 3 - y0), columns : max(0, int(c) + 3 - x0)] = 0
    line = ink[y0:y1, x0:x1] & free
    line &= 1 - ruled(ink[y0:y1, x0:x1], length=round(1.3 * side))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(line, connectivity=8)
    long = np.maximum(stats[:, 2], stats[:, 3]) >= 0.45 * side
    long[0] = False
    rows_of, columns_of = np.nonzero(long[labels])
    if count < 2 or not len(rows_of):
        return 0.0
    middle = ((frame.x0 + frame.x1) / 2 - x0, (frame.y0 + frame.y1) / 2 - y0)
    drawn = np.bincount(_sector(rows_of, columns_of, middle), minlength=_SECTORS) >= 0.1 * side
    free_rows, free_columns = np.nonzero(free)
    room = np.bincount(_sector(free_rows, free_columns, middle), minlength=_SECTORS)
    seen = room > 0.5 * side * side * 2.4 / _SECTORS
    distance = np.hypot(rows_of - middle[1], columns_of - middle[0])
    if int(seen.sum()) < 10 or float(distance.std()) > 0.22 * float(distance.mean()):
        return 0.0
    return float((drawn & seen).sum()) / float(seen.sum())


def _sector(
    rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], middle: tuple[float, float]
) -> npt.NDArray[np.intp]:
    """In which part of the way around a point pixels lie."""
    angle = np.arctan2(rows - middle[1], columns - middle[0]) + math.pi
    return np.asarray(np.minimum(_SECTORS - 1, angle / (2 * math.pi) * _SECTORS), np.intp)
