"""From evidence to the number a reviewer sees: the probability that a value equals what is printed.

A form processor says what its reading rests on (`Evidence`); rules add what speaks for or against it
(`app.domain.support`); a logistic model per group of values makes one probability of it. The
coefficients are data, fitted on forms other than those they are judged on, and kept with the version of
the processor they belong to. Any processor enters this way: one that knows only a score of its own gives
that as `score`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

TEXT = "text"
BOX = "box"
BLANK = "blank"
SCORED = "scored"
"""A value with nothing but a score of its processor's own, such as an entity of Document AI."""

GENERIC = "generic"
"""The number (1) that a value carries on a form that nobody defined; and, in a calibration, the part for those."""

DEFAULT: Mapping[str, Mapping[str, float]] = {
    TEXT: {
        "one": 3.64, "mean": 0.42, "lowest": 0.28, "length": -1.02, "fits": 0.33, "misfits": -3.54,
        "overprint": -0.96, "spill": -0.32, "poor": -5.09, "placement": -1.54, "score": 1.0,
        "unknown": -1.0, "disagrees": -1.5, "agrees": 0.5, "disordered": -0.7, "supplied": -0.5, "generic": -0.5,
        "known": 0.5, "checked": 0.5, "unchecked": 0.0, "calendar": 0.2, "suspect": -0.7, "cost": -0.1,
        "differs": -1.0, "unsure": -0.2, "doubted": -0.3, "margin": 0.05, "digits": 0.0, "odd": -0.1, "twins": -0.4,
        "shape": 0.0, "poor_shape": 1.0, "poor_unsure": -0.2, "gap": -2.0, "unread": -1.0, "runs": -0.1,
    },
    BOX: {"one": 0.0, "score": 1.0, "generic": -2.0},
    BLANK: {"one": 0.0, "score": 1.0, "generic": -1.0},
    SCORED: {
        "one": 0.0, "score": 1.0, "suspect": -2.0, "unknown": -1.0, "disagrees": -1.5, "agrees": 0.5,
        "disordered": -0.7, "known": 0.3, "checked": 0.5,
    },
}  # fmt: skip
"""What holds until something was fitted: for text the coefficients of the first fit, for boxes and blanks
the score itself."""

LIMITS: Mapping[str, tuple[float, float]] = {
    TEXT: (0.02, 0.995),
    BOX: (0.02, 0.999),
    BLANK: (0.02, 0.999),
    SCORED: (0.02, 0.995),
}
"""No reading is certain, and none is hopeless."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one value is judged by: its group (`text`, `box`, `blank` or `scored`) and named numbers.

    Scores are given as logits (`logit`), yes and no as 1 and 0. A number that is not named counts as 0.
    """

    group: str
    numbers: tuple[tuple[str, float], ...]

    def number(self, name: str) -> float:
        return dict(self.numbers).get(name, 0.0)

    def joined(self, more: Iterable[tuple[str, float]]) -> Evidence:
        """The same with further numbers; one of the same name replaces."""
        return Evidence(self.group, tuple({**dict(self.numbers), **dict(more)}.items()))


class Calibration:
    """Fitted coefficients by group; a group that was not fitted keeps the built-in ones.

    `steps` of the data may hold, by group, points of a rising map from the model's probability to the one shown.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._weights: dict[str, Mapping[str, float]] = dict(DEFAULT)
        self._steps = {
            str(group): tuple((float(x), float(y)) for x, y in points)
            for group, points in (data.get("steps") or {}).items()
        }
        for group in DEFAULT:
            given = data.get(group)
            if isinstance(given, Mapping):
                self._weights[group] = {str(name): float(weight) for name, weight in given.items()}

    def probability(self, evidence: Evidence) -> float:
        """The probability that the value equals what is printed."""
        weights = self._weights[evidence.group]
        total = weights.get("one", 0.0)
        total += sum(weights.get(name, 0.0) * number for name, number in evidence.numbers)
        low, high = LIMITS[evidence.group]
        chance = 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))
        return min(high, max(low, _along(self._steps.get(evidence.group, ()), chance)))


def _along(points: tuple[tuple[float, float], ...], x: float) -> float:
    """The height of a line through points at x, level beyond its ends; x itself without points."""
    if not points:
        return x
    for (x0, y0), (x1, y1) in pairwise(points):
        if x < x1:
            return y0 + (y1 - y0) * max(0.0, x - x0) / (x1 - x0)
    return points[-1][1]


def logit(score: float, low: float = 0.05, high: float = 0.9975) -> float:
    """Held between two bounds (-3 to 6 unless told): a network's certainty has no meaning beyond."""
    held = min(high, max(low, score))
    return math.log(held / (1.0 - held))
