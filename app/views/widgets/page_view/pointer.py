"""The mouse on the pages: click, rubber band, pan, hover."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QScrollBar, QWidget

from app.views.widgets.page_view.band import SMALLEST, Band, edge_speed
from app.views.widgets.page_view.layout import Spot

_TICK_MS = 16


class Stage(Protocol):
    """What the pointer moves over."""

    def viewport(self) -> QWidget: ...

    def horizontalScrollBar(self) -> QScrollBar: ...

    def verticalScrollBar(self) -> QScrollBar: ...

    def spot(self, page: int) -> Spot:
        """Where a page stands in the viewport."""
        ...

    def place_at(self, point: QPointF) -> tuple[int, float, float] | None:
        """The page under a point of the viewport and its fractions as stored."""
        ...


class Pointer(QObject):
    """Makes clicks, bands and pans out of presses, moves and releases."""

    clicked = Signal(QPointF, object)
    """where, and the modifiers held when the button went down"""
    banded = Signal(object)
    """`Band` that was drawn"""
    hovered = Signal(QPointF)
    changed = Signal()
    """the band is another one, or there is none any more"""

    def __init__(self, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self._stage = stage
        self._press: QPointF | None = None
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._pan: QPointF | None = None
        self._at = QPointF()
        self.band: Band | None = None
        self._edge_timer = QTimer(self, interval=_TICK_MS)
        self._edge_timer.timeout.connect(self._scroll_at_edge)

    def press(self, event: QMouseEvent) -> bool:
        """A button went down. Returns whether it means something here."""
        self._at = event.position()
        if event.button() is Qt.MouseButton.LeftButton:
            self._press = event.position()
            self._modifiers = event.modifiers()
        elif event.button() is Qt.MouseButton.MiddleButton:
            self.stop()
            self._pan = event.position()
            self._stage.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() is Qt.MouseButton.RightButton and self.band is not None:
            self.stop()
        else:
            return False
        return True

    def move(self, event: QMouseEvent) -> None:
        self._at = event.position()
        if self._pan is not None:
            moved = self._at - self._pan
            self._pan = self._at
            self._scroll(-moved.x(), -moved.y())
        elif self.band is not None:
            self._stretch()
        elif self._press is not None:
            if (self._at - self._press).manhattanLength() >= QApplication.startDragDistance():
                self._begin(self._press)
        else:
            self.hovered.emit(self._at)

    def release(self, event: QMouseEvent) -> None:
        self._at = event.position()
        if event.button() is Qt.MouseButton.MiddleButton and self._pan is not None:
            self.stop()
            self.hovered.emit(self._at)
        elif event.button() is Qt.MouseButton.LeftButton and self._press is not None:
            press, moved = self._press, (self._at - self._press).manhattanLength()
            self._stretch()
            band = self.band
            self.stop()
            width, height = band.extent(self._stage.spot(band.page)) if band else (moved, moved)
            if (width < SMALLEST and height < SMALLEST) or (
                band is None and moved < QApplication.startDragDistance()
            ):
                self.clicked.emit(press, self._modifiers)
            elif band is not None and width >= SMALLEST and height >= SMALLEST:
                self.banded.emit(band)

    def stop(self) -> None:
        """Forget the press, the band and the pan; nothing is chosen."""
        if self.band is not None:
            self._application().removeEventFilter(self)
            self.band = None
            self.changed.emit()
        self._edge_timer.stop()
        self._press = None
        self._pan = None
        self._stage.viewport().unsetCursor()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.band is not None and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() is QEvent.Type.KeyPress:
                self.stop()
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _begin(self, press: QPointF) -> None:
        place = self._stage.place_at(press)
        if place is None:
            return
        start = self._stage.spot(place[0]).fraction(press.x(), press.y())
        self.band = Band(place[0], start, start)
        self._stage.viewport().setCursor(Qt.CursorShape.CrossCursor)
        # Esc has to reach the band although the keyboard stays with the editor.
        self._application().installEventFilter(self)
        self._edge_timer.start()
        self._stretch()

    def _stretch(self) -> None:
        if self.band is not None:
            spot = self._stage.spot(self.band.page)
            self.band = self.band.to(*spot.fraction(self._at.x(), self._at.y()))
            self.changed.emit()

    def _scroll_at_edge(self) -> None:
        view = self._stage.viewport()
        across, down = edge_speed(self._at.x(), view.width()), edge_speed(self._at.y(), view.height())
        if across or down:
            self._scroll(across, down)
            self._stretch()

    def _scroll(self, across: float, down: float) -> None:
        horizontal, vertical = self._stage.horizontalScrollBar(), self._stage.verticalScrollBar()
        horizontal.setValue(round(horizontal.value() + across))
        vertical.setValue(round(vertical.value() + down))

    @staticmethod
    def _application() -> QCoreApplication:
        application = QCoreApplication.instance()
        if application is None:
            raise RuntimeError("there is no application")
        return application
