"""What people say about conflicts and about what the server refused. Runs in the store's lane."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain import projection
from app.domain.case import Case, Json, case_from, field_entries, to_time
from app.domain.change import MISSING, Action, Change, Missing, Write, same, value_at
from app.domain.conflict import ConflictKind, OpenConflict, Settlement, Version
from app.domain.errors import Rejected
from app.domain.merge_unit import DERIVED, LOCAL, difference, is_form
from app.domain.role import MACHINES
from app.services.change_log import ChangeLog, Stored
from app.services.store.conflict_shelf import WHOLE_CASE, KeptConflict
from app.services.store.past_shelf import change_of

_MINE = frozenset({Settlement.MINE, Settlement.MINE_AND_NOTE})
_NOTED = frozenset({Settlement.MINE_AND_NOTE, Settlement.THEIRS_AND_NOTE})


def open_conflicts(changes: ChangeLog, case_id: str = "") -> tuple[OpenConflict, ...]:
    """What has to be settled, oldest first, with what stands there by now on the other side."""
    return tuple(_as_it_stands(changes, kept) for kept in changes.store.sync.conflicts.open(case_id))


def _as_it_stands(changes: ChangeLog, kept: KeptConflict) -> OpenConflict:
    shown = _as_told(changes, kept)
    if shown.theirs.by or kept.kind is ConflictKind.SAME_CONTENT:
        return shown
    by, when = _last_author(changes, kept)
    return replace(shown, theirs=replace(shown.theirs, by=by, at=when)) if by else shown


def _last_author(changes: ChangeLog, kept: KeptConflict) -> tuple[str, datetime | None]:
    """Who wrote the unit last on another desk, and when, as far as its history is here."""
    unit = kept.unit
    for receipt in reversed(changes.store.past.receipts(kept.case_id)):
        paths = [write.path for write in change_of(receipt).writes]
        touched = any(
            path == unit or path.startswith(f"{unit}.") or unit.startswith(f"{path}.") for path in paths
        )
        if touched or (unit == WHOLE_CASE and receipt.action == "deleted"):
            return receipt.by, receipt.at
    return "", None


def _as_told(changes: ChangeLog, kept: KeptConflict) -> OpenConflict:
    if kept.kind not in (ConflictKind.VALUE, ConflictKind.DELETED) or kept.unit == WHOLE_CASE:
        return kept.shown()
    value = changes.store.sync.value_at(kept.case_id, kept.unit)
    if same(value, kept.theirs.value):
        return kept.shown()
    by, when = _author(value)
    return kept.shown(replace(kept.theirs, value=value, by=by, at=when))


def _author(value: Any) -> tuple[str, Any]:
    from app.domain.case import from_time

    if not isinstance(value, Mapping):
        return "", None
    when = value.get("at")
    return str(value.get("by") or ""), from_time(when) if isinstance(when, str) and when else None


def settle(changes: ChangeLog, conflict_id: str, settlement: Settlement, by: str) -> Case:
    """Settle a conflict: a change of its own, durable when it returns, with its entry in the audit trail.

    Raises `Rejected` when it is settled already or may not be settled so, and what a change raises.
    """
    kept = changes.store.sync.conflicts.one(conflict_id)
    if kept is None or kept.state != "open":
        raise Rejected("This is settled already.", "Look at the next one.", code="conflict_settled")
    if settlement not in kept.shown().choices:
        raise Rejected("This cannot be settled so.", "Choose what is offered.", code="conflict_choice")
    if kept.kind is ConflictKind.SAME_CONTENT:
        return _settle_twins(changes, kept, settlement, by)
    if kept.unit == WHOLE_CASE:
        return _settle_deleted(changes, kept, settlement, by)
    document = changes.store.case_document(kept.case_id)
    theirs = value_at(document, kept.unit)
    writes: list[Write] = []
    if settlement in _MINE and not same(theirs, kept.mine.value):
        writes.append(Write(kept.unit, theirs, kept.mine.value))
    lost = replace(kept.theirs, value=theirs) if settlement in _MINE else kept.mine
    if settlement in _NOTED:
        writes.append(_note(document, kept, _words(kept.unit, lost), lost, changes))
    return _store(changes, document, kept, settlement, by, writes).case


def _store(
    changes: ChangeLog,
    document: Json,
    kept: KeptConflict,
    settlement: Settlement,
    by: str,
    writes: list[Write],
) -> Stored:
    sync = changes.store.sync
    now = changes.now()
    change = Change(changes.new_id(), kept.case_id, Action.SETTLED, by, now, tuple(writes))
    reopening = _reopening(document, change)
    if reopening is not None:
        change = replace(change, writes=(*change.writes, reopening))

    def also(number: int) -> None:
        sync.conflicts.settle(kept.conflict_id, settlement, by, now)
        sync.decisions.release(number)
        detail: Json = {
            "conflict": kept.conflict_id,
            "kind": str(kept.kind),
            "unit": kept.unit,
            "settlement": str(settlement),
        }
        sync.decisions.note("conflict_settled", by, now, kept.case_id, detail)

    return changes.store_change(document, change, also)


def _reopening(document: Json, change: Change) -> Write | None:
    """A decided request is opened again by a change of its form that the determination did not see."""
    from app.domain.determination import FINAL

    units = [w.path for w in change.writes if is_form(tuple(w.path.split(".")))]
    final = {str(outcome) for outcome in FINAL}
    lines = {
        line: str(entry.get("id", ""))
        for line, entry in projection.believed(document).items()
        if entry.get("outcome") in final
    }
    if not units or not lines:
        return None
    entry: Json = {"by": change.by, "at": to_time(change.at), "lines": lines, "units": units}
    return Write(f"reopened.{change.change_id}", MISSING, entry)


def _settle_deleted(changes: ChangeLog, kept: KeptConflict, settlement: Settlement, by: str) -> Case:
    sync = changes.store.sync
    note = ""
    if settlement in _NOTED:
        note = _corrections(changes.store.case_document(kept.case_id))
    if settlement in _MINE:
        sync.decisions.revived(kept.case_id, changes.now())
    else:
        sync.decisions.let_go(kept.case_id, changes.now())
    document = changes.store.case_document(kept.case_id)
    writes = [_note(document, kept, note, kept.mine, changes)] if note else []
    return _store(changes, document, kept, settlement, by, writes).case


def _settle_twins(changes: ChangeLog, kept: KeptConflict, settlement: Settlement, by: str) -> Case:
    """Of two cases with one file the later is put away as a duplicate, or both are said to be requests."""
    document = changes.store.case_document(kept.case_id)
    if settlement is Settlement.BOTH:
        place = f"different_from.{kept.other_case_id}"
        entry: Json = {"by": by, "at": to_time(changes.now())}
        return _store(
            changes, document, kept, settlement, by, [Write(place, value_at(document, place), entry)]
        ).case
    if projection.decided(document):
        raise Rejected(
            "The later of the two is decided: it is not put away.",
            "Keep both, or dismiss the earlier one as sent twice.",
            code="duplicate_decided",
        )
    said = _corrections(document)
    if said:
        _carry_over(changes, kept, said, by)
    writes = [Write("duplicate_of", value_at(document, "duplicate_of"), kept.other_case_id)]
    return _store(changes, document, kept, settlement, by, writes).case


def _carry_over(changes: ChangeLog, kept: KeptConflict, said: str, by: str) -> None:
    """What people corrected on the duplicate is kept as a note on the case that goes on; once."""
    other = changes.store.case_document(kept.other_case_id)
    now = changes.now()
    write = _note(other, kept, said, Version(MISSING, by, now), changes)
    change_id = hashlib.sha256(f"carried over\n{kept.conflict_id}".encode()).hexdigest()[:32]
    change = Change(change_id, kept.other_case_id, Action.SETTLED, by, now, (write,))
    if not any(done.change_id == change_id for done in changes.store.history(kept.other_case_id)):
        changes.store_change(other, change)


def _note(document: Json, kept: KeptConflict, text: str, side: Version, changes: ChangeLog) -> Write:
    """What is not kept, as a note on the case: `notes.<id>` with text, by and at."""
    place = f"notes.{kept.conflict_id}"
    entry: Json = {
        "text": text,
        "by": side.by,
        "at": to_time(side.at or changes.now()),
        "unit": kept.unit,
        "value": None if isinstance(side.value, Missing) else side.value,
    }
    return Write(place, value_at(document, place), entry)


def _words(unit: str, side: Version) -> str:
    """A value as a note says it: the label of its field, and what stood there."""
    value = side.value
    if isinstance(value, Missing) or value is None:
        return f"{unit}: –"
    if isinstance(value, Mapping) and "state" in value:
        return f"{value.get('label') or unit}: {_current(value)}"
    if isinstance(value, Mapping):
        cells = [c for c in value.values() if isinstance(c, Mapping) and "state" in c]
        if cells:
            return "; ".join(f"{c.get('label', '')}: {_current(c)}" for c in cells)
        text = value.get("text") or value.get("reason") or value.get("outcome")
        return f"{unit}: {text}" if text else unit
    return f"{unit}: {value}"


def _current(entry: Mapping[str, Any]) -> str:
    value = entry.get("corrected_value")
    if value is None:
        value = entry.get("value", "")
    state = entry.get("state")
    return f"{value} ({state})" if state in ("illegible", "not_applicable") else str(value)


def _corrections(document: Json) -> str:
    """What people said of the fields of a case, a line each."""
    lines = [
        f"{entry.get('label') or path}: {_current(entry)}"
        for path, entry in sorted(field_entries(document), key=lambda item: item[1].get("order", 0))
        if entry.get("by") and entry["by"] not in MACHINES and entry.get("state") != "confirmed"
    ]
    return "\n".join(lines)


def give_up(changes: ChangeLog, change_id: str, by: str) -> Case:
    """Give up a change that the server refused: it stays in the history, and its effect is taken back here.

    A case that the server never had stays as it is, on this computer alone. Raises `Rejected` for a change that was
    not refused.
    """
    sync = changes.store.sync
    found = sync.decisions.without(change_id)
    if found is None:
        raise Rejected(
            "Only what was refused can be given up.", "What waits goes by itself.", code="not_refused"
        )
    if _reopen_behind(changes, change_id, by, *found):
        found = sync.decisions.without(change_id) or found
    case_id, document, after = found
    writes = tuple(
        Write(".".join(path), _at(document, path), value)
        for path, value in _differing(document, after).items()
    )
    now = changes.now()
    change = Change(changes.new_id(), case_id, Action.GIVEN_UP, by, now, writes, undoes=change_id)

    def also(number: int) -> None:
        sync.decisions.given_up(number, change_id)
        sync.decisions.note("left_outbox", by, now, case_id, {"change": change_id})

    changes.store_change(document, change, also, sent=False)
    return case_from(changes.store.case_document(case_id))


def _reopen_behind(
    changes: ChangeLog, change_id: str, by: str, case_id: str, document: Json, after: Json
) -> bool:
    """Open a decision again that comes to stand when the one in its place is given up: what was changed on the form
    behind that one, it did not see. A change of its own, which goes to the other desks; kept before anything is taken
    back, so that nothing is forgotten between the two. Whether there was any.
    """
    from app.domain.determination import FINAL

    history = changes.store.history(case_id)
    place = next((place for place, one in enumerate(history) if one.change_id == change_id), len(history))
    final = {str(outcome) for outcome in FINAL}
    refused = after.get("unconfirmed", {})
    standing = {
        line: str(entry.get("id", ""))
        for one in history[place : place + 1]
        for line in _lines(one)
        if isinstance(entry := value_at(after, f"determinations.{line}"), Mapping)
        and entry.get("outcome") in final
        and line not in refused
    }
    behind = [
        (one, units)
        for one in history[place + 1 :]
        if (units := [w.path for w in one.writes if is_form(tuple(w.path.split(".")))])
        and one.change_id not in document.get("reopened", {})
    ]
    if not standing or not behind:
        return False
    writes = tuple(
        Write(
            f"reopened.{one.change_id}",
            MISSING,
            {"by": one.by, "at": to_time(one.at), "lines": standing, "units": units},
        )
        for one, units in behind
    )
    changes.store_change(
        document, Change(changes.new_id(), case_id, Action.SETTLED, by, changes.now(), writes)
    )
    return True


def _lines(change: Change) -> list[str]:
    """The lines of the request that a change decides."""
    parts = [write.path.split(".") for write in change.writes]
    return [part[1] for part in parts if part[0] == "determinations" and len(part) > 1]


def _differing(document: Json, after: Json) -> dict[tuple[str, ...], Any]:
    """What takes a case from one version to another, without what follows from the rest. A name with a dot in it is
    written with what it stands in, since paths are dotted.
    """
    found: dict[tuple[str, ...], Any] = {}
    for path, value in difference(document, after).items():
        if path[0] in DERIVED | LOCAL:
            continue
        dotted = next((place for place, name in enumerate(path) if "." in name), None)
        if dotted is None:
            found[path] = value
        else:
            found[path[:dotted]] = _at(after, path[:dotted])
    return found


def _at(document: Any, path: tuple[str, ...]) -> Any:
    return value_at(document, ".".join(path))


def retry(changes: ChangeLog, change_id: str, by: str) -> None:
    """Try what was refused again, with everything else that waits of its case."""
    sync = changes.store.sync
    case_id = sync.decisions.case_of(change_id)
    if case_id is None:
        raise Rejected("This does not wait any more.", "Look at the list again.", code="not_waiting")
    sync.retry(case_id, by, changes.now())
