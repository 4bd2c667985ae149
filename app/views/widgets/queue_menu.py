"""The two menus of the queue: which cases are shown, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.case import IntakeStatus
from app.domain.queue import OPEN, QueueSort
from app.views import theme
from app.views.widgets.menu_chip import MenuChip

Statuses = tuple[IntakeStatus, ...]


class StatusChip(MenuChip):
    """Shows how many cases of the chosen statuses there are; its menu has the others, with counts."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QMenu(parent), parent=parent)
        self.statuses: Statuses = OPEN
        self._counts: Mapping[IntakeStatus, int] | None = None
        self.setToolTip(self.tr("Which cases are shown"))
        self.menu.aboutToShow.connect(self._fill)
        self._show()

    def set_counts(self, counts: Mapping[IntakeStatus, int]) -> None:
        """How many cases there are of each status."""
        self._counts = dict(counts)
        self._show()

    def set_statuses(self, statuses: Statuses) -> None:
        """Which statuses are shown; tells nobody."""
        self.statuses = statuses
        self._show()

    def count(self, statuses: Statuses = ()) -> int:
        """How many cases there are of these statuses, or of all."""
        counts = self._counts or {}
        return sum(n for status, n in counts.items() if not statuses or status in statuses)

    def choose(self, statuses: Statuses) -> None:
        """Show other statuses, and say so."""
        if statuses != self.statuses:
            self.set_statuses(statuses)
            self.chosen.emit(statuses)

    def _choices(self) -> tuple[tuple[str, str, Statuses], ...]:
        """Name in the menu, words with a count on the chip, statuses."""
        return (
            (self.tr("To check"), self.tr("{count} to check"), OPEN),
            (self.tr("Verified"), self.tr("{count} verified"), (IntakeStatus.VERIFIED,)),
            (self.tr("Unreadable"), self.tr("{count} unreadable"), (IntakeStatus.UNREADABLE,)),
            (self.tr("All"), self.tr("{count} cases"), ()),
        )

    def _show(self) -> None:
        for name, words, statuses in self._choices():
            if statuses == self.statuses:
                count = self.locale().toString(self.count(statuses))
                self.set_words(name if self._counts is None else words.format(count=count))

    def _fill(self) -> None:
        self.menu.clear()
        for name, _, statuses in self._choices():
            action = self.menu.addAction(f"{name}\t{self.locale().toString(self.count(statuses))}")
            action.setCheckable(True)
            action.setChecked(statuses == self.statuses)
            action.triggered.connect(partial(self._choose, statuses))

    def _choose(self, statuses: Statuses, _checked: bool = False) -> None:
        self.choose(statuses)


class SortChip(MenuChip):
    """Shows what the queue is sorted by and which way; its menu has every column and both directions."""

    chosen = Signal(QueueSort, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(QMenu(parent), filled=False, parent=parent)
        self._sort, self._descending = QueueSort.DUE, False
        self.setToolTip(self.tr("Sort the queue"))
        theme.changed.connect(self._fill)
        self._fill()

    def set_sort(self, sort: QueueSort, descending: bool) -> None:
        """How the queue is sorted; tells nobody."""
        self._sort, self._descending = sort, descending
        self._fill()

    def choose(self, sort: QueueSort, descending: bool) -> None:
        """Sort otherwise, and say so."""
        if (sort, descending) != (self._sort, self._descending):
            self._sort, self._descending = sort, descending
            self.chosen.emit(sort, descending)
            QTimer.singleShot(0, self, self._fill)  # the menu that was used is still open

    def _words(self) -> Mapping[QueueSort, str]:
        return {
            QueueSort.DUE: self.tr("Time left"),
            QueueSort.URGENCY: self.tr("Urgency"),
            QueueSort.RECEIVED: self.tr("Received"),
            QueueSort.RECEIPT: self.tr("Receipt"),
            QueueSort.PATIENT: self.tr("Patient"),
            QueueSort.FORM_TYPE: self.tr("Form"),
            QueueSort.CONFIDENCE: self.tr("Confidence"),
            QueueSort.NEEDS_LOOK: self.tr("To look at"),
            QueueSort.STATUS: self.tr("Status"),
            QueueSort.ASSIGNED: self.tr("Assigned to"),
        }

    def _fill(self) -> None:
        words = self._words()
        self.set_words(words[self._sort], "arrow-down" if self._descending else "arrow-up")
        self.menu.clear()
        columns, directions = QActionGroup(self.menu), QActionGroup(self.menu)
        for sort, name in words.items():
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(sort is self._sort)
            action.triggered.connect(partial(self._choose_column, sort))
            columns.addAction(action)
        self.menu.addSeparator()
        for descending, name in ((False, self.tr("Smallest first")), (True, self.tr("Largest first"))):
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(descending is self._descending)
            action.triggered.connect(partial(self._choose_direction, descending))
            directions.addAction(action)

    def _choose_column(self, sort: QueueSort, _checked: bool = False) -> None:
        self.choose(sort, self._descending)

    def _choose_direction(self, descending: bool, _checked: bool = False) -> None:
        self.choose(self._sort, descending)
