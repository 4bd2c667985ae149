"""The fillable (AcroForm) fields of a page: what they hold is exact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.domain.box import Box
from app.services.document_worker.opening import as_shown, page_size

_BOXES = ("CheckBox", "RadioButton")
_TEXTS = ("Text", "ComboBox", "ListBox", "Signature")


@dataclass(frozen=True, slots=True)
class Widget:
    """One fillable field: its box in fractions of the page as stored. `value` for texts, `ticked` for boxes."""

    name: str
    label: str
    box: Box
    is_box: bool
    value: str = ""
    ticked: bool = False
    signature: bool = False
    multiline: bool = False

    @property
    def path(self) -> str:
        """A field name made of the widget's own: `Issuer Name` gives `issuer_name`."""
        return slug(self.name) or slug(self.label) or "field"


def slug(text: str) -> str:
    """Letters and digits in lower case, joined by underscores; at most 60 characters, no dots."""
    words = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_")
    return re.sub(r"_+", "_", words)[:60].strip("_")


def widgets_of(page: Any) -> tuple[Widget, ...]:
    """The fillable fields of the page; buttons are left out."""
    width, height = page_size(page)
    found = []
    for widget in page.widgets():
        kind = widget.field_type_string
        if kind not in _BOXES and kind not in _TEXTS:
            continue
        x0, y0, x1, y1 = as_shown(page, widget.rect)
        box = Box(*(min(1.0, max(0.0, n)) for n in (x0 / width, y0 / height, x1 / width, y1 / height)))
        if box.width <= 0 or box.height <= 0:
            continue
        raw = widget.field_value
        is_box = kind in _BOXES
        ticked = False
        if is_box:
            on = widget.on_state() or "Yes"
            ticked = raw is True or (
                isinstance(raw, str) and raw not in ("", "Off") and raw in (on, "Yes", "On")
            )
        found.append(
            Widget(
                str(widget.field_name or ""), _cleaned(widget.field_label), box, is_box,
                "" if is_box else _text(raw), ticked, kind == "Signature", bool(int(widget.field_flags or 0) & 4096),
            )
        )  # fmt: skip
    return tuple(found)


def _text(raw: object) -> str:
    if isinstance(raw, list | tuple):
        return ", ".join(str(r) for r in raw)
    # Lines of a field are one value; PDF ends them with a carriage return.
    return re.sub(r"\s*[\r\n]+\s*", " ", str(raw or "")).strip()


def _cleaned(label: object) -> str:
    return re.sub(r"\s+", " ", str(label or "")).strip()[:120]
