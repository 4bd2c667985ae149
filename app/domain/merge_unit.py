"""The units of a merge: which parts of a case document belong together, and who made what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.domain.change import MISSING, Action, Change, Missing, Write, same
from app.domain.role import MACHINES

Path = tuple[str, ...]

LOCAL = frozenset({"_meta", "unconfirmed"})
"""What a desk writes for itself, or the engine by hand: no part of a difference."""
DERIVED = frozenset({"confidence", "due_at", "request", "flags", "patient", "waiting_for"})
"""What follows from the rest: it travels for other readers, and is never in conflict."""
_EVIDENCE = frozenset({"fields", "tables", "documents", "imported_request"})
_ONE_BELOW = frozenset(
    {
        "fields",
        "documents",
        "determinations",
        "milestones",
        "letters",
        "notes",
        "reopened",
        "different_from",
    }
)
_OF_REVIEW = {"slots": 3, "marks": 4, "pins": 3}
"""How many parts the path of one note of the review has, by its kind."""
_PLUMBING = frozenset({"uri", "generation"})
"""What is noted of a file on its way: not what somebody said of it."""
_SIGNED = frozenset({"signature", "signed_by", "signed_at", "key", "key_id"})
_BY_MACHINE = frozenset({Action.READ, Action.READ_AGAIN, Action.READING, Action.UNREADABLE})
_BESIDE = ("corrected_value", "state", "by", "at")
"""What people put beside the machine's value of a field."""
_ALWAYS_MACHINE = frozenset({"reader", "reason", "processor_version", "form_type"})


def difference(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[Path, Any]:
    """What has to be written to `base` so that it becomes `document`: values by their path, `MISSING` for what goes.

    Maps are entered, lists and scalars are whole; no path lies under another.
    """
    found: dict[Path, Any] = {}
    _differ((), base, document, found)
    return found


def _differ(path: Path, base: Any, document: Any, found: dict[Path, Any]) -> None:
    for name, value in document.items():
        before = base.get(name, MISSING)
        if isinstance(value, dict) and isinstance(before, dict):
            _differ((*path, name), before, value, found)
        elif type(value) is not type(before) or value != before:
            found[(*path, name)] = value
    for name in base:
        if name not in document:
            found[(*path, name)] = MISSING


def at(document: Any, path: Path) -> Any:
    """The value at a path, or `MISSING`."""
    for part in path:
        if not isinstance(document, Mapping) or part not in document:
            return MISSING
        document = document[part]
    return document


def unit_of(path: Path) -> Path | None:
    """The unit that a path belongs to: itself or what it stands in. None for a map of units."""
    first, size = path[0], len(path)
    if first in _ONE_BELOW:
        return path[:2] if size >= 2 else None
    if first == "tables":
        return None if size < 4 else path[:5]
    if first == "review":
        deep = _OF_REVIEW.get(path[1], 2) if size >= 2 else 2
        return path[:deep] if size >= deep else None
    return path


def units_of(path: Path, before: Any, value: Any) -> Iterator[Path]:
    """The units that a write of a value at a path touches, when `before` stands there."""
    unit = unit_of(path)
    if unit is not None:
        yield unit
        return
    maps = [side for side in (before, value) if isinstance(side, Mapping)]
    names = dict.fromkeys(name for side in maps for name in side)
    for name in names:
        inner = (
            side.get(name, MISSING) if isinstance(side, Mapping) else MISSING for side in (before, value)
        )
        yield from units_of((*path, name), *inner)


def is_row(unit: Path) -> bool:
    return unit[0] == "tables" and len(unit) == 4


def is_field(unit: Path) -> bool:
    """Whether a unit is one answer on the form: a field or a cell."""
    return (unit[0] == "fields" and len(unit) == 2) or (
        unit[0] == "tables" and len(unit) == 5 and unit[4] != "order"
    )


def is_evidence(unit: Path) -> bool:
    """Whether a determination rests on it: fields, tables, documents, and what people noted of criteria."""
    return unit[0] in _EVIDENCE or (unit[0] == "review" and len(unit) > 1 and unit[1] in _OF_REVIEW)


def is_form(unit: Path) -> bool:
    """Whether it belongs to what the provider sent: fields, tables and documents."""
    return unit[0] in _EVIDENCE


def unchanged(unit: Path, one: Any, other: Any) -> bool:
    """Whether nobody did anything to a unit between two versions."""
    if unit[0] == "documents":
        return same(_without(one, _PLUMBING), _without(other, _PLUMBING))
    if unit[0] == "determinations":
        return same(_without(one, _SIGNED), _without(other, _SIGNED))
    return same(one, other)


def alike(unit: Path, one: Any, other: Any) -> bool:
    """Whether two versions of a unit say the same, whoever said it when."""
    if unchanged(unit, one, other):
        return True
    if not isinstance(one, Mapping) or not isinstance(other, Mapping) or unit[0] == "milestones":
        return False
    if is_field(unit):
        names = ("value", "corrected_value", "state")
        return all(_equal(one.get(name), other.get(name)) for name in names)
    if unit[0] == "determinations":
        return bool(one.get("id")) and one.get("id") == other.get("id")
    if is_row(unit):
        return one.keys() == other.keys() and all(
            alike((*unit, name), one[name], other[name]) for name in one
        )
    return same(_without(one, {"by", "at"}), _without(other, {"by", "at"}))


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _without(value: Any, names: Iterable[str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: inner for name, inner in value.items() if name not in names}


def by_machine(changes: Iterable[Change]) -> bool:
    """Whether all of these were made by programs: readings, also those that a person asked for."""
    return all(change.by in MACHINES or change.action in _BY_MACHINE for change in changes)


def machine_made(unit: Path, base: Any, theirs: Any) -> bool:
    """Whether what stands in another's version was made by a program, as far as it can be told."""
    if unit[0] in _ALWAYS_MACHINE:
        return True
    if unit == ("intake_status",):
        opened_again = base == "verified"
        return theirs != "verified" and not opened_again
    if is_row(unit):
        if isinstance(theirs, Missing):
            return not _persons_row(base)
        return isinstance(theirs, Mapping) and not any(_touched(cell) for cell in theirs.values())
    if not is_field(unit):
        return False
    if not isinstance(theirs, Mapping):
        return True  # a person takes no field away: another version of the form has none
    if _touched(theirs):
        return False
    if not isinstance(base, Mapping):
        return True
    read_again = any(
        not _equal(base.get(name), theirs.get(name)) for name in ("value", "confidence", "box", "page")
    )
    restored = any(not _equal(base.get(name), theirs.get(name)) for name in _BESIDE)
    return read_again or not restored


def _touched(cell: Any) -> bool:
    """Whether a person confirmed, corrected or added it."""
    if not isinstance(cell, Mapping):
        return False
    return cell.get("source") == "person" or (cell.get("by") or "program") not in MACHINES


def _persons_row(row: Any) -> bool:
    cells = [cell for cell in row.values() if isinstance(cell, Mapping)] if isinstance(row, Mapping) else []
    return bool(cells) and all(cell.get("source") == "person" for cell in cells)


def pieces(write: Write, units: Iterable[Path]) -> Iterator[tuple[Path, Write]]:
    """A write cut along units: each unit it reaches, with the write that reaches that unit alone."""
    path = tuple(write.path.split("."))
    for unit in units:
        if path[: len(unit)] == unit:
            yield unit, write
        elif unit[: len(path)] == path:
            rest = unit[len(path) :]
            yield unit, Write(".".join(unit), at(write.base, rest), at(write.value, rest))
