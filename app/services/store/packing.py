"""How values are written into the store's columns, and read back exactly as they were."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Any

from app.domain.box import Box
from app.domain.case import Json, from_time, to_time
from app.domain.change import MISSING, Action, Change, Missing, Write
from app.domain.draft import Draft
from app.domain.extraction import PageText, Word

_FAST = 1
"""zlib's level: a case shrinks to an eighth, in less time than it takes to encrypt the difference."""
_PLACES = 100_000
_SURENESS = 10_000


def to_text(value: Any) -> str:
    """JSON, in one spelling only. ASCII: half a surrogate pair, as an editor may hand out, survives."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)


def pack(value: Any) -> bytes:
    # Not sorted: a case keeps the order of its fields.
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return zlib.compress(text.encode("ascii"), _FAST)


def unpack(packed: bytes) -> Any:
    return json.loads(zlib.decompress(packed))


def pack_change(change: Change) -> bytes:
    return pack(
        {
            "change_id": change.change_id,
            "case_id": change.case_id,
            "action": str(change.action),
            "by": change.by,
            "at": to_time(change.at),
            "writes": [_write_to(w) for w in change.writes],
            "fields": list(change.fields),
            "undoes": change.undoes,
        }
    )


def unpack_change(packed: bytes) -> Change:
    data = unpack(packed)
    return Change(
        change_id=data["change_id"],
        case_id=data["case_id"],
        action=Action(data["action"]),
        by=data["by"],
        at=from_time(data["at"]),
        writes=_writes_from(data["writes"]),
        fields=tuple(data["fields"]),
        undoes=data["undoes"],
    )


def pack_writes(writes: Iterable[Write]) -> bytes:
    return pack([_write_to(w) for w in writes])


def unpack_writes(packed: bytes) -> tuple[Write, ...]:
    return _writes_from(unpack(packed))


def _writes_from(data: Iterable[Json]) -> tuple[Write, ...]:
    return tuple(Write(w["path"], w.get("base", MISSING), w.get("value", MISSING)) for w in data)


def _write_to(write: Write) -> Json:
    """A write; what is missing has no key, since null is a value."""
    packed: Json = {"path": write.path}
    if not isinstance(write.base, Missing):
        packed["base"] = write.base
    if not isinstance(write.value, Missing):
        packed["value"] = write.value
    return packed


def pack_draft(draft: Draft) -> str:
    return to_text([draft.text, draft.cursor, draft.anchor])


def unpack_draft(text: str) -> Draft:
    content, cursor, anchor = json.loads(text)
    return Draft(content, cursor, anchor)


def pack_words(texts: tuple[PageText, ...]) -> bytes:
    """Words by page: places to 1/100,000 of the page and confidences to 1/10,000, as whole numbers."""
    return pack(
        [
            [
                page.page,
                [w.text for w in page.words],
                [round(n * _PLACES) for w in page.words for n in (w.box.x0, w.box.y0, w.box.x1, w.box.y1)],
                [round(w.confidence * _SURENESS) for w in page.words],
                *([page.turn] if page.turn else []),
            ]
            for page in texts
        ]
    )


def unpack_words(packed: bytes) -> tuple[PageText, ...]:
    return tuple(
        PageText(
            page,
            tuple(
                Word(text, Box(*(n / _PLACES for n in places[4 * i : 4 * i + 4])), sure[i] / _SURENESS)
                for i, text in enumerate(texts)
            ),
            *turn,
        )
        for page, texts, places, sure, *turn in unpack(packed)
    )


def plain(text: str) -> str:
    """A text as a column takes it: halves of surrogate pairs, which are no characters, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
