"""The night page: light and dark change places, colours keep their hue."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage, QPainter, qRgb

# The night colour of a pixel p is p + (255 - 2 Y), with Y its brightness: what is dark becomes light and
# red writing stays red. A painter can only add, so the positive and the negative part are two tables.
_BRIGHTEN = [qRgb(v, v, v) for v in (max(0, 255 - 2 * y) for y in range(256))]
_DARKEN = [qRgb(v, v, v) for v in (max(0, 2 * y - 255) for y in range(256))]


def night_picture(image: QImage, paper: str) -> QImage:
    """The picture as a night page, its white paper in the dark colour `paper`; in the same format."""
    picture = image.convertToFormat(QImage.Format.Format_RGB32)
    if image.isGrayscale():
        if picture is image or picture.cacheKey() == image.cacheKey():
            picture = image.copy()
        picture.invertPixels()
    else:
        grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
        picture = _added(picture, grey, _BRIGHTEN)
        picture.invertPixels()
        picture = _added(picture, grey, _DARKEN)
        picture.invertPixels()
    painter = QPainter(picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Screen)
    painter.fillRect(picture.rect(), QColor(paper))
    painter.end()
    return picture.convertToFormat(image.format())


def _added(picture: QImage, grey: QImage, table: list[int]) -> QImage:
    shades = QImage(grey)
    shades.reinterpretAsFormat(QImage.Format.Format_Indexed8)
    shades.setColorTable(table)
    result = picture.copy()
    painter = QPainter(result)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
    painter.drawImage(0, 0, shades)
    painter.end()
    return result
