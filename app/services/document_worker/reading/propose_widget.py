"""Fillable fields taken over as they are: place, name, and a label from their tooltip or the text beside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.domain.form import FieldKind
from app.services.document_worker.reading.fillable import Widget
from app.services.document_worker.reading.propose_label import cleaned, kind_of
from app.services.document_worker.reading.propose_sheet import Area, Sheet, Text
from app.services.document_worker.reading.propose_tick import Tick, ticks_of
from app.services.document_worker.reading.propose_zone import Layout, Place

_NAMELESS = re.compile(
    r"(text|check ?box|field|fill|undefined|untitled|group|button|radio( button)?|toggle|date|"
    r"signature|topmostsubform)?[ _.-]?\d*(_\d+|\.\d+|\[\d+\])*",
    re.IGNORECASE,
)


def widget_places(sheet: Sheet, layout: Layout) -> list[Place]:
    """One place for each fillable field of the page, in the order of the file."""
    areas = [sheet.area(w.box.turned(sheet.turns)) for w in sheet.widgets]
    boxes = [a for w, a in zip(sheet.widgets, areas, strict=True) if w.is_box]
    ticks = {t.area: t for t in ticks_of(boxes, layout.texts, layout.ruling.cells)}
    found = []
    for widget, area in zip(sheet.widgets, areas, strict=True):
        if widget.is_box:
            found.append(_box(widget, area, ticks.get(area)))
            continue
        printed = _beside(area, layout.texts, layout.size)
        told = _told(widget)
        label = told if told and (not printed or len(told) <= 60) else printed or told or cleaned(widget.name)
        kind = FieldKind.SIGNATURE if widget.signature else kind_of(label)
        if kind is FieldKind.TEXT and printed:
            kind = kind_of(printed)
        several = widget.multiline or area.height > 2.6 * layout.size
        found.append(
            Place(area, label or "Field", FieldKind.TEXT if several and kind is not FieldKind.SIGNATURE else kind,
                  "fillable", multiline=several, fillable=(widget.name,))
        )  # fmt: skip
    return found


def _box(widget: Widget, area: Area, tick: Tick | None) -> Place:
    told = _told(widget)
    label = (tick.label if tick else "") or told or cleaned(widget.name) or "Box"
    return Place(
        area, label, FieldKind.TICK_BOX, "fillable", tick.question if tick else "", fillable=(widget.name,)
    )


def _told(widget: Widget) -> str:
    """What the field says of itself: its tooltip, unless that is no more than a machine's name."""
    for text in (widget.label, widget.name):
        plain = cleaned(text.split(".")[-1])
        if plain and not _NAMELESS.fullmatch(plain) and any(c.isalpha() for c in plain):
            return plain
    return ""


def _beside(area: Area, texts: Sequence[Text], size: float) -> str:
    """The printed text that names a place: left of it, above it within reach, or below it."""
    best, nearest = "", 4.0 * size
    for text in texts:
        other = text.area
        if other.beside(area) > 0.4 and other.x1 <= area.x0 + 0.3 * area.width:
            distance = max(0.0, area.x0 - other.x1)
        elif other.y1 <= area.y0 + 0.45 * area.height and other.x0 < area.x1 and other.x1 > area.x0:
            distance = 1.3 * max(0.0, area.y0 - other.y1) + 0.1 * max(0.0, other.x0 - area.x0) + 4
        elif other.y0 >= area.y1 - 4 and other.x0 < area.x1 and other.x1 > area.x0:
            distance = 2.5 * (other.y0 - area.y1) + 1.5 * size
        else:
            continue
        if distance < nearest:
            best, nearest = text.text, distance
    return cleaned(best)
