"""The page viewer, cut into layout, tiles, hit index, painting, and the widget that puts them together."""

from app.views.widgets.page_view.header import PageHeader
from app.views.widgets.page_view.lens import lens_request
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.page_view.view import PageView

__all__ = ["PageHeader", "PageView", "TileRequest", "lens_request"]
