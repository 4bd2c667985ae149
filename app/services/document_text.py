"""The texts of a case's documents, read in the background page by page: behind forms, and resumed after a kill."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from app.domain.case import IntakeStatus, Json
from app.domain.errors import Actionable, Cancelled, NoSuchCase, Unreadable
from app.domain.extraction import SAMPLED, Document, PageText
from app.domain.material import Unread
from app.services.lanes import Lanes
from app.services.ports import BlobStore, DocumentReader, Progress, Watch
from app.services.store.store import Store
from app.services.store.text_shelf import LOST, KeptText

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
_WANTED = "texts_wanted"
_NOT_YET = (IntakeStatus.RECEIVED, IntakeStatus.READING)


@dataclass(frozen=True, slots=True)
class TextProgress:
    """How far the documents of a case are read: `done` of `total` pages that were still to be read.

    `ended` comes once: all is read, or it was stopped, or it failed with `error`.
    """

    case_id: str
    document_id: str = ""
    done: int = 0
    total: int = 0
    ended: bool = False
    error: Actionable | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document with pages that nobody has read yet (1-based)."""

    document_id: str
    sha256: str
    media_type: str
    pages: tuple[int, ...]


class DocumentTexts:
    """Reads and keeps what stands on the pages of clinical documents.

    `want`, `catch_up`, `texts` and `unread` run in the store's lane; `cancel` and `close` in any. Reading itself
    goes on in the lane `texts`, and tells `told` from there.
    """

    def __init__(self, store: Store, blobs: BlobStore, reader: DocumentReader | None, lanes: Lanes) -> None:
        self._store, self._blobs, self._reader, self._lanes = store, blobs, reader, lanes
        self._lock = threading.Lock()
        self._queue: deque[str] = deque()
        self._running = False
        self._closed = False
        self._stopped: set[str] = set()
        self.told: list[Callable[[TextProgress], None]] = []
        """Called with every page that was read, from the lane that reads: it must be quick."""

    # In the store's lane

    def texts(self, case_id: str, document_id: str) -> tuple[PageText, ...]:
        """The pages of one document of a case, as far as they were read."""
        entry = self._store.case_document(case_id)["documents"][document_id]
        pages = frozenset(pages_of(entry))
        return tuple(t for t in self._store.words(entry["sha256"]) if t.page in pages or not pages)

    def unread(self, case_id: str) -> tuple[Unread, ...]:
        """The documents of a case of which not every page is known."""
        document = self._store.case_document(case_id)
        kept = {
            e["sha256"]: self._store.texts.kept(e["sha256"]) for e in document.get("documents", {}).values()
        }
        return unread_of(document, kept, {})

    def want(self, case_id: str, *, first: bool = False) -> int:
        """Have the documents of a case read, before the others when `first`; how many pages there are to read."""
        pages = sum(len(wanted.pages) for wanted in self._wanted(case_id))
        if not pages or self._reader is None:
            self._forget(case_id)
            return 0
        self._remember(case_id)
        with self._lock:
            self._stopped.discard(case_id)
            if case_id in self._queue and first:
                self._queue.remove(case_id)
            if case_id not in self._queue:
                (self._queue.appendleft if first else self._queue.append)(case_id)
        self._go_on()
        return pages

    def needed(self, case_id: str) -> None:
        """Somebody looks at a case: its documents are read before the others, unless a person stopped that or it
        failed before.
        """
        with self._lock:
            waits = case_id in self._stopped or case_id in self._queue
        if not waits:
            self.want(case_id, first=True)

    def leave(self, case_id: str) -> None:
        """Have the documents of a case read when the program starts next: `catch_up` goes on with them."""
        if self._wanted(case_id):
            self._remember(case_id)

    def catch_up(self) -> None:
        """Go on with what was left unread when the program ended."""
        for case_id in (self._store.recall(_WANTED) or {}).get("cases", ()):
            try:
                self.want(case_id)
            except NoSuchCase:
                self._forget(case_id)

    def again(self, case_id: str) -> int:
        """Read the pages once more that could not be read; how many pages there are to read now."""
        for entry in self._store.case_document(case_id).get("documents", {}).values():
            self._store.texts.forget(entry["sha256"], LOST)
        return self.want(case_id, first=True)

    def _remember(self, case_id: str) -> None:
        cases = (self._store.recall(_WANTED) or {}).get("cases", [])
        if case_id not in cases:
            self._store.remember(_WANTED, {"cases": [*cases, case_id]})

    def _forget(self, case_id: str) -> None:
        cases = (self._store.recall(_WANTED) or {}).get("cases", [])
        if case_id in cases:
            self._store.remember(_WANTED, {"cases": [c for c in cases if c != case_id]})

    def _settle(self, case_id: str) -> None:
        """Forget a case whose documents are read; one that got another meanwhile is still wanted."""
        if not self._wanted(case_id):
            self._forget(case_id)

    def _wanted(self, case_id: str) -> tuple[Wanted, ...]:
        document = self._store.case_document(case_id)
        found: dict[str, Wanted] = {}
        for document_id, entry in document.get("documents", {}).items():
            sha256 = entry["sha256"]
            kept = self._store.texts.kept(sha256)
            missing = (*missing_pages(document, entry, kept), *doubtful_pages(entry, kept))
            if missing:
                before = found[sha256].pages if sha256 in found else ()
                pages = tuple(sorted({*before, *missing}))
                found[sha256] = Wanted(document_id, sha256, entry.get("media_type", ""), pages)
        return tuple(found.values())

    # From any thread

    def cancel(self, case_id: str) -> None:
        """Stop reading a case's documents; what was read stays, and it is not gone on with by itself."""
        with self._lock:
            self._stopped.add(case_id)
            if case_id in self._queue:
                self._queue.remove(case_id)
        self._in_store(self._forget, case_id)

    def close(self) -> None:
        """Begin nothing more, keep nothing more. What is unread is gone on with at the next start."""
        with self._lock:
            self._closed = True
            self._queue.clear()

    def read(self, case_id: str, watch: Watch | None = None) -> tuple[Unread, ...]:
        """Read the documents of a case and wait for it; what is left unread. For the command line.

        Raises `Cancelled` when the watch says so.
        """
        self._lanes.submit("texts", self._read_case, case_id, watch).result()
        return self._lanes.submit("store", self.unread, case_id).result()

    def read_content(
        self, sha256: str, media_type: str, page_count: int, watch: Watch | None = None
    ) -> tuple[PageText, ...]:
        """Read a document that belongs to no case, in the lane of the caller (never the store's); its pages."""
        kept = self._waited(self._store.texts.kept, sha256)
        known = kept.read | kept.lost | {t.page for t in (kept.texts() if kept.whole else ())}
        missing = tuple(page for page in range(1, page_count + 1) if page not in known)
        if missing and self._reader is not None:
            self._read_pages("", Wanted("", sha256, media_type, missing), 0, len(missing), watch)
        return self._waited(self._store.words, sha256)

    # In the lane `texts`

    def _go_on(self) -> None:
        with self._lock:
            if self._running or self._closed or not self._queue:
                return
            self._running = True
            self._lanes.submit("texts", self._run)

    def _run(self) -> None:
        """Read the next case, then hand the lane on: what waits in it comes between two cases."""
        with self._lock:
            case_id = self._queue.popleft() if self._queue and not self._closed else None
        error: Actionable | None = None
        try:
            if case_id is not None:
                self._read_case(case_id, None)
                self._in_store(self._settle, case_id)
        except Cancelled:
            pass
        except Actionable as failed:  # the disk is full, or the file is gone: told, not tried for ever
            error = failed
            with self._lock:
                self._stopped.add(case_id or "")
        except Exception as bug:  # noqa: BLE001
            # Nobody waits for this work: it would be lost in the lane. No text of it, a value may stand in that.
            _log.error("reading the documents of a case failed: %s", type(bug).__name__)
        finally:
            with self._lock:
                self._running = False
        if case_id is not None:
            self._tell(TextProgress(case_id, ended=True, error=error))
            self._go_on()

    def _read_case(self, case_id: str, watch: Watch | None) -> None:
        wanted = self._waited(self._wanted, case_id)
        total, done = sum(len(w.pages) for w in wanted), 0
        for each in wanted if self._reader is not None else ():
            done = self._read_pages(case_id, each, done, total, watch)

    def _read_pages(self, case_id: str, wanted: Wanted, done: int, total: int, watch: Watch | None) -> int:
        """Read and keep the pages of one document, each as soon as it is read; how many are done by then."""
        if self._reader is None:
            return done

        def asked(progress: Progress) -> None:
            if self._closed or case_id in self._stopped:
                raise Cancelled("Reading was stopped.", "It goes on when you ask for it.", code="stopped")
            if watch is not None:
                watch(Progress(done, total) if case_id else progress)

        reading = None
        try:
            content = self._blobs.get(wanted.sha256)
            reading = self._reader.open(Document(wanted.sha256, wanted.media_type, content), asked)
            del content
            for page in wanted.pages:
                asked(Progress(done, total))
                try:
                    text, state = reading.page(page), "read"
                except Cancelled:
                    raise
                except Unreadable:
                    text, state = PageText(page, ()), LOST
                self._keep(wanted.sha256, text, state)
                done += 1
                self._tell(TextProgress(case_id, wanted.document_id, done, total))
        except Cancelled:
            raise
        except Unreadable:
            # The file as a whole: every page of it is one that a person has to look at.
            for page in wanted.pages:
                self._keep(wanted.sha256, PageText(page, ()), LOST)
            done += len(wanted.pages)
        finally:
            if reading is not None:
                reading.close()
        return done

    def _keep(self, sha256: str, text: PageText, state: str) -> None:
        kept = self._in_store(self._store.texts.keep, sha256, text, state)
        if kept is None:
            raise Cancelled("The program is closing.", "It goes on at the next start.", code="closing")
        kept.result()

    def _waited(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        future = self._in_store(function, *args, **kwargs)
        if future is None:
            raise Cancelled("The program is closing.", "It goes on at the next start.", code="closing")
        return future.result()

    def _in_store(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T] | None:
        """Work for the store, never once `close` was called: the store may be closed behind it."""
        with self._lock:
            return None if self._closed else self._lanes.submit("store", function, *args, **kwargs)

    def _tell(self, progress: TextProgress) -> None:
        for told in tuple(self.told):
            told(progress)


def pages_of(entry: Mapping[str, Any]) -> tuple[int, ...]:
    """The pages of its file that a document of a case consists of; none while nobody has counted them."""
    return tuple(entry.get("pages", ())) or tuple(range(1, int(entry.get("page_count", 0)) + 1))


def missing_pages(document: Json, entry: Mapping[str, Any], kept: KeptText) -> tuple[int, ...]:
    """The pages of a document that nobody has read yet. A form that waits to be read is read as a form first."""
    if entry.get("kind", "form") == "form" and document["intake_status"] in _NOT_YET:
        return ()
    known = kept.read | kept.lost
    if kept.form is not None:
        known |= {text.page for text in kept.form_texts()}
    return tuple(page for page in pages_of(entry) if page not in known)


def doubtful_pages(entry: Mapping[str, Any], kept: KeptText) -> tuple[int, ...]:
    """Pages beside a form whose words were taken from a text layer when the form was read: they are known, and
    looked at again, since a layer can say what the page does not show. What was recognized is not.
    """
    if kept.form is None or entry.get("kind", "form") == "form":
        return ()
    own = frozenset(pages_of(entry)) - kept.read - kept.lost
    return tuple(
        text.page for text in kept.form_texts() if text.page in own and text.words and _of_layer(text)
    )


def _of_layer(text: PageText) -> bool:
    return all(word.confidence in (1.0, SAMPLED) for word in text.words)


def unread_of(document: Json, kept: Mapping[str, KeptText], names: Mapping[str, str]) -> tuple[Unread, ...]:
    """The documents of which not every page is known, in no order; `kept` by SHA-256, `names` by document."""
    found = []
    for document_id, entry in document.get("documents", {}).items():
        text = kept[entry["sha256"]]
        pages = pages_of(entry)
        missing = missing_pages(document, entry, text)
        lost = tuple(page for page in pages if page in text.lost)
        if missing or lost or not pages:
            found.append(Unread(document_id, names.get(document_id, entry.get("name", "")), missing, lost))
    return tuple(found)
