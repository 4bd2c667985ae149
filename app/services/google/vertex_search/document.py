"""A source of ours as a document of Vertex AI Search, and back."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.domain.guideline import Source, SourceKind

if TYPE_CHECKING:
    from google.cloud.discoveryengine_v1 import Document

TAKEN = frozenset(
    {
        "application/pdf",
        "text/html",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""The types of file a data store reads without the layout parser."""
_YES, _NO = "yes", "no"


def document_id(source_id: str) -> str:
    """The document's id there: RFC 1034 allows neither the colon nor the at-sign of our ids."""
    return "s" + hashlib.sha256(source_id.encode()).hexdigest()[:40]


def struct_of(source: Source) -> dict[str, Any]:
    """What stands beside the file. Flags are words, because filters and boosts compare words."""
    return {
        "source_id": source.source_id,
        "kind": str(source.kind),
        "title": source.title,
        "name": source.name,
        "digest": source.digest,
        "sha256": source.sha256,
        "media_type": source.media_type,
        "pages": source.pages,
        "in_force": _YES if source.in_force else _NO,
        "also": source.also,
    }


def source_of(document: Document) -> Source | None:
    """The source a document stands for; None for one that has no business among guidelines.

    A document that others put there has no words of ours beside it: its title and address are taken instead.
    """
    struct = plain(document.struct_data)
    derived = plain(document.derived_struct_data)
    try:
        kind = SourceKind(str(struct.get("kind") or SourceKind.GUIDELINE))
    except ValueError:
        kind = SourceKind.GUIDELINE
    if kind is SourceKind.CLINICAL:
        return None
    link = str(derived.get("link") or document.content.uri or "")
    name = str(struct.get("name") or posixpath.basename(link) or document.id)
    title = str(struct.get("title") or derived.get("title") or _stem(name))
    return Source(
        str(struct.get("source_id") or document.name or document.id),
        kind,
        title,
        name,
        str(struct.get("digest") or ""),
        "",
        str(struct.get("sha256") or ""),
        str(struct.get("media_type") or document.content.mime_type or ""),
        whole(struct.get("pages")),
        str(struct.get("in_force") or _YES) != _NO,
        str(struct.get("also") or ""),
    )


def plain(struct: Any) -> dict[str, Any]:
    """A protobuf Struct, however the client wraps it, as plain values."""
    if not struct:
        return {}
    return {str(key): _plain(value) for key, value in struct.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if hasattr(value, "items"):
        return plain(value)
    return [_plain(inner) for inner in value]


def whole(value: object) -> int:
    """A number as the search writes it: 3.0, "3", "page 3" or nothing."""
    if isinstance(value, (int, float)):
        return int(value)
    found = re.search(r"\d+", str(value or ""))
    return int(found[0]) if found else 0


def _stem(name: str) -> str:
    return " ".join(posixpath.splitext(name)[0].replace("_", " ").split())
