"""The queue of intake as a list model, with how far each case is that is being read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Qt

from app.domain.case import IntakeStatus
from app.domain.queue import QueueQuery, QueueRow
from app.views.background import Background
from app.views.models.case_list_model import CHUNK, FEW, ROW, CaseListModel, Index
from app.workstation import Workstation

__all__ = ["CHUNK", "FEW", "PROGRESS", "ROW", "QueueModel"]

PROGRESS = ROW + 1


class QueueModel(CaseListModel[QueueQuery, QueueRow]):
    """Which cases are in the queue of intake, for the query in force. Its counts are by `IntakeStatus`."""

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(QueueQuery(), background, parent)
        self._store = workstation.store
        self._progress: dict[str, tuple[int, int]] = {}

    def ask(self, query: QueueQuery) -> tuple[tuple[str, ...], Mapping[IntakeStatus, int]]:
        return self._store.queue(query), self._store.counts()

    def look_up(self, case_ids: tuple[str, ...]) -> tuple[QueueRow, ...]:
        return self._store.rows(case_ids)

    def words(self, row: QueueRow) -> str:
        return f"{row.patient or row.file_name}, {row.receipt}"

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == PROGRESS and index.isValid():
            return self._progress.get(self._ids[index.row()])
        return super().data(index, role)

    def set_progress(self, case_id: str, progress: tuple[int, int] | None) -> None:
        """How far a case that is being read is; None when it is not being read."""
        if progress is None:
            self._progress.pop(case_id, None)
        else:
            self._progress[case_id] = progress
        self._announce(case_id)
