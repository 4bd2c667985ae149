"""The picture of one run of ink alone, as the recognizer gets it."""

from __future__ import annotations

import cv2
import numpy as np

from app.services.document_worker.reading.engine import Gray
from app.services.document_worker.reading.ink import Flat
from app.services.document_worker.reading.run import Run

_BORDER = 0.05
"""White above and below, in heights of a letter: the recognizer reads letters best that do not fill its line."""


def isolated(flat: Flat, run: Run, height: float) -> Gray:
    """The run alone: other answers, printed texts and ruling are taken out of its picture.

    Specks stay: they may be its full stops.
    """
    own_labels = {p.label for p in run.pieces}
    strangers = np.array(
        [p.label for p in flat.pieces if p.area >= 20 and p.label not in own_labels], np.int32
    )
    middle, half = run.middle, max((run.y1 - run.y0) / 2 + 0.22 * height, 0.8 * height)
    if run.y1 - run.y0 < 0.75 * height:
        # A lone dash or dot keeps its place on a line of usual height.
        half = 0.9 * height
    top, bottom = max(0, int(middle - half)), min(flat.gray.shape[0], int(middle + half) + 1)
    left, right = (
        max(0, int(run.x0 - 0.45 * height)),
        min(flat.gray.shape[1], int(run.x1 + 0.45 * height) + 1),
    )
    picture = flat.gray[top:bottom, left:right].copy()
    labels = flat.labels[top:bottom, left:right]
    own = np.isin(labels, np.array([p.label for p in run.pieces], np.int32)).astype(np.uint8)
    foreign = np.isin(labels, strangers) if len(strangers) else np.zeros(labels.shape, bool)
    other = (foreign & (own == 0)).astype(np.uint8)
    other |= flat.rules[top:bottom, left:right] | flat.printed[top:bottom, left:right]
    # What is taken out goes with its pale rim; the rim of what stays, stays.
    gone = (cv2.dilate(other, np.ones((7, 7), np.uint8)) > 0) & (
        cv2.dilate(own, np.ones((5, 5), np.uint8)) == 0
    )
    picture[gone | ((other > 0) & (own == 0))] = 255
    # The grain of the paper and the rings a JPEG leaves around strokes are paler than any stroke.
    cleared = np.minimum(255, picture.astype(np.uint16) * 9 // 8).astype(np.uint8)
    border = round(_BORDER * height)
    return np.asarray(
        cv2.copyMakeBorder(cleared, border, border, 0, 0, cv2.BORDER_CONSTANT, value=(255,)), np.uint8
    )


def thickened(crop: Gray) -> Gray:
    """The crop with strokes a pixel stronger and soft: thin ones that a fax broke hold together."""
    return np.asarray(cv2.GaussianBlur(cv2.erode(crop, np.ones((2, 2), np.uint8)), (0, 0), 0.6), np.uint8)


def crop_of(run: Run, height: float) -> tuple[float, float]:
    """The left and right edge of the picture that `isolated` makes of a run."""
    return max(0.0, run.x0 - 0.45 * height), run.x1 + 0.45 * height
