"""Where a form is taught: its fields, its page with the zones, and what is set for each, side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import methodcaller

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.views.models.pages_model import PagesModel
from app.views.page_column import PageColumn
from app.views.widgets.page_view import PageView
from app.views.widgets.progress_line import ProgressLine
from app.views.widgets.teach.desk_panel import FieldsPanel, SettingsPanel
from app.views.widgets.teach.example_bar import ExampleBar
from app.views.widgets.teach.kind_look import LOOKS, kind_words
from app.views.widgets.teach.zone_canvas import ZoneCanvas
from app.views.widgets.teach.zone_key import Ask

LIST_WIDTH, PANEL_WIDTH = 268, 372
ZONES = "zones"
"""The tab of the page the zones are drawn on."""


class TeachDesk(QWidget):
    """Lays out the widgets of teaching and binds its keys; `TeachScreen` wires them to the models."""

    asked = Signal(object, object)
    """`Ask`, and the kind where one is set"""
    files_dropped = Signal(list)

    def __init__(self, zone_pages: PagesModel, trial_pages: PagesModel) -> None:
        super().__init__()
        self.fields = FieldsPanel()
        self.settings = SettingsPanel()
        self.canvas = ZoneCanvas()
        self.zone_column = PageColumn(zone_pages, self.canvas)
        self.trial_page = PageView()
        self.trial_column = PageColumn(trial_pages, self.trial_page)
        self.examples = ExampleBar()
        self.progress = ProgressLine()
        self._lay_out()
        self._wire()
        self.setAcceptDrops(True)

    def _lay_out(self) -> None:
        self.middle = QWidget()
        column = QVBoxLayout(self.middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.zone_column)
        self.pages.addWidget(self.trial_column)
        column.addWidget(self.examples)
        column.addWidget(self.pages, 1)
        column.addWidget(self.progress)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for place, (widget, stretch) in enumerate(((self.fields, 0), (self.middle, 1), (self.settings, 0))):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(place, stretch)
        self.splitter.setSizes([LIST_WIDTH, 1440 - 70 - LIST_WIDTH - PANEL_WIDTH, PANEL_WIDTH])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _wire(self) -> None:
        for source in (self.canvas, self.fields.list, self.settings.inspector):
            source.asked.connect(self.asked)
        self.canvas.menu_wanted.connect(self._open_menu)
        self.fields.list.menu_wanted.connect(self._open_menu)
        self.settings.inspector.left.connect(self.focus_page)
        for keys, function in (
            ("PgDown", methodcaller("scroll_page", 1)),
            ("PgUp", methodcaller("scroll_page", -1)),
            ("F3", methodcaller("find_next")),
            ("Shift+F3", methodcaller("find_previous")),
            ("F6", methodcaller("toggle_held")),
            ("F7", methodcaller("toggle_thumbnails")),
            ("F8", methodcaller("toggle_night")),
            ("Ctrl++", methodcaller("zoom_in")),
            ("Ctrl+=", methodcaller("zoom_in")),
            ("Ctrl+-", methodcaller("zoom_out")),
            ("Ctrl+0", methodcaller("fit_page")),
            ("Ctrl+1", methodcaller("actual_size")),
            ("Ctrl+2", methodcaller("fit_width")),
        ):
            self.bind(keys, partial(self._on_page, function))
        self.bind("Ctrl+F", self._open_find)
        for keys, ask in (
            ("Ctrl+Z", Ask.UNDO),
            ("Ctrl+Y", Ask.REDO),
            ("Ctrl+Shift+Z", Ask.REDO),
            ("F2", Ask.RENAME),
            ("Ctrl+G", Ask.GROUP),
            ("Ctrl+T", Ask.TABLE),
            ("Ctrl+Shift+G", Ask.APART),
            ("Ctrl+Shift+T", Ask.APART),
            ("Ctrl+D", Ask.DUPLICATE),
        ):
            self.bind(keys, partial(self.asked.emit, ask, None), repeats=ask in (Ask.UNDO, Ask.REDO))

    def _on_page(self, call: Callable[[PageView], object]) -> None:
        call(self.page)

    def _open_find(self) -> None:
        self.column.header.open_find()

    def bind(self, keys: str, function: Callable[[], object], *, repeats: bool = True) -> None:
        """A key that works wherever the keyboard is on this desk."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(function)
        shortcut.setAutoRepeat(repeats)

    @property
    def column(self) -> PageColumn:
        """The pages on show with the line above them."""
        return self.trial_column if self.trying else self.zone_column

    @property
    def page(self) -> PageView:
        """The pages on show: those with the zones, or those of an example that is tried."""
        return self.column.page

    @property
    def trying(self) -> bool:
        """Whether an example that is tried is on show."""
        return self.pages.currentWidget() is self.trial_column

    def show_trial(self, trying: bool) -> None:
        """Show an example that is tried, or the page with the zones."""
        self.pages.setCurrentWidget(self.trial_column if trying else self.zone_column)

    def focus_page(self) -> None:
        """Put the keyboard on the page."""
        self.page.setFocus(Qt.FocusReason.OtherFocusReason)

    # the menu of what is chosen

    def _open_menu(self, where: QPoint) -> None:
        self.zone_menu().popup(where)

    def zone_menu(self) -> QMenu:
        """What can be done with what is chosen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, keys, ask in (
            (self.tr("Name"), "F2", Ask.RENAME),
            (self.tr("Copy"), "Ctrl+D", Ask.DUPLICATE),
            (self.tr("Has to be filled in"), "R", Ask.REQUIRED),
            (self.tr("Several lines"), "L", Ask.MULTILINE),
        ):
            menu.addAction(f"{words}\t{keys}").triggered.connect(
                lambda _checked=False, a=ask: self.asked.emit(a, None)
            )
        kinds = menu.addMenu(self.tr("Kind of answer"))
        for look in LOOKS:
            kinds.addAction(f"{kind_words(look.kind)}\t{look.key}").triggered.connect(
                lambda _checked=False, k=look.kind: self.asked.emit(Ask.KIND, k)
            )
        menu.addSeparator()
        for words, keys, ask in (
            (self.tr("One question of these tick boxes"), "Ctrl+G", Ask.GROUP),
            (self.tr("A table of these zones"), "Ctrl+T", Ask.TABLE),
            (self.tr("Take apart"), "Ctrl+Shift+G", Ask.APART),
        ):
            menu.addAction(f"{words}\t{keys}").triggered.connect(
                lambda _checked=False, a=ask: self.asked.emit(a, None)
            )
        menu.addSeparator()
        menu.addAction(f"{self.tr('Remove')}\tDel").triggered.connect(
            lambda _checked=False: self.asked.emit(Ask.REMOVE, None)
        )
        return menu

    # drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.files_dropped.emit(files)
