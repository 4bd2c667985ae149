"""Labels and the answers that belong to them, on a page nobody has defined.

A label is what stands in front of a colon or of a line to write on, or first in a cell. Its answer is what
else stands in its cell, on its line, or right below it, and is no label itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.services.document_worker.reading.engine import Line
from app.services.document_worker.reading.generic_sheet import GenericSheet, Piece
from app.services.document_worker.reading.propose_sheet import Area

_COLON = re.compile(r"[A-Za-z)#?*.0-9][ ]?:(?=\s|$|[A-Za-z0-9+(#$])")
_MOST_LABEL = 90
_SURE, _LIKELY, _GUESSED = 0.88, 0.8, 0.7
_NOTICE = re.compile(
    r"^\W*(instructions?|notes?|please|notice|important|attestation|confidential\w*|disclaimer|warning"
    r"|intended use|do not|questions|for questions|office use|internal use|revised|rev|effective|page|form"
    r"|version|fax (completed|form|to)|send|submit|return|mail|urgent reviews?|if yes|if no|in addition"
    r"|additional information and|mon|tue|wed|thu|fri|sat|sun|hours)\b"
    r"|\b(instructions|only|to this form|following|as follows|use this form to|visit|completing this form)\W*$",
    re.IGNORECASE,
)
"""What a form says to whoever fills it in: no labels, though a colon ends them."""
_PROSE = re.compile(
    r"^\W*(please|by (checking|signing|submitting)|i,? (attest|certify|understand|hereby)|do(es)? the|is the"
    r"|has the|have the|are there|what is|how (did|many|long)|if (any|the|you|this|yes|no)\b|use this"
    r"|all information|fields? marked|the (document|information)s?|an? (issuer|request)"
    r"|this (form|request|fax|facsimile|section)|complete|check (all|one|the)|circle|attach|include|list|see)\b",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"[\s()/\\._:;,|*\-–—\[\]]*|\(?(mm|dd|yy|yyyy|ccyy)[/ -].*|\([^()]*\)|\d{1,2}[.)]"
    r"|[MY] ?(or|/) ?[FN]|visit\(s\).*|hour\(s\).*",
    re.IGNORECASE,
)
"""What a form prints where an answer goes, to show how it is to be written."""


_LABEL_WORD = re.compile(
    r"names?|city|state|zip|codes?|dates?|of|birth|dob|phone|fax|tel|telephone|number|no|id|member|patient|provider"
    r"|npi|address|street|county|country|email|gender|sex|age|weight|height|specialty|group|plan|policy|contact"
    r"|primary|relationship|signature|title|tin|tax|dea|dose|strength|quantity|frequency|duration|route|diagnosis"
    r"|icd(-10)?|cpt|hcpcs|allergies|occupation|status|marital|emergency|cell|home|work|office|person|first|last"
    r"|middle|initial|mi|and|or"
)
"""Words that labels of such forms are made of."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A label with its answer: `value` as one line of glyphs (None when nothing is written), where it stands or
    may stand, and how sure it is that the two belong together.
    """

    label: str
    value: Line | None
    area: Area
    exact: bool
    placement: float
    heading: Area


@dataclass(slots=True)
class _Label:
    text: str
    area: Area
    cell: Area | None
    colon: bool
    rest: Piece | None = None


def pairs_of(sheet: GenericSheet, taken: set[int]) -> list[Pair]:
    """The pairs of a page. `taken` are pieces (by identity) that belong to tick boxes, tables or headings."""
    free = [p for p in sheet.pieces if id(p) not in taken]
    labels, values = _told_apart(sheet, free)
    owned: dict[int, list[Piece]] = {}
    for value in values:
        owner = _owner(value, labels, sheet)
        if owner is not None:
            owned.setdefault(owner, []).append(value)
    found = []
    for index, label in enumerate(labels):
        parts = [*([label.rest] if label.rest else []), *owned.get(index, [])]
        pair = _pair(label, parts, labels, sheet)
        if pair is not None:
            found.append(pair)
    return found


def _told_apart(sheet: GenericSheet, free: Sequence[Piece]) -> tuple[list[_Label], list[Piece]]:
    """(labels, what is no label)."""
    labels: list[_Label] = []
    values: list[Piece] = []
    cells: dict[tuple[float, float, float, float], list[Piece]] = {}
    for piece in free:
        cell = sheet.cell_at(piece.area)
        if cell is not None:
            cells.setdefault((cell.x0, cell.y0, cell.x1, cell.y1), []).append(piece)
    first = {id(p) for key, each in cells.items() if (p := _first_label(Area(*key), each, sheet)) is not None}
    for piece in free:
        cell = sheet.cell_at(piece.area)
        cuts = [] if piece.blank is not None else _colons(piece.text)
        if cuts:
            labels += _at_colons(piece, cuts, cell)
        elif id(piece) in first or before_blank(piece, sheet):
            labels.append(_Label(cleaned(piece.text), piece.area, cell, piece.text.rstrip().endswith("?")))
        else:
            values.append(piece)
    return labels, values


def _colons(text: str) -> list[int]:
    """Where the colons of labels end; not those of times and addresses."""
    return [
        m.end()
        for m in _COLON.finditer(text)
        if not (
            (text[m.end() : m.end() + 2].isdigit() and text[: m.end() - 1][-1:].isdigit())
            or text[m.end() : m.end() + 2] == "//"
            or text[max(0, m.end() - 5) : m.end() - 1].lower().startswith("http")
        )
    ]


def _at_colons(piece: Piece, cuts: Sequence[int], cell: Area | None) -> list[_Label]:
    text = piece.text
    begins = [0]
    for before, after in pairwise(cuts):
        # Between two colons stand the value of the first and the label of the second.
        begins.append(before + _second_label(piece, before, after))
    found = []
    for number, cut in enumerate(cuts):
        stop = begins[number + 1] if number + 1 < len(begins) else len(text)
        head, rest = piece.part(begins[number], cut), piece.part(cut, stop)
        label = cleaned(head.text)
        if label and len(label) <= _MOST_LABEL:
            found.append(_Label(label, head.area, cell, True, rest if rest.line.glyphs else None))
    return found


def _second_label(piece: Piece, start: int, end: int) -> int:
    """Where the label begins in `value label:`, from `start`: behind a gap wider than blanks are; else where the
    words of labels begin; else at the first capital word after the value's first.
    """
    between = piece.text[start:end]
    words = list(re.finditer(r"\S+", between))
    if len(words) < 2:
        return 0
    glyphs = piece.line.glyphs
    gaps = [glyphs[start + b.start()].at - glyphs[start + a.end() - 1].at for a, b in pairwise(words)]
    widest = max(range(len(gaps)), key=lambda i: gaps[i])
    others = sorted(g for i, g in enumerate(gaps) if i != widest)
    blank = others[len(others) // 2] if others else 0.5 * piece.area.height / piece.area.width
    if gaps[widest] > 1.6 * blank + 0.2 * piece.area.height / piece.area.width:
        return words[widest + 1].start()
    first = len(words)
    while first > 1 and _LABEL_WORD.fullmatch(words[first - 1].group().strip(":#?.()*").lower()):
        first -= 1
    if first < len(words):
        return words[first].start()
    for word in words[1:]:
        if between[word.start()].isupper():
            return word.start()
    return words[-1].start()


def _first_label(cell: Area, each: Sequence[Piece], sheet: GenericSheet) -> Piece | None:
    """The piece that names a cell without a colon: the first, where the cell leaves room below or beside it."""
    ordered = sorted(each, key=lambda p: (p.area.y0, p.area.x0))
    top = ordered[0]
    if any(_colons(p.text) for p in each) or not _nameable(top.text):
        return None
    if top.area.middle[1] > cell.y0 + 0.55 * cell.height or top.area.x0 > cell.x0 + 0.4 * cell.width:
        return None
    room = cell.y1 - top.area.y1
    if (
        len(ordered) > 1
        and cell.height < 0.6 * sheet.height * len(ordered)
        and cell.height > 1.5 * sheet.height
    ):
        return None  # lines that fill their cell are the heading of a column
    level = [p for p in ordered[1:] if p.area.beside(top.area) > 0.5]
    if len(ordered) > 1 and not level:
        return top
    if room > 0.75 * sheet.height and not level:
        return top
    return None


def _nameable(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= 2 and len(text) <= _MOST_LABEL and len(text.split()) <= 14


def before_blank(piece: Piece, sheet: GenericSheet) -> bool:
    """Whether a line to write on begins right behind a piece."""
    text = piece.text.strip()
    if piece.blank is not None or not _nameable(text) or len(text) > 70:
        return False
    if not text.endswith((":", "?")) and (text[0].islower() or len(text.split()) > 8):
        return False  # small print over a rule
    return any(
        -0.6 * piece.area.height < b.y0 - piece.area.y1 < 0.5 * piece.area.height
        and -0.6 * piece.area.height < b.x0 - piece.area.x1 < 2.2 * piece.area.height
        for b in sheet.blanks
    )


def _owner(value: Piece, labels: Sequence[_Label], sheet: GenericSheet) -> int | None:
    """The label a piece answers: left of it on its line, else above it; within its cell when it has one."""
    cell = sheet.cell_at(value.area)
    best: int | None = None
    best_distance = 1e9
    for index, label in enumerate(labels):
        if (label.cell is None) != (cell is None) or (cell is not None and label.cell != cell):
            continue
        area = label.area
        gap = value.area.x0 - area.x1
        if area.beside(value.area) > 0.4 and gap > -0.5 * value.area.height:
            reach = 0.3 * sheet.width if cell is None else 1e9
            distance = max(0.0, gap) if gap < reach else 1e9
            if cell is None and value.blank is None and not label.colon:
                continue
        elif value.area.y0 >= area.y1 - 0.5 * area.height and _under(value, label, cell, sheet):
            distance = 100.0 + 4.0 * (value.area.y0 - area.y1) + 0.3 * abs(value.area.x0 - area.x0)
        else:
            continue
        if distance < best_distance:
            best, best_distance = index, distance
    return best


def _under(value: Piece, label: _Label, cell: Area | None, sheet: GenericSheet) -> bool:
    """Whether a piece below a label may be its answer."""
    area = label.area
    if cell is not None:
        return True
    below = value.area.y0 - area.y1
    if value.blank is not None:
        # Lines to write on under a question, one below the other.
        return below < 9 * sheet.height and value.area.x0 < area.x1 + 0.1 * sheet.width
    near = below < 1.3 * area.height and abs(value.area.x0 - area.x0) < 0.06 * sheet.width
    return label.colon and label.rest is None and near


def _pair(
    label: _Label, parts: Sequence[Piece], labels: Sequence[_Label], sheet: GenericSheet
) -> Pair | None:
    held = label.cell is not None or any(p.blank is not None for p in parts)
    if _NOTICE.search(label.text) and not any(p.blank is not None for p in parts):
        return None
    if not held and (label.text[:1].islower() or len(label.text.split()) > 9):
        return None  # a sentence of the form's own, with a colon in it
    ordered = sorted(parts, key=lambda p: (round(p.area.middle[1] / max(1.0, 0.8 * sheet.height)), p.area.x0))
    ordered = [p for p in ordered if not _HINT.fullmatch(p.text)]
    if ordered and _printed_prose(ordered, label, sheet):
        ordered = []
        if label.cell is None:
            return None
    if ordered:
        glyphs = list(ordered[0].line.glyphs)
        for piece in ordered[1:]:
            glyphs += [type(glyphs[0])(" ", 1.0, 0.0), *piece.line.glyphs]
        sure = _SURE if label.cell is not None or any(p.blank is not None for p in ordered) else _LIKELY
        area = Area.around(p.area for p in ordered)
        return Pair(label.text, Line(tuple(glyphs)), area, all(p.exact for p in ordered), sure, label.area)
    room = _room(label, labels, sheet)
    if room is None:
        return None
    return Pair(label.text, None, room, True, _GUESSED, label.area)


def _printed_prose(parts: Sequence[Piece], label: _Label, sheet: GenericSheet) -> bool:
    """Whether what stands behind a label is the form talking, and no answer."""
    text = " ".join(p.text for p in parts)
    if any(p.blank is not None for p in parts):
        return False
    words = len(text.split())
    if words >= 4 and _PROSE.match(text):
        return True
    wide = label.cell.width if label.cell is not None else 0.55 * sheet.width
    full = sum(1 for p in parts if p.area.width > 0.8 * wide)
    return (
        words >= 14
        and full >= max(2, len(parts) - 1)
        and bool(re.search(r"[.!]\W*$", text))
        and not label.colon
    )


def _room(label: _Label, labels: Sequence[_Label], sheet: GenericSheet) -> Area | None:
    """Where the answer of a label would stand: on the line behind it, else in its cell, else just behind it."""
    area = label.area
    for blank in sheet.blanks:
        if (
            -0.6 * area.height < blank.y0 - area.y1 < 0.6 * area.height
            and -area.height < blank.x0 - area.x1 < 3 * area.height
        ):
            return Area(blank.x0, blank.y0 - 1.3 * sheet.height, blank.x1, blank.y0)
    if label.cell is None:
        if not label.colon:
            return None
        return Area(area.x1 + 4, area.y0, min(sheet.width - 4.0, area.x1 + 0.15 * sheet.width), area.y1)
    cell = label.cell
    others = [o.area for o in labels if o is not label and o.cell == cell]
    right = min((o.x0 for o in others if o.beside(area) > 0.4 and o.x0 > area.x1), default=cell.x1)
    if cell.y1 - area.y1 > 0.75 * sheet.height and right == cell.x1:
        return Area(cell.x0 + 3, area.y1, cell.x1 - 3, cell.y1 - 3)
    return Area(area.x1 + 3, area.y0, right - 3, area.y1) if right - area.x1 > 12 else None


def cleaned(text: str) -> str:
    """A label without its colon, number signs and brackets left open."""
    text = re.sub(r"[\s_]+", " ", text).strip(" :_*|.,;–—-□☐•")
    text = re.sub(r"^\(?\d{1,2}[a-z]?[.)]\s+(?=\D)", "", text)
    if (text.endswith(")") and "(" not in text) or (text.startswith("(") and ")" not in text):
        text = text.strip("() ")
    return text[:_MOST_LABEL]
