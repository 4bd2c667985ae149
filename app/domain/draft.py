"""What is being typed, kept as it is typed, and how a page is being looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """Text in an editor that is not yet a change: with the cursor and the other end of the selection."""

    text: str
    cursor: int
    anchor: int


@dataclass(frozen=True, slots=True)
class PageViewState:
    """How a document is looked at. `zoom` is in screen pixels a point at 1x; `fit` is `page`, `width` or "" (free).

    `page` (0-based) stands at the top, `offset_x` and `offset_y` say where on it, in page fractions.
    `turns` are clockwise quarter turns a person gave to pages, as (page 0-based, turns).
    """

    zoom: float = 1.0
    fit: str = "width"
    page: int = 0
    offset_x: float = 0.0
    offset_y: float = 0.0
    turns: tuple[tuple[int, int], ...] = ()
    night: bool = False
    thumbnails: bool = False
