"""One page of a file: told for what it is, read as the form it belongs to, or kept as words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.domain.box import Box
from app.domain.extraction import SAMPLED, Word
from app.domain.form import FormField, Source
from app.services.document_worker.opening import page_size, words_of
from app.services.document_worker.reading.engine import Engine, Gray, Line, Points, straightened
from app.services.document_worker.reading.fillable import Widget, widgets_of
from app.services.document_worker.reading.form import FormPage, read_form
from app.services.document_worker.reading.generic import GenericPage, PlacedLine, read_generic
from app.services.document_worker.reading.identity import Side, identified, identified_by, recognized
from app.services.document_worker.reading.ink import flat_words, laid_flat
from app.services.document_worker.reading.layer import (
    exact_line,
    is_hidden,
    layer_turns,
    ordered,
    placed,
    placed_as_found,
    text_lines,
)
from app.services.document_worker.reading.likeness import FoundLine, folded, likeness
from app.services.document_worker.reading.picture import (
    USUAL_DPI,
    came_in_one_bit,
    covering_share,
    drawn,
    is_blank,
    turned_quad,
    upright_turns,
)
from app.services.document_worker.reading.plane import Matrix, mapped
from app.services.document_worker.reading.registration import Registration
from app.services.document_worker.reading.straight import laid_straight, straightening

_SPARSE = 20
_TRIED = 6
_BELIEVED = 0.85
_WRITTEN = 2
_HOPELESS = 0.4
_LAYER_SCORE = SAMPLED
"""What a scanner's own recognition is worth where a sample of it proved right."""

Layer = Sequence[tuple[str, Box]]


@dataclass(slots=True)
class PageReading:
    """What is known of one page. Boxes are in fractions of the page as stored.

    `generic` are its answers when it is read as a form nobody has defined; `asks` how many places for an
    answer it holds, `title` the line that says it is a request, empty when none does, `counted` what it says
    of itself (`Page 2 of 3`).
    """

    number: int
    kind: str = "clinical"
    turns: int = 0
    words: tuple[Word, ...] = ()
    fields: tuple[FormField, ...] = ()
    side: Side | None = None
    generic: tuple[FormField, ...] = ()
    asks: int = 0
    title: str = ""
    counted: tuple[int, int] | None = None
    empty: bool = False
    broken: bool = False
    one_bit: bool = False


def read_page(page: Any, number: int, document_id: str, sides: Sequence[Side], engine: Engine) -> PageReading:
    """Read one page of an open file. Raises whatever a damaged page makes the library raise."""
    found = PageReading(number)
    page_size(page)
    widgets = widgets_of(page)
    hidden = is_hidden(page)
    every = [(t, Box(*b)) for t, b in words_of(page)]
    layer = [] if hidden else [w for w in every if not _in_widget(w[1], widgets)]
    picture_of_text = covering_share(page) > 0.5
    if layer and not picture_of_text and (len(layer) >= _SPARSE or not _has_drawing(page)):
        return _from_layer(found, page, layer, widgets, document_id, sides, engine)
    pixels = drawn(page)
    if not widgets and not layer and is_blank(pixels):
        found.kind = "blank"
        found.empty = bool(page.parent.is_pdf) and not (page.get_images() or page.get_drawings())
        return found
    found.one_bit = came_in_one_bit(page, pixels)
    identity = identified(pixels, sides, engine)
    if identity.turns is not None:
        found.turns = identity.turns
    if identity.registration is not None and identity.side is not None:
        upright = _turned(pixels, found.turns)
        _known(found, upright, identity.registration, identity.side, layer, widgets, document_id, engine)
        return found
    if picture_of_text and len(every) >= _SPARSE and _believed(page, pixels, every, engine):
        turns = layer_turns(page)
        lines = [exact_line(g, _LAYER_SCORE) for g in text_lines([(t, b.turned(turns)) for t, b in every])]
        if not title_of(lines):
            found.turns = turns
            return _unknown(found, None, lines, widgets, document_id, asking=False)
    quads = engine.detect(pixels)
    if layer and not picture_of_text and len(quads) <= 1.5 * len(layer) + 3:
        return _from_layer(found, page, layer, widgets, document_id, sides, engine)
    if identity.turns is None:
        found.turns = upright_turns(pixels, quads, engine)
    upright = _turned(pixels, found.turns)
    if found.turns:
        quads = [turned_quad(q, pixels.shape[0], found.turns, pixels.shape[1]) for q in quads]
    read, known = recognized(upright, quads, sides, engine)
    if known is not None:
        _known(found, upright, *known, layer, widgets, document_id, engine)
        return found
    size = upright.shape[1], upright.shape[0]
    lines = [placed(line, size) for line in read]
    matrix = straightening(upright, [line.quad for line in read]) if not widgets else None
    if matrix is None:
        return _unknown(found, upright, lines, widgets, document_id)
    level = [placed(FoundLine(line.line, mapped(matrix, line.quad)), size) for line in read]
    return _unknown(found, laid_straight(upright, matrix), lines, widgets, document_id, level, matrix)


def _in_widget(box: Box, widgets: Sequence[Widget]) -> bool:
    """Whether a word of the text layer is what a fillable field shows."""
    return any(w.box.contains(*box.centre) and (w.value or w.ticked) for w in widgets)


def _turned(pixels: Gray, turns: int) -> Gray:
    return np.ascontiguousarray(np.rot90(pixels, -turns)) if turns else pixels


def _from_layer(
    found: PageReading, page: Any, layer: Layer, widgets: tuple[Widget, ...], document_id: str,
    sides: Sequence[Side], engine: Engine,
) -> PageReading:  # fmt: skip
    """A page whose text layer says everything: it is drawn only where ink can say more (a form)."""
    found.turns = layer_turns(page)
    lines = [exact_line(g) for g in text_lines([(t, b.turned(found.turns)) for t, b in layer])]
    width, height = page_size(page)
    if found.turns % 2:
        width, height = height, width
    size = round(width * USUAL_DPI / 72), round(height * USUAL_DPI / 72)
    known = identified_by([placed_as_found(line, size) for line in lines], sides, size[0]) if sides else None
    if known is None:
        asking = bool(widgets) or _asks_something(lines)
        upright = _turned(drawn(page), found.turns) if asking and _has_drawing(page) else None
        _unknown(found, upright, lines, widgets, document_id, asking=asking)
        if upright is not None and sum(1 for f in found.generic if _unread(f)) >= _WRITTEN:
            # Ink where answers go, and no text there: somebody wrote by hand over the text layer.
            lines += _unlettered(upright, lines, engine)
            _unknown(found, upright, lines, widgets, document_id)
        return found
    upright = _turned(drawn(page), found.turns)
    registration, side = known
    scale = np.diag([upright.shape[1] / size[0], upright.shape[0] / size[1], 1.0])
    there = replace(registration, matrix=scale @ registration.matrix)
    _known(found, upright, there, side, layer, widgets, document_id, engine)
    return found


def _unread(field: FormField) -> bool:
    return field.source is Source.ABSENT and field.confidence <= 0.6


def _unlettered(upright: Gray, lines: Sequence[PlacedLine], engine: Engine) -> list[PlacedLine]:
    """Lines of a page that its text layer does not have, recognized."""
    size = upright.shape[1], upright.shape[0]
    new = []
    for quad in engine.detect(upright):
        box = placed(FoundLine(Line(()), quad), size).box
        if sum(box.overlap(line.box) for line in lines) < 0.3 * box.area:
            new.append(quad)
    read = engine.recognize([straightened(upright, quad) for quad in new])
    found = [placed(FoundLine(line, quad), size) for line, quad in zip(read, new, strict=True) if line.glyphs]
    return [line for line in found if line.line.score > _HOPELESS]


def _has_drawing(page: Any) -> bool:
    """Whether anything but text is drawn on a page: rules, boxes, pictures."""
    return any(
        kind.startswith(("stroke", "fill")) and not kind.endswith("text") for kind, _ in page.get_bboxlog()
    )


def _asks_something(lines: Sequence[PlacedLine]) -> bool:
    """Whether a page of text may be a form: labels, blanks to write on, or boxes."""
    labels = sum(1 for line in lines if re.search(r"[A-Za-z)#?][ ]?:(\s|$)|_{4,}|[□☐☑☒❑❏]", line.text))
    return labels >= 1 or bool(title_of(lines))


def _believed(page: Any, pixels: Gray, layer: Layer, engine: Engine) -> bool:
    """Whether a text layer under a picture says what the picture says, by a sample of its lines."""
    height, width = pixels.shape[:2]
    lines = [line for line in (exact_line(g) for g in text_lines(layer)) if len(folded(line.text)) >= 8]
    if len(lines) < _TRIED or layer_turns(page):
        return False
    sample = lines[len(lines) // (2 * _TRIED) :: max(1, len(lines) // _TRIED)][:_TRIED]
    crops = []
    for line in sample:
        b = line.box
        quad: Points = np.array([[b.x0, b.y0], [b.x1, b.y0], [b.x1, b.y1], [b.x0, b.y1]]) * (width, height)
        crops.append(straightened(pixels, quad))
    alike = sorted(
        likeness(folded(line.text), folded(read.text))
        for line, read in zip(sample, engine.recognize(crops), strict=True)
    )
    return alike[1] > 0.5 and float(np.mean(alike)) > _BELIEVED


def _known(
    found: PageReading, upright: Gray, registration: Registration, side: Side,
    layer: Layer, widgets: tuple[Widget, ...], document_id: str, engine: Engine,
) -> None:  # fmt: skip
    size = upright.shape[1], upright.shape[0]
    flat = laid_flat(upright, registration, one_bit=found.one_bit)
    upright_layer = [(t, b.turned(found.turns)) for t, b in layer]
    page = FormPage(
        found.number, found.turns, flat, size, max(0.5, registration.confidence),
        tuple(flat_words(upright_layer, flat.matrix, flat.scale, size)), widgets, document_id,
    )  # fmt: skip
    found.kind, found.side = "form", side
    written: tuple[Word, ...] = ()
    if not side.elsewhere:
        found.fields, written = read_form(page, engine)
    printed = []
    for anchor in registration.definition.anchors:
        box = flat.on_page(*flat.pixels(anchor.box), size).turned(-found.turns)
        if box.width > 0 and box.height > 0:
            printed.append(Word(anchor.text, box, round(registration.confidence, 4)))
    found.words = tuple(ordered([*printed, *written], found.turns))


def _unknown(
    found: PageReading, upright: Gray | None, lines: Sequence[PlacedLine], widgets: tuple[Widget, ...],
    document_id: str, level: Sequence[PlacedLine] = (), straight: Matrix | None = None, *, asking: bool = True,
) -> PageReading:  # fmt: skip
    """A page of no known form: its words, and, where it asks for any, its answers as a form nobody has
    defined. `level` are the lines on a page made straight by the matrix.
    """
    lines = sorted(lines, key=lambda line: (round(line.box.y0 * 90), line.box.x0))
    words = [Word(p.text, p.box.turned(-found.turns), round(p.line.score, 4)) for p in lines if p.text]
    found.words = tuple(ordered(words, found.turns))
    found.words += tuple(Word(w.value, w.box) for w in widgets if w.value)
    found.kind = kind_of(lines)
    found.title, found.counted = title_of(lines), _counted(lines)
    if asking:
        page = GenericPage(found.number, found.turns, upright, tuple(level or lines), widgets, straight)
        found.generic = read_generic([page], document_id)
        found.asks = len(found.generic)
    return found


# -- what a page says of itself


def kind_of(lines: Sequence[PlacedLine]) -> str:
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


_REQUEST = re.compile(
    r"\bprior\W*auth|pre-?\s?auth|\bauthori[sz]ation\W+(request|form)|request\W+for\W+(prior\W+)?(auth|approval|coverage)"
    r"|pre-?\s?cert|pre-?determination|coverage\W+determination|formulary\W+exception|medical\W+necessity\W+(form|req)"
    r"|\bPA\W+request",
    re.IGNORECASE,
)


def title_of(lines: Sequence[PlacedLine]) -> str:
    """The line near the top that calls the page a request for authorization; empty when none does."""
    for line in sorted(lines, key=lambda each: each.box.y0):
        text = line.text.strip()
        short = len(text) <= 95 and len(text.split()) <= 14 and not text.endswith((".", ",", ";"))
        if line.box.y0 < 0.35 and short and ":" not in text[:-1] and _REQUEST.search(text):
            return text
    return ""


def _counted(lines: Sequence[PlacedLine]) -> tuple[int, int] | None:
    """What a page says in its head or foot: (2, 3) for `Page 2 of 3`."""
    for line in lines:
        if 0.12 < line.box.y0 < 0.88:
            continue
        said = re.search(r"\bpage\s*(\d{1,2})\s*(?:of|/)\s*(\d{1,2})\b", line.text, re.IGNORECASE)
        if said and 1 <= int(said[1]) <= int(said[2]):
            return int(said[1]), int(said[2])
    return None
