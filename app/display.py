"""Whether there is a screen to open a window on; asked before Qt is, because Qt aborts when there is none."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path


def problem() -> str:
    """Why no window can be opened here, in one sentence; empty when one can."""
    if os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if sys.platform in ("win32", "darwin"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY") and _wayland_answers():
        return ""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return (
            "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); "
            "start Countersign from a desktop session."
        )
    if not _x_answers():
        return f"The display {display} does not answer; start Countersign from a desktop session."
    return ""


def _wayland_answers() -> bool:
    name = os.environ["WAYLAND_DISPLAY"]
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/run"), name).exists()


def _x_answers() -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt's own message about the missing library says more
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
