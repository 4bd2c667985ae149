"""The text a page carries: which way it runs, whether it is shown, its lines; and lines in general, placed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.domain.box import Box
from app.domain.extraction import Word
from app.services.document_worker.reading.engine import Glyph, Line
from app.services.document_worker.reading.generic import PlacedLine
from app.services.document_worker.reading.likeness import FoundLine


def layer_turns(page: Any) -> int:
    """How many clockwise quarter turns make the text of a text layer run left to right as the page is shown."""
    votes = [0, 0, 0, 0]
    for block in page.get_text("dict")["blocks"]:
        for line in block.get("lines", ()):
            across, down = line["dir"]
            clockwise = round(math.degrees(math.atan2(down, across)) + page.rotation) / 90
            votes[-round(clockwise) % 4] += sum(len(s["text"]) for s in line["spans"])
    return votes.index(max(votes))


def is_hidden(page: Any) -> bool:
    """Whether the text of the page is not shown (a scanner's own recognition under its picture)."""
    total = shown = 0
    for span in page.get_texttrace():
        count = len(span["chars"])
        total += count
        if span["type"] != 3 and span.get("opacity", 1) > 0.05:
            shown += count
    return total > 0 and shown < 0.3 * total


def text_lines(words: Sequence[tuple[str, Box]]) -> list[list[tuple[str, Box]]]:
    """Words grouped to runs on one line: a gap wider than the line is high begins another."""
    lines: list[list[tuple[str, Box]]] = []
    for text, box in sorted(words, key=lambda w: (round(w[1].centre[1] * 200), w[1].x0)):
        for line in reversed(lines[-12:]):
            last = line[-1][1]
            level = min(last.y1, box.y1) - max(last.y0, box.y0) > 0.55 * min(last.height, box.height)
            # Fractions of width are larger than fractions of height on an upright page by about 1.3.
            if level and -0.3 * box.height < box.x0 - last.x1 < 0.75 * box.height:
                line.append((text, box))
                break
        else:
            lines.append([(text, box)])
    return lines


def exact_line(group: Sequence[tuple[str, Box]], score: float = 1.0) -> PlacedLine:
    """Words as one line; with a `score` below 1 they are a recognition, not exact."""
    box = Box.around(b for _, b in group)
    glyphs: list[Glyph] = []
    for index, (text, place) in enumerate(group):
        if index:
            glyphs.append(Glyph(" ", score, min(1.0, max(0.0, (place.x0 - box.x0) / max(1e-9, box.width)))))
        for i, character in enumerate(text):
            x = place.x0 + place.width * (i + 0.5) / len(text)
            glyphs.append(Glyph(character, score, min(1.0, max(0.0, (x - box.x0) / max(1e-9, box.width)))))
    return PlacedLine(Line(tuple(glyphs)), box, score >= 1.0)


def placed_as_found(line: PlacedLine, size: tuple[int, int]) -> FoundLine:
    """A line of a text layer in pixels of a page of `size` (width, height)."""
    width, height = size
    b = line.box
    # A text layer's boxes reach a little above and below the ink; the middle is what is matched.
    quad = np.array(
        [
            [b.x0 * width, b.y0 * height],
            [b.x1 * width, b.y0 * height],
            [b.x1 * width, b.y1 * height],
            [b.x0 * width, b.y1 * height],
        ]
    )
    return FoundLine(line.line, quad)


def placed(found: FoundLine, size: tuple[int, int]) -> PlacedLine:
    """A line found on a page of `size` (width, height) pixels, in fractions of it."""
    width, height = size
    x0, y0 = found.quad.min(axis=0)
    x1, y1 = found.quad.max(axis=0)
    box = Box(*(float(min(1.0, max(0.0, n))) for n in (x0 / width, y0 / height, x1 / width, y1 / height)))
    return PlacedLine(found.line, box, False)


def as_words(groups: Sequence[Sequence[tuple[str, Box]]]) -> list[Word]:
    return ordered([Word(" ".join(t for t, _ in g), Box.around(b for _, b in g)) for g in groups])


def ordered(words: Sequence[Word], turns: int = 0) -> list[Word]:
    """In reading order of the page after it was turned upright."""

    def place(word: Word) -> tuple[int, float]:
        box = word.box.turned(turns)
        return round(box.centre[1] * 90), box.x0

    return sorted(words, key=place)
