"""How the passages worth weighing are fetched: expressions of the full-text index, the strict one first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from app.services.local.guideline.query import Unit

BUDGET = 1_500
"""So many passages at most are ranked by the index itself: it takes three microseconds for each."""
_NEAR = 12
_FEW = 100
COMMON = 0.25
"""A synonym that stands in a larger part of all passages finds nothing; it still counts where it stands."""


def common(total: int) -> float:
    """How many passages a word stands in when it no longer tells any apart."""
    return max(_FEW, COMMON * total)


def phrase(stems: Iterable[str]) -> str:
    return '"' + " ".join(stems) + '"'


def expression(unit: Unit, times: Callable[[str], int], total: int) -> str:
    """What the index is asked for one unit."""
    if unit.phrase:
        return _either([phrase(unit.stems), *(phrase(other.stems) for other in unit.others)])
    own = " AND ".join(_either([phrase((form.stems[0],)) for form in word.forms]) for word in unit.words)
    parts = [own if len(unit.words) == 1 else f"({own})"]
    for other in unit.others:
        if min(times(s) for s in other.stems) <= common(total):
            parts.append(phrase(other.stems))
    return _either(parts)


def _either(parts: Sequence[str]) -> str:
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"


def reach(unit: Unit, times: Callable[[str], int], total: int) -> int:
    """At most so many passages answer a unit."""
    own = min(min(total, sum(times(form.stems[0]) for form in word.forms)) for word in unit.words)
    more = sum(
        count for other in unit.others if (count := min(times(s) for s in other.stems)) <= common(total)
    )
    return min(total, own + more)


def all_of(units: Sequence[str]) -> str:
    return " AND ".join(units)


def some_of(units: Sequence[tuple[str, int]], must: Sequence[str], total: int) -> str:
    """An expression that holds when a few words are missing: the rare ones decide, as many as the budget allows.

    `units` are (expression, reach). A word too common to be ranked alone counts together with another one.
    """
    ordered = sorted((u for u in units if u[1]), key=lambda u: u[1])
    taken: list[str] = []
    spent = 0
    for text, count in ordered:
        if spent + count > BUDGET:
            break
        taken.append(text)
        spent += count
    if not taken or (len(taken) == 1 and len(ordered) > 2):
        for size in (2, 3, 4):
            for group in combinations(ordered[:6], size):
                likely = total * math.prod(count / max(total, 1) for _, count in group)
                if spent + likely <= BUDGET and not any(text in taken for text, _ in group):
                    taken.append("(" + " AND ".join(text for text, _ in group) + ")")
                    spent += round(likely)
            if taken:
                break
    if not taken and ordered:
        taken = [ordered[0][0]]
    if not taken:
        return all_of(must)
    return all_of([*must, _either(taken)])


def beside(units: Sequence[Unit]) -> str:
    """The words as typed, near each other; "" for a single one."""
    stems = list(dict.fromkeys(word.token.stem for unit in units for word in unit.words))
    return f"NEAR({' '.join(phrase((stem,)) for stem in stems)}, {_NEAR})" if len(stems) > 1 else ""
