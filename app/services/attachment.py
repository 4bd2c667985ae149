"""Clinical documents join a case, and leave it again when they belong to somebody else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.attachment import decided_at
from app.domain.case import Case, Json, case_from, to_time
from app.domain.change import MISSING, Action, writes_for
from app.domain.errors import Conflict, Rejected, Unreadable
from app.domain.extraction import Document
from app.domain.review_note import marks_from, pins_from, stated_from
from app.services import media
from app.services.change_log import ChangeLog, Stored
from app.services.ports import BlobStore, DocumentOpener

T = TypeVar("T")

MAX_BYTES = 400_000_000
KINDS = ("clinical", "fax_cover")
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was opened and is kept: what it is, and how many pages it has."""

    sha256: str
    media_type: str
    page_count: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another case that holds the same file: one of the two may be the wrong patient."""

    case_id: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of a document that was attached.

    `known`: the case held these bytes already, nothing was added. `elsewhere` are other cases that hold them.
    `evidence_after_decision`: a determination was made before it came and has not seen it; reopening is the
    reviewer's act.
    """

    case: Case
    document_id: str
    known: bool = False
    elsewhere: tuple[Elsewhere, ...] = ()
    evidence_after_decision: bool = False


@dataclass(frozen=True, slots=True)
class Detached:
    """A case after a document was taken out of it. `quoted`: how many notes of the review rested on the document;
    they stay, and count no more.
    """

    case: Case
    quoted: int


@dataclass(frozen=True, slots=True)
class Attaching:
    """Attaches documents to cases. `attach` and `detach` run in the store's lane, `prepare` in any other: it opens
    the file in a worker.
    """

    changes: ChangeLog
    blobs: BlobStore
    opener: DocumentOpener

    def prepare(self, content: bytes) -> Prepared:
        """Open a file to see that it is a document, and keep it bit for bit.

        Raises `Unreadable` in words for what is empty, locked, too large or no document, `StorageFailed`.
        """
        if len(content) > MAX_BYTES:
            raise Unreadable(
                "The file is larger than a document may be.",
                "Ask the sender to send it in parts.",
                code="too_large",
            )
        media_type = media.sniff_document(content)
        opened = self.opener(Document(hashlib.sha256(content).hexdigest(), media_type, content))
        try:
            count = len(opened.pages)
        finally:
            opened.close()
        return Prepared(self.blobs.put(content), media_type, count)

    def attach(
        self,
        case_id: str,
        name: str,
        content: bytes,
        by: str,
        kind: str = "clinical",
        prepared: Prepared | None = None,
    ) -> Attached:
        """Attach a document to a case. Durable when it returns; `prepared` saves opening it here.

        Raises what `prepare` raises, `NoSuchCase`, `NotAllowed`.
        """
        if kind not in KINDS:
            raise Rejected("Only clinical documents are attached to a case.", code="wrong_kind")
        prepared = prepared or self.prepare(content)
        return self._repeated(lambda: self._attach(case_id, name, by, kind, prepared))

    def _attach(self, case_id: str, name: str, by: str, kind: str, prepared: Prepared) -> Attached:
        changes = self.changes
        document = changes.store.case_document(case_id)
        elsewhere = self._elsewhere(case_id, prepared.sha256)
        for document_id, held in document.get("documents", {}).items():
            if held["sha256"] == prepared.sha256:
                return Attached(case_from(document), document_id, known=True, elsewhere=elsewhere)
        document_id = changes.new_id()
        entry: Json = {
            "name": _as_text(name),
            "uri": "",
            "sha256": prepared.sha256,
            "media_type": prepared.media_type,
            "kind": kind,
            "page_count": prepared.page_count,
            "pages": list(range(1, prepared.page_count + 1)),
            "first_fax_page": 1,
            "received_at": to_time(changes.now()),
            "attached_by": by,
        }
        stored = self._write(document, Action.ATTACHED, by, {f"documents.{document_id}": entry})
        late = decided_at(document) is not None
        return Attached(stored.case, document_id, elsewhere=elsewhere, evidence_after_decision=late)

    def detach(self, case_id: str, document_id: str, reason: str, by: str) -> Detached:
        """Take a wrongly attached document out of a case. Its file and the trace of it are kept, with the reason.

        Raises `Rejected` without a reason, and for what came with the form itself.
        """
        if not reason.strip():
            raise Rejected("Say why the document is taken out.", "A few words are enough.", code="no_reason")
        return self._repeated(lambda: self._detach(case_id, document_id, reason.strip(), by))

    def _detach(self, case_id: str, document_id: str, reason: str, by: str) -> Detached:
        document = self.changes.store.case_document(case_id)
        entry = document.get("documents", {}).get(document_id)
        if entry is None:
            raise Rejected("The case holds no such document.", "Look at it again.", code="no_such_document")
        if not entry.get("attached_by"):
            raise Rejected(
                "This document came with the request itself and stays with it.",
                "Dismiss the request when it belongs to somebody else.",
                code="came_with_the_form",
            )
        gone = {**entry, "reason": reason, "detached_by": by, "detached_at": to_time(self.changes.now())}
        values = {f"documents.{document_id}": MISSING, f"detached.{document_id}": gone}
        stored = self._write(document, Action.DETACHED, by, values)
        return Detached(stored.case, _quoted(stored.document, document_id))

    def _write(self, document: Json, action: Action, by: str, values: dict[str, Any]) -> Stored:
        return self.changes.write(document, document["case_id"], action, by, writes_for(document, values))

    def _elsewhere(self, case_id: str, sha256: str) -> tuple[Elsewhere, ...]:
        store = self.changes.store
        others = [c for c in store.cases_with_content(sha256) if c != case_id]
        return tuple(Elsewhere(row.case_id, row.receipt) for row in store.rows(others))

    def _repeated(self, act: Callable[[], T]) -> T:
        """Again when another program changed the case between two lines: attaching does not touch what it did."""
        for _ in range(_TRIES - 1):
            try:
                return act()
            except Conflict as error:
                if error.code != "case_moved":
                    raise
        return act()


def _quoted(document: Json, document_id: str) -> int:
    """How many notes of the review rest on a document."""
    marks = sum(any(e.document == document_id for e in mark.evidence) for mark in marks_from(document))
    pins = sum(evidence.document == document_id for _, evidence in pins_from(document))
    facts = (fact.evidence for fact in stated_from(document))
    return marks + pins + sum(e is not None and e.document == document_id for e in facts)


def _as_text(name: str) -> str:
    """A file's name without its folders; it may hold bytes that are no text."""
    return name.replace("\\", "/").rpartition("/")[2].encode("utf-8", "replace").decode()
