"""The pictures of an open document: what is kept, what is asked for, what may be shown meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QTransform

from app.domain.box import Box
from app.views import theme
from app.views.widgets.page_view.layout import Layout, Size, Spot, shown_size
from app.views.widgets.page_view.night import night_picture
from app.views.widgets.page_view.tile import (
    OVERVIEW,
    Grid,
    TileCache,
    TileKey,
    TileQueue,
    TileRequest,
    Turnover,
    overview_scale,
    tiles_in,
)

TILE_BYTES = 64 * 1024 * 1024
OVERVIEW_BYTES = 32 * 1024 * 1024
"""Together the 96 MB that a document may take in the window's process."""
_OVERVIEWS_AHEAD = 24
"""How many small pictures are wanted at a time; the rest follow when these are there."""
_TRIES = 2
"""A worker that crashed answers the next call from a fresh process: one more try, then words."""

Window = tuple[float, float, float, float]
"""x0, y0, x1, y1 on the canvas, in screen pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels and where they go on their page, in device pixels; `source` is the part of the image, None for all."""

    image: QImage
    target: QRectF
    source: QRectF | None
    sharp: bool


class TileSource(QObject):
    """Asks for the tiles a view needs and keeps their pictures. Never draws a document itself, never waits."""

    wanted = Signal(object)
    """A `TileRequest` to be answered with `show` or `fail`."""
    dropped = Signal(object)
    """A `TileRequest` that needs no answer any more."""
    arrived = Signal(int)
    """There is more to show of a page (0-based)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tiles = TileCache(TILE_BYTES)
        self.overviews = TileCache(OVERVIEW_BYTES)
        self.night = False
        self.generation = 0
        self._opened = 0
        self._document_id = ""
        self._sizes: tuple[Size, ...] = ()
        self._turns: tuple[int, ...] = ()
        self._scale = 0.0
        self._queue = TileQueue()
        self._keys: dict[TileRequest, TileKey] = {}
        self._failures: dict[TileKey, list[str]] = {}
        self._lacking: set[int] = set()
        self._starting: list[TileRequest] = []
        self._announcing = False

    @property
    def waiting(self) -> bool:
        """Whether answers are still to come."""
        return not self._queue.idle

    @property
    def out(self) -> tuple[TileRequest, ...]:
        """The requests that were asked for and neither answered nor dropped."""
        return self._queue.out

    def open(self, document_id: str, sizes: tuple[Size, ...], turns: tuple[int, ...]) -> None:
        """Forget everything and begin with another document: its pages in points, unturned, and their turns."""
        self.close()
        self._document_id = document_id
        self._sizes = sizes
        self._lacking = set(range(len(sizes)))
        self._turns = turns

    def close(self) -> None:
        self._announce(self._queue.want(()))
        self.tiles.clear()
        self.overviews.clear()
        self._keys.clear()
        self._failures.clear()
        self._lacking.clear()
        self._document_id = ""
        self._sizes = ()
        self._turns = ()
        self._scale = 0.0
        self.generation += 1
        self._opened = self.generation

    def turn(self, turns: tuple[int, ...]) -> None:
        """Turn pages; their small pictures turn with them so that nothing is blank meanwhile."""
        if turns == self._turns:
            return
        for page, (before, after) in enumerate(zip(self._turns, turns, strict=True)):
            if before != after:
                for key in self.overviews.of_page(page):
                    image = self.overviews.get(key)
                    if image is not None and key.turns == before:
                        turned = image.transformed(QTransform().rotate(90 * (after - before)))
                        self.overviews.put(key._replace(turns=after), turned)
        self._turns = turns
        self._outdate()

    def look(self, layout: Layout, window: Window, beside: range = range(0)) -> None:
        """Ask for what a window of the canvas needs: what shows first, then a ring around it, then small pictures,
        those of the pages `beside` it (their thumbnails show) before the others.
        """
        if not self._document_id:
            return
        if layout.scale != self._scale:
            self._scale = layout.scale
            self._outdate()
        height = window[3] - window[1]
        ring = (window[0] - 256, window[1] - height * 0.75, window[2] + 256, window[3] + height * 0.75)
        shown = self._tiles(layout, window)
        around = self._tiles(layout, ring)
        room = self.tiles.limit * 0.9 - sum(self._bytes(layout, k) for k in shown)
        near = []
        for key in around:
            room -= self._bytes(layout, key) if key not in shown else 0
            if room < 0:
                break
            near.append(key)
        self.tiles.pin([*shown, *(k._replace(night=True) for k in shown)])
        pages = layout.visible(window[1], window[3])
        requests = [
            *(
                self._overview_request(p)
                for p in pages
                if not self._has_overview(p) and not self.tiles.of_page(p)
            ),
            *(self._tile_request(layout, k) for k in (*shown, *near) if not self._has(k)),
            *(self._overview_request(p) for p in beside if not self._has_overview(p)),
            *(self._overview_request(p) for p in self._missing_overviews(pages)),
        ]
        self._announce(self._queue.want(r for r in requests if not self._given_up(r)))

    def show(self, request: TileRequest, image: QImage) -> None:
        """Take the picture of a request. One of another document, scale or turn is not looked at."""
        key = self._keys.get(request)  # what is out of date is not among them
        if key is not None and not image.isNull():
            self._failures.pop(key, None)
            if key.column == OVERVIEW:
                self._keep_overview(key, image)
            else:
                picture = image.convertToFormat(QImage.Format.Format_RGB32)
                if self.night:
                    picture = night_picture(picture, theme.DARK.surface)
                self.tiles.put(key._replace(night=self.night), picture)
            self.arrived.emit(key.page)
        self._announce(self._queue.answered(request))

    def fail(self, request: TileRequest, message: str) -> None:
        """A request could not be drawn: it is tried once more, then the page says why."""
        key = self._keys.get(request)
        if key is not None:
            self._failures.setdefault(key, []).append(message)
            if key.column == OVERVIEW and len(self._failures[key]) >= _TRIES:
                self._lacking.discard(key.page)
            if len(self._failures[key]) >= _TRIES:
                self.arrived.emit(key.page)
        self._announce(self._queue.answered(request))

    def failure(self, page: int) -> str:
        """Why a page cannot be shown as it is now, or an empty text."""
        for key, messages in self._failures.items():
            sharp = key.scale == self._scale and key.turns == self._turns[page] and key.column != OVERVIEW
            if key.page == page and sharp and len(messages) >= _TRIES:
                return messages[-1]
        return ""

    def retry(self) -> None:
        """Forget what failed: it is asked for again with the next look."""
        self._failures.clear()

    def overview(self, page: int) -> QImage | None:
        """The small picture of a page as it is turned now, when it is there."""
        key = self._overview_key(page)
        return self._kept(self.overviews, key)

    def pictures(self, layout: Layout, page: int, spot: Spot, window: Window) -> Iterator[Picture]:
        """What there is to show of a page in a window, from the back to the front."""
        turns = self._turns[page]
        grid = Grid(spot.device_width, spot.device_height)
        sharp, missing = [], []
        for _, key in tiles_in(page, spot, turns, layout.scale, layout.ratio, window):
            target = QRectF(*grid.piece(key.column, key.row))
            image = self._kept(self.tiles, key)
            if image is not None:
                sharp.append(Picture(image, target, None, sharp=True))
            else:
                missing.append(target)
        if missing:
            overview = self.overview(page)
            for target in missing:
                if overview is not None:
                    yield _stretched(overview, target, grid)
            yield from self._other_scale(layout, page, turns, grid)
        yield from sharp

    def _outdate(self) -> None:
        """Tiles asked for until now are for another scale or turn; small pictures stay good."""
        self.generation += 1
        self._keys = {r: k for r, k in self._keys.items() if k.column == OVERVIEW}

    def _other_scale(self, layout: Layout, page: int, turns: int, grid: Grid) -> Iterator[Picture]:
        """The tiles of the nearest zoom that is still kept, stretched: sharper than the small picture."""
        kept = [k for k in self.tiles.of_page(page) if k.turns == turns and k.night == self.night]
        scales = {k.scale for k in kept if k.scale != layout.scale}
        if not scales:
            return
        nearest = min(scales, key=lambda s: abs(math.log(s / layout.scale)))
        size = shown_size(self._sizes[page], turns)
        other = Grid(*(max(1, math.ceil(side * nearest - 0.01)) for side in size))
        across, down = grid.width / other.width, grid.height / other.height
        for key in kept:
            image = self.tiles.get(key) if key.scale == nearest else None
            if image is not None:
                x, y, width, height = other.piece(key.column, key.row)
                yield Picture(
                    image, QRectF(x * across, y * down, width * across, height * down), None, sharp=False
                )

    def _kept(self, cache: TileCache, key: TileKey) -> QImage | None:
        image = cache.get(key._replace(night=self.night))
        if image is None and self.night:
            day = cache.get(key)
            if day is not None:
                image = night_picture(day, theme.DARK.surface)
                cache.put(key._replace(night=True), image)
        return image

    def _has(self, key: TileKey) -> bool:
        return key in self.tiles or (self.night and key._replace(night=True) in self.tiles)

    def _tiles(self, layout: Layout, window: Window) -> list[TileKey]:
        """The tiles that touch a window, those nearest its middle first."""
        found: list[tuple[float, TileKey]] = []
        for page in layout.visible(window[1], window[3]):
            found += tiles_in(page, layout.spot(page), self._turns[page], layout.scale, layout.ratio, window)
        return [key for _, key in sorted(found)]

    def _bytes(self, layout: Layout, key: TileKey) -> int:
        piece = Grid(*layout.pixels[key.page]).piece(key.column, key.row)
        return piece.width * piece.height * 4

    def _tile_request(self, layout: Layout, key: TileKey) -> TileRequest:
        size = layout.sizes[key.page]
        clip = Grid(*layout.pixels[key.page]).clip(
            key.column, key.row, (size[0] * layout.scale, size[1] * layout.scale)
        )
        request = TileRequest(self._document_id, key.page, layout.scale, clip, key.turns, self.generation)
        self._keys[request] = key
        return request

    def _overview_key(self, page: int) -> TileKey:
        return TileKey(page, self._turns[page], overview_scale(self._sizes[page]), OVERVIEW, OVERVIEW)

    def _overview_request(self, page: int) -> TileRequest:
        key = self._overview_key(page)
        whole = Box(0.0, 0.0, 1.0, 1.0)
        request = TileRequest(self._document_id, page, key.scale, whole, key.turns, self._opened)
        self._keys[request] = key
        return request

    def _has_overview(self, page: int) -> bool:
        key = self._overview_key(page)
        return key in self.overviews or key._replace(night=True) in self.overviews

    def _missing_overviews(self, shown: range) -> list[int]:
        """The pages nearest to those shown whose small picture is not there, a few."""
        if not self._lacking or self.overviews.bytes > self.overviews.limit * 0.95:
            return []
        middle = (shown.start + shown.stop) // 2
        return sorted(self._lacking, key=lambda page: abs(page - middle))[:_OVERVIEWS_AHEAD]

    def _keep_overview(self, key: TileKey, image: QImage) -> None:
        self._lacking.discard(key.page)
        now = self._turns[key.page]
        if now != key.turns:
            image = image.transformed(QTransform().rotate(90 * (now - key.turns)))
        # Sixteen bits a pixel are enough for a small picture and let 300 pages be kept.
        self.overviews.put(key._replace(turns=now), image.convertToFormat(QImage.Format.Format_RGB16))

    def _given_up(self, request: TileRequest) -> bool:
        key = self._keys[request]
        return len(self._failures.get(key, ())) >= _TRIES

    def _announce(self, turnover: Turnover) -> None:
        """Tell what is dropped and asked for; an answer may come from inside the signal."""
        for request in turnover.dropped:
            self.dropped.emit(request)
        self._starting += turnover.started
        if self._announcing:
            return
        self._announcing = True
        try:
            while self._starting:
                request = self._starting.pop(0)
                if request in self._queue.out:
                    self.wanted.emit(request)
        finally:
            self._announcing = False


def _stretched(overview: QImage, target: QRectF, grid: Grid) -> Picture:
    across, down = overview.width() / grid.width, overview.height() / grid.height
    source = QRectF(target.x() * across, target.y() * down, target.width() * across, target.height() * down)
    return Picture(overview, target, source, sharp=False)
