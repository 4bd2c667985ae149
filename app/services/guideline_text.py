"""Pages cut into passages: a few sentences each, under the heading they stand under, a section's points apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from app.domain.box import Box
from app.domain.extraction import PageText
from app.domain.guideline import Passage
from app.domain.passage import PageString, page_string

ENOUGH = 320
"""A passage of so many characters takes no further point of a list."""
MOST = 760
"""A longer paragraph is cut at the end of a sentence; the last sentence of one piece begins the next."""
_FEW = 120
"""Less than so many characters do not stand alone."""
_OVERLAP = 200
_GAP = 1.35
"""Lines further apart than so many usual steps are two paragraphs."""
_LARGE = 1.18
_FULL = 0.9
"""A line as wide as the widest goes on in the next one: it is no heading."""
_HEADING = 100

_POINT = re.compile(
    r"(?:\(?(?:[A-Za-z]|\d{1,2}|[ivxIVX]{1,4})[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|[-–—•●▪◦*·])\s+\S"
)
_NUMBERED = re.compile(r"\(?(?:[A-Z]|\d{1,2}|[IVX]{1,4})[.)]\s+\S")
_BULLET = re.compile(r"[-–—•●▪◦*·]\s")
_SECTION = re.compile(
    r"(?:\(?(?:[A-Z]|[IVX]{1,4}|\d{1,2})[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?)\s+\S"
    r"|(?:Section|Criterion|Chapter|Part|Appendix)\s+\w+\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;:])['\")\]]*\s+(?=[A-Z0-9(\"“•-])")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|Dr|Mr|Mrs|Ms|No|Fig|St|cf|al|hr|min|max|[A-Z])\.$")
_SMALL = frozenset({"and", "or", "of", "for", "in", "the", "to", "with", "a", "an", "on", "by"})
_CLOSED = re.compile(r"[.;,]['\")\]]*$")


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    text: str
    box: Box | None


@dataclass(slots=True)
class _Block:
    """A paragraph or one point of a list; `title` says that it is a heading, `own` a numbered point of its own."""

    start: int
    end: int
    title: bool = False
    own: bool = False
    section: bool = False


@dataclass(slots=True)
class _Place:
    """The headings that hold where the reading stands; carried from page to page."""

    section: str = ""
    below: str = ""

    @property
    def words(self) -> str:
        return " › ".join(w for w in (self.section, self.below) if w)


@dataclass(slots=True)
class _Passages:
    page: PageString
    made: list[Passage] = field(default_factory=list)

    def add(self, start: int, end: int, heading: str) -> None:
        text = self.page.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start and any(c.isalnum() for c in text[start:end]):
            before = self.made[-1] if self.made else None
            if before and before.heading == heading and end - start < _FEW and end - before.start < MOST:
                self.made.pop()  # the last point of a list does not stand alone
                start = before.start
            box = self.page.box(start, end)
            self.made.append(Passage(self.page.page, text[start:end], start, end, heading, box))


def passages_of(pages: Iterable[PageText]) -> tuple[Passage, ...]:
    """The passages of a document, in reading order."""
    return tuple(_cut(page_string(page) for page in pages))


def passages_of_text(text: str, page: int = 1) -> tuple[Passage, ...]:
    """The passages of a text that has lines and no places."""
    return tuple(_cut([PageString(page, text, (), ())]))


def _cut(pages: Iterable[PageString]) -> Iterator[Passage]:
    place = _Place()
    for page in pages:
        blocks = _blocks(page)
        if blocks:
            yield from _of_page(page, blocks, place)


def _of_page(page: PageString, blocks: list[_Block], place: _Place) -> list[Passage]:
    found = _Passages(page)
    start = end = -1
    heading = place.words

    def close() -> None:
        nonlocal start, end
        if start >= 0:
            _add(found, start, end, heading)
        start = end = -1

    for number, block in enumerate(blocks):
        if block.title:
            close()
            _enter(place, page.text[block.start : block.end], block)
            heading = place.words
            followed = number + 1 < len(blocks) and not blocks[number + 1].title
            start, end = (block.start, block.end) if followed else (-1, -1)
            if not followed:
                found.add(block.start, block.end, heading)
            continue
        size = block.end - block.start
        if start >= 0 and (
            end - start >= ENOUGH
            or (block.end - start > MOST and end - start > _FEW)
            or (block.own and end - start > _FEW and (size >= _FEW or _continues(page.text, block)))
        ):
            close()
        if start < 0:
            start, heading = block.start, place.words
        end = block.end
        if size >= ENOUGH and not (number + 1 < len(blocks) and _continues(page.text, block)):
            close()
    close()
    return found.made


def _continues(text: str, block: _Block) -> bool:
    """A paragraph that ends in a colon is read with what follows it."""
    return text[block.start : block.end].rstrip().endswith(":") and block.end - block.start < MOST


def _enter(place: _Place, words: str, block: _Block) -> None:
    words = " ".join(words.split()).rstrip(":")[:_HEADING]
    if block.section or not place.section:
        place.section, place.below = words, ""
    else:
        place.below = words


def _add(found: _Passages, start: int, end: int, heading: str) -> None:
    """One passage, or several where it is too long: at ends of sentences, with a sentence of overlap."""
    text = found.page.text
    if end - start <= MOST * 1.25:
        found.add(start, end, heading)
        return
    ends = [start + n for n in _sentence_ends(text[start:end])]
    begin = start
    while end - begin > MOST * 1.25:
        fits = [e for e in ends if begin + ENOUGH <= e <= begin + MOST]
        stop = fits[-1] if fits else _blank_before(text, begin, begin + MOST)
        found.add(begin, stop, heading)
        again = [e for e in ends if stop - _OVERLAP <= e < stop and e > begin]
        begin = again[-1] if again else stop
    found.add(begin, end, heading)


def _sentence_ends(text: str) -> list[int]:
    return [m.end() for m in _SENTENCE.finditer(text) if not _ABBREVIATED.search(text[: m.start()][-12:])]


def _blank_before(text: str, begin: int, at: int) -> int:
    blank = max(text.rfind(" ", begin + 1, at), text.rfind("\n", begin + 1, at))
    return blank + 1 if blank > begin else at


def _blocks(page: PageString) -> list[_Block]:
    lines = _lines(page)
    if not lines:
        return []
    step = _step(lines)
    tall = _height(lines)
    wide = median(len(line.text) for line in lines)
    widest = max(len(line.text) for line in lines)
    blocks: list[_Block] = []
    before: _Line | None = None
    for line in lines:
        full = line.box is not None and len(line.text) >= _FULL * widest and len(lines) > 3
        title = (
            not full
            and _is_title(line, tall)
            and (before is None or _ended(before, line, blocks, step, wide))
        )
        point = bool(_POINT.match(line.text))
        new = (
            before is None
            or title
            or blocks[-1].title
            or point
            or _apart(before, line, step)
            or (bool(_CLOSED.search(before.text)) and len(before.text) < 0.6 * wide)
            or (line.box is None and "\n\n" in page.text[before.end : line.start])
            or (line.box is None and not page.words and _paragraph_per_line(lines))
        )
        if new:
            section = title and bool(_SECTION.match(line.text) or line.text.isupper())
            blocks.append(_Block(line.start, line.end, title, bool(_NUMBERED.match(line.text)), section))
        else:
            blocks[-1].end = line.end
        before = line
    return blocks


def _paragraph_per_line(lines: list[_Line]) -> bool:
    """A text without places whose lines are whole paragraphs: some are far longer than a printed line."""
    return any(len(line.text) > 140 for line in lines)


def _lines(page: PageString) -> list[_Line]:
    lines: list[_Line] = []
    at = 0
    for text in page.text.split("\n"):
        if text.strip():
            lead = len(text) - len(text.lstrip())
            box = page.box(at, at + len(text)) if page.words else None
            lines.append(_Line(at + lead, at + len(text.rstrip()), text.strip(), box))
        at += len(text) + 1
    return lines


def _step(lines: list[_Line]) -> float:
    """The usual way from one line down to the next, in parts of the page; 0 when nothing is known."""
    steps = [b.box.y0 - a.box.y0 for a, b in pairwise(lines) if a.box and b.box and b.box.y0 > a.box.y0]
    return median(steps) if steps else 0.0


def _height(lines: list[_Line]) -> float:
    heights = [line.box.height for line in lines if line.box]
    return median(heights) if heights else 0.0


def _apart(before: _Line, line: _Line, step: float) -> bool:
    if not before.box or not line.box or not step:
        return False
    down = line.box.y0 - before.box.y0
    return down < -step or down > _GAP * step


def _ended(before: _Line, line: _Line, blocks: list[_Block], step: float, wide: float) -> bool:
    """Whether a paragraph may have ended above a line: the end of one that wraps is no heading."""
    return (
        line.box is None
        or blocks[-1].title
        or _apart(before, line, step)
        or before.text.endswith((".", ";", ":"))
        or len(before.text) < 0.75 * wide
    )


def _is_title(line: _Line, tall: float) -> bool:
    text = line.text
    if len(text) > _HEADING or not any(c.isalpha() for c in text) or _BULLET.match(text):
        return False
    words = text.split()
    if _CLOSED.search(text) and not re.fullmatch(r"(?:[A-Z]|\d{1,2})\.", words[-1]):
        return False
    letters = [w for w in words if w[0].isalpha()]
    large = bool(line.box and tall and line.box.height > _LARGE * tall)
    capitals = text.isupper() and len(text) > 3
    named = bool(letters) and sum(w[0].isupper() or len(w) < 4 for w in letters) >= 0.8 * len(letters)
    if large or capitals:
        return len(words) <= 14
    if _SECTION.match(text) and named and len(words) <= 14 and not text.endswith(":"):
        return True
    if 2 <= len(words) <= 7 and len(text) <= 60 and all(w[0].isupper() or w in _SMALL for w in words):
        return True
    return text.endswith(":") and len(words) <= 9 and named
