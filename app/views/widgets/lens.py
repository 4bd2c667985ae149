"""The field lens: the piece of the page a value was read from, right above its editor."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.views import theme
from app.views.widgets.lettering import draw_text


class Lens(QWidget):
    """Shows a picture of a place on the page; while there is none it keeps the room, so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens")
        self._image: QImage | None = None
        self._absent = False
        theme.changed.connect(self.update)

    @property
    def image(self) -> QImage | None:
        return self._image

    def set_image(self, image: QImage | None) -> None:
        """The picture, in device pixels; None clears it."""
        self._image = None if image is None or image.isNull() else image
        self.update()

    def set_absent(self, absent: bool) -> None:
        """Whether there is no place to show: the form asks, and nothing was found."""
        self._absent = absent
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(frame, theme.px(8), theme.px(8))
        if self._image is None:
            painter.fillPath(path, theme.colour("background"))
            if self._absent:
                words = QCoreApplication.translate("FieldPanel", "Nothing was read here.")
                draw_text(painter, frame, words, "small", "muted", Qt.AlignmentFlag.AlignHCenter)
        else:
            painter.fillPath(path, QColor("#FFFFFF"))  # paper is white in the dark too
            painter.setClipPath(path)
            scale = min(frame.width() / self._image.width(), frame.height() / self._image.height())
            width, height = self._image.width() * scale, self._image.height() * scale
            target = QRectF(frame.center().x() - width / 2, frame.center().y() - height / 2, width, height)
            painter.drawImage(target, self._image)
            painter.setClipping(False)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
