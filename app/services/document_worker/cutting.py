"""Some pages of a file as a small PDF of their own, each standing upright."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.errors import Unreadable


def cut(document: Any, pages: Sequence[int], turns: Sequence[int]) -> bytes:
    """A PDF of these pages (1-based), in this order, each turned clockwise by so many quarter turns. What the file
    says of itself (title, author) and what it carries along stays behind. Raises `Unreadable`.
    """
    import pymupdf

    if not pages or any(not 1 <= page <= document.page_count for page in pages):
        raise Unreadable("The document has no such page.", code="no_such_page")
    source = document if document.is_pdf else pymupdf.open("pdf", document.convert_to_pdf())
    out = pymupdf.open()
    for page, turn in zip(pages, turns, strict=True):
        out.insert_pdf(source, from_page=page - 1, to_page=page - 1)
        if turn:
            added = out[-1]
            added.set_rotation((added.rotation + 90 * turn) % 360)
    out.set_metadata({})
    return bytes(out.tobytes(garbage=3, deflate=True, no_new_id=True))
