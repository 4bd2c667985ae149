"""Where everything stands in the field panel: pure geometry over the panel's view, in logical pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.domain.form import FieldKind
from app.views import theme
from app.views.widgets.chip import chip_width
from app.views.widgets.field_view import ColumnView, Entry, PanelView, SectionView, TableView
from app.views.widgets.lettering import Lines, broken

PAD = 16
ROW = 34
SECTION = 34
BAND = 28
HEAD_BAND = 18
GUTTER = 20
SPACE = 6

NARROWEST = {
    FieldKind.DATE: 80,
    FieldKind.ICD10: 60,
    FieldKind.PROCEDURE_CODE: 56,
    FieldKind.NUMBER: 56,
    FieldKind.ZIP: 64,
    FieldKind.TICK_BOX: 56,
    FieldKind.PHONE: 104,
    FieldKind.NPI: 92,
}
"""The least width of a column by kind, in pixels at 1x; other columns take what is left, at least this:"""
NARROWEST_TEXT = 104


@dataclass(frozen=True, slots=True)
class SectionPlace:
    """The head of a section."""

    rect: QRectF
    section: SectionView


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A closed line: its label, value and notes, broken to the widths they have."""

    rect: QRectF
    entry: Entry
    label: Lines
    value: Lines
    notes: Lines | None
    value_x: float


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A closed cell of a table."""

    rect: QRectF
    entry: Entry


@dataclass(frozen=True, slots=True)
class GridPlace:
    """A table: the heads of its columns, its cells, and the places to click for a row more or less."""

    rect: QRectF
    table: TableView
    heads: tuple[tuple[QRectF, str], ...]
    cells: tuple[CellPlace, ...]
    rows: tuple[tuple[QRectF, str], ...]
    removes: tuple[tuple[QRectF, str], ...]
    add: QRectF


Place = SectionPlace | FieldPlace | GridPlace


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The panel laid out at a width; `card` is where the open line stands."""

    width: float
    height: float
    places: tuple[Place, ...]
    card: QRectF | None

    def top_of(self, key: str) -> float | None:
        """Where a line or cell begins, open or closed."""
        for place in self.places:
            if isinstance(place, FieldPlace) and place.entry.key == key:
                return place.rect.top()
            if isinstance(place, GridPlace):
                for cell in place.cells:
                    if cell.entry.key == key:
                        return cell.rect.top()
        return None

    def at(self, x: float, y: float) -> Entry | None:
        """The closed line or cell under a point."""
        for place in self.places:
            if not place.rect.contains(x, y):
                continue
            if isinstance(place, FieldPlace):
                return place.entry
            if isinstance(place, GridPlace):
                return next((c.entry for c in place.cells if c.rect.contains(x, y)), None)
        return None


def label_width(width: float) -> float:
    """How wide the column of labels is in a panel of that width."""
    return min(float(theme.px(220)), max(float(theme.px(104)), width * 0.33))


def arrange(
    view: PanelView, width: float, opened: str | None = None, card_height: float = 0.0
) -> Arrangement:
    """Lay the panel out; the line `opened` gives its place to a card of that height, a cell has it below its table."""
    places: list[Place] = []
    card: QRectF | None = None
    y = float(theme.px(2))
    for section in view.sections:
        places.append(SectionPlace(QRectF(0, y, width, theme.px(SECTION)), section))
        y += theme.px(SECTION)
        for part in section.parts:
            if isinstance(part, Entry):
                if part.key == opened:
                    card = QRectF(0, y, width, card_height)
                    y += card_height
                    continue
                place = _field(part, width, y)
                places.append(place)
                y += place.rect.height()
                continue
            grid = grid_place(part, width, y)
            places.append(grid)
            y += grid.rect.height()
            if any(c.entry.key == opened for c in grid.cells):
                card = QRectF(0, y, width, card_height)
                y += card_height
    return Arrangement(width, y + theme.px(PAD), tuple(places), card)


def _field(entry: Entry, width: float, y: float) -> FieldPlace:
    pad = theme.px(PAD)
    value_x = pad + label_width(width)
    label = broken(entry.label, "body", value_x - pad - theme.px(12), 2)
    room = width - pad - chip_width(entry.chip) - theme.px(8) - value_x
    value = broken(entry.text or "—", "value", room, 2)
    notes = broken(" ".join(entry.notes), "note", room, 3) if entry.notes else None
    inside = max(label.height, value.height + (notes.height if notes else 0))
    extra = theme.px(ROW) - value.line_height
    height = max(
        float(theme.px(ROW)), round(inside + extra * (0.75 if notes or len(value.lines) > 1 else 1.0))
    )
    return FieldPlace(QRectF(0, y, width, height), entry, label, value, notes, value_x)


def narrowest(column: ColumnView) -> float:
    return float(theme.px(NARROWEST.get(column.kind, NARROWEST_TEXT)))


def bands(columns: Sequence[ColumnView], width: float) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Columns folded into as many bands as they need: each band lists (column index, width) and fills the width.

    What a band has to spare goes to its text columns, or to all of them when it has none.
    """
    space = theme.px(SPACE)
    folded: list[list[int]] = [[]]
    used = 0.0
    for index, column in enumerate(columns):
        need = narrowest(column)
        if folded[-1] and used + space + need > width:
            folded.append([])
            used = 0.0
        used += need + (space if folded[-1] else 0)
        folded[-1].append(index)
    result = []
    for band in folded:
        spare = max(0.0, width - sum(narrowest(columns[i]) for i in band) - space * (len(band) - 1))
        wide = [i for i in band if columns[i].kind not in NARROWEST] or band
        result.append(
            tuple((i, narrowest(columns[i]) + (spare / len(wide) if i in wide else 0.0)) for i in band)
        )
    return tuple(result)


def grid_place(table: TableView, width: float, y: float) -> GridPlace:
    """Lay a table out as a sheet whose columns fold when they do not fit beside each other."""
    pad, gutter, space = theme.px(PAD), theme.px(GUTTER), theme.px(SPACE)
    left = pad + gutter
    folded = bands(table.columns, width - left - pad - gutter)
    top = y
    heads: list[tuple[QRectF, str]] = []
    for band in folded:
        x = float(left)
        for index, wide in band:
            heads.append((QRectF(x, y, wide, theme.px(HEAD_BAND)), table.columns[index].label))
            x += wide + space
        y += theme.px(HEAD_BAND)
    y += theme.px(2)
    cells: list[CellPlace] = []
    rows: list[tuple[QRectF, str]] = []
    removes: list[tuple[QRectF, str]] = []
    for row in table.rows:
        start = y
        y += theme.px(3)
        for band in folded:
            x = float(left)
            for index, wide in band:
                entry = row.cells[index]
                if entry is not None:
                    cells.append(CellPlace(QRectF(x, y, wide, theme.px(BAND)), entry))
                x += wide + space
            y += theme.px(BAND)
        y += theme.px(3)
        rows.append((QRectF(0, start, width, y - start), row.row))
        edge = theme.px(22)
        removes.append(
            (QRectF(width - pad - edge + theme.px(6), start + theme.px(3) + (theme.px(BAND) - edge) / 2, edge, edge),
             row.row)
        )  # fmt: skip
    add = QRectF(left - theme.px(6), y + theme.px(4), theme.px(104), theme.px(26))
    y += theme.px(36)
    return GridPlace(
        QRectF(0, top, width, y - top), table, tuple(heads), tuple(cells), tuple(rows), tuple(removes), add
    )
