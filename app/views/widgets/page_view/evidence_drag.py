"""Evidence that is dragged from a page to where it belongs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QDrag, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.evidence import Evidence
from app.views import theme
from app.views.widgets.review.evidence_mime import to_mime

_WIDEST = 280


def drag_evidence(source: QWidget, evidence: Evidence) -> None:
    """Let the person carry it; returns when it was dropped or let go."""
    drag = QDrag(source)
    drag.setMimeData(to_mime(evidence))
    drag.setPixmap(_picture(evidence.quote or "▭", source.devicePixelRatioF()))
    drag.exec(Qt.DropAction.CopyAction)


def _picture(words: str, ratio: float) -> QPixmap:
    metrics = QFontMetricsF(theme.font("small"))
    told = metrics.elidedText(f"“{words}”", Qt.TextElideMode.ElideRight, theme.px(_WIDEST))
    wide, tall = metrics.horizontalAdvance(told) + theme.px(20), theme.px(26)
    picture = QPixmap(round(wide * ratio), round(tall * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("accent"))
    painter.drawRoundedRect(0, 0, round(wide), tall, tall / 2, tall / 2)
    painter.setPen(theme.colour("on_accent"))
    painter.setFont(theme.font("small"))
    painter.drawText(0, 0, round(wide), tall, int(Qt.AlignmentFlag.AlignCenter), told)
    painter.end()
    return picture
