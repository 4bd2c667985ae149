"""Answers that stand on a filled example: they must not become printed texts of the form.

One example cannot prove what is print and what is an answer. What stands in a cell under or behind its label
in other letters than the label's, what stands on a line to write on, and what fills the rows of a table is
taken for an answer; everything else for print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.services.document_worker.reading.propose_label import asks, tells
from app.services.document_worker.reading.propose_rule import Ruling
from app.services.document_worker.reading.propose_sheet import Area, Text
from app.services.document_worker.reading.propose_tick import Tick, cell_at

_LARGER = 1.13
_LONGEST = 70


def answers_of(
    texts: Sequence[Text], ruling: Ruling, ticks: Sequence[Tick], rows: Sequence[Area]
) -> tuple[Text, ...]:
    """The texts that are answers. `rows` are the cells of tables below their headings."""
    labels = {id(t) for tick in ticks for t in tick.texts}
    found: list[Text] = []
    cells: dict[Area, list[Text]] = {}
    for text in texts:
        if id(text) in labels:
            continue
        if any(r.holds(*text.area.middle) for r in rows):
            found.append(text)
            continue
        cell = cell_at(text.area, ruling.cells)
        if cell is not None:
            cells.setdefault(cell, []).append(text)
        if _on_line(text, texts, ruling):
            found.append(text)
    for cell, inside in cells.items():
        if any(b.common(cell) > 0.5 * cell.size for b in ruling.bars):
            continue
        label = min(inside, key=lambda t: (round(t.area.y0 / 12), t.area.x0))
        # A cell of running text is no answer, whatever stands out in it.
        if sum(len(t.text) for t in inside) > 260:
            continue
        found += [t for t in inside if t is not label and t not in found and _differs(t, label)]
    return tuple(found)


def _differs(text: Text, label: Text) -> bool:
    """Whether a text follows a label in other letters, as answers are typed or written."""
    if asks(text.text) or (tells(text.text) and not re.fullmatch(r"[\d().\s+-]{7,}", text.text)):
        return False
    if len(text.text) > _LONGEST or text.text.startswith(("(", "*")) or len(label.text) > 110:
        return False
    below = text.area.y0 >= label.area.y0 + 0.4 * label.area.height
    behind = text.area.beside(label.area) > 0.4 and text.area.x0 > label.area.x1
    if not below and not behind:
        return False
    if text.size >= _LARGER * label.size:
        return True
    if text.size < 0.9 * label.size:
        return False
    return text.coloured != label.coloured or (text.bold and not label.bold) or text.font != label.font


def _on_line(text: Text, texts: Sequence[Text], ruling: Ruling) -> bool:
    """Whether a text stands on a line that begins behind a label, in other letters than the label's."""
    for line in ruling.across:
        y = line.middle[1]
        if not -0.3 * text.area.height <= y - text.area.y1 < 0.45 * text.size or line.width < 44:
            continue
        if text.area.x0 < line.x0 - 6 or text.area.x1 > line.x1 + 30 or text.area.width > 0.95 * line.width:
            continue
        before = [
            t for t in texts
            if t is not text and t.area.beside(text.area) > 0.4 and -8 < line.x0 - t.area.x1 < 60
        ]  # fmt: skip
        if before and _differs(text, max(before, key=lambda t: t.area.x1)):
            return True
    return False
