"""What an inspector shows at one moment. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.form import FormField
from app.domain.processor import FormDefinition


@dataclass(frozen=True, slots=True)
class Inspected:
    """A definition, what of it is chosen (the current ref last), what is wrong by ref, and what a trial read."""

    definition: FormDefinition
    refs: tuple[str, ...] = ()
    flaws: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, tuple[FormField, ...]] = field(default_factory=dict)
    fixed: bool = False
