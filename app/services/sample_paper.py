"""Draws sample forms: the printed sheet, and the answers as a typewriter, a program or a hand puts them on it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from app.domain.form import FieldKind
from app.resource import resource
from app.services.sample_layout import Blank, Printed, Rectangle, Slot

if TYPE_CHECKING:  # heavy: imported where samples are drawn
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

Colour = tuple[int, int, int]
DPI = 200
BLACK: Colour = (24, 24, 28)
RED: Colour = (205, 30, 35)
BLUE: Colour = (24, 42, 190)
INK: Colour = (28, 52, 140)


@dataclass(frozen=True, slots=True)
class Pen:
    """What an answer is written with: typeface, colour, size in pixels, and whether a hand holds it."""

    face: str
    colour: Colour
    size: int
    by_hand: bool = False


SERIF_RED = Pen("Tinos", RED, 33)
SERIF_BLUE = Pen("Tinos", BLUE, 33)
SERIF_BLACK = Pen("Tinos", BLACK, 34)
TYPEWRITER = Pen("CourierPrime", BLACK, 29)
HAND = Pen("Kalam", INK, 35, by_hand=True)


def drawn(blank: Blank) -> Image:
    """The blank sheet as a picture."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (blank.width, blank.height), "white")
    draw = ImageDraw.Draw(picture)
    for rule in blank.rules:
        draw.line((rule.x0, rule.y0, rule.x1, rule.y1), fill=(90, 90, 96), width=2)
    for slot in blank.slots:
        if slot.boxed:
            box = slot.place
            draw.rectangle((box.x0, box.y0, box.x1, box.y1), fill="white", outline=(30, 30, 30), width=2)
    usual = _usual_size(blank.printed)
    for text in blank.printed:
        _print(draw, text, usual)
    return picture


def fill(
    picture: Image, blank: Blank, answers: Mapping[str, str | bool], pen: Pen, random: Random
) -> dict[str, str | bool]:
    """Write the answers into their places on the picture; returns those the sheet has a place for."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    written: dict[str, str | bool] = {}
    for slot in blank.slots:
        answer = answers.get(slot.name, False if slot.kind is FieldKind.TICK_BOX else "")
        written[slot.name] = answer
        if answer is True:
            _tick(draw, slot.place, pen, random)
        elif answer:
            _write(draw, slot, str(answer), blank.printed, pen, random)
    return written


def page_of_text(lines: Sequence[str], pen: Pen, *, left: int = 170, top: int = 220) -> Image:
    """A letter page with these lines on it; lines that begin with # are headings."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (1700, 2200), "white")
    draw = ImageDraw.Draw(picture)
    y = float(top)
    for line in lines:
        heading = line.startswith("#")
        font = font_of("Inter", round(pen.size * 1.5), bold=True) if heading else font_of(pen.face, pen.size)
        for part in wrapped(font, line.lstrip("# "), 1700 - 2 * left) or [""]:
            draw.text((left, y), part, font=font, fill=pen.colour)
            y += pen.size * (2.0 if heading else 1.45)
    return picture


def save(path: Path, pages: Sequence[Image]) -> Path:
    """Write the pages in the format the name's ending says; the same pages give the same bytes."""
    first, rest = pages[0], list(pages[1:])
    ending = path.suffix.lower()
    if ending == ".pdf":
        made = time.gmtime(0)
        first.save(
            path, "PDF", resolution=DPI, save_all=True, append_images=rest, creationDate=made, modDate=made,
            quality=88,
        )  # fmt: skip
    elif ending == ".tif":
        compression = "group4" if first.mode == "1" else "tiff_lzw"
        first.save(path, "TIFF", compression=compression, dpi=(DPI, DPI), save_all=True, append_images=rest)
    elif ending == ".jpg":
        first.save(path, "JPEG", quality=86, dpi=(DPI, DPI))
    else:
        first.save(path, "PNG", dpi=(DPI, DPI), compress_level=1)
    return path


@cache
def font_of(face: str, size: int, *, bold: bool = False) -> FreeTypeFont:
    """A typeface of the sample material, or Inter, at a size in pixels."""
    from PIL import ImageFont

    if face != "Inter":
        return ImageFont.truetype(str(resource("sample", f"{face}.ttf")), size)
    font = ImageFont.truetype(str(resource("fonts", "InterVariable.ttf")), size)
    font.set_variation_by_axes([14, 680 if bold else 440])
    return font


def _usual_size(printed: Sequence[Printed]) -> float:
    """The size most labels of a sheet have that says only where its labels are."""
    sizes = [_size_by_width(p) for p in printed if not p.size and not p.bold and len(p.text) > 5]
    return median(sizes) if sizes else 22.0


def _size_by_width(text: Printed) -> float:
    return 100 * text.place.width / max(1.0, font_of("Inter", 100, bold=text.bold).getlength(text.text))


def _print(draw: ImageDraw, text: Printed, usual: float) -> None:
    """Set a printed text: as large as given, else so that it is as wide as its place."""
    if text.size:
        font = font_of("Inter", round(text.size), bold=text.bold)
        x = text.place.x0
        if text.centred:
            x += (text.place.width - font.getlength(text.text)) / 2
        draw.text((x, text.place.y0), text.text, font=font, fill=BLACK)
        return
    tight = text.place.height < 36  # around the letters, not around a button or a logo
    size = min(_size_by_width(text), (1.6 if tight else 0.8) * text.place.height)
    if len(text.text) < 3 or (len(text.text) < 6 and 0.6 * usual < size < 1.6 * usual):
        size = usual  # the width of a few letters says little
    middle = (text.place.y0 + text.place.y1) / 2
    font = font_of("Inter", max(9, round(size)), bold=text.bold)
    draw.text((text.place.x0, middle), text.text, font=font, fill=BLACK, anchor="lm")


def _free(slot: Slot, printed: Sequence[Printed], width: float) -> Rectangle:
    """The part of an answer's place that no label stands in: below it or beside it, where `width` fits better."""
    free = slot.place
    for text in printed:
        label = text.place
        if text.size or not label.meets(free):
            continue
        parts = [
            Rectangle(free.x0, label.y1, free.x1, free.y1),
            Rectangle(label.x1 + 8, free.y0, free.x1, free.y1),
            Rectangle(free.x0, free.y0, label.x0 - 8, free.y1),
        ]
        free = max(parts, key=lambda part: min(part.height / 34, (part.width - 8) / width, 1.2))
    return free


def _write(
    draw: ImageDraw, slot: Slot, text: str, printed: Sequence[Printed], pen: Pen, random: Random
) -> None:
    size = round(pen.size * 1.25) if slot.kind is FieldKind.SIGNATURE else pen.size
    face = "Kalam" if slot.kind is FieldKind.SIGNATURE else pen.face
    free = _free(slot, printed, 1.0 if slot.multiline else font_of(face, size).getlength(text))
    if slot.multiline:
        font = font_of(face, size)
        lines = wrapped(font, text, free.width - 16)
        while len(lines) * size * 1.16 > free.height and size > 18:
            size -= 1
            font = font_of(face, size)
            lines = wrapped(font, text, free.width - 16)
        for number, line in enumerate(lines):
            y = free.y0 + size * (0.75 + 1.16 * number)
            _line(draw, (free.x0 + 8, y), line, font, pen, random)
        return
    size = min(size, max(18, int(free.height * 0.98)))
    font = font_of(face, size)
    while font.getlength(text) > free.width - 8 and size > 20:
        size -= 1
        font = font_of(face, size)
    spare = max(0.0, free.width - font.getlength(text) - 12)
    x = free.x0 + 6 + min(spare, random.uniform(0, 14))
    _line(draw, (x, (free.y0 + free.y1) / 2 + random.uniform(-2, 2)), text, font, pen, random)


def _line(
    draw: ImageDraw, at: tuple[float, float], text: str, font: FreeTypeFont, pen: Pen, random: Random
) -> None:
    if not pen.by_hand:
        draw.text(at, text, font=font, fill=pen.colour, anchor="lm")
        return
    x, y = at
    wave, climb = random.uniform(0, 6), random.uniform(-0.010, 0.006)
    for character in text:
        drift = 1.6 * math.sin(wave + x / 70) + climb * (x - at[0]) + random.uniform(-0.9, 0.9)
        shade = random.randrange(-10, 22)
        colour = (max(0, pen.colour[0] + shade), max(0, pen.colour[1] + shade), max(0, pen.colour[2] + shade))
        draw.text((x, y + drift), character, font=font, fill=colour, anchor="lm")
        x += font.getlength(character) + random.uniform(-0.6, 1.0)


def wrapped(font: FreeTypeFont, text: str, width: float) -> list[str]:
    """The text in lines that are no wider than `width` in this font."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _tick(draw: ImageDraw, place: Rectangle, pen: Pen, random: Random) -> None:
    """A check mark that leaves its box at the upper right, as they do; by hand, two strokes."""
    side = max(20.0, min(place.width, place.height, 34.0))
    x, y = (place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2
    points = [(-0.36, 0.02), (-0.10, 0.40), (0.46, -0.46)]
    if pen.by_hand:
        points = [(px + random.uniform(-0.08, 0.08), py + random.uniform(-0.08, 0.08)) for px, py in points]
        draw.line(
            [(x + px * side * 1.25, y + py * side * 1.2) for px, py in points], fill=pen.colour, width=4
        )
        return
    outline = [
        (-0.42, -0.02),
        (-0.30, -0.10),
        (-0.10, 0.20),
        (0.42, -0.50),
        (0.50, -0.44),
        (-0.06, 0.44),
        (-0.14, 0.44),
    ]
    draw.polygon([(x + px * side, y + py * side) for px, py in outline], fill=pen.colour)
