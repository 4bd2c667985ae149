"""Files that are either wholly there or not at all, also after a power cut."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path

UNFINISHED = ".new-"
"""How the names of files begin that are still being written."""


def write_durably(path: Path, content: bytes) -> None:
    """Put the content at the path, atomically and durably. Raises `OSError`."""
    temporary = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            sync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync(handle: int) -> None:
    """Bring a file's content onto the disk itself. On macOS fsync stops at the drive's cache; this does not."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # network volumes know no full sync: fsync is the best they have
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


def sync_file(path: Path) -> None:
    """Bring a file that others wrote onto the disk."""
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        sync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make names given in a folder durable; Windows does so by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder only its owner can look into, durably; one that is there is left as it is."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):  # another process made it first
        folder.mkdir(mode=0o700)
    sync_folder(folder.parent)
