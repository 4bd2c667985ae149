"""Headings that part a form into sections, and the texts that seem to name the form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.services.document_worker.reading.propose_label import asks, cleaned
from app.services.document_worker.reading.propose_sheet import Area, Text
from app.services.document_worker.reading.propose_tick import cell_at
from app.services.document_worker.reading.propose_zone import Layout

_NAMED = re.compile(r"\b(section|part)\s+([ivx]+|\d+|[a-h])\b|^\s*(information|details)\b", re.IGNORECASE)
_FORM = re.compile(
    r"\b(form|request|authorization|certification|referral|order|application)\b", re.IGNORECASE
)

_LONG = 60
"""What is longer loses what stands in brackets: a heading is a name."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: where it stands, and from where to where across the page it heads what is below."""

    title: str
    area: Area
    x0: float
    x1: float


def headings_of(layout: Layout, columns: Sequence[Area] = ()) -> list[Heading]:
    """The headings from top to bottom: texts on bars, alone and centred in a cell, or set off by capitals, weight
    or size. Side by side they head a column each. `columns` are the cells of tables, whose headings are none.
    """
    found: list[Heading] = []
    tops = [c for c in columns if not any(abs(o.x0 - c.x0) < 9 and o.y0 < c.y0 for o in columns)]
    for text in sorted(layout.texts, key=lambda t: (t.area.y0, t.area.x0)):
        over_table = any(0 <= c.y0 - text.area.y1 < 60 and c.over(text.area) > 0.5 for c in tops)
        cell = cell_at(text.area, layout.ruling.cells)
        if (over_table and cell is not None) or not _heads(text, layout):
            continue
        short = re.sub(r"\s*\([^()]*\)", "", text.text) if len(text.text) > _LONG else text.text
        title = cleaned(short)
        x0, x1 = layout.page.x0, layout.page.x1
        if cell is not None and cell.width < 0.6 * layout.page.width:
            x0, x1 = cell.x0, cell.x1
        if title:
            found.append(Heading(title, text.area, x0, x1))
    return [_of_column(h, found) for h in found]


def _of_column(heading: Heading, every: Sequence[Heading]) -> Heading:
    """A heading that shares its line with others reaches halfway to them."""
    beside = [h for h in every if h is not heading and h.area.beside(heading.area) > 0.5]
    left = [(h.area.x1 + heading.area.x0) / 2 for h in beside if h.area.x1 <= heading.area.x0]
    right = [(h.area.x0 + heading.area.x1) / 2 for h in beside if h.area.x0 >= heading.area.x1]
    return replace(heading, x0=max([heading.x0, *left]), x1=min([heading.x1, *right]))


def _heads(text: Text, layout: Layout) -> bool:
    said = text.text.strip()
    letters = [c for c in said if c.isalpha()]
    if (
        len(letters) < 4
        or len(re.sub(r"\([^()]*\)", "", said)) > 90
        or asks(said)
        or said.endswith((".", ","))
    ):
        return False
    if any(text in tick.texts for tick in layout.ticks):
        return False
    x, y = text.area.middle
    if any(b.holds(x, y) and b.width > 0.25 * layout.page.width for b in layout.ruling.bars):
        return True
    cell = cell_at(text.area, layout.ruling.cells)
    alone = not any(
        t is not text
        and (cell is None or cell.holds(*t.area.middle))
        and t.area.beside(text.area) > 0.4
        and abs(t.area.middle[0] - x) < 0.6 * layout.page.width
        for t in layout.texts
    )
    if not alone:
        return False
    capitals = sum(c.isupper() for c in letters) > 0.85 * len(letters)
    if _NAMED.search(said):
        return True
    if cell is None:
        return text.area.y0 > 0.1 * layout.page.height and (
            capitals and len(letters) >= 8 and text.area.width < 0.6 * layout.page.width
        )
    centred = abs(x - cell.middle[0]) < 0.05 * cell.width
    narrow = cell.width < 0.3 * layout.page.width
    return centred and not narrow and cell.height < 2.6 * text.size and text.area.width < 0.7 * cell.width


def titles_of(layout: Layout, number: int) -> list[tuple[float, str]]:
    """(how likely, text) of what may be the form's name: large, near the top, and worded like one."""
    found = []
    for text in layout.texts:
        said = text.text.strip()
        if not 8 <= len(said) <= 120 or sum(c.isalpha() for c in said) < 8:
            continue
        if said.endswith((".", ",", ";")) or said[0].islower():
            continue
        top = text.area.y0 / layout.page.height
        if top > 0.3:
            continue
        score = text.size / layout.size + 1.2 * bool(_FORM.search(said)) + 0.4 * text.bold - 2.0 * top
        score += 0.3 * (not asks(said)) - 0.2 * (number - 1)
        if score > 2.0:
            found.append((score, said))
    return found
