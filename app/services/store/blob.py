"""Files kept by what is in them, encrypted, in a folder beside the store."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import time
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import StorageFailed
from app.services.store.disk import UNFINISHED, make_folder, write_durably
from app.services.store.failure import told_in_words
from app.services.store.key import derived

_MAGIC = b"CSB1"
_NONCE = 12
_NAME = re.compile(r"[0-9a-f]{64}")
_A_DAY = 86_400.0


class BlobFolder:
    """Keeps files bit for bit, AES-256-GCM encrypted; a `BlobStore`. Thread-safe, over processes too.

    A file's name on disk is a keyed hash of its SHA-256: who has a document cannot tell from the folder
    that it was received here.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._cipher = AESGCM(derived(key, "blob"))
        self._names = derived(key, "blob name")
        with told_in_words(folder):
            make_folder(folder)
            self._sweep()

    def _sweep(self) -> None:
        """Remove what a process that died left half written."""
        for path in self._folder.glob(f"*/{UNFINISHED}*"):
            if time.time() - path.stat().st_mtime > _A_DAY:
                path.unlink(missing_ok=True)

    def put(self, content: bytes) -> str:
        """Keep the content durably and return its name; the same content twice is kept once.

        Raises `StorageFailed` when the disk is full or refuses.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if self._holds(sha256):
            return sha256
        header = _MAGIC + os.urandom(_NONCE)
        sealed = header + self._cipher.encrypt(header[len(_MAGIC) :], content, _MAGIC + sha256.encode())
        path = self._path(sha256)
        with told_in_words(self._folder):
            make_folder(path.parent)
            write_durably(path, sealed)
        return sha256

    def _holds(self, sha256: str) -> bool:
        """Whether the content is there and whole; a damaged file is written anew."""
        try:
            self.get(sha256)
        except StorageFailed:
            return False
        return True

    def get(self, sha256: str) -> bytes:
        """The content. Raises `StorageFailed` when it is gone or was altered."""
        try:
            with told_in_words(self._folder):
                sealed = self._path(sha256).read_bytes()
        except StorageFailed as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StorageFailed(
                    "The document is no longer in the workspace.",
                    "Restore the folder blobs from a backup, or add the file again.",
                    code="blob_gone",
                ) from error
            raise
        start = len(_MAGIC) + _NONCE
        try:
            content = self._cipher.decrypt(
                sealed[len(_MAGIC) : start], sealed[start:], _MAGIC + sha256.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise _altered() from error
        if sealed[: len(_MAGIC)] != _MAGIC or hashlib.sha256(content).hexdigest() != sha256:
            raise _altered()
        return content

    def holds(self, sha256: str) -> bool:
        """Whether there is a file of this name; not whether it is whole."""
        return self._path(sha256).exists()

    def drop(self, sha256: str) -> None:
        """Remove a file that can be had again elsewhere; one that is not there is no error."""
        with told_in_words(self._folder):
            self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise ValueError("a blob is named by the SHA-256 of its content, in lower-case hex")
        name = hmac.digest(self._names, sha256.encode(), hashlib.sha256).hex()
        return self._folder / name[:2] / name


def _altered() -> StorageFailed:
    return StorageFailed(
        "The stored document was altered or damaged.",
        "Restore the folder blobs from a backup, or add the file again.",
        code="blob_damaged",
    )
