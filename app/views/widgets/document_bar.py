"""How far a document can be trusted, in one line: the mean, and beside it what the mean hides."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.confidence import SURE, DocumentConfidence
from app.views import theme
from app.views.widgets.chip import Chip, level_of, number, paint_chip
from app.views.widgets.lettering import draw_text

HEIGHT = 44


class DocumentBar(QWidget):
    """Mean and lowest confidence, how many need a look, what is missing; the tooltip says it in full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._confidence: DocumentConfidence | None = None
        self._left = 0
        self._missing: tuple[str, ...] = ()
        self._threshold = SURE
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def show_confidence(
        self,
        confidence: DocumentConfidence | None,
        left: int,
        missing: tuple[str, ...],
        threshold: float = SURE,
    ) -> None:
        """`missing` are the labels of required fields that are empty; None shows an empty line."""
        self._confidence, self._left, self._missing, self._threshold = confidence, left, missing, threshold
        self.setToolTip(self.words())
        self.setAccessibleName(self.words())
        self.update()

    def words(self) -> str:
        """All of it in words."""
        if self._confidence is None:
            return ""
        tr = QCoreApplication.translate
        parts = [
            tr("DocumentBar", "Mean confidence {mean}, lowest {lowest}, of {fields} fields.").format(
                mean=number(self._confidence.mean),
                lowest=number(self._confidence.lowest),
                fields=self._confidence.fields,
            ),
            tr("DocumentBar", "%n field(s) still to look at.", "", self._left),
        ]
        if self._missing:
            parts.append(
                tr("DocumentBar", "Required and missing: {names}.").format(names=", ".join(self._missing))
            )
        return "\n".join(parts)

    def chip(self) -> Chip:
        """What is left to do."""
        tr = QCoreApplication.translate
        words = tr("DocumentBar", "{count} to look at").format(count=self._left)
        if self._missing:
            gone = tr("DocumentBar", "{count} missing").format(count=len(self._missing))
            return Chip("circle-alert", f"{words} · {gone}" if self._left else gone, "wrong")
        if self._left:
            return Chip("eye", words, "look")
        return Chip("check", tr("DocumentBar", "Nothing left to look at"), "sure")

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        if self._confidence is None:
            return
        pad, middle = theme.px(16), (self.height() - 1) / 2
        chip = paint_chip(painter, self.width() - pad, middle, self.chip())
        words = (
            (QCoreApplication.translate("DocumentBar", "Document"), "body", "text"),
            (number(self._confidence.mean), "strong", "text"),
            (
                QCoreApplication.translate("DocumentBar", "lowest {number}").format(
                    number=number(self._confidence.lowest)
                ),
                "body",
                "muted",
            ),
        )
        widths = [QFontMetricsF(theme.font(role)).horizontalAdvance(text) + 1 for text, role, _ in words]
        gap = theme.px(10)
        room = chip.left() - gap - pad - sum(widths) - 3 * gap
        bar = min(float(theme.px(72)), room)
        x = float(pad)
        for index, ((text, role, ink), width) in enumerate(zip(words, widths, strict=True)):
            if x + width > chip.left() - theme.px(4):
                break
            draw_text(painter, QRectF(x, 0, width + 1, self.height() - 1), text, role, ink)
            x += width + gap
            if index == 0 and bar >= theme.px(24):
                self._paint_bar(painter, QRectF(x, middle - theme.px(3), bar, theme.px(6)))
                x += bar + gap

    def _paint_bar(self, painter: QPainter, rect: QRectF) -> None:
        assert self._confidence is not None  # noqa: S101 - painted only with one
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        radius = rect.height() / 2
        painter.drawRoundedRect(rect, radius, radius)
        filled = QRectF(rect)
        filled.setWidth(max(rect.height(), rect.width() * self._confidence.mean))
        painter.setBrush(theme.colour(str(level_of(self._confidence.mean, self._threshold))))
        painter.drawRoundedRect(filled, radius, radius)
        painter.restore()
