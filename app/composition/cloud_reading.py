"""Reading forms at a connected desk: by the project's processors, and on this computer while there is no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from app.composition.later import Later
from app.domain.case import Json
from app.domain.errors import Offline, SignInRequired
from app.domain.extraction import Document, Extraction
from app.domain.processor import FormDefinition
from app.services.ports import DocumentOpener, FormProcessor, Watch
from app.services.processor_library import Use


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


class Weights(Mapping[str, Json]):
    """The calibrations of processors elsewhere, by their resource names, as the library tells them. Thread-safe."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._held: Mapping[str, Json] = {}

    def use(self, definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
        """Take what is meant for processors elsewhere, and pass all of it on to the one on this computer."""
        self._held = {name: fitted for name, fitted in calibrations.items() if "/processors/" in name}
        self._use(definitions, calibrations)

    def __getitem__(self, name: str) -> Json:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


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
