"""What is printed in one region of a page: for the rubber band and for words clicked into a field."""

from __future__ import annotations

import numpy as np

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Word
from app.services.document_worker.opening import opened, words_of
from app.services.document_worker.reading.engine import Engine, Gray, straightened
from app.services.document_worker.reading.layer import as_words, is_hidden, ordered, text_lines
from app.services.document_worker.reading.picture import turned_quad


def read_region(
    content: bytes, media_type: str, page_number: int, box: Box, engine: Engine
) -> tuple[Word, ...]:
    """The lines of text in a box (fractions of the page as stored), top to bottom."""
    import pymupdf

    document = opened(content, media_type)
    if not 1 <= page_number <= document.page_count:
        raise Unreadable("The document has no such page.", code="no_such_page")
    page = document[page_number - 1]
    within = [] if is_hidden(page) else [(t, Box(*b)) for t, b in words_of(page)]
    chosen = [(t, b) for t, b in within if b.overlap(box) > 0.5 * b.area]
    if chosen:
        return tuple(as_words(text_lines(chosen)))
    rectangle = page.rect
    clip = pymupdf.Rect(
        rectangle.x0 + box.x0 * rectangle.width, rectangle.y0 + box.y0 * rectangle.height,
        rectangle.x0 + box.x1 * rectangle.width, rectangle.y0 + box.y1 * rectangle.height,
    )  # fmt: skip
    if clip.width < 2 or clip.height < 2:
        return ()
    # A line of small print is about ten points high: it becomes 48 pixels; wide regions stay payable.
    scale = min(4.2, 2600 / max(clip.width, clip.height))
    picture = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False, clip=clip
    )
    pixels = np.frombuffer(picture.samples_mv, np.uint8).reshape(picture.height, picture.width, 3).copy()
    return _region_words(pixels, box, engine)


def _region_words(pixels: Gray, box: Box, engine: Engine) -> tuple[Word, ...]:
    height, width = pixels.shape[:2]
    border = max(8, round(0.15 * min(height, width)))
    framed = np.pad(pixels, ((border, border), (border, border), (0, 0)), constant_values=255)
    quads = engine.detect(framed, side=min(800, max(96, min(framed.shape[:2]) * 2 // 3)))
    best: list[tuple[float, tuple[Word, ...]]] = []
    for turns in (0, 1, 3, 2):
        # Most regions stand upright; the others are tried only when that reads badly.
        if best and max(b[0] for b in best) > 0.75:
            break
        turned = np.ascontiguousarray(np.rot90(framed, -turns))
        each = [turned_quad(q, framed.shape[0], turns, framed.shape[1]) for q in quads] if turns else quads
        lines = engine.recognize([straightened(turned, q) for q in each])
        words = []
        for quad, line in zip(quads, lines, strict=True):
            if not line.glyphs:
                continue
            left, top = quad.min(axis=0) - border
            right, bottom = quad.max(axis=0) - border
            across = [box.x0 + box.width * float(np.clip(n / width, 0.0, 1.0)) for n in (left, right)]
            down = [box.y0 + box.height * float(np.clip(n / height, 0.0, 1.0)) for n in (top, bottom)]
            place = Box(across[0], down[0], across[1], down[1])
            words.append(Word(line.text, place, round(line.score, 4)))
        score = float(np.mean([w.confidence for w in words])) if words else 0.0
        best.append((score, tuple(ordered(words))))
    return max(best, key=lambda b: b[0])[1] if best else ()
