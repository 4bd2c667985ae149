"""A page view with the line above it, fed by a pages model: what every screen that shows a document has."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.views.models.pages_model import PagesModel
from app.views.widgets.page_view import PageHeader, PageView


class PageColumn(QWidget):
    """Header and pages, wired to each other and to the model that draws the pages."""

    def __init__(self, pages_model: PagesModel, page: PageView | None = None) -> None:
        super().__init__()
        self._pages_model = pages_model
        self.header = PageHeader()
        self.page = page or PageView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.page, 1)
        self._wire_page()

    def _wire_page(self) -> None:
        page, header, pages = self.page, self.header, self._pages_model
        page.tile_wanted.connect(pages.draw)
        page.tile_dropped.connect(pages.drop)
        pages.tile_drawn.connect(page.show_tile)
        pages.tile_failed.connect(page.tile_failed)
        header.zoom_in_asked.connect(page.zoom_in)
        header.zoom_out_asked.connect(page.zoom_out)
        header.fit_asked.connect(
            lambda fit: {"page": page.fit_page, "width": page.fit_width, "actual": page.actual_size}[fit]()
        )
        header.turn_asked.connect(page.turn_right)
        header.thumbnails_asked.connect(page.set_thumbnails)
        header.night_asked.connect(page.set_night)
        header.hold_asked.connect(page.set_held)
        header.find_edited.connect(page.find)
        header.find_next_asked.connect(page.find_next)
        header.find_previous_asked.connect(page.find_previous)
        header.find_closed.connect(self._close_find)
        page.page_changed.connect(header.set_page)
        page.zoom_changed.connect(header.set_percent)
        page.found_changed.connect(header.set_found)
        for changed in (page.night_changed, page.thumbnails_changed, page.held_changed):
            changed.connect(self._show_switches)

    def _close_find(self) -> None:
        self.header.close_find()
        self.page.find("")

    def _show_switches(self) -> None:
        page = self.page
        self.header.set_switches(thumbnails=page.thumbnails, night=page.night, held=page.held)
