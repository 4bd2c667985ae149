"""Blanks between words: where the ink leaves a gap as wide as one."""

from __future__ import annotations

from app.services.document_worker.reading.crop import crop_of
from app.services.document_worker.reading.decoding import Glyph, Line
from app.services.document_worker.reading.run import Run

MOST_BLANKS = 5
"""Words are longer than this on the average, blank included; more gaps than that are breaks in pale letters."""


def spaced(run: Run, line: Line, height: float) -> Line:
    """The line with the blanks that the recognizer ran over: where the ink leaves a gap as wide as a blank."""
    columns = sorted((p.x0, p.x1) for p in run.pieces)
    gaps: list[tuple[float, float]] = []
    reached = columns[0][1]
    for x0, x1 in columns[1:]:
        if x0 - reached > 0.3 * height:
            gaps.append((reached, x0))
        reached = max(reached, x1)
    if run.pieces[0].text is not None or not gaps or len(line.glyphs) < 2:
        return line
    if len(gaps) > len(line.glyphs) / MOST_BLANKS:
        return line  # letters that came through in pieces: their gaps are no blanks
    left, right = crop_of(run, height)
    places = [left + g.at * (right - left) for g in line.glyphs]
    glyphs = list(line.glyphs)
    for x0, x1 in reversed(gaps):
        middle = (x0 + x1) / 2
        after = next((i for i, x in enumerate(places) if x > middle), len(places))
        if not 0 < after < len(places):
            continue
        before_glyph, after_glyph = glyphs[after - 1], line.glyphs[after]
        # Strokes of these are thin or narrow: what looks like a gap beside them seldom is one.
        narrow = any(g.text in ".,:;'1lI|/-+()" for g in (before_glyph, after_glyph))
        narrow = narrow or (before_glyph.text.isdigit() and after_glyph.text.isdigit())
        if narrow or " " in (before_glyph.text, after_glyph.text):
            continue
        glyphs.insert(after, Glyph(" ", 0.9, (middle - left) / (right - left)))
    return Line(tuple(glyphs))
