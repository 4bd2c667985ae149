"""Phone numbers: the digits as read, their strokes as the form writes them where the ink shows remains of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.services.document_worker.reading.decoding import Glyph, Line
from app.services.document_worker.reading.style import PHONES, Style

_HARDLY = -8.0
"""Numbers are hardly ever written in none of the usual ways."""
_UNSEEN = {True: -1.0, False: -3.0}
"""What a stroke of which nothing came through costs, where there is room or some ink for it and where not."""
_IGNORED = -1.0
"""What room for a stroke costs where none is written; three times that where there is ink in front of the number."""


def as_written(line: Line, style: Style, room: Callable[[int], bool]) -> Line:
    """The number in the likeliest of the usual ways of writing; as read when none of them is near.

    `room(i)` says whether the ink leaves room, or a remnant, for a stroke in front of the i-th glyph.
    """
    rooms = [room(i) for i in range(len(line.glyphs) + 1)]
    best, chosen = _HARDLY, line
    for template in PHONES:
        cost, glyphs = _laid(line.glyphs, template, rooms)
        if glyphs and cost + style.phone(template) > best:
            best, chosen = cost + style.phone(template), Line(tuple(glyphs))
    return chosen


def _laid(glyphs: Sequence[Glyph], template: str, rooms: Sequence[bool]) -> tuple[float, list[Glyph]]:
    """(cost, glyphs) of writing the number that way; no glyphs when its digits do not go into it."""
    if sum(g.text.isdigit() for g in glyphs) != sum(c.isdigit() for c in template):
        return 0.0, []
    if template.lstrip("+")[:1] == "1" and next(g.text for g in glyphs if g.text.isdigit()) != "1":
        return 0.0, []
    made: list[Glyph] = []
    cost, i = 0.0, 0
    for c in template:
        if c.isdigit():
            while i < len(glyphs) and not glyphs[i].text.isdigit():
                cost += _dropped(glyphs[i])
                i += 1
            if rooms[i] and (not made or made[-1].text.isdigit()):
                cost += _IGNORED if made else 3 * _IGNORED
            made.append(glyphs[i])
            i += 1
            continue
        if i < len(glyphs) and glyphs[i].text == c:
            made.append(glyphs[i])
            i += 1
        elif i < len(glyphs) and not glyphs[i].text.isdigit() and glyphs[i].text != " " and c != " ":
            cost -= 1.0 if glyphs[i].score < 0.9 or glyphs[i].text in ".:'," else 4.0
            made.append(replace(glyphs[i], text=c, supplied=True))
            i += 1
        else:
            cost += _UNSEEN[c == " " or rooms[i]]
            made.append(Glyph(c, 0.0, glyphs[min(i, len(glyphs) - 1)].at, supplied=True))
    return cost + sum(_dropped(g) for g in glyphs[i:]), made


def _dropped(glyph: Glyph) -> float:
    return -1.0 if glyph.text == " " or glyph.score < 0.8 else -4.0
