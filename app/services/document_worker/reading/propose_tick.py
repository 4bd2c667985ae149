"""Tick boxes: the label each square has, and the question several of them answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.document_worker.reading.propose_label import cleaned
from app.services.document_worker.reading.propose_sheet import Area, Text

_NEAR = 130.0
_SHORT = re.compile(r"\W*(y|n|yes|no|m|f|male|female)\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tick:
    """A square with its label and question; `texts` make the label, `asked` the question where it stands alone."""

    area: Area
    label: str
    question: str
    texts: tuple[Text, ...] = ()
    asked: tuple[Text, ...] = ()


def ticks_of(squares: Sequence[Area], texts: Sequence[Text], cells: Sequence[Area]) -> list[Tick]:
    """The squares that have a label, row by row."""
    rows = _rows(squares)
    found: list[Tick] = []
    for row in rows:
        left = _labelled_left(row, texts)
        for square in row:
            label = _label_left(square, texts) if left else _label_right(square, squares, texts, cells)
            if label:
                found.append(Tick(square, _plain(" ".join(t.text for t in label)), "", tuple(label)))
    return _questioned(found, texts, cells)


def _rows(squares: Sequence[Area]) -> list[list[Area]]:
    rows: list[list[Area]] = []
    for square in sorted(squares, key=lambda s: s.middle[1]):
        if rows and abs(rows[-1][0].middle[1] - square.middle[1]) < 0.6 * square.height:
            rows[-1].append(square)
        else:
            rows.append([square])
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def _right(square: Area, texts: Sequence[Text]) -> Text | None:
    near = [
        t for t in texts if t.area.beside(square) > 0.45 and -6 <= t.area.x0 - square.x1 < _NEAR and _says(t)
    ]
    return min(near, key=lambda t: t.area.x0, default=None)


def _says(text: Text) -> bool:
    return any(c.isalnum() for c in text.text)


def _left(square: Area, texts: Sequence[Text]) -> Text | None:
    near = [
        t for t in texts if t.area.beside(square) > 0.45 and -6 <= square.x0 - t.area.x1 < _NEAR and _says(t)
    ]
    return max(near, key=lambda t: t.area.x1, default=None)


def _labelled_left(row: Sequence[Area], texts: Sequence[Text]) -> bool:
    """Whether the boxes of a row stand behind their labels: the last one has nothing to its right."""
    if _right(row[-1], texts) is not None:
        return False
    return all(_left(square, texts) is not None for square in row)


def _label_right(
    square: Area, squares: Sequence[Area], texts: Sequence[Text], cells: Sequence[Area]
) -> list[Text]:
    first = _right(square, texts)
    if first is None:
        return []
    label = [first]
    cell = cell_at(square, cells)
    for text in sorted(texts, key=lambda t: t.area.y0):
        last = label[-1]
        # A label that goes on in the next line stands indented behind its box, in the same cell.
        if (
            -0.3 * text.size < text.area.y0 - last.area.y1 < 0.5 * text.size
            and abs(text.area.x0 - first.area.x0) < 0.7 * text.size
            and (cell is None or cell.holds(*text.area.middle))
            and not any(s.beside(text.area) > 0.4 and -6 < text.area.x0 - s.x1 < _NEAR for s in squares)
            and not re.search(r"[:?.]$", last.text)
            and (text.text[:1].islower() or (cell is not None and cell.width < 260))
        ):
            label.append(text)
    return label


def _label_left(square: Area, texts: Sequence[Text]) -> list[Text]:
    text = _left(square, texts)
    return [text] if text is not None else []


def _plain(text: str) -> str:
    """The label of the box alone: what a bracket after it asks belongs to the next boxes."""
    short = re.sub(r"\s*\([^()]*[?:]\s*$", "", text)
    tail = re.search(r"(?:^|[?.:]\s+)(yes|no|y|n)\W*$", text, re.IGNORECASE)
    return cleaned(tail.group(1) if tail and len(text) > 8 else short or text)


def cell_at(area: Area, cells: Sequence[Area]) -> Area | None:
    """The smallest cell that holds the middle of a place."""
    x, y = area.middle
    return min((c for c in cells if c.holds(x, y)), key=lambda c: c.size, default=None)


def _questioned(ticks: Sequence[Tick], texts: Sequence[Text], cells: Sequence[Area]) -> list[Tick]:
    used = {id(t) for tick in ticks for t in tick.texts}
    found: list[Tick] = []
    for tick in ticks:
        previous = found[-1] if found else None
        question, asked = _asked_before(tick, previous, texts, used, cells)
        if not question:
            fellow = next((f for f in reversed(found) if _goes_on(f, tick, cells)), None)
            if fellow is not None:
                question, asked = fellow.question, fellow.asked
        if not question:
            question, asked = _above(tick, texts, cells, used)
        found.append(Tick(tick.area, tick.label, question, tick.texts, asked))
    return found


_Question = tuple[str, tuple[Text, ...]]
_NOTHING: _Question = ("", ())


def _asked_before(
    tick: Tick, previous: Tick | None, texts: Sequence[Text], used: set[int], cells: Sequence[Area]
) -> _Question:
    """A question on the same line before the box."""
    if previous is not None and previous.texts:
        # `Home Health (MD Signed Order Attached?` labels one box and asks what the next two answer.
        text = previous.texts[-1]
        asked = re.search(r"\(?([^()]*[?:])\s*$", text.text)
        near = text.area.beside(tick.area) > 0.4 and 0 <= tick.area.x0 - text.area.x1 < 90
        if asked and near and len(text.text) > 8:
            return cleaned(asked.group(1)), ()
    cell = cell_at(tick.area, cells)
    before = [
        t for t in texts
        if t.area.beside(tick.area) > 0.45 and t.area.x1 <= tick.area.x0 + 6
        and (id(t) not in used or t in tick.texts) and _reachable(t, tick.area, cell, cells)
    ]  # fmt: skip
    nearest = max(before, key=lambda t: t.area.x1, default=None)
    if nearest is None or tick.area.x0 - nearest.area.x1 > 420:
        return _NOTHING
    on_row = previous is not None and previous.area.beside(tick.area) > 0.5
    if previous is not None and on_row and previous.area.x0 > nearest.area.x1:
        return _NOTHING
    ending = re.search(r"([^?:]{6,}[?:])\W*(y|yes)?\W*$", nearest.text, re.IGNORECASE)
    if nearest in tick.texts:
        return (cleaned(ending.group(1)), ()) if ending else _NOTHING
    if ending or re.search(r"[?:]\s*$", nearest.text):
        return cleaned(nearest.text), (nearest,)
    return _NOTHING


def _reachable(text: Text, square: Area, cell: Area | None, cells: Sequence[Area]) -> bool:
    """Whether a text may ask for a box: in its cell, or alone in the cell before."""
    if cell is None or cell.holds(*text.area.middle):
        return True
    other = cell_at(text.area, cells)
    return (
        other is not None and 0 <= cell.x0 - other.x1 < 14 and text.area.y1 > other.y1 - 1.2 * text.size
        and other.height < 3 * text.size and square.x0 - text.area.x1 < 160
    )  # fmt: skip


def _goes_on(previous: Tick, tick: Tick, cells: Sequence[Area]) -> bool:
    """Whether a box follows another: on its row or right below it, in the same cell."""
    if cell_at(previous.area, cells) != cell_at(tick.area, cells):
        return False
    if previous.area.beside(tick.area) > 0.5:
        return True
    down = tick.area.y0 - previous.area.y1
    return 0 <= down < 1.8 * tick.area.height + 12 and abs(previous.area.x0 - tick.area.x0) < 14


def _above(tick: Tick, texts: Sequence[Text], cells: Sequence[Area], used: set[int]) -> _Question:
    """A question above the box: in its cell, or right over it where there is no cell."""
    cell = cell_at(tick.area, cells)
    best, best_y = None, -1.0
    for text in texts:
        if id(text) in used or text.area.y1 > tick.area.y0 + 8 or text.area.y1 < best_y:
            continue
        if cell is not None and not cell.holds(*text.area.middle):
            continue
        if cell is None and not re.search(r"[?:]\s*$", text.text):
            continue
        if text.area.x0 > tick.area.x1 + 60 or tick.area.y0 - text.area.y1 > 46:
            continue
        best, best_y = text, text.area.y1
    if best is None or (len(best.text) > 110 and "?" not in best.text):
        return _NOTHING
    return cleaned(best.text), (best,)
