"""What an inspector shows at one moment. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.form import FormField
from app.domain.processor import FormDefinition


@dataclass(frozen=True, slots=True)
class Inspected:
    """A definition, what of it is chosen (the current ref last), what is wrong by ref, and what a trial read.

    `requests` are the parts of the request a field may fill, `line_requests` those a column may.
    """

    definition: FormDefinition
    refs: tuple[str, ...] = ()
    flaws: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, tuple[FormField, ...]] = field(default_factory=dict)
    requests: Sequence[str] = ()
    line_requests: Sequence[str] = ()
    fixed: bool = False
    examples: int = 0
