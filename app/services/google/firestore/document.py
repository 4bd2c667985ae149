"""Case documents as Firestore keeps them, without loss in either direction.

Firestore refuses lists in lists, empty names and names like `__this__`, and knows times. What it refuses is written
in another way, and what looks so already is marked, so that everything comes back as it was. Maps lose their order
there; nothing in a case document means anything by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from urllib.parse import unquote

from app.domain.case import Json, to_time
from app.domain.errors import Rejected

TIMES = frozenset(
    {
        "received_at",
        "due_at",
        "payer_received_at",
        "assigned_at",
        "updated_at",
        "deleted_at",
        "decided_at",
        "at",
    }
)
"""Names whose values are times. Only a text exactly as `to_time` writes it becomes one: any other stays a text."""
LARGEST = 1_048_576
"""Bytes of a document, as Firestore counts them."""
DEEPEST = 20
"""Maps and lists in each other."""
LONGEST_NAME = 1500
"""Bytes of a name."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIST = "~[]"
_MARK = "~"
_REFUSED = re.compile(r"__.*__|", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_INTEGERS = range(-(2**63), 2**63)
# the client's own reading of field paths goes wrong on these two; the percent sign marks them
_QUOTED = str.maketrans({"%": "%25", "`": "%60", "\\": "%5C"})


def name_to(name: str) -> str:
    """A name of a map as Firestore takes it. Raises `Rejected` for one that is too long."""
    made = name
    if name.startswith(_MARK) or _REFUSED.fullmatch(name) or "`" in name or "\\" in name:
        made = _MARK + name.translate(_QUOTED)
    if len(made.encode()) > LONGEST_NAME:
        raise too_large("a name in it is too long")
    return made


def name_from(name: str) -> str:
    return unquote(name[1:]) if name.startswith(_MARK) else name


def to_firestore(value: Any, name: str = "", depth: int = 0) -> Any:
    """A JSON value as the client writes it; `name` is what it stands under. Raises `Rejected` for what cannot be."""
    if isinstance(value, str):
        return _time_to(value) if name in TIMES else value
    if isinstance(value, bool) or value is None or isinstance(value, float | datetime):
        return value
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise too_large("a number in it is too long")
        return value
    if depth > DEEPEST:
        raise too_large("its parts are nested too deeply")
    if isinstance(value, Mapping):
        return {name_to(n): to_firestore(inner, n, depth + 1) for n, inner in value.items()}
    if isinstance(value, list | tuple):
        return [
            {_LIST: to_firestore(inner, "", depth + 2)}
            if isinstance(inner, list | tuple)
            else to_firestore(inner, "", depth + 1)
            for inner in value
        ]
    raise TypeError(f"no JSON value: {type(value).__name__}")


def _time_to(text: str) -> datetime | str:
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:  # the 31st of February: a text that only looks like a time
            return text
    return text


def from_firestore(value: Any) -> Any:
    """The JSON value that a value of the client stands for; times as `to_time` writes them."""
    if isinstance(value, dict):
        if len(value) == 1 and _LIST in value:
            return from_firestore(value[_LIST])
        return {name_from(name): from_firestore(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [from_firestore(inner) for inner in value]
    if isinstance(value, datetime):
        return to_time(plain(value))
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return None  # bytes, places on a map, references: no part of a case, and of nothing a person reads


def from_message(value: Any) -> Any:
    """The same from a protobuf value as it came over the wire: the client's own way would copy it three times."""
    kind = value.WhichOneof("value_type")
    if kind == "string_value":
        return value.string_value
    if kind == "map_value":
        return fields_from_message(value.map_value.fields)
    if kind == "array_value":
        return [from_message(inner) for inner in value.array_value.values]
    if kind == "timestamp_value":
        return to_time(time_of(value.timestamp_value))
    if kind in ("integer_value", "boolean_value"):
        return getattr(value, kind)
    if kind == "double_value":
        return (
            value.double_value if isfinite(value.double_value) else None
        )  # no number in JSON, and none of a case
    return None  # what is null, and what is no part of a case


def fields_from_message(fields: Any) -> Any:
    """The JSON map, or the list, that the fields of a document or of a map stand for."""
    if len(fields) == 1 and _LIST in fields:
        return from_message(fields[_LIST])
    return {name_from(name): from_message(inner) for name, inner in fields.items()}


def time_of(stamp: Any) -> datetime:
    """A protobuf timestamp, to the microsecond."""
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def plain(at: datetime) -> datetime:
    """The client's own kind of time as an ordinary one."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.fromtimestamp(aware.timestamp(), UTC).replace(microsecond=aware.microsecond)


def case_to(case_id: str, document: Mapping[str, Any]) -> Json:
    """A whole case as it is written first, without what the server writes. Raises `Rejected` when it is too large."""
    made: Json = to_firestore({k: v for k, v in document.items() if k != "_meta"})
    meta = {k: v for k, v in document.get("_meta", {}).items() if k not in SERVERS}
    made["_meta"] = to_firestore(meta)
    check_size((made,), case_id)
    return made


SERVERS = frozenset({"updated_at", "shard"})
"""The parts of `_meta` that this adapter writes and no desk."""


def check_size(values: Iterable[Any], case_id: str) -> None:
    """Raises `Rejected` when a document of these values is larger than Firestore keeps."""
    size = 200 + len(case_id.encode()) + sum(_size(value) for value in values)
    if size > LARGEST:
        raise too_large(f"it has {size // 1024:,} KiB and 1,024 are kept")


def _size(value: Any) -> int:
    """Bytes of a value by Firestore's own rules (storage size calculations)."""
    if isinstance(value, str):
        return len(value.encode()) + 1
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, dict):
        return sum(len(name.encode()) + 1 + _size(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(_size(inner) for inner in value)
    return 8


def too_large(why: str) -> Rejected:
    """What the server would refuse for its size or shape, said before it is asked."""
    return Rejected(
        f"This is more than the shared queue takes for one case: {why}.",
        "What you did is kept on this computer. Split the case, or tell your administrator.",
        code="remote_too_large",
    )
