"""What Document AI found in a document: each entity with its words, its place and how sure it is.

The messages are read as plain protocol buffers: a page has hundreds of tokens, and the comfortable classes cost ten
times as much.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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
        self.before = 0
        """How many pages other documents of the same answer hold, where each counts its own from 1."""
        self._shift = 0
        self._starts: list[int] = []
        self._tokens: list[tuple[int, int, int, Box]] = []
        found = []
        for index, page in enumerate(self.pages):
            for part in _parts_of(page):
                box = box_of(part.layout.bounding_poly, page)
                for segment in part.layout.text_anchor.text_segments:
                    if box is not None:
                        found.append((int(segment.start_index), int(segment.end_index), index, box))
        self._tokens = sorted(found, key=lambda t: (t[0], t[1]))
        offset = int(document.shard_info.text_offset)
        if offset and self._tokens and self._tokens[0][0] >= offset:
            # Places in a part of a long document are counted in the part; whoever counts them in the whole says so by
            # beginning where the part begins.
            self._shift = offset
        self._starts = [token[0] for token in self._tokens]
        self._spans = [
            (int(segment.start_index), int(segment.end_index), index)
            for index, page in enumerate(self.pages)
            for segment in page.layout.text_anchor.text_segments
        ]

    def number(self, index: int) -> int:
        """Which page within what was sent the page at an index of the document is, from 0."""
        if 0 <= index < len(self.pages) and self.pages[index].page_number > 0:
            return self.before + int(self.pages[index].page_number) - 1
        return self.before + index

    def page_under(self, segments: Iterable[Any]) -> int | None:
        """On which page a stretch of text begins, by what the pages say of theirs."""
        first = next((int(s.start_index) for s in segments), None)
        if first is None:
            return None
        return next((index for start, end, index in self._spans if start <= first < end), None)

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
        by = self._shift
        return "".join(
            self.text[max(0, int(s.start_index) - by) : max(0, int(s.end_index) - by)] for s in segments
        )

    def words(self) -> tuple[PageText, ...]:
        """What stands on the pages, token by token; pages count from 1 within what was sent."""
        texts = []
        for index, page in enumerate(self.pages):
            words = []
            for token in _parts_of(page):
                box = box_of(token.layout.bounding_poly, page)
                text = self.said(token.layout.text_anchor.text_segments).strip()
                if box is not None and text:
                    words.append(Word(text, box, _fraction(token.layout.confidence or 1.0)))
            texts.append(PageText(self.number(index) + 1, tuple(words)))
        return tuple(texts)


def _parts_of(page: Any) -> Sequence[Any]:
    """The smallest parts of a page that tell where their text stands: its tokens, else its lines."""
    parts: Sequence[Any] = page.tokens or page.lines
    return parts


def layouts_of(documents: Sequence[Any]) -> tuple[Layout, ...]:
    """The documents of one answer, in their order. Their pages go on counting; where each begins with 1 again, they
    are counted on here.
    """
    made: list[Layout] = []
    seen = 0
    for document in documents:
        layout = Layout(document)
        if layout.pages:
            if layout.number(0) < seen:
                layout.before = seen
            seen = max(seen, layout.number(len(layout.pages) - 1) + 1)
        made.append(layout)
    return tuple(made)


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
    for document, layout in zip(documents, layouts_of(documents), strict=True):
        found += _joined(document, [(str(e.id), _found(e, layout)) for e in document.entities])
    return tuple(found)


def _joined(document: Any, found: list[tuple[str, Found]]) -> list[Found]:
    """The entities, those that an entity is said to hold by their ids (`entity_relations`) put into it."""
    places = {name: at for at, (name, _) in enumerate(found) if name}
    within = {
        places[r.object_id]: places[r.subject_id]
        for r in document.entity_relations
        if r.object_id in places and r.subject_id in places and r.object_id != r.subject_id
    }
    held: dict[int, list[Found]] = {}
    for part, whole in within.items():
        if whole not in within:  # one step: what is held by something held stays where it is
            held.setdefault(whole, []).append(found[part][1])
    taken = {part for part, whole in within.items() if whole in held}
    made = []
    for at, (_, each) in enumerate(found):
        if at in held:
            each = _around(replace(each, parts=(*each.parts, *held[at])))
        if at not in taken:
            made.append(each)
    return made


def _found(entity: Any, layout: Layout) -> Found:
    page, box, placed = _place(entity, layout)
    value = entity.normalized_value
    normal = value.WhichOneof("structured_value") or ""
    made = Found(
        name=str(entity.type_),
        text=str(entity.mention_text)
        or layout.said(entity.text_anchor.text_segments)
        or str(entity.text_anchor.content),
        confidence=_fraction(entity.confidence),
        page=page,
        box=box,
        placed=placed,
        normal=normal.removesuffix("_value"),
        normal_text=str(value.text) or _written(value, normal),
        truth=bool(getattr(value, normal)) if normal in ("boolean_value", "signature_value") else None,
        parts=tuple(_found(part, layout) for part in entity.properties),
    )
    return _around(made)


def _around(found: Found) -> Found:
    """An entity that says no place of its own stands where its parts do."""
    known = [p for p in found.parts if p.box is not None and p.page is not None]
    if found.box is not None or not known:
        return found
    page = known[0].page
    box = Box.around(p.box for p in known if p.box is not None and p.page == page)
    return replace(found, page=page, box=box, placed=min(p.placed for p in known))


def _written(value: Any, normal: str) -> str:
    """A normalized value that comes without its text, as the service would write it (ISO 8601, ISO 4217)."""
    one: Any = getattr(value, normal) if normal else None
    if normal in ("date_value", "datetime_value"):
        day = "-".join(
            f"{part:0{width}d}" for part, width in ((one.year, 4), (one.month, 2), (one.day, 2)) if part
        )
        clock = normal == "datetime_value" and (one.hours or one.minutes or one.seconds)
        return f"{day}T{one.hours:02d}:{one.minutes:02d}:{one.seconds:02d}" if clock else day
    if normal == "money_value":
        sign = "-" if one.units < 0 or one.nanos < 0 else ""
        cents = f"{sign}{abs(one.units)}.{abs(one.nanos) // 10_000_000:02d}"
        return f"{cents} {one.currency_code}".strip()
    if normal == "address_value":
        town = " ".join(p for p in (one.locality, one.administrative_area, one.postal_code) if p)
        return ", ".join(p for p in (*one.address_lines, town) if p)
    if normal == "integer_value":
        return str(int(one))
    return f"{one:g}" if normal == "float_value" else ""


def _place(entity: Any, layout: Layout) -> tuple[int | None, Box | None, float]:
    """Page, box and how sure they are. An entity that runs over two pages is shown where it begins."""
    index: int | None = None
    boxes: list[Box] = []
    sure = _fraction(entity.confidence)
    for ref in entity.page_anchor.page_refs:
        page = layout.pages[int(ref.page)] if 0 <= int(ref.page) < len(layout.pages) else None
        box = box_of(ref.bounding_poly, page)
        if index is not None and int(ref.page) != index and (boxes or box is None):
            continue  # another page; of several, the first one that tells where
        index = int(ref.page)
        if box is not None:
            boxes.append(box)
        if ref.confidence > 0:
            sure = _fraction(ref.confidence)
    if index is not None and boxes:
        return layout.number(index), Box.around(boxes), sure
    under = layout.under(entity.text_anchor.text_segments)
    if under is not None and index in (None, under[0]):
        return layout.number(under[0]), under[1], sure
    if index is None:
        index = layout.page_under(entity.text_anchor.text_segments)
    return (None if index is None else layout.number(index)), None, 0.0


def _fraction(number: float) -> float:
    held = float(number)
    return min(1.0, max(0.0, held)) if held == held else 0.0


def _apart(low: float, high: float) -> tuple[float, float]:
    """The two ends, never the same: a line has a place too."""
    if high - low >= _LEAST:
        return low, high
    return (low, low + _LEAST) if low + _LEAST <= 1.0 else (1.0 - _LEAST, 1.0)
