"""The strip of thumbnails beside the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.views import theme
from app.views.widgets.page_view.layout import Size

WIDTH = 132
_PICTURE = 92
_ROOM = 30


class ThumbnailStrip(QAbstractScrollArea):
    """Small pictures of all pages; a click or the arrow keys choose one."""

    chosen = Signal(int)
    """The page (0-based) a person wants to see."""
    scrolled = Signal()

    def __init__(self, picture: Callable[[int], QImage | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self._sizes: tuple[Size, ...] = ()
        self._tops: list[float] = []
        self._current = 0
        self._waiting: Mapping[int, int] = {}
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Thumbnails"))
        self.verticalScrollBar().setSingleStep(40)

    def set_pages(self, sizes: tuple[Size, ...]) -> None:
        """The sizes of the pages as they are shown."""
        self._sizes = sizes
        self._tops = []
        top = 12.0
        for width, height in sizes:
            self._tops.append(top)
            top += self._height(width, height) + _ROOM
        self._end = top
        self._current = min(self._current, max(0, len(sizes) - 1))
        self._fit()
        self.viewport().update()

    def set_current(self, page: int) -> None:
        """Mark the page that is looked at and bring it into sight."""
        if page != self._current and page < len(self._sizes):
            self._current = page
            self._reveal()
            self.viewport().update()

    def set_waiting(self, waiting: Mapping[int, int]) -> None:
        """How many fields need a look, by page."""
        self._waiting = waiting
        self.viewport().update()

    def visible_pages(self) -> range:
        """The pages whose thumbnails show."""
        top = self.verticalScrollBar().value()
        pages = [p for p, y in enumerate(self._tops) if y > top - 300 and y < top + self.viewport().height()]
        return range(pages[0], pages[-1] + 1) if pages else range(0)

    def _height(self, width: float, height: float) -> float:
        return round(min(_PICTURE * 1.6, _PICTURE * height / max(1.0, width)))

    def _rect(self, page: int) -> QRectF:
        width, height = self._sizes[page]
        shown = self._height(width, height)
        wide = min(_PICTURE, shown * width / max(1.0, height))
        left = round((self.viewport().width() - wide) / 2)
        return QRectF(left, self._tops[page] - self.verticalScrollBar().value(), wide, shown)

    def _fit(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, round(self._end - self.viewport().height())) if self._sizes else 0)

    def _reveal(self) -> None:
        if self._sizes:
            rect = self._rect(self._current)
            bar = self.verticalScrollBar()
            if rect.top() < 8:
                bar.setValue(round(bar.value() + rect.top() - 8))
            elif rect.bottom() + _ROOM > self.viewport().height():
                bar.setValue(round(bar.value() + rect.bottom() + _ROOM - self.viewport().height()))

    def _choose(self, page: int) -> None:
        if 0 <= page < len(self._sizes):
            self.chosen.emit(page)

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        self.viewport().update()
        self.scrolled.emit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        if self._sizes:
            self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for page in self.visible_pages():
            if self._rect(page).adjusted(-16, -4, 16, _ROOM - 6).contains(event.position()):
                self._choose(page)
                return

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Down: self._current + 1,
            Qt.Key.Key_Up: self._current - 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self._sizes) - 1,
        }
        key = Qt.Key(event.key())
        if key in moves:
            self._choose(moves[key])
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(colours.surface))
        painter.fillRect(self.viewport().width() - 1, 0, 1, self.viewport().height(), QColor(colours.line))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFont(self.font())
        small.setPixelSize(max(9, small.pixelSize() - 2) if small.pixelSize() > 0 else 11)
        painter.setFont(small)
        for page in self.visible_pages():
            self._paint_page(painter, page, small)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_page(self, painter: QPainter, page: int, small: QFont) -> None:
        colours = theme.current()
        rect = self._rect(page)
        picture = self._picture(page)
        if picture is None:
            painter.fillRect(rect, QColor(colours.background))
        else:
            painter.drawImage(rect, picture, QRectF(picture.rect()))
        current = page == self._current
        painter.setPen(QPen(QColor(colours.accent if current else colours.line), 2.0 if current else 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        out = 2.5 if current else 0.5
        painter.drawRoundedRect(rect.adjusted(-out, -out, out, out), 3, 3)
        bold = QFont(small)
        bold.setBold(current)
        painter.setFont(bold)
        painter.setPen(QColor(colours.text if current else colours.muted))
        below = QRectF(0, rect.bottom() + 5, self.viewport().width(), 18)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), str(page + 1))
        waiting = self._waiting.get(page, 0)
        if waiting:
            bold.setBold(True)
            painter.setFont(bold)
            chip = QRectF(rect.right() - 15, rect.top() - 7, 22, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.look_back))
            painter.drawRoundedRect(chip, 8, 8)
            painter.setPen(QColor(colours.look))
            painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), str(waiting))
