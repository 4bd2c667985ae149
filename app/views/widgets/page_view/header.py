"""The line above the page: whose form it is, how it is looked at, and finding."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from app.views import theme

_HEIGHT = 44
_ICON = 18


class _Text(QLabel):
    """A line that ends in an ellipsis when it has no room, and then says the whole in a tooltip."""

    def __init__(self, font: str, role: str, least: float) -> None:
        super().__init__()
        self._font, self._role, self._least = font, role, least
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.font(self._font))
        return QSize(metrics.horizontalAdvance(self.text()) + 2, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(theme.font(self._font))
        return QSize(min(self.sizeHint().width(), theme.px(self._least)), metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        font = theme.font(self._font)
        elided = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        whole = "" if elided == self.text() else self.text()
        if self.toolTip() != whole:
            self.setToolTip(whole)
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(QPen(theme.colour(self._role)))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), elided)
        painter.end()


class _FindEdit(QLineEdit):
    """Enter goes to the next hit, Shift+Enter to the previous one, Esc leaves."""

    forward = Signal()
    backward = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.backward if shift else self.forward).emit()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class PageHeader(QWidget):
    """Patient, receipt, form and page on the left; zoom, turn and find on the right. It says what was asked for."""

    zoom_out_asked = Signal()
    zoom_in_asked = Signal()
    fit_asked = Signal(str)
    """`page`, `width` or `actual`"""
    turn_asked = Signal()
    thumbnails_asked = Signal(bool)
    night_asked = Signal(bool)
    hold_asked = Signal(bool)
    find_edited = Signal(str)
    find_next_asked = Signal()
    find_previous_asked = Signal()
    find_closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = ""
        self._receipt = ""
        self._page = (0, 0)
        self._name = _Text("strong", "text", 130)
        self._detail = _Text("body", "muted", 40)
        self._place = _Text("body", "muted", 160)
        self._icons: list[tuple[QToolButton, str]] = []

        about = QWidget(self)
        line = QHBoxLayout(about)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self._name)
        line.addSpacing(12)
        line.addWidget(self._detail)
        line.addWidget(self._place)
        line.addStretch(1)

        self._find = _FindEdit()
        self._find.setClearButtonEnabled(True)
        self._find.setPlaceholderText(self.tr("Find on these pages…"))
        self._find.setAccessibleName(self.tr("Find on these pages"))
        self._found = QLabel()
        self._found.setAccessibleName(self.tr("Places found"))
        self._search = QWidget(self)
        searching = QHBoxLayout(self._search)
        searching.setContentsMargins(0, 0, 0, 0)
        searching.setSpacing(4)
        searching.addWidget(self._find, 1)
        searching.addWidget(self._found)
        searching.addWidget(
            self._button("arrow-up", self.tr("Previous place (Shift+F3)"), self.find_previous_asked.emit)
        )
        searching.addWidget(self._button("arrow-down", self.tr("Next place (F3)"), self.find_next_asked.emit))
        searching.addWidget(self._button("x", self.tr("Close find (Esc)"), self.find_closed.emit))

        self._left = QStackedLayout()
        self._left.setContentsMargins(0, 0, 0, 0)
        self._left.addWidget(about)
        self._left.addWidget(self._search)

        self._percent = QToolButton(autoRaise=True)
        self._percent.setToolTip(self.tr("How the page is shown"))
        self._percent.setObjectName("percent")
        self._percent.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._percent.clicked.connect(self._open_menu)
        self._menu = QMenu(self)
        self._fill_menu()

        self._search_button = self._button("search", self.tr("Find on these pages (Ctrl+F)"), self.open_find)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(14, 0, 10, 0)
        outer.setSpacing(2)
        outer.addLayout(self._left, 1)
        outer.addSpacing(8)
        outer.addWidget(self._button("zoom-out", self.tr("Smaller (Ctrl+-)"), self.zoom_out_asked.emit))
        outer.addWidget(self._percent)
        outer.addWidget(self._button("zoom-in", self.tr("Larger (Ctrl++)"), self.zoom_in_asked.emit))
        outer.addWidget(self._button("rotate-cw", self.tr("Turn this page ( ] )"), self.turn_asked.emit))
        outer.addWidget(self._search_button)

        self._find.textChanged.connect(self.find_edited)
        self._find.forward.connect(self.find_next_asked)
        self._find.backward.connect(self.find_previous_asked)
        self._find.left.connect(self.find_closed)
        self.find_closed.connect(self.close_find)
        self.setFixedHeight(theme.px(_HEIGHT))
        self.set_percent(100.0)
        self.set_found(0, 0)
        self._restyle()
        theme.changed.connect(self._restyle)

    def _button(self, icon: str, tip: str, clicked: Callable[[], object]) -> QToolButton:
        button = QToolButton(autoRaise=True)
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (", maxsplit=1)[0])
        button.setObjectName(icon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: clicked())
        self._icons.append((button, icon))
        return button

    def _open_menu(self) -> None:
        self._menu.popup(self._percent.mapToGlobal(self._percent.rect().bottomLeft()))

    def _fill_menu(self) -> None:
        for text, keys, fit in (
            (self.tr("Fit page"), "Ctrl+0", "page"),
            (self.tr("Size on paper (100 %)"), "Ctrl+1", "actual"),
            (self.tr("Fit width"), "Ctrl+2", "width"),
        ):
            action = self._menu.addAction(f"{text}\t{keys}")
            action.triggered.connect(lambda _checked=False, fit=fit: self.fit_asked.emit(fit))
        self._menu.addSeparator()
        self._thumbnails = self._switch(self.tr("Thumbnails"), "F7", self.thumbnails_asked.emit)
        self._night = self._switch(self.tr("Night page"), "F8", self.night_asked.emit)
        self._held = self._switch(self.tr("Hold the view"), "", self.hold_asked.emit)

    def _switch(self, text: str, keys: str, asked: Callable[[bool], object]) -> QAction:
        action = self._menu.addAction(f"{text}\t{keys}" if keys else text)
        action.setCheckable(True)
        action.triggered.connect(asked)
        return action

    # --- what it shows ------------------------------------------------------------------------------

    def set_case(self, patient: str, receipt: str, form: str) -> None:
        """Whose form is shown: the patient, the receipt, the kind of form; empty texts are left out."""
        self._receipt, self._form = receipt, form
        self._name.setText(patient or self.tr("No name read"))
        if not (patient or receipt or form):
            self._name.setText("")
        self._name.updateGeometry()
        self._describe()

    @Slot(int, int)
    def set_page(self, page: int, count: int) -> None:
        """Which page is in view, 1-based, and how many there are."""
        self._page = (page, count)
        self._describe()

    @Slot(float)
    def set_percent(self, percent: float) -> None:
        self._percent.setText(self.tr("{percent} %").format(percent=round(percent)))

    def set_switches(self, *, thumbnails: bool, night: bool, held: bool) -> None:
        """What the menu shows as switched on."""
        self._thumbnails.setChecked(thumbnails)
        self._night.setChecked(night)
        self._held.setChecked(held)

    @Slot(int, int)
    def set_found(self, current: int, total: int) -> None:
        """Which hit is shown of how many."""
        if not self._find.text():
            self._found.setText("")
        elif total:
            self._found.setText(self.tr("{current} of {total}").format(current=current, total=total))
        else:
            self._found.setText(self.tr("not found"))

    @Slot()
    def open_find(self) -> None:
        """Show the line to type what is looked for."""
        self._left.setCurrentWidget(self._search)
        self._find.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._find.selectAll()
        if self._find.text():
            self.find_edited.emit(self._find.text())

    @Slot()
    def close_find(self) -> None:
        self._left.setCurrentIndex(0)

    @property
    def finding(self) -> bool:
        return self._left.currentWidget() is self._search

    def _describe(self) -> None:
        page, count = self._page
        told = " · ".join(p for p in (self._receipt, self._form) if p)
        place = self.tr("page {page} of {count}").format(page=page, count=count) if count else ""
        self._detail.setText(told)
        # The page is told in full even where the rest has to be cut.
        self._place.setText(f" · {place}" if told and place else place)
        self._place.updateGeometry()

    def _restyle(self) -> None:
        for button, icon in self._icons:
            button.setIcon(theme.icon(icon, "text", _ICON))
            button.setIconSize(QSize(theme.px(_ICON), theme.px(_ICON)))
            button.setFixedSize(theme.px(30), theme.px(30))
        self._percent.setFont(theme.font("body"))
        # Wide enough for any percentage: nothing beside it moves while it changes.
        width = QFontMetrics(theme.font("body")).horizontalAdvance("800 %") + theme.px(10)
        self._percent.setFixedSize(width, theme.px(30))
        self._found.setFont(theme.font("small"))
        self.setFixedHeight(theme.px(_HEIGHT))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("surface"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("line"))
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()
