"""The open conflicts with what a person needs to see them, and what is said about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.domain.box import Box
from app.domain.case import Case, CaseDocument, Json, case_from, field_from
from app.domain.conflict import ConflictKind, OpenConflict, Settlement, Version
from app.domain.errors import Actionable, NoSuchCase
from app.domain.form import FormField
from app.views import messages
from app.views.background import Background, Task
from app.views.models.pages_model import PagesModel
from app.views.models.sync_model import LANE, Syncs
from app.views.widgets.conflict.conflict_words import (
    Changed,
    OtherCase,
    Subject,
    conflict_label,
    field_path,
    is_field,
    value_words,
)
from app.views.widgets.page_view.lens import lens_request
from app.views.widgets.page_view.tile import TileRequest

AROUND_X, AROUND_Y = 0.02, 0.012
"""How much of the page around the answer is shown, in fractions of it."""
MOST_CHANGED = 4
InStore = Callable[..., Any]


class CaseSource(Protocol):
    """Where the cases are; asked in the store's lane."""

    def case_document(self, case_id: str) -> Json: ...


class ConflictModel(QObject):
    """Asks for the conflicts, draws their crops and settles them."""

    subjects_changed = Signal(object)
    """tuple of `Subject`"""
    crop_drawn = Signal(str, QImage, object)
    """conflict id, picture, `Box` of the answer in fractions of the picture or None"""
    crop_failed = Signal(str, str)
    """conflict id, why there is no picture"""
    settled = Signal(object, object)
    """`Subject`, `Settlement`"""
    refused = Signal(object)
    """`Actionable`"""

    def __init__(
        self,
        syncing: Syncs | None,
        cases: CaseSource,
        in_store: InStore,
        person: Callable[[], str],
        pages: PagesModel,
        background: Background,
        parent: QObject | None = None,
        called: Callable[[str], str] = str,
    ) -> None:
        """`in_store` runs a function in the store's lane and waits for it; `called` says what a person is called."""
        super().__init__(parent)
        self.syncing = syncing
        self._cases = cases
        self._in_store = in_store
        self._called = called
        self._person = person
        self._pages = pages
        self._background = background
        self._subjects: tuple[Subject, ...] = ()
        self._task: Task | None = None
        self._crop: tuple[str, FormField, int, int] | None = None
        self._document = ""
        self._outlines: dict[str, Box] = {}
        pages.document_opened.connect(self._draw)
        pages.document_failed.connect(self._no_document)
        pages.lens_drawn.connect(self._drawn)
        pages.tile_failed.connect(self._not_drawn)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return self._subjects

    def refresh(self) -> None:
        """Ask again which conflicts are open; the latest question wins."""
        if self.syncing is None:
            return
        if self._task is not None:
            self._task.cancelled = True
        self._task = self._background.run(
            self, LANE, _subjects, self.syncing, self._cases, self._in_store, self._called,
            done=self._show, failed=self.refused.emit,
        )  # fmt: skip

    def settle(self, conflict_id: str, settlement: Settlement) -> None:
        """Settle a conflict as the person says."""
        subject = next((s for s in self._subjects if s.conflict.conflict_id == conflict_id), None)
        if self.syncing is None or subject is None:
            return

        def done(_result: object) -> None:
            self.settled.emit(subject, settlement)
            self.refresh()

        def failed(error: Actionable) -> None:
            self.refused.emit(error)
            self.refresh()  # it may have been settled elsewhere, or changed again
            self.subjects_changed.emit(self._subjects)

        self._background.run(
            self, LANE, self.syncing.settle, conflict_id, settlement, self._person(),
            done=done, failed=failed,
        )  # fmt: skip

    def _show(self, subjects: tuple[Subject, ...]) -> None:
        self._task = None
        self._subjects = subjects
        self.subjects_changed.emit(subjects)

    # the page

    def ask_crop(self, subject: Subject, width: int, height: int, ratio: float = 1.0) -> None:
        """Have the piece of the page drawn that a conflict is about; the latest wins."""
        conflict_id, field = subject.conflict.conflict_id, subject.field
        if field is None or field.box is None or field.page is None or not field.document_id:
            self._crop = None
            self.crop_failed.emit(conflict_id, self.tr("This stands nowhere on a page."))
            return
        self._crop = (conflict_id, field, round(width / ratio), round(height / ratio))
        self._ratio = ratio

        def found(document: CaseDocument | None) -> None:
            if self._crop is None or self._crop[0] != conflict_id:
                return
            if document is None:
                self.crop_failed.emit(conflict_id, self.tr("The page is not on this computer."))
            else:
                self._document = document.document_id
                self._pages.open(document)

        self._background.run(
            self, "store", _document, self._cases, subject.conflict.case_id, field.document_id,
            done=found, failed=lambda error: self._no_document(None, error),
        )  # fmt: skip

    def _draw(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        if self._crop is None or document.document_id != self._document:
            return
        conflict_id, field, width, height = self._crop
        if field.page is None or field.box is None or not 0 < field.page <= len(sizes):
            self.crop_failed.emit(conflict_id, self.tr("The page is not in this document."))
            return
        turns = document.turn(field.page) % 4
        around = replace(field, box=field.box.padded(AROUND_X, AROUND_Y), document_id=document.document_id)
        request = lens_request(around, sizes[field.page - 1], width, height, self._ratio, turns)
        if request is None:
            self.crop_failed.emit(conflict_id, self.tr("This stands nowhere on a page."))
            return
        self._outlines = {conflict_id: _within(field.box.turned(turns), request)}
        self._pages.draw_lens(conflict_id, request)

    def _drawn(self, conflict_id: str, image: QImage) -> None:
        self.crop_drawn.emit(conflict_id, image, self._outlines.get(conflict_id))

    def _not_drawn(self, _request: TileRequest, words: str) -> None:
        if self._crop is not None:
            self.crop_failed.emit(self._crop[0], words)

    def _no_document(self, _document: CaseDocument | None, error: Actionable) -> None:
        if self._crop is not None:
            self.crop_failed.emit(self._crop[0], " ".join(messages.text(error)))


def _document(cases: CaseSource, case_id: str, document_id: str) -> CaseDocument | None:
    case = case_from(cases.case_document(case_id))
    return next((d for d in case.documents if d.document_id == document_id), None)


def _within(box: Box, request: TileRequest) -> Box:
    """Where a box of the page stands in a picture of its clip, in fractions of the picture."""
    clip = request.clip
    wide, high = max(clip.width, 1e-6), max(clip.height, 1e-6)
    return Box(
        (min(box.x0, box.x1) - clip.x0) / wide, (min(box.y0, box.y1) - clip.y0) / high,
        (max(box.x0, box.x1) - clip.x0) / wide, (max(box.y0, box.y1) - clip.y0) / high,
    )  # fmt: skip


def _subjects(
    syncing: Syncs, cases: CaseSource, in_store: InStore, called: Callable[[str], str]
) -> tuple[Subject, ...]:
    """The open conflicts with their cases; the oldest first."""
    conflicts = sorted(syncing.conflicts(), key=lambda c: (c.found_at, c.conflict_id))
    found: tuple[Subject, ...] = in_store(_look_up, cases, tuple(conflicts), called)
    return found


def _look_up(
    cases: CaseSource, conflicts: tuple[OpenConflict, ...], called: Callable[[str], str]
) -> tuple[Subject, ...]:
    known: dict[str, Case | None] = {}

    def case(case_id: str) -> Case | None:
        if case_id not in known:
            try:
                known[case_id] = case_from(cases.case_document(case_id))
            except NoSuchCase:
                known[case_id] = None
        return known[case_id]

    return tuple(subject_of(c, case(c.case_id), case(c.other_case_id), called) for c in conflicts)


def subject_of(
    conflict: OpenConflict, case: Case | None, other: Case | None = None, called: Callable[[str], str] = str
) -> Subject:
    """A conflict with what is known of its case; people by what they are called."""
    field = _field_of(conflict, case)
    changed = tuple(replace(each, by=called(each.by)) for each in _changed(conflict, case))
    return Subject(
        conflict=_named(conflict, called),
        receipt=case.receipt if case else "",
        patient=case.patient if case else "",
        label=conflict_label(conflict, field),
        field=field,
        received_at=case.received_at if case else None,
        changed=changed,
        other=OtherCase(other.case_id, other.receipt, other.patient, other.received_at) if other else None,
    )


def _named(conflict: OpenConflict, called: Callable[[str], str]) -> OpenConflict:
    person = conflict.unit == "assigned_to"  # here people are the values, too

    def named(version: Version) -> Version:
        value = called(version.value) if person and isinstance(version.value, str) else version.value
        return replace(version, value=value, by=called(version.by))

    return replace(
        conflict, base=named(conflict.base), mine=named(conflict.mine), theirs=named(conflict.theirs)
    )


def _changed(conflict: OpenConflict, case: Case | None) -> tuple[Changed, ...]:
    """What others last did to what a determination rests on: fields they settled, documents that came."""
    if case is None or conflict.kind is not ConflictKind.EVIDENCE:
        return ()
    found = [
        Changed(field.label, value_words(field.current).text, field.by, field.at)
        for field in case.fields
        if field.by and field.at is not None and field.by != conflict.mine.by
    ]
    found += [Changed(d.name, d.kind, "", d.received_at) for d in case.documents]
    return tuple(sorted(found, key=lambda c: c.at, reverse=True)[:MOST_CHANGED])


def _field_of(conflict: OpenConflict, case: Case | None) -> FormField | None:
    path = field_path(conflict.unit)
    if not path:
        return None
    found = case.field(path) if case is not None else None
    if found is not None:
        return found
    for version in (conflict.base, conflict.mine, conflict.theirs):
        if is_field(version.value):
            return field_from(path, version.value)
    return None
