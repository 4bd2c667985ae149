"""A scroll bar that lies over the margin of a list instead of taking room from it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar

from app.views import theme


class OverlayBar(QScrollBar):
    """Follows the vertical scrolling of an area whose own bar is switched off: nothing moves when it comes and goes."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(Qt.Orientation.Vertical, area)
        self._area = area
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._own = area.verticalScrollBar()
        self._own.rangeChanged.connect(self._range_changed)
        self._own.valueChanged.connect(self.setValue)
        self.valueChanged.connect(self._own.setValue)
        self._range_changed(self._own.minimum(), self._own.maximum())
        area.installEventFilter(self)

    def _range_changed(self, least: int, most: int) -> None:
        self.setPageStep(self._own.pageStep())
        self.setSingleStep(self._own.singleStep())
        self.setRange(least, most)
        self.setVisible(most > least)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            wide = theme.px(10)
            self.setGeometry(self._area.width() - wide, 0, wide, self._area.height())
            self.raise_()
        return super().eventFilter(watched, event)
