"""The page view of a review: evidence is pointed out on it, and words and regions are chosen from it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.box import Box
from app.domain.evidence import Evidence, evidence_at
from app.domain.extraction import Word
from app.domain.passage import Span
from app.views import theme
from app.views.widgets.page_view import text_choice
from app.views.widgets.page_view.band import Band
from app.views.widgets.page_view.evidence_drag import drag_evidence
from app.views.widgets.page_view.layout import turned_point
from app.views.widgets.page_view.pointing import PointingView
from app.views.widgets.page_view.reading_paint import Lit, ReadingPaint, paint_reading
from app.views.widgets.page_view.text_choice import Range

_CONTROL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class ReadingView(PointingView):
    """Shows one document of a case under review.

    A click chooses a word, a drag from a word chooses words up to another (over line breaks), a double click its
    sentence; a drag from beside the words, or with Alt held, a region. What is chosen can be dragged away. With the
    keyboard on the page Enter chooses the sentence of the place that was found or pointed out last, and Shift with
    arrows makes the choice longer or shorter.
    """

    evidence_chosen = Signal(object)
    """`Evidence`: words, or a region with the words in it; None when nothing is chosen any more"""
    menu_wanted = Signal(object)
    """where, on the screen"""
    activated = Signal()
    """a person has begun to do something here"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Span | None = None
        self._anchor_word: Range | None = None
        self._region: tuple[int, Box] | None = None
        self._pressed: QPointF | None = None
        self._carrying = False
        self._choosing: int | None = None
        self._carry: Callable[[QWidget, Evidence], None] = drag_evidence
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _forget(self) -> None:
        self._put_down()
        super()._forget()

    # --- what is chosen -----------------------------------------------------------------------------

    @property
    def evidence(self) -> Evidence | None:
        """What is chosen, as evidence."""
        if self._chosen is not None and self._source is not None:
            return evidence_at(self._source, self._chosen)
        if self._region is not None:
            page, box = self._region
            return Evidence(self._words_in(page, box), self.document_id, page + 1, box)
        return None

    def choose_nothing(self) -> None:
        """Put down what is chosen."""
        if self._put_down():
            self.evidence_chosen.emit(None)

    def choose(self, span: Span) -> None:
        """Choose characters of a page, and say so."""
        self._put_down()
        self._chosen = span
        self._told()

    def _put_down(self) -> bool:
        had = self._chosen is not None or self._region is not None
        self._chosen = self._region = self._anchor_word = self._choosing = self._pressed = None
        self._carrying = False
        self.viewport().update()
        return had

    def _told(self) -> None:
        self.viewport().update()
        self.evidence_chosen.emit(self.evidence)

    def _words_in(self, page: int, box: Box) -> str:
        string = self._string(page)
        if string is None:
            return ""
        inside = [w.text for w in string.words if w.box.overlap(box) >= 0.5 * w.box.area > 0]
        return " ".join(inside)

    def _choose(self, page: int, chosen: Range) -> None:
        span = Span(self.document_id, page + 1, *chosen)
        if span != self._chosen:
            self._chosen, self._region = span, None
            self.viewport().update()

    # --- the mouse ----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        point = event.position()
        if event.button() is Qt.MouseButton.LeftButton and not event.modifiers() & (_ALT | _CONTROL):
            if self._over_chosen(point):
                self._pressed, self._carrying = point, True
                return
            found = self._character_at(point)
            if found is not None:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self._press_word(*found, extend=bool(event.modifiers() & _SHIFT))
                self._pressed = point
                return
        super().mousePressEvent(event)

    def _press_word(self, page: int, offset: int, *, extend: bool) -> None:
        string = self._string(page)
        if string is None:
            return
        word = text_choice.token(string.text, offset)
        if extend and self._anchor_word is not None and self._chosen and self._chosen.page == page + 1:
            self._choose(page, text_choice.stretched(string.text, self._anchor_word, offset))
        else:
            self._anchor_word = word
            self._choose(page, word)
        self._choosing = page

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._carrying and self._pressed is not None:
            if (point - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self._carrying, self._pressed = False, None
                evidence = self.evidence
                if evidence is not None:
                    self._carry(self, evidence)
        elif self._choosing is not None and self._anchor_word is not None and self._pressed is not None:
            if (point - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return
            offset = self._near(self._choosing, point)
            string = self._string(self._choosing)
            if offset is not None and string is not None:
                self._choose(self._choosing, text_choice.stretched(string.text, self._anchor_word, offset))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._choosing is not None:
            self._choosing = self._pressed = None
            self._told()
        elif event.button() is Qt.MouseButton.LeftButton and self._carrying:
            self._carrying, self._pressed = False, None
            found = self._character_at(event.position())
            if found is not None:  # it was no drag: the word alone
                self._press_word(*found, extend=bool(event.modifiers() & _SHIFT))
                self._choosing = None
                self._told()
        else:
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click chooses the sentence."""
        found = self._character_at(event.position())
        string = self._string(found[0]) if found else None
        if event.button() is Qt.MouseButton.LeftButton and found is not None and string is not None:
            self._choose(found[0], text_choice.sentence(string.text, found[1]))
            self._anchor_word = (self._chosen.start, self._chosen.end) if self._chosen else None
            self._choosing = self._pressed = None
            self._told()
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of what is chosen; a word under the mouse is chosen first when nothing is there."""
        point = QPointF(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Mouse and not self._over_chosen(point):
            found = self._character_at(point)
            string = self._string(found[0]) if found else None
            if found is not None and string is not None:
                self._choose(found[0], text_choice.token(string.text, found[1]))
                self._told()
        self.activated.emit()
        self.menu_wanted.emit(event.globalPos())

    def _click(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.choose_nothing()
        field = self._field_at(point)
        if field is not None and not modifiers:
            self.field_clicked.emit(field.path)

    def _choose_region(self, band: Band) -> None:
        self._put_down()
        self._region = (band.page, band.box.turned(-self._camera.turns[band.page]))
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super()._choose_region(band)
        self._told()

    def _hover(self, point: QPointF) -> None:
        if self._over_chosen(point):
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._character_at(point) is not None:
            self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        else:
            self.viewport().unsetCursor()

    def _underline(self, _word: tuple[int, Word] | None) -> None:
        """No word is underlined: text is chosen here, not clicked."""

    def _character_at(self, point: QPointF) -> tuple[int, int] | None:
        place = self.place_at(point)
        string = self._string(place[0]) if place else None
        if place is None or string is None:
            return None
        word = self._word_at(point)
        if word is None:
            return None
        offset = text_choice.offset_at(string, place[1], place[2])
        return (place[0], offset) if offset is not None else None

    def _near(self, page: int, point: QPointF) -> int | None:
        """The character of a page nearest to a point of the viewport, which may lie beside the page."""
        string = self._string(page)
        if string is None:
            return None
        shown = self.spot(page).fraction(point.x(), point.y())
        x, y = turned_point(*shown, -self._camera.turns[page])
        return text_choice.offset_at(string, x, y, near=True)

    def _over_chosen(self, point: QPointF) -> bool:
        if self._region is not None:
            return self.box_rect(*self._region).contains(point)
        return any(rect.adjusted(-1, -2, 1, 2).contains(point) for rect in self._chosen_rects())

    # --- the keyboard -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers:
            if not event.isAutoRepeat():
                self._choose_pointed_out()
        elif key == Qt.Key.Key_Escape and self.evidence is not None:
            self.choose_nothing()
        elif modifiers == _SHIFT and key in (
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
        ):
            self._stretch(key)
        elif key == Qt.Key.Key_Menu and self.evidence is not None:
            self.menu_wanted.emit(self.viewport().mapToGlobal(self._menu_point()))
        else:
            super().keyPressEvent(event)

    def _menu_point(self) -> QPoint:
        rects = self._chosen_rects() or ((self.box_rect(*self._region),) if self._region else ())
        return (rects[0].bottomLeft() if rects else self._centre()).toPoint()

    def _choose_pointed_out(self) -> None:
        """Choose the sentence at the hit, at what is pointed out, or at the top of what is in sight."""
        page, box = self._place_of_interest()
        string = self._string(page)
        if string is None:
            return
        offset = text_choice.offset_at(string, box.x0 + 1e-4, box.centre[1], near=True)
        if offset is not None:
            self._choose(page, text_choice.sentence(string.text, offset))
            self._anchor_word = (self._chosen.start, self._chosen.end) if self._chosen else None
            self._told()

    def _place_of_interest(self) -> tuple[int, Box]:
        if 0 <= self._hit < len(self._hits):
            hit = self._hits[self._hit]
            return hit.page, hit.boxes[0]
        if self._lit:
            return self._lit[0][0], self._lit[0][1][0]
        page = self.current_page
        top = max(0.0, self.spot(page).fraction(0, 0)[1]) if self._camera.pages else 0.0
        return page, Box(0.0, min(1.0, top), 0.0, min(1.0, top))

    def _stretch(self, key: int) -> None:
        chosen = self._chosen
        string = self._string(chosen.page - 1) if chosen else None
        if chosen is None or string is None:
            self._choose_pointed_out()
            return
        span = (chosen.start, chosen.end)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            span = text_choice.stepped(string.text, span, 1 if key == Qt.Key.Key_Right else -1)
        else:
            span = text_choice.stepped_line(string, span, 1 if key == Qt.Key.Key_Down else -1)
        self._choose(chosen.page - 1, span)
        boxes = string.boxes(max(span[0], span[1] - 1), span[1])
        if boxes:
            self._reveal(chosen.page - 1, boxes[-1])
        self._told()

    # --- painting -----------------------------------------------------------------------------------

    def _chosen_rects(self) -> tuple[QRectF, ...]:
        chosen = self._chosen
        string = self._string(chosen.page - 1) if chosen else None
        if chosen is None or string is None or chosen.page > len(self._camera.pages):
            return ()
        return tuple(self.box_rect(chosen.page - 1, box) for box in string.boxes(chosen.start, chosen.end))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._camera.pages:
            return
        lit = tuple(Lit(tuple(self.box_rect(page, b) for b in boxes)) for page, boxes in self._lit)
        region = self.box_rect(*self._region) if self._region else None
        chosen = self._chosen_rects()
        if lit or chosen or region is not None:
            painter = QPainter(self.viewport())
            paper = theme.DARK if self.night else theme.LIGHT
            paint_reading(painter, ReadingPaint(paper, self.night, lit, chosen, region))
            painter.end()
