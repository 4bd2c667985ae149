"""The page viewer: continuous pages of one document, its fields marked, its words at hand."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import (
    QCoreApplication,
    QEasingCurve,
    QEvent,
    QLocale,
    QObject,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
    Slot,
)
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
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QToolTip, QWidget

from app.domain import confidence
from app.domain.box import Box
from app.domain.draft import PageViewState
from app.domain.extraction import PageText, Word
from app.domain.form import FormField
from app.views import theme
from app.views.widgets.page_view import band as rubber
from app.views.widgets.page_view import painting
from app.views.widgets.page_view.badge import Badge
from app.views.widgets.page_view.band import Band
from app.views.widgets.page_view.find import Finder, Hit
from app.views.widgets.page_view.history import History
from app.views.widgets.page_view.hit import HitIndex
from app.views.widgets.page_view.layout import (
    ACTUAL_SIZE,
    MARGIN,
    Anchor,
    Layout,
    Size,
    Spot,
    fit_zoom,
    limited,
    next_step,
    reveal,
    shown_size,
    turned_point,
    turns_of,
)
from app.views.widgets.page_view.mark import mark_of
from app.views.widgets.page_view.thumbnail import WIDTH as STRIP_WIDTH
from app.views.widgets.page_view.thumbnail import ThumbnailStrip
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.page_view.tile_source import TileSource

_SAVE_AFTER_MS = 80
_SHARPEN_AFTER_MS = 45
"""After the last step of a zoom: the steps between are stretched pictures, nobody renders them."""
_MOTION_MS = 110
_TICK_MS = 16
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
        self._pages: tuple[Size, ...] = ()
        self._base: dict[int, int] = {}
        self._given: dict[int, int] = {}
        self._turns: tuple[int, ...] = ()
        self._zoom = 1.0
        self._fit = "width"
        self._fit_page = 0
        self._anchor = Anchor(0, 0.0, 0.0)
        self._placing = False
        self._message = ""
        self._icon = ""
        self._night = False
        self._held = False
        self._take_words = False
        self._animated = True
        self._threshold = confidence.SURE
        self._current = -1
        self._history = History()

        self._fields: dict[int, list[FormField]] = {}
        self._by_path: dict[str, FormField] = {}
        self._field_index: HitIndex[FormField] = HitIndex({})
        self._selected: str | None = None
        self._ticked: frozenset[str] = frozenset()
        self._word_index: HitIndex[Word] = HitIndex({})
        self._finder = Finder(())
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1

        self._press: QPointF | None = None
        self._press_modifiers = Qt.KeyboardModifier.NoModifier
        self._band: Band | None = None
        self._pan: QPointF | None = None
        self._pointer = QPointF()
        self._hovered: tuple[int, Word] | None = None

        self._tiles = TileSource(self)
        self._tiles.wanted.connect(self.tile_wanted)
        self._tiles.dropped.connect(self.tile_dropped)
        self._tiles.arrived.connect(self._picture_arrived)
        self._look_timer = QTimer(self, singleShot=True)
        self._look_timer.timeout.connect(self._look)
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._save_timer.timeout.connect(lambda: self.view_changed.emit(self.state()))
        self._edge_timer = QTimer(self, interval=_TICK_MS)
        self._edge_timer.timeout.connect(self._scroll_at_edge)
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
        self._layout = self._laid_out()
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
        if document_id == self._document_id and pages == self._pages:
            self._base = turns_of(turns)
            self._turn_pages()
            return
        self._forget()
        self._document_id = document_id
        self._pages = pages
        self._base = turns_of(turns)
        self._turns = self._total_turns()
        self._tiles.open(document_id, pages, self._turns)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._strip.set_pages(self._shown_sizes())
        self._place(Anchor(0, 0.0, -1.0), at_top=True)
        self._note_page()
        self._look_soon()

    def clear(self, message: str = "") -> None:
        """Show no document, and in words why or what to do next."""
        self._forget()
        self._message, self._icon = message, "file-text" if message else ""
        self.viewport().update()

    def set_busy(self, message: str) -> None:
        """Show that a document is on its way."""
        self._forget()
        self._message, self._icon = message, "loader"
        self.viewport().update()

    @property
    def document_id(self) -> str:
        """The document on show, or an empty text."""
        return self._document_id

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
        self._stop_drag()
        self._tiles.close()
        self._document_id = ""
        self._pages = ()
        self._base, self._given, self._turns = {}, {}, ()
        self._message, self._icon = "", ""
        self._history = History()
        self._fit_page = 0
        self._selected = None
        self._ticked = frozenset()
        self._hovered = None
        self._current = -1
        self._fields, self._by_path = {}, {}
        self._field_index = HitIndex({})
        self._word_index = HitIndex({})
        self._finder = Finder(())
        self._hits, self._hit = (), -1
        self._strip.set_pages(())
        self._strip.set_waiting({})
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._place(Anchor(0, 0.0, 0.0))

    # --- fields, words ------------------------------------------------------------------------------

    def set_fields(self, fields: tuple[FormField, ...]) -> None:
        """Mark the fields that were read somewhere in this document; the others are not shown."""
        self._fields, self._by_path = {}, {}
        for field in fields:
            here = field.document_id == self._document_id and field.page is not None and field.box is not None
            if here and field.page is not None and 1 <= field.page <= len(self._pages):
                self._fields.setdefault(field.page - 1, []).append(field)
                self._by_path[field.path] = field
        self._field_index = HitIndex(
            {page: [(f.box, f) for f in here if f.box is not None] for page, here in self._fields.items()}
        )
        self._count_waiting()
        self.viewport().update()

    def set_threshold(self, threshold: float) -> None:
        """The confidence below which a field needs a look."""
        self._threshold = threshold
        self._count_waiting()
        self.viewport().update()

    def select(self, path: str | None, reveal: bool = True) -> None:
        """Outline a field. The page moves only when its box is out of sight, and never while the view is held."""
        self._selected = path
        field = self._by_path.get(path) if path is not None else None
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
        self._ticked = frozenset(paths)
        self.viewport().update()

    def set_words(self, texts: tuple[PageText, ...]) -> None:
        """The words of the pages, for clicking and finding."""
        self._word_index = HitIndex({t.page - 1: [(w.box, w) for w in t.words] for t in texts})
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
            start = (here.page, here.boxes[0].y0) if here else (self._anchor.page, self._anchor.y)
            after = (i for i, h in enumerate(self._hits) if (h.page, h.boxes[0].y0) >= start)
            self._go_to_hit(next(after, 0))
        else:
            self._tell_found()
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
        self._tell_found()
        self.viewport().update()

    def _tell_found(self) -> None:
        self.found_changed.emit(self._hit + 1, len(self._hits))

    # --- zoom ---------------------------------------------------------------------------------------

    @property
    def percent(self) -> float:
        """The zoom in percent of the size on paper."""
        return self._zoom / ACTUAL_SIZE * 100

    @Slot()
    def zoom_in(self) -> None:
        self._zoom_to(next_step(self._zoom, 1), self._centre())

    @Slot()
    def zoom_out(self) -> None:
        self._zoom_to(next_step(self._zoom, -1), self._centre())

    def set_percent(self, percent: float) -> None:
        """Zoom to a percentage of the size on paper, about the middle of the view."""
        self._zoom_to(percent / 100 * ACTUAL_SIZE, self._centre())

    @Slot()
    def actual_size(self) -> None:
        self._zoom_to(ACTUAL_SIZE, self._centre())

    @Slot()
    def fit_page(self) -> None:
        self._set_fit("page")

    @Slot()
    def fit_width(self) -> None:
        self._set_fit("width")

    def _zoom_to(self, zoom: float, at: QPointF) -> None:
        """Zoom and keep what is at a point of the viewport where it is."""
        if not self._pages:
            return
        self._motion.stop()
        self._fit = ""
        x, y = self._offset()
        kept = self._layout.anchor(x + at.x(), y + at.y())
        self._zoom = limited(zoom)
        self._place(kept, at)
        self._zoomed()

    def _set_fit(self, fit: str) -> None:
        if not self._pages:
            self._fit = fit
            return
        self._motion.stop()
        self._fit = fit
        page = self.current_page
        self._fit_page = page
        if fit == "page":
            self._place(Anchor(page, 0.0, 0.0), at_top=True)
        else:
            middle = self._centre()
            x, y = self._offset()
            kept = self._layout.anchor(x + middle.x(), y + middle.y())
            self._place(Anchor(kept.page, 0.5, kept.y), middle)
        self._zoomed()

    def _zoomed(self) -> None:
        self._look_timer.start(_SHARPEN_AFTER_MS)
        self.zoom_changed.emit(self.percent)
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
        if not self._pages:
            return
        page = self.current_page
        spot = self._spot(page)
        middle = self._centre()
        seen = spot.fraction(middle.x(), middle.y())
        turns = (self._given.get(page, 0) + quarters) % 4
        self._given[page] = turns
        if not turns:
            del self._given[page]
        x, y = (min(1.0, max(0.0, f)) for f in seen)
        self._fit_page = page
        self._turn_pages(Anchor(page, *turned_point(x, y, quarters)), middle)
        self.page_turned.emit(page, turns)
        self._save_soon()

    def _turn_pages(self, kept: Anchor | None = None, at: QPointF | None = None) -> None:
        turns = self._total_turns()
        if turns == self._turns:
            return
        self._turns = turns
        self._tiles.turn(turns)
        self._strip.set_pages(self._shown_sizes())
        self._place(kept or self._anchor, at)
        self._look_soon()

    def set_night(self, night: bool) -> None:
        """Show dark paper with light writing; colours keep their hue."""
        if night != self._night:
            self._night = night
            self._tiles.night = night
            self.viewport().update()
            self._strip.viewport().update()
            self.night_changed.emit(night)
            self._look_soon()
            self._save_soon()

    @Slot()
    def toggle_night(self) -> None:
        self.set_night(not self._night)

    @property
    def night(self) -> bool:
        return self._night

    def set_thumbnails(self, shown: bool) -> None:
        """Show small pictures of all pages at the left."""
        if shown != (not self._strip.isHidden()):
            self._strip.setVisible(shown)
            self.setViewportMargins(theme.px(STRIP_WIDTH) if shown else 0, 0, 0, 0)
            self._arrange_children()
            self._strip.set_current(self.current_page)
            self.thumbnails_changed.emit(shown)
            self._look_soon()
            self._save_soon()

    @Slot()
    def toggle_thumbnails(self) -> None:
        self.set_thumbnails(self._strip.isHidden())

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
        if not self._pages:
            return 0
        return self._layout.nearest(self._offset()[1] + self.viewport().height() / 3)

    @Slot(int)
    def scroll_page(self, direction: int) -> None:
        """Scroll a screenful down (1) or up (-1); when whole pages are fitted, to the next page."""
        if self._fit == "page":
            self.turn_page(direction)
            return
        self._motion.stop()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + direction * max(1, self.viewport().height() - _OVERLAP))

    @Slot(int)
    def turn_page(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) page and keep the place on it."""
        if not self._pages:
            return
        x, y = self._offset()
        here = self._layout.anchor(x, y)
        page = min(len(self._pages) - 1, max(0, here.page + direction))
        if page != here.page:
            # The place is kept in screen pixels, so that a page of another size does not shift it.
            now, then = self._layout.spot(here.page), self._layout.spot(page)
            self._scroll_to(None, then.y + (y - now.y))

    @Slot(int)
    def go_to_page(self, page: int) -> None:
        """Jump to the top of a page (0-based)."""
        if 0 <= page < len(self._pages):
            self._remember()
            self._scroll_to(None, self._layout.spot(page).y - 8)

    @Slot()
    def go_to_start(self) -> None:
        self._remember()
        self._scroll_to(None, 0)

    @Slot()
    def go_to_end(self) -> None:
        self._remember()
        self._scroll_to(None, self._layout.height)

    @Slot()
    def go_back(self) -> None:
        """Return to where the last jump began."""
        self._history, place = self._history.back(self._anchor)
        if place is not None:
            self._place(place)
            self._moved()

    @Slot()
    def go_forward(self) -> None:
        self._history, place = self._history.forward(self._anchor)
        if place is not None:
            self._place(place)
            self._moved()

    def state(self) -> PageViewState:
        """How the document is looked at, to be given to `restore` later."""
        return PageViewState(
            zoom=self._zoom,
            fit=self._fit,
            page=self._anchor.page,
            offset_x=self._anchor.x,
            offset_y=self._anchor.y,
            turns=tuple(sorted(self._given.items())),
            night=self._night,
            thumbnails=self.thumbnails,
        )

    def restore(self, state: PageViewState) -> None:
        """Look at the document as it was looked at; to be called after `set_document`."""
        self._motion.stop()
        self.set_night(state.night)
        self.set_thumbnails(state.thumbnails)
        self._given = turns_of(state.turns)
        self._turns = self._total_turns()
        self._tiles.turn(self._turns)
        self._strip.set_pages(self._shown_sizes())
        self._zoom = limited(state.zoom)
        self._fit = state.fit
        self._fit_page = self._fitted_at(state)
        last = max(0, len(self._pages) - 1)
        self._place(Anchor(min(max(0, state.page), last), state.offset_x, state.offset_y))
        self.zoom_changed.emit(self.percent)
        self._moved()

    def _fitted_at(self, state: PageViewState) -> int:
        """The page whose width or height gave a zoom: pages of other sizes must not change it on return."""
        sizes = self._shown_sizes()
        first = min(max(0, state.page), max(0, len(sizes) - 1))
        viewport = self._room()
        for page in [first, *range(len(sizes))]:
            if sizes and math.isclose(fit_zoom(sizes[page], state.fit, viewport), state.zoom, rel_tol=1e-6):
                return page
        return first

    def _reveal(self, page: int, box: Box, *, remember: bool = False) -> None:
        """Scroll as little as brings a box into sight."""
        x, y = self._offset()
        left, top, width, height = self._layout.spot(page).place(box.turned(self._turns[page]))
        view = self.viewport()
        room = theme.px(_ROOM)
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
            self._scroll_to(None, to_y)

    def _scroll_to(self, x: float | None, y: float) -> None:
        self._motion.stop()
        if x is not None:
            self.horizontalScrollBar().setValue(round(x))
        self.verticalScrollBar().setValue(round(y))

    def _remember(self) -> None:
        if self._pages:
            self._history = self._history.left(self._anchor)

    # --- geometry -----------------------------------------------------------------------------------

    def _total_turns(self) -> tuple[int, ...]:
        return tuple((self._base.get(p, 0) + self._given.get(p, 0)) % 4 for p in range(len(self._pages)))

    def _shown_sizes(self) -> tuple[Size, ...]:
        return tuple(shown_size(size, turns) for size, turns in zip(self._pages, self._turns, strict=True))

    def _room(self) -> Size:
        return (self.viewport().width(), self.viewport().height())

    def _laid_out(self) -> Layout:
        sizes = self._shown_sizes()
        if self._fit and sizes:
            self._zoom = fit_zoom(sizes[min(self._fit_page, len(sizes) - 1)], self._fit, self._room())
        return Layout(sizes, self._zoom, self.devicePixelRatioF(), self.viewport().width())

    def _place(self, anchor: Anchor, at: QPointF | None = None, *, at_top: bool = False) -> None:
        """Lay the pages out anew with a place of theirs at a point of the viewport (its corner when not given)."""
        before = self._zoom
        self._layout = self._laid_out()
        self._placing = True
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        view = self.viewport()
        horizontal.setPageStep(view.width())
        vertical.setPageStep(view.height())
        horizontal.setRange(0, max(0, self._layout.width - view.width()))
        vertical.setRange(0, max(0, self._layout.height - view.height()))
        if self._pages and at_top:
            spot = self._layout.spot(anchor.page)
            horizontal.setValue(round((self._layout.width - view.width()) / 2))
            vertical.setValue(0 if anchor.page == 0 else round(spot.y - MARGIN))
            anchor = self._here()
        elif self._pages:
            x, y = self._layout.point(anchor)
            horizontal.setValue(round(x - (at.x() if at else 0)))
            vertical.setValue(round(y - (at.y() if at else 0)))
            if at is not None:
                anchor = self._here()
        self._placing = False
        self._anchor = anchor
        if before != self._zoom:
            self.zoom_changed.emit(self.percent)
        view.update()

    def _here(self) -> Anchor:
        """The place at the upper left corner of the viewport."""
        if not self._pages:
            return Anchor(0, 0.0, 0.0)
        return self._layout.anchor(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _offset(self) -> tuple[float, float]:
        """The corner of the viewport on the canvas, on the grid of device pixels."""
        ratio = self._layout.ratio
        return (
            round(self.horizontalScrollBar().value() * ratio) / ratio,
            round(self.verticalScrollBar().value() * ratio) / ratio,
        )

    def _centre(self) -> QPointF:
        return QPointF(self.viewport().width() / 2, self.viewport().height() / 2)

    def _spot(self, page: int) -> Spot:
        """Where a page stands in the viewport."""
        x, y = self._offset()
        spot = self._layout.spot(page)
        return Spot(spot.x - x, spot.y - y, spot.width, spot.height, spot.device_width, spot.device_height)

    def box_rect(self, page: int, box: Box) -> QRectF:
        """Where a box of a page (0-based, as stored) shows in the viewport, in screen pixels."""
        return QRectF(*self._spot(page).place(box.turned(self._turns[page])))

    def place_at(self, point: QPointF) -> tuple[int, float, float] | None:
        """The page (0-based) under a point of the viewport and its fractions as stored, or None beside the pages."""
        x, y = self._offset()
        page = self._layout.page_at(x + point.x(), y + point.y()) if self._pages else None
        if page is None:
            return None
        shown = self._spot(page).fraction(point.x(), point.y())
        return (page, *turned_point(*shown, -self._turns[page]))

    def _reach(self, page: int) -> tuple[float, float]:
        spot = self._layout.spot(page)
        across, down = _REACH / spot.width, _REACH / spot.height
        return (across, down) if self._turns[page] % 2 == 0 else (down, across)

    def _field_at(self, point: QPointF) -> FormField | None:
        place = self.place_at(point)
        return self._field_index.at(*place, reach=self._reach(place[0])) if place else None

    def _word_at(self, point: QPointF) -> tuple[int, Word] | None:
        place = self.place_at(point)
        word = self._word_index.at(*place) if place else None
        return (place[0], word) if place and word is not None else None

    # --- tiles --------------------------------------------------------------------------------------

    def _look_soon(self) -> None:
        # While a zoom is under way its own, longer wait goes on.
        if not self._look_timer.isActive():
            self._look_timer.start(0)

    def _look(self) -> None:
        if self._pages and self.isVisible():
            x, y = self._offset()
            view = self.viewport()
            beside = self._strip.visible_pages() if self.thumbnails else range(0)
            self._tiles.look(self._layout, (x, y, x + view.width(), y + view.height()), beside)

    def _picture_arrived(self, page: int) -> None:
        y = self._offset()[1]
        if page in self._layout.visible(y, y + self.viewport().height()):
            self.viewport().update()
        if self.thumbnails:
            self._strip.viewport().update()

    # --- what follows from changes ------------------------------------------------------------------

    def _moved(self) -> None:
        self.viewport().update()
        self._look_soon()
        self._save_soon()
        self._note_page()

    def _note_page(self) -> None:
        page = self.current_page if self._pages else -1
        if page != self._current:
            self._current = page
            self._strip.set_current(max(0, page))
            self.page_changed.emit(page + 1, len(self._pages))
        words = self.tr("Page {page} of {count}, {percent} %")
        self.setAccessibleDescription(
            words.format(page=page + 1, count=len(self._pages), percent=round(self.percent))
            if self._pages
            else ""
        )

    def _save_soon(self) -> None:
        if self._pages:
            self._save_timer.start()

    def _count_waiting(self) -> None:
        self._strip.set_waiting(
            Counter(
                page for page, here in self._fields.items() for f in here if f.needs_look(self._threshold)
            )
        )

    def _restyle(self) -> None:
        self._badge.setAccessibleName(self._badge.text)
        self._arrange_children()
        self.viewport().update()

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
        if event.button() is Qt.MouseButton.LeftButton:
            self._press = event.position()
            self._press_modifiers = event.modifiers()
            self._pointer = event.position()
        elif event.button() is Qt.MouseButton.MiddleButton and self._pages:
            self._pan = event.position()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() is Qt.MouseButton.RightButton and self._band:
            self._stop_drag()
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second click of two would put the same word into a field twice.
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._pan is not None:
            moved = event.position() - self._pan
            self._pan = event.position()
            horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
            horizontal.setValue(round(horizontal.value() - moved.x()))
            vertical.setValue(round(vertical.value() - moved.y()))
        elif self._band is not None:
            self._stretch_band()
        elif self._press is not None:
            far = (event.position() - self._press).manhattanLength() >= QApplication.startDragDistance()
            if far:
                self._begin_band(self._press)
        else:
            self._hover(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton and self._pan is not None:
            self._pan = None
            self._hover(event.position())
        elif event.button() is Qt.MouseButton.LeftButton and self._press is not None:
            press, band = self._press, self._band
            if band is not None:
                self._pointer = event.position()
                self._stretch_band()
                band = self._band
            self._stop_drag()
            if band is None:
                if (event.position() - press).manhattanLength() < QApplication.startDragDistance():
                    self._click(press)
                return
            width, height = band.extent(self._layout.spot(band.page))
            if width < rubber.SMALLEST and height < rubber.SMALLEST:
                self._click(press)
            elif width >= rubber.SMALLEST and height >= rubber.SMALLEST:
                self.region_chosen.emit(band.page + 1, band.box.turned(-self._turns[band.page]))

    def _click(self, point: QPointF) -> None:
        control = bool(self._press_modifiers & Qt.KeyboardModifier.ControlModifier)
        field = self._field_at(point)
        word = self._word_at(point)
        if word is not None and (field is None or control or self._take_words):
            self.word_clicked.emit(word[0] + 1, word[1])
        elif field is not None:
            self.field_clicked.emit(field.path)
        else:
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _begin_band(self, press: QPointF) -> None:
        place = self.place_at(press)
        if place is None:
            return
        page = place[0]
        start = self._spot(page).fraction(press.x(), press.y())
        self._band = Band(page, start, start)
        self._set_hovered(None)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        # Esc has to reach the band although the keyboard stays with the editor.
        QCoreApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self._edge_timer.start()
        self._stretch_band()

    def _stretch_band(self) -> None:
        if self._band is not None:
            self._band = self._band.to(
                *self._spot(self._band.page).fraction(self._pointer.x(), self._pointer.y())
            )
            self.viewport().update()

    def _scroll_at_edge(self) -> None:
        across = rubber.edge_speed(self._pointer.x(), self.viewport().width())
        down = rubber.edge_speed(self._pointer.y(), self.viewport().height())
        if across:
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + across)
        if down:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + down)
        self._stretch_band()

    def _stop_drag(self) -> None:
        """Forget the press and the band; nothing is chosen."""
        if self._band is not None:
            QCoreApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            self.viewport().update()
        self._edge_timer.stop()
        self._press = None
        self._band = None
        self.viewport().unsetCursor()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._band is not None and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.KeyPress:
                self._stop_drag()
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _hover(self, point: QPointF) -> None:
        field = self._field_at(point)
        word = self._word_at(point) if field is None or self._take_words else None
        self._set_hovered(word)
        if field is not None or word is not None:
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.viewport().unsetCursor()

    def _set_hovered(self, word: tuple[int, Word] | None) -> None:
        if word != self._hovered:
            for shown in (self._hovered, word):
                if shown is not None and shown[0] < len(self._pages):
                    around = self.box_rect(shown[0], shown[1].box).adjusted(-4, -4, 4, 6)
                    self.viewport().update(around.toAlignedRect())
            self._hovered = word

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._motion.stop()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            # A notch of a wheel is 120; a touchpad sends many small parts of one.
            self._zoom_to(self._zoom * 2 ** (event.angleDelta().y() / 480), event.position())
            event.accept()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across = event.angleDelta().y() or event.angleDelta().x()
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - across)
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
            self._set_hovered(None)
        return super().viewportEvent(event)

    def _gesture(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_to(self._zoom * (1 + event.value()), event.position())
        elif event.gestureType() is Qt.NativeGestureType.SmartZoomNativeGesture:
            if self._fit == "width":
                self._zoom_to(ACTUAL_SIZE * 1.5, event.position())
            else:
                self.fit_width()
        else:
            return False
        return True

    def _show_tip(self, event: QHelpEvent) -> None:
        field = self._field_at(QPointF(event.pos()))
        if field is None or self._band is not None:
            QToolTip.hideText()
            return
        around = self.box_rect((field.page or 1) - 1, field.box or Box(0, 0, 0, 0)).toAlignedRect()
        QToolTip.showText(event.globalPos(), self._tip(field), self.viewport(), around)

    def _tip(self, field: FormField) -> str:
        """Label and value of a field, and in words how sure it is."""
        value = field.current
        if isinstance(value, bool):
            shown = self.tr("ticked") if value else self.tr("not ticked")
        else:
            shown = value or self.tr("empty")
        states = {
            "unseen": self.tr("needs a look") if field.needs_look(self._threshold) else self.tr("sure"),
            "confirmed": self.tr("confirmed"),
            "corrected": self.tr("corrected"),
            "illegible": self.tr("illegible"),
            "not_applicable": self.tr("not applicable"),
        }
        state = f"{states[str(field.state)]} · {QLocale().toString(field.confidence, 'f', 2)}"
        return f"<b>{html.escape(field.label)}</b><br>{html.escape(shown)}<br>{state}"

    # --- the keyboard -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._handle_key(event):
            event.ignore()

    def _handle_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        keys = Qt.Key
        if event.text() in ("[", "]"):  # by what is typed: on many keyboards it takes AltGr
            self._turn_current(1 if event.text() == "]" else -1)
        elif control and key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom_in()
        elif control and key in (keys.Key_Minus, keys.Key_Underscore):
            self.zoom_out()
        elif control and key in (keys.Key_0, keys.Key_1, keys.Key_2):
            {keys.Key_0: self.fit_page, keys.Key_1: self.actual_size, keys.Key_2: self.fit_width}[key]()
        elif key in (keys.Key_PageDown, keys.Key_PageUp):
            (self.turn_page if control else self.scroll_page)(1 if key == keys.Key_PageDown else -1)
        elif key == keys.Key_Space:
            self.scroll_page(-1 if shift else 1)
        elif key == keys.Key_Home:
            self.go_to_start()
        elif key == keys.Key_End:
            self.go_to_end()
        elif alt and key in (keys.Key_Left, keys.Key_Right):
            (self.go_back if key == keys.Key_Left else self.go_forward)()
        elif key in (keys.Key_Left, keys.Key_Right, keys.Key_Up, keys.Key_Down) and not control:
            across = key in (keys.Key_Left, keys.Key_Right)
            bar = self.horizontalScrollBar() if across else self.verticalScrollBar()
            bar.setValue(bar.value() + bar.singleStep() * (-1 if key in (keys.Key_Left, keys.Key_Up) else 1))
        elif key == keys.Key_F3:
            (self.find_previous if shift else self.find_next)()
        elif key == keys.Key_F7:
            self.toggle_thumbnails()
        elif key == keys.Key_F8:
            self.toggle_night()
        elif key == keys.Key_Escape and self._band is not None:
            self._stop_drag()
        else:
            return False
        return True

    # --- Qt's own events ----------------------------------------------------------------------------

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        if not self._placing:
            self._anchor = self._here()
            self._moved()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place(self._anchor)
        self._arrange_children()
        self._note_page()
        if self._fit:
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
        painter = QPainter(self.viewport())
        # A window between two device pixels would blur every tile: paint on the whole pixel.
        ratio = self._layout.ratio
        origin = painter.deviceTransform()
        context = self._context(QRectF(event.rect()))
        painter.fillRect(event.rect(), theme.colour("canvas"))
        painter.translate(
            (round(origin.dx()) - origin.dx()) / ratio,
            (round(origin.dy()) - origin.dy()) / ratio,
        )
        painting.paint(painter, context)
        painter.end()

    def _context(self, area: QRectF) -> painting.PaintContext:
        """All that is to be painted in an area of the viewport."""
        chrome = theme.current()
        paper = theme.DARK if self._night else theme.LIGHT
        view = self.viewport()
        x, y = self._offset()
        window = (x + area.left(), y + area.top(), x + area.right(), y + area.bottom())
        sheets: list[painting.Sheet] = []
        marks: list[painting.Marked] = []
        selected: list[painting.Marked] = []
        near = area.adjusted(-24, -24, 24, 24)
        # The shadow and the label of a page reach into an area below it.
        pages = self._layout.visible(window[1] - 40, window[3] + 12)
        for page in pages:
            spot = self._layout.spot(page)
            sheets.append(
                painting.Sheet(
                    rect=QRectF(spot.x - x, spot.y - y, spot.width, spot.height),
                    device_width=spot.device_width,
                    device_height=spot.device_height,
                    label=self.tr("p. {page} of {count}").format(page=page + 1, count=len(self._pages)),
                    pictures=tuple(self._tiles.pictures(self._layout, page, spot, window)),
                    failure=self._tiles.failure(page),
                )
            )
            for field in self._fields.get(page, ()):
                if field.box is None:
                    continue
                rect = self.box_rect(page, field.box)
                if near.intersects(rect):
                    chosen = field.path == self._selected
                    mark = mark_of(
                        field, paper, self._threshold, selected=chosen, ticked=field.path in self._ticked
                    )
                    (selected if chosen else marks).append(painting.Marked(rect, mark))
        return painting.PaintContext(
            width=view.width(),
            height=view.height(),
            ratio=self._layout.ratio,
            chrome=chrome,
            paper=paper,
            night=self._night,
            font=theme.font("small"),
            sheets=tuple(sheets),
            marks=tuple(marks),
            selected=tuple(selected),
            hits=tuple(
                painting.Found(tuple(self.box_rect(h.page, b) for b in h.boxes), current=i == self._hit)
                for i, h in enumerate(self._hits)
                if h.page in pages
            ),
            word=self._hovered_rect(),
            band=self._band_shown(),
            focused=self.hasFocus(),
            message=self._message,
            icon=theme.pixmap(self._icon, "muted", 32, self._layout.ratio) if self._icon else None,
        )

    def _hovered_rect(self) -> QRectF | None:
        return self.box_rect(self._hovered[0], self._hovered[1].box) if self._hovered else None

    def _band_shown(self) -> painting.BandShown | None:
        band = self._band
        if band is None:
            return None
        size = shown_size(self._pages[band.page], self._turns[band.page])
        metric = QLocale().measurementSystem() is QLocale.MeasurementSystem.MetricSystem
        return painting.BandShown(
            QRectF(*self._spot(band.page).place(band.box)), rubber.size_words(band.box, size, metric=metric)
        )
