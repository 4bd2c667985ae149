"""Reads forms on this computer: the reading worker does the work, nothing leaves the machine."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.box import Box
from app.domain.calibration import DEFAULT, Evidence
from app.domain.case import Json, field_from
from app.domain.code import CodeLists, no_lists
from app.domain.errors import Cancelled, Rejected, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, PageText, Part, Word
from app.domain.form import FormField
from app.domain.processor import FormDefinition
from app.services import media
from app.services.confidence import Judge
from app.services.document_worker.process import LostPages, WorkerGone, WorkerProcess
from app.services.document_worker.wire import Frame
from app.services.local.document_opener import lost, words_from
from app.services.local.precedence import Precedence
from app.services.ports import Progress, Watch
from app.services.processors import to_json

if TYPE_CHECKING:
    from app.domain.proposal import Proposal

PAGE_SECONDS = 180.0
"""How long one page may take before the worker is given up: fifty times the usual."""
REGION_SECONDS = 60.0
_MOST_PAGES = 5000
_PARTS = ("form", "fax_cover", "clinical", "blank")


class OcrFormProcessor:
    """The embedded form processor (`ports.FormProcessor`, `ports.TextReader`, `ports.FormTeacher`).

    Known forms are read by `definitions`, others paired label by label as form type `generic`. Two
    workers start when first needed: one for documents, one for single regions and for teaching, so that
    neither the rubber band nor a form that is being taught waits for a package of forty pages.
    Thread-safe; documents are read in turn.
    """

    def __init__(
        self,
        definitions: tuple[FormDefinition, ...],
        calibrations: Mapping[str, Json] | None = None,
        codes: Callable[[], CodeLists] = no_lists,
    ) -> None:
        self._codes = codes
        self._documents, self._regions = _Reader(), _Reader()
        self._precedence = Precedence()
        self.use(definitions, calibrations or {})

    def use(self, definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
        """Read with these from now on; a document that is being read ends with what it began with.
        Workers are told at their next call.
        """
        self.definitions = definitions
        self._calibrations = dict(calibrations)
        self._judge = Judge({d.form_type: d for d in definitions}, self._calibrations, self._codes)
        setup = {"definitions": [to_json(d) for d in definitions]}
        self._documents.setup = setup
        self._regions.setup = setup

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        """Read every form in the document. A worker that dies or hangs over a page is replaced and the
        file is read once more; a page that costs a second worker is left out (`Extraction.unread`).
        """
        return self.read_except(document, frozenset(), watch)

    def read_except(
        self, document: Document, elsewhere: frozenset[str], watch: Watch | None = None
    ) -> Extraction:
        """As `process`, but forms of these types are only told for what they are: their pages and how those lie, with
        no field. Whoever has another processor for them reads them.
        """
        judge = self._judge
        asked = {**_of(document), "elsewhere": sorted(elsewhere)}
        with self._precedence.first():
            frame = self._documents.ask("read", asked, document.content, PAGE_SECONDS, _told(watch))
        with self._checked(self._documents):
            return judge.judged(extraction_from(frame.header.get("extraction"), document.document_id))

    def recognize(self, document: Document, page: int, watch: Watch | None = None) -> PageText:
        """All words on page `page` (1-based) of a document that is no form. Lets forms go first.

        A page that costs two workers is `Unreadable`. The file is held by the worker until another comes.
        """
        arguments = {**_of(document), "page": page}
        self._precedence.last(watch)
        for payload in (b"", document.content):
            frame = self._documents.ask("recognize", arguments, payload, PAGE_SECONDS, _told(watch))
            if frame.header.get("held") is True:
                break
        words, turn = words_from(frame.header.get("words")), frame.header.get("turn")
        if words is None or turn not in (0, 1, 2, 3):
            self._documents.close()
            raise lost("wrong")
        return PageText(page, words, turn)

    def read_region(self, document: Document, page: int, box: Box) -> tuple[Word, ...]:
        arguments = {**_of(document), "page": page, "box": [box.x0, box.y0, box.x1, box.y1]}
        frame = self._regions.ask("region", arguments, document.content, REGION_SECONDS, None)
        words = words_from(frame.header.get("words"))
        if words is None:
            self._regions.close()
            raise lost("wrong")
        return words

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        """What a definition may start from. A photograph or a letter gives few places; a file without any
        print is `Unreadable`.
        """
        from app.services.local.proposal_reading import proposal_from  # kept off the way to the first window

        frame = self._regions.ask("propose", _of(document), document.content, PAGE_SECONDS, _told(watch))
        with self._checked(self._regions):
            return proposal_from(frame.header.get("proposal"))

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        """Read with this definition and no other, judged by the calibration for forms that have none of
        their own (or the form type's, where it has one). Without a form when no page matches it.
        """
        frame = self._regions.ask(
            "try", {**_of(document), "definition": to_json(definition)}, document.content, PAGE_SECONDS, _told(watch)
        )  # fmt: skip
        with self._checked(self._regions):
            extraction = extraction_from(frame.header.get("extraction"), document.document_id)
            forms = tuple(f for f in extraction.forms if f.form_type == definition.form_type)
            judge = Judge({definition.form_type: definition}, self._calibrations, self._codes)
            return judge.judged(replace(extraction, forms=forms))
        raise lost("wrong")

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        """A damaged copy, made in the worker: the file is a stranger's here too."""
        frame = self._regions.ask(
            "damage", {**_of(document), "kind": kind, "seed": seed}, document.content, PAGE_SECONDS, None
        )
        rejected = frame.header.get("rejected")
        if isinstance(rejected, list) and len(rejected) == 3:
            reason, next_step, code = (str(r)[:300] for r in rejected)
            raise Rejected(reason, next_step, code=code)
        media_type = str(frame.header.get("media_type"))
        if media_type not in media.MEDIA_TYPES:
            self._regions.close()
            raise lost("wrong")
        return Document(document.document_id, media_type, frame.payload)

    @contextmanager
    def _checked(self, reader: _Reader) -> Iterator[None]:
        """The worker opened a file of a stranger: what it says is checked, and dropped when it is wrong."""
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            reader.close()
            raise lost("wrong") from error

    def warm(self) -> None:
        """Start the worker for documents, so that the first one does not wait for the models; returns at once."""
        self._documents.warm()

    def close(self) -> None:
        """End the workers; a later call starts them again."""
        self._documents.close()
        self._regions.close()


class _Reader:
    """A reading worker that is started when needed and again when it was lost."""

    def __init__(self) -> None:
        self.setup: Mapping[str, Any] = {}
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._knows: Mapping[str, Any] | None = None
        self._closings = 0

    def warm(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._running()
            finally:
                self._lock.release()

    def ask(
        self,
        call: str,
        arguments: Mapping[str, Any],
        payload: bytes,
        seconds: float,
        progress: Callable[[int, int], None] | None,
    ) -> Frame:
        closings = self._closings
        losses = LostPages()
        with self._lock:
            while True:
                worker = self._running()
                if self._closings != closings:
                    worker.kill()
                    raise _stopped()
                try:
                    setup = self.setup
                    if self._knows is not setup:
                        worker.call("define", setup, seconds=PAGE_SECONDS)
                        self._knows = setup
                    asked = {**arguments, "left_out": losses.left_out}
                    told = losses.following(progress)
                    return worker.call(call, asked, payload, seconds=seconds, progress=told)
                except WorkerGone as error:
                    self._worker = None
                    if self._closings != closings:
                        raise _stopped() from error
                    if not losses.again():
                        raise lost(error.why) from error

    def close(self) -> None:
        # Killed before the lock is asked for: whoever waits for an answer is woken by it, and told by the
        # count that this worker was not lost: a document is not read once more for nobody.
        self._closings += 1
        worker = self._worker
        if worker is not None:
            worker.kill()

    def _running(self) -> WorkerProcess:
        if self._worker is None or not self._worker.running:
            if self._worker is not None:
                self._worker.kill()
            self._worker = WorkerProcess("reader")
            self._knows = None
        return self._worker


def _stopped() -> Cancelled:
    return Cancelled("Reading was stopped.", "Choose “Read again” to go on.", code="stopped")


def _of(document: Document) -> dict[str, Any]:
    return {"media_type": _media_type(document), "document_id": document.document_id}


def _told(watch: Watch | None) -> Callable[[int, int], None] | None:
    return None if watch is None else lambda done, total: watch(Progress(done, total))


def _media_type(document: Document) -> str:
    return document.media_type if document.media_type in media.MEDIA_TYPES else media.sniff(document.content)


def extraction_from(data: Any, document_id: str) -> Extraction:
    """An extraction as the worker sends it. Raises ValueError, TypeError or KeyError when it is malformed."""
    count = _whole(data["page_count"], 1, _MOST_PAGES)
    forms = tuple(_form(f, count, document_id) for f in data["forms"])
    parts = []
    for kind, pages in data["parts"]:
        if kind not in _PARTS:
            raise ValueError("a part of no known kind")
        parts.append(Part(kind, tuple(_whole(p, 1, count) for p in pages)))
    texts = []
    for page, entries in data["texts"]:
        words = words_from(entries)
        if words is None:
            raise ValueError("words of a wrong shape")
        texts.append(PageText(_whole(page, 1, count), words))
    unread = tuple(_whole(p, 1, count) for p in data.get("unread", ()))
    return Extraction(count, forms, tuple(parts), tuple(texts), _fraction(data["seconds"], 1e7), unread)


def _form(data: Any, count: int, document_id: str) -> FormExtraction:
    turns = tuple((_whole(page, 1, count), _whole(turn, 0, 3)) for page, turn in data["quarter_turns"])
    return FormExtraction(
        str(data["form_type"])[:80],
        str(data["processor_version"])[:40],
        tuple(_whole(p, 1, count) for p in data["pages"]),
        tuple(_field(f, count, document_id) for f in data["fields"]),
        turns,
    )


def _field(data: Any, count: int, document_id: str) -> FormField:
    field = field_from(str(data["path"])[:200], data)
    if not isinstance(field.value, (str, bool)) or len(field.path.split(".")) not in (1, 3):
        raise ValueError("a field of a wrong shape")
    for number in (field.confidence, field.placement_confidence):
        _fraction(number, 1.0)
    if field.page is not None:
        _whole(field.page, 1, count)
    if field.box is not None:
        for number in field.box.rounded():
            _fraction(number, 1.0)
    # What a person would have done to the field cannot come from a worker.
    clean = replace(
        field, document_id=document_id, corrected_value=None, by=None, at=None, warnings=(),
        evidence=_evidence(data.get("evidence")),
    )  # fmt: skip
    if clean.state != "unseen":
        raise ValueError("a field somebody has seen")
    return clean


def _evidence(data: Any) -> Evidence | None:
    if data is None:
        return None
    group, numbers = data
    if group not in DEFAULT:
        raise ValueError("evidence of no known group")
    for number in numbers.values():
        if isinstance(number, bool) or not math.isfinite(float(number)):
            raise ValueError("a number out of range")
    return Evidence(group, tuple((str(name)[:40], float(number)) for name, number in numbers.items()))


def _whole(number: Any, least: int, most: int) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise ValueError("a number out of range")
    return number


def _fraction(number: Any, most: float) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError("not a number")
    if not math.isfinite(number) or not 0.0 <= number <= most:
        raise ValueError("a number out of range")
    return float(number)


__all__ = ["OcrFormProcessor", "Unreadable", "extraction_from"]
