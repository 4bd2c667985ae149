"""Signs by which readings that are right and readings that are wrong differ: the numbers of `Evidence` for text.

Every sign is 0 where there is nothing to say. Shares are 0 to 1, counts are given as log(1 + n), widths in heights
of a letter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from app.domain.form import FieldKind
from app.services.document_worker.reading.decoding import Line
from app.services.document_worker.reading.grammar import GRAMMARS
from app.services.document_worker.reading.run import Run
from app.services.document_worker.reading.spacing import placed, widest_unread

_REGULAR = re.compile(r"[^\w]*([A-Z]?[a-z]+|[A-Z]+|\d+(st|nd|rd|th)?|[A-Z][a-z]+[A-Z][a-z]+)('s|s)?[^\w]*")
_ORDINAL = re.compile(r"[^\w]*[Il](st|nd|rd|th)[^\w]*")
_TWINS = frozenset("Il1|O0")
_FAR = 0.6
"""How far from every glyph ink stands, in heights of a letter, that none of them accounts for."""


def signs_of(kind: FieldKind, line: Line, poor: float) -> tuple[tuple[str, float], ...]:
    """What the characters of a reading say of it, those supplied left out."""
    seen = [g for g in line.glyphs if not g.supplied and g.text != " "]
    if not seen:
        return ()
    irregular = [t for t in line.text.split() if _irregular(t)]
    margins = [math.log(max(g.score, 1e-4) / max(g.alternatives[0][1], 1e-4)) for g in seen if g.alternatives]
    unsure = math.log1p(sum(g.score < 0.97 for g in seen))
    with_shape = float(kind in GRAMMARS)
    return (
        ("unsure", unsure),
        ("doubted", math.log1p(sum(g.score < 0.85 for g in seen))),
        ("margin", min(5.0, max(0.0, min(margins, default=5.0)))),
        ("digits", sum(g.text.isdigit() for g in seen) / len(seen)),
        ("odd", math.log1p(sum(len(t) for t in irregular))),
        ("twins", math.log1p(sum(c in _TWINS for t in irregular for c in t))),
        ("shape", with_shape),
        ("poor_shape", poor * with_shape),
        ("poor_unsure", poor * unsure),
    )


def _irregular(token: str) -> bool:
    """Whether letters and digits, small and capital, are mixed as in no word or number."""
    bare = token.strip(".,;:()-/&")
    if not bare or not any(c.isalpha() for c in bare):
        return False
    parts = [p for p in re.split(r"[-/&.,:;()]", bare) if p]
    return any(_ORDINAL.fullmatch(p) or not _REGULAR.fullmatch(p) for p in parts)


def ink_signs(runs: Sequence[Run], lines: Sequence[Line], height: float) -> tuple[tuple[str, float], ...]:
    """What the ink says of a reading: gaps in which a blank may be lost, ink that no character accounts for."""
    gap = max(
        (widest_unread(r, line, height) for r, line in zip(runs, lines, strict=True) if r.pieces), default=0.0
    )
    alone = every = 0.0
    for run, line in zip(runs, lines, strict=True):
        places = placed(run, line, height)
        for piece in run.pieces:
            every += piece.area
            middle = (piece.x0 + piece.x1) / 2
            near = min((abs(x - middle) for x in places), default=math.inf)
            if near > max(_FAR * height, 0.6 * piece.width):
                alone += piece.area
    return (
        ("gap", max(0.0, min(0.6, gap) - 0.15)),
        ("unread", alone / every if every else 0.0),
        ("runs", math.log(max(1, len(runs)))),
    )
