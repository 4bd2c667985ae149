"""One example read with the form that is being taught. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.confidence import SURE
from app.domain.extraction import Extraction, FormExtraction
from app.domain.form import FormField
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example

WAITING, READING, READ, FAILED = "waiting", "reading", "read", "failed"


@dataclass(frozen=True, slots=True)
class Trial:
    """`state` is `waiting`, `reading`, `read` or `failed`; `reason` and `step` say why it failed.

    What was read stays to be seen until it is read again; `definition` is what it was read with.
    """

    example: Example
    state: str = WAITING
    extraction: Extraction | None = None
    definition: FormDefinition | None = None
    reason: str = ""
    step: str = ""

    @property
    def form(self) -> FormExtraction | None:
        """The form that was recognized, None while unread or when no page matches."""
        return self.extraction.forms[0] if self.extraction and self.extraction.forms else None

    @property
    def fields(self) -> tuple[FormField, ...]:
        """What was read, with the example as its document."""
        form = self.form
        return tuple(replace(f, document_id=self.example.sha256) for f in form.fields) if form else ()

    def to_look_at(self, threshold: float = SURE) -> int:
        """How many fields would need a look."""
        return sum(1 for f in self.fields if f.needs_look(threshold))

    def stale(self, definition: FormDefinition) -> bool:
        """Whether it was read with another definition than this."""
        return self.definition != definition
