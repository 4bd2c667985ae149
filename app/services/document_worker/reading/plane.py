"""From points that belong together to the transformation that takes one plane onto the other."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.engine import Points
from app.services.document_worker.reading.likeness import Match

Matrix = npt.NDArray[np.float64]


def fitted(chosen: Sequence[Match], size: tuple[float, float], *, perspective: bool) -> Matrix:
    """The transformation that fits the chosen points best, outliers weighed down.

    `size` is that of the blank form, in its units: only points spread over it can tell perspective.
    """
    form = np.array([m.form for m in chosen])
    page = np.array([m.page for m in chosen])
    affine, _ = cv2.estimateAffine2D(form, page, method=cv2.LMEDS)
    base: Matrix = np.vstack([affine, [0.0, 0.0, 1.0]]) if affine is not None else np.eye(3)
    if affine is None:
        return base
    spread = np.ptp(form, axis=0) / size
    deep = perspective and len(chosen) >= 14 and float(spread.min()) > 0.3
    return refitted(form, page, base, perspective=deep)


def refitted(form: Points, page: Points, start: Matrix, *, perspective: bool) -> Matrix:
    """Weighted least squares around a first guess: far points count little."""
    matrix = start
    # Points are brought to the size of one: products of coordinates would drown the small terms.
    size = float(np.abs(form).max()) or 1.0
    scale = float(np.abs(page).max()) or 1.0
    f, p = form / size, page / scale
    into, back = np.diag([1 / size, 1 / size, 1.0]), np.diag([scale, scale, 1.0])
    for _ in range(5):
        distances = np.linalg.norm(mapped(matrix, form) - page, axis=1)
        spread = max(1e-6, 1.5 * float(np.median(distances)))
        weights = np.sqrt(1.0 / (1.0 + (distances / spread) ** 2))
        rows, values = [], []
        for (x, y), (u, v), w in zip(f, p, weights, strict=True):
            ending_u = [-u * x, -u * y] if perspective else []
            ending_v = [-v * x, -v * y] if perspective else []
            rows.append([w * n for n in (x, y, 1.0, 0.0, 0.0, 0.0, *ending_u)])
            rows.append([w * n for n in (0.0, 0.0, 0.0, x, y, 1.0, *ending_v)])
            values += [w * u, w * v]
        solution = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
        last = [*solution[6:], 1.0] if perspective else [0.0, 0.0, 1.0]
        matrix = back @ np.array([solution[0:3], solution[3:6], last]) @ into
    return np.asarray(matrix / matrix[2, 2], np.float64)


def mapped(matrix: Matrix, points: Points) -> Points:
    """Points taken through a transformation."""
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:3], np.float64)
