"""A small form for the tests of teaching: two questions' worth of tick boxes, a table, and what is printed."""

from __future__ import annotations

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import (
    Anchor,
    ChoiceDefinition,
    Column,
    FieldDefinition,
    FormDefinition,
    Section,
    TableDefinition,
)

LETTER = (612.0, 792.0)


def a_field(
    name: str,
    label: str,
    zone: tuple[float, float, float, float],
    kind: FieldKind = FieldKind.TEXT,
    **more: object,
) -> FieldDefinition:
    return FieldDefinition(name, label, str(more.pop("section", "member")), kind, Box(*zone), **more)  # type: ignore[arg-type]


def a_box(name: str, label: str, x: float, y: float = 0.30) -> FieldDefinition:
    return a_field(name, label, (x, y, x + 0.018, y + 0.014), FieldKind.TICK_BOX)


def a_form(**changes: object) -> FormDefinition:
    """A form of one page: a name, a date, three tick boxes of which two answer one question, a table of two rows."""
    given: dict[str, object] = {
        "form_type": "a_form",
        "title": "A form of a test",
        "version": "1",
        "size": LETTER,
        "titles": ("A form of a test",),
        "anchors": (
            Anchor("Member name:", Box(0.10, 0.10, 0.22, 0.115)),
            Anchor("Date of birth:", Box(0.55, 0.10, 0.68, 0.115)),
            Anchor("Urgent", Box(0.125, 0.30, 0.18, 0.314)),
            Anchor("Routine", Box(0.325, 0.30, 0.38, 0.314)),
            Anchor("Fax:", Box(0.10, 0.70, 0.14, 0.715)),
            Anchor("Review type:", Box(0.02, 0.30, 0.09, 0.314)),
        ),
        "sections": (Section("member", "Member"), Section("service", "Service")),
        "fields": (
            a_field("member_name", "Member name", (0.25, 0.095, 0.50, 0.12), FieldKind.NAME),
            a_field("born", "Date of birth", (0.70, 0.095, 0.90, 0.12), FieldKind.DATE),
            a_box("urgent", "Urgent", 0.10),
            a_box("routine", "Routine", 0.30),
            a_box("other", "Other", 0.50),
        ),
        "choices": (ChoiceDefinition("review", "Review type", "member", ("urgent", "routine")),),
        "tables": (
            TableDefinition(
                "lines",
                "Lines",
                "service",
                (
                    Column("what", "What", FieldKind.TEXT, 0.10, 0.50),
                    Column("code", "Code", FieldKind.PROCEDURE_CODE, 0.50, 0.70),
                ),
                ((0.50, 0.54), (0.54, 0.58)),
            ),
        ),
    }
    return FormDefinition(**(given | changes))  # type: ignore[arg-type]
