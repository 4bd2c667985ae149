"""The line of examples over the page: the one the zones are drawn on, and those the form is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QScrollArea, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text

HEIGHT = 44
WIDEST = 132


@dataclass(frozen=True, slots=True)
class ExampleTab:
    """A tab: `role` colours its sign (`sure`, `look`, `wrong`, `muted`), `said` stands beside the name."""

    key: str
    name: str
    symbol: str
    role: str = "muted"
    said: str = ""
    tip: str = ""
    removable: bool = False


class ExampleButton(QAbstractButton):
    """A tab with its sign, name and state."""

    remove_asked = Signal(str)

    def __init__(self, tab: ExampleTab, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tab = tab
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        self.show_tab(tab)

    def show_tab(self, tab: ExampleTab) -> None:
        wider = (tab.name, tab.said) != (self.tab.name, self.tab.said)
        self.tab = tab
        self.setText(tab.name)
        self.setToolTip(tab.tip or tab.name)
        self.setAccessibleName(" ".join(t for t in (tab.name, tab.said) if t))
        if wider:
            self.updateGeometry()
        self.update()

    def _name_width(self) -> float:
        wide = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.tab.name) + 1
        return min(wide, theme.px(WIDEST))

    def _said_width(self) -> float:
        if not self.tab.said:
            return 0.0
        return QFontMetricsF(theme.font("chip")).horizontalAdvance(self.tab.said) + theme.px(7)

    def sizeHint(self) -> QSize:
        wide = theme.px(10) + theme.px(14 + 6) + self._name_width() + self._said_width() + theme.px(10)
        return QSize(round(wide), theme.px(28))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Delete and self.tab.removable:
            self.remove_asked.emit(self.tab.key)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.tab.removable:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            action = menu.addAction(self.tr("Take this example out"))
            action.triggered.connect(lambda: self.remove_asked.emit(self.tab.key))
            menu.popup(event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        radius = rect.height() / 2
        on = self.isChecked()
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        ground = theme.mixed("accent", "surface", 0.12) if on else theme.colour("background")
        if not on and self.underMouse():
            ground = theme.colour("selection")
        painter.setBrush(ground)
        painter.drawRoundedRect(rect, radius, radius)
        x, side = float(theme.px(10)), theme.px(14)
        sign = "accent" if on and self.tab.role == "muted" else self.tab.role
        draw_symbol(painter, self.tab.symbol, sign, x, self.height() / 2, side)
        x += side + theme.px(6)
        wide = self._name_width()
        ink = "accent" if on else "text"
        draw_text(painter, QRectF(x, 0, wide, self.height()), self.tab.name, "chip", ink)
        if self.tab.said:
            x += wide + theme.px(6)
            draw_text(painter, QRectF(x, 0, self._said_width(), self.height()), self.tab.said, "chip", sign)


class ExampleBar(QWidget):
    """Tabs in a row, which scrolls when they are many; `shown` names the tab that was chosen."""

    shown = Signal(str)
    remove_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, ExampleButton] = {}
        self._inner = QWidget()
        self._row = QHBoxLayout(self._inner)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inner)
        self._outer = QHBoxLayout(self)
        self._outer.addWidget(self._scroll, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_tabs(self, tabs: Sequence[ExampleTab], current: str) -> None:
        """Show these tabs, the current one chosen; tells nobody."""
        wanted = [tab.key for tab in tabs]
        for key in [k for k in self._buttons if k not in wanted]:
            old = self._buttons.pop(key)
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        for place, tab in enumerate(tabs):
            button = self._buttons.get(tab.key)
            if button is None:
                button = ExampleButton(tab, self._inner)
                button.clicked.connect(lambda _checked=False, key=tab.key: self.shown.emit(key))
                button.remove_asked.connect(self.remove_asked)
                self._buttons[tab.key] = button
                self._row.insertWidget(place, button)
            button.show_tab(tab)
        if current in self._buttons:
            self._buttons[current].setChecked(True)
            self._scroll.ensureWidgetVisible(self._buttons[current], theme.px(40), 0)

    def button(self, key: str) -> ExampleButton:
        return self._buttons[key]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._buttons)

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self._row.setSpacing(theme.px(6))
        self._outer.setContentsMargins(theme.px(12), 0, theme.px(12), 1)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
