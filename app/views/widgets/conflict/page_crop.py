"""The piece of the page a conflict is about, with the answer outlined."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.box import Box
from app.views import theme
from app.views.widgets.lettering import broken, draw_lines

HEIGHT = 148


class PageCrop(QWidget):
    """Shows a picture of a place on the page, or says why there is none; always as tall."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._outline: Box | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    @property
    def image(self) -> QImage | None:
        return self._image

    @property
    def words(self) -> str:
        return self._words

    def show_image(self, image: QImage, outline: Box | None = None) -> None:
        """The picture in device pixels; `outline` is where the answer stands, in fractions of the picture."""
        self._image, self._outline, self._words = image, outline, ""
        self.setAccessibleName(self.tr("What stands on the page"))
        self.update()

    def show_words(self, words: str) -> None:
        """There is no picture, and this is why."""
        self._image, self._outline, self._words = None, None, words
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(frame, theme.px(8), theme.px(8))
        if self._image is None:
            painter.fillPath(path, theme.colour("background"))
            lines = broken(self._words, "small", frame.width() - theme.px(24), 3)
            top = frame.center().y() - lines.height / 2
            draw_lines(painter, theme.px(12), top, lines, "small", theme.colour("muted"))
        else:
            painter.fillPath(path, QColor("#FFFFFF"))  # paper is white in the dark too
            painter.setClipPath(path)
            scale = min(frame.width() / self._image.width(), frame.height() / self._image.height())
            width, height = self._image.width() * scale, self._image.height() * scale
            at = QRectF(frame.center().x() - width / 2, frame.center().y() - height / 2, width, height)
            painter.drawImage(at, self._image)
            if self._outline is not None:
                o = self._outline
                mark = QRectF(
                    at.left() + o.x0 * width, at.top() + o.y0 * height, o.width * width, o.height * height
                ).adjusted(-3, -2, 3, 2)
                painter.setPen(QPen(QColor(theme.LIGHT.accent), 1.5))  # on paper, which is white
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(mark, 3, 3)
            painter.setClipping(False)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
