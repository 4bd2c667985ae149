"""The text of a page as one string that still knows where each character stands.

Everything that quotes works on this: finding, criteria, quotes of models, search. A `Span` is the one way
to point into a document.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from app.domain.box import Box
from app.domain.extraction import PageText, Word

_SAME_LINE = 0.5
"""Two words stand on one line when their heights overlap by so much of the smaller."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without case, accents and typographic variants; `at[i]` is where its character i comes from."""

    text: str
    at: tuple[int, ...]


_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛´`′", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\xa0\u2007\u202f", " ")
)


def folded(text: str) -> Folded:
    """A text as people look for it: no case, no accents, straight quotes, plain hyphens, ligatures taken apart."""
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return Folded(plain.lower(), tuple(range(len(plain))))
    characters: list[str] = []
    at: list[int] = []
    for index, character in enumerate(plain):
        for part in unicodedata.normalize("NFKD", character.casefold()):
            if not unicodedata.combining(part):
                characters.append(part)
                at.append(index)
    return Folded("".join(characters), tuple(at))


@dataclass(frozen=True)
class PageString:
    """One page as a string: words of a line joined by a blank, lines by a line break, in reading order.

    `starts[i]` is where word i begins in `text`. Offsets are characters of `text`. `turn` is the page's: lines are
    those of the page turned upright, boxes those of the page as stored.
    """

    page: int
    text: str
    words: tuple[Word, ...]
    starts: tuple[int, ...]
    turn: int = 0

    @cached_property
    def folded(self) -> Folded:
        """The text as it is looked for: see `folded`."""
        return folded(self.text)

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        """Where the characters stand, one box a line. A part of a longer run takes its share of the width."""
        lines: list[list[Box]] = []
        before: Word | None = None
        for word, at in zip(self.words, self.starts, strict=True):
            first, last = max(start, at), min(end, at + len(word.text))
            if first >= last or word.box.area <= 0:  # the request's own words stand nowhere
                continue
            box = _share(word, first - at, last - at, self.turn)
            if before is not None and same_line(before.box.turned(self.turn), word.box.turned(self.turn)):
                lines[-1].append(box)
            else:
                lines.append([box])
            before = word
        return tuple(Box.around(line) for line in lines)

    def box(self, start: int, end: int) -> Box | None:
        """The one box around the characters; None when none of them stands in a word."""
        boxes = self.boxes(start, end)
        return Box.around(boxes) if boxes else None


def page_string(page: PageText) -> PageString:
    """The string of a page; a word that does not stand on the line of the one before begins a new line."""
    text, starts = "", []
    before: Word | None = None
    for word in page.words:
        if before is not None:
            level = same_line(before.box.turned(page.turn), word.box.turned(page.turn))
            text += " " if level else "\n"
        starts.append(len(text))
        text += word.text
        before = word
    return PageString(page.page, text, page.words, tuple(starts), page.turn)


def same_line(first: Box, second: Box) -> bool:
    overlap = min(first.y1, second.y1) - max(first.y0, second.y0)
    smaller = min(first.y1 - first.y0, second.y1 - second.y0)
    return smaller > 0 and overlap >= _SAME_LINE * smaller and second.x0 >= first.x0


def _share(word: Word, first: int, last: int, turn: int) -> Box:
    box, length = word.box.turned(turn), max(len(word.text), 1)
    wide = box.x1 - box.x0
    return Box(box.x0 + wide * first / length, box.y0, box.x0 + wide * last / length, box.y1).turned(-turn)


@dataclass(frozen=True)
class SourceText:
    """A document as it can be quoted: its pages as strings. `kind` is `form`, `clinical`, `fax_cover`, `policy`
    or `request` (the imported request's own words, which have no boxes).

    `number` counts the documents of the case from 1 as people see them; `first_fax_page` is where page 1 stands in
    the fax it came with.
    """

    document_id: str
    name: str
    kind: str
    pages: tuple[PageText, ...]
    first_fax_page: int = 1
    number: int = 0

    @cached_property
    def strings(self) -> tuple[PageString, ...]:
        return tuple(page_string(page) for page in self.pages)

    def page(self, number: int) -> PageString | None:
        return next((p for p in self.strings if p.page == number), None)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a page of a document. `start` and `end` are offsets into its `PageString.text`."""

    document_id: str
    page: int
    start: int
    end: int


def quoted(source: SourceText, span: Span) -> str:
    """The words of a span, line breaks as blanks; "" when the page is not there."""
    page = source.page(span.page)
    return " ".join(page.text[span.start : span.end].split()) if page else ""
