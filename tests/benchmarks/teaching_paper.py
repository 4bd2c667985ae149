"""Blank forms filled by code and printed: what the benchmark of teaching reads.

Every copy differs: fonts, sizes and colours of typewriters, ticks of several hands, answers that spill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pymupdf

from app.domain.box import Box
from app.domain.form import FieldKind
from app.services import sample_value
from app.services.document_worker.opening import opened
from app.services.document_worker.reading.fillable import widgets_of
from app.services.document_worker.reading.propose_label import kind_of

_FONTS = ("helv", "tiro", "cour", "hebo")
_COLOURS = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.05, 0.1, 0.55), (0.75, 0.05, 0.1))
_TICKS = ("cross", "check", "over", "circle", "fill")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place of a blank form: page (1-based), box in fractions of the page as shown, kind, and what it is called."""

    page: int
    box: Box
    kind: FieldKind
    label: str
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A filled form as a printed and scanned page (PNG, or a PDF of pictures), and what stands at each place."""

    content: bytes
    values: tuple[str | bool, ...]


def blanks_of(content: bytes) -> tuple[Blank, ...]:
    """The fillable fields of a form: the truth about where its answers go."""
    found = []
    with opened(content, "") as document:
        for number in range(document.page_count):
            for widget in widgets_of(document[number]):
                label = widget.label or widget.name
                kind = FieldKind.TICK_BOX if widget.is_box else kind_of(label)
                found.append(Blank(number + 1, widget.box, kind, label, widget.multiline))
    return tuple(found)


def flattened(content: bytes, dpi: int = 200) -> bytes:
    """The same form as pictures: nothing in it can be filled in, and no text can be taken out of it."""
    out = pymupdf.open()
    with opened(content, "") as document:
        for page in document:
            shown = page.get_pixmap(dpi=dpi)
            made = out.new_page(width=page.rect.width, height=page.rect.height)
            made.insert_image(made.rect, stream=shown.tobytes("png"))
    return bytes(out.tobytes())


def filled(content: bytes, blanks: Sequence[Blank], seed: int, dpi: int = 200) -> Copy:
    """A copy with invented answers in some of its places."""
    random = Random(seed)
    values: list[str | bool] = []
    with opened(content, "") as document:
        if document.is_pdf is False:
            document = pymupdf.open(stream=document.convert_to_pdf())
        document.bake()  # fields become print: what is written goes over them, as on paper
        hand = _Hand(random)
        for number, blank in enumerate(blanks):
            page = document[blank.page - 1]
            width, height = page.rect.width, page.rect.height
            place = pymupdf.Rect(
                blank.box.x0 * width, blank.box.y0 * height, blank.box.x1 * width, blank.box.y1 * height
            )
            if blank.kind is FieldKind.TICK_BOX:
                ticked = random.random() < 0.3
                values.append(ticked)
                if ticked:
                    hand.tick(page, place)
                continue
            if blank.kind is FieldKind.SIGNATURE or random.random() < 0.25:
                values.append("")
                continue
            others = [o.box for i, o in enumerate(blanks) if i != number and o.page == blank.page]
            values.append(hand.write(page, place, blank, others))
        printed = flattened(document.tobytes(), dpi)
    return Copy(printed, tuple(values))


class _Hand:
    """Who fills a copy in: one typewriter, one way to tick, sometimes a second colour."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._font = random.choice(_FONTS)
        self._size = random.choice((8.0, 9.0, 10.0, 11.0))
        self._colour = random.choice(_COLOURS)
        self._tick = random.choice(_TICKS)

    def write(self, page: Any, place: Any, blank: Blank, others: Sequence[Box]) -> str:
        """Type an answer and say what stands there; nothing when none fits."""
        size = min(self._size, 0.82 * place.height)
        if blank.multiline and place.height > 2.6 * size:
            text = self._random.choice(sample_value.SERVICES).note
            lines = _wrapped(text, self._font, size, place.width - 8)[: int(place.height / (1.3 * size))]
            for row, line in enumerate(lines):
                self._type(page, place.x0 + 3, place.y0 + (1.0 + 1.3 * row) * size + 2, line, size)
            return " ".join(lines)
        room = place.width - 5
        beyond = Box(
            place.x1 / page.rect.width,
            blank.box.y0,
            min(1.0, place.x1 / page.rect.width + 0.06),
            blank.box.y1,
        )
        free = not any(beyond.overlap(o) > 0 for o in others) and place.x1 < 0.88 * page.rect.width
        if blank.kind is FieldKind.TEXT and free and self._random.random() < 0.12:
            room += 0.15 * place.width
        for text in _answers(blank, self._random):
            for smaller in (size, 0.85 * size, 7.0):
                if smaller <= size and pymupdf.get_text_length(text, self._font, smaller) <= room:
                    baseline = place.y1 - max(2.5, 0.5 * (min(place.height, 2 * smaller) - 0.72 * smaller))
                    self._type(page, place.x0 + 2 + self._random.uniform(0, 1.5), baseline, text, smaller)
                    return text
        return ""

    def _type(self, page: Any, x: float, baseline: float, text: str, size: float) -> None:
        page.insert_text((x, baseline), text, fontname=self._font, fontsize=size, color=self._colour)

    def tick(self, page: Any, box: Any) -> None:
        shape, kind = page.new_shape(), self._tick
        inset = 0.18 * box.width
        inner = pymupdf.Rect(box.x0 + inset, box.y0 + inset, box.x1 - inset, box.y1 - inset)
        if kind == "over":
            inner = pymupdf.Rect(box.x0 - 1.5, box.y0 - 2.5, box.x1 + 2.5, box.y1 + 1.0)
        if kind in ("cross", "over"):
            shape.draw_line(inner.tl, inner.br)
            shape.draw_line(inner.tr, inner.bl)
        elif kind == "check":
            low = pymupdf.Point(inner.x0 + 0.35 * inner.width, inner.y1)
            shape.draw_line(pymupdf.Point(inner.x0, inner.y0 + 0.55 * inner.height), low)
            shape.draw_line(low, pymupdf.Point(inner.x1 + 1.5, inner.y0 - 2.0))
        elif kind == "circle":
            shape.draw_circle(pymupdf.Point(*((box.tl + box.br) / 2)), 0.3 * box.width)
        else:
            shape.draw_rect(inner)
        fill = self._colour if kind == "fill" else None
        shape.finish(color=self._colour, width=1.1, fill=fill)
        shape.commit()


def _answers(blank: Blank, random: Random) -> list[str]:
    """Answers that suit a place, the longest first."""
    service = random.choice(sample_value.SERVICES)
    patient = sample_value.patient(random)
    of_kind = {
        FieldKind.DATE: [sample_value.day(patient.born), patient.born.strftime("%m/%d/%y")],
        FieldKind.PHONE: [sample_value.telephone(random), sample_value.telephone(random, "555-{line}")],
        FieldKind.NPI: [sample_value.npi(random)],
        FieldKind.ZIP: [f"{random.randint(10000, 99999)}"],
        FieldKind.ICD10: [service.icd10],
        FieldKind.PROCEDURE_CODE: [service.code],
        FieldKind.MEMBER_ID: [f"ZZ{random.randint(10**7, 10**8 - 1)}", f"Z{random.randint(1000, 9999)}"],
        FieldKind.NUMBER: [str(random.randint(2, 90)), str(random.randint(2, 9))],
        FieldKind.NAME: [patient.name, patient.name.split()[-1]],
    }
    street, town, state, _ = sample_value.address(random)
    plain = [service.diagnosis, street, f"{service.specialty}", town, "Weekly", "None", state, "10"]
    random.shuffle(plain)
    return [*of_kind.get(blank.kind, plain), "10"]


def _wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pymupdf.get_text_length(longer, font, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]
