"""The open case: what the screen shows of it, and what the person does to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.case import Case, Json
from app.domain.draft import Draft, PageViewState
from app.domain.errors import Actionable
from app.domain.form import FieldState, Value
from app.services.editing import Edited, Opened
from app.views.background import Background
from app.workstation import Workstation


class CaseModel(QObject):
    """Holds the open case. Edits are queued to the store in the order they were made."""

    case_opened = Signal(object)
    """`Opened`"""
    case_changed = Signal(object)
    """`Edited`"""
    case_refreshed = Signal(object, object)
    """`Case` as it was shown, `Case` as it is: it changed elsewhere, and nothing was done to it here"""
    case_closed = Signal()
    refused = Signal(object)
    """`Actionable`: the change was not made"""
    verified = Signal(str)
    saving_changed = Signal(int)
    """how many writes are not durable yet"""
    undo_changed = Signal(bool, bool)

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._case: Case | None = None
        self._wanted: str | None = None
        self._pending = 0
        self._stale = False
        self._drafts: dict[tuple[str, str], Draft] = {}
        self._draft_under_way = False
        self._views: dict[str, Json] = {}
        self._view_under_way = False

    @property
    def case(self) -> Case | None:
        return self._case

    @property
    def occupied(self) -> bool:
        """Whether a case is open or about to be."""
        return self._wanted is not None

    @property
    def saving(self) -> int:
        """How many writes are not durable yet."""
        return self._pending + len(self._drafts) + len(self._views)

    def open(self, case_id: str) -> None:
        """Show a case; the latest call wins."""
        self._wanted = case_id

        def opened(found: Opened) -> None:
            if self._wanted == case_id:
                self._case = found.case
                self.case_opened.emit(found)
                self.undo_changed.emit(found.can_undo, found.can_redo)

        def gone(error: Actionable) -> None:
            if self._wanted == case_id:
                self.close()
                self.refused.emit(error)

        self._background.run(
            self,
            "store",
            self._workstation.editing.open,
            case_id,
            self._workstation.person,
            done=opened,
            failed=gone,
        )

    def refresh(self) -> None:
        """The open case changed elsewhere: fetch it again. It is not opened anew, and nothing typed is touched."""
        if self._case is None or self._pending:
            self._stale = (
                self._case is not None
            )  # what is under way here brings the case as it is, or comes after
            return
        case_id = self._case.case_id

        def found(case: Case) -> None:
            if self._case is not None and self._case.case_id == case_id and not self._pending:
                before, self._case = self._case, case
                self.case_refreshed.emit(before, case)
            elif self._pending:
                self._stale = True

        self._background.run(
            self, "store", self._workstation.intake.case, case_id, done=found, failed=lambda _error: None
        )

    def close(self) -> None:
        """Show no case."""
        self._wanted = None
        self._case = None
        self.case_closed.emit()

    def correct(self, path: str, value: Value) -> None:
        self.correct_many({path: value})

    def correct_many(self, values: Mapping[str, Value]) -> None:
        for path in values:
            self._forget_draft(path)
        self._edit(self._workstation.editing.correct, dict(values))

    def confirm(self, paths: tuple[str, ...]) -> None:
        self._edit(self._workstation.editing.confirm, paths)

    def mark(self, paths: tuple[str, ...], state: FieldState) -> None:
        for path in paths:
            self._forget_draft(path)
        self._edit(self._workstation.editing.mark, paths, state)

    def restore(self, paths: tuple[str, ...]) -> None:
        for path in paths:
            self._forget_draft(path)
        self._edit(self._workstation.editing.restore, paths)

    def add_row(self, table: str) -> None:
        self._edit(self._workstation.editing.add_row, table)

    def remove_row(self, table: str, row: str) -> None:
        self._edit(self._workstation.editing.remove_row, table, row)

    def verify(self) -> None:
        self._edit(
            self._workstation.editing.verify, then=lambda edited: self.verified.emit(edited.case.case_id)
        )

    def reopen(self) -> None:
        self._edit(self._workstation.editing.reopen)

    def undo(self) -> None:
        self._edit(self._workstation.editing.undo)

    def undo_in(self, case_id: str) -> None:
        """Take back the last change to a case that is being opened."""
        self._background.run(
            self,
            "store",
            self._workstation.editing.undo,
            case_id,
            self._workstation.person,
            done=lambda _edited: self.open(case_id),
        )

    def redo(self) -> None:
        self._edit(self._workstation.editing.redo)

    def ask_document(self, then: Callable[[Json], None]) -> None:
        """Fetch the open case as the store keeps it, for what its fields do not say."""
        if self._case is None:
            return
        case_id = self._case.case_id

        def found(document: Json) -> None:
            if self._case is not None and self._case.case_id == case_id:
                then(document)

        self._background.run(
            self, "store", self._workstation.store.case_document, case_id, done=found, failed=lambda _: None
        )

    def keep_draft(self, path: str, draft: Draft) -> None:
        """Keep what is being typed; of several keystrokes while a write is under way only the last is written."""
        if self._case is not None:
            self._drafts[(self._case.case_id, path)] = draft
            self._announce()
            self._write_draft()

    def drop_draft(self, path: str) -> None:
        """The typing was taken back."""
        if self._case is None:
            return
        self._forget_draft(path)
        self._begin()
        self._background.run(
            self,
            "store",
            self._workstation.store.drop_draft,
            self._case.case_id,
            path,
            done=lambda _: self._end(),
            failed=self._refuse,
        )

    def keep_view(self, key: str, state: Json) -> None:
        """Remember how something is looked at; the last state of a key wins."""
        self._views[key] = state
        self._announce()
        self._write_view()

    def warm(self, case_id: str, then: Callable[[Case], None]) -> None:
        """Fetch a case that may be opened next, without opening it."""
        self._background.run(
            self, "store", self._workstation.intake.case, case_id, done=then, failed=lambda _error: None
        )

    def recall(self, key: str, then: Callable[[Json | None], None]) -> None:
        """Ask for what was remembered."""
        self._background.run(self, "store", self._workstation.store.recall, key, done=then)

    def flush(self) -> None:
        """Hand every write that still waits to the store at once: the window is closing."""
        store = self._workstation.store
        for (case_id, path), draft in self._drafts.items():
            self._background.run(self, "store", store.keep_draft, case_id, path, draft)
        for key, state in self._views.items():
            self._background.run(self, "store", store.remember, key, state)
        self._drafts.clear()
        self._views.clear()

    def _write_draft(self) -> None:
        if self._draft_under_way or not self._drafts:
            return
        (case_id, path), draft = next(iter(self._drafts.items()))
        self._draft_under_way = True

        def written(_: Any) -> None:
            self._draft_under_way = False
            if self._drafts.get((case_id, path)) is draft:
                del self._drafts[(case_id, path)]
            self._announce()
            self._write_draft()

        def refused(error: Actionable) -> None:
            self._drafts.pop((case_id, path), None)
            written(None)
            self.refused.emit(error)

        self._background.run(
            self,
            "store",
            self._workstation.store.keep_draft,
            case_id,
            path,
            draft,
            done=written,
            failed=refused,
        )

    def _write_view(self) -> None:
        if self._view_under_way or not self._views:
            return
        key, state = next(iter(self._views.items()))
        self._view_under_way = True

        def written(_: Any) -> None:
            self._view_under_way = False
            if self._views.get(key) is state:
                del self._views[key]
            self._announce()
            self._write_view()

        def refused(error: Actionable) -> None:
            self._views.pop(key, None)
            written(None)
            self.refused.emit(error)

        self._background.run(
            self, "store", self._workstation.store.remember, key, state, done=written, failed=refused
        )

    def _forget_draft(self, path: str) -> None:
        if self._case is not None:
            self._drafts.pop((self._case.case_id, path), None)

    def _edit(
        self,
        function: Callable[..., Edited | None],
        *arguments: object,
        then: Callable[[Edited], None] | None = None,
    ) -> None:
        if self._case is None:
            return
        case_id = self._case.case_id
        self._begin()

        def edited(result: Edited | None) -> None:
            self._end()
            if result is None:
                return
            if self._case is not None and self._case.case_id == case_id:
                self._case = result.case
                self.case_changed.emit(result)
                self.undo_changed.emit(result.can_undo, result.can_redo)
            if then is not None:
                then(result)

        self._background.run(
            self,
            "store",
            function,
            case_id,
            *arguments,
            self._workstation.person,
            done=edited,
            failed=self._refuse,
        )

    def _refuse(self, error: Actionable) -> None:
        self._end()
        self.refused.emit(error)

    def _begin(self) -> None:
        self._pending += 1
        self._announce()

    def _end(self) -> None:
        self._pending -= 1
        self._announce()
        if self._stale and not self._pending:
            self._stale = False
            self.refresh()

    def _announce(self) -> None:
        self.saving_changed.emit(self.saving)


def view_document(state: PageViewState) -> Json:
    """How a page is looked at, as the store remembers it."""
    return {
        "zoom": state.zoom,
        "fit": state.fit,
        "page": state.page,
        "offset": [state.offset_x, state.offset_y],
        "turns": [list(t) for t in state.turns],
        "night": state.night,
        "thumbnails": state.thumbnails,
    }


def view_from(document: Json) -> PageViewState:
    """The reverse of `view_document`."""
    return PageViewState(
        zoom=float(document["zoom"]),
        fit=document["fit"],
        page=int(document["page"]),
        offset_x=float(document["offset"][0]),
        offset_y=float(document["offset"][1]),
        turns=tuple((int(p), int(t)) for p, t in document["turns"]),
        night=bool(document["night"]),
        thumbnails=bool(document["thumbnails"]),
    )
