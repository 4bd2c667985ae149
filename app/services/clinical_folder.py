"""Clinical documents that arrive without a case: each waits with the open cases it may belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

from app.domain.belonging import Printed, Proposal, Sign, Spelled, judged, known_of, names_of, said_on
from app.domain.case import Json, Reason, ReviewStatus, from_time, to_time
from app.domain.errors import Actionable, NoSuchCase, Rejected, Unreadable
from app.domain.extraction import PageText
from app.domain.queue import QueueQuery, QueueSort
from app.domain.role import MACHINES, Right
from app.services.attachment import Attached, Attaching, Prepared
from app.services.document_text import DocumentTexts
from app.services.lanes import Lanes
from app.services.ports import Watch
from app.services.watched_folder import WatchedFolder

P = ParamSpec("P")
T = TypeVar("T")

CLINICAL = "clinical_docs"
BY_ITSELF = "program"
_SETTING = "clinical_placing"
_MOST_CANDIDATES = 60
_MOST_SCANNED = 3000
_MOST_PROPOSED = 8
_PAGES_LOOKED_AT = 15
"""Whose a document is stands on its first pages, if anywhere."""


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document that belongs to no case yet. `reason` says why it waits; `proposals` are best first.

    `also_with` are receipts of cases that hold the same file already. `reading` while its text is not there.
    """

    document_id: str
    name: str
    sha256: str
    media_type: str
    page_count: int
    received_at: datetime
    reason: Reason
    proposals: tuple[Proposal, ...] = ()
    also_with: tuple[str, ...] = ()
    reading: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a document that was taken in: it waits, or it was attached by itself."""

    waiting: WaitingDocument | None
    attached: Attached | None = None


class ClinicalFolder:
    """Takes clinical documents in and proposes where they belong. Nothing is attached by itself, unless an
    administrator switched that on and one case alone agrees to the letter.

    `take_in` and `take_in_file` run in the lane `texts`, `look` in any; everything else in the store's lane.
    """

    def __init__(self, attaching: Attaching, texts: DocumentTexts, lanes: Lanes, folder: Path) -> None:
        self._attaching, self._texts, self._lanes = attaching, texts, lanes
        self._changes, self._store = attaching.changes, attaching.changes.store
        self.folder = folder
        self.watched = WatchedFolder(folder)

    # In the lane `texts`

    def look(self) -> tuple[Path, ...]:
        """Files in the watched folder that are complete."""
        return self.watched.look()

    def take_in_file(self, path: Path, by: str, watch: Watch | None = None) -> Taken:
        """Take a file in from the watched folder, and remove it from there once it is kept."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Rejected(
                f"“{path.name}” cannot be read: {error.strerror}.",
                "Check the file and its rights.",
                code="file_refused",
            ) from error
        taken = self.take_in(path.name, content, by, watch)
        self.watched.settle(path)
        return taken

    def take_in(self, name: str, content: bytes, by: str, watch: Watch | None = None) -> Taken:
        """Keep a document, read it, and say where it may belong. What cannot be opened waits with the reason.

        The same content twice waits once. Raises `NotAllowed`, `SignInRequired`, `StorageFailed`, and `Cancelled`
        when the watch says so: it then waits unread.
        """
        self._in_store(self._allow, by)
        reason: Unreadable | None = None
        try:
            prepared = self._attaching.prepare(content)
        except Unreadable as error:
            reason = error
            self._attaching.blobs.put(content)
            prepared = Prepared(hashlib.sha256(content).hexdigest(), "", 0)
        document_id = self._in_store(self._arrive, name, prepared, by, reason)
        if reason is None:
            self._texts.read_content(prepared.sha256, prepared.media_type, prepared.page_count, watch)
        return self._in_store(self._settle, document_id)

    def resume(self, watch: Watch | None = None) -> tuple[Taken, ...]:
        """Go on with documents whose reading was cut off."""
        taken = []
        for waiting in self._in_store(self.waiting):
            if waiting.reading:
                self._texts.read_content(waiting.sha256, waiting.media_type, waiting.page_count, watch)
                taken.append(self._in_store(self._settle, waiting.document_id))
        return tuple(taken)

    def _in_store(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._lanes.submit("store", function, *args, **kwargs).result()

    # In the store's lane

    def waiting(self) -> tuple[WaitingDocument, ...]:
        """What waits for somebody to say where it belongs, oldest first."""
        return tuple(_waiting(document_id, body) for document_id, body in self._store.waiting_documents.all())

    def propose_again(self) -> tuple[WaitingDocument, ...]:
        """The waiting documents judged anew by the cases there are now."""
        for document_id, body in self._store.waiting_documents.all():
            if not body.get("reading") and not body.get("unreadable"):
                self._settle(document_id, by_itself=False)
        return self.waiting()

    def accept(self, document_id: str, case_id: str, by: str) -> Attached:
        """Attach a waiting document to a case; it waits no more. Raises `Rejected` when it does not wait."""
        body = self._body(document_id)
        if body.get("unreadable"):
            raise Rejected(body["reason"]["text"], body["reason"]["next_step"], code=body["reason"]["code"])
        prepared = Prepared(body["sha256"], body["media_type"], body["page_count"])
        attached = self._attaching.attach(case_id, body["name"], b"", by, "clinical", prepared)
        self._store.waiting_documents.drop(document_id)
        self._texts.want(case_id)
        return attached

    def refuse(self, document_id: str, reason: str, by: str) -> None:
        """Take a document off the list that belongs to no request here. Its file and the note of it are kept."""
        self._allow(by)
        if not reason.strip():
            raise Rejected("Say why it is taken off the list.", "A few words are enough.", code="no_reason")
        body = self._body(document_id)
        detail: Json = {"document": document_id, "sha256": body["sha256"], "reason": reason.strip()}
        self._store.note("document_refused", by, self._changes.now(), None, detail)
        self._store.waiting_documents.drop(document_id)

    @property
    def places_by_itself(self) -> bool:
        """Whether a document that one case alone agrees with to the letter is attached without being asked for."""
        return bool((self._store.recall(_SETTING) or {}).get("on"))

    def place_by_itself(self, on: bool, by: str) -> None:
        """Switch that on or off. Raises `NotAllowed` for anybody but an administrator."""
        self._changes.check(by, Right.ADMINISTER)
        if on != self.places_by_itself:
            self._store.remember(_SETTING, {"on": on})
            self._store.note("clinical_placing", by, self._changes.now(), None, {"on": on})

    def propose(self, texts: Iterable[PageText]) -> tuple[Proposal, ...]:
        """The open cases a document may belong to, best first."""
        printed = said_on(islice(texts, _PAGES_LOOKED_AT))
        found = self._judged(self._candidates(printed), printed) or self._judged(
            self._alike(printed), printed
        )
        found.sort(key=lambda p: (-p.score, p.receipt))
        return tuple(found[:_MOST_PROPOSED])

    def _judged(self, case_ids: Iterable[str], printed: Printed) -> list[Proposal]:
        found = []
        for case_id in case_ids:
            document = self._store.case_document(case_id)
            proposal = judged(known_of(document), printed)
            closed = document.get("status") == ReviewStatus.COMPLETED
            if proposal is not None and (not closed or Sign.RECEIPT in proposal.why):
                found.append(proposal)
        return found

    def _candidates(self, printed: Printed) -> tuple[str, ...]:
        """Cases worth a look, by the index of the queue."""
        found: dict[str, None] = {}
        for receipt in printed.receipts:
            try:
                found[self._store.find(receipt)] = None
            except NoSuchCase:
                continue
        for text in _searched(printed):
            for case_id in self._store.queue(QueueQuery(text, statuses=()))[:_MOST_CANDIDATES]:
                found[case_id] = None
        return tuple(found)[: 4 * _MOST_CANDIDATES]

    def _alike(self, printed: Printed) -> tuple[str, ...]:
        """Among the latest cases those of whose patient one name stands in the document, or nearly so: misread ids
        and names are in no index.
        """
        latest = QueueQuery(statuses=(), sort=QueueSort.RECEIVED, descending=True)
        words = Spelled.of(printed.words)
        rows = self._store.rows(self._store.queue(latest)[:_MOST_SCANNED])
        found = [row.case_id for row in rows if any(name in words for name in names_of(row.patient))]
        return tuple(found[: 4 * _MOST_CANDIDATES])

    def _allow(self, by: str) -> None:
        if by not in MACHINES:
            self._changes.check(by, Right.TAKE_IN)

    def _arrive(self, name: str, prepared: Prepared, by: str, error: Actionable | None) -> str:
        shelf, now = self._store.waiting_documents, self._changes.now()
        known = shelf.with_content(prepared.sha256)
        if known is not None:
            return known
        document_id = self._changes.new_id()
        body: Json = {
            "name": name.encode("utf-8", "replace").decode(),
            "sha256": prepared.sha256,
            "media_type": prepared.media_type,
            "page_count": prepared.page_count,
            "received_at": to_time(now),
            "reading": error is None,
            "unreadable": error is not None,
            "reason": _words(error) if error else _words(_READING),
            "proposals": [],
        }
        shelf.put(document_id, prepared.sha256, body)
        self._store.note(
            "document_arrived", by, now, None, {"document": document_id, "sha256": prepared.sha256}
        )
        return document_id

    def _settle(self, document_id: str, *, by_itself: bool = True) -> Taken:
        """Judge a waiting document by its text; attach it when that is allowed and beyond doubt."""
        body = self._body(document_id)
        if body["unreadable"]:
            return Taken(_waiting(document_id, body))
        texts = self._store.words(body["sha256"])
        proposals = self.propose(texts)
        sure = [proposal for proposal in proposals if proposal.sure]
        if by_itself and len(sure) == 1 and self.places_by_itself:
            return Taken(None, self.accept(document_id, sure[0].case_id, BY_ITSELF))
        others = [row.receipt for row in self._store.rows(self._store.cases_with_content(body["sha256"]))]
        body |= {
            "reading": False,
            "reason": _words(_why(texts, proposals)),
            "proposals": [[p.case_id, p.receipt, p.score, list(p.why), p.sure] for p in proposals],
            "also_with": others,
        }
        self._store.waiting_documents.put(document_id, body["sha256"], body)
        return Taken(_waiting(document_id, body))

    def _body(self, document_id: str) -> Json:
        body = self._store.waiting_documents.get(document_id)
        if body is None:
            raise Rejected(
                "This document does not wait any more.", "Look at the list again.", code="not_waiting"
            )
        return body


def _searched(printed: Printed) -> list[str]:
    """What to look for in the index of the queue: ids, dates of birth as they may be written, names."""
    ids = [each for each in printed.ids if len(each) >= 6][:30]
    births = printed.births or (printed.dates if len(printed.dates) <= 4 else frozenset())
    dates = [
        text
        for day in sorted(births)
        for text in (f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day.year}", f"{day:%Y-%m-%d}")
    ]
    names = [name for name in printed.names if len(name.split()) >= 2][:6]
    pairs = [" ".join(name.split()[:2]) for name in names]
    return list(dict.fromkeys([*ids, *dates, *names, *pairs]))


_READING = Rejected("Its text is being read.", "Wait until it is read.", code="being_read")


def _why(texts: tuple[PageText, ...], proposals: tuple[Proposal, ...]) -> Actionable:
    """Why a document waits, in words."""
    if not any(page.words for page in texts):
        return Rejected(
            "Nothing on it could be read as text.", "Look at it and choose its request.", code="nothing_read"
        )
    if not proposals:
        return Rejected(
            "No open request agrees with what is written on it.",
            "Choose its request, or refuse it.",
            code="no_case",
        )
    if len(proposals) > 1:
        return Rejected(
            f"{len(proposals)} open requests may be meant.",
            "Choose the one it belongs to.",
            code="several_cases",
        )
    return Rejected("One open request may be meant.", "Look at both, then accept or choose.", code="one_case")


def _words(error: Actionable) -> Json:
    return {"text": error.reason, "next_step": error.next_step, "code": error.code}


def _waiting(document_id: str, body: Json) -> WaitingDocument:
    reason = body["reason"]
    return WaitingDocument(
        document_id,
        body["name"],
        body["sha256"],
        body["media_type"],
        body["page_count"],
        from_time(body["received_at"]),
        Reason(reason["text"], reason["next_step"], reason["code"]),
        tuple(
            Proposal(c, r, s, tuple(Sign(sign) for sign in why), sure)
            for c, r, s, why, sure in body["proposals"]
        ),
        tuple(body.get("also_with", ())),
        bool(body["reading"]),
    )
