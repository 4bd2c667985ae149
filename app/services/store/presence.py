"""Who has the workspace open, and whether somebody left it without closing.

Every process that opens the workspace holds a locked file in `open/`. The system takes the lock away
when a process ends, however it ends: a file that is there and not locked was left by one that died.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.services.store.disk import make_folder, sync_folder
from app.services.store.failure import busy

_FOLDER = "open"
_TURN = "turn"
_PATIENCE = 60.0
"""Seconds to wait for another process that opens or closes the same workspace (a migration takes a while)."""
_STEP = 0.02
_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def _lock(handle: int) -> bool:
    """Take the lock of an open file for this process; False when another holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One process at a time opens or closes the workspace. Raises `StorageFailed` when it takes too long."""
    make_folder(folder / _FOLDER)
    handle = _open(folder / _FOLDER / _TURN)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _lock(handle):
            if time.monotonic() > deadline:
                raise busy()
            # Nothing tells one process that another let go of a file's lock within a limit of time.
            time.sleep(_STEP)
        yield
    finally:
        os.close(handle)


class Presence:
    """That this process has the workspace open. Enter and leave within `turn`.

    `others` says how many other processes have it open now; `unclean` whether one died with it open.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        make_folder(self._folder)
        self._path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._handle = _open(self._path)
        self.others = 0
        self.unclean = False
        try:
            _lock(self._handle)
            sync_folder(self._folder)
            for path in self._folder.iterdir():
                if path.name not in (_TURN, self._path.name):
                    self._look_at(path)
        except BaseException:
            # Held on to, it would look like another program's for as long as this one runs.
            self.leave(clean=not self.unclean)
            raise

    def _look_at(self, path: Path) -> None:
        try:
            handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except (FileNotFoundError, PermissionError):  # its owner is removing it
            return
        try:
            if not _lock(handle):
                self.others += 1
                return
        finally:
            os.close(handle)
        self.unclean = True
        with contextlib.suppress(OSError):  # one that cannot be removed only costs another check
            path.unlink()

    def leave(self, *, clean: bool) -> None:
        """Say that the workspace is closed. Not cleanly: the next to open it checks it before use."""
        os.close(self._handle)
        if clean:
            with contextlib.suppress(OSError):  # as above
                self._path.unlink()
