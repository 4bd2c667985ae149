"""Documents that came without a request: each with the requests it may belong to and why, to be accepted or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.lettering import broken, draw_lines, draw_symbol, draw_text
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.queue_card import local_time


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """A request a document may belong to. `against` says that something on it speaks against it."""

    case_id: str
    receipt: str
    patient: str
    why: tuple[str, ...]
    sure: bool = False
    against: bool = False


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """A document without a request, and why it waits. `pages` is 0 for what cannot be opened."""

    document_id: str
    name: str
    pages: int
    received_at: datetime
    reason: str
    next_step: str
    proposals: tuple[WaitingProposal, ...] = ()
    also_with: tuple[str, ...] = ()
    reading: bool = False


class ProposalRow(QAbstractButton):
    """A request that is proposed: Enter or a click attaches the document to it."""

    focused = Signal()

    def __init__(self, proposal: WaitingProposal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.proposal = proposal
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        why = ", ".join(proposal.why)
        self.setText(f"{proposal.patient} · {proposal.receipt}")
        self.setAccessibleName(f"{self.text()}: {why}")
        self.setToolTip(self.tr("Attach it to this request: {why}").format(why=why))
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(48))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        lit = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "line"), 1.2))
        painter.setBrush(theme.colour("selection" if lit else "surface"))
        painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
        proposal = self.proposal
        symbol, ink = (
            ("circle-check", "sure") if proposal.sure
            else ("triangle-alert", "look") if proposal.against
            else ("circle-question-mark", "muted")
        )  # fmt: skip
        size, pad = theme.px(18), theme.px(12)
        draw_symbol(painter, symbol, ink, pad, rect.center().y(), size)
        x = pad + size + theme.px(10)
        words = self.tr("Attach")
        wide = QFontMetricsF(theme.font("chip")).horizontalAdvance(words) + 1
        right = rect.right() - pad - wide
        draw_text(painter, QRectF(right, 0, wide, self.height()), words, "chip", "accent" if lit else "muted")
        room = right - x - theme.px(8)
        draw_text(painter, QRectF(x, theme.px(5), room, theme.px(20)), self.text(), "strong", "text")
        why = ", ".join(proposal.why)
        draw_text(
            painter,
            QRectF(x, theme.px(24), room, theme.px(19)),
            why,
            "small",
            ink if proposal.against else "muted",
        )


class WaitingCard(QWidget):
    """One document that waits."""

    chosen = Signal()
    accepted = Signal(str)
    """case id"""
    receipt_typed = Signal(str)
    refused = Signal(str)
    """the reason"""

    def __init__(self, item: WaitingItem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self._shown = False
        self.rows = tuple(ProposalRow(p, self) for p in item.proposals)
        self.receipt = QLineEdit(self)
        self.receipt.setPlaceholderText(self.tr("Receipt of another request…"))
        self.receipt.setAccessibleName(self.tr("Receipt of the request it belongs to"))
        self.reason = QLineEdit(self)
        self.reason.setPlaceholderText(self.tr("Why it belongs to no request here…"))
        self.reason.setAccessibleName(self.tr("Why it is refused"))
        self.reason.hide()
        self.refuse = KeyButton(self.tr("Refuse"), "Del", parent=self)
        self._column = QVBoxLayout(self)
        for row in self.rows:
            self._column.addWidget(row)
            row.clicked.connect(partial(self._accept, row.proposal.case_id))
            row.focused.connect(self.chosen)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.receipt, 1)
        self._foot.addWidget(self.refuse)
        self._column.addLayout(self._foot)
        self._column.addWidget(self.reason)
        self.receipt.setVisible(item.pages > 0)
        self.receipt.returnPressed.connect(self._type_receipt)
        self.refuse.clicked.connect(self.ask_reason)
        self.reason.returnPressed.connect(self._refuse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_shown(self, shown: bool) -> None:
        """Whether its pages are on show."""
        self._shown = shown
        self.update()

    def ask_reason(self) -> None:
        """Refusing needs a few words; Enter refuses, Esc does not."""
        self.reason.show()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _accept(self, case_id: str, _checked: bool = False) -> None:
        self.accepted.emit(case_id)

    def _type_receipt(self) -> None:
        if self.receipt.text().strip():
            self.receipt_typed.emit(self.receipt.text().strip())

    def _refuse(self) -> None:
        if self.reason.text().strip():
            self.refused.emit(self.reason.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.ask_reason()
        elif event.key() == Qt.Key.Key_Escape and not self.reason.isHidden():
            self.reason.hide()
            self.refuse.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, _event: object) -> None:
        self.chosen.emit()

    def _words(self) -> str:
        parts = [self.item.reason, self.item.next_step]
        if self.item.also_with:
            parts.append(self.tr("Also with {receipts}.").format(receipts=", ".join(self.item.also_with)))
        return " ".join(part for part in parts if part)

    def resizeEvent(self, _event: object) -> None:
        self._restyle()

    def _restyle(self) -> None:
        pad = theme.px(16)
        lines = broken(self._words(), "small", max(theme.px(120), self.width() - 2 * pad), 3)
        self._column.setContentsMargins(pad, round(theme.px(58) + lines.height), pad, theme.px(14))
        self._column.setSpacing(theme.px(6))
        self._foot.setSpacing(theme.px(8))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("selection" if self._shown else "surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
        if self._shown:
            painter.fillRect(0, 0, theme.px(3), self.height(), theme.colour("accent"))
        pad, wide = theme.px(16), self.width() - 2 * theme.px(16)
        draw_text(painter, QRectF(pad, theme.px(10), wide, theme.px(20)), self.item.name, "strong", "text")
        told = local_time(self.item.received_at)
        if self.item.pages:
            told = self.tr("{pages} p. · came {time}").format(pages=self.item.pages, time=told)
        draw_text(painter, QRectF(pad, theme.px(29), wide, theme.px(18)), told, "small", "muted")
        lines = broken(self._words(), "small", wide, 3)
        draw_lines(painter, pad, theme.px(50), lines, "small", theme.colour("text"))


class WaitingPage(QWidget):
    """The documents that wait, and the pages of the one that is looked at."""

    left = Signal()
    shown = Signal(str)
    """document whose pages are to be shown"""
    accepted = Signal(str, str)
    """document id, case id"""
    receipt_typed = Signal(str, str)
    refused = Signal(str, str)
    """document id, reason"""

    def __init__(self, preview: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: tuple[WaitingCard, ...] = ()
        self._items: tuple[WaitingItem, ...] = ()
        self._shown = ""
        self.back = KeyButton(self.tr("All requests"), "Esc", symbol="arrow-left", parent=self)
        self.title = QLabel(self)
        self.empty = NoticePage(self)
        self._inner = QWidget()
        self._list = QVBoxLayout(self._inner)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setWidget(self._inner)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.preview = preview
        self._head = QHBoxLayout()
        self._head.addWidget(self.back)
        self._head.addWidget(self.title, 1)
        row = QHBoxLayout()
        row.setSpacing(1)
        row.addWidget(self._area)
        row.addWidget(self.empty)
        row.addWidget(preview, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addLayout(row, 1)
        self.back.clicked.connect(self.left)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_items(())

    def show_items(self, items: tuple[WaitingItem, ...]) -> None:
        """What waits, oldest first; the one that is looked at stays."""
        self.title.setText(waiting_words(len(items)))
        self.empty.setVisible(not items)
        self._area.setVisible(bool(items))
        if not items:
            self.empty.show_notice(
                "inbox",
                self.tr("No document waits"),
                self.tr("What lands in the folder “clinical_docs” and names no request for sure waits here."),
                (("back", self.tr("All requests"), "Esc"),),
            )
        if items == self._items and self.cards:
            return
        self._items = items
        for old in self.cards:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.cards = tuple(WaitingCard(item, self._inner) for item in items)
        for place, card in enumerate(self.cards):
            name = card.item.document_id
            card.chosen.connect(partial(self.look_at, name))
            card.accepted.connect(partial(self.accepted.emit, name))
            card.receipt_typed.connect(partial(self.receipt_typed.emit, name))
            card.refused.connect(partial(self.refused.emit, name))
            self._list.insertWidget(place, card)
        known = [item.document_id for item in items]
        self._shown = ""
        if known:
            self.look_at(known[0])

    def look_at(self, document_id: str) -> None:
        """Show the pages of a document that waits."""
        if document_id != self._shown:
            self._shown = document_id
            for card in self.cards:
                card.set_shown(card.item.document_id == document_id)
            self.shown.emit(document_id)

    def focus_first(self) -> None:
        """Put the keyboard on the first proposal."""
        for card in self.cards:
            target = card.rows[0] if card.rows else card.receipt
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _restyle(self) -> None:
        self.title.setFont(theme.font("title"))
        self._area.setFixedWidth(theme.px(460))
        self.empty.setFixedWidth(theme.px(460))
        self._head.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(8))
        self._head.setSpacing(theme.px(12))
        palette = self._inner.palette()
        palette.setColor(self._inner.backgroundRole(), theme.colour("surface"))
        self._inner.setPalette(palette)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(0, self._area.y() - 1, self.width(), 1, theme.colour("line"))
        painter.fillRect(self.preview.x() - 1, self._area.y(), 1, self.height(), theme.colour("line"))


def waiting_words(count: int) -> str:
    """`2 documents wait for a request`."""

    tr = QCoreApplication.translate
    if count == 1:
        return tr("Waiting", "1 document waits for a request")
    return tr("Waiting", "{count} documents wait for a request").format(count=count)
