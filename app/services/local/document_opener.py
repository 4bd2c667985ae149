"""Documents opened for looking at: each in a worker process of its own, with a spare one kept warm."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.extraction import Document, PageText, Word
from app.services import media
from app.services.document_worker.process import WorkerGone, WorkerProcess
from app.services.ports import PageInfo, Picture

OPEN_SECONDS = 60.0
CALL_SECONDS = 30.0
_MAX_SIDE = 20_000


class WorkerDocumentOpener:
    """Opens documents in light worker processes (`ports.DocumentOpener`).

    One process for each open document, and one started beforehand so that opening does not wait for
    its imports: call `warm` when the window stands. `close_all` leaves no process behind.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: WorkerProcess | None = None
        self._open: set[WorkerDocument] = set()
        self._closed = False

    def __call__(self, document: Document) -> WorkerDocument:
        media_type = document.media_type
        if media_type not in media.DOCUMENT_TYPES:
            media_type = media.sniff_document(document.content)
        opened = WorkerDocument(document.content, media_type, self)
        with self._lock:
            self._open.add(opened)
        try:
            opened.reopen()
        except BaseException:
            opened.close()
            raise
        self.warm()
        return opened

    def warm(self) -> None:
        """Start the spare worker if there is none; returns at once."""
        with self._lock:
            if not self._closed and (self._spare is None or not self._spare.running):
                if self._spare is not None:
                    self._spare.kill()
                self._spare = WorkerProcess("pages")

    def close_all(self) -> None:
        """Close every document and end every worker."""
        with self._lock:
            self._closed = True
            spare, self._spare = self._spare, None
            every = list(self._open)
        if spare is not None:
            spare.kill()
        for opened in every:
            opened.close()

    def take(self) -> WorkerProcess:
        """A running worker that has no document yet."""
        with self._lock:
            if self._closed:
                raise Unreadable("The program is closing.", code="closing")
            spare, self._spare = self._spare, None
        if spare is not None and spare.running:
            return spare
        if spare is not None:
            spare.kill()
        return WorkerProcess("pages")

    def forget(self, opened: WorkerDocument) -> None:
        with self._lock:
            self._open.discard(opened)


class WorkerDocument:
    """A document open in a worker (`ports.OpenDocument`)."""

    def __init__(self, content: bytes, media_type: str, opener: WorkerDocumentOpener) -> None:
        self._content = content
        self._media_type = media_type
        self._opener = opener
        self._lock = threading.RLock()
        self._worker: WorkerProcess | None = None
        self._pages: tuple[PageInfo, ...] = ()
        self._closed = False

    @property
    def pages(self) -> tuple[PageInfo, ...]:
        return self._pages

    @property
    def pid(self) -> int | None:
        """The process that holds the document now."""
        worker = self._worker
        return worker.pid if worker else None

    def reopen(self) -> None:
        """Hand the document to a worker. Raises `Unreadable`."""
        with self._lock:
            if self._closed:
                raise Unreadable("The document is closed.", code="closed")
            self._worker = worker = self._opener.take()
            header, _ = self._ask(
                worker, "open", {"media_type": self._media_type}, self._content, OPEN_SECONDS
            )
            self._pages = _page_infos(header.get("pages"))

    def render(self, page: int, scale: float, clip: Box | None = None, quarter_turns: int = 0) -> Picture:
        arguments: dict[str, Any] = {"page": page, "scale": scale, "quarter_turns": quarter_turns % 4}
        if clip is not None:
            arguments["clip"] = [clip.x0, clip.y0, clip.x1, clip.y1]
        header, pixels = self._call("render", arguments)
        width, height = header.get("width"), header.get("height")
        if (
            not isinstance(width, int) or not isinstance(height, int)
            or not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE
            or len(pixels) != width * height * 3
        ):  # fmt: skip
            raise self._lost("wrong")
        return Picture(width, height, pixels)

    def words(self, page: int) -> tuple[Word, ...]:
        header, _ = self._call("words", {"page": page})
        words = words_from(header.get("words"))
        if words is None:
            raise self._lost("wrong")
        return words

    def text(self, page: int) -> tuple[PageText, bool]:
        """What the layer of page `page` (0-based) shows, and whether that is all the page says."""
        header, _ = self._call("text", {"page": page})
        words, turn = words_from(header.get("words")), header.get("turn")
        if words is None or turn not in (0, 1, 2, 3):
            raise self._lost("wrong")
        return PageText(page + 1, words, turn), header.get("sure") is True

    def cut(self, pages: Sequence[int], turns: Sequence[int]) -> bytes:
        """These pages (1-based) as a small PDF, each turned clockwise by so many quarter turns."""
        _, content = self._call("cut", {"pages": list(pages), "turns": list(turns)})
        if not content.startswith(b"%PDF-"):
            raise self._lost("wrong")
        return content

    def close(self) -> None:
        # The worker is killed before the lock is asked for: a call that hangs must not delay closing.
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.kill()
        self._opener.forget(self)

    def _call(self, call: str, arguments: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes]:
        with self._lock:
            if self._worker is None or not self._worker.running:
                self.reopen()
            worker = self._worker
            if worker is None:
                raise self._lost("died")
            return self._ask(worker, call, arguments, b"", CALL_SECONDS)

    def _ask(
        self, worker: WorkerProcess, call: str, arguments: Mapping[str, Any], payload: bytes, seconds: float
    ) -> tuple[Mapping[str, Any], bytes]:
        try:
            frame = worker.call(call, arguments, payload, seconds=seconds)
        except WorkerGone as error:
            raise self._lost(error.why) from error
        return frame.header, frame.payload

    def _lost(self, why: str) -> Unreadable:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
        if self._closed:
            return Unreadable("The document is closed.", code="closed")
        return lost(why)


def lost(why: str) -> Unreadable:
    """What to say when a worker was lost over a document."""
    if why == "late":
        return Unreadable(
            "Opening the document took too long and was stopped.",
            "Try again; if it happens again, ask the sender to scan it anew.", code="too_slow",
        )  # fmt: skip
    return Unreadable(
        "The document made the program that opens it fail.",
        "Try again; if it happens again, ask the sender to print it to a new PDF.", code="worker_failed",
    )  # fmt: skip


def words_from(entries: object) -> tuple[Word, ...] | None:
    """Words as a worker sends them: [text, x0, y0, x1, y1] with an optional confidence; None when malformed."""
    if not isinstance(entries, list):
        return None
    words = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) not in (5, 6) or not isinstance(entry[0], str):
            return None
        numbers = entry[1:]
        if not all(isinstance(n, (int, float)) and math.isfinite(n) and 0.0 <= n <= 1.0 for n in numbers):
            return None
        words.append(Word(entry[0], Box(*numbers[:4]), float(numbers[4]) if len(numbers) == 5 else 1.0))
    return tuple(words)


def _page_infos(entries: object) -> tuple[PageInfo, ...]:
    infos: list[PageInfo] = []
    for entry in entries if isinstance(entries, list) else ():
        if (
            not isinstance(entry, list) or len(entry) != 2
            or not all(isinstance(n, (int, float)) and math.isfinite(n) and 0 < n <= 20_000 for n in entry)
        ):  # fmt: skip
            infos = []
            break
        infos.append(PageInfo(float(entry[0]), float(entry[1])))
    if not infos:
        raise lost("wrong")
    return tuple(infos)
