"""Determinations: what a person decides about a line of a request, and who may.

Nothing in here takes a recommendation: a determination is made of what a person said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.errors import Rejected
from app.domain.evidence import Evidence, evidence_document, evidence_from
from app.domain.role import Person, Right, Role, require


class Outcome(StrEnum):
    APPROVE = "approve"
    APPROVE_IN_PART = "approve_in_part"
    PEND = "pend"
    REFER = "refer"
    DENY = "deny"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"


FINAL = frozenset({Outcome.APPROVE, Outcome.APPROVE_IN_PART, Outcome.DENY, Outcome.DISMISS, Outcome.WITHDRAW})
"""What completes a line. Pend and refer leave it in progress, waiting."""
WAITING_FOR = {Outcome.PEND: "information", Outcome.REFER: "physician"}
RIGHT_FOR = {
    Outcome.APPROVE: Right.DECIDE,
    Outcome.PEND: Right.DECIDE,
    Outcome.REFER: Right.DECIDE,
    Outcome.APPROVE_IN_PART: Right.DECIDE_AGAINST,
    Outcome.DENY: Right.DECIDE_AGAINST,
    Outcome.DISMISS: Right.DISMISS,
    Outcome.WITHDRAW: Right.DISMISS,
}
AGAINST = frozenset({Outcome.DENY, Outcome.APPROVE_IN_PART})
"""Only a physician, only after opening the evidence."""


@dataclass(frozen=True, slots=True)
class Determination:
    """One person's decision on one line. `granted` says what is approved in part; `missing` and
    `answer_by` belong to a pend. `review_id` is the recommendation that was on screen, `policy` the version it was judged by,
    `overrides` the criteria that were not met when it was approved all the same, with the reason in `reason`.
    """

    line_id: str
    outcome: Outcome
    reason: str
    by: str
    role: Role
    at: datetime
    granted: str = ""
    missing: tuple[str, ...] = ()
    answer_by: datetime | None = None
    policy: str = ""
    review_id: str = ""
    model: str = ""
    overrides: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def final(self) -> bool:
        return self.outcome in FINAL


def allowed(person: Person) -> tuple[Outcome, ...]:
    """The outcomes this person may choose, in the order they are offered."""
    return tuple(outcome for outcome in Outcome if person.may(RIGHT_FOR[outcome]))


def check(person: Person, outcome: Outcome, reason: str, *, opened_evidence: bool, missing: tuple[str, ...] = (),
          granted: str = "", answer_by: datetime | None = None) -> None:  # fmt: skip
    """Raises `NotAllowed` when the role does not allow the outcome, `Rejected` when something is left out of it."""
    require(person, RIGHT_FOR[outcome])
    if not reason.strip():
        raise Rejected(
            "A determination needs a reason.", "Say why, in words the member understands.", code="no_reason"
        )
    if outcome in AGAINST and not opened_evidence:
        raise Rejected(
            "The evidence has not been opened.",
            "Open the documents and the policy, then decide.",
            code="evidence_unopened",
        )
    if outcome is Outcome.PEND and (not missing or answer_by is None):
        raise Rejected(
            "A pended request says what is missing and by when.",
            "Name what is asked for, and the date.",
            code="nothing_missing",
        )
    if outcome is Outcome.APPROVE_IN_PART and not granted.strip():
        raise Rejected("Say what is approved.", "Name the part that is granted.", code="nothing_granted")


def determination_document(made: Determination) -> Json:
    return {
        "line": made.line_id,
        "outcome": str(made.outcome),
        "reason": made.reason,
        "by": made.by,
        "role": str(made.role),
        "at": to_time(made.at),
        "granted": made.granted,
        "missing": list(made.missing),
        "answer_by": to_time(made.answer_by) if made.answer_by else None,
        "policy": made.policy,
        "review": made.review_id,
        "model": made.model,
        "overrides": list(made.overrides),
        "evidence": [evidence_document(e) for e in made.evidence],
    }


def determination_from(data: Mapping[str, Any]) -> Determination:
    answer_by = data.get("answer_by")
    return Determination(
        str(data["line"]),
        Outcome(data["outcome"]),
        str(data["reason"]),
        str(data["by"]),
        Role(data["role"]),
        from_time(data["at"]),
        str(data.get("granted", "")),
        tuple(data.get("missing", ())),
        from_time(answer_by) if answer_by else None,
        str(data.get("policy", "")),
        str(data.get("review", "")),
        str(data.get("model", "")),
        tuple(data.get("overrides", ())),
        tuple(evidence_from(e) for e in data.get("evidence", ())),
    )
