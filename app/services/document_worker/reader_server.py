"""The reading worker: loads the models once, reads whole documents and single regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.box import Box
from app.domain.case import field_document
from app.domain.errors import Rejected, Unreadable
from app.domain.extraction import Extraction
from app.domain.form import FormField
from app.domain.processor import FormDefinition, from_json
from app.services.document_worker import limit
from app.services.document_worker.opening import opened
from app.services.document_worker.reading.document import read_document, read_region
from app.services.document_worker.reading.engine import Engine
from app.services.document_worker.serving import Answer, Serve, Tell


class ReaderServer:
    """Answers `define`, `read`, `region`, `recognize`, and for teaching `propose`, `try` and `damage`."""

    def __init__(self) -> None:
        import onnxruntime  # noqa: F401  its files are opened before the limits come

        self._engine: Engine | None = None
        self._definitions: tuple[FormDefinition, ...] = ()
        self._held: tuple[str, Any] | None = None

    def load(self) -> None:
        """Load the models: about a quarter of a second, and most of the worker's memory."""
        self._engine = Engine(limit.threads())

    def calls(self) -> dict[str, Serve]:
        return {
            "define": self.define, "read": self.read, "region": self.region,
            "propose": self.propose, "try": self.try_out, "damage": self.damage, "recognize": self.recognize,
        }  # fmt: skip

    def define(self, header: Mapping[str, Any], _payload: bytes, _tell: Tell) -> Answer:
        self._definitions = tuple(from_json(d) for d in header["definitions"])
        return {"forms": [d.form_type for d in self._definitions]}, b""

    def read(self, header: Mapping[str, Any], payload: bytes, tell: Tell) -> Answer:
        extraction = read_document(
            payload, str(header.get("media_type", "")), str(header.get("document_id", "")), self._definitions,
            self._ready(), tell, _pages(header), frozenset(map(str, header.get("elsewhere", ()))),
        )  # fmt: skip
        return {"extraction": extraction_document(extraction)}, b""

    def region(self, header: Mapping[str, Any], payload: bytes, _tell: Tell) -> Answer:
        words = read_region(
            payload,
            str(header.get("media_type", "")),
            int(header["page"]),
            Box(*header["box"]),
            self._ready(),
        )
        return {"words": [[w.text, *w.box.rounded(), w.confidence] for w in words]}, b""

    def recognize(self, header: Mapping[str, Any], payload: bytes, _tell: Tell) -> Answer:
        """All words of one page. The file is held for its other pages: it comes with the first of them, and again
        when the answer is that it is not `held`.
        """
        from app.services.document_worker.reading.page_words import read_words

        name = str(header["document_id"])
        if payload:
            self._held = name, opened(payload, str(header.get("media_type", "")))
        if self._held is None or self._held[0] != name:
            return {"held": False}, b""
        document, number = self._held[1], int(header["page"])
        if not 1 <= number <= document.page_count:
            raise Unreadable("The document has no such page.", code="no_such_page")
        try:
            text = read_words(document[number - 1], number, self._ready())
        finally:
            _forget_pages()
        words = [[w.text, *w.box.rounded(), w.confidence] for w in text.words]
        return {"held": True, "words": words, "turn": text.turn}, b""

    def propose(self, header: Mapping[str, Any], payload: bytes, tell: Tell) -> Answer:
        from app.services.document_worker.reading.propose import proposal_document, propose_document

        proposal = propose_document(payload, str(header.get("media_type", "")), self._ready(), tell)
        return {"proposal": proposal_document(proposal)}, b""

    def try_out(self, header: Mapping[str, Any], payload: bytes, tell: Tell) -> Answer:
        """As `read`, with one definition of the call's own."""
        extraction = read_document(
            payload, str(header.get("media_type", "")), str(header.get("document_id", "")),
            (from_json(header["definition"]),), self._ready(), tell, _pages(header),
        )  # fmt: skip
        return {"extraction": extraction_document(extraction)}, b""

    def damage(self, header: Mapping[str, Any], payload: bytes, _tell: Tell) -> Answer:
        from app.services.document_worker.damage import damaged

        try:
            content, media_type = damaged(
                payload, str(header.get("media_type", "")), str(header["kind"]), int(header["seed"])
            )
        except Rejected as error:
            return {"rejected": [error.reason, error.next_step, error.code]}, b""
        return {"media_type": media_type}, content

    def _ready(self) -> Engine:
        if self._engine is None:
            self.load()
        assert self._engine is not None  # noqa: S101
        return self._engine


def _forget_pages() -> None:
    """Let go of what MuPDF keeps of pages that were drawn: a package of two hundred must not pile up."""
    import pymupdf

    pymupdf.TOOLS.store_shrink(100)


def _pages(header: Mapping[str, Any]) -> frozenset[int]:
    """The pages not to look at: they cost workers before."""
    return frozenset(int(page) for page in header.get("left_out", ()))


def extraction_document(extraction: Extraction) -> dict[str, Any]:
    """An extraction as JSON; `OcrFormProcessor` reads it back."""
    return {
        "page_count": extraction.page_count,
        "unread": list(extraction.unread),
        "seconds": extraction.seconds,
        "parts": [[p.kind, list(p.pages)] for p in extraction.parts],
        "texts": [
            [t.page, [[w.text, *w.box.rounded(), w.confidence] for w in t.words]] for t in extraction.texts
        ],
        "forms": [
            {
                "form_type": f.form_type,
                "processor_version": f.processor_version,
                "pages": list(f.pages),
                "quarter_turns": [list(t) for t in f.quarter_turns],
                "fields": [_field(field) for field in f.fields],
            }
            for f in extraction.forms
        ],
    }


def _field(field: FormField) -> dict[str, Any]:
    data = {"path": field.path, **field_document(field)}
    if field.evidence is not None:
        data["evidence"] = [field.evidence.group, dict(field.evidence.numbers)]
    return data
