"""Editing a case: confirm, correct, mark, undo and verify. Each is one change, durable when it returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.domain import projection
from app.domain.case import (
    Case,
    IntakeStatus,
    Json,
    case_from,
    document_path,
    field_document,
    field_from,
    fields_from,
)
from app.domain.change import (
    MISSING,
    Action,
    Change,
    Write,
    corrected,
    inverse,
    restored,
    settled,
    undo_and_redo,
    value_at,
    writes_for,
)
from app.domain.draft import Draft
from app.domain.errors import Rejected
from app.domain.extraction import PageText
from app.domain.form import FieldKind, FieldState, FormField, Source, Value
from app.domain.processor import FormDefinition
from app.services.change_log import ChangeLog, Stored

REMEMBERED = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as it is opened: with what was being typed in it, its words and what can be undone."""

    case: Case
    drafts: Mapping[str, Draft]
    texts: tuple[PageText, ...]
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True, slots=True)
class Edited:
    """A case after a change: which action, which fields it touched, and what can be undone now."""

    case: Case
    action: Action
    fields: tuple[str, ...]
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True, slots=True)
class Editing:
    """What people do to cases. Every method runs in the store's lane.

    Raises `NoSuchCase`, `Rejected` when the rules of the case do not allow it, `StorageFailed`.
    """

    changes: ChangeLog
    remembered: dict[tuple[str, str], tuple[str, tuple[Change, ...]]] = field(default_factory=dict)
    """What a person did to a case, by (case, person), at a revision: unpacking it all for every key is slow."""

    def open(self, case_id: str, by: str) -> Opened:
        """The case with all that is needed to go on with it. Opening is noted in the audit trail."""
        store = self.changes.store
        self.changes.present(by)
        case = case_from(store.case_document(case_id))
        self.changes.definition(
            case.form_type, case.processor_version
        )  # another program may have published it
        store.note("opened", by, self.changes.now(), case_id, {})
        undo, redo = undo_and_redo(store.history(case_id), by)
        form = case.form_document
        texts = store.words(form.sha256) if form else ()
        return Opened(case, store.drafts(case_id), texts, undo is not None, redo is not None)

    def correct(self, case_id: str, values: Mapping[str, Value], by: str) -> Edited:
        """Put values people typed beside what the machine read; equal values count as confirmed."""
        document = self._open_document(case_id)
        pairs = [(self._field(document, path), value) for path, value in values.items()]
        writes = corrected(document, pairs, by, self.changes.now())
        return self._write(document, Action.CORRECTED, by, writes, tuple(values))

    def confirm(self, case_id: str, paths: tuple[str, ...], by: str) -> Edited:
        """A person says the fields are right as they stand."""
        document = self._open_document(case_id)
        writes: list[Write] = []
        for path in paths:
            field = self._field(document, path)
            state = FieldState.CONFIRMED if field.corrected_value is None else FieldState.CORRECTED
            writes += settled(document, (field,), state, by, self.changes.now())
        return self._write(document, Action.CONFIRMED, by, tuple(writes), paths)

    def mark(self, case_id: str, paths: tuple[str, ...], state: FieldState, by: str) -> Edited:
        """Mark fields illegible or not applicable."""
        actions = {
            FieldState.ILLEGIBLE: Action.ILLEGIBLE,
            FieldState.NOT_APPLICABLE: Action.NOT_APPLICABLE,
        }
        if state not in actions:
            raise Rejected("A field can be marked illegible or not applicable.", code="wrong_mark")
        document = self._open_document(case_id)
        fields = [self._field(document, path) for path in paths]
        writes = settled(document, fields, state, by, self.changes.now())
        return self._write(document, actions[state], by, writes, paths)

    def restore(self, case_id: str, paths: tuple[str, ...], by: str) -> Edited:
        """Bring back the machine's values, unseen."""
        document = self._open_document(case_id)
        writes = restored(document, [self._field(document, path) for path in paths])
        return self._write(document, Action.RESTORED, by, writes, paths)

    def add_row(self, case_id: str, table: str, by: str) -> Edited:
        """Add an empty row at the end of a table, with the columns its form type gives it."""
        document = self._open_document(case_id)
        definition = self.changes.definition(document["form_type"], document["processor_version"])
        columns = _columns(document, table, definition)
        rows = document["tables"].get(table, {}).get("rows", {})
        numbers = [int(m.group(1)) for m in (re.fullmatch(r"r(\d+)(?:-.*)?", row) for row in rows) if m]
        # Two desks add rows to one case without knowing of each other, and a row taken out does not come back.
        mark = f"{self.changes.store.desk}{self.changes.new_id()[-4:]}"
        row_id = f"r{max(numbers, default=0) + 1}-{mark}"
        order = max((f.order for f in fields_from(document)), default=0) + 1
        row: Json = {"order": len(rows)}
        for place, column in enumerate(columns):
            field = replace(column, path=f"{table}.{row_id}.{column.path}", order=order + place)
            row[column.path] = field_document(field)
        writes = (Write(f"tables.{table}.rows.{row_id}", MISSING, row),)
        paths = tuple(f"{table}.{row_id}.{c.path}" for c in columns)
        return self._write(document, Action.ROW_ADDED, by, writes, paths)

    def remove_row(self, case_id: str, table: str, row: str, by: str) -> Edited:
        """Take a row a person added out again. A row the machine read stays: its cells can be marked
        not applicable instead.
        """
        document = self._open_document(case_id)
        place = f"tables.{table}.rows.{row}"
        content = value_at(document, place)
        if content is MISSING:
            raise Rejected("This row is not there any more.", code="no_row")
        cells = [c for c in content.values() if isinstance(c, dict)]
        if any(cell.get("source") != Source.PERSON for cell in cells):
            raise Rejected(
                "What was read from the page is kept.",
                "Mark the cells as not applicable instead.",
                code="row_is_read",
            )
        return self._write(document, Action.ROW_REMOVED, by, (Write(place, content, MISSING),), ())

    def verify(self, case_id: str, by: str) -> Edited:
        """Countersign: the fields are right. Refused while a field that needs a look is unseen."""
        document = self._open_document(case_id)
        left = projection.unseen(document, self.changes.threshold)
        if left:
            raise Rejected(
                f"{len(left)} fields still need a look."
                if len(left) > 1
                else "One field still needs a look.",
                "Look at them and verify again.",
                code="needs_look",
                count=len(left),
            )
        writes = writes_for(document, {"intake_status": str(IntakeStatus.VERIFIED), "status": "in_queue"})
        return self._write(document, Action.VERIFIED, by, writes, ())

    def reopen(self, case_id: str, by: str) -> Edited:
        """Take a verified case back to be checked again."""
        document = self.changes.store.case_document(case_id)
        if document["intake_status"] != IntakeStatus.VERIFIED:
            raise Rejected("Only a verified case can be opened again.", code="not_verified")
        if not document.get("fields") and not document.get("tables") and document.get("imported_request"):
            raise Rejected(
                "This request was imported: there is no form to check.",
                "Import it again to change it.",
                code="no_form_here",
            )
        writes = writes_for(document, {"intake_status": str(IntakeStatus.NEEDS_REVIEW), "status": ""})
        return self._write(document, Action.REOPENED, by, writes, ())

    def undo(self, case_id: str, by: str) -> Edited | None:
        """Take back this person's last change to the case, whatever it was; None when there is none."""
        return self._take_back(case_id, by, Action.UNDONE)

    def redo(self, case_id: str, by: str) -> Edited | None:
        """Bring back what was undone last; None when there is nothing."""
        return self._take_back(case_id, by, Action.REDONE)

    def _take_back(self, case_id: str, by: str, action: Action) -> Edited | None:
        document = self.changes.store.case_document(case_id)
        mine = self._mine(document, by)
        undo, redo = undo_and_redo(mine, by)
        last = undo if action is Action.UNDONE else redo
        if last is None:
            return None
        change = inverse(last, self.changes.new_id(), by, self.changes.now(), action)
        return self._edited(self.changes.store_change(document, change), by, mine)

    def _open_document(self, case_id: str) -> Json:
        document = self.changes.store.case_document(case_id)
        status = document["intake_status"]
        if status == IntakeStatus.VERIFIED:
            raise Rejected("This case is verified.", "Undo the verification to change it.", code="verified")
        if status != IntakeStatus.NEEDS_REVIEW:
            raise Rejected("This case has not been read yet.", "Wait until it is read.", code="not_read")
        return document

    def _field(self, document: Json, path: str) -> FormField:
        entry = value_at(document, document_path(path))
        if not isinstance(entry, dict):
            raise Rejected(
                f"The case has no field “{path}”.", "Show the case to see its fields.", code="no_field"
            )
        return field_from(path, entry)

    def _write(
        self, document: Json, action: Action, by: str, writes: tuple[Write, ...], fields: tuple[str, ...]
    ) -> Edited:
        mine = self._mine(document, by)
        return self._edited(
            self.changes.write(document, document["case_id"], action, by, writes, fields), by, mine
        )

    def _mine(self, document: Json, by: str) -> tuple[Change, ...]:
        """What this person did to the case as it stands, from memory where it was remembered."""
        kept = self.remembered.get((document["case_id"], by))
        if kept is not None and kept[0] == document["_meta"]["rev"]:
            return kept[1]
        return tuple(c for c in self.changes.store.history(document["case_id"]) if c.by == by)

    def _edited(self, stored: Stored, by: str, before: tuple[Change, ...]) -> Edited:
        mine = (*before, stored.change)
        while len(self.remembered) >= REMEMBERED:
            self.remembered.pop(next(iter(self.remembered)))
        self.remembered[(stored.case.case_id, by)] = (stored.case.revision, mine)
        undo, redo = undo_and_redo(mine, by)
        return Edited(
            stored.case, stored.change.action, stored.change.fields, undo is not None, redo is not None
        )


def _columns(document: Json, table: str, definition: FormDefinition | None) -> list[FormField]:
    """Empty cells of a table's columns: as its definition says, else as its first row has them."""
    defined = next((t for t in definition.tables if t.name == table), None) if definition else None
    if defined:
        return [
            FormField(c.name, c.label, defined.section, c.kind, source=Source.PERSON, confidence=1.0)
            for c in defined.columns
        ]
    rows = document["tables"].get(table, {}).get("rows", {})
    for row in rows.values():
        return [
            FormField(
                column,
                cell["label"],
                cell["section"],
                FieldKind(cell["kind"]),
                source=Source.PERSON,
                confidence=1.0,
            )
            for column, cell in row.items()
            if isinstance(cell, dict)
        ]
    raise Rejected("This form has no such table.", code="no_table")
