"""Searching policies and guidelines, alone in a room: the results on the left, the page they stand on beside them."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.box import Box
from app.domain.case import CaseDocument
from app.domain.errors import Actionable
from app.domain.guideline import Found, Hit, Source
from app.views import messages, theme
from app.views.background import Background
from app.views.models.pages_model import PagesModel
from app.views.models.search_model import SearchModel
from app.views.page_column import PageColumn
from app.views.widgets.guideline.guideline_panel import GuidelinePanel
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.page_view.reading import ReadingView
from app.workstation import Workstation

PANEL_WIDTH = 560


def wire_panel(panel: GuidelinePanel, model: SearchModel) -> None:
    """A panel and the model behind it, wherever the panel stands."""
    panel.text_edited.connect(model.set_text)
    panel.kinds_chosen.connect(model.set_kinds)
    panel.as_typed_asked.connect(model.search_as_typed)
    model.found.connect(panel.show_found)
    model.searching.connect(panel.show_searching)
    model.asking.connect(panel.show_asking)
    panel.taken_up.connect(model.leave_alone)
    model.failed.connect(lambda error: panel.show_failed(" ".join(messages.text(error))))


class SearchScreen(QWidget):
    """The room Search of the window. `start` when it is entered first; `focus_search` puts the keyboard there."""

    said = Signal(str, str, str)
    """role, what happened, what to do"""

    def __init__(self, workstation: Workstation, background: Background) -> None:
        super().__init__()
        self.model = SearchModel(workstation, background, self)
        self.panel = GuidelinePanel()
        self._pages = PagesModel(workstation, background, self)
        self.page = ReadingView()
        self.column = PageColumn(self._pages, self.page)
        self.notice = NoticePage()
        self._right = QStackedWidget()
        self._shown: str | None = None
        self._wanted: Hit | None = None
        self._to_page = False
        self._lay_out()
        self._wire()
        self._bind()

    def _lay_out(self) -> None:
        self._right.addWidget(self.notice)
        self._right.addWidget(self.column)
        self.notice.setAutoFillBackground(True)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.panel)
        self.splitter.addWidget(self._right)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([theme.px(PANEL_WIDTH), 1440 - theme.px(PANEL_WIDTH)])
        self.panel.setMinimumWidth(theme.px(360))
        self._right.setMinimumWidth(theme.px(320))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)
        self._say_nothing()

    def _restyle(self) -> None:
        palette = self.notice.palette()
        palette.setColor(palette.ColorRole.Window, theme.colour("background"))
        self.notice.setPalette(palette)

    def _wire(self) -> None:
        wire_panel(self.panel, self.model)
        self.panel.opened.connect(self.open)
        self.panel.looked_at.connect(self.look_at)
        self.model.found.connect(self._forget_when_empty)
        self._pages.document_opened.connect(self._show_document)
        self._pages.document_failed.connect(self._show_no_document)

    def _bind(self) -> None:
        page = self.page
        for keys, function in (
            ("Ctrl+L", self.focus_search),
            ("F3", page.find_next),
            ("Shift+F3", page.find_previous),
            ("F7", page.toggle_thumbnails),
            ("F8", page.toggle_night),
            ("Ctrl+F", self.column.header.open_find),
            ("Ctrl++", page.zoom_in),
            ("Ctrl+=", page.zoom_in),
            ("Ctrl+-", page.zoom_out),
            ("Ctrl+0", page.fit_page),
            ("Ctrl+1", page.actual_size),
            ("Ctrl+2", page.fit_width),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(function)

    def start(self) -> None:
        """The room is entered: load what the first key would wait for."""
        self.model.start()
        self.focus_search()

    def focus_search(self) -> None:
        self.panel.focus_field()

    def open(self, hit: Hit) -> None:
        """Show the page of a hit and put the keyboard on it."""
        self._to_page = True
        self.look_at(hit)

    def look_at(self, hit: Hit) -> None:
        """Show the page of a hit; the keyboard stays."""
        self._wanted = hit
        source = hit.source
        if not source.sha256:
            self._show_text(hit)
            return
        self._right.setCurrentWidget(self.column)
        self.column.header.set_case(source.title, "", hit.passage.heading)
        if self._shown == source.source_id:
            self._point_out()
        else:
            self._shown = None
            self._pages.open(_document(source))

    def _show_document(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        if self._wanted is None or self._wanted.source.source_id != document.document_id:
            return
        self._shown = document.document_id
        self.page.set_document(document.document_id, sizes)
        self._point_out()

    def _show_no_document(self, _document: CaseDocument, error: Actionable) -> None:
        self._shown = None
        self._right.setCurrentWidget(self.column)
        self.page.clear(" ".join(messages.text(error)))

    def _point_out(self) -> None:
        hit = self._wanted
        if hit is None:
            return
        box = hit.passage.box
        if box is not None:
            places: tuple[tuple[int, tuple[Box, ...]], ...] = ((hit.passage.page, (box,)),)
            self.page.point_out(places)
        else:
            self.page.point_out(())
            self.page.go_to_page(hit.passage.page - 1)
        if self._to_page:
            self._to_page = False
            self.page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_text(self, hit: Hit) -> None:
        """A source without a file: its words stand for the page."""
        self._shown = None
        self.notice.show_notice("file-text", hit.source.title, " ".join(hit.passage.text.split()))
        self._right.setCurrentWidget(self.notice)

    def _forget_when_empty(self, found: Found) -> None:
        if not found.hits:
            self._wanted = None
            self._shown = None
            self._say_nothing()

    def _say_nothing(self) -> None:
        self.notice.show_notice(
            "file-text", "", self.tr("The page a passage stands on is shown here, with the passage marked.")
        )
        self._right.setCurrentWidget(self.notice)


def _document(source: Source) -> CaseDocument:
    """The file of a source, to be opened as the documents of cases are."""
    return CaseDocument(
        document_id=source.source_id,
        name=source.name,
        uri="",
        sha256=source.sha256,
        media_type=source.media_type,
        kind="clinical",
        page_count=source.pages,
        pages=(),
        received_at=datetime.fromtimestamp(0, UTC),
    )
