"""A page of a form drawn from its definition alone: the printed texts where they stand, for lack of an example."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from app.domain.processor import FormDefinition
from app.views import theme
from app.views.widgets.page_view.tile import TileRequest

WIDTH = 612.0
"""Points: a letter page's; the height follows from the form's own aspect."""


def sheet_size(definition: FormDefinition) -> tuple[float, float]:
    """Width and height of a page in points."""
    width, height = definition.size
    return WIDTH, WIDTH * height / max(width, 1e-6)


def sheet_tile(definition: FormDefinition, request: TileRequest) -> QImage:
    """The piece of a page that a view asks for. Turned pages are drawn upright and turned."""
    width, height = sheet_size(definition)
    page = QImage(
        max(1, round(width * request.scale)),
        max(1, round(height * request.scale)),
        QImage.Format.Format_RGB32,
    )
    page.fill(QColor(theme.LIGHT.surface))
    painter = QPainter(page)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setPen(QColor(theme.LIGHT.muted))
    for anchor in definition.anchors:
        if anchor.page != request.page + 1:
            continue
        place = QRectF(
            anchor.box.x0 * page.width(),
            anchor.box.y0 * page.height(),
            anchor.box.width * page.width(),
            anchor.box.height * page.height(),
        )
        painter.setFont(_fitting(anchor.text, place))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip), anchor.text)
    painter.end()
    if request.turns % 4:
        from PySide6.QtGui import QTransform

        page = page.transformed(QTransform().rotate(90 * (request.turns % 4)))
    clip = request.clip
    x0, y0 = round(clip.x0 * page.width()), round(clip.y0 * page.height())
    x1, y1 = round(clip.x1 * page.width()), round(clip.y1 * page.height())
    return page.copy(x0, y0, max(1, x1 - x0), max(1, y1 - y0))


def _fitting(text: str, place: QRectF) -> QFont:
    """Type as large as a text was printed: as wide as its place, and not higher than it."""
    font = QFont(theme.font("body"))
    font.setPixelSize(100)
    wide = max(1.0, QFontMetricsF(font).horizontalAdvance(text))
    font.setPixelSize(max(1, round(min(100 * place.width() / wide, place.height() * 1.05))))
    return font
