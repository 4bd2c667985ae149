"""Form types as the command line tells them: JSON for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.domain.case import Json, to_time
from app.domain.extraction import FormExtraction
from app.domain.finding import Finding, finding_text
from app.domain.processor import FormDefinition
from app.domain.processor_version import SHARED, WAITS, Origin, ProcessorVersion
from app.services.intake import ReadAgain
from app.services.report import fields_and_tables, printable, table, value_text

WIDE = 48
"""Characters of a label or a value that are told on a terminal."""


def version_json(version: ProcessorVersion, usage: Mapping[tuple[str, str], int]) -> Json:
    return {
        **definition_json(version.definition),
        "state": str(version.state),
        "origin": str(version.origin),
        **({"sharing": version.sharing} if version.sharing else {}),
        "published_by": version.by,
        "published_at": to_time(version.at) if version.at else None,
        "settled_by": version.settled_by,
        "settled_at": to_time(version.settled_at) if version.settled_at else None,
        "based_on": version.based_on,
        "calibrated": version.calibration is not None,
        "cases": usage.get((version.form_type, version.version), 0),
    }


def definition_json(definition: FormDefinition) -> Json:
    return {
        "form_type": definition.form_type,
        "title": definition.title,
        "version": definition.version,
        "pages": definition.pages,
        "fields": len(definition.fields),
        "tables": len(definition.tables),
        "anchors": len(definition.anchors),
    }


def findings_json(findings: Sequence[Finding]) -> list[Json]:
    return [
        {"rule": f.rule, "blocks": f.blocks, "where": list(f.where), "text": finding_text(f)}
        for f in findings
    ]


def form_json(form: FormExtraction) -> Json:
    fields, tables = fields_and_tables(form.fields)
    return {
        "form_type": form.form_type,
        "version": form.processor_version,
        **({"read_by": form.reader} if form.reader else {}),
        "pages": list(form.pages),
        "fields": fields,
        "tables": tables,
    }


def definition_text(definition: FormDefinition) -> str:
    head = (
        f"{printable(definition.title)} ({definition.form_type}), version {definition.version}: "
        f"{asked(definition)} fields, {definition.pages} page{'s' if definition.pages > 1 else ''}, "
        f"{len(definition.anchors)} printed texts to be recognized by"
    )
    rows = list(_asked_rows(definition))
    headings = ["Section", "Field", "Label", "Kind", "Required", "Page", "Fills"]
    return "\n".join([head, "", table(headings, rows, right=(5,))])


def _asked_rows(definition: FormDefinition) -> Iterator[list[str]]:
    for section in definition.sections:
        for field in definition.fields:
            if field.section == section.name:
                yield [_short(section.title, 28), field.name, _short(field.label), str(field.kind),
                       "yes" if field.required else "", str(field.page), field.request]  # fmt: skip
        for found in definition.tables:
            for column in found.columns if found.section == section.name else ():
                yield [_short(section.title, 28), f"{found.name}.{column.name} x {len(found.rows)}",
                       _short(column.label), str(column.kind), "yes" if column.required else "",
                       str(found.page), column.request]  # fmt: skip


def tried_text(found: Json, definition: FormDefinition) -> str:
    name = printable(Path(found["path"]).name)
    if not found["recognized"]:
        return f"{name}: {found['reason']}"
    lines = []
    for form in found["forms"]:
        values = list(_values(form))
        mean = sum(v["confidence"] for _, v in values) / max(1, len(values))
        pages = ", ".join(map(str, form["pages"]))
        lines.append(f"{name}, page {pages}: recognized in {found['seconds']:.1f} s, confidence {mean:.2f}")
        rows = [
            [path, _short(value_text(value["value"])), f"{value['confidence']:.2f}",
             "; ".join(w["text"] for w in value["warnings"])]
            for path, value in values
            if value["value"] not in ("", False)
        ]  # fmt: skip
        lines.append(table(["Field", "Value", "Confidence", ""], rows, right=(2,)))
        empty = [path for path, value in values if value["value"] == ""]
        if empty:
            lines.append(f"Nothing read in {len(empty)} of {asked(definition)} places.")
    lines += [f"Drawn: {path}" for path in found["pictures"]]
    return "\n".join(lines)


def _values(form: Json) -> Iterator[tuple[str, Json]]:
    for value in form["fields"]:
        yield value["name"], value
    for rows in form["tables"].values():
        for row in rows:
            for value in row.values():
                yield value["name"], value


def asked(definition: FormDefinition) -> int:
    return len(definition.fields) + sum(len(t.columns) * len(t.rows) for t in definition.tables)


def _short(text: str, wide: int = WIDE) -> str:
    text = printable(text)
    return text if len(text) <= wide else text[: wide - 1] + "…"


def state_text(version: ProcessorVersion) -> str:
    return "in force" if version.in_force else "retired"


def origin_text(version: ProcessorVersion) -> str:
    if version.origin is Origin.BUILT_IN:
        return "built in"
    if version.origin is Origin.SHARED:
        return "shared"
    told = {SHARED: ", shared", WAITS: ", will be shared"}.get(version.sharing, "")
    return f"taught here{told}"


def who_text(version: ProcessorVersion) -> str:
    told = f", published by {version.by} on {version.at:%Y-%m-%d}" if version.at else ""
    if version.settled_at:
        verb = "restored" if version.in_force else "retired"
        told += f", {verb} by {version.settled_by} on {version.settled_at:%Y-%m-%d}"
    return told


def read_again_json(found: ReadAgain) -> Json:
    fields = found.fields
    return {
        "case_id": found.case.case_id,
        "receipt": found.case.receipt,
        "form_type": found.case.form_type,
        "version_before": found.version_before,
        "version": found.case.processor_version,
        "kept": list(fields.kept),
        "replaced": list(fields.replaced),
        "new": list(fields.new),
        "gone": list(fields.gone),
        "document_confidence": round(found.case.confidence.mean, 4),
        "needs_look": found.case.confidence.needs_look,
    }


def read_again_text(told: Json) -> str:
    if "refused" in told:
        return f"{told['receipt']}: {told['refused']}"
    if (
        not any(told[name] for name in ("replaced", "new", "gone"))
        and told["version"] == told["version_before"]
    ):
        return f"{told['receipt']}: read again with version {told['version'] or '-'}; nothing differs."
    counts = f"{len(told['replaced'])} fields read anew, {len(told['new'])} new, {len(told['gone'])} gone"
    return (
        f"{told['receipt']}: read with version {told['version'] or '-'} (before: {told['version_before'] or '-'}); "
        f"{counts}, {len(told['kept'])} kept as people left them. {told['needs_look']} need a look."
    )
