"""Small squares to tick, empty or ticked: four sides of ink around a place as wide as it is high."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.engine import Gray
from app.services.document_worker.reading.propose_sheet import Area

_LEAST, _MOST = 13, 60
"""Pixels a side: a sixteenth to a third of an inch."""
_CAPITAL = 16
"""From this size on a box is told from a letter by its corners alone."""
_SIDE = 0.82
_SHARP = 1.5
"""The score of an empty box whose corners are filled to the last pixel: no letter is like that."""
_SHORT = 9
"""The length of a stroke that may be a side. Odd: an even one would move what it finds by a pixel."""
_MOST_SQUARES = 300
_MOST_LOOKED_AT = 3000
"""A photograph is full of what might be boxes; a form is not."""


def squares_of(gray: Gray) -> tuple[Area, ...]:
    """The squares of a page from top to bottom, the outside of their frames."""
    found: list[tuple[float, Area]] = []
    for level, least in ((60, _LEAST), (30, 16), (12, 20)):
        # Frames may be pale; so are the blurred edges of letters, which are smaller.
        ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 61, level)
        found += _framed(np.asarray(ink, np.uint8), least)
        found += _hollow(np.asarray(ink, np.uint8))
    sharp = _of_one_size([a for score, a in found if score >= _SHARP and min(a.width, a.height) >= _CAPITAL])
    kept: list[Area] = []
    for _, area in sorted(found, key=lambda f: -f[0])[:_MOST_LOOKED_AT]:
        if all(area.common(other) < 0.2 * min(area.size, other.size) for other in kept):
            kept.append(area)
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 61, 40)
    kept = _alike([k for k in kept if k in sharp or _apart(k, np.asarray(ink, np.uint8))])
    return tuple(sorted(kept, key=lambda a: (round(a.middle[1] / 12), a.x0)))[:_MOST_SQUARES]


def _hollow(ink: npt.NDArray[np.uint8]) -> list[tuple[float, Area]]:
    """Empty boxes: paper shut in by ink, with four right corners. What letters shut in is round."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - ink, connectivity=4)
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(n) for n in stats[label])
        if not (8 <= w <= _MOST and 8 <= h <= _MOST and 0.72 <= w / h <= 1.39 and area >= 0.9 * w * h):
            continue
        hole = labels[y : y + h, x : x + w] == label
        corner = 2 if min(w, h) < 14 else 3
        corners = [
            hole[rows, columns].mean()
            for rows in (slice(0, corner), slice(-corner, None))
            for columns in (slice(0, corner), slice(-corner, None))
        ]
        if min(corners) < 0.5:
            continue
        clean = _SHARP if area >= 0.985 * w * h else 1.1
        found.append((clean + 0.002 * min(w, h), _outside(ink, x, y, x + w, y + h)))
    return found


def _outside(ink: npt.NDArray[np.uint8], x0: int, y0: int, x1: int, y1: int) -> Area:
    """The outside of the frame around a hole, a printed shadow included: sides are followed while they are inked."""
    most = round(0.4 * min(x1 - x0, y1 - y0)) + 2
    left, top, right, bottom = x0, y0, x1, y1
    for _ in range(most):
        if left > 0 and ink[y0:y1, left - 1].mean() > 0.75:
            left -= 1
        if right < ink.shape[1] and ink[y0:y1, right].mean() > 0.75:
            right += 1
        if top > 0 and ink[top - 1, x0:x1].mean() > 0.75:
            top -= 1
        if bottom < ink.shape[0] and ink[bottom, x0:x1].mean() > 0.75:
            bottom += 1
    return Area(float(left), float(top), float(right), float(bottom))


def _framed(ink: npt.NDArray[np.uint8], least: int) -> list[tuple[float, Area]]:
    strokes = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, _SHORT), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    lines = sorted(
        (
            (int(x), int(y), int(w), int(h))
            for x, y, w, h, _ in stats[1:count]
            if _SHORT <= w <= 1.5 * _MOST and h <= 14
        ),
        key=lambda s: s[1],
    )
    by_place: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for line in lines:
        by_place.setdefault((line[0] // 8, line[1] // 32), []).append(line)
    sums = cv2.integral(ink)

    def filled(x0: int, y0: int, x1: int, y1: int) -> float:
        x0, y0 = max(0, x0), max(0, y0)
        x1, y1 = min(ink.shape[1], x1), min(ink.shape[0], y1)
        if x1 <= x0 or y1 <= y0:
            return 0.0
        return float(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]) / ((x1 - x0) * (y1 - y0))

    found = []
    for x, y, w, h in lines:
        near = [
            other
            for column in (x // 8 - 1, x // 8, x // 8 + 1)
            for row in (y // 32, y // 32 + 1, y // 32 + 2)
            for other in by_place.get((column, row), ())
        ]
        for x2, y2, w2, h2 in near:
            if y2 <= y + h or not least <= y2 + h2 - y <= _MOST or abs(x - x2) > 5:
                continue
            # The longer of the two may be lengthened by a tick that crosses it, or by a printed shadow.
            for left, right, bottom in {
                (max(x, x2), min(x + w, x2 + w2), y2 + h2), (x, x + w, y2 + min(h2, 2)), (x2, x2 + w2, y2 + h2),
            }:  # fmt: skip
                if not 0.74 <= (right - left) / (bottom - y) <= 1.35:
                    continue
                score = _frame_score(ink, left, y, right, bottom)
                if score is not None and filled(left + 2, y + 2, right - 2, bottom - 2) < 0.93:
                    found.append((score, Area(float(left), float(y), float(right), float(bottom))))
    return found


def _frame_score(ink: npt.NDArray[np.uint8], x0: int, y0: int, x1: int, y1: int) -> float | None:
    """How complete the four sides are (their mean), or None when one of them is not there."""
    edge = max(3, round(0.14 * min(x1 - x0, y1 - y0)))
    part = ink[y0:y1, x0:x1]
    # A side is straight: nearly all of it lies in two rows. The strokes of round letters do not, and their
    # corners are open.
    sides = [_straight(s) for s in (part[:edge], part[-edge:], part[:, :edge].T, part[:, -edge:].T)]
    corner = 3 if x1 - x0 >= 16 else 2
    corners = [
        rows[:, :corner] if left else rows[:, -corner:]
        for rows in (part[:corner], part[-corner:]) for left in (True, False)
    ]  # fmt: skip
    # A box with a shadow is open at the lower left.
    if any(c.mean() < (0.75, 0.75, 0.5, 0.75)[i] for i, c in enumerate(corners)):
        return None
    if min(sides) < _SIDE:
        return None
    return float(np.mean(sides)) + 0.002 * min(x1 - x0, y1 - y0)


def _straight(band: npt.NDArray[np.uint8]) -> float:
    pairs = band[:-1] | band[1:]
    return float(pairs.mean(axis=1).max())


def _of_one_size(squares: Sequence[Area]) -> set[Area]:
    """Those that have two fellows of their very size: boxes stamped from one mould."""
    apart: list[Area] = []
    for square in squares:
        if all(square.common(a) < 0.5 * square.size for a in apart):
            apart.append(square)

    def fellows(square: Area) -> int:
        return sum(
            1 for a in apart if abs(a.width - square.width) <= 1.5 and abs(a.height - square.height) <= 1.5
        )

    return {s for s in squares if fellows(s) >= 3}


def _apart(square: Area, ink: npt.NDArray[np.uint8]) -> bool:
    """Whether there is paper beside it, on both sides of a small one: letters have others next to them."""
    x0, y0, x1, y1 = int(square.x0), int(square.y0) + 2, int(square.x1), int(square.y1) - 2
    small = min(square.width, square.height) < _CAPITAL
    near, far = max(5, round((0.42 if small else 0.3) * square.width)), round(0.8 * square.width)

    def free(reach: int) -> int:
        left, right = ink[y0:y1, max(0, x0 - reach) : max(0, x0 - 1)], ink[y0:y1, x1 + 2 : x1 + 1 + reach]
        return int(not left.any()) + int(not right.any())

    if free(near) == 2:
        return True
    inner = ink[y0 + 3 : y1 - 3, x0 + 5 : x1 - 5]
    marked = inner.size > 0 and float(inner.mean()) > 0.15
    return not small and (free(far) >= 1 or (marked and free(near) == 1))


def _alike(squares: Sequence[Area]) -> list[Area]:
    """Without the odd ones: letters such as D or B are framed too, but boxes come in one or two sizes."""
    if len(squares) < 4:
        return list(squares)
    kept = []
    for square in squares:
        side = max(square.width, square.height)
        fellows = sum(1 for s in squares if abs(max(s.width, s.height) - side) <= max(3.0, 0.12 * side))
        if fellows >= 2 or side >= 24:
            kept.append(square)
    return kept
