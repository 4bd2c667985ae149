"""Headings of a page nobody has defined: they name the sections of its answers."""

from __future__ import annotations

import re

from app.services.document_worker.reading.generic_pair import cleaned
from app.services.document_worker.reading.generic_sheet import GenericSheet, Piece

_TITLED = re.compile(
    r"^(section|part)\b|\b(information|requested|request|history|details|statement|diagnosis|provider|facility|patient|member"
    r"|prescriber|signature|services?)$",
    re.IGNORECASE,
)
_MOST = 60


def headings_of(sheet: GenericSheet) -> list[tuple[Piece, str]]:
    """The pieces that head a section, from top to bottom, with the section's name."""
    found = []
    for piece in sheet.pieces:
        text = piece.text.strip()
        letters = [c for c in text if c.isalpha()]
        if (
            not 4 <= len(text) <= _MOST
            or len(letters) < 4
            or len(text.split()) > 8
            or piece.blank is not None
        ):
            continue
        if not re.search(r"[^\W\d_]{4}", text):
            continue
        if ":" in text or text.endswith(("?", ".", ",")) or sum(c.isdigit() for c in text) > 3:
            continue
        if _heads(piece, letters, sheet):
            found.append((piece, named(text)))
    return found


def named(text: str) -> str:
    """The name of a section, not shouted."""
    text = re.sub(r"\s*\((required|optional)\)\W*$", "", cleaned(text), flags=re.IGNORECASE)
    if not text.isupper():
        return text
    quiet = text.capitalize()
    return re.sub(r"(?<=^Section )[ivx]+\b|(?<=^Part )[ivx]+\b", lambda m: m[0].upper(), quiet)


def _heads(piece: Piece, letters: list[str], sheet: GenericSheet) -> bool:
    area = piece.area
    if any(b.holds(*area.middle) for b in sheet.ruling.bars):
        return True
    cell = sheet.cell_at(area)
    if cell is not None and (cell.height > 3.2 * area.height or cell.width < 0.3 * sheet.width):
        return False
    alone = not any(
        p is not piece and p.area.beside(area) > 0.5 and (cell is None or cell.holds(*p.area.middle))
        for p in sheet.pieces
    )
    if not alone or any(s.beside(area) > 0.5 and abs(s.x1 - area.x0) < 60 for s in sheet.squares):
        return False
    capitals = sum(c.isupper() for c in letters) > 0.85 * len(letters)
    titled = _TITLED.search(piece.text) is not None
    if cell is not None:
        # In a cell a label looks the same: a heading fills its cell, or stands in the middle of it.
        centred = abs(area.middle[0] - cell.middle[0]) < 0.05 * cell.width
        fills = cell.height < 1.9 * area.height and cell.width > 0.5 * sheet.width
        return (centred and area.width < 0.7 * cell.width and (titled or capitals)) or (fills and capitals)
    tall = area.height > 1.22 * sheet.height
    return capitals or (titled and piece.text[0].isupper()) or tall
