"""Two documents beside each other, each with its own zoom and place; or one alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSplitter, QVBoxLayout, QWidget

from app.domain.evidence import Evidence
from app.domain.prompt import Slot
from app.views import theme
from app.views.widgets.lettering import broken
from app.views.widgets.menu_chip import MenuChip
from app.views.widgets.page_view.reading import ReadingView
from app.views.widgets.review.document_bar import carried_document
from app.views.widgets.review.document_bar_button import BarButton
from app.views.widgets.review.side_by_side_choice import COPY, PIN, SLOT_KEYS, ChoiceLine, choice_menu

HALVES = 2


class HalfHead(QWidget):
    """The line above a half: which page of what is in view, how large, and a way to close the half."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._active = False
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.zoom_menu = QMenu(self)
        self.percent = MenuChip(self.zoom_menu, filled=False)
        self.percent.setToolTip(self.tr("How the page is shown"))
        self.smaller = BarButton("zoom-out", self.tr("Smaller (Ctrl+-)"))
        self.larger = BarButton("zoom-in", self.tr("Larger (Ctrl++)"))
        self.turn = BarButton("rotate-cw", self.tr("Turn this page ( ] )"))
        self.close_button = BarButton("x", self.tr("Close this half (Ctrl+\\)"))
        self.close_button.clicked.connect(self.closed)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.label, 1)
        for button in (self.smaller, self.percent, self.larger, self.turn, self.close_button):
            self._row.addWidget(button)
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_words(self, words: str) -> None:
        """Which document and page is in view."""
        self._words = words
        self.label.setAccessibleName(words)
        self._elide()

    @property
    def words(self) -> str:
        return self._words

    def set_active(self, active: bool) -> None:
        """Whether this is the half that keys and tabs go to."""
        self._active = active
        self._restyle()

    def set_percent(self, percent: float) -> None:
        self.percent.set_words(self.tr("{percent} %").format(percent=round(percent)))

    def _elide(self) -> None:
        found = broken(self._words, "small", max(20, self.label.width() - 4))
        self.label.setText(found.lines[0].text)
        self.label.setToolTip(self._words if found.cut else "")

    def resizeEvent(self, _event: object) -> None:
        narrow = self.width() < theme.px(300)
        for button in (self.smaller, self.larger):
            button.setVisible(not narrow)
        self.turn.setVisible(self.width() >= theme.px(240))
        self._elide()

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(34))
        self.label.setFont(theme.font("small"))
        self.label.setMinimumWidth(theme.px(40))
        palette = self.label.palette()
        palette.setColor(self.label.foregroundRole(), theme.colour("text" if self._active else "muted"))
        self.label.setPalette(palette)
        self._row.setContentsMargins(theme.px(12), 0, theme.px(6), 0)
        self._row.setSpacing(0)
        widest = QFontMetricsF(theme.font("chip")).horizontalAdvance("800 %")
        self.percent.setMinimumWidth(round(widest) + theme.px(34))
        self._elide()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("canvas"))
        if self._active:
            painter.fillRect(QRectF(0, 0, self.width(), theme.px(2)), theme.colour("accent"))


class DocumentHalf(QWidget):
    """One document: where one is in it, its pages, and what can be done with what is chosen on them."""

    activated = Signal()
    slot_asked = Signal(str, object)
    """slot of the prompt, `Evidence`"""
    pin_asked = Signal(object)
    document_dropped = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dropping = False
        self.head = HalfHead(self)
        self.page = ReadingView(self)
        self.choice = ChoiceLine(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.page, 1)
        column.addWidget(self.choice)
        self.setAcceptDrops(True)
        self.page.viewport().setAcceptDrops(False)
        self.page.setAcceptDrops(False)
        self._labels: tuple[str, ...] = ()
        self._title = ""
        self._wire()
        self._fill_zoom()

    def _wire(self) -> None:
        page, head = self.page, self.head
        page.activated.connect(self.activated)
        page.evidence_chosen.connect(self.choice.show_choice)
        page.menu_wanted.connect(self._show_menu)
        page.page_changed.connect(self._show_place)
        page.zoom_changed.connect(head.set_percent)
        page.installEventFilter(self)
        head.smaller.clicked.connect(page.zoom_out)
        head.larger.clicked.connect(page.zoom_in)
        head.turn.clicked.connect(page.turn_right)
        head.closed.connect(self.closed)
        self.choice.acted.connect(self.act)

    def _fill_zoom(self) -> None:
        page, menu = self.page, self.head.zoom_menu
        for words, keys, function in (
            (self.tr("Fit page"), "Ctrl+0", page.fit_page),
            (self.tr("Size on paper (100 %)"), "Ctrl+1", page.actual_size),
            (self.tr("Fit width"), "Ctrl+2", page.fit_width),
            (self.tr("Fit the words"), "Ctrl+3", page.fit_text),
        ):
            menu.addAction(f"{words}\t{keys}").triggered.connect(function)
        self.head.set_percent(page.percent)

    def set_title(self, title: str, labels: tuple[str, ...] = ()) -> None:
        """What the document is called, and what each of its pages is: `Clinical notes p. 1 · fax p. 3 of 17`."""
        self._title, self._labels = title, labels
        self.page.set_page_labels(labels)
        self._show_place(self.page.current_page + 1 if self.page.page_sizes else 0, 0)

    def set_closable(self, closable: bool) -> None:
        self.head.close_button.setVisible(closable)

    def _show_place(self, page: int, _count: int) -> None:
        self.head.set_words(self._labels[page - 1] if 0 < page <= len(self._labels) else self._title)

    # what is chosen

    def act(self, act: str) -> bool:
        """Do something with what is chosen; False when nothing is, or it has no words."""
        evidence = self.page.evidence
        if evidence is None or (act != PIN and not evidence.quote):
            return False
        if act == PIN:
            self.pin_asked.emit(evidence)
        elif act == COPY:
            QGuiApplication.clipboard().setText(evidence.quote)
        else:
            self.slot_asked.emit(str(Slot(act)), evidence)
        return True

    def _show_menu(self, place: QPoint) -> None:
        menu = choice_menu(self, self.page.evidence)
        menu.triggered.connect(lambda action: self.act(str(action.data())))
        menu.popup(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusIn:
            self.activated.emit()
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._key(event):
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        """Letters use what is chosen while the keyboard is on the page."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_C:
            return self.act(COPY)
        if modifiers or event.isAutoRepeat():
            return False
        letter = event.text().upper()
        if letter == "P":
            return self.act(PIN)
        return letter in SLOT_KEYS and self.act(str(SLOT_KEYS[letter]))

    # tabs dropped on it

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carried_document(event.mimeData()):
            event.acceptProposedAction()
            self._set_dropping(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._set_dropping(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_dropping(False)
        document_id = carried_document(event.mimeData())
        if document_id:
            event.acceptProposedAction()
            self.document_dropped.emit(document_id)

    def _set_dropping(self, dropping: bool) -> None:
        self._dropping = dropping
        self.head.set_active(dropping)


class SideBySide(QSplitter):
    """One or two halves; one of them is in use: keys, tabs and finding go to it."""

    active_changed = Signal(int)
    split_changed = Signal(bool)
    slot_asked = Signal(str, object)
    pin_asked = Signal(object)
    evidence_chosen = Signal(object)
    document_dropped = Signal(int, str)
    """half, document id"""
    close_asked = Signal(int)
    """a half is to go; whoever fills the halves moves what the other shows"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self._active = 0
        self.halves = (DocumentHalf(self), DocumentHalf(self))
        for number, half in enumerate(self.halves):
            self.addWidget(half)
            self.setStretchFactor(number, 1)
            half.activated.connect(lambda n=number: self.use(n))
            half.closed.connect(lambda n=number: self.close_asked.emit(n))
            half.slot_asked.connect(self.slot_asked)
            half.pin_asked.connect(self.pin_asked)
            half.page.evidence_chosen.connect(lambda found, n=number: self._chose(n, found))
            half.document_dropped.connect(lambda name, n=number: self.document_dropped.emit(n, name))
        self.halves[1].hide()
        self._tell()

    @property
    def split(self) -> bool:
        """Whether two halves are shown."""
        return not self.halves[1].isHidden()

    @property
    def active(self) -> int:
        """The half in use, 0 or 1."""
        return self._active

    @property
    def half(self) -> DocumentHalf:
        return self.halves[self._active]

    @property
    def page(self) -> ReadingView:
        """The pages in use."""
        return self.half.page

    def do(self, what: str) -> None:
        """Have the pages in use do something, by the name of their slot (`zoom_in`, `scroll_down`)."""
        slot: Callable[[], object] = getattr(self.page, what)
        slot()

    def set_split(self, split: bool) -> None:
        """Show two halves of the same width, or one."""
        if split == self.split:
            return
        self.halves[1].setVisible(split)
        if split:
            self.setSizes([self.width() // 2, self.width() // 2])
        elif self._active:
            self._active = 0
            self.active_changed.emit(0)
        self._tell()
        self.split_changed.emit(split)

    def use(self, half: int) -> None:
        """Make a half the one in use."""
        if half != self._active and (half == 0 or self.split):
            left, self._active = self.page, half
            if left.hasFocus():  # the keyboard goes along, from page to page
                self.page.setFocus(Qt.FocusReason.OtherFocusReason)
            self._tell()
            self.active_changed.emit(half)

    def use_other(self) -> None:
        """Go to the other half, with the keyboard."""
        if self.split:
            self.use(1 - self._active)
        self.page.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _chose(self, half: int, evidence: Evidence | None) -> None:
        if evidence is not None:
            self.halves[1 - half].page.choose_nothing()
        self.evidence_chosen.emit(evidence)

    def _tell(self) -> None:
        for number, half in enumerate(self.halves):
            half.head.set_active(self.split and number == self._active)
            half.set_closable(self.split)
