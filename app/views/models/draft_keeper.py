"""Keeps what is being typed, keystroke by keystroke, without ever holding the keys up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.views.background import Background


class DraftShelf(Protocol):
    """Where drafts are kept; in the store's lane."""

    def keep_draft(self, case_id: str, path: str, draft: Draft) -> None: ...

    def drop_draft(self, case_id: str, path: str) -> None: ...

    def drafts(self, case_id: str) -> dict[str, Draft]: ...


class DraftKeeper(QObject):
    """Writes the drafts of one path. Of several keystrokes while one is being written only the last is."""

    def __init__(
        self,
        shelf: DraftShelf,
        path: str,
        background: Background,
        lost: Callable[[Actionable], None],
        parent: QObject | None = None,
    ) -> None:
        """`lost` is told when words could not be kept."""
        super().__init__(parent)
        self._shelf, self._path = shelf, path
        self._background = background
        self._lost = lost
        self._waiting: tuple[str, Draft] | None = None
        self._under_way = False

    @property
    def saving(self) -> bool:
        """Whether words are not durable yet."""
        return self._under_way or self._waiting is not None

    def keep(self, case_id: str, draft: Draft) -> None:
        self._waiting = (case_id, draft)
        self._write()

    def drop(self, case_id: str) -> None:
        """The words became something else, or were taken back."""
        self._waiting = None
        self._background.run(
            self, "store", self._shelf.drop_draft, case_id, self._path, failed=lambda _: None
        )

    def flush(self) -> None:
        """Hand over what waits: the case or the window is closing."""
        if self._waiting is not None:
            case_id, draft = self._waiting
            self._waiting = None
            self._background.run(self, "store", self._shelf.keep_draft, case_id, self._path, draft)

    def _write(self) -> None:
        if self._waiting is None or self._under_way:
            return
        (case_id, draft), self._waiting, self._under_way = self._waiting, None, True
        self._background.run(
            self, "store", self._shelf.keep_draft, case_id, self._path, draft,
            done=self._written, failed=self._refused,
        )  # fmt: skip

    def _written(self, _: object = None) -> None:
        self._under_way = False
        self._write()

    def _refused(self, error: Actionable) -> None:
        self._lost(error)
        self._written()
