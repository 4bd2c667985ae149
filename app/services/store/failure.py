"""What went wrong with the disk or the store, said once, here, in words.

Everything the environment did (a full disk, a wrong key, a damaged file, another program) becomes an
`Actionable`; anything else is a bug and passes through as it is.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3

from app.domain.errors import Actionable, Locked, StorageFailed

_ROOM = 256 * 1024
"""Less free space than this, and a refused write is told as a full disk."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Damaged(StorageFailed):
    """The store file does not hold what was written to it."""


def disk_full() -> StorageFailed:
    return StorageFailed(
        "The disk is full.",
        "Free some space and try again; everything that was saved is safe.",
        code="disk_full",
    )


def not_writable() -> StorageFailed:
    return StorageFailed(
        "The workspace folder cannot be written to.",
        "Check that it is connected and that you may write there.",
        code="not_writable",
    )


def disk_failed() -> StorageFailed:
    return StorageFailed(
        "The disk could not be read or written.",
        "Check that the disk is connected and healthy, then try again; everything that was saved before is safe.",
        code="disk_failed",
    )


def busy() -> StorageFailed:
    return StorageFailed(
        "Another program is writing to this workspace and has not finished.",
        "Wait a moment and try again, or close the other program.",
        code="workspace_busy",
    )


def damaged() -> Damaged:
    return Damaged(
        "The store of this workspace is damaged.",
        "Close Countersign everywhere and open it again: what can be read is rescued.",
        code="store_damaged",
    )


def wrong_key() -> Locked:
    return Locked(
        "The key does not open this workspace.",
        "Open it as the person and on the computer it was made with, or choose another workspace.",
        code="wrong_key",
    )


def of_disk(error: OSError) -> StorageFailed:
    """What an error of the operating system means for the person at the screen."""
    if error.errno in _FULL:
        return disk_full()
    if error.errno in _REFUSED:
        return not_writable()
    return disk_failed()


def of_store(error: sqlcipher3.Error, folder: Path) -> Actionable | None:
    """What an error of the database means, or None when it is a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    kind = code & 0xFF
    if kind == sqlcipher3.SQLITE_FULL:
        return disk_full()
    if kind in (sqlcipher3.SQLITE_BUSY, sqlcipher3.SQLITE_LOCKED, sqlcipher3.SQLITE_PROTOCOL):
        return busy()
    if kind == sqlcipher3.SQLITE_NOTADB:
        return wrong_key()
    if kind == sqlcipher3.SQLITE_CORRUPT:
        return damaged()
    if kind in (sqlcipher3.SQLITE_READONLY, sqlcipher3.SQLITE_CANTOPEN, sqlcipher3.SQLITE_PERM):
        return not_writable()
    if kind == sqlcipher3.SQLITE_IOERR:
        return disk_full() if _room(folder) < _ROOM else disk_failed()
    return None


def _room(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _ROOM


@contextmanager
def told_in_words(folder: Path) -> Iterator[None]:
    """Translate what the disk and the database raise inside; bugs pass through."""
    try:
        yield
    except sqlcipher3.Error as error:
        told = of_store(error, folder)
        if told is None:
            raise
        raise told from error
    except OSError as error:
        raise of_disk(error) from error
