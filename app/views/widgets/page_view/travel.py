"""Going about in the page viewer: zoom, turns, night, thumbnails, holding still, places and their history."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.box import Box
from app.domain.draft import PageViewState
from app.views import theme
from app.views.widgets.page_view.area import SHARPEN_AFTER_MS, PageArea
from app.views.widgets.page_view.history import History
from app.views.widgets.page_view.layout import (
    ACTUAL_SIZE,
    MARGIN,
    Anchor,
    next_step,
    reveal,
    turned_point,
)

_OVERLAP = 48
"""Screen pixels of the old screenful that stay in sight when scrolling by one."""
_ROOM = 40.0
"""Screen pixels between a revealed box and the edge of the viewport."""


class PageTravel(PageArea):
    """Pages that a person goes about in; what moves them says so by `page_changed` and `view_changed`."""

    page_turned = Signal(int, int)
    """page (0-based), the quarter turns a person has given it now, 0 to 3"""
    night_changed = Signal(bool)
    thumbnails_changed = Signal(bool)
    held_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = History()
        self._held = False
        self._animated = True
        self._strip.chosen.connect(self.go_to_page)

    def _forget(self) -> None:
        self._history = History()
        super()._forget()

    # --- zoom ---------------------------------------------------------------------------------------

    @Slot()
    def zoom_in(self) -> None:
        self._zoom_to(next_step(self._camera.zoom, 1), self._centre())

    @Slot()
    def zoom_out(self) -> None:
        self._zoom_to(next_step(self._camera.zoom, -1), self._centre())

    @Slot()
    def actual_size(self) -> None:
        self._zoom_to(ACTUAL_SIZE, self._centre())

    def set_percent(self, percent: float) -> None:
        """Zoom to a percentage of the size on paper, about the middle of the view."""
        self._zoom_to(percent / 100 * ACTUAL_SIZE, self._centre())

    @Slot()
    def fit_page(self) -> None:
        self._fit_to("page")

    @Slot()
    def fit_width(self) -> None:
        self._fit_to("width")

    def _zoom_to(self, zoom: float, at: QPointF) -> None:
        """Zoom and keep what is at a point of the viewport where it is."""
        if self._camera.pages:
            self._motion.stop()
            kept = self._anchor_at(at)
            self._camera.zoom_to(zoom)
            self._place(kept, at)
            self._zoomed()

    def _fit_to(self, fit: str) -> None:
        self._motion.stop()
        page, middle = self.current_page, self._centre()
        kept = self._anchor_at(middle) if self._camera.pages else self._anchor
        self._camera.fit_to(fit, page)
        if fit == "page":
            self._place_at_top(page)
        else:
            self._place(Anchor(kept.page, 0.5, kept.y), middle)
        self._zoomed()

    def _zoomed(self) -> None:
        self._look_timer.start(SHARPEN_AFTER_MS)
        self._save_soon()
        self._note_page()

    # --- turning, night, thumbnails, hold -----------------------------------------------------------

    @Slot()
    def turn_left(self) -> None:
        self._turn_current(-1)

    @Slot()
    def turn_right(self) -> None:
        self._turn_current(1)

    def _turn_current(self, quarters: int) -> None:
        if not self._camera.pages:
            return
        page, middle = self.current_page, self._centre()
        x, y = (min(1.0, max(0.0, f)) for f in self.spot(page).fraction(middle.x(), middle.y()))
        turns = self._camera.turn(page, quarters)
        self._show_turns(Anchor(page, *turned_point(x, y, quarters)), middle)
        self.page_turned.emit(page, turns)
        self._save_soon()

    def set_night(self, night: bool) -> None:
        """Show dark paper with light writing; colours keep their hue."""
        if night != self._tiles.night:
            self._tiles.night = night
            self.viewport().update()
            self._strip.viewport().update()
            self.night_changed.emit(night)
            self._look_soon()
            self._save_soon()

    @Slot()
    def toggle_night(self) -> None:
        self.set_night(not self.night)

    def set_thumbnails(self, shown: bool) -> None:
        """Show small pictures of all pages at the left."""
        if shown != self.thumbnails:
            self._strip.setVisible(shown)
            self._make_room()
            self._strip.set_current(self.current_page)
            self.thumbnails_changed.emit(shown)
            self._look_soon()
            self._save_soon()

    @Slot()
    def toggle_thumbnails(self) -> None:
        self.set_thumbnails(not self.thumbnails)

    def set_held(self, held: bool) -> None:
        """While held, nothing but the person moves the page."""
        if held != self._held:
            self._held = held
            self._motion.stop()
            self._badge.setVisible(held)
            self._arrange_children()
            self.held_changed.emit(held)

    @Slot()
    def toggle_held(self) -> None:
        self.set_held(not self._held)

    @property
    def held(self) -> bool:
        return self._held

    def set_animated(self, animated: bool) -> None:
        """Whether short ways are scrolled smoothly; off for people who want no motion."""
        self._animated = animated

    # --- moving -------------------------------------------------------------------------------------

    @Slot(int)
    def scroll_page(self, direction: int) -> None:
        """Scroll a screenful down (1) or up (-1); when whole pages are fitted, to the next page."""
        if self._camera.fit == "page":
            self.turn_page(direction)
            return
        self._scroll_by(direction * max(1, self.viewport().height() - _OVERLAP))

    @Slot(int)
    def turn_page(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) page and keep the place on it."""
        if self._camera.pages:
            y = self._offset()[1]
            here = self._layout.nearest(y)
            page = min(len(self._camera.pages) - 1, max(0, here + direction))
            # The place is kept in screen pixels, so that a page of another size does not shift it.
            self._scroll_to(y + self._layout.tops[page] - self._layout.tops[here])

    @Slot(int)
    def go_to_page(self, page: int) -> None:
        """Jump to the top of a page (0-based)."""
        if 0 <= page < len(self._camera.pages):
            self._remember()
            self._scroll_to(self._layout.tops[page] - MARGIN)

    @Slot()
    def go_to_start(self) -> None:
        self._remember()
        self._scroll_to(0)

    @Slot()
    def go_to_end(self) -> None:
        self._remember()
        self._scroll_to(self._layout.height)

    @Slot()
    def go_back(self) -> None:
        """Return to where the last jump began."""
        self._history, place = self._history.back(self._anchor)
        self._return_to(place)

    @Slot()
    def go_forward(self) -> None:
        self._history, place = self._history.forward(self._anchor)
        self._return_to(place)

    def scroll_down(self) -> None:
        self.scroll_page(1)

    def scroll_up(self) -> None:
        self.scroll_page(-1)

    def next_page(self) -> None:
        self.turn_page(1)

    def previous_page(self) -> None:
        self.turn_page(-1)

    def step_down(self) -> None:
        self._scroll_by(self.verticalScrollBar().singleStep())

    def step_up(self) -> None:
        self._scroll_by(-self.verticalScrollBar().singleStep())

    def step_right(self) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() + bar.singleStep())

    def step_left(self) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - bar.singleStep())

    def restore(self, state: PageViewState) -> None:
        """Look at the document as it was looked at; to be called after `set_document`."""
        self._motion.stop()
        self.set_night(state.night)
        self.set_thumbnails(state.thumbnails)
        self._camera.restore(state, self._room())
        last = max(0, len(self._camera.pages) - 1)
        self._show_turns(Anchor(min(max(0, state.page), last), state.offset_x, state.offset_y))
        self._moved()

    def _return_to(self, place: Anchor | None) -> None:
        if place is not None:
            self._motion.stop()
            self._place(place)
            self._moved()

    def _reveal(self, page: int, box: Box, *, remember: bool = False) -> None:
        """Scroll as little as brings a box into sight."""
        x, y = self._offset()
        left, top, width, height = self._layout.spot(page).place(box.turned(self._camera.turns[page]))
        view, room = self.viewport(), theme.px(_ROOM)
        to_x = reveal(left, left + width, x, view.width(), room)
        to_y = reveal(top, top + height, y, view.height(), room)
        if to_x == x and to_y == y:
            return
        far = abs(to_y - y) > view.height()
        if remember or far:
            self._remember()
        if to_x != x:
            self.horizontalScrollBar().setValue(round(to_x))
        if self._animated and not far and self.isVisible():
            self._motion.stop()
            self._motion.setStartValue(float(self.verticalScrollBar().value()))
            self._motion.setEndValue(float(round(to_y)))
            self._motion.start()
        else:
            self._scroll_to(to_y)

    def _scroll_to(self, y: float) -> None:
        self._motion.stop()
        self.verticalScrollBar().setValue(round(y))

    def _scroll_by(self, distance: int) -> None:
        self._scroll_to(self.verticalScrollBar().value() + distance)

    def _remember(self) -> None:
        if self._camera.pages:
            self._history = self._history.left(self._anchor)
