"""The light worker: one open document, its pages as pictures, its words."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from app.domain.errors import Unreadable
from app.services.document_worker.cutting import cut
from app.services.document_worker.opening import opened, page_size, words_of
from app.services.document_worker.page_text import layer_text
from app.services.document_worker.press import printed
from app.services.document_worker.serving import Answer, Serve, Tell

MAX_PIXELS = 60_000_000
_KEPT_PAGES = 6
_LETTER = (612.0, 792.0)


class PageServer:
    """Answers for one document. Opening another closes the first."""

    def __init__(self) -> None:
        self._document: Any = None
        self._lists: collections.OrderedDict[int, Any] = collections.OrderedDict()

    def calls(self) -> dict[str, Serve]:
        return {
            "open": self.open, "render": self.render, "words": self.words, "text": self.text, "print": printed,
            "cut": self.cut,
        }  # fmt: skip

    def open(self, header: Mapping[str, Any], payload: bytes, tell: Tell) -> Answer:
        self._lists.clear()
        self._document = opened(payload, str(header.get("media_type", "")))
        sizes = []
        for number in range(self._document.page_count):
            sizes.append(_size_of(self._document[number]))
            if number % 200 == 199:
                tell(number + 1, self._document.page_count)
        return {"pages": sizes}, b""

    def render(self, header: Mapping[str, Any], _payload: bytes, _tell: Tell) -> Answer:
        import pymupdf

        number = int(header["page"])
        turns = int(header.get("quarter_turns", 0)) % 4
        scale = float(header["scale"])
        page_size(self._page(number))
        shown = self._shown(number)
        matrix = pymupdf.Matrix(1, 1).prerotate(90 * turns)
        turned = shown.rect * matrix
        clip = header.get("clip") or (0.0, 0.0, 1.0, 1.0)
        width, height = turned.width, turned.height
        part_width, part_height = width * (clip[2] - clip[0]), height * (clip[3] - clip[1])
        if not (part_width > 0 and part_height > 0 and 0 < scale < 1000):
            raise Unreadable("That part of the page is empty.", code="empty_part")
        pixels = part_width * part_height * scale * scale
        if pixels > MAX_PIXELS:
            scale *= (MAX_PIXELS / pixels) ** 0.5
        matrix = matrix * pymupdf.Matrix(1, 0, 0, 1, -turned.x0, -turned.y0) * pymupdf.Matrix(scale, scale)
        area = pymupdf.Rect(
            width * clip[0] * scale,
            height * clip[1] * scale,
            width * clip[2] * scale,
            height * clip[3] * scale,
        )
        # The clip of a display list is in its own coordinates, before the matrix.
        picture = shown.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, alpha=0, clip=area * ~matrix)
        if picture.stride != picture.width * 3:
            raise Unreadable("The page could not be drawn.", code="broken")
        return {"width": picture.width, "height": picture.height}, bytes(picture.samples_mv)

    def words(self, header: Mapping[str, Any], _payload: bytes, _tell: Tell) -> Answer:
        return {"words": [[text, *box] for text, box in words_of(self._page(int(header["page"])))]}, b""

    def text(self, header: Mapping[str, Any], _payload: bytes, _tell: Tell) -> Answer:
        """What the layer of a page shows, in reading order; `sure` when nothing else is on the page."""
        import pymupdf

        found = layer_text(self._page(int(header["page"])))
        pymupdf.TOOLS.store_shrink(50)  # a package of hundreds of pages must not pile up
        words = [[w.text, *w.box.rounded()] for w in found.words]
        return {"words": words, "turn": found.turn, "sure": found.sure}, b""

    def cut(self, header: Mapping[str, Any], _payload: bytes, _tell: Tell) -> Answer:
        """Some pages (1-based) as a small PDF, upright."""
        pages, turns = [int(p) for p in header["pages"]], [int(t) % 4 for t in header["turns"]]
        if self._document is None:
            raise Unreadable("The document has no such page.", code="no_such_page")
        return {}, cut(self._document, pages, turns)

    def _page(self, number: int) -> Any:
        if self._document is None or not 0 <= number < self._document.page_count:
            raise Unreadable("The document has no such page.", code="no_such_page")
        return self._document[number]

    def _shown(self, number: int) -> Any:
        """The page as drawing instructions: kept, so that the tiles of a page parse it once."""
        shown = self._lists.pop(number, None) or self._page(number).get_displaylist(annots=1)
        self._lists[number] = shown
        while len(self._lists) > _KEPT_PAGES:
            self._lists.popitem(last=False)
        return shown


def _size_of(page: Any) -> tuple[float, float]:
    """The size of a page; that of a letter where it has none that a page can have: it costs itself alone."""
    try:
        return page_size(page)
    except Unreadable:
        return _LETTER
