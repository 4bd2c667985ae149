"""Pieces of ink: connected, told printed from written, freed of specks, held together where they broke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.hue import Mask

Labels = npt.NDArray[np.int32]
"""Which piece each pixel belongs to; 0 for none."""

_SMALLEST = 6
_REACH = (45, 25)
"""Twice the distance, in pixels across and down, at which a dot still belongs to the letters beside it."""


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
class Parts:
    """Connected parts of a mask: `stats` holds left, top, width, height and area of label 1, 2, ... a row."""

    labels: Labels
    stats: npt.NDArray[np.int32]

    @classmethod
    def of(cls, mask: Mask) -> Parts:
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        return cls(np.asarray(labels, np.int32), np.asarray(stats[1:count], np.int32))

    def joined(self, other: Parts) -> Parts:
        """Both; where they overlap, the other's; its labels go on from these."""
        labels = np.where(other.labels > 0, other.labels + len(self.stats), self.labels)
        return Parts(np.asarray(labels, np.int32), np.vstack([self.stats, other.stats]))

    def without(self, gone: npt.NDArray[np.bool_]) -> Parts:
        """Those not flagged; labels stay, and a part that is gone has no area."""
        stats = self.stats.copy()
        stats[gone] = 0
        return Parts(np.where(self.mask(gone) > 0, 0, self.labels).astype(np.int32), stats)

    def mask(self, chosen: npt.NDArray[np.bool_]) -> Mask:
        """The pixels of the parts chosen, one flag a part."""
        return np.asarray(np.concatenate([[False], chosen])[self.labels], np.uint8)


def specks_of(parts: Parts) -> npt.NDArray[np.bool_]:
    """Which parts are specks of the paper or the line: small, and away from all writing.

    What is as small but stands near a stroke may be what is left of a thin one, or its dot: it stays.
    """
    width, height, area = parts.stats[:, 2], parts.stats[:, 3], parts.stats[:, 4]
    small = (area < 20) & (width <= 7) & (height <= 7)
    near = cv2.dilate(parts.mask(area >= 40), np.ones(_REACH[::-1], np.uint8))
    x, y = parts.stats[:, 0] + width // 2, parts.stats[:, 1] + height // 2
    return np.asarray(small & (near[y, x] == 0), bool)


def written(
    parts: Parts, coloured: npt.NDArray[np.bool_], definition: FormDefinition, inked: Mask, hued: Mask
) -> tuple[Piece, ...]:
    """The pieces somebody wrote: not remains of rules, not printed texts.

    `coloured`: one flag a part; `inked`, `hued`: all text ink, and that of it which has a colour.
    """
    high, wide = inked.shape
    stats = parts.stats
    if not len(stats):
        return ()
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    kept = np.flatnonzero(
        (area >= _SMALLEST)
        & ((width >= 3) | (height >= 3))
        & ~((height <= 4) & (width > 45))
        & ~((width <= 4) & (height > 45))
        & ~((height > 160) | ((width > 420) & (height > 75)))
    )
    if not len(kept):
        return ()
    boxes = np.stack(
        [stats[:, 0], stats[:, 1], stats[:, 0] + width, stats[:, 1] + height], axis=1
    ).astype(np.float64)[kept]  # fmt: skip
    areas = np.maximum(1.0, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    inside, inside_coloured = np.zeros(len(kept)), np.zeros(len(kept))
    any_hue = bool(hued.any())
    for anchor in definition.anchors:
        x0, y0, x1, y1 = (
            anchor.box.x0 * wide - 3, anchor.box.y0 * high - 3,
            anchor.box.x1 * wide + 3, anchor.box.y1 * high + 3,
        )  # fmt: skip
        across = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
        down = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
        share = np.clip(across, 0, None) * np.clip(down, 0, None) / areas
        inside = np.maximum(inside, share)
        rows, columns = slice(max(0, int(y0)), int(y1)), slice(max(0, int(x0)), int(x1))
        if any_hue and hued[rows, columns].sum() > 0.6 * inked[rows, columns].sum():
            inside_coloured = np.maximum(inside_coloured, share)
    pieces = []
    for index, box, share, share_coloured in zip(kept, boxes, inside, inside_coloured, strict=True):
        tinted = bool(coloured[index])
        if (share_coloured if tinted else share) >= 0.6:
            continue
        left, top, right, bottom = (float(n) for n in box)
        pieces.append(
            Piece(
                left, top, right, bottom, int(index) + 1, int(area[index]), tinted,
                overprint=bool(share > (0.3 if tinted else 0.12)),
            )
        )  # fmt: skip
    return tuple(pieces)


def held_together(labels: Labels, pieces: Sequence[Piece]) -> tuple[Labels, tuple[Piece, ...]]:
    """Pieces that broke apart as one again: what lies a hair's breadth apart, more so one above the other."""
    if not pieces:
        return labels, ()
    top = int(labels.max())
    own = np.zeros(top + 1, np.int32)
    groups: list[list[Piece]] = []
    for coloured in (False, True):
        chosen = np.zeros(top + 1, bool)
        chosen[[p.label for p in pieces if p.coloured is coloured]] = True
        if not chosen.any():
            continue
        mask = chosen[labels].astype(np.uint8)
        near = mask | cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 3), np.uint8))
        _, joined = cv2.connectedComponents(near, connectivity=8)
        # Any pixel of a piece says which group it has come to.
        places = np.flatnonzero(mask)
        own[labels.ravel()[places]] = joined.ravel()[places]
        found: dict[int, list[Piece]] = {}
        for piece in pieces:
            if piece.coloured is coloured:
                found.setdefault(int(own[piece.label]), []).append(piece)
        groups += found.values()
    renamed = np.arange(top + 1, dtype=np.int32)
    kept = []
    for group in groups:
        first = group[0]
        for piece in group:
            renamed[piece.label] = first.label
        kept.append(
            replace(
                first,
                x0=min(p.x0 for p in group), y0=min(p.y0 for p in group),
                x1=max(p.x1 for p in group), y1=max(p.y1 for p in group),
                area=sum(p.area for p in group), overprint=any(p.overprint for p in group),
            )
        )  # fmt: skip
    return np.asarray(renamed[labels], np.int32), tuple(kept)


def lines_apart(labels: Labels, pieces: Sequence[Piece]) -> tuple[Labels, tuple[Piece, ...]]:
    """Pieces in which two lines of writing touch (a tail above, an ascender below) cut between the lines.

    `labels` is changed.
    """
    heights = [p.height for p in pieces if 9 <= p.height <= 60]
    usual = float(np.median(heights)) if heights else 20.0
    last = int(labels.max())
    kept: list[Piece] = []
    for piece in pieces:
        if piece.height < 1.7 * usual or piece.width < 0.8 * usual:
            kept.append(piece)
            continue
        rows = _own(labels, piece).sum(axis=1)
        first, end = round(0.3 * len(rows)), round(0.75 * len(rows))
        cut = first + int(rows[first:end].argmin())
        if rows[cut] > 0.3 * float(rows.mean()):
            kept.append(piece)
            continue
        last += 1
        kept += _cut(labels, piece, last, row=cut)
    return labels, tuple(kept)


def cells_apart(labels: Labels, pieces: Sequence[Piece], walls: Mask) -> tuple[Labels, tuple[Piece, ...]]:
    """Pieces that reach through a wall between two cells cut there; a word that runs on is joined again later.

    `labels` is changed.
    """
    last = int(labels.max())
    kept: list[Piece] = []
    for piece in pieces:
        y0, y1, x0, x1 = int(piece.y0), int(piece.y1), int(piece.x0), int(piece.x1)
        if piece.width < 8 or piece.height < 6:
            kept.append(piece)
            continue
        # Three pixels of it on either side, or it only touches the wall.
        near = walls[max(0, y0 - 8) : y1 + 8, x0 + 3 : x1 - 3]
        columns = np.flatnonzero(near.sum(axis=0) > 0.8 * len(near))
        if not len(columns):
            kept.append(piece)
            continue
        last += 1
        kept += _cut(labels, piece, last, column=3 + int(columns[len(columns) // 2]))
    return labels, tuple(kept)


def _own(labels: Labels, piece: Piece) -> npt.NDArray[np.bool_]:
    """The pixels of a piece within its box."""
    return np.asarray(
        labels[int(piece.y0) : int(piece.y1), int(piece.x0) : int(piece.x1)] == piece.label, np.bool_
    )


def _cut(labels: Labels, piece: Piece, other: int, row: int = 0, column: int = 0) -> list[Piece]:
    """The two parts of a piece above and from a row of its box, or left of and from a column.

    The second is named `other`; `labels` is changed.
    """
    own = _own(labels, piece)
    y0, x0 = int(piece.y0), int(piece.x0)
    later = own.copy()
    later[:row, :] = False
    later[:, :column] = False
    labels[y0 : int(piece.y1), x0 : int(piece.x1)][later] = other
    parts = []
    for label, part in ((piece.label, own & ~later), (other, later)):
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if len(rows):
            parts.append(
                replace(
                    piece, x0=x0 + int(columns[0]), x1=x0 + int(columns[-1]) + 1, y0=y0 + int(rows[0]),
                    y1=y0 + int(rows[-1]) + 1, label=label, area=int(part.sum()),
                )
            )  # fmt: skip
    return parts
