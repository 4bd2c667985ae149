"""Buckets as folders of this computer: every file encrypted, its name telling nothing."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.case import Json
from app.domain.errors import StorageFailed
from app.domain.sync import StoredObject
from app.services.bucket import (
    SHA256,
    checked_metadata,
    checked_name,
    name_taken,
    not_stored,
    parts_of,
    uri_of,
)
from app.services.ports import Progress, Watch
from app.services.store.disk import UNFINISHED, make_folder, sync_folder, write_durably
from app.services.store.failure import told_in_words
from app.services.store.key import derived

_MAGIC = b"CSO1"
_NONCE, _TAG, _SIZE = 12, 16, 4


class FolderBuckets:
    """The buckets of a workspace that is not connected (`ports.BucketRemote`). Thread-safe, over processes too.

    Each bucket is a folder under `folder`, AES-256-GCM encrypted; it appears with its first file. What is said of a
    file lies before its bytes and can be read without them. Raises `StorageFailed` when the disk refuses or a file
    was altered.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._cipher = AESGCM(derived(key, "bucket content"))
        self._names = derived(key, "bucket name")
        self._lock = threading.Lock()

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        uri = uri_of(bucket, name)
        beside = checked_metadata(metadata)
        beside[SHA256] = hashlib.sha256(content).hexdigest()
        if watch is not None:
            watch(Progress(0, len(content)))
        stored = StoredObject(
            uri,
            len(content),
            time.time_ns() // 1000,
            _crc32c(content),
            media_type or "application/octet-stream",
            beside,
        )
        path = self._path(bucket, name)
        with self._lock:
            if not self._written(path, name, stored, content):
                found = self._head(path)[1]
                if found.size != stored.size or found.metadata[SHA256] != beside[SHA256]:
                    raise name_taken()
                stored = found
        if watch is not None:
            watch(Progress(len(content), len(content)))
        return stored

    def get(self, uri: str, watch: Watch | None = None) -> bytes:
        path = self._path(*parts_of(uri))
        if not path.exists():
            raise not_stored()
        with told_in_words(path.parent), path.open("rb") as file:
            _, stored, after = self._opened(path, file)
            if watch is not None:
                watch(Progress(0, stored.size))
            sealed = file.read()
        content = self._plain(path, sealed, b"content" + after)
        if hashlib.sha256(content).hexdigest() != stored.metadata[SHA256]:
            raise _altered(path)
        if watch is not None:
            watch(Progress(stored.size, stored.size))
        return content

    def stat(self, uri: str) -> StoredObject | None:
        path = self._path(*parts_of(uri))
        return self._head(path)[1] if path.exists() else None

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]:
        uri_of(bucket, "x")
        folder = self._folder / bucket
        with told_in_words(folder):
            paths = [p for p in folder.glob("*/*") if not p.name.startswith(UNFINISHED)]
        found = (self._head(path) for path in paths)
        return tuple(stored for name, stored in sorted(found, key=lambda h: h[0]) if name.startswith(prefix))

    def remove(self, uri: str) -> None:
        """Remove a file that nobody needs any more; one that is gone already is no error."""
        path = self._path(*parts_of(uri))
        with told_in_words(path.parent):
            path.unlink(missing_ok=True)

    def _written(self, path: Path, name: str, stored: StoredObject, content: bytes) -> bool:
        """Write a file unless its name is taken, by another process too; whether it was written."""
        if path.exists():
            return False
        head = json.dumps(_head_of(name, stored), ensure_ascii=False).encode()
        sealed_head = self._sealed(path, head, b"head")
        sealed = self._sealed(path, content, b"content" + sealed_head[:_NONCE])
        whole = _MAGIC + len(sealed_head).to_bytes(_SIZE, "big") + sealed_head + sealed
        beside = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
        with told_in_words(path.parent):
            make_folder(path.parent)
            try:
                write_durably(beside, whole)
                try:
                    os.link(beside, path)  # the one step that fails when the name is taken
                except FileExistsError:
                    return False
                except OSError:
                    if path.exists():
                        return False
                    beside.replace(path)  # a disk without links: only this process is kept from overwriting
                sync_folder(path.parent)
            finally:
                with contextlib.suppress(OSError):
                    beside.unlink(missing_ok=True)
        return True

    def _head(self, path: Path) -> tuple[str, StoredObject]:
        with told_in_words(path.parent), path.open("rb") as file:
            name, stored, _ = self._opened(path, file)
        return name, stored

    def _opened(self, path: Path, file: BinaryIO) -> tuple[str, StoredObject, bytes]:
        start = file.read(len(_MAGIC) + _SIZE)
        size = int.from_bytes(start[len(_MAGIC) :], "big")
        if start[: len(_MAGIC)] != _MAGIC or size > os.fstat(file.fileno()).st_size:
            raise _altered(path)
        sealed = file.read(size)
        try:
            data = json.loads(self._plain(path, sealed, b"head"))
            name = str(data["name"])
            stored = StoredObject(
                uri_of(path.parent.parent.name, name),
                int(data["size"]),
                int(data["generation"]),
                int(data["crc32c"]),
                str(data["media_type"]),
                dict(data["metadata"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise _altered(path) from error
        return name, stored, sealed[:_NONCE]

    def _sealed(self, path: Path, plain: bytes, what: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound(path, what))

    def _plain(self, path: Path, sealed: bytes, what: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound(path, what))
        except (InvalidTag, ValueError) as error:
            raise _altered(path) from error

    @staticmethod
    def _bound(path: Path, what: bytes) -> bytes:
        """What a sealed part is tied to: its bucket, its name, and which part of which file it is."""
        return b"/".join((_MAGIC, path.parent.parent.name.encode(), path.name.encode(), what))

    def _path(self, bucket: str, name: str) -> Path:
        checked_name(name)
        told = hmac.digest(self._names, f"{bucket}/{name}".encode(), hashlib.sha256).hex()
        return self._folder / bucket / told[:2] / told


def _head_of(name: str, stored: StoredObject) -> Json:
    return {
        "name": name,
        "size": stored.size,
        "generation": stored.generation,
        "crc32c": stored.crc32c,
        "media_type": stored.media_type,
        "metadata": dict(stored.metadata),
    }


def _crc32c(content: bytes) -> int:
    import google_crc32c

    return int(google_crc32c.value(content))


def _altered(path: Path) -> StorageFailed:
    return StorageFailed(
        f"A file in the bucket {path.parent.parent.name} was altered or damaged.",
        f"Restore {path.name} in that folder from a backup.",
        code="object_damaged",
    )
