"""Where a form lies on a page: its printed texts are matched to those that stand there.

What comes out maps the blank form's own fractions onto the pixels of the page, whatever shift, scale,
skew or perspective lies between them. Lines that were found and not read help: where they begin and end
as printed texts of the form do, they hold it in place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Points
from app.services.document_worker.reading.likeness import (
    FoundLine,
    Match,
    approximately,
    folded,
    likeness,
    matches_of,
)
from app.services.document_worker.reading.plane import Matrix, fitted, mapped, refitted

__all__ = ["FoundLine", "Matrix", "Registration", "approximately", "folded", "mapped", "refitted", "register"]

_LEAST_MATCHES = 6
_LEAST_SHARE = 0.28
_LEAST_READ = 4
"""Texts that have to be read in place where the lines around them are known to stand as the form wants."""
_LEAST_SEEN = 0.4
_SURE_SCORE = 0.9
"""A line read better than this says what it says: where it is not the form's text, the form is another."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a form lies on a page.

    `matrix` takes (x, y) of the blank form, in its own units (`definition.size`), to pixels of the upright
    page. `share` is how much of the printed text was found in place, `error` the median distance in
    fractions of the page's width. `matches` counts the printed texts that were read in place, `placed`
    those whose line was seen where it should stand and not read, `against` those in whose place something
    else was read. `untitled` says that something else stands in the place of the form's title.
    """

    definition: FormDefinition
    matrix: Matrix
    share: float
    matches: int
    error: float
    placed: int = 0
    against: int = 0
    untitled: bool = False

    @property
    def confidence(self) -> float:
        """How sure we are that zones lie where they should, 0..1."""
        found = min(1.0, self.share / 0.55)
        near = 1.0 / (1.0 + (self.error / 0.009) ** 2)
        many = 1.0 - math.exp(-(self.matches + 0.5 * self.placed) / 8)
        return found * near * many

    @property
    def merit(self) -> float:
        """What speaks for this form when several fit: what was found, less what contradicts."""
        return self.share - self.against / max(1, self.matches + self.against)

    @property
    def contradicted(self) -> bool:
        """Whether too much of what was read says that the page is another form."""
        return self.untitled or self.against > 0.34 * self.matches


def register(
    lines: Sequence[FoundLine],
    definition: FormDefinition,
    page_width: int,
    blocks: Sequence[Points] = (),
) -> Registration | None:
    """Where the form lies on a page with these lines, or None when it does not.

    `lines` were read, `blocks` (corner points, as `FoundLine.quad`) are further lines that were only found:
    with them a few texts read in place are enough. Give them only when all lines of the page are known.
    """
    matches = list(matches_of(lines, definition))
    by_anchor: dict[int, list[Match]] = {}
    for match in matches:
        by_anchor.setdefault(match.anchor, []).append(match)
    expected = sum(1 for a in definition.anchors if len(folded(a.text)) >= 3)
    if len(by_anchor) < (min(_LEAST_READ, expected) if len(blocks) else _LEAST_MATCHES):
        return None
    matrix = _similarity(matches, by_anchor, definition)
    if matrix is None:
        return None
    width, height = definition.size
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    ends = _Ends(definition, [*blocks, *(line.quad for line in lines)]) if len(blocks) else None
    for tolerance, perspective in ((0.018, False), (0.010, False), (0.008, True), (0.006, True)):
        chosen = _nearest(by_anchor, matrix, tolerance * width * scale)
        if len(chosen) < (_LEAST_READ - 1 if ends else _LEAST_MATCHES):
            return None
        if ends is not None:
            chosen += ends.agreeing(matrix, tolerance * width * scale)
        if len(chosen) >= 8:
            matrix = fitted(chosen, (width, height), perspective=perspective)
    chosen = _nearest(by_anchor, matrix, 0.010 * width * scale)
    if not chosen or not _sane(matrix, definition, page_width):
        return None
    error = float(np.median([_distance(matrix, m) for m in chosen])) / (width * scale)
    read = {m.anchor for m in chosen}
    seen = ends.covered(matrix) - read if ends else set()
    share = len(read | seen) / max(1, expected)
    against, untitled = _against(lines, definition, matrix, read)
    against += _displaced(by_anchor, chosen, definition, 0.03 * width * scale)
    found = Registration(
        definition, matrix, share, len(read), error, len(seen), against, untitled,
    )  # fmt: skip
    titled = any(folded(t) in folded(line.text) for t in definition.titles for line in lines)
    if ends is not None:
        enough = len(read) >= min(_LEAST_READ, expected) and share >= _LEAST_SEEN
    else:
        enough = len(read) >= _LEAST_MATCHES and share >= (_LEAST_SHARE * 0.6 if titled else _LEAST_SHARE)
    return found if enough else None


class _Ends:
    """Where the lines of a page begin and end, against where those of a form should."""

    def __init__(self, definition: FormDefinition, quads: Sequence[Points]) -> None:
        width, height = definition.size
        corners = np.array(quads)
        self._left = (corners[:, 0] + corners[:, 3]) / 2
        self._right = (corners[:, 1] + corners[:, 2]) / 2
        self._numbers = [i for i, a in enumerate(definition.anchors) if len(folded(a.text)) >= 3]
        boxes = np.array([definition.anchors[i].box.rounded() for i in self._numbers]).reshape(-1, 4)
        boxes = boxes * (width, height, width, height)
        middle = (boxes[:, 1] + boxes[:, 3]) / 2
        self._first = np.stack([boxes[:, 0], middle], axis=1)
        self._last = np.stack([boxes[:, 2], middle], axis=1)
        self._top = np.stack([boxes[:, 0], boxes[:, 1]], axis=1)

    def agreeing(self, matrix: Matrix, tolerance: float) -> list[Match]:
        """Lines that begin and end where a printed text does."""
        first, last = mapped(matrix, self._first), mapped(matrix, self._last)
        begins = np.linalg.norm(first[:, None] - self._left[None], axis=2)
        finish = np.linalg.norm(last[:, None] - self._right[None], axis=2)
        apart = np.maximum(begins, finish)
        nearest = apart.argmin(axis=1)
        found = []
        for row, column in enumerate(nearest):
            if apart[row, column] <= tolerance:
                form = (self._first[row] + self._last[row]) / 2
                page = (self._left[column] + self._right[column]) / 2
                pair = (float(form[0]), float(form[1])), (float(page[0]), float(page[1]))
                found.append(Match(self._numbers[row], *pair, 1.0))
        return found

    def covered(self, matrix: Matrix) -> set[int]:
        """The printed texts over whose place a line runs."""
        first, last = mapped(matrix, self._first), mapped(matrix, self._last)
        high = np.linalg.norm(first - mapped(matrix, self._top), axis=1) * 2
        found = set()
        for row, number in enumerate(self._numbers):
            along = self._right - self._left
            length = np.maximum(1e-6, np.linalg.norm(along, axis=1))
            unit = along / length[:, None]
            begin = ((first[row] - self._left) * unit).sum(axis=1)
            finish = ((last[row] - self._left) * unit).sum(axis=1)
            middle = (first[row] + last[row]) / 2 - self._left
            off = np.abs(middle[:, 0] * unit[:, 1] - middle[:, 1] * unit[:, 0])
            shared = np.minimum(finish, length) - np.maximum(begin, 0.0)
            if bool(((shared > 0.7 * (finish - begin)) & (off < 0.6 * high[row])).any()):
                found.add(number)
        return found


def _against(
    lines: Sequence[FoundLine], definition: FormDefinition, matrix: Matrix, read: set[int]
) -> tuple[int, bool]:
    """(how many printed texts have something else in their place, whether the title is one of them)."""
    titles = {folded(t) for t in definition.titles}
    against, untitled, titled = 0, False, False
    for index, anchor in enumerate(definition.anchors):
        wanted = folded(anchor.text)
        if len(wanted) < 4:
            continue
        if index in read:
            titled = titled or wanted in titles
            continue
        there = text_at(lines, definition, matrix, index)
        if there is None or there[1] < _SURE_SCORE or len(there[0]) < 3:
            continue
        alike = likeness(wanted, there[0])
        if wanted in titles and alike < 0.75:
            untitled = True
        if alike < 0.5:
            against += 1
    return against, untitled and not titled


def _displaced(
    by_anchor: dict[int, list[Match]], chosen: Sequence[Match], definition: FormDefinition, near: float
) -> int:
    """How many printed texts stand on the page, but elsewhere: that is another version of the form.

    A text that stands where one much like it belongs (two numbers that differ in a digit) is that one.
    """
    texts = [folded(a.text) for a in definition.anchors]
    read = {m.anchor for m in chosen}
    explained = np.array([m.page for m in chosen])

    def unexplained(match: Match) -> bool:
        return float(np.linalg.norm(explained - match.page, axis=1).min()) > near

    return sum(
        1
        for index, each in by_anchor.items()
        if index not in read
        and len(texts[index]) >= 6
        and sum(texts[index] in t for t in texts) == 1
        and all(unexplained(m) for m in each)
    )


def text_at(
    lines: Sequence[FoundLine], definition: FormDefinition, matrix: Matrix, index: int
) -> tuple[str, float] | None:
    """(folded text, score) of what was read where an anchor of the form should stand; None when no line was."""
    box = definition.anchors[index].box
    width, height = definition.size
    middle = (box.y0 + box.y1) / 2 * height
    ends = mapped(
        matrix,
        np.array([[box.x0 * width, middle], [box.x1 * width, middle], [box.x0 * width, box.y0 * height]]),
    )
    high = 2 * float(np.linalg.norm(ends[0] - ends[2]))
    length = float(np.linalg.norm(ends[1] - ends[0]))
    best: tuple[float, str, float] | None = None
    for line in lines:
        left, right = line.at(0.0), line.at(1.0)
        along = float(np.linalg.norm(right - left))
        if along < 1e-6:
            continue
        unit = (right - left) / along
        begin, finish = float((ends[0] - left) @ unit), float((ends[1] - left) @ unit)
        middle_point = (ends[0] + ends[1]) / 2 - left
        off = abs(float(middle_point[0] * unit[1] - middle_point[1] * unit[0]))
        shared = min(finish, along) - max(begin, 0.0)
        if off > 0.45 * high or shared < 0.6 * length or (best is not None and shared <= best[0]):
            continue
        # A little to both sides: letters are placed within half of one.
        edge = 0.6 * high
        glyphs = [g for g in line.line.glyphs if begin - edge <= g.at * along <= finish + edge]
        score = float(np.mean([g.score for g in glyphs])) if glyphs else 0.0
        best = (shared, folded("".join(g.text for g in glyphs)), score)
    return (best[1], best[2]) if best else None


def _similarity(
    matches: Sequence[Match], by_anchor: dict[int, list[Match]], definition: FormDefinition
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
            if abs(between) < 0.15 * diagonal:
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


def _nearest(by_anchor: dict[int, list[Match]], matrix: Matrix, tolerance: float) -> list[Match]:
    """Of each anchor's points the nearest matches, where near enough."""
    chosen: list[Match] = []
    for every in by_anchor.values():
        points: dict[tuple[float, float], tuple[float, Match]] = {}
        for match in every:
            distance = _distance(matrix, match)
            if distance <= tolerance and (match.form not in points or distance < points[match.form][0]):
                points[match.form] = (distance, match)
        chosen.extend(m for _, m in points.values())
    return chosen


def _distance(matrix: Matrix, match: Match) -> float:
    x, y = mapped(matrix, np.array([match.form]))[0]
    return math.hypot(x - match.page[0], y - match.page[1])


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
