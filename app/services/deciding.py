"""Deciding: a person records what they decide about a line of a request. Nothing a program proposes gets in here:
only ids, and what the person chose and wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from app.domain.case import Case, IntakeStatus, Json, to_time
from app.domain.change import MISSING, Action, Change, Write, value_at, writes_for
from app.domain.determination import (
    AGAINST,
    GROUNDS,
    RIGHT_FOR,
    Basis,
    Determination,
    Ground,
    Named,
    Outcome,
    acting_role,
    check,
    check_overrides,
    check_superseding,
    determination_document,
    determinations_of,
)
from app.domain.errors import Rejected
from app.domain.projection import believed
from app.domain.role import Check, Person, Right, anybody
from app.services.change_log import ChangeLog


class Bases(Protocol):
    """Says what a line was looked at with. Never what to decide: a `Basis` has no outcome."""

    def basis(self, case_id: str, line_id: str, review_id: str = "") -> Basis: ...


class Seen(Protocol):
    """Knows what somebody had on screen, and keeps the receipt of a determination."""

    def unopened(self, case_id: str, by: str, documents: Iterable[str]) -> tuple[str, ...]: ...

    def keep(self, case_id: str, by: str, decided: Json, declared: Iterable[str] = ()) -> str: ...


@dataclass(frozen=True, slots=True)
class Deciding:
    """What people decide. In the store's lane; each call is one change, durable when it returns.

    Raises `NotAllowed`, `SignInRequired`, `NoSuchCase`, `Conflict`, `StorageFailed`, and `Rejected` with a sentence
    for everything that is left out.
    """

    changes: ChangeLog
    bases: Bases
    seen: Seen
    check: Check = anybody

    def decide(
        self,
        case_id: str,
        line_ids: tuple[str, ...],
        outcome: Outcome,
        reason: str,
        by: str,
        *,
        missing: tuple[str, ...] = (),
        answer_by: datetime | None = None,
        granted: str = "",
        ground: str = "",
        overrides: tuple[tuple[str, str], ...] = (),
        review_id: str = "",
        criteria: tuple[str, ...] = (),
        declared: tuple[str, ...] = (),
        supersede: bool = False,
    ) -> Case:
        """Record what a person decided about lines of a request.

        `ground` says of a dismissal whether it is no request or was sent twice. `overrides` are (criterion,
        reason) for each that is not shown to be met and approved all the same. `review_id` is the review that
        was on screen, the latest unless named. `criteria` are those the person names as not met, for the
        letter. `declared` are documents the person says they read where no screen saw it. A line that is
        decided for good takes `supersede`, and somebody who may (`check_superseding`).
        """
        person = self.check(by, RIGHT_FOR[outcome])
        ground = str(Ground.WITHDRAWN) if outcome is Outcome.WITHDRAW else ground
        document = self.changes.store.case_document(case_id)
        _in_review(document)
        lines = _lines(document, line_ids)
        change_id = self.changes.new_id()
        made: dict[str, Json] = {}
        wanted = dict(overrides)
        asked = [self.bases.basis(case_id, line, review_id) for line in lines]
        _check_named(asked, wanted, criteria)
        for basis in asked:
            # one whose signature is refused counts for nothing, at the service too
            before = determinations_of({"determinations": believed(document)}).get(basis.line_id)
            self._check_before(document, person, before, outcome, supersede=supersede)
            unopened = self.seen.unopened(case_id, by, basis.documents) if outcome in AGAINST else ()
            left = tuple(d for d in unopened if d not in declared)
            self._check(
                person, outcome, reason, basis, len(left), missing, granted, answer_by, wanted, ground
            )
            decided = Determination(
                line_id=basis.line_id,
                outcome=outcome,
                reason=reason.strip(),
                by=person.name,
                role=acting_role(person, outcome),
                at=self.changes.now(),
                granted=granted.strip() if outcome is Outcome.APPROVE_IN_PART else "",
                ground=ground if outcome in GROUNDS else "",
                missing=tuple(m.strip() for m in missing if m.strip()) if outcome is Outcome.PEND else (),
                answer_by=answer_by if outcome is Outcome.PEND else None,
                policy=basis.policy,
                review_id=basis.review_id,
                model=basis.model,
                overrides=tuple(c.criterion_id for c in basis.open if c.criterion_id in wanted),
                evidence=basis.evidence,
                override_reasons=tuple(
                    wanted[c.criterion_id].strip() for c in basis.open if c.criterion_id in wanted
                ),
                criteria=tuple(c for c in basis.criteria if c.criterion_id in criteria),
                policy_title=basis.policy_title,
                prompt=basis.prompt,
                title=person.title,
                determination_id=change_id,
                supersedes=before.determination_id if before is not None else "",
            )
            receipt = self.seen.keep(case_id, by, determination_document(decided), declared)
            made[basis.line_id] = determination_document(replace(decided, receipt=receipt))
        return self._store(document, change_id, person.name, made)

    def propose_dismissal(self, case_id: str, reason: str, by: str) -> Case:
        """A case manager proposes to dismiss a request (no request at all, sent twice); a reviewer decides."""
        self.check(by, Right.PROPOSE_DISMISSAL)
        if not reason.strip():
            raise Rejected("A proposal needs a reason.", "Say why it is no request.", code="no_reason")
        document = self.changes.store.case_document(case_id)
        entry = {"reason": reason.strip(), "by": by, "at": to_time(self.changes.now())}
        writes = writes_for(document, {"proposed_dismissal": entry})
        return self.changes.write(document, case_id, Action.PROPOSED_DISMISSAL, by, writes).case

    def unopened(
        self, case_id: str, line_ids: tuple[str, ...], by: str, review_id: str = ""
    ) -> tuple[str, ...]:
        """The documents that have to be opened before these lines can be decided against, by their ids."""
        document = self.changes.store.case_document(case_id)
        needed = [
            d
            for line in _lines(document, line_ids)
            for d in self.bases.basis(case_id, line, review_id).documents
        ]
        return self.seen.unopened(case_id, by, needed)

    def open_criteria(self, case_id: str, line_id: str, review_id: str = "") -> tuple[Named, ...]:
        """The criteria that need an override to approve a line: what is not shown to be met."""
        return self.bases.basis(case_id, line_id, review_id).open

    def _check_before(
        self,
        document: Json,
        person: Person,
        before: Determination | None,
        outcome: Outcome,
        *,
        supersede: bool,
    ) -> None:
        if before is None or not before.final:
            return
        if not supersede:
            raise Rejected(
                f"{before.title or before.by} has decided this line: {str(before.outcome).replace('_', ' ')}.",
                "Say so explicitly if another determination has to take its place.",
                code="decided",
            )
        out = any(
            before.determination_id in entry.get("determinations", ()) and not entry.get("draft")
            for entry in document.get("letters", {}).values()
        )
        check_superseding(person, before, outcome, self.changes.now().astimezone(), letter_out=out)

    def _check(
        self,
        person: Person,
        outcome: Outcome,
        reason: str,
        basis: Basis,
        unopened: int,
        missing: tuple[str, ...],
        granted: str,
        answer_by: datetime | None,
        overrides: Mapping[str, str],
        ground: str,
    ) -> None:
        """What no caller may leave out."""
        check(
            person,
            outcome,
            reason,
            opened_evidence=True,
            missing=tuple(m for m in missing if m.strip()),
            granted=granted,
            answer_by=answer_by,
            ground=ground,
        )
        if unopened:
            raise Rejected(
                "One document that carries evidence has not been opened."
                if unopened == 1
                else f"{unopened} documents that carry evidence have not been opened.",
                "Open the documents and the policy, then decide.",
                code="evidence_unopened",
                count=unopened,
            )
        if answer_by is not None and outcome is Outcome.PEND and answer_by <= self.changes.now():
            raise Rejected(
                "The date by which an answer is asked for is past.", "Name a later one.", code="answer_past"
            )
        if outcome is Outcome.APPROVE:
            if basis.policy and not basis.reviewed:
                raise Rejected(
                    f"The line has not been looked at against “{basis.policy_title}”.",
                    "Ask for a recommendation first.",
                    code="not_reviewed",
                )
            check_overrides(
                basis.open,
                {k: v for k, v in overrides.items() if k in {c.criterion_id for c in basis.open}},
            )

    def _store(self, document: Json, change_id: str, by: str, made: Mapping[str, Json]) -> Case:
        writes = tuple(
            Write(f"determinations.{line}", value_at(document, f"determinations.{line}"), entry)
            for line, entry in made.items()
        )
        if "proposed_dismissal" in document and all(
            entry["outcome"] == Outcome.DISMISS for entry in made.values()
        ):
            writes += (Write("proposed_dismissal", document["proposed_dismissal"], MISSING),)
        change = Change(change_id, document["case_id"], Action.DETERMINED, by, self.changes.now(), writes)
        return self.changes.store_change(document, change).case


def _in_review(document: Json) -> None:
    if document.get("intake_status") != IntakeStatus.VERIFIED and not document.get("status"):
        raise Rejected(
            "This case is not in review yet.", "Its form has to be verified first.", code="not_in_review"
        )


def _lines(document: Json, line_ids: tuple[str, ...]) -> tuple[str, ...]:
    known = document.get("request", {}).get("lines", {})
    for line in line_ids:
        if line not in known:
            raise Rejected(
                f"The request has no line “{line}”.", f"It has: {', '.join(known) or 'none'}.", code="no_line"
            )
    if not line_ids:
        raise Rejected("No line is named.", "Name the lines that are decided.", code="no_line")
    return tuple(dict.fromkeys(line_ids))


def _check_named(asked: list[Basis], overrides: Mapping[str, str], criteria: tuple[str, ...]) -> None:
    """Raises when a criterion is named that none of the lines knows: a slip of the pen is not lost."""
    open_ids = {c.criterion_id for basis in asked for c in basis.open}
    known = {c.criterion_id for basis in asked for c in basis.criteria}
    for name in overrides:
        if name not in open_ids:
            check_overrides((), {name: overrides[name]})
    for name in criteria:
        if name not in known:
            raise Rejected(
                f"The policy has no criterion “{name}”.",
                "Show the review to see its criteria.",
                code="no_criterion",
            )
