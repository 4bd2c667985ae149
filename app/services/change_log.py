"""Turning an intention into one stored change: the only road to a new state of a case."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.domain import projection
from app.domain.case import SCHEMA, Case, IntakeStatus, Json
from app.domain.change import Action, Change, Write, apply
from app.domain.code import CodeLists, no_lists
from app.domain.confidence import SURE
from app.domain.errors import Rejected
from app.domain.milestone_change import writes_of
from app.domain.processor import FormDefinition
from app.domain.role import MACHINES, Check, NotAllowed, Person, Right, anybody, someone
from app.services.store.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return uuid.uuid4().hex


RIGHT_TO: Mapping[Action, Right] = {
    Action.RECEIVED: Right.TAKE_IN,
    Action.READING: Right.TAKE_IN,
    Action.READ: Right.TAKE_IN,
    Action.READ_AGAIN: Right.TAKE_IN,
    Action.UNREADABLE: Right.TAKE_IN,
    Action.CONFIRMED: Right.TAKE_IN,
    Action.CORRECTED: Right.TAKE_IN,
    Action.ILLEGIBLE: Right.TAKE_IN,
    Action.NOT_APPLICABLE: Right.TAKE_IN,
    Action.RESTORED: Right.TAKE_IN,
    Action.ROW_ADDED: Right.TAKE_IN,
    Action.ROW_REMOVED: Right.TAKE_IN,
    Action.VERIFIED: Right.TAKE_IN,
    Action.REOPENED: Right.TAKE_IN,
    Action.UNDONE: Right.TAKE_IN,
    Action.REDONE: Right.TAKE_IN,
    Action.IMPORTED: Right.TAKE_IN,
    Action.ATTACHED: Right.TAKE_IN,
    Action.DETACHED: Right.TAKE_IN,
    Action.FILED: Right.TAKE_IN,
    Action.ASSIGNED: Right.REVIEW,
    Action.STATED: Right.REVIEW,
    Action.MARKED: Right.REVIEW,
    Action.PINNED: Right.REVIEW,
    Action.REVIEWED: Right.REVIEW,
    Action.PROPOSED_DISMISSAL: Right.PROPOSE_DISMISSAL,
    Action.DETERMINED: Right.DECIDE,
    Action.LETTERED: Right.DECIDE,
    Action.SETTLED: Right.TAKE_IN,
    Action.GIVEN_UP: Right.TAKE_IN,
}
"""What somebody must be allowed to do, to do this to a case. A determination is looked at more closely."""
OF_MACHINES = frozenset(
    {Action.RECEIVED, Action.READING, Action.READ, Action.UNREADABLE, Action.ATTACHED, Action.FILED}
)
"""What the program does by itself, whether or not somebody is signed in."""
_OF_REVIEW = frozenset(
    {"review", "status", "assigned_to", "assigned_at", "line_of_business", "payer_received_at"}
)
"""The parts of a case that a review writes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A change as it was stored, with the case document that follows from it, and that document's case."""

    change: Change
    document: Json
    case: Case


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """Writes changes to the store, each with the projection that follows from it, in one transaction.

    Runs in the store's lane. `now` and `new_id` are the only sources of time and chance.
    """

    store: Store
    definitions: Callable[[str, str], FormDefinition | None]
    """The definition of a (form type, version): a case is judged by the version it was read with."""
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = new_id
    threshold: float = SURE
    codes: Callable[[], CodeLists] = no_lists
    told: Callable[[Stored], None] | None = None
    """Called with every change once it is stored, in the store's lane: it must be quick."""
    check: Check = anybody
    """Asked before every change whether its author is here and may make it."""
    present: Callable[[str], Person] = someone
    """Asked where nothing is changed that only some may change, such as opening a case."""

    def definition(self, form_type: str, version: str = "") -> FormDefinition | None:
        """The definition a case was read with; the one in force where that version is not known."""
        return self.definitions(form_type, version) if form_type else None

    def projected(self, document: Json, revision: str, at: str) -> tuple[Json, Case]:
        """A document that a merge made (changed in place) with everything that follows from it, and its case."""
        definition = self.definition(
            str(document.get("form_type", "")), str(document.get("processor_version", ""))
        )
        return projection.merged(document, revision, at, definition, self.threshold, self.codes())

    def write(
        self,
        document: Json | None,
        case_id: str,
        action: Action,
        by: str,
        writes: tuple[Write, ...],
        fields: Iterable[str] = (),
    ) -> Stored:
        """Make and store a change to a case; `document` is None for a new one. Durable when it returns.

        Raises `Conflict` when the case moved on since `document` was read, `StorageFailed` when the disk refuses.
        """
        change = Change(self.new_id(), case_id, action, by, self.now(), writes, tuple(fields))
        return self.store_change(document, change)

    def store_change(
        self,
        document: Json | None,
        change: Change,
        also: Callable[[int], None] | None = None,
        *,
        sent: bool = True,
    ) -> Stored:
        """Store a change that is already made; the drafts of its fields are settled by it. `also` and `sent` are as
        for `Store.commit`.

        The milestones it reaches are written with it. Raises `SignInRequired` or `NotAllowed` when its author may
        not make it, whichever service asks.
        """
        base = document or {}
        refuse_newer(base)
        self._allow(base, change, sent=sent)
        change = replace(change, writes=(*change.writes, *writes_of(base, change)))
        written = {w.path: w.value for w in change.writes}
        form_type, version = (
            str(written.get(name, base.get(name, ""))) for name in ("form_type", "processor_version")
        )
        after, case = projection.after_with_case(
            base, change, self.definition(form_type, version), self.threshold, self.codes()
        )
        revision = document["_meta"]["rev"] if document else None
        self.store.commit(
            change, after, change.fields, base_revision=revision, case=case, also=also, sent=sent
        )
        stored = Stored(change, after, case)
        if self.told is not None:
            self.told(stored)
        return stored

    def _allow(self, base: Mapping[str, Any], change: Change, *, sent: bool) -> None:
        """Raises unless the author may make this change: by what it is called, and by what it writes."""
        if change.by in MACHINES and change.action in OF_MACHINES:
            _refuse_determining(base, change)
            return
        if change.action in (Action.SETTLED, Action.GIVEN_UP):
            self._allow_settling(change)
            if change.action is not Action.GIVEN_UP or sent:  # what is given up was never made anywhere else
                _refuse_determining(base, change)
            return
        if change.action is not Action.DETERMINED:
            self.check(change.by, right_to(change))
            _refuse_determining(base, change)
            return
        self._allow_determination(base, change)

    def _allow_settling(self, change: Change) -> None:
        """Whoever may make a change may settle it; a note alone may be kept by anybody who works on requests."""
        parts = {w.path.partition(".")[0] for w in change.writes} - {"notes", "reopened"}
        if parts - _OF_REVIEW:
            self.check(change.by, Right.TAKE_IN)
        elif parts:
            self.check(change.by, Right.REVIEW)
        else:
            try:
                self.check(change.by, Right.REVIEW)
            except NotAllowed:
                self.check(change.by, Right.TAKE_IN)

    def _allow_determination(self, base: Mapping[str, Any], change: Change) -> None:
        from app.domain.determination import RIGHT_FOR, check_ground, determination_from

        before, after = _determinations(base), _determinations(apply(base, change))
        made = {line: entry for line, entry in after.items() if entry != before.get(line)}
        if before.keys() - after.keys() or not made:
            raise _not_undone()
        for line, entry in made.items():
            try:
                determination = determination_from(entry)
            except (KeyError, ValueError, TypeError, AttributeError):
                raise Rejected("This is no determination.", code="no_determination") from None
            person = self.check(change.by, RIGHT_FOR[determination.outcome])
            check_ground(determination.outcome, determination.ground)
            if (determination.line_id, determination.by) != (line, person.name):
                raise NotAllowed(
                    "A determination bears the name of the person who makes it.",
                    "Sign in as the person who decides.",
                    code="not_you",
                )
            if determination.role not in person.roles:
                raise NotAllowed(
                    "A determination is made in a role that its author has.",
                    "Ask an administrator for the role, or leave the decision to somebody who has it.",
                    code="not_your_role",
                )


def refuse_newer(document: Mapping[str, Any]) -> None:
    """Raises `Rejected` for a case that a newer program wrote: what it holds is not all understood here."""
    if document.get("_meta", {}).get("schema", SCHEMA) > SCHEMA:
        raise Rejected(
            "This case was changed by a newer Countersign: it can be read here, not changed.",
            "Install the newer version on this computer.",
            code="case_newer",
        )


def right_to(change: Change) -> Right:
    """What its author must be allowed to do. To take back what was noted in a review, as much as to note it."""
    if change.action in (Action.UNDONE, Action.REDONE):
        parts = {w.path.partition(".")[0] for w in change.writes}
        return Right.REVIEW if parts == {"review"} else Right.TAKE_IN
    return RIGHT_TO[change.action]


def _right_to(change: Change) -> Right:
    """What the author of a change must be allowed to do. Taking back a note of the review is reviewing."""
    taken_back = change.action in (Action.UNDONE, Action.REDONE)
    if taken_back and change.writes and all(w.path.startswith("review.") for w in change.writes):
        return Right.REVIEW
    return RIGHT_TO[change.action]


def _determinations(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("determinations", {})
    return found if isinstance(found, Mapping) else {"": found}


def _refuse_determining(base: Mapping[str, Any], change: Change) -> None:
    """Raises when a change that is no determination makes or takes back one, whatever it is called, or takes the
    form of a decided request back.
    """
    if any(w.path.partition(".")[0] == "determinations" for w in change.writes):
        raise _not_undone()
    reopens = any(
        w.path == "intake_status" and w.base == IntakeStatus.VERIFIED != w.value for w in change.writes
    )
    if reopens and projection.decided(base):
        raise Rejected(
            "This request is decided: its form is not opened again.",
            "A new determination can take the place of the one that was made.",
            code="decided_stays",
        )


def _not_undone() -> Rejected:
    return Rejected(
        "A determination is not taken back.",
        "Make a new determination: it takes the place of the one before.",
        code="determined_stays",
    )
