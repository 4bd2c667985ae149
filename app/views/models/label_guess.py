"""What a zone drawn by hand is probably called: the printed text beside it, and the kind its words tell. No Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.label import tidy
from app.domain.processor import Anchor

_SQUARE = 0.035
"""A zone narrower and lower than this part of the page's width is a box to tick."""
_KINDS: tuple[tuple[FieldKind, str], ...] = (
    (FieldKind.DATE, r"^date\b|(?<!and )(?<!& )\bdate$"),
    (FieldKind.SIGNATURE, r"\bsignature|\bsign here"),
    (FieldKind.NPI, r"\bnpi\b|national provider"),
    (FieldKind.ICD10, r"\bicd\b|\bicd-?10|diagnosis codes?\b|\bdx codes?\b"),
    (FieldKind.PROCEDURE_CODE, r"\bcpt\b|\bhcpcs?\b|procedure codes?\b|service codes?\b|billing codes?\b"),
    (FieldKind.DATE, r"\bdate\b|\bdob\b|\bd\.o\.b|birth|\bfrom\b.*\bto\b|\bstart\b|\bend\b"),
    (FieldKind.PHONE, r"\bphone|\btelephone|\btel\b|\bfax\b|\bmobile\b|\bcell\b"),
    (FieldKind.ZIP, r"\bzip\b|postal code"),
    (
        FieldKind.MEMBER_ID,
        r"\b(member|medicaid|medicare|subscriber|policy|plan|patient)\b.{0,16}\b(id|no|number)\b|\bid ?#",
    ),
    (FieldKind.NUMBER, r"\bquantity|\bqty\b|\bunits?\b|\bage\b|\bweight\b|\bheight\b|number of|how many"),
    (FieldKind.NAME, r"\bname\b|\bphysician\b|\bprovider\b$|\bpatient\b$|\bcontact\b"),
)  # fmt: skip


def kind_of_label(label: str) -> FieldKind:
    """The kind that the words of a label tell; text when they tell none."""
    words = label.lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, words)), FieldKind.TEXT)


def is_square(zone: Box, aspect: float) -> bool:
    """Whether a zone looks like a box to tick. `aspect` is the page's width by its height."""
    width, height = zone.width, zone.height / max(aspect, 1e-6)
    return width < _SQUARE and height < _SQUARE and 0.4 < width / max(height, 1e-9) < 2.5


def label_beside(zone: Box, anchors: Iterable[Anchor], page: int, *, boxed: bool) -> str:
    """What is printed where a label would stand: right of a tick box, else left of a zone, in it or above it."""
    best: tuple[float, str] | None = None
    for anchor in anchors:
        if anchor.page != page or not re.search(r"[A-Za-z#]", anchor.text):
            continue
        away = _away(zone, anchor.box, boxed=boxed)
        if away is not None and (best is None or away < best[0]):
            best = (away, anchor.text)
    return tidy(best[1]) if best else ""


def _away(zone: Box, text: Box, *, boxed: bool) -> float | None:
    """How far a printed text stands from where it would be the label of a zone; None when it is no label of it."""
    level = min(zone.y1, text.y1) - max(zone.y0, text.y0) > 0.3 * min(zone.height, text.height)
    if boxed:
        if not level:
            return None
        right, left = text.x0 - zone.x1, zone.x0 - text.x1
        if -0.01 <= right < 0.12:
            return right
        return 0.05 + left if -0.01 <= left < 0.08 else None
    if level and zone.x0 - 0.25 < text.x1 <= zone.x0 + 0.35 * zone.width and text.x0 < zone.x0 + 0.02:
        return abs(zone.x0 - text.x1)
    across = min(zone.x1, text.x1) - max(zone.x0, text.x0) > 0
    inside = across and text.y0 >= zone.y0 - 0.004 and text.y1 <= zone.y0 + 0.75 * zone.height
    if inside and text.x0 < zone.x0 + 0.3 * zone.width:
        return 0.0
    above = zone.y0 - text.y1
    if across and -0.006 <= above < 0.02 and text.x0 < zone.x0 + 0.3 * zone.width + 0.01:
        return 0.01 + max(0.0, above) * 2
    return None
