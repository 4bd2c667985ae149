"""Reading a whole file: page after page, each told for what it is, forms read, the rest kept as words."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Extraction, FormExtraction, PageText, Part, Word
from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition
from app.services.document_worker.opening import opened, telling_what_is_broken, words_of
from app.services.document_worker.reading import generic
from app.services.document_worker.reading.engine import Engine, Glyph, Gray, Line, Points, straightened
from app.services.document_worker.reading.fillable import Widget, widgets_of
from app.services.document_worker.reading.form import FormPage, read_form
from app.services.document_worker.reading.generic import GenericPage, PlacedLine, read_generic
from app.services.document_worker.reading.ink import flat_words, laid_flat
from app.services.document_worker.reading.picture import (
    covering_share,
    drawn,
    is_blank,
    turned_quad,
    upright_turns,
)
from app.services.document_worker.reading.registration import FoundLine, Registration, register

_GENERIC_PAGES = 6
"""Of a file without a known form, the first pages are searched for labels and values."""
_SPARSE = 20
_FIRST_LINES = 28


@dataclass(slots=True)
class _Page:
    """What is known of one page while the file is read."""

    number: int
    kind: str = "clinical"
    turns: int = 0
    words: tuple[Word, ...] = ()
    fields: tuple[FormField, ...] = ()
    definition: FormDefinition | None = None
    generic: GenericPage | None = None
    empty: bool = False
    broken: bool = False
    lines: tuple[PlacedLine, ...] = field(default=())


def read_document(
    content: bytes,
    media_type: str,
    document_id: str,
    definitions: Sequence[FormDefinition],
    engine: Engine,
    tell: Callable[[int, int], None],
) -> Extraction:
    """Everything in a file. Raises `Unreadable` when nothing is written on any page, or nothing can be made out."""
    started = time.perf_counter()
    document = opened(content, media_type)
    count = int(document.page_count)
    tell(0, count)
    pages: list[_Page] = []
    broken: Unreadable | None = None
    for number in range(1, count + 1):
        keep = sum(1 for p in pages if p.generic is not None) < _GENERIC_PAGES
        try:
            with telling_what_is_broken():
                page = document[number - 1]
                pages.append(_read_page(page, number, document_id, definitions, engine, keep))
        except Unreadable as error:
            # One page that cannot be drawn does not take the others with it; it is kept, without words.
            broken = broken or error
            pages.append(_Page(number, broken=True))
        tell(number, count)
    if broken is not None and all(p.broken or p.kind == "blank" for p in pages):
        raise broken
    if all(p.kind == "blank" for p in pages):
        if all(p.empty for p in pages):
            raise Unreadable(
                "Nothing is on any page of this file.",
                "Ask the sender to send it again.",
                code="nothing_on_pages",
            )
        raise Unreadable(
            "All pages are blank.",
            "It may have been scanned face down: ask the sender to send it again.",
            code="all_blank",
        )
    forms = _forms(pages)
    if not forms:
        forms = _generic_forms(pages, document_id)
    if not forms and not any(p.words for p in pages):
        raise Unreadable(
            "Nothing on these pages can be read as text.",
            "Look at the pages; ask the sender for a sharper copy if they should hold text.",
            code="no_text",
        )
    seconds = time.perf_counter() - started
    return Extraction(
        count,
        tuple(forms),
        _parts(pages, forms),
        tuple(PageText(p.number, p.words) for p in pages if p.words),
        round(seconds, 3),
    )


def read_region(
    content: bytes, media_type: str, page_number: int, box: Box, engine: Engine
) -> tuple[Word, ...]:
    """The lines of text in a box (fractions of the page as stored), top to bottom."""
    import pymupdf

    document = opened(content, media_type)
    if not 1 <= page_number <= document.page_count:
        raise Unreadable("The document has no such page.", code="no_such_page")
    page = document[page_number - 1]
    within = [(t, Box(*b)) for t, b in words_of(page) if not _is_hidden_layer(page)]
    chosen = [(t, b) for t, b in within if b.overlap(box) > 0.5 * b.area]
    if chosen:
        return tuple(_as_words(_text_lines(chosen)))
    rectangle = page.rect
    clip = pymupdf.Rect(
        rectangle.x0 + box.x0 * rectangle.width, rectangle.y0 + box.y0 * rectangle.height,
        rectangle.x0 + box.x1 * rectangle.width, rectangle.y0 + box.y1 * rectangle.height,
    )  # fmt: skip
    if clip.width < 2 or clip.height < 2:
        return ()
    # A line of small print is about ten points high: it becomes 48 pixels; wide regions stay payable.
    scale = min(4.2, 2600 / max(clip.width, clip.height))
    picture = page.get_pixmap(
        matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False, clip=clip
    )
    pixels = np.frombuffer(picture.samples_mv, np.uint8).reshape(picture.height, picture.width, 3).copy()
    return _region_words(pixels, box, engine)


def _region_words(pixels: Gray, box: Box, engine: Engine) -> tuple[Word, ...]:
    height, width = pixels.shape[:2]
    border = max(8, round(0.15 * min(height, width)))
    framed = np.pad(pixels, ((border, border), (border, border), (0, 0)), constant_values=255)
    quads = engine.detect(framed, side=min(800, max(96, min(framed.shape[:2]) * 2 // 3)))
    best: list[tuple[float, tuple[Word, ...]]] = []
    for turns in (0, 1, 3, 2):
        # Most regions stand upright; the others are tried only when that reads badly.
        if best and max(b[0] for b in best) > 0.75:
            break
        turned = np.ascontiguousarray(np.rot90(framed, -turns))
        each = [turned_quad(q, framed.shape[0], turns, framed.shape[1]) for q in quads] if turns else quads
        lines = engine.recognize([straightened(turned, q) for q in each])
        words = []
        for quad, line in zip(quads, lines, strict=True):
            if not line.glyphs:
                continue
            left, top = quad.min(axis=0) - border
            right, bottom = quad.max(axis=0) - border
            across = [box.x0 + box.width * float(np.clip(n / width, 0.0, 1.0)) for n in (left, right)]
            down = [box.y0 + box.height * float(np.clip(n / height, 0.0, 1.0)) for n in (top, bottom)]
            place = Box(across[0], down[0], across[1], down[1])
            words.append(Word(line.text, place, round(line.score, 4)))
        score = float(np.mean([w.confidence for w in words])) if words else 0.0
        best.append((score, tuple(_ordered(words))))
    return max(best, key=lambda b: b[0])[1] if best else ()


# -- one page


def _read_page(
    page: Any, number: int, document_id: str, definitions: Sequence[FormDefinition],
    engine: Engine, keep: bool,
) -> _Page:  # fmt: skip
    found = _Page(number)
    widgets = widgets_of(page)
    layer = [] if _is_hidden_layer(page) else [(t, Box(*b)) for t, b in words_of(page)]
    layer = [
        (t, b)
        for t, b in layer
        if not any(w.box.contains(*b.centre) and (w.value or w.ticked) for w in widgets)
    ]
    pixels = drawn(page)
    if not widgets and not layer and is_blank(pixels):
        found.kind = "blank"
        found.empty = bool(page.parent.is_pdf) and not (page.get_images() or page.get_drawings())
        return found
    picture_of_text = covering_share(page) > 0.5
    # A few typed words over a form drawn as curves do not say what the page says: then it is looked at.
    quads = engine.detect(pixels) if picture_of_text or len(layer) < _SPARSE else []
    if layer and not picture_of_text and len(quads) <= 1.5 * len(layer) + 3:
        # The text layer says everything; the picture is asked for ink alone.
        found.turns = _layer_turns(page)
        upright = np.ascontiguousarray(np.rot90(pixels, -found.turns)) if found.turns else pixels
        groups = _text_lines([(t, b.turned(found.turns)) for t, b in layer])
        lines = [_exact_line(group) for group in groups]
        shown = [_placed_as_found(line, upright) for line in lines]
        registration = _best(shown, definitions, upright.shape[1])
    else:
        found.turns = upright_turns(pixels, quads, engine)
        upright = np.ascontiguousarray(np.rot90(pixels, -found.turns)) if found.turns else pixels
        if found.turns:
            quads = [turned_quad(q, pixels.shape[0], found.turns, pixels.shape[1]) for q in quads]
        shown, registration = _recognized(upright, quads, definitions, engine)
        lines = [_placed(line, upright) for line in shown]
    if registration is not None:
        _known(found, upright, registration, layer, widgets, document_id, engine)
        return found
    found.lines = tuple(sorted(lines, key=lambda line: (round(line.box.y0 * 90), line.box.x0)))
    words = [Word(p.text, p.box.turned(-found.turns), round(p.line.score, 4)) for p in lines if p.text]
    found.words = tuple(_ordered(words, found.turns))
    found.words += tuple(Word(w.value, w.box) for w in widgets if w.value)
    found.kind = _kind(lines)
    if keep:
        found.generic = GenericPage(number, found.turns, upright, found.lines, widgets)
    return found


def _recognized(
    upright: Gray, quads: Sequence[Points], definitions: Sequence[FormDefinition], engine: Engine
) -> tuple[list[FoundLine], Registration | None]:
    """The lines of a page; as soon as enough of them name a form, the others are not read."""
    order = sorted(range(len(quads)), key=lambda i: _promise(quads[i]), reverse=True)
    # From all over the page: a form is held by its corners.
    first = _spread([quads[i] for i in order], upright.shape[0])[:_FIRST_LINES]
    chosen = [order[i] for i in first]
    rest = [i for i in order if i not in set(chosen)]
    lines: list[FoundLine] = []
    while chosen:
        read = engine.recognize([straightened(upright, quads[i]) for i in chosen])
        lines += [FoundLine(line, quads[i]) for line, i in zip(read, chosen, strict=True) if line.glyphs]
        registration = _best(lines, definitions, upright.shape[1])
        if registration is not None and (not rest or _certain(registration, len(lines))):
            return lines, registration
        if registration is None and len(lines) >= 2 * _FIRST_LINES:
            chosen, rest = rest, []
        else:
            chosen, rest = rest[:_FIRST_LINES], rest[_FIRST_LINES:]
    return lines, _best(lines, definitions, upright.shape[1])


def _certain(registration: Registration, read: int) -> bool:
    """Whether most of the lines read so far are texts the form prints, closely in place."""
    return registration.matches >= 16 and registration.matches >= 0.45 * read and registration.error < 0.004


def _promise(quad: Points) -> float:
    """Lines of middling length are labels and headings; the longest are small print, the shortest say little."""
    along, across = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    return -abs(along / max(1.0, across) - 9.0)


def _spread(quads: Sequence[Points], height: int) -> list[int]:
    """The order that takes lines in turn from eight bands of the page, the most promising first in each."""
    bands: dict[int, list[int]] = {}
    for index, quad in enumerate(quads):
        bands.setdefault(int(8 * float(quad[:, 1].mean()) / height), []).append(index)
    order = []
    while any(bands.values()):
        for each in bands.values():
            if each:
                order.append(each.pop(0))
    return order


def _best(
    lines: Sequence[FoundLine], definitions: Sequence[FormDefinition], width: int
) -> Registration | None:
    found = [r for d in definitions if (r := register(lines, d, width)) is not None]
    return max(found, key=lambda r: (r.share, -r.error), default=None)


def _known(
    found: _Page, upright: Gray, registration: Registration,
    layer: Sequence[tuple[str, Box]], widgets: tuple[Widget, ...], document_id: str, engine: Engine,
) -> None:  # fmt: skip
    size = upright.shape[1], upright.shape[0]
    flat = laid_flat(upright, registration)
    upright_layer = [(t, b.turned(found.turns)) for t, b in layer]
    page = FormPage(
        found.number, found.turns, flat, size, max(0.5, registration.confidence),
        tuple(flat_words(upright_layer, flat.matrix, flat.scale, size)), widgets, document_id,
    )  # fmt: skip
    fields, written = read_form(page, engine)
    found.kind, found.definition, found.fields = "form", registration.definition, fields
    printed = []
    for anchor in registration.definition.anchors:
        box = flat.on_page(*flat.pixels(anchor.box), size).turned(-found.turns)
        if box.width > 0 and box.height > 0:
            printed.append(Word(anchor.text, box, round(registration.confidence, 4)))
    found.words = tuple(_ordered([*printed, *written], found.turns))


def _kind(lines: Sequence[PlacedLine]) -> str:
    """A fax cover, or anything else."""
    text = " ".join(line.text.lower() for line in lines)
    if len(text) > 1800:
        return "clinical"  # a cover sheet says little; instructions and forms name faxes and covers too
    if re.search(r"(fax|facsimile)\s+(cover|transmi)|cover\s+(sheet|page)", text):
        return "fax_cover"
    signs = (
        r"\bfax\b|facsimile", r"\bto\b:?", r"\bfrom\b:?", r"\bpages?\b", r"\bre\b:|regarding|remarks|message",
        r"\bphone\b|telephone",
    )  # fmt: skip
    hits = sum(1 for sign in signs if re.search(sign, text))
    return "fax_cover" if hits >= 4 and "confidential" in text else "clinical"


def _layer_turns(page: Any) -> int:
    """How many clockwise quarter turns make the text of a text layer run left to right as the page is shown."""
    votes = [0, 0, 0, 0]
    for block in page.get_text("dict")["blocks"]:
        for line in block.get("lines", ()):
            across, down = line["dir"]
            clockwise = round(math.degrees(math.atan2(down, across)) + page.rotation) / 90
            votes[-round(clockwise) % 4] += sum(len(s["text"]) for s in line["spans"])
    return votes.index(max(votes))


def _is_hidden_layer(page: Any) -> bool:
    """Whether the text of the page is not shown (a scanner's own recognition under its picture)."""
    total = shown = 0
    for span in page.get_texttrace():
        count = len(span["chars"])
        total += count
        if span["type"] != 3 and span.get("opacity", 1) > 0.05:
            shown += count
    return total > 0 and shown < 0.3 * total


# -- lines


def _text_lines(words: Sequence[tuple[str, Box]]) -> list[list[tuple[str, Box]]]:
    """Words grouped to runs on one line: a gap wider than the line is high begins another."""
    lines: list[list[tuple[str, Box]]] = []
    for text, box in sorted(words, key=lambda w: (round(w[1].centre[1] * 200), w[1].x0)):
        for line in reversed(lines[-12:]):
            last = line[-1][1]
            level = min(last.y1, box.y1) - max(last.y0, box.y0) > 0.55 * min(last.height, box.height)
            # Fractions of width are larger than fractions of height on an upright page by about 1.3.
            if level and -0.3 * box.height < box.x0 - last.x1 < 0.75 * box.height:
                line.append((text, box))
                break
        else:
            lines.append([(text, box)])
    return lines


def _exact_line(group: Sequence[tuple[str, Box]]) -> PlacedLine:
    box = Box.around(b for _, b in group)
    glyphs: list[Glyph] = []
    for index, (text, place) in enumerate(group):
        if index:
            glyphs.append(Glyph(" ", 1.0, min(1.0, max(0.0, (place.x0 - box.x0) / max(1e-9, box.width)))))
        for i, character in enumerate(text):
            x = place.x0 + place.width * (i + 0.5) / len(text)
            glyphs.append(Glyph(character, 1.0, min(1.0, max(0.0, (x - box.x0) / max(1e-9, box.width)))))
    return PlacedLine(Line(tuple(glyphs)), box, True)


def _placed_as_found(line: PlacedLine, pixels: Gray) -> FoundLine:
    height, width = pixels.shape[:2]
    b = line.box
    # A text layer's boxes reach a little above and below the ink; the middle is what is matched.
    quad = np.array(
        [
            [b.x0 * width, b.y0 * height],
            [b.x1 * width, b.y0 * height],
            [b.x1 * width, b.y1 * height],
            [b.x0 * width, b.y1 * height],
        ]
    )
    return FoundLine(line.line, quad)


def _placed(found: FoundLine, upright: Gray) -> PlacedLine:
    height, width = upright.shape[:2]
    x0, y0 = found.quad.min(axis=0)
    x1, y1 = found.quad.max(axis=0)
    box = Box(*(float(min(1.0, max(0.0, n))) for n in (x0 / width, y0 / height, x1 / width, y1 / height)))
    return PlacedLine(found.line, box, False)


def _as_words(groups: Sequence[Sequence[tuple[str, Box]]]) -> list[Word]:
    return _ordered([Word(" ".join(t for t, _ in g), Box.around(b for _, b in g)) for g in groups])


def _ordered(words: Sequence[Word], turns: int = 0) -> list[Word]:
    """In reading order of the page after it was turned upright."""

    def place(word: Word) -> tuple[int, float]:
        box = word.box.turned(turns)
        return round(box.centre[1] * 90), box.x0

    return sorted(words, key=place)


# -- the file


def _forms(pages: Sequence[_Page]) -> list[FormExtraction]:
    return [
        FormExtraction(
            p.definition.form_type, p.definition.version, (p.number,), p.fields,
            ((p.number, p.turns),) if p.turns else (),
        )
        for p in pages if p.definition is not None
    ]  # fmt: skip


def _generic_forms(pages: Sequence[_Page], document_id: str) -> list[FormExtraction]:
    """A file without a known form is read as one form of unknown kind, cover sheets left out."""
    every = [p for p in pages if p.generic is not None]
    chosen = [p for p in every if p.kind != "fax_cover"] or every
    fields = read_generic([p.generic for p in chosen if p.generic], document_id)
    if not chosen or not any(p.words for p in chosen):
        return []
    if not any(f.kind is FieldKind.TICK_BOX or f.value or f.label for f in fields):
        fields = ()
    for page in chosen:
        page.kind = "form"
    return [
        FormExtraction(
            generic.FORM_TYPE, generic.VERSION, tuple(p.number for p in chosen), fields,
            tuple((p.number, p.turns) for p in chosen if p.turns),
        )
    ]  # fmt: skip


def _parts(pages: Sequence[_Page], forms: Sequence[FormExtraction]) -> tuple[Part, ...]:
    """Every page in exactly one part: each form its own, other pages by their kind."""
    parts = [Part("form", f.pages) for f in forms]
    for kind in ("fax_cover", "clinical", "blank"):
        numbers = tuple(p.number for p in pages if p.kind == kind)
        if numbers:
            parts.append(Part(kind, numbers))
    return tuple(sorted(parts, key=lambda p: p.pages[0]))
