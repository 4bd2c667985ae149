"""What the field panel shows of a case, as plain values: sections, lines, tables, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from app.domain.attention import Item, items
from app.domain.case import Case
from app.domain.confidence import SURE
from app.domain.draft import Draft
from app.domain.form import Doubt, FieldKind, FieldState, FieldWarning, FormField
from app.domain.processor import FormDefinition
from app.domain.validation import RULE_TEXTS
from app.views.widgets.chip import Chip, item_chip, level_of


@dataclass(frozen=True, slots=True)
class FieldMark:
    """What another desk did to a field: `words` say it; `conflict` when a person has to settle it."""

    words: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line or cell of the panel. `path` stands for it where a single field is asked for.

    `marks` are the indexes of doubtful characters in `text`, `mark_role` the colour they are set in.
    `notes` are the sentences of its warnings.
    """

    key: str
    path: str
    label: str
    text: str
    chip: Chip
    item: Item
    needs_look: bool
    notes: tuple[str, ...] = ()
    marks: frozenset[int] = frozenset()
    mark_role: str = "look"
    elsewhere: FieldMark | None = None

    @property
    def field(self) -> FormField:
        """The field, or of tick boxes the one that stands for them."""
        return next(f for f in self.item.fields if f.path == self.path)

    @property
    def ticks(self) -> bool:
        return self.field.kind is FieldKind.TICK_BOX

    @property
    def cell(self) -> tuple[str, str, str] | None:
        return self.field.cell

    @property
    def settled(self) -> bool:
        return all(f.state is not FieldState.UNSEEN for f in self.item.fields)

    @property
    def restorable(self) -> bool:
        """Whether a person has settled any of it, so that the machine's value can come back."""
        return any(f.state is not FieldState.UNSEEN for f in self.item.fields)


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of a table."""

    name: str
    label: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of a table: a cell, or None, for every column."""

    row: str
    cells: tuple[Entry | None, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as a sheet: every row has a cell, or None, for every column."""

    name: str
    label: str
    columns: tuple[ColumnView, ...]
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section: `settled` of its `total` answers need no look any more."""

    title: str
    settled: int
    total: int
    parts: tuple[Entry | TableView, ...]


@dataclass(frozen=True, slots=True)
class PanelView:
    """All that the panel shows of a case, section by section."""

    sections: tuple[SectionView, ...] = ()

    def entries(self) -> tuple[Entry, ...]:
        """Every line and cell in the order they are walked."""
        found: list[Entry] = []
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, Entry):
                    found.append(part)
                else:
                    found += [c for row in part.rows for c in row.cells if c is not None]
        return tuple(found)


def warning_words(warning: FieldWarning) -> str:
    """The sentence of a warning in the language of the screen."""
    template = RULE_TEXTS.get(warning.rule, warning.rule)
    return QCoreApplication.translate("Rule", template).format(**dict(warning.params))


def doubt_words(text: str, doubts: Iterable[Doubt]) -> str:
    """What the least sure characters may be instead, in one sentence; empty when nothing is doubted."""
    tr = QCoreApplication.translate
    said = []
    for doubt in sorted(doubts, key=lambda d: d.confidence)[:2]:
        if not 0 <= doubt.index < len(text) or not doubt.alternatives:
            continue
        others = tr("FieldPanel", " or ").join(f"“{a}”" for a in doubt.alternatives[:3])
        sentence = tr("FieldPanel", "“{read}” may also be {others}.").format(
            read=text[doubt.index], others=others
        )
        if sentence not in said:
            said.append(sentence)
    return " ".join(said)


def suggestions(entry: Entry) -> tuple[str, ...]:
    """Whole values offered instead of the current one: a rule's fix first, then what else was read."""
    if entry.ticks:
        return ()
    field = entry.field
    offered = [w.suggestion for w in field.warnings if w.suggestion] + list(field.suggestions)
    return tuple(s for s in dict.fromkeys(offered) if s != field.current)[:3]


def committed_text(field: FormField) -> str:
    return field.current if isinstance(field.current, str) else ""


def ticked_words(item: Item) -> str:
    """What is ticked of a question, in words."""
    tr = QCoreApplication.translate
    ticked = [f for f in item.fields if f.current is True]
    if item.is_choice:
        return ", ".join(f.label for f in ticked)
    return tr("FieldPanel", "Ticked") if ticked else tr("FieldPanel", "Not ticked")


def entry_of(item: Item, threshold: float = SURE) -> Entry:
    """A line of the panel from what stands on it."""
    ticks = item.fields[0].kind is FieldKind.TICK_BOX
    chosen = item.fields[0]
    if ticks:
        chosen = next(
            (f for f in item.fields if f.current is True),
            next((f for f in item.fields if f.box), item.fields[0]),
        )
    text = ticked_words(item) if ticks else committed_text(chosen)
    marks: frozenset[int] = frozenset()
    role = "look"
    if not ticks and chosen.state is FieldState.UNSEEN and chosen.current == chosen.value:
        marks = frozenset(d.index for d in chosen.doubts if 0 <= d.index < len(text))
        if chosen.doubts:
            level = str(level_of(min(d.confidence for d in chosen.doubts), threshold))
            role = "look" if level == "sure" else level
    notes = tuple(dict.fromkeys(warning_words(w) for f in item.fields for w in f.warnings))
    return Entry(
        key=item.key,
        path=chosen.path,
        label=item.label,
        text=text,
        chip=item_chip(item.fields, threshold),
        item=item,
        needs_look=item.needs_look(threshold),
        notes=notes,
        marks=marks,
        mark_role=role,
    )


def with_draft(entry: Entry, draft: Draft) -> Entry:
    """The line as it stands while words typed earlier wait in it."""
    chip = Chip("pencil", QCoreApplication.translate("FieldPanel", "Typing kept"), "look")
    return replace(entry, text=draft.text, chip=chip, marks=frozenset(), notes=())


def with_mark(entry: Entry, mark: FieldMark) -> Entry:
    """The line with what another desk did to it; a conflict is its chip, whatever else it says."""
    if not mark.conflict:
        return replace(entry, elsewhere=mark)
    chip = Chip("git-compare", QCoreApplication.translate("FieldPanel", "Conflict"), "look")
    return replace(entry, chip=chip, elsewhere=mark)


def panel_view(
    case: Case,
    definition: FormDefinition | None = None,
    threshold: float = SURE,
    drafts: Mapping[str, Draft] | None = None,
    marks: Mapping[str, FieldMark] | None = None,
) -> PanelView:
    """The panel of a case; `drafts` are words typed but not committed, `marks` what other desks did, by path."""
    kept, marked = drafts or {}, marks or {}
    sections: dict[str, list[Entry]] = {}
    for item in items(case.fields, definition):
        entry = entry_of(item, threshold)
        if entry.path in kept:
            entry = with_draft(entry, kept[entry.path])
        mark = next((marked[f.path] for f in item.fields if f.path in marked), None) if marked else None
        if mark is not None:
            entry = with_mark(entry, mark)
        sections.setdefault(item.section, []).append(entry)
    for table in definition.tables if definition else ():
        sections.setdefault(table.section, [])
    views = []
    for name, entries in sections.items():
        parts = _parts(name, entries, definition)
        if parts:
            title = definition.section_title(name) if definition else name
            settled = sum(not e.needs_look for e in entries)
            views.append(SectionView(title, settled, len(entries), parts))
    return PanelView(tuple(views))


def _parts(
    section: str, entries: list[Entry], definition: FormDefinition | None
) -> tuple[Entry | TableView, ...]:
    parts: list[Entry | str] = []
    tables: dict[str, list[Entry]] = {}
    for entry in entries:
        cell = entry.cell
        if cell is None:
            parts.append(entry)
            continue
        if cell[0] not in tables:
            parts.append(cell[0])
        tables.setdefault(cell[0], []).append(entry)
    for table in definition.tables if definition else ():
        if table.section == section and table.name not in tables:
            tables[table.name] = []
            parts.append(table.name)
    return tuple(_table(p, tables[p], definition) if isinstance(p, str) else p for p in parts)


def _table(name: str, entries: list[Entry], definition: FormDefinition | None) -> TableView:
    known = next((t for t in definition.tables if t.name == name), None) if definition else None
    columns: dict[str, ColumnView] = {}
    if known:
        columns = {c.name: ColumnView(c.name, c.label, c.kind) for c in known.columns}
    rows: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        _, row, column = entry.cell or ("", "", "")
        columns.setdefault(column, ColumnView(column, entry.label, entry.field.kind))
        rows.setdefault(row, {})[column] = entry
    return TableView(
        name,
        known.label if known else name.replace("_", " ").capitalize(),
        tuple(columns.values()),
        tuple(RowView(row, tuple(cells.get(c) for c in columns)) for row, cells in rows.items()),
    )
