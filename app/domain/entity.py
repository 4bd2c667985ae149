"""What a trained extractor hands out: named entities with a score, a page and a box.

Document AI's custom extractors speak like this (`Document.entities`); the adapter that calls them makes
these values of it, and `app.services.entity` an extraction that is judged like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.box import Box


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing found. `type` is the name of a field, of a table, or (among `properties`) of a column.

    `text` is the mention as it stands on the page, `normalized` what the extractor made of it (a date as ISO,
    a tick box as `true`), empty when nothing. `confidence` is the extractor's own, 0..1, not calibrated.
    `page` is 1-based; every entity carries its own.
    """

    type: str
    text: str
    confidence: float
    page: int | None = None
    box: Box | None = None
    normalized: str = ""
    properties: tuple[Entity, ...] = ()
