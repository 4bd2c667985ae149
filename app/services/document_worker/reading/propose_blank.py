"""Lines to write on: which straight lines are blanks, which blanks make one place, and what labels them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.services.document_worker.reading.propose_label import asks
from app.services.document_worker.reading.propose_rule import Ruling
from app.services.document_worker.reading.propose_sheet import Area, Sheet, Text

_NEAR = 12.0


def blanks_of(sheet: Sheet, ruling: Ruling, texts: Sequence[Text]) -> list[Area]:
    """The thin areas to write on, left to right and top to bottom. Sides of cells, underlines of texts and
    lines that part sections are none.
    """
    lines = [
        line for line in ruling.across
        if line.width >= 40 and not _is_edge(line, ruling) and not _underlines(line, texts)
    ]  # fmt: skip
    for blank in sheet.blanks:
        # Underscores of a text layer: their ink lies at the lower end of their box.
        y = blank.y1 - 0.16 * blank.height
        drawn = Area(blank.x0, y - 2, blank.x1, y)
        if not any(
            abs(line.middle[1] - y) < 9 and line.x0 - 9 < blank.x0 and blank.x1 < line.x1 + 9
            for line in lines
        ):
            lines.append(drawn)
    lines = _whole(lines, texts)
    return sorted(lines, key=lambda a: (round(a.middle[1] / 12), a.x0))


def _is_edge(line: Area, ruling: Ruling) -> bool:
    """Whether the line is a side of a cell, or meets a line down at both ends."""
    y = line.middle[1]
    for cell in ruling.cells:
        if min(abs(cell.y0 - y), abs(cell.y1 - y)) > 4.5:
            continue
        if min(cell.x1, line.x1) - max(cell.x0, line.x0) > 0.6 * min(line.width, cell.width):
            return True
    ends = sum(
        any(abs(d.middle[0] - x) < 8 and d.y0 - 8 <= y <= d.y1 + 8 for d in ruling.down)
        for x in (line.x0, line.x1)
    )
    return ends == 2 or any(b.y0 - 3 <= y <= b.y1 + 3 and b.x0 - 3 <= line.x0 <= b.x1 for b in ruling.bars)


def _underlines(line: Area, texts: Sequence[Text]) -> bool:
    """Whether most of the line lies close under a text (or through it)."""
    y = line.middle[1]
    covered = 0.0
    for text in texts:
        area = text.area
        if -0.65 * area.height < y - area.y1 < 0.3 * text.size:
            covered += max(0.0, min(area.x1, line.x1) - max(area.x0, line.x0))
    return covered > 0.6 * line.width


def _whole(lines: Sequence[Area], texts: Sequence[Text]) -> list[Area]:
    """Blanks parted by nothing but strokes and brackets made one: `__/__/____`, `(____)______`."""
    kept: list[Area] = []
    for line in sorted(lines, key=lambda a: (round(a.middle[1] / 8), a.x0)):
        for place, other in enumerate(kept):
            if abs(other.middle[1] - line.middle[1]) > 7 or not -9 <= line.x0 - other.x1 <= 44:
                continue
            gap = Area(other.x1 - 4, line.middle[1] - 34, line.x0 + 4, line.middle[1] + 8)
            between = " ".join(t.text for t in texts if t.area.common(gap) > 0.5 * t.area.size)
            strokes = not any(c.isalnum() for c in between) and line.x0 - other.x1 <= 30
            short = max(line.width, other.width) <= 140
            if line.x0 - other.x1 <= 9 or re.fullmatch(r"[/()\s.|\\]+", between) or (strokes and short):
                kept[place] = Area.around((other, line))
                break
        else:
            kept.append(line)
    return kept


def room_above(line: Area, texts: Sequence[Text], ruling: Ruling, size: float) -> Area:
    """The place for an answer on a line: as high as writing needs, not reaching into what stands above."""
    top = line.middle[1] - 1.45 * size
    for text in texts:
        area = text.area
        if area.y1 <= line.middle[1] - 0.35 * size and min(area.x1, line.x1) - max(area.x0, line.x0) > 4:
            top = max(top, area.y1 - 1)
    for other in (*ruling.across, *ruling.bars):
        if other.y1 < line.middle[1] - 0.5 * size and min(other.x1, line.x1) - max(other.x0, line.x0) > 20:
            top = max(top, other.y1 + 1)
    return Area(line.x0, min(top, line.middle[1] - 0.6 * size), line.x1, line.middle[1] + 0.22 * size)


def label_left(line: Area, texts: Sequence[Text], size: float) -> Text | None:
    """The text right before a line, on its level."""
    y = line.middle[1]
    near = [
        t for t in texts
        if t.area.y0 < y + 2 and abs(y - t.area.y1) < 0.8 * size and any(c.isalnum() for c in t.text)
        and t.area.x0 < line.x0 and -0.6 * size < line.x0 - t.area.x1 < 2.6 * size
    ]  # fmt: skip
    return max(near, key=lambda t: t.area.x1, default=None)


def label_below(line: Area, texts: Sequence[Text], size: float) -> Text | None:
    """The small text right under a line, where signatures are named."""
    near = [
        t for t in texts
        if 0 <= t.area.y0 - line.middle[1] < 0.75 * size and t.area.x0 >= line.x0 - size
        and t.area.x1 <= line.x1 + size and len(t.text) < 60
    ]  # fmt: skip
    return min(near, key=lambda t: (t.area.y0, t.area.x0), default=None)


def label_above(line: Area, texts: Sequence[Text], size: float) -> Text | None:
    """The question a line under it is for."""
    near = [
        t for t in texts
        if 0.3 * size < line.middle[1] - t.area.y1 < 2.9 * size and t.area.x0 < line.x1 and t.area.x1 > line.x0 - size
        and asks(t.text)
    ]  # fmt: skip
    return max(near, key=lambda t: t.area.y1, default=None)
