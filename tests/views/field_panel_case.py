"""A case of the size and kinds the field panel meets, and a desk that answers its signals as the store would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.box import Box
from app.domain.case import Case, IntakeStatus, ReviewStatus
from app.domain.confidence import of_document
from app.domain.form import Doubt, FieldKind, FieldState, FieldWarning, FormField, Source, Value
from app.domain.processor import (
    ChoiceDefinition,
    Column,
    FieldDefinition,
    FormDefinition,
    Section,
    TableDefinition,
)
from app.views.widgets.field_panel import FieldPanel

NOW = datetime(2026, 11, 5, 15, 0, tzinfo=UTC)
PLACE = Box(0.5, 0.2, 0.7, 0.22)
TICK = FieldKind.TICK_BOX
NONE = Qt.KeyboardModifier.NoModifier
ALT, CONTROL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
COLUMNS = (
    ("procedure", "Procedure", FieldKind.TEXT),
    ("start", "Start", FieldKind.DATE),
    ("diagnosis", "Diagnosis", FieldKind.TEXT),
)


def field(
    path: str, label: str, section: str, value: Value = "", confidence: float = 0.99, **more: Any
) -> FormField:
    more.setdefault("kind", FieldKind.TEXT)
    return FormField(
        path=path,
        label=label,
        section=section,
        value=value,
        confidence=confidence,
        placement_confidence=0.99,
        source=Source.RECOGNIZED,
        document_id="d",
        page=1,
        box=PLACE if value != "" else None,
        **more,
    )


def fields() -> tuple[FormField, ...]:
    """Doubtful: `reason` (0.62), `npi` (a warning), the cell `services.r2.diagnosis` (0.83)."""
    found = [
        field("urgent_no", "Non-urgent", "request", False, 1.0, kind=TICK, group="urgent"),
        field("urgent_yes", "Urgent", "request", True, 1.0, kind=TICK, group="urgent"),
        field(
            "reason", "Reason for urgency", "request", "qlxmIldzy", 0.62,
            doubts=(Doubt(4, ("l", "1"), 0.5),), suggestions=("qlxmlldzy", "qlxm1ldzy"),
        ),
        field("name", "Name", "patient", "Lori Mendoza", kind=FieldKind.NAME),
        field("birth", "Date of birth", "patient", "07/12/1998", kind=FieldKind.DATE),
        field("setting_home", "Home", "patient", False, 1.0, kind=TICK, group="setting"),
        field("setting_clinic", "Clinic", "patient", True, 1.0, kind=TICK, group="setting"),
        field(
            "npi", "NPI", "provider", "237458669", 0.97, kind=FieldKind.NPI,
            warnings=(FieldWarning("npi_length", "value", (("count", "9"),)),),
        ),
    ]  # fmt: skip
    for row, (procedure, start, diagnosis) in enumerate(
        (
            ("X-ray - 77071", "10/03/2005", "Small plaque - L41.3"),
            ("Tc99m - A9500", "12/17/1996", "Other - R47.8"),
        ),
        1,
    ):
        for (column, label, kind), value in zip(COLUMNS, (procedure, start, diagnosis), strict=True):
            sure = 0.83 if (row, column) == (2, "diagnosis") else 0.97
            found.append(field(f"services.r{row}.{column}", label, "services", value, sure, kind=kind))
    found.append(field("phone", "Phone", "end", "", 0.98, kind=FieldKind.PHONE))
    return tuple(replace(f, order=n) for n, f in enumerate(found))


def definition() -> FormDefinition:
    return FormDefinition(
        "form", "Form", "1", (612, 792), ("Form",), (),
        tuple(Section(n, n.capitalize()) for n in ("request", "patient", "provider", "services", "end")),
        tuple(
            FieldDefinition(f.path, f.label, f.section, f.kind, PLACE, weight=3.0 if f.path == "npi" else 1.0)
            for f in fields()
            if f.cell is None
        ),
        (
            ChoiceDefinition("urgent", "Review type", "request", ("urgent_no", "urgent_yes")),
            ChoiceDefinition("setting", "Setting", "patient", ("setting_home", "setting_clinic"), exclusive=False),
        ),
        (
            TableDefinition(
                "services", "Services", "services",
                tuple(Column(n, label, kind, 0.0, 0.1) for n, label, kind in COLUMNS), ((0.5, 0.52), (0.52, 0.54)),
            ),
        ),
    )  # fmt: skip


def case_of(every: Sequence[FormField], **more: Any) -> Case:
    known: dict[str, Any] = {
        "case_id": "c1", "receipt": "R-2611-04A7-0001-K", "form_type": "form", "processor_version": "1",
        "line_of_business": "", "urgency": "standard", "received_at": NOW, "due_at": NOW + timedelta(days=7),
        "intake_status": IntakeStatus.NEEDS_REVIEW, "status": ReviewStatus.NONE, "assigned_to": "",
        "patient": "Lori Mendoza", "reason": None, "documents": (), "fields": tuple(every),
        "confidence": of_document(every), "revision": "1", "updated_at": NOW,
    }  # fmt: skip
    return Case(**(known | more))


class Desk:
    """Answers the panel as the store would, at once or when told; keeps all it was asked."""

    def __init__(self, panel: FieldPanel, *, answers: bool = True) -> None:
        self.panel = panel
        self.fields = {f.path: f for f in fields()}
        self.status = IntakeStatus.NEEDS_REVIEW
        self.said: list[tuple[Any, ...]] = []
        self.answers = answers
        for name in (
            "value_edited", "values_edited", "confirmed", "marked", "restored", "drafted", "draft_dropped",
            "verify_requested", "reopen_requested", "next_case_requested", "undo_requested", "redo_requested",
            "row_added", "row_removed", "field_selected", "lens_wanted", "read_again_requested",
        ):  # fmt: skip
            getattr(panel, name).connect(lambda *given, name=name: self._hear(name, given))
        self.show()
        self.said.clear()

    def show(self, **more: Any) -> None:
        self.panel.show_case(
            case_of(tuple(self.fields.values()), intake_status=self.status, **more), definition()
        )

    def told(self, name: str) -> list[Any]:
        return [rest[0] if len(rest) == 1 else tuple(rest) for said, *rest in self.said if said == name]

    def _hear(self, name: str, given: tuple[Any, ...]) -> None:
        self.said.append((name, *given))
        if name == "value_edited":
            self._correct({given[0]: given[1]})
        elif name == "values_edited":
            self._correct(given[0])
        elif name in ("confirmed", "marked", "restored"):
            state = {"confirmed": FieldState.CONFIRMED, "restored": FieldState.UNSEEN}.get(name) or given[1]
            for path in given[0]:
                kept = self.fields[path].corrected_value if name == "confirmed" else None
                self.fields[path] = replace(self.fields[path], state=state, corrected_value=kept)
        elif name == "verify_requested":
            self.status = IntakeStatus.VERIFIED
        else:
            return
        if self.answers:
            self.show()

    def _correct(self, values: dict[str, Value]) -> None:
        for path, value in values.items():
            same = value == self.fields[path].value
            state = FieldState.CONFIRMED if same else FieldState.CORRECTED
            self.fields[path] = replace(
                self.fields[path], corrected_value=None if same else value, state=state
            )


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """A key into whatever has the keyboard."""
    QTest.keyClick(focused(), key, modifiers)


def hold(key: Qt.Key) -> None:
    """What the keyboard sends while a key is held down: the same press again, marked as a repeat."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(focused(), QKeyEvent(kind, key, NONE, "", True))


def write(text: str) -> None:
    QTest.keyClicks(focused(), text)


def focused() -> Any:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget
