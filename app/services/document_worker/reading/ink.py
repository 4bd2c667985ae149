"""The ink of a page laid flat: what was printed on the blank form, what was written into it, what rules it.

The page is warped onto the blank form, so that every place of the definition is a place of the picture.
Ink is cut into connected pieces. A piece that lies inside a printed text of the definition is printed;
what is left was written by somebody. Where the writing has a colour of its own, colour tells the two
apart even where one lies over the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.box import Box
from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Gray, Points
from app.services.document_worker.reading.picture import gray_of
from app.services.document_worker.reading.registration import Matrix, Registration, mapped, refitted

WIDTH = 1700
"""Pixels across the flat picture: 200 dpi for a letter page, twice what a poor fax carries."""

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Piece:
    """A connected piece of ink, or a word of a text layer (`text`), in pixels of the flat picture."""

    x0: float
    y0: float
    x1: float
    y1: float
    label: int = 0
    area: int = 0
    coloured: bool = False
    overprint: bool = False
    text: str | None = None

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True, slots=True)
class Flat:
    """A page laid onto its blank form: `scale` pixels a unit of the form; `matrix` takes form units to the page."""

    gray: Gray
    ink: Mask
    rules: Mask
    coloured: Mask
    labels: npt.NDArray[np.int32]
    pieces: tuple[Piece, ...]
    scale: float
    matrix: Matrix
    definition: FormDefinition

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


def laid_flat(pixels: Gray, registration: Registration) -> Flat:
    """The upright page on its blank form, its ink in pieces; the fit is made finer on the way."""
    definition = registration.definition
    scale = WIDTH / definition.size[0]
    rough = _warped(pixels, registration.matrix, definition, scale)
    better = _finer(rough, registration.matrix, definition, scale)
    if better is not None:
        matrix = better
        colours = _warped(pixels, matrix, definition, scale)
    else:
        matrix, colours = registration.matrix, rough
    return _inked(colours, matrix, definition, scale)


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


def _threshold(gray: Gray) -> float:
    dark = gray[gray < 245]
    if dark.size < 500:
        return 165.0
    found, _ = cv2.threshold(dark.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(min(195.0, max(140.0, found)))


def _finer(flat: Gray, matrix: Matrix, definition: FormDefinition, scale: float) -> Matrix | None:
    """The fit corrected by where the ink of the printed texts really begins and ends."""
    gray = evened(gray_of(flat))
    ink = (gray < _threshold(gray)).astype(np.uint8)
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


def ruled(ink: Mask) -> Mask:
    """The long straight lines of a form: frames, cells, lines to write on."""
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, 70), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((45, 1), np.uint8))
    # A thick bar is a heading or a logo, not a rule; what is left of it is dealt with as a piece.
    return np.asarray(
        cv2.dilate(across, np.ones((3, 1), np.uint8)) | cv2.dilate(down, np.ones((1, 3), np.uint8)), np.uint8
    )


def without_rules(ink: Mask) -> tuple[Mask, Mask]:
    """(text ink, rules): rules are taken away, but not where a stroke crosses them."""
    rules = ruled(ink)
    rest = ink & (1 - rules)
    # A stroke that goes on on both sides of a rule passes through it.
    above = cv2.dilate(rest, np.ones((9, 1), np.uint8), anchor=(0, 8))
    below = cv2.dilate(rest, np.ones((9, 1), np.uint8), anchor=(0, 0))
    before = cv2.dilate(rest, np.ones((1, 9), np.uint8), anchor=(8, 0))
    after = cv2.dilate(rest, np.ones((1, 9), np.uint8), anchor=(0, 0))
    across = cv2.dilate(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, 70), np.uint8)), np.ones((3, 1), np.uint8)
    )
    kept = ink & rules & np.where(across > 0, above & below, before & after)
    return np.asarray(rest | kept, np.uint8), np.asarray(rules & (1 - kept), np.uint8)


def _inked(colours: Gray, matrix: Matrix, definition: FormDefinition, scale: float) -> Flat:
    gray = evened(gray_of(colours))
    ink = (gray < _threshold(gray)).astype(np.uint8)
    text, rules = without_rules(ink)
    coloured = _coloured(colours, text)
    if coloured.any():
        grown = cv2.dilate(coloured, np.ones((3, 3), np.uint8)) & text
        plain = text & (1 - grown)
        first, labels = _labelled(plain, 0)
        second, other = _labelled(grown, len(first))
        labels = np.where(other > 0, other, labels)
        stats = [*((s, False) for s in first), *((s, True) for s in second)]
        coloured = grown
    else:
        first, labels = _labelled(text, 0)
        stats = [(s, False) for s in first]
    pieces = _classified(stats, definition, gray.shape, coloured, text)
    return Flat(gray, ink, rules, coloured, labels, pieces, scale, matrix, definition)


def _coloured(colours: Gray, text: Mask) -> Mask:
    """Ink that has a colour; nothing when the page has next to none of it."""
    if colours.ndim == 2:
        return np.zeros_like(text)
    strength = colours.max(axis=2).astype(np.int16) - colours.min(axis=2)
    mask = ((strength > 55) & (text > 0)).astype(np.uint8)
    return mask if int(mask.sum()) > 600 else np.zeros_like(text)


_Stats = tuple[int, int, int, int, int, int]


def _labelled(mask: Mask, start: int) -> tuple[list[_Stats], npt.NDArray[np.int32]]:
    """Each connected piece as (label, left, top, width, height, area); labels go on from `start`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = [(start + i, *(int(n) for n in stats[i])) for i in range(1, count)]
    labels = np.asarray(np.where(labels > 0, labels + start, 0), np.int32)
    return found, labels  # type: ignore[return-value]


def _classified(
    stats: Sequence[tuple[_Stats, bool]],
    definition: FormDefinition,
    shape: tuple[int, ...],
    coloured: Mask,
    text: Mask,
) -> tuple[Piece, ...]:
    """The pieces somebody wrote: not specks, not remains of rules, not printed texts."""
    height, width = shape[0], shape[1]
    kept = [
        (s, c)
        for s, c in stats
        if s[5] >= 6
        and (s[3] >= 3 or s[4] >= 3)
        and not (s[4] <= 4 and s[3] > 45)
        and not (s[3] <= 4 and s[4] > 45)
        and not (s[3] > 420 or s[4] > 160)
    ]
    if not kept:
        return ()
    boxes = np.array([[s[1], s[2], s[1] + s[3], s[2] + s[4]] for s, _ in kept], np.float64)
    areas = np.maximum(1.0, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    inside = np.zeros(len(kept))
    inside_coloured = np.zeros(len(kept))
    for anchor in definition.anchors:
        x0, y0, x1, y1 = (
            anchor.box.x0 * width - 3, anchor.box.y0 * height - 3, anchor.box.x1 * width + 3, anchor.box.y1 * height + 3,
        )  # fmt: skip
        wide = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
        high = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
        share = np.clip(wide, 0, None) * np.clip(high, 0, None) / areas
        inside = np.maximum(inside, share)
        rows, columns = slice(max(0, int(y0)), int(y1)), slice(max(0, int(x0)), int(x1))
        if coloured.any() and coloured[rows, columns].sum() > 0.6 * text[rows, columns].sum():
            inside_coloured = np.maximum(inside_coloured, share)
    pieces = []
    for (stat, is_coloured), share, share_coloured in zip(kept, inside, inside_coloured, strict=True):
        label, left, top, wide_of, high_of, area = stat
        printed = share_coloured if is_coloured else share
        if printed >= 0.6:
            continue
        pieces.append(
            Piece(
                left, top, left + wide_of, top + high_of, label, area, is_coloured,
                overprint=bool(share > 0.12 if not is_coloured else share > 0.3),
            )
        )  # fmt: skip
    return tuple(pieces)


def flat_words(
    words: Sequence[tuple[str, Box]], flat_matrix: Matrix, scale: float, page: tuple[int, int]
) -> list[Piece]:
    """Words of a text layer (boxes in fractions of the upright page) as pieces on the flat picture."""
    if not words:
        return []
    inverse = np.linalg.inv(flat_matrix)
    width, height = page
    pieces = []
    for text, box in words:
        corners: Points = np.array([[box.x0 * width, box.y0 * height], [box.x1 * width, box.y1 * height]])
        (x0, y0), (x1, y1) = mapped(inverse, corners) * scale
        # A text layer's boxes reach from ascender to descender; ink does not.
        trim = 0.16 * (y1 - y0)
        pieces.append(Piece(x0, y0 + trim, x1, y1 - trim, text=text))
    return pieces
