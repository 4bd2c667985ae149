"""The page of what waits: how the desk stands, what has not been sent and why, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.domain.sync import Link, SyncState, WaitingFor, WaitingItem
from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.lettering import draw_symbol
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.sync.sync_words import (
    KEY,
    StateWords,
    action_words,
    conflicts_words,
    why_words,
)
from app.views.widgets.sync.waiting_list import WaitingList

NARROW = 820
"""Narrower than this no sentence stands beside three buttons."""


class WaitingFoot(QWidget):
    """What can be done about the chosen change; as tall while nothing can, so that nothing jumps."""

    open_asked = Signal()
    retry_asked = Signal(str)
    """change id"""
    given_up = Signal(str)
    """change id: asked about and answered"""
    done = Signal()
    """The question was answered or taken back: the keyboard goes to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._item: WaitingItem | None = None
        self._asking = False
        self.title = QLabel(self)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.open = KeyButton(self.tr("Open the case"), "↵", primary=True, parent=self)
        self.retry = KeyButton(self.tr("Send again"), "R", parent=self)
        self.give_up = KeyButton(self.tr("Give up"), "Del", parent=self)
        self.sure = KeyButton(self.tr("Give it up"), "", parent=self)
        self.keep = KeyButton(self.tr("Keep it"), "Esc", primary=True, parent=self)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.title)
        self._column.addWidget(self.words)
        self._column.addStretch(1)
        self._row = QHBoxLayout()
        for button in (self.open, self.retry, self.give_up, self.sure, self.keep):
            self._row.addWidget(button)
        self._row.addStretch(1)
        self._column.addLayout(self._row)
        self.open.clicked.connect(self.open_asked)
        self.retry.clicked.connect(self.again)
        self.give_up.clicked.connect(self.ask)
        self.sure.clicked.connect(self._give_up)
        self.keep.clicked.connect(self.take_back)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_item(None)

    @property
    def asking(self) -> bool:
        return self._asking

    def show_item(self, item: WaitingItem | None) -> None:
        """The chosen change; a question about another one is taken back."""
        asked_about = self._item.change_id if self._asking and self._item is not None else ""
        if item is not None and item.change_id == asked_about:
            return
        self._asking = False
        self._item = item
        self._show()

    def ask(self) -> None:
        """Ask whether the chosen change is to be given up, and say what becomes of it."""
        if self._item is not None and self._item.waiting_for is WaitingFor.REFUSED:
            self._asking = True
            self._show()
            self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def again(self) -> None:
        """What was refused is sent again: what stood in its way may be mended."""
        if self._item is not None and self._item.waiting_for is WaitingFor.REFUSED and not self._asking:
            self.retry_asked.emit(self._item.change_id)

    def take_back(self) -> None:
        """It is not given up."""
        if self._asking:
            self._asking = False
            self._show()
            self.done.emit()

    def _give_up(self) -> None:
        if self._item is not None and self._asking:
            self._asking = False
            self.given_up.emit(self._item.change_id)
            self._show()
            self.done.emit()

    def _show(self) -> None:
        item, asking = self._item, self._asking
        refused = item is not None and item.waiting_for is WaitingFor.REFUSED
        self.open.setVisible(item is not None and not asking)
        self.retry.setVisible(refused and not asking)
        self.give_up.setVisible(refused and not asking)
        self.sure.setVisible(asking)
        self.keep.setVisible(asking)
        if item is None:
            self.title.setText("")
            self.words.setText("")
            return
        settle = item.waiting_for is WaitingFor.PERSON
        self.open.set_words(self.tr("Settle it") if settle else self.tr("Open the case"), "↵")
        self.title.setText(action_words(item.action))
        if asking:
            self.title.setText(self.tr("Give up “{action}”?").format(action=action_words(item.action)))
            self.words.setText(
                self.tr(
                    "It will not be sent, and the case goes back to what the shared queue has. What was done "
                    "stays to be read in the case's history on this computer, with your name on giving it up."
                )
            )
        else:
            self.words.setText(why_words(item))
        self.setAccessibleName(f"{self.title.text()}: {self.words.text()}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._asking:
            self.take_back()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        _ink(self.title, "text", theme.font("strong"))
        _ink(self.words, "muted", theme.font("body"))
        pad = theme.px(20)
        self._column.setContentsMargins(pad, theme.px(12), pad, theme.px(12))
        self._column.setSpacing(theme.px(4))
        self._row.setSpacing(theme.px(8))
        self.setFixedHeight(theme.px(126))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))


class StateHead(QWidget):
    """How the desk stands, whole, and what can be done about all of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = StateWords("", "cloud-check")
        self.title = QLabel(self)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.again = KeyButton(self.tr("Try now"), KEY, parent=self)
        self.sign_in = KeyButton(self.tr("Sign in"), primary=True, parent=self)
        self.sign_out = KeyButton(self.tr("Sign out"), parent=self)
        self.settle = KeyButton("", "", primary=True, parent=self)
        self._said = QVBoxLayout()
        self._said.addWidget(self.title)
        self._said.addWidget(self.words)
        self._row = QHBoxLayout(self)
        self._row.addLayout(self._said, 1)
        self._buttons = QHBoxLayout()
        for button in (self.settle, self.sign_in, self.again, self.sign_out):
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._buttons)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_state(self, state: SyncState, words: StateWords) -> None:
        self._words = words
        self.title.setText(words.words)
        self.words.setText(words.whole)
        self.again.setVisible(state.link is not Link.LOCAL)
        self.sign_in.setVisible(state.link is Link.SIGN_IN)
        self.sign_out.setVisible(state.link not in (Link.LOCAL, Link.SIGN_IN))
        self.settle.setVisible(state.conflicts > 0)
        self.settle.set_words(
            self.tr("Settle {conflicts}").format(conflicts=conflicts_words(state.conflicts)), "Ctrl ⇧ K"
        )
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        _ink(self.title, "text", theme.font("title"))
        _ink(self.words, "muted", theme.font("body"))
        pad = theme.px(20)
        self._row.setContentsMargins(pad + theme.px(32), theme.px(14), pad, theme.px(14))
        self._row.setSpacing(theme.px(8))
        self._buttons.setSpacing(theme.px(8))
        self._said.setSpacing(theme.px(3))
        self.setMinimumHeight(theme.px(78))
        self._arrange()
        self.update()

    def _arrange(self) -> None:
        """In a narrow window the buttons stand below the words, not in their way."""
        directions = QBoxLayout.Direction
        narrow = self.width() < theme.px(NARROW)
        self._row.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        aligned = Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignTop
        self._row.setAlignment(self._buttons, aligned)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        middle = self.title.geometry().center().y() + 1
        ink = "accent" if self._words.role == "muted" else self._words.role
        draw_symbol(painter, self._words.symbol, ink, theme.px(20), middle, theme.px(20))


class WaitingPage(QWidget):
    """Shows a `SyncState` and what waits; says what the person wants done about it."""

    try_asked = Signal()
    sign_in_asked = Signal()
    sign_out_asked = Signal()
    conflicts_asked = Signal()
    connect_asked = Signal()
    case_asked = Signal(str)
    conflict_asked = Signal(str)
    """case id: its conflict is to be settled"""
    retry_asked = Signal(str)
    given_up = Signal(str)
    """change ids"""
    left = Signal()
    """Back to where the person was."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = SyncState(Link.LOCAL)
        self._told: bool | None = None
        self.head = StateHead(self)
        self.list = WaitingList(self)
        self.foot = WaitingFoot(self)
        self.empty = NoticePage(self)
        self._stack = QStackedWidget(self)
        full = QWidget()
        inner = QVBoxLayout(full)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.list, 1)
        inner.addWidget(self.foot)
        self._full = full
        self._stack.addWidget(full)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._stack, 1)
        self.head.again.clicked.connect(self.try_asked)
        self.head.sign_in.clicked.connect(self.sign_in_asked)
        self.head.sign_out.clicked.connect(self.sign_out_asked)
        self.head.settle.clicked.connect(self.conflicts_asked)
        self.list.chosen.connect(self.foot.show_item)
        self.list.opened.connect(self._open)
        self.foot.open_asked.connect(lambda: self._open(self.list.item))
        self.foot.given_up.connect(self.given_up)
        self.foot.retry_asked.connect(self.retry_asked)
        self.foot.done.connect(self.focus_list)
        self.empty.acted.connect(self._act)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_state(self, state: SyncState, words: StateWords) -> None:
        self._state = state
        self.head.show_state(state, words)
        self._explain()

    def show_items(self, items: tuple[WaitingItem, ...]) -> None:
        self.list.show_items(items)
        self._explain()

    def focus_list(self) -> None:
        """The keyboard goes to what waits, or to what can be done where nothing does."""
        if self._stack.currentWidget() is self._full:
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.empty.buttons:
            self.empty.buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _explain(self) -> None:
        had = self.isAncestorOf(self.focusWidget() or self) and self.focusWidget() is not None
        if self.list.lines:
            self._stack.setCurrentWidget(self._full)
            return
        local = self._state.link is Link.LOCAL
        title = self.tr("Nothing waits")
        words = self.tr("What is changed here is sent by itself, in the order in which it was done.")
        buttons: tuple[tuple[str, str, str], ...] = (("left", self.tr("Back to work"), "Esc"),)
        if local:
            title = self.tr("Kept on this computer")
            words = self.tr(
                "This workspace is not connected: all of it is here, and nothing leaves this computer. "
                "It can be moved to your organisation’s project at any time."
            )
            buttons = (*buttons, ("connect", self.tr("Connect…"), ""))
        if self._told != local:  # its buttons are made anew: not under somebody's keyboard
            self._told = local
            self.empty.show_notice("hard-drive" if local else "cloud-check", title, words, buttons)
        if self._stack.currentWidget() is not self.empty:
            self._stack.setCurrentWidget(self.empty)
            if had:
                self.focus_list()

    def _open(self, item: WaitingItem | None) -> None:
        if item is None:
            return
        if item.waiting_for is WaitingFor.PERSON:
            self.conflict_asked.emit(item.case_id)
        else:
            self.case_asked.emit(item.case_id)

    def _act(self, name: str) -> None:
        (self.connect_asked if name == "connect" else self.left).emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.foot.asking:
                self.foot.take_back()
            else:
                self.left.emit()
        elif event.key() == Qt.Key.Key_Delete and not event.isAutoRepeat():
            self.foot.ask()
        elif event.key() == Qt.Key.Key_R and not event.isAutoRepeat():
            self.foot.again()
        else:
            super().keyPressEvent(event)


def _ink(label: QLabel, role: str, font: QFont) -> None:
    label.setFont(font)
    palette = label.palette()
    palette.setColor(label.foregroundRole(), theme.colour(role))
    label.setPalette(palette)
