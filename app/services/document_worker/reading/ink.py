"""The ink of a page laid flat: what was printed on the blank form, what was written into it, what rules it.

The page is warped onto the blank form, so that every place of the definition is a place of the picture.
Ink is cut into connected pieces. A piece that lies inside a printed text of the definition is printed;
what is left was written by somebody. Where the writing has a colour of its own, colour tells the two
apart even where one lies over the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.box import Box
from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Gray, Points
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
    """A page laid onto its blank form: `scale` pixels a unit of the form; `matrix` takes form units to the page.

    `rules` and `printed` are ink of the blank form; `labels` names the piece each pixel belongs to.
    """

    gray: Gray
    ink: Mask
    rules: Mask
    printed: Mask
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


def _depth(colours: Gray) -> Gray:
    """The picture as gray by its darkest channel: red and blue writing is as dark as black."""
    return _ends(colours)[0] if colours.ndim == 3 else colours


def _ends(colours: Gray) -> tuple[Gray, Gray]:
    """(darkest, lightest) channel of each pixel."""
    red, green, blue = cv2.split(colours)
    return (
        np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8),
        np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8),
    )


def _hued(colours: Gray) -> tuple[Gray, Gray, Mask]:
    """(strength of colour, depth of ink, where a pixel is clearly coloured).

    Ink mixed with paper keeps its hue: colour is measured against depth, so pale thin strokes count.
    """
    least, most = _ends(colours)
    strength = np.asarray(cv2.subtract(most, least), np.uint8)
    depth = np.asarray(cv2.bitwise_not(least), np.uint8)
    clear = cv2.compare(strength, np.asarray(cv2.multiply(depth, 0.4), np.uint8), cv2.CMP_GT) > 0
    return strength, depth, (clear & (strength > 30)).astype(np.uint8)


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
    gray = evened(_depth(flat))
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
    gray = evened(_depth(colours))
    ink = inked(gray)
    text, rules = without_rules(ink)
    text, rules = _through(colours, text, rules)
    coloured = _coloured(colours, text, definition)
    if coloured.any():
        first, labels = _labelled(text & (1 - coloured), 0)
        second, other = _labelled(coloured, len(first))
        labels = np.where(other > 0, other, labels)
        stats = [*((s, False) for s in first), *((s, True) for s in second)]
    else:
        first, labels = _labelled(text, 0)
        stats = [(s, False) for s in first]
    pieces = _classified(stats, definition, gray.shape, coloured, text)
    written = {p.label for p in pieces}
    big = np.zeros(1 + len(stats), bool)
    for (label, _left, _top, wide, high, area), _ in stats:
        big[label] = label not in written and (area >= 20 or max(wide, high) >= 9)
    printed = big[labels].astype(np.uint8)
    labels, pieces = _lines_apart(labels, pieces, int(labels.max()))
    return Flat(gray, ink, rules, printed, labels, pieces, scale, matrix, definition)


def _through(colours: Gray, text: Mask, rules: Mask) -> tuple[Mask, Mask]:
    """(text ink, rules) after coloured strokes that cross a black rule were given back to the text."""
    if colours.ndim == 2 or not rules.any():
        return text, rules
    strength, depth, clear = _hued(colours)
    # A JPEG lets colour bleed into the black next to it: a stroke that crosses is coloured through.
    through = cv2.compare(strength, np.asarray(cv2.multiply(depth, 0.5), np.uint8), cv2.CMP_GT) > 0
    hued = clear & rules & through.astype(np.uint8)
    # Where the ruling itself is printed in colour, colour tells nothing.
    if not hued.any() or int(hued.sum()) > 0.2 * int(rules.sum()):
        return text, rules
    return np.asarray(text | hued, np.uint8), np.asarray(rules & (1 - hued), np.uint8)


def _coloured(colours: Gray, text: Mask, definition: FormDefinition) -> Mask:
    """Ink that has a colour; nothing when the page has next to none of it.

    A piece is of one colour as a whole (thin strokes of a scan lose theirs), except where it touches a
    printed text: there pixel by pixel, so that a coloured answer comes away from the label under it.
    """
    nothing = np.zeros_like(text)
    if colours.ndim == 2:
        return nothing
    strength, depth, clear = _hued(colours)
    strong = clear & text
    if int(strong.sum()) <= 600:
        return nothing
    height, width = text.shape
    printed = nothing.copy()
    for anchor in definition.anchors:
        box = anchor.box
        printed[
            int(box.y0 * height) : int(box.y1 * height) + 1, int(box.x0 * width) : int(box.x1 * width) + 1
        ] = 1
    count, labels = cv2.connectedComponents(text, connectivity=8)
    flat = labels.ravel()
    total = np.maximum(1.0, np.bincount(flat, weights=depth.ravel(), minlength=count))
    share = np.bincount(flat, weights=strength.ravel(), minlength=count) / total
    touching = np.bincount(flat, weights=printed.ravel(), minlength=count) > 0
    tinted = share > 0.35
    tinted[0] = False
    mixed = touching & (share > 0.03)
    mixed[0] = False
    near = cv2.dilate(strong, np.ones((3, 3), np.uint8))
    # Inside a printed text pixel by pixel (grown by one: edges are pale), outside it the piece as a whole.
    inside = np.where(mixed[labels] & (printed > 0), near, 0)
    outside = np.where(printed == 0, tinted[labels] | (mixed[labels] & (near > 0)), False)
    return np.asarray((inside | outside) & text, np.uint8)


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
        and not (s[4] > 160 or (s[3] > 420 and s[4] > 75))
    ]
    if not kept:
        return ()
    boxes = np.array([[s[1], s[2], s[1] + s[3], s[2] + s[4]] for s, _ in kept], np.float64)
    areas = np.maximum(1.0, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    inside = np.zeros(len(kept))
    inside_coloured = np.zeros(len(kept))
    for anchor in definition.anchors:
        x0, y0, x1, y1 = (
            anchor.box.x0 * width - 3, anchor.box.y0 * height - 3,
            anchor.box.x1 * width + 3, anchor.box.y1 * height + 3,
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


def _lines_apart(
    labels: npt.NDArray[np.int32], pieces: Sequence[Piece], last: int
) -> tuple[npt.NDArray[np.int32], tuple[Piece, ...]]:
    """Pieces in which two lines of writing touch (a tail above, an ascender below) are cut between the lines."""
    heights = [p.height for p in pieces if 9 <= p.height <= 60]
    usual = float(np.median(heights)) if heights else 20.0
    kept: list[Piece] = []
    for piece in pieces:
        if piece.height < 1.7 * usual or piece.width < 0.8 * usual:
            kept.append(piece)
            continue
        y0, y1, x0, x1 = int(piece.y0), int(piece.y1), int(piece.x0), int(piece.x1)
        own = labels[y0:y1, x0:x1] == piece.label
        rows = own.sum(axis=1)
        first, end = round(0.3 * len(rows)), round(0.75 * len(rows))
        cut = first + int(rows[first:end].argmin())
        if rows[cut] > 0.3 * float(rows.mean()):
            kept.append(piece)
            continue
        last += 1
        labels[y0 + cut : y1, x0:x1][own[cut:]] = last
        for label, part, top in ((piece.label, own[:cut], y0), (last, own[cut:], y0 + cut)):
            filled, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
            if len(filled):
                kept.append(
                    replace(
                        piece, x0=x0 + int(columns[0]), x1=x0 + int(columns[-1]) + 1, y0=top + int(filled[0]),
                        y1=top + int(filled[-1]) + 1, label=label, area=int(part.sum()),
                    )
                )  # fmt: skip
    return labels, tuple(kept)


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
