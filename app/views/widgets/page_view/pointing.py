"""The page view of a review as it is pointed at: evidence and hits are marked, places are left and come back to."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.box import Box
from app.domain.draft import PageViewState
from app.domain.passage import PageString, SourceText
from app.views import theme
from app.views.widgets.page_view.find import Hit
from app.views.widgets.page_view.text_fit import text_extent
from app.views.widgets.page_view.view import PageView

TEXT = "text"
"""A fit of the review's own: the words fill the width, the empty margins are out of sight."""
_EDGE = 20
"""Screen pixels between the words and the edge of the view."""


class PointingView(PageView):
    """Shows one document of a request. Places that jumps leave are told, to be kept over all documents."""

    left = Signal(object)
    """`PageViewState` of a place that a jump is about to leave"""
    back_asked = Signal()
    forward_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: SourceText | None = None
        self._lit: tuple[tuple[int, tuple[Box, ...]], ...] = ()
        self._fits_text = False

    def _forget(self) -> None:
        self._source = None
        self._lit = ()
        self._set_fits_text(False)
        super()._forget()

    def _string(self, page: int) -> PageString | None:
        return self._source.page(page + 1) if self._source else None

    # --- what is shown ------------------------------------------------------------------------------

    def set_source(self, source: SourceText | None) -> None:
        """The words of the document; pages may come later, as they are recognized. What is chosen stays."""
        self._source = source
        self.set_words(source.pages if source else ())
        self.viewport().update()

    def point_out(self, places: tuple[tuple[int, tuple[Box, ...]], ...], *, reveal: bool = True) -> None:
        """Mark places (page 1-based, boxes as stored) and bring the first into sight; none takes the marks away.

        The place looked at before is kept for going back. A view that is held does not move.
        """
        count = len(self._camera.pages)
        self._lit = tuple((page - 1, boxes) for page, boxes in places if boxes and 0 < page <= count)
        if self._lit and reveal and not self._held:
            page, boxes = self._lit[0]
            self._reveal(page, Box.around(boxes), remember=True)
        self.viewport().update()

    @property
    def pointed_out(self) -> tuple[tuple[int, tuple[Box, ...]], ...]:
        """The marked places, pages 1-based."""
        return tuple((page + 1, boxes) for page, boxes in self._lit)

    def show_hits(self, hits: tuple[Hit, ...], current: int = -1) -> None:
        """Mark what was found, and go to one of them; tells nobody."""
        self._hits, self._hit = hits, current
        if 0 <= current < len(hits):
            hit = hits[current]
            if not self._held:
                self._reveal(hit.page, Box.around(hit.boxes), remember=True)
        self.viewport().update()

    # --- places, which are remembered over all documents of a case by whoever shows them ------------

    def _remember(self) -> None:
        if self._camera.pages:
            self.left.emit(self.state())

    @Slot()
    def go_back(self) -> None:
        self.back_asked.emit()

    @Slot()
    def go_forward(self) -> None:
        self.forward_asked.emit()

    def go_to_place(self, state: PageViewState) -> None:
        """Look at a place of this document again, as large as it was then."""
        self.restore(replace(state, night=self.night, thumbnails=self.thumbnails))

    @property
    def pages_in_sight(self) -> tuple[int, ...]:
        """The pages (1-based) of which half is in sight, or which fill half of what is."""
        view = QRectF(0, 0, *self._room())
        found = []
        for page in range(len(self._camera.pages)):
            spot = self.spot(page)
            rect = QRectF(spot.x, spot.y, spot.width, spot.height)
            seen = rect.intersected(view)
            if seen.height() > 0 and seen.height() >= 0.5 * min(rect.height(), view.height()):
                found.append(page + 1)
        return tuple(found)

    # --- words that fill the width ------------------------------------------------------------------

    @Slot()
    def fit_text(self) -> None:
        """Zoom so that the words fill the width, now and in rooms of any size; without words the page does."""
        extent = text_extent(self._source, self._camera.turns) if self._source else None
        if not self._camera.pages or extent is None:
            self.fit_width()
            return
        self._fill(*extent)

    def _fill(self, first: float, last: float) -> None:
        page = self.current_page
        across, edge = self._camera.sizes[page][0], theme.px(_EDGE)
        room = max(40, self.viewport().width() - 2 * edge)
        self._set_fits_text(True)  # zooming by hand is what ends it
        super()._zoom_to(room / (across * (last - first)), QPointF(0, 0))
        spot = self._layout.spot(page)
        self.horizontalScrollBar().setValue(round(spot.x + first * spot.width - edge))

    def _set_fits_text(self, fits: bool) -> None:
        """Beside words that fill the width there are margins alone: no bar is shown to go there."""
        self._fits_text = fits
        policies = Qt.ScrollBarPolicy
        wanted = policies.ScrollBarAlwaysOff if fits else policies.ScrollBarAsNeeded
        if wanted != self.horizontalScrollBarPolicy():
            self.setHorizontalScrollBarPolicy(wanted)

    def _zoom_to(self, zoom: float, at: QPointF) -> None:
        self._set_fits_text(False)
        super()._zoom_to(zoom, at)

    def _fit_to(self, fit: str) -> None:
        self._set_fits_text(False)
        super()._fit_to(fit)

    def state(self) -> PageViewState:
        found = super().state()
        return replace(found, fit=TEXT) if self._fits_text else found

    def restore(self, state: PageViewState) -> None:
        super().restore(replace(state, fit="") if state.fit == TEXT else state)
        if state.fit == TEXT:
            self.fit_text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits_text:
            self.fit_text()
