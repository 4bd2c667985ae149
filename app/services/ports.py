"""The ports: small roles that backends fill. The contract stands in the docstring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.domain.box import Box
from app.domain.extraction import Document, Extraction, Word

if TYPE_CHECKING:  # named in signatures only: the way to the window does not load them
    from app.domain.processor import FormDefinition
    from app.domain.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is: `done` of `total` steps (pages, files); `total` 0 when not known."""

    done: int
    total: int


class Watch(Protocol):
    """How long work is followed and stopped: called now and then with the progress.

    Raises `Cancelled` when the person stopped the work.
    """

    def __call__(self, progress: Progress, /) -> None: ...


class FormProcessor(Protocol):
    """Reads the fields of the forms in a document.

    Every field points to where it was read (page, box in 0..1 page fractions) and carries two
    confidences in 0..1: that the place is right, and, calibrated, that the value equals what is printed.
    Raises `Unreadable` when the document cannot be understood, `Cancelled` when the watch was told to
    stop, `Offline` when it needs a network that is not there.
    """

    def process(self, document: Document, watch: Watch | None = None) -> Extraction: ...


class BlobStore(Protocol):
    """Keeps files by what is in them, bit for bit. Names are the SHA-256 of the content, in hex."""

    def put(self, content: bytes) -> str:
        """Keep the content durably and return its name; the same content twice is kept once."""
        ...

    def get(self, sha256: str) -> bytes:
        """The content. Raises `StorageFailed` when it is gone or was altered."""
        ...


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page of an open document: width and height in points as shown with no extra turn."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels of a page or a part of one: 8-bit RGB rows without padding, `3 * width` bytes each."""

    width: int
    height: int
    pixels: bytes


class OpenDocument(Protocol):
    """A document opened in a worker process. Calls block; a crash or hang of the worker raises `Unreadable`
    once and the next call starts a fresh worker. Thread-safe; calls are answered in turn.
    """

    @property
    def pages(self) -> tuple[PageInfo, ...]: ...

    def render(self, page: int, scale: float, clip: Box | None = None, quarter_turns: int = 0) -> Picture:
        """Page `page` (0-based) at `scale` pixels a point; `clip` in fractions of the page as it is shown
        after `quarter_turns` clockwise turns.
        """
        ...

    def words(self, page: int) -> tuple[Word, ...]:
        """The words of the page's text layer (none on a plain scan), in page fractions without turns."""
        ...

    def close(self) -> None: ...


DocumentOpener = Callable[[Document], OpenDocument]
"""Opens a document in a worker process of its own. Raises `Unreadable`."""


class TextReader(Protocol):
    """Reads what is printed in a region of a page, for the rubber band and for words clicked into a field."""

    def read_region(self, document: Document, page: int, box: Box) -> tuple[Word, ...]:
        """The lines of text in the box of page `page` (1-based), top to bottom. Raises `Unreadable`."""
        ...


class FormTeacher(Protocol):
    """Helps to teach a form that is not known yet. Raises what `FormProcessor` raises."""

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        """What a definition of this form may start from: printed texts, zones, tables. The example may be
        blank or filled in.
        """
        ...

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        """Read the document with this definition and no other; without a form when no page matches it."""
        ...

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        """The document as it may arrive: each page damaged in a named way (`skew`, `fax`, `photo` and so on),
        the same for the same seed. Raises `Rejected` for a kind that is not known.
        """
        ...
