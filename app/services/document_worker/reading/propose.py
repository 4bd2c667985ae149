"""What a definition may start from: an example of a form looked at for texts, places and tables.

Fillable fields are taken over as they are. Otherwise places are cells between rules, lines to write on,
small squares, tables, and free room behind a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.domain.errors import Unreadable
from app.domain.form import FieldKind
from app.domain.processor import Anchor
from app.domain.proposal import (
    Proposal,
    ProposedColumn,
    ProposedField,
    ProposedPage,
    ProposedSection,
    ProposedTable,
)
from app.services.document_worker.opening import opened, telling_what_is_broken
from app.services.document_worker.reading.engine import Engine
from app.services.document_worker.reading.propose_answer import answers_of
from app.services.document_worker.reading.propose_blank import blanks_of
from app.services.document_worker.reading.propose_rule import Ruling, ruling_of
from app.services.document_worker.reading.propose_section import Heading, headings_of, titles_of
from app.services.document_worker.reading.propose_sheet import Area, Sheet, Text, sheet_of
from app.services.document_worker.reading.propose_square import squares_of
from app.services.document_worker.reading.propose_table import Grid, grids_of
from app.services.document_worker.reading.propose_text import texts_of, usual_size
from app.services.document_worker.reading.propose_tick import ticks_of
from app.services.document_worker.reading.propose_widget import widget_places
from app.services.document_worker.reading.propose_zone import (
    Layout,
    Place,
    cell_places,
    gap_places,
    line_places,
    tick_places,
)

MOST_PAGES = 12
"""No form is longer; what is has its first pages proposed."""
_MOST_FIELDS = 600
_SHORT_BLANK = 80.0


def propose_document(
    content: bytes, media_type: str, engine: Engine, tell: Callable[[int, int], None]
) -> Proposal:
    """A proposal for the pages of an example. Raises `Unreadable` when nothing is printed on any of them."""
    document = opened(content, media_type)
    count = min(int(document.page_count), MOST_PAGES)
    tell(0, count)
    pages: list[ProposedPage] = []
    titles: list[tuple[float, str]] = []
    for number in range(1, count + 1):
        with telling_what_is_broken():
            sheet = sheet_of(document[number - 1], number, engine)
            if not sheet.empty:
                page, named = _proposed(sheet, engine)
                pages.append(page)
                titles += named
        tell(number, count)
    if not any(any(c.isalnum() for c in a.text) for p in pages for a in p.anchors):
        raise Unreadable(
            "Nothing is printed on this example that a form could be recognized by.",
            "Open a blank or filled copy of the form itself.",
            code="no_printed_text",
        )
    best = sorted(titles, key=lambda t: -t[0])
    return Proposal(tuple(pages), tuple(dict.fromkeys(t for _, t in best))[:6])


def _proposed(sheet: Sheet, engine: Engine) -> tuple[ProposedPage, list[tuple[float, str]]]:
    ruling = ruling_of(sheet.gray)
    squares = _true_squares(sheet, ruling)
    texts = texts_of(sheet, ruling, squares, engine)
    size = usual_size(texts)
    page = Area(0, 0, sheet.width, sheet.height)
    ticks = tuple(ticks_of(squares, texts, ruling.cells))
    layout = Layout(texts, ruling, ticks, tuple(blanks_of(sheet, ruling, texts)), size, page)
    grids = grids_of(layout) if not sheet.widgets else []
    answers = (
        answers_of(texts, ruling, ticks, [c for g in grids for c in g.cells]) if not sheet.widgets else ()
    )
    if answers:
        texts = tuple(t for t in texts if t not in answers)
        ticks = tuple(ticks_of(squares, texts, ruling.cells))
        layout = Layout(texts, ruling, ticks, tuple(blanks_of(sheet, ruling, texts)), size, page)
    headings = headings_of(layout, [c for g in grids for c in g.cells])
    if sheet.widgets:
        places = widget_places(sheet, layout)
    else:
        places = tick_places(layout) + line_places(layout)
        places += cell_places(layout, [c for g in grids for c in g.cells])
        places += gap_places(layout, [p.area for p in places] + [c for g in grids for c in g.cells])
        places = [_with_answer(p, answers) for p in _apart(places)]
    places.sort(key=lambda p: (round(p.area.y0 / 14), p.area.x0))
    proposed = ProposedPage(
        sheet.number, sheet.page,
        tuple(_anchors(texts, layout, sheet)),
        tuple(_section(h, sheet) for h in headings),
        tuple(_field(p, sheet) for p in places[:_MOST_FIELDS]),
        tuple(_table(g, sheet, headings) for g in grids),
        sheet.turns,
    )  # fmt: skip
    return proposed, titles_of(layout, sheet.number)


def _with_answer(place: Place, answers: Sequence[Text]) -> Place:
    """The place, told as filled where an answer of the example stands in it."""
    inside = any(place.area.grown(6).holds(*a.area.middle) for a in answers)
    return replace(place, found="filled") if inside and place.kind is not FieldKind.TICK_BOX else place


def _anchors(texts: Sequence[Text], layout: Layout, sheet: Sheet) -> Iterator[Anchor]:
    """Every printed text, brackets and strokes too, and the blanks too short to be taken for ruling: what is not
    known as print would be read as written.
    """
    for text in texts:
        yield Anchor(text.text, sheet.box(text.area), sheet.number)
    for line in layout.blanks:
        if line.width < _SHORT_BLANK:
            yield Anchor("__", sheet.box(line.grown(1)), sheet.number)


def _true_squares(sheet: Sheet, ruling: Ruling) -> tuple[Area, ...]:
    """Squares that are neither letters of the text layer nor cells of a table."""
    return tuple(
        s for s in squares_of(sheet.gray)
        if not any(w.area.common(s) > 0.5 * s.size for w in sheet.words)
        and not any(c.common(s) > 0.4 * max(c.size, s.size) for c in ruling.cells)
    )  # fmt: skip


def _field(place: Place, sheet: Sheet) -> ProposedField:
    return ProposedField(
        sheet.box(place.area), place.kind, place.label, place.found, place.question, place.multiline, place.fillable
    )  # fmt: skip


def _section(heading: Heading, sheet: Sheet) -> ProposedSection:
    return ProposedSection(
        heading.title, heading.area.y0 / sheet.height, heading.x0 / sheet.width, heading.x1 / sheet.width
    )


def _table(grid: Grid, sheet: Sheet, headings: Sequence[Heading]) -> ProposedTable:
    top = grid.rows[0][0]
    over = [h.title for h in headings if h.area.y0 < top and h.x0 <= grid.columns[0][0] <= h.x1]
    columns = [
        ProposedColumn(label, kind, x0 / sheet.width, x1 / sheet.width)
        for label, kind, (x0, x1) in zip(grid.headings, grid.kinds, grid.columns, strict=True)
    ]
    rows = [(y0 / sheet.height, y1 / sheet.height) for y0, y1 in grid.rows]
    return ProposedTable(over[-1] if over else "Table", tuple(columns), tuple(rows))


def _apart(places: Sequence[Place]) -> list[Place]:
    """Places that cover each other: the one found by stronger signs stays."""
    order = {"box": 0, "line": 1, "cell": 2, "gap": 3}
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: order[p.found]):
        if place.area.width < 4 or place.area.height < 4:
            continue
        if all(place.area.common(k.area) < 0.35 * min(place.area.size, k.area.size) for k in kept):
            kept.append(place)
    return kept


def proposal_document(proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON; `OcrFormProcessor` reads it back."""
    return {
        "titles": list(proposal.titles),
        "pages": [
            {
                "page": p.page,
                "size": list(p.size),
                "quarter_turns": p.quarter_turns,
                "anchors": [[a.text, *a.box.rounded()] for a in p.anchors],
                "sections": [[s.title, round(s.y0, 5), round(s.x0, 5), round(s.x1, 5)] for s in p.sections],
                "fields": [
                    [
                        *f.box.rounded(),
                        str(f.kind),
                        f.label,
                        f.found,
                        f.question,
                        f.multiline,
                        list(f.fillable),
                    ]
                    for f in p.fields
                ],
                "tables": [
                    {
                        "label": t.label,
                        "columns": [
                            [c.label, str(c.kind), round(c.x0, 5), round(c.x1, 5)] for c in t.columns
                        ],
                        "rows": [[round(a, 5), round(b, 5)] for a, b in t.rows],
                    }
                    for t in p.tables
                ],
            }
            for p in proposal.pages
        ],
    }
