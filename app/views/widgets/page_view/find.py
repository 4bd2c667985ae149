"""Finding text among the words of pages."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.box import Box
from app.domain.extraction import PageText, Word


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the text stands: the page (0-based) and a box for each word or part of one."""

    page: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """The words of a line as one text, and where each begins in it."""

    page: int
    text: str
    starts: tuple[int, ...]
    words: tuple[Word, ...]


class Finder:
    """Looks for text regardless of case, width and the spaces between words. Pages are prepared on first use."""

    def __init__(self, texts: Iterable[PageText]) -> None:
        self._texts = sorted(texts, key=lambda t: t.page)
        self._lines: list[_Line] | None = None

    def find(self, text: str) -> tuple[Hit, ...]:
        """Every place where the text stands, in reading order; none for an empty text."""
        needle = _folded(text)
        if not needle:
            return ()
        if self._lines is None:
            self._lines = [_line(t) for t in self._texts]
        hits = []
        for line in self._lines:
            at = line.text.find(needle)
            while at >= 0:
                hits.append(Hit(line.page, _boxes(line, at, at + len(needle))))
                at = line.text.find(needle, at + len(needle))
        return tuple(hits)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _line(page: PageText) -> _Line:
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for word in page.words:
        part = _folded(word.text)
        starts.append(length)
        parts.append(part)
        length += len(part) + 1
    return _Line(page.page - 1, " ".join(parts), tuple(starts), page.words)


def _boxes(line: _Line, start: int, end: int) -> tuple[Box, ...]:
    """The parts of words that hold characters start..end, a word's width shared evenly by its characters."""
    boxes = []
    index = max(0, bisect_right(line.starts, start) - 1)
    while index < len(line.words) and line.starts[index] < end:
        box = line.words[index].box
        begin = line.starts[index]
        following = line.starts[index + 1] - 1 if index + 1 < len(line.starts) else len(line.text)
        length = max(1, following - begin)
        left = max(0, start - begin) / length
        right = min(length, end - begin) / length
        if right > left:
            boxes.append(Box(box.x0 + left * box.width, box.y0, box.x0 + right * box.width, box.y1))
        index += 1
    return tuple(boxes)
