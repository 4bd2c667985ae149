"""Finding the words of a concept: whole words, plurals, hyphens, line breaks, and what a scanner confuses."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from app.domain.criterion import expanded

_TOKEN = re.compile(r"[^\W_]+(?:'s\b)?")
_SKIPPED = frozenset(("the", "a", "an"))
_FORMS = {
    "diagnoses": "diagnosis", "crises": "crisis", "stenoses": "stenosis", "prostheses": "prosthesis",
    "thromboses": "thrombosis", "metastases": "metastasis", "vertebrae": "vertebra", "feet": "foot",
    "hypoglycaemia": "hypoglycemia",
}  # fmt: skip
# What scanners take for each other. One letter of a pair stands for both, in the text as in the term.
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ae", "e"), ("oe", "e"))
_GLYPHS = str.maketrans("01l|!58c", "oiiiisbe")
_LOOSE_FROM = 6
"""Terms of fewer letters are compared exactly: too many other words look like them."""
_COMMON = frozenset(
    [
        "all",
        "it",
        "as",
        "or",
        "us",
        "am",
        "is",
        "an",
        "on",
        "pa",
        "ma",
        "mi",
        "in",
        "be",
        "he",
        "had",
        "has",
        "arm",
        "aids",
        "at",
        "so",
        "no",
        "do",
        "go",
        "me",
        "we",
        "cat",
        "pet",
        "map",
    ]
)
_BREAKS = re.compile(r"[,;:!?()\[\]|]|\.\s")


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    key: str
    """As it is compared: lower case, no plural, no accents."""
    loose: str
    """The same with what scanners confuse made one."""


def tokens(text: str) -> tuple[Token, ...]:
    found = []
    for m in _TOKEN.finditer(text):
        key, free = _keys(m.group())
        if key:
            found.append(Token(m.start(), m.end(), key, free))
    return tuple(found)


@lru_cache(maxsize=65536)
def _keys(word: str) -> tuple[str, str]:
    key = normal(word)
    return ("", "") if key in _SKIPPED else (key, loose(key))


def normal(word: str) -> str:
    """A word as it is compared."""
    word = word.lower()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    word = word.removesuffix("'s")
    if word in _FORMS:
        return _FORMS[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def loose(word: str) -> str:
    for pair, one in _PAIRS:
        word = word.replace(pair, one)
    return word.translate(_GLYPHS)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term ready to be looked for. `joints` are where its words meet, counted in characters of `loose`."""

    words: str
    exact: str
    loose: str
    joints: frozenset[int]
    capitals: bool
    """It has to stand in capitals: in small letters it is an everyday word."""


@lru_cache(maxsize=8192)
def phrase(term: str) -> Phrase:
    parts = tokens(term)
    joints, length = set(), 0
    for part in parts[:-1]:
        length += len(part.loose)
        joints.add(length)
    exact = "".join(p.key for p in parts)
    capitals = len(parts) == 1 and term.isupper() and term.lower() in _COMMON
    return Phrase(term, exact, "".join(p.loose for p in parts), frozenset(joints), capitals)


@dataclass
class TermIndex:
    """The tokens of many texts by how they begin, so that hundreds of terms are found without reading every text."""

    texts: Sequence[str]
    tokens: list[tuple[Token, ...]] = field(init=False)
    _places: Mapping[str, list[tuple[int, int]]] = field(init=False, repr=False)
    _joined: str = field(init=False, repr=False)
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.tokens = [tokens(text) for text in self.texts]
        places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, row in enumerate(self.tokens):
            for place, token in enumerate(row):
                places[token.loose].append((number, place))
        self._places = places
        self._joined = "\n".join(self.texts)
        self._starts = list(accumulate((len(text) + 1 for text in self.texts), initial=0))

    def find(self, terms: Iterable[str]) -> list[tuple[int, int, int]]:
        """(text, start, end) of each place where one of the terms stands; the longest where several overlap."""
        found: set[tuple[int, int, int]] = set()
        for term in terms:
            if len(term) > 2 and term.startswith("/") and term.endswith("/"):
                found.update(self._pattern(term[1:-1]))
            else:
                found.update(self._phrase(phrase(term)))
        return longest(found)

    def _pattern(self, expression: str) -> Iterable[tuple[int, int, int]]:
        pattern = re.compile(expanded(expression), re.IGNORECASE)
        if "^" in expression or "$" in expression or "\\n" in expression:
            candidates: Iterable[int] = range(len(self.texts))
        else:
            # One pass over everything tells which texts are worth a look of their own.
            candidates = dict.fromkeys(
                number
                for m in pattern.finditer(self._joined)
                for number in range(self._number(m.start()), self._number(max(m.start(), m.end() - 1)) + 1)
            )
        for number in candidates:
            for m in pattern.finditer(self.texts[number]):
                if m.start() < m.end():
                    yield number, m.start(), m.end()

    def _number(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1

    def _phrase(self, wanted: Phrase) -> Iterable[tuple[int, int, int]]:
        if not wanted.loose:
            return
        whole = len(wanted.loose)
        for length in range(1, whole + 1):
            for number, place in self._places.get(wanted.loose[:length], ()):
                if length < whole:
                    row = self.tokens[number]
                    if place + 1 == len(row) or not wanted.loose.startswith(row[place + 1].loose, length):
                        continue
                end = self._follow(wanted, number, place)
                if end is not None:
                    yield number, self.tokens[number][place].start, end

    def _follow(self, wanted: Phrase, number: int, place: int) -> int | None:
        row, text = self.tokens[number], self.texts[number]
        exact = said = ""
        for at in range(place, len(row)):
            token = row[at]
            if at > place and not _may_join(
                text[row[at - 1].end : token.start], len(said), wanted, text, token
            ):
                return None
            said += token.loose
            exact += token.key
            if not wanted.loose.startswith(said):
                return None
            if len(said) == len(wanted.loose):
                written = text[row[place].start : token.end]
                if wanted.capitals and not written.isupper():
                    return None
                return token.end if exact == wanted.exact or _forgiving(wanted.exact) else None
        return None


def _forgiving(wanted: str) -> bool:
    """Whether a reading that differs in confusable characters may still count as the term."""
    return len(wanted) >= _LOOSE_FROM or (len(wanted) == 5 and any(c.isdigit() for c in wanted))


def _may_join(between: str, length: int, wanted: Phrase, text: str, token: Token) -> bool:
    """Whether what stands between two tokens may stand inside the term."""
    if _BREAKS.search(between):
        return False
    if length in wanted.joints:
        return len(between) <= 6
    # Inside a word of the term: "M.I.", "anti-GAD65" for "antiGAD 65", but never two words that make up one.
    if between.strip(" ") and not between.strip(" -./") and " " not in between:
        return True
    before = text[token.start - len(between) - 1 : token.start - len(between)]
    return between in ("", " ") and before.isdigit() != text[token.start].isdigit()


def longest(found: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Of overlapping places the longest, in order."""
    kept: list[tuple[int, int, int]] = []
    for number, start, end in sorted(found, key=lambda f: (f[0], f[1], f[1] - f[2])):
        if kept and kept[-1][0] == number and start < kept[-1][2]:
            if end - start > kept[-1][2] - kept[-1][1]:
                kept[-1] = (number, start, end)
            continue
        kept.append((number, start, end))
    return kept
