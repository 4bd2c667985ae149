"""The ink of a page laid flat: what was printed on the blank form, what was written into it, what rules it.

The page is warped onto the blank form, so that every place of the definition is a place of the picture.
Ink is cut into connected pieces. A piece that lies inside a printed text of the definition is printed;
what is left was written by somebody. Where the writing has a colour of its own, colour tells the two
apart even where one lies over the other. How broken the page is, is measured; on a broken one specks and
lines across the page are taken out, and strokes that fell apart are held together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.domain.box import Box
from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Gray, Points
from app.services.document_worker.reading.frame import usual_fill
from app.services.document_worker.reading.hue import Mask, coloured, depth_of, given_back, is_gray
from app.services.document_worker.reading.piece import (
    Labels,
    Parts,
    Piece,
    cells_apart,
    held_together,
    lines_apart,
    specks_of,
    written,
)
from app.services.document_worker.reading.registration import Matrix, Registration, mapped, refitted
from app.services.document_worker.reading.ruling import ruled, without_crossing, without_rules

__all__ = ["WIDTH", "Flat", "Mask", "Piece", "flat_words", "laid_flat"]

WIDTH = 1700
"""Pixels across the flat picture: 200 dpi for a letter page, twice what a poor fax carries."""

_BROKEN = 0.1
"""A page poorer than this is cleaned before its ink is read; scans and photographs stay below half of it."""


_ONE_BIT = 0.32
"""How broken a coarse page in black and white is at least: thin strokes are gone although no speck tells of it."""
_FINE = 2000
"""Pixels across a page (240 dpi) from which on one bit is enough to keep thin strokes."""


@dataclass(frozen=True, slots=True)
class Flat:
    """A page laid onto its blank form: `scale` pixels a unit of the form; `matrix` takes form units to the page.

    `rules` and `printed` are ink of the blank form; `labels` names the piece each pixel belongs to.
    `poor` is how broken the page is, 0 to 1. `specks` is what was cleaned away of it: a speck that stands where a
    stroke is wanted may be what is left of one. `empty` is the share of ink in printed boxes nobody ticked.
    """

    gray: Gray
    ink: Mask
    rules: Mask
    printed: Mask
    labels: Labels
    pieces: tuple[Piece, ...]
    scale: float
    matrix: Matrix
    definition: FormDefinition
    poor: float = 0.0
    specks: Mask | None = None
    empty: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        return self.gray.shape[1], self.gray.shape[0]

    def pixels(self, box: Box) -> tuple[float, float, float, float]:
        """A box in fractions of the blank form as pixels of the flat picture."""
        width, height = self.size
        return box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height

    def on_page(self, x0: float, y0: float, x1: float, y1: float, page: tuple[int, int]) -> Box:
        """A box in flat pixels as fractions of the upright page of `page` (width, height) pixels."""
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64) / self.scale
        places = mapped(self.matrix, corners)
        width, height = page
        left, top = places.min(axis=0)
        right, bottom = places.max(axis=0)
        return Box(
            *(
                float(min(1.0, max(0.0, n)))
                for n in (left / width, top / height, right / width, bottom / height)
            )
        )


def laid_flat(pixels: Gray, registration: Registration, *, one_bit: bool = False) -> Flat:
    """The upright page on its blank form, its ink in pieces; the fit is made finer on the way. `one_bit` says that
    the page came in black and white alone.
    """
    definition = registration.definition
    scale = WIDTH / definition.size[0]
    if pixels.ndim == 3 and is_gray(pixels):
        pixels = np.ascontiguousarray(pixels[..., 0])
    worn = _ONE_BIT if one_bit and pixels.shape[1] < _FINE else 0.0
    pixels = without_crossing(pixels)
    rough = _warped(pixels, registration.matrix, definition, scale)
    better = _finer(rough, registration.matrix, definition, scale)
    if better is not None:
        matrix = better
        colours = _warped(pixels, matrix, definition, scale)
    else:
        matrix, colours = registration.matrix, rough
    return _inked(colours, matrix, definition, scale, worn)


def _warped(pixels: Gray, matrix: Matrix, definition: FormDefinition, scale: float) -> Gray:
    width, height = round(definition.size[0] * scale), round(definition.size[1] * scale)
    source = pixels
    density = abs(np.linalg.det(matrix[:2, :2])) ** 0.5 / scale
    if density > 1.4:
        # Fewer pixels come out than go in: blurred first, or thin strokes would break.
        source = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.4 * density), np.uint8)
    shrink = np.diag([1 / scale, 1 / scale, 1.0])
    return np.asarray(
        cv2.warpPerspective(
            source, matrix @ shrink, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255),
        ),
        np.uint8,
    )  # fmt: skip


def evened(gray: Gray) -> Gray:
    """The picture with its paper made white: shadows and yellowed paper do not look like ink."""
    small = cv2.resize(gray, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(cv2.medianBlur(small, 5), np.ones((9, 9), np.uint8)), (0, 0), 5)
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR).astype(
        np.float32
    )
    return np.asarray(np.clip(gray / np.maximum(paper, 60.0) * 255.0, 0, 255), np.uint8)


def inked(gray: Gray) -> Mask:
    """Where ink is: what is surely dark, and the paler strokes that are connected to it."""
    dark = gray[gray < 245]
    sure = 160.0
    if dark.size > 500:
        found, _ = cv2.threshold(dark.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        sure = float(min(185.0, max(145.0, found)))
    paper = gray[gray > 205].astype(np.float32)
    grain = float(np.median(np.abs(paper - np.median(paper)))) * 1.5 if paper.size else 0.0
    pale = max(sure, min(194.0, 250.0 - 5.0 * grain))
    weak = (gray < pale).astype(np.uint8)
    if pale <= sure:
        return weak
    count, labels = cv2.connectedComponents(weak, connectivity=8)
    held = np.zeros(count, bool)
    held[np.unique(labels[(gray < sure) & (weak > 0)])] = True
    held[0] = False
    return np.asarray(held[labels], np.uint8)


def _finer(flat: Gray, matrix: Matrix, definition: FormDefinition, scale: float) -> Matrix | None:
    """The fit corrected by where the ink of the printed texts really begins and ends."""
    gray = evened(depth_of(flat))
    ink = inked(gray)
    ink &= 1 - ruled(ink)
    width, height = gray.shape[1], gray.shape[0]
    expected, found = [], []
    for anchor in definition.anchors:
        box = anchor.box
        x0, y0, x1, y1 = box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height
        reach = 0.7 * (y1 - y0)
        if len(anchor.text) < 3 or y1 - y0 < 8:
            continue
        left, top = max(0, int(x0 - reach)), max(0, int(y0 - reach))
        part = ink[top : int(y1 + reach) + 1, left : int(x1 + reach) + 1]
        columns, rows = np.flatnonzero(part.any(axis=0)), np.flatnonzero(part.any(axis=1))
        if not len(columns):
            continue
        sides = (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
        # Something of another size stands there as well: an answer, or a line of the table.
        if abs((sides[2] - sides[0]) - (x1 - x0)) > 0.3 * (y1 - y0):
            continue
        if abs((sides[3] - sides[1]) - (y1 - y0)) > 0.35 * (y1 - y0):
            continue
        expected.append(((x0 + x1) / 2, (y0 + y1) / 2))
        found.append(((sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2))
    if len(expected) < 10:
        return None
    form = np.array(expected) / scale
    page = mapped(matrix, np.array(found, np.float64) / scale)
    spread = np.ptp(form, axis=0) / definition.size
    perspective = len(expected) >= 24 and min(spread) > 0.5
    if not perspective and (len(expected) < 16 or min(spread) < 0.4):
        return None
    start = matrix if perspective else np.vstack([matrix[:2], [0.0, 0.0, 1.0]])
    return refitted(form, page, start, perspective=perspective)


def poorness_of(ink: Mask) -> float:
    """How broken ink is, 0 (clean) to 1 (an old fax): the share of specks among its connected pieces."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    if not len(areas):
        return 0.0
    return min(1.0, float((areas < 9).sum()) / len(areas) / 0.6)


def _inked(
    colours: Gray, matrix: Matrix, definition: FormDefinition, scale: float, worn: float = 0.0
) -> Flat:
    gray = evened(depth_of(colours))
    ink = inked(gray)
    poor = max(worn, poorness_of(ink))
    broken = poor > _BROKEN
    text, rules, walls = without_rules(ink, broken)
    text, rules = given_back(colours, text, rules)
    hued = coloured(colours, text, definition)
    parts = Parts.of(text & (1 - hued))
    tinted = np.zeros(len(parts.stats), bool)
    if hued.any():
        second = Parts.of(hued)
        parts = parts.joined(second)
        tinted = np.concatenate([tinted, np.ones(len(second.stats), bool)])
    specks: Mask | None = None
    if broken:
        found = specks_of(parts)
        specks = parts.mask(found)
        text, ink = text & (1 - specks), ink & (1 - specks)
        gray = _without(gray, specks, text)
        parts = parts.without(found)
    pieces = written(parts, tinted, definition, text, hued)
    stats = parts.stats
    large = (stats[:, 4] >= 20) | (stats[:, 2] >= 9) | (stats[:, 3] >= 9)
    large[[p.label - 1 for p in pieces]] = False
    printed, labels = parts.mask(large), parts.labels
    if broken:
        labels, pieces = held_together(labels, pieces)
    labels, pieces = cells_apart(labels, lines_apart(labels, pieces)[1], walls)
    empty = usual_fill(ink, definition)
    return Flat(gray, ink, rules, printed, labels, pieces, scale, matrix, definition, poor, specks, empty)


def _without(gray: Gray, gone: Mask, kept: Mask) -> Gray:
    """The picture with some ink made paper, with its pale rim, and the rim of what stays left alone."""
    around = (cv2.dilate(gone, np.ones((5, 5), np.uint8)) > 0) & (
        cv2.dilate(kept, np.ones((3, 3), np.uint8)) == 0
    )
    cleaned = gray.copy()
    cleaned[around] = 255
    return cleaned


def flat_words(
    words: Sequence[tuple[str, Box]], flat_matrix: Matrix, scale: float, page: tuple[int, int]
) -> list[Piece]:
    """Words of a text layer (boxes in fractions of the upright page) as pieces on the flat picture."""
    if not words:
        return []
    inverse = np.asarray(np.linalg.inv(flat_matrix), np.float64)
    width, height = page
    pieces = []
    for text, box in words:
        corners: Points = np.array([[box.x0 * width, box.y0 * height], [box.x1 * width, box.y1 * height]])
        (x0, y0), (x1, y1) = mapped(inverse, corners) * scale
        # A text layer's boxes reach from ascender to descender; ink does not.
        trim = 0.16 * (y1 - y0)
        pieces.append(Piece(x0, y0 + trim, x1, y1 - trim, text=text))
    return pieces
