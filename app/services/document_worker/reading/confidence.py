"""What a reading rests on: the numbers from which its confidence is worked out (`app.domain.calibration`)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from app.domain.calibration import BLANK, BOX, TEXT, Evidence, logit


def text_evidence(
    mean: float,
    lowest: float,
    length: int,
    *,
    fits: bool | None = None,
    overprint: bool = False,
    spill: bool = False,
    poor: float = 0.0,
    placement: float = 1.0,
    supplied: int = 0,
    cost: float = 0.0,
    signs: Iterable[tuple[str, float]] = (),
) -> Evidence:
    """A text read off the picture.

    `mean`, `lowest`: scores of its characters. `fits`: whether it has the shape of its kind. `overprint`:
    it touches something printed. `spill`: it leaves its zone. `poor`: how broken the page is, 0 to 1.
    `supplied`: how many characters the kind supplied; `cost`: how much less likely (as a logarithm) the reading is
    than the free one; `signs`: further numbers (`sign.signs_of`).
    """
    numbers = {
        "mean": logit(mean),
        "lowest": logit(lowest),
        "length": math.log(1 + length),
        "fits": float(fits is True),
        "misfits": float(fits is False),
        "overprint": float(overprint),
        "spill": float(spill),
        "poor": poor,
        "placement": 1.0 - placement,
        "supplied": math.log(1 + supplied),
        "cost": min(8.0, cost),
        **dict(signs),
    }
    return Evidence(TEXT, tuple((name, round(number, 4)) for name, number in numbers.items()))


def box_evidence(score: float) -> Evidence:
    """A tick box: how sure its ink makes it that it is ticked, or not."""
    return Evidence(BOX, (("score", round(logit(score, 0.01, 0.9995), 4)),))


def blank_evidence(score: float) -> Evidence:
    """Nothing was found: how sure the place makes it that nothing is there."""
    return Evidence(BLANK, (("score", round(logit(score, 0.01, 0.9995), 4)),))
