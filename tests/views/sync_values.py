"""Fixed values of sync for tests of its widgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.box import Box
from app.domain.case import field_document
from app.domain.conflict import ConflictKind, OpenConflict, Version
from app.domain.form import FieldKind, FieldState, FormField
from app.domain.sync import WaitingFor, WaitingItem
from app.views.widgets.conflict.conflict_words import OtherCase, Subject

NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
FIELD = FormField(
    "member_id",
    "Member ID",
    "patient",
    FieldKind.MEMBER_ID,
    "87577992975",
    0.71,
    document_id="d1",
    page=1,
    box=Box(0.3, 0.3, 0.5, 0.32),
)


def a_side(value: str, by: str) -> Version:
    entry = replace(FIELD, corrected_value=value, state=FieldState.CORRECTED, by=by, at=NOW)
    return Version(field_document(entry), by, NOW)


def a_conflict(number: int = 1, kind: ConflictKind = ConflictKind.VALUE, **parts: Any) -> OpenConflict:
    given: dict[str, Any] = {
        "unit": "fields.member_id",
        "base": Version(field_document(FIELD)),
        "mine": a_side("87577992976", "Ada"),
        "theirs": a_side("87577992978", "Bob"),
    } | parts
    return OpenConflict(
        f"conflict{number}", f"case{number}", kind, changes=("c1",),
        found_at=NOW + timedelta(minutes=number), **given,
    )  # fmt: skip


def a_subject(number: int = 1, kind: ConflictKind = ConflictKind.VALUE, **parts: Any) -> Subject:
    conflict = a_conflict(number, kind, **parts)
    other = OtherCase("other", "R-2611-0500-X", "Ada Example", NOW) if conflict.other_case_id else None
    return Subject(conflict, f"R-2611-000{number}-K", "Ada Example", "Member ID", FIELD, NOW, other)


def an_item(number: int, why: WaitingFor = WaitingFor.TURN, case: str = "case1", **parts: Any) -> WaitingItem:
    given: dict[str, Any] = {"action": "corrected", "by": "Ada", "patient": "Ada Example"} | parts
    return WaitingItem(
        f"change{number}", case, f"R-{case}", at=NOW + timedelta(seconds=number), waiting_for=why, **given
    )
