"""Chips that filter the review's queue: each names its requests and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text


class FilterChip(QAbstractButton):
    """A word and a count; the chosen one stands on the accent's tint."""

    def __init__(self, words: str, symbol: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = symbol
        self._count: int | None = None
        self.setText(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    @property
    def count(self) -> int | None:
        return self._count

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.setAccessibleName(f"{self.text()}: {self._number()}")
            self.updateGeometry()
            self.update()

    def _number(self) -> str:
        return "" if self._count is None else self.locale().toString(self._count)

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.font("chip"))
        wide = metrics.horizontalAdvance(self.text()) + theme.px(24)
        if self._count is not None:
            wide += theme.px(6) + metrics.horizontalAdvance(self._number())
        if self._symbol:
            wide += theme.px(19)
        return QSize(round(wide), theme.px(28))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        chosen = self.isChecked()
        painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(theme.mixed("accent", "surface", 0.16) if chosen else theme.colour("background"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        ink = "accent" if chosen else "text" if self.underMouse() else "muted"
        x = float(theme.px(12))
        if self._symbol:
            draw_symbol(painter, self._symbol, ink, x, rect.center().y(), theme.px(14))
            x += theme.px(19)
        metrics = QFontMetricsF(theme.font("chip"))
        wide = metrics.horizontalAdvance(self.text()) + 1
        draw_text(painter, QRectF(x, 0, wide, self.height()), self.text(), "chip", ink)
        if self._count is not None:
            rest = QRectF(x + wide + theme.px(5), 0, self.width() - x - wide, self.height())
            draw_text(painter, rest, self._number(), "chip", ink if chosen else "muted")


class FilterChips(QWidget):
    """Chips of which one is chosen; Left and Right go from one to the next."""

    chosen = Signal(str)

    def __init__(self, chips: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`chips` are (name, words); the first is chosen."""
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.chips: dict[str, FilterChip] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for name, words in chips:
            chip = FilterChip(words, parent=self)
            chip.setObjectName(name)
            self._group.addButton(chip)
            self._row.addWidget(chip)
            self.chips[name] = chip
            chip.clicked.connect(lambda _on=False, name=name: self.chosen.emit(name))
        next(iter(self.chips.values())).setChecked(True)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def current(self) -> str:
        return next(name for name, chip in self.chips.items() if chip.isChecked())

    def choose(self, name: str) -> None:
        """Show which one is chosen; tells nobody."""
        self.chips[name].setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        names = list(self.chips)
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        name = names[(names.index(self.current) + step) % len(names)]
        self.chips[name].setFocus(Qt.FocusReason.OtherFocusReason)
        self.choose(name)
        self.chosen.emit(name)

    def _restyle(self) -> None:
        self._row.setSpacing(theme.px(6))
