"""The documents of a case in a row: which there are, which are on show, and in which half."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QEnterEvent, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QHBoxLayout, QMenu, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.review.document_bar_button import BarButton

DOCUMENT_MIME = "application/x-countersign-document"
"""A tab that is dragged: the document's id, UTF-8."""
SYMBOLS = {"form": "file-text", "clinical": "stethoscope", "policy": "badge-check", "fax_cover": "files"}
_WIDEST = 240


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document that can be shown. `kind` is form, clinical, fax_cover, policy or request; `pages` 0 when not known.

    `reading` says that its text is still being read, `note` what is remarkable ("came after the decision").
    """

    document_id: str
    kind: str
    title: str
    pages: int = 0
    reading: bool = False
    note: str = ""


class DocumentTab(QAbstractButton):
    """One document. A click shows it in the half in use, a Ctrl+click or a drop in the other one."""

    asked = Signal(str, bool)
    """document id, in the other half"""

    def __init__(self, entry: DocumentEntry, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self._number = number
        self._shown: tuple[int, ...] = ()
        self._active = False
        self._halves = 1
        self._press: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setText(self._words())
        self.setToolTip(self._tip())
        self.clicked.connect(self._clicked)
        theme.changed.connect(self.updateGeometry)

    def set_shown(self, halves: tuple[int, ...], count: int, *, active: bool) -> None:
        """In which of `count` halves it is on show (0 left, 1 right), and whether in the one in use."""
        self._shown, self._halves, self._active = halves, count, active
        place = {(): "", (0,): self.tr("left"), (1,): self.tr("right")}.get(halves, self.tr("both halves"))
        self.setAccessibleDescription(place if count > 1 else self.tr("shown") if halves else "")
        self.update()

    def _words(self) -> str:
        if self.entry.pages:
            return self.tr("{title} · {pages} p.").format(title=self.entry.title, pages=self.entry.pages)
        return self.entry.title

    def _tip(self) -> str:
        parts = [self._words()]
        if self.entry.reading:
            parts.append(self.tr("Its text is still being read: what it says is not known yet."))
        if self.entry.note:
            parts.append(self.entry.note)
        keys = self.tr("Alt+{n}; in the other half Alt+Shift+{n} or Ctrl+click").format(n=self._number)
        if self._number <= 9:
            parts.append(keys)
        return "\n".join(parts)

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(theme.font("chip")).horizontalAdvance(self.text())
        extra = theme.px(18) if self.entry.reading or self.entry.note else 0
        wide = min(theme.px(_WIDEST), words + theme.px(12 + 18 + 12) + extra)
        return QSize(round(wide) + 2, theme.px(26))

    def _clicked(self) -> None:
        other = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        self.asked.emit(self.entry.document_id, other)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = QApplication.startDragDistance()
        if self._press is not None and (event.position() - self._press).manhattanLength() >= far:
            self._press = None
            self.setDown(False)
            drag = QDrag(self)
            data = QMimeData()
            data.setData(DOCUMENT_MIME, self.entry.document_id.encode())
            drag.setMimeData(data)
            drag.setPixmap(self.grab())
            drag.exec(Qt.DropAction.CopyAction)
            return
        super().mouseMoveEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        lit = self.underMouse()
        shown = bool(self._shown)
        ground = theme.mixed("accent", "surface", 0.18) if shown else theme.colour("background")
        painter.setBrush(ground)
        edge = QPen(theme.colour("accent"), 1.5)
        painter.setPen(edge if self.hasFocus() or (self._active and self._halves > 1) else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        ink = "accent" if shown else "text" if lit else "muted"
        x, middle = float(theme.px(9)), self.height() / 2
        if shown and self._halves > 1:
            self._paint_halves(painter, QRectF(x, middle - theme.px(5), theme.px(13), theme.px(10)))
        else:
            draw_symbol(painter, SYMBOLS.get(self.entry.kind, "file-text"), ink, x, middle, theme.px(14))
        x += theme.px(19)
        right = self.width() - theme.px(11)
        if self.entry.reading or self.entry.note:
            symbol, role = ("loader", ink) if self.entry.reading else ("triangle-alert", "look")
            draw_symbol(painter, symbol, role, right - theme.px(13), middle, theme.px(14))
            right -= theme.px(18)
        draw_text(painter, QRectF(x, 0, right - x, self.height()), self.text(), "chip", ink)

    def _paint_halves(self, painter: QPainter, place: QRectF) -> None:
        """A small window of two panes, the one it is shown in filled."""
        painter.save()
        painter.setPen(QPen(theme.colour("accent"), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, 2, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        for half in self._shown:
            pane = QRectF(place)
            pane.setWidth(place.width() / 2)
            if half:
                pane.moveLeft(place.center().x())
            painter.drawRoundedRect(pane, 2, 2)
        painter.restore()


class DocumentBar(QWidget):
    """Tabs of the documents; those that find no room are in a menu at the end. Switches stand at the right."""

    document_asked = Signal(str, bool)
    """document id, in the other half"""
    find_asked = Signal()
    split_asked = Signal(bool)
    thumbnails_asked = Signal(bool)
    night_asked = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs: tuple[DocumentTab, ...] = ()
        self._entries: tuple[DocumentEntry, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._active = 0
        self._rest = MenuChip(QMenu(self), parent=self)
        self._rest.hide()
        self.find_button = BarButton("search", self.tr("Find in all documents (Ctrl+F)"))
        self.thumbnails_button = BarButton("files", self.tr("Thumbnails (F7)"), checkable=True)
        self.night_button = BarButton("moon", self.tr("Night page (F8)"), checkable=True)
        self.split_button = BarButton(
            "columns-2", self.tr("Two documents side by side (Ctrl+\\)"), checkable=True
        )
        self.find_button.clicked.connect(self.find_asked)
        self.split_button.clicked.connect(self.split_asked)
        self.thumbnails_button.clicked.connect(self.thumbnails_asked)
        self.night_button.clicked.connect(self.night_asked)
        self._row = QHBoxLayout(self)
        self._row.addStretch(1)
        for button in (self.find_button, self.thumbnails_button, self.night_button, self.split_button):
            self._row.addWidget(button)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_documents(self, entries: tuple[DocumentEntry, ...]) -> None:
        """The documents there are, in the order they stand."""
        if entries == self._entries:
            return
        self._entries = entries
        focused = next((t.entry.document_id for t in self.tabs if t.hasFocus()), "")
        for old in self.tabs:
            old.hide()
            old.deleteLater()
        self.tabs = tuple(DocumentTab(entry, i + 1, self) for i, entry in enumerate(entries))
        for tab in self.tabs:
            tab.asked.connect(self.document_asked)
            if tab.entry.document_id == focused:
                tab.setFocus(Qt.FocusReason.OtherFocusReason)
        self.set_shown(self._shown, self._active)
        self._arrange()

    def set_shown(self, shown: tuple[str, ...], active: int) -> None:
        """Which document each half shows, and which half is in use."""
        self._shown, self._active = shown, active
        for tab in self.tabs:
            halves = tuple(i for i, name in enumerate(shown) if name == tab.entry.document_id)
            tab.set_shown(halves, len(shown), active=active in halves)
        self.split_button.setChecked(len(shown) > 1)
        self._arrange()

    def set_switches(self, *, thumbnails: bool, night: bool) -> None:
        self.thumbnails_button.setChecked(thumbnails)
        self.night_button.setChecked(night)

    def document_at(self, number: int) -> str:
        """The id of the n-th document (from 1), "" when there is none."""
        return self._entries[number - 1].document_id if 0 < number <= len(self._entries) else ""

    def _arrange(self) -> None:
        gap, pad = theme.px(6), theme.px(12)
        room = self.find_button.x() - gap - pad if self.find_button.x() > 0 else self.width() - theme.px(160)
        widths = {tab: tab.sizeHint().width() for tab in self.tabs}
        fits = sum(widths.values()) + gap * len(widths) <= room - pad
        left = room - pad - (0 if fits else theme.px(70))
        standing = set()
        # what is on show keeps its tab, whatever its number
        for tab in sorted(self.tabs, key=lambda tab: tab.entry.document_id not in self._shown):
            if widths[tab] + gap <= left:
                standing.add(tab)
                left -= widths[tab] + gap
        x, hidden = pad, [tab for tab in self.tabs if tab not in standing]
        for tab, wide in widths.items():
            tab.setVisible(tab in standing)
            if tab in standing:
                tall = tab.sizeHint().height()
                tab.setGeometry(x, (self.height() - tall) // 2, wide, tall)
                x += wide + gap
        self._rest.setVisible(bool(hidden))
        if hidden:
            self._fill_rest(hidden)
            size = self._rest.sizeHint()
            self._rest.setGeometry(x, (self.height() - size.height()) // 2, size.width(), size.height())

    def _fill_rest(self, hidden: list[DocumentTab]) -> None:
        self._rest.set_words(self.tr("{count} more").format(count=len(hidden)))
        menu = self._rest.menu
        menu.clear()
        for tab in hidden:
            action = menu.addAction(tab.text())
            action.setCheckable(True)
            action.setChecked(tab.entry.document_id in self._shown)
            action.triggered.connect(partial(self._ask, tab.entry.document_id))

    def _ask(self, document_id: str, _checked: bool = False) -> None:
        self.document_asked.emit(document_id, False)

    def resizeEvent(self, _event: object) -> None:
        self._arrange()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(40))
        self._row.setContentsMargins(theme.px(12), 0, theme.px(8), 0)
        self._row.setSpacing(theme.px(2))
        self._arrange()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))


def carried_document(data: QMimeData) -> str:
    """The document whose tab is being dragged, "" when it is something else."""
    return (
        bytes(data.data(DOCUMENT_MIME).data()).decode(errors="replace")
        if data.hasFormat(DOCUMENT_MIME)
        else ""
    )


def below(widget: QWidget) -> QPoint:
    """The point under a widget, for what it opens."""
    return widget.mapToGlobal(QPoint(0, widget.height() + theme.px(4)))
