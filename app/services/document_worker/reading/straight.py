"""A page made straight without knowing its form: lines of text level, rules upright, perspective taken out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.services.document_worker.reading.engine import Gray, Points
from app.services.document_worker.reading.picture import gray_of
from app.services.document_worker.reading.plane import Matrix, mapped

_FEWEST = 6
_SIDE = 1100
_STRAIGHT = 0.0025
"""A page on which nothing leans more than this (a seventh of a degree) is left as it is."""
_MOST = 0.3


def straightening(pixels: Gray, quads: Sequence[Points]) -> Matrix | None:
    """What takes pixels of the page (upright) to those of a straight page of the same size; None when it is
    straight already, or leans in no one way. `quads` are its lines of text.
    """
    height, width = pixels.shape[:2]
    level = _level(quads)
    if len(level) < _FEWEST:
        return None
    upright = _upright(pixels)
    # Coordinates around one: products of pixels would drown the small terms.
    size = float(max(height, width))
    level, upright = level / size, upright / size
    first = _vanishing(level)
    second = _vanishing(upright) if len(upright) >= _FEWEST else None
    if second is None:
        second = np.array([-first[1], first[0], 0.0])
    horizon = np.cross(first, second)
    if abs(horizon[2]) < 1e-9:
        return None
    horizon = horizon / horizon[2]
    if max(abs(horizon[0]), abs(horizon[1])) > _MOST:
        return None
    flat = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], horizon])
    along, down = _unit((flat @ first)[:2]), _unit((flat @ second)[:2])
    along, down = (along if along[0] > 0 else -along), (down if down[1] > 0 else -down)
    if abs(along[1]) > _MOST or abs(down[0]) > _MOST:
        return None
    if max(abs(along[1]), abs(down[0]), abs(horizon[0]), abs(horizon[1])) < _STRAIGHT:
        return None
    level_up = np.eye(3)
    level_up[:2, :2] = np.linalg.inv(np.array([along, down]).T)
    matrix = level_up @ flat
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) / size
    moved = mapped(matrix, corners)
    scale = (corners[2] - corners[0]) / (moved.max(axis=0) - moved.min(axis=0))
    shrink = np.diag([scale.min(), scale.min(), 1.0])
    shrink[:2, 2] = -moved.min(axis=0) * scale.min()
    into, back = np.diag([1 / size, 1 / size, 1.0]), np.diag([size, size, 1.0])
    return np.asarray(back @ shrink @ matrix @ into, np.float64)


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(1e-12, float(np.linalg.norm(vector))), np.float64)


def laid_straight(pixels: Gray, matrix: Matrix) -> Gray:
    """The page through `straightening`'s matrix, as large as it was."""
    return np.asarray(
        cv2.warpPerspective(
            pixels, matrix, (pixels.shape[1], pixels.shape[0]), flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255),
        ),
        np.uint8,
    )  # fmt: skip


def _level(quads: Sequence[Points]) -> Points:
    """The middles of long lines of text as (x0, y0, x1, y1)."""
    found = []
    for quad in quads:
        left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
        if float(np.linalg.norm(right - left)) > 5 * float(np.linalg.norm(quad[3] - quad[0])):
            found.append([*left, *right])
    return np.array(found, np.float64).reshape(-1, 4)


def _upright(pixels: Gray) -> Points:
    """Long strokes that run down the page: rules of tables, edges of the paper."""
    gray = gray_of(pixels)
    scale = _SIDE / max(gray.shape)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(np.asarray(small, np.uint8), 40, 120)
    found = cv2.HoughLinesP(edges, 1, np.pi / 720, 60, minLineLength=0.06 * _SIDE, maxLineGap=3)
    if found is None:
        return np.zeros((0, 4))
    lines = np.asarray(found, np.float64).reshape(-1, 4)
    wide, high = np.abs(lines[:, 2] - lines[:, 0]), np.abs(lines[:, 3] - lines[:, 1])
    return np.asarray(lines[(wide < 0.22 * high)] / scale, np.float64)


def _vanishing(segments: Points) -> Points:
    """The point (homogeneous) in which the segments meet, outliers weighed down; at infinity when parallel."""
    first = np.concatenate([segments[:, :2], np.ones((len(segments), 1))], axis=1)
    last = np.concatenate([segments[:, 2:], np.ones((len(segments), 1))], axis=1)
    lines = np.cross(first, last)
    length = np.linalg.norm(lines[:, :2], axis=1, keepdims=True)
    lines = lines / np.maximum(length, 1e-12)
    weights = length[:, 0].copy()
    middle = (segments[:, :2] + segments[:, 2:]) / 2
    along = (segments[:, 2:] - segments[:, :2]) / np.maximum(length, 1e-12)
    point = np.array([1.0, 0.0, 0.0])
    for _ in range(6):
        _, _, rows = np.linalg.svd(lines * weights[:, None])
        point = rows[-1]
        # How far each segment leans from the direction to the point.
        to = point[:2][None] - middle * point[2]
        to = to / np.maximum(1e-12, np.linalg.norm(to, axis=1, keepdims=True))
        lean = np.abs(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
        spread = max(0.001, 1.5 * float(np.median(lean)))
        weights = length[:, 0] / (1.0 + (lean / spread) ** 2)
    return np.asarray(point, np.float64)
