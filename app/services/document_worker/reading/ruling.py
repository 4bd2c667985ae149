"""Straight lines on a page: what rules a form, and what a fax machine or a scanner drew across it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.services.document_worker.reading.engine import Gray
from app.services.document_worker.reading.hue import Mask, depth_of

_ACROSS = 70
_DOWN = 45
"""Pixels of the flat picture (200 an inch): an unbroken line longer than this is no stroke of a letter."""


def ruled(ink: Mask, broken: bool = False, length: int = 0) -> Mask:
    """The long straight lines of a form: frames, cells, lines to write on.

    `broken` also takes lines with gaps in them, longer ones, which a fax leaves of ruling and streaks.
    `length`: what counts as long, in pixels, where it is not the usual.
    """
    across, down = _lines(ink, broken, (length or _ACROSS, length or _DOWN))
    # A thick bar is a heading or a logo, not a rule; what is left of it is dealt with as a piece.
    return np.asarray(
        cv2.dilate(across, np.ones((3, 1), np.uint8)) | cv2.dilate(down, np.ones((1, 3), np.uint8)), np.uint8
    )


def without_rules(ink: Mask, broken: bool = False) -> tuple[Mask, Mask, Mask]:
    """(text ink, rules, walls): rules are taken away, but not where a stroke crosses them.

    `walls` are the lines down the page that part cells, strokes that cross them or not.
    """
    across, down = _lines(ink, broken)
    across = np.asarray(cv2.dilate(across, np.ones((3, 1), np.uint8)), np.uint8)
    rules = across | cv2.dilate(down, np.ones((1, 3), np.uint8))
    rest = ink & (1 - rules)
    # A stroke that goes on on both sides of a rule passes through it.
    above = cv2.dilate(rest, np.ones((9, 1), np.uint8), anchor=(0, 8))
    below = cv2.dilate(rest, np.ones((9, 1), np.uint8), anchor=(0, 0))
    before = cv2.dilate(rest, np.ones((1, 9), np.uint8), anchor=(8, 0))
    after = cv2.dilate(rest, np.ones((1, 9), np.uint8), anchor=(0, 0))
    kept = ink & rules & np.where(across > 0, above & below, before & after)
    return np.asarray(rest | kept, np.uint8), np.asarray(rules & (1 - kept), np.uint8), down


def _lines(ink: Mask, broken: bool, length: tuple[int, int] = (_ACROSS, _DOWN)) -> tuple[Mask, Mask]:
    """(lines across, lines down) as thin as they are drawn."""
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length[0]), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length[1], 1), np.uint8))
    if broken:
        across = across | _dense(ink, (2 * _ACROSS, 1), 0.82, 0.45)
        # Letters under letters fill about half of a column; ruling more, gaps and all.
        down = down | _dense(ink, (1, 3 * _DOWN), 0.7, 0.4)
    return np.asarray(across, np.uint8), np.asarray(down, np.uint8)


def _dense(ink: Mask, window: tuple[int, int], least: float, most_beside: float) -> Mask:
    """Ink of thin lines with gaps: filled to `least` along the window, and less on both sides of the line."""
    wide, high = window
    solid = ink.astype(np.float32)
    along_x = wide > high
    # A line one pixel out of true is still one line.
    fat = cv2.dilate(solid, np.ones((2, 1) if along_x else (1, 2), np.uint8))
    filled = cv2.blur(fat, window, borderType=cv2.BORDER_CONSTANT)
    plain = cv2.blur(solid, window, borderType=cv2.BORDER_CONSTANT)
    beside = np.zeros_like(plain)
    reach = 6
    if along_x:
        beside[reach:-reach] = np.maximum(plain[: -2 * reach], plain[2 * reach :])
    else:
        beside[:, reach:-reach] = np.maximum(plain[:, : -2 * reach], plain[:, 2 * reach :])
    core = ((filled > least) & (beside < most_beside)).astype(np.uint8)
    if not core.any():
        return np.zeros_like(ink)
    # A window whose middle lies a third of its length from the end of a line is still filled enough.
    reached = cv2.dilate(core, np.ones((max(1, round(0.64 * high)), max(1, round(0.64 * wide))), np.uint8))
    return np.asarray(ink & reached, np.uint8)


_STRETCHES = 8


def without_crossing(page: Gray) -> Gray:
    """The page without the thin lines that run from edge to edge of it, in the direction of the scan.

    A fax machine or a scanner drew them: no form rules its margins. They may have gaps. In their place
    stands what lies on both sides of them, so that strokes they cross go on. `page` in RGB or gray, as it
    was scanned; the same picture comes back when there are no such lines.
    """
    gray = depth_of(page)
    width = gray.shape[1]
    shrink = min(1.0, 1700 / width)
    small = gray
    if shrink < 1.0:
        small = np.asarray(
            cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
    dark = (small < 165).astype(np.uint8)
    across, down = _crossing(dark), _crossing(np.ascontiguousarray(dark.T))
    if not across and not down:
        return page
    cleaned = page.copy()
    _bridged(cleaned, gray, [(a / shrink, b / shrink) for a, b in across])
    turned = np.ascontiguousarray(gray.T)
    _bridged(cleaned.swapaxes(0, 1), turned, [(a / shrink, b / shrink) for a, b in down])
    return cleaned


def _crossing(dark: Mask) -> list[tuple[int, int]]:
    """(first, last + 1) row of each line that crosses a picture from its left to its right edge."""
    fat = cv2.dilate(dark, np.ones((2, 1), np.uint8))
    filled = cv2.resize(fat.astype(np.float32), (_STRETCHES, len(dark)), interpolation=cv2.INTER_AREA)
    # The edge itself may be cut off or shaded: one stretch may be missing.
    full = (filled > 0.6).sum(axis=1) >= _STRETCHES - 1
    lines = []
    row = 0
    while row < len(full):
        end = row + 1
        if full[row]:
            while end < len(full) and full[end]:
                end += 1
            around = [r for r in (row - 4, end + 3) if 0 <= r < len(full)]
            if end - row <= _THICKEST and all(float(np.median(filled[r])) < 0.45 for r in around):
                lines.append((row, end))
        row = end
    return lines


_THICKEST = 7
"""Pixels of a page 1700 wide: a bar thicker than this is not a line."""


def _bridged(page: Gray, gray: Gray, lines: Sequence[tuple[float, float]]) -> None:
    """The rows of each line filled with what lies above and below; `page` is changed, `gray` is its ink."""
    for start, stop in lines:
        top, bottom = max(1, int(start) - 2), min(len(gray) - 1, int(np.ceil(stop)) + 2)
        depth = 255.0 - gray[top:bottom].mean(axis=1)
        # As few rows as the line has: whatever is replaced more is taken from the strokes it crosses.
        own = np.flatnonzero(depth > 0.75 * float(depth.min()) + 0.25 * float(depth.max()))
        first, end = top + int(own[0]), top + int(own[-1]) + 1
        above, below = page[first - 1].astype(np.float32), page[min(len(page) - 1, end)].astype(np.float32)
        for row in range(first, end):
            share = (row - first + 1) / (end - first + 1)
            page[row] = (above * (1.0 - share) + below * share).astype(np.uint8)
