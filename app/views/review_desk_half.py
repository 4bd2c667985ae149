"""One half of the review's desk: a document opened, shown as it was last looked at, with what is pointed out in it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.domain.case import CaseDocument
from app.domain.draft import PageViewState
from app.domain.errors import Actionable
from app.views import messages
from app.views.models.pages_model import PagesModel
from app.views.models.review_case_model import ShownDocument
from app.views.review_desk_place import Places
from app.views.widgets.page_view.find import Hit
from app.views.widgets.review.side_by_side import DocumentHalf


class DeskHalf(QObject):
    """Feeds a half from a pages model of its own. What is asked for while a document opens is done when it is there."""

    looked = Signal(str, object)
    """document id, `PageViewState`: how it is looked at by now"""

    def __init__(self, half: DocumentHalf, pages: PagesModel, parent: QObject) -> None:
        super().__init__(parent)
        self.half = half
        self._pages = pages
        self._document: ShownDocument | None = None
        self._open = False
        self._state: PageViewState | None = None
        self._places: Places = ()
        self._hits: tuple[tuple[Hit, ...], int] = ((), -1)
        page = half.page
        page.tile_wanted.connect(pages.draw)
        page.tile_dropped.connect(pages.drop)
        pages.tile_drawn.connect(page.show_tile)
        pages.tile_failed.connect(page.tile_failed)
        pages.document_opened.connect(self._opened)
        pages.document_failed.connect(self._failed)
        page.view_changed.connect(self._looked)

    @property
    def document(self) -> ShownDocument | None:
        return self._document

    @property
    def document_id(self) -> str:
        return self._document.document_id if self._document else ""

    @property
    def state(self) -> PageViewState | None:
        """How the document is looked at; None while it is not there yet."""
        return self.half.page.state() if self._open else None

    def show(self, document: ShownDocument, state: PageViewState | None) -> None:
        """Show a document as it was looked at; the same again is taken over in place."""
        if document.document_id == self.document_id:
            self.update(document)
            if state is not None and self._open:
                self.half.page.go_to_place(state)
            return
        self.half.page.choose_nothing()
        self._document, self._open, self._state = document, False, state
        self._places, self._hits = (), ((), -1)
        self.half.set_title(document.entry.title)
        if not document.file.sha256 and document.laid_out:
            self.half.page.set_busy(self.tr("Laying out…"))
        elif not document.file.sha256 or not document.file.media_type:
            self.half.page.clear(self.tr("There is no page to show."))
        else:
            self._load(document)

    def update(self, document: ShownDocument) -> None:
        """The document on show is known better by now: its words came, or its name."""
        before, self._document = self._document, document
        if before is None or before == document:
            return
        if before.file.sha256 != document.file.sha256:
            self._load(document)
        elif not self._open:
            self.half.set_title(document.entry.title)
        else:
            self.half.set_title(document.entry.title, document.labels)
            if document.source is not before.source:
                page = self.half.page
                page.set_source(document.source)
                if self._state is None and before.source is None and page.state().fit == "width":
                    page.fit_text()  # nobody has zoomed yet, and now it is known where its words stand

    def show_nothing(self, words: str = "") -> None:
        self._document, self._open = None, False
        self.half.page.choose_nothing()
        self.half.page.clear(words)
        self.half.set_title("")

    def point_out(self, places: Places) -> None:
        """Mark places and bring the first into sight, now or as soon as the pages are there."""
        self._places = places
        if self._open:
            self.half.page.point_out(places)

    def show_hits(self, hits: tuple[Hit, ...], current: int) -> None:
        """Mark what was found, now or as soon as the pages are there."""
        self._hits = (hits, current)
        if self._open:
            self.half.page.show_hits(hits, current)

    def _load(self, document: ShownDocument) -> None:
        self._open = False
        self.half.page.set_busy(self.tr("Opening…"))
        self._pages.open(document.file)

    def _opened(self, file: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        document = self._document
        if document is None or document.document_id != file.document_id:
            return
        page = self.half.page
        page.set_document(
            document.document_id, sizes, tuple((number - 1, turn) for number, turn in document.file.turns)
        )
        self._open = True
        self.half.set_title(document.entry.title, document.labels)
        page.set_source(document.source)
        if self._state is not None:
            page.restore(self._state)
        else:
            page.fit_text()  # the first time: half a window is narrow, and margins say nothing
        if self._state is None and document.file.pages and document.file.pages[0] > 1:
            page.go_to_page(document.file.pages[0] - 1)
        if self._places:
            page.point_out(self._places)
        if self._hits[0]:
            page.show_hits(*self._hits)

    def _failed(self, file: CaseDocument, error: Actionable) -> None:
        if self._document is not None and self._document.document_id == file.document_id:
            self.half.page.clear(" ".join(messages.text(error)))

    def _looked(self, state: PageViewState) -> None:
        if self._open and self._document is not None:
            self.looked.emit(self._document.document_id, state)
