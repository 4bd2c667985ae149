"""The order in which the words of a page are read: line by line, columns of prose one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.domain.box import Box
from app.domain.extraction import Word

_LEVEL = 0.5
_LEAST_LINES = 6
"""Lines in a row that make a gap between them the gutter of two columns."""
_GUTTER = 1.2
_CLOSE = 0.8
"""Gaps as multiples of the height of a line, both in fractions of the page: on a letter page, upright, a height is
1.3 of such widths.
"""
_PROSE = 4.0
"""Words that a line of prose holds beside the gutter, in the middle: cells of a table hold fewer."""


def in_reading_order(words: Sequence[Word], turn: int = 0, slope: float = 0.0) -> list[Word]:
    """The words as a person reads the page once it is turned clockwise by `turn` quarter turns.

    `slope` says how far lines then fall over the width of the page, in fractions of its height.
    """
    if not words:
        return []
    placed = [(_level(word.box.turned(turn), slope), word) for word in words]
    ordered: list[Word] = []
    for block in _blocks(_lines(placed)):
        ordered += [word for line in block for _, word in line]
    return ordered


def _level(box: Box, slope: float) -> Box:
    """Where a word stands once its line is level."""
    fall = slope * box.centre[0]
    return Box(box.x0, box.y0 - fall, box.x1, box.y1 - fall) if slope else box


Line = list[tuple[Box, Word]]


def _lines(placed: Sequence[tuple[Box, Word]]) -> list[Line]:
    """Words on lines, top to bottom, each left to right. A word joins the line whose last word it is level with."""
    lines: list[Line] = []
    for box, word in sorted(placed, key=lambda p: (p[0].centre[1], p[0].x0)):
        best, most = None, _LEVEL
        for line in reversed(lines[-8:]):
            near = min(line, key=lambda p: abs(p[0].centre[0] - box.centre[0]))[0]
            smaller = min(near.height, box.height)
            level = (min(near.y1, box.y1) - max(near.y0, box.y0)) / smaller if smaller > 0 else 0.0
            if level >= most:
                best, most = line, level
        if best is None:
            lines.append([(box, word)])
        else:
            best.append((box, word))
    for line in lines:
        line.sort(key=lambda p: p[0].x0)
    lines.sort(key=lambda line: sum(box.centre[1] for box, _ in line) / len(line))
    return lines


def _blocks(lines: list[Line]) -> list[list[Line]]:
    """The lines in blocks to be read one after the other: two columns of prose become two blocks."""
    blocks: list[list[Line]] = []
    start = 0
    while start < len(lines):
        end, gutter = _columns(lines, start)
        if gutter is None:
            blocks.append([lines[start]])
            start += 1
            continue
        halves: tuple[list[Line], list[Line]] = ([], [])
        for line in lines[start:end]:
            for half, side in zip(halves, (True, False), strict=True):
                part = [p for p in line if (p[0].centre[0] < gutter) is side]
                if part:
                    half.append(part)
        blocks += [half for half in halves if half]
        start = end
    return blocks


def _columns(lines: Sequence[Line], start: int) -> tuple[int, float | None]:
    """Where two columns that begin with this line end, and the place between them; None when they do not begin."""
    best: tuple[int, float | None] = (start, None)
    for gap_from, gap_to in _gaps(lines[start]):
        left, right = gap_from, gap_to
        end, both = start, 0
        words: list[tuple[int, int]] = []
        while end < len(lines):
            line = lines[end]
            inside = [b for b, _ in line if b.x1 > left and b.x0 < right]
            if inside:
                narrow = _narrowed(left, right, inside)
                if narrow is None:
                    break
                left, right = narrow
            middle = (left + right) / 2
            counts = sum(b.x1 <= middle for b, _ in line), sum(b.x0 >= middle for b, _ in line)
            both += all(counts)
            words.append(counts)
            end += 1
        middles = [sorted(side)[len(side) // 2] for side in zip(*words, strict=True)] if words else [0, 0]
        prose = min(middles) >= _PROSE and _close_set(lines[start:end])
        if both >= _LEAST_LINES and prose and end > best[0]:
            best = (end, (left + right) / 2)
    return best


def _close_set(lines: Sequence[Line]) -> bool:
    """Whether the words stand as close as in sentences: cells of a table stand further apart."""
    gaps = [
        (after.x0 - before.x1) / max(before.height, after.height, 1e-6)
        for line in lines
        for (before, _), (after, _) in pairwise(line)
    ]
    return bool(gaps) and sorted(gaps)[len(gaps) // 2] < _CLOSE


def _gaps(line: Line) -> list[tuple[float, float]]:
    """The wide gaps of a line that may be a gutter: not near the edges, wider than the line is high."""
    found = []
    for (before, _), (after, _) in pairwise(line):
        wide = after.x0 - before.x1
        if wide > _GUTTER * max(before.height, after.height) and 0.25 < (before.x1 + after.x0) / 2 < 0.75:
            found.append((before.x1, after.x0))
    return found


def _narrowed(left: float, right: float, inside: Sequence[Box]) -> tuple[float, float] | None:
    """The gap once these words reach into it; None when too little is left of it."""
    for box in inside:
        if box.x0 <= left and box.x1 >= right:
            return None
        if box.centre[0] < (left + right) / 2:
            left = max(left, box.x1)
        else:
            right = min(right, box.x0)
    return (left, right) if right - left > 0.008 else None
