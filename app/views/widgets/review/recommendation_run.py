"""An answer that is under way, or that did not come: progress with a way to stop it, or what to do instead."""

from __future__ import annotations

import re

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol
from app.views.widgets.progress_line import ProgressLine

PATIENCE = 500
"""Milliseconds before a wait is said: a shorter one is not worth a flicker."""
SHOWN_LINES = 4


class RecommendationRun(QWidget):
    """Says who is asked and since when, shows the last words that came, and offers to stop."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._who = ""
        self._text = ""
        self.line = ProgressLine(self)
        self.line.cancel_requested.connect(self.cancelled)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE)
        self._patience.timeout.connect(self._tell)
        self._beat = QTimer(self)
        self._beat.setInterval(1000)
        self._beat.timeout.connect(self._tell)
        self._since = QElapsedTimer()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.line)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self.hide()

    def start(self, who: str) -> None:
        self._who, self._text = who, ""
        self._since.start()
        self._patience.start()
        self._beat.start()

    def hear(self, text: str) -> None:
        """The answer as far as it came."""
        self._text = readable(text)
        if not self.isHidden():
            self._fit()

    def stopping(self) -> None:
        """The person stopped it; it ends as soon as it can."""
        self._who = self.tr("Stopping")
        self._patience.stop()
        self.line.show_progress(self._who, can_cancel=False)

    def finish(self) -> None:
        self._patience.stop()
        self._beat.stop()
        self.line.finish()
        self.hide()

    @property
    def waiting(self) -> bool:
        """Whether it is being said that an answer is under way."""
        return not self.isHidden()

    def _tell(self) -> None:
        if self._patience.isActive():
            return
        seconds = self._since.elapsed() // 1000
        words = (
            self.tr("{who} · {seconds} s").format(who=self._who, seconds=seconds) if seconds else self._who
        )
        can = self.line.cancel.isEnabled() or self.isHidden()
        self.line.show_progress(words, can_cancel=self.line.isHidden() or not self.line.cancel.isHidden())
        self.line.cancel.setEnabled(can)
        self.show()
        self._fit()

    def _fit(self) -> None:
        lines = broken(self._tail(), "note", max(60, self.width() - theme.px(56)), 40)
        tall = min(len(lines.lines), SHOWN_LINES) * lines.line_height + theme.px(12) if self._text else 0
        self.setFixedHeight(round(self.line.sizeHint().height() + tall))
        self.update()

    def _tail(self) -> str:
        return self._text[-600:]

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._text:
            return
        painter = QPainter(self)
        lines = broken(self._tail(), "note", max(60, self.width() - theme.px(56)), 40)
        last = type(lines)(lines.lines[-SHOWN_LINES:], lines.line_height, False)
        top = self.line.height() + theme.px(4)
        draw_lines(painter, theme.px(40), top, last, "note", theme.colour("muted"))


def readable(text: str) -> str:
    """The words of an answer that may be data: without brackets, quotes and names of parts."""
    words = re.sub(r'"(?:[A-Za-z_]+)"\s*:', " ", text)
    words = words.replace('\\"', "”").replace("\\n", " ")
    return " ".join(re.sub(r'[{}\[\]"]|,\s*(?=$|[{"\s])', " ", words).split())


class AnswerTrouble(QWidget):
    """Why there is no answer, and what to do: try again, or ask the engine that needs no network."""

    again_wanted = Signal()
    engine_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._step = ""
        self.again = QPushButton(self.tr("Try again"), self)
        self.again.clicked.connect(self.again_wanted)
        self.engine = QPushButton(self.tr("Use the criteria engine"), self)
        self.engine.clicked.connect(self.engine_wanted)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty when nothing is."""
        return "" if self.isHidden() else f"{self._words} {self._step}".strip()

    def tell(self, reason: str, next_step: str, engine: bool) -> None:
        """`engine` offers the criteria engine beside trying the same again."""
        self._words, self._step = reason, next_step
        self.setAccessibleName(f"{reason} {next_step}".strip())
        self.engine.setVisible(engine)
        self.show()
        self._fit()

    def _texts(self) -> list[tuple[str, str, Lines]]:
        wide = max(60, self.width() - theme.px(16 + 18 + 8 + 16))
        texts = (("body", "text", self._words), ("small", "muted", self._step))
        return [(role, ink, broken(text, role, wide, 6)) for role, ink, text in texts if text]

    def _fit(self) -> None:
        y = theme.px(10) + sum(lines.height for _, _, lines in self._texts()) + theme.px(8)
        x = theme.px(16 + 18 + 8)
        for button in (self.again, self.engine):
            button.setFont(theme.font("body"))
            size = button.sizeHint()
            if button.isHidden():
                continue
            if x > theme.px(60) and x + size.width() > self.width() - theme.px(16):
                x, y = theme.px(16 + 18 + 8), y + size.height() + theme.px(6)
            button.setGeometry(x, round(y), size.width(), size.height())
            x += size.width() + theme.px(8)
        self.setFixedHeight(round(y) + self.again.sizeHint().height() + theme.px(12))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("wrong_back"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
        y = float(theme.px(10))
        for number, (role, ink, lines) in enumerate(self._texts()):
            if not number:
                draw_symbol(
                    painter, "circle-alert", "wrong", theme.px(16), y + lines.line_height / 2, theme.px(18)
                )
            draw_lines(
                painter,
                theme.px(16 + 18 + 8),
                y,
                lines,
                role,
                theme.colour("wrong" if ink == "muted" else ink),
            )
            y += lines.height
