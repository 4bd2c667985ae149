"""The middle of the intake screen: the pages of the open case with the line above them, fed by the pages model."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage

from app.domain.box import Box
from app.domain.case import Case, CaseDocument, Json
from app.domain.draft import PageViewState
from app.domain.errors import Actionable
from app.domain.extraction import PageText
from app.domain.form import FormField
from app.views import messages
from app.views.models.case_model import CaseModel, view_document, view_from
from app.views.models.pages_model import PagesModel
from app.views.page_column import PageColumn
from app.views.widgets.page_view.lens import lens_request


class PageDesk(PageColumn):
    """Opens the document of a case, shows it as it was last looked at, and gives crops and regions of it."""

    document_shown = Signal()
    """The pages of the open case are there."""
    lens_drawn = Signal(str, QImage)
    find_left = Signal()

    def __init__(self, case_model: CaseModel, pages_model: PagesModel) -> None:
        super().__init__(pages_model)
        self._case_model = case_model
        self._case: Case | None = None
        self._texts: tuple[PageText, ...] = ()
        self._document: CaseDocument | None = None
        self._sizes: tuple[tuple[float, float], ...] = ()
        self._view: Json | None = None
        self._selected: tuple[str, ...] = ()
        self._lens: tuple[FormField, int, int] | None = None
        self._wire()

    def _wire(self) -> None:
        pages = self._pages_model
        self.page.view_changed.connect(self._keep_view)
        pages.document_opened.connect(self._show_document)
        pages.document_failed.connect(self._show_no_document)
        pages.lens_drawn.connect(self.lens_drawn)

    # what is shown

    def show_case(self, case: Case, texts: tuple[PageText, ...], title: str) -> None:
        """Show the pages of a case; the same case again is taken over in place."""
        same = self._case is not None and self._case.case_id == case.case_id
        self._texts = texts
        self.update_case(case, title)
        if same and self._document is not None:
            self.page.set_words(texts)
        else:
            self._open(case.form_document)

    def update_case(self, case: Case, title: str) -> None:
        """The open case changed: its marks and its name follow."""
        self._case = case
        form = case.form_document
        self.header.set_case(case.patient or (form.name if form else ""), case.receipt, title)
        if self._document is not None:
            self.page.set_fields(case.fields)

    def show_nothing(self, words: str) -> None:
        """Show no case, and say what to do."""
        self._case = None
        self._document = None
        self._lens = None
        self.header.set_case("", "", "")
        self.page.clear(words)

    def select(self, path: str, together: Iterable[str] = ()) -> None:
        """Outline a field (with those that answer one question together) and bring it into sight."""
        self._selected = tuple(together)
        if self._selected:
            self.page.select_many(self._selected)
        self.page.select(path or None)

    def _open(self, form: CaseDocument | None) -> None:
        self._document = None
        self._sizes = ()
        self._view = None
        if form is None or not form.media_type:
            self.page.clear(self.tr("There is no page to show."))
            return
        self.page.set_busy(self.tr("Opening…"))

        def recalled(view: Json | None) -> None:
            current = self._case.form_document if self._case else None
            if current is not None and current.document_id == form.document_id:
                self._view = view
                self._pages_model.open(current)

        self._case_model.recall(f"view:{form.document_id}", recalled)

    def _show_document(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        if self._case is None:
            return
        self._document = document
        self._sizes = sizes
        self.page.set_document(
            document.document_id, sizes, tuple((page - 1, turn) for page, turn in document.turns)
        )
        self.page.set_fields(self._case.fields)
        self.page.set_words(self._texts)
        if self._view:
            self.page.restore(view_from(self._view))
        elif document.pages and document.pages[0] > 1:
            self.page.go_to_page(document.pages[0] - 1)
        if self._lens is not None:
            self.draw_lens(*self._lens)
        self.document_shown.emit()

    @property
    def was_looked_at(self) -> bool:
        """Whether the pages are shown as they were left: then nothing is brought into sight by itself."""
        return self._view is not None

    def _show_no_document(self, _document: CaseDocument, error: Actionable) -> None:
        self.page.clear(" ".join(messages.text(error)))

    def _keep_view(self, state: PageViewState) -> None:
        if self._document is not None:
            self._case_model.keep_view(f"view:{self._document.document_id}", view_document(state))

    # pieces of pages

    def draw_lens(self, field: FormField, width: int, height: int) -> None:
        """Ask for the crop of a field, `width` x `height` in device pixels; again once the page is there."""
        self._lens = (field, width, height)
        if field.page is None or self._document is None or field.page > len(self._sizes):
            return
        ratio = self.devicePixelRatioF()
        turns = (self._document.turn(field.page) + dict(self.page.state().turns).get(field.page - 1, 0)) % 4
        request = lens_request(
            field, self._sizes[field.page - 1], round(width / ratio), round(height / ratio), ratio, turns
        )
        if request is not None:
            self._pages_model.draw_lens(field.path, request)

    def read_region(self, path: str, page: int, box: Box) -> bool:
        """Have what is printed in a box of a page (1-based) read for a field; False without a page."""
        if self._document is None:
            return False
        self._pages_model.read_region(path, self._document.document_id, page, box)
        return True

    # finding

    def _close_find(self) -> None:
        super()._close_find()
        self.find_left.emit()
