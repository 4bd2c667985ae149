"""Pages with what is known about them drawn on, as PNG: the zones of a definition, or the answers that were read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.domain.box import Box
from app.domain.confidence import SURE
from app.domain.extraction import FormExtraction
from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition
from app.resource import resource
from app.services.ports import OpenDocument
from app.services.report import value_text

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE = 1600
"""Pixels of the longer side of a picture."""
_TEXT = 13
_SURE, _DOUBTED, _WRONG = (22, 107, 67), (160, 110, 0), (168, 36, 28)
_BOX, _ANCHOR, _ZONE, _TABLE = (120, 40, 160), (140, 150, 160), (35, 86, 209), (0, 120, 130)

Colour = tuple[int, int, int]


def drawn_zones(document: OpenDocument, page: int, turns: int, definition: FormDefinition) -> bytes:
    """A page (1-based) standing upright with the zones of a definition and their names; grey: printed texts."""
    marks: list[tuple[Box, str, Colour]] = [
        (anchor.box, "", _ANCHOR) for anchor in definition.anchors if anchor.page == page
    ]
    marks += [
        (field.zone, field.name, _BOX if field.kind is FieldKind.TICK_BOX else _ZONE)
        for field in definition.fields
        if field.page == page
    ]
    for table in definition.tables:
        for row, (y0, y1) in enumerate(table.rows if table.page == page else (), 1):
            marks += [(Box(c.x0, y0, c.x1, y1), c.name if row == 1 else "", _TABLE) for c in table.columns]
    return _png(_drawn(_page(document, page, turns), marks))


def drawn_extraction(document: OpenDocument, page: int, forms: Iterable[FormExtraction]) -> bytes:
    """A page (1-based) with the answers read from it where they were read: green sure, amber doubted, red hardly
    read. An empty place is drawn without a text.
    """
    forms = tuple(forms)
    turns = next((turn for form in forms for at, turn in form.quarter_turns if at == page), 0)
    marks = [(box.turned(turns), text, colour) for box, text, colour in _answers(forms, page)]
    return _png(_drawn(_page(document, page, turns), marks))


def _answers(forms: Iterable[FormExtraction], page: int) -> Iterator[tuple[Box, str, Colour]]:
    for form in forms:
        for field in form.fields:
            if field.page == page and field.box is not None:
                text = (
                    "" if field.value in ("", False) else f"{value_text(field.value)} {field.confidence:.2f}"
                )
                yield field.box, text, _colour(field)


def _colour(field: FormField) -> Colour:
    if field.confidence >= SURE:
        return _SURE
    return _DOUBTED if field.confidence >= 0.5 else _WRONG


def _page(document: OpenDocument, page: int, turns: int) -> Image:
    from PIL import Image

    info = document.pages[page - 1]
    picture = document.render(page - 1, LONG_SIDE / max(info.width, info.height, 1.0), None, turns)
    return Image.frombytes("RGB", (picture.width, picture.height), picture.pixels)


def _drawn(picture: Image, marks: Iterable[tuple[Box, str, Colour]]) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(resource("fonts", "InterVariable.ttf")), _TEXT)
    tint = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(tint)
    width, height = picture.size
    for box, text, colour in marks:
        corners = (box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
        pen.rectangle(corners, fill=(*colour, 36), outline=(*colour, 255), width=2)
        if text:
            left, top = corners[0], max(0.0, corners[1] - _TEXT - 3)
            text = _plain(text)
            around = pen.textbbox((left + 2, top), text, font=font)
            pen.rectangle((around[0] - 2, around[1] - 1, around[2] + 2, around[3] + 1), fill=(*colour, 225))
            pen.text((left + 2, top), text, font=font, fill=(255, 255, 255, 255))
    return Image.alpha_composite(picture.convert("RGBA"), tint).convert("RGB")


def _plain(text: str) -> str:
    """A text on one line, short enough to leave the page visible."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text if len(text) <= 40 else text[:39] + "…"


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=False)
    return out.getvalue()
