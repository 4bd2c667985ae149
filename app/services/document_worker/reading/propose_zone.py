"""Places for answers: in cells, on lines, and in free room behind labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.form import FieldKind
from app.services.document_worker.reading import propose_blank as blank
from app.services.document_worker.reading.propose_label import asks, blocks, cleaned, joined, kind_of, tells
from app.services.document_worker.reading.propose_rule import Ruling
from app.services.document_worker.reading.propose_sheet import Area, Text
from app.services.document_worker.reading.propose_tick import Tick, cell_at

_LEAST_WIDE = 34.0


@dataclass(frozen=True, slots=True)
class Place:
    """A place for an answer, in pixels of the sheet; `found` as in `ProposedField`."""

    area: Area
    label: str
    kind: FieldKind
    found: str
    question: str = ""
    multiline: bool = False
    fillable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What a page holds: its texts, its ruling, its tick boxes, its lines to write on."""

    texts: tuple[Text, ...]
    ruling: Ruling
    ticks: tuple[Tick, ...]
    blanks: tuple[Area, ...]
    size: float
    page: Area


def tick_places(layout: Layout) -> list[Place]:
    return [Place(t.area, t.label, FieldKind.TICK_BOX, "box", t.question) for t in layout.ticks]


# -- lines


def line_places(layout: Layout) -> list[Place]:
    """A place on each line to write on. Lines that follow a line under each other are one place of several."""
    found: list[Place] = []
    last: tuple[Area, int] | None = None
    for line in sorted(layout.blanks, key=lambda a: (round(a.middle[1] / 12), a.x0)):
        area = blank.room_above(line, layout.texts, layout.ruling, layout.size)
        label = blank.label_left(line, layout.texts, layout.size)
        if label is not None:
            text = _label_block(label, layout)
        else:
            if last is not None and _continues(last[0], line, layout):
                place = found[last[1]]
                left, right = min(place.area.x0, area.x0), max(place.area.x1, area.x1)
                grown = Area(left, place.area.y0, right, area.y1)
                found[last[1]] = replace(place, multiline=True, area=grown)
                last = (line, last[1])
                continue
            under = blank.label_below(line, layout.texts, layout.size)
            over = blank.label_above(line, layout.texts, layout.size)
            named = under or over
            if named is None or (line.width > 0.8 * layout.page.width and over is None):
                continue
            text = named.text if named is under else _label_block(named, layout)
        label_text = _last_label(text)
        if not label_text:
            continue
        last = (line, len(found))
        found.append(Place(area, label_text, kind_of(label_text), "line"))
    return found


def _label_block(label: Text, layout: Layout) -> str:
    """The label with the lines above that it ends, as far as they are one sentence."""
    for block in blocks(layout.texts, [t.area for t in layout.ticks]):
        if label in block:
            return joined(block[: block.index(label) + 1])
    return label.text


def _last_label(text: str) -> str:
    """Of a sentence that ends before a line, its last clause where it holds several."""
    text = " ".join(text.split())
    if len(text) > 60:
        parts = re.split(r"(?<=[.?!;])\s+", text)
        if len(parts) > 1 and parts[-1].startswith("("):
            parts[-2:] = [f"{parts[-2]} {parts[-1]}"]
        text = parts[-1] if len(parts[-1]) >= 4 else text
    return cleaned(text)


def _continues(above: Area, line: Area, layout: Layout) -> bool:
    """Whether a line goes on where the one above ended: right under it, with nothing between."""
    down = line.middle[1] - above.middle[1]
    if not 0.8 * layout.size < down < 2.6 * layout.size or abs(above.x1 - line.x1) > 60:
        return False
    between = Area(line.x0, above.y1 + 2, line.x1, line.y0)
    return not any(t.area.common(between) > 0.4 * t.area.size for t in layout.texts)


# -- cells


def cell_places(layout: Layout, skip: Sequence[Area] = ()) -> list[Place]:
    """The places in the cells of the page, those in `skip` (cells of tables) left out."""
    found: list[Place] = []
    for cell in layout.ruling.cells:
        if any(c == cell for c in skip):
            continue
        texts = [
            t
            for t in layout.texts
            if cell.holds(*t.area.middle) and cell_at(t.area, layout.ruling.cells) == cell
        ]
        ticks = [t for t in layout.ticks if cell.holds(*t.area.middle)]
        lines = [b for b in layout.blanks if cell.holds(b.middle[0], b.middle[1] - 3)]
        if not texts and not ticks and not lines:
            found += _empty_cell(cell, layout)
        elif not _is_heading(cell, texts, layout):
            found += _labelled(cell, texts, ticks, lines, layout)
    return found


def _is_heading(cell: Area, texts: Sequence[Text], layout: Layout) -> bool:
    """Whether a cell is filled with a colour and says something, or holds a centred title alone."""
    if any(b.common(cell) > 0.7 * cell.size for b in layout.ruling.bars):
        return True
    if len(texts) != 1 or asks(texts[0].text):
        return False
    text = texts[0]
    low = cell.height < 2.1 * text.size
    centred = abs(text.area.middle[0] - cell.middle[0]) < 0.04 * cell.width + 4
    return low and centred and cell.width > 1.2 * text.area.width


def _empty_cell(cell: Area, layout: Layout) -> list[Place]:
    """An empty cell is named by the cell before it, by the heading or question above it."""
    if cell.height < 0.85 * layout.size or cell.width < _LEAST_WIDE:
        return []
    if any(b.common(cell) > 0.5 * cell.size for b in layout.ruling.bars):
        return []
    before = max(
        (
            t for t in layout.texts
            if t.area.beside(cell) > 0.6 and t.area.y0 > cell.y0 - 8 and 0 <= cell.x0 - t.area.x1 < 90
        ),
        key=lambda t: t.area.x1, default=None,
    )  # fmt: skip
    label = before.text if before is not None and (asks(before.text) or before.text.endswith("—")) else ""
    if not label:
        over = max(
            (
                t for t in layout.texts
                if -4 <= cell.y0 - t.area.y1 < 1.6 * t.size and t.area.over(cell) > 0.5
            ),
            key=lambda t: t.area.y1, default=None,
        )  # fmt: skip
        if over is not None and (asks(over.text) or _names(over, layout)):
            label = over.text
    if not label and before is not None and not tells(before.text):
        label = before.text
    if not label and cell.height > 5 * layout.size:
        label = "Notes"
    text = cleaned(label)
    return [_place(cell.grown(-2), text, layout, "cell")] if text else []


def _names(text: Text, layout: Layout) -> bool:
    """Whether a text above a cell heads it: on a bar, or outside of any cell."""
    x, y = text.area.middle
    return any(b.holds(x, y) for b in layout.ruling.bars) or cell_at(text.area, layout.ruling.cells) is None


def _labelled(
    cell: Area, texts: Sequence[Text], ticks: Sequence[Tick], lines: Sequence[Area], layout: Layout
) -> list[Place]:
    """A place for each label of a cell that has room to its right or below."""
    labels = _labels(texts, ticks, lines, layout)
    solid = [t.area for t in texts if any(c.isalnum() for c in t.text)] + [t.area for t in ticks]
    found = []
    for said, area in labels:
        own = [t for t in texts if t.area.common(area) > 0.5 * t.area.size]
        if any(
            blank.label_left(line, own, layout.size) or blank.label_above(line, own, layout.size)
            for line in lines
        ):
            continue  # its line is its place
        room = _room(cell, area, solid, lines, labels, layout, narrow=not asks(said))
        text = _last_label(said) if asks(said) else cleaned(said)
        if room is None or not text or (len(said) > 110 and room.height < 2.0 * layout.size):
            continue
        found.append(_place(room, text, layout, "cell"))
    if not labels and ticks and not lines:
        found += _before_ticks(cell, ticks, layout)
    foot = max([s.y1 for s in solid] + [line.y1 for line in lines])
    if not any(p.area.y1 > foot + 2 for p in found) and cell.y1 - foot > 3.2 * layout.size:
        # Much room left below everything the cell says: it is there to be filled.
        named = next((joined(g) for g in blocks(texts)), "")
        area = Area(cell.x0 + 2, foot + 4, cell.x1 - 2, cell.y1 - 2)
        if named and area.width > 200:
            found.append(_place(area, cleaned(re.split(r"(?<=[.?!:])\s+", named)[0]), layout, "cell"))
    return found


def _before_ticks(cell: Area, ticks: Sequence[Tick], layout: Layout) -> list[Place]:
    """The room a cell leaves before its tick boxes, when a text in the cell before asks."""
    first = min(t.area.x0 for t in ticks)
    before = [
        t for t in layout.texts
        if t.area.beside(cell) > 0.6 and 0 <= cell.x0 - t.area.x1 < 90 and asks(t.text)
    ]  # fmt: skip
    if not before or first - cell.x0 < 160 or cell.height > 3 * layout.size:
        return []
    label = max(before, key=lambda t: t.area.x1)
    area = Area(cell.x0 + 2, cell.y0 + 2, first - 12, cell.y1 - 2)
    return [_place(area, cleaned(label.text), layout, "cell")]


def _labels(
    texts: Sequence[Text], ticks: Sequence[Tick], lines: Sequence[Area], layout: Layout
) -> list[tuple[str, Area]]:
    """What names places in a cell: texts that ask, and the first text where it stands over free room."""
    of_ticks = {id(t) for tick in ticks for t in tick.texts}
    questions = {id(t) for tick in layout.ticks for t in tick.asked}
    labels: list[tuple[str, Area]] = []
    for number, group in enumerate(blocks(texts, [t.area for t in ticks])):
        area = Area.around(t.area for t in group)
        said = joined(group)
        if any(id(t) in questions for t in group) or tells(said):
            continue
        if any(id(t) in of_ticks for t in group) and not said.rstrip().endswith(":"):
            continue
        if labels and _explains(group[0], labels[-1][1]):
            labels[-1] = (labels[-1][0], Area.around((labels[-1][1], area)))
        elif asks(said) or (number == 0 and not ticks and not lines):
            labels.append((said, area))
    return labels


def _explains(text: Text, label: Area) -> bool:
    """Whether a text goes on with the label above it: a hint in brackets right below."""
    return (
        text.text.startswith("(") and -4 <= text.area.y0 - label.y1 < 0.7 * text.size
        and text.area.over(label) > 0.6
    )  # fmt: skip


def _room(
    cell: Area, label: Area, solid: Sequence[Area], lines: Sequence[Area],
    labels: Sequence[tuple[str, Area]], layout: Layout, *, narrow: bool,
) -> Area | None:  # fmt: skip
    """The free room that belongs to a label of a cell: below it where a line of writing fits, else behind it
    (not behind a text that does not ask: `narrow`).
    """
    others = [s for s in solid if s.common(label) < 0.5 * s.size]
    row_end = min(
        (o.x0 for o in others if o.beside(label) > 0.3 and o.x0 >= label.x1 - 2), default=cell.x1 - 2
    )
    row_end = min(row_end, cell.x1 - 2)
    beside = min((a.x0 for _, a in labels if a.beside(label) > 0.3 and a.x0 > label.x1), default=cell.x1 - 2)
    first = not any(a.beside(label) > 0.3 and a.x1 <= label.x0 for _, a in labels)
    x0 = cell.x0 + 2 if first else label.x0 - 4
    column = Area(x0, label.y1 + 2, min(beside - 4, cell.x1 - 2), cell.y1 - 2)
    below = min(
        (
            o.y0 for o in (*others, *lines)
            if o.y0 >= label.y1 - 6 and min(o.x1, column.x1) - max(o.x0, column.x0) > 6
        ),
        default=cell.y1,
    )  # fmt: skip
    bottom = min(below - 2, cell.y1 - 2)
    high = bottom - label.y1
    # Where a line of writing fits below but only just, and there is room behind the label, it is written there.
    behind = row_end - label.x1 > 0.4 * cell.width and not narrow and high < 1.15 * layout.size
    if high >= 0.86 * layout.size and column.width >= _LEAST_WIDE and not behind:
        return Area(column.x0, label.y1 + 1, column.x1, bottom)
    if row_end - label.x1 < 1.5 * layout.size or narrow:
        return None
    if row_end - label.x1 < 0.4 * label.width and row_end >= cell.x1 - 2 and _followed(cell, layout):
        return None
    above = max(
        (o.y1 for o in others if o.y1 <= label.y0 + 6 and o.x1 > label.x1 + 4 and o.x0 < row_end),
        default=cell.y0,
    )
    top = max(above + 1, cell.y0 + 2, label.y0 - 0.9 * layout.size)
    end = max(bottom, label.y1 + 2) if high < 1.2 * layout.size else label.y1 + 0.35 * layout.size
    right = row_end - 4 if row_end < cell.x1 - 2 else row_end
    return Area(label.x1 + 5, top, right, min(end, cell.y1 - 2))


def _followed(cell: Area, layout: Layout) -> bool:
    """Whether an empty cell stands right behind this one: the answer goes there."""
    return any(
        c.beside(cell) > 0.8 and 0 <= c.x0 - cell.x1 < 14 and not any(c.holds(*t.area.middle) for t in layout.texts)
        for c in layout.ruling.cells
    )  # fmt: skip


def _place(area: Area, label: str, layout: Layout, found: str) -> Place:
    kind = kind_of(label)
    several = area.height > 2.3 * layout.size
    if several and kind in (FieldKind.NUMBER, FieldKind.TEXT, FieldKind.ICD10, FieldKind.PROCEDURE_CODE):
        kind = FieldKind.TEXT if kind is not FieldKind.NUMBER else kind
    return Place(area, label, kind, found, multiline=several and kind is FieldKind.TEXT)


# -- free room


def _leads_in(text: Text, layout: Layout) -> bool:
    """Whether a text with a colon heads what is told below it: running text, or a list."""
    if text.bold and re.search(r"\b(section|information|instructions?|notes?)\b", text.text, re.IGNORECASE):
        return True
    return any(
        -0.2 * text.size < t.area.y0 - text.area.y1 < text.size and abs(t.area.x0 - text.area.x0) < 70
        and len(t.text) > 45 and not asks(t.text)
        for t in layout.texts
    )  # fmt: skip


def gap_places(layout: Layout, taken: Sequence[Area]) -> list[Place]:
    """Free room behind a label that stands in no cell and before no line."""
    found = []
    size = layout.size
    for text in layout.texts:
        if not re.search(r":\s*\(?\s*\)?$", text.text) or len(text.text) > 60:
            continue
        x, y = text.area.middle
        if cell_at(text.area, layout.ruling.cells) is not None or _leads_in(text, layout):
            continue
        if any(b.holds(x, y) for b in layout.ruling.bars) or any(text in t.texts for t in layout.ticks):
            continue
        end = min(
            (t.area.x0 for t in layout.texts if t.area.beside(text.area) > 0.3 and t.area.x0 > text.area.x1),
            default=layout.page.x1 - 60,
        )
        area = Area(text.area.x1 + 6, text.area.y0 - 0.5 * size, end - 8, text.area.y1 + 0.35 * size)
        if area.width < 110 or any(t.common(area) > 0.15 * min(t.size, area.size) for t in taken):
            continue
        if any(t.area.common(area) > 0 for t in layout.texts) or any(
            t.area.common(area) > 0 for t in layout.ticks
        ):
            continue
        found.append(_place(area, cleaned(text.text), layout, "gap"))
    return found
