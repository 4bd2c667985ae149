"""Reading a known form off a page that lies on its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from app.domain.box import Box
from app.domain.extraction import Word
from app.domain.form import Doubt, FieldKind, FormField, Source
from app.domain.processor import Column, FieldDefinition, FormDefinition, TableDefinition
from app.services.document_worker.reading.confidence import blank_evidence, box_evidence, text_evidence
from app.services.document_worker.reading.engine import Engine, Glyph, Gray, Line
from app.services.document_worker.reading.fillable import Widget
from app.services.document_worker.reading.ink import Flat, Piece
from app.services.document_worker.reading.kind import fits, fitting
from app.services.document_worker.reading.mark import mark_in, poorness
from app.services.document_worker.reading.run import NO_GAPS, Run, Zone, assigned, runs, text_height

_DOUBTED = 0.85
_POSSIBLE = 0.15
_EXACT = 0.99
_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One answer to look for: a field, or a cell of a table."""

    path: str
    label: str
    section: str
    kind: FieldKind
    zone: Box
    required: bool
    multiline: bool
    unbroken: bool
    embeds: str
    order: int
    group: str
    fillable: tuple[str, ...]


def slots_of(definition: FormDefinition) -> list[Slot]:
    """Everything the form asks for, in the order of the form: sections, then from top to bottom."""
    found: list[Slot] = []
    for section in definition.sections:
        each = [_field_slot(f, definition) for f in definition.fields if f.section == section.name]
        for table in definition.tables:
            if table.section != section.name:
                continue
            bottom = table.rows[-1][1] - 0.01
            at = next((i for i, s in enumerate(each) if s.zone.y0 >= bottom), len(each))
            each[at:at] = [
                _cell_slot(table, row, column, y0, y1)
                for row, (y0, y1) in enumerate(table.rows, 1)
                for column in table.columns
            ]
        found += each
    return [replace(slot, order=order) for order, slot in enumerate(found)]


def _field_slot(item: FieldDefinition, definition: FormDefinition) -> Slot:
    choice = definition.choice_of(item.name)
    return Slot(
        item.name, item.label, item.section, item.kind, item.zone, item.required, item.multiline, item.unbroken,
        item.embeds, 0, choice.name if choice else "", item.fillable,
    )  # fmt: skip


def _cell_slot(table: TableDefinition, row: int, column: Column, y0: float, y1: float) -> Slot:
    fillable = column.fillable[row - 1 : row]
    return Slot(
        f"{table.name}.r{row}.{column.name}", column.label, table.section, column.kind,
        Box(column.x0, y0, column.x1, y1),
        column.required and row == 1, False, False, column.embeds, 0, "", fillable,
    )  # fmt: skip


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
        every = [r for _, each in waiting for r in each]
        lines = {id(run): line for run, line in self._recognized(every, height)}
        for slot, each in waiting:
            parts = [lines[id(r)] for r in each]
            if slot.kind not in NO_GAPS:
                parts = [_spaced(r, line, height) for r, line in zip(each, parts, strict=True)]
            fields.append(self._text(slot, each, parts, height))
        return fields

    def _recognized(self, wanted: Sequence[Run], height: float) -> list[tuple[Run, Line]]:
        """What each run says: as the text layer has it, or recognized in one batch."""
        seen = [r for r in wanted if r.pieces[0].text is None]
        lines = self._engine.recognize([isolated(self._flat, r, height) for r in seen])
        read = {id(r): line for r, line in zip(seen, lines, strict=True)}
        return [(r, read[id(r)] if id(r) in read else _exact(r)) for r in wanted]

    def _text(self, slot: Slot, each: Sequence[Run], lines: Sequence[Line], height: float) -> FormField:
        line, exact = (
            _put_together(slot, each, lines, height),
            all(r.pieces[0].text is not None for r in each),
        )
        box = self._on_page(
            min(r.x0 for r in each), min(r.y0 for r in each), max(r.x1 for r in each), max(r.y1 for r in each)
        )
        for run, part in zip(each, lines, strict=True):
            self._say(part.text, run, 1.0 if exact else part.score)
        if not line.glyphs:
            return self._nothing(slot, 0.6, Source.RECOGNIZED, box)
        if exact:
            return self._field(slot, line.text, _EXACT * self._page.placement**0.05, Source.TEXT_LAYER, box)
        line = _supported(slot, line)
        value = line.text
        x0, _, x1, _ = self._flat.pixels(slot.zone)
        spill = any(r.x1 > x1 + height or r.x0 < x0 - height for r in each)
        shape = fits(slot.kind, slot.embeds, value)
        evidence = text_evidence(
            line.score, line.lowest, len(value), fits=shape, overprint=any(r.overprint for r in each),
            spill=spill, poor=self._poor, placement=self._page.placement,
        )  # fmt: skip
        return replace(
            self._field(slot, value, line.score, Source.RECOGNIZED, box),
            evidence=evidence,
            doubts=tuple(
                Doubt(i, tuple(a for a, _ in g.alternatives[:3]), g.score)
                for i, g in enumerate(line.glyphs) if g.score < _DOUBTED and g.alternatives
            ),
            suggestions=_suggestions(slot, line, shape),
        )  # fmt: skip

    def _empty(self, slot: Slot, widget: Widget | None, each: Sequence[Run], height: float) -> FormField:
        """Nothing is written here: as sure as the place is right and nothing but specks was seen."""
        if widget is not None:
            return self._field(slot, "", 1.0, Source.FILLABLE, widget.box, placement=1.0)
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
        sure = (0.992 - min(0.25, 0.4 * specks)) * self._page.placement**0.05
        return self._nothing(slot, sure, Source.ABSENT, box)

    def _nothing(self, slot: Slot, sure: float, source: Source, box: Box) -> FormField:
        return replace(self._field(slot, "", sure, source, box), evidence=blank_evidence(sure))

    # -- common

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


def isolated(flat: Flat, run: Run, height: float) -> Gray:
    """The run alone: other answers, printed texts and ruling are taken out of its picture.

    Specks stay: they may be its full stops.
    """
    own_labels = {p.label for p in run.pieces}
    strangers = np.array(
        [p.label for p in flat.pieces if p.area >= 20 and p.label not in own_labels], np.int32
    )
    middle, half = run.middle, max((run.y1 - run.y0) / 2 + 0.22 * height, 0.8 * height)
    if run.y1 - run.y0 < 0.75 * height:
        # A lone dash or dot keeps its place on a line of usual height.
        half = 0.9 * height
    top, bottom = max(0, int(middle - half)), min(flat.gray.shape[0], int(middle + half) + 1)
    left, right = (
        max(0, int(run.x0 - 0.45 * height)),
        min(flat.gray.shape[1], int(run.x1 + 0.45 * height) + 1),
    )
    picture = flat.gray[top:bottom, left:right].copy()
    labels = flat.labels[top:bottom, left:right]
    own = np.isin(labels, np.array([p.label for p in run.pieces], np.int32)).astype(np.uint8)
    foreign = np.isin(labels, strangers) if len(strangers) else np.zeros(labels.shape, bool)
    other = (foreign & (own == 0)).astype(np.uint8)
    other |= flat.rules[top:bottom, left:right] | flat.printed[top:bottom, left:right]
    # What is taken out goes with its pale rim; the rim of what stays, stays.
    gone = (cv2.dilate(other, np.ones((7, 7), np.uint8)) > 0) & (
        cv2.dilate(own, np.ones((5, 5), np.uint8)) == 0
    )
    picture[gone | ((other > 0) & (own == 0))] = 255
    # The grain of the paper and the rings a JPEG leaves around strokes are paler than any stroke.
    return np.asarray(np.minimum(255, picture.astype(np.uint16) * 9 // 8), np.uint8)


def crop_of(run: Run, height: float) -> tuple[float, float]:
    """The left and right edge of the picture that `isolated` makes of a run."""
    return max(0.0, run.x0 - 0.45 * height), run.x1 + 0.45 * height


MOST_BLANKS = 5
"""Words are longer than this on the average, blank included; more gaps than that are breaks in pale letters."""


def _spaced(run: Run, line: Line, height: float) -> Line:
    """The line with the blanks that the recognizer ran over: where the ink leaves a gap as wide as a blank."""
    columns = sorted((p.x0, p.x1) for p in run.pieces)
    gaps: list[tuple[float, float]] = []
    reached = columns[0][1]
    for x0, x1 in columns[1:]:
        if x0 - reached > 0.3 * height:
            gaps.append((reached, x0))
        reached = max(reached, x1)
    if run.pieces[0].text is not None or not gaps or len(line.glyphs) < 2:
        return line
    if len(gaps) > len(line.glyphs) / MOST_BLANKS:
        return line  # letters that came through in pieces: their gaps are no blanks
    left, right = crop_of(run, height)
    places = [left + g.at * (right - left) for g in line.glyphs]
    glyphs = list(line.glyphs)
    for x0, x1 in reversed(gaps):
        middle = (x0 + x1) / 2
        after = next((i for i, x in enumerate(places) if x > middle), len(places))
        if not 0 < after < len(places):
            continue
        before_glyph, after_glyph = glyphs[after - 1], line.glyphs[after]
        # Strokes of these are thin or narrow: what looks like a gap beside them seldom is one.
        narrow = any(g.text in ".,:;'1lI|/-+()" for g in (before_glyph, after_glyph))
        narrow = narrow or (before_glyph.text.isdigit() and after_glyph.text.isdigit())
        if narrow or " " in (before_glyph.text, after_glyph.text):
            continue
        glyphs.insert(after, Glyph(" ", 0.9, middle))
    return Line(tuple(glyphs))


def _exact(run: Run) -> Line:
    words = sorted(run.pieces, key=lambda p: p.x0)
    text = " ".join(p.text or "" for p in words)
    return Line(tuple(Glyph(c, 1.0, (i + 0.5) / max(1, len(text))) for i, c in enumerate(text)))


def _worth(run: Run, height: float) -> bool:
    """Whether a run is more than specks: letters have some size."""
    if run.pieces[0].text is not None:
        return True
    return (
        max(max(p.height, p.width) for p in run.pieces) >= 0.42 * height
        and sum(p.area for p in run.pieces) >= 0.10 * height * height
    )


def _put_together(slot: Slot, each: Sequence[Run], lines: Sequence[Line], height: float) -> Line:
    """The lines of an answer as one: words with a blank between, an unbroken text without."""
    glyphs: list[Glyph] = []
    before: tuple[Run, Line] | None = None
    for run, line in zip(each, lines, strict=True):
        plain = _plain(line)
        if not plain.glyphs:
            continue
        if before is not None and glyphs:
            wrapped = run.middle - before[0].middle > 0.65 * height
            unbroken = slot.unbroken or (
                wrapped
                and len(before[1].glyphs) >= 25
                and " " not in before[1].text
                and " " not in plain.text
            )
            if not (wrapped and unbroken):
                glyphs.append(Glyph(" ", 1.0, 0.0))
        glyphs.extend(plain.glyphs)
        before = (run, plain)
    return Line(tuple(glyphs))


def _plain(line: Line) -> Line:
    """Typographic glyphs as people type them; remains of ruling at the ends are dropped."""
    glyphs = [replace(g, text=_PLAIN.get(g.text, g.text)) for g in line.glyphs]
    while glyphs and (
        glyphs[0].text in " _|:"
        or (glyphs[0].text in ".,;'" and (len(glyphs) == 1 or not glyphs[1].text.isdigit()))
    ):
        glyphs.pop(0)
    while glyphs and glyphs[-1].text in " _|":
        glyphs.pop()
    return Line(tuple(glyphs))


def _supported(slot: Slot, line: Line) -> Line:
    """Of readings the recognizer itself holds possible, the one that has the shape of its kind.

    One glyph is exchanged at most, and only when the text has not the shape already.
    """
    if fits(slot.kind, slot.embeds, line.text) is not False:
        return line
    best: tuple[float, Line] | None = None
    for index, glyph in enumerate(line.glyphs):
        for other, score in glyph.alternatives:
            if score < _POSSIBLE or (best is not None and score <= best[0]):
                continue
            changed = Glyph(other, score, glyph.at, ((glyph.text, glyph.score),))
            tried = Line((*line.glyphs[:index], changed, *line.glyphs[index + 1 :]))
            if fits(slot.kind, slot.embeds, tried.text):
                best = (score, tried)
    return best[1] if best else line


def _suggestions(slot: Slot, line: Line, shape: bool | None) -> tuple[str, ...]:
    """Other whole values the field may hold, the likeliest first."""
    found: list[str] = []
    if shape is False:
        found += list(_limited(lambda: fitting(slot.kind, slot.embeds, line.text)))
    doubted = sorted(
        (
            (score, i, other)
            for i, g in enumerate(line.glyphs)
            for other, score in g.alternatives
            if score >= 0.08
        ),
        reverse=True,
    )
    for _, index, other in doubted[:3]:
        found.append(line.text[:index] + other + line.text[index + 1 :])
    return tuple(v for v in dict.fromkeys(found) if v.strip() and v != line.text)[:3]


def _limited(make: Callable[[], object]) -> list[str]:
    values = []
    for value in make():  # type: ignore[attr-defined]
        values.append(value)
        if len(values) == 3:
            break
    return values


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
