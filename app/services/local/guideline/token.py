"""A text as the search sees it: words with their place, in one spelling, and their stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from app.services.local.guideline.stem import stem

_LETTER = "0-9A-Za-zÀ-ÖØ-öø-ɏͰ-῿ﬀ-ﬆ\u0300-\u036f"
_TOKEN = re.compile(
    # a code with its dot: E11.65, A52.7
    r"[A-Za-z][0-9][0-9A-Za-z]\.[0-9A-Za-z]{1,4}(?![0-9A-Za-z])"
    # a number, with points and thousands
    r"|[0-9]+(?:[.,][0-9]+)+"
    # a number that its unit is written onto: 5mg, 12h
    r"|[0-9]{1,4}(?=(?:mg|mcg|ml|cm|mm|kg|g|h|hr|hrs|l|lpm|min|mo|yr|yrs|wk|wks|iu|units?)(?![0-9A-Za-z]))"
    # a character of a script that is written without blanks
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    rf"|[{_LETTER}]+(?:['’][A-Za-z]{{1,2}}(?![A-Za-z]))?"
)
_POSSESSIVE = re.compile(r"['’]s?$")


class Token(NamedTuple):
    """`start` and `end` are offsets into the text; `word` is its one spelling, `stem` what is looked for."""

    start: int
    end: int
    word: str
    stem: str


def tokens(text: str) -> Iterator[Token]:
    """Every word, code and number of a text, in order.

    A word cut by a hyphen at the end of a line comes whole as well, over the places of both its parts.
    """
    for start, end, word in _words(text):
        yield Token(start, end, word, stem_of(word))


def places(text: str) -> list[tuple[int, int]]:
    """Where the tokens of a text stand, without what they are: the same ones in the same order."""
    return [(start, end) for start, end, _ in _words(text)]


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    cut: tuple[int, int, str] | None = None
    broken = "-\n" in text
    for match in _TOKEN.finditer(text):
        raw = match.group()
        word = folded(raw)
        if not word:
            continue
        start, end = match.span()
        if cut is not None and start == cut[1] + 2 and raw[0].islower():
            yield cut[0], end, cut[2] + word
        yield start, end, word
        cut = (start, end, word) if broken and text[end : end + 2] == "-\n" and raw.isalpha() else None


def stems(text: str) -> list[str]:
    return [token.stem for token in tokens(text)]


@lru_cache(maxsize=100_000)
def folded(raw: str) -> str:
    """A word in small letters without marks over letters; a code without its dot, a number without needless noughts."""
    if not raw.isascii():
        raw = unicodedata.normalize("NFKD", raw)
        raw = "".join(c for c in raw if not unicodedata.combining(c))
    word = _POSSESSIVE.sub("", raw.lower()).replace("'", "").replace("’", "")
    if word[:1].isalpha():
        return word.replace(".", "")
    if "," in word:
        parts = word.split(",")
        word = "".join(parts) if all(len(part[:3]) == 3 for part in parts[1:]) else ".".join(parts)
    if "." in word:
        word = word.rstrip("0").rstrip(".")
    return word


@lru_cache(maxsize=200_000)
def stem_of(word: str) -> str:
    """The stem of a folded word; names of drugs, codes and numbers are their own."""
    from app.services.local.guideline.lexicon import drugs

    names = drugs()
    if word in names:
        return word
    if word.endswith("s") and word[:-1] in names:
        return word[:-1]
    return stem(word)


def codelike(word: str) -> bool:
    """Whether a folded word is a code or a number: never mended, never stemmed."""
    return any(c.isdigit() for c in word)
