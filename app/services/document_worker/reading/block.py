"""Lines of writing found by their ink alone: no network, some hundredths of a second.

They are too rough to read a page by (an underline, a stamp or a broken fax spoils some of them), but a known
form shows itself in a dozen good ones, and where the others stand bears it out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.engine import Gray, Points
from app.services.document_worker.reading.picture import gray_of, turned_quad

_SIDE = 1000
"""Pixels of the shorter side of the picture that is looked at: letters of small print are six of them high."""
_MOST_LETTERS = 60_000

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Lines of a page as corner points (top left, top right, bottom right, bottom left), in its pixels.

    `lying` says that they were found running downwards: then the page has to be turned once, and `quads`
    are those of the page turned clockwise.
    """

    quads: tuple[Points, ...]
    lying: bool = False


def blocks_of(pixels: Gray) -> Blocks:
    """The lines of a page by their ink; none when there is next to none, or nothing but specks."""
    gray = gray_of(pixels)
    scale = _SIDE / min(gray.shape)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=kind) if abs(scale - 1) > 0.05 else gray
    scale = small.shape[1] / gray.shape[1]
    letters, height = _letters(np.asarray(small, np.uint8))
    if height == 0.0:
        return Blocks(())
    across, down = _lines(letters, height, lying=False), _lines(letters, height, lying=True)
    lying = _reach(down) > 1.25 * _reach(across)
    chosen = down if lying else across
    if lying:
        chosen = [turned_quad(q, small.shape[0]) for q in chosen]
    return Blocks(tuple(q / scale for q in chosen), lying)


def _letters(gray: Gray) -> tuple[Mask, float]:
    """(ink of the size of letters, their usual height)."""
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 35, 14)
    rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, 55), np.uint8))
    rules |= cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((55, 1), np.uint8))
    ink = np.asarray(ink & (1 - cv2.dilate(rules, np.ones((3, 3), np.uint8))), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if count < 20 or count > _MOST_LETTERS:
        return ink, 0.0
    wide, high, area = (stats[:, c] for c in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    size = np.maximum(wide, high)
    usual = size[1:][(size[1:] >= 6) & (size[1:] <= 45) & (area[1:] >= 8)]
    if len(usual) < 15:
        return ink, 0.0
    height = float(np.median(usual))
    # Letters that touch run together to whole words; frames, pictures and specks are none.
    low = np.minimum(wide, high)
    kept = (
        (size >= 0.35 * height) & (low <= 3.2 * height) & (size <= 14 * height) & (area >= 0.05 * height**2)
    )
    kept &= ~((low <= 2) & (size > 1.6 * height))
    kept[0] = False
    return np.asarray(kept[labels], np.uint8), height


def _lines(letters: Mask, height: float, *, lying: bool) -> list[Points]:
    """Letters linked along one direction wherever the gap between them is no more than a blank."""
    gap = max(3, round(1.15 * height)) | 1
    reached = cv2.dilate(letters, np.ones((gap, 1) if lying else (1, gap), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(reached, connectivity=4)
    rows, columns = np.nonzero(letters)
    owners = labels[rows, columns]
    order = np.argsort(owners, kind="stable")
    rows, columns, owners = rows[order], columns[order], owners[order]
    ends = np.searchsorted(owners, np.arange(count + 1))
    found: list[Points] = []
    for index in range(1, count):
        wide, high = stats[index, cv2.CC_STAT_WIDTH], stats[index, cv2.CC_STAT_HEIGHT]
        along, thick = (high, wide) if lying else (wide, high)
        # Five degrees of skew raise a line across the page by a tenth of its length.
        if along < 2.2 * height or thick > 2.5 * height + 0.12 * along:
            continue
        part = slice(ends[index], ends[index + 1])
        points = np.stack([columns[part], rows[part]], axis=1).astype(np.float32)
        if len(points) < 0.6 * height * height:
            continue
        (x, y), (w, h), angle = cv2.minAreaRect(points)
        if min(w, h) < 0.5 * height or min(w, h) > 2.6 * height or max(w, h) < 1.8 * min(w, h):
            continue
        edge = 0.22 * min(w, h) + 1.0
        corners = cv2.boxPoints(((x, y), (w + 2 * edge, h + 2 * edge), angle)).astype(np.float64)
        found.append(_along(corners, lying=lying))
    return found


def _along(corners: Points, *, lying: bool) -> Points:
    """The corners in the order of `Blocks.quads`, whatever angle the rectangle was given."""
    first = int(corners.sum(axis=1).argmin())
    ordered = np.roll(corners, -first, axis=0)
    (ax, ay), (bx, by) = ordered[1] - ordered[0], ordered[2] - ordered[0]
    if ax * by - ay * bx < 0:
        ordered = ordered[[0, 3, 2, 1]]
    long = float(np.linalg.norm(ordered[1] - ordered[0])) >= float(np.linalg.norm(ordered[3] - ordered[0]))
    if long == lying:  # the corner nearest the origin was not the one the text begins at
        ordered = np.roll(ordered, -1 if ordered[1][0] < ordered[0][0] else 1, axis=0)
    return ordered


def _reach(quads: list[Points]) -> float:
    """How much writing the lines hold together: long ones count, single words next to nothing."""
    total = 0.0
    for quad in quads:
        wide = float(np.linalg.norm(quad[1] - quad[0]))
        high = float(np.linalg.norm(quad[3] - quad[0]))
        ratio = max(wide, high) / max(1.0, min(wide, high))
        total += max(wide, high) * min(1.0, max(0.0, (ratio - 3.0) / 4.0))
    return total
