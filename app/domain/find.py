"""Finding words in the documents of a case, as people look for them: case, accents and line ends aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from app.domain.material import Material
from app.domain.passage import Folded, PageString, SourceText, Span, folded

MOST = 2000
"""Places that are told at most: nobody steps through more."""
_BROKEN = "(?:[-\u00ad\u2010]\\s*\n)?"
"""What may stand within a word where its line ends."""


def find(material: Material, text: str, documents: Iterable[str] = ()) -> tuple[Span, ...]:
    """Where a text stands in the documents of a case, in reading order; nothing for a text without a letter or digit.

    `documents` limits it to some, by id.
    """
    pattern = _pattern(text)
    if pattern is None:
        return ()
    wanted = frozenset(documents)
    found: list[Span] = []
    for source in material.documents:
        if wanted and source.document_id not in wanted:
            continue
        for span in _in_source(source, pattern):
            found.append(span)
            if len(found) >= MOST:
                return tuple(found)
    return tuple(found)


def find_on_page(page: PageString, text: str, document_id: str = "") -> tuple[Span, ...]:
    """The same on one page."""
    pattern = _pattern(text)
    return () if pattern is None else tuple(_on_page(page, pattern, document_id))


def _in_source(source: SourceText, pattern: re.Pattern[str]) -> Iterator[Span]:
    for page in source.strings:
        yield from _on_page(page, pattern, source.document_id)


def _on_page(page: PageString, pattern: re.Pattern[str], document_id: str) -> Iterator[Span]:
    text: Folded = page.folded
    for hit in pattern.finditer(text.text):
        start, end = text.at[hit.start()], text.at[hit.end() - 1] + 1
        yield Span(document_id, page.page, start, end)


def _pattern(typed: str) -> re.Pattern[str] | None:
    """What to look for: blanks are any white space, a word may be broken at the end of a line."""
    words = folded(unicodedata.normalize("NFC", typed)).text.split()
    if not any(c.isalnum() for word in words for c in word):
        return None
    return re.compile(r"\s+".join(_word(word) for word in words))


def _word(word: str) -> str:
    made = re.escape(word[0])
    for before, after in pairwise(word):
        if before == "-":
            made += r"\s*"  # a line may end after the hyphen that a word has of its own
        elif before.isalpha() and after.isalpha():
            made += _BROKEN
        made += re.escape(after)
    return made
