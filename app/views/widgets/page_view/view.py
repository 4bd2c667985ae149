"""The page viewer: continuous pages of one document, its fields marked, its words at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, Qt, QTimer, QVariantAnimation, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app.domain.box import Box
from app.domain.draft import PageViewState
from app.domain.extraction import PageText, Word
from app.domain.form import FormField
from app.views import theme
from app.views.widgets.page_view.badge import Badge
from app.views.widgets.page_view.band import Band
from app.views.widgets.page_view.camera import Camera
from app.views.widgets.page_view.field_layer import FieldLayer
from app.views.widgets.page_view.find import Finder, Hit
from app.views.widgets.page_view.history import History
from app.views.widgets.page_view.hit import HitIndex
from app.views.widgets.page_view.keyboard import slot_of
from app.views.widgets.page_view.layout import (
    ACTUAL_SIZE,
    MARGIN,
    Anchor,
    Size,
    Spot,
    next_step,
    reveal,
    turned_point,
)
from app.views.widgets.page_view.painting import paint
from app.views.widgets.page_view.pointer import Pointer
from app.views.widgets.page_view.scene import Scene
from app.views.widgets.page_view.thumbnail import WIDTH as STRIP_WIDTH
from app.views.widgets.page_view.thumbnail import ThumbnailStrip
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.page_view.tile_source import TileSource
from app.views.widgets.page_view.tip import field_tip

_SAVE_AFTER_MS = 80
_SHARPEN_AFTER_MS = 45
"""After the last step of a zoom: the steps between are stretched pictures, nobody renders them."""
_MOTION_MS = 110
_OVERLAP = 48
"""Screen pixels of the old screenful that stay in sight when scrolling by one."""
_ROOM = 40.0
"""Screen pixels between a revealed box and the edge of the viewport."""
_REACH = 3.0
"""Screen pixels by which a click may miss a box."""


class PageView(QAbstractScrollArea):
    """Shows the pages of a document and says what a person does to them; it never draws a document itself.

    Pages are 0-based in requests, turns and states, and 1-based where a person or a field counts them
    (`region_chosen`, `word_clicked`, `page_changed`). Boxes are in fractions of the page as the file stores it.
    Clicking a word, a field or drawing a band leaves the keyboard where it is; a click beside them takes it.
    """

    tile_wanted = Signal(object)
    """`TileRequest`, to be answered with `show_tile` or `tile_failed`."""
    tile_dropped = Signal(object)
    """`TileRequest` that needs no answer any more."""
    field_clicked = Signal(str)
    word_clicked = Signal(int, object)
    """page (1-based), `Word`"""
    region_chosen = Signal(int, object)
    """page (1-based), `Box` of the page as stored"""
    page_changed = Signal(int, int)
    """the page most in view (1-based), how many there are"""
    zoom_changed = Signal(float)
    """in percent of the size on paper"""
    page_turned = Signal(int, int)
    """page (0-based), the quarter turns a person has given it now, 0 to 3"""
    night_changed = Signal(bool)
    thumbnails_changed = Signal(bool)
    held_changed = Signal(bool)
    found_changed = Signal(int, int)
    """the hit shown (1-based, 0 for none), how many there are"""
    view_changed = Signal(object)
    """`PageViewState`, once after a burst of changes"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document_id = ""
        self._message = ""
        self._icon = ""
        self._camera = Camera()
        self._layout = self._camera.lay_out((0.0, 0.0), 1.0)
        self._anchor = Anchor(0, 0.0, 0.0)
        self._placing = False
        self._current = -1
        self._history = History()
        self._held = False
        self._animated = True

        self._fields = FieldLayer()
        self._words: HitIndex[Word] = HitIndex({})
        self._take_words = False
        self._hovered: tuple[int, Word] | None = None
        self._finder = Finder(())
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1

        self._tiles = TileSource(self)
        self._tiles.wanted.connect(self.tile_wanted)
        self._tiles.dropped.connect(self.tile_dropped)
        self._tiles.arrived.connect(self._picture_arrived)
        self._pointer = Pointer(self, self)
        self._pointer.clicked.connect(self._click)
        self._pointer.banded.connect(self._choose_region)
        self._pointer.hovered.connect(self._hover)
        self._pointer.changed.connect(self.viewport().update)
        self._look_timer = QTimer(self, singleShot=True)
        self._look_timer.timeout.connect(self._look)
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._save_timer.timeout.connect(lambda: self.view_changed.emit(self.state()))
        self._motion = QVariantAnimation(self, duration=_MOTION_MS)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(lambda value: self.verticalScrollBar().setValue(round(value)))

        self.setFrameShape(QFrame.Shape.NoFrame)
        # A click must not take the keyboard from an editor whose text it is about to fill in.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(48)
        self.horizontalScrollBar().setSingleStep(48)
        self._strip = ThumbnailStrip(self._tiles.overview, self)
        self._strip.chosen.connect(self.go_to_page)
        self._strip.scrolled.connect(self._look_soon)
        self._strip.hide()
        self._badge = Badge("lock", self.tr("View held"), self)
        self.setAccessibleName(self.tr("Pages of the document"))
        theme.changed.connect(self._restyle)

    # --- the document -------------------------------------------------------------------------------

    def set_document(
        self,
        document_id: str,
        pages: tuple[tuple[float, float], ...],
        turns: tuple[tuple[int, int], ...] = (),
    ) -> None:
        """Show a document: the size of each page in points and how often it stands to be turned (0-based page,
        clockwise quarter turns). Another document begins at its top; zoom, night and thumbnails stay.
        """
        if document_id == self._document_id and len(pages) == len(self._camera.pages):
            self._camera.set_base(turns)
            self._show_turns()
            return
        self._forget()
        self._document_id = document_id
        self._camera.open(pages, turns)
        self._tiles.open(document_id, self._camera.pages, self._camera.turns)
        self._strip.set_pages(self._camera.sizes)
        # Always there: a bar that comes and goes would change the width that pages are fitted to.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._place_at_top(0)
        self._note_page()
        self._look_soon()

    def clear(self, message: str = "") -> None:
        """Show no document, and in words why or what to do next."""
        self._forget()
        self._message, self._icon = message, "file-text" if message else ""

    def set_busy(self, message: str) -> None:
        """Show that a document is on its way."""
        self._forget()
        self._message, self._icon = message, "loader"

    @property
    def document_id(self) -> str:
        """The document on show, or an empty text."""
        return self._document_id

    @property
    def page_sizes(self) -> tuple[Size, ...]:
        """The size of each page in points, as the file stores it."""
        return self._camera.pages

    @Slot(object, QImage)
    def show_tile(self, request: TileRequest, image: QImage) -> None:
        """Take the picture of a request; one that is out of date changes nothing."""
        self._tiles.show(request, image)
        if not self._tiles.waiting:
            self._look_soon()

    @Slot(object, str)
    def tile_failed(self, request: TileRequest, message: str) -> None:
        """A request cannot be drawn; after a second try the page says so in these words."""
        self._tiles.fail(request, message)
        self._look_soon()

    @Slot()
    def retry(self) -> None:
        """Ask again for what could not be drawn."""
        self._tiles.retry()
        self._look_soon()

    def _forget(self) -> None:
        self._motion.stop()
        self._save_timer.stop()
        self._pointer.stop()
        self._tiles.close()
        self._document_id = ""
        self._message, self._icon = "", ""
        self._camera.open((), ())
        self._history = History()
        self._fields.clear()
        self.set_words(())
        self._hits, self._hit = (), -1
        self._strip.set_pages(())
        self._strip.set_waiting({})
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._place(Anchor(0, 0.0, 0.0))
        self._note_page()

    # --- fields, words ------------------------------------------------------------------------------

    def set_fields(self, fields: tuple[FormField, ...]) -> None:
        """Mark the fields that were read somewhere in this document; the others are not shown."""
        self._fields.set_fields(fields, self._document_id, len(self._camera.pages))
        self._strip.set_waiting(self._fields.waiting())
        self.viewport().update()

    def set_threshold(self, threshold: float) -> None:
        """The confidence below which a field needs a look."""
        self._fields.threshold = threshold
        self._strip.set_waiting(self._fields.waiting())
        self.viewport().update()

    def select(self, path: str | None, reveal: bool = True) -> None:
        """Outline a field. The page moves only when its box is out of sight, and never while the view is held."""
        self._fields.selected = path
        field = self._fields.get(path)
        if (
            reveal
            and not self._held
            and field is not None
            and field.page is not None
            and field.box is not None
        ):
            self._reveal(field.page - 1, field.box)
        self.viewport().update()

    def select_many(self, paths: Iterable[str]) -> None:
        """Outline fields that belong to the selected one, such as the tick boxes of one question."""
        self._fields.ticked = frozenset(paths)
        self.viewport().update()

    def set_words(self, texts: tuple[PageText, ...]) -> None:
        """The words of the pages, for clicking and finding."""
        self._words = HitIndex({t.page - 1: [(w.box, w) for w in t.words] for t in texts})
        self._finder = Finder(texts)
        self._hovered = None

    def set_take_words(self, take: bool) -> None:
        """Whether a click on a word inside a field's box is a click on the word."""
        self._take_words = take

    # --- finding ------------------------------------------------------------------------------------

    # QWidget's static find() looks a window up by its number; nobody calls it on a page view.
    def find(self, text: str) -> int:  # type: ignore[override]
        """Highlight every place where a text stands, go to the first from here on, and say how many there are."""
        here = self._hits[self._hit] if 0 <= self._hit < len(self._hits) else None
        self._hits = self._finder.find(text)
        self._hit = -1
        if self._hits:
            # While a word is typed letter by letter the place stays where it was as long as it still fits.
            start = (here.page, here.boxes[0].y0) if here else (self._anchor.page, self._anchor.y)
            after = (i for i, h in enumerate(self._hits) if (h.page, h.boxes[0].y0) >= start)
            self._go_to_hit(next(after, 0))
        else:
            self.found_changed.emit(0, 0)
        self.viewport().update()
        return len(self._hits)

    @Slot()
    def find_next(self) -> None:
        if self._hits:
            self._go_to_hit((self._hit + 1) % len(self._hits))

    @Slot()
    def find_previous(self) -> None:
        if self._hits:
            self._go_to_hit((self._hit - 1) % len(self._hits))

    def _go_to_hit(self, index: int) -> None:
        self._hit = index
        hit = self._hits[index]
        self._reveal(hit.page, Box.around(hit.boxes), remember=True)
        self.found_changed.emit(index + 1, len(self._hits))
        self.viewport().update()

    # --- zoom ---------------------------------------------------------------------------------------

    @property
    def percent(self) -> float:
        """The zoom in percent of the size on paper."""
        return self._camera.percent

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
        self._look_timer.start(_SHARPEN_AFTER_MS)
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

    def _show_turns(self, kept: Anchor | None = None, at: QPointF | None = None) -> None:
        self._tiles.turn(self._camera.turns)
        self._strip.set_pages(self._camera.sizes)
        self._place(kept or self._anchor, at)
        self._look_soon()

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

    @property
    def night(self) -> bool:
        return self._tiles.night

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

    @property
    def thumbnails(self) -> bool:
        return not self._strip.isHidden()

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

    @property
    def current_page(self) -> int:
        """The page most looked at (0-based): the one a third down the viewport."""
        if not self._camera.pages:
            return 0
        return self._layout.nearest(self._offset()[1] + self.viewport().height() / 3)

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

    def state(self) -> PageViewState:
        """How the document is looked at, to be given to `restore` later."""
        return PageViewState(
            zoom=self._camera.zoom,
            fit=self._camera.fit,
            page=self._anchor.page,
            offset_x=self._anchor.x,
            offset_y=self._anchor.y,
            turns=tuple(sorted(self._camera.given.items())),
            night=self.night,
            thumbnails=self.thumbnails,
        )

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

    # --- geometry -----------------------------------------------------------------------------------

    def _room(self) -> Size:
        return (self.viewport().width(), self.viewport().height())

    def _place(self, anchor: Anchor, at: QPointF | None = None) -> None:
        """Lay the pages out anew with a place of theirs at a point of the viewport, its corner when not given.

        A place at the corner is remembered as it is: a window that is made small and large again, or that has
        no size yet, loses nothing.
        """
        self._lay_out()
        if self._camera.pages:
            x, y = self._layout.point(anchor)
            corner = at or QPointF(0, 0)
            self._set_bars(x - corner.x(), y - corner.y())
        self._anchor = anchor if at is None or not self._camera.pages else self._anchor_at(QPointF(0, 0))

    def _place_at_top(self, page: int) -> None:
        """Lay the pages out anew with the upper edge of one at the top, in the middle of its width."""
        self._lay_out()
        if self._camera.pages:
            self._set_bars(
                (self._layout.width - self.viewport().width()) / 2, self._layout.tops[page] - MARGIN
            )
            self._anchor = self._anchor_at(QPointF(0, 0))

    def _lay_out(self) -> None:
        before = self._camera.zoom
        self._layout = self._camera.lay_out(self._room(), self.devicePixelRatioF())
        view = self.viewport()
        self._placing = True
        for bar, content, length in (
            (self.horizontalScrollBar(), self._layout.width, view.width()),
            (self.verticalScrollBar(), self._layout.height, view.height()),
        ):
            bar.setPageStep(length)
            bar.setRange(0, max(0, content - length))
        self._placing = False
        if self._camera.zoom != before:
            self.zoom_changed.emit(self.percent)
        view.update()

    def _set_bars(self, x: float, y: float) -> None:
        self._placing = True
        self.horizontalScrollBar().setValue(round(x))
        self.verticalScrollBar().setValue(round(y))
        self._placing = False

    def _offset(self) -> tuple[float, float]:
        """The corner of the viewport on the canvas, on the grid of device pixels."""
        ratio = self._layout.ratio
        return (
            round(self.horizontalScrollBar().value() * ratio) / ratio,
            round(self.verticalScrollBar().value() * ratio) / ratio,
        )

    def _anchor_at(self, point: QPointF) -> Anchor:
        """The place of the pages at a point of the viewport."""
        return self._layout.anchor(
            self.horizontalScrollBar().value() + point.x(), self.verticalScrollBar().value() + point.y()
        )

    def _centre(self) -> QPointF:
        return QPointF(self.viewport().width() / 2, self.viewport().height() / 2)

    def spot(self, page: int) -> Spot:
        """Where a page (0-based) stands in the viewport, in screen pixels."""
        x, y = self._offset()
        spot = self._layout.spot(page)
        return Spot(spot.x - x, spot.y - y, spot.width, spot.height, spot.device_width, spot.device_height)

    def box_rect(self, page: int, box: Box) -> QRectF:
        """Where a box of a page (0-based, as stored) shows in the viewport, in screen pixels."""
        return QRectF(*self.spot(page).place(box.turned(self._camera.turns[page])))

    def place_at(self, point: QPointF) -> tuple[int, float, float] | None:
        """The page (0-based) under a point of the viewport and its fractions as stored, or None beside the pages."""
        x, y = self._offset()
        page = self._layout.page_at(x + point.x(), y + point.y())
        if page is None:
            return None
        shown = self.spot(page).fraction(point.x(), point.y())
        return (page, *turned_point(*shown, -self._camera.turns[page]))

    def _field_at(self, point: QPointF) -> FormField | None:
        place = self.place_at(point)
        if place is None:
            return None
        spot, turned = self._layout.spot(place[0]), self._camera.turns[place[0]] % 2
        across, down = _REACH / spot.width, _REACH / spot.height
        return self._fields.at(*place, reach=(down, across) if turned else (across, down))

    def _word_at(self, point: QPointF) -> tuple[int, Word] | None:
        place = self.place_at(point)
        word = self._words.at(*place) if place else None
        return (place[0], word) if place and word is not None else None

    # --- what follows from changes ------------------------------------------------------------------

    def _look_soon(self) -> None:
        # While a zoom is under way its own, longer wait goes on.
        if not self._look_timer.isActive():
            self._look_timer.start(0)

    def _look(self) -> None:
        if self._camera.pages and self.isVisible():
            x, y = self._offset()
            across, down = self._room()
            beside = self._strip.visible_pages() if self.thumbnails else range(0)
            self._tiles.look(self._layout, (x, y, x + across, y + down), beside)

    def _picture_arrived(self, page: int) -> None:
        y = self._offset()[1]
        if page in self._layout.visible(y, y + self.viewport().height()):
            self.viewport().update()
        if self.thumbnails:
            self._strip.viewport().update()

    def _moved(self) -> None:
        self.viewport().update()
        self._look_soon()
        self._save_soon()
        self._note_page()

    def _note_page(self) -> None:
        count = len(self._camera.pages)
        page = self.current_page if count else -1
        if page != self._current:
            self._current = page
            self._strip.set_current(max(0, page))
            self.page_changed.emit(page + 1, count)
            words = self.tr("Page {page} of {count}").format(page=page + 1, count=count)
            self.setAccessibleDescription(words if count else "")

    def _save_soon(self) -> None:
        if self._camera.pages:
            self._save_timer.start()

    def _restyle(self) -> None:
        self._make_room()
        self.viewport().update()

    def _make_room(self) -> None:
        """Give the strip its place beside the pages."""
        self.setViewportMargins(theme.px(STRIP_WIDTH) if self.thumbnails else 0, 0, 0, 0)
        self._arrange_children()

    def _arrange_children(self) -> None:
        view = self.viewport().geometry()
        self._strip.setGeometry(0, 0, view.left(), self.height())
        size = self._badge.sizeHint()
        self._badge.setGeometry(
            view.center().x() - size.width() // 2, view.top() + 12, size.width(), size.height()
        )
        self._badge.raise_()

    # --- the mouse ----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._motion.stop()
        if not self._pointer.press(event):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second click of two would put the same word into a field twice.
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pointer.release(event)

    def _click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        field, word = self._field_at(point), self._word_at(point)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if word is not None and (field is None or control or self._take_words):
            self.word_clicked.emit(word[0] + 1, word[1])
        elif field is not None:
            self.field_clicked.emit(field.path)
        else:
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _choose_region(self, band: Band) -> None:
        self.region_chosen.emit(band.page + 1, band.box.turned(-self._camera.turns[band.page]))

    def _hover(self, point: QPointF) -> None:
        field = self._field_at(point)
        word = self._word_at(point) if field is None or self._take_words else None
        self._underline(word)
        if field is not None or word is not None:
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.viewport().unsetCursor()

    def _underline(self, word: tuple[int, Word] | None) -> None:
        if word != self._hovered:
            for shown in (self._hovered, word):
                if shown is not None and shown[0] < len(self._camera.pages):
                    around = self.box_rect(shown[0], shown[1].box).adjusted(-4, -4, 4, 6)
                    self.viewport().update(around.toAlignedRect())
            self._hovered = word

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._motion.stop()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            # A notch of a wheel is 120; a touchpad sends many small parts of one.
            self._zoom_to(self._camera.zoom * 2 ** (event.angleDelta().y() / 480), event.position())
            event.accept()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - (event.angleDelta().y() or event.angleDelta().x()))
            event.accept()
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            self._show_tip(event)
            return True
        if isinstance(event, QNativeGestureEvent):
            return self._gesture(event)
        if event.type() is QEvent.Type.Leave:
            self._underline(None)
        return super().viewportEvent(event)

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_to(self._camera.zoom * (1 + event.value()), event.position())
        elif event.gestureType() is Qt.NativeGestureType.SmartZoomNativeGesture:
            if self._camera.fit == "width":
                self._zoom_to(ACTUAL_SIZE * 1.5, event.position())
            else:
                self.fit_width()
        else:
            return False
        return True

    def _show_tip(self, event: QHelpEvent) -> None:
        field = self._field_at(QPointF(event.pos()))
        if field is None or field.page is None or field.box is None or self._pointer.band is not None:
            QToolTip.hideText()
            return
        around = self.box_rect(field.page - 1, field.box).toAlignedRect()
        QToolTip.showText(
            event.globalPos(), field_tip(field, self._fields.threshold), self.viewport(), around
        )

    # --- Qt's own events ----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = slot_of(event)
        if name is None:
            event.ignore()
            return
        slot: Callable[[], None] = getattr(self, name)
        slot()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        if not self._placing:
            self._anchor = self._anchor_at(QPointF(0, 0))
            self._underline(None)
            self._moved()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place(self._anchor)
        self._arrange_children()
        self._note_page()
        if self._camera.fit:
            self._look_timer.start(_SHARPEN_AFTER_MS)
        else:
            self._look_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_soon()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self.viewport().update()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._place(self._anchor)
            self._look_soon()
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        scene = Scene(
            layout=self._layout,
            turns=self._camera.turns,
            offset=self._offset(),
            room=self._room(),
            tiles=self._tiles,
            fields=self._fields,
            hits=self._hits,
            hit=self._hit,
            word=self._hovered,
            band=self._pointer.band,
            focused=self.hasFocus(),
            message=self._message,
            icon=self._icon,
        )
        painter = QPainter(self.viewport())
        # A window that stands between two device pixels would blur every tile: paint on whole ones.
        origin, ratio = painter.deviceTransform(), self._layout.ratio
        painter.translate(
            (round(origin.dx()) - origin.dx()) / ratio, (round(origin.dy()) - origin.dy()) / ratio
        )
        paint(painter, scene.compose(QRectF(event.rect())))
        painter.end()
