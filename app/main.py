"""The desktop entry: a workstation, its models, the window."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import cast

from PySide6.QtCore import QMessageLogContext, QSocketNotifier, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.domain.errors import Actionable
from app.views import theme
from app.views.background import Background
from app.views.window import Window
from app.workstation import KeyQuestion, Settings, Workstation, build, unlock

log = logging.getLogger(__name__)


def application() -> QApplication:
    """The one QApplication, with the program's look."""
    found = QApplication.instance()
    # the style as an argument: `setStyle` would hand back a QStyle, whose names take 15 ms to load
    app = found if isinstance(found, QApplication) else QApplication([*sys.argv[:1], "-style", theme.STYLE])
    app.setApplicationName("Countersign")
    app.setApplicationDisplayName("Countersign")
    app.setDesktopFileName("countersign")
    theme.apply(app)
    return app


def run(
    place: Settings,
    key: bytes | None = None,
    prepare: Callable[[Window], None] | None = None,
    user: tuple[str, str] | None = None,
) -> int:
    """Open the workstation's window and stay until it is closed; returns the exit code.

    `key` is given for a workspace that is thrown away; otherwise the keyring or a dialog is asked. `user` is the
    name and the passphrase of the person who signs in with the start.
    """
    log_qt()
    app = application()
    default_log(place.folder)
    new = key is None and not is_workspace(place.folder)
    try:
        if key is None:
            key = unlock(place.folder, ask)
        workstation = build(place, key)
        if user is not None:
            _sign_in(workstation, *user)
    except Actionable as error:
        # only now: nobody waits for the dialogs of a start that goes well
        from app.views.unlock_dialog import tell_refusal

        tell_refusal(error)
        return 1
    window = open_window(workstation, new=new)
    window.ready.connect(settle)
    if prepare is not None:
        prepare(window)
    windows = [window]
    stop_on_signals(app, windows)
    while True:
        tell_bugs(window)
        code = app.exec()
        again = window.restart_wanted
        close_window(window, workstation)
        if not again:
            return code
        try:  # the workspace was connected: that counts from its next start
            workstation = build(place, key)
        except Actionable as error:
            from app.views.unlock_dialog import tell_refusal

            tell_refusal(error)
            return 1
        window = windows[0] = open_window(workstation)


def is_workspace(folder: Path) -> bool:
    """Whether somebody has worked in a folder."""
    return (folder / "store.db").exists()


def _sign_in(workstation: Workstation, name: str, passphrase: str) -> None:
    try:
        workstation.in_store(workstation.access.sign_in, name, passphrase)
    except BaseException:
        workstation.close()
        raise


def settle() -> None:
    """What the start made stays: set it aside, so that looking for garbage later stalls nobody."""
    gc.freeze()
    gc.enable()


def ask(question: KeyQuestion) -> str | None:
    """Ask for the passphrase in a dialog, which is loaded only for those who have no keyring."""
    from app.views.unlock_dialog import ask_in_dialog

    return ask_in_dialog(question)


def log_qt() -> None:
    """Send what Qt says to the program's log instead of the terminal."""
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    said = logging.getLogger("qt")

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if "propagateSizeHints" not in message:  # the offscreen platform's, about nothing
            said.log(levels.get(kind, logging.WARNING), "%s", message)

    qInstallMessageHandler(handle)


def open_window(workstation: Workstation, *, new: bool = False) -> Window:
    """A shown window over a workstation, being filled. In a `new` workspace it asks where the work is to be."""
    use_preferences(workstation)
    background = Background(workstation.lanes)
    window = Window(workstation, background)
    window.show()
    window.start()
    window.sync.ask_first(new=new)
    # the first window is up: now the process that will open the first document, beside the window's thread
    QTimer.singleShot(0, window, lambda: background.run(window, "pages", workstation.backends.warm))
    if workstation.cloud is not None:
        QTimer.singleShot(0, window, lambda: background.run(window, "network", workstation.start_cloud))
    return window


def close_window(window: Window, workstation: Workstation) -> None:
    """Close in order: the window (which keeps its drafts), the lanes, the workers, the store."""
    window.close()
    window.background.close()
    workstation.close()
    window.background.deleteLater()
    window.deleteLater()
    QApplication.sendPostedEvents()


def tell_bugs(window: Window) -> None:
    """Send what nobody caught to the log and to the window; what was typed is a draft already."""

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("nobody caught this", exc_info=(kind, error, trace))
        if isValid(window):
            window.background.crashed.emit(error)

    sys.excepthook = caught


def use_preferences(workstation: Workstation) -> None:
    kept = workstation.in_store(workstation.store.recall, "preferences") or {}
    theme.set_text_scale(float(kept.get("text_scale", 1.0)))
    theme.use(cast("theme.Name", kept.get("theme", "system")))
    if kept.get("person"):
        workstation.work_as(str(kept["person"]))


def stop_on_signals(app: QApplication, windows: list[Window]) -> None:
    """Ctrl+C and a polite kill close the window there is properly. Qt's loop sleeps in C, so a pipe wakes it."""
    if sys.platform == "win32":
        return
    inner, outer = os.pipe()  # open as long as the process
    for end in (inner, outer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(outer)
    notifier = QSocketNotifier(inner, QSocketNotifier.Type.Read, app)

    def woken() -> None:
        os.read(inner, 64)
        windows[0].close()
        app.quit()

    notifier.activated.connect(woken)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)


def default_log(folder: Path) -> None:
    """Write the log beside the workspace; it holds ids only, never a name or value."""
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=folder / "countersign.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
