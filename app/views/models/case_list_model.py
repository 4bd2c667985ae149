"""A queue of cases as a list model: ids at once, rows when they are first seen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.views.background import Background

ROW = int(Qt.ItemDataRole.UserRole)
CHUNK = 64
FEW = 50
"""Up to this many rows are moved one by one when the queue changes; more start the list anew."""

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Row(Protocol):
    """A row of any queue."""

    @property
    def case_id(self) -> str: ...


Q = TypeVar("Q")
R = TypeVar("R", bound=Row)


class CaseListModel(QAbstractListModel, Generic[Q, R]):
    """Which cases are in a queue, for the query in force. What is asked of the store is up to the queue."""

    refreshed = Signal()
    counts_changed = Signal(object)

    def __init__(self, query: Q, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._query = query
        self._generation = 0
        self._ids: list[str] = []
        self._places: dict[str, int] = {}
        self._rows: dict[str, R] = {}
        self._wanted: list[str] = []
        self._asked: set[str] = set()
        self._fetch = QTimer(self, interval=0, singleShot=True)
        self._fetch.timeout.connect(self._fetch_rows)

    # what a queue says about itself; these run in the store's lane

    @abstractmethod
    def ask(self, query: Q) -> tuple[tuple[str, ...], object]:
        """The ids of a query in their order, and the counts that are told with them."""

    @abstractmethod
    def look_up(self, case_ids: tuple[str, ...]) -> tuple[R, ...]:
        """The rows of some cases."""

    @abstractmethod
    def words(self, row: R) -> str:
        """A row for screen readers."""

    # the list

    @property
    def query(self) -> Q:
        return self._query

    @property
    def case_ids(self) -> tuple[str, ...]:
        return tuple(self._ids)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role not in (ROW, Qt.ItemDataRole.AccessibleTextRole) or not index.isValid():
            return None
        case_id = self._ids[index.row()]
        row = self._rows.get(case_id)
        if row is None and case_id not in self._asked:
            self._asked.add(case_id)
            self._wanted.append(case_id)
            self._fetch.start()
        if role == ROW:
            return row
        return self.words(row) if row else ""

    def index_of(self, case_id: str) -> QModelIndex:
        """Where a case stands; an invalid index when it is not in the queue."""
        place = self._places.get(case_id)
        return self.index(place) if place is not None else QModelIndex()

    def row_of(self, case_id: str) -> R | None:
        return self._rows.get(case_id)

    def after(self, case_id: str | None) -> str | None:
        """The case below, or the first one; None when there is no other."""
        if not self._ids:
            return None
        place = self._places.get(case_id, -1) if case_id else -1
        following = self._ids[(place + 1) % len(self._ids)]
        return following if following != case_id else None

    def set_query(self, query: Q) -> None:
        """Ask for other cases or another order."""
        if query != self._query:
            self._query = query
            self.refresh()

    def refresh(self) -> None:
        """Ask the store again; rows on screen are kept until their new content is there."""
        self._generation += 1
        generation = self._generation
        self._background.run(
            self, "store", self.ask, self._query, done=lambda found: self._show(generation, found)
        )

    def forget(self, case_ids: Iterable[str]) -> None:
        """Fetch these rows again: their cases changed. The old content stays until the new one is there."""
        for case_id in case_ids:
            self._asked.discard(case_id)
            if case_id in self._places and case_id in self._rows:
                self._asked.add(case_id)
                self._wanted.append(case_id)
        if self._wanted:
            self._fetch.start()

    def refetch(self) -> None:
        """Ask for everything again, rows included: somebody else wrote."""
        self.forget(tuple(self._rows))
        self.refresh()

    def _announce(self, case_id: str) -> None:
        index = self.index_of(case_id)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def _show(self, generation: int, found: tuple[tuple[str, ...], object]) -> None:
        if generation != self._generation:
            return  # a newer question is on its way
        ids, counts = list(found[0]), found[1]
        if ids != self._ids:
            self._replace(ids)
        self.counts_changed.emit(counts)
        self.refreshed.emit()

    def _replace(self, ids: list[str]) -> None:
        wanted = set(ids)
        gone = [place for place, case_id in enumerate(self._ids) if case_id not in wanted]
        kept = [case_id for case_id in self._ids if case_id in wanted]
        known = set(kept)
        new = [case_id for case_id in ids if case_id not in known]
        if len(gone) + len(new) > FEW or kept != [case_id for case_id in ids if case_id in known]:
            self.beginResetModel()
            self._ids = ids
            self._index()
            self.endResetModel()
            return
        for place in reversed(gone):
            self.beginRemoveRows(NO_PARENT, place, place)
            del self._ids[place]
            self._index()
            self.endRemoveRows()
        for place, case_id in enumerate(ids):
            if case_id not in known:
                self.beginInsertRows(NO_PARENT, place, place)
                self._ids.insert(place, case_id)
                self._index()
                self.endInsertRows()

    def _index(self) -> None:
        self._places = {case_id: place for place, case_id in enumerate(self._ids)}

    def _fetch_rows(self) -> None:
        passed, wanted, self._wanted = self._wanted[: -CHUNK * 2], self._wanted[-CHUNK * 2 :], []
        self._asked.difference_update(passed)  # scrolled past: asked for again when they come into sight
        for start in range(0, len(wanted), CHUNK):
            chunk = tuple(wanted[start : start + CHUNK])
            self._background.run(self, "store", self.look_up, chunk, done=self._take_rows)

    def _take_rows(self, rows: tuple[R, ...]) -> None:
        for row in rows:
            self._rows[row.case_id] = row
            self._announce(row.case_id)
