"""What a form processor proposes when it is shown a form it does not know: the start of a definition.

All boxes are fractions of the upright page. Nothing here is decided: an administrator takes it, mends it
and publishes a definition.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import Anchor


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
