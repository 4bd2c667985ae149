"""Where the frozen program begins: the command line, a worker process, or a look at itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Be what the first argument asks for; anything else is for the command line.

    `--document-worker ROLE` is how the program starts its own workers, `--self-test` runs the main job
    offscreen, `--start-test` opens an empty workstation offscreen and leaves: the time that takes is measured.
    """
    first = argv[0] if argv else ""
    if first == "--document-worker":
        from app.services.document_worker.entry import main as worker

        return worker(argv)
    if first == "--start-test":
        return start()
    from app.cli import main as command_line

    return command_line(["self-test", *argv[1:]] if first == "--self-test" else list(argv))


def start() -> int:
    """Open the window on an empty workspace that is thrown away, and close it when it stands."""
    import tempfile
    from pathlib import Path

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.main import run
    from app.views.window import Window
    from app.workstation import settings

    def leave(_window: Window) -> None:
        QTimer.singleShot(0, QApplication.quit)

    with tempfile.TemporaryDirectory() as folder:
        return run(settings(Path(folder)), os.urandom(32), leave)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
