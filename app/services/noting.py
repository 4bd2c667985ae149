"""What people note on a case under review: words for the prompt, marks on criteria, pinned evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.case import Case, Json, to_time
from app.domain.change import (
    MISSING,
    Action,
    Change,
    Write,
    inverse,
    undo_and_redo,
    value_at,
    writes_for,
)
from app.domain.errors import Rejected
from app.domain.evidence import Evidence
from app.domain.material import Mark, Material, StatedFact, Status
from app.domain.policy import Leaf, Policy
from app.domain.review_note import (
    Pin,
    mark_document,
    mark_path,
    pin_document,
    pin_path,
    pins_of,
    slot_path,
    stands,
    stated_document,
)
from app.domain.role import Check, Right, anybody
from app.services.change_log import ChangeLog, Stored

NOTES = frozenset({Action.STATED, Action.MARKED, Action.PINNED})


@dataclass(frozen=True, slots=True)
class Noting:
    """Each note is one change, durable when it returns, and can be undone by whoever made it. In the store's lane.

    Raises `NotAllowed`, `NoSuchCase`, `Rejected` with a sentence, `StorageFailed`.
    """

    changes: ChangeLog
    material: Callable[[str], Material]
    policy: Callable[[str], Policy]
    """The policy of an id, in force or the last there was."""
    check: Check = anybody

    def state(self, case_id: str, slot: str, text: str, evidence: Evidence | None, by: str) -> Case:
        """Put words into a slot of the prompt: a fact of the person's, unsupported without evidence. An empty text
        takes them out again.
        """
        self._may(by)
        document = self._open(case_id)
        words = " ".join(text.split())
        if evidence is not None:
            self._stands(evidence, case_id)
        value: object = (
            stated_document(StatedFact(slot, words, evidence), by, self._at()) if words else MISSING
        )
        return self._put(document, Action.STATED, by, slot_path(slot), value)

    def mark(
        self,
        case_id: str,
        line: str,
        policy: str,
        criterion: str,
        status: Status,
        evidence: tuple[Evidence, ...],
        reason: str,
        by: str,
    ) -> Case:
        """A person's word on a criterion of a line. Met, and not met, need evidence that stands in the case, or a
        reason. Only single conditions are marked: a group follows from its parts.
        """
        self._may(by)
        document = self._open(case_id)
        known = self.policy(policy).criterion(criterion)
        if not isinstance(known, Leaf):
            raise Rejected(
                "This policy has no such condition to mark."
                if known is None
                else "This follows from the conditions under it.",
                "Mark the single conditions.",
                code="no_criterion",
            )
        if line not in document.get("request", {}).get("lines", {}):
            raise Rejected("The request has no such line.", "Show the case to see its lines.", code="no_line")
        if status is not Status.INSUFFICIENT and not evidence and not reason.strip():
            raise Rejected(
                "A mark needs evidence or a reason.",
                "Drop a passage on the criterion, or say why.",
                code="mark_without_reason",
            )
        for found in evidence:
            self._stands(found, case_id)
        made = Mark(criterion, line, policy, status, evidence, reason.strip(), by, self.changes.now())
        return self._put(document, Action.MARKED, by, mark_path(line, criterion), mark_document(made))

    def unmark(self, case_id: str, line: str, criterion: str, by: str) -> Case:
        """Take a mark away, whoever made it; the trail keeps that it was there."""
        self._may(by)
        return self._put(self._open(case_id), Action.MARKED, by, mark_path(line, criterion), MISSING)

    def pin(self, case_id: str, evidence: Evidence, criterion: str, by: str) -> Case:
        """Pin a passage, a field or a region of a page to the case, or to a criterion of its policy."""
        self._may(by)
        document = self._open(case_id)
        if not evidence.document.startswith("policy:"):  # a clause may be pinned for the letter
            self._stands(evidence, case_id)
        pin_id = self.changes.new_id()[:12]
        return self._put(
            document, Action.PINNED, by, pin_path(pin_id), pin_document(criterion, evidence, by, self._at())
        )

    def unpin(self, case_id: str, pin_id: str, by: str) -> Case:
        self._may(by)
        return self._put(self._open(case_id), Action.PINNED, by, pin_path(pin_id), MISSING)

    def pins(self, case_id: str) -> tuple[Pin, ...]:
        return pins_of(self.changes.store.case_document(case_id))

    def undo(self, case_id: str, by: str) -> Case | None:
        """Take back this person's last note; None when the last thing they did to the case was no note."""
        return self._take_back(case_id, by, Action.UNDONE)

    def redo(self, case_id: str, by: str) -> Case | None:
        """Bring back the note that was undone last; None when there is none."""
        return self._take_back(case_id, by, Action.REDONE)

    def _take_back(self, case_id: str, by: str, action: Action) -> Case | None:
        self._may(by)
        history = self.changes.store.history(case_id)
        undo, redo = undo_and_redo(history, by)
        last = undo if action is Action.UNDONE else redo
        if last is None or not _is_note(last, {change.change_id: change for change in history}):
            return None
        document = self._open(case_id)
        change = inverse(last, self.changes.new_id(), by, self.changes.now(), action)
        return self.changes.store_change(document, change).case

    def _may(self, by: str) -> None:
        self.check(by, Right.REVIEW)

    def _open(self, case_id: str) -> Json:
        document = self.changes.store.case_document(case_id)
        if document.get("status") == "completed":
            raise Rejected(
                "This request is decided.",
                "A physician may decide it anew; what led to the decision stays as it was.",
                code="decided",
            )
        return document

    def _stands(self, evidence: Evidence, case_id: str) -> None:
        if not stands(evidence, self.material(case_id)):
            raise Rejected(
                "These words do not stand in the documents of this case.",
                "Choose them in the document again.",
                code="evidence_not_there",
            )

    def _put(self, document: Json, action: Action, by: str, path: str, value: object) -> Case:
        writes = (
            (Write(path, value_at(document, path), value),)
            if value is MISSING and value_at(document, path) is not MISSING
            else writes_for(document, {path: value})
            if value is not MISSING
            else ()
        )
        if not writes:
            raise Rejected("There is nothing to take away.", code="nothing_there")
        stored: Stored = self.changes.write(document, document["case_id"], action, by, writes)
        return stored.case

    def _at(self) -> str:
        return to_time(self.changes.now())


def _is_note(change: Change, by_id: dict[str, Change]) -> bool:
    """Whether a change is a note, or takes one back or brings one back."""
    seen: Change | None = change
    while seen is not None and seen.undoes is not None:
        seen = by_id.get(seen.undoes)
    return seen is not None and seen.action in NOTES
