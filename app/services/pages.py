"""Pages of received documents: opened once, kept warm for the case on screen and the next one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from app.domain.box import Box
from app.domain.extraction import Document, PageText, Word
from app.services.ports import BlobStore, DocumentOpener, OpenDocument, PageInfo, Picture, TextReader

KEPT_OPEN = 6
"""A review turns back and forth between a form, a few notes and a policy; a process for each weighs about 80 MB."""


@dataclass(slots=True)
class Pages:
    """Renders and reads parts of documents, by the SHA-256 of the file. Runs in the pages lanes; thread-safe."""

    blobs: BlobStore
    opener: DocumentOpener
    reader: TextReader
    _open: OrderedDict[str, OpenDocument] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opening: dict[str, threading.Lock] = field(default_factory=dict)

    def open(self, sha256: str, media_type: str) -> tuple[PageInfo, ...]:
        """The sizes of the pages. Raises `Unreadable` when it cannot be shown, `StorageFailed` when it is gone."""
        return self._document(sha256, media_type).pages

    def render(
        self, sha256: str, media_type: str, page: int, scale: float, clip: Box | None, quarter_turns: int
    ) -> Picture:
        """A part of a page (0-based) as it is shown after the turns; see `OpenDocument.render`."""
        return self._document(sha256, media_type).render(page, scale, clip, quarter_turns)

    def words(self, sha256: str, media_type: str) -> tuple[PageText, ...]:
        """What the text layers of all pages say, for documents that are laid out from text."""
        document = self._document(sha256, media_type)
        return tuple(PageText(number + 1, document.words(number)) for number in range(len(document.pages)))

    def read_region(self, sha256: str, media_type: str, page: int, box: Box) -> tuple[Word, ...]:
        """What is printed in a box of a page (1-based), line by line."""
        document = Document(sha256, media_type, self.blobs.get(sha256))
        return self.reader.read_region(document, page, box)

    def close(self) -> None:
        """Close every document; their processes end."""
        with self._lock:
            documents, self._open = list(self._open.values()), OrderedDict()
        for document in documents:
            document.close()

    def _document(self, sha256: str, media_type: str) -> OpenDocument:
        with self._lock:
            opening = self._opening.setdefault(sha256, threading.Lock())
        with opening:  # two tiles asked for at once open the document once
            with self._lock:
                found = self._open.get(sha256)
                if found is not None:
                    self._open.move_to_end(sha256)
                    return found
            opened = self.opener(Document(sha256, media_type, self.blobs.get(sha256)))
            with self._lock:
                self._open[sha256] = opened
                surplus = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - KEPT_OPEN)]
        for document in surplus:
            document.close()
        return opened
