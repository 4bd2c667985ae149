"""Before a form type is published: what is missing, what is worth a look, and what will happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.lettering import broken, draw_lines, draw_symbol
from app.views.widgets.overlay_bar import OverlayBar


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with the ref it is about ("" for the form) and whether publishing waits for it."""

    words: str
    ref: str = ""
    blocks: bool = False


class SaidLine(QAbstractButton):
    """A sentence with a sign; a click goes to what it is about."""

    def __init__(self, said: Said, symbol: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol, self._role = symbol, role
        self._lines = 1
        self.ref = said.ref
        self.setText(said.words)
        self.setAccessibleName(said.words)
        if said.ref:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _text_width(self) -> int:
        return self.width() - theme.px(16 + 16 + 10 + 16) - (theme.px(16) if self.ref else 0)

    def sizeHint(self) -> QSize:
        lines = broken(self.text(), "body", max(40, self._text_width()), 8)
        return QSize(theme.px(200), round(lines.height) + theme.px(14))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = self.sizeHint().height()
        if self.height() != wanted:
            self.setFixedHeight(wanted)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.ref and self.underMouse():
            painter.fillRect(self.rect(), theme.colour("background"))
        pad, side, top = theme.px(16), theme.px(16), theme.px(7)
        draw_symbol(painter, self._symbol, self._role, pad, top + theme.px(9), side)
        lines = broken(self.text(), "body", max(40, self._text_width()), 8)
        draw_lines(painter, pad + side + theme.px(10), top, lines, "body", theme.colour("text"))
        if self.ref:
            draw_symbol(painter, "chevron-right", "muted", self.width() - pad - side, self.height() / 2, side)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))


class PublishPanel(QWidget):
    """Lists sentences under three headings. `gone_to` names the field a sentence is about."""

    gone_to = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[QWidget] = []
        self._heads: list[QLabel] = []
        self._inner = QWidget()
        self._column = QVBoxLayout(self._inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._inner)
        OverlayBar(scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        theme.changed.connect(self._restyle)

    def show_said(self, said: Sequence[Said], outcome: Sequence[str]) -> None:
        """Show what was found, and what publishing will do."""
        for old in self._lines:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._lines, self._heads = [], []
        missing, worth = [s for s in said if s.blocks], [s for s in said if not s.blocks]
        self._head(self.tr("What is missing"))
        for one in missing:
            self._line(one, "circle-alert", "wrong")
        if not missing:
            self._line(Said(self.tr("Nothing. The form can be published.")), "check", "sure")
        if worth:
            self._head(self.tr("Worth a look"))
            for one in worth:
                self._line(one, "triangle-alert", "look")
        self._head(self.tr("What will happen"))
        for words in outcome:
            self._line(Said(words), "info", "muted")
        self._restyle()

    @property
    def lines(self) -> tuple[SaidLine, ...]:
        return tuple(line for line in self._lines if isinstance(line, SaidLine))

    def _head(self, words: str) -> None:
        label = QLabel(words.upper())
        self._heads.append(label)
        self._add(label)

    def _line(self, said: Said, symbol: str, role: str) -> None:
        line = SaidLine(said, symbol, role)
        if said.ref:
            line.clicked.connect(lambda _checked=False, ref=said.ref: self.gone_to.emit(ref))
        self._add(line)

    def _add(self, widget: QWidget) -> None:
        self._column.insertWidget(self._column.count() - 1, widget)
        self._lines.append(widget)

    def _restyle(self) -> None:
        for label in self._heads:
            label.setFont(theme.font("section"))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
            label.setContentsMargins(theme.px(16), theme.px(16), theme.px(16), theme.px(4))
        for line in self.lines:
            line.setFixedHeight(line.sizeHint().height())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
