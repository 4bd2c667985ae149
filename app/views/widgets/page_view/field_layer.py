"""The fields of a document as the page shows them: which are where, which are selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from app.domain import confidence
from app.domain.form import FormField
from app.views.theme import Palette
from app.views.widgets.page_view.hit import HitIndex
from app.views.widgets.page_view.mark import Mark, mark_of


class FieldLayer:
    """Fields by page (0-based) and by path. Knows no pixels."""

    def __init__(self) -> None:
        self.threshold = confidence.SURE
        self.selected: str | None = None
        self.ticked: frozenset[str] = frozenset()
        self._pages: dict[int, list[FormField]] = {}
        self._by_path: dict[str, FormField] = {}
        self._index: HitIndex[FormField] = HitIndex({})
        self._look: object = None
        self._marks: dict[int, list[tuple[FormField, Mark]]] = {}

    def set_fields(self, fields: Iterable[FormField], document_id: str, page_count: int) -> None:
        """Keep the fields that were read somewhere on the pages of this document."""
        self._pages, self._by_path, self._marks = {}, {}, {}
        for field in fields:
            if field.document_id != document_id or field.page is None or field.box is None:
                continue
            if 1 <= field.page <= page_count:
                self._pages.setdefault(field.page - 1, []).append(field)
                self._by_path[field.path] = field
        self._index = HitIndex(
            {page: [(f.box, f) for f in here if f.box is not None] for page, here in self._pages.items()}
        )

    def clear(self) -> None:
        self.selected = None
        self.ticked = frozenset()
        self.set_fields((), "", 0)

    def get(self, path: str | None) -> FormField | None:
        return self._by_path.get(path) if path is not None else None

    def on(self, page: int) -> list[FormField]:
        return self._pages.get(page, [])

    def at(self, page: int, x: float, y: float, reach: tuple[float, float]) -> FormField | None:
        """The field at a point of a page as stored."""
        return self._index.at(page, x, y, reach)

    def marks(self, page: int, paper: Palette) -> list[tuple[FormField, Mark]]:
        """The fields of a page and how they are marked on paper of these colours. Kept from one paint to the next."""
        look = (paper.name, self.threshold, self.selected, self.ticked)
        if look != self._look:
            self._look = look
            self._marks = {}
        if page not in self._marks:
            self._marks[page] = [
                (
                    f,
                    mark_of(
                        f,
                        paper,
                        self.threshold,
                        selected=f.path == self.selected,
                        ticked=f.path in self.ticked,
                    ),
                )
                for f in self.on(page)
            ]
        return self._marks[page]

    def waiting(self) -> Mapping[int, int]:
        """How many fields need a look, by page."""
        return Counter(
            page for page, here in self._pages.items() for field in here if field.needs_look(self.threshold)
        )
