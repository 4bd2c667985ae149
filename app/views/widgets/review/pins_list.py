"""Evidence in a list: a quote, where it stands, the criterion it was dropped on; opened, dragged, taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.evidence import Evidence
from app.domain.review_note import Pin
from app.views import theme
from app.views.widgets.lettering import broken, draw_lines, draw_symbol, draw_text
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.review.evidence_mime import to_mime
from app.views.widgets.review.evidence_place import Places


class QuoteRow(QWidget):
    """One quote. Enter or a click opens it, a drag lets go of it, Delete takes it off where that is allowed."""

    opened = Signal()
    removed = Signal()

    def __init__(
        self, evidence: Evidence, place: str, criterion: str, removable: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.evidence = evidence
        self._place, self._criterion = place, criterion
        self._pressed: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"“{evidence.quote}”. {place}. {criterion}")
        self.remove = QToolButton(self)
        self.remove.setAutoRaise(True)
        self.remove.setToolTip(self.tr("Take this off the case (Delete)"))
        self.remove.setAccessibleName(self.tr("Take this off the case"))
        self.remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.remove.setVisible(removable)
        self.remove.clicked.connect(self.removed)
        self._removable = removable
        self.fit()

    def _wide(self) -> int:
        return max(60, self.width() - theme.px(16 + 12 + 16) - (theme.px(28) if self._removable else 0))

    def fit(self) -> None:
        tall = broken(self._quote(), "note", self._wide(), 6).height + theme.px(8 + 18 + 8)
        if self._criterion:
            tall += broken(self._criterion, "small", self._wide(), 2).height
        self.setFixedHeight(round(tall))
        self.remove.setIcon(theme.icon("x", "muted", theme.px(14)))
        self.remove.setGeometry(self.width() - theme.px(16 + 22), theme.px(6), theme.px(24), theme.px(24))
        self.update()

    def _quote(self) -> str:
        return f"“{self.evidence.quote}”" if self.evidence.quote else self.tr("a region of the page")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat() or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete and self._removable:
            self.removed.emit()
        elif event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed
        if start is None:
            return
        if (event.position() - start).manhattanLength() < QApplication.startDragDistance():
            return
        self._pressed = None
        drag = QDrag(self)
        drag.setMimeData(to_mime(self.evidence))
        drag.exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.button() is Qt.MouseButton.LeftButton:
            self._pressed = None
            self.opened.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        lit = self.hasFocus()
        if lit:
            painter.fillRect(self.rect(), theme.colour("selection"))
            painter.fillRect(QRectF(0, 0, theme.px(3), self.height()), theme.colour("accent"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        x, y = theme.px(16 + 12), float(theme.px(8))
        lines = broken(self._quote(), "note", self._wide(), 6)
        bar = QRectF(theme.px(16), y + 1, theme.px(2), lines.height - 2)
        painter.fillRect(bar, theme.colour("accent" if self.underMouse() else "line"))
        draw_lines(painter, x, y, lines, "note", theme.colour("text"))
        y += lines.height
        wide = self._wide()
        draw_symbol(painter, "arrow-up-right", "muted", x, y + theme.px(10), theme.px(14))
        place = QRectF(x + theme.px(18), y + 1, wide - theme.px(18), theme.px(18))
        draw_text(painter, place, self._place, "small", "muted")
        if self._criterion:
            words = broken(self._criterion, "small", wide, 2)
            draw_lines(painter, x, y + theme.px(18), words, "small", theme.colour("muted"))


class QuoteList(QWidget):
    """Quotes under each other with a head; `opened` brings the evidence, `removed` its index and the evidence."""

    opened = Signal(object)
    removed = Signal(int)

    def __init__(self, title: str = "", parent: QWidget | None = None, *, removable: bool = False) -> None:
        super().__init__(parent)
        self._removable = removable
        self._rows: list[QuoteRow] = []
        self._head = QLabel(title.upper(), self)
        self._head.setVisible(bool(title))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._head)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def rows(self) -> tuple[QuoteRow, ...]:
        return tuple(self._rows)

    def show_evidence(
        self, found: Sequence[tuple[str, Evidence]], places: Places, criteria: Mapping[str, str]
    ) -> None:
        """Show evidence with the id of its criterion; `criteria` says what those are called."""
        for old in self._rows:
            old.hide()
            old.deleteLater()
        self._rows = []
        for number, (criterion, evidence) in enumerate(found):
            words = criteria.get(criterion, "")
            row = QuoteRow(
                evidence, places.words(evidence),
                self.tr("for: {criterion}").format(criterion=words) if words else "", self._removable, self,
            )  # fmt: skip
            row.opened.connect(partial(self.opened.emit, evidence))
            row.removed.connect(partial(self.removed.emit, number))
            self._column.addWidget(row)
            self._rows.append(row)

    def _restyle(self) -> None:
        self._head.setFont(theme.font("section"))
        palette = self._head.palette()
        palette.setColor(self._head.foregroundRole(), theme.colour("muted"))
        self._head.setPalette(palette)
        self._head.setContentsMargins(theme.px(16), theme.px(12), theme.px(16), theme.px(4))
        for row in self._rows:
            row.fit()


class PinsPage(QWidget):
    """The evidence pinned to the case, or how to pin some."""

    opened = Signal(object)
    removed = Signal(str)
    """the id of the pin"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pins: tuple[Pin, ...] = ()
        self.list = QuoteList(removable=True)
        self.list.opened.connect(self.opened)
        self.list.removed.connect(lambda place: self.removed.emit(self._pins[place].pin_id))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        column.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        OverlayBar(self._scroll)
        self.notice = NoticePage(self)
        self.notice.show_notice(
            "pin",
            self.tr("Nothing is pinned"),
            self.tr(
                "Choose words or a region in a document, or a passage in the guidelines, and pin it; or drag it onto"
                " a criterion."
            ),
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self.notice, 1)
        self._scroll.hide()

    def show_pins(self, pins: Sequence[Pin], places: Places, criteria: Mapping[str, str]) -> None:
        """`criteria` says what the criteria they were dropped on are called."""
        self._pins = tuple(pins)
        self.list.show_evidence(tuple((p.criterion, p.evidence) for p in pins), places, criteria)
        self._scroll.setVisible(bool(pins))
        self.notice.setVisible(not pins)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
