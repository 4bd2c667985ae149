"""Forms nobody has defined: labels are paired with what stands beside or below them.

Fillable fields are taken as they are. Otherwise tick boxes, tables and cells, lines to write on and colons
say where answers are; headings name the sections. Everything found this way is less sure of its place than
on a known form, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.box import Box
from app.domain.form import Doubt, FieldKind, FormField, Source
from app.services.document_worker.reading.confidence import blank_evidence, box_evidence, text_evidence
from app.services.document_worker.reading.engine import Gray, Line, Points
from app.services.document_worker.reading.fillable import Widget, slug
from app.services.document_worker.reading.form import unique
from app.services.document_worker.reading.generic_heading import headings_of
from app.services.document_worker.reading.generic_pair import Pair, before_blank, cleaned, pairs_of
from app.services.document_worker.reading.generic_sheet import (
    GenericSheet,
    Piece,
    PlacedLine,
    generic_sheet,
    printed_boxes,
)
from app.services.document_worker.reading.generic_table import Grid, grids_of, line_of
from app.services.document_worker.reading.plane import Matrix, mapped
from app.services.document_worker.reading.propose_label import kind_of
from app.services.document_worker.reading.propose_sheet import Area, Text, Word
from app.services.document_worker.reading.propose_tick import Tick, ticks_of

__all__ = ["FORM_TYPE", "VERSION", "GenericPage", "PlacedLine", "printed_boxes", "read_generic"]

FORM_TYPE = "generic"
VERSION = "2"
_PLACEMENT = 0.75
_MOST_FIELDS = 400
_WIDGETS = 5
"""A page with so many fillable fields asks for answers in them alone."""
_TICKED = 0.10
_INKED = 0.012
"""The share of an empty place that may be ink before something unread may stand there."""

_Found = list[tuple[Area, FormField]]


@dataclass(frozen=True, slots=True)
class GenericPage:
    """An upright page with its texts. `turns` clockwise quarter turns made it upright. A page on which
    nothing but text is drawn needs no `pixels`. Where the page was made straight as well, `straight` takes
    pixels of the upright page to those of `pixels` (of the same size).
    """

    number: int
    turns: int
    pixels: Gray | None
    lines: tuple[PlacedLine, ...]
    widgets: tuple[Widget, ...]
    straight: Matrix | None = None


def read_generic(pages: Sequence[GenericPage], document_id: str) -> tuple[FormField, ...]:
    """The fields of an unknown form, page by page."""
    fields: list[FormField] = []
    taken: set[str] = set()
    for page in pages:
        for field in _GenericReading(page).read():
            if len(fields) >= _MOST_FIELDS:
                return tuple(fields)
            path = field.path if field.cell else unique(field.path, taken)
            fields.append(replace(field, path=path, document_id=document_id, order=len(fields)))
    return tuple(fields)


class _GenericReading:
    def __init__(self, page: GenericPage) -> None:
        self._page = page
        self._sheet = generic_sheet(page.pixels, page.lines)
        self._headings = headings_of(self._sheet)
        self._covered = [self._sheet.area(w.box.turned(page.turns)) for w in page.widgets]

    def read(self) -> list[FormField]:
        found: _Found = self._fillable()
        taken = {id(piece) for piece, _ in self._headings}
        if len(self._page.widgets) < _WIDGETS:
            grids = grids_of(self._sheet)
            for number, grid in enumerate(grids, 1):
                taken |= grid.used
                found += self._table(grid, number)
            found += self._ticks(taken)
            for pair in pairs_of(self._sheet, taken):
                if not self._is_covered(pair.area):
                    found.append((pair.area, self._field_of(pair)))
        high = self._sheet.height
        found.sort(key=lambda f: (round(f[0].middle[1] / max(1.0, high)), f[0].x0))
        return [field for _, field in found]

    # -- fillable

    def _fillable(self) -> _Found:
        found: _Found = []
        for widget, area in zip(self._page.widgets, self._covered, strict=True):
            printed = _label_beside(self._sheet, area, widget.is_box)
            # A tooltip was written for people; a name such as Text17 was not.
            label = widget.label or printed or ("" if _meaningless(widget.name) else widget.name) or "Field"
            kind = (
                FieldKind.TICK_BOX
                if widget.is_box
                else FieldKind.SIGNATURE
                if widget.signature
                else kind_of(label)
            )
            field = FormField(
                slug(label) or widget.path, label, self._section(area), kind,
                widget.ticked if widget.is_box else widget.value, 1.0, 1.0, Source.FILLABLE, "", self._page.number,
                widget.box,
            )  # fmt: skip
            found.append((area, field))
        return found

    # -- tick boxes

    def _ticks(self, taken: set[int]) -> _Found:
        """The tick boxes of the page. The texts that name them are added to `taken`."""
        sheet = self._sheet
        texts: dict[int, Piece] = {}
        words = []
        for piece in sheet.pieces:
            if id(piece) not in taken and piece.blank is None:
                text = Text((Word(piece.text, piece.area, 0.75 * piece.area.height),), piece.area)
                texts[id(text)] = piece
                words.append(text)
        found: _Found = []
        fills = dict(zip(sheet.squares, sheet.fills, strict=True))
        # Frames drawn with a shadow are never quite empty: what most boxes hold is nothing.
        usual = float(np.percentile(sheet.fills, 30)) if sheet.fills else 0.0
        least = _TICKED + (usual if usual < 0.25 else 0.0)
        for tick in ticks_of(sheet.squares, words, sheet.ruling.cells):
            if self._is_covered(tick.area):
                continue
            taken |= {id(texts[id(t)]) for t in tick.texts if id(t) in texts}
            asked = [texts[id(t)] for t in tick.asked if id(t) in texts]
            asked = [p for p in asked if _asks_beside(p, tick.area, sheet)]
            taken |= {id(p) for p in asked}
            if not asked:
                tick = replace(tick, question="")
            found.append((tick.area, self._tick(tick, fills.get(tick.area, 0.0), least)))
        return found

    def _tick(self, tick: Tick, fill: float, least: float) -> FormField:
        sure = 0.5 + 0.48 * min(1.0, abs(fill - least) / _TICKED)
        question = cleaned(tick.question)
        short = len(re.sub(r"[^A-Za-z]", "", tick.label)) <= 3
        label = f"{question}: {tick.label}" if question and short else tick.label
        return FormField(
            slug(label) or "box", label, self._section(tick.area), FieldKind.TICK_BOX, fill > least,
            round(sure, 4), _PLACEMENT, Source.RECOGNIZED, "", self._page.number, self._box(tick.area),
            group=slug(question), evidence=box_evidence(sure),
        )  # fmt: skip

    # -- tables and pairs

    def _table(self, grid: Grid, number: int) -> _Found:
        name = "table" if number == 1 and self._page.number == 1 else f"table_{self._page.number}_{number}"
        section = self._section(grid.area)
        last = max((i for i, row in enumerate(grid.rows) if any(each for _, each in row)), default=-1)
        columns: set[str] = set()
        names = [unique(slug(cleaned(h)) or "column", columns) for h in grid.headings]
        found: _Found = []
        for index, row in enumerate(grid.rows[: last + 1]):
            for (cell, each), heading, column in zip(row, grid.headings, names, strict=True):
                label = cleaned(heading) or "Column"
                area = Area.around(p.area for p in each) if each else cell.grown(-3)
                pair = Pair(label, line_of(each), area, all(p.exact for p in each), 0.85, cell)
                field = self._field_of(pair)
                found.append((cell, replace(field, path=f"{name}.r{index + 1}.{column}", section=section)))
        return found

    def _field_of(self, pair: Pair) -> FormField:
        kind = kind_of(pair.label)
        path, section = slug(pair.label) or "field", self._section(pair.heading)
        box, number = self._box(pair.area), self._page.number
        if pair.value is None:
            # Ink where nothing could be read is a reason to look: a signature, or writing too pale for lines.
            sure = 0.97 if self._sheet.inked(pair.area) < _INKED else 0.6
            return FormField(
                path, pair.label, section, kind, "", sure, pair.placement, Source.ABSENT, "", number, box,
                evidence=blank_evidence(sure),
            )  # fmt: skip
        value = pair.value.text.strip(" _")
        if pair.exact:
            sure, source, evidence = 0.93, Source.TEXT_LAYER, None
        else:
            sure, source = pair.value.score, Source.RECOGNIZED
            # A value cut from a line beside its label may carry a letter too many or too few.
            evidence = text_evidence(
                pair.value.score, pair.value.lowest, len(value), placement=pair.placement
            ).joined([("generic", 1.0)])
        return FormField(
            path, pair.label, section, kind, value, round(sure, 4), pair.placement, source, "", number, box,
            doubts=_doubts(pair.value, value), evidence=evidence,
        )  # fmt: skip

    # -- places

    def _box(self, area: Area) -> Box:
        box = self._sheet.box(_some(area))
        page = self._page
        if page.straight is not None and page.pixels is not None:
            height, width = page.pixels.shape[:2]
            x0, y0, x1, y1 = box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height
            corners: Points = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
            back: Matrix = np.asarray(np.linalg.inv(page.straight), np.float64)
            there = mapped(back, corners) / (width, height)
            x0, y0 = np.clip(there.min(axis=0), 0.0, 0.999)
            x1, y1 = np.clip(there.max(axis=0), (x0 + 0.0005, y0 + 0.0005), 1.0)
            box = Box(float(x0), float(y0), float(x1), float(y1))
        return box.turned(-page.turns)

    def _is_covered(self, area: Area) -> bool:
        return any(area.common(c) > 0.2 * max(1.0, min(area.size, c.size)) for c in self._covered)

    def _section(self, area: Area) -> str:
        """The nearest heading above, of its own column where the page has several."""
        best, best_distance = "", 1e9
        for piece, name in self._headings:
            distance = area.y0 - piece.area.y1
            if distance < -0.4 * piece.area.height:
                continue
            aside = max(0.0, piece.area.x0 - area.x1, area.x0 - piece.area.x1) / self._sheet.width
            distance += 400.0 * max(0.0, aside - 0.1)
            if distance < best_distance:
                best, best_distance = name, distance
        return best


def _some(area: Area) -> Area:
    """An area that is not empty."""
    return Area(area.x0, area.y0, max(area.x1, area.x0 + 2), max(area.y1, area.y0 + 2))


def _asks_beside(piece: Piece, square: Area, sheet: GenericSheet) -> bool:
    """Whether a text is the question of a tick box: on its line or in its cell, and no answer to something else."""
    if re.search(r":\s*\S", piece.text) or before_blank(piece, sheet):
        return False
    cell = sheet.cell_at(square)
    return piece.area.beside(square) > 0.3 or (cell is not None and sheet.cell_at(piece.area) == cell)


def _doubts(line: Line, value: str) -> tuple[Doubt, ...]:
    if value != line.text:
        return ()
    return tuple(
        Doubt(i, tuple(a for a, _ in g.alternatives[:3]), g.score)
        for i, g in enumerate(line.glyphs) if g.score < 0.85 and g.alternatives
    )  # fmt: skip


def _meaningless(name: str) -> bool:
    return (
        re.fullmatch(
            r"(text|check ?box|field|undefined|untitled|group|button|radio)?[ _.-]?\d*(\.\d+)*", name.lower()
        )
        is not None
    )


def _label_beside(sheet: GenericSheet, area: Area, is_box: bool) -> str:
    """The printed text that belongs to a place: right of a tick box, else left of it or right above."""
    best, best_distance = "", 0.12 * sheet.width
    for piece in sheet.pieces:
        other = piece.area
        level = area.beside(other) > 0.3
        if is_box:
            distance = abs(other.x0 - area.x1) if level and other.x0 >= area.x0 else 1e9
        elif level and other.x1 <= area.x0 + 0.25 * area.width:
            distance = abs(area.x0 - other.x1)
        elif other.y1 <= area.y0 + 0.4 * area.height and area.over(other) > 0:
            distance = 1.5 * (area.y0 - other.y1) + 0.01 * sheet.width + 0.2 * max(0.0, area.x0 - other.x0)
        else:
            continue
        if 0 <= distance < best_distance:
            best, best_distance = piece.text, distance
    return cleaned(best)
