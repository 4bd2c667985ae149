"""A record in a list of the settings: a sign, two lines of words, and what is to be said of it at the right."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text


class Record(QAbstractButton):
    """Opens what can be done with it by a click, Space or Enter; one that cannot be opened only tells."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._letters = ""
        self._symbol = ""
        self._second = ""
        self._note = ("", "", "muted")
        self._quiet = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_record(
        self, first: str, second: str, *, letters: str = "", symbol: str = "", quiet: bool = False
    ) -> None:
        """The two lines; `letters` or a `symbol` stand in front; a `quiet` one counts no more."""
        self.setText(first)
        self._second, self._letters, self._symbol, self._quiet = second, letters, symbol, quiet
        self._tell()

    def say(self, words: str, symbol: str = "", role: str = "muted") -> None:
        """What is to be said of it, at the right."""
        self._note = (words, symbol, role)
        self._tell()

    def fix(self) -> None:
        """It cannot be opened."""
        self.setCheckable(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def _tell(self) -> None:
        self.setAccessibleName(", ".join(p for p in (self.text(), self._second, self._note[0]) if p))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(52))

    def nextCheckState(self) -> None:
        """Whether it is open is decided by the list it is in."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        radius = theme.px(8)
        openable = self.focusPolicy() is not Qt.FocusPolicy.NoFocus
        if self.isChecked() or self.hasFocus() or (self.underMouse() and openable):
            painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selection" if self.isChecked() else "background"))
            painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
        side, x, middle = theme.px(30), theme.px(10), rect.center().y()
        circle = QRectF(x, middle - side / 2, side, side)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("background" if self._quiet or self._symbol else "selection"))
        painter.drawEllipse(circle)
        if self._symbol:
            size = theme.px(16)
            draw_symbol(painter, self._symbol, "muted", circle.center().x() - size / 2, middle, size)
        else:
            ink = "muted" if self._quiet else "accent"
            draw_text(painter, circle, self._letters, "caption", ink, Qt.AlignmentFlag.AlignHCenter)
        right = rect.right() - theme.px(10)
        if openable:
            size = theme.px(16)
            symbol = "chevron-down" if self.isChecked() else "chevron-right"
            draw_symbol(painter, symbol, "muted", right - size, middle, size)
            right -= size + theme.px(8)
        right = self._paint_note(painter, right)
        left = circle.right() + theme.px(12)
        cut = draw_text(
            painter, QRectF(left, theme.px(6), right - left, theme.px(20)), self.text(), "strong",
            "muted" if self._quiet else "text",
        )  # fmt: skip
        below = QRectF(left, theme.px(26), right - left, theme.px(18))
        cut = draw_text(painter, below, self._second, "small", "muted") or cut
        tip = f"{self.text()}\n{self._second}" if cut else ""
        if self.toolTip() != tip:
            self.setToolTip(tip)

    def _paint_note(self, painter: QPainter, right: float) -> float:
        words, symbol, role = self._note
        if not words:
            return right
        size = theme.px(14)
        most = self.width() * 0.6
        wide = min(QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1, most)
        draw_text(painter, QRectF(right - wide, 0, wide, self.height()), words, "small", role)
        right -= wide
        if symbol:
            right -= size + theme.px(6)
            draw_symbol(painter, symbol, role, right, self.height() / 2, size)
        return right - theme.px(12)
