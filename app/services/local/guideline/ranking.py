"""How well a passage answers a query: BM25 over what was asked, with other ways of saying it, and nearness.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. What was typed always
counts more than what stands for it; words that stand together as they were typed count more than apart.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.services.local.guideline.query import Stems, Unit
from app.services.local.guideline.token import stems

_K, _B = 0.5, 0.35
_USUAL_LENGTH = 90.0
_HEADING, _TITLE = 1.0, 1.0
"""What a word in the heading or in the title is worth beside one in the text."""
_REST = 0.4
"""A term of several words weighs as its rarest word, and so much of the others."""
_PARTLY = 0.2
"""What remains of the score of a passage that holds next to nothing of what was asked."""
_NEAR = 0.7
_RETIRED = 0.7


@dataclass(slots=True)
class Judged:
    """A passage weighed. `spans` are the (first, last) token of every match in the text, `share` how much of what was
    asked it holds (0..1).
    """

    score: float
    share: float
    spans: list[tuple[int, int]]


def rarity(times: int, total: int) -> float:
    return math.log(1.0 + (total - min(times, total) + 0.5) / (times + 0.5))


def gain(unit: Unit, total: int) -> float:
    """What answering a unit is worth."""
    each = sorted((rarity(word.times, total) for word in unit.words), reverse=True)
    return each[0] + _REST * sum(each[1:])


@lru_cache(maxsize=4096)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stems(text))


class Judge:
    """Weighs passages by one query."""

    def __init__(self, units: Sequence[Unit], total: int) -> None:
        self._units = units
        self._total = total
        self._gains = [gain(unit, total) for unit in units]
        self._whole = sum(self._gains) or 1.0
        self._wanted = {
            stem
            for unit in units
            for source in (*(form.stems for word in unit.words for form in word.forms), unit.stems,
                           *(other.stems for other in unit.others))
            for stem in source
        }  # fmt: skip
        self._pairs = self._neighbours()

    def _neighbours(self) -> list[tuple[str, str, float, int]]:
        """Words typed one after the other: (stem, stem, worth, how far they stood apart)."""
        words = [(w.token, rarity(w.times, self._total)) for u in self._units for w in u.words]
        pairs = []
        for (one, worth), (two, other) in pairwise(words):
            if two.start > one.start and one.stem != two.stem:
                apart = 1 + max(0, (two.start - one.end - 1) // 6)
                pairs.append((one.stem, two.stem, min(worth, other), apart))
        return pairs

    def judge(self, title: str, heading: str, found: Sequence[str], *, in_force: bool = True) -> Judged:
        """Weigh a passage by the stems of its text."""
        places: dict[str, list[int]] = defaultdict(list)
        wanted = self._wanted
        for number, stem in enumerate(found):
            if stem in wanted:
                places[stem].append(number)
        above, over = _stems(heading), _stems(title)
        norm = _K * (1 - _B + _B * len(found) / _USUAL_LENGTH)
        total = matched = 0.0
        spans: list[tuple[int, int]] = []
        for unit, worth in zip(self._units, self._gains, strict=True):
            value = self._answer(unit, places, above, over, norm, spans)
            if unit.phrase and value == 0.0:
                return Judged(0.0, 0.0, [])
            total += worth * value
            matched += worth * min(1.0, value)
        share = matched / self._whole
        score = total * (_PARTLY + (1 - _PARTLY) * share) + self._nearness(places)
        return Judged(score if in_force else score * _RETIRED, share, sorted(set(spans)))

    def _answer(
        self, unit: Unit, places: dict[str, list[int]], above: Stems, over: Stems, norm: float,
        spans: list[tuple[int, int]],
    ) -> float:  # fmt: skip
        """How well one unit is answered: 0 not at all, 1 once as typed, up to 2.2 for often."""
        if unit.phrase:
            best = 0.0
            for stems_ in (unit.stems, *(other.stems for other in unit.others)):
                runs = _runs(stems_, places)
                spans += runs
                best = max(best, _often(len(runs) + (_HEADING if _within(stems_, above) else 0), norm))
            return best
        runs = _runs(unit.stems, places) if len(unit.words) > 1 else []
        spans += runs
        weights = [rarity(word.times, self._total) for word in unit.words]
        best = 0.0
        for word, weight in zip(unit.words, weights, strict=True):
            strongest = 0.0
            letter = len(unit.words) > 1 and len(word.token.word) == 1
            if letter and not runs:
                continue  # alone it is no part of the term
            for form in word.forms:
                stem = form.stems[0]
                at = places.get(stem, [])
                spans += [] if letter else [(n, n) for n in at]
                count = len(at) + (_HEADING if stem in above else 0) + (_TITLE if stem in over else 0)
                strongest = max(strongest, form.weight * _often(count, norm))
            best += strongest * weight / sum(weights)
        for other in unit.others:
            runs = _runs(other.stems, places)
            spans += runs
            count = (
                len(runs)
                + (_HEADING if _within(other.stems, above) else 0)
                + (_TITLE if _within(other.stems, over) else 0)
            )
            best = max(best, other.weight * _often(count, norm))
        return best

    def _nearness(self, places: dict[str, list[int]]) -> float:
        """What words typed side by side are worth when they stand side by side."""
        found = 0.0
        for one, two, worth, apart in self._pairs:
            first, second = places.get(one), places.get(two)
            if first and second:
                nearest = min(abs(b - a - apart) + (2 if b < a else 0) for a in first for b in second)
                found += _NEAR * worth / (1.0 + nearest / 2.0)
        return found


def _often(count: float, norm: float) -> float:
    return count * (_K + 1) / (count + norm) if count else 0.0


def _runs(stems: Stems, places: dict[str, list[int]]) -> list[tuple[int, int]]:
    """Where the stems stand one after the other."""
    starts = places.get(stems[0], ())
    if len(stems) == 1:
        return [(n, n) for n in starts]
    rest = [frozenset(places.get(stem, ())) for stem in stems[1:]]
    return [(n, n + len(rest)) for n in starts if all(n + 1 + k in place for k, place in enumerate(rest))]


def _within(stems: Stems, text: Stems) -> bool:
    size = len(stems)
    if size == 1:
        return stems[0] in text
    return any(text[n : n + size] == stems for n in range(len(text) - size + 1))
