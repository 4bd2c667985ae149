"""Misspelled words mended by words that are known, nearest first, the frequent ones before the rare."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.services.local.guideline.token import codelike

SHORTEST = 4
"""Shorter words are never mended: most are abbreviations."""
_FEW = 3
_LONG, _VERY_LONG = 8, 12


@dataclass(frozen=True, slots=True)
class Mending:
    """A word that may have been meant. `cost` is the number of mistakes, less a little for how usual the word is."""

    word: str
    cost: float


def allowed(word: str) -> int:
    """How many mistakes a word may hold (a letter left out, added, changed, or two that changed places)."""
    if len(word) < SHORTEST or codelike(word):
        return 0
    return 1 if len(word) < _LONG else 2 if len(word) < _VERY_LONG else 3


class Speller:
    """Knows words by their length. Words are only added; how often they occur is asked when it matters."""

    def __init__(self) -> None:
        self._by_length: dict[int, list[str]] = defaultdict(list)
        self._known: set[str] = set()

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            if len(word) >= _FEW and word not in self._known and not codelike(word):
                self._known.add(word)
                self._by_length[len(word)].append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def mendings(self, word: str, counts: Callable[[list[str]], Mapping[str, int]]) -> list[Mending]:
        """At most three words that may have been meant, the likeliest first."""
        most = allowed(word)
        if not most:
            return []
        near: list[tuple[str, int]] = []
        for length in range(len(word) - most, len(word) + most + 1):
            near += [
                (found, int(distance))
                for found, distance, _ in process.extract(
                    word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=most, limit=12
                )
            ]
        if not near:
            return []
        times = counts([found for found, _ in near])
        ranked = sorted(
            (
                Mending(
                    found, distance + (0.6 if found[0] != word[0] else 0.0) + _rarity(times.get(found, 0))
                )
                for found, distance in near
            ),
            key=lambda mending: (mending.cost, mending.word),
        )
        best = ranked[0].cost
        return [m for m in ranked[:_FEW] if m.cost <= best + 0.5]


def _rarity(times: int) -> float:
    """From 0.8 for a word that no document holds down to nothing for one in ten thousand passages."""
    return 0.8 - 0.2 * min(4.0, math.log10(1 + times)) if times else 1.2
