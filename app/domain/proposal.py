"""What a form processor proposes when it is shown a form it does not know: the start of a definition.

All boxes are fractions of the upright page. Nothing here is decided: an administrator takes it, mends it
and publishes a definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import Anchor

_NEAR = 0.02
"""Fractions of the page by which one text may stand elsewhere on two scans of a form."""


@dataclass(frozen=True, slots=True)
class ProposedField:
    """A place for an answer. `label` is what the form prints beside it, empty when nothing was found.

    `question` is what several tick boxes answer together, as printed. `fillable` names the AcroForm field
    it was taken over from. `found` says what it was found by: `fillable`, `cell` (ruled on all sides),
    `line` (to write on), `box` (a small square), `gap` (free room behind a label) or `filled` (an answer
    that stands on the example).
    """

    box: Box
    kind: FieldKind
    label: str
    found: str
    question: str = ""
    multiline: bool = False
    fillable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProposedColumn:
    label: str
    kind: FieldKind
    x0: float
    x1: float


@dataclass(frozen=True, slots=True)
class ProposedTable:
    """A ruled table: a row of headings over rows that are alike. `rows` lists (y0, y1)."""

    label: str
    columns: tuple[ProposedColumn, ...]
    rows: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ProposedSection:
    """A heading and where it begins: what stands below it, down to the next, belongs to it.

    A heading of a column holds between `x0` and `x1` alone.
    """

    title: str
    y0: float
    x0: float = 0.0
    x1: float = 1.0


@dataclass(frozen=True, slots=True)
class ProposedPage:
    """One page: `size` in pixels or points (its aspect matters), `quarter_turns` clockwise to stand upright."""

    page: int
    size: tuple[float, float]
    anchors: tuple[Anchor, ...]
    sections: tuple[ProposedSection, ...]
    fields: tuple[ProposedField, ...]
    tables: tuple[ProposedTable, ...] = ()
    quarter_turns: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pages of an example. `titles` are printed texts that seem to name the form, the likeliest first."""

    pages: tuple[ProposedPage, ...]
    titles: tuple[str, ...]


def agreed(first: Proposal, second: Proposal) -> Proposal:
    """The first proposal with only those printed texts that the second example of the form prints as well.

    What two copies filled by different people have in common is the form's. Pages that the second example does
    not have keep their texts.
    """
    others = {page.page: page.anchors for page in second.pages}
    pages = tuple(
        replace(page, anchors=_common(page.anchors, others[page.page])) if page.page in others else page
        for page in first.pages
    )
    said = {_folded(a.text) for page in second.pages for a in page.anchors}
    titles = tuple(t for t in first.titles if _folded(t) in said) or first.titles
    return replace(first, pages=pages, titles=titles)


def _common(anchors: Sequence[Anchor], others: Sequence[Anchor]) -> tuple[Anchor, ...]:
    pairs = [(a, b) for a in anchors for b in others if _folded(a.text) == _folded(b.text)]
    if not pairs:
        return ()
    # The second copy may lie a little off: what most texts are off by counts as nothing.
    off_x = median(b.box.centre[0] - a.box.centre[0] for a, b in pairs)
    off_y = median(b.box.centre[1] - a.box.centre[1] for a, b in pairs)
    near = {
        id(a)
        for a, b in pairs
        if abs(b.box.centre[0] - a.box.centre[0] - off_x) < _NEAR
        and abs(b.box.centre[1] - a.box.centre[1] - off_y) < _NEAR
    }
    return tuple(a for a in anchors if id(a) in near)


def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
