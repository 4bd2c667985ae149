"""What follows from a case's fields: warnings, confidence, urgency, due time, patient and the request.

These parts of the case document are never written by a change; they are worked out again after each
one, so that undoing, merging and rule updates cannot leave them stale.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain import belief, clock, validation
from app.domain.case import (
    SCHEMA,
    Case,
    Json,
    ReviewStatus,
    case_from,
    document_path,
    field_entries,
    fields_from,
    from_time,
    to_time,
    warning_document,
)
from app.domain.change import Change, apply, value_at
from app.domain.code import NO_LISTS, CodeLists
from app.domain.confidence import SURE, of_document
from app.domain.form import FieldKind, FieldState, FormField
from app.domain.processor import FormDefinition

if TYPE_CHECKING:  # not on the way to the first window
    from app.domain.recommendation import Flag

believed = belief.believed
"""The determinations of a case that count."""


def after(
    document: Mapping[str, Any], change: Change, definition: FormDefinition | None, threshold: float = SURE
) -> Json:
    """The case document after a change, with all that follows from it. Raises `Conflict` as `change.apply` does."""
    return refreshed(apply(document, change), change, definition, threshold)


def after_with_case(
    document: Mapping[str, Any],
    change: Change,
    definition: FormDefinition | None,
    threshold: float = SURE,
    codes: CodeLists = NO_LISTS,
) -> tuple[Json, Case]:
    """The same, with the case that the document describes: its fields are made once for both."""
    result = apply(document, change)
    fields = _refresh(result, change, definition, threshold, codes)
    return result, case_from(result, fields)


def merged(
    document: Json,
    revision: str,
    at: str,
    definition: FormDefinition | None,
    threshold: float = SURE,
    codes: CodeLists = NO_LISTS,
) -> tuple[Json, Case]:
    """A document that several desks made (changed in place) with everything derived worked out again, as of `at`
    (ISO 8601), and its case.
    """
    fields = _derive(document, definition, threshold, codes)
    _put_meta(document, revision, at)
    return document, case_from(document, fields)


def refreshed(
    document: Json,
    change: Change,
    definition: FormDefinition | None,
    threshold: float = SURE,
    codes: CodeLists = NO_LISTS,
) -> Json:
    """The same document (changed in place) with everything derived worked out again."""
    _refresh(document, change, definition, threshold, codes)
    return document


def _refresh(
    document: Json, change: Change, definition: FormDefinition | None, threshold: float, codes: CodeLists
) -> tuple[FormField, ...]:
    fields = _derive(document, definition, threshold, codes)
    _put_meta(document, change.change_id, to_time(change.at))
    return fields


def _put_meta(document: Json, revision: str, at: str) -> None:
    """A case that is a duplicate of another is a tombstone, kept and in no queue; a tombstone stays one."""
    before = document.get("_meta", {}).get("deleted_at")
    document["_meta"] = {
        "rev": revision,
        "updated_at": at,
        "schema": SCHEMA,
        "deleted_at": before or (at if document.get("duplicate_of") else None),
    }


def _derive(
    document: Json, definition: FormDefinition | None, threshold: float, codes: CodeLists
) -> tuple[FormField, ...]:
    received = from_time(document["received_at"])
    fields = fields_from(document)
    warnings = validation.check(fields, definition, received.date(), codes)
    for path, entry in field_entries(document):
        entry["warnings"] = [warning_document(w) for w in warnings.get(path, ())]
    fields = tuple(f.with_warnings(warnings.get(f.path, ())) for f in fields)
    summary = of_document(fields, threshold)
    document["confidence"] = {
        "mean": round(summary.mean, 4),
        "min": round(summary.lowest, 4),
        "needs_review": summary.needs_look,
        "missing": list(summary.missing),
    }
    if fields:
        document["urgency"] = urgency(fields, definition)
    due = clock.due(
        document.get("line_of_business", ""), document.get("urgency", "standard"), clock_start(document)
    )
    document["due_at"] = to_time(due.at)
    document["request"] = _with_review(request(fields, definition), document)
    _put_progress(document)
    if document.get("status"):
        document["flags"] = len(_traps(document, fields, codes))
    document["patient"] = str(document["request"].get("patient", {}).get("patient_name", ""))
    return fields


def urgency(fields: tuple[FormField, ...], definition: FormDefinition | None) -> str:
    """`expedited` when a tick box that says so is ticked, by its ink and never by its word; else `standard`.

    On a form nobody has defined it is the tick box's own label that says so.
    """
    if definition is not None:
        names = set(definition.expedited)
        asked = [f for f in fields if f.path in names]
    else:
        asked = [f for f in fields if f.kind is FieldKind.TICK_BOX and _says_expedited(f.label)]
    return "expedited" if any(f.current is True for f in asked) else "standard"


def _says_expedited(label: str) -> bool:
    """Whether the label of a tick box asks for an expedited review: not its opposite, not a place of care.

    A box that answers a question stands behind it: `Is this urgent?: Yes`.
    """
    question, _, option = label.lower().rpartition(": ")
    if option in ("no", "n"):
        return False
    said = question if option in ("yes", "y") else label.lower()
    if re.search(
        r"\b(non|not|no)\b[\s-]*(an?\s+)?(urgent|expedit|exigent)|\bnonurgent|\burgent care\b", said
    ):
        return False
    return re.search(r"\b(urgent|expedit|exigent)", said) is not None


def request(fields: tuple[FormField, ...], definition: FormDefinition | None) -> Json:
    """The request the review works with, filled from the fields that the definition maps to it.

    A column of a table fills one line a row (`lines.*.service.code` becomes `lines.<row>.service.code`).
    """
    result: Json = {}
    if definition is None:
        return result
    targets = {f.name: f.request for f in definition.fields if f.request}
    for table in definition.tables:
        targets.update({f"{table.name}.{c.name}": c.request for c in table.columns if c.request})
    for field in fields:
        cell = field.cell
        target = targets.get(f"{cell[0]}.{cell[2]}" if cell else field.path)
        if not target or field.current in ("", False) or field.state is FieldState.ILLEGIBLE:
            continue
        place: Json = result
        *above, last = target.replace("*", cell[1] if cell else "r1").split(".")
        for part in above:
            place = place.setdefault(part, {})
        # A ticked box says its own label: “Male”, not “yes”.
        place[last] = field.label if field.current is True else field.current
    for who, whole in (
        ("patient", "patient_name"),
        ("provider", "provider_name"),
        ("servicing_provider", "provider_name"),
    ):
        part = result.get(who, {})
        halves = [str(part[half]) for half in ("first_name", "last_name") if half in part]
        if halves and whole not in part:  # a form that asks for the name in two places
            part[whole] = " ".join(halves)
    for order, line in enumerate(result.get("lines", {}).values()):
        line["order"] = order
        line.setdefault("determination", None)
    return result


def _with_review(made: Json, document: Mapping[str, Any]) -> Json:
    """The request with what an import said where no field says it, and with what people decided on its lines.

    `imported_request` and `determinations` are written by changes; `request` follows from them.
    """
    imported = document.get("imported_request")
    result = _under(made, imported) if imported else made
    for order, line in enumerate(result.get("lines", {}).values()):
        line.setdefault("order", order)
    determinations = believed(document)
    for line_id, line in result.get("lines", {}).items():
        line["determination"] = determinations.get(
            line_id
        )  # and from nowhere else: not a form, not an import
    for line_id, determination in determinations.items():
        line = result.setdefault("lines", {}).setdefault(line_id, {"order": len(result.get("lines", {}))})
        line["determination"] = determination
    return result


def clock_start(document: Mapping[str, Any]) -> datetime:
    """When the payer received the request: by the fax header or the sender where that is known, else as it
    arrived here.
    """
    return from_time(document.get("payer_received_at") or document["received_at"])


def _put_progress(document: Json) -> None:
    """The status of a review under way follows from what was decided: only a final determination on every line
    completes it, and what is pended or referred waits for somebody.
    """
    determinations = believed(document)
    if not determinations:
        document["waiting_for"] = None
        if document.get("status") == ReviewStatus.COMPLETED:
            document["status"] = str(ReviewStatus.IN_PROGRESS)
        return
    from app.domain.determination import FINAL, WAITING_FOR, Outcome  # only where something is decided

    lines = document["request"]["lines"]
    made = [Outcome(d["outcome"]) for _, d in sorted(determinations.items())]
    complete = all(line_id in determinations for line_id in lines) and all(o in FINAL for o in made)
    complete = complete and not reopened(document)
    document["status"] = str(ReviewStatus.COMPLETED if complete else ReviewStatus.IN_PROGRESS)
    # a request that waits for a physician does so, whatever information is still to come
    waits = sorted({WAITING_FOR[o] for o in made if o in WAITING_FOR}, reverse=True)
    document["waiting_for"] = waits[0] if waits else None


def _traps(document: Json, fields: tuple[FormField, ...], codes: CodeLists) -> tuple[Flag, ...]:
    from app.domain.request import request_from  # only what is in review is looked at so
    from app.domain.trap import traps

    return traps(request_from(document), fields, codes, clock_start(document).date())


def decisions_follow(document: Mapping[str, Any]) -> bool:
    """Whether a document shows nothing as decided but what its determinations say: whoever may write a case may write
    any status into it, and a decision into its request.
    """
    made = document.get("determinations") or {}
    lines = (document.get("request") or {}).get("lines", {})
    if any(_unsigned(line.get("determination")) != _unsigned(made.get(i)) for i, line in lines.items()):
        return False
    if not made.keys() <= lines.keys():
        return False
    seen = dict(document)
    _put_progress(seen)
    return all((seen.get(name) or "") == (document.get(name) or "") for name in ("status", "waiting_for"))


def _unsigned(entry: Any) -> Any:
    return {k: v for k, v in entry.items() if k != "signature"} if isinstance(entry, Mapping) else entry


def decided(document: Mapping[str, Any]) -> bool:
    """Whether a line of the request is decided for good."""
    from app.domain.determination import FINAL, Outcome

    return any(Outcome(d["outcome"]) in FINAL for d in believed(document).values())


def reopened(document: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """The lines whose determination did not see a change of what it rests on, and the ids of those changes.

    `reopened.<change_id>` is written by a merge: `lines` are the determinations that stood then, by their ids, so
    that a new determination of the line ends it.
    """
    made = believed(document)
    found: dict[str, tuple[str, ...]] = {}
    for change_id, entry in sorted(document.get("reopened", {}).items()):
        for line, determination_id in entry.get("lines", {}).items():
            if line in made and str(made[line].get("id", "")) == determination_id:
                found[line] = (*found.get(line, ()), change_id)
    return found


def _under(above: Any, below: Any) -> Any:
    """Two JSON values as one: maps are laid over each other, otherwise the upper one counts unless it is empty."""
    if isinstance(above, dict) and isinstance(below, dict):
        return {name: _under(above.get(name, ""), below.get(name, "")) for name in {**below, **above}}
    if above in ("", None, {}):
        return copy.deepcopy(below)
    return above


def unseen(document: Mapping[str, Any], threshold: float = SURE) -> tuple[FormField, ...]:
    """The fields that need a look and that nobody has looked at: what keeps a case from being verified."""
    return tuple(f for f in fields_from(document) if f.needs_look(threshold))


def touched(document: Mapping[str, Any], change: Change) -> tuple[str, ...]:
    """Paths of the fields that a change writes to and that the document (still) has."""
    writes = {w.path for w in change.writes}
    return tuple(
        path
        for path, _ in field_entries(document)
        if value_at(document, document_path(path)) is not None
        and any(w == document_path(path) or w.startswith(document_path(path) + ".") for w in writes)
    )
