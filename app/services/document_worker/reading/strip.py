"""One answer as the network saw it: the chances of all its runs one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.services.document_worker.reading.decoding import Chances, Line


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """The chances of an answer's runs in reading order, and where each lies: its first step, how many steps its
    crop takes, and the left and right edge of the crop in flat pixels.
    """

    chances: Chances
    parts: tuple[tuple[int, float, float, float], ...]

    def at(self, part: int, within: float) -> float:
        """A place of one run's crop (0..1 of its width) as a place of the whole strip."""
        start, extent, _, _ = self.parts[part]
        return (start + within * extent) / max(1.0, self.chances.extent)

    def where(self, at: float) -> tuple[int, float]:
        """(run, x in flat pixels) of a place of the strip."""
        step = at * self.chances.extent
        part = max((i for i, p in enumerate(self.parts) if p[0] <= step), default=0)
        start, extent, left, right = self.parts[part]
        return part, left + (step - start) / max(1.0, extent) * (right - left)

    def shifted(self, line: Line, part: int) -> Line:
        """A line read off one run, its glyphs placed along the whole strip."""
        return Line(tuple(replace(g, at=self.at(part, g.at)) for g in line.glyphs))

    def tail(self, at: float) -> Chances:
        """What comes after a place of the strip; its extent is its own."""
        step = int(at * self.chances.extent) + 1
        rows = self.chances.rows[step:]
        return Chances(rows, self.chances.characters, float(max(1, len(rows))))


def strip_of(each: Sequence[Chances], edges: Sequence[tuple[float, float]]) -> Strip:
    """The runs of an answer as one; a step of silence stands between two of them."""
    rows, parts, start = [], [], 0
    silence = np.zeros((1, len(each[0].characters)), np.float32)
    silence[0, 0] = 1.0
    for index, (chances, (left, right)) in enumerate(zip(each, edges, strict=True)):
        kept = chances.rows[: max(1, -int(-chances.extent // 1))]
        parts.append((start, chances.extent, left, right))
        rows.append(kept)
        start += len(kept)
        if index + 1 < len(each):
            rows.append(silence)
            start += 1
    return Strip(Chances(np.vstack(rows), each[0].characters, float(start)), tuple(parts))
