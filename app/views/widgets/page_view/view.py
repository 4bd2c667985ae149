"""The page viewer: continuous pages of one document, its fields marked, its words at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.form import FormField
from app.views.widgets.page_view.band import Band
from app.views.widgets.page_view.field_layer import FieldLayer
from app.views.widgets.page_view.find import Finder, Hit
from app.views.widgets.page_view.hit import HitIndex
from app.views.widgets.page_view.keyboard import slot_of
from app.views.widgets.page_view.layout import ACTUAL_SIZE
from app.views.widgets.page_view.painting import paint
from app.views.widgets.page_view.pointer import Pointer
from app.views.widgets.page_view.scene import Scene
from app.views.widgets.page_view.tip import field_tip
from app.views.widgets.page_view.travel import PageTravel

_REACH = 3.0
"""Screen pixels by which a click may miss a box."""


class PageView(PageTravel):
    """Shows the pages of a document and says what a person does to them; it never draws a document itself.

    Pages are 0-based in requests, turns and states, and 1-based where a person or a field counts them
    (`region_chosen`, `word_clicked`, `page_changed`). Boxes are in fractions of the page as the file stores it.
    Clicking a word, a field or drawing a band leaves the keyboard where it is; a click beside them takes it.
    """

    field_clicked = Signal(str)
    word_clicked = Signal(int, object)
    """page (1-based), `Word`"""
    region_chosen = Signal(int, object)
    """page (1-based), `Box` of the page as stored"""
    found_changed = Signal(int, int)
    """the hit shown (1-based, 0 for none), how many there are"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = FieldLayer()
        self._words: HitIndex[Word] = HitIndex({})
        self._take_words = False
        self._labels: tuple[str, ...] = ()
        self._hovered: tuple[int, Word] | None = None
        self._finder = Finder(())
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1
        self._pointer = Pointer(self, self)
        self._pointer.clicked.connect(self._click)
        self._pointer.banded.connect(self._choose_region)
        self._pointer.hovered.connect(self._hover)
        self._pointer.changed.connect(self.viewport().update)
        self.setAccessibleName(self.tr("Pages of the document"))

    def _forget(self) -> None:
        self._pointer.stop()
        self._fields.clear()
        self.set_words(())
        self._hits, self._hit = (), -1
        self._labels = ()
        super()._forget()

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

    def set_page_labels(self, labels: tuple[str, ...]) -> None:
        """What stands below each page instead of its number; to be called after `set_document`."""
        self._labels = labels
        self.viewport().update()

    def set_take_words(self, take: bool) -> None:
        """Whether a click on a word inside a field's box is a click on the word."""
        self._take_words = take

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

    # --- keys, focus, painting ----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = slot_of(event)
        if name is None:
            event.ignore()
            return
        slot: Callable[[], None] = getattr(self, name)
        slot()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._placing:
            self._underline(None)
        super().scrollContentsBy(dx, dy)

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
            labels=self._labels,
        )
        painter = QPainter(self.viewport())
        # A window that stands between two device pixels would blur every tile: paint on whole ones.
        origin, ratio = painter.deviceTransform(), self._layout.ratio
        painter.translate(
            (round(origin.dx()) - origin.dx()) / ratio, (round(origin.dy()) - origin.dy()) / ratio
        )
        paint(painter, scene.compose(QRectF(event.rect())))
        painter.end()
