"""A letter as it will be printed: its pages as pictures, with a way to keep it as a file and a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.views import theme
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.overlay_bar import OverlayBar

GAP = 16
LARGEST = 2.0


class LetterPages(QWidget):
    """The pages under each other, as wide as there is room, times the zoom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages: tuple[QImage, ...] = ()
        self._zoom = 1.0
        self._room = 400
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_pages(self, pages: Sequence[QImage]) -> None:
        self._pages = tuple(pages)
        self.fit(self._room)

    @property
    def pages(self) -> tuple[QImage, ...]:
        return self._pages

    def zoom(self, by: float) -> None:
        self._zoom = min(LARGEST, max(1.0, self._zoom * by))
        self.fit(self._room)

    def fit(self, room: int) -> None:
        """Lay the pages out in this much width."""
        self._room = room
        self.resize(self.sizeHint())
        self.updateGeometry()
        self.update()

    def _places(self) -> list[QRectF]:
        wide = max(60.0, (self._room - 2 * theme.px(GAP)) * self._zoom)
        y = float(theme.px(GAP))
        places = []
        for page in self._pages:
            tall = wide * page.height() / max(page.width(), 1)
            places.append(QRectF(theme.px(GAP), y, wide, tall))
            y += tall + theme.px(GAP)
        return places

    def sizeHint(self) -> QSize:
        places = self._places()
        if not places:
            return QSize(self._room, 1)
        last = places[-1]
        return QSize(round(last.right()) + theme.px(GAP), round(last.bottom()) + theme.px(GAP))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("canvas"))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for page, place in zip(self._pages, self._places(), strict=True):
            painter.drawImage(place, page)


class LetterPreview(QWidget):
    """Shows a letter. `exported` asks for a file of it, `closed` that the person is done with it."""

    exported = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.export = QPushButton(self.tr("Save as PDF"), self)
        self.export.clicked.connect(self.exported)
        self.back = QPushButton(self.tr("Back"), self)
        self.back.setProperty("quiet", True)
        self.back.clicked.connect(self.closed)
        self.pages = LetterPages()
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self.pages)
        OverlayBar(self.area)
        self.notice = NoticePage(self)
        self._head = head = QHBoxLayout()
        head.addWidget(self.back)
        head.addWidget(self._title, 1)
        head.addWidget(self.export)
        self._column = column = QVBoxLayout(self)
        column.setSpacing(0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self.area, 1)
        column.addWidget(self.notice, 1)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_waiting()

    def show_waiting(self) -> None:
        """The letter is being set."""
        self.notice.show_notice("loader", "", self.tr("The letter is being set …"))
        self._present(False)

    def show_pages(self, title: str, note: str, pages: Sequence[QImage]) -> None:
        self._title.setText(title)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.pages.show_pages(pages)
        self._present(True)
        self._fit()

    def show_trouble(self, reason: str, next_step: str) -> None:
        self.notice.show_notice("circle-alert", reason, next_step)
        self._present(False)

    def _present(self, shown: bool) -> None:
        self.area.setVisible(shown)
        self.notice.setVisible(not shown)
        self.export.setEnabled(shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.pages.zoom(1.25)
        elif event.key() == Qt.Key.Key_Minus:
            self.pages.zoom(0.8)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.pages.fit(self.area.viewport().width())

    def _restyle(self) -> None:
        self._title.setFont(theme.font("strong"))
        self.note.setFont(theme.font("small"))
        palette = self.note.palette()
        palette.setColor(self.note.foregroundRole(), theme.colour("muted"))
        self.note.setPalette(palette)
        self.note.setContentsMargins(theme.px(16), 0, theme.px(16), theme.px(6))
        self.back.setFont(theme.font("small"))
        self.export.setFont(theme.font("body"))
        self.back.setIcon(theme.icon("arrow-left", "muted", theme.px(16)))
        self.export.setIcon(theme.icon("download", "text", theme.px(16)))
        self._head.setContentsMargins(theme.px(8), theme.px(6), theme.px(16), theme.px(6))
        self._head.setSpacing(theme.px(8))

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
