"""Intake: a file arrives, is told its receipt at once, is read, and becomes one or more cases."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain import clock
from app.domain.case import Case, IntakeStatus, Json, case_from, to_time
from app.domain.change import Action, Change, Write, writes_for
from app.domain.errors import Actionable, Cancelled, Conflict, NoSuchCase, Rejected, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction
from app.domain.queue import QueueQuery, QueueSort
from app.domain.rereading import Reread, reread, rows_given
from app.services import media
from app.services.case_reading import (
    NO_FORM,
    PAGES_UNREAD,
    field_maps,
    form_entry,
    form_of_case,
    form_values,
    unread_reason,
)
from app.services.change_log import ChangeLog, Stored
from app.services.ports import BlobStore
from app.services.reader_life import alive


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """A case after it was read again: the version it had been read with, and what became of its fields."""

    case: Case
    version_before: str
    fields: Reread


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a file that was handed in: its case and receipt, told before it is read.

    `known` is true when the same bytes had arrived before: `case` is then the earlier one.
    """

    case: Case
    known: bool


def _nothing() -> None:
    """Before a reading, where nothing has to be told to anybody."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes files in. Every method runs in the store's lane, except that reading itself happens between
    `begin_reading` and `finish_reading`, in the lane that reads.
    """

    changes: ChangeLog
    blobs: BlobStore
    prepare: Callable[[], object] = _nothing
    """Called before every reading: what other programs published is told to the form processor."""

    def arrive(self, content: bytes, name: str, by: str) -> Arrival:
        """Keep a file bit for bit and give it a receipt. Durable when it returns.

        A file that can be told to be unreadable at a glance (empty, not a document) is kept and queued
        as `unreadable` at once. Raises `StorageFailed` when it could not be kept.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        known = self._known(sha256)
        if known is not None:
            return Arrival(known, known=True)
        reason: Unreadable | None = None
        media_type = ""
        try:
            media_type = media.sniff(content)
        except Unreadable as error:
            reason = error
        self.blobs.put(content)
        now = self.changes.now()
        case_id = self.changes.new_id()
        document = new_case(case_id, self.changes.store.take_receipt(now), now)
        document["documents"] = {
            self.changes.new_id(): {
                "name": name.encode(
                    "utf-8", "replace"
                ).decode(),  # a file's name may hold bytes that are no text
                "uri": "",
                "sha256": sha256,
                "media_type": media_type,
                "kind": "form",
                "page_count": 0,
                "pages": [],
                "received_at": to_time(now),
            }
        }
        try:
            stored = self.changes.write(None, case_id, Action.RECEIVED, by, writes_for({}, document))
        except Conflict:
            known = self._known(sha256)  # another process took the same bytes in at the same moment
            if known is None:
                raise
            return Arrival(known, known=True)
        if reason is not None:
            stored = self._set_unreadable(stored.document, reason, by)
        return Arrival(stored.case, known=False)

    def _known(self, sha256: str) -> Case | None:
        cases = self.changes.store.cases_with_content(sha256)
        return case_from(self.changes.store.case_document(cases[0])) if cases else None

    def waiting(self) -> tuple[str, ...]:
        """Cases that are received, or whose reading was cut off when its process ended, oldest first."""
        found = []
        unread = QueueQuery(statuses=(IntakeStatus.RECEIVED, IntakeStatus.READING), sort=QueueSort.RECEIVED)
        for case_id in self.changes.store.queue(unread):
            if not self.changes.store.sync.made_here(case_id):
                continue  # another desk took it in, and reads it
            document = self.changes.store.case_document(case_id)
            if document["intake_status"] == IntakeStatus.RECEIVED:
                if document.get("reason") is None:
                    found.append(case_id)
            elif not alive(document.get("reader") or {}):
                found.append(case_id)
        return tuple(found)

    def begin_reading(self, case_id: str, by: str) -> Document:
        """Mark the case as being read by this process and hand out its file.

        Raises `Conflict` when another living process reads it, `StorageFailed` when the file is gone.
        """
        document = self.changes.store.case_document(case_id)
        status = document["intake_status"]
        if status == IntakeStatus.READING and alive(document.get("reader") or {}, others_only=True):
            raise Conflict(
                "This case is being read by another program.", "Wait until it is done.", code="being_read"
            )
        if status in (IntakeStatus.NEEDS_REVIEW, IntakeStatus.VERIFIED):
            raise Conflict("This case has been read already.", "Open it.", code="already_read")
        self.prepare()
        document_id, entry = form_entry(document)
        content = self.blobs.get(entry["sha256"])
        media_type = entry["media_type"] or media.sniff(content)
        writes = writes_for(
            document,
            {
                "intake_status": str(IntakeStatus.READING),
                "reader": {"pid": os.getpid(), "host": platform.node()},
                "reason": None,
            },
        )
        self.changes.write(document, case_id, Action.READING, by, writes)
        return Document(document_id, media_type, content)

    def finish_reading(self, case_id: str, extraction: Extraction, by: str) -> tuple[Case, ...]:
        """Store what was read: the first form becomes this case, every further form one of its own.

        Reading the same case again after a crash makes no case twice.
        """
        document = self.changes.store.case_document(case_id)
        _, entry = form_entry(document)
        self.changes.store.keep_words(entry["sha256"], extraction.texts)
        if extraction.unread and not extraction.forms:
            reason = unread_reason(extraction.unread)
            error = Unreadable(reason["text"], reason["next_step"], code=reason["code"])
            return (self._set_unreadable(document, error, by).case,)
        first, *others = extraction.forms or (
            FormExtraction(NO_FORM, "", tuple(range(1, extraction.page_count + 1)), ()),
        )
        cases = [
            self._further_case(document, extraction, form, place, by) for place, form in enumerate(others, 2)
        ]
        stored = self._put_form(document, extraction, first, by)
        return (stored.case, *cases)

    def fail_reading(self, case_id: str, error: Actionable, by: str) -> Case:
        """Store why a file could not be read; a cancelled reading goes back to `received` and waits."""
        document = self.changes.store.case_document(case_id)
        return self._set_unreadable(document, error, by).case

    def ask_again(self, case_id: str, by: str) -> Case:
        """Queue an unreadable or stopped case to be read again from the start.

        Raises `Rejected` for a case that was read: `begin_reading_again` keeps what people did to it.
        """
        document = self.changes.store.case_document(case_id)
        if document["intake_status"] in (IntakeStatus.NEEDS_REVIEW, IntakeStatus.VERIFIED):
            raise Rejected("This case has been read already.", "Open it.", code="already_read")
        writes = writes_for(document, {"intake_status": str(IntakeStatus.RECEIVED), "reason": None})
        return self.changes.write(document, case_id, Action.RECEIVED, by, writes).case

    def begin_reading_again(self, case_id: str) -> Document:
        """The file of a case in review, to be read with the versions in force. Nothing changes until it is read,
        so that people can go on with the case and a reading that is cut off leaves no trace.

        Raises `Rejected` with the reason for a case that is verified or was never read.
        """
        document = self.changes.store.case_document(case_id)
        _refuse_reading_again(document)
        self.prepare()
        document_id, entry = form_entry(document)
        content = self.blobs.get(entry["sha256"])
        return Document(document_id, entry["media_type"] or media.sniff(content), content)

    def finish_reading_again(self, case_id: str, extraction: Extraction, by: str) -> ReadAgain:
        """Bring a new reading into a case as it stands by now: one change, which its author can undo.

        Fields people touched stay as they are, machine value included, and so do rows they added and what is
        being typed; all others get the new reading. Raises `Rejected` when the case was verified meanwhile, or
        when no form is found on its pages any more.
        """
        while True:
            document = self.changes.store.case_document(case_id)
            _refuse_reading_again(document)
            try:
                return self._read_again(document, extraction, by)
            except Conflict as error:
                if error.code != "case_moved":  # another program changed the case between two lines
                    raise

    def _read_again(self, document: Json, extraction: Extraction, by: str) -> ReadAgain:
        case_id = document["case_id"]
        document_id, entry = form_entry(document)
        form = form_of_case(document, entry, extraction)
        found, tables = field_maps(tuple(replace(f, document_id=document_id) for f in form.fields))
        store = self.changes.store
        rows = rows_given(store.whole_history(case_id))
        made = reread(document, found, tables, tuple(store.drafts(case_id)), rows)
        turns = {str(page): turn for page, turn in form.quarter_turns if turn}
        writes = (
            *writes_for(document, {"form_type": form.form_type, "processor_version": form.processor_version}),
            *writes_for(document, {"read_by": form.reader} if form.reader or "read_by" in document else {}),
            *writes_for(document, {f"documents.{document_id}.turns": turns}),
            *made.writes,
        )
        if (document.get("reason") or {}).get("code") == PAGES_UNREAD and not extraction.unread:
            writes = (*writes, *writes_for(document, {"reason": None}))
        before = document.get("processor_version", "")
        if not writes:
            store.note("read_again", by, self.changes.now(), case_id, {"version": form.processor_version})
            return ReadAgain(case_from(document), before, made)
        store.keep_words(entry["sha256"], extraction.texts)
        stored = self.changes.write(
            document, case_id, Action.READ_AGAIN, by, writes, (*made.replaced, *made.new)
        )
        return ReadAgain(stored.case, before, made)

    def cases_of_the_same_file(self, case_id: str) -> tuple[Case, ...]:
        """Every case that came with this case's file, this one first."""
        _, entry = form_entry(self.changes.store.case_document(case_id))
        others = [c for c in self.changes.store.cases_with_content(entry["sha256"]) if c != case_id]
        return tuple(self.case(c) for c in (case_id, *others))

    def case(self, case_id: str) -> Case:
        """The case as it stands."""
        return case_from(self.changes.store.case_document(case_id))

    def content(self, case_id: str) -> tuple[str, bytes]:
        """The file name and the original bytes of the form's file, as they arrived."""
        _, entry = form_entry(self.changes.store.case_document(case_id))
        return entry["name"], self.blobs.get(entry["sha256"])

    def _set_unreadable(self, document: Json, error: Actionable, by: str) -> Stored:
        stopped = isinstance(error, Cancelled)
        status = IntakeStatus.RECEIVED if stopped else IntakeStatus.UNREADABLE
        writes = writes_for(
            document,
            {
                "intake_status": str(status),
                "reader": None,
                "reason": {"text": error.reason, "next_step": error.next_step, "code": error.code},
            },
        )
        return self.changes.write(document, document["case_id"], Action.UNREADABLE, by, writes)

    def _put_form(self, document: Json, extraction: Extraction, form: FormExtraction, by: str) -> Stored:
        values = form_values(document, extraction, form)
        change = Change(
            self.changes.new_id(),
            document["case_id"],
            Action.READ,
            by,
            self.changes.now(),
            writes_for(document, values),
        )
        return self.changes.store_change(document, change)

    def _further_case(
        self, origin: Json, extraction: Extraction, form: FormExtraction, place: int, by: str
    ) -> Case:
        case_id = uuid.uuid5(uuid.UUID(origin["case_id"]), f"form-{place}").hex
        with contextlib.suppress(NoSuchCase):
            return case_from(self.changes.store.case_document(case_id))
        received = origin["received_at"]
        document = new_case(case_id, self.changes.store.take_receipt(self.changes.now()), self.changes.now())
        document["received_at"] = received
        document_id, entry = form_entry(origin)
        document["documents"] = {f"{document_id}-{place}": dict(entry)}
        document.update(form_values(document, extraction, form, with_parts=False))
        writes = tuple(Write(w.path, w.base, w.value) for w in writes_for({}, document))
        return self.changes.write(None, case_id, Action.READ, by, writes).case


def new_case(case_id: str, receipt: str, now: datetime) -> Json:
    """The document of a case that has just arrived, without its files."""
    return {
        "case_id": case_id,
        "request_id": case_id,
        "receipt": receipt,
        "form_type": "",
        "processor_version": "",
        "line_of_business": "",
        "urgency": "standard",
        "received_at": to_time(now),
        "due_at": to_time(clock.due("", "standard", now).at),
        "intake_status": str(IntakeStatus.RECEIVED),
        "status": "",
        "assigned_to": "",
        "waiting_for": None,
        "reason": None,
        "reader": None,
        "fields": {},
        "tables": {},
    }


def _refuse_reading_again(document: Json) -> None:
    status = document["intake_status"]
    if status == IntakeStatus.VERIFIED:
        raise Rejected(
            "This case is verified: what was countersigned is not read again.",
            "Undo the verification first.",
            code="verified_stays",
        )
    if status != IntakeStatus.NEEDS_REVIEW:
        raise Rejected("This case has not been read yet.", "Wait until it is read.", code="not_read")
