"""A conflict in words: what kind it is, what it is about, what stood on each side, what settling it will do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.domain.case import field_from
from app.domain.change import MISSING
from app.domain.conflict import ConflictKind, OpenConflict, Settlement, Version
from app.domain.determination import Outcome
from app.domain.form import FieldKind, FieldState, FormField
from app.views.widgets.chip import Chip, state_chip
from app.views.widgets.review.determination_words import done_words

_CODED = frozenset({"status", "intake_status", "urgency", "line_of_business", "waiting_for"})
"""Parts of a case whose values are codes of the program's own."""
MOST_PARTS = 6
"""So many parts of a larger value are named."""
LONGEST = 600
LONG_TEXT = 60
"""Longer values are compared word by word."""
MOST_COMPARED = 800
_WORD = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True, slots=True)
class OtherCase:
    """The second of two cases that hold the same file."""

    case_id: str
    receipt: str
    patient: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that somebody else did to what a determination rests on."""

    label: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """A conflict with what a person needs to see it: whose case, which field, where it stands on the page."""

    conflict: OpenConflict
    receipt: str
    patient: str
    label: str
    field: FormField | None = None
    received_at: datetime | None = None
    other: OtherCase | None = None
    """Of two cases with the same file: the other one. None when it is not on this computer."""
    changed: tuple[Changed, ...] = ()
    """Of a determination: what others last did to what it rests on, the latest first."""


@dataclass(frozen=True, slots=True)
class ValueWords:
    """What stands on a side: `text` as it is set, `chip` its state; `plain` says that the words are ours, not read."""

    text: str
    chip: Chip | None = None
    plain: bool = False


def tr(text: str) -> str:
    return QCoreApplication.translate("Conflict", text)


def kind_chip(kind: ConflictKind) -> Chip:
    """The kind of a conflict in a word."""
    match kind:
        case ConflictKind.DELETED:
            return Chip("trash-2", tr("Deleted"), "wrong")
        case ConflictKind.EVIDENCE:
            return Chip("scale", tr("Evidence changed"), "look")
        case ConflictKind.DECIDED:
            return Chip("stamp", tr("Decided meanwhile"), "look")
        case ConflictKind.SAME_CONTENT:
            return Chip("copy", tr("Same file"), "look")
        case _:
            return Chip("git-compare", tr("Two values"), "look")


def kind_words(subject: Subject) -> str:
    """What happened, in plain words."""
    conflict = subject.conflict
    known = bool(conflict.theirs.by)
    other = conflict.theirs.by or tr("Somebody else")
    match conflict.kind:
        case ConflictKind.DELETED:
            if nothing(conflict.theirs.value):
                return tr("{other} deleted this while it was changed here.").format(other=other)
            if not known:
                return tr("This was deleted here while it was changed on another desk.")
            return tr("This was deleted here while {other} changed it.").format(other=other)
        case ConflictKind.EVIDENCE:
            return tr(
                "{other} changed what this determination rests on before it was sent. It has to be decided again "
                "with what stands there now."
            ).format(other=other)
        case ConflictKind.DECIDED:
            return tr(
                "{other} decided this request while it was changed here. The decision stands; what was changed "
                "here did not come before it."
            ).format(other=other)
        case ConflictKind.SAME_CONTENT:
            return tr("Two cases hold the same file: it came in on two desks, or was sent twice.")
        case _:
            if not known:
                return tr("This was changed here and on another desk, to two values.")
            return tr("This was changed here and by {other}, to two values.").format(other=other)


def nothing(value: Any) -> bool:
    """Whether nothing stands there."""
    return value is None or value is MISSING or value == ""


def is_field(value: Any) -> bool:
    """Whether a value is a whole field with its state."""
    return isinstance(value, Mapping) and "value" in value and ("state" in value or "kind" in value)


def value_words(value: Any, unit: str = "") -> ValueWords:
    """What stands there, in words and, for a field, with what a person said about it."""
    if unit.startswith("determinations") and nothing(value):
        return ValueWords(tr("Not decided"), plain=True)
    if unit == "assigned_to" and nothing(value):
        return ValueWords(tr("Nobody"), plain=True)
    if value is None or value is MISSING:
        return ValueWords(tr("Not there"), plain=True)
    if unit in _CODED and isinstance(value, str) and value:
        return ValueWords(_words_of(value), plain=True)
    if is_field(value):
        return _field_words(field_from("", value))
    if isinstance(value, bool):
        return ValueWords(tr("Yes") if value else tr("No"), plain=True)
    if isinstance(value, Mapping):
        if str(value.get("outcome", "")) in set(Outcome):
            return _determination_words(value)
        return ValueWords(_map_words(value), plain=True)
    if isinstance(value, list | tuple):
        return ValueWords(", ".join(value_words(v).text for v in value)[:LONGEST] or tr("Empty"), plain=True)
    text = str(value)
    return ValueWords(text[:LONGEST]) if text else ValueWords(tr("Empty"), plain=True)


def _field_words(field: FormField) -> ValueWords:
    chip = state_chip(field.state) or Chip("eye", tr("Not looked at"))
    if field.kind is FieldKind.TICK_BOX or isinstance(field.current, bool):
        return ValueWords(tr("Ticked") if field.current else tr("Not ticked"), chip, plain=True)
    if field.state is FieldState.ILLEGIBLE and not field.current:
        return ValueWords(tr("Illegible"), chip, plain=True)
    text = str(field.current)
    return ValueWords(text, chip) if text else ValueWords(tr("Empty"), chip, plain=True)


def _determination_words(value: Mapping[str, Any]) -> ValueWords:
    words = done_words(Outcome(str(value["outcome"])))
    reason = str(value.get("reason", ""))
    return ValueWords(f"{words}. {reason}"[:LONGEST].strip() if reason else words, plain=True)


def _map_words(value: Mapping[str, Any]) -> str:
    """A row, or another larger value: its parts by name. What is kept for machines is left out."""
    parts = []
    for name, part in value.items():
        if name.startswith("_") or name == "order":
            continue
        said = value_words(part).text if not isinstance(part, Mapping) or is_field(part) else ""
        label = part.get("label") if isinstance(part, Mapping) else None
        label = str(label or _words_of(name))
        if said:
            parts.append(f"{label}: {said}")
    more = len(parts) - MOST_PARTS
    shown = "; ".join(parts[:MOST_PARTS])
    if more > 0:
        shown += " " + tr("and {count} more").format(count=more)
    return shown[:LONGEST] or tr("Empty")


def field_path(unit: str) -> str:
    """The path of the field that a unit of a case is, "" for any other part of it."""
    parts = unit.split(".")
    if parts[0] == "fields" and len(parts) >= 2:
        return parts[1]
    if parts[0] == "tables" and len(parts) >= 5 and parts[2] == "rows":
        return f"{parts[1]}.{parts[3]}.{parts[4]}"
    return ""


def unit_label(unit: str, field: FormField | None = None) -> str:
    """What a part of a case is called."""
    if field is not None:
        return field.label
    known = {
        "assigned_to": tr("Who has the request"),
        "status": tr("Status of the review"),
        "intake_status": tr("Status of intake"),
        "duplicate_of": tr("Duplicate of another case"),
        "urgency": tr("Urgency"),
        "line_of_business": tr("Line of business"),
        "form_type": tr("Form type"),
        "payer_received_at": tr("When the payer received it"),
        "waiting_for": tr("Whom it waits for"),
    }
    first, _, rest = unit.partition(".")
    if unit in known:
        return known[unit]
    if first == "determinations":
        return tr("Determination")
    if first == "tables":
        return tr("Row of a table")
    if first == "documents":
        return tr("Document")
    if not unit or unit == "case" or first == "_meta":
        return tr("The whole case")
    return _words_of(rest.rpartition(".")[2] or first)


def conflict_label(conflict: OpenConflict, field: FormField | None = None) -> str:
    """What a conflict is about, as a title."""
    if conflict.kind is ConflictKind.SAME_CONTENT:
        return tr("Two cases, one file")
    return unit_label(conflict.unit, field)


def _words_of(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def differing(one: str, other: str) -> tuple[frozenset[int], frozenset[int]]:
    """Which characters of two values differ, by index; of long texts, which words. None where hardly anything is
    alike: marks would say nothing.
    """
    if not one or not other or one == other:
        return frozenset(), frozenset()
    whole = max(len(one), len(other)) > LONG_TEXT
    here, there = (_WORD.findall(text) if whole else list(text) for text in (one, other))
    matcher = SequenceMatcher(None, here, there, autojunk=False)
    if max(len(here), len(there)) > MOST_COMPARED or matcher.ratio() < 0.5:
        return frozenset(), frozenset()
    mine: set[int] = set()
    theirs: set[int] = set()
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag != "equal":
            mine.update(_places(here, a0, a1))
            theirs.update(_places(there, b0, b1))
    return frozenset(mine), frozenset(theirs)


def _places(parts: list[str], first: int, end: int) -> range:
    """Where some parts of a text stand in it, without the space after them."""
    start = sum(len(part) for part in parts[:first])
    return range(start, start + len("".join(parts[first:end]).rstrip()) if first < end else start)


def changed_words(subject: Subject, when: Callable[[datetime], str]) -> ValueWords:
    """What others last changed of what a determination rests on, in one text."""
    if not subject.changed:
        return ValueWords(
            tr("A document or a field of the case. The review shows what stands there now."), plain=True
        )
    said = [f"{c.label}: {c.text} ({', '.join(p for p in (c.by, when(c.at)) if p)})" for c in subject.changed]
    return ValueWords("; ".join(said), plain=True)


def who_words(version: Version, when: str) -> str:
    """Who wrote a side and when, as far as it is known."""
    if version.by and when:
        return f"{version.by} · {when}"
    return version.by or when


def outcome_of(settlement: Settlement, kind: ConflictKind = ConflictKind.VALUE) -> str:
    """What settling it like that does, in one sentence."""
    noted = settlement is Settlement.THEIRS_AND_NOTE
    if kind is ConflictKind.EVIDENCE and (noted or settlement is Settlement.THEIRS):
        words = tr("This determination is not sent; the request is still to be decided.")
        return (
            words
            + " "
            + (tr("It is kept as a note on the case.") if noted else tr("It stays in the history."))
        )
    match settlement:
        case Settlement.MINE:
            return tr("Mine goes to the shared queue. Theirs stays to be read in the history.")
        case Settlement.THEIRS:
            return tr("Theirs stays. Mine stays to be read in the history.")
        case Settlement.THEIRS_AND_NOTE:
            return tr("Theirs stays, and mine is kept as a note on the case.")
        case Settlement.MINE_AND_NOTE:
            return tr("Mine goes to the shared queue, and theirs is kept as a note on the case.")
        case Settlement.MERGE:
            return tr("The later case becomes a duplicate of the earlier one, which goes on.")
        case _:
            return tr("Both cases go on: they are two requests.")


def settled_words(settlement: Settlement, kind: ConflictKind = ConflictKind.VALUE) -> str:
    """What was done, after it was."""
    if kind is ConflictKind.EVIDENCE and settlement in (Settlement.THEIRS, Settlement.THEIRS_AND_NOTE):
        return tr("Settled: the request is still to be decided.")
    match settlement:
        case Settlement.MINE:
            return tr("Settled: mine was kept.")
        case Settlement.THEIRS:
            return tr("Settled: theirs was kept.")
        case Settlement.THEIRS_AND_NOTE:
            return tr("Settled: theirs was kept, mine is a note.")
        case Settlement.MINE_AND_NOTE:
            return tr("Settled: mine was kept, theirs is a note.")
        case Settlement.MERGE:
            return tr("Settled: the later case is a duplicate.")
        case _:
            return tr("Settled: both cases go on.")
