"""Reviews as the command line tells them: JSON for programs, a table people can read."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.case import Json
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.recommendation import (
    CriterionResult,
    Flag,
    Proposed,
    Recommendation,
    Review,
    flag_json,
    recommendation_json,
)
from app.services.report import printable

_GRAVEST = (Proposed.REFER, Proposed.NEEDS_PERSON, Proposed.PEND, Proposed.APPROVE)
_WORDS = {
    Proposed.APPROVE: "APPROVE is proposed: every criterion is met.",
    Proposed.PEND: "PEND is proposed: information is missing.",
    Proposed.REFER: "REFER to a physician is proposed: a criterion is not met.",
    Proposed.NEEDS_PERSON: "NEEDS A PERSON: nothing is proposed.",
}
_SIGNS = {Status.MET: "+", Status.NOT_MET: "x", Status.INSUFFICIENT: "?"}
_SAID = {Status.MET: "met", Status.NOT_MET: "not met", Status.INSUFFICIENT: "insufficient"}
_SHORT = 160


def review_json(review: Review) -> Json:
    """A review as `review --json` prints it. Of several lines, `recommendation` is the gravest of `lines`."""
    lines = [recommendation_json(found) for found in review.recommendations]
    gravest = min(review.recommendations, key=lambda r: _GRAVEST.index(r.outcome), default=None)
    told: Json = {
        "case_id": review.case_id,
        "prompt": review.prompt,
        "model": review.model.name,
        "recommendation": recommendation_json(gravest) if gravest else None,
        "flags": [flag_json(flag) for flag in review.flags],
        "review_id": review.review_id,
        "model_version": review.model.version,
        "where": review.model.where,
        "by": review.by,
        "slots": review.slots,
        "seconds": review.seconds,
        "problem": review.problem,
    }
    if len(lines) > 1:
        told["lines"] = lines
    return told


def review_text(review: Review, material: Material) -> str:
    """A review for people: what was asked, what is proposed for each line and why, and what has to be known."""
    names = {d.document_id: d.name for d in material.documents}
    out = [review.prompt, "", f"Asked: {review.model.name} {review.model.version} ({review.model.where})"]
    for found in review.recommendations:
        out += ["", *_line(found, material, names)]
    if review.problem:
        out += ["", f"There is no whole answer: {review.problem}"]
    if review.flags:
        out += ["", "To know:"]
        out += [line for flag in review.flags for line in _flag(flag, names)]
    out += ["", "A person decides: countersign decide CASE OUTCOME --reason TEXT"]
    return printable_lines(out)


def _line(found: Recommendation, material: Material, names: Mapping[str, str]) -> list[str]:
    line = material.request.line(found.line_id)
    what = " ".join(part for part in (line.code, line.description) if part) if line else ""
    out = [f"Line {found.line_id}: {what or '-'}"]
    if found.policy_id:
        out.append(f"Policy: {found.policy_title} ({found.policy_id}@{found.policy_version})")
    out.append(_WORDS[found.outcome])
    if found.blocking:
        row = found.result(found.blocking)
        out.append(f"It turns on {found.blocking}: {row.text if row else ''}")
    if found.rationale:
        out.append(found.rationale)
    for row in found.criteria:
        out += _row(row, names)
    out += [f"  Ask for: {what}" for what in found.missing]
    out += [f"  Passage: {_quote(e, names)}" for e in found.passages]
    return out


def _row(row: CriterionResult, names: Mapping[str, str]) -> list[str]:
    indent = "  " * (row.depth + 1)
    kind = "" if row.kind == "leaf" else f" [{row.kind.replace('_', ' ')}]"
    mark = f", marked by {row.marked_by}" if row.marked_by else ""
    said = f", the model said {_SAID[row.said]}" if row.said and row.said is not row.status else ""
    out = [
        f"{indent}{_SIGNS[row.status]} {row.criterion_id}{kind}: {row.text} ({_SAID[row.status]}{mark}{said})"
    ]
    if row.why:
        out.append(f"{indent}    {row.why}")
    out += [f"{indent}    {_quote(e, names)}" for e in row.evidence]
    return out


def _quote(evidence: Evidence, names: Mapping[str, str]) -> str:
    words = " ".join(evidence.quote.split())
    words = words if len(words) <= _SHORT else words[: _SHORT - 1] + "…"
    place = names.get(evidence.document, evidence.document) or evidence.field or "nowhere"
    page = f" p. {evidence.page}" if evidence.page else ""
    note = f" [{evidence.note}]" if evidence.note else ""
    return f"“{words}” {place}{page}{note}" + ("" if evidence.supported else " [does not count]")


def _flag(flag: Flag, names: Mapping[str, str]) -> list[str]:
    out = [f"  ! {flag.text}"]
    if flag.evidence is not None and flag.evidence.quote:
        out.append(f"      {_quote(flag.evidence, names)}")
    if flag.next_step:
        out.append(f"      {flag.next_step}")
    return out


def printable_lines(lines: list[str]) -> str:
    """Lines without signs that would move a terminal's cursor."""
    return "\n".join(printable(part) for line in lines for part in line.split("\n"))
