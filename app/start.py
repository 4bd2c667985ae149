"""The way to the window: loads it, and only when one is asked for."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.workstation import Settings

if TYPE_CHECKING:
    from app.views.window import Window


def run(
    place: Settings,
    key: bytes | None = None,
    prepare: Callable[[Window], None] | None = None,
    user: tuple[str, str] | None = None,
) -> int:
    """Load and open the workstation's window and stay until it is closed; see `app.main.run`.

    What a start makes is there to stay: nothing is looked through for garbage (50 ms) until the window is
    filled. `app.main.run` ends that.
    """
    gc.disable()
    from app.main import run as run_window  # Qt is loaded only when a window is asked for

    return run_window(place, key, prepare, user)
