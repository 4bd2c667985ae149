"""How sure we are: thresholds, and what a whole document's number hides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.form import FormField

SURE = 0.90
"""Fields below this probability need a look."""
WRONG = 0.70
"""Fields below this are more likely than not to cost a correction."""
ACCEPTED_MEAN = 0.85
ACCEPTED_LOWEST = 0.40
"""The reference implementation accepts a document above both (mean of fields, lowest field)."""


class Level(StrEnum):
    SURE = "sure"
    LOOK = "look"
    WRONG = "wrong"


def level(confidence: float) -> Level:
    """Green, amber or red."""
    if confidence >= SURE:
        return Level.SURE
    return Level.LOOK if confidence >= WRONG else Level.WRONG


@dataclass(frozen=True, slots=True)
class DocumentConfidence:
    """The mean of field confidences, and beside it what the mean hides."""

    mean: float
    lowest: float
    needs_look: int
    missing: tuple[str, ...]
    fields: int

    @property
    def accepted(self) -> bool:
        return self.mean > ACCEPTED_MEAN and self.lowest > ACCEPTED_LOWEST


def of_document(fields: Iterable[FormField], threshold: float = SURE) -> DocumentConfidence:
    """Sum up a document. `needs_look` counts what nobody has looked at yet; `missing` lists required, empty fields.

    A field a person has settled counts as sure (1.0): the number answers "how far can this be trusted now?".
    """
    every = list(fields)
    if not every:
        return DocumentConfidence(0.0, 0.0, 0, (), 0)
    sure = [f.confidence if f.state == "unseen" else 1.0 for f in every]
    missing = tuple(
        f.path for f in every if f.required and f.empty and f.state not in ("illegible", "not_applicable")
    )
    return DocumentConfidence(
        sum(sure) / len(sure), min(sure), sum(f.needs_look(threshold) for f in every), missing, len(every)
    )
