"""The ruling of a page: straight lines however pale, filled bars, and the cells they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.engine import Gray
from app.services.document_worker.reading.propose_sheet import Area

_ACROSS = 45
"""Pixels: the shortest line across that may be one to write on; letters and dashes are shorter."""
_DOWN = 27
_THICK = 15
"""A line thicker than this is a bar."""
_PALE = 8.0
"""Levels of gray by which a rule has to differ from the paper; many forms print cells in a faint gray."""
_TOUCH = 9.0
_MOST_CELLS = 1500
_MOST_LINES = 4000


@dataclass(frozen=True, slots=True)
class Ruling:
    """`across` and `down` are lines as thin areas, `bars` filled areas (headings, shaded cells), `cells` the
    rectangles ruled on all sides.
    """

    across: tuple[Area, ...]
    down: tuple[Area, ...]
    bars: tuple[Area, ...]
    cells: tuple[Area, ...]


def ruling_of(gray: Gray) -> Ruling:
    """The lines, bars and cells of a page drawn upright."""
    inverse = _against_paper(gray)
    noise = _grain(inverse)
    least = max(_PALE, 3.5 * noise)
    across, wide_bars = _lines(inverse, _ACROSS, least, horizontal=True)
    down, _ = _lines(inverse, _DOWN, least, horizontal=False)
    bars = [b for b in wide_bars if b.height >= 16 and b.width >= 60]
    down = [d for d in down if not _within(d, bars)]
    across = [a for a in across if not _within(a, bars)]
    for bar in bars:
        # The edges of a bar rule the cells above and below it.
        across += [Area(bar.x0, y - 1, bar.x1, y + 1) for y in (bar.y0, bar.y1)]
        down += [Area(x - 1, bar.y0, x + 1, bar.y1) for x in (bar.x0, bar.x1)]
    if len(across) + len(down) > _MOST_LINES:
        return Ruling((), (), (), ())  # a photograph: no form has as many
    down = [d for d in down if _held(d, across)]
    across = _joined(across)
    cells = _cells(across, [*down, *_open_ends(across, down)], gray.shape)
    return Ruling(tuple(across), tuple(down), tuple(bars), tuple(cells))


def _against_paper(gray: Gray) -> npt.NDArray[np.uint8]:
    """How much darker than the paper around it each pixel is."""
    small = cv2.resize(gray, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(small, np.ones((15, 15), np.uint8))
    paper = cv2.GaussianBlur(paper, (0, 0), 6)
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(paper, gray), np.uint8)


def _grain(inverse: npt.NDArray[np.uint8]) -> float:
    sample = inverse[::4, ::4].astype(np.float32)
    light = sample[sample < 40]
    return float(np.std(light)) if light.size else 0.0


def _lines(
    inverse: npt.NDArray[np.uint8], length: int, least: float, *, horizontal: bool
) -> tuple[list[Area], list[Area]]:
    """(thin lines, thick ones) of at least `length` pixels."""
    along = np.ones((1, length), np.uint8) if horizontal else np.ones((length, 1), np.uint8)
    across = np.ones((3, 1), np.uint8) if horizontal else np.ones((1, 3), np.uint8)
    thick = np.ones((_THICK, 1), np.uint8) if horizontal else np.ones((1, _THICK), np.uint8)
    # Opened along its length after a little widening: a line that leans by a pixel or two stays whole.
    strength = cv2.morphologyEx(cv2.dilate(inverse, across), cv2.MORPH_OPEN, along)
    solid = cv2.morphologyEx(strength, cv2.MORPH_OPEN, thick)
    filled = (solid > least).astype(np.uint8)
    thin = ((strength > least) & (cv2.subtract(strength, solid) > 0.5 * least)).astype(np.uint8)
    # A line that runs into a bar is cut off there, or the bar's outline would hang on it.
    thin &= 1 - cv2.dilate(filled, np.ones((5, 5), np.uint8))
    found = [
        area
        for stat in _components(thin)
        if _even(inverse, strength, area := _area(stat), horizontal=horizontal)
    ]
    # Widening by one pixel on each side is taken back.
    lines = [
        Area(a.x0, a.y0 + 1, a.x1, a.y1 - 1) if horizontal else Area(a.x0 + 1, a.y0, a.x1 - 1, a.y1)
        for a in found
        if (a.width >= 0.9 * length and a.height <= _THICK + 4 if horizontal
            else a.height >= 0.9 * length and a.width <= _THICK + 4)
    ]  # fmt: skip
    bars = _whole_bars([_area(s) for s in _components(filled) if s[4] > 0.7 * s[2] * s[3]], strength)
    return lines, bars


def _whole_bars(bars: Sequence[Area], strength: npt.NDArray[np.uint8]) -> list[Area]:
    """Bars put together again where light letters part them: above and below the letters they go on."""
    kept: list[Area] = []
    for bar in sorted(bars, key=lambda b: (round(b.y0 / 8), b.x0)):
        for place, other in enumerate(kept):
            if (
                abs(other.y0 - bar.y0) > 4
                or abs(other.y1 - bar.y1) > 4
                or bar.x0 < other.x1
                or bar.height < 8
                or bar.width < 8
            ):
                continue
            columns = slice(int(other.x1), max(int(bar.x0), int(other.x1) + 1))
            rows = [slice(int(bar.y0) + 2, int(bar.y0) + 4), slice(int(bar.y1) - 4, int(bar.y1) - 2)]
            solid = float(np.median(strength[rows[0], int(bar.x0) + 2 : int(bar.x1) - 2]))
            if all(float(np.median(strength[r, columns])) > 0.6 * solid for r in rows):
                kept[place] = Area.around((other, bar))
                break
        else:
            kept.append(bar)
    return kept


def _even(
    inverse: npt.NDArray[np.uint8], strength: npt.NDArray[np.uint8], area: Area, *, horizontal: bool
) -> bool:
    """Whether a line is about as dark all along. A line found through blurred letters is not."""
    rows, columns = slice(int(area.y0), int(area.y1)), slice(int(area.x0), int(area.x1))
    axis = 0 if horizontal else 1
    ink = np.median(inverse[rows, columns].max(axis=axis))
    held = np.median(strength[rows, columns].max(axis=axis))
    return bool(held >= (0.7 if max(area.width, area.height) < 160 else 0.55) * ink)


def _components(mask: npt.NDArray[np.uint8]) -> list[tuple[int, int, int, int, int]]:
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask), connectivity=8)
    return [(int(s[0]), int(s[1]), int(s[2]), int(s[3]), int(s[4])) for s in stats[1:count]]


def _area(stat: tuple[int, int, int, int, int]) -> Area:
    return Area(stat[0], stat[1], stat[0] + stat[2], stat[1] + stat[3])


def _within(line: Area, bars: Sequence[Area]) -> bool:
    """Whether a line is a gap between the letters on a bar."""
    x, y = line.middle
    return any(
        b.x0 + 2 < x < b.x1 - 2 and b.y0 + 2 < y < b.y1 - 2
        and (line.height < b.height + 16 if line.height > line.width else line.width < 0.9 * b.width)
        for b in bars
    )  # fmt: skip


def _held(line: Area, across: Sequence[Area]) -> bool:
    """Whether a line down ends at lines across, as the sides of cells do and the stems of letters do not."""
    if line.height >= 110:
        return True
    x = line.middle[0]
    ends = 0
    for y in (line.y0, line.y1):
        ends += any(a.x0 - _TOUCH <= x <= a.x1 + _TOUCH and abs(a.middle[1] - y) <= _TOUCH for a in across)
    return ends == 2


def _joined(lines: Sequence[Area]) -> list[Area]:
    """Pieces of one line that follow each other closely, made one."""
    kept: list[Area] = []
    for line in sorted(lines, key=lambda a: (round(a.middle[1] / 4), a.x0)):
        for place, other in enumerate(kept):
            if abs(other.middle[1] - line.middle[1]) <= 4 and -6 <= line.x0 - other.x1 <= 7:
                kept[place] = Area.around((other, line))
                break
        else:
            kept.append(line)
    return kept


def _open_ends(across: Sequence[Area], down: Sequence[Area]) -> list[Area]:
    """Sides that a form leaves out: where neighbouring lines across end together and a line down joins them
    somewhere, the row is closed at both ends.
    """
    long = [a for a in across if a.width >= 200]
    sides: list[Area] = []
    for at_left in (True, False):
        ends: list[list[Area]] = []
        for line in sorted(long, key=lambda a: a.x0 if at_left else a.x1):
            x = line.x0 if at_left else line.x1
            if ends and x - (ends[-1][0].x0 if at_left else ends[-1][0].x1) <= 16:
                ends[-1].append(line)
            else:
                ends.append([line])
        for group in ends:
            for first, second in pairwise(sorted(group, key=lambda a: a.middle[1])):
                top, bottom = first.middle[1], second.middle[1]
                joined = any(
                    d.y0 <= top + _TOUCH and d.y1 >= bottom - _TOUCH
                    and max(first.x0, second.x0) - 9 <= d.middle[0] <= min(first.x1, second.x1) + 9
                    for d in down
                )  # fmt: skip
                if joined:
                    x = sum(a.x0 if at_left else a.x1 for a in (first, second)) / 2
                    sides.append(Area(x - 1, top, x + 1, bottom))
    return sides


def _cells(across: Sequence[Area], down: Sequence[Area], shape: tuple[int, ...]) -> list[Area]:
    """The rectangles between lines: each is a piece of paper that no line crosses."""
    walls = np.zeros(shape[:2], np.uint8)
    for line in across:
        y0, y1 = int(line.y0) - 1, int(line.y1) + 2
        walls[max(0, y0) : y1, max(0, int(line.x0) - 6) : int(line.x1) + 7] = 1
    for line in down:
        x0, x1 = int(line.x0) - 1, int(line.x1) + 2
        walls[max(0, int(line.y0) - 6) : int(line.y1) + 7, max(0, x0) : x1] = 1
    count, _, stats, _ = cv2.connectedComponentsWithStats(1 - walls, connectivity=4)
    found = []
    for left, top, wide, high, area in stats[1:count]:
        if high < 20 or wide < 26 or wide > 0.985 * shape[1] or high > 0.9 * shape[0]:
            continue
        if area < 0.86 * wide * high:
            continue
        found.append(Area(float(left), float(top), float(left + wide), float(top + high)))
    return found[:_MOST_CELLS]
