"""Cases as the command line tells them: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.case import Case, Json, to_time
from app.domain.form import FormField, Value
from app.domain.queue import QueueRow
from app.domain.validation import warning_text
from app.services.ingestion import Ingested


def field_json(field: FormField) -> Json:
    return {
        "name": field.path,
        "label": field.label,
        "value": field.current,
        "confidence": round(field.confidence, 4),
        "placement_confidence": round(field.placement_confidence, 4),
        "page": field.page,
        "box": list(field.box.rounded()) if field.box else None,
        "state": str(field.state),
        "warnings": [
            {"rule": w.rule, "kind": w.kind, "text": warning_text(w), "suggestion": w.suggestion}
            for w in field.warnings
        ],
    }


def fields_and_tables(fields: Sequence[FormField]) -> tuple[list[Json], dict[str, list[Json]]]:
    """Fields as a list, table cells as lists of rows, in the shape `score_forms.py` documents."""
    plain: list[Json] = []
    rows: dict[str, dict[str, Json]] = {}
    for field in fields:
        cell = field.cell
        if cell is None:
            plain.append(field_json(field))
        else:
            rows.setdefault(cell[0], {}).setdefault(cell[1], {})[cell[2]] = field_json(field)
    return plain, {table: list(found.values()) for table, found in rows.items()}


def confidence_json(case: Case) -> Json:
    return {
        "mean": round(case.confidence.mean, 4),
        "min": round(case.confidence.lowest, 4),
        "needs_review": case.confidence.needs_look,
        "missing": list(case.confidence.missing),
        "accepted": case.confidence.accepted,
    }


def ingested_json(found: Ingested) -> list[Json]:
    """One object a case, or one for a file that made none."""
    if not found.cases:
        return [
            {
                "path": str(found.path),
                "receipt": None,
                "case_id": None,
                "form_type": None,
                "status": "refused",
                "reason": str(found.refused) if found.refused else None,
                "seconds": None,
                "pages": 0,
                "document_confidence": None,
                "fields": [],
                "tables": {},
            }
        ]
    return [case_json(case, found) for case in found.cases]


def case_json(case: Case, found: Ingested) -> Json:
    fields, tables = fields_and_tables(case.fields)
    document = case.form_document
    return {
        "path": str(found.path),
        "receipt": case.receipt,
        "case_id": case.case_id,
        "form_type": case.form_type or None,
        "status": str(case.intake_status),
        "reason": _reason(case, found),
        "known": found.known,
        "urgency": case.urgency,
        "seconds": round(found.seconds, 3) if found.seconds is not None else None,
        "pages": document.page_count if document else 0,
        "document_confidence": confidence_json(case),
        "fields": fields,
        "tables": tables,
    }


def _reason(case: Case, found: Ingested) -> str | None:
    if found.refused:
        return str(found.refused)
    return f"{case.reason.text} {case.reason.next_step}".strip() if case.reason else None


def row_json(row: QueueRow) -> Json:
    return {
        "case_id": row.case_id,
        "receipt": row.receipt,
        "patient": row.patient,
        "form_type": row.form_type or None,
        "file_name": row.file_name,
        "status": str(row.status),
        "urgency": row.urgency,
        "received_at": to_time(row.received_at),
        "due_at": to_time(row.due_at),
        "document_confidence": round(row.confidence, 4),
        "needs_review": row.needs_look,
        "fields": row.fields,
        "pages": row.page_count,
        "assigned_to": row.assigned_to,
        "reason": row.reason or None,
    }


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns of text, as wide as their longest entry; the columns in `right` stand to the right."""
    rows = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(len(r[c]) for r in (headings, *rows)) for c in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()

    return "\n".join([line(headings), line(["-" * w for w in widths]), *map(line, rows)])


def printable(text: str) -> str:
    """A text on one line of a terminal: file names and forms may hold line ends and what steers terminals."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def value_text(value: Value) -> str:
    if isinstance(value, bool):
        return "[x]" if value else "[ ]"
    return value


def _remark(case: Case, found: Ingested) -> str:
    if found.refused:
        return found.refused.reason
    if found.known:
        return "known already"
    return case.reason.text if case.reason else ""


def ingested_table(every: Sequence[Ingested], titles: Mapping[str, str]) -> str:
    """What was read, a line a case, for people."""
    rows = []
    for found in every:
        for case in found.cases:
            rows.append(
                [
                    found.path.name,
                    case.receipt,
                    titles.get(case.form_type, case.form_type) or "-",
                    str(case.intake_status),
                    case.patient or "-",
                    f"{case.confidence.mean:.2f}" if case.fields else "-",
                    f"{case.confidence.needs_look} of {len(case.fields)}" if case.fields else "-",
                    f"{found.seconds:.1f} s" if found.seconds is not None else "-",
                    _remark(case, found),
                ]
            )
        if found.refused and not found.cases:
            rows.append([found.path.name, "-", "-", "refused", "-", "-", "-", "-", found.refused.reason])
    headings = [
        "File",
        "Receipt",
        "Form",
        "Status",
        "Patient",
        "Confidence",
        "To look at",
        "Read in",
        "Remarks",
    ]
    return table(headings, rows, right=(5, 6, 7))


def case_text(case: Case, titles: Mapping[str, str]) -> str:
    """A case with its fields, for people."""
    head = [
        f"{case.receipt}  {titles.get(case.form_type, case.form_type) or 'not read'}  {case.intake_status}",
        f"patient {case.patient or '-'}  {case.urgency}  due {to_time(case.due_at)}",
    ]
    if case.reason:
        head.append(f"{case.reason.text} {case.reason.next_step}".strip())
    if not case.fields:
        return "\n".join(head)
    head.append(
        f"confidence {case.confidence.mean:.2f}, lowest {case.confidence.lowest:.2f}, "
        f"{case.confidence.needs_look} to look at"
    )
    rows = [
        [
            f.path,
            value_text(f.current),
            f"{f.confidence:.2f}",
            str(f.state),
            "; ".join(warning_text(w) for w in f.warnings),
        ]
        for f in case.fields
    ]
    return "\n".join(
        [*head, "", table(["Field", "Value", "Confidence", "State", "Warnings"], rows, right=(2,))]
    )


def as_value(field: FormField, text: str) -> Value | Any:
    """A value as typed on the command line, as the field holds it; None when a tick box gets neither yes nor no."""
    if field.kind != "tick_box":
        return text
    return {
        "true": True,
        "yes": True,
        "x": True,
        "1": True,
        "false": False,
        "no": False,
        "": False,
        "0": False,
    }.get(text.strip().lower())
