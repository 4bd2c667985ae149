"""A small button of a symbol alone, with its words in the tooltip."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol

EDGE = 28


class BarButton(QAbstractButton):
    """Shows a symbol; what is switched on stands on a tint and is told to screen readers as checked."""

    def __init__(
        self, symbol: str, tip: str, *, checkable: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._symbol = symbol
        self.setCheckable(checkable)
        self.setToolTip(tip)
        self.setAccessibleName(tip.split(" (", maxsplit=1)[0])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(EDGE), theme.px(EDGE))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        lit = self.underMouse() and self.isEnabled()
        if self.isChecked() or lit or self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            ground = (
                theme.mixed("accent", "surface", 0.16) if self.isChecked() else theme.colour("background")
            )
            painter.setBrush(ground)
            painter.drawRoundedRect(rect, theme.px(6), theme.px(6))
        ink = "accent" if self.isChecked() else "text" if self.isEnabled() else "muted"
        size = theme.px(17)
        draw_symbol(painter, self._symbol, ink, rect.center().x() - size / 2, rect.center().y(), size)
