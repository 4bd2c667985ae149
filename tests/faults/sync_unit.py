"""What a checker of histories looks at: the parts of a case that people set, each with a word for its value.

Independent of the program's own merge on purpose: it says what a person would call one thing, from the document alone.
The word of a field is its state and correction; who set it and when does not count, since two people who say the same
do not contradict each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.case import Json
from app.domain.change import MISSING

NONE = "-"
"""The word of a part that is not there."""
PLAIN = ("intake_status", "assigned_to", "line_of_business", "payer_received_at")
_NOT_SAID = ("by", "at", "signature", "order")


def words_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Every part of a case that is there, by its path, with its word."""
    found: dict[str, str] = {}
    if not document or (document.get("_meta") or {}).get("deleted_at"):
        return found
    for name in PLAIN:
        if document.get(name) not in (None, ""):
            found[name] = str(document[name])
    if document.get("proposed_dismissal"):
        found["proposed_dismissal"] = _word(document["proposed_dismissal"])
    for name, entry in (document.get("fields") or {}).items():
        found[f"fields.{name}"] = field_word(entry)
    for table, content in (document.get("tables") or {}).items():
        for row, cells in (content.get("rows") or {}).items():
            found.update(_row_words(f"tables.{table}.rows.{row}", cells))
    for line, entry in (document.get("determinations") or {}).items():
        found[f"determinations.{line}"] = str(entry.get("id"))
    review = document.get("review") or {}
    for part in ("slots", "pins"):
        for name, entry in (review.get(part) or {}).items():
            found[f"review.{part}.{name}"] = _word(entry)
    for line, marks in (review.get("marks") or {}).items():
        for name, entry in marks.items():
            found[f"review.marks.{line}.{name}"] = _word(entry)
    for document_id in document.get("documents") or {}:
        found[f"documents.{document_id}"] = "there"
    return found


def words_under(unit: str, value: Any) -> dict[str, str]:
    """The words of one side of a conflict over a part: of the part itself, and of what lies under it."""
    if not unit or unit in ("case", "_meta.deleted_at"):
        return words_of(value) if isinstance(value, Mapping) else {}
    if value is MISSING or value is None:
        return {unit: NONE}
    whole: Json = {}
    place = whole
    *above, last = unit.split(".")
    for part in above:
        place = place.setdefault(part, {})
    place[last] = value
    return words_of(whole)


def field_word(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return NONE
    corrected = entry.get("corrected_value")
    return f"{entry.get('state', 'unseen')}{'' if corrected is None else '=' + str(corrected)}"


def _row_words(place: str, cells: Any) -> Iterator[tuple[str, str]]:
    yield place, "there"
    if isinstance(cells, Mapping):
        for column, entry in cells.items():
            if isinstance(entry, Mapping):
                yield f"{place}.{column}", field_word(entry)


def _word(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    return json.dumps({k: v for k, v in entry.items() if k not in _NOT_SAID}, sort_keys=True)
