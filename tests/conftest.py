"""What every test stands on: a home of its own, no screen, no network, and nothing left behind.

A test fails when it logs a warning that nobody expected, leaves a thread, a process or a window alive, or
reaches for a network beyond this computer. A test that asks for `caplog` judges the log itself. What
belongs to a fixture of wider scope is looked for when that scope ends.
"""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GRACE = 3.0  # seconds in which a thread or process that was told to end may do so
PATIENCE = 30_000  # milliseconds for what a window waits for: no test asserts a time, and machines are busy

# Before anything of the program is imported: it must never see the data, the keys or the screen of a person.
HOME = Path(tempfile.mkdtemp(prefix="countersign-test-home-"))
for name in [n for n in os.environ if n.startswith("COUNTERSIGN_")]:
    del os.environ[name]
for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
    os.environ.pop(name, None)
for name, folder in {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "roaming",
    "LOCALAPPDATA": "local",
    "XDG_DATA_HOME": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
}.items():
    (HOME / folder).mkdir(mode=0o700, exist_ok=True)
    os.environ[name] = str(HOME / folder)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


def pytest_configure() -> None:
    from pytestqt.qtbot import QtBot

    for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals):
        defaults = wait.__kwdefaults__
        assert defaults is not None
        assert "timeout" in defaults
        defaults["timeout"] = PATIENCE


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input beside the repository; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real input is not on this machine ({folder})")
    return folder


# --- the network ----------------------------------------------------------------------------------------

_reached: list[str] = []


class NetworkReached(RuntimeError):
    """A test reached for a network beyond this computer."""


def _local(host: object) -> bool:
    if host is None:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch_network(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a local socket has a path
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not _local(host):
        _reached.append(f"{event} {host!r}")
        raise NetworkReached(f"{event}: {host!r} is not this computer")


sys.addaudithook(_watch_network)  # holds for the whole process: a hook cannot be taken back


# --- the log --------------------------------------------------------------------------------------------


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


_warnings = _Warnings()
logging.getLogger().addHandler(_warnings)


# --- what is left behind --------------------------------------------------------------------------------


def _threads() -> dict[int, str]:
    """Threads of Python's; gRPC keeps a pool of its own for the whole process, seen here as dummies."""
    ours = (t for t in threading.enumerate() if not isinstance(t, threading._DummyThread))
    return {t.ident or 0: t.name for t in ours if t is not threading.current_thread()}


def _processes() -> dict[int, str]:
    """Children of this process that run, by id (Linux; elsewhere only those multiprocessing knows)."""
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        multiprocessing = sys.modules.get("multiprocessing")
        return {c.pid: c.name for c in multiprocessing.active_children()} if multiprocessing else {}
    found = {}
    for task in tasks.iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:  # that thread has just ended
            continue
        for child in children:
            try:
                command = (
                    Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
            except OSError:
                continue
            # One that has ended and waits to be asked for has no command line. The tracker lives as long as we do.
            if command and "multiprocessing.resource_tracker" not in command:
                found[int(child)] = command.strip()[:120]
    return found


def _windows() -> dict[int, str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    application = widgets.QApplication.instance() if widgets else None
    if application is None:
        return {}
    from PySide6.QtCore import QCoreApplication, QEvent
    from shiboken6 import getCppPointer

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return {
        getCppPointer(w)[0]: f"{type(w).__name__} {w.objectName()!r}{' (visible)' if w.isVisible() else ''}"
        for w in application.topLevelWidgets()
        if w.parent() is None
    }


KINDS: dict[str, Callable[[], dict[int, str]]] = {
    "thread": _threads,
    "process": _processes,
    "window": _windows,
}


def _left(before: dict[str, dict[int, str]]) -> list[str]:
    """What is alive now and was not before, in words; what is about to end is waited for."""
    deadline = time.monotonic() + GRACE
    while True:
        left = [
            f"a {kind} is still alive: {name}"
            for kind, look in KINDS.items()
            for key, name in look().items()
            if key not in before[kind]
        ]
        if not left or time.monotonic() > deadline:
            return left
        gc.collect()
        time.sleep(0.02)


def _look() -> dict[str, dict[int, str]]:
    return {kind: look() for kind, look in KINDS.items()}


def _widest(request: pytest.FixtureRequest) -> str:
    """The widest scope among the project's own fixtures of a test."""
    order = ["function", "class", "module", "package", "session"]
    scopes = [
        definition.scope
        for definitions in request._pyfuncitem._fixtureinfo.name2fixturedefs.values()
        for definition in definitions
        if not definition.func.__module__.startswith(("_pytest.", "pytestqt."))
        and definition.func.__module__ != __name__
    ]
    return max(scopes, key=order.index, default="function")


_shared_by_session: set[str] = set()


@pytest.fixture(scope="session", autouse=True)
def nothing_left_by_the_session() -> Iterator[None]:
    before = _look()
    yield
    left = _left(before)
    assert not left, "The session ends, and " + "; ".join(left)


@pytest.fixture(scope="module", autouse=True)
def nothing_left_by_the_module(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _look()
    yield
    if request.node.nodeid in _shared_by_session:
        return
    left = _left(before)
    assert not left, f"{request.node.nodeid} ends, and " + "; ".join(left)


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves something alive, warns into the log or reaches for the network."""
    widest = _widest(request)
    if widest in ("package", "session"):
        _shared_by_session.add(request.node.nodeid.partition("::")[0])
    before = _look()
    _warnings.records.clear()
    _reached.clear()
    yield
    found = [] if widest != "function" else _left(before)
    if "caplog" not in request.fixturenames:
        found += [f"logged by {r.name}: {r.levelname} {r.getMessage()}" for r in _warnings.records]
    found += [f"beyond this computer: {what}" for what in _reached]
    assert not found, "The test is over, but " + "; ".join(found)
