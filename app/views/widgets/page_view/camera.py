"""How the pages of a document are looked at: turned, zoomed, fitted. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.domain.draft import PageViewState
from app.views.widgets.page_view.layout import (
    ACTUAL_SIZE,
    Layout,
    Size,
    fit_zoom,
    limited,
    shown_size,
    turns_of,
)


class Camera:
    """Sizes and turns of the pages, zoom and fit; lays the pages out for a room of screen pixels."""

    def __init__(self) -> None:
        self.pages: tuple[Size, ...] = ()
        self.turns: tuple[int, ...] = ()
        """Quarter turns of each page as shown: as it stands in the file, turned upright, turned by a person."""
        self.given: dict[int, int] = {}
        """The part of the turns that a person gave."""
        self.zoom = 1.0
        self.fit = "width"
        self._base: dict[int, int] = {}
        self._fit_page = 0

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The size of each page in points as shown."""
        return tuple(shown_size(size, turns) for size, turns in zip(self.pages, self.turns, strict=True))

    @property
    def percent(self) -> float:
        """The zoom in percent of the size on paper."""
        return self.zoom / ACTUAL_SIZE * 100

    def open(self, pages: tuple[Size, ...], base: Sequence[tuple[int, int]]) -> None:
        """Look at other pages; zoom and fit stay."""
        # A page of no size, as a damaged file may claim, still has a place.
        self.pages = tuple((max(1.0, width), max(1.0, height)) for width, height in pages)
        self.given = {}
        self._fit_page = 0
        self.set_base(base)

    def set_base(self, base: Sequence[tuple[int, int]]) -> None:
        """How often each page has to be turned to stand upright."""
        self._base = turns_of(base)
        self._add_up()

    def turn(self, page: int, quarters: int) -> int:
        """Turn a page by hand; returns the turns a person has given it now."""
        turns = (self.given.pop(page, 0) + quarters) % 4
        if turns:
            self.given[page] = turns
        self._fit_page = page
        self._add_up()
        return turns

    def zoom_to(self, zoom: float) -> None:
        self.zoom = limited(zoom)
        self.fit = ""

    def fit_to(self, fit: str, page: int) -> None:
        """Fit a page's `width` or the whole `page` from now on, in rooms of any size."""
        self.fit = fit
        self._fit_page = page

    def restore(self, state: PageViewState, room: Size) -> None:
        self.given = turns_of(state.turns)
        self._add_up()
        self.zoom = limited(state.zoom)
        self.fit = state.fit
        self._fit_page = self._fitted_at(state, room)

    def lay_out(self, room: Size, ratio: float) -> Layout:
        """The pages laid out; a fit in force decides the zoom."""
        sizes = self.sizes
        if self.fit and sizes:
            self.zoom = fit_zoom(sizes[min(self._fit_page, len(sizes) - 1)], self.fit, room)
        return Layout(sizes, self.zoom, ratio, room[0])

    def _fitted_at(self, state: PageViewState, room: Size) -> int:
        """The page whose size gave a zoom: pages of other sizes must not change it on return."""
        sizes = self.sizes
        first = min(max(0, state.page), max(0, len(sizes) - 1))
        candidates = (first, *range(len(sizes))) if sizes else ()
        return next(
            (
                p
                for p in candidates
                if math.isclose(fit_zoom(sizes[p], state.fit, room), state.zoom, rel_tol=1e-6)
            ),
            first,
        )

    def _add_up(self) -> None:
        self.turns = tuple((self._base.get(p, 0) + self.given.get(p, 0)) % 4 for p in range(len(self.pages)))
