"""Evidence that is dragged from a page, or from anywhere else it is shown, to where it belongs."""

from __future__ import annotations

import json

from PySide6.QtCore import QByteArray, QMimeData, Qt
from PySide6.QtGui import QDrag, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.evidence import Evidence, evidence_document, evidence_from
from app.views import theme

MIME = "application/x-countersign-evidence"
_WIDEST = 280


def evidence_mime(evidence: Evidence) -> QMimeData:
    """Evidence as it is dragged and copied: JSON of `evidence_document`, and its words for everything else."""
    data = QMimeData()
    data.setData(MIME, QByteArray(json.dumps(evidence_document(evidence)).encode()))
    data.setText(evidence.quote)
    return data


def evidence_in(data: QMimeData) -> Evidence | None:
    """The evidence that is dragged; None when it is something else, or broken."""
    if not data.hasFormat(MIME):
        return None
    try:
        return evidence_from(json.loads(bytes(data.data(MIME).data())))
    except (ValueError, TypeError, KeyError):
        return None


def drag_evidence(source: QWidget, evidence: Evidence) -> None:
    """Let the person carry it; returns when it was dropped or let go."""
    drag = QDrag(source)
    drag.setMimeData(evidence_mime(evidence))
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
