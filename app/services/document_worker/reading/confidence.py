"""From scores to the number a reviewer sees: the probability that a value equals what is printed.

A small logistic model. Its coefficients are data (`resources/processors/calibration.json`, fitted by
`python -m tests.benchmarks.reading --fit`), so that they can be fitted anew without a change of code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FEATURES = ("one", "mean", "lowest", "length", "fits", "misfits", "overprint", "spill", "poor", "placement")
"""`mean`, `lowest`: logits of the character scores. `length`: characters, logarithm. `fits`, `misfits`: the
kind's shape is met or not. `overprint`: touches something printed. `spill`: leaves its zone. `poor`: how
broken the page is (0 clean to 1). `placement`: one less the placement confidence."""

DEFAULT = (3.64, 0.42, 0.28, -1.02, 0.33, -3.54, -0.96, -0.32, -5.09, -1.54)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reading is judged by; `features` in the order of `FEATURES`."""

    mean: float
    lowest: float
    length: int
    fits: bool | None = None
    overprint: bool = False
    spill: bool = False
    poor: float = 0.0
    placement: float = 1.0

    def features(self) -> tuple[float, ...]:
        return (
            1.0,
            logit(self.mean),
            logit(self.lowest),
            math.log(1 + self.length),
            1.0 if self.fits is True else 0.0,
            1.0 if self.fits is False else 0.0,
            float(self.overprint),
            float(self.spill),
            self.poor,
            1.0 - self.placement,
        )


class Calibration:
    """The fitted coefficients; missing ones fall back to what is built in."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        found = data.get("text")
        given: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        self._weights = tuple(
            float(given.get(name, default)) for name, default in zip(FEATURES, DEFAULT, strict=True)
        )

    def text(self, evidence: Evidence) -> float:
        """The probability that a text was read exactly as printed."""
        total = sum(w * f for w, f in zip(self._weights, evidence.features(), strict=True))
        return min(0.995, max(0.02, 1.0 / (1.0 + math.exp(-total))))


def logit(score: float) -> float:
    """Held between -3 and 6: a network's certainty has no meaning beyond."""
    held = min(0.9975, max(0.05, score))
    return math.log(held / (1.0 - held))
