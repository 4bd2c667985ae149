"""Finding a form on a page: the printed texts it should carry are matched to those that are there.

What comes out maps the blank form's own fractions onto the pixels of the page, whatever shift, scale,
skew or perspective lies between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Line, Points

Matrix = npt.NDArray[np.float64]

_LEAST_MATCHES = 6
_LEAST_SHARE = 0.28


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line of text on the page: what it says and its corners in the page's pixels (upright)."""

    line: Line
    quad: Points

    @property
    def text(self) -> str:
        return self.line.text

    def at(self, fraction: float) -> Points:
        """The middle of the line at a fraction of its length."""
        left = (self.quad[0] + self.quad[3]) / 2
        right = (self.quad[1] + self.quad[2]) / 2
        return np.asarray(left + (right - left) * fraction, np.float64)

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.quad[3] - self.quad[0]))


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a form lies on a page.

    `matrix` takes (x, y) of the blank form, in its own units (`definition.size`), to pixels of the upright
    page. `share` is how much of the printed text was found in place, `error` the median distance in
    fractions of the page's width.
    """

    definition: FormDefinition
    matrix: Matrix
    share: float
    matches: int
    error: float

    @property
    def confidence(self) -> float:
        """How sure we are that zones lie where they should, 0..1."""
        found = min(1.0, self.share / 0.55)
        near = 1.0 / (1.0 + (self.error / 0.006) ** 2)
        many = 1.0 - math.exp(-self.matches / 8)
        return found * near * many


def folded(text: str) -> str:
    """Letters and digits alone, with glyphs that are mistaken for each other made one."""
    return "".join(_SAME.get(c, c) for c in text.lower() if c.isalnum())


_SAME = {"1": "l", "i": "l", "0": "o", "5": "s", "8": "b", "é": "e", "è": "e", "á": "a", "í": "l", "ó": "o"}


@dataclass(frozen=True, slots=True)
class _Match:
    anchor: int
    form: tuple[float, float]
    page: tuple[float, float]
    weight: float


def register(lines: Sequence[FoundLine], definition: FormDefinition, page_width: int) -> Registration | None:
    """Where the form lies on a page with these lines, or None when it does not."""
    matches = list(_matches(lines, definition))
    by_anchor: dict[int, list[_Match]] = {}
    for match in matches:
        by_anchor.setdefault(match.anchor, []).append(match)
    if len(by_anchor) < _LEAST_MATCHES:
        return None
    start = _similarity(matches, by_anchor, definition)
    if start is None:
        return None
    width, _height = definition.size
    scale = math.hypot(start[0, 0], start[1, 0])
    matrix = start
    chosen: list[_Match] = []
    for tolerance, kind in (
        (0.018, "affine"),
        (0.010, "affine"),
        (0.008, "homography"),
        (0.006, "homography"),
    ):
        chosen = _nearest(by_anchor, matrix, tolerance * width * scale)
        if len(chosen) < _LEAST_MATCHES:
            return None
        matrix = _fitted(chosen, kind) if len(chosen) >= 8 else matrix
    chosen = _nearest(by_anchor, matrix, 0.010 * width * scale)
    distances = [_distance(matrix, m) for m in chosen]
    anchors = len({m.anchor for m in chosen})
    expected = sum(1 for a in definition.anchors if len(folded(a.text)) >= 3)
    share = anchors / max(1, expected)
    titled = any(folded(t) in folded(line.text) for t in definition.titles for line in lines)
    if share < (_LEAST_SHARE * 0.6 if titled else _LEAST_SHARE) or anchors < _LEAST_MATCHES:
        return None
    if not _sane(matrix, definition, page_width):
        return None
    error = float(np.median(distances)) / (width * scale)
    return Registration(definition, matrix, share, anchors, error)


def _matches(lines: Sequence[FoundLine], definition: FormDefinition) -> Iterator[_Match]:
    """Every place where an anchor's text may stand."""
    width, height = definition.size
    prepared = [_Prepared(line) for line in lines]
    for index, anchor in enumerate(definition.anchors):
        wanted = folded(anchor.text)
        if len(wanted) < 3:
            continue
        box = anchor.box
        middle = (box.y0 + box.y1) / 2 * height
        for line in prepared:
            for start, end in line.places(wanted):
                first, last = line.found.line.glyphs[start].at, line.found.line.glyphs[end].at
                # The middles of the first and last character stand half a character inside the box.
                half = (box.x1 - box.x0) / max(1, len(anchor.text)) / 2
                centre = line.found.at((first + last) / 2)
                form = ((box.x0 + box.x1) / 2 * width, middle)
                yield _Match(index, form, (float(centre[0]), float(centre[1])), min(3.0, len(wanted) / 6))
                if box.x1 - box.x0 > 0.3:
                    for fraction, x in ((first, box.x0 + half), (last, box.x1 - half)):
                        point = line.found.at(fraction)
                        yield _Match(index, (x * width, middle), (float(point[0]), float(point[1])), 1.0)


class _Prepared:
    """A line with its letters folded, each leading back to its glyph."""

    def __init__(self, found: FoundLine) -> None:
        self.found = found
        letters: list[str] = []
        self._glyphs: list[int] = []
        for place, glyph in enumerate(found.line.glyphs):
            for letter in folded(glyph.text):
                letters.append(letter)
                self._glyphs.append(place)
        self.text = "".join(letters)
        self._pairs = {self.text[i : i + 3] for i in range(len(self.text) - 2)}

    def places(self, wanted: str) -> Iterator[tuple[int, int]]:
        """(first, last) glyph of each place where the text stands, a few misread letters allowed in long ones."""
        start = self.text.find(wanted)
        found = False
        while start >= 0:
            found = True
            yield self._glyphs[start], self._glyphs[start + len(wanted) - 1]
            start = self.text.find(wanted, start + 1)
        if found or len(wanted) < 7 or len(self.text) < 0.6 * len(wanted):
            return
        pairs = {wanted[i : i + 3] for i in range(len(wanted) - 2)}
        if len(pairs & self._pairs) < 0.4 * len(pairs):
            return
        place = approximately(wanted, self.text, max(1, len(wanted) // 5))
        if place is not None:
            yield self._glyphs[place[0]], self._glyphs[place[1] - 1]


def approximately(wanted: str, text: str, most: int) -> tuple[int, int] | None:
    """Where `wanted` stands in `text` with at most so many edits: (start, end), or None."""
    # Rows are letters of `wanted`, columns of `text`; the match may begin and end anywhere in `text`.
    costs = list(range(len(wanted) + 1))
    starts = [0] * (len(wanted) + 1)
    best: tuple[int, int, int] | None = None
    for column, letter in enumerate(text):
        diagonal, diagonal_start = costs[0], column
        costs[0], starts[0] = 0, column + 1
        for row, wish in enumerate(wanted, 1):
            here, here_start = diagonal + (letter != wish), diagonal_start
            if costs[row] + 1 < here:
                here, here_start = costs[row] + 1, starts[row]
            if costs[row - 1] + 1 < here:
                here, here_start = costs[row - 1] + 1, starts[row - 1]
            diagonal, diagonal_start = costs[row], starts[row]
            costs[row], starts[row] = here, here_start
        if costs[-1] <= most and (best is None or costs[-1] < best[0]):
            best = (costs[-1], starts[-1], column + 1)
    if best is None or best[2] - best[1] < 2:
        return None
    return best[1], best[2]


def _similarity(
    matches: Sequence[_Match], by_anchor: dict[int, list[_Match]], definition: FormDefinition
) -> Matrix | None:
    """The shift, scale and turn that most matches agree on."""
    width, height = definition.size
    diagonal = math.hypot(width, height)
    # Texts that stand on the page once say more than those that stand there six times.
    seeds = sorted(
        (m for m in matches if len(by_anchor[m.anchor]) <= 3),
        key=lambda m: (len(by_anchor[m.anchor]), -m.weight),
    )[:40]
    form = np.array([m.form for m in matches])
    page = np.array([m.page for m in matches])
    anchors = np.array([m.anchor for m in matches])
    weights = np.array([m.weight for m in matches])
    best, best_score = None, 0.0
    for i, first in enumerate(seeds):
        for second in seeds[i + 1 :]:
            if first.anchor == second.anchor:
                continue
            between = complex(second.form[0] - first.form[0], second.form[1] - first.form[1])
            if abs(between) < 0.2 * diagonal:
                continue
            turn = complex(second.page[0] - first.page[0], second.page[1] - first.page[1]) / between
            if abs(math.atan2(turn.imag, turn.real)) > 0.21 or abs(turn) < 1e-3:
                continue
            x = turn.real * form[:, 0] - turn.imag * form[:, 1]
            y = turn.imag * form[:, 0] + turn.real * form[:, 1]
            x += first.page[0] - (turn.real * first.form[0] - turn.imag * first.form[1])
            y += first.page[1] - (turn.imag * first.form[0] + turn.real * first.form[1])
            near = np.hypot(x - page[:, 0], y - page[:, 1]) < 0.02 * width * abs(turn)
            _, places = np.unique(anchors[near], return_index=True)
            score = float(weights[near][places].sum())
            if score > best_score:
                best_score = score
                best = np.array(
                    [
                        [
                            turn.real,
                            -turn.imag,
                            first.page[0] - (turn.real * first.form[0] - turn.imag * first.form[1]),
                        ],
                        [
                            turn.imag,
                            turn.real,
                            first.page[1] - (turn.imag * first.form[0] + turn.real * first.form[1]),
                        ],
                        [0.0, 0.0, 1.0],
                    ]
                )
    return best


def _nearest(by_anchor: dict[int, list[_Match]], matrix: Matrix, tolerance: float) -> list[_Match]:
    """Of each anchor's points the nearest matches, where near enough."""
    chosen: list[_Match] = []
    for every in by_anchor.values():
        points: dict[tuple[float, float], tuple[float, _Match]] = {}
        for match in every:
            distance = _distance(matrix, match)
            if distance <= tolerance and (match.form not in points or distance < points[match.form][0]):
                points[match.form] = (distance, match)
        chosen.extend(m for _, m in points.values())
    return chosen


def _distance(matrix: Matrix, match: _Match) -> float:
    x, y = mapped(matrix, np.array([match.form]))[0]
    return math.hypot(x - match.page[0], y - match.page[1])


def _fitted(chosen: Sequence[_Match], kind: str) -> Matrix:
    """The transformation that fits the chosen points best, outliers weighed down."""
    form = np.array([m.form for m in chosen])
    page = np.array([m.page for m in chosen])
    affine, _ = cv2.estimateAffine2D(form, page, method=cv2.LMEDS)
    base: Matrix = np.vstack([affine, [0.0, 0.0, 1.0]]) if affine is not None else np.eye(3)
    if affine is None:
        return base
    spread_x, spread_y = np.ptp(form[:, 0]), np.ptp(form[:, 1])
    if kind == "affine" or len(chosen) < 14 or min(spread_x, spread_y) < 100:
        return refitted(form, page, base, perspective=False)
    return refitted(form, page, base, perspective=True)


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


def _sane(matrix: Matrix, definition: FormDefinition, page_width: int) -> bool:
    """Whether the form, so laid, is still a page: not mirrored, not folded, of a size that fits."""
    width, height = definition.size
    corners = mapped(matrix, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
    area = 0.5 * float(
        sum(
            corners[i][0] * corners[(i + 1) % 4][1] - corners[(i + 1) % 4][0] * corners[i][1]
            for i in range(4)
        )
    )
    sides = [float(np.linalg.norm(corners[(i + 1) % 4] - corners[i])) for i in range(4)]
    if area <= 0 or min(sides) < 0.2 * page_width:
        return False
    return 0.75 < sides[0] / sides[2] < 1.33 and 0.75 < sides[1] / sides[3] < 1.33
