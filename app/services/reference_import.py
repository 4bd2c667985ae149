"""Working beside the reference implementation: what its collections hold becomes cases, and what people did goes back.

`document` holds what its intake read, `pa_requests` what its review asks for. Both are read again and again; an object
is known by its own id. Of a document that people worked on here and there, what one side changed is taken, and where
both did nothing is: it is told. Back go the corrected values and the statuses of `document`, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from app.domain.case import Json, document_path, fields_from, to_time
from app.domain.change import Action, value_at, writes_for
from app.domain.errors import Conflict, NoSuchCase, Rejected
from app.domain.form import FieldState, FormField
from app.domain.imported import ImportedDocument, parse
from app.services.request_import import RequestImport, Taken, Took, case_of, entity_digest, entity_fields

T = TypeVar("T")
DOCUMENTS, REQUESTS = "document", "pa_requests"
COLLECTIONS = (DOCUMENTS, REQUESTS)
PAGE = 50
_CHECKED = {"verified": "approved", "unreadable": "rejected"}
"""What the reference implementation calls the intake status of a case a person is done with."""


@dataclass(frozen=True, slots=True)
class ReferenceDocument:
    """A document of a collection: its data as JSON with times as text, and its version."""

    document_id: str
    data: Json
    update_time: str


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What goes back to a document: corrected values by the place of their entity in the list, and one entry for each
    list of statuses, None where nothing is to be added.
    """

    corrected: Mapping[int, str | None] = field(default_factory=dict)
    hitl_status: Json | None = None
    system_status: Json | None = None

    def __bool__(self) -> bool:
        return bool(self.corrected or self.hitl_status or self.system_status)


class ReferenceRemote(Protocol):
    """The collections of the reference implementation. Raises what `CaseRemote` raises."""

    def page(self, collection: str, after: str, limit: int) -> tuple[ReferenceDocument, ...]:
        """The next documents in the order of their ids; fewer than `limit` mean that there are no more."""
        ...

    def put_back(self, collection: str, document: ReferenceDocument, worked: WorkedOn) -> bool:
        """Write what people did to this version of a document; False when it is another by now."""
        ...


class Gone(StrEnum):
    """What became of what people did here."""

    NOTHING = ""
    """There was nothing to tell."""
    WRITTEN = "written"
    LATER = "later"
    """The document changed in that moment: the next run looks at it again."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One object of a collection: what became of it here, and of what was done here there. `taken` is None where it
    was left out, and `reason` says why.
    """

    document_id: str
    taken: Taken | None
    reason: str = ""
    back: Gone = Gone.NOTHING


@dataclass(frozen=True, slots=True)
class ReferenceImport:
    """Reads a collection and writes back to it. Not for the store's lane: it waits for a network; `in_store` runs what
    the store has to do, and waits for it.
    """

    importing: RequestImport
    remote: ReferenceRemote
    in_store: Callable[..., Any]

    def run(
        self,
        collection: str,
        by: str,
        *,
        write_back: bool = False,
        told: Callable[[Brought], None] | None = None,
    ) -> tuple[Brought, ...]:
        """Everything in a collection, once through. What cannot be understood is told and left out; the others come in.

        Raises `Rejected` for a collection of another name, and what the remote raises: what came in until then stays.
        """
        if collection not in COLLECTIONS:
            raise Rejected(
                f"Nothing is imported from a collection of that name; known are {', '.join(COLLECTIONS)}."
            )
        found: list[Brought] = []
        after = ""
        while True:
            page = self.remote.page(collection, after, PAGE)
            for document in page:
                brought = self._brought(collection, document, by, write_back=write_back)
                found.append(brought)
                if told is not None:
                    told(brought)
            if len(page) < PAGE:
                return tuple(found)
            after = page[-1].document_id

    def _brought(self, collection: str, document: ReferenceDocument, by: str, *, write_back: bool) -> Brought:
        if str(document.data.get("active", "active")).casefold() != "active":
            return Brought(document.document_id, None, "It is no longer active.")
        try:
            if collection == REQUESTS:
                taken: Taken = self.in_store(self._request, document, by)
                return Brought(document.document_id, taken, taken.refused)
            imported = _imported(document)
            taken, worked = self.in_store(self._document, imported, document, by)
        except Rejected as error:
            if error.code != "import":
                raise
            return Brought(document.document_id, None, error.reason)
        back = Gone.NOTHING
        if write_back and worked:
            back = Gone.WRITTEN if self.remote.put_back(collection, document, worked) else Gone.LATER
        return Brought(document.document_id, taken, taken.refused, back)

    # In the store's lane

    def _request(self, document: ReferenceDocument, by: str) -> Taken:
        data = {"request_id": document.document_id, **document.data}
        (taken,) = self.importing.take(json.dumps(data).encode(), by)
        return replace(taken, place=document.document_id)

    def _document(
        self, imported: ImportedDocument, document: ReferenceDocument, by: str
    ) -> tuple[Taken, WorkedOn]:
        """The document as a case, and what people did to that case that the document does not say yet."""
        while True:
            try:
                return self._laid_together(imported, document, by)
            except Conflict as error:  # another program changed the case in between
                if error.code not in ("case_moved", "base_moved"):
                    raise

    def _laid_together(
        self, imported: ImportedDocument, document: ReferenceDocument, by: str
    ) -> tuple[Taken, WorkedOn]:
        changes = self.importing.changes
        case_id = case_of(f"document:{imported.document_id}")
        try:
            case = changes.store.case_document(case_id)
        except NoSuchCase:
            data = {"uid": imported.document_id, **document.data}
            (taken,) = self.importing.take(json.dumps(data).encode(), by)
            return taken, WorkedOn()
        base, now = case.get("imported_entities") or [], entity_digest(imported.entities)
        if [_reading(entry) for entry in base] != [_reading(entry) for entry in now]:
            refused = "This document was read anew there; people may have worked on the reading that is here."
            return self._taken(imported, case, Took.REFUSED, refused=refused), WorkedOn()
        fields = self._fields_of(imported, case)
        theirs = {
            number: entity.corrected
            for number, entity in enumerate(imported.entities)
            if entity.corrected != base[number][_CORRECTED]
        }
        fresh = {n for n, value in theirs.items() if _said(fields[n]) == base[n][_CORRECTED] != value}
        both = tuple(
            sorted(fields[n].path for n in theirs if n not in fresh and _said(fields[n]) != theirs[n])
        )
        took, refused = (Took.CHANGED, "") if fresh else (Took.KNOWN, "")
        if both:
            took, refused = (
                Took.REFUSED,
                "A value was corrected here and there, and differently: look at both.",
            )
        known = [entry if fields[n].path in both else now[n] for n, entry in enumerate(base)]
        values: Json = {"imported_entities": known}
        for number in sorted(fresh):
            values |= self._corrected(fields[number], theirs[number], by)
        writes = writes_for(case, values)
        if writes:
            paths = tuple(fields[n].path for n in sorted(fresh))
            case = changes.write(case, case_id, Action.IMPORTED, by, writes, paths).document
        names = (*(fields[n].path for n in sorted(fresh)), *both)
        return self._taken(imported, case, took, names, refused), self._worked(imported, document, case, both)

    def _fields_of(self, imported: ImportedDocument, case: Json) -> list[FormField]:
        """The field of each entity, in their order. Raises `Rejected` where people took one away."""
        definition = self.importing.changes.definition(imported.kind)
        known = {each.path: each for each in fields_from(case)}
        paths = [each.path for each in entity_fields(imported.entities, definition)]
        if not known.keys() >= set(paths):
            raise Rejected("The fields of this case are not those of the document any more.", code="import")
        return [known[path] for path in paths]

    def _corrected(self, each: FormField, value: str | None, by: str) -> Json:
        place = document_path(each.path)
        state = FieldState.UNSEEN if value is None else FieldState.CORRECTED
        return {
            f"{place}.corrected_value": value,
            f"{place}.state": str(state),
            f"{place}.by": None if value is None else by,
            f"{place}.at": None if value is None else to_time(self.importing.changes.now()),
        }

    def _worked(
        self, imported: ImportedDocument, document: ReferenceDocument, case: Json, both: tuple[str, ...]
    ) -> WorkedOn:
        fields = self._fields_of(imported, case)
        corrected = {
            number: _said(each)
            for number, each in enumerate(fields)
            if each.path not in both and _said(each) != imported.entities[number].corrected
        }
        comment = f"Countersign {case['receipt']}"
        told = _told(document.data.get("hitl_status"), comment)
        status = _CHECKED.get(str(value_at(case, "intake_status")), "pending" if told else "")
        if status == told:
            return WorkedOn(corrected)
        at = to_time(self.importing.changes.now())
        person = next((f.by for f in fields if f.by), "") or ""
        return WorkedOn(
            corrected,
            {"timestamp": at, "status": status, "user": person, "comment": comment},
            {"timestamp": at, "stage": "hitl", "status": "success", "comment": comment},
        )

    def _taken(
        self,
        imported: ImportedDocument,
        case: Json,
        took: Took,
        changed: tuple[str, ...] = (),
        refused: str = "",
    ) -> Taken:
        told = self.importing.told(imported, took, case)
        return replace(told, changed=changed, refused=refused)


_CORRECTED = 3
"""Where the corrected value stands in a digest."""


def _reading(entry: list[Any]) -> list[Any]:
    """What a machine read: a digest without what people said."""
    return [*entry[:_CORRECTED], *entry[_CORRECTED + 1 :]]


def _told(statuses: Any, comment: str) -> str:
    """The last status that was written back of a case, "" where none was."""
    entries = [e for e in statuses if isinstance(e, dict)] if isinstance(statuses, list) else []
    return next((str(e.get("status", "")) for e in reversed(entries) if e.get("comment") == comment), "")


def _said(each: FormField) -> str | None:
    """The value that people here gave a field, None where the machine's stands."""
    return None if each.corrected_value is None else str(each.corrected_value)


def _imported(document: ReferenceDocument) -> ImportedDocument:
    data = {"uid": document.document_id, **document.data}
    (found,) = parse(json.dumps(data).encode())
    if not isinstance(found, ImportedDocument):
        raise Rejected("This is no document with entities.", code="import")
    return found
