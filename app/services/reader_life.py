"""Whether the process that reads a case still runs: one that died leaves its case to the next."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

from app.domain.case import Json


def alive(reader: Json, *, others_only: bool = False) -> bool:
    """Whether the process that reads a case still runs. A process on another machine counts as alive."""
    if not reader:
        return False
    if reader.get("host") != platform.node():
        return True
    pid = int(reader.get("pid", 0))
    if pid == os.getpid():
        return not others_only
    return _process_runs(pid)


def _process_runs(pid: int) -> bool:
    if sys.platform == "win32":  # there os.kill would end the process it asks about
        query_limited_information = 0x1000
        handle = ctypes.windll.kernel32.OpenProcess(query_limited_information, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
