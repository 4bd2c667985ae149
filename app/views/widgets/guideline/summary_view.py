"""A summary that a search wrote, called what it is: its numbers and its sources lead to the passages behind it."""

from __future__ import annotations

import html

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.domain.guideline import Hit, Summary
from app.views import theme

TALLEST = 220
"""A longer summary is scrolled: the passages stay in sight."""


class SummaryView(QWidget):
    """Shows a summary, or takes no room. `cited` tells the passage whose number was followed, by mouse or by key."""

    cited = Signal(object)
    """`Hit`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: Summary | None = None
        self._by = ""
        self._head = QLabel(self.tr("SUMMARY"), self)
        self._about = QLabel(self)
        self._about.setWordWrap(True)
        self.text = QLabel()
        self.sources = QLabel()
        inner = QWidget()
        self._inner = QVBoxLayout(inner)
        self._inner.setContentsMargins(0, 0, 0, 0)
        for label in (self.text, self.sources):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.LinksAccessibleByMouse
                | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
                | Qt.TextInteractionFlag.TextSelectableByMouse
            )
            label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            label.linkActivated.connect(self._follow)
            self._inner.addWidget(label)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inner)
        self._area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self._column = QVBoxLayout(self)
        for widget in (self._head, self._about, self._area):
            self._column.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_summary(self, summary: Summary | None, by: str) -> None:
        """Show a summary; None takes it away. `by` is who wrote it."""
        self._summary, self._by = summary, by
        self.setVisible(summary is not None)
        if summary is None:
            return
        words = self.tr("Written by {who}. It is no evidence: open its numbers.")
        self._about.setText(words.format(who=by or self.tr("a model")))
        colour = theme.colour("accent").name()
        self.text.setText(_numbered(summary, colour))
        self.sources.setText(
            "<br>".join(self._source(n, hit, colour) for n, hit in enumerate(summary.sources, 1))
        )
        self.setAccessibleName(f"{self._head.text()} {self._about.text()} {summary.text}")
        self._fit()

    def _source(self, number: int, hit: Hit, colour: str) -> str:
        page = self.tr("p. {page}").format(page=hit.passage.page)
        title = html.escape(hit.source.title)
        return f"{_link(number, colour)} {title}, {html.escape(page)}"

    def _follow(self, link: str) -> None:
        if self._summary is not None and link.isdigit() and 1 <= int(link) <= len(self._summary.sources):
            self.cited.emit(self._summary.sources[int(link) - 1])

    def _fit(self) -> None:
        wide = max(self.width() - theme.px(2 * (16 + 12)), theme.px(160))
        tall = sum(label.heightForWidth(wide) for label in (self.text, self.sources)) + theme.px(6)
        self._area.setFixedHeight(min(tall, theme.px(TALLEST)))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self._summary is not None:
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), super().sizeHint().height())

    def _restyle(self) -> None:
        pad = theme.px(12)
        self._column.setContentsMargins(theme.px(16) + pad, pad, theme.px(16) + pad, theme.px(10) + pad)
        self._column.setSpacing(theme.px(4))
        self._inner.setSpacing(theme.px(6))
        self._head.setFont(theme.font("caption"))
        self._about.setFont(theme.font("small"))
        self.text.setFont(theme.font("body"))
        self.sources.setFont(theme.font("small"))
        for label, role in (
            (self._head, "look"),
            (self._about, "muted"),
            (self.text, "text"),
            (self.sources, "text"),
        ):
            palette = label.palette()
            palette.setColor(palette.ColorRole.WindowText, theme.colour(role))
            label.setPalette(palette)
        if self._summary is not None:
            self.show_summary(self._summary, self._by)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.px(16)
        rect = QRectF(side + 0.5, 0.5, self.width() - 2 * side - 1, self.height() - theme.px(10) - 1)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.mixed("look_back", "background", 0.4))
        painter.drawRoundedRect(rect, theme.px(8), theme.px(8))


def _numbered(summary: Summary, colour: str) -> str:
    """The words as HTML, each citation's numbers behind the words that rest on it."""
    parts: list[str] = []
    at = 0
    for citation in sorted(summary.citations, key=lambda c: c.end):
        end = min(max(citation.end, at), len(summary.text))
        parts.append(html.escape(summary.text[at:end]))
        parts.append(" " + " ".join(_link(number, colour) for number in citation.numbers))
        at = end
    parts.append(html.escape(summary.text[at:]))
    return "".join(parts).replace("\n", "<br>")


def _link(number: int, colour: str) -> str:
    return f'<a href="{number}" style="color: {colour}; text-decoration: none">[{number}]</a>'
