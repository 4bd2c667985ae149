"""How wide the words of a document stand on its pages."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.passage import SourceText

_OUTLIERS = 0.01
"""The share of words on either side that may stand outside: numbers of pages, lines of a fax machine."""
_WORTH = 0.94
"""Words that take more of the width than this gain nothing."""


def text_extent(source: SourceText, turns: Sequence[int]) -> tuple[float, float] | None:
    """From where to where across the words stand, in fractions of the page as shown; None when nothing is gained."""
    lefts: list[float] = []
    rights: list[float] = []
    for page in source.pages:
        quarters = turns[page.page - 1] if page.page <= len(turns) else 0
        for word in page.words:
            box = word.box.turned(quarters)
            if box.area > 0:
                lefts.append(box.x0)
                rights.append(box.x1)
    if not lefts:
        return None
    lefts.sort()
    rights.sort()
    beyond = int(len(lefts) * _OUTLIERS)
    first, last = max(0.0, lefts[beyond]), min(1.0, rights[-1 - beyond])
    return (first, last) if 0.2 < last - first < _WORTH else None
