"""Blanks between words: what the network says of them, against the gaps that the ink leaves."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from app.services.document_worker.reading.crop import crop_of
from app.services.document_worker.reading.decoding import Glyph, Line
from app.services.document_worker.reading.run import Run

_WORD = 5
"""Words are longer than this on the average, blank included; more gaps than that are breaks in pale letters."""
_BLANK, _BLANK_AT_STROKES = 0.33, 0.4
"""How wide a gap is at least, in heights of a letter, that is a blank the network ran over: between letters, and
beside strokes that are thin or narrow and have room around them anyway. (Between letters of one word gaps are
below 0.15, beside a 1 below 0.3, between words above 0.3.)"""
_BLANK_BROKEN = 0.42
"""The same on a broken page, where letters lose strokes."""
_NARROW = ".,:;'1lI|/-+()"


def gaps_of(run: Run) -> list[tuple[float, float]]:
    """Where no ink stands in any row of the run: (left, right) in flat pixels."""
    columns = sorted((p.x0, p.x1) for p in run.pieces)
    found: list[tuple[float, float]] = []
    reached = columns[0][1]
    for x0, x1 in columns[1:]:
        if x0 > reached:
            found.append((reached, x0))
        reached = max(reached, x1)
    return found


def gap_between(gaps: Sequence[tuple[float, float]], left: float, right: float) -> float:
    """The widest gap that lies between two places, 0 when ink stands all along."""
    return max((b - a for a, b in gaps if left - 1 < (a + b) / 2 < right + 1), default=0.0)


def placed(run: Run, line: Line, height: float) -> list[float]:
    """Where each glyph of a line stands, in flat pixels."""
    left, right = crop_of(run, height)
    return [left + g.at * (right - left) for g in line.glyphs]


def spaced(run: Run, line: Line, height: float, broken: bool) -> Line:
    """The line with the blanks that the network ran over: where the ink leaves a gap as wide as a blank.

    On a broken page also without those it saw in a letter that came apart.
    """
    gaps = gaps_of(run)
    if run.pieces[0].text is not None or len(line.glyphs) < 2:
        return line
    if broken:
        line = _without_breaks(run, line, gaps, height)
    wide = sum(b - a > _BLANK * height for a, b in gaps)
    if not wide or wide > len(line.glyphs) / _WORD:
        return line  # letters that came through in pieces: their gaps are no blanks
    places = placed(run, line, height)
    usual = _usual(line, places, gaps)
    left, right = crop_of(run, height)
    glyphs: list[Glyph] = [line.glyphs[0]]
    for i in range(1, len(line.glyphs)):
        before, after = line.glyphs[i - 1], line.glyphs[i]
        gap = gap_between(gaps, places[i - 1], places[i])
        if " " not in (before.text, after.text) and _is_blank(line, i, gap, usual, height, broken):
            at = ((places[i - 1] + places[i]) / 2 - left) / (right - left)
            glyphs.append(Glyph(" ", 0.9, at))
        glyphs.append(after)
    return Line(tuple(glyphs))


def _is_blank(line: Line, index: int, gap: float, usual: float, height: float, broken: bool) -> bool:
    """Whether a gap in front of a glyph is as wide as a blank. `usual`: the blanks of the line, 0 for none."""
    before, after = line.glyphs[index - 1].text, line.glyphs[index].text
    if before.isdigit() and after.isdigit():
        return False
    if broken:
        return gap > max(_BLANK_BROKEN * height, 0.85 * usual) and not {before, after} & set(_NARROW)
    if before in _NARROW or after in _NARROW:
        # A number keeps its point and its dash; a dash between words stands free on both sides.
        if before.isdigit() or after.isdigit() or before in "/'(" or after in ".,:;)'/":
            return False
        return gap > _BLANK_AT_STROKES * height
    return gap > _BLANK * height


def _usual(line: Line, places: Sequence[float], gaps: Sequence[tuple[float, float]]) -> float:
    """The usual width of the blanks the network saw, in pixels."""
    seen = [
        gap_between(gaps, places[i - 1], places[i + 1])
        for i in range(1, len(line.glyphs) - 1)
        if line.glyphs[i].text == " "
    ]
    return median(seen) if seen else 0.0


def _without_breaks(run: Run, line: Line, gaps: Sequence[tuple[float, float]], height: float) -> Line:
    """Without blanks that the network itself doubts and for which the ink leaves no room."""
    places = placed(run, line, height)
    kept = []
    for i, glyph in enumerate(line.glyphs):
        doubted = glyph.text == " " and glyph.score < 0.75 and 0 < i < len(line.glyphs) - 1
        if not doubted or gap_between(gaps, places[i - 1], places[i + 1]) >= 0.3 * height:
            kept.append(glyph)
    return Line(tuple(kept))


def widest_unread(run: Run, line: Line, height: float) -> float:
    """The widest gap between two letters of one word, in heights of a letter: a blank may have been lost there."""
    gaps, places = gaps_of(run), placed(run, line, height)
    widest = 0.0
    for i in range(1, len(line.glyphs)):
        before, after = line.glyphs[i - 1].text, line.glyphs[i].text
        if " " in (before, after) or before in _NARROW or after in _NARROW:
            continue
        widest = max(widest, gap_between(gaps, places[i - 1], places[i]) / height)
    return widest
