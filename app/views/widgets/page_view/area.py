"""The ground of the page viewer: pages laid out, scrolled and drawn, one below the other."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, Qt, QTimer, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.domain.box import Box
from app.domain.draft import PageViewState
from app.views import theme
from app.views.widgets.page_view.badge import Badge
from app.views.widgets.page_view.camera import Camera
from app.views.widgets.page_view.layout import MARGIN, Anchor, Size, Spot, turned_point
from app.views.widgets.page_view.thumbnail import WIDTH as STRIP_WIDTH
from app.views.widgets.page_view.thumbnail import ThumbnailStrip
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.page_view.tile_source import TileSource

SHARPEN_AFTER_MS = 45
"""After the last step of a zoom: the steps between are stretched pictures, nobody renders them."""
_SAVE_AFTER_MS = 80
_MOTION_MS = 110


class PageArea(QAbstractScrollArea):
    """Lays the pages of a document out and asks for their pictures; it never draws a document itself.

    Pages are 0-based in requests, turns and states. Boxes are in fractions of the page as the file stores it.
    """

    tile_wanted = Signal(object)
    """`TileRequest`, to be answered with `show_tile` or `tile_failed`."""
    tile_dropped = Signal(object)
    """`TileRequest` that needs no answer any more."""
    page_changed = Signal(int, int)
    """the page most in view (1-based), how many there are"""
    zoom_changed = Signal(float)
    """in percent of the size on paper"""
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
        self._told_zoom = 0.0
        self._placing = False
        self._current = -1

        self._tiles = TileSource(self)
        self._tiles.wanted.connect(self.tile_wanted)
        self._tiles.dropped.connect(self.tile_dropped)
        self._tiles.arrived.connect(self._picture_arrived)
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
        self._strip.scrolled.connect(self._look_soon)
        self._strip.hide()
        self._badge = Badge("lock", self.tr("View held"), self)
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
        self._tiles.close()
        self._document_id = ""
        self._message, self._icon = "", ""
        self._camera.open((), ())
        self._strip.set_pages(())
        self._strip.set_waiting({})
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._place(Anchor(0, 0.0, 0.0))
        self._note_page()

    @property
    def percent(self) -> float:
        """The zoom in percent of the size on paper."""
        return self._camera.percent

    @property
    def night(self) -> bool:
        return self._tiles.night

    @property
    def thumbnails(self) -> bool:
        return not self._strip.isHidden()

    @property
    def current_page(self) -> int:
        """The page most looked at (0-based): the one a third down the viewport."""
        if not self._camera.pages:
            return 0
        return self._layout.nearest(self._offset()[1] + self.viewport().height() / 3)

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

    # --- geometry -----------------------------------------------------------------------------------

    def _show_turns(self, kept: Anchor | None = None, at: QPointF | None = None) -> None:
        self._tiles.turn(self._camera.turns)
        self._strip.set_pages(self._camera.sizes)
        self._place(kept or self._anchor, at)
        self._look_soon()

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
        if self._camera.zoom != self._told_zoom:
            self._told_zoom = self._camera.zoom
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

    # --- Qt's own events ----------------------------------------------------------------------------

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        if not self._placing:
            self._anchor = self._anchor_at(QPointF(0, 0))
            self._moved()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._place(self._anchor)
        self._arrange_children()
        self._note_page()
        if self._camera.fit:
            self._look_timer.start(SHARPEN_AFTER_MS)
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
