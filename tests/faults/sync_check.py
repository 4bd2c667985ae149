"""The checker of histories: what was called saved on any desk, and what became of it.

It knows nothing of the engine. Every act at a desk is noted as the words that parts of a case had before and after it
(`sync_unit`): whoever acts has seen what stood there. From these notes and from the server's own log it says

* lost: an act of which nothing is left, that nobody who saw it replaced, and that no open conflict holds;
* overwritten: the server went from one word to another by no act of anybody who had seen the first;
* blind: a decision counts though somebody who did not know it had changed what it rests on;
* doubled: a change, a case, a row or a receipt twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.case import Json
from tests.faults.sync_server import Applied, ServerModel
from tests.faults.sync_unit import NONE, words_of, words_under

_EVIDENCE = ("fields.", "tables.", "documents.")
_READS = ("read_if_waiting",)
"""What a machine does: of a case that is deleted, its reading is nobody's work, and is read off the file again."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One part of a case that an act gave another word, with every word its author had before their eyes."""

    step: int
    desk: str
    what: str
    bases: frozenset[str]
    word: str
    decided: frozenset[str] = frozenset()
    """The determinations that stood in the case before its author."""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A conflict that waits for a person: both sides are before everybody's eyes."""

    desk: str
    case_id: str
    unit: str
    kind: str
    sides: tuple[object, object]
    changes: tuple[str, ...]
    other_case_id: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that must not happen, and to which part of which case."""

    kind: str
    case_id: str
    unit: str
    text: str


@dataclass(slots=True)
class History:
    """Everything that people and machines did, as they saw it."""

    edits: dict[str, dict[str, list[Edit]]] = field(default_factory=dict)
    acts: int = 0
    excused: set[str] = field(default_factory=set)
    """Changes that a person was told about and decided on: held by a conflict, refused and given up."""
    grounds: dict[str, dict[str, str]] = field(default_factory=dict)
    """By determination the words of the case as its author saw it."""
    kept_here: set[str] = field(default_factory=set)
    """Cases that a person gave up sending before the server had them."""
    both: set[frozenset[str]] = field(default_factory=set)
    """Pairs of cases with the same file of which a person said that they are two requests."""

    def record(
        self,
        step: int,
        desk: str,
        what: str,
        case_id: str,
        before: Mapping[str, str],
        after: Mapping[str, str],
        seen: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Note an act. `seen` are words that stood before its author besides the case: the sides of a conflict."""
        parts = self.edits.setdefault(case_id, {})
        more = seen or {}
        self.acts += 1
        decided = frozenset(word for unit, word in before.items() if unit.startswith("determinations."))
        for unit, word in after.items():
            if unit.startswith("determinations.") and word not in decided:
                self.grounds.setdefault(word, dict(before))
        for unit in {**before, **after, **more}:
            was, now = before.get(unit, NONE), after.get(unit, NONE)
            bases = {was, *more.get(unit, ())}
            if bases != {now}:
                parts.setdefault(unit, []).append(Edit(step, desk, what, frozenset(bases), now, decided))


def judge(
    history: History, server: ServerModel, rows: Iterable[OpenRow], made: Mapping[str, str]
) -> list[Wrong]:
    """Everything that went wrong. `made` are all changes that desks hold, each with its case."""
    rows = list(rows)
    return [
        *_lost(history, server, rows),
        *_overwritten(history, server.log),
        *_doubled(history, server, rows, made),
        *_blind(history, server),
        *_unreceipted(history, server, rows, made),
    ]


def _lost(history: History, server: ServerModel, rows: list[OpenRow]) -> Iterable[Wrong]:
    held: dict[str, list[OpenRow]] = defaultdict(list)
    for row in rows:
        held[row.case_id].append(row)
    for case_id, parts in history.edits.items():
        final = words_of(server.document(case_id) or {})
        if case_id not in server.cases:
            if case_id in history.kept_here:
                continue
            yield Wrong("lost", case_id, "", "the case never reached the server")
            continue
        shown: dict[str, set[str]] = defaultdict(set)
        for row in held[case_id]:
            for side in row.sides:
                for unit, word in words_under(row.unit, side).items():
                    shown[unit].add(word)
        for unit, edits in parts.items():
            known = {final.get(unit, NONE), *shown.get(unit, ())}
            _add_seen(known, edits)
            for edit in edits:
                if not final and edit.what in _READS:
                    continue
                if unit == "assigned_to" and NONE in edit.bases:
                    continue  # of two who take what nobody has, the first has it: the program's promise
                if edit.word not in known and not _whole_case_held(held[case_id]):
                    end = final.get(unit, NONE)
                    text = f"{edit.desk} at {edit.step}: {edit.what} said {edit.word}; at the end {end}"
                    yield Wrong("lost", case_id, unit, text)


def _whole_case_held(rows: list[OpenRow]) -> bool:
    return any(row.kind in ("deleted", "same_content") for row in rows)


def _add_seen(known: set[str], edits: list[Edit]) -> None:
    """Add to the words that are accounted for those that an accounted act replaced with open eyes."""
    growing = True
    while growing:
        growing = False
        for edit in edits:
            if edit.word in known and not edit.bases <= known:
                known |= edit.bases
                growing = True


def _overwritten(history: History, log: list[Applied]) -> Iterable[Wrong]:
    last: dict[str, dict[str, str]] = {}
    for applied in log:
        case_id = applied.case_id
        before = last.get(case_id, {})
        after = words_of(json.loads(applied.after))
        last[case_id] = after
        parts = history.edits.get(case_id, {})
        for unit in before.keys() | after.keys():
            was, now = before.get(unit, NONE), after.get(unit, NONE)
            if was != now and not _follows(was, now, parts.get(unit, [])):
                who = ", ".join(f"{r.action} by {r.by}" for r in applied.receipts)
                text = f"write {applied.number} ({who}{applied.tag and ', ' + applied.tag}) put {now} over {was} unseen"
                yield Wrong("overwritten", case_id, unit, text)


def _follows(was: str, now: str, edits: list[Edit]) -> bool:
    """Whether acts lead from one word to the other, each by somebody who saw the one before."""
    reached, open_words = {now}, [now]
    while open_words:
        word = open_words.pop()
        if word == was:
            return True
        for edit in edits:
            if edit.word == word:
                open_words += edit.bases - reached
                reached |= edit.bases
    return False


def _blind(history: History, server: ServerModel) -> Iterable[Wrong]:
    """Requests that count as decided though what the decision rests on was changed by somebody who had not seen it."""
    for case_id in server.cases:
        document = server.document(case_id) or {}
        if document.get("status") != "completed" or not words_of(document):
            continue
        final, parts = words_of(document), history.edits.get(case_id, {})
        for line, entry in document.get("determinations", {}).items():
            ground = history.grounds.get(str(entry.get("id")), {})
            for unit in {*final, *ground}:
                if not unit.startswith(_EVIDENCE):
                    continue
                seen, now = {ground.get(unit, NONE)}, {final.get(unit, NONE)}
                _add_seen(seen, parts.get(unit, []))
                _add_seen(now, parts.get(unit, []))
                for edit in parts.get(unit, []):
                    if edit.word in now - seen and str(entry.get("id")) not in edit.decided:
                        text = (
                            f"{edit.desk} at {edit.step}: {edit.what} said {edit.word}; {line} did not see it"
                        )
                        yield Wrong("blind", case_id, unit, text)


def _doubled(
    history: History, server: ServerModel, rows: list[OpenRow], made: Mapping[str, str]
) -> Iterable[Wrong]:
    seen: dict[tuple[str, ...], str] = {}
    for case_id, receipts in server.mutations.items():
        for receipt in receipts.values():
            if receipt.desk == "ADMN":
                continue
            if made.get(receipt.mutation_id) != case_id:
                yield Wrong(
                    "doubled", case_id, receipt.mutation_id, "a receipt of a change that no desk made"
                )
            print_of = (case_id, receipt.desk, receipt.action, receipt.by, str(receipt.at))
            if seen.setdefault(print_of, receipt.mutation_id) != receipt.mutation_id:
                yield Wrong("doubled", case_id, receipt.mutation_id, f"{receipt.action} has two receipts")
    yield from _same_arrivals(history, server, rows)


def _same_arrivals(history: History, server: ServerModel, rows: list[OpenRow]) -> Iterable[Wrong]:
    documents = {case_id: server.document(case_id) or {} for case_id in server.cases}
    numbers: dict[str, str] = {}
    files: dict[str, str] = {}
    asked = {frozenset((r.case_id, r.other_case_id)) for r in rows if r.kind == "same_content"}
    for case_id, document in sorted(documents.items()):
        number = str(document.get("receipt"))
        if numbers.setdefault(number, case_id) != case_id:
            yield Wrong("doubled", case_id, "", f"receipt {number} names two cases")
        if document["_meta"].get("deleted_at"):
            continue
        for entry in document.get("documents", {}).values():
            other = files.setdefault(entry["sha256"], case_id)
            pair = frozenset((case_id, other))
            if other != case_id and pair not in asked and pair not in history.both:
                yield Wrong("doubled", case_id, "", f"the same file as {other[:8]}, and nobody is asked")


def _unreceipted(
    history: History, server: ServerModel, rows: list[OpenRow], made: Mapping[str, str]
) -> Iterable[Wrong]:
    """Changes whose effect may be there, but not their receipt: nobody could prove who did what."""
    held = {change_id for row in rows for change_id in row.changes} | history.excused
    for change_id, case_id in made.items():
        if case_id in history.kept_here and case_id not in server.cases:
            continue
        if change_id not in server.mutations.get(case_id, {}) and change_id not in held:
            yield Wrong("lost", case_id, change_id, "a saved change without a receipt at the server")


def differences(one: Json, other: Json, path: str = "") -> list[str]:
    """The paths at which two documents of a case differ; who has it where and when the server wrote it do not count."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        here = f"{path}.{name}" if path else name
        if here == "_meta.updated_at" or (path.startswith("documents.") and name == "uri"):
            continue
        if path.startswith("request.lines.") and name == "signature":
            continue  # the endpoint signs the determination itself, and not the copy that follows from it
        mine, theirs = one.get(name, NONE), other.get(name, NONE)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            found += differences(mine, theirs, here)
        elif mine != theirs:
            found.append(here)
    return found
