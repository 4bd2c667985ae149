"""What cases are found by: the queue's rows, their words, and the files they hold. All of it follows from the cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from app.domain.case import Case, IntakeStatus, ReviewStatus, from_time, to_time
from app.domain.clock import begin_by
from app.domain.queue import QueueQuery, QueueRow, QueueSort, row_of, search_text
from app.domain.review_queue import ReviewQuery, ReviewRow, review_row_of
from app.services.store.database import Database
from app.services.store.packing import plain
from app.services.store.queue_search import match_of
from app.services.store.schema import SORTED_BY

_LAST = "\U0010ffff"
"""Sorts after every name: cases without a patient stand at the end."""
_STATUSES = tuple(IntakeStatus)
"""A status is kept as its place in here: new ones are added at the end."""
_REVIEWS = tuple(ReviewStatus)
"""The same for the review; the first is that of a case which is not in review."""
UNKNOWN_FORM = "generic"
"""The form type of a form that is read without a definition."""
_BREAK = "\n"
_FEW = 4_000
_COUNT = "SELECT count(*) FROM (SELECT rowid FROM queue_text WHERE queue_text MATCH ? LIMIT ?)"

# fmt: off
_COLUMNS = (
    "case_id", "receipt", "patient", "patient_order", "form_type", "file_name", "status_order",
    "urgency", "received_at", "due_at", "confidence", "lowest", "needs_look", "fields", "page_count",
    "assigned_to", "reason", "form_version", "review_order", "waiting_for", "begin_by", "asked_for", "line_count",
    "flag_count", "text_hash",
)
_ROW = (
    "case_id", "receipt", "patient", "form_type", "file_name", "status_order", "urgency", "received_at", "due_at",
    "confidence", "lowest", "needs_look", "fields", "page_count", "assigned_to", "reason",
)
_REVIEW_ROW = (
    "case_id", "receipt", "patient", "asked_for", "urgency", "due_at", "begin_by", "review_order", "waiting_for",
    "assigned_to", "line_count", "flag_count",
)
# fmt: on

# Only names from the lists above are put into the text of statements.
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM queue WHERE number = ?"  # noqa: S608
_INSERT = f"INSERT INTO queue (number, {', '.join(_COLUMNS)}) VALUES (?{', ?' * len(_COLUMNS)})"  # noqa: S608
_THESE = "number IN (SELECT number FROM cases WHERE case_id IN (SELECT value FROM json_each(?)))"
_ROWS = f"SELECT {', '.join(_ROW)} FROM queue WHERE {_THESE}"  # noqa: S608
_REVIEW_ROWS = f"SELECT {', '.join(_REVIEW_ROW)} FROM queue WHERE {_THESE}"  # noqa: S608


class QueueIndex:
    """Finds cases by what they hold. Kept up to date within the transaction that changes a case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, number: int, case: Case) -> None:
        """Bring everything up to date for a case; only what differs is written."""
        database = self._database
        if case.deleted_at is not None:
            self._take_out(number)
            return
        text = plain(search_text(case))
        digest = hashlib.sha256(text.encode()).digest()[:16]
        review = _review_values(review_row_of(case))
        new = (*_values(row_of(case)), plain(case.processor_version), *review, digest)
        old = database.one(_SELECT, (number,))
        if old is None:
            database.run(_INSERT, (number, *new))
        else:
            # Setting a column rewrites its indexes even when the value is the same.
            changed = [
                (name, value)
                for name, value, before in zip(_COLUMNS, new, old, strict=True)
                if value != before
            ]
            if changed:
                names = ", ".join(f"{name} = ?" for name, _ in changed)
                values = [value for _, value in changed]
                database.run(f"UPDATE queue SET {names} WHERE number = ?", (*values, number))  # noqa: S608
        if old is None or old[-1] != new[-1]:
            if old is not None:
                database.run("DELETE FROM queue_text WHERE rowid = ?", (number,))
            database.run("INSERT INTO queue_text (rowid, text) VALUES (?, ?)", (number, text))
        self._put_contents(number, {d.sha256 for d in case.documents})

    def _take_out(self, number: int) -> None:
        """A tombstone is in no queue, is not found by its words, and its file may be taken in again."""
        self._database.run("DELETE FROM queue WHERE number = ?", (number,))
        self._database.run("DELETE FROM queue_text WHERE rowid = ?", (number,))
        self._database.run("DELETE FROM contents WHERE case_number = ?", (number,))

    def _put_contents(self, number: int, contents: set[str]) -> None:
        database = self._database
        held = {
            row[0] for row in database.all("SELECT sha256 FROM contents WHERE case_number = ?", (number,))
        }
        for sha256 in sorted(contents - held):
            database.run("INSERT INTO contents (sha256, case_number) VALUES (?, ?)", (sha256, number))
        for sha256 in held - contents:
            database.run("DELETE FROM contents WHERE case_number = ? AND sha256 = ?", (number, sha256))

    def cases_with_content(self, sha256: str) -> tuple[str, ...]:
        rows = self._database.all(
            "SELECT case_id FROM contents JOIN cases ON cases.number = case_number"
            " WHERE sha256 = ? ORDER BY case_number",
            (sha256,),
        )
        return tuple(row[0] for row in rows)

    def ids(self, query: QueueQuery) -> tuple[str, ...]:
        return self._found(query.text, lambda match, few: statement(query, match, few=few))

    def review_ids(self, query: ReviewQuery) -> tuple[str, ...]:
        return self._found(query.text, lambda match, few: review_statement(query, match, few=few))

    def _found(
        self, text: str, asked: Callable[[str | None, bool], tuple[str, tuple[Any, ...]]]
    ) -> tuple[str, ...]:
        match = match_of(text)
        if match is None and text.strip():
            return ()  # only signs were typed: no word begins with them
        few = False
        if match is not None:
            counted = self._database.one(_COUNT, (match, _FEW))
            few = counted is not None and counted[0] < _FEW
        row = self._database.one(*asked(match, few))
        if match is not None:
            self._database.sound()
        return tuple(row[0].split(_BREAK)) if row and row[0] else ()

    def rows(self, ids: Iterable[str]) -> tuple[QueueRow, ...]:
        wanted = list(ids)
        found = {row[0]: row for row in self._database.all(_ROWS, (json.dumps(wanted),))}
        return tuple(_row_from(found[case_id]) for case_id in wanted if case_id in found)

    def review_rows(self, ids: Iterable[str]) -> tuple[ReviewRow, ...]:
        wanted = list(ids)
        found = {row[0]: row for row in self._database.all(_REVIEW_ROWS, (json.dumps(wanted),))}
        return tuple(_review_row_from(found[case_id]) for case_id in wanted if case_id in found)

    def review_counts(self) -> dict[ReviewStatus, int]:
        counted = dict(self._database.all("SELECT review_order, count(*) FROM queue GROUP BY review_order"))
        return {status: counted.get(order, 0) for order, status in enumerate(_REVIEWS) if order}

    def without_review(self) -> tuple[int, ...]:
        """Verified cases that an earlier program stored: they are in review, and their rows do not say so."""
        rows = self._database.all(
            "SELECT number FROM queue WHERE status_order = ? AND begin_by = ''",
            (_STATUSES.index(IntakeStatus.VERIFIED),),
        )
        return tuple(row[0] for row in rows)

    def counts(self) -> dict[IntakeStatus, int]:
        counted = dict(self._database.all("SELECT status_order, count(*) FROM queue GROUP BY status_order"))
        return {status: counted.get(order, 0) for order, status in enumerate(_STATUSES)}

    def read_with(self) -> dict[tuple[str, str], int]:
        """How many cases were read with each version of each form type; unread ones are left out."""
        rows = self._database.all(
            "SELECT form_type, form_version, count(*) FROM queue WHERE form_type <> '' GROUP BY 1, 2"
        )
        return {(row[0], row[1]): row[2] for row in rows}

    def read_otherwise(self, form_type: str, version: str, status: IntakeStatus) -> tuple[str, ...]:
        """The cases of a status read with another version of a form type, or as no form type that is known."""
        rows = self._database.all(
            "SELECT case_id FROM queue WHERE status_order = ?"
            " AND ((form_type = ? AND form_version <> ?) OR form_type = ?) ORDER BY number",
            (_STATUSES.index(status), form_type, version, UNKNOWN_FORM),
        )
        return tuple(row[0] for row in rows)

    def without_version(self) -> tuple[int, ...]:
        """Cases of a known form type whose version was not written into the queue when they were read."""
        rows = self._database.all(
            "SELECT number FROM queue WHERE form_version = '' AND form_type NOT IN ('', ?)", (UNKNOWN_FORM,)
        )
        return tuple(row[0] for row in rows)

    def cases_of_receipt(self, *receipts: str) -> tuple[str, ...]:
        """The cases that bear one of these receipts: one, unless two desks had the same code once."""
        rows = self._database.all(
            "SELECT case_id FROM queue WHERE receipt IN (SELECT value FROM json_each(?)) ORDER BY number",
            (json.dumps(receipts),),
        )
        return tuple(str(row[0]) for row in rows)


def statement(
    query: QueueQuery, match: str | None = None, *, few: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """The statement that answers a query of the queue with all ids in one text, and its parameters.

    One text, because fetching a row takes and gives back the interpreter's lock: 100,000 rows would
    take it from the thread that paints 100,000 times. `few` says that not many cases match the text:
    those are looked up and sorted, instead of going through all in order.
    """
    column = SORTED_BY[QueueSort(query.sort)]
    direction = " DESC" if query.descending else ""
    where: list[str] = []
    parameters: list[Any] = []
    wanted = set(query.statuses)
    if wanted and wanted != set(_STATUSES):
        where.append("(1 << status_order) & ?")
        parameters.append(sum(1 << order for order, status in enumerate(_STATUSES) if status in wanted))
    if match is not None:
        where.append("number IN (SELECT rowid FROM queue_text WHERE queue_text MATCH ?)")
        parameters.append(match)
    way = "NOT INDEXED" if few else f"INDEXED BY queue_by_{column}"
    conditions = f"WHERE {' AND '.join(where)} " if where else ""
    order = f"ORDER BY {column}{direction}, number{direction}"
    # Columns are names of the schema; what a person typed is a parameter.
    inner = f"SELECT case_id FROM queue {way} {conditions}{order}"  # noqa: S608
    return f"SELECT group_concat(case_id, char(10)) FROM ({inner})", tuple(parameters)  # noqa: S608


def review_statement(
    query: ReviewQuery, match: str | None = None, *, few: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """The statement that answers a query of the review's queue, as `statement` does."""
    direction = " DESC" if query.descending else ""
    wanted = [order for order, status in enumerate(_REVIEWS) if order and status in query.statuses]
    where: list[str] = ["review_order > 0"]
    parameters: list[Any] = []
    if query.statuses and len(wanted) < len(_REVIEWS) - 1:
        where.append("(1 << review_order) & ?")
        parameters.append(sum(1 << order for order in wanted))
    for column, value in (("waiting_for", query.waiting_for), ("assigned_to", plain(query.assigned_to))):
        if value:
            where.append(f"{column} = ?")
            parameters.append(value)
    if query.unassigned:
        where.append("assigned_to = ''")
    if match is not None:
        where.append("number IN (SELECT rowid FROM queue_text WHERE queue_text MATCH ?)")
        parameters.append(match)
    way = "NOT INDEXED" if few else "INDEXED BY queue_in_review"
    conditions = " AND ".join(where)
    order = f"begin_by{direction}, number{direction}"
    # Columns are names of the schema; what a person typed is a parameter.
    inner = f"SELECT case_id FROM queue {way} WHERE {conditions} ORDER BY {order}"  # noqa: S608
    return f"SELECT group_concat(case_id, char(10)) FROM ({inner})", tuple(parameters)  # noqa: S608


def _review_values(row: ReviewRow) -> tuple[Any, ...]:
    """A row of the review's queue as the columns take it that the queue of intake does not have."""
    return (
        _REVIEWS.index(row.status),
        row.waiting_for,
        to_time(row.begin_by),
        plain(row.asked_for),
        row.lines,
        row.flags,
    )


def _review_row_from(values: tuple[Any, ...]) -> ReviewRow:
    (
        case_id,
        receipt,
        patient,
        asked,
        urgency,
        due_at,
        begin,
        order,
        waiting_for,
        assigned_to,
        lines,
        flags,
    ) = values
    due = from_time(due_at)
    return ReviewRow(
        case_id, receipt, patient, asked, urgency, due, from_time(begin) if begin else begin_by(due, urgency),
        _REVIEWS[order], waiting_for, assigned_to, lines, flags,
    )  # fmt: skip


def _values(row: QueueRow) -> tuple[Any, ...]:
    """A row of the queue as its columns take it, in the order of `_COLUMNS`, up to the reason."""
    return (
        row.case_id,
        row.receipt,
        plain(row.patient),
        plain(row.patient.casefold()) or _LAST,
        plain(row.form_type),
        plain(row.file_name),
        _STATUSES.index(row.status),
        row.urgency,
        to_time(row.received_at),
        to_time(row.due_at),
        row.confidence,
        row.lowest,
        row.needs_look,
        row.fields,
        row.page_count,
        plain(row.assigned_to),
        plain(row.reason),
    )


def _row_from(values: tuple[Any, ...]) -> QueueRow:
    named = dict(zip(_ROW, values, strict=True))
    named["status"] = _STATUSES[named.pop("status_order")]
    named["received_at"] = from_time(named["received_at"])
    named["due_at"] = from_time(named["due_at"])
    return QueueRow(**named)
