"""Form fields: one answer on a form, what was read, how sure we are, and what people did with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from app.domain.box import Box
from app.domain.calibration import Evidence

Value = str | bool
"""What a field holds: text as printed, or ticked / not ticked."""


class FieldKind(StrEnum):
    TEXT = "text"
    NAME = "name"
    DATE = "date"
    PHONE = "phone"
    NPI = "npi"
    MEMBER_ID = "member_id"
    ICD10 = "icd10"
    PROCEDURE_CODE = "procedure_code"
    NUMBER = "number"
    ZIP = "zip"
    CHOICE = "choice"
    TICK_BOX = "tick_box"
    SIGNATURE = "signature"


class FieldState(StrEnum):
    UNSEEN = "unseen"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    ILLEGIBLE = "illegible"
    NOT_APPLICABLE = "not_applicable"


class Source(StrEnum):
    """Where a machine value came from."""

    FILLABLE = "fillable"  # an AcroForm field of the document: exact
    TEXT_LAYER = "text_layer"  # text the document carries: exact characters, place inferred
    RECOGNIZED = "recognized"  # read off the picture
    ABSENT = "absent"  # the form asks for it, nothing was found
    PERSON = "person"  # a row a person added; there is no machine value


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """Something a rule found. `kind` is `reading` (probably misread) or `value` (read right, wrong in itself).

    `rule` names the sentence in `validation.RULE_TEXTS`, `params` fill it in; `suggestion` is a whole
    new value for a one-key fix.
    """

    rule: str
    kind: str
    params: tuple[tuple[str, str], ...] = ()
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A character of the machine value that may be another: its index, what else it may be, and how sure we are."""

    index: int
    alternatives: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class FormField:
    """One answer. `path` is its name, or `table.row.column` for a table cell.

    `value` is what the machine read and never changes; a correction stands beside it.
    `confidence` is the calibrated probability that `value` equals what is printed;
    `placement_confidence` that it was read in the right place. `box` is in page fractions
    of page `page` (1-based) of document `document_id`.
    `group` names the question that several tick boxes answer together. `supplied` are characters of the
    value that the page does not show and that its kind supplied (the strokes of a date a fax dropped).
    `evidence` is what the confidence rests on; it comes with an extraction and is not kept with a case.
    """

    path: str
    label: str
    section: str
    kind: FieldKind
    value: Value = ""
    confidence: float = 0.0
    placement_confidence: float = 0.0
    source: Source = Source.ABSENT
    document_id: str = ""
    page: int | None = None
    box: Box | None = None
    required: bool = False
    order: int = 0
    group: str = ""
    doubts: tuple[Doubt, ...] = ()
    suggestions: tuple[str, ...] = ()
    supplied: str = ""
    state: FieldState = FieldState.UNSEEN
    corrected_value: Value | None = None
    by: str | None = None
    at: datetime | None = None
    warnings: tuple[FieldWarning, ...] = ()
    evidence: Evidence | None = field(default=None, repr=False, compare=False)

    @property
    def current(self) -> Value:
        """What the case holds now: the correction where there is one, else the machine value."""
        return self.value if self.corrected_value is None else self.corrected_value

    @property
    def cell(self) -> tuple[str, str, str] | None:
        """(table, row, column) of a table cell, or None."""
        parts = self.path.split(".")
        return (parts[0], parts[1], parts[2]) if len(parts) == 3 else None

    @property
    def empty(self) -> bool:
        return self.current == ""

    def doubtful(self, threshold: float) -> bool:
        """Whether a person has to look: low confidence, a warning, or required and empty."""
        return self.confidence < threshold or bool(self.warnings) or (self.required and self.empty)

    def needs_look(self, threshold: float) -> bool:
        """Whether a person still has to look: doubtful, and nobody has looked yet."""
        return self.state is FieldState.UNSEEN and self.doubtful(threshold)

    def with_warnings(self, warnings: tuple[FieldWarning, ...]) -> FormField:
        return replace(self, warnings=warnings)
