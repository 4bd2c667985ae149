"""Choosing words on a page: pure functions over the page's string and its boxes."""

from __future__ import annotations

import re

from app.domain.box import Box
from app.domain.passage import PageString, same_line
from app.views.widgets.page_view.layout import turned_point

_SENTENCE_ENDS = re.compile(r"[.!?:;][\"”’)\]]*\s+|\n(?=\s*\n|[-•*\d]+[.)]?\s)")
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|vs|no|approx|e\.g|i\.e|q\.d|b\.i\.d|p\.o)\.$", re.IGNORECASE
)
_OTHER_LINE = 40.0
_LONGEST = 600
"""Characters: a page without full stops is not one sentence."""

Range = tuple[int, int]


def offset_at(string: PageString, x: float, y: float, *, near: bool = False) -> int | None:
    """The character at a point of the page (fractions as stored); with `near` the nearest one when none is hit."""
    best: tuple[float, int] | None = None
    x, y = turned_point(x, y, string.turn)
    for word, start in zip(string.words, string.starts, strict=True):
        box = word.box.turned(string.turn)
        if box.contains(x, y):
            return start + _inside(box, x, len(word.text))
        if near:
            # any word of the same line is nearer than one of another line
            down = max(box.y0 - y, y - box.y1, 0.0) * _OTHER_LINE
            across = max(box.x0 - x, x - box.x1, 0.0)
            distance = down + across
            if best is None or distance < best[0]:
                best = (distance, start + _inside(box, x, len(word.text)))
    return best[1] if best else None


def _inside(box: Box, x: float, length: int) -> int:
    share = (x - box.x0) / box.width if box.width > 0 else 0.0
    return min(max(0, int(share * length)), max(0, length - 1))


def token(text: str, offset: int) -> Range:
    """The run of characters without blanks around an offset."""
    start = end = min(max(0, offset), max(0, len(text) - 1))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def sentence(text: str, offset: int) -> Range:
    """The sentence around an offset, or what stands between two colons, list marks or empty lines."""
    start, end = 0, len(text)
    for found in _SENTENCE_ENDS.finditer(text):
        if _ABBREVIATION.search(text, max(0, found.start() - 12), found.start() + 1):
            continue
        if found.end() <= offset:
            start = found.end()
        elif found.start() >= offset:
            end = found.start() + (0 if text[found.start()] == "\n" else 1)
            break
    if end - start > _LONGEST:
        start, end = line(text, offset)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else token(text, offset)


def line(text: str, offset: int) -> Range:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return start, len(text) if end < 0 else end


def stretched(text: str, first: Range, offset: int) -> Range:
    """From the word that was chosen first to the one at an offset, whichever stands first; whole words."""
    other = token(text, offset)
    return min(first[0], other[0]), max(first[1], other[1])


def stepped(text: str, chosen: Range, by: int) -> Range:
    """The choice with its end one word further (by 1) or nearer (by -1); it never gets empty."""
    start, end = chosen
    if by > 0:
        while end < len(text) and text[end].isspace():
            end += 1
        return (start, token(text, end)[1]) if end < len(text) else chosen
    last = token(text, end - 1)[0]
    while last > start and text[last - 1].isspace():
        last -= 1
    return (start, last) if last > start else chosen


def stepped_line(string: PageString, chosen: Range, by: int) -> Range:
    """The choice with its end a line further down or up, at the same place across where there is one."""
    boxes = string.boxes(chosen[1] - 1, chosen[1])
    if not boxes:
        return chosen
    here = boxes[0].turned(string.turn)
    middle, x = (here.y0 + here.y1) / 2, here.x1
    upright = [w.box.turned(string.turn) for w in string.words]
    lines = [b for b in upright if not same_line(b, here) and not same_line(here, b)]
    if by > 0:
        beyond = [b for b in lines if b.y0 > middle]
        target = min(beyond, key=lambda b: (b.y0, b.x0), default=None)
    else:
        beyond = [b for b in lines if b.y1 < middle]
        target = max(beyond, key=lambda b: (b.y1, -b.x0), default=None)
    if target is None:
        return chosen
    stored = turned_point(x, (target.y0 + target.y1) / 2, -string.turn)
    found = offset_at(string, *stored, near=True)
    if found is None:
        return chosen
    end = token(string.text, found)[1]
    return (chosen[0], end) if end > chosen[0] else (chosen[0], token(string.text, chosen[0])[1])
