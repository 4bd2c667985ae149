"""A trap as a flag that points to where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.evidence import Evidence
from app.domain.form import FormField
from app.domain.recommendation import Flag


def flagged(text: str, next_step: str, path: str, value: str = "", fields: Sequence[FormField] = ()) -> Flag:
    """A trap at a part of the request; at the form's field where just one holds that value."""
    same = [
        f for f in fields if value and isinstance(f.current, str) and " ".join(f.current.split()) == value
    ]
    if len(same) == 1:
        field = same[0]
        evidence = Evidence(value, field.document_id, field.page, field.box, field=field.path)
    else:
        evidence = Evidence(value, field=f"request.{path}")
    return Flag("trap", text, evidence, next_step)
