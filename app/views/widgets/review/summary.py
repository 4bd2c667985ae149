"""A request in one line: what is asked, for whom, by when. Made of domain values; the bar shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QCoreApplication

from app.domain.case import Case, ReviewStatus
from app.domain.request import Line, Request, age_of
from app.views.widgets.review.milestones import Reached


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One service asked for. `outcome` is what was decided on it, "" while nothing was; `final` completes it."""

    line_id: str
    title: str
    outcome: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """All that stands on top of a case under review."""

    case_id: str
    receipt: str
    asked_for: str
    patient: str
    age: int | None
    plan: str
    """line of business, in words; "" when nobody knows it"""
    urgency: str
    received_at: datetime
    due_at: datetime
    assumed: bool
    """the line of business is not known and the strictest clock runs"""
    status: ReviewStatus
    waiting_for: str
    assigned_to: str
    lines: tuple[SummaryLine, ...]
    milestones: tuple[Reached, ...] = ()


def service_words(line: Line) -> str:
    """What a line asks for: `External infusion pump (E0784)`."""
    if line.description and line.code:
        return f"{line.description} ({line.code})"
    return line.description or line.code


def plan_words(line_of_business: str) -> str:
    """A line of business as people say it."""
    tr = QCoreApplication.translate
    return {
        "medicare_advantage": tr("Plan", "Medicare Advantage"),
        "medicaid": tr("Plan", "Medicaid"),
        "chip": tr("Plan", "CHIP"),
        "commercial": tr("Plan", "Commercial"),
    }.get(line_of_business, line_of_business.replace("_", " "))


def outcome_words(outcome: str) -> tuple[str, str, str]:
    """A determination as symbol, words and role."""
    tr = QCoreApplication.translate
    return {
        "approve": ("circle-check", tr("Outcome", "approved"), "sure"),
        "approve_in_part": ("circle-check", tr("Outcome", "approved in part"), "look"),
        "pend": ("hourglass", tr("Outcome", "pended"), "look"),
        "refer": ("user", tr("Outcome", "referred"), "look"),
        "deny": ("circle-x", tr("Outcome", "denied"), "wrong"),
        "dismiss": ("ban", tr("Outcome", "dismissed"), "plain"),
        "withdraw": ("undo-2", tr("Outcome", "withdrawn"), "plain"),
    }.get(outcome, ("square-dashed", tr("Outcome", "open"), "plain"))


def summary_of(
    case: Case, request: Request, milestones: tuple[Reached, ...] = (), waiting_for: str = ""
) -> Summary:
    """The summary of a case and its request."""
    first = next((service_words(line) for line in request.lines if service_words(line)), "")
    more = len(request.lines) - 1
    unnamed = QCoreApplication.translate("Summary", "No service named")
    asked = first or unnamed
    if more > 0:
        asked = QCoreApplication.translate("Summary", "{service} +{count}").format(service=asked, count=more)
    return Summary(
        case_id=case.case_id,
        receipt=case.receipt,
        asked_for=asked,
        patient=request.patient_name or case.patient,
        age=age_of(request, case.received_at.date()),
        plan=plan_words(case.line_of_business),
        urgency=case.urgency,
        received_at=case.received_at,
        due_at=case.due_at,
        assumed=not case.line_of_business,
        status=case.status,
        waiting_for=waiting_for,
        assigned_to=case.assigned_to,
        lines=tuple(
            SummaryLine(
                line.line_id,
                service_words(line) or unnamed,
                str(_outcome(line.determination)),
                _outcome(line.determination) not in ("", "pend", "refer"),
            )
            for line in request.lines
        ),
        milestones=milestones,
    )


def _outcome(determination: Any) -> str:
    return str(determination.get("outcome", "")) if isinstance(determination, dict) else ""
