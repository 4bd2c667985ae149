"""From what Document AI found to the fields of a form: named as its definition names them, each in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.box import Box
from app.domain.calibration import BLANK, SCORED, Evidence, logit
from app.domain.extraction import Word
from app.domain.form import FieldKind, FormField, Source, Value
from app.domain.processor import FormDefinition
from app.services.document_worker.reading.slot import Slot, slots_of
from app.services.google.document_ai.entity import Found
from app.services.google.document_ai.tick import is_ticked, ticked_texts

SIGNED = "signed"
"""The value of a signature that is there."""
EMPTY, UNSURE = 0.95, 0.4
"""How sure it is that an answer is blank of which nothing was said: where no word stands in its place, and where one
does. Document AI gives no number for what it did not find."""
NOT_TICKED = 0.9
"""How sure it is that a box is not ticked when another of the same question is."""
_GUESSED_PLACE = 0.3
_WHOLE_PAGE = Box(0.0, 0.0, 1.0, 1.0)
_KINDS = {
    "date": FieldKind.DATE, "datetime": FieldKind.DATE, "boolean": FieldKind.TICK_BOX, "money": FieldKind.NUMBER,
    "integer": FieldKind.NUMBER, "float": FieldKind.NUMBER, "signature": FieldKind.SIGNATURE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paper:
    """The pages of a form as they were sent: `pages` are their numbers in the file (from 1), `turns` how often each
    was turned clockwise to stand upright, `words` what stands on each, by place in `pages`.
    """

    document_id: str
    pages: tuple[int, ...]
    turns: tuple[int, ...]
    words: Mapping[int, tuple[Word, ...]]

    def place(self, page: int | None, box: Box | None) -> tuple[int, Box] | None:
        """A place of what was sent as a place of the file."""
        if page is None or box is None or not 0 <= page < len(self.pages):
            return None
        return self.pages[page], box.turned(-self.turns[page])

    def zone(self, page: int, zone: Box) -> tuple[int, Box]:
        """The zone of a definition, on the page of the file it lies on as far as the form has that page."""
        at = min(page, len(self.pages)) - 1
        return self.pages[at], zone.turned(-self.turns[at])

    def written(self, page: int, zone: Box) -> bool:
        """Whether a word stands in a zone. Of a page of which no word at all came, nobody says that none does."""
        words = self.words.get(min(page, len(self.pages)) - 1, ())
        return not words or any(zone.contains(*word.box.centre) for word in words)


def fields_of(
    found: Iterable[Found], definition: FormDefinition, paper: Paper, names: Mapping[str, str] | None = None
) -> tuple[FormField, ...]:
    """The fields of a form. `names` says under which name of the definition an entity type goes, where it is not the
    same (`table.column` for a cell). Entities that the definition does not know keep their own names, behind the
    others; what the definition asks for and nothing was said of is absent.
    """
    return _Reading(definition, paper, names or {}).fields(tuple(found))


class _Reading:
    def __init__(self, definition: FormDefinition, paper: Paper, names: Mapping[str, str]) -> None:
        self._definition, self._paper = definition, paper
        self._names = {folded(key): value for key, value in names.items()}
        self._slots = {slot.path: slot for slot in slots_of(definition)}
        self._by_name = {folded(f.name): f.name for f in definition.fields}
        self._pages = {f.name: f.page for f in definition.fields}
        self._columns = {t.name: {folded(c.name): c for c in t.columns} for t in definition.tables}
        self._tables = {folded(t.name): t.name for t in definition.tables}
        self._choices = {folded(c.name): c for c in definition.choices}
        self._read: dict[str, list[Found]] = {}
        self._rows: dict[str, list[dict[str, Found]]] = {t.name: [] for t in definition.tables}
        self._extra: list[tuple[str, Found]] = []

    def fields(self, found: Sequence[Found]) -> tuple[FormField, ...]:
        loose: dict[str, list[tuple[str, Found]]] = {}
        for each in found:
            self._take(each, loose)
        for table, cells in loose.items():
            self._rows[table] += _lines(cells)
        for rows in self._rows.values():
            _order(rows)
        made = [self._field(slot) for slot in self._asked()]
        taken = {f.path for f in made}
        for name, each in self._extra:
            made.append(self._surplus(_unique(folded(name) or "entity", taken), name, each))
        return tuple(replace(f, order=order) for order, f in enumerate(made))

    # Which entity belongs where

    def _take(self, found: Found, loose: dict[str, list[tuple[str, Found]]], above: str = "") -> None:
        name = self._name(found.name, above)
        table = self._tables.get(folded(name))
        if table is not None and found.parts:
            self._take_row(table, found)
            return
        cell = self._cell(name)
        if cell is not None:
            loose.setdefault(cell[0], []).append((cell[1], found))
            return
        known = self._by_name.get(folded(name))
        if known is None and (ticked := self._option(name, found)) is not None:
            known, found = ticked
        if known is not None:
            self._read.setdefault(known, []).append(found)
        elif found.parts:
            for part in found.parts:
                self._take(part, loose, name)
        else:
            self._extra.append((name, found))

    def _take_row(self, table: str, found: Found) -> None:
        """A row with its cells, however deep they are put. One that holds a column twice is several rows in one."""
        cells: list[tuple[str, Found]] = []
        waiting = list(found.parts)
        while waiting:
            part = waiting.pop(0)
            column = self._column(table, part.name)
            if column is not None:
                cells.append((column, part))
            elif part.parts:
                waiting[:0] = part.parts
            else:
                self._extra.append((part.name.rpartition("/")[2], part))
        once = len({column for column, _ in cells}) == len(cells)
        self._rows[table] += [dict(cells)] if once else _lines(cells)

    def _name(self, name: str, above: str) -> str:
        """The name in the definition: by the mapping, as it is, or the last of `parent/child` where that is known."""
        last = name.rpartition("/")[2]
        tried = [name, f"{above}/{last}", f"{above}_{last}", last] if above else [name, last]
        for each in tried:
            if folded(each) in self._names:
                return self._names[folded(each)]
        for each in tried:
            if folded(each) in self._by_name or folded(each) in self._tables or folded(each) in self._choices:
                return each
        return last if above else name

    def _column(self, table: str, name: str) -> str | None:
        mapped = self._names.get(folded(name), "")
        own = mapped.rpartition(".")[2] if mapped else name.rpartition("/")[2]
        column = self._columns[table].get(folded(own))
        return column.name if column is not None else None

    def _cell(self, name: str) -> tuple[str, str] | None:
        """Table and column of an entity that is a cell without a row around it."""
        for mark in (".", "/"):
            table, _, column = name.partition(mark)
            known = self._tables.get(folded(table))
            if column and known is not None and (found := self._column(known, column)) is not None:
                return known, found
        return None

    def _option(self, name: str, found: Found) -> tuple[str, Found] | None:
        """The tick box that an entity named for a question answers by its text (`review type: Urgent`)."""
        choice = self._choices.get(folded(name))
        if choice is None:
            return None
        said = {folded(text) for text in (*ticked_texts(found.text), found.text, found.normal_text)} - {""}
        for option in choice.options:
            field = self._definition.field(option)
            labels = {folded(option), folded(option.removeprefix(f"{choice.name}_"))}
            labels |= {folded(field.label)} if field is not None else set()
            if said & labels:
                return option, replace(found, truth=True)
        return None

    # Fields made of it

    def _asked(self) -> list[Slot]:
        """The slots to fill: printed rows that nobody used are left out, rows beyond the printed ones are there."""
        slots: list[Slot] = []
        for slot in self._slots.values():
            name, _, rest = slot.path.partition(".")
            if rest and int(rest.partition(".")[0][1:]) > len(self._rows.get(name, ())):
                continue
            slots.append(slot)
        for table in self._definition.tables:
            for number in range(len(table.rows) + 1, len(self._rows[table.name]) + 1):
                for column in table.columns:
                    path = f"{table.name}.r{number}.{column.name}"
                    zone = Box(column.x0, table.rows[-1][0], column.x1, table.rows[-1][1])
                    slots.append(
                        Slot(path, column.label, table.section, column.kind, zone, False, False, False,
                             column.embeds, 0, "", ())
                    )  # fmt: skip
        return slots

    def _found(self, slot: Slot) -> list[Found]:
        table, _, rest = slot.path.partition(".")
        if not rest:
            return sorted(self._read.get(slot.path, ()), key=lambda f: -f.confidence)
        row, _, column = rest.partition(".")
        cell = self._rows[table][int(row[1:]) - 1].get(column)
        return [cell] if cell is not None else []

    def _page_of(self, slot: Slot) -> int:
        table = slot.path.partition(".")[0]
        found = next((t.page for t in self._definition.tables if t.name == table), 1)
        return self._pages.get(slot.path, found)

    def _field(self, slot: Slot) -> FormField:
        found = self._found(slot)
        if not found:
            return self._absent(slot)
        best = found[0]
        value = value_of(best, slot.kind, slot.label)
        others = dict.fromkeys(str(value_of(f, slot.kind)) for f in found[1:])
        others.pop(str(value), None)
        place = self._paper.place(best.page, best.box)
        page, box = place or self._paper.zone(self._page_of(slot), slot.zone)
        return FormField(
            path=slot.path, label=slot.label, section=slot.section, kind=slot.kind, value=value,
            confidence=round(best.confidence, 4),
            placement_confidence=round(best.placed if place else _GUESSED_PLACE, 4),
            source=Source.RECOGNIZED, document_id=self._paper.document_id, page=page, box=box,
            required=slot.required, group=slot.group,
            suggestions=tuple(o for o in others if o) if isinstance(value, str) else (),
            evidence=_scored(best.confidence),
        )  # fmt: skip

    def _absent(self, slot: Slot) -> FormField:
        page = self._page_of(slot)
        sure = UNSURE if self._paper.written(page, slot.zone) else EMPTY
        value: Value = ""
        if slot.kind is FieldKind.TICK_BOX:
            value = False
            choice = self._definition.choice_of(slot.path)
            answered = choice is not None and any(
                value_of(f, FieldKind.TICK_BOX, self._slots[o].label)
                for o in choice.options
                for f in self._read.get(o, ())
            )
            # A tick is no word: whether a box is empty cannot be told from what stands in it.
            sure = NOT_TICKED if answered else UNSURE if choice is not None else 0.75
        number, box = self._paper.zone(page, slot.zone)
        return FormField(
            path=slot.path, label=slot.label, section=slot.section, kind=slot.kind, value=value,
            confidence=sure, placement_confidence=_GUESSED_PLACE, source=Source.ABSENT,
            document_id=self._paper.document_id, page=number, box=box, required=slot.required, group=slot.group,
            evidence=Evidence(BLANK, (("score", round(logit(sure, 0.01, 0.9995), 4)),)),
        )  # fmt: skip

    def _surplus(self, path: str, name: str, found: Found) -> FormField:
        kind = _KINDS.get(found.normal, FieldKind.TEXT)
        place = self._paper.place(found.page, found.box)
        page, box = place or (self._paper.pages[0], _WHOLE_PAGE)
        section = self._definition.sections[0].name if self._definition.sections else ""
        return FormField(
            path=path, label=_words(name), section=section, kind=kind, value=value_of(found, kind),
            confidence=round(found.confidence, 4), placement_confidence=round(found.placed if place else 0.0, 4),
            source=Source.RECOGNIZED, document_id=self._paper.document_id, page=page, box=box,
            evidence=_scored(found.confidence),
        )  # fmt: skip


def value_of(found: Found, kind: FieldKind, label: str = "") -> Value:
    """The value as it is printed; ticked or not for a box (whose `label` says that it is), `signed` for a signature
    that is there.
    """
    text = " ".join(found.text.split())
    if kind is FieldKind.TICK_BOX:
        return is_ticked(found, label)
    if kind is FieldKind.SIGNATURE:
        there = found.truth if found.truth is not None else bool(text) and folded(text) not in _UNSIGNED
        return SIGNED if there else ""
    return text or " ".join(found.normal_text.split())


_UNSIGNED = frozenset({"false", "no", "none", "not_signed", "unsigned", "not_present", "absent"})


def folded(name: str) -> str:
    """A name as it is compared: small letters and digits, everything else one low line."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def _scored(confidence: float) -> Evidence:
    return Evidence(SCORED, (("score", round(logit(confidence, 0.02, 0.995), 4)),))


def _lines(cells: Sequence[tuple[str, Found]]) -> list[dict[str, Found]]:
    """Cells without rows put into rows, by where they stand: beside each other is one row."""
    rows: list[tuple[int, Box | None, dict[str, Found]]] = []
    for column, cell in sorted(
        cells, key=lambda c: (c[1].page or 0, c[1].box.centre[1] if c[1].box is not None else 0.0)
    ):
        page = cell.page or 0
        fits = (
            rows
            and rows[-1][0] == page
            and column not in rows[-1][2]
            and (cell.box is None or rows[-1][1] is None or _beside(rows[-1][1], cell.box))
        )
        if not fits:
            rows.append((page, cell.box, {}))
        rows[-1][2][column] = cell
    return [row for _, _, row in rows]


def _order(rows: list[dict[str, Found]]) -> None:
    """Rows from the top of the form to its end, as far as every one of them says where it stands."""
    places: list[tuple[int, float]] = []
    for row in rows:
        known = [(c.page, c.box.centre[1]) for c in row.values() if c.page is not None and c.box is not None]
        if not known:
            return
        places.append(min(known))
    order = sorted(range(len(rows)), key=lambda at: places[at])
    rows[:] = [rows[at] for at in order]


def _beside(first: Box, second: Box) -> bool:
    shared = min(first.y1, second.y1) - max(first.y0, second.y0)
    return shared > 0.3 * min(first.height, second.height)


def _unique(path: str, taken: set[str]) -> str:
    candidate, number = path, 2
    while candidate in taken:
        candidate, number = f"{path}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _words(name: str) -> str:
    """A name as words, for people."""
    said = re.sub(r"[_/.\s]+", " ", name).strip()
    return said[:1].upper() + said[1:] if said else name
