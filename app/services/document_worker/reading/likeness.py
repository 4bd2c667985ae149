"""Printed texts looked for in what was read: letters folded, a few of them wrong or missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Line, Points

_SAME = {"1": "l", "i": "l", "0": "o", "5": "s", "8": "b", "é": "e", "è": "e", "á": "a", "í": "l", "ó": "o"}


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
class Match:
    """A point of the blank form (its own units) and where it may be on the page (pixels)."""

    anchor: int
    form: tuple[float, float]
    page: tuple[float, float]
    weight: float


def folded(text: str) -> str:
    """Letters and digits alone, with glyphs that are mistaken for each other made one."""
    return "".join(_SAME.get(c, c) for c in text.lower() if c.isalnum())


def matches_of(lines: Sequence[FoundLine], definition: FormDefinition) -> Iterator[Match]:
    """Every place where an anchor's text may stand."""
    width, height = definition.size
    prepared = [PreparedLine(line) for line in lines]
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
                yield Match(index, form, (float(centre[0]), float(centre[1])), min(3.0, len(wanted) / 6))
                if box.x1 - box.x0 > 0.3:
                    for fraction, x in ((first, box.x0 + half), (last, box.x1 - half)):
                        point = line.found.at(fraction)
                        yield Match(index, (x * width, middle), (float(point[0]), float(point[1])), 1.0)


class PreparedLine:
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
    cost, start, end = _closest(wanted, text)
    return (start, end) if cost <= most and end - start >= 2 else None


def likeness(wanted: str, text: str) -> float:
    """How much of a folded text stands in another, 0..1: the share of its letters that needs no edit.

    A text that is a part of the wanted one (its line was found in pieces) counts by its own letters.
    """
    if not wanted or not text:
        return 0.0
    if wanted in text:
        return 1.0
    best = 1.0 - _closest(wanted, text)[0] / len(wanted)
    if 5 <= len(text) < len(wanted):
        best = max(best, 1.0 - _closest(text, wanted)[0] / len(text))
    return max(0.0, best)


def _closest(wanted: str, text: str) -> tuple[int, int, int]:
    """(edits, start, end) of the place in `text` that is most like `wanted`."""
    # Rows are letters of `wanted`, columns of `text`; the match may begin and end anywhere in `text`.
    costs = list(range(len(wanted) + 1))
    starts = [0] * (len(wanted) + 1)
    best = (len(wanted), 0, 0)
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
        if costs[-1] < best[0]:
            best = (costs[-1], starts[-1], column + 1)
    return best
