"""Arrivals become cases: an object that was stored is read and stands in the queue, once, whatever happens on the way.

Everything has an id that follows from the object's generation: the case, its further forms, the receipts. An event
that comes again, comes twice at once or was left half done leads to the same case.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from app.domain.case import IntakeStatus, Json, to_time
from app.domain.change import Action
from app.domain.errors import Actionable, Cancelled, Offline, Rejected, SignInRequired, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction
from app.domain.sync import Answer, RemoteCase
from app.services.case_reading import NO_FORM, form_entry, form_values, unread_reason
from app.services.ingestion_service.arrival_case import (
    TryLater,
    document_of,
    elsewhere,
    gave_up,
    hopeless,
    read_by_desk,
    since,
    status,
    to_be_mended,
    took_too_long,
    unread,
)
from app.services.ingestion_service.arrival_file import ArrivalFile, fetched
from app.services.ingestion_service.arrival_id import ARRIVALS, arrival_id_of, derived, further_id, uri_of
from app.services.ingestion_service.case_writing import CaseWriting
from app.services.ingestion_service.event import Arrival
from app.services.ingestion_service.numbering import ReceiptNumbers
from app.services.ingestion_service.port import Ledger
from app.services.intake import new_case
from app.services.ports import BucketRemote, FormProcessor, Progress, Watch

POISON = "poison/"
"""Under which names lie copies of what was set aside; they are no arrivals."""
READER = "reader"
PROGRAM = "program"
PATIENCE = timedelta(minutes=3)
"""After which another instance goes on with an arrival: whoever reads it has died, or is so slow that both may."""
TRIES = 4
"""How often reading a file may end without any answer: what kills its reader every time is not tried for ever."""
WAIT_FOR_DESK = timedelta(hours=12)
"""How long a file that a desk uploaded waits for the desk's case. Half of what Eventarc tries an event for."""
LONGEST_READING = timedelta(minutes=13)
"""Of one file; Cloud Run ends a request after fifteen."""
_SAME = "same_content"
_CASE = re.compile(r"[0-9A-Za-z_-]{1,128}")
_MOVES = 5


class Outcome(StrEnum):
    WRITTEN = "written"
    ADOPTED = "adopted"
    KNOWN = "known"
    """The arrival was dealt with before."""
    IGNORED = "ignored"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival: its cases with their intake statuses, and how many pages were read."""

    outcome: Outcome
    arrival_id: str
    cases: Mapping[str, str]
    pages: int = 0
    code: str = ""


class Ingesting:
    """Takes arrivals in. Thread-safe.

    Raises `Offline` (also `TryLater`) and `SignInRequired` for what may succeed later: the event has to come again.
    """

    def __init__(
        self,
        writing: CaseWriting,
        buckets: BucketRemote,
        processor: FormProcessor,
        ledger: Ledger,
        numbers: ReceiptNumbers,
        *,
        bucket: str = ARRIVALS,
        instance: str = "",
        patience: timedelta = PATIENCE,
    ) -> None:
        """`bucket` is what the bucket of arrivals is called in the project."""
        self._writing, self._cases = writing, writing.cases
        self._buckets, self._processor = buckets, processor
        self._ledger, self._numbers = ledger, numbers
        self._bucket = bucket
        self._instance = instance or uuid.uuid4().hex
        self._patience = patience
        self._active: set[str] = set()
        self._lock = threading.Lock()

    def take(self, arrival: Arrival) -> Taken:
        """Deal with one arrival, from the event to the case in the queue. Blocks while its form is read."""
        arrival_id = arrival_id_of(arrival)
        if arrival.bucket not in (self._bucket, ARRIVALS) or arrival.name.startswith(POISON):
            return Taken(Outcome.IGNORED, arrival_id, {})
        if arrival.name.endswith("/") and not arrival.size:
            return Taken(Outcome.IGNORED, arrival_id, {})  # how a console makes a folder
        with self._alone(arrival_id):
            try:
                return self._take(arrival, arrival_id)
            except Rejected as error:
                if hopeless(error):  # nobody can write this case: not now, not later
                    return self.set_aside(arrival, error.code)
                # a right or an index that is missing: an administrator mends it, and the event comes again
                raise TryLater(error.reason, error.next_step, code=error.code) from error

    def set_aside(self, arrival: Arrival, code: str) -> Taken:
        """Keep why no case can be made of an arrival, with a copy of its bytes where that can be had.

        Raises `Offline` where not even that can be kept, for whatever reason: then the event has to come again.
        """
        arrival_id = arrival_id_of(arrival)
        entry: Json = {
            "uri": uri_of(arrival),
            "generation": arrival.generation,
            "size": arrival.size,
            "reason": code,
            "at": to_time(self._writing.now()),
            "copy": "",
        }
        try:
            found = fetched(self._buckets, arrival)
            if found.content:
                name = f"{POISON}{arrival_id}"
                beside = {"reason": code, "source": arrival_id}
                entry["copy"] = self._buckets.put(ARRIVALS, name, found.content, found.media_type, beside).uri
        except Actionable:
            entry["copy"] = ""  # the object itself stays where it is
        try:
            self._ledger.set_aside(arrival_id, entry)
        except Rejected as error:
            raise TryLater(error.reason, error.next_step, code=error.code) from error
        return Taken(Outcome.SET_ASIDE, arrival_id, {}, code=code)

    # One arrival

    def _take(self, arrival: Arrival, arrival_id: str) -> Taken:
        named = arrival.metadata.get("case_id", "")
        if named:
            adopted = self._adopt(arrival, arrival_id, named)
            if adopted is not None:
                return adopted
        case = self._cases.case(arrival_id)
        if case is None:
            found = fetched(self._buckets, arrival)
            case = self._created(arrival, arrival_id, found)
            if found.reason is not None:
                return self._unreadable(case, arrival_id, Outcome.WRITTEN, found.reason)
            return self._read(case, arrival_id, found, Outcome.WRITTEN)
        if not unread(case.document):
            return Taken(Outcome.KNOWN, arrival_id, {case.case_id: status(case.document)})
        case, tries = self._begun(case, arrival_id)
        if tries > TRIES:
            return self._unreadable(case, arrival_id, Outcome.WRITTEN, gave_up())
        found = fetched(self._buckets, arrival)
        if found.reason is not None:
            return self._unreadable(case, arrival_id, Outcome.WRITTEN, found.reason)
        return self._read(case, arrival_id, found, Outcome.WRITTEN)

    def _created(self, arrival: Arrival, arrival_id: str, found: ArrivalFile) -> RemoteCase:
        """The case of an arrival, in the queue with its receipt before it is read."""
        now = self._writing.now()
        received = min(arrival.created or now, now)
        receipt = self._numbers.next(now)
        document = new_case(arrival_id, receipt, received)
        document["documents"] = {
            derived(arrival_id, "document"): {
                "name": arrival.name.rsplit("/", 1)[-1],
                "uri": uri_of(arrival),
                "sha256": found.sha256,
                "media_type": found.media_type,
                "kind": "form",
                "page_count": 0,
                "pages": [],
                "received_at": to_time(received),
                "generation": arrival.generation,
            }
        }
        document |= self._begin(1)
        pushed, after = self._writing.create(
            derived(arrival_id, "received"), document, Action.RECEIVED, PROGRAM
        )
        if pushed.answer is not Answer.APPLIED:
            raise elsewhere()  # the same event, at the same moment, on another instance
        if found.sha256:
            self._ledger.note_content(found.sha256, arrival_id, receipt)
        return RemoteCase(arrival_id, after, pushed.update_time, now)

    def _begun(self, case: RemoteCase, arrival_id: str) -> tuple[RemoteCase, int]:
        """The case marked as being read here, and how often that was begun. Raises `TryLater` while another reads."""
        reader = case.document.get("reader") or {}
        mine = reader.get("instance") == self._instance
        if reader and not mine and since(reader) + self._patience > self._writing.now():
            raise elsewhere()
        tries = int(reader.get("tries", 0)) + 1
        change = derived(case.case_id, f"reading-{arrival_id}-{case.update_time}")
        pushed, after = self._writing.update(case, change, Action.READING, READER, self._begin(tries))
        if pushed.answer is not Answer.APPLIED:
            raise elsewhere()
        if sha256 := form_entry(after)[1].get("sha256"):
            self._ledger.note_content(str(sha256), case.case_id, str(after.get("receipt", "")))
        return RemoteCase(case.case_id, after, pushed.update_time, case.updated_at), tries

    def _begin(self, tries: int) -> Json:
        reader = {
            "host": "ingestion_service",  # no desk's name: a desk takes it for alive
            "pid": 0,
            "instance": self._instance,
            "since": to_time(self._writing.now()),
            "tries": tries,
        }
        return {"intake_status": str(IntakeStatus.READING), "reader": reader, "reason": None}

    def _read(self, case: RemoteCase, arrival_id: str, found: ArrivalFile, outcome: Outcome) -> Taken:
        document_id, _ = form_entry(case.document)
        try:
            extraction = self._processor.process(
                Document(document_id, found.media_type, found.content), self._watch()
            )
        except (Offline, SignInRequired):
            self._let_go(case, arrival_id)
            raise
        except Cancelled:
            return self._unreadable(case, arrival_id, outcome, took_too_long())
        except (Unreadable, Rejected) as error:
            if to_be_mended(error):
                self._let_go(case, arrival_id)
                raise
            return self._unreadable(case, arrival_id, outcome, error)
        if extraction.unread and not extraction.forms:
            reason = unread_reason(extraction.unread)
            nothing = Unreadable(reason["text"], reason["next_step"], code=reason["code"])
            return self._unreadable(case, arrival_id, outcome, nothing, extraction.page_count)
        try:
            return self._written(case, arrival_id, extraction, outcome)
        except Rejected as error:
            if not hopeless(error):
                raise
            return self._unreadable(case, arrival_id, outcome, error, extraction.page_count)

    def _written(self, case: RemoteCase, arrival_id: str, extraction: Extraction, outcome: Outcome) -> Taken:
        first, *others = extraction.forms or (
            FormExtraction(NO_FORM, "", tuple(range(1, extraction.page_count + 1)), ()),
        )
        made = {
            self._further(case.document, extraction, form, place): str(IntakeStatus.NEEDS_REVIEW)
            for place, form in enumerate(others, 2)
        }
        found = self._finish(
            case, arrival_id, Action.READ, lambda document: form_values(document, extraction, first)
        )
        return Taken(outcome, arrival_id, {case.case_id: found, **made}, extraction.page_count)

    def _further(self, origin: Json, extraction: Extraction, form: FormExtraction, place: int) -> str:
        """The case of a further form of a package, as a desk makes it: under the same id, if both do."""
        case_id = further_id(str(origin["case_id"]), place)
        if self._cases.case(case_id) is not None:
            return case_id
        now = self._writing.now()
        document = new_case(case_id, self._numbers.next(now), now)
        document["received_at"] = origin["received_at"]
        document_id, entry = form_entry(origin)
        document["documents"] = {f"{document_id}-{place}": dict(entry)}
        document.update(form_values(document, extraction, form, with_parts=False))
        self._writing.create(derived(case_id, "read"), document, Action.READ, READER)
        return case_id  # whatever was answered: it is there, by this instance or by another

    def _unreadable(
        self, case: RemoteCase, arrival_id: str, outcome: Outcome, error: Actionable, pages: int = 0
    ) -> Taken:
        values = {
            "intake_status": str(IntakeStatus.UNREADABLE),
            "reader": None,
            "reason": {"text": error.reason, "next_step": error.next_step, "code": error.code},
        }
        found = self._finish(case, arrival_id, Action.UNREADABLE, lambda _: values)
        return Taken(outcome, arrival_id, {case.case_id: found}, pages, error.code)

    def _finish(
        self,
        case: RemoteCase,
        arrival_id: str,
        action: Action,
        values: Callable[[Json], Mapping[str, Any]],
    ) -> str:
        """Write what came out on the case as it stands by now; its intake status then. Somebody else's result stays."""
        change = derived(case.case_id, f"{action}-{arrival_id}")
        for _ in range(_MOVES):
            made = {**values(case.document), **self._same(case.document)}
            pushed, after = self._writing.update(case, change, action, READER, made)
            if pushed.answer is Answer.APPLIED:
                return status(after)
            newer = self._cases.case(case.case_id)
            if newer is None or not unread(newer.document):
                return status(newer.document) if newer is not None else ""
            case = newer
        raise elsewhere()

    def _same(self, document: Json) -> Json:
        """Other cases that hold the same bytes, for a person to say whether it was sent twice; none is merged."""
        sha256 = str(form_entry(document)[1].get("sha256") or "")
        same = dict(self._ledger.with_content(sha256)) if sha256 else {}
        for place in (document["case_id"], *document.get(_SAME, {})):
            same.pop(place, None)
        return {_SAME: {**document.get(_SAME, {}), **same}} if same else {}

    def _let_go(self, case: RemoteCase, arrival_id: str) -> None:
        """Nobody reads the case any more, so that the next to try need not wait; that nothing answered says nothing
        against the file. It is no matter if this fails.
        """
        before = case.document.get("reader") or {}
        reader = {
            **before,
            "since": to_time(self._writing.now() - self._patience),
            "tries": max(int(before.get("tries", 1)) - 1, 0),
        }
        change = derived(case.case_id, f"let-go-{arrival_id}-{case.update_time}")
        try:
            self._writing.update(case, change, Action.READING, READER, {"reader": reader})
        except Actionable:
            return

    # Uploads of desks

    def _adopt(self, arrival: Arrival, arrival_id: str, case_id: str) -> Taken | None:
        """A file that a desk uploaded belongs to the desk's case; None when that did not come and it needs its own."""
        if not _CASE.fullmatch(case_id):
            return None
        case = self._cases.case(case_id)
        if case is not None and case.document.get("_meta", {}).get("deleted_at"):
            return Taken(Outcome.KNOWN, arrival_id, {})
        document_id = document_of(case.document, arrival) if case is not None else None
        if case is None or document_id is None:
            age = self._writing.now() - (arrival.created or self._writing.now())
            if age < WAIT_FOR_DESK:
                raise TryLater(
                    "The case of this upload is not there yet, or does not name it.",
                    "Its desk will send it.",
                    code="desk_case_missing",
                )
            return None
        case = self._noted(case, arrival, arrival_id, document_id)
        form = arrival.metadata.get("kind", "form") == "form" and form_entry(case.document)[0] == document_id
        if not form or not unread(case.document) or read_by_desk(case.document):
            return Taken(Outcome.ADOPTED, arrival_id, {case_id: status(case.document)})
        case, tries = self._begun(case, arrival_id)
        if tries > TRIES:
            return self._unreadable(case, arrival_id, Outcome.ADOPTED, gave_up())
        found = fetched(self._buckets, arrival)
        if found.reason is not None:
            return self._unreadable(case, arrival_id, Outcome.ADOPTED, found.reason)
        return self._read(case, arrival_id, found, Outcome.ADOPTED)

    def _noted(self, case: RemoteCase, arrival: Arrival, arrival_id: str, document_id: str) -> RemoteCase:
        """The case with the generation of the upload on its document; noted once."""
        entry = case.document["documents"][document_id]
        if sha256 := entry.get("sha256"):
            self._ledger.note_content(str(sha256), case.case_id, str(case.document.get("receipt", "")))
        if entry.get("generation") == arrival.generation:
            return case
        values: Json = {f"documents.{document_id}.generation": arrival.generation}
        if not entry.get("uri"):
            values[f"documents.{document_id}.uri"] = uri_of(arrival)
        change = derived(case.case_id, f"adopted-{arrival_id}")
        pushed, after = self._writing.update(case, change, Action.RECEIVED, PROGRAM, values)
        if pushed.answer is not Answer.APPLIED:
            raise elsewhere()
        return RemoteCase(case.case_id, after, pushed.update_time, case.updated_at)

    def _watch(self) -> Watch:
        until = self._writing.now() + LONGEST_READING

        def watch(_progress: Progress, /) -> None:
            if self._writing.now() > until:
                raise Cancelled("Reading took too long.", code="reading_too_long")

        return watch

    @contextmanager
    def _alone(self, arrival_id: str) -> Iterator[None]:
        """One thread of this instance deals with an arrival."""
        with self._lock:
            if arrival_id in self._active:
                raise elsewhere()
            self._active.add(arrival_id)
        try:
            yield
        finally:
            with self._lock:
                self._active.discard(arrival_id)
