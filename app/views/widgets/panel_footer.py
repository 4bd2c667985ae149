"""The foot of the field panel: verify, next case, and what is left and saved, in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.lettering import draw_key, draw_symbol, draw_text, key_width

HEIGHT = 56


class PanelFooter(QWidget):
    """Two buttons, and on the right how many are left over what the screen calls saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verify = KeyButton(self.tr("Verify case"), "F9", primary=True, parent=self)
        self.verify.setObjectName("verify")
        self.next = KeyButton(self.tr("Next"), "F10", parent=self)
        self.next.setObjectName("next_case")
        self._left: int | None = None
        self._saved = ""
        self._verified = False
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_state(self, left: int, verified: bool) -> None:
        """How many fields need a look, or that the case is verified."""
        self._left, self._verified = left, verified
        self.verify.set_words(
            self.tr("Reopen") if verified else self.tr("Verify case"), "" if verified else "F9"
        )
        self.verify.set_primary(not verified)
        self.next.set_primary(verified)
        self._place()
        self.update()

    def set_saved(self, words: str) -> None:
        if words != self._saved:
            self._saved = words
            self.update()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self._place()

    def _place(self) -> None:
        x, y = theme.px(16), (self.height() - theme.px(34)) // 2
        for button in (self.verify, self.next):
            size = button.sizeHint()
            button.setGeometry(x, y, size.width(), size.height())
            x += size.width() + theme.px(8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
        if self._left is None:
            return
        left = self.next.geometry().right() + theme.px(10)
        right = self.width() - theme.px(16)
        upper, lower = self.height() / 2 - theme.px(10), self.height() / 2 + theme.px(10)
        if not self._saved:
            upper = self.height() / 2
        self._paint_left(painter, left, right, upper)
        if self._saved:
            size = theme.px(14)
            metrics = QFontMetricsF(theme.font("small"))
            wide = min(metrics.horizontalAdvance(self._saved) + 1, right - left - size - theme.px(4))
            draw_symbol(painter, "cloud-check", "muted", right - wide - size - theme.px(4), lower, size)
            draw_text(
                painter,
                QRectF(right - wide, lower - theme.px(9), wide, theme.px(18)),
                self._saved,
                "small",
                "muted",
            )

    def _paint_left(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        if self._verified:
            words, symbol = self.tr("verified"), "circle-check"
        elif self._left:
            words, symbol = self.tr("next · {count} left").format(count=self._left), ""
        else:
            words, symbol = self.tr("all looked at"), "check"
        wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1
        head = theme.px(16) if symbol else key_width("↵")
        wide = min(wide, right - left - head - theme.px(6))
        x = right - wide - head - theme.px(6)
        role = "sure" if symbol else "muted"
        if symbol:
            draw_symbol(painter, symbol, role, x, middle, theme.px(16))
        else:
            draw_key(painter, x, middle, "↵")
        place = QRectF(right - wide, middle - theme.px(10), wide, theme.px(20))
        draw_text(painter, place, words, "small", role, Qt.AlignmentFlag.AlignRight)
