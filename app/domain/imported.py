"""The shapes of the reference implementation: requests of its review, documents of its intake.

Parsed strictly before anything is kept. What is wrong is told with the place it stands at, never with a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain.box import Box
from app.domain.case import Json
from app.domain.clock import LIMITS
from app.domain.errors import Rejected

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is taken in."""
MOST = 20_000
"""Objects of a file that is taken in."""
_LONGEST = 20_000
_LONGEST_ID = 200
_PARTS = ("patient", "provider", "service", "diagnosis", "current_condition", "current_treatment")
_KNOWN = frozenset((*_PARTS, "request_id", "labs", "line_of_business", "urgency", "received_at"))
_COORDINATES = 8


@dataclass(frozen=True, slots=True)
class ImportedRequest:
    """A request of the review: `request` as a case document keeps it under `imported_request`.

    `place` says where in the file it stands, for people. `left_out` names the parts of it that are of no known kind.
    The rest is None where the file does not say.
    """

    place: str
    request_id: str
    request: Json
    line_of_business: str | None = None
    urgency: str | None = None
    received_at: datetime | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedEntity:
    """One thing that was read off a document. `page` is 1-based, `box` in page fractions, None when not known."""

    name: str
    value: str
    confidence: float
    corrected: str | None
    page: int | None
    box: Box | None


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """A document of the intake with its entities. `document_id` is its own; `kind` what it says it is."""

    place: str
    document_id: str
    kind: str
    entities: tuple[ImportedEntity, ...]
    left_out: tuple[str, ...] = ()


Imported = ImportedRequest | ImportedDocument


def parse(content: bytes) -> tuple[Imported, ...]:
    """Everything in a file: a list, one object, an object of lists, or JSON lines.

    Raises `Rejected` for the first thing that is wrong, saying what and where: all or nothing.
    """
    if len(content) > LARGEST:
        raise _refused(
            f"The file has {len(content) // 1_000_000:,} MB; {LARGEST // 1_000_000} MB are taken in at once",
            "Cut it into several files.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"The file is no text in UTF-8 (byte {error.start + 1:,})") from None
    if not text.strip():
        raise _refused("The file is empty")
    found = tuple(_object(place, data) for place, data in _objects(text))
    if not found:
        raise _refused("The file holds no request and no document")
    return found


def _objects(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a file, each with where it stands."""
    whole = _whole(text)
    if isinstance(whole, dict) and not _is_object(whole):
        lists = {k: v for k, v in whole.items() if isinstance(v, list)}
        if lists and len(lists) == len(whole):
            entries = [
                (f"{name}[{n}]", entry) for name, each in lists.items() for n, entry in enumerate(each, 1)
            ]
        else:
            entries = [("the object", whole)]
    elif isinstance(whole, list):
        entries = [(f"object {n}", entry) for n, entry in enumerate(whole, 1)]
    elif isinstance(whole, _Lines):
        entries = [(f"line {n}", entry) for n, entry in whole.entries]
    else:
        entries = [("the file", whole)]
    if len(entries) > MOST:
        raise _refused(
            f"The file holds {len(entries):,} objects; {MOST:,} are taken in at once",
            "Cut it into several files.",
        )
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise _refused(f"{_at(place)} is {_named(entry)}; a request or a document is expected")
        yield place, entry


@dataclass(frozen=True, slots=True)
class _Lines:
    entries: tuple[tuple[int, Any], ...]


def _whole(text: str) -> Any:
    try:
        return _loaded(text)
    except json.JSONDecodeError as error:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        # one object a line: then the first line is whole
        if len(lines) > 1 and lines[0][1].lstrip().startswith("{"):
            try:
                _loaded(lines[0][1])
            except json.JSONDecodeError:
                pass
            else:
                return _Lines(tuple((n, _line(n, line)) for n, line in lines))
        raise _refused(
            f"The file is no JSON: {error.msg.rstrip('.')} (line {error.lineno}, column {error.colno})"
        ) from None


def _line(number: int, line: str) -> Any:
    try:
        return _loaded(line)
    except json.JSONDecodeError as error:
        raise _refused(f"Line {number} is no JSON: {error.msg.rstrip('.')} (column {error.colno})") from None


def _loaded(text: str) -> Any:
    def constant(name: str) -> Any:
        raise _refused(f"The file holds “{name}”, which is no value of JSON")

    try:
        return json.loads(text, parse_constant=constant)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _refused("The file is nested too deeply to be a list of requests") from None
    except ValueError:  # a number with thousands of digits
        raise _refused("The file holds a number that is too long") from None


def _is_object(data: Mapping[str, Any]) -> bool:
    return "entities" in data or "request_id" in data or any(part in data for part in _PARTS)


def _object(place: str, data: Mapping[str, Any]) -> Imported:
    if "entities" in data:
        return _document(place, data)
    if "service" in data or "diagnosis" in data:
        return _request(place, data)
    raise _refused(
        f"{_at(place)} is neither a request (with service and diagnosis) nor a document (with entities)"
    )


def _request(place: str, data: Mapping[str, Any]) -> ImportedRequest:
    request_id = _id(place, data, "request_id")
    parts = {name: _map(place, data, name) for name in _PARTS}
    labs = data.get("labs")
    if labs is None:
        labs = []
    if not isinstance(labs, list):
        raise _refused(f"{_at(place)}: labs is {_named(labs)}; a list is expected")
    request: Json = {name: part for name, part in parts.items() if name not in ("service", "diagnosis")}
    request["labs"] = [_scalars(place, f"labs[{n}]", lab) for n, lab in enumerate(labs, 1)]
    request["lines"] = {"r1": {"order": 0, "service": parts["service"], "diagnosis": parts["diagnosis"]}}
    return ImportedRequest(
        place,
        request_id,
        request,
        _choice(place, data, "line_of_business", tuple(LIMITS)),
        _choice(place, data, "urgency", ("standard", "expedited")),
        _time(place, data, "received_at"),
        tuple(
            _shown(key) for key, value in data.items() if key not in _KNOWN and isinstance(value, dict | list)
        ),
    )


def _map(place: str, data: Mapping[str, Any], name: str) -> Json:
    part = data.get(name)
    return {} if part is None else _scalars(place, name, part)


def _scalars(place: str, name: str, part: Any) -> Json:
    """A part of a request with its texts as written; numbers as texts."""
    if not isinstance(part, dict):
        raise _refused(f"{_at(place)}: {name} is {_named(part)}; an object is expected")
    return {key: _text(place, f"{name}.{key}", value) for key, value in part.items() if value is not None}


def _text(place: str, name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refused(f"{_at(place)}: {_shown(name)} is {_named(value)}; a text or a number is expected")
    text = str(value)
    if len(text) > _LONGEST:
        raise _refused(
            f"{_at(place)}: {_shown(name)} has {len(text):,} characters; {_LONGEST:,} are taken in"
        )
    return text


def _id(place: str, data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise _refused(f"{_at(place)} has no {name}")
    text = _text(place, name, value).strip()
    if len(text) > _LONGEST_ID:
        raise _refused(f"{_at(place)}: {name} has {len(text):,} characters; {_LONGEST_ID} are taken in")
    return text


def _choice(place: str, data: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if value not in known:
        raise _refused(f"{_at(place)}: {name} is not one of {', '.join(known)}")
    return str(value)


def _time(place: str, data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(_text(place, name, value))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refused(f"{_at(place)}: {name} is no time as ISO 8601 writes it") from None


def _document(place: str, data: Mapping[str, Any]) -> ImportedDocument:
    entities = data["entities"]
    if not isinstance(entities, list):
        raise _refused(f"{_at(place)}: entities is {_named(entities)}; a list is expected")
    names = ("uid", "document_id", "id", "case_id", "request_id")
    own = next((name for name in names if data.get(name) not in (None, "")), None)
    if own is None:
        raise _refused(f"{_at(place)} has no uid")
    kind = next((data[n] for n in ("document_class", "document_type", "form_type") if data.get(n)), "")
    return ImportedDocument(
        place,
        _id(place, data, own),
        _text(place, "document_class", kind),
        tuple(_entity(place, n, entry) for n, entry in enumerate(entities, 1)),
    )


def _entity(place: str, number: int, entry: Any) -> ImportedEntity:
    where = f"entities[{number}]"
    if not isinstance(entry, dict):
        raise _refused(f"{_at(place)}: {where} is {_named(entry)}; an object is expected")
    name = entry.get("entity")
    if not isinstance(name, str) or not name.strip():
        raise _refused(f"{_at(place)}: {where}.entity is {_named(name)}; the name of a field is expected")
    corrected = entry.get("corrected_value")
    value = entry.get("value")
    return ImportedEntity(
        name.strip()[:_LONGEST_ID],
        "" if value is None else _text(place, f"{where}.value", value),
        _fraction(place, f"{where}.extraction_confidence", entry.get("extraction_confidence")),
        None if corrected is None else _text(place, f"{where}.corrected_value", corrected),
        _page(place, f"{where}.page_no", entry.get("page_no")),
        _box(place, f"{where}.value_coordinates", entry),
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1e9 else None


def _fraction(place: str, name: str, value: Any) -> float:
    if value is None or value == "":
        return 0.0
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        raise _refused(f"{_at(place)}: {name} is no number from 0 to 1")
    return number


def _page(place: str, name: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    number = _number(value)
    if number is None or number != int(number) or number < 1:
        raise _refused(f"{_at(place)}: {name} is no page number")
    return int(number)


def _box(place: str, name: str, entry: Mapping[str, Any]) -> Box | None:
    """The box around four corners: page fractions, or pixels where the page's size stands beside them."""
    corners = entry.get("value_coordinates")
    if corners is None or corners == []:
        return None
    numbers = [_number(c) for c in corners] if isinstance(corners, list) else []
    if len(numbers) != _COORDINATES or any(n is None for n in numbers):
        raise _refused(f"{_at(place)}: {name} is not {_COORDINATES} numbers")
    known = [n for n in numbers if n is not None]
    across, down = known[0::2], known[1::2]
    if max(known) > 1.5:
        wide, high = _number(entry.get("page_width")), _number(entry.get("page_height"))
        if not wide or not high or wide <= 1 or high <= 1:
            return None  # pixels of a page nobody says the size of
        across, down = [x / wide for x in across], [y / high for y in down]
    x0, x1, y0, y1 = (min(max(v, 0.0), 1.0) for v in (min(across), max(across), min(down), max(down)))
    return Box(x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _at(place: str) -> str:
    return place[:1].upper() + place[1:]


def _shown(name: str) -> str:
    """A name of a key as a sentence shows it: keys come from the file, and may be anything."""
    return re.sub(r"[^\w.\[\]-]", "?", name)[:60]


def _named(value: Any) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "yes or no"}
    if value is None:
        return "nothing"
    return kinds.get(type(value), "a number")


def _refused(what: str, step: str = "Mend the file and import it again; nothing was imported.") -> Rejected:
    return Rejected(f"{what}.", step, code="import")
