"""Pictures of pages: asked for by the page view and the field lens, drawn by the workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.domain.box import Box
from app.domain.case import Case, CaseDocument
from app.domain.errors import Actionable
from app.domain.processor_version import Example
from app.services.pages import Pages
from app.services.ports import PageInfo, Picture
from app.views.background import Background, Task
from app.views.widgets.page_view.tile import TileRequest
from app.workstation import Workstation

IN_FLIGHT = 2
"""As many as there are lanes: whatever waits here can still be overtaken or dropped."""


class PagesModel(QObject):
    """Opens the document of a case and draws its tiles; the lens first, then what was asked for last."""

    document_opened = Signal(object, object)
    """`CaseDocument`, tuple of (width, height) in points"""
    document_failed = Signal(object, object)
    """`CaseDocument`, `Actionable`"""
    tile_drawn = Signal(object, QImage)
    tile_failed = Signal(object, str)
    lens_drawn = Signal(str, QImage)
    region_read = Signal(str, object)
    """field path, tuple of `Word`"""
    region_failed = Signal(object)

    def __init__(
        self, workstation: Workstation, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pages: Pages = workstation.pages
        self._background = background
        self._documents: dict[str, CaseDocument] = {}
        self._current: str | None = None
        self._tiles: list[TileRequest] = []
        self._lenses: dict[str, TileRequest] = {}
        self._in_flight: dict[TileRequest, Task] = {}
        self._dropped: set[TileRequest] = set()

    def open(self, document: CaseDocument) -> None:
        """Show a document; the latest call wins."""
        self._documents[document.document_id] = document
        self._current = document.document_id
        self._tiles.clear()
        self._lenses.clear()

        def opened(pages: tuple[PageInfo, ...]) -> None:
            if self._current == document.document_id:
                self.document_opened.emit(document, tuple((p.width, p.height) for p in pages))

        def failed(error: Actionable) -> None:
            if self._current == document.document_id:
                self.document_failed.emit(document, error)

        self._background.run(
            self,
            "pages",
            self._pages.open,
            document.sha256,
            document.media_type,
            done=opened,
            failed=failed,
        )

    def warm(self, case: Case) -> None:
        """Open the document of the case that comes next, so that it is there at once."""
        document = case.form_document
        if document is not None and document.page_count:
            self._background.run(
                self,
                "pages",
                self._pages.open,
                document.sha256,
                document.media_type,
                failed=lambda _error: None,
            )

    def draw(self, request: TileRequest) -> None:
        self._dropped.discard(request)
        self._tiles.append(request)
        self._next()

    def drop(self, request: TileRequest) -> None:
        """The picture is no longer wanted."""
        if request in self._tiles:
            self._tiles.remove(request)
        elif request in self._in_flight:
            self._dropped.add(request)

    def draw_lens(self, path: str, request: TileRequest) -> None:
        """The crop of a field; a newer request for any field comes before an older one."""
        self._lenses = {path: request}
        self._next()

    def read_region(self, path: str, document_id: str, page: int, box: Box) -> None:
        """Read what is printed in a box of a page (1-based) for a field."""
        document = self._documents[document_id]
        self._background.run(
            self,
            "reading",
            self._pages.read_region,
            document.sha256,
            document.media_type,
            page,
            box,
            done=lambda words: self.region_read.emit(path, words),
            failed=self.region_failed.emit,
        )

    def _next(self) -> None:
        while len(self._in_flight) < IN_FLIGHT and (self._lenses or self._tiles):
            if self._lenses:
                path, request = self._lenses.popitem()
                self._start(request, partial(self.lens_drawn.emit, path))
            else:
                request = self._tiles.pop()
                self._start(request, partial(self.tile_drawn.emit, request))

    def _start(self, request: TileRequest, show: Callable[[QImage], None]) -> None:
        document = self._documents.get(request.document_id)
        if document is None or request in self._in_flight:
            return

        def done(image: QImage) -> None:
            del self._in_flight[request]
            if request in self._dropped:
                self._dropped.discard(request)
            else:
                show(image)
            self._next()

        def failed(error: Actionable) -> None:
            del self._in_flight[request]
            self._dropped.discard(request)
            self.tile_failed.emit(request, str(error))
            self._next()

        self._in_flight[request] = self._background.run(
            self,
            "pages",
            _image,
            self._pages,
            document,
            request,
            done=done,
            failed=failed,
        )


def _image(pages: Pages, document: CaseDocument, request: TileRequest) -> QImage:
    picture: Picture = pages.render(
        document.sha256, document.media_type, request.page, request.scale, request.clip, request.turns
    )
    image = QImage(
        picture.pixels, picture.width, picture.height, 3 * picture.width, QImage.Format.Format_RGB888
    )
    return image.convertToFormat(QImage.Format.Format_RGB32)  # owns its pixels and paints without conversion


def example_document(example: Example) -> CaseDocument:
    """An example of a form type, to be opened as the documents of cases are; its SHA-256 is its id."""
    return CaseDocument(
        document_id=example.sha256,
        name=example.name,
        uri="",
        sha256=example.sha256,
        media_type=example.media_type,
        kind="form",
        page_count=0,
        pages=(),
        received_at=datetime.fromtimestamp(0, UTC),
        turns=example.turns,
    )
