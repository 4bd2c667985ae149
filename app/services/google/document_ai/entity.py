"""What Document AI found in a document: each entity with its words, its place and how sure it is.

The messages are read as plain protocol buffers: a page has hundreds of tokens, and the comfortable classes cost ten
times as much.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.box import Box
from app.domain.extraction import PageText, Word

_LEAST = 1e-4
"""A box is at least so wide and high, in page fractions."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entity. `page` counts from 0 within what was sent; None, like `box`, where nothing tells the place.

    `normal` says of which kind its normalized value is (`date`, `boolean` and so on), `normal_text` how it is written.
    """

    name: str
    text: str
    confidence: float
    page: int | None = None
    box: Box | None = None
    placed: float = 0.0
    normal: str = ""
    normal_text: str = ""
    truth: bool | None = None
    parts: tuple[Found, ...] = field(default=())


class Layout:
    """The tokens of a document by where their text stands."""

    def __init__(self, document: Any) -> None:
        self.text: str = document.text
        self.pages = list(document.pages)
        self._starts: list[int] = []
        self._tokens: list[tuple[int, int, int, Box]] = []
        found = []
        for index, page in enumerate(self.pages):
            for token in page.tokens:
                box = box_of(token.layout.bounding_poly, page)
                for segment in token.layout.text_anchor.text_segments:
                    if box is not None:
                        found.append((int(segment.start_index), int(segment.end_index), index, box))
        self._tokens = sorted(found, key=lambda t: (t[0], t[1]))
        self._starts = [token[0] for token in self._tokens]

    def number(self, index: int) -> int:
        """Which page within what was sent the page at an index of the document is, from 0."""
        if 0 <= index < len(self.pages) and self.pages[index].page_number > 0:
            return int(self.pages[index].page_number) - 1
        return index

    def under(self, segments: Iterable[Any]) -> tuple[int, Box] | None:
        """The place of a stretch of text: the page its first token stands on, and what surrounds those on it."""
        boxes: list[tuple[int, Box]] = []
        for segment in segments:
            start, end = int(segment.start_index), int(segment.end_index)
            at = max(0, bisect.bisect_left(self._starts, start) - 1)
            while at < len(self._tokens) and self._tokens[at][0] < end:
                first, last, index, box = self._tokens[at]
                if last > start and first < end:
                    boxes.append((index, box))
                at += 1
        if not boxes:
            return None
        index = boxes[0][0]
        return index, Box.around(box for page, box in boxes if page == index)

    def said(self, segments: Iterable[Any]) -> str:
        return "".join(self.text[int(s.start_index) : int(s.end_index)] for s in segments)

    def words(self) -> tuple[PageText, ...]:
        """What stands on the pages, token by token; pages count from 1 within what was sent."""
        texts = []
        for index, page in enumerate(self.pages):
            words = []
            for token in page.tokens:
                box = box_of(token.layout.bounding_poly, page)
                text = self.said(token.layout.text_anchor.text_segments).strip()
                if box is not None and text:
                    words.append(Word(text, box, _fraction(token.layout.confidence or 1.0)))
            texts.append(PageText(self.number(index) + 1, tuple(words)))
        return tuple(texts)


def box_of(poly: Any, page: Any | None) -> Box | None:
    """What a polygon covers, in page fractions: its normalized corners, else its corners in the page's own measure."""
    corners = [(float(v.x), float(v.y)) for v in poly.normalized_vertices]
    if not corners and page is not None and page.dimension.width > 0 and page.dimension.height > 0:
        width, height = float(page.dimension.width), float(page.dimension.height)
        corners = [(float(v.x) / width, float(v.y) / height) for v in poly.vertices]
    if not corners:
        return None
    xs = [_fraction(x) for x, _ in corners]
    ys = [_fraction(y) for _, y in corners]
    x0, x1 = _apart(min(xs), max(xs))
    y0, y1 = _apart(min(ys), max(ys))
    return Box(x0, y0, x1, y1)


def found_in(documents: Sequence[Any]) -> tuple[Found, ...]:
    """The entities of an answer, in their order. A batch answers in several documents, each with pages of its own."""
    found: list[Found] = []
    for document in documents:
        layout = Layout(document)
        found += (_found(entity, layout) for entity in document.entities)
    return tuple(found)


def _found(entity: Any, layout: Layout) -> Found:
    parts = tuple(_found(part, layout) for part in entity.properties)
    page, box, placed = _place(entity, layout)
    if box is None and parts:
        known = [p for p in parts if p.box is not None and p.page is not None]
        if known:
            page = known[0].page
            box = Box.around(p.box for p in known if p.box is not None and p.page == page)
            placed = min(p.placed for p in known)
    normal = entity.normalized_value.WhichOneof("structured_value") or ""
    return Found(
        name=str(entity.type_),
        text=str(entity.mention_text) or layout.said(entity.text_anchor.text_segments),
        confidence=_fraction(entity.confidence),
        page=page,
        box=box,
        placed=placed,
        normal=normal.removesuffix("_value"),
        normal_text=str(entity.normalized_value.text),
        truth=bool(entity.normalized_value.boolean_value) if normal == "boolean_value" else None,
        parts=parts,
    )


def _place(entity: Any, layout: Layout) -> tuple[int | None, Box | None, float]:
    """Page, box and how sure they are. An entity that runs over two pages is shown where it begins."""
    index: int | None = None
    boxes: list[Box] = []
    sure = _fraction(entity.confidence)
    for ref in entity.page_anchor.page_refs:
        if index is not None and int(ref.page) != index:
            continue
        index = int(ref.page)
        page = layout.pages[index] if 0 <= index < len(layout.pages) else None
        box = box_of(ref.bounding_poly, page)
        if box is not None:
            boxes.append(box)
        if ref.confidence > 0:
            sure = _fraction(ref.confidence)
    if index is not None and boxes:
        return layout.number(index), Box.around(boxes), sure
    under = layout.under(entity.text_anchor.text_segments)
    if under is not None and index in (None, under[0]):
        return layout.number(under[0]), under[1], sure
    return (None if index is None else layout.number(index)), None, 0.0


def _fraction(number: float) -> float:
    held = float(number)
    return min(1.0, max(0.0, held)) if held == held else 0.0


def _apart(low: float, high: float) -> tuple[float, float]:
    """The two ends, never the same: a line has a place too."""
    if high - low >= _LEAST:
        return low, high
    return (low, low + _LEAST) if low + _LEAST <= 1.0 else (1.0 - _LEAST, 1.0)
