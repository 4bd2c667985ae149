"""Runs of ink recognized: each once, and once more in a stronger rendering where the first reading is doubted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.document_worker.reading.crop import isolated, thickened
from app.services.document_worker.reading.decoding import Chances, Line, free
from app.services.document_worker.reading.engine import Engine
from app.services.document_worker.reading.ink import Flat
from app.services.document_worker.reading.run import Run

_SURE = 0.9
"""A line of which every character is surer than this is not looked at twice, but on a broken page."""
_BETTER = 0.005


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as the network saw it. `second`: it was looked at twice; `differs`: the two readings are not the same."""

    chances: Chances
    line: Line
    second: bool = False
    differs: bool = False


def recognized(
    flat: Flat, runs: Sequence[Run], height: float, engine: Engine, *, broken: bool
) -> dict[int, Seen]:
    """What each run says, by the `id` of the run.

    On a broken page every run is looked at twice and the better reading taken; on others the second look is only
    there to tell whether it differs.
    """
    crops = [isolated(flat, r, height) for r in runs]
    found = [Seen(c, free(c)) for c in engine.chances(crops)]
    again = [i for i, s in enumerate(found) if s.line.glyphs and (broken or s.line.lowest < _SURE)]
    for i, chances in zip(again, engine.chances([thickened(crops[i]) for i in again]), strict=True):
        first, line = found[i], free(chances)
        better = broken and line.score > first.line.score + _BETTER
        found[i] = Seen(
            chances if better else first.chances,
            line if better else first.line,
            True,
            line.text != first.line.text,
        )
    return {id(run): seen for run, seen in zip(runs, found, strict=True)}
