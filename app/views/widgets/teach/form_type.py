"""Form types as they are listed: a line for each, with its versions, and one for each draft. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.processor import FormDefinition
from app.domain.processor_version import FormDraft, Origin, ProcessorVersion

IN_FORCE, RETIRED, DRAFT = "in_force", "retired", "draft"


@dataclass(frozen=True, slots=True)
class FormTypeRow:
    """A line of the list. `key` is the form type, or the id of a draft. `versions` come the latest first."""

    key: str
    form_type: str
    title: str
    state: str
    version: str
    fields: int
    cases: int
    at: datetime | None
    by: str
    built_in: bool
    versions: tuple[ProcessorVersion, ...] = ()
    draft: FormDraft | None = None

    @property
    def foremost(self) -> ProcessorVersion | None:
        """The version in force, else the latest."""
        return next((v for v in self.versions if v.in_force), self.versions[0] if self.versions else None)


def rows_of(
    versions: Iterable[ProcessorVersion],
    drafts: Iterable[FormDraft],
    usage: Mapping[tuple[str, str], int],
) -> tuple[FormTypeRow, ...]:
    """The lines, by title; a draft stands before the form type it mends, new ones come first."""
    grouped: dict[str, list[ProcessorVersion]] = {}
    for version in versions:
        grouped.setdefault(version.form_type, []).append(version)
    begun: dict[str, list[FormDraft]] = {}
    for draft in drafts:
        begun.setdefault(draft.definition.form_type, []).append(draft)
    rows = [
        _draft_row(d) for form_type, of_type in begun.items() if form_type not in grouped for d in of_type
    ]
    for form_type, of_type in sorted(grouped.items(), key=lambda item: item[1][0].title.lower()):
        rows += [_draft_row(d) for d in begun.get(form_type, ())]
        head = next((v for v in of_type if v.in_force), of_type[0])
        cases = sum(count for (known, _), count in usage.items() if known == form_type)
        rows.append(
            FormTypeRow(
                form_type,
                form_type,
                head.title,
                IN_FORCE if head.in_force else RETIRED,
                head.version,
                answers_of(head.definition),
                cases,
                head.at,
                head.by,
                head.origin is Origin.BUILT_IN,
                tuple(of_type),
            )
        )
    return tuple(rows)


def _draft_row(draft: FormDraft) -> FormTypeRow:
    definition = draft.definition
    return FormTypeRow(
        draft.draft_id,
        definition.form_type,
        definition.title,
        DRAFT,
        draft.based_on,
        answers_of(definition),
        0,
        draft.changed_at,
        draft.by,
        False,
        draft=draft,
    )


def answers_of(definition: FormDefinition) -> int:
    """How many answers a form asks for: fields, tick boxes, and the cells of its tables."""
    return len(definition.fields) + sum(len(t.columns) * len(t.rows) for t in definition.tables)
