"""Answers that stand on a filled example: they must not become printed texts of the form.

One example cannot prove what is print and what is an answer. What stands in a cell under or behind its label
in other letters than the label's, what stands on a line to write on, and what fills the rows of a table is
taken for an answer; everything else for print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from app.services.document_worker.reading.propose_label import asks, tells
from app.services.document_worker.reading.propose_rule import Ruling
from app.services.document_worker.reading.propose_sheet import Area, Text
from app.services.document_worker.reading.propose_tick import Tick, cell_at

_LARGER = 1.13
_LONGEST = 70
_MANY = 4


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
    doubted: list[tuple[Text, list[Text]]] = []
    for cell, inside in cells.items():
        if any(b.common(cell) > 0.5 * cell.size for b in ruling.bars):
            continue
        label = min(inside, key=lambda t: (round(t.area.y0 / 12), t.area.x0))
        # A cell of running text is no answer, whatever stands out in it.
        if sum(len(t.text) for t in inside) > 260:
            continue
        rest = [t for t in inside if t is not label and t not in found]
        doubted.append((label, [t for t in rest if not _differs(t, label)]))
        found += [t for t in rest if _differs(t, label)]
    if len(found) >= _MANY:
        # What is written in the letters of so many answers, under a label in others, is one as well.
        usual = median(t.size for t in found)
        for label, rest in doubted:
            found += [
                t for t in rest
                if abs(t.size - usual) < 0.1 * usual and t.size > 1.03 * label.size and _follows(t, label)
            ]  # fmt: skip
    return tuple(found)


def _follows(text: Text, label: Text) -> bool:
    """Whether a text stands under or behind a label and reads as an answer may."""
    if asks(text.text) or (tells(text.text) and re.search(r"[A-Za-z]{3}", text.text)):
        return False
    if text.text.startswith("*") or re.match(r"\([A-Za-z]", text.text):
        return False
    if len(text.text) > _LONGEST or not 3 <= sum(c.isalpha() for c in label.text) <= 110:
        return False
    below = text.area.y0 >= label.area.y0 + 0.4 * label.area.height
    return below or (text.area.beside(label.area) > 0.4 and text.area.x0 > label.area.x1)


def _differs(text: Text, label: Text) -> bool:
    """Whether a text follows a label in other letters, as answers are typed or written."""
    if not _follows(text, label):
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
