"""Headings that part a form into sections, and the texts that seem to name the form."""

from __future__ import annotations

import re

from app.services.document_worker.reading.propose_label import asks, cleaned
from app.services.document_worker.reading.propose_sheet import Text
from app.services.document_worker.reading.propose_tick import cell_at
from app.services.document_worker.reading.propose_zone import Layout

_NAMED = re.compile(r"\b(section|part)\s+([ivx]+|\d+|[a-h])\b|^\s*(information|details)\b", re.IGNORECASE)
_FORM = re.compile(
    r"\b(form|request|authorization|certification|referral|order|application)\b", re.IGNORECASE
)


def headings_of(layout: Layout) -> list[tuple[str, float]]:
    """(title, top in pixels) of each heading, from top to bottom: texts on bars, alone and centred in a cell
    of full width, or set off by capitals, weight or size.
    """
    found: list[tuple[str, float]] = []
    for text in sorted(layout.texts, key=lambda t: (t.area.y0, t.area.x0)):
        if _heads(text, layout):
            title = cleaned(text.text)
            if found and abs(found[-1][1] - text.area.y0) < 0.8 * text.size:
                # Two headings side by side: columns with a heading each. Both are named.
                found[-1] = (f"{found[-1][0]} / {title}"[:90], found[-1][1])
            elif title:
                found.append((title, text.area.y0))
    return found


def _heads(text: Text, layout: Layout) -> bool:
    said = text.text.strip()
    letters = [c for c in said if c.isalpha()]
    if len(letters) < 4 or len(said) > 100 or asks(said) or said.endswith((".", ",")):
        return False
    if any(text in tick.texts for tick in layout.ticks):
        return False
    x, y = text.area.middle
    if any(b.holds(x, y) for b in layout.ruling.bars):
        return True
    alone = not any(
        t is not text
        and t.area.beside(text.area) > 0.4
        and abs(t.area.middle[0] - x) < 0.6 * layout.page.width
        for t in layout.texts
    )
    if not alone:
        return False
    cell = cell_at(text.area, layout.ruling.cells)
    capitals = sum(c.isupper() for c in letters) > 0.85 * len(letters)
    if _NAMED.search(said):
        return True
    if cell is None:
        return text.area.y0 > 0.1 * layout.page.height and (
            capitals and len(letters) >= 8 and text.area.width < 0.6 * layout.page.width
        )
    centred = abs(x - cell.middle[0]) < 0.05 * cell.width
    return (capitals or text.bold or not text.exact) and centred and cell.height < 2.6 * text.size


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
