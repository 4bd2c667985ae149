"""From the runs of an answer and what the network holds possible along them to what the answer says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import median

from app.domain.form import FieldKind
from app.services.document_worker.reading.decoding import Glyph, Line, Shaped, shaped
from app.services.document_worker.reading.grammar import GRAMMARS, SEPARATORS
from app.services.document_worker.reading.ink import Mask
from app.services.document_worker.reading.kind import embedded, fits, fitting, guessed
from app.services.document_worker.reading.phone import as_written
from app.services.document_worker.reading.punctuation import with_commas
from app.services.document_worker.reading.run import Run
from app.services.document_worker.reading.slot import Slot
from app.services.document_worker.reading.spacing import gap_between, gaps_of
from app.services.document_worker.reading.strip import Strip
from app.services.document_worker.reading.style import Style, style_of, template_of

_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-"}
_DOUBTED = 0.85
_CLEAN_COST, _POOR_COST = 1.9, 7.0
"""How much less likely (as a logarithm) a reading of the right shape may be than the free one. 1.9 is a chance of
15 %; on a broken page separators have to be supplied at 1 to 2.5 each."""
_CLEAN_LEAST, _POOR_LEAST = 0.15, 0.02
_NEAR = 0.01
"""A reading of the right shape is suggested when the network gives each of its characters at least this chance."""
_STROKE, _STROKE_AT_ONE = 0.33, 0.45
"""How wide the gap between two digits is, in heights of a letter, in which a thin stroke stood; more beside a 1."""
_REMNANT = 4
"""Pixels of the flat picture: less ink than this is never what is left of a stroke."""
POOR = 0.3
"""How broken a page is (`mark.poorness`) when everything on it is read with its kind in mind."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says. `cost` is how much less likely (as a logarithm) than the free reading it is, `free` that
    reading; `fits` whether it has the shape of its kind, `kind` that of which it was taken to be.
    """

    line: Line
    free: Line
    kind: FieldKind
    fits: bool | None = None
    cost: float = 0.0
    suggestions: tuple[str, ...] = ()

    @property
    def supplied(self) -> str:
        return "".join(g.text for g in self.line.glyphs if g.supplied)


def put_together(slot: Slot, each: Sequence[Run], lines: Sequence[Line], height: float) -> Line:
    """The lines of an answer as one: words with a blank between, an unbroken text without."""
    glyphs: list[Glyph] = []
    before: tuple[Run, Line] | None = None
    for run, line in zip(each, lines, strict=True):
        plain = _plain(line)
        if not plain.glyphs:
            continue
        if before is not None and glyphs:
            wrapped = run.middle - before[0].middle > 0.65 * height
            unbroken = slot.unbroken or (
                wrapped
                and len(before[1].glyphs) >= 25
                and " " not in before[1].text
                and " " not in plain.text
            )
            if not (wrapped and unbroken):
                glyphs.append(Glyph(" ", 1.0, plain.glyphs[0].at))
        glyphs.extend(plain.glyphs)
        before = (run, plain)
    return Line(tuple(glyphs))


def _plain(line: Line) -> Line:
    """Typographic glyphs as people type them; remains of ruling at the ends are dropped."""
    glyphs = [replace(g, text=_PLAIN.get(g.text, g.text)) for g in line.glyphs]
    while glyphs and (
        glyphs[0].text in " _|:"
        or (glyphs[0].text in ".,;'" and (len(glyphs) == 1 or not glyphs[1].text.isdigit()))
    ):
        glyphs.pop(0)
    while glyphs and glyphs[-1].text in " _|":
        glyphs.pop()
    return Line(tuple(glyphs))


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer is read on: its runs, the network's chances along them, how broken the page is (0..1), and the
    specks that were cleaned away of the page (of which some are what is left of strokes).
    """

    runs: Sequence[Run]
    strip: Strip
    poor: float
    height: float
    specks: Mask | None = None
    differs: bool = False
    """Two renderings of it were read differently."""

    def remnant(self, run: Run, left: float, right: float) -> bool:
        """Whether some ink stands at middle height between two places of a line, where nothing was read."""
        middle, third = run.middle, max(2.0, (run.y1 - run.y0) / 6)
        for piece in run.pieces:
            if left < piece.x0 and piece.x1 < right and abs(piece.middle - middle) <= third:
                return True
        if self.specks is None:
            return False
        top, bottom = max(0, round(middle - third)), round(middle + third) + 1
        return int(self.specks[top:bottom, max(0, round(left)) : max(0, round(right))].sum()) >= _REMNANT


def style_in(read: Sequence[tuple[Slot, Line, Ground]]) -> Style:
    """What the dates and the phone numbers of a form have in common, freely read."""
    dates = [line for slot, line, _ in read if (guessed(line.text) or slot.kind) is FieldKind.DATE]
    phones = []
    for slot, line, ground in read:
        if slot.kind is FieldKind.PHONE and line.lowest >= 0.7:
            if ground.poor > POOR:
                line = as_written(line, style_of((), ()), partial(_room, line, ground))
            phones.append(template_of(line.text))
    return style_of(dates, phones)


def answered(slot: Slot, line: Line, ground: Ground, style: Style) -> Answer:
    """The free reading of an answer, or the one that has the shape of its kind where the network holds it possible.

    Nothing is forced into a shape: what the network does not hold possible is read as it stands.
    """
    kind = slot.kind
    broken = ground.poor > POOR
    seen = line
    if kind in (FieldKind.NAME, FieldKind.TEXT):
        line = with_commas(line, kind, broken)
    if kind is FieldKind.TEXT and not slot.embeds and broken:
        kind = guessed(line.text) or kind
    if slot.embeds:
        found = _with_code(slot, line, ground)
    elif kind in GRAMMARS and (broken or fits(kind, "", line.text) is False or line.lowest < _DOUBTED):
        found = _of_kind(kind, ground, style)
    else:
        found = None
    if found is None:
        shape = fits(slot.kind, slot.embeds, line.text)
        return Answer(line, seen, kind, shape, 0.0, _suggestions(slot, line, shape))
    shown, reading = found
    if not _held_possible(reading, broken):
        shape = fits(slot.kind, slot.embeds, line.text)
        near = (shown.text,) if shape is False and reading.least >= _NEAR else ()
        suggestions = tuple(dict.fromkeys((*near, *_suggestions(slot, line, shape))))
        return Answer(line, seen, kind, shape, 0.0, tuple(s for s in suggestions if s != line.text)[:3])
    shape = fits(kind, slot.embeds, shown.text)
    others = _suggestions(slot, shown, shape)
    if line.text != shown.text:
        others = tuple(dict.fromkeys((line.text, *others)))[:3]
    return Answer(shown, seen, kind, shape, reading.cost, others)


def _held_possible(reading: Shaped, broken: bool) -> bool:
    if broken:
        return reading.cost <= _POOR_COST and reading.least >= _POOR_LEAST
    return reading.cost <= _CLEAN_COST and reading.least >= _CLEAN_LEAST


def _of_kind(kind: FieldKind, ground: Ground, style: Style) -> tuple[Line, Shaped] | None:
    """(the reading under the kind's grammar, what it cost); its lost strokes are believed where there is room."""
    best: tuple[float, Shaped] | None = None
    for place, grammar in enumerate(GRAMMARS[kind]):
        found = shaped(ground.strip.chances, grammar)
        if found is None:
            continue
        found = replace(found, cost=found.cost + _unroomy(found.line, ground))
        expected = style.date(SEPARATORS[place]) if kind is FieldKind.DATE else 0.0
        if best is None or found.cost - expected < best[0]:
            best = (found.cost - expected, found)
    if best is None:
        return None
    reading = best[1]
    if kind is FieldKind.PHONE and ground.poor > POOR:
        written = as_written(reading.line, style, partial(_room, reading.line, ground))
        return written, reading
    return reading.line, reading


def _with_code(slot: Slot, line: Line, ground: Ground) -> tuple[Line, Shaped] | None:
    """A description with the code at its end read as the kind of code it is."""
    start = _code_start(line.text, ground.poor > POOR)
    if start is None:
        return None
    kind = FieldKind(slot.embeds)
    part = line.part(start, len(line.glyphs))
    if fits(kind, "", part.text) and part.lowest >= _DOUBTED:
        return None
    tail = ground.strip.tail(line.glyphs[start - 1].at)
    readings = [r for grammar in GRAMMARS[kind] if (r := shaped(tail, grammar)) is not None]
    if not readings:
        return None
    best = min(readings, key=lambda r: r.cost)
    glyphs = (*line.glyphs[: len(line.text[:start].rstrip())], Glyph(" ", 1.0, part.glyphs[0].at))
    if line.text[:start].rstrip() == line.text[:start]:
        glyphs = line.glyphs[:start]
    extent = ground.strip.chances.extent
    offset = (extent - tail.extent) / extent
    placed = tuple(replace(g, at=offset + g.at * tail.extent / extent) for g in best.line.glyphs)
    return Line((*glyphs, *placed)), best


def _code_start(text: str, broken: bool) -> int | None:
    """Where the code at the end of a description begins; on a broken page its point may have become a blank and
    specks may follow.
    """
    if not broken:
        found = embedded(text)
        return found[0] if found and any(c.isdigit() for c in found[1]) else None
    for match in reversed(list(re.finditer(r"(?<=\s)[-–—]|[-–—](?=\s)|[-–—](?=[A-Z\d]\d)", text))):
        tail = text[match.end() :]
        if len(re.findall(r"[^\W_]", tail)) >= 3 and len(tail) <= 12:
            return match.end() + len(tail) - len(tail.lstrip())
    return None


def _unroomy(line: Line, ground: Ground) -> float:
    """What is added to the cost of strokes of which nothing came through, where the ink leaves no room for them."""
    cost = 0.0
    for i, glyph in enumerate(line.glyphs):
        if glyph.supplied and not glyph.score:
            cost += 0.0 if _room(line, ground, i + 1) else 5.0
    return cost


def _room(line: Line, ground: Ground, index: int) -> bool:
    """Whether there is room, or a remnant of ink, for a stroke in front of a glyph."""
    seen = [(i, ground.strip.where(g.at)) for i, g in enumerate(line.glyphs) if g.score]
    after = next((p for i, p in seen if i >= index), None)
    before = next((p for i, p in reversed(seen) if i < index), None)
    if after is None:
        return False
    if before is None:
        reach = 1.4 * ground.height, 0.35 * ground.height
        return ground.remnant(ground.runs[after[0]], after[1] - reach[0], after[1] - reach[1])
    if before[0] != after[0]:
        return True
    gap = gap_between(gaps_of(ground.runs[after[0]]), before[1], after[1]) / ground.height
    beside = {g.text for g in (line.glyphs[max(0, index - 1)], line.glyphs[min(index, len(line.glyphs) - 1)])}
    if gap > (_STROKE_AT_ONE if "1" in beside else _STROKE):
        return True
    steps = [b[1] - a[1] for (_, a), (_, b) in pairwise(seen) if a[0] == b[0]]
    return after[1] - before[1] > 1.35 * median(steps)


def _suggestions(slot: Slot, line: Line, shape: bool | None) -> tuple[str, ...]:
    """Other whole values the field may hold, the likeliest first."""
    found: list[str] = []
    if shape is False:
        for value in fitting(slot.kind, slot.embeds, line.text):
            found.append(value)
            if len(found) == 3:
                break
    doubted = sorted(
        (
            (score, i, other)
            for i, g in enumerate(line.glyphs)
            for other, score in g.alternatives
            if score >= 0.08
        ),
        reverse=True,
    )
    for _, index, other in doubted[:3]:
        found.append(line.text[:index] + other + line.text[index + 1 :])
    return tuple(v for v in dict.fromkeys(found) if v.strip() and v != line.text)[:3]
