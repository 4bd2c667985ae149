"""Reading a known form off a page that lies on its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.box import Box
from app.domain.extraction import Word
from app.domain.form import Doubt, FieldKind, FormField, Source
from app.domain.processor import TableDefinition
from app.services.document_worker.reading.answer import POOR, Answer, Ground, answered, put_together, style_in
from app.services.document_worker.reading.confidence import blank_evidence, box_evidence, text_evidence
from app.services.document_worker.reading.crop import crop_of, isolated
from app.services.document_worker.reading.engine import Engine, Glyph, Line
from app.services.document_worker.reading.fillable import Widget
from app.services.document_worker.reading.ink import Flat, Piece
from app.services.document_worker.reading.mark import mark_in, poorness, signed_in
from app.services.document_worker.reading.recognition import recognized
from app.services.document_worker.reading.run import NO_GAPS, Run, Zone, assigned, runs, text_height
from app.services.document_worker.reading.sign import ink_signs, signs_of
from app.services.document_worker.reading.slot import Slot, slots_of
from app.services.document_worker.reading.spacing import spaced
from app.services.document_worker.reading.strip import strip_of

__all__ = ["FormPage", "Slot", "read_form", "slots_of", "unique"]

_DOUBTED = 0.85
_EXACT = 0.99
SIGNED = "signed"
"""What a signature says that cannot be read."""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page known to be a form: laid flat, with what the file itself says about it."""

    number: int
    turns: int
    flat: Flat
    size: tuple[int, int]
    placement: float
    words: tuple[Piece, ...]
    widgets: tuple[Widget, ...]
    document_id: str


def read_form(page: FormPage, engine: Engine) -> tuple[tuple[FormField, ...], tuple[Word, ...]]:
    """(every field of the form, the words written into it). What was read off the picture carries the
    evidence that its confidence is worked out from.
    """
    return _FormReading(page, engine).read()


class _FormReading:
    def __init__(self, page: FormPage, engine: Engine) -> None:
        self._page = page
        self._flat = page.flat
        self._engine = engine
        self._slots = slots_of(page.flat.definition)
        self._poor = poorness(page.flat)
        self._words: list[Word] = []
        self._spread: list[tuple[str, Run]] = []

    def read(self) -> tuple[tuple[FormField, ...], tuple[Word, ...]]:
        boxes = [s for s in self._slots if s.kind is FieldKind.TICK_BOX]
        texts = [s for s in self._slots if s.kind is not FieldKind.TICK_BOX]
        pieces = self._written(boxes)
        height = text_height(pieces)
        zones = [Zone(s.path, s.kind, *self._flat.pixels(s.zone), s.embeds) for s in texts]
        found, strays = assigned(runs(pieces, height), zones, height)
        fields = [self._ticked(s, height) for s in boxes]
        fields += self._answered(texts, found, height)
        for run, line in self._recognized([r for r in strays if _worth(r, height)], height):
            self._say(line.text, run, line.score)
        fields += self._extra()
        for table in self._flat.definition.tables:
            fields = _without_empty_rows(fields, table)
        return tuple(sorted(fields, key=lambda f: f.order)), tuple(self._words)

    def _written(self, boxes: Sequence[Slot]) -> list[Piece]:
        """Pieces that may be part of a text: no marks of tick boxes, and no ink where the text layer has words."""
        flat = self._flat
        marks = []
        for slot in boxes:
            x0, y0, x1, y1 = flat.pixels(slot.zone)
            grown = 0.4 * min(x1 - x0, y1 - y0) if x1 - x0 < 60 else 0.0
            marks.append((x0 - grown, y0 - grown, x1 + grown, y1 + grown))
        words = [w for w in self._page.words if not self._printed(w)]
        areas = np.array([(w.x0 - 3, w.y0 - 6, w.x1 + 3, w.y1 + 6) for w in self._page.words] or [(0.0,) * 4])
        marked = np.array(marks or [(0.0,) * 4])
        kept = []
        small = 0.4 * text_height(flat.pieces)
        for piece in flat.pieces:
            if piece.overprint and max(piece.width, piece.height) < small:
                continue  # a corner of a printed letter
            x, y = (piece.x0 + piece.x1) / 2, piece.middle
            for each in (marked, areas):
                if bool(
                    ((each[:, 0] <= x) & (x <= each[:, 2]) & (each[:, 1] <= y) & (y <= each[:, 3])).any()
                ):
                    break
            else:
                kept.append(piece)
        return [*kept, *words]

    def _printed(self, word: Piece) -> bool:
        area = max(1.0, word.width * word.height)
        for anchor in self._flat.definition.anchors:
            x0, y0, x1, y1 = self._flat.pixels(anchor.box)
            wide = min(word.x1, x1 + 4) - max(word.x0, x0 - 4)
            high = min(word.y1, y1 + 8) - max(word.y0, y0 - 8)
            if wide > 0 and high > 0 and wide * high > 0.6 * area:
                return True
        return False

    # -- tick boxes

    def _ticked(self, slot: Slot, height: float) -> FormField:
        widget = self._widget(slot)
        zone = self._flat.pixels(slot.zone)
        if widget is not None and widget.ticked:
            return self._field(slot, True, 1.0, Source.FILLABLE, widget.box, placement=1.0)
        mark = mark_in(self._flat, zone, height)
        box = self._on_page(mark.x0, mark.y0, mark.x1, mark.y1)
        if widget is not None and not mark.ticked:
            return self._field(slot, False, 1.0, Source.FILLABLE, widget.box, placement=1.0)
        confidence = 0.5 + (mark.confidence - 0.5) * self._page.placement**0.25
        field = self._field(slot, mark.ticked, confidence, Source.RECOGNIZED, box)
        return replace(field, evidence=box_evidence(confidence))

    # -- texts

    def _answered(self, slots: Sequence[Slot], found: dict[str, list[Run]], height: float) -> list[FormField]:
        self._spread = [(s.embeds, r) for s in slots for r in found.get(s.path, ()) if _worth(r, height)]
        fields: list[FormField] = []
        waiting: list[tuple[Slot, list[Run]]] = []
        for slot in slots:
            widget = self._widget(slot)
            if widget is not None and widget.value:
                fields.append(
                    self._field(slot, widget.value, 1.0, Source.FILLABLE, widget.box, placement=1.0)
                )
                self._words.append(Word(widget.value, widget.box))
                continue
            each = [r for r in found.get(slot.path, []) if _worth(r, height)]
            if each:
                waiting.append((slot, each))
            else:
                fields.append(self._empty(slot, widget, found.get(slot.path, []), height))
        fields += self._read_off(waiting, height)
        return fields

    def _read_off(self, waiting: Sequence[tuple[Slot, list[Run]]], height: float) -> list[FormField]:
        """Answers in two passes: freely all over the form, then each with what the others have in common."""
        broken = self._poor > POOR
        every = [r for _, each in waiting for r in each if r.pieces[0].text is None]
        seen = recognized(self._flat, every, height, self._engine, broken=broken)
        fields: list[FormField] = []
        first: list[tuple[Slot, list[Line], Line, Ground]] = []
        for slot, each in waiting:
            if not all(id(r) in seen for r in each):
                lines = [seen[id(r)].line if id(r) in seen else _exact(r) for r in each]
                fields.append(self._exact(slot, each, lines, height))
                continue
            looks = [seen[id(r)] for r in each]
            strip = strip_of([s.chances for s in looks], [crop_of(r, height) for r in each])
            lines = [s.line for s in looks]
            if slot.kind not in NO_GAPS:
                lines = [spaced(r, line, height, broken) for r, line in zip(each, lines, strict=True)]
            along = [strip.shifted(line, i) for i, line in enumerate(lines)]
            ground = Ground(each, strip, self._poor, height, self._flat.specks, any(s.differs for s in looks))
            first.append((slot, lines, put_together(slot, each, along, height), ground))
        style = style_in([(slot, line, ground) for slot, _, line, ground in first])
        for slot, lines, line, ground in first:
            for run, part in zip(ground.runs, lines, strict=True):
                self._say(part.text, run, part.score)
            fields.append(self._text(slot, answered(slot, line, ground, style), lines, ground))
        return fields

    def _recognized(self, wanted: Sequence[Run], height: float) -> list[tuple[Run, Line]]:
        """What each run says: as the text layer has it, or recognized in one batch."""
        seen = [r for r in wanted if r.pieces[0].text is None]
        lines = self._engine.recognize([isolated(self._flat, r, height) for r in seen])
        read = {id(r): line for r, line in zip(seen, lines, strict=True)}
        return [(r, read[id(r)] if id(r) in read else _exact(r)) for r in wanted]

    def _exact(self, slot: Slot, each: Sequence[Run], lines: Sequence[Line], height: float) -> FormField:
        """An answer the document carries as text."""
        line, box = put_together(slot, each, lines, height), self._around(each)
        for run, part in zip(each, lines, strict=True):
            self._say(part.text, run, 1.0)
        if not line.glyphs:
            return self._nothing(slot, 0.6, Source.TEXT_LAYER, box)
        return self._field(slot, line.text, _EXACT * self._page.placement**0.05, Source.TEXT_LAYER, box)

    def _text(self, slot: Slot, answer: Answer, lines: Sequence[Line], ground: Ground) -> FormField:
        line, each, height = answer.line, ground.runs, ground.height
        box = self._around(each)
        if slot.kind is FieldKind.SIGNATURE and not _legible(line):
            return self._signed(slot, each, height)
        if not line.glyphs:
            return self._nothing(slot, 0.6, Source.RECOGNIZED, box)
        x0, _, x1, _ = self._flat.pixels(slot.zone)
        spill = any(r.x1 > x1 + height or r.x0 < x0 - height for r in each)
        read = Line(tuple(g for g in line.glyphs if not g.supplied)) or line
        evidence = text_evidence(
            read.score, read.lowest, len(line.text), fits=answer.fits, overprint=any(r.overprint for r in each),
            spill=spill, poor=self._poor, placement=self._page.placement, supplied=len(answer.supplied),
            cost=answer.cost,
            signs=(
                *signs_of(answer.kind, line, self._poor), *ink_signs(each, lines, height),
                ("differs", float(ground.differs)),
            ),
        )  # fmt: skip
        return replace(
            self._field(slot, line.text, read.score, Source.RECOGNIZED, box),
            evidence=evidence,
            supplied=answer.supplied,
            doubts=tuple(
                Doubt(i, tuple(a for a, _ in g.alternatives[:3]), g.score)
                for i, g in enumerate(line.glyphs) if g.score < _DOUBTED and g.alternatives
            ),
            suggestions=answer.suggestions,
        )  # fmt: skip

    def _signed(self, slot: Slot, each: Sequence[Run], height: float) -> FormField:
        """A scrawl nobody can read: as sure as it is that something is written there."""
        sure = signed_in(self._flat, self._flat.pixels(slot.zone), height)
        if sure < 0.5:
            return self._nothing(slot, 1.0 - sure, Source.RECOGNIZED, self._around(each))
        field = self._field(slot, SIGNED, sure, Source.RECOGNIZED, self._around(each))
        return replace(field, evidence=box_evidence(sure))

    def _empty(self, slot: Slot, widget: Widget | None, each: Sequence[Run], height: float) -> FormField:
        """Nothing is written here: as sure as the place is right and nothing but specks was seen."""
        if widget is not None:
            return self._field(slot, "", 1.0, Source.FILLABLE, widget.box, placement=1.0)
        if slot.kind is FieldKind.SIGNATURE and each:
            return self._signed(slot, each, height)
        box = self._on_page(*self._flat.pixels(slot.zone))
        specks = sum(sum(p.area for p in r.pieces) for r in each) / (height * height)
        x0, y0, x1, y1 = self._flat.pixels(slot.zone)
        for embeds, other in self._spread:
            if embeds == slot.kind:
                continue  # a description that ends in its code reaches the code's own column by habit
            wide, high = min(x1, other.x1) - max(x0, other.x0), min(y1, other.y1) - max(y0, other.y0)
            if wide > 0.25 * (x1 - x0) and high > 0.5 * height:
                # A neighbour's answer runs through this place; what is written under it may not be seen.
                return self._nothing(slot, 0.6, Source.ABSENT, box)
        # A piece as large as half a letter is what is left of one, or a large speck.
        largest = max((max(p.width, p.height) for r in each for p in r.pieces), default=0.0) / height
        sure = (0.992 - min(0.4, 0.4 * specks + 0.5 * max(0.0, largest - 0.3))) * self._page.placement**0.05
        return self._nothing(slot, sure, Source.ABSENT, box)

    def _nothing(self, slot: Slot, sure: float, source: Source, box: Box) -> FormField:
        return replace(self._field(slot, "", sure, source, box), evidence=blank_evidence(sure))

    # -- common

    def _around(self, each: Sequence[Run]) -> Box:
        return self._on_page(
            min(r.x0 for r in each), min(r.y0 for r in each), max(r.x1 for r in each), max(r.y1 for r in each)
        )

    def _widget(self, slot: Slot) -> Widget | None:
        """The fillable field of the slot: by its name, or by its place where the names are others."""
        for widget in self._page.widgets:
            if widget.name in slot.fillable:
                return widget
        if slot.fillable and any(w.name in s.fillable for s in self._slots for w in self._page.widgets):
            return None
        place = self._on_page(*self._flat.pixels(slot.zone))
        for widget in self._page.widgets:
            if widget.is_box == (slot.kind is FieldKind.TICK_BOX) and place.padded(0.004, 0.004).contains(
                *widget.box.centre
            ):
                return widget
        return None

    def _extra(self) -> list[FormField]:
        """Fillable fields that hold something and that the definition has no name for."""
        named = {name for s in self._slots for name in s.fillable}
        by_place = {id(w) for s in self._slots if (w := self._widget(s)) is not None}
        fields: list[FormField] = []
        taken = {s.path for s in self._slots}
        for widget in self._page.widgets:
            if widget.name in named or id(widget) in by_place or not (widget.value or widget.ticked):
                continue
            path = unique(widget.path, taken)
            nearest = min(
                self._slots, key=lambda s: _apart(self._on_page(*self._flat.pixels(s.zone)), widget.box)
            )  # fmt: skip
            fields.append(
                FormField(
                    path, widget.label or widget.name, nearest.section,
                    FieldKind.TICK_BOX if widget.is_box else FieldKind.TEXT,
                    True if widget.is_box else widget.value, 1.0, 1.0, Source.FILLABLE, self._page.document_id,
                    self._page.number, widget.box, order=len(self._slots) + len(fields),
                )
            )  # fmt: skip
        return fields

    def _field(
        self,
        slot: Slot,
        value: str | bool,
        confidence: float,
        source: Source,
        box: Box,
        placement: float | None = None,
    ) -> FormField:
        return FormField(
            path=slot.path, label=slot.label, section=slot.section, kind=slot.kind, value=value,
            confidence=round(confidence, 4),
            placement_confidence=round(self._page.placement if placement is None else placement, 4),
            source=source, document_id=self._page.document_id, page=self._page.number, box=box,
            required=slot.required, order=slot.order, group=slot.group,
        )  # fmt: skip

    def _on_page(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        return self._flat.on_page(x0, y0, x1, y1, self._page.size).turned(-self._page.turns)

    def _say(self, text: str, run: Run, score: float) -> None:
        if text:
            box = self._on_page(run.x0, run.y0, run.x1, run.y1)
            if box.width > 0 and box.height > 0:
                self._words.append(Word(text, box, round(min(1.0, score), 4)))


def _legible(line: Line) -> bool:
    """Whether a signature reads as a name: most of its characters are, and the network is sure of most."""
    letters = sum(g.text.isalpha() for g in line.glyphs)
    return letters >= 3 and letters >= 0.6 * len(line.glyphs) and line.score >= 0.75


def _exact(run: Run) -> Line:
    words = sorted(run.pieces, key=lambda p: p.x0)
    text = " ".join(p.text or "" for p in words)
    return Line(tuple(Glyph(c, 1.0, (i + 0.5) / max(1, len(text))) for i, c in enumerate(text)))


def _worth(run: Run, height: float) -> bool:
    """Whether a run is more than specks: letters have some size."""
    if run.pieces[0].text is not None:
        return True
    largest = max(max(p.height, p.width) for p in run.pieces) / height
    # A 1 that stands alone is tall and has little ink.
    ink = sum(p.area for p in run.pieces) / (height * height)
    return largest >= 0.42 and ink >= (0.06 if largest >= 0.75 else 0.10)


def _without_empty_rows(fields: Sequence[FormField], table: TableDefinition) -> list[FormField]:
    """Rows at the end that hold nothing are left out: the form printed them, nobody used them."""
    rows = {f.cell[1] for f in fields if f.cell and f.cell[0] == table.name and f.value not in ("", False)}
    last = max((int(r[1:]) for r in rows), default=0)
    return [f for f in fields if not (f.cell and f.cell[0] == table.name and int(f.cell[1][1:]) > last)]


def unique(path: str, taken: set[str]) -> str:
    """The path, with a number behind it when it is taken already; the set learns it."""
    candidate, number = path, 2
    while candidate in taken:
        candidate, number = f"{path}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _apart(first: Box, second: Box) -> float:
    (ax, ay), (bx, by) = first.centre, second.centre
    return abs(ax - bx) + 2 * abs(ay - by)
