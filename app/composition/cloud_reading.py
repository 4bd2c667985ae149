"""Reading forms at a connected desk: by the project's processors, and on this computer while there is no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from app.composition.later import Later
from app.domain.errors import Offline, SignInRequired
from app.domain.extraction import Document, Extraction
from app.services.ports import DocumentOpener, FormProcessor, Watch


class Closing(FormProcessor, Protocol):
    def close(self) -> None: ...


class Cutting(Protocol):
    """An open document of which pages can be cut out."""

    def cut(self, pages: Sequence[int], turns: Sequence[int]) -> bytes: ...

    def close(self) -> None: ...


class CloudReading:
    """A `FormProcessor` that asks `there` (made with the first document) and falls back to `here` while the network is
    away or nobody is signed in: `FormExtraction.reader` says who read a form.
    """

    def __init__(self, here: FormProcessor, there: Callable[[], Closing]) -> None:
        self._here, self._there = here, Later(there)

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        try:
            return self._there().process(document, watch)
        except (Offline, SignInRequired):
            return self._here.process(document, watch)

    def close(self) -> None:
        if self._there.made is not None:
            self._there.made.close()


def cut_by(opener: DocumentOpener) -> Callable[[Document, Sequence[int], Sequence[int]], bytes]:
    """Cuts pages out of a document in a worker process that `opener` opens."""

    def cut(document: Document, pages: Sequence[int], turns: Sequence[int], /) -> bytes:
        opened: Any = opener(document)
        cutting = cast("Cutting", opened)
        try:
            return cutting.cut(pages, turns)
        finally:
            cutting.close()

    return cut
