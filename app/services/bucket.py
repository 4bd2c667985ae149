"""What every backend of `BucketRemote` keeps to: addresses, names, what may stand beside a file, sessions.

A file's address is `gs://BUCKET/NAME` with the bucket as the program knows it (`app.domain.connection.BUCKETS`), on
one computer and in any project alike: a workspace that moves to a cloud keeps its addresses.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from app.domain.case import Json
from app.domain.connection import BUCKETS
from app.domain.errors import Conflict, Rejected, Unreadable

SHA256 = "sha256"
"""Under which name the SHA-256 of a file stands beside it."""

METADATA = frozenset(
    {
        SHA256,
        "case_id",
        "document_id",
        "receipt",
        "desk",
        "by",
        "kind",
        "form_type",
        "processor_version",
        "pages",
        "received_at",
        "source",
        "reason",
        "schema",
    }
)
"""What may be said of a file beside its bytes. Everybody who may list a bucket reads it: ids and times, never a
patient's data."""

_SCHEME = "gs://"
_VALUE = re.compile(r"[A-Za-z0-9._:@+,/=-]{0,200}")
_MOST_NAME_BYTES = 1024


def uri_of(bucket: str, name: str) -> str:
    """The address of a file. Raises `KeyError` for a bucket that is not known, `ValueError` for a bad name."""
    if bucket not in BUCKETS:
        raise KeyError(bucket)
    checked_name(name)
    return f"{_SCHEME}{bucket}/{name}"


def parts_of(uri: str, names: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Bucket (as the program knows it) and name. `names` are what the buckets are called in a project, by the
    program's name: an address written by others is understood too. Raises `Rejected` for any other.
    """
    bucket, _, name = uri.removeprefix(_SCHEME).partition("/")
    if uri.startswith(_SCHEME) and name:
        if bucket in BUCKETS:
            return bucket, name
        for known, called in (names or {}).items():
            if called == bucket:
                return known, name
    raise Rejected(
        "The file lies in a bucket that this workspace does not know.",
        "Ask your administrator for the connection file of this project.",
        code="unknown_bucket",
    )


def checked_name(name: str) -> str:
    """The name of an object, as Cloud Storage takes it. Raises `ValueError`."""
    if not name or len(name.encode()) > _MOST_NAME_BYTES:
        raise ValueError("a name has 1 to 1024 bytes")
    if (
        name in (".", "..")
        or name.startswith(".well-known/acme-challenge/")
        or any(c in name for c in "\r\n\0")
    ):
        raise ValueError("no name of an object")
    return name


def checked_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """What is to stand beside a file. Raises `ValueError` for a part that is not known or is more than an id, so
    that nobody puts there what people who may only list a bucket must not read.
    """
    found = dict(metadata or {})
    for name, value in found.items():
        if name not in METADATA:
            raise ValueError(f"metadata {name!r} is not known")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"metadata {name!r} is no id, time or word")
    return found


class Sessions(Protocol):
    """Where unfinished uploads are remembered, so that they go on after a restart. A session's address lets
    anybody who has it write that one file: it is kept as secrets are. Thread-safe.
    """

    def recall(self, key: str) -> str: ...

    def remember(self, key: str, session: str) -> None: ...

    def forget(self, key: str) -> None: ...


class SessionMemory:
    """Remembers unfinished uploads while the program runs; with `keep` and `load`, in the store and longer.

    `load` returns what `keep` was given last, or None; both are called from the thread that uploads.
    """

    def __init__(
        self, load: Callable[[], Json | None] | None = None, keep: Callable[[Json], object] | None = None
    ) -> None:
        self._load, self._keep = load, keep
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None

    def recall(self, key: str) -> str:
        with self._lock:
            return self._loaded().get(key, "")

    def remember(self, key: str, session: str) -> None:
        with self._lock:
            self._loaded()[key] = session
            self._kept()

    def forget(self, key: str) -> None:
        with self._lock:
            if self._loaded().pop(key, None) is not None:
                self._kept()

    def _loaded(self) -> dict[str, str]:
        if self._known is None:
            found = self._load() if self._load is not None else None
            self._known = {str(k): str(v) for k, v in (found or {}).items()}
        return self._known

    def _kept(self) -> None:
        if self._keep is not None and self._known is not None:
            self._keep(dict(self._known))


def name_taken() -> Conflict:
    return Conflict(
        "Another file was already stored under this name.",
        "Nothing was overwritten. Add the file again: it gets a name of its own.",
        code="object_taken",
    )


def not_stored() -> Rejected:
    return Rejected(
        "The file is not in its bucket.",
        "Ask your administrator whether it was removed there; a bucket keeps its deleted files for some time.",
        code="object_gone",
    )


def altered() -> Unreadable:
    return Unreadable(
        "The file that came back is not the one that was stored.",
        "Try again; if it stays so, ask your administrator to restore the object.",
        code="object_altered",
    )
