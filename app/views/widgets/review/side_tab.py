"""The tabs of the side: recommendation, guidelines, pinned evidence, history; one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text

HEIGHT = 44
TAB = 28


class SideTab(QAbstractButton):
    """One tab: a word with a count; where there is no room its symbol alone, with the word as a tooltip."""

    def __init__(self, name: str, words: str, symbol: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.symbol = name, symbol
        self._words, self._count = words, 0
        self._short = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    def set_count(self, count: int) -> None:
        self._count = count
        self._say()

    def set_short(self, short: bool) -> None:
        self._short = short
        self.setToolTip(self.text() if short else "")

    def _say(self) -> None:
        words = f"{self._words} · {self._count}" if self._count else self._words
        self.setText(words)
        self.setAccessibleName(words)
        self.update()

    @property
    def shown(self) -> str:
        """What stands on it."""
        if not self._short:
            return self.text()
        return str(self._count) if self._count else ""

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.shown)
        symbol = theme.px(16) + (theme.px(5) if self.shown else 0) if self._short else 0
        return QSize(round(words + symbol + 2 * theme.px(11)), theme.px(TAB))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # a button would only move the keyboard: the row chooses the next one
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        chosen = self.isChecked()
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(theme.mixed("accent", "surface", 0.2))
        else:
            painter.setBrush(theme.colour("background") if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        ink = "text" if chosen or self.underMouse() else "muted"
        x = float(theme.px(11))
        if self._short:
            draw_symbol(painter, self.symbol, ink, x, self.height() / 2, theme.px(16))
            x += theme.px(16 + 5)
        if self.shown:
            draw_text(painter, QRectF(x, 0, self.width() - x, self.height()), self.shown, "chip", ink)


class SideTabs(QWidget):
    """The row of tabs. `chosen` names one; Left and Right go from one to the next."""

    chosen = Signal(str)

    def __init__(self, tabs: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """`tabs` are (name, words, symbol)."""
        super().__init__(parent)
        self.tabs = [SideTab(name, words, symbol, self) for name, words, symbol in tabs]
        for tab in self.tabs:
            tab.clicked.connect(lambda _checked=False, name=tab.name: self.choose(name))
        theme.changed.connect(self._place)
        self.tabs[0].setChecked(True)
        self._place()

    @property
    def current(self) -> str:
        return next((tab.name for tab in self.tabs if tab.isChecked()), self.tabs[0].name)

    def choose(self, name: str) -> None:
        changed = name != self.current
        for tab in self.tabs:
            tab.setChecked(tab.name == name)
        if changed:
            self.chosen.emit(name)

    def set_count(self, name: str, count: int) -> None:
        for tab in self.tabs:
            if tab.name == name:
                tab.set_count(count)
        self._place()

    def set_offered(self, name: str, offered: bool) -> None:
        for tab in self.tabs:
            if tab.name == name:
                tab.setVisible(offered)
        self._place()

    def _place(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        shown = [tab for tab in self.tabs if not tab.isHidden()]
        room = self.width() - 2 * theme.px(12)
        for tab in shown:
            tab.set_short(False)
        for tab in reversed(shown):  # the last ones give way first
            if sum(t.sizeHint().width() + theme.px(4) for t in shown) <= room:
                break
            tab.set_short(True)
        x, y = theme.px(12), (self.height() - theme.px(TAB)) // 2
        for tab in shown:
            size = tab.sizeHint()
            tab.setGeometry(x, y, size.width(), size.height())
            x += size.width() + theme.px(4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        shown = [tab for tab in self.tabs if not tab.isHidden()]
        place = next((i for i, tab in enumerate(shown) if tab.isChecked()), 0)
        found = shown[(place + step) % len(shown)]
        found.setFocus(Qt.FocusReason.OtherFocusReason)
        self.choose(found.name)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
