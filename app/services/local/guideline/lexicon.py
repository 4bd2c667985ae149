"""What words of medicine mean the same: synonyms and abbreviations, both ways, from open sources.

Where they come from stands in resources/medical/README.md. Loaded when the first search needs them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from app.resource import resource

Stems = tuple[str, ...]

OWN, SHORT, LONG, CLINICAL, GENERAL, CODE = 0.85, 0.75, 0.75, 0.6, 0.5, 0.35
"""How much a word found instead counts beside the one that was typed, by where it comes from."""
_MOST = 12
"""So many others at most for one term."""
_LONGEST = 8


@dataclass
class Lexicon:
    """Terms by their stems. `upper` are abbreviations that are common words as well: only capitals mean them."""

    same: dict[Stems, dict[Stems, float]] = field(default_factory=dict)
    short: dict[str, tuple[Stems, ...]] = field(default_factory=dict)
    upper: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    """Every word of it, for mending what is misspelled."""
    longest: int = 1

    def others(self, term: Stems) -> list[tuple[Stems, float]]:
        """What is said instead of a term, the surest first."""
        found = dict(self.same.get(term, ()))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_MOST]

    def meanings(self, word: str, *, capitals: bool) -> list[tuple[Stems, float]]:
        """What an abbreviation stands for; every sense counts, each the less the more there are."""
        senses = self.short.get(word, ())
        if not senses or (word in self.upper and not capitals):
            return []
        return [(sense, SHORT / (1 + 0.15 * (len(senses) - 1))) for sense in senses]


@cache
def drugs() -> frozenset[str]:
    """Names of drugs, which have no stem."""
    return frozenset(_lines("drugs.txt"))


@cache
def english() -> frozenset[str]:
    """Stems of plain English words: they are no misspellings, also where no document holds them."""
    from app.services.local.guideline.token import stem_of

    return frozenset(stem_of(word) for word in _lines("english.txt"))


@cache
def code_names() -> dict[str, str]:
    """What ICD-10-CM calls its codes of three and four characters, by the code in small letters without a dot."""
    return {code.lower(): name for code, _, name in (line.partition("\t") for line in _lines("codes.tsv"))}


@cache
def lexicon() -> Lexicon:
    """The words of medicine; read and kept with the first search."""
    from app.services.local.guideline.token import folded, tokens

    same: dict[Stems, dict[Stems, float]] = defaultdict(dict)
    words: set[str] = set()

    def stems_of(term: str) -> Stems:
        found = list(tokens(term))
        words.update(token.word for token in found)
        return tuple(token.stem for token in found)

    def together(terms: list[str], weight: float) -> None:
        group = [s for s in dict.fromkeys(stems_of(t) for t in terms) if 0 < len(s) <= _LONGEST]
        for one in group:
            for other in group:
                if one != other:
                    same[one][other] = max(weight, same[one].get(other, 0.0))

    for line in _lines("own.tsv"):
        together(line.partition("\t")[0].split("|"), OWN)
    for name, weight in (("icd10.tsv", CLINICAL), ("wordnet.tsv", GENERAL), ("adjectives.tsv", GENERAL)):
        for line in _lines(name):
            together(line.split("|"), weight)
    short: dict[str, list[Stems]] = defaultdict(list)
    upper: set[str] = set()
    for line in _lines("abbreviations.tsv"):
        written, _, rest = line.partition("\t")
        meanings, _, mark = rest.partition("\t")
        word = folded(written.replace("-", "").replace("/", ""))
        if mark:
            upper.add(word)
        for meaning in meanings.split("|"):
            stems = stems_of(meaning)
            if 0 < len(stems) <= _LONGEST and stems not in short[word]:
                short[word].append(stems)
                if not mark and len(word) > 1:
                    same[stems].setdefault((word,), LONG)
    return Lexicon(
        dict(same), {word: tuple(found) for word, found in short.items()}, frozenset(upper), frozenset(words),
        max(map(len, same), default=1),
    )  # fmt: skip


def _lines(name: str) -> Iterator[str]:
    for line in resource("medical", name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
