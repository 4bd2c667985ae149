"""What a row of a queue says about other desks: that somebody has the case open, or that it has a conflict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.sync.sync_words import clock_time, conflicts_words, tr


@dataclass(frozen=True, slots=True)
class RowMark:
    """`holder` is who has the case open elsewhere, "" for nobody; `since` when that is known."""

    conflicts: int = 0
    holder: str = ""
    since: datetime | None = None


def mark_words(mark: RowMark) -> str:
    """A mark in words, whole: for the tooltip and screen readers."""
    said = [conflicts_words(mark.conflicts)] if mark.conflicts else []
    if mark.holder and mark.since is not None:
        said.append(
            tr("{person} has it open since {time}").format(person=mark.holder, time=clock_time(mark.since))
        )
    elif mark.holder:
        said.append(tr("{person} has it open").format(person=mark.holder))
    return ". ".join(said)


def draw_mark(painter: QPainter, place: QRectF, mark: RowMark, most: float = 1.0) -> float:
    """Paint a mark at the left of a line, over `most` of its width at most; returns how wide it is."""
    if mark.conflicts:
        symbol, words, role = "git-compare", conflicts_words(mark.conflicts), "look"
    else:
        symbol, words, role = "user", tr("{person} has it open").format(person=mark.holder), "muted"
    size = theme.px(14)
    draw_symbol(painter, symbol, role, place.left(), place.center().y(), size)
    lead = size + theme.px(5)
    wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1
    wide = min(wide, place.width() * most - lead)
    draw_text(painter, QRectF(place.left() + lead, place.top(), wide, place.height()), words, "small", role)
    return lead + wide
