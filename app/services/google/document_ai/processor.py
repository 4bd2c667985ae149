"""Forms read by Document AI: the pages of each form sent alone, upright, to the processor of its form type."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.case import Json
from app.domain.code import CodeLists, no_lists
from app.domain.errors import Rejected
from app.domain.extraction import Document, Extraction, FormExtraction, PageText
from app.domain.processor import FormDefinition
from app.services import media
from app.services.confidence import Judge
from app.services.google.document_ai.failure import ONLINE, Busy, TooLong, raise_for, translated, unreachable
from app.services.ports import BucketRemote, Progress, Watch

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from app.services.google.document_ai.wire import Wires

ONLINE_PAGES = 15
"""More pages than a custom extractor answers for at once go as a batch."""
ONLINE_BYTES = 20 * 1024 * 1024
DEADLINE = 120.0
"""Seconds one document may take."""
TRIES = 4
READ = (
    "text", "entities", "entity_relations", "error", "shard_info",
    "pages.page_number", "pages.dimension", "pages.layout", "pages.lines", "pages.tokens",
)  # fmt: skip
"""What is asked back: no pictures, no paragraphs."""
WATCHED = 1.0
"""How often whoever watches is asked while a quota is waited for, in seconds."""
LONGEST_WAIT = 60.0
"""Seconds a quota is waited for, where the service says how long: it counts by the minute."""


class Identify(Protocol):
    """Tells which pages of a document hold which form, and how they lie; reads everything but forms of the types
    `elsewhere`. `OcrFormProcessor.read_except` is one.
    """

    def __call__(
        self, document: Document, elsewhere: frozenset[str], watch: Watch | None = None, /
    ) -> Extraction: ...


class Cut(Protocol):
    """These pages of a document (1-based) as a small PDF, each turned clockwise by so many quarter turns."""

    def __call__(self, document: Document, pages: Sequence[int], turns: Sequence[int], /) -> bytes: ...


class Removing(BucketRemote, Protocol):
    """Buckets from which what was only on its way can be removed again, and whose addresses others understand."""

    def remove(self, uri: str) -> None: ...

    def address(self, uri: str) -> str: ...


class DocumentAIFormProcessor:
    """Reads forms with the processors of a project (`ports.FormProcessor`). Thread-safe.

    `processors` are resource names by form type, a version at their end when one is pinned; forms of other types are
    read where they are told apart, by `identify`. `names` gives, by form type, the definition's name for an entity
    type that is called otherwise. `calibrations` are by the resource names of `processors`, looked up at every reading;
    without one,
    Document AI's own numbers are shown, lowered where a rule speaks against a value, and `FormExtraction.reader` says
    so. `buckets` take what is too long to be answered at once; without them it is refused.
    """

    def __init__(
        self,
        processors: Mapping[str, str],
        definition: Callable[[str], FormDefinition | None],
        identify: Identify,
        cut: Cut,
        credentials: Credentials,
        *,
        address: str = "",
        buckets: Callable[[], Removing] | None = None,
        names: Mapping[str, Mapping[str, str]] | None = None,
        calibrations: Mapping[str, Json] | None = None,
        codes: Callable[[], CodeLists] = no_lists,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._processors, self._definition = dict(processors), definition
        self._identify, self._cut = identify, cut
        self._credentials, self._address, self._buckets = credentials, address, buckets
        self._names, self._codes = names or {}, codes
        self._calibrations = calibrations if calibrations is not None else {}
        self._wait = wait or time.sleep
        self._lock = threading.Lock()
        self._made: Wires | None = None

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        """Read every form in the document. Raises what `FormProcessor` raises, `SignInRequired` and `Rejected`."""
        elsewhere = frozenset(t for t in self._processors if self._definition(t) is not None)
        found = self._identify(document, elsewhere, watch)
        forms, texts, began = [], {text.page: text for text in found.texts}, time.perf_counter()
        for form in found.forms:
            if form.form_type not in elsewhere:
                forms.append(form)
                continue
            if watch is not None:
                watch(Progress(found.page_count, found.page_count))
            read, words = self._read(document, form, watch)
            forms.append(read)
            texts |= {text.page: text for text in words if text.words}
        return replace(
            found,
            forms=tuple(forms),
            texts=tuple(texts[page] for page in sorted(texts)),
            seconds=round(found.seconds + time.perf_counter() - began, 3),
        )

    def calibrated(self, name: str) -> bool:
        """Whether the confidences of a processor version were fitted to what people found."""
        return name in self._calibrations

    def close(self) -> None:
        """Let go of the connections; a later call makes them anew."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _read(
        self, document: Document, form: FormExtraction, watch: Watch | None
    ) -> tuple[FormExtraction, tuple[PageText, ...]]:
        from app.services.google.document_ai.entity import found_in, layouts_of
        from app.services.google.document_ai.reading import Paper, fields_of

        definition = self._definition(form.form_type)
        if definition is None:
            raise RuntimeError("a form without a definition is not sent")
        turns = dict(form.quarter_turns)
        lying = tuple(turns.get(page, 0) for page in form.pages)
        content = self._cut(document, form.pages, lying)
        name = self._processors[form.form_type]
        documents = self._asked(name, content, len(form.pages), watch)
        words = {
            text.page - 1: text
            for layout in layouts_of(documents)
            for text in layout.words()
            if 0 < text.page <= len(form.pages)
        }
        paper = Paper(document.document_id, form.pages, lying, {at: text.words for at, text in words.items()})
        fields = fields_of(found_in(documents), definition, paper, self._names.get(form.form_type))
        calibration = self._calibrations.get(name, {})
        reader = f"Document AI {name.rpartition('/')[2]}" + ("" if calibration else ", own confidence")
        read = replace(form, processor_version=definition.version, fields=fields, reader=reader)
        judge = Judge({form.form_type: definition}, {form.form_type: calibration}, self._codes)
        judged = judge.judged(Extraction(1, (read,), ())).forms[0]
        return judged, tuple(
            PageText(
                form.pages[at], tuple(replace(w, box=w.box.turned(-lying[at])) for w in text.words), lying[at]
            )
            for at, text in sorted(words.items())
        )

    def _asked(self, name: str, content: bytes, pages: int, watch: Watch | None) -> list[Any]:
        """The documents that come back for a small PDF: one, or those of a batch."""
        if pages <= ONLINE_PAGES and len(content) <= ONLINE_BYTES:
            try:
                return [self._online(name, content, pages, watch)]
            except TooLong:
                pass  # the service's own limit is lower than the one known here
        if self._buckets is None:
            raise Rejected(
                f"The form has {pages} pages, more than Document AI reads at once.",
                "Ask your administrator to connect the buckets of the project.",
                code="document_ai_pages",
                pages=pages,
            )
        from app.services.google.document_ai.batch import read_in_batch

        return read_in_batch(self._wires(), self._buckets(), name, content, READ, watch, self._wait)

    def _online(self, name: str, content: bytes, pages: int, watch: Watch | None) -> Any:
        from google.cloud.documentai_v1 import Document as Answer
        from google.cloud.documentai_v1 import ProcessRequest, RawDocument
        from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]

        request = ProcessRequest(
            name=name,
            raw_document=RawDocument(content=content, mime_type=media.PDF),
            field_mask=FieldMask(paths=list(READ)),
            skip_human_review=True,
            imageless_mode=True,
        )
        for tried in range(TRIES):
            try:
                with translated(ONLINE):
                    answer = self._wires().of(name).process(request, DEADLINE, watch, Progress(pages, pages))
                    found = Answer.pb(answer.document)
                    raise_for(found.error)
                return found
            except Busy as error:
                if tried + 1 == TRIES or (error.delay or 0.0) > LONGEST_WAIT:
                    raise error.told from error
                self._pause(error.delay, tried, watch, Progress(pages, pages))
        raise unreachable()

    def _pause(self, asked: float | None, tried: int, watch: Watch | None, progress: Progress) -> None:
        """Wait as long as the service asks, else by a growing chance; whoever watches can end it."""
        left = asked if asked is not None else min(8.0, 0.5 * 2**tried) * (0.5 + random.random() / 2)  # noqa: S311 - no secret
        if watch is not None:
            watch(progress)
        while left > 0:
            self._wait(min(left, WATCHED) if watch is not None else left)
            left -= WATCHED if watch is not None else left
            if watch is not None:
                watch(progress)

    def _wires(self) -> Wires:
        with self._lock:
            if self._made is None:
                from app.services.google.document_ai.wire import Wires

                self._made = Wires(self._credentials, self._address)
            return self._made
