"""The left of the review: every document of a request, any two of them side by side, found in and pointed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.domain.case import Json
from app.domain.draft import PageViewState
from app.domain.evidence import Evidence
from app.domain.passage import Span
from app.views.models.case_model import view_document, view_from
from app.views.models.find_model import FindModel
from app.views.models.pages_model import PagesModel
from app.views.models.review_case_model import REQUEST, ShownDocument
from app.views.review_desk_half import DeskHalf
from app.views.review_desk_history import DeskHistory, DeskPlace
from app.views.review_desk_looking import Looking
from app.views.review_desk_place import as_quoted, boxes_of, places_of
from app.views.widgets.page_view.find import Hit
from app.views.widgets.review.document_bar import DocumentBar
from app.views.widgets.review.find_bar import FindBar
from app.views.widgets.review.side_by_side import SideBySide


class ReviewDesk(QWidget):
    """Documents of the open request. It opens nothing by itself but the form and, beside it, what is asked for."""

    slot_asked = Signal(str, object)
    """slot of the prompt, `Evidence` to fill it with"""
    pin_asked = Signal(object)
    evidence_chosen = Signal(object)
    """`Evidence` chosen on a page, None when there is none any more"""
    policy_wanted = Signal(str)
    """a policy that is pointed at and is not among the documents: `policy:ID@VERSION`"""
    seen = Signal(tuple)
    """tuple of (document id, page from 1, seconds), about every ten seconds of looking"""
    layout_changed = Signal()

    def __init__(self, pages: tuple[PagesModel, PagesModel], find: FindModel) -> None:
        super().__init__()
        self.bar = DocumentBar()
        self.find_bar = FindBar()
        self.halves = SideBySide()
        self._find = find
        self._documents: tuple[ShownDocument, ...] = ()
        self._views: dict[str, PageViewState] = {}
        self._wanted: list[str] = ["", ""]
        self._awaited: Evidence | None = None
        self._history = DeskHistory()
        self._travelling = False
        self._desks = tuple(
            DeskHalf(half, model, self) for half, model in zip(self.halves.halves, pages, strict=True)
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.find_bar)
        column.addWidget(self.halves, 1)
        self._looking = Looking(self._in_sight, self)
        self._looking.told.connect(self.seen)
        self._wire()

    def _wire(self) -> None:
        bar, halves, find_bar, find = self.bar, self.halves, self.find_bar, self._find
        bar.document_asked.connect(self.show_document)
        bar.find_asked.connect(self.open_find)
        bar.split_asked.connect(self.set_split)
        bar.thumbnails_asked.connect(self.set_thumbnails)
        bar.night_asked.connect(self.set_night)
        halves.active_changed.connect(lambda _half: self._tell())
        halves.split_changed.connect(lambda _on: self._tell())
        halves.splitterMoved.connect(self.layout_changed)
        halves.slot_asked.connect(lambda slot, found: self.slot_asked.emit(slot, self._quoted(found)))
        halves.pin_asked.connect(lambda found: self.pin_asked.emit(self._quoted(found)))
        halves.evidence_chosen.connect(lambda found: self.evidence_chosen.emit(self._quoted(found)))
        halves.document_dropped.connect(self._drop_document)
        halves.close_asked.connect(self._close_half)
        for number, desk in enumerate(self._desks):
            desk.looked.connect(lambda name, state, n=number: self._looked(n, name, state))
            page = desk.half.page
            page.left.connect(lambda state, n=number: self._leave(n, state))
            page.back_asked.connect(self.go_back)
            page.forward_asked.connect(self.go_forward)
            page.night_changed.connect(lambda _on: self._tell())
            page.thumbnails_changed.connect(lambda _on: self._tell())
        find_bar.edited.connect(lambda text: find.find(text, self._here()))
        find_bar.stepped.connect(find.step)
        find_bar.place_chosen.connect(find.go_to)
        find_bar.document_chosen.connect(find.go_to_document)
        find_bar.closed.connect(self.close_find)
        find.found.connect(self._show_found)
        find.current_changed.connect(find_bar.set_current)
        find.shown.connect(self._go_to_hit)

    # which documents there are

    def show_documents(self, documents: tuple[ShownDocument, ...]) -> None:
        """The documents of the open request; those on show stay, with what came to be known of them."""
        self._documents = documents
        notes = {"after": self.tr("It came after the decision, which has not seen it.")}
        self.bar.show_documents(
            tuple(replace(d.entry, note=notes.get(d.entry.note, d.entry.note)) for d in documents)
        )
        for number, desk in enumerate(self._desks):
            known = self._shown(self._wanted[number])
            if known is not None:
                desk.show(known, self._views.get(_key(number, known.document_id)))
            elif desk.document is not None:
                desk.show_nothing()
        if documents and not self._wanted[0]:
            self._wanted[0] = documents[0].document_id
            self.seen.emit(((documents[0].document_id, 0, 0.0),))
            self._desks[0].show(documents[0], self._views.get(_key(0, documents[0].document_id)))
        self._find.set_documents(documents)
        if self._awaited is not None:
            self.show_evidence(self._awaited)
        self._tell()

    def show_nothing(self) -> None:
        """No request is open."""
        self._looking.flush()
        self.close_find()
        self._documents, self._wanted, self._views = (), ["", ""], {}
        self._history = DeskHistory()
        self._awaited = None
        for desk in self._desks:
            desk.show_nothing()
        self.halves.set_split(False)
        self.bar.show_documents(())
        self._find.set_documents(())

    def _shown(self, document_id: str) -> ShownDocument | None:
        return next((d for d in self._documents if d.document_id == document_id), None)

    # which are on show

    def show_document(self, document_id: str, other: bool = False) -> None:
        """Show a document in the half in use, or in the other one, which is opened for it."""
        if other:
            if not self.halves.split:
                self.halves.set_split(True)
            half = 1 - self.halves.active
        else:
            half = self.halves.active
        self._put(half, document_id)

    def show_number(self, number: int, other: bool = False) -> None:
        """Show the n-th document, counted from 1."""
        document_id = self.bar.document_at(number)
        if document_id:
            self.show_document(document_id, other)

    def set_split(self, split: bool) -> None:
        """Two halves, the second with the next document that is not on show; or one."""
        self.halves.set_split(split)
        if split and not self._wanted[1]:
            policies = [d for d in self._documents if d.file.kind == "policy"]
            others = [d for d in (*policies, *self._documents) if d.document_id != self._wanted[0]]
            if others:
                self._put(1, others[0].document_id)
        self.layout_changed.emit()
        self._tell()

    def toggle_split(self) -> None:
        self.set_split(not self.halves.split)

    def set_night(self, night: bool) -> None:
        for half in self.halves.halves:
            half.page.set_night(night)

    def set_thumbnails(self, shown: bool) -> None:
        self.halves.page.set_thumbnails(shown)

    def toggle_night(self) -> None:
        self.set_night(not self.halves.page.night)

    def _put(self, half: int, document_id: str, *, remember: bool = True) -> None:
        document = self._shown(document_id)
        if document is None:
            return
        desk = self._desks[half]
        if desk.document_id != document_id:
            state = desk.state
            if remember and state is not None:
                self._leave(half, state)
            self._wanted[half] = document_id
            desk.show(document, self._views.get(_key(half, document_id)))
            self._mark_hits(half)
            self.seen.emit(((document_id, 0, 0.0),))
        self.halves.use(half)
        self._tell()
        self.layout_changed.emit()

    def _drop_document(self, half: int, document_id: str) -> None:
        """A tab dropped on the only half opens the other one beside it."""
        if not self.halves.split and document_id != self._wanted[0]:
            self.halves.set_split(True)
            half = 1
        self._put(half, document_id)

    def _close_half(self, half: int) -> None:
        if half == 0:
            self._put(0, self._wanted[1])
        self.set_split(False)

    def _tell(self) -> None:
        shown = tuple(self._wanted if self.halves.split else self._wanted[:1])
        self.bar.set_shown(shown, self.halves.active)
        page = self.halves.page
        self.bar.set_switches(thumbnails=page.thumbnails, night=page.night)

    def _quoted(self, evidence: Evidence | None) -> Evidence | None:
        document = self._shown(evidence.document) if evidence else None
        return as_quoted(evidence, document) if evidence and document else evidence

    # evidence

    def show_evidence(
        self, evidence: Evidence, box_of: Callable[[str], Evidence | None] | None = None
    ) -> None:
        """Open the document of a piece of evidence at its place, marked. `box_of` says where a form field stands."""
        found = evidence
        if not evidence.document and evidence.field and box_of is not None:
            found = box_of(evidence.field) or evidence
        document_id = found.document or (REQUEST if evidence.field.startswith("request") else "")
        document = self._shown(document_id) or self._other_version(document_id)
        if document is None:
            if document_id.startswith("policy:"):
                self._awaited = found
                self.policy_wanted.emit(document_id)
            return
        if document.source is None and document.laid_out:
            self._awaited = found  # its words are known once it is laid out
        else:
            self._awaited = None
        half = self._half_for(document)
        self._leave_now(half)
        self._travelling = True
        self._put(half, document.document_id, remember=False)
        self._desks[half].point_out(places_of(found, document))
        self._travelling = False

    def _other_version(self, document_id: str) -> ShownDocument | None:
        """A policy named without its version."""
        if not document_id.startswith("policy:") or "@" in document_id:
            return None
        return next((d for d in self._documents if d.document_id.startswith(f"{document_id}@")), None)

    def _half_for(self, document: ShownDocument) -> int:
        """The half that shows it; else the one that shows its like, so that policy and notes keep their places."""
        active = self.halves.active
        if not self.halves.split:
            return 0
        if document.document_id == self._wanted[active]:
            return active
        if document.document_id == self._wanted[1 - active]:
            return 1 - active
        policy = document.file.kind == "policy"
        for half in (1, 0) if policy else (0, 1):
            shown = self._shown(self._wanted[half])
            if shown is not None and (shown.file.kind == "policy") == policy:
                return half
        return 1 if policy else 0

    def clear_evidence(self) -> None:
        for desk in self._desks:
            desk.point_out(())

    # history of places, over documents and halves

    def _leave(self, half: int, state: PageViewState) -> None:
        if self._travelling or not self._wanted[half]:
            return
        self._history = self._history.left(DeskPlace(half, self._wanted[half], state))

    def _leave_now(self, half: int) -> None:
        state = self._desks[half].state
        if state is not None:
            self._leave(half, state)

    def go_back(self) -> None:
        """Look again at what was left by the last jump, whichever document it was in."""
        behind = self._history.behind
        self._history, place = self._history.back(self._place_now(behind[-1].half) if behind else None)
        self._travel(place)

    def go_forward(self) -> None:
        ahead = self._history.ahead
        self._history, place = self._history.forward(self._place_now(ahead[-1].half) if ahead else None)
        self._travel(place)

    def _place_now(self, half: int) -> DeskPlace | None:
        state = self._desks[half].state
        return DeskPlace(half, self._wanted[half], state) if state and self._wanted[half] else None

    def _travel(self, place: DeskPlace | None) -> None:
        if place is None:
            return
        half = place.half if self.halves.split else 0
        self._travelling = True
        self._views[_key(half, place.document_id)] = place.state
        document = self._shown(place.document_id)
        if document is not None:
            self._wanted[half] = place.document_id
            self._desks[half].show(document, place.state)
            self.halves.use(half)
        self._travelling = False
        self._tell()

    # finding

    def open_find(self) -> None:
        self.find_bar.open()
        chosen = self.halves.page.evidence
        if chosen is not None and chosen.quote and len(chosen.quote) < 60:
            self.find_bar.edit.setText(chosen.quote)
            self.find_bar.edit.selectAll()

    def close_find(self) -> None:
        """Put the bar away; the keyboard goes back to the page."""
        had = self.find_bar.isAncestorOf(QApplication.focusWidget() or self)
        self.find_bar.hide()
        self._find.find("")
        if had:
            self.halves.page.setFocus()

    def find_next(self) -> None:
        self._find.step(1)

    def find_previous(self) -> None:
        self._find.step(-1)

    def _here(self) -> tuple[str, int]:
        return self._wanted[self.halves.active], self.halves.page.current_page + 1

    def _show_found(self, places: tuple[Any, ...], counts: tuple[Any, ...], current: int) -> None:
        self.find_bar.show_found(places, counts, current)
        for half in range(len(self._desks)):
            self._mark_hits(half)

    def _mark_hits(self, half: int, current: Span | None = None) -> None:
        document = self._shown(self._wanted[half])
        spans = self._find.spans(self._wanted[half])
        hits: list[Hit] = []
        place = -1
        for span in spans:
            boxes = boxes_of(document.source, span) if document and document.source else ()
            if boxes:
                if span == current:
                    place = len(hits)
                hits.append(Hit(span.page - 1, boxes))
        self._desks[half].show_hits(tuple(hits), place)

    def _go_to_hit(self, span: Span) -> None:
        document = self._shown(span.document_id)
        if document is None:
            return
        half = self._half_for(document)
        self._put(half, span.document_id)
        self._mark_hits(half, span)

    # what was looked at

    def _looked(self, half: int, document_id: str, state: PageViewState) -> None:
        self._views[_key(half, document_id)] = state
        self.layout_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._looking.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._looking.stop()

    def _in_sight(self) -> tuple[tuple[str, int], ...]:
        """The pages that somebody before the window has before their eyes."""
        window = self.window()
        if not self._documents or not window.isActiveWindow() or window.isMinimized():
            return ()
        shown = self._desks if self.halves.split else self._desks[:1]
        return tuple(
            (d.document_id, page) for d in shown if d.document for page in d.half.page.pages_in_sight
        )

    # what is remembered for a request

    def layout_now(self) -> Json:
        """Which documents are on show and how each is looked at."""
        return {
            "halves": list(self._wanted),
            "split": self.halves.split,
            "active": self.halves.active,
            "sizes": self.halves.sizes() if self.halves.split else [],
            "views": {name: view_document(state) for name, state in self._views.items()},
        }

    def put_back(self, layout: Mapping[str, Any]) -> None:
        """Show a request as it was left; to be called before its documents are given."""
        self._views = {str(name): view_from(view) for name, view in layout.get("views", {}).items()}
        kept = [str(name) for name in layout.get("halves", [])][:2]
        self._wanted = [*kept, "", ""][:2]
        self.halves.set_split(bool(layout.get("split", False)))
        if layout.get("sizes") and self.halves.split:
            self.halves.setSizes([int(size) for size in layout["sizes"]])
        self.halves.use(int(layout.get("active", 0)))


def _key(half: int, document_id: str) -> str:
    return f"{half}:{document_id}"
