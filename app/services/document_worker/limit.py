"""What a worker gives up before it touches a file: memory, files, network, and outliving its parent.

Everything here is the best the platform can do; what a platform lacks is skipped.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Any

GIB = 1024**3
_ADDRESS_SPACE = {"pages": 3 * GIB, "reader": 6 * GIB}
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def limit_resources(role: str) -> None:
    """No core dump, no file to write, few files to open, and a ceiling for memory."""
    try:
        import resource  # POSIX only
    except ImportError:
        return
    wanted = (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NOFILE", 64),
        ("RLIMIT_AS", _ADDRESS_SPACE[role]),
    )
    for name, value in wanted:
        if sys.platform == "darwin" and name == "RLIMIT_AS":
            continue  # macOS maps the shared cache of its libraries into it and then refuses
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def leave_network() -> None:
    """Move into a network namespace of its own, where there is nobody (Linux, where it is allowed).

    Has to run after the imports (files of another owner may be out of reach afterwards) and before
    the first extra thread.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc: Any = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWNET)


def die_with_parent(lifeline: int) -> None:
    """End this process the moment the parent is gone, even in the middle of a call that never returns.

    The parent holds the other end of the pipe and never writes. When it dies, however it dies, the
    kernel closes that end and signals us; the signal's default is to end the process. (The usual
    parent-death signal follows the thread that started us, not the process.)
    """
    try:
        import fcntl
        import signal
    except ImportError:
        return
    with contextlib.suppress(OSError, AttributeError):
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
        # It may have died before we began to listen: an end that is gone reads as end of file.
        try:
            if os.read(lifeline, 1) == b"":
                os._exit(0)
        except BlockingIOError:
            pass


def step_back() -> None:
    """Let the window go first: low priority for work that nobody waits for at a key press."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)


def threads() -> int:
    """How many threads recognition may use: all cores but one, at least one, two on a pair."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2)
    return max(1, cores - 1) if cores > 2 else cores
