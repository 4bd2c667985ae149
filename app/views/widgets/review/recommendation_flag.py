"""What the reviewer must know before trusting anything: each in a sentence, with its place and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.domain.recommendation import Flag
from app.views import theme
from app.views.widgets.lettering import broken, draw_lines, draw_symbol, draw_text
from app.views.widgets.review.evidence_place import Places

LOOKS: dict[str, tuple[str, str]] = {
    "injection": ("shield-alert", "wrong"),
    "other_patient": ("users", "wrong"),
    "unread": ("file-x", "look"),
    "model": ("circle-alert", "look"),
    "trap": ("triangle-alert", "look"),
    "unsupported_quote": ("unlink", "look"),
    "no_policy": ("circle-question-mark", "look"),
    "unused_prose": ("info", "muted"),
}
"""Symbol and role by kind; what is first in here is shown first."""
GRAVE = frozenset({"injection", "other_patient"})
"""Always in sight; of the others one is, and more of them fold into a line that names the first."""


class FlagLine(QAbstractButton):
    """One flag; a press opens its place."""

    def __init__(self, flag: Flag, places: Places, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flag = flag
        self._places = places
        self._symbol, self._role = LOOKS.get(flag.kind, ("triangle-alert", "look"))
        self.setText(flag.text)
        self.setAccessibleName(f"{flag.text} {flag.next_step}".strip())
        opens = flag.evidence is not None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if opens else Qt.FocusPolicy.NoFocus)
        if opens:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _place_words(self) -> str:
        return self._places.words(self.flag.evidence) if self.flag.evidence is not None else ""

    def _place_width(self) -> float:
        words = self._place_words()
        if not words:
            return 0.0
        metrics = QFontMetricsF(theme.font("small"))
        return min(
            metrics.horizontalAdvance(words) + 1, self.width() * (0.8 if self._stacked() else 0.34)
        ) + theme.px(18)

    def _stacked(self) -> bool:
        """Whether the place stands under the words: there is no room beside them."""
        return bool(self._place_words()) and self.width() < theme.px(360)

    def _text_width(self) -> int:
        place = 0 if self._stacked() else self._place_width()
        return round(self.width() - theme.px(16 + 18 + 8 + 16) - (place + theme.px(10) if place else 0))

    def height_for(self) -> int:
        lines = broken(self.flag.text, "body", max(60, self._text_width()), 8)
        tall = lines.height
        if self.flag.next_step:
            tall += broken(self.flag.next_step, "small", max(60, self._text_width()), 4).height
        return round(tall) + theme.px(12) + (theme.px(20) if self._stacked() else 0)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height_for())

    def fit(self) -> None:
        self.setFixedHeight(self.height_for())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        loud = self._role == "wrong"
        if loud:
            painter.fillRect(self.rect(), theme.colour("wrong_back"))
        elif self.underMouse() and self.flag.evidence is not None:
            painter.fillRect(self.rect(), theme.colour("background"))
        x, y = float(theme.px(16 + 18 + 8)), float(theme.px(6))
        lines = broken(self.flag.text, "body", max(60, self._text_width()), 8)
        middle = y + lines.line_height / 2
        draw_symbol(painter, self._symbol, self._role, theme.px(16), middle, theme.px(18))
        draw_lines(painter, x, y, lines, "body", theme.colour("text"))
        if self.flag.next_step:
            step = broken(self.flag.next_step, "small", max(60, self._text_width()), 4)
            draw_lines(
                painter, x, y + lines.height, step, "small", theme.colour("wrong" if loud else "muted")
            )
        words = self._place_words()
        if words:
            ink = "wrong" if loud else "muted"
            right, wide = self.width() - theme.px(16), self._place_width() - theme.px(18)
            if self._stacked():
                right, middle = round(x + wide) + theme.px(18), float(self.height() - theme.px(16))
            place = QRectF(right - theme.px(18) - wide, middle - theme.px(9), wide, theme.px(18))
            draw_text(painter, place, words, "small", ink, Qt.AlignmentFlag.AlignRight)
            draw_symbol(painter, "arrow-up-right", ink, right - theme.px(15), middle, theme.px(14))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -2))


class MoreLine(QAbstractButton):
    """So many things to know, the first of them named; a press unfolds them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol, self._role, self._open = "triangle-alert", "look", False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self._fit()

    def show_flags(self, flags: Sequence[Flag], unfolded: bool) -> None:
        self._open = unfolded
        if flags:
            self._symbol, self._role = LOOKS.get(flags[0].kind, ("triangle-alert", "look"))
            words = self.tr("{count} things to know").format(count=len(flags))
            self.setText(words if unfolded else f"{words}: {flags[0].text}")
            self.setToolTip("\n".join(flag.text for flag in flags))
            self.setAccessibleName(self.text())
        self.update()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(34))

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
        if self.underMouse():
            painter.fillRect(self.rect(), theme.colour("background"))
        middle = self.height() / 2
        draw_symbol(painter, self._symbol, self._role, theme.px(16), middle, theme.px(18))
        words = QRectF(
            theme.px(16 + 18 + 8), 0, self.width() - theme.px(16 + 18 + 8 + 16 + 24), self.height()
        )
        draw_text(painter, words, self.text(), "body", "text")
        name = "chevron-down" if self._open else "chevron-right"
        draw_symbol(painter, name, "muted", self.width() - theme.px(16 + 16), middle, theme.px(16))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -2))


class FlagList(QWidget):
    """The flags, the gravest first and always in sight; the others unfold. `opened` brings the evidence of one."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flags: tuple[Flag, ...] = ()
        self._all = False
        self._lines: list[FlagLine] = []
        self.more = MoreLine(self)
        self.more.clicked.connect(self._toggle)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.more)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def lines(self) -> tuple[FlagLine, ...]:
        return tuple(self._lines)

    def show_flags(self, flags: Sequence[Flag], places: Places) -> None:
        order = list(LOOKS)
        ordered = tuple(
            sorted(dict.fromkeys(flags), key=lambda f: order.index(f.kind) if f.kind in order else len(order))
        )
        if ordered == self._flags:
            return
        self._flags, self._all = ordered, False
        for old in self._lines:
            old.hide()
            old.deleteLater()
        self._lines = []
        grave = sum(flag.kind in GRAVE for flag in ordered)
        for number, flag in enumerate(ordered):
            line = FlagLine(flag, places, self)
            line.clicked.connect(lambda _checked=False, found=flag: self._open(found))
            self._column.insertWidget(number if number < grave else number + 1, line)
            self._lines.append(line)
        self._restyle()

    def _open(self, flag: Flag) -> None:
        if flag.evidence is not None:
            self.opened.emit(flag.evidence)

    def _toggle(self) -> None:
        self._all = not self._all
        self._restyle()

    def _restyle(self) -> None:
        others = [flag for flag in self._flags if flag.kind not in GRAVE]
        folds = len(others) > 1
        for line in self._lines:
            line.setVisible(line.flag.kind in GRAVE or self._all or not folds)
            line.fit()
        self.more.show_flags(others, self._all)
        self.more.setVisible(folds)
        self.setVisible(bool(self._lines))
