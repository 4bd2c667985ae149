"""Import of requests and documents in the shapes of the reference implementation: each becomes a case."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.domain.case import Case, IntakeStatus, Json, ReviewStatus, case_from, to_time
from app.domain.change import Action, writes_for
from app.domain.errors import Conflict, NoSuchCase, Rejected
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.imported import Imported, ImportedDocument, ImportedEntity, ImportedRequest, parse
from app.domain.processor import FormDefinition
from app.domain.projection import believed
from app.domain.queue import QueueQuery
from app.domain.recommendation import Flag
from app.domain.request import request_from
from app.domain.role import Right
from app.domain.trap import traps
from app.domain.trap_flag import flagged
from app.services.case_reading import NO_FORM, field_maps
from app.services.change_log import ChangeLog, Stored
from app.services.intake import new_case

_SAME = uuid.UUID("5d6a3c0e-2b2f-4a63-9f0b-3f1c6f4f9a10")
"""From it and the id of a request its case gets the same id on every desk."""
_NEAR = 8
"""Cases with a member id that are compared; more share it only by mistake."""


class Took(StrEnum):
    """What became of an object of the file."""

    NEW = "new"
    KNOWN = "known"
    """It had been imported before, just so."""
    CHANGED = "changed"
    """It had been imported before and says something else now."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """One object of the file: its case, and what became of it. `changed` names the parts of a request that differ
    from the import before; `left_out` the parts of the object that are of no known kind. `refused` says why.
    """

    place: str
    request_id: str
    took: Took
    case: Case
    flags: tuple[Flag, ...] = ()
    changed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class RequestImport:
    """Takes requests and documents in. Runs in the store's lane."""

    changes: ChangeLog

    def take(self, content: bytes, by: str) -> tuple[Taken, ...]:
        """Import a file: JSON list, one object, or JSON lines. The same file twice imports nothing twice.

        Raises `Rejected` for the first thing in it that is wrong, before anything is kept; `NotAllowed`,
        `SignInRequired`. A request that is decided is not changed any more: it is refused, and the others come in.
        """
        self.changes.check(by, Right.TAKE_IN)
        every, now = parse(content), self.changes.now()
        for each in every:
            if isinstance(each, ImportedRequest) and each.received_at is not None and each.received_at > now:
                raise Rejected(
                    f"{each.place[:1].upper()}{each.place[1:]}: received_at lies in the future.",
                    "Check the date and the time zone; nothing was imported.",
                    code="import",
                )
        return tuple(self._taken(each, by) for each in every)

    def flags(self, case_id: str) -> tuple[Flag, ...]:
        """The traps of a case's request, those that only show beside other cases with them."""
        return self._flags(self.changes.store.case_document(case_id))

    def _taken(self, imported: Imported, by: str) -> Taken:
        while True:
            try:
                if isinstance(imported, ImportedRequest):
                    return self._request(imported, by)
                return self._document(imported, by)
            except Conflict as error:  # another program changed the case between two lines
                if error.code not in ("case_moved", "base_moved"):
                    raise

    def _request(self, imported: ImportedRequest, by: str) -> Taken:
        case_id = case_of(f"request:{imported.request_id}")
        known = self._known(case_id)
        values: Json = {"imported_request": imported.request}
        if imported.line_of_business is not None:
            values["line_of_business"] = imported.line_of_business
        if imported.urgency is not None:
            values["urgency"] = imported.urgency
        if imported.received_at is not None:
            values["payer_received_at"] = to_time(imported.received_at)
        if known is None:
            values |= {"intake_status": str(IntakeStatus.VERIFIED), "status": str(ReviewStatus.IN_QUEUE)}
            stored = self._new(case_id, imported.request_id, values, by)
            return self.told(imported, Took.NEW, stored.document)
        writes = writes_for(known, values)
        if not writes:
            return self.told(imported, Took.KNOWN, known)
        before = known.get("imported_request", {})
        changed = (
            *_differing(before, imported.request),
            *(w.path for w in writes if w.path != "imported_request"),
        )
        if believed(known) and known["status"] == ReviewStatus.COMPLETED:
            refused = "This request is decided; what changed was not taken in. Send it under a request_id of its own."
            return replace(self.told(imported, Took.REFUSED, known), changed=changed, refused=refused)
        stored = self.changes.write(known, case_id, Action.IMPORTED, by, writes, changed)
        return replace(self.told(imported, Took.CHANGED, stored.document), changed=changed)

    def _document(self, imported: ImportedDocument, by: str) -> Taken:
        case_id = case_of(f"document:{imported.document_id}")
        known = self._known(case_id)
        definition = self.changes.definition(imported.kind)
        fields, tables = field_maps(entity_fields(imported.entities, definition))
        for entry in fields.values():
            if entry["corrected_value"] is not None:
                entry |= {"by": by, "at": to_time(self.changes.now())}
        digest = entity_digest(imported.entities)
        if known is not None:
            if known.get("imported_entities") == digest:
                return self.told(imported, Took.KNOWN, known)
            refused = (
                "This document was imported before and reads otherwise now; people may have worked on it."
            )
            return replace(self.told(imported, Took.REFUSED, known), refused=refused)
        values: Json = {
            "form_type": definition.form_type if definition else NO_FORM,
            "processor_version": definition.version if definition else "",
            "intake_status": str(IntakeStatus.NEEDS_REVIEW),
            "fields": fields,
            "tables": tables,
            "imported_entities": digest,
        }
        stored = self._new(case_id, imported.document_id, values, by)
        return self.told(imported, Took.NEW, stored.document)

    def _new(self, case_id: str, request_id: str, values: Json, by: str) -> Stored:
        now = self.changes.now()
        document = new_case(case_id, self.changes.store.take_receipt(now), now)
        document |= {"request_id": request_id, "documents": {}, **values}
        return self.changes.write(None, case_id, Action.IMPORTED, by, writes_for({}, document))

    def _known(self, case_id: str) -> Json | None:
        try:
            return self.changes.store.case_document(case_id)
        except NoSuchCase:
            return None

    def told(self, imported: Imported, took: Took, document: Json) -> Taken:
        """What became of an object, with the case it belongs to."""
        request_id = imported.request_id if isinstance(imported, ImportedRequest) else imported.document_id
        return Taken(
            imported.place,
            request_id,
            took,
            case_from(document),
            self._flags(document),
            (),
            imported.left_out,
        )

    def _flags(self, document: Json) -> tuple[Flag, ...]:
        case = case_from(document)
        if not case.asked:
            return ()
        found = traps(request_from(document), case.fields, self.changes.codes(), case.clock_starts.date())
        return (*found, *self._same_member(document, case))

    def _same_member(self, document: Json, case: Case) -> tuple[Flag, ...]:
        """Whether somebody else in the workspace has the same member id."""
        request = request_from(document)
        member = request.patient_id
        if len(member) < 4 or not request.patient_name:
            return ()
        store = self.changes.store
        for other_id in store.queue(QueueQuery(text=member, statuses=()))[:_NEAR]:
            if other_id == case.case_id:
                continue
            held = store.case_document(other_id)
            other = request_from(held)
            if (
                other.patient_id == member
                and other.patient_name
                and not _same_person(request.patient_name, other.patient_name)
            ):
                return (
                    flagged(
                        f"Somebody of another name has the same member id in {held['receipt']}.",
                        "Check the member id and the name with the enrollment.",
                        "patient.patient_id",
                        member,
                        case.fields,
                    ),
                )
        return ()


def entity_digest(entities: Iterable[ImportedEntity]) -> list[list[Any]]:
    """Entities as a case remembers that they were imported: name, value, confidence, corrected value, page, box."""
    return [
        [e.name, e.value, e.confidence, e.corrected, e.page, list(e.box.rounded()) if e.box else None]
        for e in entities
    ]


def case_of(name: str) -> str:
    """The id of the case that an imported object becomes: the same on every desk."""
    return uuid.uuid5(_SAME, name).hex


def _same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: in any order, with or without a middle name."""
    first, second = (set(re.findall(r"\w+", name.casefold())) for name in (one, other))
    return bool(first and second) and (first <= second or second <= first or len(first & second) >= 2)


def _differing(before: Any, after: Any, path: str = "request") -> tuple[str, ...]:
    """The paths at which two JSON values differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[str] = []
        for name in {**before, **after}:
            found += _differing(before.get(name), after.get(name), f"{path}.{name}")
        return tuple(found)
    return () if before == after else (path,)


_KINDS = (
    (r"npi", FieldKind.NPI),
    (r"phone|fax", FieldKind.PHONE),
    (r"dob|birth|date", FieldKind.DATE),
    (r"diagnos\w*code|icd", FieldKind.ICD10),
    (r"(?:procedure|service)\w*code|cpt|hcpcs", FieldKind.PROCEDURE_CODE),
    (r"(?:member|subscriber|patient|beneficiary)_?(?:id|number)", FieldKind.MEMBER_ID),
    (r"zip", FieldKind.ZIP),
    (r"name$", FieldKind.NAME),
)


def entity_fields(
    entities: Iterable[ImportedEntity], definition: FormDefinition | None
) -> tuple[FormField, ...]:
    """The fields that entities describe, under the labels and kinds of the form type where it is known."""
    defined = {f.name: f for f in definition.fields} if definition else {}
    taken: set[str] = set()
    fields: list[FormField] = []
    for entity in entities:
        stem = re.sub(r"[^a-z0-9]+", "_", entity.name.casefold()).strip("_") or "field"
        path, number = stem, 1
        while path in taken:
            number += 1
            path = f"{stem}_{number}"
        taken.add(path)
        known = defined.get(path)
        if known is not None and known.kind is FieldKind.TICK_BOX:
            known = None  # entities are texts
        kind = known.kind if known else next((k for p, k in _KINDS if re.search(p, path)), FieldKind.TEXT)
        corrected = entity.corrected is not None
        fields.append(
            FormField(
                path,
                known.label if known else entity.name.replace("_", " ").strip().capitalize(),
                known.section if known else "",
                kind,
                entity.value,
                entity.confidence,
                1.0 if entity.box else 0.5,
                Source.RECOGNIZED if entity.value else Source.ABSENT,
                page=entity.page,
                box=entity.box,
                required=known.required if known else False,
                state=FieldState.CORRECTED if corrected else FieldState.UNSEEN,
                corrected_value=entity.corrected,
            )
        )
    return tuple(fields)
