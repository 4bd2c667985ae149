"""One passage that was found, painted: where it stands, and the words around what was looked for, marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from app.domain.guideline import Hit, SourceKind
from app.views import theme
from app.views.widgets.chip import Chip, chip_width, paint_chip
from app.views.widgets.lettering import draw_symbol, draw_text, point_index

HIT_ROLE = int(Qt.ItemDataRole.UserRole)
PINNED_ROLE = HIT_ROLE + 1
LINES = 3
PAD = 16
SYMBOLS = {SourceKind.POLICY: "scale", SourceKind.GUIDELINE: "book-open", SourceKind.CLINICAL: "stethoscope"}
Index = QModelIndex | QPersistentModelIndex


def kind_words(kind: SourceKind) -> str:
    """What a kind of source is called where several are listed."""
    tr = QCoreApplication.translate
    return {
        SourceKind.POLICY: tr("Guideline", "Policies"),
        SourceKind.GUIDELINE: tr("Guideline", "Guidelines"),
        SourceKind.CLINICAL: tr("Guideline", "Clinical documents"),
    }[kind]


def page_words(hit: Hit) -> str:
    return QCoreApplication.translate("Guideline", "p. {page}").format(page=hit.passage.page)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A snippet broken into lines: (text, start) each, and the height of one."""

    lines: tuple[tuple[str, int], ...]
    line_height: float


class ResultCard(QStyledItemDelegate):
    """Paints results, all of one height. `pin_asked` tells the row whose pin was clicked."""

    pin_asked = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.can_pin = True
        self.open_hit: Hit | None = None

    def height(self) -> int:
        lines = QFontMetricsF(theme.font("body")).lineSpacing() * LINES
        return round(theme.px(12) + theme.px(22) + theme.px(18) + theme.px(4) + lines + theme.px(13))

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(theme.px(240), self.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit = index.data(HIT_ROLE)
        if not isinstance(hit, Hit):
            return
        place = QRectF(option.rect)
        flags = QStyle.StateFlag
        chosen = bool(option.state & flags.State_Selected)
        hovered = bool(option.state & flags.State_MouseOver)
        focused = option.widget is not None and option.widget.hasFocus()
        painter.save()
        ground = "selection" if chosen else "background" if hovered else "surface"
        painter.fillRect(place, theme.colour(ground))
        if chosen:
            painter.fillRect(
                QRectF(place.left(), place.top(), theme.px(3), place.height()),
                theme.colour("accent" if focused else "line"),
            )
        painter.fillRect(QRectF(place.left(), place.bottom() - 1, place.width(), 1), theme.colour("line"))
        pinned = bool(index.data(PINNED_ROLE))
        self._paint_head(painter, place, hit, pin=pinned or chosen or hovered, pinned=pinned)
        self._paint_words(painter, place, hit)
        painter.restore()

    def _inner(self, place: QRectF) -> QRectF:
        pad = theme.px(PAD)
        return place.adjusted(pad, theme.px(12), -pad, -theme.px(13))

    def pin_place(self, place: QRectF) -> QRectF:
        """Where the pin stands on a card."""
        inner, edge = self._inner(place), theme.px(24)
        return QRectF(inner.right() - edge + theme.px(5), inner.top() - theme.px(1), edge, edge)

    def _paint_head(self, painter: QPainter, place: QRectF, hit: Hit, *, pin: bool, pinned: bool) -> None:
        inner = self._inner(place)
        first = QRectF(inner.left(), inner.top(), inner.width(), theme.px(22))
        middle = first.center().y()
        right = first.right()
        if self.can_pin:
            spot = self.pin_place(place)
            if pin:
                size = theme.px(16)
                draw_symbol(
                    painter,
                    "pin",
                    "accent" if pinned else "muted",
                    spot.center().x() - size / 2,
                    middle,
                    size,
                )
            right = spot.left() - theme.px(6)
        words = page_words(hit)
        wide = QFontMetricsF(theme.font("small")).horizontalAdvance(words) + 1
        draw_text(painter, QRectF(right - wide, first.top(), wide, first.height()), words, "small", "muted")
        right -= wide + theme.px(8)
        if not hit.source.in_force:
            chip = Chip("history", QCoreApplication.translate("Guideline", "Not in force"), "look")
            paint_chip(painter, right, middle, chip)
            right -= chip_width(chip) + theme.px(8)
        symbol = theme.px(16)
        draw_symbol(painter, SYMBOLS[hit.source.kind], "muted", first.left(), middle, symbol)
        left = first.left() + symbol + theme.px(8)
        title = QRectF(left, first.top(), max(1.0, right - left), first.height())
        draw_text(painter, title, hit.source.title, "strong", "text")
        second = QRectF(left, first.bottom(), inner.right() - left, theme.px(18))
        draw_text(painter, second, hit.passage.heading or kind_words(hit.source.kind), "small", "muted")

    def _paint_words(self, painter: QPainter, place: QRectF, hit: Hit) -> None:
        inner = self._inner(place)
        left = inner.left() + theme.px(24)
        top = inner.top() + theme.px(22 + 18 + 4)
        laid = _laid(hit.snippet, round(inner.right() - left), theme.font("body").pixelSize())
        font = theme.font("body")
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        for number, (text, start) in enumerate(laid.lines):
            line_top = top + number * laid.line_height
            base = line_top + metrics.ascent() + metrics.leading() / 2
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("look_back"))
            for a, b in hit.marks:
                first, last = max(a, start) - start, min(b, start + len(text)) - start
                if first < last:
                    x = left + metrics.horizontalAdvance(text[:first])
                    wide = metrics.horizontalAdvance(text[:last]) - metrics.horizontalAdvance(text[:first])
                    painter.drawRoundedRect(
                        QRectF(x - 1.5, line_top + 1, wide + 3, laid.line_height - 2),
                        theme.px(3),
                        theme.px(3),
                    )
            painter.setPen(QPen(theme.colour("text")))
            painter.drawText(QPointF(left, base), text)

    def words(self, hit: Hit) -> str:
        """All of a card in words, for the tooltip and for readers of the screen."""
        where = " · ".join(w for w in (hit.source.title, page_words(hit), hit.passage.heading) if w)
        return f"{where}\n{hit.snippet}"

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if (
            self.can_pin
            and event.type() is QEvent.Type.MouseButtonRelease
            and isinstance(event, QMouseEvent)
            and self.pin_place(QRectF(option.rect)).contains(event.position())
        ):
            self.pin_asked.emit(index)
            return True
        return super().editorEvent(event, model, option, index)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        hit = index.data(HIT_ROLE)
        told = ""
        if isinstance(hit, Hit):
            over_pin = self.can_pin and self.pin_place(QRectF(option.rect)).contains(QPointF(event.pos()))
            pin = QCoreApplication.translate("Guideline", "Pin this passage to the case (Ctrl+P)")
            told = pin if over_pin else self.words(hit)
        QToolTip.showText(event.globalPos(), told, view)
        return True


@lru_cache(maxsize=512)
def _laid(text: str, width: int, _pixels: int) -> _Laid:
    """The first lines of a text; the last ends in an ellipsis where more follows."""
    font = theme.font("body")
    metrics = QFontMetricsF(font)
    flat = text.replace("\n", " ")
    layout = QTextLayout(flat, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) <= LINES:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(1, width))
        starts.append(point_index(flat, line.textStart()))
    layout.endLayout()
    lines = []
    for number, start in enumerate(starts[:LINES]):
        if number == LINES - 1 and len(starts) > LINES:
            shown = metrics.elidedText(flat[start:], Qt.TextElideMode.ElideRight, width)
        else:
            end = starts[number + 1] if number + 1 < len(starts) else len(flat)
            shown = flat[start:end].rstrip()
        lines.append((shown, start))
    return _Laid(tuple(lines), metrics.lineSpacing())
