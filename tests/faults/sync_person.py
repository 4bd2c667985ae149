"""What people do at a simulated desk, by a seed: every call goes through the program's own services."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.box import Box
from app.domain.case import Json, fields_from, to_time
from app.domain.change import MISSING, Action, Write, value_at, writes_for
from app.domain.determination import Determination, Ground, Outcome, acting_role, determination_document
from app.domain.draft import Draft
from app.domain.errors import Rejected, StorageFailed
from app.domain.evidence import Evidence
from app.domain.extraction import Extraction, FormExtraction
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.material import Mark, StatedFact, Status
from app.domain.review_note import (
    mark_document,
    mark_path,
    pin_document,
    pin_path,
    slot_path,
    stated_document,
)
from app.domain.role import someone
from app.services.intake import Intake
from tests.faults.sync_desk import FIELDS, FORM, Desk

MOST_CASES = 14
"""Cases of one generation: few, so that people meet."""
_CODES = ("E11.9", "M54.5", "I37.8", "S20.2")


@dataclass(slots=True)
class Office:
    """What all people of a run share: files that arrive, and words nobody wrote before."""

    chance: random.Random
    same: float = 0.2
    """How often a file arrives that another desk was sent as well."""
    words: int = 0
    files: list[bytes] = field(default_factory=list)

    def word(self) -> str:
        """A word that nobody wrote before, nearly always: now and then two people mean the same."""
        if self.words and self.chance.random() < 0.06:
            return f"w{self.chance.randrange(max(0, self.words - 6), self.words)}"
        self.words += 1
        return f"w{self.words - 1}"

    def file(self) -> bytes:
        """A file that arrives; now and then one that another desk was sent as well."""
        if self.files and self.chance.random() < self.same:
            return self.chance.choice(self.files[-3:])
        self.files.append(b"%PDF-1.4 file " + str(len(self.files)).encode())
        return self.files[-1]


def take_in(desk: Desk, office: Office) -> str:
    """A file arrives at this desk and is kept; it is read in the same go, or later."""
    content = office.file()
    arrival = desk.intake.arrive(content, f"fax_{len(office.files)}.pdf", "reader")
    if not arrival.known and office.chance.random() < 0.8:
        read(desk, office, arrival.case.case_id)
    return arrival.case.case_id


def read(desk: Desk, office: Office, case_id: str) -> None:
    """The machine of this desk reads the form of a case."""
    read_form(desk.intake, case_id)


def read_form(intake: Intake, case_id: str) -> None:
    found = intake.begin_reading(case_id, "reader")
    # What a machine reads depends on the file alone, so that two desks that read the same file read the same.
    chance = random.Random(hashlib.sha256(found.content).digest())
    fields = [_read_field(name, kind, chance, order) for order, (name, kind, _) in enumerate(FIELDS)]
    for row in range(1, 2 + (chance.random() < 0.3)):
        fields += [
            _cell(f"services.r{row}.code", FieldKind.PROCEDURE_CODE, "97110", chance),
            _cell(f"services.r{row}.words", FieldKind.TEXT, f"service {chance.randrange(100)}", chance),
        ]
    form = FormExtraction(FORM.form_type, FORM.version, (1,), tuple(fields))
    intake.finish_reading(case_id, Extraction(1, (form,), ()), "reader")


def _read_field(name: str, kind: FieldKind, chance: random.Random, order: int) -> FormField:
    value: str | bool = f"printed {chance.randrange(1000)}"
    if kind is FieldKind.ICD10:
        value = chance.choice(_CODES)
    elif kind is FieldKind.DATE:
        value = f"2026-{chance.randrange(1, 13):02d}-{chance.randrange(1, 28):02d}"
    elif kind is FieldKind.TICK_BOX:
        value = chance.random() < 0.2
    return _field(name, kind, value, chance, order)


def _cell(path: str, kind: FieldKind, value: str, chance: random.Random) -> FormField:
    return _field(path, kind, value, chance, 10)


def _field(path: str, kind: FieldKind, value: str | bool, chance: random.Random, order: int) -> FormField:
    confidence = chance.choice((0.99, 0.99, 0.7))
    return FormField(
        path=path, label=path, section="one", kind=kind, value=value, confidence=confidence,
        placement_confidence=0.99, source=Source.RECOGNIZED, document_id="d", page=1,
        box=Box(0.1, 0.1, 0.2, 0.2), order=order,
    )  # fmt: skip


def read_if_waiting(desk: Desk, office: Office, case_id: str) -> None:
    status = desk.document(case_id)["intake_status"]
    if status not in ("received", "reading"):
        raise Rejected("Nothing to read.")
    read(desk, office, case_id)


def correct(desk: Desk, office: Office, case_id: str) -> None:
    for_whom = _some_field(desk, office, case_id)
    value: str | bool = office.word()
    if for_whom.kind is FieldKind.TICK_BOX:
        value = office.chance.random() < 0.5
    elif office.chance.random() < 0.05:
        value = for_whom.value
    desk.editing.correct(case_id, {for_whom.path: value}, desk.person)


def correct_two(desk: Desk, office: Office, case_id: str) -> None:
    """Two fields in one change: what may be half in conflict."""
    fields = [f for f in _fields(desk, case_id) if f.kind is not FieldKind.TICK_BOX]
    chosen = office.chance.sample(fields, min(2, len(fields)))
    desk.editing.correct(case_id, {f.path: office.word() for f in chosen}, desk.person)


def confirm(desk: Desk, office: Office, case_id: str) -> None:
    fields = _fields(desk, case_id)
    chosen = office.chance.sample(fields, min(office.chance.choice((1, 2, 9, 9)), len(fields)))
    desk.editing.confirm(case_id, tuple(f.path for f in chosen), desk.person)


def mark_field(desk: Desk, office: Office, case_id: str) -> None:
    state = office.chance.choice((FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE))
    desk.editing.mark(case_id, (_some_field(desk, office, case_id).path,), state, desk.person)


def restore(desk: Desk, office: Office, case_id: str) -> None:
    desk.editing.restore(case_id, (_some_field(desk, office, case_id).path,), desk.person)


def undo(desk: Desk, office: Office, case_id: str) -> None:
    desk.editing.undo(case_id, desk.person)


def redo(desk: Desk, office: Office, case_id: str) -> None:
    desk.editing.redo(case_id, desk.person)


def add_row(desk: Desk, office: Office, case_id: str) -> None:
    if len(_rows(desk, case_id)) >= 5:
        raise Rejected("Enough rows.")
    desk.editing.add_row(case_id, "services", desk.person)


def remove_row(desk: Desk, office: Office, case_id: str) -> None:
    added = [
        row
        for row, cells in _rows(desk, case_id).items()
        if all(c.get("source") == Source.PERSON for c in cells.values() if isinstance(c, dict))
    ]
    if not added:
        raise Rejected("No row to remove.")
    desk.editing.remove_row(case_id, "services", office.chance.choice(sorted(added)), desk.person)


def verify(desk: Desk, office: Office, case_id: str) -> None:
    desk.editing.verify(case_id, desk.person)


def reopen(desk: Desk, office: Office, case_id: str) -> None:
    desk.editing.reopen(case_id, desk.person)


def draft(desk: Desk, office: Office, case_id: str) -> None:
    path, text = _some_field(desk, office, case_id).path, office.word()
    texts = desk.drafts.setdefault((case_id, path), set())
    texts.add(text)
    try:
        desk.store.keep_draft(case_id, path, Draft(text, 1, 1))
    except StorageFailed:  # it was not called kept
        texts.discard(text)
        if not texts:
            del desk.drafts[(case_id, path)]
        raise
    texts &= {text}


def state(desk: Desk, office: Office, case_id: str) -> None:
    slot = office.chance.choice(("condition", "treatment", "symptoms"))
    fact = StatedFact(slot, office.word())
    entry = stated_document(fact, desk.person, to_time(desk.now()))
    _write(desk, _in_review(desk, case_id), Action.STATED, {slot_path(slot): entry})


def mark(desk: Desk, office: Office, case_id: str) -> None:
    document = _in_review(desk, case_id)
    line, criterion = _line(document, office), office.chance.choice(("c1", "c2"))
    status = office.chance.choice(tuple(Status))
    made = Mark(criterion, line, "p", status, (), office.word(), desk.person, desk.now())
    _write(desk, document, Action.MARKED, {mark_path(line, criterion): mark_document(made)})


def pin(desk: Desk, office: Office, case_id: str) -> None:
    document = _in_review(desk, case_id)
    pins = (document.get("review") or {}).get("pins") or {}
    if pins and office.chance.random() < 0.4:
        path = pin_path(office.chance.choice(sorted(pins)))
        writes = (Write(path, value_at(document, path), MISSING),)
        desk.changes.write(document, case_id, Action.PINNED, desk.person, writes)
        return
    evidence = Evidence(office.word(), field="request.lines", page=1, box=Box(0.1, 0.1, 0.3, 0.2))
    entry = pin_document("", evidence, desk.person, to_time(desk.now()))
    _write(desk, document, Action.PINNED, {pin_path(desk.new_id()[:12]): entry})


def assign(desk: Desk, office: Office, case_id: str) -> None:
    document = _in_review(desk, case_id, decided=True)
    to = "" if document.get("assigned_to") == desk.person else desk.person
    values: Json = {"assigned_to": to, "assigned_at": to_time(desk.now()) if to else None}
    if to and document.get("status") == "in_queue":
        values["status"] = "in_progress"
    _write(desk, document, Action.ASSIGNED, values)


def determine(desk: Desk, office: Office, case_id: str) -> None:
    document = _in_review(desk, case_id, decided=True)
    line = _line(document, office)
    outcome = office.chance.choice((Outcome.APPROVE, Outcome.PEND, Outcome.REFER, Outcome.DISMISS))
    before = (document.get("determinations") or {}).get(line)
    if before and before["outcome"] in ("approve", "dismiss") and before["by"] != desk.person:
        raise Rejected("Decided by somebody else.")
    change_id = desk.new_id()
    made = Determination(
        line, outcome, office.word(), desk.person, acting_role(someone(desk.person), outcome), desk.now(),
        ground=str(Ground.SENT_TWICE) if outcome is Outcome.DISMISS else "", determination_id=change_id,
        supersedes=str((before or {}).get("id", "")),
    )  # fmt: skip
    if outcome is Outcome.PEND:
        made = replace(made, missing=(office.word(),), answer_by=desk.now())
    _write(desk, document, Action.DETERMINED, {f"determinations.{line}": determination_document(made)})


def propose(desk: Desk, office: Office, case_id: str) -> None:
    entry = {"reason": office.word(), "by": desk.person, "at": to_time(desk.now())}
    _write(desk, desk.document(case_id), Action.PROPOSED_DISMISSAL, {"proposed_dismissal": entry})


ACTIONS: Mapping[Callable[[Desk, Office, str], None], int] = {
    correct: 30,
    correct_two: 6,
    confirm: 12,
    mark_field: 6,
    restore: 4,
    undo: 10,
    redo: 5,
    add_row: 5,
    remove_row: 5,
    verify: 12,
    reopen: 3,
    draft: 2,
    state: 5,
    mark: 5,
    pin: 5,
    assign: 5,
    determine: 6,
    propose: 1,
    read_if_waiting: 4,
}
"""What people do to a case, and how often."""


def _write(desk: Desk, document: Json, action: Action, values: Mapping[str, Any]) -> None:
    writes = writes_for(document, values)
    if not writes:
        raise Rejected("Nothing to change.")
    desk.changes.write(document, document["case_id"], action, desk.person, writes)


def _in_review(desk: Desk, case_id: str, *, decided: bool = False) -> Json:
    document = desk.document(case_id)
    if document.get("status") not in ("in_queue", "in_progress", *(("completed",) if decided else ())):
        raise Rejected("Not in review.")
    return document


def _fields(desk: Desk, case_id: str) -> list[FormField]:
    fields = list(fields_from(desk.document(case_id)))
    if not fields:
        raise Rejected("No fields yet.")
    return fields


def _some_field(desk: Desk, office: Office, case_id: str) -> FormField:
    return office.chance.choice(_fields(desk, case_id))


def _rows(desk: Desk, case_id: str) -> Json:
    rows: Json = desk.document(case_id).get("tables", {}).get("services", {}).get("rows", {})
    return rows


def _line(document: Json, office: Office) -> str:
    lines: list[str] = sorted(document.get("request", {}).get("lines", {}))
    if not lines:
        raise Rejected("No lines.")
    return office.chance.choice(lines)
