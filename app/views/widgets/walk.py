"""The way through the fields of a case: what is next, what was visited, what is on its way to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.attention import next_to_look
from app.domain.confidence import SURE
from app.domain.processor import FormDefinition
from app.views.widgets.field_view import Entry


class Walk:
    """Where the person is, and where the keys lead. Holds no widgets; told what is shown, asked where to go."""

    def __init__(self) -> None:
        self.entries: tuple[Entry, ...] = ()
        self.selected: str | None = None
        self.threshold = SURE
        self.weights: Mapping[str, float] = {}
        self._visited: list[str] = []
        self._sent: set[str] = set()

    def begin(self) -> None:
        """Another case: nothing visited, nothing on its way."""
        self.selected = None
        self._visited = []
        self._sent = set()

    def show(self, entries: Sequence[Entry]) -> None:
        """The lines as they are now. What no longer needs a look has arrived."""
        self.entries = tuple(entries)
        waiting = {e.key for e in self.entries if e.needs_look}
        self._sent &= waiting
        known = {e.key for e in self.entries}
        self._visited = [k for k in self._visited if k in known]

    def entry(self, key: str | None) -> Entry | None:
        """The entry of a key, or of the path of any field on its line."""
        found = next((e for e in self.entries if e.key == key), None)
        return found or next((e for e in self.entries if any(f.path == key for f in e.item.fields)), None)

    def send(self, key: str) -> None:
        """A person settled this one; it is not offered again while the answer is on its way."""
        self._sent.add(key)

    @property
    def sent(self) -> frozenset[str]:
        """The keys on their way to the store."""
        return frozenset(self._sent)

    def forget_sent(self) -> None:
        """What was sent may have been refused: offer it again."""
        self._sent = set()

    def left(self) -> int:
        """How many fields still need a look, those on their way not counted."""
        return sum(
            f.needs_look(self.threshold)
            for e in self.entries
            if e.key not in self._sent
            for f in e.item.fields
        )

    def next_doubtful(self) -> Entry | None:
        """The dearest doubt but the one selected."""
        skip = self._sent | ({self.selected} if self.selected else set())
        item = next_to_look([e.item for e in self.entries], self.threshold, skip, self.weights)
        return self.entry(item.key) if item else None

    def first_doubtful(self) -> Entry | None:
        """The first doubt in the order of the form."""
        return next((e for e in self.entries if e.needs_look and e.key not in self._sent), None)

    def leave(self, key: str | None) -> None:
        """Remember the way back."""
        if key is not None and (not self._visited or self._visited[-1] != key):
            self._visited.append(key)

    def back(self) -> Entry | None:
        """The one visited before this, taken off the way back."""
        while self._visited:
            key = self._visited.pop()
            if key != self.selected:
                return self.entry(key)
        return None

    def step(self, by: int) -> Entry | None:
        """The entry before or after in the order of the form; None at the ends."""
        index = self._index()
        if index is None:
            return self.entries[0] if self.entries else None
        return self.entries[index + by] if 0 <= index + by < len(self.entries) else None

    def vertical(self, by: int) -> Entry | None:
        """The line above or below; in a table the cell above or below, then out of it."""
        here = self.entry(self.selected)
        if here is None or here.cell is None:
            return self._enter(self.step(by), by)
        table, row, column = here.cell
        rows = self._rows(table)
        place = rows.index(row) + by
        if 0 <= place < len(rows):
            return self.entry(f"{table}.{rows[place]}.{column}") or self.step(by)
        cells = [e for e in self.entries if e.cell is not None and e.cell[0] == table]
        edge = cells[-1] if by > 0 else cells[0]
        index = self.entries.index(edge) + by
        return self._enter(self.entries[index], by) if 0 <= index < len(self.entries) else None

    def horizontal(self, by: int) -> Entry | None:
        """The cell before or after in the same row of a table."""
        here, there = self.entry(self.selected), self.step(by)
        if here is None or there is None or here.cell is None or there.cell is None:
            return None
        return there if there.cell[:2] == here.cell[:2] else None

    def outside(self, table: str, row: str) -> Entry | None:
        """The nearest entry that is not in this row: after it, or else before it."""
        inside = [i for i, e in enumerate(self.entries) if e.cell is not None and e.cell[:2] == (table, row)]
        if not inside:
            return None
        after, before = inside[-1] + 1, inside[0] - 1
        if after < len(self.entries):
            return self.entries[after]
        return self.entries[before] if before >= 0 else None

    def _enter(self, entry: Entry | None, by: int) -> Entry | None:
        """Coming into a table from below, begin at the first cell of its last row."""
        if entry is None or entry.cell is None or by > 0:
            return entry
        table, row, _ = entry.cell
        return next(e for e in self.entries if e.cell is not None and e.cell[:2] == (table, row))

    def _rows(self, table: str) -> list[str]:
        return list(
            dict.fromkeys(e.cell[1] for e in self.entries if e.cell is not None and e.cell[0] == table)
        )

    def _index(self) -> int | None:
        return next((i for i, e in enumerate(self.entries) if e.key == self.selected), None)


def weights_of(definition: FormDefinition | None) -> dict[str, float]:
    """What an error costs, by field or column name."""
    if definition is None:
        return {}
    weights = {f.name: f.weight for f in definition.fields}
    weights.update({c.name: c.weight for t in definition.tables for c in t.columns})
    return weights
