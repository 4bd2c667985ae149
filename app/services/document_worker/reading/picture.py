"""A page as a picture: drawn once, told blank or not, stood upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from app.services.document_worker.opening import as_shown, page_size
from app.services.document_worker.reading.engine import Engine, Gray, Points, straightened

USUAL_DPI = 200.0
_SHORTEST = 1000
_LONGEST = 4200
_BLANK_INK = 0.0004
"""Share of a page that may be ink before it counts as written on: less than half a line of text."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """The page in RGB as the file stores it. `turns` clockwise quarter turns make it upright."""

    pixels: Gray
    turns: int = 0

    @property
    def upright(self) -> Gray:
        return np.ascontiguousarray(np.rot90(self.pixels, -self.turns))


_LEAST_PICTURE = 200
"""Pixels: what is smaller is a tint or a pattern stretched over the page, not its scan."""


def drawn(page: Any, annotations: bool = True) -> Gray:
    """The page as RGB pixels, at the resolution of its own scan (at 200 dpi when it is not one)."""
    import pymupdf

    width, height = page_size(page)
    scale = USUAL_DPI / 72
    if (covered := _covering(page)) is not None:
        scale = covered
    longest, shortest = max(width, height), min(width, height)
    scale = min(max(scale, _SHORTEST / shortest), _LONGEST / longest)
    picture = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False, annots=annotations
    )
    pixels = np.frombuffer(picture.samples_mv, np.uint8).reshape(picture.height, picture.stride)
    # A copy: the pixels belong to the pixmap and go with it.
    return pixels[:, : picture.width * 3].reshape(picture.height, picture.width, 3).copy()


def came_in_one_bit(page: Any, pixels: Gray) -> bool:
    """Whether the page is a picture in black and white alone, as a fax machine sends it, whatever it is stored as.

    `pixels` is the page as `drawn`. A picture inside a PDF is looked at itself: drawn, its strokes have gray rims.
    """
    import pymupdf

    width, height = page_size(page)
    for info in page.get_image_info(xrefs=True):
        x0, y0, x1, y1 = as_shown(page, info["bbox"])
        if (x1 - x0) * (y1 - y0) <= 0.5 * width * height or info["width"] <= _LEAST_PICTURE:
            continue
        if info["bpc"] == 1:
            return True
        if not info.get("xref"):
            return _without_grays(pixels)
        try:
            picture = pymupdf.Pixmap(page.parent, info["xref"])
        except (RuntimeError, ValueError):  # kept in a way the library cannot unpack by itself; it was drawn
            return _without_grays(pixels)
        values = np.frombuffer(picture.samples_mv, np.uint8).reshape(picture.height, picture.stride)
        return _without_grays(values[:, : picture.width * picture.n])
    return False


def _without_grays(pixels: Gray) -> bool:
    sample = pixels[::3]
    between = int(((sample > 40) & (sample < 215)).sum())
    return between < 0.02 * max(1, int((sample <= 40).sum()))


def covering_share(page: Any) -> float:
    """How much of the page pictures cover, 0..1 (the largest one)."""
    width, height = page_size(page)
    shares = [0.0]
    for info in page.get_image_info():
        x0, y0, x1, y1 = as_shown(page, info["bbox"])
        wide = max(0.0, min(x1, width) - max(x0, 0.0))
        shares.append(wide * max(0.0, min(y1, height) - max(y0, 0.0)) / (width * height))
    return max(shares)


def _covering(page: Any) -> float | None:
    """Pixels a point of the picture that covers most of the page, or None when none covers half of it."""
    width, height = page_size(page)
    best = None
    for info in page.get_image_info():
        x0, y0, x1, y1 = as_shown(page, info["bbox"])
        large = info["width"] > _LEAST_PICTURE and info["height"] > _LEAST_PICTURE
        if large and (x1 - x0) * (y1 - y0) > 0.5 * width * height and x1 - x0 > 1:
            turned = (info["width"] > info["height"]) != (x1 - x0 > y1 - y0)
            best = (info["height"] if turned else info["width"]) / (x1 - x0)
    return best


def gray_of(pixels: Gray) -> Gray:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8) if pixels.ndim == 3 else pixels


def is_blank(pixels: Gray) -> bool:
    """Whether nothing is written on the page: no ink but specks, and the dark edges a scanner leaves."""
    gray = gray_of(pixels)
    height, width = gray.shape
    scale = 900 / max(height, width)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    margin = max(2, round(0.02 * min(small.shape)))
    inner = small[margin:-margin, margin:-margin]
    paper = float(np.percentile(inner, 90))
    background = cv2.medianBlur(np.asarray(inner, np.uint8), 41)
    dark = ((background.astype(np.int16) - inner) > max(24.0, 0.12 * paper)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    return bool(float(areas[areas >= 4].sum()) < _BLANK_INK * dark.size)


def upright_turns(pixels: Gray, quads: list[Points], engine: Engine) -> int:
    """How many clockwise quarter turns make the page upright, judged by which way its lines can be read.

    `quads` are the lines found on the page as it is.
    """
    wide = sum(_along(q) for q in quads)
    high = sum(_across(q) for q in quads)
    lying = high > 1.3 * wide
    if lying:
        # Turned once clockwise, as a try: right, or upside down.
        turned = np.ascontiguousarray(np.rot90(pixels, -1))
        height = pixels.shape[0]
        quads = [turned_quad(q, height) for q in quads]
    else:
        turned = pixels
    longest = sorted((q for q in quads if _along(q) > 2.5 * _across(q)), key=_along, reverse=True)
    # The very longest lines are often small print; lines of a usual length read best.
    tried = longest[len(longest) // 8 :][:8]
    if not tried:
        return 0
    crops = [straightened(turned, q) for q in tried]
    if not lying:
        # Most pages stand upright, and lines that stand on their heads read badly.
        first = engine.recognize(crops[:5])
        if (
            float(np.mean([line.score for line in first])) > 0.93
            and sum(len(line.glyphs) for line in first) > 20
        ):
            return 0
    flipped = [np.ascontiguousarray(np.rot90(c, 2)) for c in crops]
    lines = engine.recognize([*crops, *flipped])
    right = sum(line.score * min(len(line.glyphs), 25) for line in lines[: len(tried)])
    wrong = sum(line.score * min(len(line.glyphs), 25) for line in lines[len(tried) :])
    turns = 0 if right >= wrong else 2
    return (turns + 1) % 4 if lying else turns


def turned_quad(quad: Points, height: int, turns: int = 1, width: int = 0) -> Points:
    """A quadrilateral after the picture (`height` x `width` pixels) was turned clockwise."""
    points = quad
    for _ in range(turns % 4):
        points = np.stack([height - points[:, 1], points[:, 0]], axis=1)
        height, width = width, height
    by_x = points[np.argsort(points[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]])


def _along(quad: Points) -> float:
    return float(np.linalg.norm(quad[1] - quad[0]))


def _across(quad: Points) -> float:
    return float(np.linalg.norm(quad[3] - quad[0]))
