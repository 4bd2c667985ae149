"""Outcomes and their parts in words, and what a person's decision holds before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from PySide6.QtCore import QCoreApplication

from app.domain.determination import AGAINST, Determination, Ground, Named, Outcome

ORDER = (
    Outcome.PEND, Outcome.REFER, Outcome.DENY, Outcome.APPROVE_IN_PART, Outcome.APPROVE,
    Outcome.DISMISS, Outcome.WITHDRAW,
)  # fmt: skip
"""How outcomes stand in the bar; the last two are behind a menu."""
RARE = (Outcome.DISMISS, Outcome.WITHDRAW)
LETTERS = frozenset(Outcome) - {Outcome.REFER, Outcome.WITHDRAW}
"""What a letter goes out for."""
SYMBOLS = {
    Outcome.APPROVE: "circle-check",
    Outcome.APPROVE_IN_PART: "scale",
    Outcome.PEND: "circle-pause",
    Outcome.REFER: "user",
    Outcome.DENY: "ban",
    Outcome.DISMISS: "archive",
    Outcome.WITHDRAW: "undo-2",
}


def outcome_words(outcome: Outcome) -> str:
    tr = QCoreApplication.translate
    return {
        Outcome.APPROVE: tr("Outcome", "Approve"),
        Outcome.APPROVE_IN_PART: tr("Outcome", "Approve in part"),
        Outcome.PEND: tr("Outcome", "Pend for information"),
        Outcome.REFER: tr("Outcome", "Refer to physician"),
        Outcome.DENY: tr("Outcome", "Deny"),
        Outcome.DISMISS: tr("Outcome", "Dismiss"),
        Outcome.WITHDRAW: tr("Outcome", "Withdrawn by provider"),
    }[outcome]


def short_words(outcome: Outcome) -> str:
    """An outcome where there is little room."""
    tr = QCoreApplication.translate
    return {
        Outcome.PEND: tr("Outcome", "Pend"),
        Outcome.REFER: tr("Outcome", "Refer"),
        Outcome.APPROVE_IN_PART: tr("Outcome", "In part"),
    }.get(outcome) or outcome_words(outcome)


def done_words(outcome: Outcome) -> str:
    """What was done, before "by" and a name."""
    tr = QCoreApplication.translate
    return {
        Outcome.APPROVE: tr("Outcome", "Approved"),
        Outcome.APPROVE_IN_PART: tr("Outcome", "Approved in part"),
        Outcome.PEND: tr("Outcome", "Pended"),
        Outcome.REFER: tr("Outcome", "Referred"),
        Outcome.DENY: tr("Outcome", "Denied"),
        Outcome.DISMISS: tr("Outcome", "Dismissed"),
        Outcome.WITHDRAW: tr("Outcome", "Recorded as withdrawn"),
    }[outcome]


def deed_words(outcome: Outcome) -> str:
    """What the deliberate act is called: its verb alone."""
    tr = QCoreApplication.translate
    return {
        Outcome.APPROVE: tr("Outcome", "Countersign: approve"),
        Outcome.APPROVE_IN_PART: tr("Outcome", "Countersign: approve in part"),
        Outcome.PEND: tr("Outcome", "Countersign: pend"),
        Outcome.REFER: tr("Outcome", "Countersign: refer"),
        Outcome.DENY: tr("Outcome", "Countersign: deny"),
        Outcome.DISMISS: tr("Outcome", "Countersign: dismiss"),
        Outcome.WITHDRAW: tr("Outcome", "Countersign: withdrawn"),
    }[outcome]


def reason_words(outcome: Outcome) -> str:
    """What is asked for above the editor of the reason."""
    tr = QCoreApplication.translate
    return {
        Outcome.APPROVE: tr("Outcome", "Why it is approved, in words the member understands"),
        Outcome.APPROVE_IN_PART: tr("Outcome", "Why not all of it, in words the member understands"),
        Outcome.PEND: tr("Outcome", "Why it cannot be decided yet, in plain words"),
        Outcome.REFER: tr("Outcome", "The question to the physician"),
        Outcome.DENY: tr("Outcome", "Why it is denied, in words the member understands"),
        Outcome.DISMISS: tr("Outcome", "Why it is dismissed: no request, sent twice"),
        Outcome.WITHDRAW: tr("Outcome", "Who withdrew it, and how that is known"),
    }[outcome]


@dataclass(frozen=True, slots=True)
class LineState:
    """A line of the request, what was decided about it (None while nothing was), and its criteria that are not shown
    to be met: approving takes a reason for each.
    """

    line_id: str
    title: str
    decided: Determination | None = None
    open: tuple[Named, ...] = ()


def ground_words() -> dict[Ground, str]:
    """On what a request may be dismissed, as it is asked."""
    tr = QCoreApplication.translate
    return {
        Ground.NOT_A_REQUEST: tr("Outcome", "It is no prior-authorization request"),
        Ground.SENT_TWICE: tr("Outcome", "The same request was sent twice"),
    }


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose and wrote, before it is recorded. `overrides` are (criterion, reason); `criteria` those the
    person names as not met; `supersede` that it takes the place of a decision that was made for good.
    """

    lines: tuple[str, ...]
    outcome: Outcome
    reason: str
    missing: tuple[str, ...] = ()
    answer_by: date | None = None
    granted: str = ""
    ground: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    criteria: tuple[str, ...] = ()
    supersede: bool = False

    @property
    def answer_at(self) -> datetime | None:
        """The end of the day by which an answer is asked for, in local time."""
        return datetime.combine(self.answer_by, time(23, 59)).astimezone() if self.answer_by else None


def left_out(
    decision: Decision, open_criteria: tuple[Named, ...], unopened: int, decided: bool, today: date
) -> tuple[str, ...]:
    """What still has to be said before this can be countersigned, in words; nothing when it can."""
    tr = QCoreApplication.translate
    left = []
    if not decision.lines:
        left.append(tr("Outcome", "choose a line"))
    if decided and not decision.supersede:
        left.append(tr("Outcome", "say that it takes the place of the earlier decision"))
    if decision.outcome in AGAINST and unopened:
        left.append(tr("Outcome", "open the evidence"))
    if decision.outcome is Outcome.APPROVE:
        given = {name for name, reason in decision.overrides if reason.strip()}
        without = sum(c.criterion_id not in given for c in open_criteria)
        if without == 1:
            left.append(tr("Outcome", "a reason for the open criterion"))
        elif without:
            left.append(tr("Outcome", "a reason for {count} open criteria").format(count=without))
    if decision.outcome is Outcome.PEND:
        if not decision.missing:
            left.append(tr("Outcome", "what is missing"))
        if decision.answer_by is None or decision.answer_by < today:
            left.append(tr("Outcome", "a day that is not past"))
    if decision.outcome is Outcome.APPROVE_IN_PART and not decision.granted.strip():
        left.append(tr("Outcome", "what is approved"))
    if decision.outcome is Outcome.DISMISS and not decision.ground:
        left.append(tr("Outcome", "whether it is no request or was sent twice"))
    if not decision.reason.strip():
        left.append(tr("Outcome", "a reason"))
    return tuple(left)
