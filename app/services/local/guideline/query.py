"""What is asked, taken apart: words and phrases, each with what else would answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.services.local.guideline.token import Token, tokens

Stems = tuple[str, ...]

_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]+)[\"“”„«»]")
_OR = re.compile(r"\bOR\b")
EMPTY = frozenset(
    word
    for line in (
        "a an and are as at be been being but by can could did do does for from had has have how if in into is it",
        "its may might must need needed needs of on or our shall should so some such than that the their them then",
        "there these they this those to was we were what when where which while who whom whose why will with would",
        "you your i me my he she his her him about any also am us no please show find tell give get list many much",
        "long kind per",
    )
    for word in line.split()
)
"""Words that say nothing alone: looked for in phrases, and when nothing else was typed."""


@dataclass(frozen=True, slots=True)
class Other:
    """Something else that answers a word or a term; `weight` in 0..1 says how much it counts beside what was typed."""

    stems: Stems
    weight: float


@dataclass(slots=True)
class Sought:
    """A word as typed. `forms` are single stems that stand for it (itself first); `times` how many passages hold it."""

    token: Token
    capitals: bool = False
    empty: bool = False
    joined: bool = False
    forms: list[Other] = field(default_factory=list)
    times: int = 0


@dataclass(slots=True)
class Unit:
    """One thing that is asked: a word, or words that are one term, with other ways of saying it.

    `phrase` says that the words have to stand beside each other: they were put in quotes.
    """

    words: list[Sought]
    others: list[Other] = field(default_factory=list)
    phrase: bool = False
    term: Stems = ()
    """The whole term where words that say nothing alone are part of it."""

    @property
    def stems(self) -> Stems:
        return self.term or tuple(word.token.stem for word in self.words)


@dataclass(frozen=True, slots=True)
class Typed:
    """A query as it was typed: quoted phrases, and the other words in their order.

    `either` says that one of the phrases is enough. `empty` tells which words say nothing alone: they are part of a
    term (shortness of breath) or nothing; `joined` which have a hyphen behind them. `open` says that the last word
    may not be finished yet.
    """

    phrases: tuple[tuple[Token, ...], ...]
    either: bool
    words: tuple[Token, ...]
    capitals: tuple[bool, ...]
    empty: tuple[bool, ...]
    joined: tuple[bool, ...]
    open: bool


def typed(text: str) -> Typed:
    """Take a query apart. A quote that is not closed yet is none."""
    phrases = []
    rest = text
    for match in _QUOTED.finditer(text):
        found = tuple(tokens(match.group(1)))
        if found:
            phrases.append(found)
        rest = rest[: match.start()] + " " * len(match.group()) + rest[match.end() :]
    either = bool(_OR.search(rest)) and len(phrases) > 1
    if either:
        rest = _OR.sub(lambda m: " " * len(m.group()), rest)
    words = tuple(tokens(rest))
    empty = tuple(t.word in EMPTY for t in words)
    if not phrases and all(empty):
        empty = (False,) * len(words)
    capitals = tuple(_capital(rest[t.start : t.end]) for t in words)
    unfinished = bool(words) and rest.rstrip("?!. ") == rest and words[-1].end == len(rest)
    joined = tuple(rest[t.end : t.end + 1] in ("-", "‐", "‑") for t in words)
    return Typed(tuple(phrases), either, words, capitals, empty, joined, unfinished)


def _capital(raw: str) -> bool:
    return sum(c.isupper() for c in raw) > 1 or (len(raw) == 1 and raw.isupper())
