"""Everything a page says, recognized: for documents that are quoted and searched, not for forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.services.document_worker.page_text import layer_text
from app.services.document_worker.reading.engine import Engine, Gray, Line, Points, straightened
from app.services.document_worker.reading.picture import drawn, is_blank, turned_quad, upright_turns
from app.services.document_worker.text_order import in_reading_order

_HOPELESS = 0.4
"""Lines read worse than this are specks, stamps and signatures."""
_TELLING = 0.12
"""Share of the width of the page from which a line tells how the page leans."""
_BATCH = 24
"""Lines recognized at a time: a page of small print takes no more memory than one of few lines."""


def read_words(page: Any, number: int, engine: Engine) -> PageText:
    """The words of a page in reading order, each with its box in fractions of the page as stored.

    What the text layer shows is taken as it is; all other lines on the page are recognized.
    """
    layer = layer_text(page)
    if layer.sure:
        return PageText(number, layer.words, layer.turn)
    pixels = drawn(page)
    if not layer.words and is_blank(pixels):
        return PageText(number, ())
    quads = engine.detect(pixels)
    if layer.words:
        quads = [q for q in quads if _unlettered(q, layer.words, pixels)]
        turns = layer.turn
    else:
        turns = upright_turns(pixels, quads, engine)
    upright = np.ascontiguousarray(np.rot90(pixels, -turns)) if turns else pixels
    if turns:
        quads = [turned_quad(q, pixels.shape[0], turns, pixels.shape[1]) for q in quads]
    size = upright.shape[1], upright.shape[0]
    found = list(layer.words)
    for start in range(0, len(quads), _BATCH):
        group = quads[start : start + _BATCH]
        for quad, line in zip(
            group, engine.recognize([straightened(upright, q) for q in group]), strict=True
        ):
            if line.text.strip() and line.score > _HOPELESS:
                found += [
                    Word(w.text, w.box.turned(-turns), w.confidence) for w in words_along(line, quad, size)
                ]
    return PageText(number, tuple(in_reading_order(found, turns, _slope(quads, size))), turns)


def _slope(quads: Sequence[Points], size: tuple[int, int]) -> float:
    """How far lines of text fall over the width of the page, as a fraction of its height: the middle one of those
    that are long enough to tell.
    """
    width, height = size
    falls = []
    for quad in quads:
        (x0, y0), (x1, y1) = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
        if x1 - x0 > _TELLING * width:
            falls.append((y1 - y0) / height / ((x1 - x0) / width))
    return float(np.median(falls)) if falls else 0.0


def words_along(line: Line, quad: Points, size: tuple[int, int]) -> list[Word]:
    """The words of a recognized line, each where it stands along its quadrilateral (in fractions of the picture)."""
    glyphs = line.glyphs
    words: list[Word] = []
    start = 0
    while start < len(glyphs):
        if glyphs[start].text == " ":
            start += 1
            continue
        end = start
        while end < len(glyphs) and glyphs[end].text != " ":
            end += 1
        # A glyph tells its middle: a word reaches half way to its neighbours, blanks included.
        first = (glyphs[start - 1].at + glyphs[start].at) / 2 if start else 0.0
        last = (glyphs[end - 1].at + glyphs[end].at) / 2 if end < len(glyphs) else 1.0
        part = line.part(start, end)
        words.append(Word(part.text, _part_of(quad, first, last, size), round(part.score, 4)))
        start = end
    return words


def _part_of(quad: Points, first: float, last: float, size: tuple[int, int]) -> Box:
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = np.array(
        [quad[0] + first * top, quad[0] + last * top, quad[3] + first * bottom, quad[3] + last * bottom]
    ) / np.array(size)
    low, high = corners.min(axis=0).clip(0.0, 1.0), corners.max(axis=0).clip(0.0, 1.0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _unlettered(quad: Points, words: Sequence[Word], pixels: Gray) -> bool:
    """Whether the layer has nothing for a line that was found."""
    height, width = pixels.shape[:2]
    (x0, y0), (x1, y1) = quad.min(axis=0) / (width, height), quad.max(axis=0) / (width, height)
    box = Box(float(x0), float(y0), float(x1), float(y1))
    return sum(box.overlap(word.box) for word in words) < 0.25 * box.area
