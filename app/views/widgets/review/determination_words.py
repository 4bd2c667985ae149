"""Outcomes and their parts in words, and what a person's decision holds before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QCoreApplication

from app.domain.determination import Outcome
from app.domain.material import Status

ORDER = (
    Outcome.PEND, Outcome.REFER, Outcome.DENY, Outcome.APPROVE_IN_PART, Outcome.APPROVE,
    Outcome.DISMISS, Outcome.WITHDRAW,
)  # fmt: skip
"""How outcomes stand in the bar; the last two are behind a menu."""
RARE = (Outcome.DISMISS, Outcome.WITHDRAW)
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
class OpenCriterion:
    """A criterion that is not met as things stand: approving needs a reason for each."""

    criterion_id: str
    text: str
    status: Status


@dataclass(frozen=True, slots=True)
class LineState:
    """A line of the request with what was decided about it, None while nothing was."""

    line_id: str
    title: str
    decided: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose and wrote, before it is recorded. `overrides` are (criterion, reason)."""

    lines: tuple[str, ...]
    outcome: Outcome
    reason: str
    missing: tuple[str, ...] = ()
    answer_by: date | None = None
    granted: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
