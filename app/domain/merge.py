"""Merging a case that was changed on two desks: what waits here is laid again over the server's version.

A unit that only one side touched is taken, the same said twice is done, and anything else is a clash that a person
settles. What machines read never fights what people did; of two readings the server's stays. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.change import MISSING, Action, Change, Missing, Write, laid, lay
from app.domain.conflict import ConflictKind, Version
from app.domain.merge_unit import (
    DERIVED,
    LOCAL,
    Path,
    alike,
    at,
    by_machine,
    difference,
    is_evidence,
    is_form,
    is_row,
    machine_made,
    pieces,
    unchanged,
    units_of,
)

__all__ = ["Clash", "Note", "Pending", "Rebased", "difference", "document_after", "rebase"]

_WHOLE = frozenset({Action.DETERMINED, Action.VERIFIED, Action.REOPENED})
"""Changes of which no part stands alone."""
_STATUSES = ("", "in_queue", "in_progress", "completed")


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits, and what earlier merges left of its writes."""

    change: Change
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A unit that has to be settled by a person. Values may be `MISSING`."""

    kind: ConflictKind
    unit: str
    base: Version
    mine: Version
    theirs: Version
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What a merge decided by itself: `kept` is mine, theirs or reopened. Names units, holds no values."""

    unit: str
    kept: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rebased:
    """What comes of laying waiting changes over another version.

    `document` has nothing derived worked out yet. `writes` is what is left of each change, in the order of the
    changes; `held` are those of which a clash left nothing.
    """

    document: Json
    writes: Mapping[str, tuple[Write, ...]]
    held: frozenset[str]
    clashes: tuple[Clash, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Merge:
    base: Mapping[str, Any]
    mine: Mapping[str, Any]
    theirs: Mapping[str, Any]
    touched: Mapping[Path, list[Pending]]
    kept: set[Path] = field(default_factory=set)
    """Units of which the changes' own writes go on."""
    put: dict[Path, Any] = field(default_factory=dict)
    """Units that are written whole, over what the other side has there."""
    clashes: list[Clash] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    decided: Mapping[str, str] = field(default_factory=dict)
    """Lines decided for good elsewhere since the base, with the ids of their determinations."""
    moved: bool = False
    """Whether what determinations rest on was changed elsewhere since the base."""
    worked_on: bool = False
    """Whether anybody did anything to the case elsewhere since the base."""

    def note(self, unit: Path, kept: str) -> None:
        self.notes.append(Note(".".join(unit), kept, _ids(self.touched[unit])))

    def clash(self, unit: Path, kind: ConflictKind) -> None:
        changes = self.touched[unit]
        last = changes[-1].change
        self.clashes.append(
            Clash(
                kind,
                ".".join(unit),
                _version(at(self.base, unit)),
                Version(at(self.mine, unit), last.by, last.at),
                _version(at(self.theirs, unit)),
                _ids(changes),
            )
        )


def document_after(base: Mapping[str, Any] | None, pending: Iterable[Pending]) -> Json:
    """The document that waiting changes make of the base, with nothing derived worked out."""
    return laid(base or {}, (write for one in pending for write in one.writes))


def rebase(base: Mapping[str, Any] | None, theirs: Mapping[str, Any], pending: Sequence[Pending]) -> Rebased:
    """Lay waiting changes, oldest first, over another version of what they were made on; `base` None when nothing
    is known of a common one. Neither document is changed.
    """
    base = base if base is not None else _told_by(theirs, pending)
    mine, touched = _touched(base, pending)
    order = {id(one): place for place, one in enumerate(pending)}
    merge = _Merge(base, mine, theirs, _gathered(mine, theirs, touched, order))
    there = [
        unit
        for path, value in difference(base, theirs).items()
        if path[0] not in LOCAL | DERIVED
        for unit in units_of(path, at(base, path), value)
        if not unchanged(unit, at(base, unit), at(theirs, unit))
    ]
    merge.moved = any(is_evidence(unit) for unit in there)
    merge.worked_on = any(
        unit[0] != "milestones" and not machine_made(unit, at(base, unit), at(theirs, unit)) for unit in there
    )
    merge.decided = _decided_since(base, theirs)
    for unit in merge.touched:
        _resolve(merge, unit)
    _hold_whole(merge)
    return _result(merge, pending)


def _told_by(theirs: Mapping[str, Any], pending: Iterable[Pending]) -> Json:
    """The base as the changes say it was: what each of them found where it wrote first."""
    found: dict[str, Write] = {}
    for one in pending:
        for write in one.writes:
            found.setdefault(write.path, Write(write.path, MISSING, write.base))
    return laid(theirs, reversed(found.values()))


def _touched(base: Mapping[str, Any], pending: Sequence[Pending]) -> tuple[Json, dict[Path, list[Pending]]]:
    """Mine as it stands, and the units that the changes touch, each with its changes in their order."""
    mine = laid(base, ())
    touched: dict[Path, list[Pending]] = {}
    for one in pending:
        for write in one.writes:
            path = tuple(write.path.split("."))
            for unit in units_of(path, at(mine, path), write.value):
                changes = touched.setdefault(unit, [])
                if not changes or changes[-1] is not one:
                    changes.append(one)
            lay(mine, path, write.value)
    return mine, touched


def _gathered(
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    touched: Mapping[Path, list[Pending]],
    order: Mapping[int, int],
) -> dict[Path, list[Pending]]:
    """The units as they are settled: a row that one side lacks is one, otherwise its cells are; none under another."""
    found: dict[Path, list[Pending]] = {}
    for unit, changes in touched.items():
        if unit[0] in DERIVED | LOCAL:
            continue
        if unit[0] == "tables" and len(unit) == 5 and not _on_both(unit[:4], mine, theirs):
            _add(found, unit[:4], changes, order)
        elif is_row(unit) and _on_both(unit, mine, theirs):
            for name in dict.fromkeys((*at(mine, unit), *at(theirs, unit))):
                _add(found, (*unit, name), changes, order)
        else:
            _add(found, unit, changes, order)
    for unit in sorted(found, key=len):
        above = next((unit[:size] for size in range(1, len(unit)) if unit[:size] in found), None)
        if above is not None:
            _add(found, above, found.pop(unit), order)
    return found


def _on_both(row: Path, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    return isinstance(at(mine, row), Mapping) and isinstance(at(theirs, row), Mapping)


def _add(
    found: dict[Path, list[Pending]], unit: Path, changes: Iterable[Pending], order: Mapping[int, int]
) -> None:
    known = found.setdefault(unit, [])
    known += [one for one in changes if all(one is not other for other in known)]
    known.sort(key=lambda one: order[id(one)])


def _decided_since(base: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, str]:
    before = base.get("determinations", {})
    refused = theirs.get("unconfirmed", {})
    return {
        line: str(entry.get("id", ""))
        for line, entry in theirs.get("determinations", {}).items()
        if _final(entry)
        and not alike(("determinations", line), entry, before.get(line))
        and line not in refused
    }


def _final(entry: Mapping[str, Any]) -> bool:
    from app.domain.determination import FINAL  # only where something is merged

    return entry.get("outcome") in {str(outcome) for outcome in FINAL}


def _resolve(merge: _Merge, unit: Path) -> None:
    """What becomes of a unit that was touched here."""
    base, mine, theirs = at(merge.base, unit), at(merge.mine, unit), at(merge.theirs, unit)
    if alike(unit, mine, theirs):
        return  # done: the server's stays, with who said it there first
    if _determines(merge, unit, base, mine, theirs):
        return
    if unit == ("intake_status",) and merge.decided and base == "verified":
        merge.clash(unit, ConflictKind.DECIDED)
    elif unit == ("duplicate_of",) and not isinstance(mine, Missing) and merge.worked_on:
        merge.clash(unit, ConflictKind.DELETED)
    elif unchanged(unit, theirs, base):
        merge.kept.add(unit)
    elif unchanged(unit, mine, base):
        return  # done and taken back here: the other side's stays
    elif not _by_rule(merge, unit, base, mine, theirs):
        _by_author(merge, unit, base, mine, theirs)


def _hold_whole(merge: _Merge) -> None:
    """Where one determination of a change does not stand, none of that change does: a person looks at all of it."""
    clashing = {change_id for clash in merge.clashes for change_id in clash.changes}
    for unit in sorted(merge.kept):
        if unit[0] == "determinations" and clashing & set(_ids(merge.touched[unit])):
            merge.kept.remove(unit)
            merge.clash(unit, ConflictKind.EVIDENCE)


def _determines(merge: _Merge, unit: Path, base: Any, mine: Any, theirs: Any) -> bool:
    """Determinations never settle themselves; one that did not see a change of what it rests on does not stand."""
    if unit[0] != "determinations" or unchanged(unit, mine, base):
        return False
    if not unchanged(unit, theirs, base):
        merge.clash(unit, ConflictKind.DECIDED)
    elif merge.moved:
        merge.clash(unit, ConflictKind.EVIDENCE)
    else:
        merge.kept.add(unit)
    return True


def _by_rule(merge: _Merge, unit: Path, base: Any, mine: Any, theirs: Any) -> bool:
    """The units that have a rule of their own: what is earlier, later or further."""
    if unit[0] == "milestones":
        _take(merge, unit, mine, _moment(mine) < _moment(theirs))
    elif unit == ("review", "latest"):
        _take(merge, unit, mine, _moment(theirs, "") < _moment(mine, ""))
    elif unit == ("assigned_to",) and not base:
        # Whoever took it first has it; the other sees whose it is, and may take it over.
        merge.note(unit, "theirs")
    elif unit == ("assigned_at",):
        taken = merge.touched.get(("assigned_to",)) is None or unchanged(
            unit, at(merge.theirs, ("assigned_to",)), at(merge.base, ("assigned_to",))
        )
        _take(merge, unit, mine, taken)
    elif unit == ("status",) and {base, mine, theirs} <= set(_STATUSES):
        if merge.theirs.get("determinations"):
            return True  # it follows from them
        before, here, there = (_STATUSES.index(str(status)) for status in (base, mine, theirs))
        if min(here, there) < before:
            return False
        _take(merge, unit, mine, here > there)
    else:
        return False
    return True


def _moment(entry: Any, otherwise: str = "9999") -> str:
    return str(entry.get("at", otherwise)) if isinstance(entry, Mapping) else otherwise


def _take(merge: _Merge, unit: Path, mine: Any, taken: bool) -> None:
    if taken:
        merge.put[unit] = mine


def _by_author(merge: _Merge, unit: Path, base: Any, mine: Any, theirs: Any) -> None:
    here = by_machine(one.change for one in merge.touched[unit])
    there = machine_made(unit, base, theirs)
    if here:
        merge.note(unit, "theirs")
    elif there:
        merge.put[unit] = mine
        merge.note(unit, "mine")
    elif isinstance(mine, Missing) or isinstance(theirs, Missing):
        merge.clash(unit, ConflictKind.DELETED)
    else:
        merge.clash(unit, ConflictKind.VALUE)


def _result(merge: _Merge, pending: Sequence[Pending]) -> Rebased:
    clashing = {change_id for clash in merge.clashes for change_id in clash.changes}
    writes: dict[str, tuple[Write, ...]] = {}
    held: set[str] = set()
    units = list(merge.kept)
    for place, one in enumerate(pending):
        change = one.change
        left = [] if change.change_id in clashing and change.action in _WHOLE else _left(merge, one, units)
        if change.change_id in clashing:
            left = [write for write in left if not write.path.startswith("milestones.")]
        if left:
            left += _reopening(merge, change, left, {**merge.decided, **_standing(merge, pending, place)})
        elif change.change_id in clashing:
            held.add(change.change_id)
        writes[change.change_id] = tuple(left)
    document = laid(merge.theirs, (write for left in writes.values() for write in left))
    return Rebased(document, writes, frozenset(held), tuple(merge.clashes), tuple(merge.notes))


def _left(merge: _Merge, one: Pending, units: Sequence[Path]) -> list[Write]:
    """What goes on of a change: its writes to units that are kept, and units written whole that it touched last."""
    left: list[Write] = []
    for write in one.writes:
        reached: list[Write] = []
        for _, piece in pieces(write, units):
            if piece not in reached:
                reached.append(piece)
        path = tuple(write.path.split("."))
        if write.value == {} and not reached and isinstance(at(merge.theirs, path), Missing):
            reached = [write]
        left += reached
    for unit, value in merge.put.items():
        if merge.touched[unit][-1] is one:
            left.append(Write(".".join(unit), at(merge.theirs, unit), value))
    return left


def _standing(merge: _Merge, pending: Sequence[Pending], place: int) -> dict[str, str]:
    """Lines whose final determination stands there, while the one that was to take its place waits for a person, with
    the ids: who changed the form after that one, as the change at `place` does, saw it replaced.
    """
    found = {}
    for clash in merge.clashes:
        unit = tuple(clash.unit.split("."))
        if unit[0] != "determinations" or unit[1] in merge.theirs.get("unconfirmed", {}):
            continue
        entry = at(merge.theirs, unit)
        before = {one.change.change_id for one in pending[:place]}
        if isinstance(entry, Mapping) and _final(entry) and before & set(clash.changes):
            found[unit[1]] = str(entry.get("id", ""))
    return found


def _reopening(merge: _Merge, change: Change, left: list[Write], decided: Mapping[str, str]) -> list[Write]:
    """A change of the form that a final determination did not see opens it again, and says so in the case."""
    if not decided:
        return []
    seen = [
        write.path
        for write in left
        if is_form(tuple(write.path.split(".")))
        and at(merge.theirs, tuple(write.path.split("."))) != write.value
    ]
    if not seen:
        return []
    entry: Json = {"by": change.by, "at": to_time(change.at), "lines": dict(decided), "units": seen}
    merge.notes.append(Note("determinations", "reopened", (change.change_id,)))
    return [Write(f"reopened.{change.change_id}", MISSING, entry)]


def _ids(changes: Iterable[Pending]) -> tuple[str, ...]:
    return tuple(one.change.change_id for one in changes)


def _version(value: Any) -> Version:
    """What stands there, by whom and when as far as it says so itself."""
    if not isinstance(value, Mapping):
        return Version(value)
    when = value.get("at")
    moment: datetime | None = from_time(when) if isinstance(when, str) and when else None
    return Version(value, str(value.get("by") or ""), moment)
