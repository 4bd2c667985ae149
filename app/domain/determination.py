"""Determinations: what a person decides about a line of a request, and who may.

Nothing in here takes a recommendation: a determination is made of what a person said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.belief import believed
from app.domain.case import Json, from_time, to_time
from app.domain.change import Change
from app.domain.errors import Rejected
from app.domain.evidence import Evidence, evidence_document, evidence_from
from app.domain.role import RIGHTS, Person, Right, Role, require


class Outcome(StrEnum):
    APPROVE = "approve"
    APPROVE_IN_PART = "approve_in_part"
    PEND = "pend"
    REFER = "refer"
    DENY = "deny"
    DISMISS = "dismiss"
    WITHDRAW = "withdraw"


class Ground(StrEnum):
    """Why a request is not judged at all. There is no clinical ground: that would be a denial by another name."""

    NOT_A_REQUEST = "not_a_request"
    SENT_TWICE = "sent_twice"
    WITHDRAWN = "withdrawn"


GROUNDS = {
    Outcome.DISMISS: (Ground.NOT_A_REQUEST, Ground.SENT_TWICE),
    Outcome.WITHDRAW: (Ground.WITHDRAWN,),
}
"""The grounds an outcome may stand on; the outcomes that are not here need none."""


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
class Named:
    """A criterion that is named in a determination: its id, how people read it, and the policy's own words."""

    criterion_id: str
    text: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a line was looked at with, for the record of a determination. It holds no outcome: nobody's proposal
    gets from here into what a person decides; it can only ask more of them.

    `open` are the criteria that are not met: approving all the same takes a reason for each. `documents` are the ids
    that carry what was cited, and the policy's: a decision against the request takes having opened them.
    `reviewed` says whether the line was judged at all; where no policy fits it cannot be.
    """

    line_id: str
    reviewed: bool
    review_id: str = ""
    prompt: str = ""
    model: str = ""
    policy: str = ""
    policy_title: str = ""
    open: tuple[Named, ...] = ()
    criteria: tuple[Named, ...] = ()
    documents: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Determination:
    """One person's decision on one line. `granted` says what is approved in part; `missing` and
    `answer_by` belong to a pend. `review_id` is the recommendation that was on screen, `prompt` and `policy` the
    versions it was judged by. `overrides` are the criteria that were not met when it was approved all the same, with
    a reason each in `override_reasons`; `criteria` those the person names as not met.

    `determination_id` is the id of the change that made it, `supersedes` that of the one it takes the place of;
    `receipt` is the SHA-256 of what was on screen. `title` is what the person is called.
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
    override_reasons: tuple[str, ...] = ()
    criteria: tuple[Named, ...] = ()
    policy_title: str = ""
    prompt: str = ""
    title: str = ""
    determination_id: str = ""
    supersedes: str = ""
    receipt: str = ""
    ground: str = ""
    """Of a dismissal or a withdrawal: why it is not judged."""

    @property
    def final(self) -> bool:
        return self.outcome in FINAL


def allowed(person: Person) -> tuple[Outcome, ...]:
    """The outcomes this person may choose, in the order they are offered."""
    return tuple(outcome for outcome in Outcome if person.may(RIGHT_FOR[outcome]))


def check(person: Person, outcome: Outcome, reason: str, *, opened_evidence: bool, missing: tuple[str, ...] = (),
          granted: str = "", answer_by: datetime | None = None, ground: str = "") -> None:  # fmt: skip
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
    check_ground(outcome, ground)


def check_ground(outcome: Outcome, ground: str) -> None:
    """Raises `Rejected` where a request would be put away on a ground that is none of the three."""
    if outcome in GROUNDS and ground not in GROUNDS[outcome]:
        raise Rejected(
            "A request is dismissed only when it is no request, or was sent twice.",
            "Say which of the two. A clinical reason is no ground: refer it to a physician.",
            code="no_ground",
        )


def acting_role(person: Person, outcome: Outcome) -> Role:
    """The role in which somebody chooses an outcome: the one that may decide against a request where it takes that,
    else the first of theirs that allows it. Raises `NotAllowed` when none does.
    """
    right = RIGHT_FOR[outcome]
    require(person, right)
    return next(role for role in person.roles if right in RIGHTS[role])


def check_overrides(open_criteria: Iterable[Named], overrides: Mapping[str, str]) -> None:
    """Raises `Rejected` unless every criterion that is not met is overridden with a reason, and no other."""
    open_criteria = tuple(open_criteria)
    for criterion in open_criteria:
        if not overrides.get(criterion.criterion_id, "").strip():
            raise Rejected(
                f"“{criterion.text}” ({criterion.criterion_id}) is not shown to be met.",
                "Say why it is approved all the same, or mark the criterion.",
                code="override_needed",
                criterion=criterion.criterion_id,
            )
    unknown = sorted(set(overrides) - {c.criterion_id for c in open_criteria})
    if unknown:
        raise Rejected(
            f"“{unknown[0]}” needs no override.",
            "Name only criteria that are not shown to be met.",
            code="override_unknown",
        )


def check_superseding(
    person: Person, before: Determination, outcome: Outcome, now: datetime, *, letter_out: bool
) -> None:
    """Raises `Rejected` unless this person may put another determination in the place of a final one.

    A physician may; its author may correct it within the same day (of `now`'s time zone), before a letter went out.
    """
    if person.may(Right.DECIDE_AGAINST):
        return
    mine = before.by == person.name
    if mine and not letter_out and before.at.astimezone(now.tzinfo).date() == now.date():
        return
    why = (
        "A letter about it has gone out." if mine and letter_out
        else "It was made on another day." if mine
        else "Somebody else made it."
    )  # fmt: skip
    raise Rejected(
        f"This line is decided already. {why}",
        "Ask a physician reviewer to decide it anew.",
        code="decided",
        outcome=str(outcome),
    )


def determination_document(made: Determination) -> Json:
    return {
        "line": made.line_id,
        "outcome": str(made.outcome),
        "reason": made.reason,
        "by": made.by,
        "role": str(made.role),
        "at": to_time(made.at),
        "granted": made.granted,
        "ground": made.ground,
        "missing": list(made.missing),
        "answer_by": to_time(made.answer_by) if made.answer_by else None,
        "policy": made.policy,
        "review": made.review_id,
        "model": made.model,
        "overrides": list(made.overrides),
        "evidence": [evidence_document(e) for e in made.evidence],
        "override_reasons": list(made.override_reasons),
        "criteria": [{"id": c.criterion_id, "text": c.text, "clause": c.clause} for c in made.criteria],
        "policy_title": made.policy_title,
        "prompt": made.prompt,
        "title": made.title,
        "id": made.determination_id,
        "supersedes": made.supersedes,
        "receipt": made.receipt,
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
        tuple(data.get("override_reasons", ())),
        tuple(
            Named(str(c["id"]), str(c.get("text", "")), str(c.get("clause", "")))
            for c in data.get("criteria", ())
        ),
        str(data.get("policy_title", "")),
        str(data.get("prompt", "")),
        str(data.get("title", "")),
        str(data.get("id", "")),
        str(data.get("supersedes", "")),
        str(data.get("receipt", "")),
        str(data.get("ground", "")),
    )


def determinations_of(document: Mapping[str, Any]) -> dict[str, Determination]:
    """By line what is decided in a case document: what the service has not confirmed decides nothing."""
    return {line: determination_from(entry) for line, entry in sorted(believed(document).items())}


def unconfirmed_of(document: Mapping[str, Any]) -> dict[str, Determination]:
    """By line what stands in a case document as a determination, and bears no signature that this desk believes."""
    counted = believed(document)
    made = document.get("determinations") or {}
    return {line: determination_from(entry) for line, entry in sorted(made.items()) if line not in counted}


def determinations_made(history: Iterable[Change]) -> tuple[Determination, ...]:
    """Everything that was ever decided in a case, oldest first: what was superseded stays to be seen."""
    found: list[Determination] = []
    for change in history:
        for write in change.writes:
            head, _, line = write.path.partition(".")
            if head == "determinations" and line and "." not in line and isinstance(write.value, Mapping):
                found.append(determination_from(write.value))
    return tuple(found)
